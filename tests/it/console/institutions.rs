//! Institutions on the screens: whose work it is, whom it may be given to, what each takes.

use axum::http::StatusCode;
use serde_json::json;
use yingda::console::settings::Settings;
use yingda::desk::candidates::{Candidates, InstitutionCandidate};
use yingda::desk::command::{Command, CommandOutcome, TicketCommand};
use yingda::desk::refusal::Why;
use yingda::desk::write::Write;
use yingda::dispatch::explain::Sentence;
use yingda::domain::actor::{Actor, ActorKind};
use yingda::domain::category::HandlerKind;
use yingda::domain::ids::{FacilityId, JurisdictionId};
use yingda::domain::register::Facility;
use yingda::domain::ticket::TicketState;
use yingda::domain::work_item::{WorkItem, WorkRole, WorkState};

use super::browser::Browser;
use super::office::{HARBOUR, Office, Wish, area, facility};

fn office(directory: &std::path::Path) -> Office {
    let office = Office::open(directory);
    let facilities = vec![
        facility(31, "桥边疏通队", "370203026001"),
        facility(32, "海岸疏通队", "370203028001"),
        Facility { open: false, ..facility(33, "停业疏通队", "370203028001") },
    ];
    office.store.import_facilities(facilities, office.by()).unwrap();
    office
}

fn drains() -> Wish<'static> {
    Wish {
        category: Some("CON-02"),
        state: TicketState::Dispatched,
        owner: HARBOUR,
        area: "370203028001",
        ..Wish::default()
    }
}

#[tokio::test]
async fn a_tickets_page_names_the_institution_and_a_dispatcher_gives_it_to_another_with_a_reason() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = office(directory.path());
    let ticket = office.ticket(&drains());
    let now = office.clock.now();
    let item = WorkItem {
        id: office.chance.mint(now),
        ticket: ticket.id,
        role: WorkRole::Lead,
        kind: HandlerKind::Institution,
        state: WorkState::Sent,
        station: HARBOUR,
        facility: Some(FacilityId(32)),
        slots: 1,
        wave: 0,
        created_at: now,
        sent_at: Some(now),
        accepted_at: None,
        ended_at: None,
        clock: None,
    };
    let detail = json!({ "move": "send_to_station", "from": "pending_dispatch", "to": "dispatched",
        "station": HARBOUR, "facility": 32, "why": "institution_first" });
    let sent = office.line(&ticket, 1, "ticket.moved", Actor::of(ActorKind::System), detail);
    let mut writes = office.opened(&ticket, 20);
    writes.extend([Write::WorkItem(item), sent]);
    office.write(writes);
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut dispatcher = Browser::of(&router, "dispatcher").await;
    let page = dispatcher.get(&format!("/tickets/{}", ticket.number)).await.body;
    let aside = page.split("<aside>").nth(1).expect("there is one");
    assert!(aside.contains("机构 · 海岸疏通队"), "the work is the institution's");
    assert!(
        page.contains("海岸疏通队</div>") || page.matches("海岸疏通队").count() >= 3,
        "so says the history"
    );
    let form = page.split("/do/assign_institution\"").nth(2).expect("it may be given to another");
    let form = form.split("</form>").next().unwrap();
    assert!(form.contains("required"));

    let give = async {
        let request = commands.recv().await.unwrap();
        let what =
            TicketCommand::AssignInstitution { facility: FacilityId(31), reason: "居民指定".into() };
        assert_eq!(request.command, Command::Ticket { ticket: ticket.id, version: 1, what });
        request.reply.send(CommandOutcome::Done).unwrap();
    };
    let way = format!("/tickets/{}/do/assign_institution", ticket.number);
    let fields = [("version", "1"), ("facility", "31"), ("reason", "居民指定")];
    let ((), answer) = tokio::join!(give, dispatcher.post(&way, &fields));
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

fn drain_cleaners(id: i64, name: &str, at: &str, elsewhere: Option<&str>) -> InstitutionCandidate {
    InstitutionCandidate {
        facility: FacilityId(id),
        name: name.into(),
        area: area(at),
        elsewhere: elsewhere.map(|region| JurisdictionId(region.into())),
        may_be_told: true,
        may_be_chosen: true,
        why: Sentence { zh: format!("可以派给：{id} 米"), en: format!("may be told: {id} m away") },
    }
}

/// What the desk says of institutions.
fn considered(institutions: Vec<InstitutionCandidate>) -> CommandOutcome {
    CommandOutcome::Candidates(Box::new(Candidates {
        considered: 0,
        eligible: 0,
        against: vec![],
        best: vec![],
        others: vec![],
        about: vec![],
        volunteers_may: false,
        institutions,
    }))
}

#[tokio::test]
async fn whom_a_ticket_may_be_given_to_is_the_engines_list_in_its_order_and_across_the_border() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = office(directory.path());
    let ticket = office.ticket(&drains());
    office.write(office.opened(&ticket, 20));
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut dispatcher = Browser::of(&router, "dispatcher").await;
    let mut answers = async |outcome: CommandOutcome| {
        let request = commands.recv().await.unwrap();
        let about = vec![];
        assert_eq!(request.command, Command::Candidates { ticket: ticket.id, about });
        request.reply.send(outcome).unwrap();
    };
    let list = || {
        considered(vec![
            drain_cleaners(31, "桥边疏通队", "370203026001", None),
            drain_cleaners(41, "邻区疏通队", "370202005001", Some("shinan")),
            InstitutionCandidate {
                may_be_told: false,
                ..drain_cleaners(32, "海岸疏通队", "370203028001", None)
            },
            InstitutionCandidate {
                may_be_told: false,
                may_be_chosen: false,
                ..drain_cleaners(33, "停业疏通队", "370203028001", None)
            },
        ])
    };
    let way = format!("/tickets/{}/institutions", ticket.number);
    let ((), options) = tokio::join!(answers(list()), dispatcher.get(&way));
    let values: Vec<&str> =
        options.body.split("value=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(
        values,
        ["", "31", "41", "32"],
        "as the engine has them, and none that may not be told: {}",
        options.body
    );
    assert!(options.body.contains("邻区疏通队 · 外区：shinan"), "{}", options.body);
    assert!(options.body.contains("阜新路街道 平安路社区 · 可以派给：31 米"), "{}", options.body);

    // The form asks for them when it is opened; one that stands open has them.
    let page = dispatcher.get(&format!("/tickets/{}", ticket.number)).await.body;
    assert!(page.contains(&format!("hx-get=\"{way}\"")) && !page.contains("疏通队"));
    let open = format!("/tickets/{}?do=assign_institution", ticket.number);
    let ((), page) = tokio::join!(answers(list()), dispatcher.get(&open));
    assert!(page.body.contains("<option value=\"41\">") && !page.body.contains(&format!("hx-get=\"{way}\"")));
    let give = format!("/tickets/{}/do/assign_institution", ticket.number);
    let fields = [("version", "1"), ("facility", "41"), ("reason", " ")];
    let ((), again) = tokio::join!(answers(list()), dispatcher.post(&give, &fields));
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is needed");
    assert!(again.body.contains("<option value=\"41\" selected>"), "what was chosen stays chosen");

    // Nobody, and no answer, are said where the choices would stand.
    let ((), none) = tokio::join!(answers(considered(vec![])), dispatcher.get(&way));
    assert!(none.body.contains("没有承接这类事项的机构"));
    let busy = CommandOutcome::Refused(Why::DeskBusy.into());
    let ((), busy) = tokio::join!(answers(busy), dispatcher.get(&way));
    assert!(busy.status == StatusCode::OK && busy.body.contains("<option value=\"\">"), "{}", busy.body);
    assert!(!busy.body.contains("请选择"));
}

#[tokio::test]
async fn the_candidates_of_what_no_volunteer_may_do_say_whose_it_is_and_not_nought_people() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = office(directory.path());
    let ticket = office.ticket(&drains());
    office.write(office.opened(&ticket, 20));
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut dispatcher = Browser::of(&router, "dispatcher").await;
    let way = format!("/tickets/{}/candidates", ticket.number);
    for (institutions, sentence) in [
        (vec![], "这类事项由站点工作人员办理，不邀请志愿者。"),
        (vec![drain_cleaners(32, "海岸疏通队", "370203028001", None)], "这类事项由机构办理，不邀请志愿者"),
    ] {
        let given = institutions.len();
        let answer = async {
            let request = commands.recv().await.unwrap();
            request.reply.send(considered(institutions)).unwrap();
        };
        let ((), page) = tokio::join!(answer, dispatcher.get(&way));
        assert!(page.body.contains(sentence), "{sentence}");
        assert!(!page.body.contains("0 人"), "nobody is counted where nobody is looked for");
        assert_eq!(page.body.matches("/do/assign_institution").count(), given);
    }
}

#[tokio::test]
async fn the_stations_page_shows_what_institutions_of_ones_stations_take_and_where_they_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let office = office(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let page = Browser::of(&router, "dispatcher").await.get("/stations").await.body;
    for said in ["海岸疏通队", "桥边疏通队", "管道疏通", "13700000032", "停业"] {
        assert!(page.contains(said), "{said}");
    }
    let found = Browser::of(&router, "dispatcher").await.get("/stations?q=%E6%A1%A5%E8%BE%B9").await.body;
    assert!(found.contains("桥边疏通队") && !found.contains("海岸疏通队"), "looked for by name");
    let street = Browser::of(&router, "street").await.get("/stations").await.body;
    assert!(street.contains("海岸疏通队") && !street.contains("桥边疏通队"), "of one's own stations alone");
}
