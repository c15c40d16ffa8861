//! A nosy reader at every output of the program, while it says all it can say and things go wrong.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use yingda::phone::caller::{Caller, Moment};
use yingda::store::DATABASE_FILE;

use super::burst::{answer, wish};
use super::handsets::{Centre, keen};
use super::program::{PATIENCE, Site};
use super::town::{Plan, handset, home, resident_address, resident_name, settle, sounds, telephones};
use crate::peers::http::get;
use crate::waiting::until;

const STRANGER: &str = "15866271934";
const WORDS: &str = "我叫李小山住在抚顺路八号腿疼";

/// A number as people, wires and stores spell it.
fn spellings(national: &str) -> Vec<String> {
    let (head, middle, tail) = (&national[..3], &national[3..7], &national[7..]);
    let hex: String = national.bytes().map(|octet| format!("{octet:02x}")).collect();
    let escaped: String = national.bytes().map(|octet| format!("\\x{octet:02x}")).collect();
    let octets = national.bytes().map(|octet| octet.to_string()).collect::<Vec<_>>().join(", ");
    vec![
        national.to_owned(),
        format!("{head} {middle} {tail}"),
        format!("{head}-{middle}-{tail}"),
        format!("{middle}{tail}"),
        hex.to_uppercase(),
        hex,
        escaped,
        octets,
    ]
}

fn log(site: &Site) -> String {
    let [_, log] = site.outputs();
    fs::read_to_string(log).unwrap()
}

/// Somebody the register does not know presses a key and hangs up.
fn stranger_rings(telephones: &Caller, sip: SocketAddr) {
    let conversation = telephones.dial(&format!("sip:12349@{sip}"), STRANGER).unwrap();
    loop {
        match conversation.moments().recv_timeout(PATIENCE).expect("the line speaks to strangers") {
            Moment::Said(clip) if clip.id == "greeting" => conversation.press("1").unwrap(),
            Moment::Said(clip) if clip.id == "which-help" => break,
            Moment::Said(_) | Moment::Ringing | Moment::Answered | Moment::Quiet | Moment::Pressed(_) => {}
            Moment::Ended(reason) => panic!("the line hung up on a stranger: {reason}"),
        }
    }
    conversation.hang_up().unwrap();
}

/// The second resident's ticket is refused by the store until the trouble is mended; they hang up.
fn a_step_is_refused(site: &Site, telephones: &Arc<Caller>, sip: SocketAddr) {
    let database = Connection::open(site.data().join(DATABASE_FILE)).unwrap();
    database.busy_timeout(PATIENCE).unwrap();
    let plant = "CREATE TRIGGER planted BEFORE INSERT ON ticket BEGIN SELECT RAISE(ABORT, 'planted'); END";
    database.execute_batch(plant).unwrap();
    let refused = Arc::new(AtomicBool::new(false));
    let (conversation, patient) =
        (telephones.dial(&format!("sip:12349@{sip}"), &home(2)).unwrap(), refused.clone());
    let ringing = std::thread::spawn(move || {
        let told = wish(&conversation, home(2), |_| !patient.load(Ordering::Relaxed));
        conversation.hang_up().unwrap();
        told
    });
    until("the store has refused a step", || log(site).contains("the store refused a step"));
    refused.store(true, Ordering::Relaxed);
    let told = ringing.join().unwrap();
    database.execute_batch("DROP TRIGGER planted").unwrap();
    assert!(told.answered && !told.began, "no number is said that is not there: {told:?}");
}

/// A call of which no station knows makes the desk panic when it is restored.
fn a_start_panics(site: &Site) {
    let database = Connection::open(site.data().join(DATABASE_FILE)).unwrap();
    let plant =
        "UPDATE call SET station = 99, ended_at = NULL, result = NULL, disposition = NULL WHERE number = ?1";
    assert!(database.execute(plant, [format!("+86{STRANGER}")]).unwrap() > 0);
    drop(database);
    let output = site.run(&["serve"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("panicked at"), "{said}");
    let [screen, log] = site.outputs();
    for (file, bytes) in [(screen, &output.stdout), (log, &output.stderr)] {
        fs::File::options().append(true).open(file).unwrap().write_all(bytes).unwrap();
    }
}

#[test]
fn no_number_name_address_or_word_of_anybody_reaches_an_output_whatever_happens() {
    let folder = tempfile::tempdir().unwrap();
    let centre = Centre::start(keen());
    let telephones = telephones(sounds(folder.path()));
    let plan = Plan { log: "trace", ..Plan::brisk(centre.address(), &telephones, 3, 6) };
    let site = settle(folder.path(), &plan);
    let over = Arc::new(AtomicBool::new(false));
    let answering = answer(&telephones, &over);
    let server = site.serve();
    let conversation = telephones.dial(&format!("sip:12349@{}", server.sip), &home(1)).unwrap();
    assert!(wish(&conversation, home(1), |_| true).whole);
    stranger_rings(&telephones, server.sip);
    centre.say(&format!("86{}", home(1)), WORDS);
    centre.say(&format!("86{STRANGER}"), WORDS);
    centre.say(&handset(3), WORDS);
    until("a ticket has been closed by its resident", || {
        site.answer(&["tickets", "--json", "--all"]).lines().any(|line| line.contains("\"closed\""))
    });
    a_step_is_refused(&site, &telephones, server.sip);
    let mut said =
        vec![get(server.console, "/healthz"), get(server.console, "/metrics"), get(server.console, "/")];
    said.push(site.answer(&["verify"]));
    server.stop();
    over.store(true, Ordering::Relaxed);
    answering.join().unwrap();
    a_start_panics(&site);
    said.extend(site.outputs().map(|file| fs::read_to_string(file).unwrap()));
    assert!(
        said.iter().any(|text| text.contains("TRACE") || text.contains("DEBUG")),
        "the log says all it can"
    );
    let mut secrets = vec![WORDS.to_owned(), "李小山".into(), "抚顺路".into()];
    for n in 1..=2 {
        secrets.extend([resident_name(n), resident_address(n)]);
        secrets.extend(spellings(&home(n)));
    }
    for n in 1..=6 {
        secrets.push(format!("苑志愿者{n:03}"));
        secrets.extend(spellings(&handset(n)[2..]));
    }
    secrets.extend(spellings(STRANGER));
    let lines = said.iter().flat_map(|text| text.lines());
    let leaks: Vec<&str> =
        lines.filter(|line| secrets.iter().any(|secret| line.contains(secret.as_str()))).collect();
    assert!(leaks.is_empty(), "what nobody should read: {leaks:#?}");
}
