//! Settings: the shipped file is the defaults, and what is wrong is named with its place and remedy.

use std::path::Path;

use yingda::config::{self, Environment, Settings};

const SHIPPED: &str = include_str!("../../config/yingda.toml");

fn read(text: &str) -> Result<Settings, String> {
    read_with(text, &[])
}

fn read_with(text: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let environment: Environment =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    config::read(Path::new("yingda.toml"), text, &environment).map_err(|problems| problems.to_string())
}

#[test]
fn the_shipped_file_says_every_default_as_it_is() {
    assert_eq!(read(SHIPPED), Ok(Settings::default()));
    assert_eq!(read(""), Ok(Settings::default()), "an empty file means the defaults");
}

#[test]
fn the_shipped_file_names_every_key_there_is() {
    fn missing(all: &toml::Table, written: &toml::Table, above: &str, found: &mut Vec<String>) {
        for (name, value) in all {
            let key = format!("{above}{name}");
            match (value, written.get(name)) {
                (_, None) => found.push(key),
                (toml::Value::Table(all), Some(toml::Value::Table(written))) => {
                    missing(all, written, &format!("{key}."), found);
                }
                (_, Some(_)) => {}
            }
        }
    }
    let all = toml::Table::try_from(Settings::default()).expect("settings can be written as TOML");
    let written: toml::Table = SHIPPED.parse().expect("the shipped file is TOML");
    let mut found = Vec::new();
    missing(&all, &written, "", &mut found);
    assert_eq!(found, Vec::<String>::new());
    // What has no default stands there as a comment.
    for key in [
        "menu",
        "catalogue",
        "calendar",
        "policy",
        "templates",
        "file",
        "folder",
        "advertised",
        "[[phone.trunks]]",
        "name",
        "address",
        "transport",
        "domain",
        "priority",
        "dials",
        "prefix",
        "keep_alive_s",
        "max_calls_in",
        "max_calls_out",
        "did",
        "identity",
        "register",
        "tls",
        "ws",
        "wss",
        "certificate",
        "metrics_token",
        "[sms]",
    ] {
        let written =
            |line: &str| line.strip_prefix('#').is_some_and(|line| line.trim_start().starts_with(key));
        assert!(SHIPPED.lines().any(written), "{key} is not written down");
    }
}

#[test]
fn every_kind_of_mistake_names_its_line_key_and_remedy() {
    for (text, said) in [
        (
            "\n\nlogg = \"info\"",
            "yingda.toml:3: logg: there is no key `logg` here; did you mean `log`? Known here: data_dir, log, journal",
        ),
        (
            "[place]\nnme = \"x\"",
            "yingda.toml:2: place.nme: there is no key `nme` here; did you mean `name`? Known here: \
             jurisdiction, name, numbering",
        ),
        ("log = 3", "yingda.toml:1: log: integer `3` cannot stand here; write text in \"quotes\""),
        (
            "[place.numbering]\ncountry = \"86\"",
            "yingda.toml:1: place.numbering: the key `area` is missing; add `area = …`",
        ),
        (
            "# a comment\nlog = \"yingda=loud\"",
            "yingda.toml:2: log: \"yingda=loud\" is no log filter; write a level (error, warn, info, debug, \
             trace), or module=level pairs with commas between",
        ),
        (
            "[place]\njurisdiction = \"市北\"",
            "yingda.toml:2: place.jurisdiction: \"市北\" is no jurisdiction id; use small letters, digits \
             and dashes, as \"shibei\"",
        ),
        (
            "[place.numbering]\ncountry = \"86\"\narea = \"0532\"",
            "yingda.toml:3: place.numbering.area: \"0532\" is no area code; write it without the leading 0, \
             as \"532\"",
        ),
        (
            "[phone]\ntls = \"0.0.0.0:5061\"",
            "yingda.toml:2: phone.tls: telephones that connect over TLS are to be shown a certificate, and none is \
             named; add certificate = { certificate = \"chain.pem\", key = \"key.pem\" } under [phone], or leave the \
             key out",
        ),
        ("[phone]\nudp = \"here\"", "yingda.toml:2: phone.udp: invalid socket address syntax"),
        (
            "[[phone.trunks]]\nname = \"a\"\naddress = \"192.0.2.5:5060\"\n[[phone.trunks]]\nname = \"b\"\nadress = 1",
            "yingda.toml:6: phone.trunks[2].adress: there is no key `adress` here; did you mean `address`?",
        ),
        (
            "[phone]\nmax_calls = 6000",
            "yingda.toml:2: phone.max_calls: 6000 calls do not fit into audio ports for 5000; widen \
             phone.rtp_ports, two ports a call, or lower phone.max_calls",
        ),
        (
            "[phone.rtp_ports]\nfirst = 30000\nlast = 20000",
            "yingda.toml:1: phone.rtp_ports: no port lies from 30000 to 20000; give each call two ports",
        ),
        (
            "[console]\nidle_minutes = 5\nlisten = \"0.0.0.0:8080\"",
            "yingda.toml:3: console.listen: console.listen = \"0.0.0.0:8080\" is not a loopback address",
        ),
        ("log = ", "yingda.toml:1: this is not TOML: "),
        ("log = \"info\"\nlog = \"warn\"", "yingda.toml:2: this is not TOML: duplicate key"),
    ] {
        let error = read(text).expect_err("the mistake is refused");
        assert!(error.starts_with(said), "{text}\n said {error}\n  not {said}");
    }
}

#[test]
fn every_mistake_about_a_trunk_names_which_trunk_and_the_remedy() {
    for (text, said) in [
        (
            "[[phone.trunks]]\nname = \"a\"\naddress = \"192.0.2.5:5060\"\n\n[[phone.trunks]]\nname = \"b\"\n\
             address = \"192.0.2.5:5060\"",
            "yingda.toml:7: phone.trunks[2].address: another trunk is at 192.0.2.5:5060 already; give each trunk an \
             address of its own, or register each with a user of its own",
        ),
        (
            "[[phone.trunks]]\nname = \"a\"\naddress = \"192.0.2.5:5060\"\n[phone.trunks.register]\nuser = \"line\"\n\
             password = \"x\"\nexpires_s = 5",
            "yingda.toml:7: phone.trunks[1].register.expires_s: a registration for 5 s is too short or too long; write \
             from 60 to 86400, as 600",
        ),
        (
            "[[phone.trunks]]\nname = \"a\"\naddress = \"192.0.2.5:5060\"\nkeep_alive_s = 1",
            "yingda.toml:4: phone.trunks[1].keep_alive_s: asking every 1 s is too often or too seldom; write from 5 to \
             3600, as 30, or 0 to ask nothing",
        ),
        (
            "[[phone.trunks]]\nname = \"a\"\naddress = \"192.0.2.5:5060\"\ndid = \"the line\"",
            "yingda.toml:4: phone.trunks[1].did: this is no number; write digits",
        ),
    ] {
        let error = read(text).expect_err("the mistake is refused");
        assert!(error.starts_with(said), "{text}\n said {error}\n  not {said}");
    }
}

#[test]
fn several_impossible_values_are_told_together() {
    let error = read("log = \"a=b=c\"\n[place]\njurisdiction = \"\"").expect_err("both are refused");
    assert!(error.contains("yingda.toml:1: log: "), "{error}");
    assert!(error.contains("yingda.toml:3: place.jurisdiction: "), "{error}");
}

#[test]
fn the_environment_wins_over_the_file() {
    let settings = read_with(
        "log = \"info\"\n[place]\nname = \"四方区\"",
        &[("YINGDA_LOG", "warn"), ("YINGDA_PLACE__NAME", "12349"), ("YINGDA_DATA_DIR", "/var/lib/yingda")],
    )
    .expect("the variables are good");
    assert_eq!(settings.log, "warn");
    assert_eq!(settings.place.name, "12349", "a value that looks like a number can be text");
    assert_eq!(settings.data_dir, Path::new("/var/lib/yingda"));
}

#[test]
fn a_mistake_in_a_variable_names_the_variable() {
    for (variable, said) in [
        (("YINGDA_LOGG", "warn"), "environment variable YINGDA_LOGG: logg: there is no key `logg` here"),
        (
            ("YINGDA_LOG", "yingda=loud"),
            "environment variable YINGDA_LOG: log: \"yingda=loud\" is no log filter",
        ),
        (
            ("YINGDA_PLACE", "here"),
            "environment variable YINGDA_PLACE: place: string \"here\" cannot stand here",
        ),
        (
            ("YINGDA_LOG__LEVEL", "warn"),
            "environment variable YINGDA_LOG__LEVEL: log.level: a part of this key",
        ),
        (
            ("YINGDA_PLACE__NUMBERING__AREA", "0532"),
            "environment variable YINGDA_PLACE__NUMBERING__AREA: place.numbering.area: \"0532\" is no area code",
        ),
    ] {
        let text = "log = \"info\"\n[place.numbering]\ncountry = \"86\"\narea = \"532\"";
        let error = read_with(text, &[variable]).expect_err("the mistake is refused");
        assert!(error.starts_with(said), "said {error}\n not {said}");
    }
}

#[test]
fn relative_paths_are_counted_from_the_file() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = folder.path().join("yingda.toml");
    std::fs::write(
        &file,
        "data_dir = \"store\"\n[first]\nmenu = \"/nowhere/ivr.toml\"\ncatalogue = \"catalogue.toml\"",
    )
    .expect("it can be written");
    let error =
        config::load(&file, &Environment::default()).expect_err("the files are not there").to_string();
    assert!(error.contains("yingda.toml:3: first.menu: /nowhere/ivr.toml is not there"), "{error}");
    std::fs::write(folder.path().join("catalogue.toml"), "").expect("it can be written");
    let here = Environment::from_iter([("YINGDA_FIRST__MENU".into(), file.display().to_string())]);
    let settings = config::load(&file, &here).expect("the file is good");
    assert_eq!(settings.data_dir, folder.path().join("store"));
    assert_eq!(settings.first.menu, Some(file));
    assert_eq!(settings.first.catalogue, Some(folder.path().join("catalogue.toml")));
}

#[test]
fn a_file_that_is_not_there_says_how_to_name_one() {
    let error =
        config::load(Path::new("/nowhere/yingda.toml"), &Environment::default()).expect_err("no such file");
    assert!(error.to_string().contains("--config FILE"), "{error}");
}

#[test]
fn a_secret_may_lie_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let (file, token) = (folder.path().join("yingda.toml"), folder.path().join("token"));
    std::fs::write(&token, "open sesame\nnot this\n").expect("it can be written");
    let by_file = "[console]\nmetrics_token_file = \"token\"\n";
    let read = |text: &str, variables: &[(&str, String)]| {
        let environment: Environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let settings = config::read(&file, text, &environment).map_err(|problems| problems.to_string())?;
        Ok(settings.console.metrics_token.map(|token| token.expose().to_owned()))
    };
    assert_eq!(read(by_file, &[]), Ok(Some("open sesame".to_owned())), "counted from the settings' folder");
    let variable = [("YINGDA_CONSOLE__METRICS_TOKEN_FILE", token.display().to_string())];
    assert_eq!(read("", &variable), Ok(Some("open sesame".to_owned())));
    std::fs::remove_file(&token).expect("it is there");
    let gone: String = read(by_file, &[]).expect_err("the file is gone");
    assert!(gone.contains("yingda.toml:2: console.metrics_token_file: the secret in"), "{gone}");
    let gone: String = read("", &variable).expect_err("the file is gone");
    assert!(gone.starts_with("environment variable YINGDA_CONSOLE__METRICS_TOKEN_FILE: "), "{gone}");
}

/// Every source file outside of the policy, without its tests.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.ends_with("domain/policy") || path.ends_with("domain/policy.rs") {
            continue;
        }
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let code = std::fs::read_to_string(&path).unwrap();
            found.push(code.split("#[cfg(test)]").next().unwrap().to_owned());
        }
    }
}

/// Whether `word` stands in `code` as a whole word.
fn says(code: &str, word: &str) -> bool {
    let of_a_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let next = code[at + word.len()..].chars().next().unwrap_or(' ');
        !(of_a_word(next) || next == '(')
    })
}

#[test]
fn every_figure_of_the_policy_is_read_by_somebody() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    // Who reads a figure names its part of the policy too: a field of the same name elsewhere is not it.
    let reads = |parts: &[&str], key: &str| {
        let named = |code: &String| parts.iter().any(|part| code.contains(part));
        files.iter().filter(|code| named(code)).any(|code| says(code, &format!(".{key}")))
    };
    let whole = toml::Table::try_from(yingda::domain::policy::Policy::default()).unwrap();
    let (mut count, mut unread) = (0, Vec::new());
    for (section, keys) in &whole {
        for (key, value) in keys.as_table().unwrap() {
            let of_it = format!(".{section}");
            // Of one figure for each urgency whoever reads it names the figure.
            let level = value.as_table().filter(|_| section == "urgency");
            let found: Vec<&String> = match level {
                Some(level) => {
                    level.keys().filter(|key| !reads(&["policy.of(", "UrgencyPolicy"], key)).collect()
                }
                None => Some(key).into_iter().filter(|key| !reads(&[&of_it], key)).collect(),
            };
            count += level.map_or(1, toml::Table::len);
            unread.extend(found.into_iter().map(|key| format!("{section}.{key}")));
        }
    }
    assert!(count > 100, "the figures were not found: {count}");
    assert!(unread.is_empty(), "config/policy.toml promises figures that nobody reads: {unread:?}");
}

#[test]
fn every_text_has_a_moment_at_which_it_is_sent() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/desk");
    let code: String = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let never: Vec<String> = yingda::text::words::Template::ALL
        .iter()
        .map(|template| format!("{template:?}"))
        .filter(|name| {
            let sends = |end: &str| code.contains(&format!("Words::{name}{end}"));
            !(sends(" {") || sends("{"))
        })
        .collect();
    assert!(never.is_empty(), "nobody ever sends these texts: {never:?}");
}

#[test]
fn a_trunk_says_all_it_can_and_its_password_may_stand_in_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("secret"), "open sesame\nmore\n").expect("the secret is written");
    let file = folder.path().join("yingda.toml");
    let text = "[[phone.trunks]]\nname = \"a\"\naddress = \"192.0.2.5:5060\"\n[[phone.trunks]]\nname = \"b\"\n\
        address = \"192.0.2.6:5060\"\ntransport = \"tcp\"\npriority = 2\nidentity = { private = true }\n\
        register = { user = \"line\", password_file = \"secret\" }\n";
    std::fs::write(&file, text).expect("the settings are written");
    let settings = config::load(&file, &Environment::default()).expect("they can be meant");
    let [a, b] = &settings.phone.trunks[..] else { panic!("{:?}", settings.phone.trunks) };
    assert_eq!((a.keep_alive_s, a.register.is_none()), (30, true));
    let account = b.register.as_ref().expect("an account");
    assert_eq!((account.password.expose(), account.login(), account.expires_s), ("open sesame", "line", 600));
    assert!(b.identity.private && b.priority == 2);
    assert!(!format!("{settings:?}").contains("sesame"));

    std::fs::write(&file, text.replace("secret", "nowhere")).expect("the settings are written");
    let missing = config::load(&file, &Environment::default()).expect_err("no such file").to_string();
    assert!(missing.contains("phone.trunks[2].register.password_file"), "{missing}");
}
