//! The whole line with the demo's district in its store: what one caller waits for, and what a restart costs.
//!
//! `cargo bench --bench line` settles the district in a temporary folder, rings over real SIP and RTP on loopback,
//! one call after another, and prints p50 and p99; then how many callers are served while a stranger floods the line. Nothing is texted: no SMS centre is set.
//! As references of the same run it times an exchange of two datagrams between two threads, and a write
//! of one page with fdatasync in the same folder.

use std::error::Error;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use yingda::clock::{self, Clock, monotonic};
use yingda::demo::district::{District, NAME, Size};
use yingda::desk::write::Write;
use yingda::domain::actor::Actor;
use yingda::domain::category::{self, Catalogue};
use yingda::domain::ids::JurisdictionId;
use yingda::domain::phone_number::NumberingPlan;
use yingda::phone::caller::{Caller, Conversation, Moment};
use yingda::phone::settings::Settings;
use yingda::phone::sounds::Sounds;
use yingda::service::house::{Ground, House, Plan};
use yingda::store::queries::totals;
use yingda::store::records::By;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Calls that are rung, heard and hung up.
const CALLS: usize = 200;
/// Calls that key a wish.
const WISHES: usize = 5;
const PATIENCE: Duration = Duration::from_secs(30);
const JURISDICTION: &str = "shibei";

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let (settled, seeding) = timed(|| settle(folder.path()));
    settled?;
    report("district settled (20,000 volunteers, 3,000 residents)", &mut [seeding]);
    let (tickets, opened) = unbounded();
    let (house, start) = timed(|| open(folder.path(), tickets.clone()));
    let house = house?;
    report("cold start: store, desk, sounds, sockets", &mut [start]);
    println!("memory, idle: {} MB resident", resident_kib()? / 1_024);

    datagrams()?;
    pages(folder.path())?;
    let (mut answered, mut heard) = (Vec::new(), Vec::new());
    for n in 0..CALLS {
        let (answer, audio) = ring("127.0.0.1", house.phone.udp_address(), n, PATIENCE)?;
        answered.push(answer);
        heard.push(audio);
    }
    report("INVITE to 200", &mut answered);
    report("INVITE to the first audio", &mut heard);
    let (mut committed, mut said) = (Vec::new(), Vec::new());
    wishes(&house, &opened, &mut committed, &mut said)?;
    report("last key to the committed ticket", &mut committed);
    report("INVITE to the committed ticket, keys pressed as soon as they are asked for", &mut said);
    println!("memory, after {} calls: {} MB resident", CALLS + WISHES, resident_kib()? / 1_024);

    flooded(house.phone.udp_address())?;
    println!("memory, after the flood: {} MB resident", resident_kib()? / 1_024);

    house.close()?;
    let began = monotonic();
    let house = open(folder.path(), tickets)?;
    let opened_after = began.elapsed();
    let (answer, _) = ring("127.0.0.1", house.phone.udp_address(), CALLS, PATIENCE)?;
    report("restart to the first answered call", &mut [opened_after + answer]);
    house.close()?;
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = monotonic();
    (work(), began.elapsed())
}

fn report(what: &str, times: &mut [Duration]) {
    if times.is_empty() {
        return;
    }
    times.sort();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    if times.len() == 1 {
        println!("{what}: {:.1} ms", at(0));
    } else {
        println!("{what}: p50 {:.2} ms, p99 {:.2} ms ({} times)", at(50), at(99), times.len());
    }
}

fn settle(folder: &Path) -> Outcome<()> {
    let ground = Ground::open(folder)?;
    let jurisdiction = JurisdictionId(JURISDICTION.into());
    let by = By { actor: Actor::SYSTEM, jurisdiction: jurisdiction.clone(), at: ground.clock.now() };
    let catalogue = Catalogue::parse(category::DEFAULT_TEXT)?;
    let district = District::generate(jurisdiction, Size::FULL, 20_260_501, &catalogue, by.at);
    Ok(district.settle(&ground.store, &by)?)
}

/// Opens the line; `tickets` hears the moment at which each new ticket had been committed.
fn open(folder: &Path, tickets: crossbeam_channel::Sender<Instant>) -> Outcome<House> {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let phone = Settings { udp: loopback, tcp: None, trusted: vec![loopback.ip()], ..Settings::default() };
    let plan = Plan {
        data_dir: folder.to_owned(),
        jurisdiction: JurisdictionId(JURISDICTION.into()),
        name: NAME.into(),
        numbering: NumberingPlan::default(),
        first: std::collections::BTreeMap::new(),
        phone,
        sounds: yingda::phone::sounds::Settings::default(),
        texts: true,
        roads: yingda::places::Settings::default(),
        journal: true,
    };
    let committed = move |_: i64, writes: &[&Write]| {
        let opened = |write: &&&Write| matches!(write, Write::Ticket(ticket) if ticket.version == 1);
        for _ticket in writes.iter().filter(opened) {
            tickets.send(monotonic()).expect("the benchmark listens to its end");
        }
    };
    Ok(House::open(plan, Ground::open(folder)?, Box::new(committed))?)
}

/// Rings, waits for the answer and for audio, and hangs up.
fn ring(host: &str, line: SocketAddr, n: usize, within: Duration) -> Outcome<(Duration, Duration)> {
    let (sip, rtp) = (UdpSocket::bind((host, 0))?, UdpSocket::bind((host, 0))?);
    sip.connect(line)?;
    for socket in [&sip, &rtp] {
        socket.set_read_timeout(Some(within))?;
    }
    let (here, audio_port) = (sip.local_addr()?, rtp.local_addr()?.port());
    let head = |method: &str, cseq: u8, to: &str, rest: &str| {
        format!(
            "{method} sip:12349@{line} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{n}m{cseq}{method};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:15410000001@127.0.0.1>;tag={n}\r\nTo: {to}\r\nCall-ID: {n}@{here}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:15410000001@{here}>\r\n{rest}"
        )
    };
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n\
         m=audio {audio_port} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
    );
    let rest = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let mut buffer = [0; 4_000];
    let began = monotonic();
    sip.send(head("INVITE", 1, "<sip:12349@127.0.0.1>", &rest).as_bytes())?;
    let answer = loop {
        let length = sip.recv(&mut buffer)?;
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if !text.starts_with("SIP/2.0 1") {
            break text;
        }
    };
    let answered = began.elapsed();
    if !answer.starts_with("SIP/2.0 200") {
        return Err(answer.into());
    }
    let to = answer.lines().find_map(|line| line.strip_prefix("To: ")).ok_or("an answer without To")?;
    sip.send(head("ACK", 1, to, "Content-Length: 0\r\n\r\n").as_bytes())?;
    rtp.recv(&mut buffer)?;
    let heard = began.elapsed();
    sip.send(head("BYE", 2, to, "Content-Length: 0\r\n\r\n").as_bytes())?;
    sip.recv(&mut buffer)?;
    Ok((answered, heard))
}

/// What a flood is: so many INVITEs a second, for so long, from one address that we do not trust.
const FLOOD_A_SECOND: u32 = 500;
const FLOOD: Duration = Duration::from_secs(10);
/// How long after it the line has to be as before.
const AFTER_FLOOD: Duration = Duration::from_secs(5);
/// A caller who is not served in this time is not.
const SERVED_WITHIN: Duration = Duration::from_secs(2);

/// Rings while a stranger floods the line, and afterwards: over the trunk, and as somebody whom we do not know either.
fn flooded(line: SocketAddr) -> Outcome<()> {
    let stranger = UdpSocket::bind("127.0.0.66:0")?;
    stranger.connect(line)?;
    let flood = std::thread::spawn(move || -> std::io::Result<u32> {
        let (here, began, mut sent) = (stranger.local_addr()?, monotonic(), 0);
        stranger.set_nonblocking(true)?;
        while began.elapsed() < FLOOD {
            let due = began + Duration::from_secs(1) * sent / FLOOD_A_SECOND;
            std::thread::sleep(due.saturating_duration_since(monotonic()));
            stranger.send(flooding(sent, here).as_bytes())?;
            sent += 1;
            // What is answered is not listened to, but makes room for more.
            while stranger.recv(&mut [0; 4_000]).is_ok() {}
        }
        Ok(sent)
    });
    served("during the flood", line, || flood.is_finished());
    println!("the stranger rang {} times", flood.join().map_err(|_| "the flood panicked")??);
    std::thread::sleep(AFTER_FLOOD);
    let until = monotonic() + FLOOD;
    served("5 s after the flood", line, || monotonic() >= until);
    Ok(())
}

/// Rings in turn over the trunk and from addresses that nobody knows, and prints how many are served, and how fast.
fn served(when: &str, line: SocketAddr, is_over: impl Fn() -> bool) {
    let mut answers = [("over the trunk", Vec::new(), 0), ("from addresses unknown", Vec::new(), 0)];
    for n in 0.. {
        if is_over() {
            break;
        }
        let is_unknown = n % 2;
        let host = if is_unknown == 1 { format!("127.0.2.{}", 2 + n % 80) } else { "127.0.0.1".into() };
        let (_, times, rang) = &mut answers[is_unknown];
        *rang += 1;
        times.extend(ring(&host, line, n, SERVED_WITHIN).ok().map(|(answered, _)| answered));
    }
    for (who, mut times, rang) in answers {
        println!("{when}, {who}: {} of {rang} served", times.len());
        report("  INVITE to 200", &mut times);
    }
}

/// One of the stranger's INVITEs, which are never acknowledged.
fn flooding(n: u32, here: SocketAddr) -> String {
    format!(
        "INVITE sip:12349@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bKf{n};rport\r\nMax-Forwards: 70\r\n\
         From: <sip:1541{n:07}@127.0.0.1>;tag={n}\r\nTo: <sip:12349@127.0.0.1>\r\nCall-ID: f{n}@{here}\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:1541{n:07}@{here}>\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Calls of registered residents who press each key as soon as its question was said.
fn wishes(
    house: &House,
    opened: &Receiver<Instant>,
    after_key: &mut Vec<Duration>,
    after_invite: &mut Vec<Duration>,
) -> Outcome<()> {
    let plan = NumberingPlan::default();
    let numbers = house.store.read(totals::resident_numbers)?;
    let sounds = Arc::new(Sounds::load(&yingda::phone::sounds::Settings::default())?);
    let here = SocketAddr::from(([127, 0, 0, 1], 0));
    let caller = Caller::start(here, sounds, Clock::start(), clock::os_chance())?;
    let line = format!("sip:12349@{}", house.phone.udp_address());
    for number in &numbers {
        if after_key.len() == WISHES {
            break;
        }
        let began = monotonic();
        let conversation = caller.dial(&line, &number.national(&plan))?;
        if let Some(pressed) = key_in(&conversation)? {
            let committed = opened.recv_timeout(PATIENCE)?;
            after_key.push(committed.saturating_duration_since(pressed));
            after_invite.push(committed.saturating_duration_since(began));
        }
        conversation.hang_up()?;
    }
    caller.stop();
    Ok(())
}

/// Keys a wish for the registered home and says when the last key went; nothing when the line does not know one home
/// of this number and asks for the street.
fn key_in(conversation: &Conversation) -> Outcome<Option<Instant>> {
    let mut pressed = None;
    for (question, key) in
        [("greeting", "1"), ("which-help", "1"), ("label-registered-home", "1"), ("may-we-ask", "1")]
    {
        loop {
            match conversation.moments().recv_timeout(PATIENCE)? {
                Moment::Said(clip) if clip.id == question => break,
                Moment::Said(clip) if clip.id == "which-street" => return Ok(None),
                Moment::Ringing
                | Moment::Answered
                | Moment::Said(_)
                | Moment::Pressed(_)
                | Moment::Quiet
                | Moment::Ended(_) => {}
            }
        }
        pressed = Some(monotonic());
        conversation.press(key)?;
    }
    Ok(pressed)
}

/// What two datagrams between two threads cost here.
fn datagrams() -> Outcome<()> {
    let (one, other) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    one.connect(other.local_addr()?)?;
    other.connect(one.local_addr()?)?;
    one.set_read_timeout(Some(PATIENCE))?;
    let echo = std::thread::spawn(move || -> std::io::Result<()> {
        let mut buffer = [0; 64];
        for _ in 0..CALLS {
            let length = other.recv(&mut buffer)?;
            other.send(&buffer[..length])?;
        }
        Ok(())
    });
    let (mut times, mut buffer) = (Vec::new(), [0; 64]);
    for _ in 0..CALLS {
        let began = monotonic();
        one.send(b"here and back")?;
        one.recv(&mut buffer)?;
        times.push(began.elapsed());
    }
    echo.join().map_err(|_| "the echo panicked")??;
    report("reference: a datagram there and back", &mut times);
    Ok(())
}

/// What a synced page costs here.
fn pages(folder: &Path) -> Outcome<()> {
    let file = std::fs::File::create(folder.join("page"))?;
    let mut times = Vec::new();
    for n in 0..CALLS as u64 {
        let began = monotonic();
        file.write_all_at(&[1; 4_096], n * 4_096)?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    report("reference: a page written and synced", &mut times);
    Ok(())
}

/// Kibibytes of this process that lie in memory.
fn resident_kib() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
