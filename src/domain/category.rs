//! Categories of help and the catalogue that says who gives it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::assignment::AssignmentKind;
use super::authority::Authority;
use super::names::named_enum;
use super::safety::{self, Entrusted};
use super::settings::{self, SettingsError};
use super::urgency::{Tier, Urgency};
use super::volunteer::CredentialKind;

/// A care call that was missed: whoever reads the telephone's silence goes there in twos (SAF-4, SAF-10).
pub const MISSED_CARE_CALL: &str = "ELD-10";

/// A category's code, `ELD-02`. Codes never change meaning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CategoryCode(String);

/// Why a string is not a category code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a category code is three capital letters, a dash and two digits, as ELD-02")]
pub struct CategoryCodeError;

impl CategoryCode {
    /// # Errors
    /// When it is not of the form `ELD-02`.
    pub fn parse(text: &str) -> Result<Self, CategoryCodeError> {
        let bytes = text.as_bytes();
        let good = bytes.len() == 6
            && bytes[..3].iter().all(u8::is_ascii_uppercase)
            && bytes[3] == b'-'
            && bytes[4..].iter().all(u8::is_ascii_digit);
        if good { Ok(Self(text.to_owned())) } else { Err(CategoryCodeError) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The plan group, `ELD`.
    pub fn group(&self) -> &str {
        &self.0[..3]
    }
}

impl TryFrom<String> for CategoryCode {
    type Error = CategoryCodeError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<CategoryCode> for String {
    fn from(code: CategoryCode) -> Self {
        code.0
    }
}

impl std::fmt::Display for CategoryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

named_enum! {
    /// Who may handle a piece of work.
    pub enum HandlerKind {
        Volunteer = "volunteer",
        /// Staff of a station.
        Station = "station",
        Institution = "institution",
        /// The district's duty officer.
        Duty = "duty",
    }
}

named_enum! {
    /// Whose window a category asks for when nobody said when.
    pub enum DefaultWindow {
        /// Two hours from now.
        TwoHours = "two_hours",
        /// The next four hours of daytime.
        NextDaytime = "next_daytime",
        /// A time has to be agreed.
        Agree = "agree",
    }
}

/// A row of the dispatch catalogue (派单目录).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    pub code: CategoryCode,
    pub zh: String,
    pub en: String,
    pub tier: Tier,
    /// Local and district at the same moment ("3∥1").
    #[serde(default)]
    pub also_district: bool,
    pub urgency: Urgency,
    /// Who may handle it, the preferred first.
    pub by: Vec<HandlerKind>,
    /// How many people come; 0 where nobody needs to.
    pub persons: u8,
    /// What whoever helps does: goes there, meets a group at a station, or rings.
    #[serde(default = "visit")]
    pub assignment: AssignmentKind,
    /// May be chosen by key and dispatched without an operator.
    #[serde(default)]
    pub ivr: bool,
    /// Not shown in open data.
    #[serde(default)]
    pub sensitive: bool,
    /// May be handled by a peer region.
    #[serde(default)]
    pub shareable: bool,
    /// Needs a guardian or a second adult present.
    #[serde(default)]
    pub needs_guardian: bool,
    /// Somebody goes to an address.
    #[serde(default)]
    pub needs_address: bool,
    /// Answered in the same call where possible; may close as `explained`.
    #[serde(default)]
    pub consultation: bool,
    /// Concerns a minor: SAF-1 holds for whoever comes.
    #[serde(default)]
    pub minors: bool,
    /// Must be reported to the police; neither withdrawn nor closed without the report's reference (SAF-2).
    #[serde(default)]
    pub mandatory_report: bool,
    /// Somebody complains: such a ticket, and the one it is linked to, are supervised from the start.
    #[serde(default)]
    pub complaint: bool,
    /// Must be given another category before it is closed.
    #[serde(default)]
    pub recode: bool,
    /// What whoever comes must be certified in.
    #[serde(default)]
    pub credentials: Vec<CredentialKind>,
    /// In each of these at least one of those who come must be certified.
    #[serde(default)]
    pub one_holds: Vec<CredentialKind>,
    /// What the work brings to whoever comes: medicine is for holders of a certificate, the rest stays with the resident (SAF-6).
    #[serde(default)]
    pub entrusts: Vec<Entrusted>,
    /// Always two people (SAF-4).
    #[serde(default)]
    pub two_person: bool,
    /// Planned length of a visit.
    pub minutes: u16,
    pub window: DefaultWindow,
}

const fn visit() -> AssignmentKind {
    AssignmentKind::Visit
}

/// The catalogue of the first jurisdictions, whole.
pub const DEFAULT_TEXT: &str = include_str!("../../config/catalogue.toml");

/// All categories of a jurisdiction, one version of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Catalogue {
    pub version: u32,
    pub categories: BTreeMap<CategoryCode, Category>,
    /// What is the duty of one station, whichever station the place has.
    #[serde(default)]
    pub authority: Vec<Authority>,
}

/// The catalogue as it is written in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    category: Vec<Category>,
    #[serde(default)]
    authority: Vec<Authority>,
}

impl Catalogue {
    /// Reads a catalogue text.
    ///
    /// # Errors
    /// An unknown key, a wrong type, or a row that nobody could dispatch, with line and remedy.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let written: Written = settings::read(text)?;
        let mut categories = BTreeMap::new();
        for category in written.category {
            let wrong = |problem: &str| {
                let code = &category.code;
                Err(SettingsError::about(text, &format!("\"{code}\""), format!("`{code}`: {problem}")))
            };
            if let Some(problem) = impossible(&category) {
                return wrong(problem);
            }
            if categories.contains_key(&category.code) {
                return wrong("stands here twice: take one of the rows out");
            }
            categories.insert(category.code.clone(), category);
        }
        if !categories.values().any(|category| category.urgency == Urgency::P1 && category.ivr) {
            let problem =
                "no category of life or safety may be chosen by key: set `ivr = true` for one of P1";
            return Err(SettingsError { line: None, problem: problem.to_owned() });
        }
        let known = |of: &String| categories.keys().any(|code| code.as_str() == of || code.group() == of);
        if let Some(stranger) = written.authority.iter().flat_map(|row| &row.of).find(|of| !known(of)) {
            let problem =
                format!("`of`: no category is called `{stranger}`: write a group or a code of this file");
            return Err(SettingsError::about(text, &format!("\"{stranger}\""), problem));
        }
        Ok(Self { version: written.version, categories, authority: written.authority })
    }

    pub fn find(&self, code: &CategoryCode) -> Option<&Category> {
        self.categories.get(code)
    }
}

/// What makes a row impossible to dispatch, with the remedy.
fn impossible(category: &Category) -> Option<&'static str> {
    let volunteers = category.by.contains(&HandlerKind::Volunteer);
    // Whoever has to bring a guardian has one at home.
    let guarded = category.needs_guardian || category.assignment == AssignmentKind::Group;
    let together = if category.two_person { category.persons } else { 1 };
    [
        (category.by.is_empty(), "nobody may do it: write `by`, for example [\"station\"]"),
        (category.zh.trim().is_empty() || category.en.trim().is_empty(), "has no name: write `zh` and `en`"),
        (category.minutes == 0, "takes no time: write `minutes`, for example 60"),
        (category.two_person && category.persons < 2, "two people have to come: write `persons = 2`"),
        (
            category.minors
                && volunteers
                && category.assignment != AssignmentKind::Phone
                && !safety::may_meet_minor(together, category.needs_guardian, guarded),
            "a volunteer would be alone with a minor, or at a home without the guardian: set `two_person` and \
             `assignment = \"group\"`, or `needs_guardian`",
        ),
        (
            category.mandatory_report
                && (volunteers || category.urgency != Urgency::P1 || !category.sensitive),
            "has to be reported: write `urgency = \"P1\"`, `sensitive = true` and leave it to staff",
        ),
        (
            category.entrusts.iter().collect::<BTreeSet<_>>().len() < category.entrusts.len(),
            "`entrusts` names something twice: write each once",
        ),
        (
            !category.entrusts.is_empty() && category.persons == 0,
            "nobody comes to whom anything could be entrusted: take out `entrusts` or write `persons = 1`",
        ),
        (
            category.consultation && category.needs_address,
            "an answer needs no address: take out `consultation` or `needs_address`",
        ),
    ]
    .into_iter()
    .find_map(|(wrong, problem)| wrong.then_some(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::parse(DEFAULT_TEXT).unwrap()
    }

    fn of(code: &str) -> Category {
        catalogue().find(&CategoryCode::parse(code).unwrap()).unwrap().clone()
    }

    #[test]
    fn every_category_of_the_plans_is_there() {
        let catalogue = catalogue();
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        for code in catalogue.categories.keys() {
            *groups.entry(code.group()).or_default() += 1;
        }
        let counted: Vec<String> = groups.iter().map(|(group, n)| format!("{group} {n}")).collect();
        assert_eq!(
            counted.join(", "),
            "CAR 6, CHD 6, CON 8, DIS 5, ELD 11, EMG 6, EMP 5, ENT 3, HLT 1, INF 4, INS 3, POV 5, PTN 3, UNT 2"
        );
    }

    #[test]
    fn the_voice_menu_has_emergencies_and_the_commonest_of_five_groups() {
        let catalogue = catalogue();
        let by_key: Vec<&str> =
            catalogue.categories.values().filter(|c| c.ivr).map(|c| c.code.as_str()).collect();
        for group in ["ELD", "DIS", "CHD", "POV", "CON"] {
            assert!(
                (1..=6).contains(&by_key.iter().filter(|code| code.starts_with(group)).count()),
                "{group}"
            );
        }
        assert!(by_key.iter().all(|code| !code.starts_with("INF") && !code.starts_with("INS")), "{by_key:?}");
        assert!(
            catalogue
                .categories
                .values()
                .filter(|c| c.code.group() == "EMG")
                .all(|c| c.ivr && c.urgency == Urgency::P1)
        );
    }

    #[test]
    fn two_people_go_where_the_safety_rule_says() {
        for code in ["ELD-04", "CON-03", "ELD-10", "CHD-01", "CHD-04", "CHD-06"] {
            let category = of(code);
            assert!(category.two_person && category.persons >= 2, "{code}");
        }
        assert!(!of("ELD-02").two_person);
    }

    #[test]
    fn rows_say_what_the_plan_says() {
        let meals = of("ELD-02");
        assert_eq!((meals.zh.as_str(), meals.tier, meals.urgency), ("助餐", Tier::Committee, Urgency::P3));
        assert_eq!(meals.by, [HandlerKind::Volunteer, HandlerKind::Institution]);
        let fall = of("EMG-01");
        assert!(fall.also_district && fall.by == [HandlerKind::Station]);
        let harm = of("CHD-03");
        assert!(harm.mandatory_report && harm.sensitive && harm.tier == Tier::District);
        assert_eq!(of("CHD-04").assignment, AssignmentKind::Group);
        assert!(of("INF-99").recode);
    }

    #[test]
    fn rows_say_what_they_entrust_to_whoever_comes() {
        let entrusting = |what: Entrusted| -> Vec<String> {
            let catalogue = catalogue();
            let rows = catalogue.categories.values().filter(|row| row.entrusts.contains(&what));
            rows.map(|row| row.code.to_string()).collect()
        };
        assert_eq!(entrusting(Entrusted::Money), ["CON-01", "ELD-05", "ELD-06", "ELD-07"]);
        assert_eq!(entrusting(Entrusted::BankCard), ["ELD-05", "ELD-07"]);
        assert_eq!(entrusting(Entrusted::Medicine), ["DIS-01"]);
        let care = of("DIS-01");
        assert!(care.by.contains(&HandlerKind::Institution), "somebody may do it where no volunteer may");
    }

    #[test]
    fn a_row_nobody_could_dispatch_is_refused_with_its_line_and_a_remedy() {
        let swap = |from: &str, to: &str| Catalogue::parse(&DEFAULT_TEXT.replacen(from, to, 1)).unwrap_err();
        for (error, says) in [
            (swap("by = [\"station\"]", "by = []"), "nobody may do it"),
            (swap("by = [\"station\"]", "by = [\"robot\"]"), "robot"),
            (swap("minutes = 60", "minutes = 0"), "minutes"),
            (
                swap(
                    "assignment = \"group\"\nminutes = 90\nwindow = \"agree\"\ntwo_person = true\nminors = true\nneeds_guardian = true",
                    "minutes = 90\nwindow = \"agree\"\ntwo_person = true\nminors = true",
                ),
                "a home without the guardian",
            ),
            (swap("code = \"ELD-02\"", "code = \"ELD-01\""), "twice"),
            (swap("code = \"ELD-02\"", "code = \"ELD-2\""), "ELD-02"),
            (swap("ivr = true", "irv = true"), "irv"),
            (
                swap(
                    "persons = 2\nminutes = 90\nwindow = \"agree\"",
                    "persons = 1\nminutes = 90\nwindow = \"agree\"",
                ),
                "persons = 2",
            ),
            (swap("entrusts = [\"money\"]", "entrusts = [\"jewels\"]"), "`money`, `bank_card`, `medicine`"),
            (swap("entrusts = [\"money\"]", "entrusts = \"money\""), "entrusts"),
            (swap("entrusts = [\"money\"]", "entrusts = [\"money\", \"money\"]"), "each once"),
            (
                swap(
                    "by = [\"station\"]\npersons = 0",
                    "by = [\"station\"]\npersons = 0\nentrusts = [\"money\"]",
                ),
                "nobody comes",
            ),
        ] {
            assert!(error.line.is_some(), "{error}");
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
