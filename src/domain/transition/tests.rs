//! The table of moves against a grid that is read by people.

use super::*;
use crate::domain::category::HandlerKind;
use crate::domain::ids::{StationId, TicketId, WorkItemId};
use crate::domain::timestamp::Timestamp;

/// DOMAIN §3 as a grid: where each move leads from each state (`-` refused), and who may.
///
/// `*` marks moves of work items: the state is what a ticket with one item comes to.
const GRID: &str = "
                 intake pend offer disp prog susp hand clos arch merg void | who
explain          clos   -    -     -    -    -    -    -    -    -    -    | operator
dispatch         pend   -    -     -    -    -    -    -    -    -    -    | operator ivr
propose_void     intake pend offer disp prog susp -    -    -    -    -    | operator
void             void   void void  void void void -    -    -    -    -    | supervisor
offer*           -      offer -    -    -    -    -    -    -    -    -    | system dispatcher
send_to_station* -      disp -     -    -    -    -    -    -    -    -    | system dispatcher
fill*            -      -    prog  -    -    -    -    -    -    -    -    | system
exhaust*         -      -    disp  -    -    -    -    -    -    -    -    | system
accept*          -      -    -     prog -    -    -    -    -    -    -    | handler
return*          -      -    -     pend -    -    -    -    -    -    -    | handler
tier_up*         -      -    -     disp -    -    -    -    -    -    -    | system
suspend          -      -    -     -    susp -    -    -    -    -    -    | handler supervisor
resume           -      -    -     -    -    prog -    -    -    -    -    | system handler citizen
give_up*         -      -    -     -    pend -    -    -    -    -    -    | handler volunteer system
handled*         -      -    -     -    hand -    -    -    -    -    -    | handler volunteer
close            -      -    -     -    -    -    clos -    -    -    -    | system callback_officer
redo             -      -    -     -    -    -    pend -    -    -    -    | system callback_officer
reopen           -      -    -     -    -    -    -    pend -    -    -    | citizen supervisor
merge            merg   merg merg  merg merg merg merg -    -    -    -    | operator
archive          -      -    -     -    -    -    -    arch -    -    -    | system
withdraw         clos   clos clos  clos clos clos clos -    -    -    -    | citizen operator
recall_offers*   -      -    pend  -    -    -    -    -    -    -    -    | dispatcher
reassign*        -      -    -     disp disp -    -    -    -    -    -    | dispatcher
unmerge          -      -    -     -    -    -    -    -    -    former -  | supervisor
open             -      -    -     -    -    -    -    -    -    -    -    | system
";

fn state(short: &str) -> TicketState {
    match short {
        "intake" => S::Intake,
        "pend" => S::PendingDispatch,
        "offer" => S::Offering,
        "disp" => S::Dispatched,
        "prog" => S::InProgress,
        "susp" => S::Suspended,
        "hand" => S::Handled,
        "clos" => S::Closed,
        "arch" => S::Archived,
        "merg" => S::Merged,
        "void" => S::Void,
        other => panic!("no state {other}"),
    }
}

/// What the grid says of every (state, actor, move).
fn expected(from: TicketState, actor: ActorKind, mv: Move) -> Option<Next> {
    let mut lines = GRID.trim().lines();
    let states: Vec<_> = lines.next().unwrap().split_whitespace().take(11).map(state).collect();
    let line =
        lines.find(|line| line.split([' ', '*']).next() == Some(mv.name())).expect("every move has a line");
    let (cells, who) = line.split_once('|').unwrap();
    let column = states.iter().position(|s| *s == from).unwrap();
    let cell = cells.split_whitespace().nth(1 + column).unwrap();
    if cell == "-" || !who.split_whitespace().any(|name| name == actor.name()) {
        return None;
    }
    Some(match cell {
        "former" => Next::Former,
        to if cells.contains('*') => Next::FollowsWorkItems(state(to)),
        to => Next::To(state(to)),
    })
}

#[test]
fn every_state_actor_and_move_is_as_the_table_says_and_refused_outside_it() {
    let mut granted = 0;
    for from in TicketState::ALL {
        for actor in ActorKind::ALL {
            for mv in Move::ALL {
                let said = allowed(*from, *actor, *mv);
                assert_eq!(said.ok(), expected(*from, *actor, *mv), "{from} {actor} {mv}");
                granted += usize::from(said.is_ok());
            }
        }
    }
    assert_eq!(granted, 66, "the table grew or shrank");
}

#[test]
fn a_refusal_tells_a_wrong_state_from_a_wrong_person() {
    let closed = allowed(S::Closed, A::Handler, Move::Accept);
    assert_eq!(closed, Err(Refused::NotFromHere { state: S::Closed, mv: Move::Accept }));
    let volunteer = allowed(S::Handled, A::Volunteer, Move::Close);
    assert_eq!(volunteer, Err(Refused::NotByYou { actor: A::Volunteer, mv: Move::Close }));
}

#[test]
fn only_those_who_hear_a_wish_may_open_a_ticket() {
    let may: Vec<&str> = ActorKind::ALL.iter().filter(|a| may_open(**a)).map(|a| a.name()).collect();
    assert_eq!(may, ["citizen", "operator", "ivr", "system", "peer"]);
}

#[test]
fn a_work_item_moves_as_a_ticket_that_has_only_it() {
    use WorkState as W;
    for (item, actor, mv, becomes) in [
        (W::Open, A::System, Move::Offer, Some(W::Offering)),
        (W::Open, A::Dispatcher, Move::SendToStation, Some(W::Sent)),
        (W::Offering, A::System, Move::Fill, Some(W::Working)),
        (W::Offering, A::System, Move::Exhaust, Some(W::Sent)),
        (W::Offering, A::Dispatcher, Move::RecallOffers, Some(W::Open)),
        (W::Sent, A::Handler, Move::Accept, Some(W::Working)),
        (W::Sent, A::Handler, Move::Return, Some(W::Returned)),
        (W::Sent, A::System, Move::TierUp, Some(W::Sent)),
        (W::Working, A::Volunteer, Move::GiveUp, Some(W::Open)),
        (W::Working, A::Volunteer, Move::Handled, Some(W::Done)),
        (W::Working, A::Dispatcher, Move::Reassign, Some(W::Sent)),
        (W::Done, A::Handler, Move::Accept, None),
        (W::Offering, A::Volunteer, Move::Handled, None),
        (W::Working, A::Handler, Move::Suspend, None),
        (W::Sent, A::Volunteer, Move::Accept, None),
    ] {
        // The ticket's own state is another item's doing.
        for ticket in [S::PendingDispatch, S::Offering, S::Dispatched, S::InProgress] {
            assert_eq!(
                allowed_for_item(ticket, item, actor, mv).ok(),
                becomes,
                "{ticket}: {item} {actor} {mv}"
            );
        }
    }
}

#[test]
fn no_work_item_moves_on_a_ticket_that_rests() {
    for ticket in [S::Intake, S::Suspended, S::Handled, S::Closed, S::Archived, S::Merged, S::Void] {
        for item in WorkState::ALL {
            for actor in ActorKind::ALL {
                for mv in Move::ALL {
                    assert!(
                        allowed_for_item(ticket, *item, *actor, *mv).is_err(),
                        "{ticket} {item} {actor} {mv}"
                    );
                }
            }
        }
    }
}

fn item(role: WorkRole, state: WorkState) -> WorkItem {
    WorkItem {
        id: WorkItemId(uuid::Uuid::nil()),
        ticket: TicketId(uuid::Uuid::nil()),
        role,
        kind: HandlerKind::Volunteer,
        state,
        station: StationId(1),
        facility: None,
        slots: 1,
        wave: 0,
        created_at: Timestamp::from_millis(0),
        sent_at: None,
        accepted_at: None,
        ended_at: None,
        clock: None,
    }
}

#[test]
fn a_ticket_stands_where_its_work_items_have_it() {
    use WorkRole::{Co, Lead};
    use WorkState as W;
    for (items, stands) in [
        (vec![], S::PendingDispatch),
        (vec![(Lead, W::Open)], S::PendingDispatch),
        (vec![(Lead, W::Offering)], S::Offering),
        (vec![(Lead, W::Sent)], S::Dispatched),
        (vec![(Lead, W::Working)], S::InProgress),
        (vec![(Lead, W::Done)], S::Handled),
        (vec![(Lead, W::Offering), (Lead, W::Sent)], S::Dispatched),
        (vec![(Lead, W::Working), (Co, W::Offering)], S::InProgress),
        (vec![(Lead, W::Done), (Co, W::Sent)], S::Dispatched),
        (vec![(Lead, W::Done), (Co, W::Working)], S::InProgress),
        (vec![(Lead, W::Offering), (Co, W::Working)], S::Offering),
        (vec![(Lead, W::Offering), (Co, W::Sent)], S::Offering),
        (vec![(Lead, W::Open), (Co, W::Sent)], S::PendingDispatch),
        (vec![(Lead, W::Done), (Co, W::Working), (Co, W::Sent)], S::InProgress),
        (vec![(Lead, W::Done), (Co, W::Done)], S::Handled),
        (vec![(Lead, W::Done), (Lead, W::Withdrawn)], S::Handled),
        (vec![(Lead, W::Returned)], S::PendingDispatch),
        (vec![(Lead, W::Returned), (Lead, W::Open)], S::PendingDispatch),
        (vec![(Lead, W::Failed), (Lead, W::Sent)], S::Dispatched),
    ] {
        let said = derive_state(&items.iter().map(|(role, state)| item(*role, *state)).collect::<Vec<_>>());
        assert_eq!(said, stands, "{items:?}");
    }
}

#[test]
fn one_work_item_leads_its_ticket_where_the_table_says() {
    for stands in [WorkState::Open, WorkState::Offering, WorkState::Sent, WorkState::Working] {
        for actor in ActorKind::ALL {
            for mv in Move::ALL {
                let ticket = derive_state(&[item(WorkRole::Lead, stands)]);
                let Ok(next) = allowed_for_item(ticket, stands, *actor, *mv) else { continue };
                let then = derive_state(&[item(WorkRole::Lead, next)]);
                assert_eq!(
                    allowed(ticket, *actor, *mv),
                    Ok(Next::FollowsWorkItems(then)),
                    "{stands} {actor} {mv}"
                );
            }
        }
    }
}
