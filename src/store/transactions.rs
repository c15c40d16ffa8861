//! The named transactions of the store besides [`Store::commit`]: one line each says what it is.

use std::path::Path;
use std::time::Duration;

use rusqlite::Transaction;

use super::Store;
use super::archive;
use super::backup::{self, Beside};
use super::chain;
use super::erase::{self, Erasure};
use super::error::StoreError;
use super::expire;
use super::journal::{self, Journalled};
use super::outbox::{self, Inbound, PartNoted, PartState, Taken};
use super::phones::{self, Sealed};
use super::records::{self, By};
use super::rows;
use super::settings;
use super::users::{self, NewUser, Session, TokenHash};
use super::verify::{self, Verified, VerifyError};
use crate::desk::event::RecordChange;
use crate::desk::write::EventDraft;
use crate::domain::actor::Role;
use crate::domain::area::AdminArea;
use crate::domain::care::CarePlan;
use crate::domain::device::Device;
use crate::domain::extension::{Extension, PhoneBinding};
use crate::domain::ids::{InputId, JurisdictionId, MessageId, PersonId, RecordingId, StationId, UserId};
use crate::domain::language::Language;
use crate::domain::message::{InboundText, TextReport};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::Policy;
use crate::domain::register::{Facility, PersonRecord, StaffMember, VolunteerRecord};
use crate::domain::settings::SettingsKind;
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::keys::InstallationKeys;

impl Store {
    /// Runs one transaction on the writer.
    fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.shared.writer.run(move |writing| writing.transaction(|transaction, _| work(transaction)))
    }

    // ── records ─────────────────────────────────────────────────────────────────────────────────
    // All or nothing; each answers what the desk has to be told.

    /// # Errors
    /// When the store cannot be written.
    pub fn put_jurisdiction(&self, id: JurisdictionId, name: String) -> Result<(), StoreError> {
        self.transact(move |t| records::put_jurisdiction(t, &id, &name))
    }

    /// # Errors
    /// [`StoreError::Refused`] names the row that may not be.
    pub fn import_areas(&self, areas: Vec<AdminArea>, by: By) -> Result<Vec<RecordChange>, StoreError> {
        self.transact(move |t| records::import_areas(t, &areas, &by))
    }

    /// # Errors
    /// [`StoreError::Refused`] names the row that may not be.
    pub fn import_stations(&self, stations: Vec<Station>, by: By) -> Result<Vec<RecordChange>, StoreError> {
        self.transact(move |t| records::import_stations(t, &stations, &by))
    }

    /// # Errors
    /// [`StoreError::Refused`] names the row that may not be.
    pub fn import_people(&self, people: Vec<PersonRecord>, by: By) -> Result<Vec<RecordChange>, StoreError> {
        self.transact(move |t| records::import_people(t, &people, &by))
    }

    /// Volunteers who are there already keep the standing that the desk gave them.
    ///
    /// # Errors
    /// [`StoreError::Refused`] names the row that may not be.
    pub fn import_volunteers(
        &self,
        volunteers: Vec<VolunteerRecord>,
        by: By,
    ) -> Result<Vec<RecordChange>, StoreError> {
        self.transact(move |t| records::import_volunteers(t, &volunteers, &by))
    }

    /// Their persons are imported first.
    ///
    /// # Errors
    /// [`StoreError::Refused`] names the row that may not be.
    pub fn import_staff(&self, staff: Vec<StaffMember>, by: By) -> Result<(), StoreError> {
        self.transact(move |t| records::import_staff(t, &staff, &by))
    }

    /// # Errors
    /// [`StoreError::Refused`] names the row that may not be.
    pub fn import_devices(&self, devices: Vec<Device>, by: By) -> Result<Vec<RecordChange>, StoreError> {
        self.transact(move |t| records::import_devices(t, &devices, &by))
    }

    /// Adds or changes care plans; whom they are for is imported first.
    ///
    /// # Errors
    /// [`StoreError::Refused`] names the row that may not be.
    pub fn import_care_plans(&self, plans: Vec<CarePlan>, by: By) -> Result<Vec<RecordChange>, StoreError> {
        self.transact(move |t| records::import_care_plans(t, &plans, &by))
    }

    /// Adds or changes facilities.
    ///
    /// # Errors
    /// [`StoreError::Refused`] names the row that may not be.
    pub fn import_facilities(
        &self,
        facilities: Vec<Facility>,
        by: By,
    ) -> Result<Vec<RecordChange>, StoreError> {
        self.transact(move |t| records::import_facilities(t, &facilities, &by))
    }

    /// Adds the next version of menus, catalogue, calendars or templates.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn add_settings(&self, kind: SettingsKind, toml: String, by: By) -> Result<u32, StoreError> {
        self.transact(move |t| settings::add(t, kind, &toml, &by))
    }

    /// Appends lines of history in one transaction: somebody listened to a recording, opened a page, exported a table.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn audit(&self, drafts: Vec<EventDraft>) -> Result<(), StoreError> {
        self.transact(move |t| {
            for draft in &drafts {
                chain::append(t, draft)?;
            }
            Ok(())
        })
    }

    // ── logins ──────────────────────────────────────────────────────────────────────────────────

    /// # Errors
    /// [`StoreError::Refused`] when the login is taken.
    pub fn add_user(&self, user: NewUser, by: By) -> Result<UserId, StoreError> {
        self.transact(move |t| users::add(t, &user, &by))
    }

    /// # Errors
    /// [`StoreError::Refused`] when there is no such login.
    pub fn set_roles(&self, user: UserId, roles: Vec<(Role, StationId)>, by: By) -> Result<(), StoreError> {
        self.transact(move |t| users::set_roles(t, user, &roles, &by))
    }

    /// Ends every session of the login.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when there is no such login.
    pub fn set_password(&self, user: UserId, password_hash: String, by: By) -> Result<(), StoreError> {
        self.transact(move |t| users::set_password(t, user, &password_hash, &by))
    }

    /// Gives a login's telephones an extension and a password; those it had before are gone.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the extension is somebody else's.
    pub fn give_phone(
        &self,
        user: UserId,
        extension: Extension,
        sealed: Sealed,
        by: By,
    ) -> Result<(), StoreError> {
        self.transact(move |t| phones::give(t, user, &extension, &sealed, &by))
    }

    /// # Errors
    /// [`StoreError::Refused`] when the login has no telephone.
    pub fn take_phone(&self, user: UserId, by: By) -> Result<(), StoreError> {
        self.transact(move |t| phones::take(t, user, &by))
    }

    /// Says which languages a login speaks with residents.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when there is no such login, or none is named.
    pub fn set_speaks(&self, user: UserId, speaks: Vec<Language>, by: By) -> Result<(), StoreError> {
        self.transact(move |t| users::set_speaks(t, user, &speaks, &by))
    }

    /// Keeps where the telephones of an extension are: all of them.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn put_phone_bindings(
        &self,
        extension: Extension,
        bindings: Vec<PhoneBinding>,
    ) -> Result<(), StoreError> {
        self.transact(move |t| phones::put_bindings(t, &extension, &bindings))
    }

    /// Shuts a login out and ends its sessions, or lets it in again.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when there is no such login.
    pub fn set_disabled(&self, user: UserId, disabled: bool, by: By) -> Result<(), StoreError> {
        self.transact(move |t| users::set_disabled(t, user, disabled, &by))
    }

    /// # Errors
    /// When the store cannot be written.
    pub fn open_session(&self, session: Session, by: By) -> Result<(), StoreError> {
        self.transact(move |t| users::open_session(t, &session, &by))
    }

    /// Notes that a session was used; ask [`users::is_worth_noting`] first.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn touch_session(
        &self,
        token: TokenHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.transact(move |t| users::touch_session(t, token, expires_at, now))
    }

    /// # Errors
    /// When the store cannot be written.
    pub fn close_session(&self, token: TokenHash) -> Result<(), StoreError> {
        self.transact(move |t| users::close_session(t, token))
    }

    /// # Errors
    /// When the store cannot be written.
    pub fn close_sessions_of(&self, user: UserId) -> Result<(), StoreError> {
        self.transact(move |t| users::close_all(t, user))
    }

    // ── texts ───────────────────────────────────────────────────────────────────────────────────

    /// Takes waiting texts in hand, in order; what is taken is committed before it is answered.
    ///
    /// # Errors
    /// When the store cannot be written: nothing was taken.
    pub fn take_texts(&self, limit: u32, now: Timestamp) -> Result<Taken, StoreError> {
        self.transact(move |t| outbox::take(t, limit, now))
    }

    /// When the next waiting text may leave.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_text_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(outbox::next_at)
    }

    /// Texts that could not be handed over wait again, in their old place.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn give_back_texts(&self, ids: Vec<MessageId>) -> Result<(), StoreError> {
        self.transact(move |t| outbox::give_back(t, &ids))?;
        self.shared.texts_waiting.notify_one();
        Ok(())
    }

    /// A text that may not leave yet waits again, until `not_before`.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn postpone_text(&self, id: MessageId, not_before: Timestamp) -> Result<(), StoreError> {
        self.transact(move |t| outbox::postpone(t, id, not_before))
    }

    /// The centre accepted every part of a text; answers the report for the desk.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn text_left(
        &self,
        id: MessageId,
        provider_ids: Vec<String>,
        now: Timestamp,
    ) -> Result<TextReport, StoreError> {
        self.transact(move |t| outbox::left(t, id, &provider_ids, now))
    }

    /// Several texts of which the centre accepted every part, in one commit.
    ///
    /// # Errors
    /// When the store cannot be written: nothing was noted.
    pub fn texts_left(
        &self,
        left: Vec<(MessageId, Vec<String>, Timestamp)>,
    ) -> Result<Vec<TextReport>, StoreError> {
        self.transact(move |t| {
            left.iter().map(|(id, provider_ids, at)| outbox::left(t, *id, provider_ids, *at)).collect()
        })
    }

    /// A receipt for one part of a text to `from`, under any of the names the centre may mean.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn part_reported(
        &self,
        names: Vec<String>,
        from: Option<PhoneNumber>,
        state: PartState,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<PartNoted, StoreError> {
        self.transact(move |t| outbox::part_reported(t, &names, from.as_ref(), state, reason, now))
    }

    /// Notes what the centre said of a whole text (refused, expired).
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn text_reported(&self, report: TextReport) -> Result<(), StoreError> {
        self.transact(move |t| Ok(rows::text::report(t, &report)?))
    }

    /// Takes inbound texts in; only then may the centre be answered. The same words from the same number within
    /// `same_within` are one text.
    ///
    /// # Errors
    /// When the store cannot be written: do not acknowledge, the centre sends again.
    pub fn take_in(
        &self,
        texts: Vec<InboundText>,
        same_within: Duration,
    ) -> Result<Vec<Inbound>, StoreError> {
        self.transact(move |t| outbox::take_in(t, &texts, same_within))
    }

    // ── the machine's own ───────────────────────────────────────────────────────────────────────

    /// Sets an input apart whose handling panicked: it counts as seen and is never replayed.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn quarantine(
        &self,
        input: InputId,
        reason: String,
        body: Option<Vec<u8>>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.shared.writer.run(move |writing| {
            writing
                .transaction(|t, journal| Ok(journal.quarantine(t, input, now, &reason, body.as_deref())?))
        })
    }

    /// The inputs since a moment, in order, at most `limit`: what replay reads.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn journal(&self, since: Timestamp, limit: u32) -> Result<Vec<Journalled>, StoreError> {
        self.shared.writer.run(move |writing| writing.journal.since(&writing.connection, since, limit))
    }

    /// Notes that the desk is at work.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn beat(&self, now: Timestamp) -> Result<(), StoreError> {
        self.transact(move |t| journal::beat(t, now))
    }

    /// Forgets what has had its time: old inputs, sessions and telephones' registrations that ran out.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn prune(&self, now: Timestamp) -> Result<(), StoreError> {
        self.transact(move |t| {
            journal::prune(t, now)?;
            phones::prune(t, now)?;
            users::prune(t, now)
        })
    }

    /// Archives what was closed long ago and gives its recordings their last day; says how many tickets. Between
    /// two parts of a long list the desk commits.
    ///
    /// # Errors
    /// When the store cannot be written; what was archived before stays so.
    pub fn archive(&self, policy: &Policy, by: &By) -> Result<usize, StoreError> {
        let mut all = 0;
        loop {
            let (policy, by) = (policy.clone(), by.clone());
            let (done, more) = self.transact(move |t| archive::archive(t, &policy, &by))?;
            all += done;
            if !more {
                return Ok(all);
            }
        }
    }

    /// Marks the recordings whose last day has come, says how many, and empties the numbers of old calls and texts
    /// and what was written in them. Destroy the files of [`Store::recordings_to_destroy`] afterwards. Between two parts of it the desk commits.
    ///
    /// # Errors
    /// When the store cannot be written; what was taken before stays so.
    pub fn expire(&self, policy: &Policy, by: &By) -> Result<usize, StoreError> {
        let mut all = 0;
        loop {
            let (policy, by) = (policy.clone(), by.clone());
            let part = self.transact(move |t| expire::expire(t, &policy, &by))?;
            all += part.recordings;
            if !part.more {
                return Ok(all);
            }
        }
    }

    /// Appends the chain's head to the file that a cut tail is seen by: once a day, and at each start.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_chain_head(&self, now: Timestamp) -> Result<(), StoreError> {
        let directory = self.directory().to_owned();
        self.shared.writer.run(move |writing| verify::note_head(&writing.connection, &directory, now))
    }

    /// Walks the whole history and says whether anything was changed, taken out or cut off.
    ///
    /// # Errors
    /// The first fault, or that the store cannot be read.
    pub fn verify(&self) -> Result<Verified, VerifyError> {
        let directory = self.directory().to_owned();
        self.read(|connection| verify::verify(connection, &directory))
    }

    /// Erases one person: no byte of them is left in the database, and in its log none after [`Store::scrub`].
    ///
    /// Destroy the recordings it names, then call [`Store::recordings_destroyed`]; at each start do the same with
    /// [`Store::recordings_to_destroy`]. Queries and commits go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Refused`] says what has to be done first.
    pub fn erase_person(&self, person: PersonId, by: By) -> Result<Erasure, StoreError> {
        self.shared.writer.run(move |writing| {
            writing.transaction(|transaction, journal| erase::erase(transaction, journal, person, &by))
        })
    }

    /// Empties the log, so that nothing deleted is left in it: the last part of erasing. Queries and commits go on
    /// meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when a query ran on too long: what was deleted may still be in the log.
    pub fn scrub(&self) -> Result<(), StoreError> {
        /// Some seconds in all, for a query that reads of a moment before.
        const TRIES: u32 = 100;
        const BETWEEN: Duration = Duration::from_millis(50);
        for _ in 0..TRIES {
            if self.shared.writer.run(|writing| erase::scrub(&writing.connection))? {
                return Ok(());
            }
            std::thread::sleep(BETWEEN);
        }
        Err(StoreError::Busy)
    }

    /// Recordings that were erased and whose files may still be there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn recordings_to_destroy(&self) -> Result<Vec<RecordingId>, StoreError> {
        self.read(erase::to_destroy)
    }

    /// Notes that the files of erased recordings are gone.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn recordings_destroyed(&self, recordings: Vec<RecordingId>, by: By) -> Result<(), StoreError> {
        self.transact(move |t| erase::destroyed(t, &recordings, &by))
    }

    /// Writes a backup of one moment into a new directory while everything goes on; says how many files lie beside
    /// the database.
    ///
    /// # Errors
    /// When the directory is there already, or a file cannot be copied.
    pub fn backup(&self, to: &Path, beside: &Beside, by: &By) -> Result<u64, StoreError> {
        self.note_chain_head(by.at)?;
        backup::backup(self.directory(), to, beside, by)
    }

    /// Wraps the journal's keys and the telephones' passwords with the current one of `keys`; says how many.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn rewrap(&self, keys: InstallationKeys) -> Result<usize, StoreError> {
        self.transact(move |t| Ok(journal::rewrap(t, &keys)? + phones::rewrap(t, &keys)?))
    }
}
