//! Texts: every sentence the desk sends, as an outbox row in the step that caused it.

use std::time::Duration;

use super::Desk;
use super::draft::Draft;
use crate::domain::category::CategoryCode;
use crate::domain::ids::{JurisdictionId, MessageId, OfferId, StationId, SurveyId, TicketId};
use crate::domain::language::Language;
use crate::domain::message::{OutgoingText, TextState};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::ticket::Window;
use crate::domain::timestamp::Timestamp;
use crate::text::when::window_words;
use crate::text::words::Words;

/// A text that could not leave for this long is not sent any more: what it says would be wrong.
const STALE_AFTER: Duration = Duration::from_secs(12 * 3600);

/// A text about to be written into the outbox.
pub(super) struct Notice {
    pub to: PhoneNumber,
    pub words: Words,
    pub language: Language,
    pub ticket: Option<TicketId>,
    pub offer: Option<OfferId>,
    pub survey: Option<SurveyId>,
    pub not_after: Option<Timestamp>,
    /// Goes out at night too: an answer to somebody who just wrote, or work that cannot wait.
    pub at_once: bool,
}

impl Notice {
    pub fn new(to: PhoneNumber, words: Words) -> Self {
        Self {
            to,
            words,
            language: Language::Zh,
            ticket: None,
            offer: None,
            survey: None,
            not_after: None,
            at_once: true,
        }
    }

    pub fn about(mut self, ticket: TicketId) -> Self {
        self.ticket = Some(ticket);
        self
    }

    pub fn in_language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// Waits for the morning.
    pub fn by_day(mut self) -> Self {
        self.at_once = false;
        self
    }
}

impl Desk {
    /// Puts a text into the outbox; numbers that cannot take one are left out.
    pub(super) fn send(&mut self, notice: Notice, now: Timestamp) -> Option<MessageId> {
        // SAF-8: whoever is near the telephone would read it.
        if !notice.to.is_mobile() || !self.may_reach(&notice.to, now) {
            return None;
        }
        let rendered = self.rules.templates.render(notice.words, notice.language);
        let id = self.chance.mint(now);
        let not_before = if notice.at_once { now } else { self.rules.calendar.after_quiet_hours(now) };
        let text = OutgoingText {
            id,
            jurisdiction: self.jurisdiction.clone(),
            to: notice.to,
            template: rendered.template,
            parameters: rendered.parameters,
            body: rendered.body,
            ticket: notice.ticket,
            offer: notice.offer,
            survey: notice.survey,
            created_at: now,
            not_before,
            not_after: notice.not_after.unwrap_or(not_before + STALE_AFTER),
            quiet_exempt: notice.at_once,
            state: TextState::Waiting,
        };
        push(&mut self.draft, text);
        Some(id)
    }

    /// A category's short name in a text.
    pub(super) fn category_words(&self, code: Option<&CategoryCode>, language: Language) -> String {
        let category = code.and_then(|code| self.rules.catalogue.find(code));
        category.map_or_else(String::new, |category| match language {
            Language::En => category.en.clone(),
            Language::Zh | Language::Bo => category.zh.clone(),
        })
    }

    /// The street (never the door) of a ticket.
    pub(super) fn street_words(&self, ticket: TicketId) -> String {
        let area = self.cases.get(&ticket).and_then(|case| case.ticket.area.as_ref());
        let street = area.and_then(crate::domain::area::AreaCode::street);
        let named = street.and_then(|code| self.rules.areas.get(&code));
        named.map_or_else(String::new, |area| area.name.clone())
    }

    pub(super) fn window_words(&self, window: Window, language: Language, now: Timestamp) -> String {
        window_words(&self.rules.calendar, window, now, language)
    }

    /// What residents and volunteers dial to reach a station.
    pub(super) fn number_of(&self, station: StationId) -> String {
        self.stations.get(&station).map_or_else(String::new, |station| station.help_number.clone())
    }

    pub(super) fn jurisdiction_of(&self, station: StationId) -> JurisdictionId {
        self.stations.get(&station).map_or_else(|| self.jurisdiction.clone(), |s| s.jurisdiction.clone())
    }
}

fn push(draft: &mut Draft, text: OutgoingText) {
    draft.texts.push(text);
}
