//! Backups: of one moment, without keys, brought back so that no ticket number is given twice.

use std::fs;

use yingda::desk::write::Write;
use yingda::domain::calendar::DEFAULT_TEXT;
use yingda::domain::ids::Chance;
use yingda::domain::settings::SettingsKind;
use yingda::keys::InstallationKeys;
use yingda::store::backup::{Beside, restore};
use yingda::store::error::StoreError;
use yingda::store::records::By;

use super::samples::{self, NOW, STATION, at, by_system, one_step, peopled};

/// Noon in Shanghai; the samples' `NOW` is ten o'clock.
fn at_noon() -> By {
    By { at: at(7_200), ..by_system() }
}

#[test]
fn what_was_backed_up_comes_back_and_numbers_go_on_far_above_those_given() {
    let directory = tempfile::tempdir().unwrap();
    let at_home = |name: &str| directory.path().join(name);
    let mut chance = Chance::from_number(50);
    let rows = samples::rows(&mut chance);
    let store = peopled(&at_home("data"));
    store.commit(one_step(chance.mint(NOW), rows.writes())).unwrap();
    fs::create_dir_all(at_home("data/recordings/ab")).unwrap();
    fs::write(at_home("data/recordings/ab/one.rec"), b"sound").unwrap();
    fs::write(at_home("yingda.toml"), b"[sip]").unwrap();
    let beside = Beside {
        recordings: Some(at_home("data/recordings")),
        prompts: Some(at_home("no-such-prompts")),
        settings: vec![at_home("yingda.toml")],
    };
    assert_eq!(store.backup(&at_home("backup"), &beside, &by_system()).unwrap(), 2);
    // Given after the backup, and lost with the machine.
    let lost = Write::Sequence { station: STATION, day: 260_501, last: 60 };
    store.commit(one_step(chance.mint(NOW), vec![lost])).unwrap();
    drop(store);

    assert!(!at_home("backup/keys").exists());
    assert!(fs::read_to_string(at_home("backup/README.txt")).unwrap().contains("keys are NOT here"));
    let restored = restore(&at_home("backup"), &at_home("again"), &by_system()).unwrap();
    assert_eq!((restored.epoch, restored.tickets, restored.events), (2, 1, 4));
    assert_eq!(fs::read(at_home("again/recordings/ab/one.rec")).unwrap(), b"sound");
    assert_eq!(fs::read(at_home("again/settings/yingda.toml")).unwrap(), b"[sip]");
    let store = samples::open(&at_home("again"));
    let living = store.living(at(60)).unwrap();
    assert_eq!(living.tickets, [rows.ticket]);
    assert_eq!(living.sequences, [(STATION, 260_501, 7_081)]);
    assert_eq!(store.verify().unwrap().events, 5);
    drop(store);
    // The same backup, once more on the same day: above whatever was given in between.
    restore(&at_home("backup"), &at_home("third"), &at_noon()).unwrap();
    assert_eq!(
        samples::open(&at_home("third")).living(at(60)).unwrap().sequences,
        [(STATION, 260_501, 7_498)]
    );
}

#[test]
fn a_restore_goes_by_the_calendar_that_was_in_force_at_the_help_line() {
    let directory = tempfile::tempdir().unwrap();
    let (data, backup) = (directory.path().join("data"), directory.path().join("backup"));
    let store = peopled(&data);
    let there = DEFAULT_TEXT.replacen("Asia/Shanghai", "America/Los_Angeles", 1);
    store.add_settings(SettingsKind::Calendars, there, by_system()).unwrap();
    // Given on the last day of April, which it still is where the help line stands.
    let given = Write::Sequence { station: STATION, day: 260_430, last: 60 };
    store.commit(one_step(Chance::from_number(51).mint(NOW), vec![given])).unwrap();
    store.backup(&backup, &Beside::default(), &by_system()).unwrap();
    drop(store);
    restore(&backup, &directory.path().join("again"), &by_system()).unwrap();
    let living = samples::open(&directory.path().join("again")).living(at(60)).unwrap();
    // Seven o'clock in the evening there.
    assert_eq!(living.sequences, [(STATION, 260_430, 8_956)]);
}

#[test]
fn nothing_is_overwritten_by_a_backup_or_a_restore() {
    let directory = tempfile::tempdir().unwrap();
    let (data, backup) = (directory.path().join("data"), directory.path().join("backup"));
    let store = peopled(&data);
    store.backup(&backup, &Beside::default(), &by_system()).unwrap();
    let again = store.backup(&backup, &Beside::default(), &by_system());
    assert!(matches!(again, Err(StoreError::Refused(_))), "{again:?}");
    let in_use = restore(&backup, &data, &at_noon());
    assert!(matches!(in_use, Err(StoreError::InUse { .. })), "{in_use:?}");
    drop(store);
    let there = restore(&backup, &data, &at_noon());
    assert!(matches!(&there, Err(StoreError::Refused(why)) if why.contains("move it away")), "{there:?}");
    let no_backup = restore(&data.join("keys"), &directory.path().join("new"), &at_noon());
    assert!(
        matches!(&no_backup, Err(StoreError::Refused(why)) if why.contains("not a backup")),
        "{no_backup:?}"
    );
}

#[test]
fn a_store_without_its_keys_still_opens_and_remembers_what_it_saw() {
    let directory = tempfile::tempdir().unwrap();
    let mut chance = Chance::from_number(51);
    let input = chance.mint(NOW);
    peopled(directory.path()).commit(one_step(input, vec![])).unwrap();
    fs::remove_dir_all(directory.path().join("keys")).unwrap();
    let store = samples::open(directory.path());
    let seen = store.commit(one_step(input, vec![])).unwrap();
    assert_eq!(seen.steps, [yingda::store::commit::StepOutcome::Seen]);
    assert_eq!(store.journal(NOW, 10).unwrap()[0].body, None);
}

#[test]
fn after_the_key_is_turned_the_journal_is_read_without_the_old_key() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    store.commit(one_step(Chance::from_number(52).mint(NOW), vec![])).unwrap();
    let mut keys = InstallationKeys::open(&directory.path().join("keys")).unwrap();
    keys.add().unwrap();
    assert_eq!(store.rewrap(keys.clone()).unwrap(), 1);
    assert_eq!(store.rewrap(keys.clone()).unwrap(), 0);
    keys.retire_older().unwrap();
    drop(store);
    let store = samples::open(directory.path());
    assert_eq!(store.journal(NOW, 10).unwrap()[0].body.as_deref(), Some(&b"what happened"[..]));
}
