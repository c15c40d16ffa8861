//! People and the telephones they are reached on.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::area::{AreaCode, Point};
use super::category::CategoryCode;
use super::device::DeviceKeys;
use super::ids::{JurisdictionId, PersonId, StationId, TicketId, VolunteerId};
use super::language::Language;
use super::names::named_enum;
use super::phone_number::PhoneNumber;
use super::ticket::Confidentiality;
use super::ticket_number::TicketNumber;
use super::timestamp::Timestamp;

named_enum! {
    /// How sure it is that a number means a person.
    pub enum PhoneConfidence {
        /// This person and nobody else.
        Exact = "exact",
        /// One of a household at one address.
        Household = "household",
        Maybe = "maybe",
    }
}

named_enum! {
    pub enum Gender {
        Female = "female",
        Male = "male",
    }
}

named_enum! {
    /// What a register says about a person; each with its source and end.
    pub enum PersonFlag {
        LivesAlone = "lives_alone",
        Disabled = "disabled",
        LowIncome = "low_income",
        Entitled = "entitled",
        ChildAtRisk = "child_at_risk",
        /// Visits only by two people.
        Aggression = "aggression",
        Infection = "infection",
        MentalCrisis = "mental_crisis",
        /// Their home is a shelter, a home for children: where it is stands in no text (SAF-7).
        SecretPlace = "secret_place",
    }
}

/// What the desk needs to know of a person: facts attached to an event, not the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPerson {
    pub person: PersonId,
    /// Told to the one helper who comes, and to nobody else.
    pub name: String,
    pub confidence: PhoneConfidence,
    pub jurisdiction: JurisdictionId,
    pub language: Language,
    pub area: Option<AreaCode>,
    pub address: Option<String>,
    pub point: Option<Point>,
    /// All that is known where there is no birthday, as in what earlier versions wrote.
    pub birth_year: Option<i16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<Date>,
    /// Whom they want to be helped by.
    #[serde(default)]
    pub gender_wish: Option<Gender>,
    /// Members of the household want different ones, and nobody has said whom it is about: a person decides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wishes_differ: bool,
    pub flags: Vec<PersonFlag>,
    /// Nobody of the line has visited yet.
    pub first_visit: bool,
    /// Volunteers this person does not want.
    pub blocked: Vec<VolunteerId>,
    /// Volunteers who visited before.
    pub acquainted: Vec<VolunteerId>,
}

impl KnownPerson {
    /// Whether where they live is nobody's to text (SAF-7).
    pub fn has_secret_place(&self) -> bool {
        self.flags.contains(&PersonFlag::SecretPlace)
    }

    /// In whole years on a day, from the birthday on; of a year alone the younger of the two ages it leaves open. None
    /// where nothing is known.
    pub fn age_on(&self, day: Date) -> Option<u8> {
        let had = self.born.is_some_and(|born| (born.month(), born.day()) <= (day.month(), day.day()));
        let year = self.born.map(Date::year).or(self.birth_year)?;
        u8::try_from(day.year() - year - i16::from(!had)).ok()
    }
}

/// What the store knows of a number when a call or text arrives. Hints only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Known {
    pub persons: Vec<KnownPerson>,
    /// An institution's or a gateway's number: it never matches one person.
    pub shared: bool,
    /// Tickets of this number that are closed for good, the latest first.
    #[serde(default)]
    pub past: Vec<PastTicket>,
    /// The number is a one-key device's: what its keys mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceKeys>,
}

/// A ticket that can no longer be reopened: a later wish is linked to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastTicket {
    pub ticket: TicketId,
    pub number: TicketNumber,
    pub confidentiality: Confidentiality,
    pub owner: StationId,
    pub language: Language,
    pub category: Option<CategoryCode>,
    pub area: Option<AreaCode>,
}

impl Known {
    /// The one person or household the number stands for, when it does.
    pub fn registered(&self) -> Option<&KnownPerson> {
        if self.shared {
            return None;
        }
        let sure = |p: &&KnownPerson| p.confidence == PhoneConfidence::Exact;
        let mut exact = self.persons.iter().filter(sure);
        match (exact.next(), exact.next()) {
            (Some(only), None) => Some(only),
            (Some(_), Some(_)) => None,
            (None, _) => {
                let mut members = self.persons.iter().filter(|p| p.confidence == PhoneConfidence::Household);
                let first = members.next()?;
                members.all(|p| p.area == first.area && p.address == first.address).then_some(first)
            }
        }
    }

    /// Whose home the number stands for: the one person, or of a household what holds whichever member is meant.
    ///
    /// Who needs the help nobody has said: it has no name, every flag and every refusal of any member counts, the
    /// youngest's age, and whom any of them wants to be helped by.
    pub fn home(&self) -> Option<KnownPerson> {
        let first = self.registered()?;
        if !self.is_household() {
            return Some(first.clone());
        }
        let mut home = KnownPerson { name: String::new(), first_visit: true, ..first.clone() };
        let members = self.persons.iter().filter(|p| p.confidence == PhoneConfidence::Household);
        for member in members {
            let younger = home.born.max(member.born);
            // Who has no birthday may be the youngest of all.
            home.born = younger.filter(|_| home.born.is_some() == member.born.is_some());
            home.birth_year = home.birth_year.max(member.birth_year);
            home.first_visit &= member.first_visit;
            home.wishes_differ |=
                home.gender_wish.zip(member.gender_wish).is_some_and(|(wish, theirs)| wish != theirs);
            home.gender_wish = home.gender_wish.or(member.gender_wish);
            for (all, theirs) in
                [(&mut home.blocked, &member.blocked), (&mut home.acquainted, &member.acquainted)]
            {
                all.extend(theirs);
                all.sort_unstable();
                all.dedup();
            }
            let more = member.flags.iter().filter(|flag| !home.flags.contains(flag)).copied();
            home.flags.extend(more.collect::<Vec<_>>());
        }
        home.gender_wish = home.gender_wish.filter(|_| !home.wishes_differ);
        Some(home)
    }

    /// Whether the number is a household's rather than one person's.
    pub fn is_household(&self) -> bool {
        self.registered().is_some_and(|p| p.confidence == PhoneConfidence::Household)
    }
}

/// A number of a person, as registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonPhone {
    pub person: PersonId,
    pub number: PhoneNumber,
    pub confidence: PhoneConfidence,
    pub shared: bool,
    pub verified_at: Option<Timestamp>,
}
