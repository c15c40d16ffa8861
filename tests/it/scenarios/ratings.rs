//! What residents say of the help counts for who gave it, and for whom is asked next.

use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::domain::actor::Role;
use yingda::domain::ids::VolunteerId;
use yingda::domain::survey::{Resolved, Satisfaction};
use yingda::domain::ticket::TicketState;

use super::town::{Town, resident};

const MINUTE: Duration = Duration::from_secs(60);

/// Somebody helps with errands and says that it is done; the resident is asked by a person.
fn helped(town: &mut Town, caller: &str) -> VolunteerId {
    let (_, home) = resident(70, caller);
    town.opens("ELD-07", caller, |intake| {
        intake.beneficiary = Some(home.person);
        intake.address = home.address.clone();
        intake.known = Some(Box::new(home));
    });
    town.later(MINUTE);
    let own = town.ticket().id;
    let asked = town.ledger.offers.values().find(|offer| offer.ticket == own && offer.state.is_open());
    let (badge, phone) = asked.map(|offer| (offer.volunteer, offer.phone.as_str().to_owned())).unwrap();
    let phone = phone.trim_start_matches("+86").to_owned();
    let code = town.code_of(&phone);
    town.texts(&phone, &format!("{code} 1")).later(MINUTE);
    town.texts(&phone, &format!("{code} 9")).later(MINUTE * 30);
    assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
    badge
}

fn says(town: &mut Town, resolved: Resolved, satisfaction: Satisfaction) {
    let what = T::SurveyAnswers {
        resolved,
        satisfaction: Some(satisfaction),
        words: "电话回访".into(),
        after_partly: None,
    };
    town.does(902, Role::CallbackOfficer, what).later(MINUTE);
}

#[test]
fn what_a_resident_says_counts_for_who_helped_and_is_known_after_a_restart() {
    for (said, rating) in
        [(Satisfaction::Satisfied, 550), (Satisfaction::Basically, 500), (Satisfaction::Not, 450)]
    {
        let mut town = Town::new();
        let ana = helped(&mut town, "13700000009");
        assert_eq!(town.ledger.volunteers[&ana].rating, None);
        says(&mut town, Resolved::Yes, said);
        assert_eq!(town.ticket().state, TicketState::Closed, "{}", town.heard);
        assert_eq!(town.ledger.volunteers[&ana].rating, Some(rating), "{said:?}");
        let others = town.ledger.volunteers.values().filter(|one| one.id != ana);
        assert!(others.into_iter().all(|one| one.rating.is_none()), "nobody else is spoken of");
        // A letter after closing says nothing twice.
        town.restarts(MINUTE);
        town.desk.texts_are_in();
        town.texts("13700000009", "C").later(MINUTE);
        assert_eq!(town.ledger.volunteers[&ana].rating, Some(rating));
    }
}

#[test]
fn who_came_before_it_was_sent_back_is_not_rated_for_those_who_came_after() {
    let mut town = Town::new();
    let first = helped(&mut town, "13700000009");
    says(&mut town, Resolved::No, Satisfaction::Not);
    assert_eq!(town.ledger.volunteers[&first].rating, Some(450));
    let own = town.ticket().id;
    let again = town.ledger.offers.values().find(|offer| offer.ticket == own && offer.state.is_open());
    let (second, phone) = again.map(|offer| (offer.volunteer, offer.phone.as_str().to_owned())).unwrap();
    let phone = phone.trim_start_matches("+86").to_owned();
    assert_ne!(first, second);
    let code = town.code_of(&phone);
    town.texts(&phone, &format!("{code} 1")).later(MINUTE);
    town.texts(&phone, &format!("{code} 9")).later(MINUTE * 30);
    says(&mut town, Resolved::Yes, Satisfaction::Satisfied);
    assert_eq!(town.ledger.volunteers[&second].rating, Some(550));
    assert_eq!(town.ledger.volunteers[&first].rating, Some(450));
}
