//! Real calls into the whole house.

use yingda::domain::ticket::TicketState;

use super::house::{caller, key_a_wish, open, sounds, tickets};

#[test]
fn a_number_that_is_heard_is_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path());
    let caller = caller(sounds());
    let address = format!("sip:12349@{}", house.phone.udp_address());
    let conversation = caller.dial(&address, "13900000001").unwrap();
    let heard = key_a_wish(&conversation);
    let tickets = tickets(&house);
    assert_eq!(tickets.len(), 1);
    assert_eq!(tickets[0].number.digits(), heard);
    // At night nobody is texted about what can wait.
    assert!(matches!(tickets[0].state, TicketState::Offering | TicketState::PendingDispatch));
    conversation.hang_up().unwrap();
    caller.stop();
    house.close().unwrap();
}
