//! How sure a wave has to be of enough yeses, urgency by urgency.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::urgency::Urgency;

/// In thousandths; 1000 asks as many as the cap lets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct YesChances {
    #[serde(rename = "P1")]
    pub p1: u16,
    #[serde(rename = "P2")]
    pub p2: u16,
    #[serde(rename = "P3")]
    pub p3: u16,
    #[serde(rename = "P4")]
    pub p4: u16,
}

impl Default for YesChances {
    fn default() -> Self {
        Self { p1: 900, p2: 900, p3: 500, p4: 500 }
    }
}

impl YesChances {
    pub fn of(self, urgency: Urgency) -> u16 {
        match urgency {
            Urgency::P1 => self.p1,
            Urgency::P2 => self.p2,
            Urgency::P3 => self.p3,
            Urgency::P4 => self.p4,
        }
    }

    fn all(permille: u16) -> Self {
        Self { p1: permille, p2: permille, p3: permille, p4: permille }
    }
}

/// The four as a table writes them; what it leaves out keeps its default.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "UPPERCASE")]
struct Written {
    p1: u16,
    p2: u16,
    p3: u16,
    p4: u16,
}

impl Default for Written {
    fn default() -> Self {
        let YesChances { p1, p2, p3, p4 } = YesChances::default();
        Self { p1, p2, p3, p4 }
    }
}

impl<'de> Deserialize<'de> for YesChances {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OneOrFour)
    }
}

/// A table of four, or one figure that stands for all: policies were written so before each urgency had its own.
struct OneOrFour;

impl<'de> Visitor<'de> for OneOrFour {
    type Value = YesChances;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or { P1 = 900, P2 = 900, P3 = 500, P4 = 500 }")
    }

    fn visit_i64<E: Error>(self, permille: i64) -> Result<YesChances, E> {
        // What is no chance is refused with its remedy when the policy is checked.
        Ok(YesChances::all(u16::try_from(permille).unwrap_or(0)))
    }

    fn visit_u64<E: Error>(self, permille: u64) -> Result<YesChances, E> {
        Ok(YesChances::all(u16::try_from(permille).unwrap_or(0)))
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<YesChances, A::Error> {
        let Written { p1, p2, p3, p4 } = Written::deserialize(MapAccessDeserializer::new(table))?;
        Ok(YesChances { p1, p2, p3, p4 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::{DEFAULT_TEXT, Policy};

    fn read(text: &str) -> [u16; 4] {
        let offers = Policy::parse(text).unwrap().offers;
        [Urgency::P1, Urgency::P2, Urgency::P3, Urgency::P4].map(|one| offers.yes_chance_permille.of(one))
    }

    #[test]
    fn a_policy_that_was_stored_with_one_figure_for_all_urgencies_means_what_it_meant() {
        assert_eq!(read("[offers]\nyes_chance_permille = 700\n"), [700; 4]);
        // The whole file as it was shipped then.
        let line = DEFAULT_TEXT.lines().find(|line| line.starts_with("yes_chance_permille")).unwrap();
        assert_eq!(read(&DEFAULT_TEXT.replace(line, "yes_chance_permille = 500")), [500; 4]);
        let laid_over = Policy::laid_over(&["[offers]\nyes_chance_permille = 700\n"]).unwrap();
        assert_eq!(laid_over.offers.yes_chance_permille, YesChances::all(700));
        assert_eq!(
            Policy::parse(&toml::to_string(&laid_over).unwrap()),
            Ok(laid_over),
            "it is written as it is read"
        );
        let both = ["[offers]\nyes_chance_permille = 700\n", "[offers]\nyes_chance_permille.P2 = 800\n"];
        assert_eq!(Policy::laid_over(&both).unwrap().offers.yes_chance_permille.of(Urgency::P2), 800);
    }

    #[test]
    fn an_urgency_that_is_left_out_keeps_its_default_and_no_chance_is_refused() {
        let YesChances { p1, p2, p4, .. } = YesChances::default();
        assert_eq!(read("[offers]\nyes_chance_permille = { P3 = 600 }\n"), [p1, p2, 600, p4]);
        for wrong in ["0", "1001", "-1", "{ P2 = 0 }", "{ P5 = 900 }", "\"900\"", "70000"] {
            let error = Policy::parse(&format!("[offers]\nyes_chance_permille = {wrong}\n")).unwrap_err();
            assert_eq!(error.line, Some(2), "{wrong}: {error}");
        }
    }
}
