//! Recordings: encrypted from the first half second, played from anywhere, cut ones up to where they were cut.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::Receiver;
use yingda::domain::ids::{Chance, RecordingId};
use yingda::domain::timestamp::Timestamp;
use yingda::keys::InstallationKeys;
use yingda::recordings::Recordings;
use yingda::recordings::error::RecordingError;
use yingda::recordings::tape::Finished;

/// Long enough for a busy machine; nothing here waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(30);
const WAV_HEADER: u64 = 58;

struct Line {
    recordings: Recordings,
    news: Receiver<Finished>,
    directory: tempfile::TempDir,
}

fn line() -> Line {
    let directory = tempfile::tempdir().unwrap();
    let keys = InstallationKeys::open(&directory.path().join("keys")).unwrap();
    let (recordings, news) = Recordings::open(&directory.path().join("recordings"), keys).unwrap();
    Line { recordings, news, directory }
}

fn id(number: u64) -> RecordingId {
    Chance::from_number(number).mint(Timestamp::from_millis(1_777_600_800_000))
}

/// Sound of which every byte tells its place.
fn sound(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 31 % 251) as u8).collect()
}

fn record(line: &Line, id: RecordingId, sound: &[u8]) -> Finished {
    let mut tape = line.recordings.begin(id).unwrap();
    for frame in sound.chunks(160) {
        tape.write(frame).unwrap();
    }
    tape.finish().unwrap();
    line.news.recv_timeout(PATIENCE).unwrap()
}

fn whole(line: &Line, id: RecordingId) -> Vec<u8> {
    line.recordings.play(id).unwrap().read(0..u64::MAX).unwrap()
}

fn file_of(directory: &Path, id: RecordingId) -> PathBuf {
    let name = id.to_string();
    directory.join("recordings").join(&name[name.len() - 2..]).join(format!("{name}.rec"))
}

#[test]
fn what_was_said_is_heard_again_as_a_wav_file() {
    let line = line();
    let said = sound(9_600);
    let finished = record(&line, id(1), &said);
    assert_eq!(finished, Finished { recording: id(1), length: Duration::from_millis(1_200), complete: true });
    let wav = whole(&line, id(1));
    assert_eq!(wav.len() as u64, line.recordings.play(id(1)).unwrap().wav_bytes());
    assert_eq!((&wav[..4], &wav[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    assert_eq!(u32::from_le_bytes(wav[4..8].try_into().unwrap()) as usize, wav.len() - 8);
    assert_eq!(u16::from_le_bytes(wav[20..22].try_into().unwrap()), 6, "A-law");
    assert_eq!(&wav[WAV_HEADER as usize..], said);
}

#[test]
fn a_listener_may_begin_anywhere() {
    let line = line();
    // An odd length: the file ends with a byte that makes it even.
    let said = sound(20_001);
    record(&line, id(2), &said);
    let playback = line.recordings.play(id(2)).unwrap();
    let wav = playback.read(0..u64::MAX).unwrap();
    assert_eq!((playback.wav_bytes(), wav.len()), (WAV_HEADER + 20_002, 20_060));
    for (from, until) in [(0, 1), (57, 59), (58, 4_058), (4_057, 4_059), (12_345, 12_346), (20_058, 30_000)] {
        let expected = &wav[from.min(wav.len())..until.min(wav.len())];
        assert_eq!(playback.read(from as u64..until as u64).unwrap(), expected, "{from}..{until}");
    }
    assert!(playback.read(30_000..40_000).unwrap().is_empty());
}

#[test]
fn a_recording_of_whole_chunks_only_ends_too() {
    let line = line();
    record(&line, id(3), &sound(8_000));
    let playback = line.recordings.play(id(3)).unwrap();
    assert!(playback.is_complete());
    assert_eq!(playback.wav_bytes(), WAV_HEADER + 8_000);
}

#[test]
fn the_file_shows_nothing_of_what_was_said() {
    let line = line();
    let said = vec![0x55; 12_000];
    record(&line, id(4), &said);
    let stored = fs::read(file_of(line.directory.path(), id(4))).unwrap();
    assert!(!stored.windows(8).any(|window| window == [0x55; 8]));
}

#[test]
fn a_recording_cut_by_a_sudden_end_plays_up_to_its_last_whole_half_second() {
    let line = line();
    let said = sound(11_000);
    record(&line, id(5), &said);
    let path = file_of(line.directory.path(), id(5));
    let length = fs::metadata(&path).unwrap().len();
    for (lost_bytes, whole_chunks) in
        [(1, 2), (2_000, 2), (3_016, 2), (3_017, 1), (7_032, 1), (7_033, 0), (11_000, 0)]
    {
        OpenOptions::new().write(true).open(&path).unwrap().set_len(length - lost_bytes).unwrap();
        let playback = line.recordings.play(id(5)).unwrap();
        assert!(!playback.is_complete(), "{lost_bytes} bytes lost");
        let heard = playback.read(WAV_HEADER..u64::MAX).unwrap();
        assert_eq!(heard, said[..whole_chunks * 4_000], "{lost_bytes} bytes lost");
    }
}

#[test]
fn a_changed_byte_is_noticed_and_chunks_cannot_change_places() {
    let line = line();
    record(&line, id(6), &sound(12_500));
    let path = file_of(line.directory.path(), id(6));
    let stored = fs::read(&path).unwrap();
    let mut swapped = stored.clone();
    swapped[92..92 + 4_016].copy_from_slice(&stored[92 + 4_016..92 + 8_032]);
    let mut changed = stored.clone();
    changed[5_000] ^= 1;
    for (bytes, bad) in [(swapped, 0), (changed, 1)] {
        fs::write(&path, bytes).unwrap();
        let playback = line.recordings.play(id(6)).unwrap();
        let from = WAV_HEADER + bad * 4_000;
        assert!(matches!(playback.read(from..from + 1), Err(RecordingError::Altered)));
    }
}

#[test]
fn nobody_hears_a_destroyed_recording() {
    let line = line();
    record(&line, id(7), &sound(4_100));
    line.recordings.destroy(id(7)).unwrap();
    assert!(matches!(line.recordings.play(id(7)), Err(RecordingError::NotFound)));
    // Destroying may have been cut short after the first time: again is no error.
    line.recordings.destroy(id(7)).unwrap();
}

#[test]
fn after_the_key_is_turned_old_and_coming_recordings_are_heard_without_the_old_key() {
    let line = line();
    record(&line, id(8), &sound(5_000));
    let directory = line.directory.path().join("keys");
    let mut keys = InstallationKeys::open(&directory).unwrap();
    keys.add().unwrap();
    let done = line.recordings.rewrap(keys.clone()).unwrap();
    assert_eq!((done.renewed, done.current, done.unreadable), (1, 0, 0));
    // Cut short and taken up again.
    let again = line.recordings.rewrap(keys.clone()).unwrap();
    assert_eq!((again.renewed, again.current), (0, 1));
    keys.retire_older().unwrap();
    record(&line, id(9), &sound(6_000));
    let only_new = InstallationKeys::open(&directory).unwrap();
    assert_eq!(only_new.count(), 1);
    let (reopened, _) = Recordings::open(&line.directory.path().join("recordings"), only_new).unwrap();
    for (id, bytes) in [(id(8), 5_000), (id(9), 6_000)] {
        assert_eq!(reopened.play(id).unwrap().wav_bytes(), WAV_HEADER + bytes);
    }
}

#[test]
fn a_recording_whose_key_is_lost_says_which_key_is_missing() {
    let line = line();
    record(&line, id(10), &sound(5_000));
    let others = InstallationKeys::open(&line.directory.path().join("other-keys")).unwrap();
    let (strangers, _) = Recordings::open(&line.directory.path().join("recordings"), others).unwrap();
    let Err(refused) = strangers.play(id(10)) else { panic!("played with another installation's key") };
    assert!(matches!(refused, RecordingError::Key(yingda::keys::KeyError::Missing { .. })));
}

#[test]
fn recordings_that_the_disk_did_not_take_are_told_of_and_counted() {
    let line = line();
    // No directory can be made where a file is: the writer cannot keep any of these.
    let mut failed = 0;
    fs::remove_dir_all(line.directory.path().join("recordings")).unwrap();
    fs::write(line.directory.path().join("recordings"), b"in the way").unwrap();
    for number in 20..30 {
        let mut tape = line.recordings.begin(id(number)).unwrap();
        tape.write(&sound(4_000)).unwrap();
        tape.finish().ok(); // it says so itself when the writer was quicker
        let finished = line.news.recv_timeout(PATIENCE).unwrap();
        failed += u64::from(!finished.complete);
    }
    let health = line.recordings.health();
    assert_eq!((failed, health.failed, health.failing), (10, 10, true));
}
