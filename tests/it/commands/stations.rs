//! Stations as the program tells of them: on its screen, and to whoever rings one that was imported a moment ago.

use super::{Installation, STATIONS, program};

const NO_STATION: &str =
    "no station: nobody who rings is answered; yingda import areas FILE.csv, then stations";
const NOBODY_RUNG: &str =
    "nobody to ring: who asks for a person is owed a call back; name `ring` of the stations";
const NO_DUTY: &str =
    "no duty officer: what nobody takes ends in silence; name `duty` of the district's station";
const UNANSWERED: &str = "1 stations say front = person and ring nobody: their callers get the menu";
const NO_VOLUNTEER: &str = "no volunteer: every ticket goes to staff; yingda import volunteers FILE.csv";
const NO_LOGIN: &str = "no login: nobody can come into the console; yingda user add LOGIN --name … --role …";
const NO_CENTRE: &str = "no SMS centre: no text leaves; write the [sms] table of the settings";
const NO_TRUNK: &str = "no trunk: only SIP addresses can be rung; write [[phone.trunks]]";

/// Two stations, then one that wants a person to answer and names nobody.
const FRONTS: &str = "tier,area,name,help_number,ticket_code,front\n\
    区,370203,市北区中心,12349,1,menu\n街道,370203005,辽宁路中心,83720005,5,person\n";
/// All in order: people are rung at both, somebody is on duty.
const RUNG: &str = "tier,area,name,help_number,ticket_code,front,ring,duty\n\
    区,370203,市北区中心,12349,1,menu,sip:op1@127.0.0.1,sip:duty1@127.0.0.1\n\
    街道,370203005,辽宁路中心,83720005,5,person,sip:op5@127.0.0.1,\n";

fn areas(here: &Installation) {
    let areas = concat!(env!("CARGO_MANIFEST_DIR"), "/places/areas.csv");
    here.run(&["import", "areas", areas]).is(0, "rows are imported");
}

fn import(here: &Installation, text: &str) {
    let file = here.write("stations.csv", text.as_bytes());
    here.run(&["import", "stations", &file]).is(0, "2 rows are imported");
}

/// The lines of the screen that name a station, and those that say what is missing.
fn shown(here: &Installation) -> (Vec<String>, Vec<String>) {
    let server = here.serve();
    let missing = server.shown.iter().position(|line| line == "missing:").expect("no trunk is named here");
    let stations = server.shown[..missing].iter().filter(|line| line.ends_with(')'));
    let stations = stations.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lacks = server.shown[missing + 1..].iter().map(|line| line.trim().to_owned());
    let found = (stations.collect(), lacks.collect());
    server.stop();
    found
}

#[test]
fn the_screen_says_which_station_answers_which_number_and_each_thing_that_is_missing() {
    let here = Installation::new();
    let (stations, missing) = shown(&here);
    assert_eq!(stations, Vec::<String>::new());
    assert_eq!(missing, [NO_STATION, NO_VOLUNTEER, NO_LOGIN, NO_CENTRE, NO_TRUNK]);
    areas(&here);
    import(&here, FRONTS);
    let (stations, missing) = shown(&here);
    assert_eq!(stations, ["12349 市北区中心 (menu)", "83720005 辽宁路中心 (person)"]);
    assert_eq!(missing, [NOBODY_RUNG, NO_DUTY, UNANSWERED, NO_VOLUNTEER, NO_LOGIN, NO_CENTRE, NO_TRUNK]);
    import(&here, RUNG);
    let volunteers = here.write("volunteers.csv", super::VOLUNTEERS.as_bytes());
    here.run(&["import", "volunteers", &volunteers]).is(0, "1 rows");
    let role = ["user", "add", "chen", "--name", "陈晓云", "--role", "operator@12349"];
    here.run_told(&role, "a long pass phrase\n").is(0, "");
    assert_eq!(shown(&here).1, [NO_CENTRE, NO_TRUNK]);
}

#[test]
fn a_station_that_was_imported_beside_a_running_server_is_answered_at_its_number_at_once() {
    let here = Installation::new();
    let server = here.serve();
    let line = server.shown.iter().find_map(|line| line.trim().strip_prefix("telephones   sip:"));
    let line = line.and_then(|rest| rest.split_whitespace().next()).expect("it says where it is");
    let target = format!("sip:83720005@{line}");
    let ring = || super::Said::from(program().args(["call", &target, "x"]).output().expect("it runs"));
    let before = ring();
    assert!(!before.out.contains("answered"), "nobody is there yet: {before:?}");
    areas(&here);
    import(&here, STATIONS);
    let after = ring().is(0, "answered");
    assert!(after.out.contains("heard    zh greeting"), "{after:?}");
    server.stop();
}
