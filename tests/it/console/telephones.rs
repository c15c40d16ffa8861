//! Operators of the office at their telephones, and callers who wait for them.

use std::time::Duration;

use yingda::desk::write::Write;
use yingda::domain::call::{Call, CallDirection, CallPart, CallResult, CallerTrust, Joins};
use yingda::domain::extension::{Extension, PhoneHashes};
use yingda::domain::ids::{CallId, StationId, UserId};
use yingda::domain::language::Language;
use yingda::domain::operator::{OperatorStanding, OperatorState};
use yingda::domain::queue::{QueueEntry, QueueState};
use yingda::keys::InstallationKeys;
use yingda::store::phones::Sealed;

use super::office::{Office, jurisdiction, number};

/// Gives a login a telephone, as `yingda user phone` does.
pub fn give(office: &Office, login: &str, extension: &str) -> UserId {
    let keys = InstallationKeys::open(&office.directory).unwrap();
    let extension = Extension::parse(extension).unwrap();
    let sealed = Sealed::of(&PhoneHashes { sha256: [1; 32], md5: [2; 16] }, &extension, &keys);
    let user = office.user(login);
    office.store.give_phone(user, extension, sealed, office.by()).unwrap();
    user
}

/// What an operator has been doing for a minute.
pub fn doing(office: &Office, user: UserId, state: OperatorState, call: Option<CallId>) -> Write {
    let since = office.clock.now() - Duration::from_secs(60);
    Write::Operator(OperatorStanding {
        user,
        jurisdiction: jurisdiction(),
        state,
        since,
        away: None,
        call,
        idle_since: since,
    })
}

/// Somebody who rang so many seconds ago.
pub fn call(office: &mut Office, from: &str, station: StationId, seconds: u64) -> Call {
    let now = office.clock.now();
    let started = now - Duration::from_secs(seconds);
    Call {
        id: office.chance.mint(now),
        jurisdiction: jurisdiction(),
        direction: CallDirection::Incoming,
        number: Some(number(from)),
        trust: CallerTrust::Verified,
        dialled: format!("12349{:03}", station.0),
        station,
        language: Language::Zh,
        person: None,
        volunteer: None,
        operator: None,
        joins: None,
        owed: None,
        held: false,
        muted: false,
        quality: None,
        attempt: None,
        ticket: None,
        recording: None,
        started_at: started,
        answered_at: Some(started),
        emergency_at: None,
        talked_at: None,
        ended_at: None,
        result: None,
        disposition: None,
    }
}

/// A telephone that has had a part in a call from its beginning.
pub fn leg(office: &mut Office, user: UserId, of: &Call, part: CallPart) -> Call {
    Call {
        direction: CallDirection::Outgoing,
        number: None,
        dialled: format!("ext:{}", user.0),
        operator: Some(user),
        joins: Some(Joins { to: of.id, part }),
        ..call(office, "13800000000", of.station, 50)
    }
}

/// The same, never answered and over.
pub fn missed(call: Call) -> Call {
    let ended_at = Some(call.started_at + Duration::from_secs(20));
    Call { answered_at: None, ended_at, result: Some(CallResult::Callback), ..call }
}

/// The wait of a call: since it began, and ended as said after so many seconds.
pub fn wait(call: &Call, state: QueueState, seconds: u64) -> QueueEntry {
    let over = state != QueueState::Waiting;
    QueueEntry {
        call: call.id,
        jurisdiction: jurisdiction(),
        station: call.station,
        language: call.language,
        urgent: false,
        state,
        queued_at: call.started_at,
        wished_at: call.started_at,
        said_place: None,
        ended_at: over.then(|| call.started_at + Duration::from_secs(seconds)),
        operator: None,
    }
}
