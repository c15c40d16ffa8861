//! Passwords: argon2id, a few at a time, off the threads that answer browsers.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Shortest password taken for a user.
pub const PASSWORD_CHARS: usize = 8;
/// Longest one read: what is longer is no password, and hashing it is work for nothing.
const LONGEST_BYTES: usize = 512;
/// Passwords hashed at once: each takes 19 MiB and a core for some tens of milliseconds.
const AT_ONCE: usize = 2;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("a password needs at least {PASSWORD_CHARS} characters")]
    TooShort,
    #[error("a password has at most {LONGEST_BYTES} bytes")]
    TooLong,
    #[error("the password could not be hashed")]
    Hash(argon2::password_hash::Error),
}

/// The PHC string that the store keeps. `salt` is fresh chance.
///
/// # Errors
/// When it is too short or too long.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String, PasswordError> {
    if password.chars().count() < PASSWORD_CHARS {
        return Err(PasswordError::TooShort);
    }
    if password.len() > LONGEST_BYTES {
        return Err(PasswordError::TooLong);
    }
    let hash: PasswordHash =
        Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map_err(PasswordError::Hash)?;
    Ok(hash.to_string())
}

/// The same, off the threads that answer browsers.
///
/// # Errors
/// When it is too short or too long.
pub async fn hashed(password: String, salt: [u8; 16]) -> Result<String, PasswordError> {
    let _turn = TURNS.acquire().await.expect("the semaphore is never closed");
    tokio::task::spawn_blocking(move || hash(&password, salt)).await.expect("hashing does not panic")
}

/// Whether `password` is the one behind `hash`.
///
/// Takes as long when there is no such login (`hash` is none), so that time tells nobody which exist.
pub async fn matches(password: String, hash: Option<String>) -> bool {
    let Ok(_turn) = TURNS.acquire().await else { return false };
    tokio::task::spawn_blocking(move || verify(&password, hash.as_deref())).await.unwrap_or(false)
}

fn verify(password: &str, hash: Option<&str>) -> bool {
    /// Of a password nobody has: its work is done for logins that do not exist.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                          AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    if password.len() > LONGEST_BYTES {
        return false;
    }
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODY)) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_opens() {
        let kept = hash("潮声与海堤 42", [7; 16]).unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(verify("潮声与海堤 42", Some(&kept)));
        assert!(!verify("潮声与海堤 43", Some(&kept)));
        assert!(!verify("潮声与海堤 42", None));
        assert!(!verify("潮声与海堤 42", Some("not a hash")));
    }

    #[test]
    fn a_short_password_is_refused() {
        assert!(matches!(hash("1234567", [0; 16]), Err(PasswordError::TooShort)));
    }
}
