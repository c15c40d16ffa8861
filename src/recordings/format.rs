//! The form of a recording's file: a header with its wrapped key, then encrypted chunks that can be sought.
//!
//! ```text
//! 0   8   YINGDAR1
//! 8   16  the recording's id
//! 24  68  its key, wrapped by the installation key
//! 92  …   chunks: CHUNK_BYTES of A-law sound and a 16-byte tag each
//! ```
//! Chunk n is AES-256-GCM with nonce n; the id and whether the chunk is the last are authenticated with it. The last
//! chunk is always shorter than a whole one (it may be empty), so a file that was cut says so, wherever it was cut.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, Payload};

use super::error::RecordingError;
use crate::domain::ids::RecordingId;
use crate::keys::{InstallationKeys, SecretKey, WRAPPED_BYTES};

const MAGIC: &[u8; 8] = b"YINGDAR1";
const ID_AT: usize = 8;
const KEY_AT: usize = 24;
pub(super) const HEADER_BYTES: usize = KEY_AT + WRAPPED_BYTES;
/// Half a second of sound: what a sudden end costs at most.
pub(super) const CHUNK_BYTES: usize = 4_000;
const TAG_BYTES: usize = 16;
const SEALED_BYTES: usize = CHUNK_BYTES + TAG_BYTES;

/// What the wrapped key is bound to.
fn about(id: RecordingId) -> Vec<u8> {
    [b"yingda recording ".as_slice(), id.0.as_bytes()].concat()
}

/// The first bytes of a file, with the key wrapped for it.
pub(super) fn header(id: RecordingId, key: &SecretKey, keys: &InstallationKeys) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..ID_AT].copy_from_slice(MAGIC);
    header[ID_AT..KEY_AT].copy_from_slice(id.0.as_bytes());
    header[KEY_AT..].copy_from_slice(&keys.wrap(key, &about(id)));
    header
}

/// Wraps a file's key with the current installation key; false when it is already.
pub(super) fn rewrap(file: &File, keys: &InstallationKeys) -> Result<bool, RecordingError> {
    let header = read_header(file)?;
    let wrapped = &header[KEY_AT..];
    if keys.is_current(wrapped) {
        return Ok(false);
    }
    let id = id_of(&header);
    let key = keys.unwrap(wrapped, &about(id))?;
    let write = || {
        file.write_all_at(&keys.wrap(&key, &about(id)), KEY_AT as u64)?;
        file.sync_data()
    };
    write().map_err(|source| failed("cannot wrap the key of a recording", source))?;
    Ok(true)
}

/// Overwrites a file's key: its sound cannot be heard any more, whatever copies of the chunks remain.
pub(super) fn destroy_key(file: &File) -> io::Result<()> {
    file.write_all_at(&[0; WRAPPED_BYTES], KEY_AT as u64)?;
    file.sync_data()
}

fn failed(what: &'static str, source: io::Error) -> RecordingError {
    RecordingError::Disk { what, source }
}

fn read_header(file: &File) -> Result<[u8; HEADER_BYTES], RecordingError> {
    let mut header = [0; HEADER_BYTES];

    match file.read_exact_at(&mut header, 0) {
        Ok(()) if header.starts_with(MAGIC) => Ok(header),
        Ok(()) => Err(RecordingError::NotARecording),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(RecordingError::NotARecording),
        Err(source) => Err(failed("cannot read a recording", source)),
    }
}

fn id_of(header: &[u8; HEADER_BYTES]) -> RecordingId {
    let bytes: [u8; 16] = header[ID_AT..KEY_AT].try_into().expect("an id has sixteen bytes");
    RecordingId(uuid::Uuid::from_bytes(bytes))
}

/// Which place a chunk has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Within,
    Last,
}

/// Encrypts or decrypts the chunks of one recording.
pub(super) struct Cipher {
    id: RecordingId,
    cipher: Aes256Gcm,
}

impl Cipher {
    pub(super) fn new(id: RecordingId, key: &SecretKey) -> Self {
        Self { id, cipher: key.cipher() }
    }

    fn aad(&self, place: Place) -> [u8; 17] {
        let mut aad = [0; 17];
        aad[..16].copy_from_slice(self.id.0.as_bytes());
        aad[16] = u8::from(place == Place::Last);
        aad
    }

    fn nonce(number: u64) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&number.to_be_bytes());
        nonce
    }

    /// A whole chunk, or the last one when it is shorter.
    pub(super) fn seal(&self, number: u64, sound: &[u8]) -> Vec<u8> {
        assert!(sound.len() <= CHUNK_BYTES, "a chunk is never larger than a whole one");
        let place = if sound.len() == CHUNK_BYTES { Place::Within } else { Place::Last };
        self.cipher
            .encrypt(&Self::nonce(number).into(), Payload { msg: sound, aad: &self.aad(place) })
            .expect("a chunk is far shorter than what AES-GCM takes")
    }

    fn open(&self, number: u64, sealed: &[u8], place: Place) -> Option<Vec<u8>> {
        self.cipher.decrypt(&Self::nonce(number).into(), Payload { msg: sealed, aad: &self.aad(place) }).ok()
    }
}

/// A recording opened for listening.
pub(super) struct Opened {
    file: File,
    cipher: Cipher,
    whole_chunks: u64,
    /// The last chunk, when the recording was ended properly.
    last: Option<Vec<u8>>,
}

impl Opened {
    pub(super) fn open(file: File, keys: &InstallationKeys) -> Result<Self, RecordingError> {
        let header = read_header(&file)?;
        let id = id_of(&header);
        let cipher = Cipher::new(id, &keys.unwrap(&header[KEY_AT..], &about(id))?);
        let length = file.metadata().map_err(|source| failed("cannot read a recording", source))?.len();
        let sealed = length - HEADER_BYTES as u64;
        let whole_chunks = sealed / SEALED_BYTES as u64;
        let mut rest = vec![0; usize::try_from(sealed % SEALED_BYTES as u64).expect("less than a chunk")];
        file.read_exact_at(&mut rest, position(whole_chunks))
            .map_err(|source| failed("cannot read a recording", source))?;
        // What cannot be opened here is a chunk that was being written when the server stopped.
        let last = cipher.open(whole_chunks, &rest, Place::Last);
        Ok(Self { file, cipher, whole_chunks, last })
    }

    /// Whether it was ended, not cut.
    pub(super) fn is_complete(&self) -> bool {
        self.last.is_some()
    }

    /// Bytes of A-law sound: one a sample.
    pub(super) fn sound_bytes(&self) -> u64 {
        self.whole_chunks * CHUNK_BYTES as u64 + self.last.as_ref().map_or(0, |last| last.len() as u64)
    }

    /// One chunk of sound; the last may be shorter than the others.
    pub(super) fn chunk(&self, number: u64) -> Result<Vec<u8>, RecordingError> {
        if number < self.whole_chunks {
            let mut sealed = vec![0; SEALED_BYTES];
            self.file
                .read_exact_at(&mut sealed, position(number))
                .map_err(|source| failed("cannot read a recording", source))?;
            return self.cipher.open(number, &sealed, Place::Within).ok_or(RecordingError::Altered);
        }
        match &self.last {
            Some(last) if number == self.whole_chunks => Ok(last.clone()),
            Some(_) | None => Err(RecordingError::NotFound),
        }
    }
}

/// Where a chunk stands in the file.
pub(super) fn position(number: u64) -> u64 {
    HEADER_BYTES as u64 + number * SEALED_BYTES as u64
}
