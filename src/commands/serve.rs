//! `yingda serve`: the help line at work, and the one screen that says where it can be reached.

use std::path::Path;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::office::beside;
use super::{Place, Verdict, logging};
use crate::config::Settings;
use crate::domain::extension::PhoneTransport;
use crate::domain::settings::SettingsKind;
use crate::domain::station::{Front, Station};
use crate::domain::urgency::Tier;
use crate::service::house::Plan;
use crate::service::run::{Addresses, Running, ServicePlan};
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::queries::{places, totals};
use crate::store::users;

/// What works while the store cannot be opened, and what to do.
const WHILE_CLOSED: &str =
    "  Callers are put through to the stations' people as they were last known, or hear that
  nothing can be registered; their numbers wait in emergency.log where it can be written.
  The store is tried again by itself, at the latest every 30 s: mend the disk, or move
  yingda.db away and bring back a backup with `yingda restore`. Nothing need be restarted.";

/// Stations shown on the screen; the rest are counted.
const STATIONS_SHOWN: usize = 12;

pub(super) fn serve(place: &Place) -> anyhow::Result<Verdict> {
    let settings = place.settings()?;
    logging::start(&settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start the runtime")?;
    runtime.block_on(async {
        // Before the screen says that the line is there: a stop at that moment is a stop in good order.
        let mut stop = Box::pin(told_to_stop()?);
        let told = |addresses, why: &anyhow::Error| print!("{}", emergency_screen(&settings, addresses, why));
        let started = Running::start(plan(&settings, &place.file()), told, &mut stop).await?;
        let Some(running) = started else { return Ok(Verdict::Good) };
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
            texts: settings.sms.is_some(),
            roads: settings.roads.clone(),
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
    let volunteers = store.read(totals::volunteers)?;
    let mut lines = reached_at(settings, addresses);
    if let Some(sms) = &settings.sms {
        lines.push(format!("  texts        {} as {}", sms.address, sms.source));
    }
    lines.push(format!("  data         {}", settings.data_dir.display()));
    lines.push(String::new());
    for station in stations.iter().take(STATIONS_SHOWN) {
        lines.push(format!("  {:12} {} ({})", station.help_number, station.name, station.front));
    }
    if stations.len() > STATIONS_SHOWN {
        lines.push(format!("  and {} stations more", stations.len() - STATIONS_SHOWN));
    }
    let missing = missing(settings, &stations, logins, volunteers);
    if !missing.is_empty() {
        lines.push(String::new());
        lines.push("missing:".into());
        lines.extend(missing.into_iter().map(|what| format!("  {what}")));
    }
    Ok(lines.join("\n") + "\n")
}

/// The name of the line, and where telephones and browsers reach it.
fn reached_at(settings: &Settings, addresses: Addresses) -> Vec<String> {
    let mut lines = vec![format!("Yingda 应达 · {}", settings.place.name), String::new()];
    lines.push(format!("  telephones   sip:{} over UDP", addresses.sip));
    let by = [PhoneTransport::Tcp, PhoneTransport::Tls, PhoneTransport::Ws, PhoneTransport::Wss];
    for (by, address) in by.into_iter().filter_map(|by| Some((by, addresses.sip_listening.by(by)?))) {
        lines.push(format!("               sip:{address} over {}", by.name().to_uppercase()));
    }
    if let Some(console) = addresses.console {
        let scheme = if settings.console.tls.is_some() { "https" } else { "http" };
        lines.push(format!("  console      {scheme}://{console}/"));
    }
    lines
}

/// What works while the store cannot be opened, why it cannot, and what to do.
fn emergency_screen(settings: &Settings, addresses: Addresses, why: &anyhow::Error) -> String {
    let mut lines = reached_at(settings, addresses);
    lines.push(format!("  data         {}", settings.data_dir.display()));
    lines.push(String::new());
    lines.push(format!("EMERGENCY: {why:#}"));
    lines.push(WHILE_CLOSED.into());
    lines.join("\n") + "\n"
}

/// What the line lacks to do its whole work, each with the remedy.
fn missing(settings: &Settings, stations: &[Station], logins: usize, volunteers: u64) -> Vec<String> {
    let nobody_rung = |station: &&Station| station.front == Front::Person && station.ring.is_empty();
    let unanswered = stations.iter().filter(nobody_rung).count();
    let rung = stations.iter().any(|station| !station.ring.is_empty() || !station.duty.is_empty());
    let on_duty = stations.iter().any(|station| station.tier == Tier::District && !station.duty.is_empty());
    let set = !stations.is_empty();
    [
        (
            !set,
            "no station: nobody who rings is answered; yingda import areas FILE.csv, then stations"
                .to_owned(),
        ),
        (
            set && !rung,
            "nobody to ring: who asks for a person is owed a call back; name `ring` of the stations"
                .to_owned(),
        ),
        (
            set && !on_duty,
            "no duty officer: what nobody takes ends in silence; name `duty` of the district's station"
                .to_owned(),
        ),
        (
            unanswered > 0,
            format!("{unanswered} stations say front = person and ring nobody: their callers get the menu"),
        ),
        (
            volunteers == 0,
            "no volunteer: every ticket goes to staff; yingda import volunteers FILE.csv".to_owned(),
        ),
        (
            logins == 0,
            "no login: nobody can come into the console; yingda user add LOGIN --name … --role …".to_owned(),
        ),
        (
            settings.sms.is_none(),
            "no SMS centre: no text leaves; write the [sms] table of the settings".to_owned(),
        ),
        (
            settings.roads.file.as_ref().is_some_and(|file| !file.exists()),
            "no road file where roads.file says: nearness is the straight line; bring it, or leave the key out".to_owned(),
        ),
        (
            settings.phone.trunks.is_empty(),
            "no trunk: only SIP addresses can be rung; write [[phone.trunks]]".to_owned(),
        ),
    ]
    .into_iter()
    .filter_map(|(is, what)| is.then_some(what))
    .collect()
}
