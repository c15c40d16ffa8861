//! The desk's screen: server-rendered pages, a live board, a ticket with its whole history.
//!
//! Everything works with forms and links alone; `assets/console.js` makes it live and quick by keyboard.
//! The console changes nothing itself: what holds of tickets and calls is asked of the desk through
//! `Parts::commands`, records of its own (sessions) go through the store's transactions.

pub mod access;
mod act;
mod ask;
pub mod assets;
mod attending;
mod bands;
pub mod board;
mod board_page;
mod callbacks;
mod calls;
mod candidates;
mod care;
mod failure;
mod forms;
mod guard;
mod health;
pub mod hub;
mod imports;
mod inbox;
mod institutions;
mod intake;
mod intake_read;
mod limits;
mod live;
mod login;
mod me;
mod moves;
pub mod notice;
mod numbers;
pub mod office;
mod only_says;
mod own_password;
mod page;
mod papers;
pub mod password;
mod people;
pub mod places;
mod queue;
mod recording;
mod search;
mod seat;
pub mod settings;
pub mod sieve;
mod stations;
mod story;
mod talk;
mod ticket_page;
mod ticket_view;
mod tls;
mod user_phone;
mod users;
mod versions;
mod visit;
mod volunteers;
mod when;
mod words;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, oneshot, watch};

use crate::clock::Clock;
use crate::desk::command::{Command, CommandOutcome};
use crate::desk::event::Commander;
use crate::domain::category::Catalogue;
use crate::domain::ids::{Chance, JurisdictionId};
use crate::domain::phone_number::NumberingPlan;
use crate::recordings::Recordings;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::tls::Files;
use hub::{Change, Hub, Live};
use settings::Settings;
use when::Zone;

/// A question to the desk, and where its answer goes.
#[derive(Debug)]
pub struct CommandRequest {
    pub by: Commander,
    pub command: Command,
    pub reply: oneshot::Sender<CommandOutcome>,
}

/// The way to the desk.
pub type Commands = Box<dyn Fn(CommandRequest) -> bool + Send + Sync>;

/// What the console is made of.
pub struct Parts {
    pub settings: Settings,
    pub store: Store,
    pub recordings: Recordings,
    pub clock: Clock,
    pub chance: Chance,
    /// The catalogue in force.
    pub catalogue: watch::Receiver<Arc<Catalogue>>,
    /// Where records of the console itself belong.
    pub jurisdiction: JurisdictionId,
    pub numbering: NumberingPlan,
    /// Hands a question to the desk without waiting; false when the desk takes no more, which is 503 to the browser.
    pub commands: Commands,
    /// Carries out what the pages of the administration ask for.
    pub office: office::Office,
    /// Which rows each commit changed.
    pub changes: broadcast::Receiver<Change>,
    /// The health of each edge, as JSON; what is well says `"ok": true`.
    pub health: Box<dyn Fn() -> serde_json::Value + Send + Sync>,
    /// Prometheus text.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
}

/// What every request handler gets at.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub settings: Settings,
    pub store: Store,
    pub recordings: Recordings,
    pub clock: Clock,
    /// Held by whoever logs in, for the length of one draw of random bytes.
    pub chance: Mutex<Chance>,
    /// The catalogue in force.
    pub catalogue: watch::Receiver<Arc<Catalogue>>,
    /// Where records of the console itself belong.
    pub jurisdiction: JurisdictionId,
    pub numbering: NumberingPlan,
    pub commands: Commands,
    pub office: office::Office,
    pub health: Box<dyn Fn() -> serde_json::Value + Send + Sync>,
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
    pub live: Live,
    pub zone: Zone,
    pub limits: limits::Limits,
}

impl std::ops::Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// The catalogue in force.
    pub(crate) fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.borrow().clone()
    }

    /// Runs a query on a thread that may wait for the disk.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || store.read(query)).await.expect("a query does not panic")
    }
}

/// Builds the console and starts the task that keeps its board fresh.
///
/// # Errors
/// When the store cannot be read.
pub async fn app(parts: Parts) -> Result<Router, StoreError> {
    let zone = Zone::named(&parts.settings.time_zone);
    let (hub, live) =
        Hub::start(parts.store.clone(), parts.clock.clone(), zone.clone(), parts.changes).await?;
    tokio::spawn(hub.run());
    let app = App(Arc::new(Inner {
        settings: parts.settings,
        store: parts.store,
        recordings: parts.recordings,
        clock: parts.clock,
        chance: Mutex::new(parts.chance),
        catalogue: parts.catalogue,
        jurisdiction: parts.jurisdiction,
        numbering: parts.numbering,
        commands: parts.commands,
        office: parts.office,
        health: parts.health,
        metrics: parts.metrics,
        live,
        zone,
        limits: limits::Limits::default(),
    }));
    Ok(router(app))
}

/// Every route stands in `access::ROUTES` too, with what it needs; a test compares.
fn router(app: App) -> Router {
    let secure = app.settings.is_protected();
    Router::new()
        .route("/login", get(login::page).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/", get(board_page::front))
        .route("/me", get(me::page).post(me::change))
        .route("/me/password", post(own_password::change))
        .route("/keys", get(me::keys))
        .route("/board", get(board_page::page))
        .route("/live", get(live::stream))
        .route("/search", get(search::page))
        .route("/tickets/new", get(intake::blank).post(intake::open))
        .route("/tickets/{number}", get(ticket_page::page))
        .route("/tickets/{number}/candidates", get(candidates::page))
        .route("/tickets/{number}/institutions", get(institutions::choices))
        .route("/tickets/{number}/do/{action}", post(act::ticket))
        .route("/callbacks", get(callbacks::list))
        .route("/callbacks/{id}", get(callbacks::page))
        .route("/callbacks/{id}/do/{action}", post(callbacks::act))
        .route("/inbox", get(inbox::list))
        .route("/inbox/{id}", get(inbox::page))
        .route("/inbox/{id}/do/{action}", post(inbox::act))
        .route("/calls", get(calls::page))
        .route("/stations", get(stations::page))
        .route("/care", get(care::page))
        .route("/people", get(people::page))
        .route("/numbers", post(numbers::mark))
        .route("/volunteers/{id}/sad_event", post(volunteers::sad_event))
        .route("/recordings/{id}", get(recording::sound))
        .route("/users", get(users::page).post(users::add))
        .route("/users/{id}", get(users::user))
        .route("/users/{id}/do/{action}", post(users::act))
        .route("/imports", get(imports::page).post(imports::import).layer(takes(imports::FILE_BYTES)))
        .route("/settings", get(versions::kinds))
        .route("/settings/{kind}", get(versions::page).post(versions::add).layer(takes(versions::TEXT_BYTES)))
        .route("/clock", post(bands::confirm_clock))
        .route("/seat/do/{action}", post(seat::act))
        .route("/seat/call/{action}", post(talk::act))
        .route("/queue", get(queue::page))
        .route("/operators/{id}/do/{action}", post(queue::act))
        .route("/operators/{id}/attend/{how}", post(attending::act))
        .route("/static/{version}/{name}", get(assets::asset))
        .route("/healthz", get(health::healthz))
        .route("/metrics", get(health::metrics))
        .fallback(failure::no_such_page)
        .layer(DefaultBodyLimit::max(guard::BODY_BYTES))
        .layer(middleware::from_fn(guard::same_origin))
        .layer(middleware::from_fn(move |request, next| guard::headers(secure, request, next)))
        .with_state(app)
}

/// A route that takes more than a form: a file, with the room its wrapping needs.
fn takes(bytes: usize) -> DefaultBodyLimit {
    DefaultBodyLimit::max(bytes + guard::BODY_BYTES)
}

/// Open streams are given this long to end before they are cut.
const GRACE: Duration = Duration::from_secs(2);

/// Serves the console until `stop` resolves; over TLS when a certificate is given.
///
/// # Errors
/// When the certificate cannot be read or the listener fails.
pub async fn serve(
    listener: TcpListener,
    tls: Option<&Files>,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = oneshot::channel::<()>();
    let service = router.into_make_service_with_connect_info::<visit::Peer>();
    let stop = async {
        stop.await;
        stopping.send(()).ok();
    };
    let grace = async {
        stopped.await.ok();
        tokio::time::sleep(GRACE).await;
    };
    let serving: std::pin::Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>> = match tls {
        None => Box::pin(axum::serve(listener, service).with_graceful_shutdown(stop).into_future()),
        Some(tls) => {
            let listener = tls::TlsListener::new(listener, tls)?;
            Box::pin(axum::serve(listener, service).with_graceful_shutdown(stop).into_future())
        }
    };
    tokio::select! {
        ended = serving => ended,
        () = grace => Ok(()),
    }
}
