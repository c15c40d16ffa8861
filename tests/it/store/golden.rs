//! Golden samples of what is stored as JSON: a line once written is read for ever and written back as it stood.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use yingda::desk::event::{DeskEvent, Digit};
use yingda::domain::actor::Doer;
use yingda::domain::category::CategoryCode;
use yingda::domain::clocks::Pause;
use yingda::domain::ids::{StationId, UserId};
use yingda::domain::ticket::{Confirmer, Objection, Referral};
use yingda::domain::triage::Triage;
use yingda::domain::volunteer::{OfferAnswer, WeekHours};

use super::journalled;
use super::samples::{self, HELPER, STATION, at};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden/stored-json.jsonl");

/// Names every variant of an enum, and holds a sample of each: who adds a variant must name it here, with a sample.
macro_rules! variants {
    ($named:ident, $samples:ident, $of:ty: $($name:literal $pattern:pat => $sample:expr;)+) => {
        fn $named(of: &$of) -> &'static str {
            match of {
                $($pattern => $name,)+
            }
        }

        fn $samples() -> Vec<$of> {
            let samples: Vec<(&str, $of)> = vec![$(($name, $sample),)+];
            let named = |(name, sample)| {
                assert_eq!($named(&sample), name, "a sample stands under another's name");
                sample
            };
            samples.into_iter().map(named).collect()
        }
    };
}
pub(super) use variants;

/// Reads what was written: which variant it is, and how it is written again.
type ReadAgain = Box<dyn Fn(&str) -> Result<(String, Value), serde_json::Error>>;

/// One type that is stored as JSON.
struct Kind {
    name: &'static str,
    /// Each variant's name, and how it is written.
    samples: Vec<(String, Value)>,
    again: ReadAgain,
}

fn kind<T: Serialize + DeserializeOwned>(
    name: &'static str,
    samples: Vec<T>,
    named: impl Fn(&T) -> String + 'static,
) -> Kind {
    let written = |sample| serde_json::to_value(sample).unwrap_or_else(|error| panic!("{name}: {error}"));
    Kind {
        name,
        samples: samples.iter().map(|sample| (named(sample), written(sample))).collect(),
        again: Box::new(move |json| {
            let read: T = serde_json::from_str(json)?;
            Ok((named(&read), serde_json::to_value(&read)?))
        }),
    }
}

/// A type with one shape.
fn column<T: Serialize + DeserializeOwned>(name: &'static str, sample: T) -> Kind {
    kind(name, vec![sample], |_| String::new())
}

variants! { triage_name, triages, Triage:
    "told" Triage::Told { .. } => Triage::Told { station: STATION, next_at: at(95) };
    "duty_list" Triage::DutyList { .. } => Triage::DutyList { since: at(96) };
}

variants! { digit_name, digits, Digit:
    "number" Digit::Number(_) => Digit::Number(7);
    "star" Digit::Star => Digit::Star;
    "hash" Digit::Hash => Digit::Hash;
}

/// Everything that is stored as JSON: the journal's events and the columns that hold more than a word.
fn kinds() -> Vec<Kind> {
    let referral = Referral {
        confirmed_by: Confirmer::ReceivingBody,
        reference: "民政局 2026-3".into(),
        confirmed_at: at(6),
    };
    let objections = vec![Objection { part: None, ..samples::objection() }, samples::objection()];
    let doers = vec![
        Doer { person: Some(HELPER), user: None },
        Doer { person: None, user: Some(UserId(3)) },
        Doer { person: Some(HELPER), user: Some(UserId(3)) },
    ];
    let doer = |of: &Doer| match (of.person, of.user) {
        (Some(_), Some(_)) => "person_at_a_login".into(),
        (Some(_), None) => "person".into(),
        (None, Some(_)) => "login".into(),
        (None, None) => "nobody".into(),
    };
    vec![
        kind::<DeskEvent>("event", journalled::events(), journalled::name),
        kind("digit", digits(), |digit| digit_name(digit).into()),
        kind("triage", triages(), |triage| triage_name(triage).into()),
        kind("doer", doers, doer),
        column("referral", referral),
        column("pauses", vec![Pause { from: at(5), until: Some(at(6)) }, Pause { from: at(8), until: None }]),
        column("told", vec![STATION, StationId(15)]),
        kind("objection", objections, |it| it.part.map_or_else(String::new, |_| "part".into())),
        column("clock", samples::co_clock()),
        column("risk", [false, true, false]),
        column("tried_hours", vec![10_u8, 15]),
        column("available", WeekHours([1, 2, 3, 4, 5, 6, 0xff_ffff])),
        column("answers", [true, false, true].map(OfferAnswer::from)),
        column("answers_on_occasion", [OfferAnswer::from(false), samples::answer_at_nine()]),
        column("parameters", BTreeMap::from([("code".to_owned(), "37".to_owned())])),
        column("categories", BTreeSet::from([samples::meals(), CategoryCode::parse("ELD-05").unwrap()])),
        column("ring", samples::station().ring),
        column("peers", samples::station().peers),
        column("contacts", samples::care_plan().contacts),
    ]
}

/// As it stands in the file: `event.phone.digit`, `told`.
fn whole_name(kind: &str, variant: &str) -> String {
    [kind, variant].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}

#[test]
fn what_was_stored_as_json_is_read_for_ever_and_written_as_it_stood() {
    let kinds = kinds();
    let mut there = BTreeSet::new();
    let golden = std::fs::read_to_string(GOLDEN).unwrap();
    for line in golden.lines() {
        let golden: Value = serde_json::from_str(line).unwrap();
        let name = golden["name"].as_str().unwrap();
        let of = name.split('.').next().unwrap();
        let kind = kinds.iter().find(|kind| kind.name == of);
        let kind = kind.unwrap_or_else(|| panic!("{name}: nothing of this kind is stored any more"));
        let read = (kind.again)(&golden["json"].to_string());
        let (variant, written) =
            read.unwrap_or_else(|error| panic!("{name} cannot be read any more: {error}"));
        assert_eq!(whole_name(of, &variant), name, "it is read as something else");
        assert_eq!(written, golden["json"], "{name} is written otherwise");
        there.insert(name.to_owned());
    }
    let mut missing = BTreeMap::new();
    for kind in &kinds {
        for (variant, json) in &kind.samples {
            let name = whole_name(kind.name, variant);
            if !there.contains(&name) {
                missing.entry(name.clone()).or_insert_with(|| json!({ "name": name, "json": json }));
            }
        }
    }
    let lines: Vec<String> = missing.values().map(Value::to_string).collect();
    assert!(lines.is_empty(), "add to tests/it/golden/stored-json.jsonl:\n{}\n", lines.join("\n"));
}
