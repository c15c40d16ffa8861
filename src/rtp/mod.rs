//! What travels inside a telephone call once it is answered: RTP packets of
//! G.711 audio, the keys a caller presses, and the reports about both.
//!
//! Pure: bytes in, bytes and facts out. Sockets, threads and the 20 ms clock
//! are `phone::media`'s; offers and answers (SDP) are `phone::sip`'s.

pub mod dtmf;
pub mod forward;
pub mod g711;
pub mod mix;
pub mod once_pressed;
pub mod packet;
pub mod playout;
pub mod quality;
pub mod rtcp;
pub mod source;
pub mod srtp;
pub mod tap;
pub mod telephone_event;

/// Samples in a second of telephone audio.
pub const SAMPLE_RATE_HZ: u32 = 8_000;

/// Samples (and, in G.711, bytes) in one packet of 20 ms.
pub const FRAME_SAMPLES: usize = 160;

/// The length of one packet.
pub const FRAME_MS: u64 = 20;
