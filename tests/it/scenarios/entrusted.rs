//! What the work entrusts to whoever comes: medicine to holders of a certificate, money and bank cards to nobody.

use std::collections::BTreeSet;
use std::time::Duration;

use yingda::desk::command::TicketCommand as T;
use yingda::domain::actor::Role;
use yingda::domain::ids::{FacilityId, PersonId, VolunteerId};
use yingda::domain::offer::OfferState;
use yingda::domain::register::Institution;
use yingda::domain::ticket::{TicketState, Window};
use yingda::domain::volunteer::{Credential, CredentialKind, Volunteer};

use super::candidates::said_of;
use super::institutions::institution;
use super::town::{COMMITTEE, Town, moment, resident, rules, volunteer};

const MINUTE: Duration = Duration::from_secs(60);
const CALLER: &str = "13900000001";
/// Home care: the medicine is part of it.
const CARE: &str = "DIS-01";
const CARER: CredentialKind = CredentialKind::Carer;

/// One volunteer for each, with this certificate valid until then.
fn town(certificates: &[Option<(CredentialKind, &str)>]) -> Town {
    let of = |(n, held): (i64, &Option<(CredentialKind, &str)>)| {
        let credential =
            |(kind, until): (CredentialKind, &str)| Credential { kind, expires_at: moment(until) };
        Volunteer {
            credentials: held.map(credential).into_iter().collect(),
            ..volunteer(10_000 + n, &format!("138000000{n:02}"))
        }
    };
    Town::with(rules(), (1..).zip(certificates).map(of).collect())
}

/// Somebody at a home the line knows wants this from two to four in the afternoon.
fn wants(town: &mut Town, category: &str) {
    let (_, person) = resident(77, "13700000077");
    town.opens(category, CALLER, |intake| {
        intake.beneficiary = Some(PersonId(77));
        intake.address = person.address.clone();
        intake.known = Some(Box::new(person));
        intake.window = Some(Window { from: moment("14:00:00"), until: moment("16:00:00") });
    });
}

fn asked(town: &Town) -> BTreeSet<i64> {
    let own = town.ticket().id;
    town.ledger.offers.values().filter(|offer| offer.ticket == own).map(|offer| offer.volunteer.0).collect()
}

fn assigned_by_hand(town: &mut Town, badge: i64) -> String {
    town.heard();
    let reason = "居民认识".to_owned();
    town.does(901, Role::Dispatcher, T::AssignVolunteer { volunteer: VolunteerId(badge), reason });
    town.heard()
}

#[test]
fn only_who_holds_a_carers_certificate_until_the_end_is_asked_for_medicine() {
    let mut town = town(&[
        None,
        Some((CARER, "08:00:00")),
        Some((CARER, "15:30:00")),
        Some((CARER, "16:30:00")),
        Some((CredentialKind::FirstAid, "23:00:00")),
    ]);
    wants(&mut town, CARE);
    town.later(MINUTE);
    assert_eq!(asked(&town), BTreeSet::from([10_004]), "{}", town.heard);
    for badge in [10_001, 10_002, 10_003, 10_005] {
        let why = said_of(&mut town, badge);
        let said = "has no valid carer's certificate, and this work entrusts medicine";
        assert!(why.iter().any(|why| why == said), "{badge}: {why:?}");
        let heard = assigned_by_hand(&mut town, badge);
        assert!(heard.contains("MayNotBeAsked") && heard.contains("medicine"), "{badge}: {heard}");
    }
    assert_eq!(town.ticket().state, TicketState::Offering, "nobody was assigned meanwhile");
}

#[test]
fn where_no_volunteer_may_take_medicine_an_institution_is_told_at_once() {
    let mut town = town(&[None, Some((CARER, "15:00:00"))]);
    let carers = Institution {
        categories: [Town::category(CARE)].into(),
        ..institution(31, COMMITTEE, "13700000001")
    };
    town.learns(&[carers]);
    wants(&mut town, CARE);
    town.later(MINUTE);
    assert_eq!(asked(&town), BTreeSet::new());
    let told: Vec<_> = town.ledger.task_notices.values().filter_map(|notice| notice.facility).collect();
    assert_eq!(told, [FacilityId(31)], "no certificate is asked of an institution: {}", town.heard);
}

#[test]
fn who_is_entrusted_with_medicine_brings_the_certificate_and_the_resident_asks_for_it() {
    let mut town = town(&[Some((CARER, "23:00:00"))]);
    wants(&mut town, CARE);
    town.later(MINUTE).heard();
    town.texts("13800000001", "1").later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains("由您办理") && heard.contains("办完回9。涉及药品,请带护理证。"), "{heard}");
    assert!(heard.contains("不要给银行卡。药品只交给出示护理证的人。"), "{heard}");
}

#[test]
fn who_shops_is_told_to_take_no_money_and_no_card_and_so_is_the_resident() {
    let mut town = town(&[None]);
    wants(&mut town, "ELD-07");
    town.later(MINUTE);
    assert_eq!(asked(&town), BTreeSet::from([10_001]), "money keeps nobody from shopping for others");
    town.heard();
    town.texts("13800000001", "1").later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains("办完回9。不收钱。不拿银行卡。"), "{heard}");
    assert!(heard.contains("不要给银行卡。要付的钱不经志愿者的手。密码不要告诉任何人。"), "{heard}");
    // A second yes repeats what to take care of, too.
    town.texts("13800000001", "1").later(MINUTE);
    assert!(town.heard().contains("不收钱。不拿银行卡。"));
}

#[test]
fn where_nothing_is_entrusted_nothing_more_is_said() {
    let mut town = town(&[None]);
    wants(&mut town, "ELD-08");
    town.later(MINUTE).heard();
    town.texts("13800000001", "1").later(MINUTE);
    let heard = town.heard();
    let ends = |with: &str| heard.lines().any(|line| line.ends_with(with));
    assert!(ends("办完回9。") && ends("服务不收钱,不要给银行卡。"), "{heard}");
}

#[test]
fn a_yes_does_not_count_when_the_work_has_come_to_entrust_medicine() {
    let mut town = town(&[None, Some((CARER, "23:00:00"))]);
    wants(&mut town, "ELD-01");
    town.later(MINUTE);
    assert_eq!(asked(&town), BTreeSet::from([10_001, 10_002]));
    let change = T::ChangeCategory { category: Town::category(CARE), reason: "还要喂药".into() };
    town.heard();
    town.does(901, Role::Supervisor, change).later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains("text to …0001: 【社区服务】邀单") && heard.contains("已撤回"), "{heard}");
    town.texts("13800000001", "1").later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains("您目前没有待回复的邀单") && !heard.contains("由您办理"), "{heard}");
    assert_eq!(town.ticket().state, TicketState::Offering);
    let offer = town.ledger.offers.values().find(|offer| offer.volunteer == VolunteerId(10_001)).unwrap();
    assert_eq!(offer.state, OfferState::Withdrawn);
    assert!(town.ledger.assignments.is_empty());
    town.texts("13800000002", "1").later(MINUTE);
    assert!(town.heard().contains("涉及药品,请带护理证。"));
    assert_eq!(town.ticket().state, TicketState::InProgress);
}
