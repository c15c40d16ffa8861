//! What a process asked of the system, in order, as strace wrote it down (`-f -yy -xx`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One system call that went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its places in the order of things: when it was asked, when it was answered.
    pub asked: usize,
    pub answered: usize,
    pub name: String,
    /// What its first argument stands for: a path, or `UDP:[127.0.0.1:20000->127.0.0.1:30000]`.
    pub on: String,
    /// The octets it carried.
    pub data: Vec<u8>,
    /// Its last number: the offset of a `pwrite64`, the length of an `ftruncate`.
    pub number: u64,
}

/// Reads a log; calls that failed, or that the end cut off, are left out.
pub fn read(log: &Path) -> Vec<Call> {
    let text = fs::read_to_string(log).unwrap();
    let mut unfinished = BTreeMap::<&str, (usize, &str)>::new();
    let mut calls = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, (place, begun));
        } else if let Some(resumed) = rest.strip_prefix("<... ") {
            let Some((asked, begun)) = unfinished.remove(thread) else { continue };
            let Some((_, end)) = resumed.split_once(" resumed>") else { continue };
            calls.extend(call(asked, place, &format!("{begun}{end}")));
        } else {
            calls.extend(call(place, place, rest));
        }
    }
    calls.sort_by_key(|call| call.answered);
    calls
}

/// Whether the traced process is over and its log whole.
pub fn is_whole(log: &Path) -> bool {
    fs::read_to_string(log)
        .is_ok_and(|text| text.lines().last().is_some_and(|line| line.contains("+++ killed by")))
}

fn call(asked: usize, answered: usize, text: &str) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    // The result stands in a column of its own, behind as many spaces as it takes.
    let (arguments, returned) = rest.rsplit_once(" = ")?;
    let arguments = arguments.trim_end().strip_suffix(')')?;
    if returned.starts_with(['-', '?']) {
        return None;
    }
    // A socket's annotation has an arrow in it: the bracket that ends it stands before the comma.
    let first = arguments.split(", ").next()?;
    let on = first.split_once('<').map_or("", |(_, on)| on.strip_suffix('>').unwrap_or(on));
    let last = arguments.rsplit(", ").next()?;
    Some(Call {
        asked,
        answered,
        name: name.to_owned(),
        on: String::from_utf8_lossy(&unescaped(on)).into_owned(),
        data: carried(arguments),
        number: last.parse().unwrap_or(0),
    })
}

/// The octets of every quoted piece that is no address.
fn carried(arguments: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut pieces = arguments.split('"');
    let mut before = pieces.next().unwrap_or_default();
    while let (Some(quoted), after) = (pieces.next(), pieces.next()) {
        if !before.ends_with('(') {
            octets.extend(unescaped(quoted));
        }
        before = after.unwrap_or_default();
    }
    octets
}

/// `\x41` is `A`; whatever is not escaped stands for itself.
fn unescaped(text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len() / 4);
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let digits = others.get(1..3).filter(|_| rest.starts_with(b"\\x"));
        let octet = digits.and_then(|d| u8::from_str_radix(std::str::from_utf8(d).ok()?, 16).ok());
        octets.push(octet.unwrap_or(*first));
        rest = if octet.is_some() { &others[3..] } else { others };
    }
    octets
}
