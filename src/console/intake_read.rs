//! Reading the intake form: what was typed becomes what the desk is asked, or the names of what is wrong.

use super::act::Problems;
use super::forms::Typed;
use super::numbers;
use super::visit::Visit;
use crate::desk::command::Intake;
use crate::domain::area::AreaCode;
use crate::domain::category::CategoryCode;
use crate::domain::ids::{PersonId, StationId};
use crate::domain::person::Gender;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::ticket::{DESCRIPTION_CHARS, Window};
use crate::domain::urgency::Urgency;

/// Longest address taken.
const ADDRESS_CHARS: usize = 200;

/// The three risk questions (SAF-1), by the names of their fields.
pub(super) const RISKS: [&str; 3] = ["risk_1", "risk_2", "risk_3"];

/// One answer of the three, as the form has it.
pub(super) fn answered(risk: Option<[bool; 3]>, at: usize) -> Option<String> {
    risk.map(|yes| if yes[at] { "yes" } else { "no" }.to_owned())
}

fn yes_or_no(typed: &Typed, name: &str) -> Option<bool> {
    match typed.get(name).map(String::as_str) {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        Some(_) | None => None,
    }
}

/// The answers to the three questions: all of them, or none; a part is no answer.
fn risk(typed: &Typed) -> Result<Option<[bool; 3]>, &'static str> {
    let answers = RISKS.map(|name| yes_or_no(typed, name));
    match answers {
        [Some(one), Some(two), Some(three)] => Ok(Some([one, two, three])),
        [None, None, None] => Ok(None),
        [_, _, _] => Err("lacks-risk"),
    }
}

/// Reads the form.
pub(crate) fn read(typed: &Typed, visit: &Visit) -> Result<Intake, Problems> {
    let mut problems = Problems::new();
    let said = |name: &str| typed.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    let mut parsed = |name: &str, problem: &'static str, ok: bool| {
        if said(name).is_some() && !ok {
            problems.push(problem);
        }
    };
    let caller = said("caller").and_then(|number| PhoneNumber::parse(number, &visit.app.numbering).ok());
    parsed("caller", "wrong-number", caller.is_some());
    let category = said("category").and_then(|code| CategoryCode::parse(code).ok());
    parsed("category", "lacks-category", category.is_some());
    let area = said("area").and_then(|code| AreaCode::parse(code).ok());
    parsed("area", "wrong-area", area.is_some());
    let moment = |name: &str| said(name).and_then(|text| visit.app.zone.parse_local(text));
    let (from, until) = (moment("from"), moment("until"));
    parsed("from", "lacks-moment", from.is_some());
    parsed("until", "lacks-moment", until.is_some());
    let window = from.zip(until).map(|(from, until)| Window { from, until });
    if window.is_some_and(|window| window.until <= window.from) || from.is_some() != until.is_some() {
        problems.push("wrong-window");
    }
    if said("description").is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS) {
        problems.push("too-long");
    }
    if said("address").is_some_and(|text| text.chars().count() > ADDRESS_CHARS) {
        problems.push("too-long");
    }
    let risk = risk(typed).unwrap_or_else(|lack| {
        problems.push(lack);
        None
    });
    let danger_near = typed.contains_key("danger");
    let safe = numbers::safe(typed, visit).and_then(|safe| match safe {
        // A safe time says that some other time is none.
        Some(_) if !danger_near => Err("lacks-danger"),
        Some(_) | None => Ok(safe),
    });
    let safe = safe.unwrap_or_else(|lack| {
        problems.push(lack);
        None
    });
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Intake {
        station: said("station").and_then(|id| id.parse().ok()).map(StationId),
        caller,
        caller_confirmed: typed.contains_key("caller_confirmed"),
        beneficiary: said("beneficiary").and_then(|id| id.parse().ok()).map(PersonId),
        known: None,
        category,
        urgency: said("urgency").and_then(Urgency::parse),
        area,
        address: said("address").map(str::to_owned),
        description: said("description").map(|text| text.replace("\r\n", "\n")),
        window,
        survey_consent: Some(typed.contains_key("consent")),
        confidential: typed.contains_key("confidential"),
        risk,
        guardian: yes_or_no(typed, "guardian"),
        gender_wish: said("helper_gender").and_then(Gender::parse),
        danger_near,
        safe,
        linked_to: said("linked").and_then(|id| id.parse().ok()),
    })
}
