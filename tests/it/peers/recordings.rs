//! What a caller says is recorded, and the call goes on whatever becomes of the recording.

use std::time::Duration;

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{PhoneEvent, RecordingEnd};
use yingda::domain::ids::{CallId, Chance, RecordingId};
use yingda::domain::timestamp::Timestamp;
use yingda::phone::media::recorder::RecordingMessage;

use super::line::{Line, PATIENCE};
use super::telephone::Telephone;

fn record(line: &Line, call: CallId, limit: Duration, silence: Duration) -> RecordingId {
    let recording = Chance::from_number(5).mint(Timestamp::from_millis(0));
    line.tell(PhoneEffect::Record { call, recording, limit, silence });
    recording
}

/// What the writer of recordings gets until the end: caller's and line's channel, and why it ended.
fn written(line: &Line) -> (Vec<u8>, Vec<u8>, RecordingEnd) {
    let (mut caller, mut ours) = (Vec::new(), Vec::new());
    loop {
        match line.recordings.recv_timeout(PATIENCE).unwrap() {
            RecordingMessage::Begin { .. } => {}
            RecordingMessage::Piece { at_sample, stereo, .. } => {
                assert_eq!(at_sample as usize, caller.len());
                caller.extend(stereo.chunks(2).map(|pair| pair[0]));
                ours.extend(stereo.chunks(2).map(|pair| pair[1]));
            }
            RecordingMessage::End { length, why, .. } => {
                assert_eq!(length.as_millis() as usize, caller.len() / 8);
                return (caller, ours, why);
            }
        }
    }
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
    let (caller, _, why) = written(&line);
    assert_eq!(why, RecordingEnd::Stopped);
    let said: Vec<u8> = caller.chunks(160).map(|frame| frame[0]).filter(|byte| *byte != 0xd5).collect();
    assert_eq!(said, (0..40).collect::<Vec<u8>>());
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
    let (_, ours, _) = written(&line);
    let clip = line.sounds.find(yingda::domain::language::Language::Zh, "digits/7").unwrap();
    let clip = clip.bytes(yingda::rtp::g711::Law::A);
    assert!(
        ours.windows(clip.len()).any(|heard| heard == &**clip),
        "our own words stand beside the caller's"
    );
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
    let (caller, _, why) = written(&line);
    assert_eq!(why, RecordingEnd::HungUp);
    assert!(caller.len() > 2_000, "{} samples", caller.len());
    sipp.succeeds();
}
