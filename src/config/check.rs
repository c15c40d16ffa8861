//! Values that can be read but cannot be meant.

use super::Settings;

/// A value that cannot be meant; its place is found by its key.
pub(super) struct Impossible {
    pub(super) key: String,
    pub(super) what: String,
    pub(super) remedy: String,
}

/// Everything impossible in the settings, in their order.
pub(super) fn impossible(settings: &Settings) -> Vec<Impossible> {
    let mut found = Vec::new();
    let mut refuse = |bad: bool, key: &str, what: String, remedy: &str| {
        if bad {
            found.push(Impossible { key: key.into(), what, remedy: remedy.into() });
        }
    };
    refuse(
        settings.data_dir.as_os_str().is_empty(),
        "data_dir",
        "an empty path names no folder".into(),
        "write where the line keeps its store, as data_dir = \"/var/lib/yingda\"",
    );
    let filter = tracing_subscriber::EnvFilter::try_new(&settings.log);
    refuse(
        filter.is_err(),
        "log",
        format!("\"{}\" is no log filter", settings.log),
        "write a level (error, warn, info, debug, trace), or module=level pairs with commas between",
    );
    let place = &settings.place;
    let name_like = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    refuse(
        !name_like(&place.jurisdiction.0),
        "place.jurisdiction",
        format!("\"{}\" is no jurisdiction id", place.jurisdiction),
        "use small letters, digits and dashes, as \"shibei\"",
    );
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0')
    };
    refuse(
        !digits(&place.numbering.country, 3),
        "place.numbering.country",
        format!("\"{}\" is no country code", place.numbering.country),
        "write one to three digits without + or 00, as \"86\"",
    );
    refuse(
        !digits(&place.numbering.area, 4),
        "place.numbering.area",
        format!("\"{}\" is no area code", place.numbering.area),
        "write it without the leading 0, as \"532\"",
    );
    found
}
