//! The disk: what is remembered is synced before anybody hears or reads of it, and what was synced is enough to go on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use yingda::domain::ids::Chance;
use yingda::phone::caller::recognise::{Index, Recogniser};
use yingda::phone::sounds::Sounds;
use yingda::rtp::g711::Law;
use yingda::rtp::packet::{PCMA, Packet};
use yingda::store::DATABASE_FILE;

use super::books::Books;
use super::burst::Burst;
use super::handsets::{Centre, is_offer, silent};
use super::town::{self, Plan, copy, settle, telephones};
use super::trace::{self, Call};
use crate::waiting::until;

/// Numbers that are begun before the line is killed.
const NUMBERS: u32 = 4;
/// Power cuts at random moments, besides one at the beginning of each number.
const CUTS: u32 = 12;

/// A number that was said whole.
struct Spoken {
    /// The place of the first packet of "your number is".
    began: usize,
    digits: String,
}

/// The numbers that were said to the far end of each audio socket.
fn spoken(calls: &[Call], sounds: &Arc<Sounds>) -> Vec<Spoken> {
    let index = Arc::new(Index::new(sounds));
    let mut ears = BTreeMap::<String, (Recogniser, Vec<usize>, Option<Spoken>)>::new();
    let mut found = Vec::new();
    for call in calls.iter().filter(|call| call.name == "sendto" && call.on.starts_with("UDP:[")) {
        let Ok(packet) = Packet::parse(&call.data) else { continue };
        if packet.payload_type != PCMA {
            continue;
        }
        let here = call.on["UDP:[".len()..].split(['-', ']']).next().unwrap().to_owned();
        let (recogniser, places, open) =
            ears.entry(here).or_insert_with(|| (Recogniser::new(index.clone()), vec![], None));
        places.push(call.asked);
        for clip in recogniser.hear(Law::A, packet.payload) {
            match (clip.id.as_str(), &mut *open) {
                ("ticket-number-is", open) => {
                    let frames = sounds.find(clip.language, &clip.id).unwrap().bytes(Law::A).len() / 160;
                    *open = Some(Spoken { began: places[places.len() - frames], digits: String::new() });
                }
                ("also-by-text", open) => found.extend(open.take()),
                (digit, Some(open)) => {
                    open.digits.push_str(digit.strip_prefix("digits/").unwrap_or_default())
                }
                (_, None) => {}
            }
        }
    }
    found
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn is_sync(call: &Call) -> bool {
    call.name == "fdatasync" || call.name == "fsync"
}

/// The place from which on these octets are on the disk, all in one write: the first sync of their file that began
/// after they were written.
fn synced(calls: &[Call], octets: &[&[u8]]) -> usize {
    let written = calls
        .iter()
        .find(|call| {
            let holds_all = || octets.iter().all(|octets| holds(&call.data, octets));
            call.name == "pwrite64" && call.on.ends_with("-wal") && holds_all()
        })
        .unwrap_or_else(|| {
            let wanted: Vec<_> = octets.iter().map(|octets| String::from_utf8_lossy(octets)).collect();
            panic!("{wanted:?} was never written")
        });
    let sync =
        calls.iter().find(|call| is_sync(call) && call.on == written.on && call.asked > written.answered);
    sync.expect("what is written is synced").answered
}

/// `2605060010001` as it is written: `260506-001-0001`.
fn with_dashes(digits: &str) -> String {
    format!("{}-{}-{}", &digits[..6], &digits[6..9], &digits[9..])
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// The database's files as a power cut at `place` leaves them: what was synced, and by chance some of the rest.
fn files_after_power_cut(
    before: &Path,
    calls: &[Call],
    place: usize,
    mut chance: Option<&mut Chance>,
) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for name in [DATABASE_FILE.to_owned(), format!("{DATABASE_FILE}-wal")] {
        let ours: Vec<&Call> = calls
            .iter()
            .filter(|call| call.answered < place && call.on.ends_with(&format!("/{name}")))
            .collect();
        let sync = ours.iter().filter(|call| is_sync(call)).map(|call| call.asked).max();
        let mut file = fs::read(before.join(&name)).unwrap_or_default();
        for call in ours {
            let is_synced = sync.is_some_and(|sync| call.answered < sync);
            if !is_synced && chance.as_mut().is_none_or(|chance| chance.below(2) == 0) {
                continue;
            }
            let at = usize::try_from(call.number).unwrap();
            match call.name.as_str() {
                "pwrite64" => {
                    let end = at + call.data.len();
                    file.resize(file.len().max(end), 0);
                    file[at..end].copy_from_slice(&call.data);
                }
                "ftruncate" => file.resize(at, 0),
                "fdatasync" | "fsync" => {}
                other => panic!("{other} on {name} is not understood"),
            }
        }
        files.insert(name, file);
    }
    files
}

#[test]
fn a_number_is_synced_before_its_first_packet_and_its_offer_and_what_was_synced_is_enough_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let centre = Centre::start(silent());
    let sounds = town::sounds(folder.path());
    let telephones = telephones(sounds.clone());
    let plan = Plan { log: "warn", ..Plan::brisk(centre.address(), &telephones, 100, 20) };
    let site = settle(folder.path(), &plan);
    let before = folder.path().join("before");
    copy(&site.data(), &before);
    let log = folder.path().join("trace");
    let server = site.serve_traced(&log);
    let burst = Burst::start(&telephones, 3);
    burst.line_is_at(server.sip);
    until("numbers are heard and offers read", || {
        burst.begun() >= NUMBERS && centre.shown().iter().any(|text| is_offer(&text.body))
    });
    let told = burst.end();
    server.kill();
    until("the trace is whole", || trace::is_whole(&log));
    let calls = trace::read(&log);
    let spoken = spoken(&calls, &sounds);
    let heard: BTreeSet<&str> =
        told.iter().filter(|told| told.whole).map(|told| told.digits.as_str()).collect();
    let seen: BTreeSet<&str> = spoken.iter().map(|spoken| spoken.digits.as_str()).collect();
    assert!(!heard.is_empty() && heard.is_subset(&seen), "heard {heard:?}, seen in the trace {seen:?}");
    for number in &spoken {
        let place = synced(&calls, &[with_dashes(&number.digits).as_bytes()]);
        assert!(place < number.began, "{} was said before it was synced", number.digits);
    }
    offers_are_synced_before_they_leave(&calls, &centre);
    for cut in cuts(&calls, &spoken) {
        power_cut(folder.path(), &before, &calls, &spoken, cut);
    }
}

/// No octet of an offer is given to the SMS centre before that offer, to that handset, is on the disk.
fn offers_are_synced_before_they_leave(calls: &[Call], centre: &Centre) {
    const HEAD: usize = 30;
    let port = format!(":{}]", centre.address().port());
    let shown = centre.shown();
    for offer in shown.iter().filter(|text| is_offer(&text.body)) {
        let head: String = offer.body.chars().take(HEAD).collect();
        // A row of the outbox holds both, and so does what leaves: two offers may begin with the same words.
        let place = synced(calls, &[head.as_bytes(), offer.to.as_bytes()]);
        let octets = utf16(&head);
        let left = calls.iter().find(|call| {
            call.on.ends_with(&port) && holds(&call.data, &octets) && holds(&call.data, offer.to.as_bytes())
        });
        let left = left.expect("the offer left over the link to the centre").asked;
        assert!(place < left, "an offer left before it was synced");
    }
}

/// The beginning of each number, and random moments.
fn cuts(calls: &[Call], spoken: &[Spoken]) -> Vec<usize> {
    let end = calls.last().unwrap().answered;
    let mut chance = Chance::from_number(4);
    let random = (0..CUTS).map(|_| chance.below(u32::try_from(end).unwrap()) as usize);
    spoken.iter().map(|spoken| spoken.began + 1).chain(random).collect()
}

fn power_cut(folder: &Path, before: &Path, calls: &[Call], spoken: &[Spoken], cut: usize) {
    let mut chance = Chance::from_number(cut as u64);
    for torn in [None, Some(&mut chance)] {
        let data = folder.join(format!("cut-{cut}-{}", torn.is_some()));
        fs::create_dir_all(&data).unwrap();
        copy(&before.join("keys"), &data.join("keys"));
        for (name, bytes) in files_after_power_cut(before, calls, cut, torn) {
            fs::write(data.join(name), bytes).unwrap();
        }
        let books = Books::open(&data);
        let there: BTreeSet<String> =
            books.tickets().into_values().flatten().map(|number| number.replace('-', "")).collect();
        for spoken in spoken.iter().filter(|spoken| spoken.began < cut) {
            assert!(there.contains(&spoken.digits), "{} was said and is lost at {cut}", spoken.digits);
        }
        books.history_is_whole();
        books.nothing_is_forgotten();
    }
}
