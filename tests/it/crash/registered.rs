//! An operator's telephone is set up at the command line, registers, and is still known after the server was killed.

use super::desk::LOGIN;
use super::program::Site;
use super::town::{Plan, brisk, settle, sounds, telephones};
use crate::peers::handset::{Handset, value};
use crate::waiting::until;

/// Sets a telephone up; returns what is to be typed into it as its password.
fn set_up(site: &Site) -> String {
    let said = site.answer(&["user", "phone", LOGIN, "--extension", "201"]);
    let found = |name: &str| {
        said.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{said}"))
    };
    assert_eq!((found("user ").trim(), found("realm ").trim()), ("201", "yingda"));
    found("password ").trim().to_owned()
}

#[test]
fn a_telephone_that_has_registered_is_still_known_after_the_server_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let telephones = telephones(sounds(folder.path()));
    let plan = Plan {
        log: "info",
        policy: brisk(),
        centre: None,
        trunk: telephones.address(),
        residents: 1,
        volunteers: 0,
    };
    let site = settle(folder.path(), &plan);
    let server = site.serve();
    let mut handset = Handset::new(server.sip, "201");
    assert!(
        handset.registers(&handset.contact_line()).starts_with("SIP/2.0 401"),
        "nobody has that extension"
    );
    handset.password = set_up(&site);
    until("the telephone's password is known", || {
        handset.registers(&handset.contact_line()).starts_with("SIP/2.0 200")
    });
    let kept = || {
        let store = rusqlite::Connection::open(site.data().join(yingda::store::DATABASE_FILE)).unwrap();
        let count = "SELECT count(*) FROM phone_binding WHERE extension = '201'";
        store.query_row(count, [], |row| row.get::<_, u32>(0)).unwrap()
    };
    until("where it is stands in the store", || kept() == 1);
    site.answer(&["key", "rotate"]);
    server.kill();

    let server = site.serve();
    let mut again = Handset::new(server.sip, "201");
    again.password = handset.password.clone();
    // It only asks: whatever is listed was known before.
    let mut answer = String::new();
    until("the accounts are read", || {
        answer = again.registers("");
        answer.starts_with("SIP/2.0 200")
    });
    assert!(value(&answer, "Contact").starts_with(&format!("<{}>;expires=", handset.contact)), "{answer}");

    site.answer(&["user", "phone", LOGIN, "--remove"]);
    until("it may register no more", || again.registers("").starts_with("SIP/2.0 401"));
    until("where it was is forgotten", || kept() == 0);
    server.stop();
}
