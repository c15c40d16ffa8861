//! Recordings, heard in the browser by pieces; each hearing is written down.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::warn;

use super::failure::Failure;
use super::page::Lens;
use super::visit::Visit;
use crate::desk::write::EventDraft;
use crate::domain::ids::RecordingId;
use crate::domain::recording::Recording;
use crate::recordings::Recordings;
use crate::recordings::error::RecordingError;
use crate::store::error::StoreError;
use crate::store::queries::{case, live, tickets};

/// A recording in a list.
pub struct RecordingShown {
    pub purpose: String,
    pub at: String,
    pub length: String,
    /// It plays up to where it was cut, and whoever listens should know.
    pub cut: bool,
    /// Where it is heard; none for a role that may not.
    pub href: Option<String>,
}

pub(crate) fn shown(recordings: &[Recording], lens: &Lens<'_>, may_listen: bool) -> Vec<RecordingShown> {
    recordings
        .iter()
        .map(|recording| RecordingShown {
            purpose: lens.w.name("purpose", recording.purpose.name()),
            at: lens.time(recording.started_at),
            length: recording
                .length
                .map(|length| format!("{}:{:02}", length.as_secs() / 60, length.as_secs() % 60))
                .unwrap_or_default(),
            cut: !recording.complete,
            href: may_listen.then(|| format!("/recordings/{}", recording.id)),
        })
        .collect()
}

/// `GET /recordings/{id}`, whole or the range asked for.
pub(crate) async fn sound(
    visit: Visit,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let id: RecordingId = id.parse().map_err(|_| Failure::NotFound)?;
    let recording = allowed(&visit, id).await?;
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).and_then(Range::parse);
    // A player asks for many pieces of one hearing; the first is what is written down.
    if asked.is_none_or(|range| range.first == Some(0)) {
        note_hearing(&visit, &recording).await?;
    }
    let recordings = visit.app.recordings.clone();
    let read = move || piece(&recordings, id, asked);
    match tokio::task::spawn_blocking(read).await.expect("reading a sound does not panic") {
        Ok(piece) => Ok(answer(piece)),
        Err(RecordingError::NotFound) => Err(Failure::NotFound),
        Err(error) => {
            warn!(%error, recording = %id, "a recording could not be read");
            Err(Failure::Busy)
        }
    }
}

/// What of the sound goes back.
enum Piece {
    Whole(Vec<u8>),
    Part {
        from: u64,
        bytes: Vec<u8>,
        length: u64,
    },
    /// The range lies behind its end.
    Nothing {
        length: u64,
    },
}

/// Reads the range asked for, or as much of it as is answered at once: a player asks for the rest.
fn piece(recordings: &Recordings, id: RecordingId, asked: Option<Range>) -> Result<Piece, RecordingError> {
    let sound = recordings.play(id)?;
    let length = sound.wav_bytes();
    let Some(range) = asked else {
        let mut bytes = Vec::new();
        loop {
            let read = sound.read(bytes.len() as u64..length)?;
            if read.is_empty() {
                return Ok(Piece::Whole(bytes));
            }
            bytes.extend(read);
        }
    };
    let Some((from, until)) = range.within(length) else { return Ok(Piece::Nothing { length }) };
    Ok(Piece::Part { from, bytes: sound.read(from..until)?, length })
}

/// The recording, when its ticket or its call is within the user's stations.
async fn allowed(visit: &Visit, id: RecordingId) -> Result<Recording, Failure> {
    let found = visit
        .app
        .read(move |connection| -> Result<_, StoreError> {
            let Some(recording) = case::recording(connection, id)? else { return Ok(None) };
            let ticket = match recording.ticket {
                Some(ticket) => tickets::by_id(connection, ticket)?,
                None => None,
            };
            let call = live::call(connection, recording.call)?;
            Ok(Some((recording, ticket, call)))
        })
        .await?;
    let (recording, ticket, call) = found.ok_or(Failure::NotFound)?;
    let theirs = match (&ticket, &call) {
        (Some(ticket), _) => visit.user.sees(ticket),
        (None, Some(call)) => visit.user.sees_station(call.station),
        (None, None) => false,
    };
    if theirs { Ok(recording) } else { Err(Failure::NotFound) }
}

async fn note_hearing(visit: &Visit, recording: &Recording) -> Result<(), Failure> {
    let draft = EventDraft {
        at: visit.now,
        jurisdiction: recording.jurisdiction.clone(),
        actor: visit.actor(),
        entity: format!("recording:{}", recording.id),
        ticket: recording.ticket,
        kind: "recording.heard".into(),
        subject: None,
        detail: json!({}),
    };
    visit.audit(vec![draft]).await
}

/// One range of bytes, as RFC 9110 §14.1.2 writes it. Of several, none is taken and the whole is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    first: Option<u64>,
    last: Option<u64>,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
        let number = |text: &str| -> Option<Option<u64>> {
            if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
        };
        let range = Self { first: number(first.trim())?, last: number(last.trim())? };
        (range.first.is_some() || range.last.is_some()).then_some(range)
    }

    /// The first byte and the one after the last; none when nothing of it is there.
    fn within(self, length: u64) -> Option<(u64, u64)> {
        let (from, until) = match (self.first, self.last) {
            (Some(first), Some(last)) => (first, last.saturating_add(1).min(length)),
            (Some(first), None) => (first, length),
            (None, Some(count)) => (length.saturating_sub(count), length),
            (None, None) => (0, length),
        };
        (from < until).then_some((from, until))
    }
}

fn answer(piece: Piece) -> Response {
    let mut response = match piece {
        Piece::Whole(bytes) => bytes.into_response(),
        Piece::Part { from, bytes, length } => {
            let range = format!("bytes {from}-{}/{length}", from + (bytes.len() as u64).saturating_sub(1));
            let mut response = (StatusCode::PARTIAL_CONTENT, bytes).into_response();
            put(&mut response, header::CONTENT_RANGE, range);
            response
        }
        Piece::Nothing { length } => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            put(&mut response, header::CONTENT_RANGE, format!("bytes */{length}"));
            return response;
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

fn put(response: &mut Response, name: header::HeaderName, value: String) {
    let value = HeaderValue::try_from(value).expect("digits and dashes are visible ASCII");
    response.headers_mut().insert(name, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_what_is_there() {
        for (text, within) in [
            ("bytes=0-", Some((0, 100))),
            ("bytes=0-9", Some((0, 10))),
            ("bytes=90-200", Some((90, 100))),
            ("bytes=-20", Some((80, 100))),
            ("bytes=-200", Some((0, 100))),
            ("bytes=100-", None),
            ("bytes=9-3", None),
        ] {
            assert_eq!(Range::parse(text).unwrap().within(100), within, "{text}");
        }
        for text in ["", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,5-6", "items=0-1"] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }
}
