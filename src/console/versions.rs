//! What the jurisdiction has laid down: menu, catalogue, calendars, policy, texts. Every version can be read, compared
//! with another, and followed by a new one, which is checked first.

use askama::Template;
use axum::extract::{Multipart, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::failure::Failure;
use super::office::{self, Errand, Outcome};
use super::page::{Lens, Page, Says, Section, show};
use super::visit::Visit;
use crate::domain::settings::SettingsKind;
use crate::store::error::StoreError;
use crate::store::settings::{self, SettingsVersion};
use crate::store::users;
use crate::text::difference::difference;

/// Largest text taken from a browser.
pub const TEXT_BYTES: usize = 1 << 20;

/// One version in a list.
struct VersionShown {
    number: u32,
    at: String,
    by: String,
    here: bool,
}

/// A kind with its version in force.
struct KindShown {
    kind: SettingsKind,
    newest: Option<VersionShown>,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct KindsPage {
    page: Page,
    kinds: Vec<KindShown>,
}

/// What is wrong, with the line it speaks of.
struct Problem {
    text: String,
    line: Option<(usize, String)>,
}

/// One line of a comparison.
struct DiffLine {
    sign: char,
    text: String,
}

#[derive(Template)]
#[template(path = "settings_kind.html")]
struct KindPage {
    page: Page,
    kind: SettingsKind,
    versions: Vec<VersionShown>,
    /// The version shown, with its lines; none before the first.
    shown: Option<(u32, Vec<String>)>,
    /// The version it is compared with, and what differs.
    against: Option<(u32, Vec<DiffLine>)>,
    newest: u32,
    typed: String,
    problems: Vec<Problem>,
    /// What a text that was only checked would change.
    would: Vec<DiffLine>,
    editing: bool,
}

/// `GET /settings`
pub(crate) async fn kinds(visit: Visit) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let lens = Lens::new(&visit, &board);
    let mut kinds = vec![];
    for kind in SettingsKind::ALL {
        let (versions, names) = read(&visit, *kind).await?;
        let newest = versions.first().map(|version| listed(version, &names, &lens, false));
        kinds.push(KindShown { kind: *kind, newest });
    }
    let html =
        KindsPage { kinds, page: Page::new(&visit, &board, Section::Settings, visit.w.t("nav-settings")) };
    show(StatusCode::OK, &html)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    version: String,
    against: String,
    /// The version that was added just before.
    did: String,
}

/// `GET /settings/{kind}`
pub(crate) async fn page(
    visit: Visit,
    Path(kind): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let kind = SettingsKind::parse(&kind).ok_or(Failure::NotFound)?;
    let says = asked.did.parse::<u32>().ok().map(|version| Says {
        refused: false,
        lines: vec![visit.w.t1("settings-added", "n", version), visit.w.t("settings-when")],
    });
    draw(&visit, kind, &asked, Draft { says, ..Draft::default() }, StatusCode::OK).await
}

/// What somebody typed, and what is said of it.
#[derive(Default)]
struct Draft {
    typed: Option<String>,
    problems: Vec<Problem>,
    would: Vec<DiffLine>,
    says: Option<Says>,
}

type Names = std::collections::BTreeMap<crate::domain::ids::UserId, String>;

async fn read(visit: &Visit, kind: SettingsKind) -> Result<(Vec<SettingsVersion>, Names), Failure> {
    let jurisdiction = visit.app.jurisdiction.clone();
    let found = visit
        .app
        .read(move |connection| -> Result<_, StoreError> {
            let versions = settings::versions(connection, &jurisdiction, kind)?;
            let mut names = Names::new();
            for user in versions.iter().filter_map(|version| version.created_by) {
                if let Some(found) = users::find(connection, user)? {
                    names.insert(user, found.name);
                }
            }
            Ok((versions, names))
        })
        .await?;
    Ok(found)
}

fn listed(version: &SettingsVersion, names: &Names, lens: &Lens<'_>, here: bool) -> VersionShown {
    let by = version.created_by.and_then(|user| names.get(&user).cloned());
    VersionShown {
        number: version.version,
        at: lens.zone().full(version.created_at),
        by: by.unwrap_or_else(|| lens.w.t("settings-by-program")),
        here,
    }
}

fn compared(old: &str, new: &str) -> Vec<DiffLine> {
    let line = |line: &str| DiffLine {
        sign: line.chars().next().unwrap_or(' '),
        text: line.get(1..).unwrap_or_default().to_owned(),
    };
    difference(old, new).lines().map(line).collect()
}

async fn draw(
    visit: &Visit,
    kind: SettingsKind,
    asked: &Asked,
    draft: Draft,
    status: StatusCode,
) -> Result<Response, Failure> {
    let (versions, names) = read(visit, kind).await?;
    let board = visit.app.live.now();
    let lens = Lens::new(visit, &board);
    let numbered = |text: &str| {
        let number: Option<u32> = text.parse().ok();
        versions.iter().find(|version| Some(version.version) == number)
    };
    let shown = numbered(&asked.version).or(versions.first());
    let against = match numbered(&asked.against) {
        Some(other) => Some(other),
        None => shown.and_then(|shown| versions.iter().find(|other| other.version < shown.version)),
    };
    let here = shown.map(|shown| shown.version);
    let name = visit.w.name("settings", kind.name());
    let newest = versions.first();
    let html = KindPage {
        kind,
        versions: versions.iter().map(|v| listed(v, &names, &lens, Some(v.version) == here)).collect(),
        shown: shown.map(|shown| (shown.version, shown.toml.lines().map(str::to_owned).collect())),
        against: against.zip(shown).map(|(other, shown)| (other.version, compared(&other.toml, &shown.toml))),
        newest: newest.map_or(0, |newest| newest.version),
        editing: draft.typed.is_some(),
        typed: draft.typed.unwrap_or_else(|| newest.map(|newest| newest.toml.clone()).unwrap_or_default()),
        problems: draft.problems,
        would: draft.would,
        page: Page::new(visit, &board, Section::Settings, name).says(draft.says),
    };
    show(status, &html)
}

/// What a browser sent.
#[derive(Default)]
struct Sent {
    toml: String,
    file: String,
    seen: u32,
    keep: bool,
}

/// `POST /settings/{kind}`: checks a text and, when asked to, makes it the next version.
pub(crate) async fn add(
    visit: Visit,
    Path(kind): Path<String>,
    form: Multipart,
) -> Result<Response, Failure> {
    let kind = SettingsKind::parse(&kind).ok_or(Failure::NotFound)?;
    let sent = sent(form).await?;
    let toml = if sent.file.trim().is_empty() { sent.toml } else { sent.file }.replace("\r\n", "\n");
    let newest = read(&visit, kind).await?.0.into_iter().next();
    let in_force = newest.as_ref().map_or(0, |newest| newest.version);
    let said = |refused, key: &str| Some(Says { refused, lines: vec![visit.w.t(key)] });
    let asked = Asked::default();
    if sent.keep && sent.seen != in_force {
        let draft = Draft { typed: Some(toml), says: said(true, "settings-stale"), ..Draft::default() };
        return draw(&visit, kind, &asked, draft, StatusCode::CONFLICT).await;
    }
    let errand = if sent.keep {
        Errand::AddSettings { kind, toml: toml.clone() }
    } else {
        Errand::CheckSettings { kind, toml: toml.clone() }
    };
    let outcome = office::carry_out(&visit, errand).await;
    let status = outcome.status();
    let draft = match outcome {
        Outcome::Added { version } => {
            return Ok(Redirect::to(&format!("/settings/{kind}?did={version}")).into_response());
        }
        Outcome::Sound | Outcome::Imported { .. } => Draft {
            would: compared(newest.as_ref().map_or("", |newest| &newest.toml), &toml),
            says: said(false, "settings-sound"),
            typed: Some(toml),
            ..Draft::default()
        },
        Outcome::Refused { why } => Draft {
            problems: why.lines().map(|line| problem(line, &toml)).collect(),
            says: said(true, "settings-wrong"),
            typed: Some(toml),
            ..Draft::default()
        },
        Outcome::BadRows(_) | Outcome::PhoneGiven { .. } | Outcome::Done => {
            Draft { typed: Some(toml), ..Draft::default() }
        }
    };
    draw(&visit, kind, &asked, draft, status).await
}

async fn sent(mut form: Multipart) -> Result<Sent, Failure> {
    let mut sent = Sent::default();
    while let Some(field) = form.next_field().await.map_err(|_| Failure::Unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        let text = field.text().await.map_err(|_| Failure::TooLarge)?;
        match name.as_str() {
            "toml" => sent.toml = text,
            "file" => sent.file = text,
            "seen" => sent.seen = text.parse().unwrap_or(0),
            "keep" => sent.keep = true,
            _ => {}
        }
    }
    Ok(sent)
}

/// A complaint with the line of the text it names: `file:12: …` or `line 12`.
fn problem(said: &str, toml: &str) -> Problem {
    let after = |mark: &str| {
        said.match_indices(mark).find_map(|(at, _)| {
            let digits: String = said[at + mark.len()..].chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<usize>().ok().filter(|line| *line > 0)
        })
    };
    let line = after("line ").or_else(|| after(":"));
    let found = line.and_then(|line| Some((line, toml.lines().nth(line - 1)?.to_owned())));
    Problem { text: said.to_owned(), line: found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_shows_the_line_it_speaks_of() {
        let toml = "a = 1\nb = 2\nc = 3\n";
        for (said, line) in [
            ("ivr.toml:2: key: problem; remedy", Some((2, "b = 2".to_owned()))),
            ("TOML parse error at line 3, column 1", Some((3, "c = 3".to_owned()))),
            ("the texts: missing: write it", None),
            ("ivr.toml:40: beyond the end", None),
        ] {
            assert_eq!(problem(said, toml).line, line, "{said}");
        }
    }
}
