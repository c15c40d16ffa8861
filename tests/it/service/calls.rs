//! Real calls into the whole house.

use yingda::domain::ticket::TicketState;

use super::house::{caller, open, sounds, tickets, wait_for};

/// Keys a wish for the registered home and answers the digits that were read.
fn key_a_wish(conversation: &yingda::phone::caller::Conversation) -> String {
    let moments = conversation.moments();
    for (clip, key) in
        [("greeting", "1"), ("which-help", "4"), ("label-registered-home", "1"), ("may-we-ask", "1")]
    {
        wait_for(moments, clip);
        conversation.press(key).unwrap();
    }
    wait_for(moments, "ticket-number-is");
    let heard = wait_for(moments, "also-by-text");
    heard.iter().filter_map(|clip| clip.strip_prefix("digits/")).collect()
}

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
    assert_ne!(
        tickets[0].state,
        TicketState::Intake,
        "it goes out by itself; at night it waits for the morning"
    );
    conversation.hang_up().unwrap();
    caller.stop();
    house.close().unwrap();
}
