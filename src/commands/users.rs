//! `yingda user`: who may come into the console.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use super::arguments::User;
use super::office::{carry_out, unexpected};
use super::{Place, Verdict};
use crate::domain::ids::PersonId;
use crate::domain::secret::Secret;
use crate::service::control::{Answer, NewLogin, Request};

pub(super) fn user(place: &Place, what: User) -> anyhow::Result<Verdict> {
    match what {
        User::Add { login, name, role, person, language } => {
            let password = password(&login)?;
            let person = person.map(PersonId);
            let new = NewLogin { login, name, password, person, language, roles: role };
            done(&carry_out(place, Request::AddUser(new))?)
        }
        User::Passwd { login } => {
            let password = password(&login)?;
            done(&carry_out(place, Request::SetPassword { login, password })?)
        }
        User::Phone { login, extension: Some(extension), .. } => {
            let settings = place.settings()?;
            let answer = carry_out(place, Request::GivePhone { login, extension })?;
            let Answer::PhoneGiven { extension, password, realm } = answer else { return Err(unexpected()) };
            let server = settings.phone.server();
            let host =
                server.host.map_or_else(|| "this machine's address".to_owned(), |host| host.to_string());
            println!("user      {extension}");
            println!("password  {}", password.expose());
            println!("server    {host}, port {}", server.port);
            println!("realm     {realm}");
            println!("transport {}", if server.tcp { "UDP or TCP" } else { "UDP" });
            for (name, port) in server.other_ports() {
                println!("          or {name}, port {port}");
            }
            println!(
                "\nThe password is shown this once. A telephone that asks for a login name takes the user."
            );
            Ok(Verdict::Good)
        }
        User::Phone { login, extension: None, .. } => done(&carry_out(place, Request::TakePhone { login })?),
        User::Speaks { login, languages } => {
            done(&carry_out(place, Request::SetSpeaks { login, speaks: languages })?)
        }
        User::List => {
            let Answer::Users { users } = carry_out(place, Request::Users)? else { return Err(unexpected()) };
            for user in users {
                let shut = if user.disabled { " (shut out)" } else { "" };
                println!("{}{shut}  {}  {}", user.login, user.name, user.roles.join(" "));
            }
            Ok(Verdict::Good)
        }
    }
}

fn done(answer: &Answer) -> anyhow::Result<Verdict> {
    if *answer == Answer::Done { Ok(Verdict::Good) } else { Err(unexpected()) }
}

/// Asks for a password twice without showing it; from a pipe, reads one line.
fn password(login: &str) -> anyhow::Result<Secret> {
    let input = io::stdin();
    if !input.is_terminal() {
        return line().map(Secret::new);
    }
    let shown = tcgetattr(&input).context("ask the terminal")?;
    let mut hidden = shown.clone();
    hidden.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(&input, SetArg::TCSANOW, &hidden).context("hide what is typed")?;
    let typed = ask(&format!("password for {login}: ")).and_then(|one| Ok((one, ask("once more: ")?)));
    tcsetattr(&input, SetArg::TCSANOW, &shown).context("show what is typed")?;
    let (one, two) = typed?;
    if one != two {
        bail!("the two passwords differ: nothing was changed");
    }
    Ok(Secret::new(one))
}

fn ask(words: &str) -> anyhow::Result<String> {
    eprint!("{words}");
    io::stderr().flush().context("write to the terminal")?;
    let typed = line();
    eprintln!();
    typed
}

fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
