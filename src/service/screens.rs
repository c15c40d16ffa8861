//! Joins the console to the desk and the store: commands one way, committed changes the other.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::house::House;
use super::inbox::Post;
use super::vitals::Vitals;
use crate::console::hub::Change;
use crate::console::settings::Settings;
use crate::console::{self, CommandRequest, Parts};
use crate::domain::category::Catalogue;
use crate::domain::ids::{Chance, JurisdictionId};
use crate::domain::phone_number::NumberingPlan;
use crate::phone::{Phone, TrunkHealth};
use crate::recordings::Recordings;
use crate::sms::counters::Counters;

/// What the console is given besides the house.
pub struct Screens {
    pub settings: Settings,
    pub catalogue: watch::Receiver<Arc<Catalogue>>,
    pub jurisdiction: JurisdictionId,
    pub numbering: NumberingPlan,
    pub changes: broadcast::Receiver<Change>,
    pub chance: Chance,
    /// Carries out what the pages of the administration ask for.
    pub office: console::office::Office,
    /// How the link to the SMS centre is; null where there is none.
    pub sms_health: Box<dyn Fn() -> serde_json::Value + Send + Sync>,
    /// What the link did.
    pub sms_counters: Option<Arc<Counters>>,
}

/// Opens the console and serves it until `stop`; answers where it listens.
///
/// # Errors
/// When the address is not allowed or taken.
pub async fn open(screens: Screens, house: &House, stop: CancellationToken) -> anyhow::Result<SocketAddr> {
    let (listener, address) = listen(&screens.settings).await?;
    let inbox = house.inbox.clone();
    let commands = Box::new(move |request: CommandRequest| {
        let CommandRequest { by, command, reply } = request;
        inbox.put(Post::Command { by, command, reply }).is_ok()
    });
    let tls = screens.settings.tls.clone();
    let phone = house.phone.clone();
    let (sms, counted) = (screens.sms_health, screens.sms_counters);
    let parts = Parts {
        settings: screens.settings,
        store: house.store.clone(),
        recordings: house.recordings.clone(),
        clock: house.clock.clone(),
        chance: screens.chance,
        catalogue: screens.catalogue,
        jurisdiction: screens.jurisdiction,
        numbering: screens.numbering,
        commands,
        office: screens.office,
        changes: screens.changes,
        health: {
            let (phone, vitals, recordings) = (phone.clone(), house.vitals.clone(), house.recordings.clone());
            Box::new(move || health(&phone, sms(), &vitals, &recordings))
        },
        metrics: {
            let (vitals, recordings) = (house.vitals.clone(), house.recordings.clone());
            Box::new(move || metrics(&phone, counted.as_deref(), &vitals, &recordings))
        },
    };
    let router = console::app(parts).await.context("open the console")?;
    tokio::spawn(async move {
        if let Err(error) = console::serve(listener, tls.as_ref(), router, stop.cancelled_owned()).await {
            error!(%error, "the console ended");
        }
    });
    Ok(address)
}

/// What stands where the console will be while the store cannot be opened.
pub struct Notice {
    pub address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Notice {
    /// # Errors
    /// When the address is not allowed or taken.
    pub async fn open(settings: &Settings, phone: Arc<Phone>, vitals: Arc<Vitals>) -> anyhow::Result<Self> {
        let (listener, address) = listen(settings).await?;
        let health = move || {
            let parts = vitals.health().into_iter().chain([health_of(&phone)]).chain(trunks_of(&phone));
            parts.map(|(name, said)| (name.to_owned(), said)).collect::<serde_json::Map<_, _>>().into()
        };
        let (stop, tls) = (CancellationToken::new(), settings.tls.clone());
        let router = console::notice::app(Box::new(health), settings.is_protected());
        let stopped = stop.clone().cancelled_owned();
        let serving = tokio::spawn(async move {
            if let Err(error) = console::serve(listener, tls.as_ref(), router, stopped).await {
                error!(%error, "the console's notice ended");
            }
        });
        Ok(Self { address, stop, serving })
    }

    /// Gives the address free.
    pub async fn take_down(self) {
        self.stop.cancel();
        if self.serving.await.is_err() {
            error!("the console's notice panicked");
        }
    }
}

async fn listen(settings: &Settings) -> anyhow::Result<(TcpListener, SocketAddr)> {
    settings.check()?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("listen on {} for the console", settings.listen))?;
    let address = listener.local_addr().context("ask where the console listens")?;
    Ok((listener, address))
}

fn health_of(phone: &Phone) -> (&'static str, serde_json::Value) {
    let phone = phone.health();
    ("phone", json!({ "ok": phone.alive, "calls": phone.calls, "turned_away": phone.calls_turned_away }))
}

/// How the lines to the telephone network are; nothing where there are none.
fn trunks_of(phone: &Phone) -> Option<(&'static str, serde_json::Value)> {
    let trunks = phone.trunks();
    let ok = trunks.iter().all(|trunk| trunk.ok);
    (!trunks.is_empty()).then(|| ("trunks", json!({ "ok": ok, "trunks": trunks })))
}

/// What each part says of itself; one that says `"ok": false` makes `/healthz` answer 503.
fn health(
    phone: &Phone,
    sms: serde_json::Value,
    vitals: &Vitals,
    recordings: &Recordings,
) -> serde_json::Value {
    let recordings = recordings.health();
    let mut parts = serde_json::Map::new();
    let of_these = vitals.health().into_iter().chain([health_of(phone)]).chain(trunks_of(phone));
    parts.extend(of_these.map(|(name, said)| (name.to_owned(), said)));
    parts.extend([
        (
            "recordings".to_owned(),
            json!({ "ok": !recordings.failing, "failed": recordings.failed, "waiting": recordings.waiting }),
        ),
        ("sms".to_owned(), sms),
    ]);
    parts.into()
}

/// Prometheus text: figures of telephones, texts, desk, store, clock and recordings.
fn metrics(phone: &Phone, sms: Option<&Counters>, vitals: &Vitals, recordings: &Recordings) -> String {
    let health = phone.health();
    let of_phone = [
        ("yingda_phone_up", "gauge", u64::from(health.alive)),
        ("yingda_calls", "gauge", health.calls),
        ("yingda_calls_in_total", "counter", health.calls_in),
        ("yingda_calls_out_total", "counter", health.calls_out),
        ("yingda_calls_turned_away_total", "counter", health.calls_turned_away),
        ("yingda_calls_not_understood_total", "counter", health.calls_not_understood),
        ("yingda_calls_moved_on_total", "counter", health.calls_moved_on),
        ("yingda_reports_lost_total", "counter", health.reports_lost),
        ("yingda_media_ticks_skipped_total", "counter", health.ticks_skipped),
        ("yingda_sip_passed_total", "counter", health.sip_passed),
        ("yingda_sip_repaired_total", "counter", health.sip_repaired),
        ("yingda_sip_connections_refused_total", "counter", health.sip_connections_refused),
        ("yingda_sip_refused_total", "counter", health.sip_refused),
        ("yingda_sip_dropped_total", "counter", health.sip_dropped),
        ("yingda_sip_held_back_total", "counter", health.sip_held_back),
        ("yingda_sip_shed_total", "counter", health.sip_shed),
        ("yingda_phone_passwords_refused_total", "counter", health.phone_passwords_refused),
        ("yingda_phone_passwords_held_back_total", "counter", health.phone_passwords_held_back),
    ];
    let recordings = recordings.health();
    let of_recordings = [
        ("yingda_recordings_open", "gauge", recordings.open),
        ("yingda_recordings_finished_total", "counter", recordings.finished),
        ("yingda_recordings_failed_total", "counter", recordings.failed),
    ];
    let of_texts = sms.into_iter().flat_map(Counters::metrics).map(|(name, value)| (name, "counter", value));
    let counted = of_phone.into_iter().chain(of_recordings).chain(of_texts);
    let counted = counted.map(|(name, kind, value)| (name, kind, i64::try_from(value).unwrap_or(i64::MAX)));
    let line = |(name, kind, value): (&str, &str, i64)| format!("# TYPE {name} {kind}\n{name} {value}\n");
    counted.chain(vitals.metrics()).map(line).chain([of_trunks(phone)]).collect()
}

/// The same of each trunk, by its name.
fn of_trunks(phone: &Phone) -> String {
    let trunks = phone.trunks();
    type Figure = fn(&TrunkHealth) -> Option<u64>;
    let figures: [(&str, &str, Figure); 3] = [
        ("yingda_trunk_up", "gauge", |trunk| Some(trunk.ok.into())),
        ("yingda_trunk_registered", "gauge", |trunk| trunk.registered.map(u64::from)),
        ("yingda_trunk_let_down_total", "counter", |trunk| Some(trunk.let_down)),
    ];
    let mut text = String::new();
    for (name, kind, figure) in figures {
        let said = trunks.iter().filter_map(|trunk| Some((trunk, figure(trunk)?)));
        let lines: String = said
            .map(|(trunk, value)| {
                let label = trunk.name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
                format!("{name}{{trunk=\"{label}\"}} {value}\n")
            })
            .collect();
        if !lines.is_empty() {
            text.push_str(&format!("# TYPE {name} {kind}\n{lines}"));
        }
    }
    text
}
