//! `yingda serve`: the help line at work, and the one screen that says where it can be reached.

use std::path::Path;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::office::beside;
use super::{Place, Verdict, logging};
use crate::config::Settings;
use crate::service::house::{Ground, Plan};
use crate::service::run::{Addresses, Running, ServicePlan};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::queries::places;
use crate::store::settings::SettingsKind;
use crate::store::users;

/// Stations shown on the screen; the rest are counted.
const STATIONS_SHOWN: usize = 12;

pub(super) fn serve(place: &Place) -> anyhow::Result<Verdict> {
    let settings = place.settings()?;
    logging::start(&settings.log);
    let ground = Ground::open(&settings.data_dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start the runtime")?;
    runtime.block_on(async {
        // Before the screen says that the line is there: a stop at that moment is a stop in good order.
        let stop = told_to_stop()?;
        let running = Running::open(plan(&settings, &place.file()), ground).await?;
        print!("{}", screen(&settings, &running.house.store, running.addresses)?);
        running.until(stop).await.map(|()| Verdict::Good)
    })
}

fn plan(settings: &Settings, file: &Path) -> ServicePlan {
    let named = |kind: &SettingsKind| settings.first.file(*kind).map(|file| (*kind, file.clone()));
    ServicePlan {
        house: Plan {
            data_dir: settings.data_dir.clone(),
            jurisdiction: settings.place.jurisdiction.clone(),
            name: settings.place.name.clone(),
            numbering: settings.place.numbering.clone(),
            first: SettingsKind::ALL.iter().filter_map(named).collect(),
            phone: settings.phone.clone(),
            sounds: settings.sounds.clone(),
            journal: settings.journal,
        },
        sms: settings.sms.clone(),
        beside: beside(settings, file),
        console: Some(settings.console.clone()),
    }
}

/// Resolves when the process is asked to end: SIGINT or SIGTERM.
pub(super) fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => info!("told to stop by SIGINT"),
            _ = terminate.recv() => info!("told to stop by SIGTERM"),
        }
    })
}

/// What the line listens on, which station answers which number, and what is missing.
fn screen(settings: &Settings, store: &Store, addresses: Addresses) -> anyhow::Result<String> {
    let stations = store.read(|connection| Ok::<_, StoreError>(places::stations(connection)?))?;
    let logins = store.read(users::all)?.len();
    let mut lines = vec![format!("Yingda 应达 · {}", settings.place.name), String::new()];
    lines.push(format!("  telephones   sip:{} over UDP", addresses.sip));
    if let Some(tcp) = settings.phone.tcp {
        lines.push(format!("               sip:{tcp} over TCP"));
    }
    if let Some(console) = addresses.console {
        lines.push(format!("  console      http://{console}/"));
    }
    lines.push(format!("  data         {}", settings.data_dir.display()));
    lines.push(String::new());
    for station in stations.iter().take(STATIONS_SHOWN) {
        lines.push(format!("  {:12} {} ({})", station.help_number, station.name, station.front));
    }
    if stations.len() > STATIONS_SHOWN {
        lines.push(format!("  and {} stations more", stations.len() - STATIONS_SHOWN));
    }
    let missing = [
        (
            stations.is_empty(),
            "no station: nobody who rings is answered; yingda import areas FILE.csv, then stations",
        ),
        (logins == 0, "no login: nobody can come into the console; yingda user add LOGIN --name … --role …"),
        (settings.sms.is_none(), "no SMS centre: no text leaves; write the [sms] table of the settings"),
        (
            settings.phone.trunks.is_empty(),
            "no trunk: only SIP addresses can be rung; write [[phone.trunks]]",
        ),
    ];
    let missing: Vec<&str> = missing.into_iter().filter_map(|(is, what)| is.then_some(what)).collect();
    if !missing.is_empty() {
        lines.push(String::new());
        lines.push("missing:".into());
        lines.extend(missing.into_iter().map(|what| format!("  {what}")));
    }
    Ok(lines.join("\n") + "\n")
}
