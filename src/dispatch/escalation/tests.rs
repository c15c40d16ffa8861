//! What happens when nobody ever answers.

use std::sync::LazyLock;

use super::*;
use crate::dispatch::fixtures::{HOME, area, at, category, stations, stations_open, unhurried};
use crate::dispatch::offer::wave_length;
use crate::domain::category::{Catalogue, DEFAULT_TEXT};
use crate::domain::clocks::{ClockKind, Owed};

/// What happens to a piece of work when nobody ever answers: every step with its time and reason, and the accept clock.
fn silence(
    category: &Category,
    urgency: Urgency,
    candidates: usize,
    stations: &StationTree,
    opened: Timestamp,
) -> (Vec<Due>, Clock) {
    silence_with(InstitutionTurn::Nobody, category, urgency, candidates, stations, opened)
}

/// The same where an institution takes such work, or none.
fn silence_with(
    institution: InstitutionTurn,
    category: &Category,
    urgency: Urgency,
    candidates: usize,
    stations: &StationTree,
    opened: Timestamp,
) -> (Vec<Due>, Clock) {
    // Read once: thousands of climbs are tried.
    static UNHURRIED: LazyLock<Policy> = LazyLock::new(unhurried);
    silence_under(&UNHURRIED, institution, category, urgency, candidates, stations, opened)
}

fn silence_under(
    policy: &Policy,
    mut institution: InstitutionTurn,
    category: &Category,
    urgency: Urgency,
    candidates: usize,
    stations: &StationTree,
    opened: Timestamp,
) -> (Vec<Due>, Clock) {
    static DAYS: LazyLock<Calendar> = LazyLock::new(Calendar::default);
    let calendar = &*DAYS;
    let ground = Ground { policy, calendar, stations };
    let owed = Owed { urgency, consultation: category.consultation, window: None };
    let accept = Clock::start(ClockKind::Accept, &owed, policy, calendar, opened).unwrap();
    let mut told = Vec::new();
    let mut steps: Vec<Due> = Vec::new();
    let (mut rung, mut station) = (None, stations.for_area(&area(HOME), category.tier).unwrap());
    let (mut waves, mut wave_expires, mut left) = (0, None, candidates);
    let mut now = opened;
    for _ in 0..20 {
        let climb = Climb {
            category,
            urgency,
            accept: &accept,
            station,
            rung,
            waves,
            wave_expires,
            candidates_left: left,
            institution,
            peers_told: &told,
        };
        let due = ground.steps(&climb, now);
        for due in &due {
            now = now.max(due.at);
            match due.step {
                LadderStep::OfferWave => {
                    waves += 1;
                    left = left.saturating_sub(3);
                    wave_expires = Some(due.at + wave_length(policy, calendar, urgency));
                }
                LadderStep::ToInstitution => (institution, wave_expires) = (InstitutionTurn::Waits, None),
                LadderStep::ToStation(to) => {
                    institution = InstitutionTurn::Nobody;
                    (station, wave_expires) = (to, wave_expires.filter(|_| urgency == Urgency::P1))
                }
                LadderStep::TierUp(to) => station = to,
                LadderStep::Peer(peer) => told.push(peer),
                LadderStep::DutyOfficer(_) => {}
            }
            rung = rung.max(due.step.rung());
        }
        steps.extend(&due);
        if due.is_empty() {
            return (steps, accept);
        }
    }
    panic!("the ladder has no end: {steps:?}");
}

fn told(steps: &[Due], opened: Timestamp) -> String {
    let line = |due: &Due| format!("{} s {:?}, {}", due.at.since(opened).as_secs(), due.step, due.why);
    steps.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn reaches_the_district(steps: &[Due], accept: &Clock, opened: Timestamp, what: &str) {
    let what = format!("{what}:\n{}", told(steps, opened));
    let district = steps.iter().find(|due| due.step == LadderStep::DutyOfficer(StationId(1)));
    let district = district.unwrap_or_else(|| panic!("nobody reached, {what}"));
    assert!(district.at < accept.due, "reached too late, {what}");
    assert!(steps.iter().all(|due| due.at < accept.due), "a step after the end, {what}");
    assert!(steps.iter().all(|due| due.at >= opened), "a step before the beginning, {what}");
}

/// No step waits longer than its share of the accept clock (§4). Beside the others, for a life, volunteers are asked on.
fn keeps_its_share(
    (policy, urgency): (&Policy, Urgency),
    steps: &[Due],
    accept: &Clock,
    opened: Timestamp,
    what: &str,
) {
    let shares = &policy.escalation;
    let calendar = Calendar::default();
    for due in steps {
        let percent = match due.step {
            LadderStep::OfferWave if urgency == Urgency::P1 => continue,
            LadderStep::OfferWave => shares.volunteers_percent,
            LadderStep::ToInstitution | LadderStep::ToStation(_) => shares.institution_percent,
            LadderStep::TierUp(_) => shares.station_percent,
            LadderStep::Peer(_) | LadderStep::DutyOfficer(_) => shares.parent_percent,
        };
        let latest = accept.moment_at(&calendar, u32::from(percent) * 10).max(opened);
        assert!(due.at <= latest, "{:?} later than {percent} %, {what}:\n{}", due.step, told(steps, opened));
    }
}

/// Who agreed to help is told of all that may be shared and of nothing else, of what is life or safety at once.
fn shares_what_may_be_shared(
    category: &Category,
    urgency: Urgency,
    steps: &[Due],
    opened: Timestamp,
    what: &str,
) {
    let what = format!("{what}:\n{}", told(steps, opened));
    let peers: Vec<&Due> = steps.iter().filter(|due| due.step == LadderStep::Peer(StationId(90))).collect();
    assert_eq!(peers.len(), usize::from(category.shareable), "{what}");
    let at_once = peers.iter().all(|due| due.at == opened);
    assert!(urgency != Urgency::P1 || at_once, "{what}");
}

#[test]
fn with_everyone_silent_the_district_is_reached_inside_the_accept_clock() {
    let catalogue = Catalogue::parse(DEFAULT_TEXT).unwrap();
    // As shipped, and with waves of half an hour.
    let policies = [Policy::default(), unhurried()];
    let openings = [
        "2026-03-02T09:00", // Monday morning
        "2026-03-02T17:59", // a minute before the office closes
        "2026-03-06T20:50", // Friday, just before the quiet hours
        "2026-03-07T23:30", // in the night to Sunday
        "2026-02-14T17:30", // half an hour before nine days of holiday
    ];
    for category in catalogue.categories.values() {
        for urgency in Urgency::ALL {
            for candidates in [0, 1, 50] {
                for (staffed, working) in [
                    (&[1, 2, 3][..], &[][..]),
                    (&[1, 2], &[]),
                    (&[1], &[]),
                    (&[], &[]),
                    (&[1, 2, 3], &[2, 3]),
                    (&[1, 2, 3], &[1, 2, 3]),
                ] {
                    for opened in openings {
                        let opened = at(opened);
                        let takes = [InstitutionTurn::Nobody, InstitutionTurn::MayBeTold]
                            [usize::from(category.by.contains(&HandlerKind::Institution))];
                        let stations = &stations_open(staffed, working);
                        for policy in &policies {
                            let (steps, accept) = silence_under(
                                policy, takes, category, *urgency, candidates, stations, opened,
                            );
                            let what = format!(
                                "{} {urgency}, {candidates} candidates, {staffed:?}, {working:?}",
                                category.code
                            );
                            reaches_the_district(&steps, &accept, opened, &what);
                            keeps_its_share((policy, *urgency), &steps, &accept, opened, &what);
                            shares_what_may_be_shared(category, *urgency, &steps, opened, &what);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_ladder_of_an_urgent_visit_goes_volunteers_station_parent_peer_duty_officer() {
    let opened = at("2026-03-02T10:00");
    let shareable = Category { shareable: true, ..category("ELD-02") };
    let (steps, _) = silence(&shareable, Urgency::P2, 50, &stations(&[1, 2, 3]), opened);
    expect_test::expect![[r#"
        0 s OfferWave, volunteers_first
        300 s OfferWave, next_wave
        600 s ToStation(StationId(3)), volunteers_time_up
        840 s TierUp(StationId(2)), station_time_up
        930 s Peer(StationId(90)), peer_agreed
        1020 s DutyOfficer(StationId(1)), parent_time_up"#]]
    .assert_eq(&told(&steps, opened));
}

#[test]
fn a_usual_wish_is_offered_twice_before_staff_has_it() {
    let opened = at("2026-03-02T09:00");
    let (steps, _) = silence(&category("ELD-02"), Urgency::P3, 50, &stations(&[1, 2, 3]), opened);
    expect_test::expect![[r#"
        0 s OfferWave, volunteers_first
        1800 s OfferWave, next_wave
        3600 s ToStation(StationId(3)), volunteers_time_up
        5040 s TierUp(StationId(2)), station_time_up
        6120 s DutyOfficer(StationId(1)), parent_time_up"#]]
    .assert_eq(&told(&steps, opened));
}

#[test]
fn staff_is_told_as_soon_as_nobody_is_left_to_ask() {
    let opened = at("2026-03-02T09:00");
    let (steps, _) = silence(&category("ELD-02"), Urgency::P3, 2, &stations(&[1, 2, 3]), opened);
    assert_eq!(steps[1].step, LadderStep::ToStation(StationId(3)));
    assert_eq!((steps[1].at, steps[1].why), (at("2026-03-02T09:30"), Why::NoCandidates));
    let (steps, _) = silence(&category("ELD-02"), Urgency::P3, 0, &stations(&[1, 2, 3]), opened);
    assert_eq!((steps[0].at, steps[0].why), (opened, Why::NoCandidates));
}

#[test]
fn on_a_weekend_volunteers_are_asked_at_once_and_staff_when_all_waves_are_used() {
    let opened = at("2026-03-07T10:00");
    let (steps, accept) = silence(&category("ELD-02"), Urgency::P3, 50, &stations(&[1, 2, 3]), opened);
    let times: Vec<Timestamp> = steps.iter().map(|due| due.at).collect();
    assert_eq!(
        times,
        [
            opened,
            at("2026-03-07T10:30"),
            at("2026-03-07T11:00"),
            at("2026-03-07T11:30"),
            at("2026-03-09T10:24"),
            at("2026-03-09T10:42"),
        ]
    );
    assert_eq!(steps[3].why, Why::WavesUsed);
    assert_eq!(accept.due, at("2026-03-09T11:00"));
}

#[test]
fn at_night_the_first_wave_of_a_usual_wish_waits_for_the_morning() {
    let opened = at("2026-03-02T23:00");
    let (steps, _) = silence(&category("ELD-02"), Urgency::P3, 50, &stations(&[1, 2, 3]), opened);
    assert_eq!((steps[0].step, steps[0].at), (LadderStep::OfferWave, at("2026-03-03T08:00")));
    let (urgent, _) = silence(&category("ELD-02"), Urgency::P2, 50, &stations(&[1, 2, 3]), opened);
    assert_eq!((urgent[0].step, urgent[0].at), (LadderStep::OfferWave, opened));
}

#[test]
fn what_the_catalogue_leaves_to_staff_begins_with_staff() {
    let opened = at("2026-03-02T09:00");
    for (code, station) in [("POV-01", 2), ("ELD-10", 3), ("INS-03", 1)] {
        let (steps, _) = silence(&category(code), Urgency::P3, 50, &stations(&[1, 2, 3]), opened);
        assert_eq!(steps[0].step, LadderStep::ToStation(StationId(station)), "{code}");
        assert_eq!(steps[0].why, Why::StaffOnly);
        assert!(steps.iter().all(|due| due.step != LadderStep::OfferWave), "{code}");
    }
}

#[test]
fn life_and_safety_tells_everyone_at_once_and_goes_on_asking() {
    let opened = at("2026-03-07T23:30");
    let (steps, _) = silence(&category("EMG-02"), Urgency::P1, 50, &stations(&[1, 2, 3]), opened);
    expect_test::expect![[r#"
        0 s OfferWave, everyone_at_once
        0 s ToStation(StationId(3)), everyone_at_once
        0 s TierUp(StationId(2)), everyone_at_once
        0 s Peer(StationId(90)), everyone_at_once
        0 s DutyOfficer(StationId(1)), everyone_at_once
        45 s OfferWave, next_wave
        90 s OfferWave, next_wave"#]]
    .assert_eq(&told(&steps, opened));
    let (fire, _) = silence(&category("EMG-03"), Urgency::P1, 50, &stations(&[1, 2, 3]), opened);
    assert!(fire.iter().all(|due| due.step != LadderStep::OfferWave), "no volunteer is sent into a fire");
}

#[test]
fn an_institution_has_its_turn_after_volunteers_or_first_where_none_may_and_staff_comes_after_it() {
    let opened = at("2026-03-02T09:00");
    let climb = |code: &str| {
        let turn = InstitutionTurn::MayBeTold;
        let (steps, _) = silence_with(turn, &category(code), Urgency::P3, 2, &stations(&[1, 2, 3]), opened);
        told(&steps, opened)
    };
    expect_test::expect![[r#"
        0 s OfferWave, volunteers_first
        1800 s ToInstitution, no_candidates
        4320 s ToStation(StationId(3)), institution_time_up
        5040 s TierUp(StationId(2)), station_time_up
        6120 s DutyOfficer(StationId(1)), parent_time_up"#]]
    .assert_eq(&climb("ELD-02"));
    expect_test::expect![[r#"
        0 s ToInstitution, institution_first
        4320 s ToStation(StationId(3)), institution_time_up
        5040 s TierUp(StationId(2)), station_time_up
        6120 s DutyOfficer(StationId(1)), parent_time_up"#]]
    .assert_eq(&climb("CON-02"));
    // Where the catalogue names staff before institutions, staff has it.
    assert!(climb("EMP-03").starts_with("0 s ToStation(StationId(2)), staff_only"));
    // At night a shop is not told of what can wait.
    let night = at("2026-03-02T23:00");
    let turn = InstitutionTurn::MayBeTold;
    let (steps, _) = silence_with(turn, &category("CON-02"), Urgency::P3, 0, &stations(&[1, 2, 3]), night);
    assert_eq!((steps[0].step, steps[0].at), (LadderStep::ToInstitution, at("2026-03-03T08:00")));
}

#[test]
fn urgent_work_does_not_wait_for_a_station_without_staff() {
    let opened = at("2026-03-07T23:30");
    let (steps, _) = silence(&category("POV-02"), Urgency::P2, 0, &stations(&[]), opened);
    assert_eq!(
        steps.last().map(|due| (due.step, due.at)),
        Some((LadderStep::DutyOfficer(StationId(1)), opened))
    );
}

#[test]
fn urgent_work_passes_over_stations_that_are_closed_and_what_can_wait_does_not() {
    let by_day = stations_open(&[1, 2, 3], &[2, 3]);
    let climb = |urgency, stations: &StationTree, opened: &str| {
        let (steps, _) = silence(&category("ELD-10"), urgency, 0, stations, at(opened));
        told(&steps, at(opened))
    };
    expect_test::expect![[r#"
        0 s ToStation(StationId(1)), staff_only
        1020 s DutyOfficer(StationId(1)), nobody_above"#]]
    .assert_eq(&climb(Urgency::P2, &by_day, "2026-03-07T23:30"));
    expect_test::expect![[r#"
        0 s ToStation(StationId(3)), staff_only
        840 s TierUp(StationId(2)), station_time_up
        1020 s DutyOfficer(StationId(1)), parent_time_up"#]]
    .assert_eq(&climb(Urgency::P2, &by_day, "2026-03-02T10:00"));
    // The working hours of the calendar end at twelve for an hour.
    expect_test::expect![[r#"
        0 s ToStation(StationId(3)), staff_only
        300 s TierUp(StationId(1)), station_closed
        1020 s DutyOfficer(StationId(1)), parent_time_up"#]]
    .assert_eq(&climb(Urgency::P2, &by_day, "2026-03-02T11:55"));
    assert!(climb(Urgency::P3, &by_day, "2026-03-07T23:30").starts_with("0 s ToStation(StationId(3))"));
}

#[test]
fn where_every_station_is_closed_the_duty_officer_is_rung_at_once() {
    let closed = stations_open(&[1, 2, 3], &[1, 2, 3]);
    let opened = at("2026-03-07T23:30");
    let (steps, _) = silence(&category("ELD-10"), Urgency::P2, 0, &closed, opened);
    expect_test::expect![[r#"
        0 s ToStation(StationId(3)), staff_only
        0 s DutyOfficer(StationId(1)), nobody_above"#]]
    .assert_eq(&told(&steps, opened));
    // The one above that has it closes too: three minutes before its time is over, and then nobody is waited for.
    let opened = at("2026-03-02T17:45");
    let (steps, _) = silence(&category("ELD-10"), Urgency::P2, 0, &closed, opened);
    expect_test::expect![[r#"
        0 s ToStation(StationId(3)), staff_only
        840 s TierUp(StationId(2)), station_time_up
        900 s DutyOfficer(StationId(1)), nobody_above"#]]
    .assert_eq(&told(&steps, opened));
}
