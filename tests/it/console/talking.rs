//! What an operator does with the call they talk in, and a supervisor at it: what is offered, to whom, and what the desk
//! is asked.

use axum::http::StatusCode;
use yingda::console::settings::Settings;
use yingda::desk::command::{CallCommand, Command, CommandOutcome};
use yingda::desk::refusal::Why;
use yingda::desk::write::Write;
use yingda::domain::actor::{ActorKind, Role};
use yingda::domain::call::{Call, CallPart};
use yingda::domain::callback::CallbackState;
use yingda::domain::ids::UserId;
use yingda::domain::operator::OperatorState;

use super::browser::Browser;
use super::morning::{self, callback};
use super::office::{DISTRICT, HARBOUR, Office};
use super::seats::{bar, pressed};
use super::telephones::{call, doing, give, leg};
use super::ticket::asked;

type Fields<'a> = &'a [(&'a str, &'a str)];

/// The operator talks with a caller of the harbour; the telephone of `handler` is an operator's there, and ready.
fn talking(office: &mut Office) -> (UserId, UserId, Call) {
    let user = give(office, "operator", "201");
    let colleague = office.user("handler");
    office.store.set_roles(colleague, vec![(Role::Operator, HARBOUR)], office.by()).unwrap();
    give(office, "handler", "204");
    let with = call(office, "053283740001", HARBOUR, 60);
    let own = leg(office, user, &with, CallPart::Talks);
    office.write(vec![
        doing(office, user, OperatorState::Talking, Some(with.id)),
        doing(office, colleague, OperatorState::Ready, None),
        Write::Call(with.clone()),
        Write::Call(own),
    ]);
    (user, colleague, with)
}

#[tokio::test]
async fn who_talks_has_a_key_for_all_that_can_be_done_with_the_call_and_nobody_else_has() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    talking(&mut office);
    let (router, _commands) = office.console(Settings::default()).await;
    let page = Browser::of(&router, "operator").await.get("/board").await.body;
    let bar_of = bar(&page);
    for (deed, key) in
        [("hold", "1"), ("mute", "2"), ("transfer", "3"), ("ask", "4"), ("bring_in", "5"), ("hang_up", "0")]
    {
        assert!(bar_of.contains(&format!("/seat/call/{deed}\"")), "{deed}: {bar_of}");
        assert!(bar_of.contains(&format!("data-press=\"{key}\"")), "{key}: {bar_of}");
    }
    // Who is ready may have the caller, and the three numbers are there.
    assert!(bar_of.contains("<option value=\"204\">204 "), "{bar_of}");
    assert!(!bar_of.contains("<option value=\"201\">"), "nobody is led on to themselves: {bar_of}");
    for number in ["110", "119", "120"] {
        assert!(bar_of.contains(&format!("<option value=\"{number}\">")), "{bar_of}");
    }
    let ready = Browser::of(&router, "handler").await.get("/board").await.body;
    assert!(!bar(&ready).contains("/seat/call/"), "{}", bar(&ready));
}

#[tokio::test]
async fn each_button_of_a_talk_asks_the_desk_for_what_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let (user, _, with) = talking(&mut office);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let to = |to: &str| to.to_owned();
    let third = |to: &str, aside| CallCommand::BringIn { to: to.to_owned(), aside };
    let forms: [(&str, Fields<'_>, CallCommand); 9] = [
        ("hold", &[], CallCommand::Hold { on: true }),
        ("resume", &[], CallCommand::Hold { on: false }),
        ("mute", &[], CallCommand::Mute { on: true }),
        ("unmute", &[], CallCommand::Mute { on: false }),
        ("transfer", &[("to", "204"), ("number", "")], CallCommand::Transfer { to: to("204") }),
        (
            "transfer",
            &[("to", "204"), ("number", "13800000055 ")],
            CallCommand::Transfer { to: to("13800000055") },
        ),
        ("ask", &[("to", "204")], third("204", true)),
        ("bring_in", &[("to", "120")], third("120", false)),
        ("hang_up", &[], CallCommand::HangUp),
    ];
    for (deed, fields, what) in forms {
        let id = with.id.to_string();
        let fields = [fields, &[("call", &*id)]].concat();
        let path = format!("/seat/call/{deed}");
        let (seen, answer) = asked(&mut browser, &mut commands, &path, &fields, CommandOutcome::Done).await;
        assert_eq!(seen.command, Command::Call { call: with.id, what }, "{deed}");
        assert_eq!((seen.by.actor.kind, seen.by.actor.user), (ActorKind::Operator, Some(user)), "{deed}");
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{deed}");
    }
}

#[tokio::test]
async fn a_no_stands_in_the_bar_and_nobody_chosen_is_said_before_the_desk_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let (_, _, with) = talking(&mut office);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let id = with.id.to_string();
    let nobody =
        pressed(&mut browser, "/seat/call/transfer", &[("call", &id), ("to", ""), ("number", " ")]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nobody.body.contains("请选择一个人"), "{}", nobody.body);
    let desk = async {
        let request = commands.recv().await.expect("the form asks the desk");
        request.reply.send(CommandOutcome::Refused(Why::NotFree.into())).unwrap();
    };
    let fields = [("call", &*id), ("to", "204")];
    let (_, answer) = tokio::join!(desk, pressed(&mut browser, "/seat/call/ask", &fields));
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("没有示闲") && answer.body.contains("/seat/call/hold"), "{}", answer.body);
    let wrong = browser.post("/seat/call/listen", &[("call", &id)]).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND, "an operator's bar has no such button");
}

#[tokio::test]
async fn who_is_on_hold_muted_or_brought_in_is_seen_and_a_listener_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let (user, colleague, with) = talking(&mut office);
    let mut own = leg(&mut office, user, &with, CallPart::Talks);
    own.muted = true;
    let mut ringing = leg(&mut office, colleague, &with, CallPart::BroughtIn);
    ringing.answered_at = None;
    let chief = office.user("supervisor");
    let listens = leg(&mut office, chief, &with, CallPart::Listens);
    office.write(vec![
        Write::Call(Call { held: true, ..with.clone() }),
        Write::Call(own),
        Write::Call(ringing.clone()),
        Write::Call(listens.clone()),
    ]);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let page = browser.get("/board").await.body;
    let shown = bar(&page);
    for words in ["保持中", "/seat/call/resume", "正在呼叫", "退出通话"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!shown.contains("/seat/call/ask"), "one third at a time: {shown}");
    assert!(!shown.contains("班长"), "{shown}");
    let answered = Call { answered_at: Some(ringing.started_at), ..ringing };
    let barges = leg(&mut office, chief, &with, CallPart::Barges);
    let writes = vec![Write::Call(answered), Write::Call(Call { id: listens.id, ..barges })];
    let heard =
        super::board::read_until(&mut browser, "/live?ticket=-", "已加入通话", || office.write(writes)).await;
    assert!(heard.contains("班长已加入通话"), "{heard}");
}

#[tokio::test]
async fn whoever_helps_the_caller_is_brought_in_by_name_and_their_number_is_nobodys_to_see() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let ticket = morning::fill(&mut office);
    let user = give(&office, "operator", "201");
    let with = Call { number: ticket.caller.clone(), ..call(&mut office, "13800000001", DISTRICT, 60) };
    let own = leg(&mut office, user, &with, CallPart::Talks);
    office.write(vec![
        doing(&office, user, OperatorState::Talking, Some(with.id)),
        Write::Call(with.clone()),
        Write::Call(own),
    ]);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let page = browser.get("/queue").await.body;
    let (value, label) = ("helper:10012", format!("王芳 · {}", ticket.number));
    assert!(bar(&page).contains(value) && bar(&page).contains(&label), "{}", bar(&page));
    assert!(!bar(&page).contains("13800000012"), "{}", bar(&page));
    let id = with.id.to_string();
    let fields = [("call", &*id), ("to", value)];
    let done = CommandOutcome::Done;
    let (seen, _) = asked(&mut browser, &mut commands, "/seat/call/bring_in", &fields, done).await;
    let what = CallCommand::BringIn { to: "+8613800000012".into(), aside: false };
    assert_eq!(seen.command, Command::Call { call: with.id, what });
    // Somebody who is at work for others is nobody's to bring in here.
    let other = browser.post("/seat/call/bring_in", &[("call", &id), ("to", "helper:1")]).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_call_back_that_is_offered_says_why_it_is_owed_and_shows_two_digits_until_it_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let user = give(&office, "operator", "201");
    let mut owed = callback(&mut office, "13800000063", 20, 9);
    owed.state = CallbackState::Offered;
    let rings = call(&mut office, "13800000063", DISTRICT, 3);
    let mut offered = leg(&mut office, user, &rings, CallPart::Talks);
    (offered.joins, offered.owed, offered.answered_at) = (None, Some(owed.id), None);
    office.write(vec![
        Write::Callback(owed.clone()),
        doing(&office, user, OperatorState::Ringing, Some(offered.id)),
        Write::Call(offered.clone()),
    ]);
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "operator").await;
    let page = browser.get("/me").await.body;
    let shown = bar(&page);
    assert!(shown.contains("63") && !shown.contains("13800000063"), "{shown}");
    assert!(shown.contains("未及说明即挂断"), "why: {shown}");
    // Taken: the number is rung, and is theirs to see.
    let mut back = leg(&mut office, user, &rings, CallPart::Talks);
    (back.joins, back.owed, back.number, back.answered_at) =
        (None, Some(owed.id), rings.number.clone(), None);
    offered.joins = Some(yingda::domain::call::Joins { to: back.id, part: CallPart::Talks });
    let writes = vec![
        doing(&office, user, OperatorState::Talking, Some(back.id)),
        Write::Call(offered),
        Write::Call(back),
    ];
    let heard =
        super::board::read_until(&mut browser, "/live?ticket=-", "13800000063", || office.write(writes))
            .await;
    assert!(heard.contains("未及说明即挂断") && !heard.contains("/seat/call/hold"), "{heard}");
    assert!(heard.contains("/seat/call/hang_up"), "{heard}");
}

#[tokio::test]
async fn a_supervisor_attends_the_talks_of_their_stations_and_sees_how() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let (user, _, with) = talking(&mut office);
    let chief = office.user("supervisor");
    let (router, mut commands) = office.console(Settings::default()).await;
    for login in ["operator", "dispatcher"] {
        let mut other = Browser::of(&router, login).await;
        let page = other.get("/queue").await.body;
        assert!(page.contains("陈晓云") && !page.contains("/attend/"), "{login}: {page}");
        let answer = other.post(&format!("/operators/{user}/attend/listen"), &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{login}");
    }
    let mut supervisor = Browser::of(&router, "supervisor").await;
    let page = supervisor.get("/queue").await.body;
    assert!(!page.contains("/attend/stop"), "nobody attends yet: {page}");
    for (how, what) in [
        ("listen", CallCommand::Listen),
        ("whisper", CallCommand::Whisper),
        ("barge", CallCommand::Barge),
        ("stop", CallCommand::HangUp),
    ] {
        let path = format!("/operators/{user}/attend/{how}");
        let (seen, answer) = asked(&mut supervisor, &mut commands, &path, &[], CommandOutcome::Done).await;
        assert_eq!(seen.command, Command::Call { call: with.id, what }, "{how}");
        assert_eq!((seen.by.actor.kind, seen.by.actor.user), (ActorKind::Supervisor, Some(chief)), "{how}");
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/queue"));
    }
    let refused = CommandOutcome::Refused(Why::NoTelephone.into());
    let path = format!("/operators/{user}/attend/listen");
    let (_, answer) = asked(&mut supervisor, &mut commands, &path, &[], refused).await;
    assert!(answer.body.contains("没有分机") && answer.body.contains("陈晓云"), "{}", answer.body);
    // What they do is seen, and the way out is there.
    let listens = leg(&mut office, chief, &with, CallPart::Listens);
    super::board::read_until(&mut supervisor, "/live?ticket=-", "event: queue", || {
        office.write(vec![Write::Call(listens)]);
    })
    .await;
    let page = supervisor.get("/queue").await.body;
    assert!(page.contains("您在旁听") && page.contains("/attend/stop"), "{page}");
    assert!(!page.contains("/attend/listen"), "they do already: {page}");
}
