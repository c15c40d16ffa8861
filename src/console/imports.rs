//! A spreadsheet's rows into the registers, all or none; every bad row with its line and reason.

use askama::Template;
use axum::extract::Multipart;
use axum::http::StatusCode;
use axum::response::Response;

use super::failure::Failure;
use super::office::{self, Errand, Outcome, Register};
use super::page::{Page, Says, Section, show};
use super::visit::Visit;
use super::words::Words;
use crate::imports::BadRow;
use crate::imports::reason::Reason;

/// Largest file taken from a browser; larger ones go through the command line.
pub const FILE_BYTES: usize = 16 << 20;
/// Bad rows shown at most; the page says how many more there are.
const SHOWN: usize = 500;

/// A row that may not be imported, or is worth a look, in the reader's words.
struct BadShown {
    /// From 1, the header included, as an editor shows it.
    line: u64,
    reason: String,
}

/// Why not, in the reader's words; the column as the file calls it.
fn said(w: Words, reason: &Reason) -> String {
    let values: Vec<(&str, String)> = reason
        .values
        .iter()
        .map(|(name, value)| match *name {
            "tier" | "level" => (*name, w.name("tier", value)),
            _ => (*name, value.clone()),
        })
        .collect();
    let sentence = w.filled(&format!("row-{}", reason.why), &values);
    match reason.column {
        Some(column) => format!("{column}{}{sentence}", w.t("colon")),
        None => sentence,
    }
}

#[derive(Template)]
#[template(path = "imports.html")]
struct ImportsPage {
    page: Page,
    registers: Vec<(Register, bool)>,
    bad: Vec<BadShown>,
    /// Such rows that are not shown.
    hidden: usize,
}

/// `GET /imports`
pub(crate) async fn page(visit: Visit) -> Result<Response, Failure> {
    draw(&visit, None, None, vec![], StatusCode::OK)
}

fn draw(
    visit: &Visit,
    chosen: Option<Register>,
    says: Option<Says>,
    mut bad: Vec<BadRow>,
    status: StatusCode,
) -> Result<Response, Failure> {
    let board = visit.app.live.now();
    let hidden = bad.len().saturating_sub(SHOWN);
    bad.truncate(SHOWN);
    let bad = bad.iter().map(|row| BadShown { line: row.line, reason: said(visit.w, &row.reason) }).collect();
    let html = ImportsPage {
        registers: Register::ALL.iter().map(|register| (*register, chosen == Some(*register))).collect(),
        bad,
        hidden,
        page: Page::new(visit, &board, Section::Imports, visit.w.t("nav-imports")).says(says),
    };
    show(status, &html)
}

/// `POST /imports`
pub(crate) async fn import(visit: Visit, form: Multipart) -> Result<Response, Failure> {
    let w = visit.w;
    let (register, bytes) = read(form).await?;
    let refused = |key: &str| Some(Says { refused: true, lines: vec![w.t(key)] });
    let Some(register) = register else {
        return draw(&visit, None, refused("lacks-choice"), vec![], StatusCode::UNPROCESSABLE_ENTITY);
    };
    if bytes.is_empty() {
        let says = refused("import-no-file");
        return draw(&visit, Some(register), says, vec![], StatusCode::UNPROCESSABLE_ENTITY);
    }
    let outcome = office::carry_out(&visit, Errand::Import { register, bytes }).await;
    let status = outcome.status();
    let (says, bad) = match outcome {
        Outcome::Imported { rows, notes } => {
            (Says { refused: false, lines: vec![w.count("import-done", rows)] }, notes)
        }
        Outcome::BadRows(rows) => {
            (Says { refused: true, lines: vec![w.count("import-bad", rows.len())] }, rows)
        }
        Outcome::Refused { why } => {
            let lines = std::iter::once(w.t("import-refused")).chain(why.lines().map(str::to_owned));
            (Says { refused: true, lines: lines.collect() }, vec![])
        }
        Outcome::Sound | Outcome::Added { .. } | Outcome::PhoneGiven { .. } | Outcome::Done => {
            (Says { refused: false, lines: vec![] }, vec![])
        }
    };
    draw(&visit, Some(register), Some(says), bad, status)
}

async fn read(mut form: Multipart) -> Result<(Option<Register>, Vec<u8>), Failure> {
    let (mut register, mut bytes) = (None, vec![]);
    while let Some(field) = form.next_field().await.map_err(|_| Failure::Unreadable)? {
        match field.name() {
            Some("register") => {
                let name = field.text().await.map_err(|_| Failure::Unreadable)?;
                register = Register::parse(&name);
            }
            Some("file") => bytes = field.bytes().await.map_err(|_| Failure::TooLarge)?.to_vec(),
            Some(_) | None => {}
        }
    }
    Ok((register, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::imports::reason::Why;

    #[test]
    fn every_reason_of_a_bad_row_has_its_sentence_in_both_languages() {
        for why in Why::ALL {
            let key = format!("row-{why}");
            let zh = Words::new(Language::Zh).known(&key, &[]).unwrap_or_default();
            let en = Words::new(Language::En).known(&key, &[]).unwrap_or_default();
            assert!(!zh.is_empty() && !zh.is_ascii(), "no Chinese for {key}");
            assert!(!en.is_empty() && en != zh, "no English for {key}");
        }
    }
}
