//! `yingda demo` as a newcomer starts it, with `yingda call` as the telephone beside it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rusqlite::{Connection, OpenFlags};

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yingda"));
    command.env_clear().current_dir(folder).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// The demo, ended with the test.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().unwrap();
    }
}

/// A resident whose number is theirs alone and whose home the register knows.
fn resident(data: &Path) -> String {
    let database =
        Connection::open_with_flags(data.join("yingda.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let number: String = database
        .query_row(
            "SELECT number FROM person_phone JOIN person ON person.id = person_phone.person WHERE confidence = 'exact' \
             AND number LIKE '+861%' AND person.area IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM volunteer WHERE volunteer.person = person.id) ORDER BY number LIMIT 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    number.trim_start_matches("+86").to_owned()
}

#[test]
fn a_newcomer_starts_the_demo_rings_it_keys_a_wish_and_hears_the_number_that_the_list_shows() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let ports = ["--sip", "127.0.0.1:0", "--http", "127.0.0.1:0", "--dir", "data"];
    let started = program(here, &["demo", "--small", "--no-calls", "--minutes", "1"]).args(ports).spawn();
    let mut demo = Demo(started.unwrap());
    let mut screen = BufReader::new(demo.0.stdout.take().unwrap());
    let mut shown = String::new();
    while !shown.contains("Ctrl-C ends it") {
        assert!(screen.read_line(&mut shown).unwrap() > 0, "the demo ended early:\n{shown}");
    }
    for role in ["operator", "dispatcher", "handler", "officer", "supervisor", "admin"] {
        assert!(shown.contains(role), "no login for {role}:\n{shown}");
    }
    let line = shown.split_whitespace().find(|word| word.starts_with("sip:12349@")).unwrap().to_owned();

    let from = resident(&here.join("data"));
    // 1 elderly care, 1 its first kind of help, 1 the registered home, 1 "you may ask me afterwards"; then listen through
    // the pauses of the number, hang up.
    let keys = ["1", "1", "1", "1", "-", "-", "-", "-", "x"];
    let call = program(here, &["call", &line, "--from", &from]).args(keys).output().unwrap();
    let heard = String::from_utf8(call.stdout).unwrap();
    assert!(call.status.success(), "{heard}");
    let digits =
        heard.lines().find_map(|line| line.strip_prefix("digits")).unwrap_or_else(|| panic!("{heard}"));
    let listed = program(here, &["tickets", "--json", "--data", "data"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let tickets: Vec<serde_json::Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [ticket] = &tickets[..] else { panic!("one call, one ticket: {listed}") };
    let number = ticket["number"].as_str().unwrap().replace('-', "");
    assert!(digits.trim().contains(&number), "{number} was not heard in {heard}");
    assert_eq!(ticket["caller"], format!("+86{from}"), "{ticket}");

    screen.read_to_string(&mut shown).unwrap();
    assert!(demo.0.wait().unwrap().success(), "{shown}");
    assert!(shown.contains("calls in     1 = ticket 1"), "{shown}");
    assert!(shown.contains("tickets      1 by telephone"), "{shown}");
}
