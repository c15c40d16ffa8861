//! Work that is done by telephone: nobody is sent to a door, asked whether they are on the way, or missed there.

use std::time::Duration;

use yingda::domain::assignment::AssignmentKind;
use yingda::domain::ids::VolunteerId;
use yingda::domain::ticket::TicketState;

use super::town::{Town, rules, volunteer};

const ANA: &str = "13800000001";
const HOUR: Duration = Duration::from_secs(3_600);

/// A town where company (ELD-08) is given by telephone, and Ana alone gives it.
fn town() -> Town {
    let mut rules = rules();
    let company = rules.catalogue.categories.get_mut(&Town::category("ELD-08")).unwrap();
    company.assignment = AssignmentKind::Phone;
    company.needs_address = false;
    Town::with(rules, vec![volunteer(10_001, ANA)])
}

fn wanted_by(town: &mut Town, caller: &str) {
    town.opens("ELD-08", caller, |_| {}).later(Duration::from_secs(60));
}

#[test]
fn who_helps_by_telephone_hears_of_no_door_and_is_not_missed_at_one() {
    let mut town = town();
    wanted_by(&mut town, "13700000009");
    town.heard();
    town.texts(ANA, "1").later(Duration::from_secs(60));
    let heard = town.heard();
    assert_eq!(town.ticket().state, TicketState::InProgress, "{heard}");
    assert!(heard.contains("请致电83720003转接居民,不用上门"), "{heard}");
    assert!(
        heard.contains("text to …0009: 【社区服务】工单") && heard.contains("给您打电话,不上门"),
        "{heard}"
    );
    assert!(!heard.contains("商城路") && !heard.contains("探访码"), "{heard}");
    // Long past the window nobody was asked whether they are there, and the task is Ana's still.
    town.later(HOUR * 8);
    let heard = town.heard();
    assert!(!heard.contains("您到了吗") && !heard.contains("改请他人"), "{heard}");
    assert_eq!(town.ticket().state, TicketState::InProgress, "{heard}");
    let code = town.code_of(ANA);
    town.texts(ANA, &format!("{code} 9")).later(Duration::from_secs(60));
    assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
}

#[test]
fn two_tasks_by_telephone_go_together_and_a_third_does_not() {
    let mut town = town();
    for (caller, asked) in [("13700000001", true), ("13700000002", true), ("13700000003", false)] {
        wanted_by(&mut town, caller);
        let own = town.ticket().id;
        let offered = town.ledger.offers.values().any(|offer| offer.ticket == own);
        assert_eq!(offered, asked, "{caller}: {}", town.heard);
        if asked {
            let code = town.code_of(ANA);
            town.later(Duration::from_secs(60))
                .texts(ANA, &format!("{code} 1"))
                .later(Duration::from_secs(60));
            assert_eq!(town.ticket().state, TicketState::InProgress, "{caller}: {}", town.heard);
        }
    }
    let ana = |visit: &&yingda::domain::assignment::Assignment| visit.volunteer == Some(VolunteerId(10_001));
    assert_eq!(town.ledger.assignments.values().filter(ana).count(), 2);
}
