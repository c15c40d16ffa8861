//! One-key devices: silence is an emergency, a key is what the register says, a test is written down.

use std::time::Duration;

use yingda::domain::call::{CallResult, Disposition};
use yingda::domain::category::CategoryCode;
use yingda::domain::device::{DeviceKey, DeviceKeys};
use yingda::domain::person::Known;
use yingda::domain::ticket::{Channel, PlaceBasis, Ticket};
use yingda::domain::urgency::Urgency;

use super::town::{Town, number, resident};

const DEVICE: &str = "053283729911";
const HOME: &str = "商城路7号1单元101";

fn town() -> Town {
    let mut town = Town::new();
    let help = |category: &str, urgency| DeviceKey::Help {
        category: CategoryCode::parse(category).unwrap(),
        urgency,
    };
    let keys =
        [('1', help("EMG-02", Urgency::P1)), ('2', help("ELD-02", Urgency::P2)), ('*', DeviceKey::Test)];
    let (_, owner) = resident(7, "13900000077");
    let device = Known {
        persons: vec![owner],
        device: Some(DeviceKeys(keys.into_iter().collect())),
        ..Known::default()
    };
    town.ledger.homes.insert(number(DEVICE), device);
    town
}

fn ticket(town: &Town) -> &Ticket {
    assert_eq!(town.tickets.len(), 1, "{:?}", town.tickets.keys());
    town.tickets.values().next().unwrap()
}

/// Category, urgency, address and how the place is known.
fn is_about(ticket: &Ticket) -> (Option<&str>, Urgency, Option<&str>, PlaceBasis) {
    let category = ticket.category.as_ref().map(|code| code.as_str());
    (category, ticket.urgency, ticket.address.as_deref(), ticket.place_basis)
}

#[test]
fn a_silent_call_of_a_device_rings_everybody_and_becomes_an_emergency_at_the_registered_place() {
    let mut town = town();
    town.rings("device", DEVICE, "83720003").seconds(15);
    let heard = town.heard();
    assert!(heard.contains("device hears greeting recording-notice\n"), "{heard}");
    assert!(heard.contains("dial duty1") && heard.contains("dial duty2"), "{heard}");
    assert!(town.tickets.is_empty(), "people are rung first");
    // Forty-five seconds of ringing, then the tone, and nothing is said after it.
    town.seconds(200);
    assert_eq!(is_about(ticket(&town)), (Some("EMG-06"), Urgency::P1, Some(HOME), PlaceBasis::Confirmed));
    assert_eq!(ticket(&town).channel, Channel::Device);
}

#[test]
fn a_device_that_hangs_up_has_an_emergency_all_the_same_and_is_rung_back_at_once() {
    let mut town = town();
    town.rings("device", DEVICE, "83720003").seconds(1).hangs_up("device");
    assert_eq!(is_about(ticket(&town)), (Some("EMG-06"), Urgency::P1, Some(HOME), PlaceBasis::Confirmed));
    assert_eq!(town.result_of("device"), Some(CallResult::Ticket));
    assert!(town.heard().contains("dial …9911"), "it is rung back");
}

#[test]
fn whoever_takes_a_silent_call_has_it_and_no_ticket_is_made_by_itself() {
    let mut town = town();
    town.rings("device", DEVICE, "83720003").seconds(15).answers("duty1", "chen").presses("chen", "1");
    assert!(town.heard().contains("join device and chen"));
    town.seconds(60).hangs_up("device");
    assert!(town.tickets.is_empty());
}

#[test]
fn a_device_that_is_pressed_again_has_one_ticket() {
    let mut town = town();
    for name in ["first", "second", "third"] {
        town.rings(name, DEVICE, "83720003").seconds(1).hangs_up(name).seconds(1);
    }
    assert_eq!(ticket(&town).repeat_count, 2);
    assert_eq!(town.ledger.callbacks.len(), 1);
}

#[test]
fn a_key_of_a_device_asks_for_what_the_register_says() {
    let mut town = town();
    town.rings("urgent", DEVICE, "83720003").presses("urgent", "1").seconds(1);
    assert!(town.heard().contains("dial duty1"), "everybody is rung at once");
    town.hangs_up("urgent").seconds(1);
    assert_eq!(is_about(ticket(&town)), (Some("EMG-02"), Urgency::P1, Some(HOME), PlaceBasis::Confirmed));

    let mut town = self::town();
    town.rings("help", DEVICE, "83720003").presses("help", "2").seconds(5);
    let heard = town.heard();
    assert!(
        heard.contains("help hears ticket-number-is") || heard.contains("help hears registering"),
        "{heard}"
    );
    assert_eq!(is_about(ticket(&town)), (Some("ELD-02"), Urgency::P2, Some(HOME), PlaceBasis::Confirmed));
}

#[test]
fn a_test_of_a_device_is_written_down_and_alarms_nobody() {
    let mut town = town();
    town.rings("device", DEVICE, "83720003").presses("device", "*").seconds(10);
    let heard = town.heard();
    assert!(heard.contains("device hears device-tested goodbye"), "{heard}");
    assert!(!heard.contains("dial"), "{heard}");
    town.hangs_up("device").later(Duration::from_secs(60));
    assert!(town.ledger.tested.contains_key(&number(DEVICE)));
    assert_eq!(town.ledger.calls[&town.names["device"]].disposition, Some(Disposition::Test));
    assert!(town.tickets.is_empty() && town.ledger.callbacks.is_empty());
}

#[test]
fn a_number_that_is_only_claimed_is_no_device() {
    let mut town = town();
    town.rings_unverified("stranger", DEVICE, "83720003").seconds(15);
    let heard = town.heard();
    assert!(heard.contains("recording-notice label-person") && !heard.contains("dial"), "{heard}");
}
