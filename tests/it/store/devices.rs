//! One-key devices in the store: a number that stands for its owner, and goes with them.

use yingda::desk::write::Write;
use yingda::domain::device::Device;
use yingda::domain::ids::{Chance, PersonId};
use yingda::domain::person::PhoneConfidence;
use yingda::store::error::StoreError;
use yingda::store::queries::register;

use super::samples::{self, NOW, RESIDENT, at, by_system, one_step, peopled};

#[test]
fn a_device_stands_for_its_owner_with_what_its_keys_mean() {
    let folder = tempfile::tempdir().unwrap();
    let store = peopled(folder.path());
    store.import_devices(vec![samples::device()], by_system()).unwrap();
    let known = store.known(&samples::device().number, NOW).unwrap();
    let owner = known.registered().expect("somebody's");
    assert_eq!((owner.person, owner.confidence), (RESIDENT, PhoneConfidence::Exact));
    assert_eq!(known.device, Some(samples::device().keys));
    let theirs = samples::number("053283740001");
    assert_eq!(store.known(&theirs, NOW).unwrap().device, None, "their telephone is no device");
}

#[test]
fn when_a_device_was_tested_is_kept_over_another_import() {
    let folder = tempfile::tempdir().unwrap();
    let store = peopled(folder.path());
    store.import_devices(vec![samples::device()], by_system()).unwrap();
    let number = samples::device().number;
    let write = Write::DeviceTested { number: number.clone(), at: at(7) };
    let tested = store.commit(one_step(Chance::from_number(9).mint(NOW), vec![write])).unwrap();
    assert_eq!(tested.refused().count(), 0);
    store.import_devices(vec![samples::device()], by_system()).unwrap();
    let found = store.read(|it| Ok::<_, StoreError>(register::people_of(it, &number)?)).unwrap();
    assert_eq!(found[0].devices, [(number, Some(at(7)))]);
}

#[test]
fn a_device_of_nobody_in_the_register_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = peopled(folder.path());
    let nobodys = Device { owner: PersonId(999_999), ..samples::device() };
    let refused = store.import_devices(vec![nobodys], by_system());
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
}
