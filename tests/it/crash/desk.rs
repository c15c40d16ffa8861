//! Somebody at a desk of a running server, over HTTP.

use std::net::SocketAddr;

use yingda::console::password;
use yingda::domain::actor::Role;
use yingda::domain::ids::StationId;
use yingda::domain::language::Language;
use yingda::store::Store;
use yingda::store::records::By;
use yingda::store::users::NewUser;

use crate::peers::http;

const LOGIN: &str = "chen";
const PASSWORD: &str = "lighthouse-keeper";

/// Writes the login into the store: an operator of the district.
pub fn seat(store: &Store, by: By) {
    let user = NewUser {
        login: LOGIN.into(),
        name: "陈晓云".into(),
        password_hash: password::hash(PASSWORD, [9; 16]).unwrap(),
        person: None,
        language: Language::Zh,
        roles: vec![(Role::Operator, StationId(1))],
    };
    store.add_user(user, by).unwrap();
}

/// Who has logged in.
pub struct Desk {
    console: SocketAddr,
    cookie: String,
}

impl Desk {
    pub fn of(console: SocketAddr) -> Self {
        let mut desk = Self { console, cookie: String::new() };
        let answer = desk.post("/login", &format!("login={LOGIN}&password={PASSWORD}"));
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.unwrap_or_else(|| panic!("nobody was let in: {answer}"));
        desk.cookie = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap());
        desk
    }

    pub fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\n"), "")
    }

    pub fn post(&self, path: &str, form: &str) -> String {
        let head = format!(
            "POST {path} HTTP/1.1\r\nOrigin: http://{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n",
            self.console,
            form.len()
        );
        self.ask(&head, form)
    }

    fn ask(&self, head: &str, body: &str) -> String {
        http::ask(self.console, &format!("{head}{}", self.cookie), body)
    }
}
