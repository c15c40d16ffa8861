//! Joins the console to the desk and the store: commands one way, committed changes the other.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::house::House;
use super::inbox::Post;
use crate::console::hub::Change;
use crate::console::settings::Settings;
use crate::console::{self, CommandRequest, Parts};
use crate::domain::category::Catalogue;
use crate::domain::ids::{Chance, JurisdictionId};
use crate::domain::phone_number::NumberingPlan;
use crate::phone::Phone;
use crate::recordings::Recordings;

/// What the console is given besides the house.
pub struct Screens {
    pub settings: Settings,
    pub catalogue: Arc<Catalogue>,
    pub jurisdiction: JurisdictionId,
    pub numbering: NumberingPlan,
    pub changes: broadcast::Receiver<Change>,
    pub chance: Chance,
    /// How the link to the SMS centre is; null where there is none.
    pub sms_health: Box<dyn Fn() -> serde_json::Value + Send + Sync>,
}

/// Opens the console and serves it until `stop`; answers where it listens.
///
/// # Errors
/// When the address is not allowed or taken.
pub async fn open(screens: Screens, house: &House, stop: CancellationToken) -> anyhow::Result<SocketAddr> {
    screens.settings.check()?;
    let listener = TcpListener::bind(screens.settings.listen)
        .await
        .with_context(|| format!("listen on {} for the console", screens.settings.listen))?;
    let address = listener.local_addr().context("ask where the console listens")?;
    let inbox = house.inbox.clone();
    let commands = Box::new(move |request: CommandRequest| {
        let CommandRequest { by, command, reply } = request;
        inbox.put(Post::Command { by, command, reply }).is_ok()
    });
    let tls = screens.settings.tls.clone();
    let phone = house.phone.clone();
    let sms = screens.sms_health;
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
        changes: screens.changes,
        health: {
            let phone = phone.clone();
            let recordings = house.recordings.clone();
            Box::new(move || health(&phone, &recordings, &sms()))
        },
        metrics: Box::new(move || metrics(&phone)),
    };
    let router = console::app(parts).await.context("open the console")?;
    tokio::spawn(async move {
        if let Err(error) = console::serve(listener, tls.as_ref(), router, stop.cancelled_owned()).await {
            error!(%error, "the console ended");
        }
    });
    Ok(address)
}

fn health(phone: &Phone, recordings: &Recordings, sms: &serde_json::Value) -> serde_json::Value {
    let recordings = recordings.health();
    let phone = phone.health();
    json!({
        "phone": { "ok": phone.alive, "calls": phone.calls, "turned_away": phone.calls_turned_away },
        "recordings": { "ok": !recordings.failing, "failed": recordings.failed, "waiting": recordings.waiting },
        "sms": sms,
    })
}

/// Prometheus text: counters of the telephones.
fn metrics(phone: &Phone) -> String {
    let health = phone.health();
    let lines = [
        ("yingda_calls", "gauge", health.calls),
        ("yingda_calls_in_total", "counter", health.calls_in),
        ("yingda_calls_out_total", "counter", health.calls_out),
        ("yingda_calls_turned_away_total", "counter", health.calls_turned_away),
        ("yingda_calls_not_understood_total", "counter", health.calls_not_understood),
        ("yingda_reports_lost_total", "counter", health.reports_lost),
        ("yingda_media_ticks_skipped_total", "counter", health.ticks_skipped),
        ("yingda_sip_passed_total", "counter", health.sip_passed),
        ("yingda_sip_repaired_total", "counter", health.sip_repaired),
        ("yingda_sip_connections_refused_total", "counter", health.sip_connections_refused),
        ("yingda_sip_refused_total", "counter", health.sip_refused),
        ("yingda_sip_dropped_total", "counter", health.sip_dropped),
        ("yingda_sip_held_back_total", "counter", health.sip_held_back),
    ];
    lines.iter().map(|(name, kind, value)| format!("# TYPE {name} {kind}\n{name} {value}\n")).collect()
}
