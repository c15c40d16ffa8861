//! The program itself, as somebody at a terminal uses it: each command with a good case and a wrong one, beside a running
//! server and without.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use tempfile::TempDir;

mod simulate;
mod stations;

/// An installation in a folder of its own, on ports of the system's choice.
struct Installation {
    folder: TempDir,
}

/// What a command did.
#[derive(Debug)]
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("what is said is UTF-8");
        Self {
            code: output.status.code().expect("it ends by itself"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

impl Said {
    #[track_caller]
    fn is(self, code: i32, words: &str) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.out.contains(words) || self.err.contains(words), "no \"{words}\" in {self:#?}");
        self
    }
}

const SETTINGS: &str = "data_dir = \"data\"\n[phone]\nudp = \"127.0.0.1:0\"\ntcp = \"127.0.0.1:0\"\n[console]\nlisten = \"127.0.0.1:0\"\n";
/// Of the screen: these settings have no trunk, and nothing is missed after one.
const LAST_LINE: &str = "no trunk: ";
const STATIONS: &str = "tier,area,name,help_number,ticket_code\n区,370203,市北区中心,12349,1\n街道,370203005,辽宁路中心,83720005,5\n";
const PEOPLE: &str = "姓名,电话,社区\n王奶奶,13900000001,370203005\n";
const VOLUNTEERS: &str =
    "badge,name,phone,area,skills,gender,birth_year\n10001,陈晓云,13800000001,370203005,代办代购,女,1960\n";
const CARE_PLANS: &str = "计划编号,电话,重复规则,时间\n4,13900000001,FREQ=DAILY,9:30\n";
const DEVICES: &str = "设备号码,使用人电话,按键\n053283729911,13900000001,1=EMG-01;*=测试\n";
const FACILITIES: &str = "编号,类型,名称,地区,地址,启用日期,承接类别,通知手机\n31,便民,疏通队,370203005,辽宁路 9 号,2020-05-01,管道疏通,13700000001\n";

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yingda"));
    command.env_clear().env("PATH", "/usr/bin:/bin");
    command
}

fn run(arguments: &[&str]) -> Said {
    program().args(arguments).stdin(Stdio::null()).output().expect("the program runs").into()
}

impl Installation {
    fn new() -> Self {
        let here = Self { folder: tempfile::tempdir().expect("a folder for the test") };
        here.write("yingda.toml", SETTINGS.as_bytes());
        here
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("it can be written");
        path.display().to_string()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.arg("--config").arg(self.path("yingda.toml")).args(arguments).current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.command(arguments).stdin(Stdio::null()).output().expect("the program runs").into()
    }

    fn run_told(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = command.spawn().expect("the program runs");
        running.stdin.take().expect("it was piped").write_all(input.as_bytes()).expect("it listens");
        running.wait_with_output().expect("it ends").into()
    }

    fn serve(&self) -> Server {
        let mut process = self
            .command(&["serve"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let mut screen = BufReader::new(process.stdout.take().expect("it was piped")).lines();
        let mut shown = Vec::new();
        for line in screen.by_ref().map_while(Result::ok) {
            let is_last = line.contains(LAST_LINE);
            shown.push(line);
            if is_last {
                break;
            }
        }
        assert!(shown.iter().any(|line| line.contains("telephones   sip:127.0.0.1:")), "{shown:?}");
        Server { process, shown, _screen: screen }
    }

    /// The registers, in the order in which they need each other.
    fn import_all(&self) {
        let areas = concat!(env!("CARGO_MANIFEST_DIR"), "/places/areas.csv");
        self.run(&["import", "areas", areas]).is(0, "rows are imported");
        for (what, text, rows) in [
            ("stations", STATIONS, "2 rows"),
            ("people", PEOPLE, "1 rows"),
            ("volunteers", VOLUNTEERS, "1 rows"),
            ("facilities", FACILITIES, "1 rows"),
            ("devices", DEVICES, "1 rows"),
            ("care-plans", CARE_PLANS, "1 rows"),
        ] {
            let file = self.write(&format!("{what}.csv"), text.as_bytes());
            self.run(&["import", what, &file]).is(0, rows);
        }
    }
}

struct Server {
    process: Child,
    /// Its screen, line by line.
    shown: Vec<String>,
    /// Held open: who writes to a closed one fails.
    _screen: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// Stops it as a service manager does.
    fn stop(mut self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("it runs").success());
        assert!(self.process.wait().expect("it ends").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed leaves nothing running; one that stopped it has waited already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Every command that looks after data, with what it says when all is well.
fn look_after(here: &Installation, which: &str) {
    let word = "a long pass phrase\n";
    here.run_told(&["user", "add", which, "--name", "陈晓云", "--role", "operator@12349"], word).is(0, "");
    here.run_told(&["user", "passwd", which], "another pass phrase\n").is(0, "");
    here.run(&["user", "list"]).is(0, which).is(0, "operator@12349");
    here.run(&["user", "phone", which, "--extension", "201"]).is(0, "user      201").is(0, "port ");
    here.run_told(&["user", "add", &format!("{which}-2"), "--name", "李", "--role", "operator@12349"], word)
        .is(0, "");
    here.run(&["user", "phone", &format!("{which}-2"), "--extension", "201"]).is(3, "another login's");
    here.run(&["user", "phone", which, "--extension", "12349"]).is(3, "help number");
    here.run(&["user", "phone", which, "--remove"]).is(0, "");
    here.run(&["user", "phone", which, "--remove"]).is(3, "has no telephone");
    here.run(&["user", "speaks", which, "zh", "en"]).is(0, "");
    here.run(&["tickets"]).is(0, "number");
    assert_eq!(here.run(&["tickets", "--json"]).is(0, "").out, "", "no ticket, no line");
    here.run(&["verify"]).is(0, "the history is whole");
    let lived = here.path("lived.jsonl").display().to_string();
    here.run(&["simulate", "--export", &lived, "--day", "2026-01-01"]).is(0, "0 requests of 2026-01-01");
    here.run(&["simulate", "--events", &lived, "--seeds", "1"]).is(3, "holds no request");
    try_policies(here);
    for kind in ["menu", "catalogue", "calendar", "policy", "templates"] {
        let toml = here.run(&["config", "export", kind]).is(0, "").out;
        let file = here.write(&format!("{kind}.toml"), toml.as_bytes());
        here.run(&["config", "diff", kind, &file]).is(0, "unchanged");
        here.run(&["config", "import", kind, &file]).is(0, "it is version");
        here.write(&format!("{kind}.toml"), format!("# changed\n{toml}").as_bytes());
        here.run(&["config", "diff", kind, &file]).is(1, "+1: # changed");
    }
    here.run(&["key", "rotate"]).is(0, "the older installation keys are destroyed");
    here.run(&["backup", &format!("backup of {which}")]).is(0, "keys are not in it");
}

/// A day is lived through again, beside what came of it, with a page and rows for a spreadsheet.
fn try_policies(here: &Installation) {
    let day = here.write("day.jsonl", DAY_THAT_WAS_LIVED.as_bytes());
    let (page, rows) = (here.path("page.html"), here.path("rows.csv"));
    let [page_at, rows_at] = [&page, &rows].map(|path| path.display().to_string());
    let written = ["--html", &page_at, "--csv", &rows_at];
    here.run(&[&["simulate", "--events", &day, "--seeds", "1"], &written[..]].concat())
        .is(0, "lived")
        .is(0, "nearest-three")
        .is(0, "1 day a policy");
    assert!(std::fs::read_to_string(page).unwrap().contains("nearest-three"));
    assert!(std::fs::read_to_string(rows).unwrap().contains("accepted after p50 s,all,lived,90.0000"));
}

const DAY_THAT_WAS_LIVED: &str = r#"{"line":"day","date":"2026-03-03"}
{"line":"area","code":"370203031001","point":null,"adjacent":[]}
{"line":"station","number":1,"tier":"district","parent":null,"area":"370203","point":null,"staffed":true}
{"line":"request","number":1,"at_s":36000,"category":"ELD-02","urgency":"P3","area":"370203031001","point":null,"by":"station","accept_s":90}
"#;

/// What each refuses, with its remedy.
fn refuse(here: &Installation) {
    let word = "a long pass phrase\n";
    here.run_told(&["user", "add", "li", "--name", "李", "--role", "operator"], word).is(3, "operator@12349");
    here.run_told(&["user", "add", "li", "--name", "李", "--role", "king@12349"], word)
        .is(3, "take one of operator");
    here.run_told(&["user", "add", "li", "--name", "李", "--role", "operator@1"], word)
        .is(3, "no station answers 1");
    here.run_told(&["user", "passwd", "nobody"], word).is(3, "yingda user list");
    here.run(&["user", "phone", "nobody", "--extension", "202"]).is(3, "yingda user list");
    here.run(&["user", "speaks", "nobody", "zh"]).is(3, "yingda user list");
    let bad = here
        .write("bad.csv", "姓名,电话,社区\n李爷爷,1,370203005\n张奶奶,13900000003,370203999\n".as_bytes());
    here.run(&["import", "people", &bad])
        .is(1, "bad.csv:2: phones: ")
        .is(1, "bad.csv:3: area: there is no area 370203999")
        .is(1, "nothing is imported: mend these 2 rows");
    let nothing = here.path("nothing.jsonl");
    here.run(&["simulate", "--export", &nothing.display().to_string(), "--day", "2999-01-01"])
        .is(3, "is not over");
    assert!(!nothing.exists(), "nothing came of it");
    let broken =
        here.write("broken.jsonl", b"{\"line\":\"day\",\"date\":\"2026-01-01\"}\n{\"line\":\"wish\"}\n");
    here.run(&["simulate", "--events", &broken]).is(3, "line 2").is(3, "yingda simulate --export");
    let no_text = here.write("no-text.jsonl", b"{\"line\":\"day\",\"date\":\"2026-01-01\"}\n\xff\xfe\n");
    here.run(&["simulate", "--events", &no_text]).is(3, "line 2").is(3, "UTF-8");
    here.run(&["simulate", "--seeds", "0"]).is(2, "1..=10000");
    here.run(&["simulate", "--volunteers", "4000000"]).is(2, "1..=200000");
    here.run(&["simulate", "--export", "day.jsonl", "--day", "2026-01-01", "--html", "page.html"])
        .is(2, "cannot be used with");
    here.run(&["simulate", "--volunteers", "200", "--policy", "nearest-three", "--policy", "nearest-three"])
        .is(3, "leave one out");
    here.run(&["simulate", "--html", "nowhere/page.html"]).is(3, "name a file that can be written");
    here.run(&["simulate", "--events", &broken, "--scenario", "surge"]).is(3, "has its own requests");
    here.run(&["import", "people", "nowhere.csv"]).is(3, "open ").is(3, "nowhere.csv");
    let toml = here.write("no.toml", b"[[group]]\n");
    here.run(&["config", "import", "menu", &toml]).is(3, "ivr.toml");
    here.run(&["config", "import", "policy", "nowhere.toml"]).is(3, "nowhere.toml");
    here.run(&["config", "export", "menu", "--version", "99"]).is(3, "leave out --version");
    here.run(&["backup", "."]).is(3, "name a new directory");
    here.run(&["erase", "4711"]).is(3, "there is no such person");
}

#[test]
fn every_command_works_beside_a_running_server_and_without_one() {
    let here = Installation::new();
    here.run(&["tickets"]).is(3, "there is no store in").is(3, "--data DIR");
    let server = here.serve();
    here.import_all();
    look_after(&here, "beside");
    refuse(&here);
    here.run(&["serve"]).is(3, "stop it, or give this one a directory of its own");
    let backup = here.path("backup of beside").display().to_string();
    here.run(&["restore", &backup]).is(3, "stop it first");
    server.stop();

    look_after(&here, "alone");
    refuse(&here);
    here.run(&["erase", "1"]).is(0, "erased: the words of");
    here.run(&["verify"]).is(0, "the history is whole");
    here.run(&["restore", &backup]).is(3, "move it away first");
    let elsewhere = here.path("elsewhere").display().to_string();
    here.run(&["--data", &elsewhere, "restore", &backup]).is(0, "numbering epoch 2 begins");
    here.run(&["--data", &elsewhere, "verify"]).is(0, "the history is whole");
    let third = here.path("third").display().to_string();
    here.run(&["--data", &third, "restore", "nowhere"]).is(3, "is not a backup");
}

#[test]
fn a_file_of_a_chinese_spreadsheet_is_read_in_either_alphabet() {
    let here = Installation::new();
    here.serve().stop();
    here.import_all();
    let text = "姓名,电话,社区\n李爷爷,13900000002,370203005\n";
    let gb18030 = encoding_rs::GB18030.encode(text).0.into_owned();
    let marked = [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat();
    for (name, bytes) in [("gb.csv", gb18030), ("marked.csv", marked)] {
        let file = here.write(name, &bytes);
        here.run(&["import", "people", &file]).is(0, "1 rows are imported");
    }
    let utf16 = here.write("utf16.csv", &[0xff, 0xfe, 0x41, 0]);
    here.run(&["import", "people", &utf16]).is(1, "save it as \"CSV UTF-8\"");
}

#[test]
fn settings_that_cannot_be_read_say_which_file_and_what_to_do() {
    let here = Installation::new();
    let named = |name: &str, bytes: &[u8]| {
        let file = here.write(name, bytes);
        run(&["--config", &file, "serve"])
    };
    run(&["--config", "/nowhere/yingda.toml", "serve"])
        .is(3, "/nowhere/yingda.toml: there is no such file; name the settings with --config FILE");
    let folder = here.folder.path().display().to_string();
    run(&["--config", &folder, "serve"]).is(3, "this is a folder; name the file in it with --config FILE");
    named("gb.toml", b"log = \"info\"\n# \xca\xd0\xb1\xb1\n")
        .is(3, "gb.toml:2: this line is not UTF-8; save the file as UTF-8");
    named("twice.toml", b"log = \"info\"\nlog = \"warn\"\n")
        .is(3, "twice.toml:2: this is not TOML: duplicate key");
    named("unknown.toml", b"[phone]\nmax_call = 1\n")
        .is(3, "unknown.toml:2: phone.max_call: there is no key `max_call` here; did you mean `max_calls`?");
    named("type.toml", b"journal = \"yes\"\n")
        .is(3, "type.toml:1: journal: ")
        .is(3, "write true or false, without quotes");
    named("value.toml", b"[phone]\nmax_calls = 0\n").is(3, "value.toml:2: phone.max_calls: 0 calls at once");
    let check = here.write("check.toml", b"logg = 1\n");
    run(&["--config", &check, "config", "check"]).is(1, "check.toml:1: logg: ");
    here.run(&["config", "check"]).is(0, "can be used");
}

#[test]
fn settings_nobody_may_read_are_said_so() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    /// Who owns nothing.
    const NOBODY: u32 = 65_534;
    let here = Installation::new();
    let file = here.write("closed.toml", b"");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).expect("it is ours");
    let mut command = program();
    if nix::unistd::Uid::effective().is_root() {
        // The superuser reads everything: somebody else asks, with a copy of the program where they may come.
        let copy = here.path("yingda");
        // Another program writes it: what a test beside this one starts would hold a file of ours open for writing,
        // and such a file is not run ("text file busy").
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_yingda")).arg(&copy).status();
        assert!(copied.expect("every system has it").success(), "there is room for it");
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(here.folder.path(), open).expect("it is ours");
        command = Command::new(copy);
        command.env_clear().current_dir(here.folder.path()).uid(NOBODY).gid(NOBODY);
    }
    let said = command.args(["--config", &file, "config", "check"]).output().expect("the program runs");
    Said::from(said).is(1, "may not be read by this user");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let here = Installation::new();
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("it is bound").to_string();
    here.write("yingda.toml", SETTINGS.replacen("127.0.0.1:0", &address, 1).as_bytes());
    here.run(&["serve"]).is(3, &address);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let console = SETTINGS.replace("listen = \"127.0.0.1:0\"", &format!("listen = \"{address}\""));
    here.write("yingda.toml", console.as_bytes());
    here.run(&["serve"]).is(3, &address);
}

#[test]
fn what_is_not_understood_ends_with_2_and_says_what_is() {
    for (arguments, words) in [
        (&["fly"][..], "unrecognized subcommand 'fly'"),
        (&[], "Usage: yingda"),
        (
            &["import", "cats", "x.csv"],
            "possible values: areas, people, volunteers, stations, facilities, devices, care-plans",
        ),
        (&["import", "people"], "<FILE>"),
        (&["tickets", "--limit", "many"], "invalid value 'many'"),
        (&["erase", "somebody"], "invalid value 'somebody'"),
        (&["user", "add", "li"], "--role"),
        (&["user", "phone", "li"], "--extension"),
        (&["user", "phone", "li", "--extension", "12"], "3 to 5 digits"),
        (&["config", "export", "soup"], "menu, catalogue, calendar, policy, templates"),
        (&["demo", "--minutes", "soon"], "invalid value 'soon'"),
        (&["call"], "<TARGET>"),
    ] {
        run(arguments).is(2, words);
    }
    run(&["prompts", "check", "--folder", "/nowhere"]).is(3, "laid out as sounds/ with --folder DIR");
    let sounds = Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds").display().to_string();
    run(&["prompts", "check", "--folder", &sounds]).is(0, "0 faults");
    run(&["demo", "--sip", "192.0.2.1:5060"]).is(3, "take 127.0.0.1");
    run(&["call", "sip:1@127.0.0.1:1", "keys"]).is(3, "`keys` is no step");
}

#[test]
fn every_help_explains_what_stands_in_its_usage() {
    let mut pages = vec![vec![]];
    for (above, commands) in [
        (
            &[][..],
            &["serve", "demo", "call", "import", "tickets", "verify", "prompts", "config", "user", "backup"]
                [..],
        ),
        (&[], &["restore", "key", "erase"]),
        (&["config"], &["check", "export", "import", "diff"]),
        (&["user"], &["add", "passwd", "phone", "speaks", "list"]),
        (&["prompts"], &["check"]),
        (&["key"], &["rotate"]),
    ] {
        pages.extend(commands.iter().map(|command| [above, &[*command]].concat()));
    }
    for mut page in pages {
        page.push("--help");
        let help = run(&page).is(0, "Usage: yingda").out;
        let lines: Vec<&str> = help.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with('<')) {
            let beside = line.trim().split_once("  ").is_some();
            let below = lines.get(at + 1).is_some_and(|next| next.starts_with("          "));
            assert!(beside || below, "{page:?} does not explain {line}");
        }
    }
    let mut out = String::new();
    program()
        .arg("--version")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs")
        .stdout
        .expect("piped")
        .read_to_string(&mut out)
        .expect("text");
    assert!(out.starts_with("yingda "), "{out}");
}
