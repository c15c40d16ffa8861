//! The control socket: the command line asks, the server answers, nobody else may.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use tempfile::TempDir;
use yingda::service::control::{Answer, Control, ControlError, REQUEST_BYTES, Request, SOCKET_FILE, ask};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder for the test")
}

/// A server that answers a ping and refuses the rest.
fn listen(folder: &TempDir) -> Control {
    Control::listen(folder.path(), |request| {
        if request == Request::Ping { Answer::Done } else { Answer::Refused { why: format!("{request:?}") } }
    })
    .expect("the socket can be made")
}

/// Sends bytes as they are and reads one line back.
fn send(folder: &TempDir, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(folder.path().join(SOCKET_FILE)).expect("the server listens");
    stream.write_all(bytes).expect("the server reads");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).expect("the server answers");
    line
}

#[test]
fn a_question_is_answered_by_the_running_server() {
    let folder = folder();
    let _control = listen(&folder);
    assert_eq!(ask(folder.path(), &Request::Ping).expect("an answer"), Answer::Done);
    let answer = ask(folder.path(), &Request::Tickets { all: true, limit: 3 }).expect("an answer");
    assert_eq!(answer, Answer::Refused { why: "Tickets { all: true, limit: 3 }".into() });
}

#[test]
fn only_the_owner_may_speak_to_the_server() {
    let folder = folder();
    let _control = listen(&folder);
    let mode =
        std::fs::metadata(folder.path().join(SOCKET_FILE)).expect("the socket is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn without_a_server_the_asker_is_told_so_and_not_left_waiting() {
    let folder = folder();
    assert!(matches!(ask(folder.path(), &Request::Ping), Err(ControlError::NobodyThere { .. })));
    drop(listen(&folder));
    assert!(!folder.path().join(SOCKET_FILE).exists(), "a server that ends takes its socket away");
    assert!(matches!(ask(folder.path(), &Request::Ping), Err(ControlError::NobodyThere { .. })));
}

#[test]
fn a_socket_left_by_a_killed_server_is_replaced() {
    let folder = folder();
    drop(
        std::os::unix::net::UnixListener::bind(folder.path().join(SOCKET_FILE))
            .expect("a socket left behind"),
    );
    assert!(matches!(ask(folder.path(), &Request::Ping), Err(ControlError::NobodyThere { .. })));
    let _control = listen(&folder);
    assert_eq!(ask(folder.path(), &Request::Ping).expect("an answer"), Answer::Done);
}

#[test]
fn nonsense_on_the_socket_is_answered_with_a_remedy() {
    let folder = folder();
    let _control = listen(&folder);
    for bytes in [&b"hello\n"[..], b"{\"request\":\"fly\"}\n", b"{}\n"] {
        let answer = send(&folder, bytes);
        assert!(answer.contains("cannot be read") && answer.contains("same version"), "{answer}");
    }
    let mut long = vec![b'x'; usize::try_from(REQUEST_BYTES).expect("it fits")];
    long.push(b'\n');
    assert!(send(&folder, &long).contains("longer than 4 MiB"));
    assert_eq!(ask(folder.path(), &Request::Ping).expect("it still answers"), Answer::Done);
}

#[test]
fn a_path_too_long_for_a_socket_is_refused_with_the_remedy() {
    let folder = folder();
    let deep = folder.path().join("d".repeat(100));
    std::fs::create_dir(&deep).expect("the folder can be made");
    let error = Control::listen(&deep, |_| Answer::Done).expect_err("it does not fit");
    assert!(error.to_string().contains("at most 90 characters"), "{error}");
}

#[test]
fn a_ninth_request_at_once_is_told_to_come_again() {
    let folder = folder();
    let (arrived, arrivals) = crossbeam_channel::unbounded();
    let (release, released) = crossbeam_channel::bounded::<()>(0);
    let _control = Control::listen(folder.path(), move |_| {
        arrived.send(()).expect("the test listens");
        // Waits until the test lets go of its end.
        match released.recv() {
            Ok(()) | Err(crossbeam_channel::RecvError) => Answer::Done,
        }
    })
    .expect("the socket can be made");
    let path = folder.path();
    std::thread::scope(|scope| {
        let eight: Vec<_> =
            (0..8).map(|_| scope.spawn(|| ask(path, &Request::Ping).expect("an answer"))).collect();
        for _ in 0..8 {
            arrivals.recv().expect("eight are being answered");
        }
        let ninth = ask(path, &Request::Ping).expect("an answer");
        drop(release);
        for one in eight {
            assert_eq!(one.join().expect("no panic"), Answer::Done);
        }
        assert!(matches!(&ninth, Answer::Refused { why } if why.contains("try again")), "{ninth:?}");
    });
}
