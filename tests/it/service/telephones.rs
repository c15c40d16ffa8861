//! What the store says of the line's own telephones reaches them, however much they have to say themselves.

use yingda::domain::actor::Role;
use yingda::domain::ids::StationId;
use yingda::domain::language::Language;
use yingda::domain::secret::Secret;
use yingda::keys::InstallationKeys;
use yingda::phone::sip::digest::hashes_of;
use yingda::store::phones::Sealed;
use yingda::store::users::NewUser;

use super::house::{by, open};
use crate::peers::handset::{Handset, REALM, ext};
use crate::waiting::until;

#[test]
fn a_login_that_another_process_shuts_out_has_no_telephone_soon_in_a_busy_office_too() {
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path());
    let new = NewUser {
        login: "chen".into(),
        name: "陈晓云".into(),
        password_hash: String::new(),
        person: None,
        language: Language::Zh,
        roles: vec![(Role::Operator, StationId(1))],
    };
    let now = house.clock.now();
    let user = house.store.add_user(new, by(now)).unwrap();
    let keys = InstallationKeys::open(&folder.path().join("keys")).unwrap();
    let sealed = Sealed::of(&hashes_of("201", REALM, &Secret::new("right")), &ext("201"), &keys);
    house.store.give_phone(user, ext("201"), sealed, by(now)).unwrap();
    house.accounts_changed().tell();
    let handset = Handset::new(house.phone.udp_address(), "201");
    let registers = || handset.registers(&handset.contact_line());
    until("the telephone's password is known", || registers().starts_with("SIP/2.0 200"));
    // Nobody says so; and each time it registers there is something to be kept.
    house.store.set_disabled(user, true, by(now)).unwrap();
    until("it may register no more", || registers().starts_with("SIP/2.0 401"));
    house.close().unwrap();
}
