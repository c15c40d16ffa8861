//! The frame around every page: navigation, figures, who is logged in.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::access::Need;
use super::board::{Board, Figures};
use super::failure::Failure;
use super::seat;
use super::visit::Visit;
use super::when::Zone;
use super::words::Words;
use super::{App, assets, bands};
use crate::domain::area::AreaCode;
use crate::domain::category::CategoryCode;
use crate::domain::language::Language;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::timestamp::Timestamp;

/// Where in the console a page lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Board,
    Intake,
    Queue,
    Callbacks,
    Inbox,
    Calls,
    Care,
    People,
    Stations,
    Users,
    Imports,
    Settings,
    Me,
}

/// The navigation, in its order; a reader's own settings stand apart.
const NAVIGATION: [Section; 12] = [
    Section::Board,
    Section::Intake,
    Section::Queue,
    Section::Callbacks,
    Section::Inbox,
    Section::Calls,
    Section::Care,
    Section::People,
    Section::Stations,
    Section::Users,
    Section::Imports,
    Section::Settings,
];

impl Section {
    /// Names its picture.
    pub fn name(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Intake => "new",
            Self::Queue => "queue",
            Self::Callbacks => "callbacks",
            Self::Inbox => "inbox",
            Self::Calls => "calls",
            Self::Care => "care",
            Self::People => "people",
            Self::Stations => "stations",
            Self::Users => "users",
            Self::Imports => "imports",
            Self::Settings => "settings",
            Self::Me => "me",
        }
    }

    pub fn path(self) -> &'static str {
        match self {
            Self::Board => "/board",
            Self::Intake => "/tickets/new",
            Self::Queue => "/queue",
            Self::Callbacks => "/callbacks",
            Self::Inbox => "/inbox",
            Self::Calls => "/calls",
            Self::Care => "/care",
            Self::People => "/people",
            Self::Stations => "/stations",
            Self::Users => "/users",
            Self::Imports => "/imports",
            Self::Settings => "/settings",
            Self::Me => "/me",
        }
    }

    /// The key that leads there after `g`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Board => "b",
            Self::Intake => "n",
            Self::Queue => "q",
            Self::Callbacks => "c",
            Self::Inbox => "x",
            Self::Calls => "l",
            Self::Care => "a",
            Self::People => "p",
            Self::Stations => "s",
            Self::Users => "u",
            Self::Imports => "i",
            Self::Settings => "t",
            Self::Me => "m",
        }
    }

    /// The name of the sentence that names it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Board => "nav-board",
            Self::Intake => "nav-new",
            Self::Queue => "nav-queue",
            Self::Callbacks => "nav-callbacks",
            Self::Inbox => "nav-inbox",
            Self::Calls => "nav-calls",
            Self::Care => "nav-care",
            Self::People => "nav-people",
            Self::Stations => "nav-stations",
            Self::Users => "nav-users",
            Self::Imports => "nav-imports",
            Self::Settings => "nav-settings",
            Self::Me => "nav-me",
        }
    }

    fn need(self) -> Need {
        match self {
            Self::Board | Self::Calls => Need::Tickets,
            Self::Intake => Need::Intake,
            Self::Queue => Need::Queue,
            Self::Callbacks => Need::Callbacks,
            Self::Inbox => Need::Inbox,
            Self::Care | Self::People => Need::Register,
            Self::Users | Self::Imports | Self::Settings => Need::Administer,
            Self::Stations | Self::Me => Need::SignedIn,
        }
    }
}

/// One figure of the strip at the top.
pub struct Figure {
    pub name: &'static str,
    pub text: String,
    pub bad: bool,
}

/// What happened to what was just asked for.
#[derive(Debug, Clone)]
pub struct Says {
    pub refused: bool,
    pub lines: Vec<String>,
}

/// What the frame shows, and what templates ask for names and times.
pub struct Page {
    pub w: Words,
    pub theme: &'static str,
    pub keys: bool,
    pub assets: &'static str,
    pub here: Section,
    pub title: String,
    pub user_name: String,
    pub user_station: String,
    pub nav: Vec<Section>,
    pub figures: Vec<Figure>,
    pub callbacks: Figures,
    pub seq: i64,
    /// The stream that keeps the page fresh; empty for none.
    pub live: String,
    /// Where the page is read, for one that is also drawn in answer to its forms; else empty.
    pub own: String,
    pub now: Timestamp,
    pub says: Option<Says>,
    /// What is broken in the house.
    pub bands: String,
    /// The reader's place at the telephone; empty for who has none.
    pub seat: String,
}

impl Page {
    pub fn new(visit: &Visit, board: &Board, here: Section, title: String) -> Self {
        let figures = board.figures(&visit.user, visit.now);
        let strip = if visit.may(Need::Tickets) { figures.strip().to_vec() } else { vec![] };
        let station = visit.user.stations().first().map(|id| board.places.station_name(*id));
        let nav = NAVIGATION.into_iter().filter(|section| visit.may(section.need()));
        let seat = seat::drawn(visit, board);
        // Who answers telephones is told on every page what theirs does.
        let live = if seat.is_empty() { String::new() } else { "/live?ticket=-".into() };
        Self {
            w: visit.w,
            theme: visit.likes.theme,
            keys: visit.likes.keys,
            assets: assets::version(),
            here,
            title,
            user_name: visit.user.name.clone(),
            user_station: station.unwrap_or_default(),
            nav: nav.collect(),
            figures: strip.into_iter().map(|(name, text, bad)| Figure { name, text, bad }).collect(),
            callbacks: figures,
            seq: board.seq,
            live,
            own: String::new(),
            now: visit.now,
            says: None,
            bands: bands::drawn(visit),
            seat,
        }
    }

    pub fn live(mut self, stream: impl Into<String>) -> Self {
        self.live = stream.into();
        self
    }

    pub fn own(mut self, path: impl Into<String>) -> Self {
        self.own = path.into();
        self
    }

    pub fn says(mut self, says: Option<Says>) -> Self {
        self.says = says;
        self
    }

    pub fn now_ms(&self) -> i64 {
        self.now.as_millis()
    }

    /// The number beside an entry of the navigation.
    pub fn nav_count(&self, section: &Section) -> Option<(&'static str, usize, bool)> {
        match section {
            Section::Callbacks => {
                Some(("callbacks", self.callbacks.callbacks, self.callbacks.callbacks_overdue > 0))
            }
            Section::Inbox => Some(("inbox", self.callbacks.inbox, self.callbacks.inbox_overdue > 0)),
            Section::Calls => Some(("calls", self.callbacks.calls, false)),
            Section::Queue => Some(("waiting", self.callbacks.waiting, false)),
            Section::Board
            | Section::Intake
            | Section::Care
            | Section::People
            | Section::Stations
            | Section::Users
            | Section::Imports
            | Section::Settings
            | Section::Me => None,
        }
    }
}

/// Names and times as one reader sees them.
#[derive(Clone)]
pub struct Lens<'a> {
    pub w: Words,
    pub app: &'a App,
    pub board: &'a Board,
    pub now: Timestamp,
}

impl<'a> Lens<'a> {
    pub fn new(visit: &'a Visit, board: &'a Board) -> Self {
        Self { w: visit.w, app: &visit.app, board, now: visit.now }
    }

    pub fn zone(&self) -> &Zone {
        &self.app.zone
    }

    /// The category's name in the reader's language, or what is said when there is none.
    pub fn category(&self, code: Option<&CategoryCode>) -> String {
        let Some(code) = code else { return self.w.t("no-category") };
        match self.app.catalogue().find(code) {
            None => code.to_string(),
            Some(category) => match self.w.language {
                Language::En => category.en.clone(),
                Language::Zh | Language::Bo => category.zh.clone(),
            },
        }
    }

    pub fn area(&self, code: Option<&AreaCode>) -> String {
        code.map_or_else(String::new, |code| self.board.places.area_name(code))
    }

    /// As people of the country write it; an erased one says so.
    pub fn number(&self, number: Option<&PhoneNumber>) -> String {
        match number {
            None => self.w.t("number-withheld"),
            Some(number) if number.as_str().trim_start_matches(['+', '0']).is_empty() => self.w.t("erased"),
            Some(number) => number.national(&self.app.numbering),
        }
    }

    pub fn time(&self, moment: Timestamp) -> String {
        self.zone().short(moment, self.now)
    }
}

/// Renders a page.
pub(crate) fn show(status: StatusCode, page: &impl Template) -> Result<Response, Failure> {
    Ok((status, Html(page.render()?)).into_response())
}
