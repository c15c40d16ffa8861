//! Who is asked and who is not, rule by rule.

use super::*;
use crate::dispatch::fixtures::*;
use crate::domain::assignment::AssignmentState;
use crate::domain::safety::Entrusted;
use crate::domain::span::{hours_of, minutes_of};
use crate::domain::volunteer::{Credential, CredentialKind, DutyState, Lifecycle, Volunteer, WeekHours};

const ANA: VolunteerId = VolunteerId(10_001);

fn ana() -> Volunteer {
    volunteer(10_001)
}

/// What is said of Ana, with one thing changed.
fn said(scene: &Scene, roster: &Roster, change: impl FnOnce(&mut Wanted), now: Timestamp) -> Verdict {
    let mut wanted = scene.wanted();
    change(&mut wanted);
    let verdict = Asking::new(roster, &wanted, &scene.policy, &scene.calendar, now).verdict(ANA);
    let asking = Asking::new(roster, &wanted, &scene.policy, &scene.calendar, now);
    let against = asking.all_against(ANA);
    match verdict {
        Verdict::Eligible(_) => assert_eq!(against, []),
        Verdict::No(rule) => assert_eq!(against.first(), Some(&rule)),
    }
    verdict
}

fn of(volunteer: Volunteer) -> Verdict {
    said(&Scene::of("ELD-02"), &roster([volunteer]), |_| {}, Scene::now())
}

const NEAR: Verdict = Verdict::Eligible(Nearness { ring: 0, metres: None });

#[test]
fn a_volunteer_of_the_committee_on_duty_with_the_skill_may_be_asked() {
    assert_eq!(of(ana()), NEAR);
}

#[test]
fn each_rule_about_the_person_keeps_them_from_being_asked() {
    let away = JurisdictionId("nedong".to_owned());
    for (volunteer, rule) in [
        (Volunteer { jurisdiction: away, ..ana() }, Rule::Jurisdiction),
        (Volunteer { lifecycle: Lifecycle::Suspended, ..ana() }, Rule::NotActive),
        (Volunteer { lifecycle: Lifecycle::Lapsed, ..ana() }, Rule::NotActive),
        (Volunteer { opted_out: true, ..ana() }, Rule::OptedOut),
        (Volunteer { skills: [code("ELD-07")].into(), ..ana() }, Rule::Skill),
        (Volunteer { duty: DutyState::Off, ..ana() }, Rule::OffDuty),
        (Volunteer { languages: [Language::Bo].into(), ..ana() }, Rule::Language),
        (Volunteer { area: area(ELSEWHERE), ..ana() }, Rule::TooFar),
        (Volunteer { birth_year: 2010, ..ana() }, Rule::TooYoung),
        (Volunteer { resting_until: Some(at("2026-03-02T14:01")), ..ana() }, Rule::Resting),
    ] {
        assert_eq!(of(volunteer), Verdict::No(rule));
    }
    let rested = Volunteer { resting_until: Some(at("2026-03-02T14:00")), ..ana() };
    assert_eq!(of(rested), NEAR, "rest that ends before the work begins is no hindrance");
}

#[test]
fn each_rule_about_the_ticket_keeps_them_from_being_asked() {
    let (scene, roster) = (Scene::of("ELD-02"), roster([ana()]));
    let her: BTreeSet<VolunteerId> = [ANA].into();
    let no = |change: &dyn Fn(&mut Wanted)| said(&scene, &roster, |wanted| change(wanted), Scene::now());
    assert_eq!(no(&|_| {}), NEAR);
    for (rule, set) in [(Rule::Declined, 0), (Rule::Blocked, 1), (Rule::AlreadyAsked, 2)] {
        let mut wanted = scene.wanted();
        *[&mut wanted.declined, &mut wanted.blocked, &mut wanted.asked][set] = &her;
        let asking = Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now());
        assert_eq!(asking.verdict(ANA), Verdict::No(rule));
    }
    assert_eq!(no(&|w| w.gender_wish = Some(Gender::Male)), Verdict::No(Rule::GenderWish));
    assert_eq!(no(&|w| w.gender_wish = Some(Gender::Female)), NEAR);
    assert_eq!(no(&|w| w.language = None), NEAR);
}

#[test]
fn near_goes_by_committee_neighbour_street_and_district_and_by_metres_where_both_are_known() {
    for (home, ring) in [(HOME, 0), (NEXT_DOOR, 1), (SAME_STREET, 2), (SAME_DISTRICT, 3)] {
        let verdict = of(Volunteer { area: area(home), ..ana() });
        assert_eq!(verdict, Verdict::Eligible(Nearness { ring, metres: None }), "{home}");
    }
    let point = |north_m: i32| Point { latitude_e7: 360_000_000 + north_m * 90, longitude_e7: 1_200_000_000 };
    for (home, metres, eligible) in
        [(HOME, 500, true), (SAME_DISTRICT, 9_000, true), (ELSEWHERE, 2_900, true), (ELSEWHERE, 3_200, false)]
    {
        let volunteer = Volunteer { area: area(home), point: Some(point(metres)), ..ana() };
        let verdict =
            said(&Scene::of("ELD-02"), &roster([volunteer]), |w| w.point = Some(point(0)), Scene::now());
        match verdict {
            Verdict::Eligible(near) => {
                assert!(
                    eligible && near.metres.unwrap().abs_diff(metres.unsigned_abs()) < 10,
                    "{metres}: {near:?}"
                );
            }
            Verdict::No(rule) => assert!(!eligible && rule == Rule::TooFar, "{metres}: {rule}"),
        }
    }
}

#[test]
fn nobody_knows_where_so_anyone_of_the_jurisdiction_may_be_asked() {
    let roster = roster([Volunteer { area: area(ELSEWHERE), ..ana() }]);
    let verdict = said(&Scene::of("ELD-02"), &roster, |w| w.area = None, Scene::now());
    assert_eq!(verdict, Verdict::Eligible(Nearness { ring: 3, metres: None }));
}

#[test]
fn off_duty_is_no_hindrance_when_the_whole_window_is_in_their_hours() {
    let mut hours = WeekHours([0; 7]);
    hours.0[0] = 1 << 14;
    let partly = Volunteer { duty: DutyState::Off, available: hours, ..ana() };
    assert_eq!(of(partly.clone()), Verdict::No(Rule::OffDuty));
    hours.0[0] |= 1 << 15;
    assert_eq!(of(Volunteer { available: hours, ..partly }), NEAR);
    // On duty today says nothing of tomorrow.
    let tomorrow = |w: &mut Wanted| w.window = window("2026-03-03T14:00", "2026-03-03T16:00");
    let verdict = said(&Scene::of("ELD-02"), &roster([ana()]), tomorrow, Scene::now());
    assert_eq!(verdict, Verdict::No(Rule::OffDuty));
}

#[test]
fn who_is_on_a_visit_is_not_asked_for_now_and_who_is_promised_not_for_that_time() {
    let (scene, policy) = (Scene::of("ELD-02"), unhurried());
    let verdict = |state: AssignmentState, from: &str, until: &str| {
        let mut roster = roster([ana()]);
        let mut task = visit(1, 10_001, window(from, until));
        task.state = state;
        roster.assignment(&task, &policy, Scene::now());
        said(&scene, &roster, |_| {}, Scene::now())
    };
    let (before, after) =
        (("2026-03-02T12:00", "2026-03-02T14:00"), ("2026-03-02T16:00", "2026-03-02T18:00"));
    assert_eq!(verdict(AssignmentState::OnSite, before.0, before.1), Verdict::No(Rule::Busy));
    assert_eq!(verdict(AssignmentState::Booked, after.0, after.1), NEAR);
    assert_eq!(
        verdict(AssignmentState::Booked, "2026-03-02T15:30", "2026-03-02T17:00"),
        Verdict::No(Rule::Overlapping)
    );
    assert_eq!(verdict(AssignmentState::Cancelled, "2026-03-02T15:30", "2026-03-02T17:00"), NEAR);
}

#[test]
fn two_telephone_tasks_fit_beside_each_other_and_a_third_does_not() {
    let scene = Scene::of("CON-07");
    let mut roster = roster([Volunteer { skills: [code("CON-07")].into(), ..ana() }]);
    let now = Scene::now();
    for (n, verdict) in [(1, NEAR), (2, NEAR), (3, Verdict::No(Rule::Busy))] {
        assert_eq!(said(&scene, &roster, |_| {}, now), verdict, "{n}");
        let mut task = visit(n, 10_001, window("2026-03-02T13:00", "2026-03-02T18:00"));
        (task.kind, task.state) = (AssignmentKind::Phone, AssignmentState::Accepted);
        roster.assignment(&task, &scene.policy, now);
    }
}

#[test]
fn nobody_is_asked_more_often_or_given_more_than_the_caps_allow() {
    let scene = Scene::of("ELD-02");
    let mut asked = roster([ana()]);
    for n in 1..=3 {
        assert_eq!(said(&scene, &asked, |_| {}, Scene::now()), NEAR, "{n} offers");
        asked.offer_sent(&offer(n, 10_001, at("2026-03-02T09:00")));
    }
    assert_eq!(said(&scene, &asked, |_| {}, Scene::now()), Verdict::No(Rule::OpenOffers));
    for n in 1..=3 {
        asked.offer_ended(ANA, id(n), crate::domain::offer::OfferState::Expired, None);
    }
    asked.offer_sent(&offer(4, 10_001, at("2026-03-02T00:00")));
    assert_eq!(said(&scene, &asked, |_| {}, Scene::now()), Verdict::No(Rule::OffersToday));
    let same_time_tomorrow = Scene::now() + hours_of(24);
    let tomorrow = |w: &mut Wanted| w.window = window("2026-03-03T14:00", "2026-03-03T16:00");
    assert_eq!(said(&scene, &asked, tomorrow, same_time_tomorrow), NEAR);

    let mut given = roster([ana()]);
    for (n, hour) in [(1, 8), (2, 10), (3, 18)] {
        let from = at(&format!("2026-03-02T{hour:02}:00"));
        let mut done = visit(n, 10_001, Window { from, until: from + hours_of(1) });
        done.state = AssignmentState::Done;
        given.assignment(&done, &scene.policy, Scene::now());
    }
    assert_eq!(said(&scene, &given, |_| {}, Scene::now()), Verdict::No(Rule::TasksThatDay));

    let mut long = roster([ana()]);
    let from = at("2026-03-05T08:00");
    let mut promised = visit(1, 10_001, Window { from, until: from + hours_of(11) });
    promised.minutes = 11 * 60 + 15;
    long.assignment(&promised, &scene.policy, Scene::now());
    assert_eq!(said(&scene, &long, |_| {}, Scene::now()), NEAR, "45 minutes make twelve hours");
    promised.minutes += 1;
    long.assignment(&promised, &scene.policy, Scene::now());
    assert_eq!(said(&scene, &long, |_| {}, Scene::now()), Verdict::No(Rule::HoursThatWeek));
}

#[test]
fn nobody_is_asked_more_often_in_a_week_than_the_caps_allow_and_the_next_week_counts_anew() {
    let scene = Scene::of("ELD-02");
    let mut asked = roster([ana()]);
    let on = |day: u128| {
        let now = at(&format!("2026-03-{day:02}T13:45"));
        (now, move |w: &mut Wanted| w.window = Window { from: now, until: now + hours_of(2) })
    };
    let ((thursday, this_week), (monday, next_week)) = (on(5), on(9));
    for n in 0..12 {
        assert_eq!(said(&scene, &asked, this_week, thursday), NEAR, "{n} offers");
        // Four a day from Monday on, which is as many as a day may have.
        asked.offer_sent(&offer(n, 10_001, at(&format!("2026-03-{:02}T09:00", 2 + n / 4))));
        asked.offer_ended(ANA, id(n), crate::domain::offer::OfferState::Expired, None);
    }
    assert_eq!(said(&scene, &asked, this_week, thursday), Verdict::No(Rule::OffersThisWeek));
    assert_eq!(said(&scene, &asked, next_week, monday), NEAR);
}

#[test]
fn at_night_only_who_agreed_is_asked_and_only_for_urgent_help() {
    let night = at("2026-03-02T22:00");
    let scene = Scene::of("ELD-02");
    for (consent, urgency, eligible) in [
        (true, Urgency::P2, true),
        (true, Urgency::P1, true),
        (true, Urgency::P3, false),
        (false, Urgency::P1, false),
    ] {
        let roster = roster([Volunteer { night_consent: consent, ..ana() }]);
        let change = |w: &mut Wanted| {
            w.urgency = urgency;
            w.window = Window { from: night, until: night + minutes_of(120) };
        };
        let verdict = said(&scene, &roster, change, night);
        assert_eq!(verdict == NEAR, eligible, "{urgency}, consent {consent}: {verdict:?}");
    }
}

#[test]
fn minors_are_met_by_cleared_adults_eight_years_older() {
    let scene = Scene::of("CHD-04");
    let clearance =
        |until: &str| vec![Credential { kind: CredentialKind::MinorsClearance, expires_at: at(until) }];
    let tutor =
        Volunteer { skills: [code("CHD-04")].into(), credentials: clearance("2026-12-31T00:00"), ..ana() };
    for (volunteer, verdict) in [
        (tutor.clone(), NEAR),
        (Volunteer { credentials: Vec::new(), ..tutor.clone() }, Verdict::No(Rule::MinorsClearance)),
        (
            Volunteer { credentials: clearance("2026-03-02T15:00"), ..tutor.clone() },
            Verdict::No(Rule::MinorsClearance),
        ),
        (Volunteer { birth_year: 2005, ..tutor.clone() }, Verdict::No(Rule::AgeGap)),
        (Volunteer { birth_year: 2003, ..tutor }, NEAR),
    ] {
        let said = said(&scene, &roster([volunteer]), |w| w.minor_age = Some(14), Scene::now());
        assert_eq!(said, verdict);
    }
}

#[test]
fn a_certificate_must_hold_until_the_visit_is_over() {
    let scene = Scene::of("CON-01");
    let plumber = |expires: Option<&str>| Volunteer {
        skills: [code("CON-01")].into(),
        credentials: expires
            .map(|text| Credential { kind: CredentialKind::Electrician, expires_at: at(text) })
            .into_iter()
            .collect(),
        ..ana()
    };
    for (expires, verdict) in [
        (Some("2026-03-03T00:00"), NEAR),
        (Some("2026-03-02T15:59"), Verdict::No(Rule::Credential)),
        (None, Verdict::No(Rule::Credential)),
    ] {
        assert_eq!(said(&scene, &roster([plumber(expires)]), |_| {}, Scene::now()), verdict, "{expires:?}");
    }
}

#[test]
fn medicine_is_for_holders_of_a_certificate_until_the_visit_is_over_and_money_keeps_nobody_away() {
    let mut scene = Scene::of("ELD-07");
    let carer = |expires: Option<&str>| Volunteer {
        skills: [code("ELD-07")].into(),
        credentials: expires
            .map(|text| Credential { kind: CredentialKind::Carer, expires_at: at(text) })
            .into_iter()
            .collect(),
        ..ana()
    };
    let held = [
        (Some("2026-03-03T00:00"), NEAR),
        (Some("2026-03-02T15:59"), Verdict::No(Rule::Medicine)),
        (None, Verdict::No(Rule::Medicine)),
    ];
    for (entrusts, rule_speaks) in [
        (vec![Entrusted::Money, Entrusted::BankCard], false),
        (vec![Entrusted::Medicine], true),
        (vec![Entrusted::Money, Entrusted::Medicine], true),
    ] {
        scene.category.entrusts = entrusts;
        for (expires, verdict) in held {
            let verdict = if rule_speaks { verdict } else { NEAR };
            let said = said(&scene, &roster([carer(expires)]), |_| {}, Scene::now());
            assert_eq!(said, verdict, "{expires:?}, {:?}", scene.category.entrusts);
        }
    }
}

#[test]
fn a_young_volunteer_helps_a_group_at_the_station_by_day() {
    let scene = Scene::of("ELD-02");
    let roster = roster([Volunteer { birth_year: 2009, ..ana() }]);
    let group = |w: &mut Wanted| w.kind = AssignmentKind::Group;
    assert_eq!(said(&scene, &roster, group, Scene::now()), NEAR);
    let late = |w: &mut Wanted| {
        w.kind = AssignmentKind::Group;
        w.window = window("2026-03-02T14:00", "2026-03-02T19:00");
    };
    assert_eq!(said(&scene, &roster, late, Scene::now()), Verdict::No(Rule::TooYoung));
}

#[test]
fn everyone_with_the_skill_is_considered_and_each_gets_a_reason() {
    let far = Volunteer { area: area(SAME_STREET), ..volunteer(10_003) };
    let off = Volunteer { duty: DutyState::Off, ..volunteer(10_002) };
    let other = Volunteer { skills: [code("ELD-07")].into(), ..volunteer(10_004) };
    let (scene, roster) = (Scene::of("ELD-02"), roster([ana(), off, far, other]));
    let wanted = scene.wanted();
    let asking = Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now());
    assert_eq!(
        asking.considered(),
        [
            (ANA, NEAR),
            (VolunteerId(10_002), Verdict::No(Rule::OffDuty)),
            (VolunteerId(10_003), Verdict::Eligible(Nearness { ring: 2, metres: None })),
        ]
    );
    assert_eq!(asking.eligible().len(), 2);
    assert_eq!(asking.verdict(VolunteerId(99)), Verdict::No(Rule::Unknown));
}

#[test]
fn across_a_border_whom_an_agreement_lets_us_ask_is_found_among_our_own_by_the_metre() {
    let theirs = JurisdictionId("nedong".to_owned());
    let point = |north_m: i32| Point { latitude_e7: 361_000_000 + north_m * 90, longitude_e7: 1_203_700_000 };
    let living = |id: i64, metres: i32, across: bool| Volunteer {
        skills: [code("DIS-04")].into(),
        point: Some(point(metres)),
        area: area(if across { ELSEWHERE } else { HOME }),
        jurisdiction: if across { theirs.clone() } else { volunteer(id).jurisdiction },
        ..volunteer(id)
    };
    let roster = roster((1..=40).map(|n| living(n, 50 * i32::try_from(n).unwrap(), n % 2 == 0)));
    let mut scene = Scene::of("DIS-04");
    scene.category.credentials.clear();
    scene.policy.offers.shortlist = 10;
    scene.policy.offers.reach_m = 720;
    let nearest = |scene: &Scene| -> Vec<i64> {
        let mut wanted = scene.wanted();
        wanted.point = Some(point(0));
        let asking = Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now());
        let mut found: Vec<_> =
            asking.shortlist(&[]).into_iter().map(|(slot, _)| roster.card(slot).id.0).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(nearest(&scene), [1, 3, 5, 7, 9, 11, 13, 15, 17, 19], "ours alone");
    scene.policy.agreements.volunteers_of = vec![theirs.clone()];
    assert_eq!(nearest(&scene), (1..=10).collect::<Vec<i64>>(), "whoever is nearer, on whatever side");
    scene.policy.offers.shortlist = 24;
    let within: Vec<i64> = (1..=40).filter(|n| n % 2 == 1 || *n <= 14).take(24).collect();
    assert_eq!(nearest(&scene), within, "theirs only within reach");
}

#[test]
fn across_a_border_neighbouring_committees_are_near_where_a_place_is_not_known() {
    let theirs = JurisdictionId("nedong".to_owned());
    let mut scene = Scene::of("ELD-02");
    scene.category.shareable = true;
    scene.policy.agreements.volunteers_of = vec![theirs.clone()];
    let across = |home: &str| Volunteer { jurisdiction: theirs.clone(), area: area(home), ..ana() };
    for (home, expected) in [
        (NEXT_DOOR, Verdict::Eligible(Nearness { ring: 1, metres: None })),
        (SAME_STREET, Verdict::No(Rule::TooFar)),
        (ELSEWHERE, Verdict::No(Rule::TooFar)),
    ] {
        assert_eq!(said(&scene, &roster([across(home)]), |_| {}, Scene::now()), expected, "{home}");
    }
    let nowhere = said(&scene, &roster([across(NEXT_DOOR)]), |w| w.area = None, Scene::now());
    assert_eq!(nowhere, Verdict::No(Rule::TooFar), "nobody knows where: ours are asked");
}
