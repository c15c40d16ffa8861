//! The house keeps its walls: who may import whom, what the pure rooms may not know, and the few
//! measures of style that a reader at three in the morning relies on.
//!
//! A new room adds its row to `ROOMS`; until it has one, `every_room_has_its_row` fails.

mod source;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path as FilePath, PathBuf};

use source::{Path, Token};

/// What a room may import besides itself.
#[derive(Debug, Clone, Copy)]
enum Imports {
    Only(&'static [&'static str]),
    All,
}

/// One row of the table in the architecture.
struct Room {
    name: &'static str,
    pure: bool,
    imports: Imports,
}

const fn pure(name: &'static str, imports: &'static [&'static str]) -> Room {
    Room { name, pure: true, imports: Imports::Only(imports) }
}

const fn edge(name: &'static str, imports: &'static [&'static str]) -> Room {
    Room { name, pure: false, imports: Imports::Only(imports) }
}

const fn top(name: &'static str) -> Room {
    Room { name, pure: false, imports: Imports::All }
}

/// An entry `room::module` opens that module only: a room's vocabulary, not its behaviour.
const ROOMS: &[Room] = &[
    pure("domain", &[]),
    pure("text", &["domain"]),
    pure("prompts", &["domain"]),
    pure("rtp", &["domain"]),
    pure("imports", &["domain"]),
    pure("ivr", &["domain", "prompts"]),
    pure("dispatch", &["domain"]),
    pure("desk", &["ivr", "dispatch", "text", "prompts", "domain"]),
    pure("simulate", &["desk", "dispatch", "domain"]),
    edge("clock", &["domain"]),
    edge("places", &["domain", "dispatch::roads"]),
    edge("keys", &["clock"]),
    edge("tls", &["clock"]),
    edge("recordings", &["domain", "clock", "keys"]),
    edge(
        "phone",
        &[
            "rtp",
            "prompts",
            "recordings",
            "desk::event",
            "desk::effect",
            "desk::write",
            "desk::command",
            "domain",
            "clock",
            "tls",
        ],
    ),
    edge(
        "store",
        &["desk::event", "desk::effect", "desk::write", "desk::command", "domain", "clock", "keys"],
    ),
    edge("sms", &["text", "desk::event", "desk::effect", "desk::write", "desk::command", "domain", "clock"]),
    edge(
        "console",
        &[
            "store",
            "imports",
            "desk::event",
            "desk::effect",
            "desk::write",
            "desk::command",
            "desk::refusal",
            "desk::candidates",
            "recordings",
            "text",
            "prompts",
            "domain",
            "clock",
            "tls",
        ],
    ),
    top("config"),
    top("service"),
    top("commands"),
    top("demo"),
];

/// What speaks of the world and so has no place in a pure room.
const WORLDLY_WORDS: &[&str] = &[
    "async",
    "await",
    "tokio",
    "futures_util",
    "crossbeam",
    "crossbeam_channel",
    "mpsc",
    "Mutex",
    "RwLock",
    "Condvar",
    "HashMap",
    "HashSet",
    "Instant",
    "SystemTime",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "rusqlite",
    "axum",
    "rsipstack",
    "rusmppc",
    "socket2",
    "nix",
    "println",
    "eprintln",
];

const WORLDLY_PATHS: &[&[&str]] = &[
    &["std", "fs"],
    &["std", "net"],
    &["std", "thread"],
    &["std", "env"],
    &["std", "process"],
    &["crate", "clock"],
];

/// An address is a value like any other; a socket is not.
const ADDRESSES: &[&str] = &["IpAddr", "Ipv4Addr", "Ipv6Addr", "SocketAddr", "SocketAddrV4", "SocketAddrV6"];

/// Who writes a point down as numbers: they are of WGS-84 there. Everybody else reads degrees through `domain::datum`.
const MAKES_POINTS: &[&str] = &["domain/area.rs", "domain/datum.rs", "store/sql.rs", "dispatch/nearby.rs"];

/// Longest file without a reason at its top; the reason says "long because".
const FILE_LINES: usize = 600;
const MAIN_LINES: usize = 80;

/// Names that say nobody decided what the thing is.
const EMPTY_NAMES: &[&str] = &["Manager", "Helper", "Helpers", "Util", "Utils", "Common", "Data", "Info"];

/// A source file: its path under `src/`, its room, and its place among the modules.
struct SourceFile {
    path: String,
    text: String,
}

impl SourceFile {
    fn module(&self) -> Vec<String> {
        let stem = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let stem = stem.strip_suffix("/mod").unwrap_or(stem);
        match stem {
            "lib" | "main" => vec![],
            nested => nested.split('/').map(str::to_owned).collect(),
        }
    }

    /// The room, or none for `lib.rs` and `main.rs`, which only name and start the others.
    fn room(&self) -> Option<String> {
        self.module().into_iter().next()
    }

    /// A whole file of tests (`x/tests.rs`, `x/tests/…`).
    fn is_test(&self) -> bool {
        self.module().iter().any(|part| part == "tests")
    }
}

fn violations(file: &SourceFile) -> Vec<String> {
    let mut found = Vec::new();
    let tokens = source::tokens(&file.text);
    let paths = source::paths(&tokens, &file.module());
    let mut report = |line: usize, what: String| found.push(format!("src/{}:{line}: {what}", file.path));
    if let Some(name) = file.room() {
        match ROOMS.iter().find(|room| room.name == name) {
            Some(room) => {
                for path in &paths {
                    if let Some(what) = forbidden_import(room, path) {
                        report(path.line, what);
                    }
                }
                if room.pure && !file.is_test() {
                    worldly(&tokens, &paths, &mut report);
                }
            }
            None => report(1, format!("the room `{name}` has no row in tests/it/layers.rs")),
        }
    }
    everywhere(file, &tokens, &paths, &mut report);
    found
}

fn forbidden_import(room: &Room, path: &Path) -> Option<String> {
    let [first, target, rest @ ..] = path.segments.as_slice() else { return None };
    if first != "crate" || target == room.name || target == "(inline)" {
        return None;
    }
    if !ROOMS.iter().any(|other| other.name == target) {
        return Some(format!("`crate::{target}` is no room: import names from where they live"));
    }
    if path.reexported {
        return Some(format!("`pub use` of `{target}`'s names: import names from where they live"));
    }
    let allowed = match room.imports {
        Imports::All => true,
        Imports::Only(rooms) => rooms.iter().any(|entry| match entry.split_once("::") {
            Some((name, module)) => name == target && rest.first().is_some_and(|part| part == module),
            None => entry == target,
        }),
    };
    (!allowed).then(|| format!("`{}` may not import `{}`", room.name, path.segments[1..].join("::")))
}

fn worldly(tokens: &[Token], paths: &[Path], report: &mut impl FnMut(usize, String)) {
    for token in tokens.iter().filter(|token| !token.test) {
        if WORLDLY_WORDS.contains(&token.text.as_str()) {
            report(token.line, format!("`{}` in a pure room", token.text));
        }
    }
    for path in paths.iter().filter(|path| !path.test) {
        let address = path.segments.get(2).is_some_and(|name| ADDRESSES.contains(&name.as_str()));
        if path.starts_with(&["std", "net"]) && address {
            continue;
        }
        if let Some(worldly) = WORLDLY_PATHS.iter().find(|worldly| path.starts_with(worldly)) {
            report(path.line, format!("`{}` in a pure room", worldly.join("::")));
        }
    }
}

/// What holds in every file of the house.
fn everywhere(file: &SourceFile, tokens: &[Token], paths: &[Path], report: &mut impl FnMut(usize, String)) {
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map_or("", |token| token.text.as_str());
        match (token.text.as_str(), next) {
            ("unsafe", _) => report(token.line, "`unsafe`".into()),
            ("extern", "crate") => report(token.line, "`extern crate` hides where names live".into()),
            ("path", "=") if at > 1 && tokens[at - 1].text == "[" => {
                report(token.line, "`#[path]` hides where a module lives".into());
            }
            ("todo" | "unimplemented" | "dbg", "!") => report(token.line, format!("`{}!`", token.text)),
            ("rsipstack", _) if !file.path.starts_with("phone/sip/") => {
                report(token.line, "`rsipstack` outside phone/sip/".into());
            }
            ("Point", "{")
                if !file.is_test() && is_made(tokens, at) && !MAKES_POINTS.contains(&file.path.as_str()) =>
            {
                report(
                    token.line,
                    "a `Point` of numbers: `Datum::point` says in which datum they are".into(),
                );
            }
            ("struct" | "enum" | "trait" | "type", name) if has_empty_name(name) => {
                report(token.line, format!("`{name}` says nobody decided what the thing is"));
            }
            _ => {}
        }
    }
    for path in paths.iter().filter(|path| path.reexported) {
        if path.segments.last().is_some_and(|last| last == "*") {
            report(path.line, "`pub use …::*`".into());
        }
    }
    for (number, line) in (1..).zip(file.text.lines()) {
        // Written in two pieces so that this file does not find itself.
        for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
            if line.contains(mark) {
                report(number, format!("`{mark}`"));
            }
        }
    }
    measure(&file.path, &file.text, report);
}

/// Whether the struct named here is put together, outside tests, and not declared or returned.
fn is_made(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| tokens[before].text.as_str());
    !tokens[at].test && !matches!(before, "struct" | "impl" | "for" | ">" | "->")
}

fn measure(path: &str, text: &str, report: &mut impl FnMut(usize, String)) {
    let lines = text.lines().count();
    let reason =
        text.lines().take_while(|line| line.starts_with("//!")).any(|line| line.contains("long because"));
    if lines > FILE_LINES && !reason {
        report(lines, format!("{lines} lines; past {FILE_LINES} the top says \"long because …\""));
    }
    if path == "main.rs" && lines > MAIN_LINES {
        report(lines, format!("main.rs has {lines} lines, more than {MAIN_LINES}"));
    }
    // `x/tests.rs` says by its name what it is for.
    if !text.starts_with("//!") && path != "main.rs" && !path.ends_with("/tests.rs") {
        report(1, "a file opens with `//!`: what it is for".into());
    }
}

/// Whether the last word of a CamelCase name is an empty one.
fn has_empty_name(name: &str) -> bool {
    let last = name.rfind(|c: char| c.is_ascii_uppercase()).map_or("", |at| &name[at..]);
    EMPTY_NAMES.contains(&last)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every `.rs` file under `folder`, by its path relative to it, sorted.
fn rust_files(folder: &FilePath) -> Vec<SourceFile> {
    fn walk(folder: &FilePath, base: &FilePath, found: &mut Vec<SourceFile>) {
        let entries =
            fs::read_dir(folder).unwrap_or_else(|error| panic!("read {}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("a folder's entry can be read").path();
            if path.is_dir() {
                walk(&path, base, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)
                    .unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
                let relative = path.strip_prefix(base).expect("it was found under its base");
                found.push(SourceFile { path: relative.display().to_string(), text });
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

#[test]
fn every_import_keeps_to_the_table_and_the_pure_rooms_know_no_world() {
    let files = rust_files(&root().join("src"));
    assert!(files.len() > 30, "only {} files were read: the test looks in the wrong place", files.len());
    let found: Vec<String> = files.iter().flat_map(violations).collect();
    let mut all = String::new();
    for line in &found {
        writeln!(all, "{line}").expect("a string takes every line");
    }
    assert!(found.is_empty(), "{} violations:\n{all}", found.len());
}

#[test]
fn the_tests_are_short_and_finished_too() {
    let mut found = Vec::new();
    for file in rust_files(&root().join("tests")) {
        measure(&file.path, &file.text, &mut |line, what| {
            found.push(format!("tests/{}:{line}: {what}", file.path));
        });
        for token in source::tokens(&file.text) {
            if matches!(token.text.as_str(), "ignore" | "sleep") {
                found.push(format!("tests/{}:{}: `{}` in a test", file.path, token.line, token.text));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// What the test says of one planted file.
fn planted(path: &str, text: &str) -> Vec<String> {
    violations(&SourceFile { path: path.into(), text: format!("//! Planted.\n{text}") })
}

#[test]
fn a_planted_import_is_found_however_it_is_spelled() {
    for text in [
        "use crate::store::Store;",
        "use crate::{domain::ids::TicketId, store::Store};",
        "use crate::{\n    domain::{ids, area},\n    store::{self, Store as Keep},\n};",
        "use {crate::domain::area, crate::store};",
        "use super::super::store::Store;",
        "use super::{queue, super::store::Store};",
        "use self::super::super::store::Store;",
        "fn f() { crate::store::open(); }",
        "fn f(store: &crate::store::Store) {}",
        "mod inner { use super::super::super::store::Store; }",
        "mod inner { mod deeper { use super::super::super::super::store::Store; } }",
        "pub(in crate::store) fn f() {}",
        "macro_rules! m { () => { $crate::store::open() } }",
        "#[cfg(test)] mod tests { use crate::store::Store; }",
        "/* /* */ */ use /* a comment */ crate /* between */ :: store::Store;",
        "const A: char = '\"'; use crate::store::Store; const B: char = '\"';",
        "fn f<'a>(a: &'a str) {} use crate::store::Store; // 'a",
    ] {
        let found = planted("desk/queue.rs", text);
        assert!(
            found.iter().any(|line| line.contains("`desk` may not import `store")),
            "not found in {text}: {found:?}"
        );
    }
}

#[test]
fn what_only_looks_like_an_import_is_let_pass() {
    for text in [
        "use crate::domain::ids::TicketId;",
        "use super::event::DeskEvent;",
        "mod inner { use super::super::event::DeskEvent; use super::store; }",
        "// use crate::store::Store;",
        "const A: &str = \"use crate::store::Store;\";",
        "const A: &str = r#\"use \"crate\"::store::Store;\"#;",
        "/// `crate::store::Store` keeps it.\nfn f() {}",
        "use std::time::Duration;",
        "use std::net::{IpAddr, SocketAddr};",
        "pub(crate) fn f() {}",
        "use std::collections::{BTreeMap, BTreeSet};",
        "#[cfg(test)] mod tests { use super::*; use std::collections::HashMap; }",
        "struct Profile; struct Dataset;",
    ] {
        let found = planted("desk/queue.rs", text);
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn a_point_is_made_of_numbers_only_where_their_datum_is_known() {
    let made = "fn f() -> Point { Point { latitude_e7: 1, longitude_e7: 2 } }";
    assert_eq!(planted("imports/volunteers.rs", made).len(), 1);
    for (path, text) in [
        ("store/sql.rs", made),
        ("imports/volunteers.rs", "fn f() -> Point { Datum::Gcj02.point(1.0, 2.0) }"),
        ("imports/volunteers.rs", "#[cfg(test)] mod tests { fn f() { Point { latitude_e7: 1 } } }"),
    ] {
        assert!(planted(path, text).is_empty(), "{path}: {text}");
    }
}

#[test]
fn a_rooms_vocabulary_is_open_and_its_behaviour_is_not() {
    assert!(planted("phone/translate.rs", "use crate::desk::{event::DeskEvent, effect::Effect};").is_empty());
    for text in ["use crate::desk::Desk;", "use crate::desk;", "use crate::desk::{self, event};"] {
        assert!(!planted("phone/translate.rs", text).is_empty(), "{text}");
    }
}

#[test]
fn the_world_is_found_in_a_pure_room_and_let_be_at_the_edges() {
    for text in [
        "async fn f() {}",
        "fn f() { tokio::spawn(g()); }",
        "use std::fs;",
        "use std::{fmt, fs::read};",
        "use std::{collections::BTreeMap, net::{IpAddr, UdpSocket}};",
        "fn f() { std::thread::spawn(|| ()); }",
        "use std::sync::{Arc, Mutex};",
        "use std::sync::RwLock;",
        "fn f() -> std::collections::HashMap<u8, u8> { todo() }",
        "use std::time::Instant;",
        "use std::time::SystemTime;",
        "use std::fs::File;",
        "use crossbeam_channel::Sender;",
        "use crate::clock::Clock;",
    ] {
        for room in [
            "domain/a.rs",
            "text/mod.rs",
            "prompts/a.rs",
            "rtp/a.rs",
            "ivr/a.rs",
            "dispatch/a.rs",
            "desk/a.rs",
            "simulate/a.rs",
        ] {
            assert!(!planted(room, text).is_empty(), "{room}: {text}");
        }
        assert!(planted("service/a.rs", text).is_empty(), "the edge may: {text}");
    }
}

#[test]
fn what_no_room_may_do_is_found_in_every_room() {
    for text in [
        "unsafe fn f() {}",
        "fn f() { todo!() }",
        "fn f() { unimplemented!() }",
        "fn f() { dbg!(1); }",
        "use rsipstack::dialog::Dialog;",
        "#[path = \"../store/mod.rs\"] mod store;",
        "extern crate self as yingda;",
        "pub use crate::domain::ids::TicketId;",
        "pub use inner::*;",
        "pub(crate) use inner::{a, b::*};",
        "struct CallManager;",
        "enum CallInfo {}",
        concat!("// TO", "DO: later"),
        concat!("// FIX", "ME"),
    ] {
        assert!(!planted("phone/a.rs", text).is_empty(), "{text}");
    }
    assert!(planted("phone/sip/leg.rs", "use rsipstack::dialog::Dialog;").is_empty());
}

#[test]
fn a_room_without_a_row_and_an_import_of_no_room_are_found() {
    assert!(planted("basement.rs", "").iter().any(|line| line.contains("`basement` has no row")));
    assert!(planted("basement/boiler/mod.rs", "").iter().any(|line| line.contains("`basement` has no row")));
    assert!(planted("desk/a.rs", "use crate::Desk;").iter().any(|line| line.contains("is no room")));
    assert!(planted("desk/a.rs", "use crate::*;").iter().any(|line| line.contains("is no room")));
}

#[test]
fn a_file_that_grew_too_long_is_found_unless_it_says_why() {
    let long = "fn f() {}\n".repeat(FILE_LINES);
    assert!(planted("desk/a.rs", &long).iter().any(|line| line.contains("601 lines")));
    let excused = SourceFile {
        path: "rtp/g711.rs".into(),
        text: format!("//! A table, long because it is one.\n{long}"),
    };
    assert!(violations(&excused).is_empty());
    let main = SourceFile { path: "main.rs".into(), text: "fn f() {}\n".repeat(MAIN_LINES + 1) };
    assert!(violations(&main).iter().any(|line| line.contains("more than 80")));
}
