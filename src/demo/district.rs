//! The synthetic district, whole: 市北区 with its real streets and committees and nobody real in it.

use super::care::care_plans;
use super::facilities::facilities;
use super::people::{Society, residents, staff};
use super::places::areas;
use super::stations::stations;
use super::volunteers::volunteers;
use crate::domain::area::{AdminArea, AreaLevel};
use crate::domain::care::CarePlan;
use crate::domain::category::Catalogue;
use crate::domain::ids::{Chance, JurisdictionId};
use crate::domain::register::{Facility, PersonRecord, StaffMember, VolunteerRecord};
use crate::domain::station::Station;
use crate::domain::timestamp::Timestamp;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::records::By;

pub use super::stations::HELP_NUMBER;

/// The district's statistical code.
const CODE: &str = "370203";
/// Shown wherever the jurisdiction is: nobody takes it for the real one.
pub const NAME: &str = "市北区(演示:人员与位置均为合成数据)";

/// How many of each are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub residents: u32,
    pub volunteers: u32,
    pub staff: u32,
    pub welfare: u32,
    pub convenience: u32,
    /// Residents who agreed to be rung each day.
    pub care_plans: usize,
}

impl Size {
    /// What the district's plan asks for.
    pub const FULL: Self = Self {
        residents: 3_000,
        volunteers: 20_000,
        staff: 5_000,
        welfare: 600,
        convenience: 3_000,
        care_plans: 60,
    };
    /// Enough for a test: the same streets and committees, a twentieth of the people.
    pub const SMALL: Self =
        Self { residents: 150, volunteers: 1_000, staff: 250, welfare: 30, convenience: 150, care_plans: 12 };
}

/// Everything that is registered in the district. The same seed, size and moment make the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct District {
    pub jurisdiction: JurisdictionId,
    /// Sorted by code, the district itself first.
    pub areas: Vec<AdminArea>,
    pub stations: Vec<Station>,
    pub residents: Vec<PersonRecord>,
    pub volunteers: Vec<VolunteerRecord>,
    pub staff_people: Vec<PersonRecord>,
    pub staff: Vec<StaffMember>,
    pub facilities: Vec<Facility>,
    pub care_plans: Vec<CarePlan>,
}

impl District {
    pub fn generate(
        jurisdiction: JurisdictionId,
        size: Size,
        seed: u64,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Self {
        let mut chance = Chance::from_number(seed);
        let mut areas = areas(CODE, &mut chance);
        areas.sort_by(|a, b| a.code.cmp(&b.code));
        let stations = stations(&jurisdiction, &areas);
        let committees: Vec<&AdminArea> =
            areas.iter().filter(|area| area.code.level() == AreaLevel::Committee).collect();
        let society = Society {
            jurisdiction: &jurisdiction,
            committees: &committees,
            now,
            this_year: jiff::Timestamp::from(now).to_zoned(jiff::tz::TimeZone::UTC).year(),
        };
        let residents = residents(&society, size.residents, &mut chance);
        let volunteers = volunteers(&society, &stations, catalogue, size.volunteers, &mut chance);
        let (staff_people, staff) = staff(&society, &stations, size.staff, &mut chance);
        let facilities = facilities(&society, size.welfare, size.convenience, &mut chance);
        let care_plans = care_plans(&society, &residents, size.care_plans);
        Self {
            areas,
            stations,
            residents,
            volunteers,
            staff_people,
            staff,
            facilities,
            care_plans,
            jurisdiction,
        }
    }

    /// Puts everything into the store, which nothing else uses yet.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn settle(self, store: &Store, by: &By) -> Result<(), StoreError> {
        store.put_jurisdiction(self.jurisdiction, NAME.to_owned())?;
        store.import_areas(self.areas, by.clone())?;
        store.import_stations(self.stations, by.clone())?;
        let mut people = self.residents;
        people.extend(self.staff_people);
        store.import_people(people, by.clone())?;
        store.import_volunteers(self.volunteers, by.clone())?;
        store.import_staff(self.staff, by.clone())?;
        store.import_facilities(self.facilities, by.clone())?;
        store.import_care_plans(self.care_plans, by.clone())?;
        Ok(())
    }
}
