//! Whom a ticket asks: of those compared the same as by ranking all of them; and where only the area is known those
//! compared are the same as by looking at everybody, ring by ring.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::dispatch::candidates::{Asking, Nearness};
use crate::dispatch::fixtures::{
    ELSEWHERE, HOME, NEXT_DOOR, SAME_DISTRICT, SAME_STREET, Scene, area, roster, volunteer,
};
use crate::dispatch::homes::Slot;
use crate::dispatch::nearby::tests::{Question, happenings, happens, moment, point, question};
use crate::dispatch::offer::{next_wave_of, wave_size};
use crate::dispatch::ranking::{ranked, times};
use crate::dispatch::roster::Roster;
use crate::dispatch::together::{Together, Waits};
use crate::domain::ids::{JurisdictionId, VolunteerId};
use crate::domain::offer::RankVector;
use crate::domain::span::hours_of;
use crate::domain::urgency::Urgency;
use crate::domain::volunteer::{OfferAnswer, Volunteer};

/// Who waits, whose offers are open, whom the resident knows or does not want, and what the region agreed and thinks of
/// importance.
#[derive(Debug, Clone)]
struct Beside {
    place: Option<&'static str>,
    by_point: bool,
    asked: BTreeSet<VolunteerId>,
    declined: BTreeSet<VolunteerId>,
    blocked: BTreeSet<VolunteerId>,
    weights: Option<[u16; 5]>,
    stand_by: Vec<VolunteerId>,
    open: Vec<VolunteerId>,
    acquainted: BTreeSet<VolunteerId>,
    together: bool,
    agreed: bool,
    cap: u8,
    need: u8,
    /// So many are enough to be compared.
    shortlist: u16,
}

fn beside() -> impl Strategy<Value = Beside> {
    let few = |most: usize| {
        proptest::collection::vec((1_i64..30).prop_map(VolunteerId), 0..most)
            .prop_map(|all| all.into_iter().collect::<BTreeSet<_>>())
    };
    let places = vec![HOME, NEXT_DOOR, SAME_STREET, SAME_DISTRICT, ELSEWHERE, "370203031", "370203"];
    let place = proptest::option::weighted(0.9, proptest::sample::select(places));
    let at = (place, prop::bool::weighted(0.2));
    let unwanted = (few(3), few(3), few(3));
    let weights = proptest::option::of(proptest::array::uniform5(0..300_u16));
    let policy = (any::<bool>(), any::<bool>(), 1_u8..6, 1_u8..3, 1_u16..12, weights);
    (at, few(3), few(3), few(4), unwanted, policy).prop_map(
        |((place, by_point), stand_by, open, acquainted, (asked, declined, blocked), policy)| {
            let (together, agreed, cap, need, shortlist, weights) = policy;
            let (stand_by, open) = (stand_by.into_iter().collect(), open.into_iter().collect());
            Beside {
                place,
                by_point,
                asked,
                declined,
                blocked,
                weights,
                stand_by,
                open,
                acquainted,
                together,
                agreed,
                cap,
                need,
                shortlist,
            }
        },
    )
}

/// Of everybody who may be asked those in the first rings that hold enough, and whoever is waiting or known.
fn compared(asking: &Asking, roster: &Roster, beside: &Beside) -> Vec<(Slot, Nearness)> {
    let mut all = asking.eligible_slots();
    all.sort_by_key(|(_, near)| near.ring);
    let enough = usize::from(beside.shortlist).min(all.len());
    let last = enough.checked_sub(1).map(|last| all[last].1.ring);
    all.retain(|(slot, near)| {
        let id = roster.card(*slot).id;
        last.is_some_and(|last| near.ring <= last)
            || beside.stand_by.contains(&id)
            || beside.acquainted.contains(&id)
    });
    all
}

/// The wave, and the same by looking at everybody with the skill.
fn check(roster: &Roster, question: Question, beside: &Beside) -> Result<(), TestCaseError> {
    let mut scene = question.scene();
    scene.policy.offers.batch_from = 2;
    let offers = &mut scene.policy.offers;
    offers.shortlist = beside.shortlist;
    if let Some([near, willing, waited, known, rated]) = beside.weights {
        (offers.weigh_nearness, offers.weigh_acceptance, offers.weigh_fairness) = (near, willing, waited);
        (offers.weigh_acquaintance, offers.weigh_rating) = (known, rated);
    }
    let urgency = &mut scene.policy.urgency;
    for row in [&mut urgency.p1, &mut urgency.p2, &mut urgency.p3, &mut urgency.p4] {
        row.wave_cap = beside.cap;
    }
    scene.category.shareable = true;
    if beside.agreed {
        scene.policy.agreements.volunteers_of = vec![JurisdictionId("nedong".into())];
    }
    let place = beside.place.map(area);
    let mut wanted = question.wanted(&scene);
    (wanted.area, wanted.acquainted) = (place.as_ref(), &beside.acquainted);
    (wanted.asked, wanted.declined, wanted.blocked) = (&beside.asked, &beside.declined, &beside.blocked);
    wanted.point = beside.by_point.then(|| point(question.at.0, question.at.1));
    let asking = Asking::new(roster, &wanted, &scene.policy, &scene.calendar, moment(question.hour));
    let Beside { stand_by, open, need, .. } = beside;
    let waits = || Waits::of(&asking, *need, stand_by, open);
    let both = if beside.together { vec![(1, waits()), (2, waits())] } else { vec![] };
    let together = Together::choose(both, &scene.policy);
    let chosen = together.of(&2);

    let slots = if beside.by_point { asking.shortlist(stand_by) } else { compared(&asking, roster, beside) };
    let mut all: Vec<(VolunteerId, RankVector)> = ranked(&asking, &slots, &times(&asking, &slots));
    all.retain(|(id, _)| !open.contains(id));
    all.sort_unstable_by_key(|(id, rank)| {
        let waits = stand_by.iter().position(|waiting| waiting == id).unwrap_or(usize::MAX);
        (waits, chosen.map_or(0, |chosen| chosen.order(*id)), Reverse(rank.score), *id)
    });
    let waiting = open.iter().filter_map(|id| asking.chance_of(*id));
    let chances: Vec<u16> = waiting.chain(all.iter().map(|(_, rank)| rank.acceptance)).collect();
    let wanted = scene.policy.offers.yes_chance_permille.of(asking.wanted.urgency);
    let size = wave_size(&chances, *need, wanted, beside.cap);
    let asked = usize::from(size).saturating_sub(open.len()).min(all.len());

    let wave = next_wave_of(&asking, &scene.calendar, *need, (stand_by, chosen), open);
    prop_assert_eq!(wave.left, all.len() - asked);
    all.truncate(asked);
    prop_assert_eq!(wave.ask, all);
    Ok(())
}

proptest! {
    #[test]
    fn without_a_point_whole_rings_are_compared_as_by_looking_at_everybody_whatever_happened(
        all in happenings(), questions in proptest::collection::vec((question(), beside()), 1..8),
    ) {
        let policy = Scene::of("ELD-02").policy;
        let (mut roster, mut visits) = (roster([]), Vec::new());
        let mut asked = questions.iter();
        for (number, happening) in all.iter().enumerate() {
            happens(&mut roster, &mut visits, (number, *happening), &policy);
            if number % 8 == 7 && let Some((question, beside)) = asked.next() {
                check(&roster, *question, beside)?;
            }
        }
        for (question, beside) in asked {
            check(&roster, *question, beside)?;
        }
    }
}

/// Somebody who may be asked, in one of four rings, rated and busy lately, who answered so many times, some with yes.
fn somebody(id: i64, (ring, rating, idle, yes, no): (usize, u16, u64, usize, usize)) -> Volunteer {
    let answers = [vec![OfferAnswer::from(true); yes], vec![OfferAnswer::from(false); no]].concat();
    Volunteer {
        area: area([HOME, NEXT_DOOR, SAME_STREET, SAME_DISTRICT][ring]),
        rating: Some(rating),
        last_assigned_at: (idle > 0).then(|| Scene::now() - hours_of(idle)),
        answers,
        ..volunteer(id)
    }
}

proptest! {
    #[test]
    fn of_the_rings_that_hold_enough_whoever_stands_first_is_asked_and_nobody_beyond(
        people in proptest::collection::vec((0..4_usize, 0..=1_000_u16, 0..20_u64, 0..12_usize, 0..12_usize), 8..80),
        beside in beside(),
    ) {
        let roster = roster((1..).zip(&people).map(|(id, person)| somebody(id, *person)));
        let (hour, ahead, at, urgency, language, gender) = (0, 0, (0, 0), Urgency::P3, None, None);
        let (minors, credential, medicine) = (false, false, false);
        let question =
            Question { hour, ahead, at, urgency, language, gender, minors, credential, medicine };
        check(&roster, question, &beside)?;
    }
}

#[test]
fn of_equals_in_a_ring_the_lower_badge_number_is_asked_whoever_came_first() {
    let scene = Scene::of("ELD-02");
    let wanted = scene.wanted();
    let asked = |badges: &[i64]| {
        let far = |id: i64| Volunteer { area: area(SAME_DISTRICT), ..volunteer(id) };
        let roster = roster(badges.iter().map(|id| volunteer(*id)).chain((1..9).map(far)));
        let asking = Asking::new(&roster, &wanted, &scene.policy, &scene.calendar, Scene::now());
        let wave = next_wave_of(&asking, &scene.calendar, 1, (&[], None), &[]);
        (wave.ask.into_iter().map(|(id, _)| id.0).collect::<Vec<_>>(), wave.left)
    };
    let (first, left) = asked(&[30, 20, 50, 40, 70, 60]);
    assert_eq!(first, [20, 30, 40, 50, 60]);
    assert_eq!(asked(&[70, 60, 50, 40, 30, 20]), (first, left));
}
