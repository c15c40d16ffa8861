//! Carries out an import: reads the file, finds who is registered already, stores all or nothing, tells the desk.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, bail};

use super::control::{Answer, BadRow, ImportKind};
use super::office::Office;
use crate::desk::event::RecordChange;
use crate::domain::calendar::Calendar;
use crate::domain::care::CarePlan;
use crate::domain::category::Catalogue;
use crate::domain::device::Device;
use crate::domain::ids::PersonId;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::policy::Policy;
use crate::domain::register::{Facility, PersonRecord, VolunteerRecord};
use crate::domain::settings::SettingsKind;
use crate::imports::care::{self, CarePlanRow};
use crate::imports::devices::{self, DeviceRow, Owner};
use crate::imports::people::UNNUMBERED;
use crate::imports::{self, FILE_BYTES, Neighbours, Read, Surroundings};
use crate::store::error::StoreError;
use crate::store::queries::{matching, places};
use crate::store::records::By;
use crate::store::rows;

/// Imports one file.
///
/// # Errors
/// When the file cannot be read or the store not written; bad rows are an answer.
pub(super) fn import(office: &Office, what: ImportKind, file: &Path) -> anyhow::Result<Answer> {
    Ok(match import_bytes(office, what, &read(file)?, &office.by())? {
        Imported::Rows { rows, notes } => Answer::Imported { rows, notes: said(notes) },
        Imported::Bad(rows) => Answer::BadRows { rows: said(rows) },
    })
}

/// What came of an import.
pub(super) enum Imported {
    Rows {
        rows: usize,
        /// What is worth a look all the same.
        notes: Vec<imports::BadRow>,
    },
    /// Nothing was imported.
    Bad(Vec<imports::BadRow>),
}

/// Imports what a file holds, in somebody's name.
///
/// # Errors
/// When the store cannot be written; bad rows are an answer.
pub(super) fn import_bytes(
    office: &Office,
    what: ImportKind,
    bytes: &[u8],
    by: &By,
) -> anyhow::Result<Imported> {
    let areas = office.store.read(|connection| Ok::<_, StoreError>(places::areas(connection)?))?;
    let stations = office.stations()?;
    let catalogue = Catalogue::parse(&office.in_force(SettingsKind::Catalogue)?)
        .context("read the catalogue in force")?;
    let calendar =
        Calendar::parse(&office.in_force(SettingsKind::Calendars)?).context("read the calendar in force")?;
    let surroundings = Surroundings {
        jurisdiction: &office.jurisdiction,
        neighbours: &neighbours(office)?,
        numbering: &office.numbering,
        areas: &areas,
        stations: &stations,
        catalogue: &catalogue,
        calendar: &calendar,
        now: office.clock.now(),
        hash: &|number| office.store.id_number_hash(number),
    };
    let mut notes = vec![];
    let (rows, changes) = match what {
        ImportKind::Areas => {
            let areas = match imports::areas::read(bytes, &surroundings) {
                Ok(rows) => records(rows),
                Err(rows) => return Ok(Imported::Bad(rows)),
            };
            (areas.len(), office.store.import_areas(areas, by.clone())?)
        }
        ImportKind::Stations => {
            let read = imports::stations::read(bytes, &surroundings);
            let stations = match read {
                Ok(rows) => {
                    notes = imports::stations::notes(&rows);
                    records(rows)
                }
                Err(rows) => return Ok(Imported::Bad(rows)),
            };
            (stations.len(), office.store.import_stations(stations, by.clone())?)
        }
        ImportKind::Facilities => match imports::facilities::read(bytes, &surroundings) {
            Ok(rows) => facilities(office, rows, by)?,
            Err(rows) => return Ok(Imported::Bad(rows)),
        },
        ImportKind::People => match imports::people::read(bytes, &surroundings) {
            Ok(rows) => people(office, rows, by)?,
            Err(rows) => return Ok(Imported::Bad(rows)),
        },
        ImportKind::Devices => match imports::devices::read(bytes, &surroundings) {
            Ok(rows) => match owned_devices(office, rows)? {
                Ok(devices) => (devices.len(), office.store.import_devices(devices, by.clone())?),
                Err(rows) => return Ok(Imported::Bad(rows)),
            },
            Err(rows) => return Ok(Imported::Bad(rows)),
        },
        ImportKind::CarePlans => match imports::care::read(bytes, &surroundings) {
            Ok(rows) => match care_plans(office, rows)? {
                Ok(plans) => (plans.len(), office.store.import_care_plans(plans, by.clone())?),
                Err(rows) => return Ok(Imported::Bad(rows)),
            },
            Err(rows) => return Ok(Imported::Bad(rows)),
        },
        ImportKind::Volunteers => match imports::volunteers::read(bytes, &surroundings) {
            Ok(rows) => volunteers(office, rows, by)?,
            Err(rows) => return Ok(Imported::Bad(rows)),
        },
    };
    if !changes.is_empty() {
        office.told(changes)?;
    }
    Ok(Imported::Rows { rows, notes })
}

fn neighbours(office: &Office) -> anyhow::Result<Neighbours> {
    let policy =
        Policy::parse(&office.in_force(SettingsKind::Policy)?).context("read the policy in force")?;
    let ours = &office.jurisdiction;
    let (facilities, volunteers) = office.store.read(|connection| {
        Ok::<_, StoreError>((
            matching::facilities_elsewhere(connection, ours)?,
            matching::volunteers_elsewhere(connection, ours)?,
        ))
    })?;
    Ok(Neighbours { agreements: policy.agreements, facilities, volunteers })
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let open = std::fs::File::open(file).with_context(|| format!("open {}", file.display()))?;
    open.take(FILE_BYTES + 1).read_to_end(&mut bytes).with_context(|| format!("read {}", file.display()))?;
    if bytes.len() as u64 > FILE_BYTES {
        bail!("{} is larger than {} MiB: split it", file.display(), FILE_BYTES >> 20);
    }
    Ok(bytes)
}

fn records<T>(rows: Vec<Read<T>>) -> Vec<T> {
    rows.into_iter().map(|row| row.record).collect()
}

fn said(rows: Vec<imports::BadRow>) -> Vec<BadRow> {
    rows.into_iter().map(|row| BadRow { line: row.line, reason: row.reason.to_string() }).collect()
}

fn facilities(
    office: &Office,
    rows: Vec<Read<Facility>>,
    by: &By,
) -> anyhow::Result<(usize, Vec<RecordChange>)> {
    let mut facilities = records(rows);
    for facility in &mut facilities {
        let known = office
            .store
            .read(|connection| Ok::<_, StoreError>(rows::facility::find(connection, facility.id)?))?;
        let Some(known) = known else { continue };
        // What a file does not say, a position and how many places are free, is not taken away by it.
        facility.point = facility.point.or(known.point);
        for unit in &mut facility.units {
            let before = known.units.iter().find(|before| before.kind == unit.kind);
            unit.available = before.map_or(unit.maximum, |before| before.available.min(unit.maximum));
        }
    }
    Ok((facilities.len(), office.store.import_facilities(facilities, by.clone())?))
}

/// Finds the owners in the register; rows whose owner is not there, or could be several, are bad.
fn owned_devices(
    office: &Office,
    rows: Vec<Read<DeviceRow>>,
) -> anyhow::Result<Result<Vec<Device>, Vec<imports::BadRow>>> {
    let (mut devices, mut bad) = (Vec::with_capacity(rows.len()), Vec::new());
    for Read { line, record } in rows {
        match devices::owner(&record.owner, &meant(office, &record.owner)?, devices::OWNER) {
            Ok(owner) => devices.push(Device {
                number: record.number,
                jurisdiction: office.jurisdiction.clone(),
                owner,
                keys: record.keys,
                last_test_at: None,
            }),
            Err(reason) => bad.push(imports::BadRow { line, reason }),
        }
    }
    Ok(if bad.is_empty() { Ok(devices) } else { Err(bad) })
}

/// Whom the register has for what a row says.
fn meant(office: &Office, owner: &Owner) -> anyhow::Result<Vec<PersonId>> {
    Ok(office.store.read(|connection| {
        Ok::<_, StoreError>(match owner {
            Owner::Person(id) => {
                matching::record(connection, *id)?.map(|person| person.id).into_iter().collect()
            }
            Owner::Phone(number) => matching::people_with(connection, number)?,
        })
    })?)
}

/// Finds whom plans are for; rows whose person is not there, or could be several, are bad.
fn care_plans(
    office: &Office,
    rows: Vec<Read<CarePlanRow>>,
) -> anyhow::Result<Result<Vec<CarePlan>, Vec<imports::BadRow>>> {
    let (mut plans, mut bad) = (Vec::with_capacity(rows.len()), Vec::new());
    for Read { line, record } in rows {
        match devices::owner(&record.person, &meant(office, &record.person)?, care::PERSON) {
            Ok(person) => plans.push(CarePlan { person, ..record.plan }),
            Err(reason) => bad.push(imports::BadRow { line, reason }),
        }
    }
    Ok(if bad.is_empty() { Ok(plans) } else { Err(bad) })
}

fn people(
    office: &Office,
    rows: Vec<Read<PersonRecord>>,
    by: &By,
) -> anyhow::Result<(usize, Vec<RecordChange>)> {
    let mut register = Register::open(office)?;
    let mut people = Vec::with_capacity(rows.len());
    for row in rows {
        let mut person = row.record;
        let id = if person.id == UNNUMBERED { register.number(&person)? } else { person.id };
        let known = register.known(id)?;
        number(&mut person, id);
        // A position was found by somebody who was there: a file that has none does not take it away.
        person.point = person.point.or(known.and_then(|known| known.point));
        people.push(person);
    }
    Ok((people.len(), office.store.import_people(people, by.clone())?))
}

fn volunteers(
    office: &Office,
    rows: Vec<Read<VolunteerRecord>>,
    by: &By,
) -> anyhow::Result<(usize, Vec<RecordChange>)> {
    let mut register = Register::open(office)?;
    let mut volunteers = Vec::with_capacity(rows.len());
    for row in rows {
        let VolunteerRecord { person, mut volunteer } = row.record;
        let badge = volunteer.id;
        let holder =
            office.store.read(|connection| Ok::<_, StoreError>(matching::person_of(connection, badge)?))?;
        let id = match holder {
            Some(id) => id,
            None => register.number(&person)?,
        };
        let person = match register.known(id)? {
            Some(known) => together(known, person),
            None => person,
        };
        let mut person = person;
        number(&mut person, id);
        volunteer.person = id;
        volunteer.point = person.point;
        volunteers.push(VolunteerRecord { person, volunteer });
    }
    Ok((volunteers.len(), office.store.import_volunteers(volunteers, by.clone())?))
}

/// What a list of volunteers says of somebody who is registered: it adds, and takes nothing away.
fn together(known: PersonRecord, said: PersonRecord) -> PersonRecord {
    let mut phones = known.phones;
    for phone in said.phones {
        if phones.iter().all(|had| had.number != phone.number) {
            phones.push(phone);
        }
    }
    PersonRecord {
        name: said.name,
        id_number: said.id_number.or(known.id_number),
        born: said.born.or(known.born),
        gender: said.gender.or(known.gender),
        languages: said.languages,
        area: said.area.or(known.area),
        address: said.address.or(known.address),
        point: said.point.or(known.point),
        phones,
        ..known
    }
}

fn number(person: &mut PersonRecord, id: PersonId) {
    person.id = id;
    for phone in &mut person.phones {
        phone.person = id;
    }
}

/// Gives numbers to people: those of the register, else the next ones, each person of the file once.
struct Register<'a> {
    office: &'a Office,
    last: PersonId,
    given: BTreeMap<(String, PhoneNumber), PersonId>,
}

impl<'a> Register<'a> {
    fn open(office: &'a Office) -> anyhow::Result<Self> {
        let last = office.store.read(|connection| Ok::<_, StoreError>(matching::last_person(connection)?))?;
        Ok(Self { office, last, given: BTreeMap::new() })
    }

    fn number(&mut self, person: &PersonRecord) -> anyhow::Result<PersonId> {
        let numbers: Vec<PhoneNumber> = person.phones.iter().map(|phone| phone.number.clone()).collect();
        let known = self.office.store.read(|connection| {
            Ok::<_, StoreError>(matching::registered(
                connection,
                &person.jurisdiction,
                person.id_number,
                &person.name,
                &numbers,
            )?)
        })?;
        let key = |number: &PhoneNumber| (person.name.clone(), number.clone());
        let earlier = || numbers.iter().find_map(|number| self.given.get(&key(number)).copied());
        let id = match known.or_else(earlier) {
            Some(id) => id,
            None => {
                self.last = PersonId(self.last.0 + 1);
                self.last
            }
        };
        self.given.extend(numbers.iter().map(|number| (key(number), id)));
        Ok(id)
    }

    fn known(&self, id: PersonId) -> anyhow::Result<Option<PersonRecord>> {
        Ok(self.office.store.read(|connection| Ok::<_, StoreError>(matching::record(connection, id)?))?)
    }
}
