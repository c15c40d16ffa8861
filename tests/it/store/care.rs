//! Care plans in the store: whom the desk is told to ring, and what erasing takes of them.

use yingda::desk::event::RecordChange;
use yingda::domain::care::{CareContact, CarePlan, CareState, PlannedCare};
use yingda::domain::ids::{Chance, PersonId};
use yingda::store::Store;
use yingda::store::error::StoreError;

use super::samples::{self, NOW, RESIDENT, by_system, number, one_step, peopled};

fn plans(store: &Store) -> Vec<PlannedCare> {
    store.living(NOW).unwrap().care_plans
}

#[test]
fn the_desk_is_told_every_plan_with_its_person_and_without_contacts_those_of_the_register() {
    let folder = tempfile::tempdir().unwrap();
    let store = peopled(folder.path());
    let told = store.import_care_plans(vec![samples::care_plan()], by_system()).unwrap();
    let planned = plans(&store);
    assert_eq!(told, [RecordChange::CarePlans(planned.clone())]);
    assert_eq!(planned[0].plan, samples::care_plan());
    assert_eq!((planned[0].person.person, planned[0].person.name.as_str()), (RESIDENT, "王秀英"));
    let without = CarePlan { contacts: vec![], ..samples::care_plan() };
    store.import_care_plans(vec![without], by_system()).unwrap();
    let son = CareContact { name: "王建国".into(), number: number("13900000003") };
    assert_eq!(plans(&store)[0].plan.contacts, [son]);
    // Who moves is told to the desk again.
    let moved = store.import_people(vec![samples::resident()], by_system()).unwrap();
    assert!(moved.contains(&RecordChange::CarePlans(plans(&store))), "{moved:?}");
}

#[test]
fn a_plan_for_nobody_in_the_register_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = peopled(folder.path());
    let nobodys = CarePlan { person: PersonId(999_999), ..samples::care_plan() };
    let refused = store.import_care_plans(vec![nobodys], by_system());
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
}

#[test]
fn who_is_erased_is_rung_no_more_and_not_while_a_care_call_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let store = peopled(folder.path());
    store.import_care_plans(vec![samples::care_plan()], by_system()).unwrap();
    let mut chance = Chance::from_number(3);
    let mut care = samples::rows(&mut chance).care;
    care.ticket = None;
    let mut put = |care: &yingda::domain::care::CareCall| {
        let write = yingda::desk::write::Write::Care(care.clone());
        assert_eq!(store.commit(one_step(chance.mint(NOW), vec![write])).unwrap().refused().count(), 0);
    };
    put(&care);
    let refused = store.erase_person(RESIDENT, by_system());
    assert!(matches!(&refused, Err(StoreError::Refused(why)) if why.contains("care call")), "{refused:?}");
    care.state = CareState::Planned;
    put(&care);
    let erasure = store.erase_person(RESIDENT, by_system()).unwrap();
    assert!(erasure.changes.contains(&RecordChange::CarePlans(vec![])), "{:?}", erasure.changes);
    let living = store.living(NOW).unwrap();
    assert_eq!((living.care_plans, living.care_calls), (vec![], vec![]));
}

#[test]
fn an_erased_contact_stands_in_no_plan() {
    let folder = tempfile::tempdir().unwrap();
    let store = peopled(folder.path());
    let contact = |name: &str, phone| CareContact { name: name.into(), number: number(phone) };
    let helper = samples::volunteer().volunteer;
    let contacts = vec![
        contact("女儿", "13900000008"),
        CareContact { name: "李明".into(), number: helper.phone.clone() },
        contact("邻居", "13900000009"),
    ];
    store.import_care_plans(vec![CarePlan { contacts, ..samples::care_plan() }], by_system()).unwrap();
    let mut left = samples::volunteer();
    left.volunteer.lifecycle = yingda::domain::volunteer::Lifecycle::Left;
    store.import_volunteers(vec![left], by_system()).unwrap();
    store.erase_person(samples::HELPER, by_system()).unwrap();
    let rest = vec![contact("女儿", "13900000008"), contact("邻居", "13900000009")];
    assert_eq!(plans(&store)[0].plan.contacts, rest);
}
