//! What a policy says otherwise than another.

use std::collections::BTreeMap;

use crate::domain::policy::Policy;
use crate::domain::settings::SettingsError;

/// One figure of a policy, as both write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `offers.per_day`
    pub key: String,
    /// None where the other does not say it.
    pub from: Option<String>,
    pub to: Option<String>,
}

/// What the shipped policy with some texts laid over it says otherwise than with others.
///
/// # Errors
/// One of them is no TOML.
pub fn changes(from: &[&str], to: &[&str]) -> Result<Vec<Change>, SettingsError> {
    let (mut before, after) = (figures(from)?, figures(to)?);
    let mut all = vec![];
    for (key, to) in after {
        let from = before.remove(&key);
        if from.as_ref() != Some(&to) {
            all.push(Change { key, from, to: Some(to) });
        }
    }
    all.extend(before.into_iter().map(|(key, from)| Change { key, from: Some(from), to: None }));
    all.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(all)
}

fn figures(texts: &[&str]) -> Result<BTreeMap<String, String>, SettingsError> {
    let mut all = BTreeMap::new();
    flatten("", &toml::Value::Table(Policy::table_laid_over(texts)?), &mut all);
    Ok(all)
}

fn flatten(key: &str, value: &toml::Value, into: &mut BTreeMap<String, String>) {
    let Some(table) = value.as_table() else {
        let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        into.insert(key.to_owned(), written);
        return;
    };
    for (name, value) in table {
        let below = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
        flatten(&below, value, into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_policy_changes_is_what_it_says_otherwise() {
        let text = "[offers]\nper_day = 6\nwaves_max = 8\n[urgency.P2]\nwave = \"5 min\"\n";
        let said: Vec<(String, Option<String>)> =
            changes(&[], &[text]).unwrap().into_iter().map(|change| (change.key, change.to)).collect();
        assert!(said.contains(&("offers.per_day".to_owned(), Some("6".to_owned()))), "{said:?}");
        assert!(said.contains(&("urgency.P2.wave".to_owned(), Some("5 min".to_owned()))), "{said:?}");
        assert_eq!(said.len(), 2, "eight waves are shipped: {said:?}");
        assert_eq!(changes(&[text], &[text]).unwrap(), vec![]);
    }
}
