//! Telephones of the line's own people: their accounts are sealed, and where they are is kept.

use std::path::Path;
use std::time::Duration;

use yingda::domain::actor::Role;
use yingda::domain::extension::{Extension, PhoneAccount, PhoneBinding, PhoneHashes, PhoneTransport};
use yingda::domain::ids::{StationId, UserId};
use yingda::domain::language::Language;
use yingda::keys::InstallationKeys;
use yingda::store::Store;
use yingda::store::error::StoreError;
use yingda::store::phones::{self, Sealed};
use yingda::store::users::NewUser;

use super::samples::{NOW, by_system, open};

const HASHES: PhoneHashes = PhoneHashes { sha256: [0xa5; 32], md5: [0x5a; 16] };

fn ext(digits: &str) -> Extension {
    Extension::parse(digits).unwrap()
}

fn login(store: &Store, login: &str) -> UserId {
    let new = NewUser {
        login: login.into(),
        name: "陈晓云".into(),
        password_hash: String::new(),
        person: None,
        language: Language::Zh,
        roles: vec![(Role::Operator, StationId(1))],
    };
    store.add_user(new, by_system()).unwrap()
}

fn keys(directory: &Path) -> InstallationKeys {
    InstallationKeys::open(&directory.join("keys")).unwrap()
}

fn give(directory: &Path, store: &Store, user: UserId, digits: &str) -> Result<(), StoreError> {
    let sealed = Sealed::of(&HASHES, &ext(digits), &keys(directory));
    store.give_phone(user, ext(digits), sealed, by_system())
}

fn accounts(directory: &Path, store: &Store) -> Vec<PhoneAccount> {
    store.read(|connection| phones::accounts(connection, &keys(directory))).unwrap()
}

fn binding(digits: &str, contact: &str, seconds: u64) -> PhoneBinding {
    PhoneBinding {
        extension: ext(digits),
        contact: contact.into(),
        preference: 500,
        source: "[2001:db8::1]:5060".parse().unwrap(),
        transport: PhoneTransport::Tcp,
        call_id: "1@desk".into(),
        sequence: 4_000_000_000,
        expires_at: NOW + Duration::from_secs(seconds),
    }
}

fn bindings(store: &Store) -> Vec<PhoneBinding> {
    store.read(|connection| phones::bindings(connection, NOW)).unwrap()
}

#[test]
fn what_a_telephone_proves_itself_with_comes_back_and_stands_nowhere_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let user = login(&store, "chen");
    give(directory.path(), &store, user, "201").unwrap();
    assert_eq!(accounts(directory.path(), &store), [PhoneAccount { extension: ext("201"), hashes: HASHES }]);
    drop(store);
    for file in std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().path()) {
        let bytes = if file.is_file() { std::fs::read(&file).unwrap() } else { vec![] };
        assert!(
            !bytes.windows(16).any(|window| window == HASHES.md5 || window == &HASHES.sha256[..16]),
            "{file:?}"
        );
    }
}

#[test]
fn a_turned_key_opens_what_was_sealed_before() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    give(directory.path(), &store, login(&store, "chen"), "201").unwrap();
    let mut keys = keys(directory.path());
    keys.add().unwrap();
    // The journal's key and both of the telephone's.
    assert_eq!(store.rewrap(keys.clone()).unwrap(), 3);
    keys.retire_older().unwrap();
    assert_eq!(accounts(directory.path(), &store)[0].hashes, HASHES);
}

#[test]
fn an_extension_is_one_logins_and_a_login_has_one() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let (chen, li) = (login(&store, "chen"), login(&store, "li"));
    give(directory.path(), &store, chen, "201").unwrap();
    assert!(matches!(give(directory.path(), &store, li, "201"), Err(StoreError::Refused(_))));
    give(directory.path(), &store, chen, "202").unwrap();
    give(directory.path(), &store, li, "201").unwrap();
    let extension_of = |user| store.read(|connection| phones::extension_of(connection, user)).unwrap();
    assert_eq!((extension_of(chen), extension_of(li)), (Some(ext("202")), Some(ext("201"))));
    store.take_phone(li, by_system()).unwrap();
    assert_eq!(extension_of(li), None);
    assert!(matches!(store.take_phone(li, by_system()), Err(StoreError::Refused(_))));
}

#[test]
fn a_login_that_is_shut_out_has_no_telephone_until_it_is_let_in_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let user = login(&store, "chen");
    give(directory.path(), &store, user, "201").unwrap();
    store.set_disabled(user, true, by_system()).unwrap();
    assert!(accounts(directory.path(), &store).is_empty());
    assert!(store.read(phones::enrolled).unwrap().is_empty());
    store.set_disabled(user, false, by_system()).unwrap();
    assert_eq!(accounts(directory.path(), &store).len(), 1);
}

#[test]
fn where_telephones_are_is_kept_while_it_lasts_and_while_they_have_an_account() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let user = login(&store, "chen");
    give(directory.path(), &store, user, "201").unwrap();
    let (soon, late) = (binding("201", "sip:201@10.0.0.9", 60), binding("201", "sip:201@10.0.0.10", 300));
    // Behind another router is another telephone with the same address.
    let elsewhere = PhoneBinding { source: "198.51.100.7:5060".parse().unwrap(), ..soon.clone() };
    let all = vec![soon.clone(), elsewhere.clone(), late.clone()];
    store.put_phone_bindings(ext("201"), all).unwrap();
    store.put_phone_bindings(ext("999"), vec![binding("999", "sip:999@10.0.0.9", 300)]).unwrap();
    let kept = bindings(&store);
    assert_eq!(kept.len(), 3);
    assert!(kept.contains(&soon) && kept.contains(&elsewhere) && kept[2] == late);
    store.prune(NOW + Duration::from_secs(60)).unwrap();
    assert_eq!(bindings(&store), [late]);
    store.take_phone(user, by_system()).unwrap();
    assert!(bindings(&store).is_empty());
}
