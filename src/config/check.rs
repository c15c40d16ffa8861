//! Values that can be read but cannot be meant.

use crate::phone::sip::registrar::RegistrarSettings;
use crate::phone::sip::session_timer;

mod trunks;

use super::{ConsoleSettings, PhoneSettings, PlaceSettings, Settings};

/// A value that cannot be meant; its place is found by its key.
pub(super) struct Impossible {
    pub(super) key: String,
    pub(super) what: String,
    pub(super) remedy: String,
}

/// Gathers what is impossible.
struct Findings(Vec<Impossible>);

impl Findings {
    fn refuse(&mut self, bad: bool, key: &str, what: impl Into<String>, remedy: &str) {
        if bad {
            self.0.push(Impossible { key: key.into(), what: what.into(), remedy: remedy.into() });
        }
    }
}

/// Everything impossible in the settings, in their order.
pub(super) fn impossible(settings: &Settings) -> Vec<Impossible> {
    let mut found = Findings(Vec::new());
    found.refuse(
        settings.data_dir.as_os_str().is_empty(),
        "data_dir",
        "an empty path names no folder",
        "write where the line keeps its store, as \"/var/lib/yingda\"",
    );
    found.refuse(
        tracing_subscriber::EnvFilter::try_new(&settings.log).is_err(),
        "log",
        format!("\"{}\" is no log filter", settings.log),
        "write a level (error, warn, info, debug, trace), or module=level pairs with commas between",
    );
    place(&settings.place, &mut found);
    phone(&settings.phone, &mut found);
    if let Some(Err(error)) = settings.sms.as_ref().map(crate::sms::settings::Settings::check) {
        let remedy = "mend it, or take the whole [sms] table out to run without texts";
        found.refuse(true, &format!("sms.{}", error.key), error.problem, remedy);
    }
    console(&settings.console, &mut found);
    found.0
}

/// Files and folders that are named and are not there.
pub(super) fn not_there(settings: &Settings) -> Vec<Impossible> {
    let mut found = Findings(Vec::new());
    let first = &settings.first;
    for (key, path) in [
        ("first.menu", &first.menu),
        ("first.catalogue", &first.catalogue),
        ("first.calendar", &first.calendar),
        ("first.policy", &first.policy),
        ("first.templates", &first.templates),
        ("sounds.folder", &settings.sounds.folder),
        ("console.tls", &settings.console.tls.as_ref().map(|tls| tls.certificate.clone())),
        ("console.tls", &settings.console.tls.as_ref().map(|tls| tls.key.clone())),
        ("phone.certificate", &settings.phone.certificate.as_ref().map(|files| files.certificate.clone())),
        ("phone.certificate", &settings.phone.certificate.as_ref().map(|files| files.key.clone())),
    ] {
        if let Some(path) = path {
            let what = format!("{} is not there", path.display());
            let remedy = "name one that is (relative paths are counted from the settings' folder), or leave the key out";
            found.refuse(!path.exists(), key, what, remedy);
        }
    }
    found.0
}

fn place(place: &PlaceSettings, found: &mut Findings) {
    let name_like = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    found.refuse(
        !name_like(&place.jurisdiction.0),
        "place.jurisdiction",
        format!("\"{}\" is no jurisdiction id", place.jurisdiction),
        "use small letters, digits and dashes, as \"shibei\"",
    );
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0')
    };
    found.refuse(
        !digits(&place.numbering.country, 3),
        "place.numbering.country",
        format!("\"{}\" is no country code", place.numbering.country),
        "write one to three digits without + or 00, as \"86\"",
    );
    found.refuse(
        !digits(&place.numbering.area, 4),
        "place.numbering.area",
        format!("\"{}\" is no area code", place.numbering.area),
        "write it without the leading 0, as \"532\"",
    );
}

fn phone(phone: &PhoneSettings, found: &mut Findings) {
    let ports = phone.rtp_ports;
    found.refuse(
        ports.last <= ports.first,
        "phone.rtp_ports",
        format!("no port lies from {} to {}", ports.first, ports.last),
        "give each call two ports: for 400 calls at least 800 of them, as { first = 20000, last = 29999 }",
    );
    // Each call takes an even port and the odd one above it.
    let room = usize::from(ports.last.saturating_sub(ports.first)).div_ceil(2);
    found.refuse(
        ports.last > ports.first && room < phone.max_calls,
        "phone.max_calls",
        format!("{} calls do not fit into audio ports for {room}", phone.max_calls),
        "widen phone.rtp_ports, two ports a call, or lower phone.max_calls",
    );
    found.refuse(
        phone.max_calls == 0,
        "phone.max_calls",
        "0 calls at once would turn every caller away",
        "write how many calls may be alive at once, as 400",
    );
    found.refuse(
        (phone.tls.is_some() || phone.wss.is_some()) && phone.certificate.is_none(),
        if phone.tls.is_some() { "phone.tls" } else { "phone.wss" },
        "telephones that connect over TLS are to be shown a certificate, and none is named",
        "add certificate = { certificate = \"chain.pem\", key = \"key.pem\" } under [phone], or leave the key out",
    );
    shares(phone, found);
    registrar(&phone.registrar, found);
    patience(phone, found);
    trunks::trunks(phone, found);
}

/// What one source, and all strangers together, may take of the lines.
fn shares(phone: &PhoneSettings, found: &mut Findings) {
    let limit = phone.source_limit;
    found.refuse(
        limit.calls == 0 || limit.half_open == 0 || limit.connections == 0 || limit.message_s == 0,
        "phone.source_limit",
        "0 calls, connections or seconds would turn every caller away who comes over no trunk",
        "write at least 1, as { calls = 10, half_open = 5, connections = 5, message_s = 10 }",
    );
    let reserve = phone.reserve;
    found.refuse(
        reserve.trusted_percent > 90 || reserve.dialling_percent > 90,
        "phone.reserve",
        "a reserve of more than 90 percent leaves callers no line",
        "write a share from 0 to 90, as { trusted_percent = 25, dialling_percent = 5 }",
    );
    found.refuse(
        limit.per_second == 0 || limit.burst == 0,
        "phone.source_limit",
        "0 messages would turn every caller away",
        "write at least 1, as { per_second = 20, burst = 60 }",
    );
}

/// How the line's own telephones register.
fn registrar(registrar: &RegistrarSettings, found: &mut Findings) {
    let sign = |byte: u8| (byte == b' ' || byte.is_ascii_graphic()) && !b"\"\\".contains(&byte);
    found.refuse(
        !(1..=64).contains(&registrar.realm.len()) || !registrar.realm.bytes().all(sign),
        "phone.registrar.realm",
        format!("\"{}\" cannot be a realm", registrar.realm),
        "write 1 to 64 letters, digits and dashes, as \"yingda\"",
    );
    let offered = &registrar.algorithms;
    let twice = offered.iter().enumerate().any(|(at, algorithm)| offered[..at].contains(algorithm));
    found.refuse(
        offered.is_empty() || twice,
        "phone.registrar.algorithms",
        "telephones need something to prove their password with, each once",
        "write [\"SHA-256\", \"MD5\"], or one of the two",
    );
    let (shortest, longest) = (registrar.shortest_s, registrar.longest_s);
    found.refuse(
        shortest < 10 || shortest > longest || longest > 3_600,
        "phone.registrar.longest_s",
        format!("a telephone cannot register for at least {shortest} s and at most {longest} s"),
        "write 10 or more for shortest_s, and from that to 3600 for longest_s, as 60 and 300",
    );
    found.refuse(
        !(1..=10).contains(&registrar.contacts),
        "phone.registrar.contacts",
        format!("{} telephones of one extension are too few or too many", registrar.contacts),
        "write from 1 to 10, as 5",
    );
}

/// How long a call may be silent, on hold, or alive.
fn patience(phone: &PhoneSettings, found: &mut Findings) {
    found.refuse(
        phone.longest_hold_s < 10 || phone.longest_call_s < 600,
        "phone.longest_call_s",
        format!(
            "a call ends after {} s, on hold after {} s: good calls last longer",
            phone.longest_call_s, phone.longest_hold_s
        ),
        "write at least 600, and at least 10 for phone.longest_hold_s",
    );
    found.refuse(
        phone.deaf_after_s < 10,
        "phone.deaf_after_s",
        format!("{} s without audio happen in a good call", phone.deaf_after_s),
        "write 10 or more",
    );
    found.refuse(
        phone.shortest_session_s < session_timer::SHORTEST_S,
        "phone.shortest_session_s",
        format!("a word every {} s is more than telephones have to bear", phone.shortest_session_s),
        "write 90 or more",
    );
    found.refuse(
        phone.stop_within_s > 60,
        "phone.stop_within_s",
        format!("{} s are longer than whoever stops the program waits", phone.stop_within_s),
        "write 60 or less",
    );
}

fn console(console: &ConsoleSettings, found: &mut Findings) {
    use crate::console::settings::SettingsError as Error;
    let Err(error) = console.check() else { return };
    let (key, remedy) = match &error {
        Error::Unprotected(_) => ("listen".into(), "listen on 127.0.0.1, or do one of the two"),
        Error::NoSuchZone(_) => ("time_zone".into(), "take a name of the IANA list"),
        Error::Zero(key) => ((*key).to_owned(), "write 1 or more"),
    };
    found.refuse(true, &format!("console.{key}"), error.to_string(), remedy);
}
