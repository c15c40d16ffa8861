//! How the words of the help line stand in columns: ids, moments, numbers and stable names.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::domain::actor::{ActorKind, Role};
use crate::domain::area::{AreaCode, AreaLevel, Point};
use crate::domain::assignment::{AssignmentKind, AssignmentState, HelperCall, VisitCode};
use crate::domain::call::{
    AttemptState, CallDirection, CallPart, CallPurpose, CallResult, CallerTrust, Disposition,
};
use crate::domain::callback::{CallbackReason, CallbackState};
use crate::domain::care::{CareAnswer, CareState};
use crate::domain::category::{CategoryCode, HandlerKind};
use crate::domain::clocks::{ClockCalendar, ClockKind};
use crate::domain::extension::{Extension, PhoneTransport};
use crate::domain::ids::{
    AssignmentId, AttemptId, CallId, CallbackId, CareCallId, CarePlanId, FacilityId, InputId, JurisdictionId,
    MarkId, MessageId, OfferId, PersonId, RecordingId, StaffId, StationId, SurveyId, TaskNoticeId, TicketId,
    UserId, VolunteerId, WorkItemId,
};
use crate::domain::inbox::InboxState;
use crate::domain::language::Language;
use crate::domain::message::TextState;
use crate::domain::offer::{OfferState, ReplyCode};
use crate::domain::opening::OpeningHours;
use crate::domain::operator::{AwayReason, OperatorState};
use crate::domain::person::{Gender, PersonFlag, PhoneConfidence};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::queue::QueueState;
use crate::domain::recording::RecordingPurpose;
use crate::domain::register::{CapacityKind, FacilityKind, IdNumberHash};
use crate::domain::safety::AbuseStep;
use crate::domain::settings::SettingsKind;
use crate::domain::station::Front;
use crate::domain::survey::{Resolved, Satisfaction, SurveyState};
use crate::domain::ticket::{
    Channel, ClosureCode, Confidentiality, Confirmer, PlaceBasis, Rung, TicketState, VoidReason,
};
use crate::domain::ticket_number::TicketNumber;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::{Tier, Urgency};
use crate::domain::volunteer::{CredentialKind, DutyState, Lifecycle, VolunteerKind};
use crate::domain::work_item::{WorkRole, WorkState};
use crate::store::outbox::PartState;

fn other<E: std::error::Error + Send + Sync + 'static>(error: E) -> FromSqlError {
    FromSqlError::Other(Box::new(error))
}

/// A column holds a name that no variant has.
#[derive(Debug, thiserror::Error)]
#[error("no {type_name} is called {name:?}")]
struct UnknownName {
    type_name: &'static str,
    name: String,
}

macro_rules! uuid_columns {
    ($($type:ident),+ $(,)?) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> { Ok(self.0.to_string().into()) }
        }
        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Uuid::try_parse(value.as_str()?).map(Self).map_err(other)
            }
        }
    )+};
}

uuid_columns! {
    CallId, TicketId, WorkItemId, OfferId, AssignmentId, CallbackId, SurveyId, MessageId, RecordingId, AttemptId,
    InputId, TaskNoticeId, MarkId, CareCallId,
}

macro_rules! integer_columns {
    ($($type:ident: $inner:ty),+ $(,)?) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> { self.0.to_sql() }
        }
        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <$inner>::column_result(value).map(Self)
            }
        }
    )+};
}

integer_columns! {
    PersonId: i64, VolunteerId: i64, StationId: i64, StaffId: i64, UserId: i64, FacilityId: i64, CarePlanId: i64, VisitCode: u16, ReplyCode: u16,
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_millis().into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Self::from_millis)
    }
}

impl ToSql for JurisdictionId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for JurisdictionId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        String::column_result(value).map(Self)
    }
}

macro_rules! parsed_columns {
    ($($type:ident),+ $(,)?) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> { self.as_str().to_sql() }
        }
        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::try_from(String::column_result(value)?).map_err(other)
            }
        }
    )+};
}

parsed_columns! { PhoneNumber, AreaCode, CategoryCode, Extension }

impl ToSql for OpeningHours {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for OpeningHours {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).map_err(other)
    }
}

impl ToSql for TicketNumber {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for TicketNumber {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).map_err(other)
    }
}

macro_rules! name_columns {
    ($($type:ident),+ $(,)?) => {
        $(
            impl ToSql for $type {
                fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> { self.name().to_sql() }
            }
            impl FromSql for $type {
                fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                    let name = value.as_str()?;
                    let unknown = || UnknownName { type_name: stringify!($type), name: name.to_owned() };
                    Self::parse(name).ok_or_else(|| other(unknown()))
                }
            }
        )+

        /// Every enum that is stored, with every name it is stored by: kept as a golden file.
        pub fn stored_names() -> Vec<(&'static str, Vec<&'static str>)> {
            vec![$((stringify!($type), $type::ALL.iter().map(|variant| variant.name()).collect())),+]
        }
    };
}

name_columns! {
    AbuseStep, ActorKind, AreaLevel, AssignmentKind, AssignmentState, AttemptState, CallDirection, CallPart, CallPurpose, CallResult,
    CallbackReason, CallbackState, CallerTrust, CareAnswer, CareState, CapacityKind, Channel, ClockCalendar, ClockKind, ClosureCode,
    Confidentiality, Confirmer, CredentialKind, Disposition, DutyState, FacilityKind,  Front, Gender, HandlerKind, HelperCall,
    AwayReason, InboxState, Language, Lifecycle, OfferState, OperatorState, PartState, QueueState, PersonFlag, PhoneConfidence, PhoneTransport, PlaceBasis, RecordingPurpose, Resolved, Role,
    Rung, Satisfaction, SettingsKind, SurveyState, TextState, TicketState, Tier, Urgency, VoidReason, VolunteerKind,
    WorkRole, WorkState,
}

impl ToSql for IdNumberHash {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.as_slice().to_sql()
    }
}

impl FromSql for IdNumberHash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(Self)
    }
}

/// A civil date as `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub jiff::civil::Date);

impl ToSql for Day {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl FromSql for Day {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(other)
    }
}

/// A small nested list in a JSON column, which no query looks into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        Ok(text.into())
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(other)
    }
}

/// Reads the two columns of a point; both or neither are set.
pub(super) fn point(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Point>> {
    let latitude_e7: Option<i32> = row.get("latitude_e7")?;
    let longitude_e7: Option<i32> = row.get("longitude_e7")?;
    Ok(latitude_e7.zip(longitude_e7).map(|(latitude_e7, longitude_e7)| Point { latitude_e7, longitude_e7 }))
}

/// The statement that puts a whole row in place of the one with its key.
///
/// `columns` and `key` are comma-separated names; values are bound as `?1…` in the order of `columns`.
pub(super) fn upsert(table: &str, columns: &str, key: &str) -> String {
    upsert_keeping(table, columns, key, &[])
}

/// As [`upsert`], but a row with `erased_at` keeps its `erasable` columns as they are.
pub(super) fn upsert_keeping(table: &str, columns: &str, key: &str, erasable: &[&str]) -> String {
    let names: Vec<&str> = columns.split(',').map(str::trim).collect();
    let keys: Vec<&str> = key.split(',').map(str::trim).collect();
    let marks: Vec<String> = (1..=names.len()).map(|n| format!("?{n}")).collect();
    let sets: Vec<String> = names
        .iter()
        .filter(|name| !keys.contains(name))
        .map(|name| {
            if erasable.contains(name) {
                format!(
                    "{name} = CASE WHEN {table}.erased_at IS NULL THEN excluded.{name} ELSE {table}.{name} END"
                )
            } else {
                format!("{name} = excluded.{name}")
            }
        })
        .collect();
    format!(
        "INSERT INTO {table} ({}) VALUES ({}) ON CONFLICT ({key}) DO UPDATE SET {}",
        names.join(", "),
        marks.join(", "),
        sets.join(", ")
    )
}
