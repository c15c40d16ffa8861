//! The pages of the administration: logins, imports, what the jurisdiction has laid down.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use yingda::console::settings::Settings;
use yingda::domain::actor::Role;
use yingda::domain::ids::{FacilityId, PersonId, StationId};
use yingda::domain::language::Language;
use yingda::domain::settings::SettingsKind;
use yingda::store::error::StoreError;
use yingda::store::rows;
use yingda::store::settings::versions;
use yingda::store::users::{self, NewUser};

use super::browser::{Answer, Browser};
use super::office::{DISTRICT, FUXIN, HARBOUR, Office, PASSWORD, SIFANG, jurisdiction};

async fn upload(browser: &mut Browser, path: &str, fields: &[(&str, &str)], file: &[u8]) -> Answer {
    const EDGE: &str = "edge-of-a-part";
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.as_bytes());
    }
    let head =
        format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n");
    body.extend(head.as_bytes());
    body.extend(file);
    body.extend(format!("\r\n--{EDGE}--\r\n").as_bytes());
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"))
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

/// Lines of history of a kind.
fn told(office: &Office, kind: &str) -> i64 {
    let count = |connection: &rusqlite::Connection| -> Result<i64, yingda::store::error::StoreError> {
        let sql = "SELECT count(*) FROM event WHERE kind = ?1 AND actor_user IS NOT NULL";
        Ok(connection.query_row(sql, [kind], |row| row.get(0)).unwrap())
    };
    office.store.read(count).unwrap()
}

fn roles(office: &Office, login: &str) -> Vec<(Role, StationId)> {
    let found = office.store.read(|connection| users::find_by_login(connection, login)).unwrap();
    found.expect("the login is there").0.roles
}

/// What stands in `<code>` of a page.
fn password_on(page: &str) -> String {
    page.split("<code>").nth(1).unwrap().split("</code>").next().unwrap().to_owned()
}

#[tokio::test]
async fn an_administrator_adds_a_login_changes_its_roles_and_shuts_it_out() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut admin = Browser::of(&router, "administrator").await;
    let station = HARBOUR.to_string();
    let fields = [("login", "wang.li"), ("name", "王丽"), ("role", "handler"), ("station", station.as_str())];
    let added = admin.post("/users", &fields).await;
    assert_eq!(added.status, StatusCode::OK);
    let password = password_on(&added.body);
    assert_eq!(password.len(), 19, "four by four letters: {password}");
    assert_eq!(roles(&office, "wang.li"), [(Role::Handler, HARBOUR)]);
    let again = admin.post("/users", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("已有人使用") && again.body.contains("value=\"王丽\""));

    let nobody = admin.post("/users", &[&[("person", "77")], &fields[..]].concat()).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nobody.body.contains("登记中没有这个编号的人"));
    let second = [("login", "wang.li.2"), ("person", "104"), fields[1], fields[2], fields[3]];
    assert_eq!(admin.post("/users", &second).await.status, StatusCode::OK);
    assert_eq!(office.login("wang.li.2").person, Some(PersonId(104)));

    let mut wang = Browser::new(&router);
    let came = wang.post("/login", &[("login", "wang.li"), ("password", &password)]).await;
    assert_eq!(came.status, StatusCode::SEE_OTHER);
    assert_eq!(wang.get("/board").await.status, StatusCode::OK);

    let id = office.user("wang.li");
    let way = |deed: &str| format!("/users/{id}/do/{deed}");
    let sifang = SIFANG.to_string();
    let phones_told = || office.phones_told.load(Ordering::Relaxed);
    admin.post(&way("grant"), &[("role", "dispatcher"), ("station", &sifang)]).await;
    assert_eq!(phones_told(), 1, "who may be rung for residents changes with the roles");
    admin.post(&way("revoke"), &[("role", "handler"), ("station", &station)]).await;
    assert_eq!(roles(&office, "wang.li"), [(Role::Dispatcher, SIFANG)]);

    assert_eq!(admin.post(&way("disable"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(wang.get("/board").await.status, StatusCode::SEE_OTHER, "the session ended with it");
    assert_eq!(phones_told(), 3, "the telephone of whoever is shut out is let in no more");
    let page = admin.get(&format!("/users/{id}")).await.body;
    assert!(page.contains("已停用") && page.contains(&way("enable")));
    admin.post(&way("enable"), &[]).await;
    let renewed = password_on(&admin.post(&way("password"), &[]).await.body);
    let old = wang.post("/login", &[("login", "wang.li"), ("password", &password)]).await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    let new = wang.post("/login", &[("login", "wang.li"), ("password", &renewed)]).await;
    assert_eq!(new.status, StatusCode::SEE_OTHER);
    for kind in ["user.added", "user.roles_changed", "user.disabled", "user.enabled", "user.password_changed"]
    {
        assert!(told(&office, kind) > 0, "{kind} is in the history with who did it");
    }
}

#[tokio::test]
async fn an_administrator_of_a_street_reaches_no_further_than_it() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let hash = yingda::console::password::hash(PASSWORD, [7; 16]).unwrap();
    let new = |login: &str, roles| NewUser {
        login: login.into(),
        name: login.into(),
        password_hash: hash.clone(),
        person: None,
        language: yingda::domain::language::Language::Zh,
        roles,
    };
    // Looks at the whole district, administers one street.
    let roles_of_both = vec![(Role::Administrator, SIFANG), (Role::Manager, DISTRICT)];
    office.store.add_user(new("sifang-admin", roles_of_both), office.by()).unwrap();
    office.store.add_user(new("below", vec![(Role::Operator, HARBOUR)]), office.by()).unwrap();
    let (router, _commands) = office.console(Settings::default()).await;
    let mut admin = Browser::of(&router, "sifang-admin").await;
    let list = admin.get("/users").await.body;
    assert!(list.contains(">below<") && !list.contains(">dispatcher<"), "only those below are listed");

    let (below, dispatcher) = (office.user("below"), office.user("dispatcher"));
    assert_eq!(admin.get(&format!("/users/{dispatcher}")).await.status, StatusCode::NOT_FOUND);
    for deed in ["disable", "password", "grant"] {
        let answer = admin.post(&format!("/users/{dispatcher}/do/{deed}"), &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{deed}");
    }
    for station in [DISTRICT, FUXIN] {
        let fields = [("role", "administrator"), ("station", &*station.to_string())];
        let answer = admin.post(&format!("/users/{below}/do/grant"), &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "no role above or beside their own");
    }
    assert_eq!(roles(&office, "below"), [(Role::Operator, HARBOUR)]);
    let own = office.user("sifang-admin");
    let fields = [("role", "administrator"), ("station", &*SIFANG.to_string())];
    for deed in ["revoke", "disable"] {
        let answer = admin.post(&format!("/users/{own}/do/{deed}"), &fields).await;
        assert_ne!(answer.status, StatusCode::SEE_OTHER, "{deed}: nobody locks themselves out");
    }
}

const PEOPLE: &str = "姓名,电话,社区\n郑芳,053283741111,370203028001\n";

#[tokio::test]
async fn a_spreadsheet_is_imported_whole_or_every_bad_row_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let catalogue = yingda::domain::category::DEFAULT_TEXT.to_owned();
    office.store.add_settings(SettingsKind::Catalogue, catalogue, office.by()).unwrap();
    let (router, _commands) = office.console(Settings::default()).await;
    let mut admin = Browser::of(&router, "administrator").await;
    let wrong = format!("{PEOPLE}李四,没有电话,370203028001\n王五,053283741112,999999999999\n");
    let answer = upload(&mut admin, "/imports", &[("register", "people")], wrong.as_bytes()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("2 行有问题"), "{}", answer.body);
    assert!(
        answer.body.contains("<td class=\"number\">3</td>")
            && answer.body.contains("<td class=\"number\">4</td>")
    );
    assert!(answer.body.contains("phones：电话号码里只能有数字"), "{}", answer.body);
    assert!(answer.body.contains("area：没有“999999999999”这个地区"), "{}", answer.body);
    let mut operator = Browser::of(&router, "operator").await;
    let search = "/people?q=%E9%83%91%E8%8A%B3";
    assert!(!operator.get(search).await.body.contains("053283741111"), "nothing is imported");

    let answer = upload(&mut admin, "/imports", &[("register", "people")], PEOPLE.as_bytes()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("已导入 1 行"));
    assert!(operator.get(search).await.body.contains("郑芳"));
    assert!(told(&office, "people.imported") > 0, "the history names who imported it");
}

#[tokio::test]
async fn a_facility_across_the_border_is_imported_as_its_regions_when_an_agreement_names_it() {
    const PLACES: &str = "number,kind,name,area,address,opened_on,categories,notice_phone,jurisdiction\n\
                          32,便民,海岸疏通队,370203028001,海岸路 9 号,2020-05-01,CON-02,13700000032,\n\
                          41,便民,邻区疏通队,370203026001,平安路 9 号,2020-05-01,CON-02,13700000041,shinan\n";
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let catalogue = yingda::domain::category::DEFAULT_TEXT.to_owned();
    office.store.add_settings(SettingsKind::Catalogue, catalogue, office.by()).unwrap();
    let (router, _commands) = office.console(Settings::default()).await;
    let mut admin = Browser::of(&router, "administrator").await;
    let facilities = [("register", "facilities")];
    let answer = upload(&mut admin, "/imports", &facilities, PLACES.as_bytes()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("<td class=\"number\">3</td>"), "{}", answer.body);
    assert!(answer.body.contains("institutions_of"), "the remedy is said: {}", answer.body);

    let agreed = "[agreements]\ninstitutions_of = [\"shinan\"]\n".to_owned();
    office.store.add_settings(SettingsKind::Policy, agreed, office.by()).unwrap();
    let answer = upload(&mut admin, "/imports", &facilities, PLACES.as_bytes()).await;
    assert!(answer.body.contains("已导入 2 行"), "{}", answer.body);
    let whose = || {
        let whose = |id| office.read(|connection| rows::facility::find(connection, FacilityId(id)));
        [32, 41].map(|id| whose(id).expect("imported").jurisdiction.0)
    };
    assert_eq!(whose(), ["shibei", "shinan"]);
    // The office's next file is older than the column, and the agreement may have ended since.
    office.store.add_settings(SettingsKind::Policy, String::new(), office.by()).unwrap();
    let without = PLACES.replace(",jurisdiction", "").replace(",shinan", "").replace("32,\n", "32\n");
    let answer = upload(&mut admin, "/imports", &facilities, without.as_bytes()).await;
    assert!(answer.body.contains("已导入 2 行"), "{}", answer.body);
    assert_eq!(whose(), ["shibei", "shinan"], "a file that says nothing moves nobody");
}

#[tokio::test]
async fn rules_are_checked_compared_and_followed_by_a_new_version() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let first = yingda::domain::policy::DEFAULT_TEXT.to_owned();
    office.store.add_settings(SettingsKind::Policy, first.clone(), office.by()).unwrap();
    let (router, _commands) = office.console(Settings::default()).await;
    let mut admin = Browser::of(&router, "administrator").await;
    assert!(admin.get("/settings").await.body.contains("时限与规则"));

    let broken = format!("{first}\nno_such_key = 1\n");
    let fields = [("toml", broken.as_str()), ("seen", "1"), ("keep", "1")];
    let answer = upload(&mut admin, "/settings/policy", &fields, b"").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("没有保存") && answer.body.contains("<pre><b class=\"number\">"),
        "{}",
        answer.body
    );

    let next = format!("# 试行\n{first}");
    let fields = [("toml", next.as_str()), ("seen", "1"), ("check", "1")];
    let answer = upload(&mut admin, "/settings/policy", &fields, b"").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("<span class=\"is-new\">+1: # 试行</span>"));
    let all = |office: &Office| {
        let read =
            |connection: &rusqlite::Connection| versions(connection, &jurisdiction(), SettingsKind::Policy);
        office.store.read(read).unwrap()
    };
    assert_eq!(all(&office).len(), 1, "a check keeps nothing");

    let fields = [("toml", next.as_str()), ("seen", "1"), ("keep", "1")];
    let answer = upload(&mut admin, "/settings/policy", &fields, b"").await;
    assert_eq!(answer.location(), "/settings/policy?did=2");
    let newest = &all(&office)[0];
    assert_eq!((newest.version, newest.toml.as_str()), (2, next.as_str()));
    assert_eq!(newest.created_by, Some(office.user("administrator")));
    let page = admin.get("/settings/policy?version=2&against=1").await.body;
    assert!(page.contains("+1: # 试行") && page.contains("高翔"));
    let late = upload(&mut admin, "/settings/policy", &fields, b"").await;
    assert_eq!(late.status, StatusCode::CONFLICT, "somebody was quicker");
    assert_eq!(all(&office).len(), 2);
}

/// The text between two marks of a page.
fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    page.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map_or("", |(found, _)| found)
}

#[tokio::test]
async fn an_administrator_gives_a_telephone_whose_password_is_shown_once_and_takes_it_away() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "administrator").await;
    let user = office.user("operator");
    let extension = || office.store.read(move |c| yingda::store::phones::extension_of(c, user)).unwrap();
    let path = format!("/users/{user}");
    let answer = browser.post(&format!("{path}/do/phone"), &[("extension", "201")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let password = between(&answer.body, "<dd class=\"once\"><code>", "</code>").to_owned();
    assert_eq!(password.len(), 16, "{}", answer.body);
    for typed in ["<code>201</code>", "<code>5060</code>", "<code>yingda</code>"] {
        assert!(answer.body.contains(typed), "{typed}: {}", answer.body);
    }
    assert_eq!(extension().unwrap().as_str(), "201");
    // It proves a telephone of this extension, and is shown once.
    let keys = yingda::keys::InstallationKeys::open(directory.path()).unwrap();
    let accounts = office.store.read(|c| yingda::store::phones::accounts(c, &keys)).unwrap();
    let secret = yingda::domain::secret::Secret::new(password.clone());
    assert!(accounts[0].hashes == yingda::phone::sip::digest::hashes_of("201", "yingda", &secret));
    let page = browser.get(&path).await.body;
    assert!(!page.contains(&password) && page.contains("value=\"201\""), "{page}");
    // Nobody has somebody else's, and no extension is two digits.
    let other = format!("/users/{}/do/phone", office.user("supervisor"));
    for (typed, says) in [("201", "没有更改话机"), ("20", "分机须为 3 至 5 位")] {
        let answer = browser.post(&other, &[("extension", typed)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(answer.body.contains(says), "{typed}: {}", answer.body);
    }
    let answer = browser.post(&format!("{path}/do/phone_off"), &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(extension(), None);
}

#[tokio::test]
async fn an_administrator_says_which_languages_a_login_speaks_and_history_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let office = Office::open(directory.path());
    let (router, _commands) = office.console(Settings::default()).await;
    let mut browser = Browser::of(&router, "administrator").await;
    let user = office.user("operator");
    let path = format!("/users/{user}/do/speaks");
    let answer = browser.post(&path, &[("en", "1"), ("zh", "1")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(office.login("operator").speaks, [Language::Zh, Language::En]);
    let noted: String = office
        .store
        .read(move |connection| {
            let sql = "SELECT body FROM event JOIN event_private USING (seq) \
                       WHERE kind = 'user.speaks_changed' AND entity = ?1";
            Ok::<_, StoreError>(connection.query_row(sql, [format!("user:{user}")], |row| row.get(0))?)
        })
        .unwrap();
    assert!(noted.contains("[\"zh\",\"en\"]"), "{noted}");
    // Nobody speaks nothing.
    let answer = browser.post(&path, &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(office.login("operator").speaks, [Language::Zh, Language::En]);
}
