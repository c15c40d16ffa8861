//! Ticket numbers: each given once, whoever keys at the same moment and whatever day it turns.

use super::town::Town;

/// Two neighbours whose last key comes in the same millisecond at `time`; what each hears of a number.
fn keyed_together(time: &str) -> Vec<(String, String)> {
    let mut town = Town::new();
    town.registers("13900000002", "李爷爷", "商城路2号1单元101");
    town.at(time);
    for (name, phone) in [("wang", "13900000001"), ("li", "13900000002")] {
        town.rings(name, phone, "12349");
    }
    for key in ['5', '1', '1'] {
        town.press_together(&["wang", "li"], key);
    }
    town.press_together(&["wang", "li"], '1');
    town.later(std::time::Duration::from_secs(20));
    let heard = town.heard();
    let number_of = |line: &str| {
        let (who, said) = line[9..].split_once(" hears ticket-number-is ")?;
        Some((who.to_owned(), said.split(' ').find(|word| word.len() == 13)?.to_owned()))
    };
    let told: Vec<_> = heard.lines().filter_map(number_of).collect();
    let stored: Vec<_> = town.tickets.keys().map(|number| number.replace('-', "")).collect();
    assert_eq!(told.iter().map(|(_, number)| number.clone()).collect::<Vec<_>>(), stored, "{heard}");
    told
}

#[test]
fn two_who_key_in_the_same_millisecond_hear_two_numbers() {
    let told = keyed_together("10:00:00");
    let expected = [("wang", "2605060010001"), ("li", "2605060010002")];
    assert_eq!(told, expected.map(|(who, number)| (who.to_owned(), number.to_owned())));
}

#[test]
fn a_wish_keyed_after_midnight_begins_the_new_days_numbers() {
    let expected = [("wang", "2605060010001"), ("li", "2605060010002")];
    // Four keys, a second apart: the last is pressed at 23:59:59 and at midnight.
    assert_eq!(keyed_together("23:59:55"), expected.map(|(who, number)| (who.to_owned(), number.to_owned())));
    let expected = [("wang", "2605070010001"), ("li", "2605070010002")];
    assert_eq!(keyed_together("23:59:56"), expected.map(|(who, number)| (who.to_owned(), number.to_owned())));
}
