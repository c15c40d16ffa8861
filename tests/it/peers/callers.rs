//! Our own caller against our own line: what `yingda call` and the demo's residents are made of.

use std::time::Duration;

use yingda::clock::Clock;
use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::call::CallerTrust;
use yingda::domain::ids::Chance;
use yingda::domain::timestamp::Timestamp;
use yingda::phone::caller::script::{self, Ending};
use yingda::phone::caller::{Caller, Moment, digits_said};

use super::line::{Line, PATIENCE};

fn caller(line: &Line) -> Caller {
    let address = "127.0.0.1:0".parse().unwrap();
    Caller::start(address, line.sounds.clone(), Clock::start(), Chance::from_number(77)).unwrap()
}

#[test]
fn a_scripted_caller_presses_when_the_line_is_quiet_and_writes_the_number_down() {
    let line = Line::start();
    let caller = caller(&line);
    let conversation =
        caller.dial(&format!("sip:12349@{}", line.phone.udp_address()), "13900000002").unwrap();
    let resident = std::thread::spawn(move || {
        let steps = script::parse("5# x").unwrap();
        script::run(&conversation, steps, PATIENCE, |_| {})
    });
    let call = match line.event() {
        PhoneEvent::CallArrived { call, number, trust, dialled, .. } => {
            assert_eq!(number.unwrap().as_str(), "+8613900000002");
            assert_eq!((trust, dialled.as_str()), (CallerTrust::Verified, "12349"));
            call
        }
        other => panic!("{other:?}"),
    };
    line.tell(PhoneEffect::Ring { call });
    line.tell(PhoneEffect::Answer { call });
    line.play(call, 1, &["welcome"]);
    assert!(matches!(line.event(), PhoneEvent::PlayEnded { .. }));
    for expected in ['5', '#'] {
        assert!(matches!(line.event(), PhoneEvent::Digit { digit, .. } if digit.as_char() == expected));
    }
    line.play(call, 2, &["digits/0", "digits/7", "digits/7", "digits/0"]);
    assert!(matches!(line.event(), PhoneEvent::PlayEnded { .. }));
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::HungUp });
    let report = resident.join().unwrap();
    assert_eq!(report.heard[0].id, "welcome");
    assert_eq!(digits_said(&report.heard), "0770");
    assert_eq!((report.steps_left, report.end), (0, Ending::Ended(EndReason::Released)));
    caller.stop();
    line.phone.stop();
}

#[test]
fn somebody_rung_at_home_picks_up_hears_the_question_and_answers_it() {
    let line = Line::start();
    let caller = caller(&line);
    let call = Chance::from_number(9).mint(Timestamp::from_millis(0));
    let target = format!("sip:+8613900000002@{}", caller.address());
    line.tell(PhoneEffect::Dial { call, target, ring_time: Duration::from_secs(15) });
    let rung = caller.rung().recv_timeout(PATIENCE).unwrap();
    assert_eq!(rung.wanted, "+8613900000002");
    assert_eq!(line.event(), PhoneEvent::Ringing { call });
    rung.conversation.answer().unwrap();
    assert_eq!(line.event(), PhoneEvent::Answered { call });
    line.play(call, 1, &["welcome"]);
    let said = rung.conversation.moments().recv_timeout(PATIENCE).unwrap();
    assert!(matches!(said, Moment::Said(clip) if clip.id == "welcome"));
    rung.conversation.press("1").unwrap();
    assert!(matches!(line.event(), PhoneEvent::PlayEnded { .. }));
    assert!(matches!(line.event(), PhoneEvent::Digit { .. }));
    line.tell(PhoneEffect::Hangup { call });
    let last = rung.conversation.moments().iter().last();
    assert_eq!(last, Some(Moment::Ended(EndReason::HungUp)));
    caller.stop();
}

#[test]
fn fifty_callers_at_once_each_hear_their_own_number() {
    let line = Line::start();
    let caller = caller(&line);
    let address = format!("sip:12349@{}", line.phone.udp_address());
    let residents: Vec<_> = (0..50)
        .map(|n| {
            let conversation = caller.dial(&address, &format!("139000000{n:02}")).unwrap();
            std::thread::spawn(move || {
                script::run(&conversation, vec![script::Step::HangUp], PATIENCE, |_| {})
            })
        })
        .collect();
    // The number each gets is made of their own: 0 for even, 7 for odd, as often as the tens say.
    let (mut ended, mut answered) = (0, 0);
    while ended < 50 {
        match line.event() {
            PhoneEvent::CallArrived { call, number, .. } => {
                let number = number.unwrap();
                let n: usize = number.as_str()[12..].parse().unwrap();
                line.tell(PhoneEffect::Answer { call });
                line.play(call, 1, &vec![["digits/0", "digits/7"][n % 2]; n / 10 + 1]);
                answered += 1;
            }
            PhoneEvent::CallEnded { reason, .. } => {
                assert_eq!(reason, EndReason::HungUp);
                ended += 1;
            }
            _ => {}
        }
    }
    assert_eq!(answered, 50);
    for (n, resident) in residents.into_iter().enumerate() {
        let report = resident.join().unwrap();
        let expected = ["0", "7"][n % 2].repeat(n / 10 + 1);
        assert_eq!(digits_said(&report.heard), expected, "resident {n}");
    }
    caller.stop();
}
