//! A day of the past, written down for `yingda simulate --events`.

use anyhow::{Context, bail};
use jiff::civil::Date;

use super::control::Answer;
use super::office::Office;
use crate::domain::calendar::Calendar;
use crate::domain::category::Catalogue;
use crate::domain::ids::JurisdictionId;
use crate::domain::settings::SettingsKind;
use crate::simulate::record::{Past, Recorded};
use crate::store::error::StoreError;
use crate::store::queries::{case, places, tickets};

/// What a replay needs to know of the rules.
const KINDS: [SettingsKind; 3] = [SettingsKind::Catalogue, SettingsKind::Calendars, SettingsKind::Policy];

pub(super) fn recorded_day(office: &Office, date: Date) -> anyhow::Result<Answer> {
    let mut settings = Vec::new();
    for kind in KINDS {
        settings.push((kind, office.in_force(kind)?));
    }
    let calendar =
        Calendar::parse(&office.in_force(SettingsKind::Calendars)?).context("read the calendar in force")?;
    let catalogue = Catalogue::parse(&office.in_force(SettingsKind::Catalogue)?)
        .context("read the catalogue in force")?;
    let (begins, now) = (calendar.moment(date, 0), office.clock.now());
    let tomorrow = date.tomorrow().context("name a day of this age")?;
    let ends = calendar.moment(tomorrow, 0);
    if ends > now {
        bail!("{date} is not over: name a day that is");
    }
    let living = office.store.living(now)?;
    let (areas, tickets, (offers, work, visits)) = office.store.read(|connection| {
        let tickets = tickets::opened_between(connection, &office.jurisdiction, (begins, ends))?;
        let (mut offers, mut work, mut visits) = (vec![], vec![], vec![]);
        for ticket in &tickets {
            offers.extend(case::offers(connection, ticket.id)?);
            work.extend(case::work(connection, ticket.id)?);
            visits.extend(case::assignments(connection, ticket.id)?);
        }
        Ok::<_, StoreError>((places::areas(connection)?, tickets, (offers, work, visits)))
    })?;
    let own = |jurisdiction: &JurisdictionId| *jurisdiction == office.jurisdiction;
    let past = Past {
        date,
        settings,
        areas,
        stations: living.stations.into_iter().filter(|station| own(&station.jurisdiction)).collect(),
        institutions: living.institutions.into_iter().filter(|one| own(&one.jurisdiction)).collect(),
        volunteers: living.volunteers.into_iter().filter(|one| own(&one.jurisdiction)).collect(),
        tickets,
        offers,
        work,
        visits,
    };
    let Recorded { text, requests, answers, left_out } = past.record(&calendar, &catalogue);
    Ok(Answer::RecordedDay { text, requests, answers, left_out })
}
