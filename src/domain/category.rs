//! Categories of help and the catalogue that says who gives it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::names::named_enum;
use super::urgency::{Tier, Urgency};
use super::volunteer::CredentialKind;

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
    /// Must be given another category before it is closed.
    #[serde(default)]
    pub recode: bool,
    /// What whoever comes must be certified in.
    #[serde(default)]
    pub credentials: Vec<CredentialKind>,
    /// Always two people (SAF-4).
    #[serde(default)]
    pub two_person: bool,
    /// Planned length of a visit.
    pub minutes: u16,
    pub window: DefaultWindow,
}

/// All categories of a jurisdiction, one version of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Catalogue {
    pub version: u32,
    pub categories: BTreeMap<CategoryCode, Category>,
}

impl Catalogue {
    pub fn find(&self, code: &CategoryCode) -> Option<&Category> {
        self.categories.get(code)
    }
}
