//! Institutions on the screens: whose work it is, whom it may be given to, what each takes.

use axum::http::StatusCode;
use serde_json::json;
use yingda::console::settings::Settings;
use yingda::desk::command::{Candidates, Command, CommandOutcome, InstitutionCandidate, TicketCommand};
use yingda::desk::write::Write;
use yingda::dispatch::explain::Sentence;
use yingda::domain::actor::{Actor, ActorKind};
use yingda::domain::category::HandlerKind;
use yingda::domain::ids::FacilityId;
use yingda::domain::register::{Facility, FacilityKind};
use yingda::domain::ticket::TicketState;
use yingda::domain::urgency::Tier;
use yingda::domain::work_item::{WorkItem, WorkRole, WorkState};

use super::browser::Browser;
use super::office::{HARBOUR, Office, Wish, area, category, jurisdiction, number};

pub fn facility(id: i64, name: &str, at: &str) -> Facility {
    Facility {
        id: FacilityId(id),
        jurisdiction: jurisdiction(),
        kind: FacilityKind::Convenience,
        name: name.into(),
        tier: Tier::Committee,
        area: area(at),
        address: "海岸路 9 号".into(),
        point: None,
        phone: None,
        categories: [category("CON-02")].into(),
        notice_phone: Some(number(&format!("137000000{id}"))),
        open: true,
        opened_on: jiff::civil::date(2020, 5, 1),
        units: vec![],
    }
}

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
    let order = ["海岸疏通队", "桥边疏通队"].map(|name| form.find(name).expect("both take such work"));
    assert!(order[0] < order[1], "the nearest first");
    assert!(!form.contains("停业疏通队") && form.contains("required"));

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
    let without = dispatcher.post(&way, &[("version", "1"), ("facility", "31"), ("reason", " ")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is needed");
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
    let may = Sentence { zh: "可以派给：同一社区".into(), en: "may be told: same committee".into() };
    for (institutions, sentence) in [
        (vec![], "这类事项由站点工作人员办理，不邀请志愿者。"),
        (
            vec![InstitutionCandidate {
                facility: FacilityId(32),
                name: "海岸疏通队".into(),
                may_be_told: true,
                why: may,
            }],
            "这类事项由机构办理，不邀请志愿者",
        ),
    ] {
        let given = institutions.len();
        let answer = async {
            let told = Candidates {
                considered: 0,
                eligible: 0,
                against: vec![],
                best: vec![],
                others: vec![],
                about: vec![],
                volunteers_may: false,
                institutions,
            };
            let request = commands.recv().await.unwrap();
            request.reply.send(CommandOutcome::Candidates(Box::new(told))).unwrap();
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
