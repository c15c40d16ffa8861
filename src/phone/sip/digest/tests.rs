use proptest::prelude::*;

use super::*;
use crate::domain::secret::Secret;

const REALM: &str = "yingda";
const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const BOTH: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Md5];
const HOME: &str = "192.0.2.1";

fn ext(digits: &str) -> Extension {
    Extension::parse(digits).unwrap()
}

fn account(digits: &str, password: &str) -> PhoneAccount {
    PhoneAccount { extension: ext(digits), hashes: hashes_of(digits, REALM, &Secret::new(password)) }
}

/// One account, 201 with the password `right`.
fn digest() -> Digest {
    let mut digest = Digest::new(REALM.into(), BOTH.to_vec(), [7; 32]);
    digest.put_accounts(vec![account("201", "right")]);
    digest
}

/// A telephone that answers challenges.
#[derive(Clone)]
struct Telephone {
    user: String,
    password: String,
    nonce: String,
    count: u32,
    algorithm: Algorithm,
}

impl Telephone {
    fn new(digest: &Digest, user: &str, password: &str) -> Self {
        let nonce = nonce_in(&digest.challenges(false, START, [1; 12])[0]);
        Self { user: user.into(), password: password.into(), nonce, count: 1, algorithm: Algorithm::Sha256 }
    }

    fn said(&self) -> Authorization {
        let mut said = Authorization {
            username: self.user.clone(),
            realm: REALM.into(),
            nonce: self.nonce.clone(),
            uri: "sip:line.example".into(),
            response: String::new(),
            algorithm: self.algorithm,
            cnonce: "0a4f".into(),
            count: self.count,
            count_text: format!("{:08x}", self.count),
        };
        let hashes = hashes_of(&self.user, REALM, &Secret::new(self.password.clone()));
        said.response = said.algorithm.response(&hashes, &said, "REGISTER");
        said
    }

    fn written(&self) -> String {
        written(&self.said())
    }
}

fn written(said: &Authorization) -> String {
    format!(
        "Digest username=\"{}\", realm=\"{}\",nonce=\"{}\", uri=\"{}\", response=\"{}\", algorithm={}, \
         cnonce=\"{}\", qop=auth, nc={}",
        said.username,
        said.realm,
        said.nonce,
        said.uri,
        said.response,
        said.algorithm.name(),
        said.cnonce,
        said.count_text
    )
}

fn nonce_in(challenge: &str) -> String {
    challenge.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn try_it(digest: &mut Digest, header: &str, source: &str, now: Timestamp) -> Verdict {
    let source = source.parse().unwrap();
    digest.check(Attempt { method: "REGISTER", authorizations: &[header], source, now }, |_| false)
}

fn known() -> Verdict {
    Verdict::Known(ext("201"))
}

const ASKED: Verdict = Verdict::Challenge { stale: false };
const WRONG: Verdict = Verdict::Wrong;
const STALE: Verdict = Verdict::Challenge { stale: true };

#[test]
fn the_right_password_is_known_in_both_algorithms() {
    let mut digest = digest();
    let mut telephone = Telephone::new(&digest, "201", "right");
    assert_eq!(try_it(&mut digest, &telephone.written(), HOME, START), known());
    (telephone.algorithm, telephone.count) = (Algorithm::Md5, 2);
    assert_eq!(try_it(&mut digest, &telephone.written(), HOME, START), known());
}

#[test]
fn both_algorithms_are_offered_and_the_better_one_first() {
    let offered = digest().challenges(true, START, [1; 12]);
    let [first, second] = &offered[..] else { panic!("{offered:?}") };
    assert!(first.starts_with("Digest realm=\"yingda\", nonce=\""), "{first}");
    assert!(first.ends_with(", qop=\"auth\", algorithm=SHA-256, stale=true"), "{first}");
    assert!(second.ends_with(", qop=\"auth\", algorithm=MD5, stale=true"), "{second}");
}

#[test]
fn an_algorithm_that_is_not_offered_is_not_taken() {
    let mut digest = Digest::new(REALM.into(), vec![Algorithm::Md5], [7; 32]);
    digest.put_accounts(vec![account("201", "right")]);
    assert_eq!(digest.challenges(false, START, [1; 12]).len(), 1);
    let mut telephone = Telephone::new(&digest, "201", "right");
    assert_eq!(try_it(&mut digest, &telephone.written(), HOME, START), WRONG);
    telephone.algorithm = Algorithm::Md5;
    assert_eq!(try_it(&mut digest, &telephone.written(), HOME, START), known());
}

/// The example of RFC 7616 §3.9.1, worked out by its authors.
#[test]
fn the_example_of_the_rfc_comes_out_as_printed() {
    let hashes = hashes_of("Mufasa", "http-auth@example.org", &Secret::new("Circle of Life"));
    let said = |algorithm| Authorization {
        username: "Mufasa".into(),
        realm: "http-auth@example.org".into(),
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v".into(),
        uri: "/dir/index.html".into(),
        response: String::new(),
        algorithm,
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".into(),
        count: 1,
        count_text: "00000001".into(),
    };
    let answer = |algorithm: Algorithm| algorithm.response(&hashes, &said(algorithm), "GET");
    assert_eq!(answer(Algorithm::Md5), "8ca523f5e9506fed4657c9700eebdbec");
    assert_eq!(answer(Algorithm::Sha256), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

#[test]
fn a_request_that_is_repeated_or_counts_back_is_stale() {
    let mut digest = digest();
    let mut telephone = Telephone::new(&digest, "201", "right");
    telephone.count = 5;
    assert_eq!(try_it(&mut digest, &telephone.written(), HOME, START), known());
    assert_eq!(try_it(&mut digest, &telephone.written(), HOME, START), STALE);
    telephone.count = 4;
    assert_eq!(try_it(&mut digest, &telephone.written(), HOME, START), STALE);
    telephone.count = 6;
    assert_eq!(try_it(&mut digest, &telephone.written(), HOME, START), known());
}

#[test]
fn a_nonce_runs_out_and_so_do_those_of_an_earlier_start() {
    let mut digest = digest();
    let telephone = Telephone::new(&digest, "201", "right");
    let late = START + NONCE_FOR;
    assert_eq!(try_it(&mut digest, &telephone.written(), HOME, late), STALE);
    let mut restarted = Digest::new(REALM.into(), BOTH.to_vec(), [8; 32]);
    restarted.put_accounts(vec![account("201", "right")]);
    assert_eq!(try_it(&mut restarted, &telephone.written(), HOME, START), STALE);
}

#[test]
fn who_comes_with_no_nonce_of_ours_learns_nothing_of_the_password_and_nothing_is_counted() {
    let mut digest = digest();
    let late = START + NONCE_FOR;
    for password in ["right", "wrong"] {
        let old = Telephone::new(&digest, "201", password);
        let invented = Telephone { nonce: "0123456789abcdef".into(), ..old.clone() };
        for telephone in [old, invented] {
            (0..30).for_each(|_| assert_eq!(try_it(&mut digest, &telephone.written(), HOME, late), STALE));
        }
    }
    let nonce = nonce_in(&digest.challenges(true, late, [2; 12])[0]);
    let right = Telephone { nonce, ..Telephone::new(&digest, "201", "right") };
    assert_eq!(try_it(&mut digest, &right.written(), HOME, late), known());
}

#[test]
fn a_nonce_whose_count_was_forgotten_is_taken_no_more() {
    let mut digest = digest();
    let first = Telephone::new(&digest, "201", "right");
    assert_eq!(try_it(&mut digest, &first.written(), HOME, START), known());
    for n in 0..40_u8 {
        let mut telephone = first.clone();
        let later = START + Duration::from_millis(u64::from(n) + 1);
        telephone.nonce = nonce_in(&digest.challenges(false, later, [n; 12])[0]);
        assert_eq!(try_it(&mut digest, &telephone.written(), HOME, later), known());
    }
    assert_eq!(try_it(&mut digest, &first.written(), HOME, START), STALE, "replayed");
}

#[test]
fn an_extension_that_nobody_has_is_answered_as_a_wrong_password_and_throttled_as_one() {
    let verdicts = |user: &str| {
        let mut digest = digest();
        let telephone = Telephone::new(&digest, user, "wrong");
        let tries =
            (0..12).map(|n| try_it(&mut digest, &telephone.written(), &format!("198.51.100.{n}"), START));
        tries.collect::<Vec<_>>()
    };
    let (there, nobody) = (verdicts("201"), verdicts("999"));
    assert_eq!(there, nobody);
    assert_eq!((&there[9], &there[10]), (&WRONG, &Verdict::Wait(Duration::from_secs(30))));
}

#[test]
fn a_source_of_wrong_passwords_waits_and_others_do_not() {
    let mut digest = digest();
    for n in 0..20 {
        let user = format!("{}", 300 + n);
        let telephone = Telephone::new(&digest, &user, "wrong");
        assert_eq!(try_it(&mut digest, &telephone.written(), HOME, START), WRONG);
    }
    let right = Telephone::new(&digest, "201", "right");
    assert_eq!(try_it(&mut digest, &right.written(), HOME, START), Verdict::Wait(Duration::from_secs(10)));
    assert_eq!(try_it(&mut digest, &right.written(), "192.0.2.2", START), known());
    let mut later = right;
    later.count = 2;
    assert_eq!(try_it(&mut digest, &later.written(), HOME, START + Duration::from_secs(10)), known());
}

#[test]
fn others_wrong_passwords_do_not_shut_out_a_telephone_that_is_registered() {
    let mut digest = digest();
    let wrong = Telephone::new(&digest, "201", "wrong").written();
    (0..10).for_each(|_| assert_eq!(try_it(&mut digest, &wrong, "198.51.100.1", START), WRONG));
    let right = Telephone::new(&digest, "201", "right").written();
    assert!(matches!(try_it(&mut digest, &right, HOME, START), Verdict::Wait(_)));
    let attempt =
        Attempt { method: "REGISTER", authorizations: &[&right], source: HOME.parse().unwrap(), now: START };
    assert_eq!(digest.check(attempt, |extension| *extension == ext("201")), known());
}

#[test]
fn who_says_nothing_yet_is_asked_and_nothing_is_counted() {
    let mut digest = digest();
    let elsewhere = "Digest username=\"201\", realm=\"other\", nonce=\"1\", uri=\"sip:a\", response=\"1\", \
                     cnonce=\"1\", qop=auth, nc=00000001";
    for authorizations in [&[][..], &[elsewhere][..]] {
        for _ in 0..30 {
            let source = HOME.parse().unwrap();
            let attempt = Attempt { method: "REGISTER", authorizations, source, now: START };
            assert_eq!(digest.check(attempt, |_| false), ASKED);
        }
    }
}

#[test]
fn an_account_that_is_taken_away_is_known_no_more() {
    let mut digest = digest();
    let telephone = Telephone::new(&digest, "201", "right");
    digest.put_accounts(vec![account("202", "right")]);
    assert_eq!(try_it(&mut digest, &telephone.written(), HOME, START), WRONG);
}

#[test]
fn what_is_not_written_as_the_rfc_has_it_is_not_read() {
    let good = Telephone::new(&digest(), "201", "right").written();
    assert!(Authorization::parse(&good).is_some());
    for (what, with) in [
        ("Digest ", "Basic "),
        ("Digest ", "Digest"),
        (", qop=auth", ""),
        ("qop=auth", "qop=auth-int"),
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=0000000g"),
        ("nc=00000001", "nc=00000001,"),
        ("nc=00000001", "nc=00000001, nc=00000002"),
        ("algorithm=SHA-256", "algorithm=SHA-512-256"),
        ("cnonce=\"0a4f\"", "cnonce=\"\""),
        ("username=\"201\"", "username=\"201"),
        ("username=\"201\"", "username=2 01"),
        ("username=\"201\"", "username*=\"201\""),
        ("username=\"201\"", "username=\"201\", userhash=true"),
    ] {
        assert!(good.contains(what), "{what}");
        assert_eq!(Authorization::parse(&good.replacen(what, with, 1)), None, "{with}");
    }
}

proptest! {
    #[test]
    fn no_octets_can_harm_the_reader(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut digest = digest();
        let text = String::from_utf8_lossy(&octets);
        for header in [text.to_string(), format!("Digest {text}")] {
            prop_assert_ne!(try_it(&mut digest, &header, HOME, START), known());
        }
    }

    #[test]
    fn a_right_answer_is_known_and_one_with_anything_changed_is_not(
        which in 0_usize..8,
        at in any::<prop::sample::Index>(),
        to in "[0-9a-z]",
    ) {
        let mut digest = digest();
        let telephone = Telephone::new(&digest, "201", "right");
        let right = telephone.said();
        let mut changed = right.clone();
        let field = match which {
            0 => &mut changed.username,
            1 => &mut changed.realm,
            2 => &mut changed.nonce,
            3 => &mut changed.uri,
            4 => &mut changed.response,
            5 => &mut changed.cnonce,
            6 => &mut changed.count_text,
            _ => {
                changed.algorithm = Algorithm::Md5;
                &mut changed.uri
            }
        };
        if which < 7 {
            let at = at.index(field.len());
            field.replace_range(at..=at, &to);
        }
        prop_assume!(changed != right);
        prop_assert_ne!(try_it(&mut digest, &written(&changed), HOME, START), known());
        prop_assert_eq!(try_it(&mut digest, &written(&right), HOME, START), known());
    }
}
