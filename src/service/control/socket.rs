//! Both ends of the control socket: a listener thread in the server, a client in the command line.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing::{info, warn};

use super::{ANSWER_BYTES, Answer, ControlError, REQUEST_BYTES, Request, socket_path};

/// Requests answered at once; one more is told to come again.
const CONNECTIONS: usize = 8;
/// How long a connection may take to say what it wants, or to take its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a path that fit a socket's address, its end mark included.
const SOCKET_PATH_BYTES: usize = 108;
/// Between two tries to accept when the process is out of file descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// The listening socket. It ends, and takes its file away, when dropped.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
    stopping: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl Control {
    /// Listens in a data directory that this process holds; `answer` may be called by several threads.
    ///
    /// # Errors
    /// When the socket cannot be made there.
    pub fn listen(
        directory: &Path,
        answer: impl Fn(Request) -> Answer + Send + Sync + 'static,
    ) -> Result<Self, ControlError> {
        let path = socket_path(directory);
        let listener = bind(&path)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stopping);
        let answer: Arc<Answering> = Arc::new(answer);
        let thread = std::thread::Builder::new()
            .name("control".into())
            .spawn(move || accept(&listener, &flag, &answer))
            .map_err(|source| ControlError::Socket {
                what: "cannot listen on",
                path: path.clone(),
                source,
            })?;
        Ok(Self { path, stopping, listener: Some(thread) })
    }
}

type Answering = dyn Fn(Request) -> Answer + Send + Sync;

impl Drop for Control {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        // Connecting wakes the listener, which then sees that it is over.
        let woken = UnixStream::connect(&self.path).is_ok();
        if let Some(listener) = self.listener.take()
            && woken
            && listener.join().is_err()
        {
            warn!("the control listener panicked");
        }
        if let Err(error) = std::fs::remove_file(&self.path) {
            warn!(%error, "the control socket's file stays behind");
        }
    }
}

/// Makes the socket under another name first: nobody can open it before it is the owner's alone, and a
/// file that a killed server left is replaced.
fn bind(path: &Path) -> Result<UnixListener, ControlError> {
    let draft = path.with_extension("new");
    if draft.as_os_str().len() >= SOCKET_PATH_BYTES {
        return Err(ControlError::PathTooLong { path: path.to_owned() });
    }
    let failed = |source| ControlError::Socket { what: "cannot listen on", path: path.to_owned(), source };
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&draft).map_err(failed)?;
    std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    std::fs::rename(&draft, path).map_err(failed)?;
    Ok(listener)
}

fn accept(listener: &UnixListener, stopping: &AtomicBool, answer: &Arc<Answering>) {
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let connection = listener.accept();
        if stopping.load(Ordering::Acquire) {
            return;
        }
        let stream = match connection {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!(%error, "a control connection could not be taken");
                std::thread::sleep(BREATH);
                continue;
            }
        };
        let place = Place::take(&open);
        if place.number >= 2 * CONNECTIONS {
            warn!("a control connection was dropped: too many are open");
            continue;
        }
        let answer = Arc::clone(answer);
        let serve = move || {
            // The whole place moves in here: it is given back when the request is done.
            let place = place;
            let busy = place.number >= CONNECTIONS;
            if let Err(error) = serve(&stream, busy, &*answer) {
                info!(%error, "a control connection ended early");
            }
        };
        if let Err(error) = std::thread::Builder::new().name("control-request".into()).spawn(serve) {
            warn!(%error, "a control request could not be served");
        }
    }
}

/// One of the places for open connections, counted from 0; given back when dropped.
struct Place {
    open: Arc<AtomicUsize>,
    number: usize,
}

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Self {
        Self { open: Arc::clone(open), number: open.fetch_add(1, Ordering::AcqRel) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Reads the request even when it will be told to come again: who asks must not find the line cut.
fn serve(stream: &UnixStream, busy: bool, answer: &Answering) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(stream.take(REQUEST_BYTES)).read_line(&mut line)?;
    let answer = if busy {
        refused("eight requests are being answered already: try again")
    } else if line.len() as u64 == REQUEST_BYTES && !line.ends_with('\n') {
        refused("the request is longer than 4 MiB: split what it carries")
    } else {
        match serde_json::from_str(&line) {
            Ok(request) => answer(request),
            Err(error) => refused(&format!(
                "the request cannot be read ({error}): use the program of the same version as the server"
            )),
        }
    };
    reply(stream, &answer)
}

fn reply(mut stream: &UnixStream, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    stream.write_all(&line)
}

fn refused(why: &str) -> Answer {
    Answer::Refused { why: why.to_owned() }
}

/// Asks the server that holds a data directory and waits for its answer, however long the work takes.
///
/// # Errors
/// [`ControlError::NobodyThere`] when no server runs: take the directory's lock and do it yourself.
pub fn ask(directory: &Path, request: &Request) -> Result<Answer, ControlError> {
    let path = socket_path(directory);
    let failed =
        |source| ControlError::Socket { what: "cannot speak to the server on", path: path.clone(), source };
    let mut line = serde_json::to_vec(request).map_err(ControlError::Unreadable)?;
    line.push(b'\n');
    if line.len() as u64 >= REQUEST_BYTES {
        return Err(ControlError::TooLong);
    }
    let mut stream = UnixStream::connect(&path).map_err(|source| {
        let kind = source.kind();
        if kind == io::ErrorKind::NotFound || kind == io::ErrorKind::ConnectionRefused {
            ControlError::NobodyThere { directory: directory.to_owned() }
        } else if kind == io::ErrorKind::InvalidInput {
            ControlError::PathTooLong { path: path.clone() }
        } else {
            failed(source)
        }
    })?;
    stream.write_all(&line).map_err(failed)?;
    let mut answer = String::new();
    BufReader::new(stream.take(ANSWER_BYTES)).read_line(&mut answer).map_err(failed)?;
    if answer.is_empty() {
        return Err(ControlError::NoAnswer);
    }
    serde_json::from_str(&answer).map_err(ControlError::Unreadable)
}
