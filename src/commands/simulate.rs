//! `yingda simulate`: a district's day under several policies, before anybody is asked.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, bail};

use super::arguments::Simulate;
use super::{Place, Verdict, replay};
use crate::demo::district::{District, Size};
use crate::domain::calendar::Calendar;
use crate::domain::category::{self, Catalogue};
use crate::domain::ids::JurisdictionId;
use crate::domain::register::{Institution, PersonRecord};
use crate::simulate::replay::Replay;
use crate::simulate::scenario::{DAY, OUTAGE, SURGE, Scenario};
use crate::simulate::tally::Tally;
use crate::simulate::town::{Land, morning};
use crate::simulate::{Days, NEAREST_THREE, Named, day, report};

pub(super) fn simulate(place: &Place, asked: &Simulate) -> anyhow::Result<Verdict> {
    if let (Some(file), Some(day)) = (&asked.export, asked.day) {
        return replay::export(place, file, day);
    }
    let scenario = scenario(&asked.scenario)?;
    let (ground, title) = match &asked.events {
        Some(file) => (Ground::replayed(replay::read(file)?, scenario), file.display().to_string()),
        None => (Ground::synthetic(asked, scenario)?, asked.scenario.clone()),
    };
    let policies = policies(&asked.policy, ground.policy.as_deref())?;
    let days = days(&ground, &policies, asked.seeds.max(1));
    print!("{}", report::table(&days));
    println!(
        "\n{} days a policy, each with the same residents and the same answers; ± is 95 %",
        asked.seeds.max(1)
    );
    if let Some(path) = &asked.csv {
        write(path, &report::csv(&days))?;
    }
    if let Some(path) = &asked.html {
        write(path, &report::html(&format!("Simulated: {title}"), &days))?;
    }
    Ok(Verdict::Good)
}

/// What every day of a run has in common.
struct Ground {
    scenario: Scenario,
    land: Land,
    catalogue: Catalogue,
    calendar: Calendar,
    /// The policy in force, where it is not the shipped one.
    policy: Option<String>,
}

impl Ground {
    fn synthetic(asked: &Simulate, mut scenario: Scenario) -> anyhow::Result<Self> {
        scenario.volunteers = asked.volunteers.unwrap_or(scenario.volunteers);
        scenario.requests = asked.requests.unwrap_or(scenario.requests);
        let catalogue = Catalogue::parse(category::DEFAULT_TEXT).context("read the shipped catalogue")?;
        let calendar = Calendar::default();
        let land = land(&scenario, &catalogue, &calendar);
        Ok(Self { scenario, land, catalogue, calendar, policy: None })
    }

    /// The day that was lived, with people who behave as its answers say.
    fn replayed(lived: Replay, scenario: Scenario) -> Self {
        let people = lived.people(&scenario.people);
        let Replay { date, catalogue, calendar, policy, land } = lived;
        Self { scenario: Scenario { date, people, ..scenario }, land, catalogue, calendar, policy }
    }
}

/// As many days as asked for, on as many threads as there are cores.
fn days(ground: &Ground, policies: &[Named], seeds: u64) -> Vec<Days> {
    let Ground { scenario, land, catalogue, calendar, .. } = ground;
    let next = AtomicU64::new(0);
    let work = || {
        let mut days = vec![];
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return days;
            }
            days.push((seed, day(land, catalogue, scenario, calendar, (policies, seed))));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut all: Vec<(u64, Vec<Tally>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("a day is lived through to its end"))
            .collect()
    });
    all.sort_by_key(|(seed, _)| *seed);
    let of = |at: usize| all.iter().map(|(_, tallies)| tallies[at].clone()).collect();
    policies
        .iter()
        .enumerate()
        .map(|(at, named)| Days { name: named.name.clone(), tallies: of(at) })
        .collect()
}

/// The synthetic district of the demo, with nobody real in it.
pub fn land(scenario: &Scenario, catalogue: &Catalogue, calendar: &Calendar) -> Land {
    let size = Size { volunteers: scenario.volunteers, staff: 0, ..Size::FULL };
    let jurisdiction = JurisdictionId("simulated".to_owned());
    let district = District::generate(jurisdiction, size, 1, catalogue, morning(scenario, calendar));
    let home = |record: &PersonRecord| Some((record.area.clone()?, record.point?));
    Land {
        homes: district.residents.iter().filter_map(home).collect(),
        lived: None,
        institutions: district.facilities.iter().map(Institution::from).collect(),
        volunteers: district.volunteers.into_iter().map(|record| record.volunteer).collect(),
        jurisdiction: district.jurisdiction,
        areas: district.areas,
        stations: district.stations,
    }
}

fn scenario(named: &str) -> anyhow::Result<Scenario> {
    let (text, from) = match named {
        "day" => (DAY.to_owned(), "the shipped day".to_owned()),
        "surge" => (SURGE.to_owned(), "the shipped surge".to_owned()),
        "outage" => (OUTAGE.to_owned(), "the shipped outage".to_owned()),
        file => (
            std::fs::read_to_string(file).with_context(|| {
                format!("read the scenario `{file}` (shipped are `day`, `surge` and `outage`)")
            })?,
            file.to_owned(),
        ),
    };
    Scenario::parse(&text).with_context(|| format!("read {from}"))
}

/// The one in force or the shipped one first, then those asked for; without any the usual rule beside it.
fn policies(files: &[PathBuf], in_force: Option<&str>) -> anyhow::Result<Vec<Named>> {
    let (first, below) = match in_force {
        Some(text) => ("in force", text),
        None => ("shipped", ""),
    };
    let read = |text: &str, name: &str| {
        Named::laid_over(below, name, text)
            .with_context(|| format!("read the policy `{name}`, laid over the one {first}"))
    };
    let mut all = vec![read("", first)?];
    if files.is_empty() {
        all.push(read(NEAREST_THREE, "nearest-three")?);
    }
    for file in files {
        if file.as_os_str() == "nearest-three" {
            all.push(read(NEAREST_THREE, "nearest-three")?);
            continue;
        }
        let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        let name =
            file.file_stem().map_or_else(|| "policy".into(), |stem| stem.to_string_lossy().into_owned());
        if all.iter().any(|named| named.name == name) {
            bail!("two policies would be called `{name}` in the table: give one of the files another name");
        }
        all.push(read(&text, &name)?);
    }
    Ok(all)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("write {}", path.display()))
}
