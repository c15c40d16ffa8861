//! A ticket's history as sentences: what happened, who did it, in whose words.

use serde_json::{Map, Value};

use super::page::Lens;
use super::ticket_view::Names;
use crate::desk::candidates::rule_in_words;
use crate::domain::actor::{Actor, ActorKind};
use crate::domain::category::CategoryCode;
use crate::domain::ids::{FacilityId, StationId, VolunteerId};
use crate::domain::timestamp::Timestamp;
use crate::store::queries::case::HistoryLine;

/// One line of the history as the page shows it.
pub struct Entry {
    /// The day, where a new one begins.
    pub day: Option<String>,
    pub clock: String,
    pub full: String,
    /// What it is about: the part of its kind before the dot.
    pub group: String,
    pub text: String,
    pub by: String,
    /// Somebody's own words.
    pub words: Option<String>,
}

/// Details a sentence may mention; what a line does not say is shown as a dash.
const MENTIONED: &[&str] = &[
    "from",
    "to",
    "station",
    "asked",
    "second",
    "rules",
    "volunteer",
    "volunteers",
    "wave",
    "why",
    "rung",
    "reason",
    "level",
    "cause",
    "clock",
    "kind",
    "category",
    "tier",
    "urgency",
    "owner",
    "into",
    "number",
    "minutes",
    "until",
    "resolved",
    "satisfaction",
    "code",
    "try",
    "result",
    "window",
    "left",
    "slots",
    "tries",
    "contacts",
    "chosen_together",
];

/// The whole history, the first line first.
pub fn tell(history: &[HistoryLine], lens: &Lens<'_>, names: &Names) -> Vec<Entry> {
    let mut day = String::new();
    let before = std::iter::once(None).chain(history.iter().map(Some));
    history
        .iter()
        .zip(before)
        .filter(|(line, before)| {
            says_something(line) && !before.is_some_and(|before| says_it_too(before, line))
        })
        .map(|(line, _)| {
            let today = lens.zone().day(line.at);
            let new_day = (today != day).then(|| today.clone());
            day = today;
            entry(line, new_day, lens, names)
        })
        .collect()
}

/// A completion that filled nothing in is not told.
fn says_something(line: &HistoryLine) -> bool {
    let filled =
        |detail: &Value| detail.as_object().is_none_or(|all| all.values().any(|value| !value.is_null()));
    line.kind != "ticket.completed" || line.detail.as_ref().is_none_or(filled)
}

/// What was given back moved by that, and is told once.
fn says_it_too(before: &HistoryLine, line: &HistoryLine) -> bool {
    let moved = before.detail.as_ref().and_then(|detail| detail.get("move")).and_then(Value::as_str);
    line.kind == "ticket.returned" && moved == Some("return") && before.at == line.at
}

fn entry(line: &HistoryLine, day: Option<String>, lens: &Lens<'_>, names: &Names) -> Entry {
    let erased = line.detail.is_none();
    let detail = line.detail.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let mut text = sentence(&line.kind, &detail, lens, names);
    if erased {
        text = format!("{text} · {}", lens.w.t("erased"));
    }
    let words = ["words", "text", "note"].iter().find_map(|key| detail.get(*key)?.as_str());
    let noted = line.kind == "ticket.noted";
    let group = if noted { "note" } else { line.kind.split('.').next().unwrap_or_default() };
    Entry {
        day,
        clock: lens.zone().clock(line.at),
        full: lens.zone().full(line.at),
        group: group.to_owned(),
        // A sentence that names who did it need not say it twice.
        by: Some(who(&line.actor, lens, names)).filter(|by| !text.contains(by)).unwrap_or_default(),
        text,
        words: words.map(str::trim).filter(|words| !words.is_empty()).map(str::to_owned),
    }
}

/// The sentence of a kind of event; a move has one of its own, and a kind without any shows its name.
fn sentence(kind: &str, detail: &Map<String, Value>, lens: &Lens<'_>, names: &Names) -> String {
    let values: Vec<(&str, String)> = MENTIONED
        .iter()
        .map(|key| {
            let said = detail.get(*key).filter(|value| !value.is_null());
            let missing = || if *key == "category" { lens.category(None) } else { "–".into() };
            (*key, said.map_or_else(missing, |value| humanise(key, value, lens, names)))
        })
        .collect();
    let moved = detail.get("move").and_then(Value::as_str);
    let has = |key: &str| detail.get(key).is_some_and(|value| !value.is_null());
    let to_institution = has("facility");
    let own = moved.and_then(|mv| {
        let how = [to_institution.then_some("institution"), has("recoded").then_some("recoded")];
        let mut how = how.into_iter().flatten();
        let told = how.find_map(|how| lens.w.known(&format!("ev-move-{mv}-{how}"), &values));
        told.or_else(|| lens.w.known(&format!("ev-move-{mv}"), &values))
    });
    let key = format!("ev-{}", kind.replace('.', "-"));
    let against = detail.get("against").and_then(Value::as_str);
    // Who was sent by a station or an institution has no name here.
    let of_staff = kind.starts_with("visit.") && !has("volunteer");
    let special = [
        has("chosen_together").then_some("together"),
        to_institution.then_some("institution"),
        has("ended").then_some("ended"),
        has("role").then_some("part"),
        against,
        has("lone_visit").then_some("lone"),
        has("not_free").then_some("not_free"),
        has("not_allowed").then_some("not_allowed"),
        has("kept").then_some("kept"),
        of_staff.then_some("staff"),
    ];
    let special =
        special.into_iter().flatten().find_map(|how| lens.w.known(&format!("{key}-{how}"), &values));
    let told = own.or(special).or_else(|| lens.w.known(&key, &values));
    let mut text = told.unwrap_or_else(|| lens.w.t1("ev-unknown", "kind", kind));
    for extra in ["facility", "reason", "code"] {
        if let Some(value) = detail.get(extra).filter(|value| !value.is_null()) {
            text = format!("{text}{}{}", lens.w.t("colon"), humanise(extra, value, lens, names));
        }
    }
    text
}

/// A detail in the reader's words: names for ids, words for stored names, times for moments.
fn humanise(key: &str, value: &Value, lens: &Lens<'_>, names: &Names) -> String {
    match value {
        Value::Array(list) => match key {
            "volunteers" => list.len().to_string(),
            _ => {
                let each: Vec<String> = list.iter().map(|one| humanise(key, one, lens, names)).collect();
                each.join(&lens.w.t("comma"))
            }
        },
        Value::Object(parts) => match (parts.get("from"), parts.get("to").or_else(|| parts.get("until"))) {
            (Some(from), Some(to)) => {
                let inner = if key == "window" { "until" } else { key };
                format!("{} → {}", humanise(inner, from, lens, names), humanise(inner, to, lens, names))
            }
            _ => value.to_string(),
        },
        Value::Number(number) => {
            number.as_i64().map_or_else(|| number.to_string(), |n| of_number(key, n, lens, names))
        }
        Value::String(text) => of_name(key, text, lens),
        Value::Bool(yes) => lens.w.t(if *yes { "yes" } else { "no" }),
        Value::Null => String::new(),
    }
}

fn of_number(key: &str, n: i64, lens: &Lens<'_>, names: &Names) -> String {
    match key {
        "station" | "owner" | "from" | "to" => lens.board.places.station_name(StationId(n)),
        "volunteer" => names.volunteer(VolunteerId(n)),
        "facility" => names.facility(FacilityId(n)),
        "until" => lens.time(Timestamp::from_millis(n)),
        _ => n.to_string(),
    }
}

fn of_name(key: &str, name: &str, lens: &Lens<'_>) -> String {
    let groups: &[&str] = match key {
        "from" | "to" => &["state", "duty", "callback-state"],
        "why" => &["ladder", "why"],
        "cause" => &["cause"],
        "rung" => &["rung"],
        "reason" => &["reason"],
        "clock" => &["clock"],
        "kind" => &["handler"],
        "tier" => &["tier"],
        "resolved" => &["resolved"],
        "satisfaction" => &["satisfaction"],
        "code" => &["closure"],
        "result" => &["result"],
        "rules" => {
            let rule = rule_in_words(name);
            return rule.map_or_else(|| name.to_owned(), |why| why.in_language(lens.w.language).to_owned());
        }
        "category" => {
            let code = CategoryCode::parse(name).ok();
            return code.map_or_else(|| name.to_owned(), |code| lens.category(Some(&code)));
        }
        _ => return name.to_owned(),
    };
    let told = groups.iter().find_map(|group| lens.w.known(&format!("{group}-{name}"), &[]));
    told.unwrap_or_else(|| name.to_owned())
}

/// Who did it.
pub fn who(actor: &Actor, lens: &Lens<'_>, names: &Names) -> String {
    let user = actor.user.and_then(|user| names.users.get(&user));
    if let Some(name) = user {
        return format!("{name} {}", lens.w.name("actor", actor.kind.name()));
    }
    if let Some(volunteer) = actor.volunteer {
        return names.volunteer(volunteer);
    }
    match actor.kind {
        ActorKind::System => String::new(),
        ActorKind::Citizen
        | ActorKind::Volunteer
        | ActorKind::Operator
        | ActorKind::Dispatcher
        | ActorKind::Handler
        | ActorKind::CallbackOfficer
        | ActorKind::Supervisor
        | ActorKind::DutyOfficer
        | ActorKind::Institution
        | ActorKind::Ivr
        | ActorKind::Peer => lens.w.name("actor", actor.kind.name()),
    }
}
