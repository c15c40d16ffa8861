//! Erasing somebody while the line is at work, and somebody's hand in the history of a line that stands still.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use yingda::phone::caller::Caller;
use yingda::store::DATABASE_FILE;

use super::burst::{answer, wish};
use super::desk::Desk;
use super::handsets::{Centre, keen};
use super::program::{Server, Site};
use super::town::{Plan, copy, home, resident_address, resident_name, settle, sounds, telephones};
use crate::waiting::until;

const WORDS: &str = "我的左腿疼得厉害";

/// A line in a folder with one resident whose wish was met.
struct Helped {
    folder: tempfile::TempDir,
    telephones: Arc<Caller>,
    centre: Centre,
    site: Site,
    server: Server,
}

/// The first resident rings, writes, is helped, is asked and says yes.
fn helped() -> Helped {
    let folder = tempfile::tempdir().unwrap();
    let centre = Centre::start(keen());
    let telephones = telephones(sounds(folder.path()));
    let plan = Plan::brisk(centre.address(), &telephones, 3, 6);
    let site = settle(folder.path(), &plan);
    let server = site.serve();
    let over = Arc::new(AtomicBool::new(false));
    let answering = answer(&telephones, &over);
    assert!(ring(&telephones, &server, 1), "the first resident heard a number");
    centre.say(&format!("86{}", home(1)), WORDS);
    until("the resident has said yes and the ticket is closed", || {
        let listed = site.answer(&["tickets", "--json", "--all"]);
        listed.lines().any(|line| line.contains("\"closed\""))
    });
    over.store(true, Ordering::Relaxed);
    answering.join().unwrap();
    Helped { folder, telephones, centre, site, server }
}

fn ring(telephones: &Caller, server: &Server, n: u32) -> bool {
    let conversation = telephones.dial(&format!("sip:12349@{}", server.sip), &home(n)).unwrap();
    wish(&conversation, home(n), |_| true).whole
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

/// Where something of the first resident is found below a folder.
fn traces(folder: &Path) -> Vec<String> {
    let of_them = [home(1), resident_name(1), resident_address(1), WORDS.to_owned()];
    let mut found = Vec::new();
    for path in files(folder) {
        let bytes = fs::read(&path).unwrap();
        for trace in &of_them {
            if bytes.windows(trace.len()).any(|window| window == trace.as_bytes()) {
                found.push(format!("{trace} in {}", path.display()));
            }
        }
    }
    found
}

#[test]
fn whom_a_running_line_erased_is_in_no_file_of_it_nor_in_a_backup_and_its_history_is_whole() {
    let Helped { folder, telephones, centre, site, server } = helped();
    let there = traces(&site.data());
    assert!(there.len() >= 4, "the search finds what is there: {there:?}");
    // What they wrote waits for a person, and nobody is erased who is still owed a word.
    let desk = Desk::of(server.console);
    let inbox = desk.get("/inbox");
    let text = inbox.split_once("href=\"/inbox/").unwrap_or_else(|| panic!("{inbox}")).1;
    let text = text.split('"').next().unwrap();
    let done = desk.post(&format!("/inbox/{text}/do/done"), "note=");
    assert!(done.starts_with("HTTP/1.1 303"), "{done}");
    // Nobody is erased while they are on the telephone; the call that asked them may not be over yet.
    let mut said = String::new();
    until("the first resident is erased", || {
        let output = site.run(&["erase", "1"]);
        said = String::from_utf8(output.stdout).unwrap();
        output.status.success()
    });
    assert!(said.contains("1 tickets"), "{said}");
    // The line goes on: whatever it still writes does not bring them back.
    assert!(ring(&telephones, &server, 2));
    let backup = folder.path().join("backup");
    site.answer(&["backup", backup.to_str().unwrap()]);
    assert_eq!(traces(&site.data()), Vec::<String>::new());
    assert_eq!(traces(&backup), Vec::<String>::new());
    let verified = site.answer(&["verify"]);
    let erased = verified.trim().rsplit_once(", ").unwrap().1;
    let count: u32 = erased.strip_suffix(" erased").unwrap().parse().unwrap();
    assert!(verified.starts_with("the history is whole") && count > 0, "{verified}");
    server.stop();
    assert_eq!(traces(&site.data()), Vec::<String>::new());
    drop(centre);
}

#[test]
fn verify_names_whatever_was_changed_taken_out_or_cut_off_in_a_history_and_says_so_by_its_exit_code() {
    let Helped { folder, site, server, .. } = helped();
    // A backup writes the head of the chain down, as every day does.
    site.answer(&["backup", folder.path().join("backup").to_str().unwrap()]);
    server.stop();
    let hands = [
        ("words", "UPDATE event_private SET body = body || ' ' WHERE seq = 5", "event 5: "),
        ("row", "UPDATE event SET at = at + 1 WHERE seq = 6", "event 6: the row was changed"),
        ("gap", "DELETE FROM event WHERE seq = 7", "event 7: the row was taken out"),
        ("tail", "DELETE FROM event WHERE seq > 10", "the chain ends at"),
    ];
    for (name, sql, named) in hands {
        let copied = folder.path().join(name);
        copy(&site.data(), &copied.join("data"));
        {
            let connection = Connection::open(copied.join("data").join(DATABASE_FILE)).unwrap();
            connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
        }
        let output = Site::new(&copied, "data_dir = \"data\"\n").run(&["verify"]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(
            said.starts_with("the history was tampered with: ") && said.contains(named),
            "{name}: {said}"
        );
    }
}
