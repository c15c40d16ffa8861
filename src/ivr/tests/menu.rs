//! The menu's file: what is right, and what is refused with its line.

use super::script::{BETWEEN_KEYS, Rehearsal, catalogue, library, made, menu, resident, stranger};
use crate::domain::category::CategoryCode;
use crate::domain::language::Language;
use crate::ivr::menu::{DEFAULT_TEXT, Menu};
use crate::ivr::voice::MOST_QUESTIONS;
use crate::ivr::words::{Key, WalkAction, WalkEvent};
use crate::prompts::library::Library;
use crate::prompts::manifest::Manifest;

/// The first complaint about the menu with one thing changed.
fn complaint(from: &str, to: &str) -> String {
    assert!(DEFAULT_TEXT.contains(from), "{from} is not in the menu");
    let text = DEFAULT_TEXT.replacen(from, to, 1);
    let wrong = Menu::parse("ivr.toml", &text, &catalogue(), &library()).unwrap_err();
    wrong.first().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn the_menu_that_ships_offers_five_groups_and_a_way_to_english() {
    let menu = menu();
    assert_eq!(menu.groups.len(), 5);
    assert_eq!(menu.languages, [Language::Zh, Language::En]);
}

#[test]
fn tibetan_is_offered_as_soon_as_a_person_has_recorded_it() {
    let line =
        |id: &str| format!("\"{id}\" = {{ text = \"x\", text_hash = \"y\", status = \"recorded\" }}\n");
    let text = format!("language = \"bo\"\n[clips]\n{}{}", line("for-tibetan"), line("greeting"));
    let recorded = Manifest::parse("bo", &text).unwrap();
    let library = Library::new(library().manifests().cloned().chain([recorded]));
    let menu = Menu::parse("ivr.toml", DEFAULT_TEXT, &catalogue(), &library).unwrap();
    assert_eq!(menu.languages, [Language::Zh, Language::En, Language::Bo]);
}

#[test]
fn a_key_that_means_something_else_is_refused() {
    for (key, meaning) in
        [("0", "always a person"), ("9", "always the emergency"), ("8", "always another language")]
    {
        let wrong = complaint("key = 1\nlabel", &format!("key = {key}\nlabel"));
        assert!(wrong.contains(&format!("group.key: {key} is {meaning}; use 1 to 6")), "{wrong}");
    }
}

#[test]
fn a_key_given_twice_is_refused() {
    let wrong = complaint("key = 2, category", "key = 1, category");
    assert!(
        wrong.ends_with("group.choices.key: 1 is given twice; give each choice a key of its own"),
        "{wrong}"
    );
}

#[test]
fn an_announcement_that_cannot_be_dialled_or_said_is_refused_with_its_line() {
    for (text, wrong) in [
        ("number = \"5 100\"", "announcement.number: \"5 100\" cannot be dialled"),
        ("number = \"1\"\n[[announcement]]\nnumber = \"1\"", "announcement.number: 1 is given twice"),
        (
            "number = \"1\"\nparts = [{ say = \"heat\" }]",
            "announcement.parts.say: there is no Chinese clip heat",
        ),
        ("number = \"1\"\nsay = \"tone\"", "unknown field `say`"),
    ] {
        let text = format!("{DEFAULT_TEXT}\n[[announcement]]\n{text}");
        let errors = Menu::parse("ivr.toml", &text, &catalogue(), &library()).unwrap_err();
        let first = errors.first().map(ToString::to_string).unwrap_or_default();
        assert!(first.contains(wrong), "{first}");
    }
}

#[test]
fn a_group_that_leads_nowhere_is_refused() {
    let text = format!("{DEFAULT_TEXT}\n");
    let start = text.find("choices = [").unwrap();
    let end = text[start..].find("]\n").unwrap() + start + 2;
    let text = format!("{}{}", &text[..start], &text[end..]);
    let wrong = Menu::parse("ivr.toml", &text, &catalogue(), &library()).unwrap_err();
    assert!(wrong[0].to_string().contains("a group without categories is a dead end"), "{}", wrong[0]);
}

#[test]
fn a_category_that_may_not_be_chosen_by_key_is_refused() {
    let wrong = complaint("\"ELD-05\"", "\"INF-03\"");
    assert!(wrong.contains("INF-03 may not be chosen by key; set ivr = true in the catalogue"), "{wrong}");
}

#[test]
fn a_category_nobody_knows_is_refused_with_its_line() {
    let wrong = complaint("\"ELD-05\"", "\"ELD-77\"");
    let line = 1 + DEFAULT_TEXT[..DEFAULT_TEXT.find("\"ELD-05\"").unwrap()].matches('\n').count();
    assert!(
        wrong.starts_with(&format!("ivr.toml:{line}: group.choices.category: the catalogue has no")),
        "{wrong}"
    );
}

#[test]
fn a_clip_that_is_not_there_is_refused() {
    let wrong = complaint("label = \"label-elderly\"", "label = \"label-elders\"");
    assert!(wrong.contains("group.label: there is no Chinese clip label-elders"), "{wrong}");
}

#[test]
fn an_unknown_key_and_a_wrong_type_are_refused_with_their_line() {
    let wrong = complaint("first_key_s = 10", "first_key = 10");
    assert!(wrong.contains("unknown field `first_key`"), "{wrong}");
    let wrong = complaint("first_key_s = 10", "first_key_s = \"ten\"");
    assert!(wrong.contains("invalid type"), "{wrong}");
}

#[test]
fn a_time_that_nobody_could_keep_is_refused() {
    let wrong = complaint("first_key_s = 10", "first_key_s = 1");
    assert!(wrong.contains("timing.first_key_s: 1 seconds is out of range; write 3 to 60"), "{wrong}");
}

#[test]
fn every_mistake_is_told_at_once() {
    let text = DEFAULT_TEXT.replacen("\"ELD-05\"", "\"ELD-77\"", 1).replacen(
        "first_key_s = 10",
        "first_key_s = 1",
        1,
    );
    let wrong = Menu::parse("ivr.toml", &text, &catalogue(), &library()).unwrap_err();
    assert_eq!(wrong.len(), 2);
}

#[test]
fn six_groups_are_too_many() {
    let sixth =
        "[[group]]\nkey = 6\nlabel = \"label-household\"\nchoices = [{ key = 1, category = \"CON-01\" }]\n";
    let text = format!("{DEFAULT_TEXT}\n{sixth}");
    let wrong = Menu::parse("ivr.toml", &text, &catalogue(), &library()).unwrap_err();
    assert!(wrong[0].to_string().contains("6 groups, at most 5 can be remembered"), "{}", wrong[0]);
}

#[test]
fn a_category_that_nobody_handles_is_refused_and_so_is_such_an_emergency() {
    for (code, key) in [("ELD-05", "group.choices.category"), ("EMG-01", "emergency")] {
        let mut catalogue = catalogue();
        let code = CategoryCode::parse(code).unwrap();
        catalogue.categories.get_mut(&code).unwrap().by.clear();
        let wrong = Menu::parse("ivr.toml", DEFAULT_TEXT, &catalogue, &library()).unwrap_err();
        assert!(wrong[0].to_string().contains(&format!("{key}: nobody handles {code}")), "{}", wrong[0]);
    }
}

#[test]
fn a_menu_whose_way_to_a_person_has_no_clip_is_refused() {
    for phrase in ["label-person", "label-emergency", "leave-message"] {
        let zh = include_str!("../../../sounds/zh/manifest.toml");
        let there = format!("\n\"{phrase}\" = ");
        let line =
            zh.find(&there).or_else(|| zh.find(&format!("\n{phrase} = "))).expect("it is in the manifest");
        let end = zh[line + 1..].find('\n').unwrap() + line + 1;
        let manifest = Manifest::parse("zh", &made(&format!("{}{}", &zh[..line], &zh[end..]))).unwrap();
        let others =
            library().manifests().filter(|m| m.language != Language::Zh).cloned().collect::<Vec<_>>();
        let library = Library::new(std::iter::once(manifest).chain(others));
        let wrong = Menu::parse("ivr.toml", DEFAULT_TEXT, &catalogue(), &library).unwrap_err();
        assert!(
            wrong[0]
                .to_string()
                .contains(&format!("there is no Chinese clip {phrase}, and every menu needs it")),
            "{}",
            wrong[0]
        );
    }
}

#[test]
fn no_key_leads_round_for_ever_a_person_is_rung_at_last() {
    for caller in [stranger(), resident()] {
        for keys in ["*", "8", "1*", "2*", "3*", "4*", "5*", "1", "5", "6", "#", "12", "2*8", "66"] {
            let mut rehearsal = Rehearsal::incoming(caller.clone());
            let mut reached = false;
            for key in keys.chars().cycle().take(4 * MOST_QUESTIONS as usize) {
                rehearsal.now = rehearsal.now + BETWEEN_KEYS;
                let actions = rehearsal.step(&WalkEvent::Key { key: Key::parse(key).unwrap() });
                let leads_out = |action: &WalkAction| match action {
                    WalkAction::RingPerson { .. }
                    | WalkAction::RingEmergency
                    | WalkAction::Record { .. }
                    | WalkAction::Outcome { .. } => true,
                    WalkAction::Say { .. }
                    | WalkAction::StopSaying
                    | WalkAction::StopRecording
                    | WalkAction::DoNotRecord
                    | WalkAction::CallerNumber { .. }
                    | WalkAction::FindTask { .. }
                    | WalkAction::RingResident { .. }
                    | WalkAction::Language { .. }
                    | WalkAction::HangUp => false,
                };
                reached |= actions.iter().any(leads_out);
            }
            if !reached {
                // What is said to be spoken is then recorded, or silence leads on.
                reached = (0..8).any(|_| {
                    let said = rehearsal.heard();
                    let waited = rehearsal.silence();
                    said.iter().chain(&waited).any(|action| {
                        matches!(
                            action,
                            WalkAction::RingPerson { .. }
                                | WalkAction::Record { .. }
                                | WalkAction::Outcome { .. }
                        )
                    })
                });
            }
            assert!(reached, "{keys:?} again and again leads to nobody");
        }
    }
}
