//! Trunks that cannot be meant.

use super::{Findings, PhoneSettings};
use crate::domain::extension::PhoneTransport;
use crate::phone::settings::{Account, Trunk};

pub(super) fn trunks(phone: &PhoneSettings, found: &mut Findings) {
    for (at, trunk) in phone.trunks.iter().enumerate() {
        let key = |name: &str| format!("phone.trunks[{}].{name}", at + 1);
        let before = &phone.trunks[..at];
        found.refuse(
            trunk.name.is_empty() || before.iter().any(|other| other.name == trunk.name),
            &key("name"),
            format!("\"{}\" is no name of its own", trunk.name),
            "give each trunk a name that no other has",
        );
        found.refuse(
            before.iter().any(|other| other.address == trunk.address && !are_two_accounts(other, trunk)),
            &key("address"),
            format!("another trunk is at {} already", trunk.address),
            "give each trunk an address of its own, or register each with a user of its own",
        );
        found.refuse(
            trunk.transport == PhoneTransport::Tcp && phone.tcp.is_none(),
            &key("transport"),
            "the provider could not ring back over TCP: phone.tcp is switched off",
            "write where TCP is listened for, as phone.tcp = \"0.0.0.0:5060\", or transport = \"udp\"",
        );
        found.refuse(
            !matches!(trunk.transport, PhoneTransport::Udp | PhoneTransport::Tcp),
            &key("transport"),
            format!("no trunk is spoken to by {}", trunk.transport.name()),
            "write \"udp\" or \"tcp\"; by tls, ws and wss telephones come to us",
        );
        found.refuse(
            trunk.domain.as_deref().is_some_and(|domain| !is_host(domain)),
            &key("domain"),
            "this is no name of a host",
            "write it without sip: and without a user, as \"sip.example.cn\"",
        );
        found.refuse(
            (1..5).contains(&trunk.keep_alive_s) || trunk.keep_alive_s > 3_600,
            &key("keep_alive_s"),
            format!("asking every {} s is too often or too seldom", trunk.keep_alive_s),
            "write from 5 to 3600, as 30, or 0 to ask nothing",
        );
        found.refuse(
            !is_dialled(&trunk.prefix) && !trunk.prefix.is_empty(),
            &key("prefix"),
            format!("\"{}\" cannot be dialled", trunk.prefix),
            "write digits, as \"9\"",
        );
        for (name, number) in [("did", &trunk.did), ("identity.number", &trunk.identity.number)] {
            let what = "this is no number";
            found.refuse(
                number.as_deref().is_some_and(|number| !is_dialled(number)),
                &key(name),
                what,
                "write digits, with a + before them if they begin with the country, as \"12349\"",
            );
        }
        if let Some(account) = &trunk.register {
            self::account(account, &key("register"), found);
        }
    }
}

fn account(account: &Account, key: &str, found: &mut Findings) {
    let is_user = |user: &str| {
        !user.is_empty()
            && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/%".contains(&byte))
    };
    found.refuse(
        !is_user(&account.user),
        &format!("{key}.user"),
        format!("\"{}\" is no user of a SIP address", account.user),
        "write it without sip: and without @, as the provider's paper has it",
    );
    found.refuse(
        account.password.is_empty(),
        &format!("{key}.password"),
        "an empty password proves nothing",
        "write the provider's, or name a file as password_file; leave the register table out where there is none",
    );
    found.refuse(
        !(60..=86_400).contains(&account.expires_s),
        &format!("{key}.expires_s"),
        format!("a registration for {} s is too short or too long", account.expires_s),
        "write from 60 to 86400, as 600",
    );
}

fn are_two_accounts(one: &Trunk, other: &Trunk) -> bool {
    match (&one.register, &other.register) {
        (Some(one), Some(other)) => one.user != other.user,
        _ => false,
    }
}

fn is_host(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    !text.is_empty() && text.len() <= 253 && text.bytes().all(plain)
}

fn is_dialled(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (1..=20).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || b"*#".contains(&byte))
}
