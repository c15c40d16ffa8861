//! What people in the town do next: whom they ring, what they answer, what they ask at a console.

use std::time::Duration;

use yingda::desk::command::{AfterPartly, CallbackCommand, Command, Intake, Proof, TicketCommand};
use yingda::desk::event::{Commander, DeskEvent};
use yingda::domain::actor::{Actor, ActorKind, Role};
use yingda::domain::care::{CareContact, CarePlan, PlannedCare};
use yingda::domain::ids::{CarePlanId, Chance, FacilityId, PersonId, StationId, VolunteerId};
use yingda::domain::message::OutgoingText;
use yingda::domain::person::KnownPerson;
use yingda::domain::phone_number::PhoneNumber;
use yingda::domain::recurrence::Recurrence;
use yingda::domain::survey::Resolved;
use yingda::domain::ticket::{ClosureCode, ReturnReason, SuspendReason, VoidReason, Window};
use yingda::domain::ticket_number::TicketNumber;
use yingda::domain::timestamp::Timestamp;
use yingda::domain::urgency::Urgency;

use super::ledger::Ledger;
use super::world::{Next, World};
use crate::scenarios::town::{COMMITTEE, Town, area, number};

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    pub(super) fn somebody_rings(&mut self) -> Next {
        let dialled = ["12349", "83720002", "83720003"][self.chance.below(3) as usize];
        let number = match self.chance.below(20) {
            0 => None,
            1 => Some(number("053283720099")),
            // A volunteer without a mobile rings about a task.
            8 => Some(number(&format!("0532837100{:02}", 2 + 4 * self.chance.below(3)))),
            2 => Some(number(&format!("1380000000{}", 1 + self.chance.below(9)))),
            3..8 => Some(number(&format!("1371234{:04}", self.chance.below(500)))),
            _ => Some(number(&format!("139000001{:02}", 1 + self.chance.below(30)))),
        };
        Next::Rings { number, dialled }
    }

    /// Whoever reads it answers, or not.
    pub(super) fn reads(&mut self, text: &OutgoingText) {
        let from = text.to.clone();
        let code = text.parameters.get("code").cloned().unwrap_or_default();
        let one = |body: &str| vec![(body.to_owned(), 5u32)];
        let bodies: Vec<(String, u32)> = match text.template.as_str() {
            "offer" => match self.chance.below(12) {
                0 | 1 => one(&format!("{code} 1")),
                2 => one("1"),
                3 => vec![(format!("{code}1"), 3), (format!("{code} 1"), 4)],
                4 => one(&format!("{code}2")),
                5 => one("2"),
                6 => vec![(format!("{code}1"), 200)],
                7 => one("好的"),
                8 => one("55 1"),
                9 => one("退订"),
                10 => vec![("下班".into(), 3), ("上班".into(), 300)],
                _ => return,
            },
            "accepted_details" | "partner_found" | "visit_goes_on" | "booking_begins" | "on_the_way"
            | "are_you_well" => match self.chance.below(8) {
                0 => return,
                1 => vec![(format!("{code}2"), 9), (format!("{code}2"), 12)],
                2 => vec![(format!("{code}7"), 9), (format!("{code}8"), 50)],
                3 => one(&format!("{code}9")),
                4 => vec![(format!("{code}1"), 3), (format!("{code}0"), 6)],
                _ => vec![(format!("{code}8"), 20), (format!("{code}9"), 70)],
            },
            "reminder" if self.once_in(2) => one(&format!("{code}1")),
            "receipt" => match self.chance.below(12) {
                0 => vec![("撤回".into(), 20)],
                1 => vec![("进度".into(), 20)],
                2 => vec![("重办".into(), 400)],
                _ => return,
            },
            "survey" | "unreachable" | "survey_satisfaction" => {
                let letter = ["A", "A", "b", "C", "重办", "谢谢"][self.chance.below(6) as usize];
                vec![(letter.into(), 30)]
            }
            "closed" if self.once_in(15) => vec![("重办".into(), 2_000)],
            "task_for_station" | "part_for_station" | "task_for_institution" => match self.chance.below(10) {
                0..4 => one(&format!("{code} 1")),
                4 => one("1"),
                5 => one(&format!("{code}2")),
                6 => vec![(format!("{code} 2 不在辖区"), 2), (format!("{code} 1"), 3)],
                7 => one(&format!("9 {code} 已办妥")),
                _ => return,
            },
            "task_taken" | "task_details" => match self.chance.below(8) {
                0 => return,
                1 => vec![(format!("{code}2"), 9), (format!("{code} 2 人手不够"), 12)],
                2 => vec![(format!("{code}7"), 9), (format!("{code}8"), 30), ("9".into(), 60)],
                _ => vec![(format!("{code} 9 已办妥"), 70)],
            },
            _ => return,
        };
        for (body, minutes) in bodies {
            let wait = self.seconds(10, 61 + minutes * 60);
            self.after(wait, Next::Text { from: from.clone(), body });
        }
    }

    /// People at the consoles do whatever comes to their mind: the desk has to refuse what is not theirs to do.
    pub(super) fn at_the_console(&mut self) {
        let wait = self.seconds(60, 900);
        self.after(wait, Next::AtTheConsole);
        let open: Vec<_> = self.ledger.tickets.values().filter(|t| t.state.is_open()).collect();
        let command = match self.chance.below(8) {
            0 | 1 => {
                let waiting: Vec<_> = self.ledger.callbacks.values().filter(|r| r.state.is_open()).collect();
                let Some(request) = pick(&mut self.chance, &waiting) else { return };
                let callback = request.id;
                let what = match self.chance.below(6) {
                    0 => CallbackCommand::Take,
                    1 => CallbackCommand::Dial { operator: "sip:operator2@127.0.0.1".into() },
                    2 => CallbackCommand::NotReached,
                    3 => CallbackCommand::Cancel { reason: "重复".into() },
                    4 => CallbackCommand::OpenTicket(Box::new(some_intake(&mut self.chance, self.now))),
                    _ => CallbackCommand::Done { note: "已答复".into() },
                };
                Command::Callback { callback, what }
            }
            2 if self.chance.below(8) == 0 => {
                let badge = VolunteerId(i64::from(10_001 + self.chance.below(12)));
                Command::SadEvent { volunteer: badge, note: "服务对象去世".into() }
            }
            2 => Command::Open(Box::new(some_intake(&mut self.chance, self.now))),
            _ => {
                let any: Vec<_> = self.ledger.tickets.values().collect();
                let from = if self.chance.below(6) == 0 { &any } else { &open };
                let Some(ticket) = pick(&mut self.chance, from) else { return };
                let (id, version) = (ticket.id, ticket.version);
                let others: Vec<_> = any.iter().map(|ticket| ticket.number).collect();
                let into = others[self.chance.below(u32::try_from(others.len()).unwrap()) as usize];
                let what = some_command(&mut self.chance, self.now, into);
                Command::Ticket { ticket: id, version, what }
            }
        };
        let person = PersonId(i64::from(900 + self.chance.below(4)));
        let actor = Actor { person: Some(person), ..Actor::of(ActorKind::Operator) };
        let all = [
            Role::Operator,
            Role::Dispatcher,
            Role::Handler,
            Role::CallbackOfficer,
            Role::Supervisor,
            Role::DutyOfficer,
        ];
        let station = StationId(i64::from(1 + self.chance.below(3)));
        let by = Commander { actor, roles: all.into_iter().map(|role| (role, station)).collect() };
        let id = self.chance.mint(self.now);
        self.tell(DeskEvent::Commanded { id, by, command });
    }
}

/// They are rung each day or each other one, an hour after the one before; somebody looks after all but one of them.
pub(super) fn care_plan((phone, person): &(PhoneNumber, KnownPerson)) -> PlannedCare {
    let n = person.person.0;
    let contact = |phone: String| CareContact { name: "亲友".into(), number: number(&phone) };
    let contacts = vec![contact(format!("139000001{:02}", n + 10)), contact(format!("0532837300{n:02}"))];
    let plan = CarePlan {
        id: CarePlanId(n),
        jurisdiction: person.jurisdiction.clone(),
        person: person.person,
        number: phone.clone(),
        rule: Recurrence::Days(if n % 4 == 0 { 2 } else { 1 }),
        minute: u16::try_from(9 * 60 + 60 * n + 20).unwrap(),
        contacts: if n == 5 { vec![] } else { contacts },
        first_day: jiff::civil::date(2026, 5, 1),
        last_day: None,
        paused: n == 8,
    };
    PlannedCare { plan, person: person.clone() }
}

pub(super) fn resident_of(number: &PhoneNumber, ledger: &Ledger) -> Option<KnownPerson> {
    let index = number.as_str().strip_prefix("+86139000001")?.parse::<i64>().ok()?;
    ledger.people.get(&PersonId(index)).cloned()
}

fn pick<T: Copy>(chance: &mut Chance, from: &[T]) -> Option<T> {
    let count = u32::try_from(from.len()).ok().filter(|count| *count > 0)?;
    Some(from[chance.below(count) as usize])
}

fn some_intake(chance: &mut Chance, now: Timestamp) -> Intake {
    // Some work is agreed on for later: it is booked, called to mind, confirmed or not.
    let later = (chance.below(3) == 0).then(|| {
        let from = now + MINUTE * (30 + chance.below(60 * 60));
        Window { from, until: from + MINUTE * 120 }
    });
    let codes = [
        "ELD-07", "ELD-02", "ELD-10", "INF-01", "INF-99", "CHD-03", "EMG-01", "CON-01", "ELD-01", "CON-02",
        "HLT-01",
    ];
    let code = codes[chance.below(11) as usize];
    Intake {
        station: Some(StationId(i64::from(1 + chance.below(3)))),
        caller: (chance.below(4) > 0).then(|| number(&format!("139000001{:02}", 1 + chance.below(30)))),
        category: Some(Town::category(code)),
        area: (chance.below(5) > 0).then(|| area(COMMITTEE)),
        address: (chance.below(3) > 0).then(|| "商城路1号2单元301".to_owned()),
        survey_consent: Some(chance.below(2) == 0),
        window: later,
        ..Intake::default()
    }
}

fn some_command(chance: &mut Chance, now: Timestamp, into: TicketNumber) -> TicketCommand {
    use TicketCommand as T;
    let reason = "写明原因".to_owned();
    let badge = VolunteerId(i64::from(10_001 + chance.below(12)));
    let facility = FacilityId(i64::from(31 + chance.below(4)));
    match chance.below(32) {
        31 => {
            let from = now + MINUTE * chance.below(3_000);
            T::ChangeWindow { window: Window { from, until: from + MINUTE * 120 }, reason }
        }
        30 => T::AssignInstitution { facility, reason },
        0 => T::Complete(Box::new(some_intake(chance, now))),
        1..4 => T::Dispatch(Box::new(some_intake(chance, now))),
        4 => T::Explain { answer: reason },
        5 => T::Note { text: reason },
        6 => T::AssignVolunteer { volunteer: badge, reason },
        7 => T::AssignStation { station: StationId(2), reason },
        8..11 => T::Accept,
        11 => T::Return { reason: ReturnReason::NotOurDuty, evidence: reason },
        12 => T::Abort { reason },
        13 => T::RecallOffers { reason },
        14 => T::Reassign { station: StationId(3), reason },
        15 => {
            let resume_at = now + MINUTE * chance.below(6_000);
            T::Suspend { reason: SuspendReason::Weather, resume_at }
        }
        16 => T::Resume,
        17..20 => T::Handled { outcome: reason },
        20 => T::Close {
            code: ClosureCode::Resolved,
            words: reason,
            satisfaction: None,
            proof: Proof::default(),
        },
        21 => T::Redo { reason },
        22 => {
            let all = [Resolved::Yes, Resolved::Partly, Resolved::No];
            T::SurveyAnswers {
                resolved: all[chance.below(3) as usize],
                satisfaction: None,
                words: reason,
                after_partly: Some(AfterPartly::Close),
            }
        }
        23 => T::Reopen { reason, past: None },
        24 => T::ProposeVoid { reason: VoidReason::Test, note: reason },
        25 => T::ConfirmVoid,
        26 => {
            if chance.below(2) == 0 {
                T::Merge { into }
            } else {
                T::Unmerge
            }
        }
        27 => T::Withdraw { words: reason },
        28 => T::ChangeUrgency { urgency: Urgency::P2, reason },
        _ => T::ChangeCategory { category: Town::category("CON-01"), reason },
    }
}
