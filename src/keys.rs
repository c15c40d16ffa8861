//! The installation's keys: made at first start, kept beside the store, never part of a backup.
//!
//! An installation key wraps the keys that recordings and the input journal are encrypted with. Turning to
//! another one ([`InstallationKeys::add`], wrap everything again, [`InstallationKeys::retire_older`]) may be cut
//! short anywhere and taken up again: until the last step both are kept. A second key, never turned, makes the
//! HMAC that stands for an ID number.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::clock::os_random;

/// Bytes of every key here: AES-256.
pub const KEY_BYTES: usize = 32;
/// Bytes of a key's fingerprint.
const PRINT_BYTES: usize = 8;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// Bytes of a wrapped key: whose key wrapped it, nonce, ciphertext, tag.
pub const WRAPPED_BYTES: usize = PRINT_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES;

const IDENTITY_FILE: &str = "identity.key";

/// A key that encrypts something; shows itself to nobody.
#[derive(Clone)]
pub struct SecretKey(pub [u8; KEY_BYTES]);

impl SecretKey {
    pub fn random() -> Self {
        Self(os_random())
    }

    pub fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.0.into())
    }

    fn fingerprint(&self) -> [u8; PRINT_BYTES] {
        let digest = Sha256::digest(self.0);
        digest[..PRINT_BYTES].try_into().expect("a digest is longer than a fingerprint")
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

/// Why a key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{what} {path}")]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is not a key: 64 hexadecimal digits are expected")]
    NotAKey { path: PathBuf },
    /// Put the key file of the old installation back into the keys directory.
    #[error("the installation key {fingerprint} is not here")]
    Missing { fingerprint: String },
    #[error("a wrapped key was changed or belongs to something else")]
    Altered,
}

/// All installation keys at hand; the last one made wraps.
#[derive(Debug, Clone)]
pub struct InstallationKeys {
    directory: PathBuf,
    /// By the order they were made in.
    keys: BTreeMap<u32, SecretKey>,
    identity: SecretKey,
}

impl InstallationKeys {
    /// Reads the keys in a directory; makes directory (0700) and keys (0600) where there are none.
    ///
    /// # Errors
    /// When the directory or a key cannot be read or made.
    pub fn open(directory: &Path) -> Result<Self, KeyError> {
        if let Err(source) = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory) {
            return Err(KeyError::File { what: "cannot make", path: directory.to_owned(), source });
        }
        let mut keys = read_keys(directory)?;
        if keys.is_empty() {
            let first = SecretKey::random();
            write_key(directory, &file_name(1, &first), &first)?;
            keys.insert(1, first);
        }
        let identity = match read_key(&directory.join(IDENTITY_FILE)) {
            Err(KeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let made = SecretKey::random();
                write_key(directory, IDENTITY_FILE, &made)?;
                made
            }
            read => read?,
        };
        Ok(Self { directory: directory.to_owned(), keys, identity })
    }

    fn current(&self) -> &SecretKey {
        self.keys.last_key_value().expect("an installation has at least one key").1
    }

    /// Encrypts a key with the current installation key, bound to `about`.
    pub fn wrap(&self, key: &SecretKey, about: &[u8]) -> [u8; WRAPPED_BYTES] {
        let current = self.current();
        let nonce: [u8; NONCE_BYTES] = os_random();
        let sealed = current
            .cipher()
            .encrypt(&nonce.into(), Payload { msg: &key.0, aad: about })
            .expect("a key is far shorter than what AES-GCM takes");
        let mut wrapped = [0; WRAPPED_BYTES];
        wrapped[..PRINT_BYTES].copy_from_slice(&current.fingerprint());
        wrapped[PRINT_BYTES..PRINT_BYTES + NONCE_BYTES].copy_from_slice(&nonce);
        wrapped[PRINT_BYTES + NONCE_BYTES..].copy_from_slice(&sealed);
        wrapped
    }

    /// Decrypts a wrapped key with whichever installation key wrapped it.
    ///
    /// # Errors
    /// When that key is not here, or the bytes were changed or wrapped for something else.
    pub fn unwrap(&self, wrapped: &[u8], about: &[u8]) -> Result<SecretKey, KeyError> {
        if wrapped.len() != WRAPPED_BYTES {
            return Err(KeyError::Altered);
        }
        let (print, rest) = wrapped.split_at(PRINT_BYTES);
        let (nonce, sealed) = rest.split_at(NONCE_BYTES);
        let key = self.keys.values().find(|key| key.fingerprint() == print);
        let key = key.ok_or_else(|| KeyError::Missing { fingerprint: hex(print) })?;
        let nonce = Nonce::try_from(nonce).map_err(|_| KeyError::Altered)?;
        let plain = key
            .cipher()
            .decrypt(&nonce, Payload { msg: sealed, aad: about })
            .map_err(|_| KeyError::Altered)?;
        plain.try_into().map(SecretKey).map_err(|_| KeyError::Altered)
    }

    /// Whether a wrapped key was wrapped with the current installation key.
    pub fn is_current(&self, wrapped: &[u8]) -> bool {
        wrapped.starts_with(&self.current().fingerprint())
    }

    /// What stands for an ID number: the same number gives the same value in this installation only.
    pub fn identity_hmac(&self, id_number: &str) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.identity.0).expect("HMAC takes keys of any length");
        mac.update(id_number.trim().to_ascii_uppercase().as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Makes another installation key, which wraps from now on; the older ones still unwrap.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self) -> Result<(), KeyError> {
        let number = self.keys.last_key_value().map_or(1, |(number, _)| number + 1);
        let key = SecretKey::random();
        write_key(&self.directory, &file_name(number, &key), &key)?;
        self.keys.insert(number, key);
        Ok(())
    }

    /// How many installation keys are kept: more than one means a turn was not finished.
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// Destroys all but the current key: call when nothing is wrapped with them any more.
    ///
    /// # Errors
    /// When a file cannot be overwritten or removed.
    pub fn retire_older(&mut self) -> Result<(), KeyError> {
        let (newest, current) = self.keys.pop_last().expect("an installation has at least one key");
        for (number, key) in std::mem::take(&mut self.keys) {
            destroy_file(&self.directory.join(file_name(number, &key)))?;
        }
        self.keys.insert(newest, current);
        Ok(())
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
        text
    })
}

fn file_name(number: u32, key: &SecretKey) -> String {
    format!("installation-{number:04}-{}.key", hex(&key.fingerprint()))
}

fn read_keys(directory: &Path) -> Result<BTreeMap<u32, SecretKey>, KeyError> {
    let failed = |source| KeyError::File { what: "cannot read", path: directory.to_owned(), source };
    let mut keys = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix("installation-")?.strip_suffix(".key")?.split('-').next())
            .and_then(|number| number.parse().ok());
        if let Some(number) = number {
            keys.insert(number, read_key(&directory.join(&name))?);
        }
    }
    Ok(keys)
}

fn read_key(path: &Path) -> Result<SecretKey, KeyError> {
    let mut text = String::new();
    let failed = |source| KeyError::File { what: "cannot read", path: path.to_owned(), source };
    File::open(path).map_err(failed)?.take(1_024).read_to_string(&mut text).map_err(failed)?;
    let digits = text.trim();
    let not_a_key = || KeyError::NotAKey { path: path.to_owned() };
    if digits.len() != 2 * KEY_BYTES || !digits.is_ascii() {
        return Err(not_a_key());
    }
    let mut key = [0; KEY_BYTES];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).map_err(|_| not_a_key())?;
    }
    Ok(SecretKey(key))
}

/// Writes under another name first, so that no half-written key is ever found.
fn write_key(directory: &Path, name: &str, key: &SecretKey) -> Result<(), KeyError> {
    let path = directory.join(name);
    let draft = directory.join(format!("{name}.new"));
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        writeln!(file, "{}", hex(&key.0))?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(|source| KeyError::File { what: "cannot write", path: path.clone(), source })
}

fn destroy_file(path: &Path) -> Result<(), KeyError> {
    let destroy = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.write_all(&[b'0'; 2 * KEY_BYTES])?;
        file.sync_all()?;
        fs::remove_file(path)
    };
    destroy().map_err(|source| KeyError::File { what: "cannot destroy", path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_made_at_first_start_are_found_again_and_nobody_else_may_read_them() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        let first = InstallationKeys::open(&path).unwrap();
        let wrapped = first.wrap(&SecretKey([7; 32]), b"journal");
        let again = InstallationKeys::open(&path).unwrap();
        assert_eq!(again.unwrap(&wrapped, b"journal").unwrap().0, [7; 32]);
        assert_eq!(again.identity_hmac("37020319500101001x"), first.identity_hmac("37020319500101001X "));
        for entry in fs::read_dir(&path).unwrap() {
            assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_wrapped_key_opens_only_what_it_was_wrapped_for() {
        let directory = tempfile::tempdir().unwrap();
        let keys = InstallationKeys::open(directory.path()).unwrap();
        let wrapped = keys.wrap(&SecretKey([7; 32]), b"one");
        assert!(matches!(keys.unwrap(&wrapped, b"another"), Err(KeyError::Altered)));
        let mut changed = wrapped;
        changed[WRAPPED_BYTES - 1] ^= 1;
        assert!(matches!(keys.unwrap(&changed, b"one"), Err(KeyError::Altered)));
        assert!(matches!(keys.unwrap(&wrapped[1..], b"one"), Err(KeyError::Altered)));
    }

    #[test]
    fn after_a_turn_the_old_key_is_gone_and_what_it_wrapped_says_which_is_missing() {
        let directory = tempfile::tempdir().unwrap();
        let mut keys = InstallationKeys::open(directory.path()).unwrap();
        let old = keys.wrap(&SecretKey([7; 32]), b"journal");
        keys.add().unwrap();
        assert!(!keys.is_current(&old));
        let key = InstallationKeys::open(directory.path()).unwrap().unwrap(&old, b"journal").unwrap();
        let renewed = keys.wrap(&key, b"journal");
        keys.retire_older().unwrap();
        let after = InstallationKeys::open(directory.path()).unwrap();
        assert_eq!((after.count(), after.unwrap(&renewed, b"journal").unwrap().0), (1, [7; 32]));
        assert!(matches!(after.unwrap(&old, b"journal"), Err(KeyError::Missing { .. })));
    }
}
