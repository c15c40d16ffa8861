//! Every figure of the help line that a jurisdiction may change, with the defaults of the standard set.
//!
//! `config/policy.toml` says the same with a word on each; a test holds the two together.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::{JurisdictionId, StationId};
use super::settings::{self, SettingsError};
use super::span::{self, Span, Target, days_of, hours_of, minutes_of};
use super::urgency::Urgency;
use chances::YesChances;
use tickets::{
    CallPolicy, CarePolicy, QueuePolicy, RetentionPolicy, ReturnPolicy, SupervisionPolicy, SurveyPolicy,
    SuspensionPolicy, TicketPolicy, TriagePolicy,
};
use visits::VisitPolicy;

pub mod chances;
pub mod tickets;
pub mod visits;

/// The annotated file with every default.
pub const DEFAULT_TEXT: &str = include_str!("../../config/policy.toml");

/// What differs where volunteers have half an hour to think: [`Policy::laid_over`].
pub const UNHURRIED_TEXT: &str = include_str!("../../config/simulate/unhurried.toml");

/// A bound further away than this binds nobody.
const BATCH_BOUND_PERCENT: u16 = 1_000;

/// All figures of one jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    pub urgency: UrgencyTable,
    pub escalation: EscalationShares,
    pub offers: OfferPolicy,
    pub visits: VisitPolicy,
    pub returns: ReturnPolicy,
    pub supervision: SupervisionPolicy,
    pub suspension: SuspensionPolicy,
    pub survey: SurveyPolicy,
    pub tickets: TicketPolicy,
    pub retention: RetentionPolicy,
    pub triage: TriagePolicy,
    pub calls: CallPolicy,
    pub queue: QueuePolicy,
    pub care: CarePolicy,
    pub agreements: Agreements,
}

impl Policy {
    /// Reads a policy text; what it does not say keeps its default.
    ///
    /// # Errors
    /// An unknown key, a wrong type or an impossible value, with line and remedy.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let policy: Self = settings::read(text)?;
        policy.check(text)?;
        Ok(policy)
    }

    /// Reads a policy of which only what differs from the shipped one need be written; later texts are laid over earlier.
    ///
    /// # Errors
    /// No TOML, an unknown key, a wrong type or an impossible value.
    pub fn laid_over(texts: &[&str]) -> Result<Self, SettingsError> {
        let whole = Self::table_laid_over(texts)?;
        // The lines are those of the whole, which nobody wrote.
        Self::parse(&whole.to_string()).map_err(|error| SettingsError { line: None, ..error })
    }

    /// The same as it is written, key by key.
    ///
    /// # Errors
    /// One of them is no TOML.
    pub fn table_laid_over(texts: &[&str]) -> Result<toml::Table, SettingsError> {
        let mut whole: toml::Table = settings::read(DEFAULT_TEXT)?;
        for text in texts {
            lay_over(&mut whole, settings::read(text)?);
        }
        Ok(whole)
    }

    pub fn of(&self, urgency: Urgency) -> &UrgencyPolicy {
        match urgency {
            Urgency::P1 => &self.urgency.p1,
            Urgency::P2 => &self.urgency.p2,
            Urgency::P3 => &self.urgency.p3,
            Urgency::P4 => &self.urgency.p4,
        }
    }

    fn check(&self, text: &str) -> Result<(), SettingsError> {
        self.check_nearness(text)?;
        let shares = &self.escalation;
        let rising = 0 < shares.volunteers_percent
            && shares.volunteers_percent < shares.institution_percent
            && shares.institution_percent < shares.station_percent
            && shares.station_percent < shares.parent_percent
            && shares.parent_percent < 100;
        let wrong =
            |key: &str, problem: &str| Err(SettingsError::about(text, key, format!("`{key}`: {problem}")));
        if !rising {
            return wrong(
                "volunteers_percent",
                "the shares must rise and stay between 1 and 99: write for example 50, 60, 70, 85",
            );
        }
        for urgency in Urgency::ALL {
            let row = self.of(*urgency);
            if row.wave_cap == 0 {
                return wrong("wave_cap", "nobody would ever be asked: write at least 1");
            }
            if row.wave.is_zero() {
                return wrong("wave", "nobody could answer in no time: write at least `1 s`");
            }
            if matches!(row.accept, Span::Plain(d) | Span::Working(d) if d.is_zero())
                || row.accept == Span::WorkingDays(0)
            {
                return wrong("accept", "a ticket would be late when it is opened: write a time above zero");
            }
        }
        let bring_in = self.calls.bring_in.as_str();
        let is_number = bring_in.len() >= 3 && bring_in.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number && !bring_in.starts_with("sip:") {
            return wrong(
                "bring_in",
                "this cannot be rung: write a number, for example \"120\", or a SIP address",
            );
        }
        if self.calls.most_at_once == 0 {
            return wrong("most_at_once", "every caller would be turned away: write for example 360");
        }
        if self.tickets.archive_after <= self.tickets.reopen_within.max(self.tickets.unmerge_within) {
            return wrong(
                "archive_after",
                "an archived ticket cannot be opened again: write a longer time than `reopen_within` and `unmerge_within`",
            );
        }
        self.check_offers(text)?;
        self.check_tries(text)
    }

    fn check_offers(&self, text: &str) -> Result<(), SettingsError> {
        let wrong =
            |key: &str, problem: &str| Err(SettingsError::about(text, key, format!("`{key}`: {problem}")));
        let is_chance = |of: &Urgency| (1..=1_000).contains(&self.offers.yes_chance_permille.of(*of));
        if !Urgency::ALL.iter().all(is_chance) {
            return wrong(
                "yes_chance_permille",
                "a chance is written 1 to 999, or 1000 for as many as the cap lets: write for example 900",
            );
        }
        if self.offers.batch_from < 2 {
            return wrong("batch_from", "one ticket is no queue: write at least 2, for example 8");
        }
        if self.offers.batch_bound_percent > BATCH_BOUND_PERCENT {
            return wrong(
                "batch_bound_percent",
                "nobody would be bound by it: write at most 1000, for example 10",
            );
        }
        if self.offers.waves_max == 0 {
            return wrong("waves_max", "nobody would ever be asked: write at least 1");
        }
        if self.offers.voice_tries == 0 {
            return wrong("voice_tries", "helpers without a mobile would never be rung: write at least 1");
        }
        if self.offers.voice_again_after.is_zero() {
            return wrong(
                "voice_again_after",
                "a telephone would ring without a pause: write at least `1 s`",
            );
        }
        Ok(())
    }

    /// How far it is, and how many are compared.
    fn check_nearness(&self, text: &str) -> Result<(), SettingsError> {
        if self.offers.shortlist == 0 {
            let problem = "`shortlist`: nobody would ever be asked: write for example 64";
            return Err(SettingsError::about(text, "shortlist", problem));
        }
        if !(1_000..=10_000).contains(&self.offers.detour_permille) {
            let problem =
                "`detour_permille`: no way is shorter than the straight line: write for example 1300";
            return Err(SettingsError::about(text, "detour_permille", problem));
        }
        Ok(())
    }

    /// Calls of the machine that are made more than once.
    fn check_tries(&self, text: &str) -> Result<(), SettingsError> {
        let wrong =
            |key: &str, problem: &str| Err(SettingsError::about(text, key, format!("`{key}`: {problem}")));
        let care = &self.care;
        if care.second_try.is_zero() || care.third_try <= care.second_try {
            return wrong(
                "third_try",
                "tries of a care call follow one another: write for example `15 min` and `60 min`",
            );
        }
        if care.at_once == 0 {
            return wrong("at_once", "nobody would ever be rung: write for example 10");
        }
        if care.busy_again.is_zero() || self.survey.busy_again.is_zero() {
            return wrong("busy_again", "a telephone would ring without a pause: write at least `1 s`");
        }
        if self.survey.tries == 0 {
            return wrong("tries", "no resident would be asked: write at least 1");
        }
        Ok(())
    }
}

fn lay_over(whole: &mut toml::Table, part: toml::Table) {
    for (key, value) in part {
        match (whole.get_mut(&key), value) {
            (Some(toml::Value::Table(whole)), toml::Value::Table(part)) => lay_over(whole, part),
            // One figure stands for those of all urgencies.
            (Some(toml::Value::Table(whole)), one @ toml::Value::Integer(_))
                if whole.values().all(toml::Value::is_integer) =>
            {
                whole.iter_mut().for_each(|(_, of_one)| of_one.clone_from(&one));
            }
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
}

/// The rows of DOMAIN §4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UrgencyTable {
    #[serde(rename = "P1")]
    pub p1: UrgencyPolicy,
    #[serde(rename = "P2")]
    pub p2: UrgencyPolicy,
    #[serde(rename = "P3")]
    pub p3: UrgencyPolicy,
    #[serde(rename = "P4")]
    pub p4: UrgencyPolicy,
}

/// What is owed at one urgency. All keys are written, for none has a default that fits all four.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UrgencyPolicy {
    /// How long a caller may ring before somebody answers.
    #[serde(with = "span::plain")]
    pub answer: Duration,
    /// The whole of the accept clock; waves, staff, parent and duty officer fit inside.
    pub accept: Span,
    /// Length of one wave; a quarter of `accept` when that is shorter.
    #[serde(with = "span::plain")]
    pub wave: Duration,
    /// Most people asked in one wave.
    pub wave_cap: u8,
    pub first_contact: Target,
    pub on_site: Target,
    pub handle: Target,
    /// In place of `handle` where an answer is all that is wanted.
    pub consult: Span,
    /// By when the resident is asked whether it helped.
    pub followup: Span,
    /// How long a station may give work back.
    pub return_window: Span,
}

impl Default for UrgencyTable {
    fn default() -> Self {
        let within = Target::Within;
        Self {
            p1: UrgencyPolicy {
                answer: Duration::ZERO,
                accept: Span::mins(3),
                wave: minutes_of(1),
                wave_cap: 5,
                first_contact: within(Span::mins(3)),
                on_site: within(Span::mins(30)),
                handle: within(Span::hours(2)),
                consult: Span::hours(2),
                followup: Span::hours(4),
                return_window: Span::mins(1),
            },
            p2: UrgencyPolicy {
                answer: Duration::from_secs(15),
                accept: Span::mins(20),
                wave: Duration::from_secs(90),
                wave_cap: 4,
                first_contact: within(Span::mins(30)),
                on_site: within(Span::hours(2)),
                handle: within(Span::hours(24)),
                consult: Span::hours(24),
                followup: Span::hours(4),
                return_window: Span::mins(10),
            },
            p3: UrgencyPolicy {
                answer: Duration::from_secs(15),
                accept: Span::Working(hours_of(2)),
                wave: Duration::from_secs(90),
                wave_cap: 4,
                first_contact: within(Span::WorkingDays(1)),
                on_site: Target::AsAgreed,
                handle: within(Span::WorkingDays(5)),
                consult: Span::WorkingDays(1),
                followup: Span::WorkingDays(1),
                return_window: Span::Working(hours_of(1)),
            },
            p4: UrgencyPolicy {
                answer: Duration::from_secs(15),
                accept: Span::WorkingDays(1),
                wave: Duration::from_secs(90),
                wave_cap: 4,
                first_contact: Target::AsAgreed,
                on_site: Target::AsAgreed,
                handle: Target::AsAgreed,
                consult: Span::WorkingDays(1),
                followup: Span::WorkingDays(1),
                return_window: Span::Working(hours_of(4)),
            },
        }
    }
}

/// When each rung of the ladder ends, in hundredths of the accept clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EscalationShares {
    pub volunteers_percent: u8,
    /// An institution that was told has until here to take the work.
    pub institution_percent: u8,
    pub station_percent: u8,
    /// From here on the district's duty officer is rung.
    pub parent_percent: u8,
    /// Between two rings of the duty officers' list.
    #[serde(with = "span::plain")]
    pub duty_ring_again: Duration,
    /// What is asked for anew has staff this long before its visit …
    #[serde(with = "span::plain")]
    pub staff_before_visit: Duration,
    /// … but volunteers are asked this long.
    #[serde(with = "span::plain")]
    pub asked_anew_at_least: Duration,
}

impl Default for EscalationShares {
    fn default() -> Self {
        Self {
            volunteers_percent: 50,
            institution_percent: 60,
            station_percent: 70,
            parent_percent: 85,
            duty_ring_again: minutes_of(1),
            staff_before_visit: minutes_of(30),
            asked_anew_at_least: minutes_of(20),
        }
    }
}

/// Asking volunteers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OfferPolicy {
    pub waves_max: u8,
    /// A wave is as small as it may be with this chance of enough yeses.
    pub yes_chance_permille: YesChances,
    pub open_per_volunteer: u8,
    pub per_day: u8,
    pub per_week: u8,
    /// How long a late yes keeps its place on the stand-by list.
    #[serde(with = "span::plain")]
    pub stand_by: Duration,
    /// A bare "1" earlier than this after the text went out was meant for something else.
    #[serde(with = "span::plain")]
    pub bare_answer_after: Duration,
    /// A bare "1" counts only if no other offer to the number ended this lately.
    #[serde(with = "span::plain")]
    pub bare_answer_quiet: Duration,
    /// A code is not given again to the same number before this has passed.
    #[serde(with = "span::plain")]
    pub code_rest: Duration,
    /// The same words from the same number within this are one text.
    #[serde(with = "span::plain")]
    pub same_text: Duration,
    /// Between two help texts to one number.
    #[serde(with = "span::plain")]
    pub help_text_every: Duration,
    /// Where a telephone takes no texts: how often one offer, or one message about a visit, is tried by call.
    pub voice_tries: u8,
    /// Between two such tries.
    #[serde(with = "span::plain")]
    pub voice_again_after: Duration,
    /// After a yes on the telephone: time to find pen and paper, then time and visit code are told.
    #[serde(with = "span::plain")]
    pub voice_details_after: Duration,
    /// How far beyond the district's border a volunteer may live, where both places are known.
    pub reach_m: u32,
    /// How long a way is where no road file says it, in thousandths of the straight line.
    pub detour_permille: u16,
    /// So many of the nearest who may be asked are compared with each other.
    pub shortlist: u16,
    /// From so many tickets on that would ask at the same moment it is chosen together whom each asks first.
    pub batch_from: u16,
    /// How much more than the least that is possible may be lost of any one ticket's rank for the others' sake, in
    /// hundredths of it.
    pub batch_bound_percent: u16,
    /// What each part of the rank weighs beside the others.
    pub weigh_nearness: u16,
    pub weigh_acceptance: u16,
    pub weigh_fairness: u16,
    pub weigh_acquaintance: u16,
    pub weigh_rating: u16,
    /// As how many residents' words what was said before counts beside the latest.
    pub rating_weight: u16,
    /// The chance of a yes, in thousandths, of somebody who has never been asked, and how many answers it counts as.
    pub first_chance_permille: u16,
    pub first_chance_weight: u16,
    /// How many answers at other hours, or to other work, count as much as what is known of the hour or the work.
    pub occasion_weight: u16,
    /// After a no somebody else is asked at once, and not with the next wave.
    pub replace: bool,
}

impl Default for OfferPolicy {
    fn default() -> Self {
        Self {
            waves_max: 8,
            yes_chance_permille: YesChances::default(),
            open_per_volunteer: 1,
            per_day: 4,
            per_week: 12,
            stand_by: hours_of(2),
            bare_answer_after: Duration::from_secs(10),
            bare_answer_quiet: hours_of(2),
            code_rest: days_of(7),
            same_text: Duration::from_secs(120),
            help_text_every: hours_of(1),
            voice_tries: 2,
            voice_again_after: minutes_of(3),
            voice_details_after: minutes_of(1),
            reach_m: 3_000,
            detour_permille: 1_300,
            shortlist: 64,
            batch_from: 8,
            batch_bound_percent: 10,
            weigh_nearness: 1_000,
            weigh_acceptance: 150,
            weigh_fairness: 30,
            weigh_acquaintance: 150,
            weigh_rating: 50,
            rating_weight: 9,
            first_chance_permille: 400,
            first_chance_weight: 5,
            occasion_weight: 10,
            replace: true,
        }
    }
}

/// What was agreed with the regions next to this one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agreements {
    /// Whose volunteers may be asked across the border, for what may be shared: next door, or within `reach_m`.
    pub volunteers_of: Vec<JurisdictionId>,
    /// Whose institutions may be told of work across the border: as near, and for what may be shared.
    pub institutions_of: Vec<JurisdictionId>,
    /// Stations of other regions that help this one, in the order in which they are told; besides those that the
    /// register names for a station.
    pub stations: Vec<StationId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_annotated_file_says_the_defaults_and_every_one_of_them() {
        assert_eq!(Policy::parse(DEFAULT_TEXT), Ok(Policy::default()));
        let written: toml::Table = toml::from_str(DEFAULT_TEXT).unwrap();
        let whole = toml::Table::try_from(Policy::default()).unwrap();
        for (section, keys) in &whole {
            for key in keys.as_table().unwrap().keys() {
                assert!(
                    written[section].get(key).is_some(),
                    "config/policy.toml does not show {section}.{key}"
                );
            }
        }
    }

    #[test]
    fn what_a_text_leaves_out_keeps_its_default() {
        let policy = Policy::parse("[survey]\ndelay = \"5 s\"\n").unwrap();
        assert_eq!(policy.survey.delay, Duration::from_secs(5));
        assert_eq!(policy.survey.tries, 3);
        assert_eq!(policy.urgency, UrgencyTable::default());
    }

    #[test]
    fn a_wrong_figure_is_refused_with_its_line_and_a_remedy() {
        for (text, line, says) in [
            ("[offers]\nwaves = 3\n", 2, "waves"),
            ("[offers]\n\nwaves_max = 0\n", 3, "write at least 1"),
            ("[survey]\ndelay = \"2 working h\"\n", 2, "working"),
            ("[survey]\ndelay = 60\n", 2, "delay"),
            ("[escalation]\nvolunteers_percent = 80\n", 2, "50, 60, 70, 85"),
            ("[offers]\ndetour_permille = 900\n", 2, "write for example 1300"),
            ("[offers]\nbatch_bound_percent = 2000\n", 2, "write at most 1000"),
            ("[care]\nat_once = 0\n", 2, "`at_once`: nobody would ever be rung: write for example 10"),
        ] {
            let error = Policy::parse(text).unwrap_err();
            assert_eq!(error.line, Some(line), "{error}");
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
