//! Records: imports are all or nothing, logins and sessions end when they should, settings keep their versions.

use std::time::Duration;

use yingda::desk::event::RecordChange;
use yingda::domain::actor::{Actor, Role};
use yingda::domain::ids::UserId;
use yingda::domain::language::Language;
use yingda::domain::settings::SettingsKind;
use yingda::store::error::StoreError;
use yingda::store::queries::places;
use yingda::store::settings::{newest, versions};
use yingda::store::users::{self, NewUser, Session, TokenHash};

use super::samples::{self, NOW, STATION, at, by_system, open, peopled, sifang};

#[test]
fn an_import_with_one_wrong_row_imports_nothing_and_names_the_row() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let mut twin = samples::resident();
    twin.id = yingda::domain::ids::PersonId(900);
    twin.phones.clear();
    // Two people with one ID number.
    let refused = store.import_people(vec![samples::resident(), twin], by_system()).unwrap_err();
    assert!(matches!(&refused, StoreError::Refused(why) if why.starts_with("person 2 of 2: ")), "{refused}");
    assert_eq!(store.known(&samples::number("053283740001"), NOW).unwrap().persons, []);
    assert_eq!(store.verify().unwrap().events, 0);
}

#[test]
fn an_import_tells_the_desk_what_changed_sorted_by_id() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let mut second = samples::station();
    second.id = yingda::domain::ids::StationId(3);
    second.help_number = "12349003".into();
    second.ticket_code = 3;
    let changed = store.import_stations(vec![samples::station(), second.clone()], by_system()).unwrap();
    assert_eq!(changed, [RecordChange::Stations(vec![second, samples::station()])]);
    let people = store.import_people(vec![samples::resident()], by_system()).unwrap();
    assert_eq!(people, [RecordChange::People { jurisdiction: sifang() }]);
}

fn operator(login: &str) -> NewUser {
    NewUser {
        login: login.into(),
        name: "小张".into(),
        password_hash: "$argon2id$…".into(),
        person: None,
        language: Language::Zh,
        roles: vec![(Role::Dispatcher, STATION), (Role::Operator, STATION)],
    }
}

fn session(user: UserId) -> Session {
    Session {
        token: TokenHash([7; 32]),
        user,
        created_at: NOW,
        seen_at: NOW,
        expires_at: at(3_600),
        from_where: "127.0.0.1".into(),
    }
}

#[test]
fn a_login_is_unique_and_found_with_its_roles() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let id = store.add_user(operator("xiaozhang"), by_system()).unwrap();
    assert!(matches!(store.add_user(operator("xiaozhang"), by_system()), Err(StoreError::Refused(_))));
    let (found, hash) =
        store.read(|connection| users::find_by_login(connection, "xiaozhang")).unwrap().unwrap();
    assert_eq!((found.id, found.roles, hash.as_str()), (id, operator("").roles, "$argon2id$…"));
    store.set_roles(id, vec![(Role::Supervisor, STATION)], by_system()).unwrap();
    let found = store.read(|connection| users::find(connection, id)).unwrap().unwrap();
    assert_eq!(found.roles, [(Role::Supervisor, STATION)]);
    let nobody = store.set_roles(UserId(99), vec![], by_system());
    assert!(matches!(nobody, Err(StoreError::Refused(_))));
}

#[test]
fn a_session_ends_by_time_by_logout_by_a_new_password_and_when_the_login_is_shut_out() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let user = store.add_user(operator("xiaozhang"), by_system()).unwrap();
    let token = session(user).token;
    let is_in = |now| store.read(|connection| users::session(connection, token, now)).unwrap().is_some();
    let log_in = || store.open_session(session(user), by_system()).unwrap();
    log_in();
    assert!(is_in(at(3_599)) && !is_in(at(3_600)));
    store.touch_session(token, at(7_200), at(100)).unwrap();
    assert!(is_in(at(3_600)));
    store.close_session(token).unwrap();
    assert!(!is_in(NOW));
    log_in();
    store.set_password(user, "$argon2id$new".into(), by_system()).unwrap();
    assert!(!is_in(NOW));
    log_in();
    store.set_disabled(user, true, by_system()).unwrap();
    assert!(!is_in(NOW));
    log_in();
    assert!(!is_in(NOW), "a session of a login that is shut out is worth nothing");
    store.prune(at(3_601)).unwrap();
    assert!(store.read(|connection| users::sessions(connection, NOW)).unwrap().is_empty());
    assert!(!users::is_worth_noting(&session(user), NOW + Duration::from_secs(59)));
    assert!(users::is_worth_noting(&session(user), NOW + Duration::from_secs(60)));
}

#[test]
fn every_version_of_the_settings_is_kept_and_the_newest_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let add = |toml: &str| store.add_settings(SettingsKind::Catalogue, toml.into(), by_system()).unwrap();
    assert_eq!((add("first"), add("second")), (1, 2));
    store.add_settings(SettingsKind::Ivr, "menu".into(), by_system()).unwrap();
    let newest = store.read(|connection| newest(connection, SettingsKind::Catalogue)).unwrap();
    assert_eq!(newest.iter().map(|v| (v.version, v.toml.as_str())).collect::<Vec<_>>(), [(2, "second")]);
    let all = store.read(|connection| versions(connection, &sifang(), SettingsKind::Catalogue)).unwrap();
    assert_eq!(all.iter().map(|v| v.toml.as_str()).collect::<Vec<_>>(), ["second", "first"]);
}

#[test]
fn who_listened_is_written_into_history() {
    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let rows = samples::rows(&mut yingda::domain::ids::Chance::from_number(70));
    let mut listened = rows.event("recording.listened");
    listened.actor = Actor { user: Some(UserId(4)), ..Actor::SYSTEM };
    store.audit(vec![listened]).unwrap();
    let user: i64 = store
        .read(|connection| {
            let sql = "SELECT actor_user FROM event WHERE kind = 'recording.listened'";
            Ok::<_, StoreError>(connection.query_row(sql, [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(user, 4);
}

#[test]
fn staff_facilities_and_areas_come_back_as_registered() {
    use yingda::desk::event::RecordChange;
    use yingda::domain::area::{AdminArea, AreaCode, Point};
    use yingda::domain::category::CategoryCode;
    use yingda::domain::ids::{FacilityId, StaffId};
    use yingda::domain::register::{
        CapacityKind, CapacityUnit, Facility, FacilityKind, Institution, StaffMember,
    };
    use yingda::domain::urgency::Tier;
    use yingda::store::rows;

    let directory = tempfile::tempdir().unwrap();
    let store = peopled(directory.path());
    let member = StaffMember {
        id: StaffId(3),
        jurisdiction: sifang(),
        person: samples::HELPER,
        station: STATION,
        post: "社工".into(),
        active: true,
        certified_until: Some(at(5)),
    };
    let facility = Facility {
        id: FacilityId(8),
        jurisdiction: sifang(),
        kind: FacilityKind::Welfare,
        name: "日间照料中心".into(),
        tier: Tier::Street,
        area: samples::street(),
        address: "阜新路 1 号".into(),
        point: Some(Point { latitude_e7: 5, longitude_e7: 6 }),
        phone: Some(samples::number("053283740099")),
        categories: ["ELD-02", "CAR-01"].map(|code| CategoryCode::parse(code).unwrap()).into(),
        notice_phone: Some(samples::number("13800000031")),
        open: true,
        opened_on: jiff::civil::date(2024, 9, 1),
        units: vec![CapacityUnit { kind: CapacityKind::Bed, maximum: 40, available: 3, updated_at: at(1) }],
    };
    let area = AdminArea {
        code: samples::street(),
        name: "阜新路街道".into(),
        point: None,
        adjacent: vec![AreaCode::parse("370203002").unwrap()],
    };
    store.import_staff(vec![member.clone()], by_system()).unwrap();
    let told = store.import_facilities(vec![facility.clone()], by_system()).unwrap();
    let institution = Institution::from(&facility);
    assert_eq!(told, [RecordChange::Institutions(vec![institution.clone()])], "a running desk is told");
    let counted_only = Facility { id: FacilityId(9), categories: [].into(), ..facility.clone() };
    store.import_facilities(vec![counted_only], by_system()).unwrap();
    assert_eq!(store.living(at(10)).unwrap().institutions, [institution], "and so is one that starts");
    store.import_areas(vec![area.clone()], by_system()).unwrap();
    let areas = store.read(|connection| Ok::<_, StoreError>(places::areas(connection)?)).unwrap();
    assert_eq!(areas, [area]);
    store
        .read(|connection| {
            let sql = format!("SELECT {} FROM staff_member", rows::person::STAFF_COLUMNS);
            assert_eq!(
                connection.query_row(&sql, [], |row| Ok(rows::person::read_staff(row)))?.unwrap(),
                member
            );
            let sql = format!("SELECT {} FROM facility WHERE id = 8", rows::facility::COLUMNS);
            let found = connection.query_row(&sql, [], |row| Ok(rows::facility::read(connection, row)))?;
            assert_eq!(found.unwrap(), facility);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let mut overfull = facility;
    overfull.units[0].available = 41;
    assert!(matches!(store.import_facilities(vec![overfull], by_system()), Err(StoreError::Refused(_))));
}
