//! Proving ourselves to somebody else: the asked side of digest authentication (RFC 7616, RFC 2617 for the old).

use super::algorithm::Algorithm;
use super::authorization::Fields;
use crate::domain::secret::Secret;

/// What we are asked to prove, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub realm: String,
    pub nonce: String,
    opaque: Option<String>,
    /// As it was named; nothing when MD5 went without saying.
    named: Option<Algorithm>,
    /// Whether answers are counted.
    counts: bool,
    /// Whether the answer before was right and only its nonce is too old.
    pub stale: bool,
}

/// What of an answer is ours to choose.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    pub method: &'a str,
    pub uri: &'a str,
    /// How often this nonce has been answered, with this time.
    pub count: u32,
    pub cnonce: &'a str,
}

impl Challenge {
    /// The best of several challenges that we can answer and that is in the right name, if one is wanted.
    pub fn best<'a>(values: impl IntoIterator<Item = &'a str>, realm: Option<&str>) -> Option<Self> {
        let challenges = values.into_iter().filter_map(Self::read);
        let ours = challenges.filter(|challenge| realm.is_none_or(|realm| realm == challenge.realm));
        ours.max_by_key(|challenge| u8::from(challenge.algorithm() == Algorithm::Sha256))
    }

    fn read(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once([' ', '\t'])?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let mut fields = Fields::read(rest)?;
        let named = match fields.take("algorithm") {
            Some(name) => Some(Algorithm::parse(&name)?),
            None => None,
        };
        let counts = match fields.take("qop") {
            Some(offered) if offered.split(',').any(|one| one.trim().eq_ignore_ascii_case("auth")) => true,
            Some(_) => return None,
            None => false,
        };
        let stale = fields.take("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true"));
        let (realm, nonce) = (fields.take("realm")?, fields.take("nonce")?);
        Some(Self { realm, nonce, opaque: fields.take("opaque"), named, counts, stale })
    }

    fn algorithm(&self) -> Algorithm {
        self.named.unwrap_or(Algorithm::Md5)
    }

    /// The value of the header that proves that we know the password.
    pub fn answer(&self, user: &str, password: &Secret, said: Said<'_>) -> String {
        let algorithm = self.algorithm();
        let secret = algorithm.hash(&[user, &self.realm, password.expose()]);
        let what = algorithm.hash(&[said.method, said.uri]);
        let count = format!("{:08x}", said.count);
        let response = if self.counts {
            algorithm.hash(&[&secret, &self.nonce, &count, said.cnonce, "auth", &what])
        } else {
            algorithm.hash(&[&secret, &self.nonce, &what])
        };
        let mut text = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\"",
            quoted(user),
            quoted(&self.realm),
            quoted(&self.nonce),
            quoted(said.uri)
        );
        if let Some(algorithm) = self.named {
            text.push_str(&format!(", algorithm={}", algorithm.name()));
        }
        if let Some(opaque) = &self.opaque {
            text.push_str(&format!(", opaque={}", quoted(opaque)));
        }
        if self.counts {
            text.push_str(&format!(", qop=auth, nc={count}, cnonce={}", quoted(said.cnonce)));
        }
        text
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str =
        "Digest realm=\"a\", nonce=\"n\", qop=\"auth, auth-int\", algorithm=SHA-256, opaque=\"o\"";
    const MD5: &str = "Digest realm=\"a\",nonce=\"n\",qop=auth,algorithm=MD5,stale=TRUE";

    fn response(challenge: &str, password: &str, said: Said<'_>) -> String {
        let challenge = Challenge::best([challenge], None).unwrap();
        let text = challenge.answer("Mufasa", &Secret::new(password), said);
        text.split("response=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    #[test]
    fn what_is_answered_is_what_the_rfc_answers() {
        // RFC 7616 §3.9.1.
        let said = Said {
            method: "GET",
            uri: "/dir/index.html",
            count: 1,
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        };
        let challenge = |algorithm: &str| {
            format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        };
        assert_eq!(
            response(&challenge("SHA-256"), "Circle of Life", said),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
        assert_eq!(response(&challenge("MD5"), "Circle of Life", said), "8ca523f5e9506fed4657c9700eebdbec");
        // RFC 2069 §2.4, as its errata have it.
        let old = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        assert_eq!(response(old, "CircleOfLife", said), "1949323746fe6a43ef61f9606e7febea");
    }

    #[test]
    fn of_several_challenges_the_better_is_answered_and_only_in_the_name_that_is_ours() {
        let best = |values: &[&str], realm| Challenge::best(values.iter().copied(), realm);
        assert_eq!(best(&[MD5, SHA], None).unwrap().named, Some(Algorithm::Sha256));
        assert_eq!(
            best(&["Digest realm=\"a\", nonce=\"n\", algorithm=SHA-512-256", MD5], None),
            best(&[MD5], None)
        );
        assert!(best(&[MD5], Some("a")).unwrap().stale);
        assert_eq!(best(&[MD5, SHA], Some("b")), None);
        for value in [
            "Basic realm=\"a\"",
            "Digest realm=\"a\"",
            "Digest nonce=\"n\"",
            "Digest",
            "",
            "Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\"",
        ] {
            assert_eq!(best(&[value], None), None, "{value}");
        }
    }

    #[test]
    fn nothing_that_is_said_ends_its_quotes() {
        let challenge = Challenge::best([r#"Digest realm="a\"b\\", nonce="n""#], None).unwrap();
        assert_eq!(challenge.realm, r#"a"b\"#);
        let said = Said { method: "REGISTER", uri: "sip:a", count: 1, cnonce: "c" };
        let text = challenge.answer("u", &Secret::new("p"), said);
        assert!(
            text.starts_with(r#"Digest username="u", realm="a\"b\\", nonce="n", uri="sip:a", response="#),
            "{text}"
        );
        assert!(!text.contains("algorithm") && !text.contains("nc="), "{text}");
    }
}
