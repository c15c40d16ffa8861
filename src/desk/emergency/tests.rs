//! Callers without the store, as effects.

use super::*;
use crate::desk::event::EndReason;
use crate::domain::area::AreaCode;
use crate::domain::ids::JurisdictionId;
use crate::domain::station::Front;
use crate::prompts::manifest::Manifest;

fn station(id: i64, parent: Option<i64>, ring: &[&str]) -> Station {
    Station {
        id: StationId(id),
        jurisdiction: JurisdictionId("shibei".into()),
        tier: Tier::District,
        parent: parent.map(StationId),
        area: AreaCode::parse("370203").unwrap(),
        name: format!("站{id}"),
        help_number: format!("1234{id}"),
        ticket_code: 1,
        front: Front::Menu,
        hours: Default::default(),
        ring: ring.iter().map(|target| (*target).to_owned()).collect(),
        notice_phone: None,
        duty: if parent.is_none() { vec!["duty".into()] } else { vec![] },
        peers: vec![],
        point: None,
        staffed: true,
    }
}

fn desk(stations: &[Station]) -> EmergencyDesk {
    let manifests = [
        ("zh", include_str!("../../../sounds/zh/manifest.toml")),
        ("en", include_str!("../../../sounds/en/manifest.toml")),
        ("bo", include_str!("../../../sounds/bo/manifest.toml")),
    ];
    let manifests = manifests
        .map(|(language, text)| Manifest::parse(&format!("sounds/{language}/manifest.toml"), text).unwrap());
    let library = Arc::new(Library::new(manifests));
    EmergencyDesk::new(
        stations.iter(),
        NumberingPlan::default(),
        library,
        Duration::from_secs(15),
        Chance::from_number(1),
    )
}

fn call(n: u64) -> CallId {
    Chance::from_number(n).mint(Timestamp::from_millis(0))
}

fn caller(n: u64, dialled: &str, noted: bool) -> EmergencyCaller {
    EmergencyCaller { call: call(n), dialled: dialled.into(), answered: false, noted }
}

/// Effects a line each: what is said by its Chinese clips, whom it is about by what the test calls them.
fn shown(effects: &[PhoneEffect]) -> Vec<String> {
    let name = |id: &CallId| match (1..9).find(|n| call(*n) == *id) {
        Some(n) => format!("caller {n}"),
        None => "leg".to_owned(),
    };
    let shown = |effect: &PhoneEffect| match effect {
        PhoneEffect::Play { call, clips, .. } => {
            let said: Vec<&str> = clips
                .iter()
                .filter_map(|clip| match clip {
                    Clip::Sound { language: Language::Zh, id } => Some(id.as_str()),
                    Clip::Sound { .. } | Clip::Pause(_) => None,
                })
                .collect();
            format!("play {} to {}", said.join(" "), name(call))
        }
        PhoneEffect::Dial { target, ring_time, .. } => format!("ring {target} for {ring_time:?}"),
        PhoneEffect::Bridge { a, b } => format!("join {} and {}", name(a), name(b)),
        PhoneEffect::Ring { call } => format!("180 to {}", name(call)),
        PhoneEffect::Answer { call } => format!("answer {}", name(call)),
        PhoneEffect::Hangup { call } => format!("hang up {}", name(call)),
        PhoneEffect::StopPlay { call } => format!("silence for {}", name(call)),
        PhoneEffect::Join { .. }
        | PhoneEffect::Hold { .. }
        | PhoneEffect::Mute { .. }
        | PhoneEffect::TransferOutcome { .. }
        | PhoneEffect::Reject { .. }
        | PhoneEffect::Record { .. }
        | PhoneEffect::StopRecording { .. }
        | PhoneEffect::Unbridge { .. } => format!("{effect:?}"),
    };
    effects.iter().map(shown).collect()
}

fn dialled(effects: &[PhoneEffect]) -> Vec<CallId> {
    let dial = |effect: &PhoneEffect| matches!(effect, PhoneEffect::Dial { .. }).then(|| effect.call());
    effects.iter().filter_map(dial).collect()
}

fn ended(call: CallId) -> PhoneEvent {
    PhoneEvent::CallEnded { call, reason: EndReason::NoAnswer }
}

const NOW: Timestamp = Timestamp::from_millis(1_777_600_800_000);

#[test]
fn without_the_store_a_caller_is_put_through_and_the_first_who_answers_is_joined() {
    let mut desk = desk(&[station(1, None, &["ana", "ben"]), station(2, Some(1), &[])]);
    let rung = desk.serve(caller(1, "12342", true), NOW);
    assert_eq!(
        shown(&rung),
        [
            "180 to caller 1",
            "answer caller 1",
            "play connecting to caller 1",
            "ring ana for 15s",
            "ring ben for 15s"
        ]
    );
    let legs = dialled(&rung);
    assert!(desk.holds(legs[0]) && desk.holds(call(1)) && !desk.holds(call(2)));
    let joined = desk.heard(&PhoneEvent::Answered { call: legs[1] });
    assert_eq!(shown(&joined), ["silence for caller 1", "join caller 1 and leg", "hang up leg"]);
    // The slower one picked up in the same moment.
    assert_eq!(desk.heard(&PhoneEvent::Answered { call: legs[0] }), [PhoneEffect::Hangup { call: legs[0] }]);
    assert_eq!(desk.heard(&ended(legs[0])), []);
    assert_eq!(desk.heard(&ended(legs[1])), [PhoneEffect::Hangup { call: call(1) }]);
    assert_eq!(desk.heard(&ended(call(1))), []);
    assert!(!desk.holds(call(1)));
}

#[test]
fn nobody_to_put_through_to_means_hearing_how_it_is_and_no_number() {
    let mut desk = desk(&[station(1, None, &["ana"])]);
    let rung = desk.serve(caller(1, "12341", true), NOW);
    let told = desk.heard(&ended(dialled(&rung)[0]));
    assert_eq!(shown(&told), ["play cannot-register goodbye to caller 1"]);
    let [PhoneEffect::Play { play, .. }] = told[..] else { panic!("{told:?}") };
    let over = |play| PhoneEvent::PlayEnded { call: call(1), play };
    assert_eq!(desk.heard(&over(PlayId(1))), [], "what a walk had begun to say");
    assert_eq!(desk.heard(&over(play)), [PhoneEffect::Hangup { call: call(1) }]);
    // Ana is being rung for somebody else: nobody is left for the third.
    let _second = desk.serve(caller(2, "12341", true), NOW);
    let third = desk.serve(caller(3, "12341", false), NOW);
    assert_eq!(shown(&third[2..]), ["play cannot-note goodbye to caller 3"]);
}

#[test]
fn without_people_anywhere_the_duty_list_is_rung_and_without_stations_everybody_is_answered() {
    let mut known = desk(&[station(1, None, &[]), station(2, Some(1), &[])]);
    let rung = known.serve(caller(1, "12342", true), NOW);
    assert_eq!(shown(&rung)[3..], ["ring duty for 15s"]);
    let mut unknown = desk(&[]);
    let answered = unknown.serve(caller(1, "anything", true), NOW);
    assert_eq!(shown(&answered)[1..], ["answer caller 1", "play cannot-register goodbye to caller 1"]);
}

#[test]
fn however_a_trunk_spells_the_number_its_people_are_rung_and_the_districts_for_nobodys_number() {
    for (spelled, rung) in [("+8653212342", "ana"), ("9912342", "ana"), ("53100000", "ben")] {
        let mut desk = desk(&[station(1, None, &["ben"]), station(2, Some(1), &["ana"])]);
        let effects = desk.serve(caller(1, spelled, true), NOW);
        assert_eq!(shown(&effects)[3..], [format!("ring {rung} for 15s")], "{spelled}");
    }
}

#[test]
fn a_caller_who_hangs_up_takes_the_ringing_with_them() {
    let mut desk = desk(&[station(1, None, &["ana", "ben"])]);
    let legs = dialled(&desk.serve(caller(1, "12341", true), NOW));
    let released: Vec<CallId> = desk.heard(&ended(call(1))).iter().map(PhoneEffect::call).collect();
    assert_eq!(released.len(), legs.len());
    let late = desk.heard(&PhoneEvent::Answered { call: legs[0] });
    assert_eq!(late, [PhoneEffect::Hangup { call: legs[0] }]);
}

#[test]
fn when_the_desk_is_lost_who_talks_is_left_callers_are_served_and_whom_it_rang_is_hung_up_on() {
    let mut desk = desk(&[station(1, None, &["ana"])]);
    let rung = dialled(&desk.serve(caller(1, "12341", true), NOW))[0];
    for (call, ours, talks, fate) in [
        (call(2), false, false, Fate::Served),
        (call(3), false, true, Fate::Left),
        (call(4), true, true, Fate::Left),
        (call(5), true, false, Fate::HungUp),
        (rung, true, false, Fate::Left),
    ] {
        assert_eq!(desk.fate(call, ours, talks), fate);
    }
}
