//! A table of days that are written by hand.

use expect_test::expect;

use super::*;
use crate::domain::urgency::Tier;
use crate::simulate::case::By;
use crate::simulate::scenario::DAY;
use crate::simulate::tally::{Outcome, Tally};

const SURGE_STREET: &str = "370203031";
const OTHER_STREET: &str = "370203032";

/// Somebody has it after a minute, and is there after so many.
fn outcome(urgency: Urgency, street: &str, minutes: Option<f64>) -> Outcome {
    Outcome {
        urgency,
        street: Some(AreaCode::parse(street).unwrap()),
        by: minutes.map(|_| By::Volunteer),
        accept_s: minutes.map(|_| 60.0),
        arrive_s: minutes.map(|minutes| minutes * 60.0),
        at_once: true,
        in_surge: street == SURGE_STREET,
        for_volunteers: true,
        texts: 3,
        late: 0,
        told_institution: false,
        highest: minutes.is_none().then_some(Tier::Street),
        duty_rung: false,
        breached: minutes.is_none(),
    }
}

/// Two days: in the one street somebody is there after so many minutes, in the other after forty or never.
fn days(name: &str, minutes: [f64; 2]) -> Days {
    let day = |minutes: f64| {
        let mut tally = Tally::default();
        tally.outcomes.extend([
            outcome(Urgency::P2, SURGE_STREET, Some(minutes)),
            outcome(Urgency::P3, SURGE_STREET, Some(minutes * 2.0)),
            outcome(Urgency::P3, OTHER_STREET, Some(40.0)),
            outcome(Urgency::P3, OTHER_STREET, None),
        ]);
        tally
    };
    Days { name: name.to_owned(), tallies: minutes.map(day).to_vec() }
}

fn reported<T>(of: impl FnOnce(&Report<'_>) -> T) -> T {
    let days = [days("shipped", [4.0, 6.0]), days("slower", [9.0, 12.0])];
    let policies = ["shipped", "slower"].map(|name| Named::read(name, "").unwrap());
    let names = [(AreaCode::parse(SURGE_STREET).unwrap(), "兴隆路街道".to_owned())].into();
    of(&Report {
        days: &days,
        lived: None,
        names: &names,
        policies: &policies,
        scenario: &Scenario::parse(DAY).unwrap(),
        title: "day",
        volunteers: 2,
        lived_on: false,
        lang: Lang::Zh,
    })
}

#[test]
fn the_table_says_how_many_are_there_in_5_10_and_30_minutes_by_urgency_in_the_surge_and_by_street() {
    let table = reported(table);
    let (all, parts) = table.split_once("\n\n").unwrap();
    let within = |line: &&str| line.starts_with(' ') || line.starts_with("there within");
    expect![[r#"
                                                                     shipped              slower          difference
        there within 5 min %                                  12.50 ± 158.83         0.00 ± 0.00     -12.50 ± 158.83
        there within 10 min %                                 37.50 ± 158.83      12.50 ± 158.83       -25.00 ± 0.00
        there within 30 min %                                   50.00 ± 0.00        50.00 ± 0.00         0.00 ± 0.00
    "#]].assert_eq(&all.lines().filter(within).map(|line| format!("{line}\n")).collect::<String>());
    expect![[r#"
        P1 requests                                              0.00 ± 0.00         0.00 ± 0.00         0.00 ± 0.00
        P1 volunteers may help %                                           –                   –                   –
        P1 accepted after, p50 s                                           –                   –                   –
        P1 there within 5 min %                                            –                   –                   –
        P1 there within 10 min %                                           –                   –                   –
        P1 there within 30 min %                                           –                   –                   –
        P2 requests                                              1.00 ± 0.00         1.00 ± 0.00         0.00 ± 0.00
        P2 volunteers may help %                                     100 ± 0             100 ± 0         0.00 ± 0.00
        P2 accepted after, p50 s                                60.00 ± 0.00        60.00 ± 0.00         0.00 ± 0.00
        P2 there within 5 min %                               50.00 ± 635.31         0.00 ± 0.00     -50.00 ± 635.31
        P2 there within 10 min %                                     100 ± 0      50.00 ± 635.31     -50.00 ± 635.31
        P2 there within 30 min %                                     100 ± 0             100 ± 0         0.00 ± 0.00
        P3 requests                                              3.00 ± 0.00         3.00 ± 0.00         0.00 ± 0.00
        P3 volunteers may help %                                     100 ± 0             100 ± 0         0.00 ± 0.00
        P3 accepted after, p50 s                                60.00 ± 0.00        60.00 ± 0.00         0.00 ± 0.00
        P3 there within 5 min %                                  0.00 ± 0.00         0.00 ± 0.00         0.00 ± 0.00
        P3 there within 10 min %                              16.67 ± 211.77         0.00 ± 0.00     -16.67 ± 211.77
        P3 there within 30 min %                                33.33 ± 0.00        33.33 ± 0.00         0.00 ± 0.00
        P4 requests                                              0.00 ± 0.00         0.00 ± 0.00         0.00 ± 0.00
        P4 volunteers may help %                                           –                   –                   –
        P4 accepted after, p50 s                                           –                   –                   –
        P4 there within 5 min %                                            –                   –                   –
        P4 there within 10 min %                                           –                   –                   –
        P4 there within 30 min %                                           –                   –                   –
        surge requests                                           2.00 ± 0.00         2.00 ± 0.00         0.00 ± 0.00
        surge volunteers may help %                                  100 ± 0             100 ± 0         0.00 ± 0.00
        surge accepted after, p50 s                             60.00 ± 0.00        60.00 ± 0.00         0.00 ± 0.00
        surge there within 5 min %                            25.00 ± 317.66         0.00 ± 0.00     -25.00 ± 317.66
        surge there within 10 min %                           75.00 ± 317.66      25.00 ± 317.66       -50.00 ± 0.00
        surge there within 30 min %                                  100 ± 0             100 ± 0         0.00 ± 0.00

        兴隆路街道 requests                                      2.00 ± 0.00         2.00 ± 0.00         0.00 ± 0.00
        兴隆路街道 there within 5 min %                       25.00 ± 317.66         0.00 ± 0.00     -25.00 ± 317.66
        兴隆路街道 there within 10 min %                      75.00 ± 317.66      25.00 ± 317.66       -50.00 ± 0.00
        兴隆路街道 there within 30 min %                             100 ± 0             100 ± 0         0.00 ± 0.00

        370203032 requests                                       2.00 ± 0.00         2.00 ± 0.00         0.00 ± 0.00
        370203032 there within 5 min %                           0.00 ± 0.00         0.00 ± 0.00         0.00 ± 0.00
        370203032 there within 10 min %                          0.00 ± 0.00         0.00 ± 0.00         0.00 ± 0.00
        370203032 there within 30 min %                          0.00 ± 0.00         0.00 ± 0.00         0.00 ± 0.00
    "#]].assert_eq(parts);
}

#[test]
fn the_page_says_the_same_of_every_urgency_and_street() {
    let page = reported(html);
    let street = page.split("兴隆路街道 · 2 件").nth(1).unwrap().split("</tr>").next().unwrap();
    let said: Vec<&str> = street.split("<td").nth(1).unwrap().split("<div>").skip(2).collect();
    assert_eq!(said.len(), 4, "the median, then three shares: {street}");
    for (share, of) in ["60 秒", "25.0 %", "75.0 %", "100.0 %"].iter().zip(said) {
        assert!(of.starts_with(share), "{share} is said, not {of}");
    }
}
