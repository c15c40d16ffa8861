//! What is remembered of a volunteer.

use super::*;
use crate::dispatch::fixtures::{at, id, offer, roster, visit, volunteer, window};
use crate::domain::span::{hours_of, minutes_of};
use crate::domain::volunteer::Lifecycle;

const ANA: VolunteerId = VolunteerId(10_001);

fn ana() -> Volunteer {
    volunteer(10_001)
}

#[test]
fn a_newer_record_is_taken_and_what_the_desk_knows_better_is_kept() {
    let mut roster = roster([Volunteer { version: 5, ..ana() }]);
    roster.opt_out(ANA);
    roster.offer_sent(&offer(1, 10_001, at("2026-03-02T10:00")));
    roster.offer_ended(ANA, id(1), OfferState::Accepted, None);
    assert!(!roster.put(Volunteer { version: 4, lifecycle: Lifecycle::Left, ..ana() }), "a stale record");
    assert!(roster.put(Volunteer { version: 6, lifecycle: Lifecycle::Paused, ..ana() }));
    let kept = roster.find(ANA).unwrap();
    assert_eq!(
        (kept.lifecycle, kept.opted_out, kept.answers.as_slice()),
        (Lifecycle::Paused, true, &[OfferAnswer::from(true)][..])
    );
    assert_eq!(roster.len(), 1);
}

#[test]
fn several_volunteers_may_share_a_number_and_one_may_change_theirs() {
    let shared = ana().phone;
    let ben = Volunteer { phone: shared.clone(), ..volunteer(10_002) };
    let mut roster = roster([ana(), ben]);
    let at_number =
        |roster: &Roster, phone: &PhoneNumber| roster.by_phone(phone).map(|v| v.id.0).collect::<Vec<_>>();
    assert_eq!(at_number(&roster, &shared), [10_001, 10_002]);
    let new = volunteer(77).phone;
    roster.put(Volunteer { phone: new.clone(), version: 2, ..ana() });
    assert_eq!(at_number(&roster, &shared), [10_002]);
    assert_eq!(at_number(&roster, &new), [10_001]);
}

#[test]
fn silence_and_a_no_lower_the_chance_of_a_yes_but_a_withdrawn_offer_does_not() {
    let mut roster = roster([ana()]);
    for (n, ended) in [
        (1, OfferState::Accepted),
        (2, OfferState::Declined),
        (3, OfferState::Expired),
        (4, OfferState::Withdrawn),
        (5, OfferState::Failed),
        (6, OfferState::TooLate),
    ] {
        roster.offer_sent(&offer(n, 10_001, at("2026-03-02T10:00")));
        roster.offer_ended(ANA, id(n), ended, None);
        roster.offer_ended(ANA, id(n), OfferState::Declined, None);
    }
    assert_eq!(roster.find(ANA).unwrap().answers, [true, false, false, true].map(OfferAnswer::from));
    assert!(roster.load(ANA).unwrap().open_offers.is_empty());
    for n in 10..40 {
        roster.offer_sent(&offer(n, 10_001, at("2026-03-02T10:00")));
        roster.offer_ended(ANA, id(n), OfferState::Declined, None);
    }
    assert_eq!(
        roster.find(ANA).unwrap().answers,
        vec![OfferAnswer::from(false); 20],
        "only the last twenty count"
    );
}

#[test]
fn a_visit_makes_busy_then_resting_then_free_again() {
    let (mut roster, policy) = (roster([ana()]), Policy::default());
    let mut booked = visit(1, 10_001, window("2026-03-02T14:00", "2026-03-02T16:00"));
    let duty = |roster: &Roster, moment: &str| roster.duty(ANA, at(moment)).unwrap();
    roster.assignment(&booked, &policy, at("2026-03-02T10:00"));
    assert_eq!(duty(&roster, "2026-03-02T10:00"), DutyState::On, "booked is not busy");
    booked.state = AssignmentState::OnSite;
    roster.assignment(&booked, &policy, at("2026-03-02T14:00"));
    assert_eq!(duty(&roster, "2026-03-02T14:00"), DutyState::Busy);
    booked.state = AssignmentState::Done;
    booked.ended_at = Some(at("2026-03-02T15:00"));
    roster.assignment(&booked, &policy, at("2026-03-02T15:00"));
    assert_eq!(duty(&roster, "2026-03-02T15:29"), DutyState::Resting);
    assert_eq!(duty(&roster, "2026-03-02T15:30"), DutyState::On);
    roster.rest(ANA, at("2026-03-03T15:00"));
    assert_eq!(duty(&roster, "2026-03-03T14:00"), DutyState::Resting, "a long rest is not cut short");
    roster.set_duty(ANA, DutyState::Off);
    assert_eq!(duty(&roster, "2026-03-03T14:00"), DutyState::Off);
    assert_eq!(
        roster.standing(ANA, at("2026-03-03T16:00")).unwrap().resting_until,
        Some(at("2026-03-03T15:00"))
    );
}

#[test]
fn a_row_told_twice_counts_once() {
    let (mut roster, policy) = (roster([ana()]), Policy::default());
    let day = window("2026-03-02T00:00", "2026-03-03T00:00");
    let booked = visit(1, 10_001, window("2026-03-02T14:00", "2026-03-02T16:00"));
    for _ in 0..3 {
        roster.assignment(&booked, &policy, at("2026-03-02T10:00"));
        roster.offer_sent(&offer(1, 10_001, at("2026-03-02T10:00")));
    }
    let load = roster.load(ANA).unwrap();
    assert_eq!((load.tasks_in(day), load.minutes_in(day), load.offers_in(day)), (1, 60, 1));
    assert_eq!(load.open_offers.len(), 1);
}

#[test]
fn an_aborted_visit_counts_for_no_cap_and_a_second_no_show_asks_for_a_word() {
    let (mut roster, policy) = (roster([ana()]), Policy::default());
    let day = window("2026-03-02T00:00", "2026-03-03T00:00");
    let now = at("2026-03-02T17:00");
    for (n, state) in
        [(1, AssignmentState::Aborted), (2, AssignmentState::NoShow), (3, AssignmentState::NoShow)]
    {
        assert!(!roster.needs_a_word(ANA, &policy, now));
        let mut ended = visit(n, 10_001, window("2026-03-02T14:00", "2026-03-02T16:00"));
        (ended.state, ended.ended_at) = (state, Some(now));
        roster.assignment(&ended, &policy, now);
    }
    assert_eq!(roster.load(ANA).unwrap().tasks_in(day), 0);
    assert!(roster.needs_a_word(ANA, &policy, now));
    assert!(!roster.needs_a_word(ANA, &policy, now + hours_of(31 * 24)), "after a month it is forgotten");
}

#[test]
fn what_is_weeks_old_is_forgotten_but_never_an_open_offer() {
    let mut roster = roster([ana()]);
    roster.offer_sent(&offer(1, 10_001, at("2026-03-01T10:00")));
    roster.offer_sent(&offer(2, 10_001, at("2026-03-01T10:00")));
    roster.offer_ended(ANA, id(1), OfferState::Expired, None);
    roster.offer_sent(&offer(3, 10_001, at("2026-03-01T10:00") + hours_of(16 * 24)));
    let ever = Window { from: Timestamp::from_millis(0), until: at("2026-03-31T10:00") + minutes_of(1) };
    assert_eq!(roster.load(ANA).unwrap().offers_in(ever), 2);
}
