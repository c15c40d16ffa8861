//! How tickets end: answered on the line, in part, referred, as a duplicate, with the police report.

use std::time::Duration;

use yingda::desk::command::{AfterPartly, Proof, TicketCommand as T};
use yingda::desk::event::{DeskEvent, RecordChange};
use yingda::desk::write::Write;
use yingda::domain::actor::Role;
use yingda::domain::call::CallResult;
use yingda::domain::category::CategoryCode;
use yingda::domain::station::Station;
use yingda::domain::survey::{Resolved, Satisfaction, SurveyState};
use yingda::domain::ticket::{ClosureCode, Confirmer, Referral, TicketState};
use yingda::domain::urgency::Tier;

use super::settings::asks_about_a_policy;
use super::town::{COMMITTEE, Town, station};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

fn handled(town: &mut Town) {
    town.does(901, Role::Handler, T::Accept).later(MINUTE);
    town.does(901, Role::Handler, T::Handled { outcome: "已上门".into() }).later(MINUTE * 15);
    assert_eq!(town.ticket().state, TicketState::Handled, "{}", town.heard);
}

fn helped() -> Town {
    let mut town = Town::new();
    town.opens_by_hand("ELD-10").later(MINUTE);
    handled(&mut town);
    town.heard();
    town
}

fn close(code: ClosureCode, proof: Proof) -> T {
    T::Close { code, words: "已回访".into(), satisfaction: None, proof }
}

/// Wang talks with Li of the committee's station, who opens a ticket of a question.
fn asks_on_the_line() -> Town {
    let mut town = Town::new();
    let ring = vec!["sip:li@127.0.0.1".to_owned()];
    let staffed = Station { ring, ..station(3, Tier::Committee, COMMITTEE, Some(2)) };
    town.tell(DeskEvent::RecordChanged(RecordChange::Station(Box::new(staffed))));
    town.rings("wang", "13900000001", "83720003").at("09:00:02").presses("wang", "0").answers("li", "li");
    town.later(MINUTE);
    asks_about_a_policy(&mut town);
    town.heard();
    town
}

#[test]
fn who_is_answered_on_the_line_keys_one_answer_before_hanging_up() {
    let mut town = asks_on_the_line();
    town.does(900, Role::Operator, T::Explain { answer: "已说明办理条件".into() });
    let heard = town.heard();
    assert!(heard.contains("part wang and li"), "{heard}");
    assert!(heard.contains("wang hears survey-satisfied label-satisfied press-1"), "{heard}");
    assert_eq!(town.ticket().closure, Some(ClosureCode::Explained));
    town.presses("wang", "1").later(MINUTE);
    let heard = town.heard();
    assert!(heard.contains("hang up wang"), "{heard}");
    let survey = town.ledger.surveys.values().find(|s| s.ticket == town.ticket().id).unwrap();
    assert_eq!((survey.state, survey.satisfaction), (SurveyState::Answered, Some(Satisfaction::Satisfied)));
    assert_eq!(town.result_of("wang"), Some(CallResult::Ticket), "the call came to this ticket");
    // Asked once: nobody rings about it later.
    town.later(HOUR * 30);
    assert!(!town.heard().contains("dial"), "asked on the line is not rung again");
}

#[test]
fn a_hang_up_before_the_key_says_nothing_and_closes_all_the_same() {
    let mut town = asks_on_the_line();
    town.does(900, Role::Operator, T::Explain { answer: "已说明办理条件".into() }).later(SECOND);
    town.hangs_up("wang").later(HOUR * 30);
    let survey = town.ledger.surveys.values().find(|s| s.ticket == town.ticket().id).unwrap();
    assert_eq!((survey.state, survey.satisfaction), (SurveyState::NotAsked, None));
    assert_eq!(town.ticket().closure, Some(ClosureCode::Explained));
    assert!(town.ledger.callbacks.values().all(|request| !request.state.is_open()));
}

#[test]
fn who_has_hung_up_before_the_answer_is_not_rung_for_a_survey() {
    let mut town = asks_on_the_line();
    town.hangs_up("wang").later(MINUTE);
    town.does(900, Role::Operator, T::Explain { answer: "已说明".into() }).later(HOUR * 30);
    assert_eq!(town.ticket().closure, Some(ClosureCode::Explained));
    assert!(town.ledger.surveys.is_empty());
    assert!(!town.heard().contains("dial"));
}

#[test]
fn a_partly_waits_for_the_officers_choice_with_the_residents_word() {
    let answers = |words: &str, after_partly| T::SurveyAnswers {
        resolved: Resolved::Partly,
        satisfaction: Some(Satisfaction::Basically),
        words: words.into(),
        after_partly,
    };
    let mut town = helped();
    town.does(902, Role::CallbackOfficer, answers("还差一半", None));
    assert!(town.heard().contains("ChooseAfterPartly"));
    town.does(902, Role::CallbackOfficer, answers(" ", Some(AfterPartly::Close)));
    assert!(town.heard().contains("NoWords"), "the resident's word is recorded");
    assert_eq!(town.ticket().state, TicketState::Handled);
    town.does(902, Role::CallbackOfficer, answers("还差一半", Some(AfterPartly::Close)));
    assert_eq!(town.ticket().closure, Some(ClosureCode::Partly));
    let survey = town.ledger.surveys.values().next().unwrap();
    assert_eq!(survey.resolved, Some(Resolved::Partly));

    let mut town = helped();
    town.does(902, Role::CallbackOfficer, answers("还差一半", Some(AfterPartly::Redo)));
    assert_eq!(town.ticket().redo_count, 1);
    assert!(town.ticket().state.is_open());
}

#[test]
fn a_referral_closes_nothing_until_somebody_has_confirmed_it() {
    let mut town = helped();
    let referral = |reference: &str, at| Proof {
        referral: Some(Referral {
            confirmed_by: Confirmer::ReceivingBody,
            reference: reference.into(),
            confirmed_at: at,
        }),
        ..Proof::default()
    };
    for proof in [Proof::default(), referral(" ", town.now), referral("民政 3", town.now + HOUR)] {
        town.does(902, Role::CallbackOfficer, close(ClosureCode::ReferredConfirmed, proof));
        assert!(town.heard().contains("NotConfirmed"));
        assert_eq!(town.ticket().state, TicketState::Handled);
    }
    let proof = referral("民政 3", town.now);
    town.does(902, Role::CallbackOfficer, close(ClosureCode::ReferredConfirmed, proof));
    assert_eq!(town.ticket().closure, Some(ClosureCode::ReferredConfirmed));
    assert_eq!(town.ticket().referral.as_ref().map(|said| said.reference.as_str()), Some("民政 3"));
    // Ended another way after it came up again, nobody confirms the referral a second time.
    town.does(901, Role::Supervisor, T::Reopen { reason: "又来电".into(), past: None }).later(MINUTE);
    handled(&mut town);
    town.does(902, Role::CallbackOfficer, close(ClosureCode::Resolved, Proof::default()));
    assert_eq!(town.ticket().closure, Some(ClosureCode::Resolved), "{}", town.heard);
    let confirmed =
        |row: &&Write| matches!(row, Write::Event(line) if line.kind == "ticket.referral_confirmed");
    assert_eq!(town.rows.iter().filter(confirmed).count(), 1);
}

#[test]
fn a_duplicate_names_the_ticket_it_repeats() {
    let mut town = helped();
    let first = town.ticket().number;
    town.opens_by_hand("ELD-10").later(MINUTE);
    handled(&mut town);
    town.does(902, Role::CallbackOfficer, close(ClosureCode::Duplicate, Proof::default()));
    assert!(town.heard().contains("DuplicateOfWhat"));
    let proof = Proof { duplicate_of: Some(first), ..Proof::default() };
    town.does(902, Role::CallbackOfficer, close(ClosureCode::Duplicate, proof));
    assert_eq!(town.ticket().closure, Some(ClosureCode::Duplicate));
    assert!(town.ticket().linked_to.is_some());
}

#[test]
fn nobody_says_unreachable_before_the_line_has_tried_texted_and_waited() {
    let mut town = helped();
    town.does(902, Role::CallbackOfficer, close(ClosureCode::Unreachable, Proof::default()));
    assert!(town.heard().contains("StillToBeReached"));
    assert_eq!(town.ticket().state, TicketState::Handled);
}

#[test]
fn suspected_harm_to_a_child_ends_only_with_the_police_report() {
    let mut town = Town::new();
    town.opens("CHD-03", "13900000008", |_| {}).later(MINUTE);
    let report = || T::PoliceReport { reference: "公(北)受字 2026-17".into() };
    town.does(903, Role::Handler, report());
    assert!(town.heard().contains("OtherPart"), "an operator or supervisor notes it");
    let recode =
        T::ChangeCategory { category: CategoryCode::parse("CHD-02").unwrap(), reason: "改类".into() };
    town.does(900, Role::Operator, recode);
    assert!(town.heard().contains("NoPoliceReport"), "another category is no way round");
    town.does(900, Role::Operator, T::Withdraw { words: "算了".into() });
    assert!(town.heard().contains("CannotBeWithdrawn"));
    handled(&mut town);
    town.does(902, Role::CallbackOfficer, close(ClosureCode::Resolved, Proof::default()));
    assert!(town.heard().contains("NoPoliceReport"));
    town.does(904, Role::Supervisor, report());
    assert_eq!(town.ticket().police_report.as_deref(), Some("公(北)受字 2026-17"));
    let noted = |row: &Write| matches!(row, Write::Event(line) if line.kind == "ticket.police_report");
    assert!(town.rows.iter().any(noted));
    town.restarts(MINUTE);
    town.does(902, Role::CallbackOfficer, close(ClosureCode::Resolved, Proof::default()));
    assert_eq!(town.ticket().closure, Some(ClosureCode::Resolved));
}
