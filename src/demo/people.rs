//! The demo's residents and the staff of its stations.

use super::names::{gender, name, one_in_hundred, pick};
use super::numbers::{Group, landline, mobile};
use super::places::near;
use crate::domain::area::AdminArea;
use crate::domain::ids::{Chance, JurisdictionId, PersonId, StaffId};
use crate::domain::language::Language;
use crate::domain::person::{PersonFlag, PersonPhone, PhoneConfidence};
use crate::domain::phone_number::PhoneNumber;
use crate::domain::register::{Contact, HeldFlag, PersonRecord, StaffMember};
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Tier;

/// What made the flags, said wherever they are shown.
const SOURCE: &str = "合成数据";

/// Person ids of each group begin here.
const FIRST_RESIDENT: u32 = 100_001;
const FIRST_VOLUNTEER: u32 = 200_001;
const FIRST_STAFF: u32 = 300_001;

/// Everything a made-up person needs to know of the world.
pub(super) struct Society<'a> {
    pub(super) jurisdiction: &'a JurisdictionId,
    /// Committees only.
    pub(super) committees: &'a [&'a AdminArea],
    pub(super) now: Timestamp,
    pub(super) this_year: i16,
}

impl Society<'_> {
    /// Somebody who lives in a committee; telephone and flags are added by who makes them.
    pub(super) fn person(
        &self,
        id: u32,
        birth_year: i16,
        home: &AdminArea,
        chance: &mut Chance,
    ) -> PersonRecord {
        let gender = gender(chance);
        let month = i8::try_from(1 + chance.below(12)).expect("a month");
        let day = i8::try_from(1 + chance.below(28)).expect("a day of every month");
        PersonRecord {
            id: PersonId(i64::from(id)),
            jurisdiction: self.jurisdiction.clone(),
            name: name(gender, birth_year, chance),
            id_number: None,
            born: jiff::civil::Date::new(birth_year, month, day).ok(),
            gender: Some(gender),
            gender_wish: None,
            languages: vec![Language::Zh],
            area: Some(home.code.clone()),
            address: Some(address(home, chance)),
            point: home.point.map(|middle| near(middle, chance)),
            flags: vec![],
            phones: vec![],
            contacts: vec![],
        }
    }

    pub(super) fn home(&self, chance: &mut Chance) -> &AdminArea {
        pick(self.committees, chance)
    }
}

pub(super) fn volunteer_person_id(serial: u32) -> u32 {
    FIRST_VOLUNTEER + serial
}

/// Street names are not public: the committee's, a number, a unit and a door.
pub(super) fn address(home: &AdminArea, chance: &mut Chance) -> String {
    let road = home.name.trim_end_matches("社区居委会");
    let (house, unit) = (1 + chance.below(120), 1 + chance.below(4));
    let door = (1 + chance.below(7)) * 100 + 1 + chance.below(3);
    format!("{road}{house}号{unit}单元{door}户(示意)")
}

/// Residents, mostly old, a good part of them reached on a landline only.
pub(super) fn residents(society: &Society<'_>, count: u32, chance: &mut Chance) -> Vec<PersonRecord> {
    let mut made: Vec<PersonRecord> = Vec::with_capacity(count as usize);
    for serial in 0..count {
        let old = one_in_hundred(72, chance);
        let age = if old { 65 + chance.below(30) } else { 18 + chance.below(47) };
        let birth_year = society.this_year - i16::try_from(age).expect("an age");
        let mut person = society.person(FIRST_RESIDENT + serial, birth_year, society.home(chance), chance);
        // One in twelve lives with the person before and shares the telephone.
        let shares = one_in_hundred(8, chance);
        match made.last().filter(|last| shares && last.phones.len() == 1) {
            Some(last) => move_in(&mut person, last.clone(), &mut made),
            None => person.phones.push(phone(&person, serial, old, chance)),
        }
        person.flags = flags(old, chance);
        if one_in_hundred(2, chance) {
            person.languages = vec![Language::En, Language::Zh];
        } else if one_in_hundred(1, chance) {
            person.languages = vec![Language::Bo, Language::Zh];
        }
        if old && one_in_hundred(60, chance) {
            person.contacts.push(contact(serial, chance));
        }
        made.push(person);
    }
    made
}

/// Two people at one address with one telephone: each is only sure to be of the household.
fn move_in(person: &mut PersonRecord, with: PersonRecord, made: &mut [PersonRecord]) {
    person.area = with.area;
    person.address = with.address;
    person.point = with.point;
    if let (Some(shared), Some(last)) = (with.phones.first(), made.last_mut()) {
        person.phones =
            vec![PersonPhone { person: person.id, confidence: PhoneConfidence::Household, ..shared.clone() }];
        for phone in &mut last.phones {
            phone.confidence = PhoneConfidence::Household;
        }
    }
}

fn phone(person: &PersonRecord, serial: u32, old: bool, chance: &mut Chance) -> PersonPhone {
    let fixed = one_in_hundred(if old { 40 } else { 4 }, chance);
    let number = if fixed { landline(Group::Residents, serial) } else { mobile(Group::Residents, serial) };
    let unsure = one_in_hundred(7, chance);
    let confidence = if unsure { PhoneConfidence::Maybe } else { PhoneConfidence::Exact };
    registered(person.id, number, confidence)
}

pub(super) fn registered(person: PersonId, number: PhoneNumber, confidence: PhoneConfidence) -> PersonPhone {
    PersonPhone { person, number, confidence, shared: false, verified_at: None }
}

fn flags(old: bool, chance: &mut Chance) -> Vec<HeldFlag> {
    let likelihood = |flag: PersonFlag| match flag {
        PersonFlag::LivesAlone => {
            if old {
                28
            } else {
                3
            }
        }
        PersonFlag::Disabled => {
            if old {
                14
            } else {
                6
            }
        }
        PersonFlag::LowIncome => 7,
        PersonFlag::Entitled => 3,
        PersonFlag::ChildAtRisk | PersonFlag::SecretPlace => 0,
        PersonFlag::Aggression | PersonFlag::Infection | PersonFlag::MentalCrisis => 1,
    };
    // Nobody draws for a secret place: there is none in the demo.
    let drawn = PersonFlag::ALL.iter().filter(|flag| **flag != PersonFlag::SecretPlace);
    let held = drawn.filter(|flag| one_in_hundred(likelihood(**flag), chance));
    held.map(|flag| HeldFlag { flag: *flag, source: SOURCE.into(), valid_until: None }).collect()
}

fn contact(serial: u32, chance: &mut Chance) -> Contact {
    let who = gender(chance);
    Contact {
        name: name(who, 1975, chance),
        relation: pick(&["女儿", "儿子", "侄女", "邻居", "外甥"], chance).into(),
        number: mobile(Group::Contacts, serial),
    }
}

/// The people who work at the stations; the district's and the streets' centres have the most.
pub(super) fn staff(
    society: &Society<'_>,
    stations: &[Station],
    count: u32,
    chance: &mut Chance,
) -> (Vec<PersonRecord>, Vec<StaffMember>) {
    const YEAR: std::time::Duration = std::time::Duration::from_secs(365 * 86_400);
    let weight = |station: &Station| match station.tier {
        Tier::District => 40,
        Tier::Street => 4,
        Tier::Committee => 1,
    };
    let places: Vec<&Station> =
        stations.iter().flat_map(|station| std::iter::repeat_n(station, weight(station))).collect();
    let mut people = Vec::with_capacity(count as usize);
    let mut members = Vec::with_capacity(count as usize);
    for serial in 0..count {
        // The first ones go round all stations, so that none is left without anybody.
        let station = match stations.get(serial as usize) {
            Some(station) => station,
            None => pick(&places, chance),
        };
        let birth_year = society.this_year - i16::try_from(22 + chance.below(38)).expect("an age");
        let id = FIRST_STAFF + serial;
        let mut person = society.person(id, birth_year, society.home(chance), chance);
        person.phones.push(registered(person.id, mobile(Group::Staff, serial), PhoneConfidence::Exact));
        let certified = one_in_hundred(85, chance).then(|| society.now + YEAR * (1 + chance.below(3)));
        members.push(StaffMember {
            id: StaffId(i64::from(serial + 1)),
            jurisdiction: society.jurisdiction.clone(),
            person: person.id,
            station: station.id,
            post: pick(&["接线员", "调度员", "社工", "网格员", "回访员", "养老护理员"], chance).into(),
            active: one_in_hundred(97, chance),
            certified_until: certified,
        });
        people.push(person);
    }
    (people, members)
}
