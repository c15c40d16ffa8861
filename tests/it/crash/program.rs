//! `yingda` as its operator runs it: settings in a folder, a process that serves, commands beside it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded};

/// How long anything may take on a busy machine before it counts as not happening.
pub const PATIENCE: Duration = Duration::from_secs(90);

const SETTINGS: &str = "yingda.toml";
const SCREEN: &str = "stdout.txt";
const LOG: &str = "stderr.txt";

/// A folder with settings and a data directory; the program starts and ends in it as often as one likes.
pub struct Site {
    folder: PathBuf,
}

impl Site {
    /// Takes a folder and writes the settings into it.
    pub fn new(folder: &Path, settings: &str) -> Self {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(SETTINGS), settings).unwrap();
        Self { folder: folder.to_owned() }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Everything the program has written to its screen and its log so far.
    pub fn outputs(&self) -> [PathBuf; 2] {
        [self.folder.join(SCREEN), self.folder.join(LOG)]
    }

    /// Starts the server and waits until it says where it can be reached.
    pub fn serve(&self) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yingda"));
        self.start(command.arg("serve"))
    }

    /// As `serve`, with every system call that matters written down in `trace`.
    pub fn serve_traced(&self, trace: &Path) -> Server {
        let mut command = Command::new("strace");
        // -D: the tracer is the grandchild, so that the process that is killed is the server.
        command.args(["-D", "-f", "-q", "-yy", "-xx", "-s", "70000", "-e"]);
        command.arg("trace=openat,close,pwrite64,write,writev,sendto,sendmsg,sendmmsg,fsync,fdatasync,ftruncate,unlink,rename");
        command.arg("-o").arg(trace).args([env!("CARGO_BIN_EXE_yingda"), "serve"]);
        self.start(&mut command)
    }

    fn start(&self, command: &mut Command) -> Server {
        let append =
            |name: &str| File::options().create(true).append(true).open(self.folder.join(name)).unwrap();
        let mut process = self.configured(command).stdout(Stdio::piped()).stderr(append(LOG)).spawn().expect(
            "strace is needed for the tests of what is synced: apt-get install strace, or run ./test",
        );
        let screen = process.stdout.take().unwrap();
        let (say, lines) = bounded(1_000);
        let mut copy = append(SCREEN);
        std::thread::spawn(move || {
            for line in BufReader::new(screen).lines().map_while(Result::ok) {
                use std::io::Write;
                writeln!(copy, "{line}").unwrap();
                // Nobody reads after the addresses.
                say.try_send(line).ok();
            }
        });
        let sip = self.said(&lines, "telephones   sip:");
        let console = self.said(&lines, "console      http://");
        Server { process, sip, console }
    }

    fn said(&self, lines: &Receiver<String>, what: &str) -> SocketAddr {
        loop {
            let Ok(line) = lines.recv_timeout(PATIENCE) else {
                panic!("the server did not start:\n{}", fs::read_to_string(self.folder.join(LOG)).unwrap())
            };
            if let Some(rest) = line.trim().strip_prefix(what) {
                let address = rest.split([' ', '/']).next().unwrap();
                return address.parse().unwrap();
            }
        }
    }

    fn configured<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.arg("--config").arg(self.folder.join(SETTINGS)).env_remove("YINGDA_LONG").stdin(Stdio::null())
    }

    /// Runs another command of the program on this site.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yingda"));
        self.configured(command.args(arguments)).output().unwrap()
    }

    /// As `run`; it must be carried out and find everything as it should be.
    pub fn answer(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "yingda {arguments:?} ended with {}: {said}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A running server; dropping it kills it.
pub struct Server {
    process: Child,
    pub sip: SocketAddr,
    pub console: SocketAddr,
}

impl Server {
    /// SIGKILL: it has no time for anything.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It may have ended by itself.
        self.process.kill().ok();
        self.process.wait().unwrap();
    }

    /// Asks it to end, and waits until it has ended in good order.
    pub fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(told.success());
        let ended = self.process.wait().unwrap();
        assert!(ended.success(), "the server ended with {ended}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}
