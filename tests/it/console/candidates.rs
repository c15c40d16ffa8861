//! The page that answers "why not Ana?".

use axum::http::StatusCode;
use yingda::console::settings::Settings;
use yingda::desk::candidates::{Candidate, Candidates};
use yingda::desk::command::{Command, CommandOutcome};
use yingda::desk::refusal::Why;
use yingda::domain::ids::VolunteerId;
use yingda::domain::offer::RankVector;

use super::browser::Browser;
use super::office::{Office, Wish, volunteer};

fn candidate(badge: i64, rank: Option<RankVector>) -> Candidate {
    Candidate {
        volunteer: VolunteerId(badge),
        may_be_asked: rank.is_some(),
        may_be_chosen: rank.is_some(),
        why: vec![],
        rank,
        offer: None,
    }
}

#[tokio::test]
async fn a_volunteer_is_looked_up_by_name_and_assigned_with_a_reason() {
    let directory = tempfile::tempdir().unwrap();
    let mut office = Office::open(directory.path());
    let records = vec![volunteer(10_012, "王芳", "13800000012"), volunteer(10_013, "李娜", "13800000013")];
    office.store.import_volunteers(records, office.by()).unwrap();
    let ticket = office.ticket(&Wish::default());
    office.write(office.opened(&ticket, 20));
    let (router, mut commands) = office.console(Settings::default()).await;
    let mut dispatcher = Browser::of(&router, "dispatcher").await;
    let way = format!("/tickets/{}/candidates", ticket.number);

    let answer = async {
        let request = commands.recv().await.unwrap();
        let Command::Candidates { ticket: asked, about } = request.command else {
            panic!("not a question: {:?}", request.command)
        };
        assert_eq!((asked, about), (ticket.id, vec![VolunteerId(10_012)]), "王 is the one who was meant");
        let rank = RankVector { score: 640_000, ring: 700, ..RankVector::default() };
        let told = Candidates {
            considered: 2,
            eligible: 1,
            against: vec![],
            best: vec![candidate(10_013, Some(rank))],
            others: vec![candidate(10_012, None)],
            about: vec![candidate(10_012, None)],
            volunteers_may: true,
            institutions: vec![],
        };
        request.reply.send(CommandOutcome::Candidates(Box::new(told))).unwrap();
    };
    let search = format!("{way}?q=%E7%8E%8B");
    let ((), page) = tokio::join!(answer, dispatcher.get(&search));
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("王芳") && page.body.contains("不能邀请") && page.body.contains("10013"));
    assert_eq!(page.body.matches("/do/assign_volunteer").count(), 1, "only who may be asked can be assigned");
    assert!(page.body.contains("name=\"reason\" required") && page.body.contains("640"));

    let refuse = async {
        let request = commands.recv().await.unwrap();
        request.reply.send(CommandOutcome::Refused(Why::NothingToAskFor.into())).unwrap();
    };
    let ((), page) = tokio::join!(refuse, dispatcher.get(&way));
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("现在不需要找人"), "the desk's no is said in Chinese");
}
