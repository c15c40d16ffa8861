//! Those who are compared are the nearest who may be asked: of everybody the rules say the same.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::dispatch::candidates::{Asking, Verdict, Wanted};
use crate::dispatch::fixtures::{
    ELSEWHERE, HOME, NEXT_DOOR, SAME_DISTRICT, Scene, area, code, id, offer, roster, visit, volunteer,
};
use crate::dispatch::roster::Roster;
use crate::domain::assignment::{Assignment, AssignmentState};
use crate::domain::ids::{JurisdictionId, VolunteerId};
use crate::domain::offer::OfferState;
use crate::domain::policy::Policy;
use crate::domain::safety::Entrusted;
use crate::domain::span::hours_of;
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;
use crate::domain::volunteer::{Credential, DutyState, WeekHours};

const COMPARED: usize = 6;

/// What happens to one of thirty people, at an hour of a week and a half around the scene's Monday.
pub(in crate::dispatch) type Happening = (i64, u8, i32, i32, i64);

pub(in crate::dispatch) fn hour() -> std::ops::Range<i64> {
    -60..200
}

pub(in crate::dispatch) fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    proptest::collection::vec((1_i64..30, 0_u8..18, -40..40, -40..40, hour()), 1..120)
}

pub(in crate::dispatch) fn moment(hour: i64) -> Timestamp {
    let span = hours_of(hour.unsigned_abs());
    if hour < 0 { Scene::now() - span } else { Scene::now() + span }
}

pub(in crate::dispatch) fn point(north: i32, east: i32) -> Point {
    // Steps of about 110 m; some beyond the district's border, some beyond everything.
    Point { latitude_e7: 361_000_000 + north * 10_000, longitude_e7: 1_203_700_000 + east * 10_000 }
}

fn somebody(id: i64, kind: u8, north: i32, east: i32, (version, at): (i64, Timestamp)) -> Volunteer {
    let known = Volunteer { version, ..volunteer(id) };
    let far = Point { latitude_e7: 290_000_000, longitude_e7: 917_000_000 };
    let homes = [HOME, NEXT_DOOR, SAME_DISTRICT, ELSEWHERE];
    let choose = |every: i32| north.rem_euclid(every) == 0;
    let by_day = [0x03_ff00, 0x03_ff00, 0, 0x3c_0000, 0x03_ff00, 0, 0xff_0000];
    Volunteer {
        point: match kind {
            6 => None,
            7 => Some(far),
            _ => Some(point(north, east)),
        },
        area: area(homes[usize::from(kind) % homes.len()]),
        duty: if kind == 5 || choose(2) { DutyState::Off } else { DutyState::On },
        available: match east.rem_euclid(3) {
            0 => WeekHours::ALWAYS,
            1 => WeekHours(by_day),
            _ => WeekHours([0; 7]),
        },
        skills: if kind == 4 { [code("ELD-07")].into() } else { [code("ELD-02"), code("ELD-07")].into() },
        languages: if choose(3) { [Language::Zh, Language::Bo].into() } else { [Language::Zh].into() },
        gender: if choose(5) { Gender::Male } else { Gender::Female },
        credentials: CredentialKind::ALL
            .iter()
            .filter(|kind| !choose(2 + **kind as i32))
            .map(|kind| Credential { kind: *kind, expires_at: at })
            .collect(),
        night_consent: choose(4),
        jurisdiction: if choose(7) { JurisdictionId("nedong".into()) } else { known.jurisdiction },
        last_assigned_at: (!choose(3)).then(|| at - Duration::from_secs(u64::from(east.unsigned_abs()))),
        ..known
    }
}

/// Volunteers who are put in, move, go on and off duty, are asked, answer, go, come back and rest.
fn live(all: &[Happening], policy: &Policy) -> Roster {
    let mut roster = roster([]);
    let mut visits = Vec::new();
    for (number, happening) in all.iter().enumerate() {
        happens(&mut roster, &mut visits, (number, *happening), policy);
    }
    roster
}

/// One thing happens; `visits` are those that have begun.
pub(in crate::dispatch) fn happens(
    roster: &mut Roster,
    visits: &mut Vec<Assignment>,
    (number, (who, kind, up, right, hour)): (usize, Happening),
    policy: &Policy,
) {
    let (badge, at) = (VolunteerId(who), moment(hour));
    let serial = number as u128;
    match kind {
        0 => roster.opt_out(badge),
        1 => roster.opt_in(badge),
        8 | 9 => roster.offer_sent(&offer(serial, who, at)),
        10 => {
            let ended = if up < 0 { OfferState::Declined } else { OfferState::Withdrawn };
            roster.offer_ended(badge, id(u128::from(right.unsigned_abs())), ended, None);
        }
        11 | 12 => {
            let window = Window { from: at, until: at + hours_of(2) };
            let state = if kind == 11 { AssignmentState::Booked } else { AssignmentState::OnSite };
            let begun = Assignment { state, ..visit(serial, who, window) };
            roster.assignment(&begun, policy, at);
            visits.push(begun);
        }
        13 => {
            if let Some(begun) = visits.pop() {
                let state = AssignmentState::Done;
                roster.assignment(&Assignment { state, ended_at: Some(at), ..begun }, policy, at);
            }
        }
        14 => roster.set_duty(badge, DutyState::Off),
        15 => roster.set_duty(badge, DutyState::On),
        16 => roster.rest(badge, at + Duration::from_secs(1_800)),
        _ => {
            roster.put(somebody(who, kind, up, right, (number as i64, at)));
        }
    }
}

/// Who is wanted when, in what order of time it may be.
#[derive(Debug, Clone, Copy)]
pub(in crate::dispatch) struct Question {
    pub(in crate::dispatch) hour: i64,
    /// Hours until the work begins.
    pub(in crate::dispatch) ahead: u64,
    pub(in crate::dispatch) at: (i32, i32),
    pub(in crate::dispatch) urgency: Urgency,
    pub(in crate::dispatch) language: Option<Language>,
    pub(in crate::dispatch) gender: Option<Gender>,
    pub(in crate::dispatch) minors: bool,
    pub(in crate::dispatch) credential: bool,
    pub(in crate::dispatch) medicine: bool,
}

pub(in crate::dispatch) fn question() -> impl Strategy<Value = Question> {
    let urgency = prop_oneof![Just(Urgency::P1), Just(Urgency::P2), Just(Urgency::P3), Just(Urgency::P4)];
    let language = prop_oneof![3 => Just(None), 1 => Just(Some(Language::Zh)), 1 => Just(Some(Language::Bo))];
    let gender = prop_oneof![3 => Just(None), 1 => Just(Some(Gender::Male))];
    let rare = || prop::bool::weighted(0.2);
    let ahead = prop_oneof![3 => Just(0_u64), 1 => 0..60_u64];
    let certified = (rare(), rare(), rare());
    (hour(), ahead, (-50..50, -50..50), urgency, language, gender, certified).prop_map(
        |(hour, ahead, at, urgency, language, gender, (minors, credential, medicine))| Question {
            hour,
            ahead,
            at,
            urgency,
            language,
            gender,
            minors,
            credential,
            medicine,
        },
    )
}

impl Question {
    pub(in crate::dispatch) fn scene(self) -> Scene {
        let mut scene = Scene::of("ELD-02");
        scene.category.minors = self.minors;
        if self.credential {
            scene.category.credentials = vec![CredentialKind::FirstAid];
        }
        if self.medicine {
            scene.category.entrusts = vec![Entrusted::Money, Entrusted::Medicine];
        }
        scene
    }

    /// What is asked, without a point.
    pub(in crate::dispatch) fn wanted(self, scene: &Scene) -> Wanted<'_> {
        let from = moment(self.hour) + hours_of(self.ahead);
        Wanted {
            window: Window { from, until: from + hours_of(2) },
            urgency: self.urgency,
            language: self.language,
            gender_wish: self.gender,
            ..scene.wanted()
        }
    }
}

/// What is said to a question, held against what the rules say of everybody.
fn check(roster: &Roster, question: Question) -> Result<(), TestCaseError> {
    let mut scene = question.scene();
    scene.policy.offers.shortlist = COMPARED as u16;
    let now = moment(question.hour);
    let mut wanted = question.wanted(&scene);
    wanted.point = Some(point(question.at.0, question.at.1));
    let asking = Asking::new(roster, &wanted, &scene.policy, &scene.calendar, now);
    let compared: BTreeSet<VolunteerId> =
        asking.shortlist(&[]).into_iter().map(|(slot, _)| roster.card(slot).id).collect();
    let may: Vec<(VolunteerId, Option<u32>)> = asking
        .considered()
        .into_iter()
        .filter_map(|(id, verdict)| match verdict {
            Verdict::Eligible(near) => Some((id, near.metres)),
            Verdict::No(_) => None,
        })
        .collect();
    // Whose place nobody knows is compared always.
    let placed: Vec<(VolunteerId, u32)> = may.iter().filter_map(|(id, m)| Some((*id, (*m)?))).collect();
    let unplaced = may.len() - placed.len();
    prop_assert!(compared.iter().all(|id| may.iter().any(|(other, _)| other == id)));
    prop_assert_eq!(compared.len(), unplaced + placed.len().min(COMPARED));
    let farthest = placed.iter().filter(|(id, _)| compared.contains(id)).map(|(_, m)| *m).max();
    let left_out = placed.iter().filter(|(id, _)| !compared.contains(id)).map(|(_, m)| *m).min();
    if let (Some(farthest), Some(left_out)) = (farthest, left_out) {
        // A plane is not a globe: beyond some kilometres a few metres are.
        prop_assert!(farthest <= left_out + 2 + farthest / 500, "{farthest} m, and {left_out} m left out");
    }
    Ok(())
}

proptest! {
    #[test]
    fn those_who_are_compared_are_the_nearest_who_may_be_asked_whatever_happened(
        all in happenings(), questions in proptest::collection::vec(question(), 1..12),
    ) {
        let roster = live(&all, &Scene::of("ELD-02").policy);
        for question in questions {
            check(&roster, question)?;
        }
    }
}

#[test]
fn who_has_one_of_more_skills_than_the_index_has_room_for_is_found_all_the_same() {
    let mut scene = Scene::of("ELD-02");
    scene.category.code = code("ELD-99");
    let of = |id: i64, skills: BTreeSet<CategoryCode>| Volunteer {
        skills,
        point: Some(point(id as i32, 0)),
        ..volunteer(id)
    };
    let all = (20..100).map(|number| code(&format!("ELD-{number}"))).collect();
    let roster = roster([of(1, all), of(2, [code("ELD-99")].into()), of(3, [code("ELD-20")].into())]);
    assert!(!roster.nearby().knows(&scene.category.code) && roster.nearby().knows(&code("ELD-20")));
    let mut wanted = scene.wanted();
    wanted.point = Some(point(0, 0));
    let asking = Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now());
    let compared: Vec<i64> =
        asking.shortlist(&[]).into_iter().map(|(slot, _)| roster.card(slot).id.0).collect();
    assert_eq!(compared, [1, 2]);
}
