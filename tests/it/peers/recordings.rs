//! What a caller says is recorded, and the call goes on whatever becomes of the recording.

use std::time::Duration;

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{PhoneEvent, RecordingEnd};
use yingda::domain::ids::{CallId, Chance, RecordingId};
use yingda::domain::timestamp::Timestamp;

use super::line::Line;
use super::telephone::Telephone;

fn record(line: &Line, call: CallId, limit: Duration, silence: Duration) -> RecordingId {
    let recording = Chance::from_number(5).mint(Timestamp::from_millis(0));
    line.tell(PhoneEffect::Record { call, recording, limit, silence });
    recording
}

#[test]
fn what_the_caller_says_stands_in_the_recording_until_the_desk_stops_it() {
    let line = Line::start();
    let mut telephone = Telephone::new();
    let sipp = line.caller("line_hangs_up", telephone.port(), &[]);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    telephone.hear();
    let recording = record(&line, call, Duration::from_secs(60), Duration::from_secs(30));
    // The line's own beat paces the caller: a frame said for each frame heard.
    for n in 0..40 {
        telephone.hear();
        telephone.say(n);
    }
    telephone.press("#");
    assert!(matches!(line.event(), PhoneEvent::Digit { .. }));
    line.tell(PhoneEffect::StopRecording { call });
    assert!(
        matches!(line.event(), PhoneEvent::RecordingEnded { recording: ended, why: RecordingEnd::Stopped, .. }
        if ended == recording)
    );
    let said: Vec<u8> =
        line.recorded().chunks(160).map(|frame| frame[0]).filter(|byte| *byte != 0xd5).collect();
    assert_eq!(said, (0..40).collect::<Vec<u8>>());
    line.tell(PhoneEffect::Hangup { call });
    sipp.succeeds();
}

#[test]
fn a_recording_that_the_disk_does_not_take_ends_as_failed_while_the_caller_still_speaks() {
    let line = Line::start();
    let telephone = Telephone::new();
    let sipp = line.caller("line_hangs_up", telephone.port(), &[]);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    // No directory can be made where a file is.
    let recordings = line.directory.path().join("recordings");
    std::fs::remove_dir_all(&recordings).unwrap();
    std::fs::write(&recordings, b"in the way").unwrap();
    record(&line, call, Duration::from_secs(60), Duration::from_secs(30));
    assert!(matches!(line.event(), PhoneEvent::RecordingEnded { why: RecordingEnd::Failed, .. }));
    assert!(line.recordings.health().failing);
    line.tell(PhoneEffect::Hangup { call });
    sipp.succeeds();
}

#[test]
fn a_caller_who_says_nothing_is_not_recorded_for_ever() {
    let line = Line::start();
    let telephone = Telephone::new();
    let sipp = line.caller("line_hangs_up", telephone.port(), &[]);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    record(&line, call, Duration::from_secs(60), Duration::from_millis(400));
    line.play(call, 1, &["digits/7"]);
    let mut events = [line.event(), line.event()];
    events.sort_by_key(|event| matches!(event, PhoneEvent::RecordingEnded { .. }));
    assert!(matches!(events[1], PhoneEvent::RecordingEnded { why: RecordingEnd::Silence, .. }), "{events:?}");
    let recorded = line.recorded();
    let clip = line.sounds.find(yingda::domain::language::Language::Zh, "digits/7").unwrap();
    let clip = clip.bytes(yingda::rtp::g711::Law::A);
    assert!(recorded.windows(clip.len()).any(|heard| heard == &**clip), "our own words are recorded too");
    line.tell(PhoneEffect::Hangup { call });
    sipp.succeeds();
}

#[test]
fn a_caller_who_hangs_up_leaves_a_whole_recording() {
    let line = Line::start();
    let telephone = Telephone::new();
    let sipp = line.caller("caller_hangs_up", telephone.port(), &["-d", "700"]);
    let call = line.arrival();
    line.tell(PhoneEffect::Answer { call });
    record(&line, call, Duration::from_secs(60), Duration::from_secs(30));
    assert!(matches!(line.event(), PhoneEvent::RecordingEnded { why: RecordingEnd::HungUp, .. }));
    let recorded = line.recorded();
    assert!(recorded.len() > 2_000, "{} samples", recorded.len());
    sipp.succeeds();
}
