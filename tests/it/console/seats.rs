//! The bar of an operator, the queue's page, and what their forms ask of the desk.

use std::time::Duration;

use axum::http::{Request, StatusCode, header};
use yingda::console::settings::Settings;
use yingda::desk::command::{Command, CommandOutcome, OperatorCommand};
use yingda::desk::refusal::Why;
use yingda::desk::write::Write;
use yingda::domain::actor::ActorKind;
use yingda::domain::call::{Call, CallResult, Disposition};
use yingda::domain::callback::CallbackReason;
use yingda::domain::operator::OperatorState;
use yingda::domain::queue::QueueState;
use yingda::domain::timestamp::Timestamp;
use yingda::store::queries::operators::{self, Connected, Waits};

use super::board::read_until;
use super::browser::{Answer, Browser, form};
use super::morning::{self, callback};
use super::office::{BRIDGE, DISTRICT, HARBOUR, Office, Wish, person};
use super::telephones::{call, doing, give, missed, wait};
use super::ticket::asked;

type Fields<'a> = &'a [(&'a str, &'a str)];

/// The bar of a page, from its first tag to its last.
pub fn bar(page: &str) -> &str {
    let (_, rest) = page.split_once("<div id=\"seat\"").expect("every page has the place of the bar");
    rest.split("<main").next().unwrap_or_default().split("</section>").next().unwrap_or_default()
}

#[tokio::test]
async fn every_page_says_what_an_operators_telephone_does_and_nobody_elses_has_a_bar() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let user = give(&office, "operator", "201");
    // A telephone alone makes nobody an operator.
    give(&office, "dispatcher", "203");
    office.write(vec![doing(&office, user, OperatorState::Ready, None)]);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut operator = Browser::of(&router, "operator").await;
    for path in ["/board", "/tickets/new", "/queue", "/callbacks", "/calls", "/people", "/stations", "/me"] {
        let page = operator.get(path).await.body;
        assert!(bar(&page).contains("data-state=\"ready\"") && bar(&page).contains("示闲"), "{path}: {page}");
        assert!(page.contains("data-live=\"/live?"), "{path} hears what changes");
    }
    for login in ["dispatcher", "supervisor", "manager"] {
        let page = Browser::of(&router, login).await.get("/stations").await.body;
        assert!(!bar(&page).contains("data-state"), "{login}: {}", bar(&page));
    }
}

#[tokio::test]
async fn who_is_on_the_line_stands_in_the_bar_with_their_name_their_tickets_and_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    office.store.import_people(vec![person(501, "王秀英", Some("053283740001"))], office.by()).unwrap();
    let ticket = office.ticket(&Wish { caller: "053283740001", ..Wish::default() });
    let writes = office.opened(&ticket, 30);
    office.write(writes);
    let user = give(&office, "operator", "201");
    let with = call(&mut office, "053283740001", HARBOUR, 60);
    office.write(vec![doing(&office, user, OperatorState::Talking, Some(with.id)), Write::Call(with)]);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut operator = Browser::of(&router, "operator").await;
    let page = operator.get("/board").await.body;
    let bar = bar(&page);
    let new = "/tickets/new?caller=053283740001&station=4";
    for words in ["王秀英", "海岸路社区服务站", &format!("/tickets/{}", ticket.number)] {
        assert!(bar.contains(words), "{words}: {bar}");
    }
    assert!(bar.replace("&#38;", "&").contains(new), "{bar}");
    assert!(!bar.contains("/seat/do/"), "who talks says nothing else of themselves: {bar}");
    // The form of intake has the number, and the station though it is below the operator's own.
    let page = operator.get(new).await.body;
    assert!(page.contains("value=\"053283740001\""), "{page}");
    assert!(page.contains("<option value=\"4\" selected>海岸路社区服务站"), "{page}");
}

#[tokio::test]
async fn who_rings_for_another_street_has_no_name_there() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    office.store.import_people(vec![person(501, "王秀英", Some("053283740001"))], office.by()).unwrap();
    let harbour = office.user("handler");
    office
        .store
        .set_roles(harbour, vec![(yingda::domain::actor::Role::Operator, HARBOUR)], office.by())
        .unwrap();
    give(&office, "handler", "204");
    let with = call(&mut office, "053283740001", BRIDGE, 60);
    office.write(vec![doing(&office, harbour, OperatorState::Talking, Some(with.id)), Write::Call(with)]);
    let (router, _commands) = office.console(Settings::default()).await;
    let page = Browser::of(&router, "handler").await.get("/board").await.body;
    let bar = bar(&page);
    assert!(bar.contains("data-state=\"talking\"") && bar.contains("01"), "{bar}");
    for hidden in ["83740001", "王秀英", "/tickets/new"] {
        assert!(!bar.contains(hidden), "{hidden}: {bar}");
    }
}

#[tokio::test]
async fn each_button_of_the_bar_asks_the_desk_for_what_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let user = give(&office, "operator", "201");
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let wrap_up = |disposition| OperatorCommand::WrapUp { disposition };
    let forms: [(&str, Fields<'_>, OperatorCommand); 5] = [
        ("ready", &[], OperatorCommand::Ready),
        ("away", &[], OperatorCommand::Away),
        ("sign_off", &[], OperatorCommand::SignOff),
        ("wrap_up", &[("disposition", "")], wrap_up(None)),
        ("wrap_up", &[("disposition", "wrong_number")], wrap_up(Some(Disposition::WrongNumber))),
    ];
    for (deed, fields, what) in forms {
        let path = format!("/seat/do/{deed}");
        let (seen, answer) = asked(&mut browser, &mut commands, &path, fields, CommandOutcome::Done).await;
        assert_eq!(seen.command, Command::Operator { whose: None, what }, "{deed}");
        assert_eq!((seen.by.actor.kind, seen.by.actor.user), (ActorKind::Operator, Some(user)), "{deed}");
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/queue"), "{deed}");
    }
    let refused = CommandOutcome::Refused(Why::IsTalking.into());
    let (_, answer) = asked(&mut browser, &mut commands, "/seat/do/away", &[], refused).await;
    assert!(answer.body.contains("正在通话"), "{}", answer.body);
    let answer = browser.post("/seat/do/wrap_up", &[("disposition", "nonsense")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// Presses a button of the bar on a page that stands.
pub async fn pressed(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::HOST, "desk.example")
        .header("sec-fetch-site", "same-origin")
        .header("hx-request", "true")
        .body(form(fields).into())
        .unwrap();
    browser.send(request).await
}

#[tokio::test]
async fn a_page_that_stands_gets_its_bar_anew_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let user = give(&office, "operator", "201");
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let desk = async {
        let request = commands.recv().await.expect("the form asks the desk");
        office.write(vec![doing(&office, user, OperatorState::Ready, None)]);
        request.reply.send(CommandOutcome::Done).unwrap();
    };
    let (_, answer) = tokio::join!(desk, pressed(&mut browser, "/seat/do/ready", &[]));
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.starts_with("<section class=\"seat s-ready\""), "{}", answer.body);
    let no = async {
        let request = commands.recv().await.expect("the form asks the desk");
        request.reply.send(CommandOutcome::Refused(Why::IsTalking.into())).unwrap();
    };
    let (_, answer) = tokio::join!(no, pressed(&mut browser, "/seat/do/away", &[]));
    assert!(
        answer.body.starts_with("<section class=\"seat") && answer.body.contains("正在通话"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn the_bar_follows_what_the_telephone_does_on_a_page_that_stands() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let user = give(&office, "operator", "201");
    office.write(vec![doing(&office, user, OperatorState::Ready, None)]);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let with = call(&mut office, "053283740001", HARBOUR, 3);
    let writes = vec![doing(&office, user, OperatorState::Ringing, Some(with.id)), Write::Call(with)];
    let heard =
        read_until(&mut browser, "/live?ticket=-", "data-state=\\\"ringing", || office.write(writes)).await;
    assert!(heard.contains("event: seat") && heard.contains("event: queue"), "{heard}");
    // Somebody else's is not told here.
    let mut supervisor = Browser::of(&router, "supervisor").await;
    let waiting = call(&mut office, "053283740002", HARBOUR, 3);
    let writes = vec![Write::Queue(wait(&waiting, QueueState::Waiting, 0)), Write::Call(waiting)];
    let heard = read_until(&mut supervisor, "/live?ticket=-", "event: queue", || office.write(writes)).await;
    assert!(!heard.contains("data-state"), "{heard}");
}

/// The rows of the table of those who wait.
fn places(page: &str) -> Vec<String> {
    let rows = page.split_once("<tbody id=\"rows\">").map_or("", |(_, rest)| rest);
    let rows = rows.split("</tbody>").next().unwrap_or_default();
    rows.split("<tr ").skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_queue_shows_callers_and_call_backs_in_the_order_in_which_they_are_served() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let first = call(&mut office, "13800000061", BRIDGE, 300);
    let last = call(&mut office, "13800000062", HARBOUR, 20);
    let owed = callback(&mut office, "13800000063", 2, 9);
    let mut urgent = callback(&mut office, "13800000064", 1, 9);
    urgent.urgent = true;
    let mut by_hand = callback(&mut office, "13800000065", 30, 9);
    by_hand.by_person_only = true;
    // Whoever knows what it is about rings them: no operator is given them, and no place is theirs.
    let mut helper = callback(&mut office, "13800000067", 60, 9);
    helper.reason = CallbackReason::Helper;
    office.write(vec![
        Write::Queue(wait(&first, QueueState::Waiting, 0)),
        Write::Queue(wait(&last, QueueState::Waiting, 0)),
        Write::Call(first),
        Write::Call(last),
        Write::Callback(owed.clone()),
        Write::Callback(urgent),
        Write::Callback(by_hand),
        Write::Callback(helper),
    ]);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut operator = Browser::of(&router, "operator").await;
    let page = operator.get("/queue").await.body;
    let order: Vec<bool> = ["13800000064", "13800000061", "13800000063", "13800000062"]
        .iter()
        .zip(places(&page))
        .map(|(number, row)| row.contains(number))
        .collect();
    assert_eq!((order, places(&page).len()), (vec![true; 4], 4), "{page}");
    assert!(page.contains("data-figure=\"waiting\">4<"), "the navigation counts them: {page}");
    assert!(page.contains("data-indicator=\"waiting\">4<"), "and so does the figure: {page}");
    assert!(page.contains(&format!("/callbacks/{}", owed.id)) && !page.contains("13800000065"), "{page}");
    // Who sees one street's stations sees their callers, each with the place among all.
    let street = Browser::of(&router, "street").await.get("/queue").await.body;
    let rows = places(&street);
    assert_eq!(rows.len(), 1, "{street}");
    assert!(street.contains("data-figure=\"waiting\">1<"), "{street}");
    assert!(rows[0].contains("13800000062") && rows[0].contains("<td class=\"c-urgency\">4"), "{street}");
}

#[tokio::test]
async fn the_queues_figures_are_what_the_glossary_says() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let mut writes = vec![];
    // All within some minutes, so that midnight seldom falls between; their waits ended now.
    for (state, seconds) in [
        (QueueState::Answered, 5),
        (QueueState::Answered, 15),
        (QueueState::Answered, 16),
        (QueueState::Abandoned, 130),
        (QueueState::Kept, 40),
        (QueueState::Emergency, 600),
    ] {
        let one = call(&mut office, "13800000061", HARBOUR, seconds);
        writes.push(Write::Queue(wait(&one, state, seconds)));
        let ended_at = Some(office.clock.now());
        writes.push(Write::Call(Call { ended_at, result: Some(CallResult::Completed), ..one }));
    }
    // Two days ago one of two was lost; a short one is counted apart, and so is what is older than seven days.
    let days = 24 * 3_600;
    let lost = missed(call(&mut office, "13800000066", HARBOUR, 2 * days));
    let short = Call {
        result: Some(CallResult::Short),
        ..missed(call(&mut office, "13800000067", HARBOUR, 4 * days))
    };
    let old = missed(call(&mut office, "13800000068", HARBOUR, 9 * days));
    let good = call(&mut office, "13800000069", HARBOUR, 2 * days + 60);
    let good = Call { ended_at: Some(good.started_at + Duration::from_secs(50)), ..good };
    writes.extend([lost, short, old, good].map(Write::Call));
    office.write(writes);
    let (router, _commands) = office.console(Settings::default()).await;
    let page = Browser::of(&router, "dispatcher").await.get("/queue").await.body;
    let figure = |name: &str| {
        let (_, rest) = page.split_once(&format!("data-indicator=\"{name}\">")).expect("the figure is there");
        let text = rest.split("</dd>").next().unwrap().replace("</span>", "").replace("</small>", "");
        text.replace("<small class=\"faint\">", "")
    };
    assert_eq!(figure("in_time"), "40 % 2 / 5");
    assert_eq!(figure("connected"), "50 % 1 / 2");
    assert_eq!(figure("abandoned"), "1");
    assert_eq!(figure("longest"), "2:10");
    assert_eq!(figure("waiting"), "0");
}

#[test]
fn a_wait_is_counted_from_the_wish_and_not_from_the_place_that_was_kept() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let rung_back = call(&mut office, "13800000061", HARBOUR, 12);
    let mut kept = wait(&rung_back, QueueState::Answered, 12);
    kept.queued_at = rung_back.started_at - Duration::from_secs(1_800);
    office.write(vec![Write::Queue(kept), Write::Call(rung_back.clone())]);
    let limit = Duration::from_secs(15);
    let since = rung_back.started_at;
    let waits = office.read(|connection| operators::waits_since(connection, since, limit));
    assert_eq!(waits, Waits { all: 1, in_time: 1, abandoned: 0, longest: Duration::from_secs(12) });
}

#[test]
fn the_worst_24_hours_end_at_any_hour_and_not_only_at_one_that_had_a_call() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let now = office.clock.now();
    let hour = Duration::from_secs(3_600);
    let day = Timestamp::from_millis(now.as_millis().div_euclid(3_600_000) * 3_600_000) - hour * 60;
    // Between the two that were answered lie 24 hours with nobody but the one who was lost.
    for (after, answered) in [(0, true), (10, false), (30, true)] {
        let started_at = day + hour * after;
        let one = Call { started_at, ..call(&mut office, "13800000061", HARBOUR, 0) };
        let one = if answered {
            Call {
                answered_at: Some(started_at),
                ended_at: Some(started_at),
                result: Some(CallResult::Completed),
                ..one
            }
        } else {
            missed(one)
        };
        office.write(vec![Write::Call(one)]);
    }
    let worst = office.read(|connection| operators::worst_day(connection, now));
    assert_eq!(worst, Some(Connected { connected: 0, all: 1 }));
}

#[tokio::test]
async fn a_supervisor_sets_what_an_operator_of_theirs_does_and_nobody_else_has_the_buttons() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let user = give(&office, "operator", "201");
    office.write(vec![doing(&office, user, OperatorState::Ready, None)]);
    let (router, mut commands) = office.console(Settings::default()).await;
    let page = Browser::of(&router, "dispatcher").await.get("/queue").await.body;
    assert!(page.contains("陈晓云") && !page.contains("/operators/"), "{page}");
    let mut supervisor = Browser::of(&router, "supervisor").await;
    let page = supervisor.get("/queue").await.body;
    let path = format!("/operators/{user}/do/away");
    assert!(page.contains(&path), "{page}");
    let (seen, answer) = asked(&mut supervisor, &mut commands, &path, &[], CommandOutcome::Done).await;
    assert_eq!(seen.command, Command::Operator { whose: Some(user), what: OperatorCommand::Away });
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/queue"));
    let refused = CommandOutcome::Refused(Why::IsTalking.into());
    let (_, answer) = asked(&mut supervisor, &mut commands, &path, &[], refused).await;
    assert!(answer.body.contains("正在通话") && answer.body.contains("陈晓云"), "{}", answer.body);
    // Nobody writes up somebody else's call, and who has no telephone is no operator.
    let answer = supervisor.post(&format!("/operators/{user}/do/wrap_up"), &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let manager = office.user("manager");
    let answer = supervisor.post(&format!("/operators/{manager}/do/ready"), &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_call_back_is_dialled_to_the_readers_own_telephone_without_typing() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    morning::fill(&mut office);
    let owed = callback(&mut office, "13800000063", 2, 9);
    office.write(vec![Write::Callback(owed.clone())]);
    give(&office, "officer", "205");
    let (router, _commands) = office.console(Settings::default()).await;
    let path = format!("/callbacks/{}", owed.id);
    let page = Browser::of(&router, "officer").await.get(&path).await.body;
    assert!(page.contains("name=\"operator\" value=\"ext:205\""), "{page}");
    let page = Browser::of(&router, "operator").await.get(&path).await.body;
    assert!(page.contains("name=\"operator\" value=\"\""), "who has no telephone says where: {page}");
    assert_eq!(owed.station, DISTRICT);
}
