//! baresip, a softphone somebody else wrote, rings in and writes down what it heard.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use yingda::desk::effect::PhoneEffect;
use yingda::desk::event::{EndReason, PhoneEvent};
use yingda::domain::language::Language;
use yingda::rtp::g711::Law;

use super::line::{Line, free_port};

/// Its settings: G.711 only, silence to say, everything heard dumped to a file.
pub fn write_settings(folder: &Path, number: &str) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut silence = hound::WavWriter::create(folder.join("silence.wav"), spec).unwrap();
    (0..160_000).for_each(|_| silence.write_sample(0_i16).unwrap());
    silence.finalize().unwrap();
    let (at, port) = (folder.display(), free_port());
    let config = format!(
        "poll_method epoll\nsip_listen 127.0.0.1:{port}\nnet_interface 127.0.0.1\nrtp_ports 12000-13999\n\
         audio_player aubridge,nil\naudio_source aufile,{at}/silence.wav\naudio_alert aubridge,nil\n\
         ausrc_srate 8000\nauplay_srate 8000\njitter_buffer_delay 5-20\n\
         module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\n\
         module sndfile.so\nmodule stdio.so\nmodule_tmp account.so\nmodule_app menu.so\nsnd_path {at}\n"
    );
    fs::write(folder.join("config"), config).unwrap();
    let account = format!("<sip:{number}@127.0.0.1>;regint=0;audio_codecs=PCMA;dtmfmode=rtpevent\n");
    fs::write(folder.join("accounts"), account).unwrap();
}

/// What it has decoded so far, in samples: the dump grows while it listens, its head is finished at the end.
pub fn heard(folder: &Path) -> Vec<i16> {
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let Some(dump) = files.find(|path| path.to_string_lossy().ends_with("-dec.wav")) else { return vec![] };
    let bytes = fs::read(dump).unwrap();
    let Some(data) = bytes.windows(4).position(|name| name == b"data") else { return vec![] };
    let samples = bytes[data..].get(8..).unwrap_or_default().chunks_exact(2);
    samples.map(|sample| i16::from_le_bytes([sample[0], sample[1]])).collect()
}

/// Starts it; it dials at once, its keys are written to its standard input.
pub fn dials(folder: &Path, address: &str, seconds: u32) -> Child {
    start(folder, &["-e", &format!("/dial {address}"), "-t", &seconds.to_string()], Stdio::piped())
}

/// Starts it with an account at which it registers and is rung.
pub fn waits(folder: &Path, account: &str) -> Child {
    fs::write(folder.join("accounts"), account).unwrap();
    start(folder, &["-t", "60"], Stdio::null())
}

fn start(folder: &Path, arguments: &[&str], keys: Stdio) -> Child {
    Command::new("baresip")
        .arg("-f")
        .arg(folder)
        .args(arguments)
        .stdin(keys)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect(
            "baresip is needed for the tests with real peers: apt-get install baresip-core, or run ./test",
        )
}

#[test]
fn a_softphone_rings_hears_the_number_and_hangs_up() {
    let line = Line::start();
    let folder = tempfile::tempdir().unwrap();
    write_settings(folder.path(), "13800000001");
    let softphone = dials(folder.path(), &format!("sip:12349@{}", line.phone.udp_address()), 4);
    let call = line.arrival();
    line.tell(PhoneEffect::Ring { call });
    line.tell(PhoneEffect::Answer { call });
    let number = ["digits/0", "digits/7", "digits/7", "digits/0"];
    line.play(call, 1, &number);
    assert!(matches!(line.event(), PhoneEvent::PlayEnded { .. }));
    assert_eq!(line.event(), PhoneEvent::CallEnded { call, reason: EndReason::HungUp });
    assert!(softphone.wait_with_output().unwrap().status.success());
    let heard = heard(folder.path());
    let spoken =
        number.iter().flat_map(|id| line.sounds.find(Language::Zh, id).unwrap().bytes(Law::A).to_vec());
    let spoken: Vec<i16> = spoken.map(|byte| Law::A.decode(byte)).collect();
    assert!(heard.windows(spoken.len()).any(|heard| heard == spoken), "the number, sample for sample");
}
