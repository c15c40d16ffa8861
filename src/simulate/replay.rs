//! A day that was lived, as lines of JSON: what is needed to live through it again under another policy, and nothing that
//! says who anybody is.
//!
//! [`record`](super::record) writes such a file; here it is read. The line `day` comes first, what a line refers to stands
//! before it. The requests are those of the file. Whoever was asked about one of them then, and is asked about it again,
//! answers as they did, after as long; everybody else answers by chance, as often as they did before that day, and after
//! as long as people took on it.

mod file;

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::file::File;
use super::case::By;
use super::lived::Went;
use super::scenario::People;
use super::town::{Answer, Land, Says};
use crate::domain::area::{AreaCode, Point};
use crate::domain::calendar::Calendar;
use crate::domain::category::{Catalogue, CategoryCode};
use crate::domain::opening::OpeningHours;
use crate::domain::settings::SettingsKind;
use crate::domain::urgency::{Tier, Urgency};
use crate::domain::volunteer::{CredentialKind, OfferAnswer, WeekHours};

/// Fewer answers say too little of how people answer.
const ENOUGH_ANSWERS: usize = 20;
/// An answer or an arrival later than this, a month, is a slip of the pen.
pub const LATEST_S: f64 = 31.0 * 86_400.0;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// Which day it was.
    Day {
        date: Date,
    },
    /// Catalogue, calendar or policy, as they were in force.
    Settings {
        kind: SettingsKind,
        toml: String,
    },
    Area {
        code: AreaCode,
        point: Option<Point>,
        adjacent: Vec<AreaCode>,
    },
    Station {
        number: i64,
        tier: Tier,
        parent: Option<i64>,
        area: AreaCode,
        point: Option<Point>,
        staffed: bool,
        #[serde(default, skip_serializing_if = "OpeningHours::is_always")]
        hours: OpeningHours,
    },
    Institution {
        number: i64,
        area: AreaCode,
        point: Option<Point>,
        categories: BTreeSet<CategoryCode>,
        /// It is open and has a telephone that takes texts.
        may_be_told: bool,
    },
    Volunteer(RecordedVolunteer),
    Request {
        number: u32,
        /// Seconds from the beginning of the day.
        at_s: f64,
        category: CategoryCode,
        urgency: Urgency,
        area: AreaCode,
        point: Option<Point>,
        /// How it went: who took it, and seconds until somebody had, and until a volunteer was there. Files of earlier
        /// versions do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<By>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accept_s: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arrive_s: Option<f64>,
    },
    /// What a volunteer answered to a request, so many seconds after they were asked.
    Answer {
        request: u32,
        volunteer: i64,
        says: Says,
        after_s: f64,
    },
}

/// A volunteer without anything that tells who it is: numbered anew, of a home to about 100 m, of age or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedVolunteer {
    pub number: i64,
    pub area: AreaCode,
    pub point: Option<Point>,
    pub skills: BTreeSet<CategoryCode>,
    pub credentials: BTreeSet<CredentialKind>,
    pub available: WeekHours,
    pub on_duty: bool,
    pub at_night: bool,
    pub of_age: bool,
    pub rating: Option<u16>,
    /// The last offers before the export, the oldest first: accepted or not.
    pub answers: Vec<OfferAnswer>,
    /// Whole days from the last work to that day.
    pub worked_days_ago: Option<u16>,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Replay {
    pub date: Date,
    pub catalogue: Catalogue,
    pub calendar: Calendar,
    /// The text of the policy in force, if the file says it.
    pub policy: Option<String>,
    pub land: Land,
    /// How the requests went on the day itself, in the order they came.
    pub went: Vec<Went>,
}

/// Why a file cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Wrong {
    pub line: usize,
    pub problem: String,
}

impl Replay {
    /// Reads a file.
    ///
    /// # Errors
    /// The first line that cannot be used, with the remedy.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        let mut file = File::default();
        for (at, words) in text.lines().enumerate().filter(|(_, words)| !words.trim().is_empty()) {
            let wrong = |problem: String| Wrong { line: at + 1, problem };
            let line: Line = serde_json::from_str(words).map_err(|error| {
                // It counts lines too, and of one line every one is the first.
                let said = error.to_string();
                let said = said.split(" at line ").next().unwrap_or_default();
                wrong(format!("{said}: take the line out, or write it as `yingda simulate --export` does"))
            })?;
            file.take(line, at + 1).map_err(wrong)?;
        }
        file.finish()
    }

    /// How people behave, as far as the day's answers say it; the rest stays as it is.
    pub fn people(&self, otherwise: &People) -> People {
        let answers: Vec<&Answer> = self.land.lived.iter().flat_map(|lived| lived.answers.values()).collect();
        let mut people = otherwise.clone();
        if answers.len() < ENOUGH_ANSWERS {
            return people;
        }
        let say = |says: Says| answers.iter().filter(|answer| answer.says == says).count() as f64;
        let (yes, no, all) = (say(Says::Yes), say(Says::No), answers.len() as f64);
        // Never and always are what twenty answers say and what no chance may be.
        let share = (yes / all).clamp(0.01, 0.99);
        let sure = people.alpha + people.beta;
        (people.alpha, people.beta) = (share * sure, (1.0 - share) * sure);
        people.declines = if all > yes { no / (all - yes) } else { people.declines };
        let spoken = answers.iter().filter(|answer| answer.says != Says::Nothing);
        let mut logarithms: Vec<f64> = spoken.map(|answer| answer.after_s.max(1.0).ln()).collect();
        logarithms.sort_by(f64::total_cmp);
        if logarithms.len() >= ENOUGH_ANSWERS {
            let median = logarithms[logarithms.len() / 2];
            let squares = logarithms.iter().map(|one| (one - median).powi(2)).sum::<f64>();
            people.reply_median_s = median.exp();
            people.reply_sigma = (squares / logarithms.len() as f64).sqrt();
        }
        people
    }
}
