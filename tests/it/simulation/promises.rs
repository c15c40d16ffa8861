//! What the line promises of its decisions, each promise by name. The simulation holds every step to them; what it seldom
//! comes to by itself is made to happen here, at random.

use std::time::Duration;

use proptest::prelude::*;
use yingda::desk::Desk;
use yingda::desk::command::{Command, TicketCommand};
use yingda::desk::event::DeskEvent;
use yingda::desk::rules::Rules;
use yingda::desk::write::{Step, Write};
use yingda::domain::actor::Role;
use yingda::domain::assignment::{Assignment, AssignmentState};
use yingda::domain::category::HandlerKind;
use yingda::domain::ids::{Chance, TicketId};
use yingda::domain::message::OutgoingText;
use yingda::domain::offer::{Offer, OfferState};
use yingda::domain::phone_number::PhoneNumber;
use yingda::domain::safety;
use yingda::domain::ticket::{Ticket, TicketState, VoidReason};
use yingda::domain::ticket_number::TicketNumber;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::urgency::Urgency;
use yingda::domain::work_item::{WorkItem, WorkState};

use super::ledger::Ledger;
use super::world::{Logged, World};
use super::{begins, town};
use crate::scenarios::town::{Town, number};

/// Nobody is to be in two places: not on two visits at once, and not promised to two homes at one time.
pub fn no_volunteer_has_two_visits_that_overlap(ledger: &Ledger, row: &Assignment) {
    let Some(volunteer) = row.volunteer else { return };
    let theirs = || {
        let all = ledger.assignments.values();
        all.filter(|visit| visit.volunteer == Some(volunteer) && visit.state.is_live())
    };
    let active = theirs().filter(|visit| visit.state.is_active()).count();
    assert!(active <= 1, "volunteer {volunteer} is on {active} visits at once");
    if row.state.is_live() {
        let overlaps = |other: &&Assignment| other.id != row.id && other.window.overlaps(row.window);
        let other = theirs().filter(overlaps).find(|other| !came_together_later(ledger, row, other));
        assert!(other.is_none(), "{volunteer} is promised twice: {row:?} and {other:?}");
    }
}

/// Whether one of them was moved to another time after both were promised: who is late, or put off, may come to be
/// expected twice. Nothing is promised on top of a visit that was moved before.
fn came_together_later(ledger: &Ledger, one: &Assignment, other: &Assignment) -> bool {
    let both = one.accepted_at.max(other.accepted_at);
    [one, other].iter().any(|visit| ledger.moved.get(&visit.id).is_some_and(|at| *at >= both))
}

/// SAF-4: of a visit by two nobody is left alone: while one of them is missing it is offered again.
pub fn a_visit_by_two_goes_on_with_two_or_is_offered_again(
    ledger: &Ledger,
    ticket: &Ticket,
    work: &[WorkItem],
) {
    let by_two = |item: &&WorkItem| {
        item.kind == HandlerKind::Volunteer && item.state == WorkState::Working && item.slots >= 2
    };
    for item in work.iter().filter(by_two) {
        let coming = ledger.assignments.values().filter(|visit| {
            let counts = visit.state.is_live() || visit.state == AssignmentState::Done;
            visit.work_item == item.id && counts
        });
        let coming = coming.count();
        assert!(!safety::must_reoffer(ticket.two_person, coming), "{}: {coming} of two go on", ticket.number);
    }
}

/// A volunteer is bound to work that volunteers do, as long as it is there to do.
pub fn a_bound_volunteer_has_work_of_volunteers(ledger: &Ledger, ticket: &Ticket) {
    let bound = ledger.assignments.values();
    for visit in bound.filter(|a| a.ticket == ticket.id && a.volunteer.is_some() && a.state.is_live()) {
        let item = &ledger.work[&visit.work_item];
        let theirs = item.kind == HandlerKind::Volunteer && item.state.is_live();
        assert!(theirs, "{}: {visit:?} is bound to {item:?}", ticket.number);
    }
}

/// SAF-4: nobody is taken to be at a door where two are to be while the other is still looked for.
pub fn nobody_is_at_the_door_before_all_who_are_needed_have_said_yes(ledger: &Ledger, row: &Assignment) {
    let was = ledger.assignments.get(&row.id).map(|was| was.state);
    let arrived = row.state == AssignmentState::OnSite && was != Some(AssignmentState::OnSite);
    if arrived && row.volunteer.is_some() {
        let item = &ledger.work[&row.work_item];
        assert_eq!(item.state, WorkState::Working, "{row:?} is at the door of {item:?}");
    }
}

/// Who was not given the address of a visit is not asked whether they come.
pub fn nobody_is_asked_about_a_visit_whose_address_they_were_not_given(ledger: &Ledger, text: &OutgoingText) {
    if ASKS_WHO_COMES.contains(&text.template.as_str()) {
        let asked = (text.to.clone(), text.parameters["code"].clone());
        assert!(ledger.addresses.contains(&asked), "{text:?} asks of a place they do not know");
    }
}

const ASKS_WHO_COMES: [&str; 5] =
    ["on_the_way", "booking_begins", "reminder", "partner_found", "visit_goes_on"];

/// P3 and P4 wake nobody.
pub fn nobody_is_asked_in_quiet_hours_for_what_can_wait(
    ledger: &Ledger,
    rules: &Rules,
    row: &Offer,
    now: Timestamp,
) {
    let urgency = ledger.tickets.get(&row.ticket).map(|ticket| ticket.urgency);
    let waits = matches!(urgency, Some(Urgency::P3 | Urgency::P4));
    assert!(!(waits && rules.calendar.in_quiet_hours(now)), "an offer that can wait was made at night");
}

/// A text makes a visit only where it says yes and nothing else, and names the offer or can mean no other.
pub fn an_ambiguous_answer_never_accepts(before: &Ledger, event: &DeskEvent, step: &Step) {
    let DeskEvent::TextArrived { text, .. } = event else { return };
    for write in &step.writes {
        let Write::Offer(offer) = write else { continue };
        let was = before.offers.get(&offer.id);
        if offer.state != OfferState::Accepted || was.is_none_or(|was| was.state == OfferState::Accepted) {
            continue;
        }
        assert_eq!(offer.phone, text.from, "somebody else's text was taken for a yes");
        let open = before.offers.values().filter(|other| other.phone == text.from && other.state.is_open());
        let could_mean_another = open.count() > 1;
        assert!(
            is_a_clear_yes(&text.body, &offer.code.to_string(), could_mean_another),
            "{:?} was taken for a yes to {}",
            text.body,
            offer.code
        );
    }
}

/// Written without a look at the grammar of replies: a yes, the code where it is needed, and labels.
fn is_a_clear_yes(body: &str, code: &str, needs_code: bool) -> bool {
    let plain: String = body
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + u8::try_from(u32::from(c) - u32::from('０')).unwrap()),
            _ => c.to_ascii_lowercase(),
        })
        .filter(|c| !c.is_whitespace() && !c.is_ascii_punctuation() && !"，。！、：；～".contains(*c))
        .collect();
    let plain = ["谢谢", "单", "号"].iter().fold(plain, |left, label| left.replace(label, ""));
    let yes = ["1", "接", "yes", "1接", "接1"];
    let with_code = yes.iter().any(|yes| plain == format!("{code}{yes}") || plain == format!("{yes}{code}"));
    with_code || (!needs_code && yes.contains(&plain.as_str()))
}

/// Of the callers of merged tickets each is owed a call when the ticket they were merged into is over.
pub fn a_merge_keeps_everyone_owed_a_call_back(ledger: &Ledger) {
    for ticket in ledger.tickets.values().filter(|ticket| ticket.state == TicketState::Merged) {
        let into = stands_for(ledger, ticket);
        let Some(caller) = ticket.caller.as_ref().filter(|caller| into.caller.as_ref() != Some(*caller))
        else {
            continue;
        };
        if !into.state.is_open() {
            assert!(was_owed_a_call(ledger, caller, into), "{caller:?} rang for {} too", into.number);
        }
    }
}

fn stands_for<'a>(ledger: &'a Ledger, ticket: &'a Ticket) -> &'a Ticket {
    ticket.merged_into.map_or(ticket, |into| stands_for(ledger, &ledger.tickets[&into]))
}

fn was_owed_a_call(ledger: &Ledger, caller: &PhoneNumber, into: &Ticket) -> bool {
    let since = into.closed_at.expect("what is over has an end");
    let mut theirs = ledger.callbacks.values().filter(|request| request.number == *caller);
    theirs.any(|request| request.ended_at.is_none_or(|ended| ended > since))
}

/// What somebody does to one of five tickets of one home.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Merge(usize, usize),
    Part(usize),
    Void(usize),
    Withdraw(usize),
    Days(u32),
    Restart,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let one = || 0_usize..FIVE;
    let turn = prop_oneof![
        8 => (one(), one()).prop_map(|(from, into)| Turn::Merge(from, into)),
        2 => one().prop_map(Turn::Part),
        1 => one().prop_map(Turn::Void),
        1 => one().prop_map(Turn::Withdraw),
        1 => (1_u32..20).prop_map(Turn::Days),
        1 => Just(Turn::Restart),
    ];
    proptest::collection::vec(turn, 3..14)
}

const FIVE: usize = 5;

fn takes_a_turn(town: &mut Town, tickets: &[TicketId], turn: Turn) {
    let reason = || "写明原因".to_owned();
    let numbers: Vec<TicketNumber> = tickets.iter().map(|id| town.ledger.tickets[id].number).collect();
    let mut does = |at: usize, person: i64, role: Role, what: TicketCommand| {
        let ticket = tickets[at];
        let version = town.ledger.tickets[&ticket].version;
        town.asks_as(person, role, Command::Ticket { ticket, version, what });
    };
    match turn {
        Turn::Merge(from, into) => {
            does(from, 900, Role::Operator, TicketCommand::Merge { into: numbers[into] });
        }
        Turn::Part(at) => does(at, 907, Role::Supervisor, TicketCommand::Unmerge),
        Turn::Void(at) => {
            let what = TicketCommand::ProposeVoid { reason: VoidReason::Test, note: reason() };
            does(at, 900, Role::Operator, what);
            does(at, 907, Role::Supervisor, TicketCommand::ConfirmVoid);
        }
        Turn::Withdraw(at) => does(at, 900, Role::Operator, TicketCommand::Withdraw { words: reason() }),
        Turn::Days(days) => {
            // Somebody is at all of it, else duty officers would be rung every minute of these days.
            for at in 0..FIVE {
                does(at, 901, Role::Handler, TicketCommand::AcceptTwo { second: "二人同去".into() });
            }
            town.later(Duration::from_secs(24 * 3600) * days);
        }
        Turn::Restart => {
            town.restarts(Duration::from_secs(60));
        }
    }
}

fn caller(n: usize) -> String {
    format!("1390000010{n}")
}

/// Five people ring about one home, a minute apart.
fn five_of_one_home() -> (Town, Vec<TicketId>) {
    let mut town = Town::new();
    let mut tickets = Vec::new();
    for n in 0..FIVE {
        town.opens("ELD-04", &caller(n), |_| {});
        tickets.push(town.ticket().id);
        town.later(Duration::from_secs(60));
    }
    (town, tickets)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whoever_rang_for_a_merged_ticket_is_owed_a_call_however_often_it_was_merged(all in turns()) {
        let (mut town, tickets) = five_of_one_home();
        for turn in all {
            takes_a_turn(&mut town, &tickets, turn);
        }
        for at in 0..FIVE {
            takes_a_turn(&mut town, &tickets, Turn::Withdraw(at));
        }
        let over = tickets.iter().all(|id| !town.ledger.tickets[id].state.is_open());
        prop_assert!(over, "a ticket could not be ended");
        a_merge_keeps_everyone_owed_a_call_back(&town.ledger);
    }
}

#[test]
fn a_caller_is_rung_back_though_their_ticket_was_merged_into_one_that_was_merged_and_that_was_long_ago() {
    let (mut town, tickets) = five_of_one_home();
    for turn in [Turn::Merge(0, 1), Turn::Merge(1, 2), Turn::Days(20), Turn::Restart, Turn::Withdraw(2)] {
        takes_a_turn(&mut town, &tickets, turn);
    }
    let owed = |n: usize| town.ledger.callbacks.values().any(|it| it.number == number(&caller(n)));
    assert_eq!([0, 1, 2].map(owed), [true, true, false], "who withdraws it is told as they do");
}

/// The same words to the same desk are the same decisions, byte for byte, over restarts and by way of what is written down.
#[test]
fn a_log_replayed_decides_the_same_byte_for_byte() {
    let rules = town::rules();
    let mut restarts = 0;
    for seed in [3, 8, 21] {
        let mut world = World::new(rules.clone(), seed, begins());
        world.live_through(80);
        restarts += world.restarts;
        let log = world.log.take().expect("it was kept");
        assert!(log.len() > 500, "only {} things happened", log.len());
        let mut desk = None;
        for (place, logged) in log.into_iter().enumerate() {
            let (again, decided) = match logged {
                Logged::Began { seed, living, at, decided } => {
                    let chance = Chance::from_number(seed);
                    let (begun, step) = Desk::restore(rules.clone(), chance, *living, &[], at);
                    desk = Some(begun);
                    (step, decided)
                }
                Logged::Told { event, at, decided } => {
                    let event: DeskEvent = serde_json::from_str(&event).expect("what was written is read");
                    let desk = desk.as_mut().expect("a log begins with a start");
                    (desk.handle(&event, at), decided)
                }
            };
            let again = format!("{again:?}");
            assert!(again == decided, "seed {seed}, line {place}: {decided}\nand the second time {again}");
        }
    }
    assert!(restarts > 0, "no log went over a restart");
}
