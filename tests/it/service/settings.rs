//! `yingda config import` while the house is at work: in force at once, through the control socket.

use std::path::Path;

use yingda::domain::language::Language;
use yingda::domain::settings::SettingsKind;
use yingda::service::control::{Answer, Request, ask};
use yingda::service::house::House;
use yingda::service::rules::{self, built_in};
use yingda::service::run::{Running, ServicePlan};
use yingda::store::backup::Beside;
use yingda::text::templates::Templates;
use yingda::text::words::Words;

use super::house::{by, caller, ground, plan, sounds, tickets, wait_for};
use crate::waiting::until;

/// Imports a text and waits until the desk has it in force.
fn import(folder: &Path, running: &Running, kind: SettingsKind, toml: &str) {
    let request = Request::ImportSettings { kind, toml: toml.to_owned() };
    let answer = ask(folder, &request).unwrap();
    assert_eq!(answer, Answer::SettingsImported { version: 2 });
    let noted = "SELECT count(*) FROM event WHERE kind = 'settings.in_force'";
    let in_force = || {
        running.house.store.read(|connection| {
            Ok::<i64, yingda::store::error::StoreError>(connection.query_row(noted, [], |row| row.get(0))?)
        })
    };
    let before = match kind {
        SettingsKind::Ivr => 0,
        SettingsKind::Catalogue => 1,
        SettingsKind::Calendars | SettingsKind::Templates | SettingsKind::Policy => unreachable!("not here"),
    };
    until(&format!("the desk has heard of the new {kind}"), || in_force().unwrap() > before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_imported_menu_and_catalogue_are_in_force_at_once_for_calls_that_come() {
    let folder = tempfile::tempdir().unwrap();
    let plan =
        ServicePlan { house: plan(folder.path()), console: None, sms: None, beside: Beside::default() };
    let running = Running::open(plan, ground(folder.path())).await.unwrap();
    let address = format!("sip:12349@{}", running.addresses.sip);
    tokio::task::block_in_place(|| {
        let caller = caller(sounds());
        let dial = |keys: [(&str, &str); 4], between: &dyn Fn()| {
            let conversation = caller.dial(&address, "13900000001").unwrap();
            for (count, (clip, key)) in keys.into_iter().enumerate() {
                wait_for(conversation.moments(), clip);
                if count == 1 {
                    between();
                }
                conversation.press(key).unwrap();
            }
            wait_for(conversation.moments(), "ticket-number-is");
            conversation.hang_up().unwrap();
        };
        let keys =
            [("greeting", "1"), ("which-help", "4"), ("label-registered-home", "1"), ("may-we-ask", "1")];
        let menu = built_in(SettingsKind::Ivr)
            .replace("key = 4, category = \"ELD-07\"", "key = 4, category = \"ELD-99\"")
            .replace("key = 5, category = \"ELD-08\"", "key = 5, category = \"ELD-07\"")
            .replace("ELD-99", "ELD-08");
        // The first caller hears the old menu when the new one comes, and goes on in the old one.
        dial(keys, &|| import(folder.path(), &running, SettingsKind::Ivr, &menu));
        let catalogue = built_in(SettingsKind::Catalogue).replacen("精神慰藉/陪聊", "陪聊", 1);
        import(folder.path(), &running, SettingsKind::Catalogue, &catalogue);
        let seen = running.house.in_force.catalogue();
        assert_eq!(seen.borrow().version, 2, "the screens see it too");
        assert!(seen.borrow().categories.values().any(|category| category.zh == "陪聊"));
        let conversation = caller.dial(&address, "13900000009").unwrap();
        wait_for(conversation.moments(), "greeting");
        conversation.press("1").unwrap();
        wait_for(conversation.moments(), "which-help");
        let choices = wait_for(conversation.moments(), "press-4");
        assert_eq!(choices.last().map(String::as_str), Some("category-ELD-08"), "{choices:?}");
        conversation.hang_up().unwrap();
        caller.stop();
    });
    let opened = tickets(&running.house);
    let first =
        opened.iter().find(|ticket| ticket.caller.as_ref().is_some_and(|n| n.as_str().ends_with("01")));
    assert_eq!(first.unwrap().category.as_ref().unwrap().as_str(), "ELD-07");
    running.until(std::future::ready(())).await.unwrap();
}

/// The texts that come with the program, in words of the district's own and without one.
fn texts_of_an_earlier_program() -> String {
    let without: Vec<&str> = built_in(SettingsKind::Templates)
        .split("\n\n")
        .filter(|sentence| !sentence.contains("[text.thanks]"))
        .collect();
    without.join("\n\n").replace("【社区服务】", "【市北热线】")
}

#[test]
fn a_line_whose_texts_are_of_an_earlier_program_opens_and_sends_the_new_ones_in_the_program_s_words() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, ground) = (plan(folder.path()), ground(folder.path()));
    let by = by(ground.clock.now());
    ground.store.add_settings(SettingsKind::Templates, texts_of_an_earlier_program(), by).unwrap();
    let house = House::open(plan.clone(), ground, Box::new(|_, _| {})).unwrap();
    let (areas, library) = (vec![], rules::library(None).unwrap());
    let rules = rules::load(&house.store, &plan.jurisdiction, &plan.numbering, areas, library).unwrap();
    let number = "260501-014-0007".to_owned();
    let said = |texts: &Templates| texts.render(Words::Thanks { number: number.clone() }, Language::Zh).body;
    let of_now = said(&Templates::default());
    assert_ne!(rules.templates, Templates::default());
    assert_eq!(said(&rules.templates), of_now.replace("【社区服务】", "【市北热线】"));
}

#[test]
fn a_first_file_that_says_something_impossible_is_named_and_nothing_is_kept_of_any() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = plan(folder.path());
    let file = folder.path().join("texts.toml");
    std::fs::write(&file, built_in(SettingsKind::Templates).replacen("{code}", "{cod}", 1)).unwrap();
    plan.first.insert(SettingsKind::Templates, file.clone());
    let wrong = House::open(plan.clone(), ground(folder.path()), Box::new(|_, _| {})).err().unwrap();
    let wrong = format!("{wrong:#}");
    assert!(wrong.contains("texts.toml") && wrong.contains("{cod} is not known here"), "{wrong}");
    std::fs::write(&file, texts_of_an_earlier_program()).unwrap();
    House::open(plan, ground(folder.path()), Box::new(|_, _| {})).unwrap();
}
