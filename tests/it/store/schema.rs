//! The schema: new stores and led ones are the same, later ones are refused, nothing is loosely typed.

use expect_test::expect_file;
use rusqlite::Connection;
use yingda::store::error::StoreError;
use yingda::store::migrate::{self, MIGRATIONS, SCHEMA};
use yingda::store::sql::stored_names;

fn described(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare(
            "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name",
        )
        .unwrap();
    let plain = |sql: String| {
        let uncommented = sql.lines().map(|line| line.split("--").next().unwrap_or("")).collect::<Vec<_>>();
        uncommented.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    statement
        .query_map([], |row| {
            let (kind, name, sql): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(format!("{kind} {name}: {}", plain(sql)))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn an_old_store_is_led_to_the_schema_of_a_new_one() {
    let fresh = Connection::open_in_memory().unwrap();
    fresh.execute_batch(SCHEMA).unwrap();
    let mut led = Connection::open_in_memory().unwrap();
    migrate::lead(&mut led, 0).unwrap();
    assert_eq!(described(&fresh), described(&led));
    let version: i64 = led.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, i64::try_from(MIGRATIONS.len()).unwrap());
}

#[test]
fn every_table_is_strict() {
    let fresh = Connection::open_in_memory().unwrap();
    fresh.execute_batch(SCHEMA).unwrap();
    let loose: i64 = fresh
        .query_row(
            "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND strict = 0",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(loose, 0);
}

#[test]
fn a_store_of_a_later_program_is_refused_and_left_alone() {
    let mut later = Connection::open_in_memory().unwrap();
    later.pragma_update(None, "user_version", migrate::version() + 1).unwrap();
    assert!(matches!(migrate::migrate(&mut later), Err(StoreError::TooNew { .. })));
    assert_eq!(described(&later), Vec::<String>::new());
}

#[test]
fn the_names_under_which_enums_are_stored_have_not_changed() {
    let mut names = String::new();
    for (enumeration, variants) in stored_names() {
        names += &format!("{enumeration}: {}\n", variants.join(" "));
    }
    expect_file!["../golden/stored-names.txt"].assert_eq(&names);
}
