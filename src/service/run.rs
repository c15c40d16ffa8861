//! The whole service: ground, house, SMS link, console, command socket; until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::control::Control;
use super::errands;
use super::house::{self, Door, Ground, House, KEYS_FOLDER, Plan, Prepared};
use super::inbox::Post;
use super::office::Office;
use super::screens::{self, Notice, Screens};
use super::texts::{self, TextLink, Texts};
use crate::clock::{self, Clock};
use crate::console;
use crate::console::hub::Change;
use crate::desk::event::RecordChange;
use crate::domain::phone_number::NumberingPlan;
use crate::phone::Phone;
use crate::phone::sip::transport::Listening;
use crate::sms;
use crate::sms::health::Health;
use crate::store::backup::Beside;

/// Changes a console may lag behind before it reads the store anew.
const CHANGES: usize = 1_024;

/// Where the service can be reached.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// Over UDP.
    pub sip: SocketAddr,
    pub sip_listening: Listening,
    pub console: Option<SocketAddr>,
}

impl Addresses {
    fn of(phone: &Phone, console: Option<SocketAddr>) -> Self {
        Self { sip: phone.udp_address(), sip_listening: phone.listening(), console }
    }
}

/// Everything that runs.
pub struct Running {
    pub house: House,
    pub addresses: Addresses,
    /// The link to the SMS centre.
    texts: Option<JoinHandle<()>>,
    control: Control,
    stop: CancellationToken,
}

/// What the service is built from.
pub struct ServicePlan {
    pub house: Plan,
    pub console: Option<console::settings::Settings>,
    /// The SMS centre; without one nothing is texted, and texts wait in the outbox.
    pub sms: Option<sms::settings::Settings>,
    /// What belongs into a backup besides the database.
    pub beside: Beside,
}

impl Running {
    /// Opens everything; what could not be opened says why.
    ///
    /// # Errors
    /// The first part that could not be opened.
    pub async fn open(plan: ServicePlan, ground: Ground) -> anyhow::Result<Self> {
        let clock = ground.clock.clone();
        let prepared = Prepared::on(&plan.house, ground)?;
        let door = Door::open(&plan.house, clock)?;
        Self::begin(plan, prepared, door, None).await
    }

    /// Opens everything from the data directory up. Where the store cannot be opened the telephones are answered all
    /// the same, `told` hears of it, and the rest follows when it can. None when `ended` resolved before.
    ///
    /// # Errors
    /// The first part that could not be opened and that no waiting mends.
    pub async fn start(
        plan: ServicePlan,
        told: impl FnOnce(Addresses, &anyhow::Error),
        ended: &mut (impl Future<Output = ()> + Unpin),
    ) -> anyhow::Result<Option<Self>> {
        let clock = Clock::start();
        let why = match Prepared::open(&plan.house, clock.clone()) {
            Ok(prepared) => {
                let door = Door::open(&plan.house, clock)?;
                return Self::begin(plan, prepared, door, None).await.map(Some);
            }
            Err(error) if house::may_open_later(&plan.house, &error) => error,
            Err(error) => return Err(error),
        };
        let door = Door::open(&plan.house, clock)?;
        let notice = match &plan.console {
            Some(settings) => Some(Notice::open(settings, door.phone.clone(), door.vitals.clone()).await?),
            None => None,
        };
        let console = notice.as_ref().map(|notice| notice.address);
        told(Addresses::of(&door.phone, console), &why);
        let close = door.closer(&plan.house);
        let house = plan.house.clone();
        let mut vigil = tokio::task::spawn_blocking(move || door.keep_open(house, &why));
        let (door, prepared) = tokio::select! {
            kept = &mut vigil => kept.context("answer the telephones without the store")??,
            () = ended => {
                tokio::task::spawn_blocking(close).await.context("end the calls")?;
                let (door, _) = vigil.await.context("answer the telephones without the store")??;
                (door, None)
            }
        };
        match prepared {
            Some(prepared) => Self::begin(plan, prepared, door, notice).await.map(Some),
            None => {
                tokio::task::spawn_blocking(move || door.shut()).await.context("close the telephones")?;
                Ok(None)
            }
        }
    }

    /// Sets everything to work behind telephones that are open; `notice` is taken down for the console.
    async fn begin(
        plan: ServicePlan,
        prepared: Prepared,
        door: Door,
        notice: Option<Notice>,
    ) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let (changes, changed) = broadcast::channel(CHANGES);
        let jurisdiction = plan.house.jurisdiction.clone();
        let data_dir = plan.house.data_dir.clone();
        let numbering = plan.house.numbering.clone();
        let phone_server = plan.house.phone.server();
        let (screens_hear, screens_see) = (changes.clone(), changes.clone());
        let committed = Box::new(move |seq: i64, writes: &[&crate::desk::write::Write]| {
            let change = Change::of(seq, writes.iter().copied());
            // Nobody looking is no fault.
            changes.send(change).ok();
        });
        let house = House::begin(plan.house, prepared, door, committed)?;
        let (inbox, in_force) = (house.inbox.clone(), house.in_force.clone());
        let accounts = house.accounts_changed();
        let office = Office {
            store: house.store.clone(),
            keys: data_dir.join(KEYS_FOLDER),
            recordings: house.recordings.clone(),
            clock: house.clock.clone(),
            jurisdiction: jurisdiction.clone(),
            numbering: numbering.clone(),
            beside: plan.beside,
            phone_server,
            tell_phones: Box::new(move || {
                accounts.tell();
                // Nothing changed that is a row of the desk's, but operators did.
                screens_see.send(Change { registers: true, ..Change::default() }).ok();
            }),
            tell: Box::new(move |changes| {
                in_force.follow(&changes);
                if changes.iter().any(is_on_screens) {
                    // Nobody looking is no fault.
                    screens_hear.send(Change { registers: true, ..Change::default() }).ok();
                }
                inbox.put(Post::Changed(changes)).is_ok()
            }),
        };
        let office = Arc::new(office);
        let house_office = Arc::clone(&office);
        let control = Control::listen(&data_dir, move |request| office.answer(request))
            .context("open the control socket")?;
        let link = plan.sms.map(|settings| open_link(settings, &house, &numbering, &stop)).transpose()?;
        let (health, sms_counters) =
            link.as_ref().map(|link| (link.health.clone(), link.counters.clone())).unzip();
        let console = match plan.console {
            Some(settings) => {
                let screens = Screens {
                    settings,
                    catalogue: house.in_force.catalogue(),
                    jurisdiction,
                    numbering,
                    changes: changed,
                    chance: clock::os_chance(),
                    office: Arc::new(move |errand, by| errands::carry_out(&house_office, errand, by)),
                    sms_health: Box::new(move || sms_health(health.as_ref())),
                    sms_counters,
                };
                if let Some(notice) = notice {
                    notice.take_down().await;
                }
                Some(screens::open(screens, &house, stop.clone()).await?)
            }
            None => None,
        };
        let texts = link.map(|link| link.running);
        let addresses = Addresses::of(&house.phone, console);
        Ok(Self { house, addresses, control, texts, stop })
    }

    /// Runs until `ended` resolves or the desk cannot go on, then closes in good order.
    ///
    /// # Errors
    /// What ended the desk.
    pub async fn until(self, ended: impl Future<Output = ()>) -> anyhow::Result<()> {
        tokio::select! {
            () = ended => {}
            () = self.house.desk_ended() => {}
        }
        let Self { house, control, texts, stop, .. } = self;
        stop.cancel();
        drop(control);
        if let Some(texts) = texts {
            // It has its own patience with the centre; the desk goes on listening meanwhile.
            texts.await.context("close the texts")?;
        }
        tokio::task::spawn_blocking(move || house.close()).await.context("close the house")?
    }
}

/// Connects to the SMS centre.
fn open_link(
    settings: sms::settings::Settings,
    house: &House,
    numbering: &NumberingPlan,
    stop: &CancellationToken,
) -> anyhow::Result<TextLink> {
    let given = Texts {
        settings,
        numbering: numbering.clone(),
        calendar: house.in_force.calendar(),
        policy: house.in_force.policy(),
        clock: house.clock.clone(),
    };
    texts::start(given, &house.store, &house.inbox, stop.clone()).context("start the texts")
}

/// Whether the screens have to read places, names and telephones again.
fn is_on_screens(change: &RecordChange) -> bool {
    match change {
        RecordChange::Station(_)
        | RecordChange::Stations(_)
        | RecordChange::Areas(_)
        | RecordChange::Operators(_)
        | RecordChange::People { .. } => true,
        RecordChange::Volunteer(_)
        | RecordChange::Volunteers(_)
        | RecordChange::Institutions(_)
        | RecordChange::CarePlans(_)
        | RecordChange::Settings(_) => false,
    }
}

/// The link's health as the screens show it.
fn sms_health(link: Option<&tokio::sync::watch::Receiver<Health>>) -> serde_json::Value {
    match link {
        Some(link) => {
            let health = link.borrow();
            serde_json::json!({ "ok": health.is_good(), "link": health.link, "problem": health.problem })
        }
        None => serde_json::json!({ "ok": false, "problem": "no SMS centre is set" }),
    }
}
