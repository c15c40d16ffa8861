//! `yingda simulate`: a district's day under several policies, before anybody is asked.

mod files;
mod progress;

use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use anyhow::{Context, bail};

pub(super) use self::files::{Output, text_of};
use self::progress::Progress;

use super::arguments::Simulate;
use super::{Place, Verdict, printed, replay};
use crate::demo::district::{District, Size};
use crate::domain::calendar::Calendar;
use crate::domain::category::{self, Catalogue};
use crate::domain::ids::JurisdictionId;
use crate::domain::opening::OpeningHours;
use crate::domain::register::{Institution, PersonRecord};
use crate::domain::station::Station;
use crate::domain::urgency::Tier;
use crate::simulate::lived::{self, Went};
use crate::simulate::replay::Replay;
use crate::simulate::report::{Lang, Report};
use crate::simulate::scenario::{DAY, OUTAGE, SURGE, Scenario, WEEK};
use crate::simulate::tally::Tally;
use crate::simulate::town::{Land, morning};
use crate::simulate::{Days, NEAREST_THREE, Named, day, report};

/// The column of the day as it was.
const LIVED: &str = "lived";
/// The usual rule, by name.
const USUAL: &str = "nearest-three";

pub(super) fn simulate(place: &Place, asked: &Simulate) -> anyhow::Result<Verdict> {
    if let (Some(file), Some(day)) = (&asked.export, asked.day) {
        return replay::export(place, file, day);
    }
    files::apart(asked.csv.as_ref(), asked.html.as_ref())?;
    let output = |path: &Option<PathBuf>| path.as_deref().map(Output::open).transpose();
    let (csv, html) = (output(&asked.csv)?, output(&asked.html)?);
    let scenario = scenario(&asked.scenario)?;
    let (ground, title) = match &asked.events {
        Some(file) => {
            if scenario.surge.is_some() {
                bail!(
                    "a real day has its own requests: take a scenario without [surge], or leave --events out"
                );
            }
            (Ground::replayed(replay::read(file)?, scenario), file.display().to_string())
        }
        None => (Ground::synthetic(asked, scenario)?, asked.scenario.clone()),
    };
    let policies = policies(&asked.policy, ground.policy.as_deref())?;
    let days = days(&ground, &policies, asked.seeds);
    let lived = as_lived(&ground, &days);
    let names = ground.land.areas.iter().map(|area| (area.code.clone(), area.name.clone())).collect();
    let report = Report {
        days: &days,
        lived: lived.as_ref(),
        names: &names,
        policies: &policies,
        scenario: &ground.scenario,
        title: &title,
        volunteers: ground.land.volunteers.len(),
        lived_on: asked.events.is_some(),
        lang: asked.lang.unwrap_or(Lang::Zh),
    };
    if let Some(csv) = csv {
        csv.write(&report::csv(&report))?;
    }
    if let Some(html) = html {
        html.write(&report::html(&report))?;
    }
    printed(print(io::stdout().lock(), &report, asked))
}

/// The day that is replayed, as it went: the same in each of the days it is held against.
fn as_lived(ground: &Ground, days: &[Days]) -> Option<Days> {
    let tallies = days[0].tallies.iter().map(|simulated| lived::as_lived(&ground.went, simulated));
    Some(Days { name: LIVED.to_owned(), tallies: tallies.collect::<Option<Vec<_>>>()? })
}

fn print(mut out: impl Write, report: &Report<'_>, asked: &Simulate) -> io::Result<()> {
    let seeds = asked.seeds;
    write!(out, "{}", report::table(report))?;
    if asked.events.is_some() && report.lived.is_none() {
        writeln!(
            out,
            "\nthe file does not say how its day went: export the day again to see it beside these"
        )?;
    }
    let Scenario { days_before, days, .. } = report.scenario;
    let span = match days {
        _ if report.lived_on => String::new(),
        1 => format!(" after {days_before} that are not counted"),
        days => format!(" of {days} days counted together, after {days_before} that are not counted"),
    };
    let time = if *days == 1 || report.lived_on { "day" } else { "time" };
    match seeds {
        1 => {
            writeln!(
                out,
                "\n1 {time} a policy{span}: how far chance moves a figure is said of several, --seeds 20"
            )
        }
        _ => writeln!(
            out,
            "\n{seeds} {time}s a policy{span}, each with the same residents and the same answers; ± is 95 %"
        ),
    }
}

/// What every day of a run has in common.
struct Ground {
    scenario: Scenario,
    land: Land,
    catalogue: Catalogue,
    calendar: Calendar,
    /// The policy in force, where it is not the shipped one.
    policy: Option<String>,
    /// How the requests of a day that was lived went.
    went: Vec<Went>,
}

impl Ground {
    fn synthetic(asked: &Simulate, scenario: Scenario) -> anyhow::Result<Self> {
        let scenario = scenario.of_size(asked.volunteers, asked.requests)?;
        let catalogue = Catalogue::parse(category::DEFAULT_TEXT).context("read the shipped catalogue")?;
        let calendar = Calendar::default();
        let land = land(&scenario, &catalogue, &calendar);
        Ok(Self { scenario, land, catalogue, calendar, policy: None, went: vec![] })
    }

    /// The day that was lived, with people who behave as its answers say.
    fn replayed(lived: Replay, scenario: Scenario) -> Self {
        let people = lived.people(&scenario.people);
        let Replay { date, catalogue, calendar, policy, land, went } = lived;
        Self { scenario: Scenario { date, people, ..scenario }, land, catalogue, calendar, policy, went }
    }
}

/// As many days as asked for, on as many threads as there are cores.
fn days(ground: &Ground, policies: &[Named], seeds: u64) -> Vec<Days> {
    let Ground { scenario, land, catalogue, calendar, .. } = ground;
    let next = AtomicU64::new(0);
    let work = |lived: mpsc::Sender<(u64, Vec<Tally>)>| loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= seeds
            || lived.send((seed, day(land, catalogue, scenario, calendar, (policies, seed)))).is_err()
        {
            return;
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let (done, lived) = mpsc::channel();
    let mut progress = Progress::of(seeds);
    let mut all: Vec<(u64, Vec<Tally>)> = vec![];
    std::thread::scope(|scope| {
        for _ in 0..cores {
            let (work, done) = (&work, done.clone());
            scope.spawn(move || work(done));
        }
        drop(done);
        loop {
            match lived.recv_timeout(progress::LOOK) {
                Ok(one) => all.push(one),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            progress.look(all.len());
        }
    });
    progress.end();
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
        stations: district.stations.into_iter().map(with_hours).collect(),
    }
}

/// Committees and streets keep the working hours; the district is always open.
fn with_hours(station: Station) -> Station {
    match station.tier {
        Tier::District => station,
        Tier::Street | Tier::Committee => Station { hours: OpeningHours::Working, ..station },
    }
}

fn scenario(named: &str) -> anyhow::Result<Scenario> {
    let (text, from) = match named {
        "day" => (DAY.to_owned(), "the shipped day".to_owned()),
        "surge" => (SURGE.to_owned(), "the shipped surge".to_owned()),
        "outage" => (OUTAGE.to_owned(), "the shipped outage".to_owned()),
        "week" => (WEEK.to_owned(), "the shipped week".to_owned()),
        file => (
            text_of(Path::new(file))
                .context("the scenario: shipped are `day`, `week`, `surge` and `outage`")?,
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
    let usual = [PathBuf::from(USUAL)];
    for file in if files.is_empty() { &usual } else { files } {
        let (text, name) = if file.as_os_str() == USUAL {
            (NEAREST_THREE.to_owned(), USUAL.to_owned())
        } else {
            let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            (text_of(file)?, stem.unwrap_or_else(|| "policy".to_owned()))
        };
        if name == LIVED || all.iter().any(|named| named.name == name) {
            bail!(
                "two columns would be called `{name}` in the table: leave one out, or give the file another name"
            );
        }
        all.push(read(&text, &name)?);
    }
    Ok(all)
}
