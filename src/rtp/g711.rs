//! G.711: 8-bit A-law and µ-law audio to and from 16-bit samples (ITU-T G.711).
//!
//! Prompts are encoded once when they are loaded; decoding serves the in-band
//! tone detector. Nothing is transcoded while a call runs, except between two
//! legs that speak different laws.

/// Which of the two laws a leg speaks. Mainland China's networks speak A-law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    A,
    Mu,
}

impl Law {
    /// Returns the byte that stands for silence.
    pub fn silence(self) -> u8 {
        match self {
            Self::A => 0xd5,
            Self::Mu => 0xff,
        }
    }

    /// Encodes one 16-bit sample.
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Self::A => encode_a(sample),
            Self::Mu => encode_mu(sample),
        }
    }

    /// Decodes one byte to a 16-bit sample.
    pub fn decode(self, byte: u8) -> i16 {
        match self {
            Self::A => DECODE_A[usize::from(byte)],
            Self::Mu => DECODE_MU[usize::from(byte)],
        }
    }

    /// Returns `byte`, spoken in this law, in the law `to`.
    pub fn translate(self, byte: u8, to: Self) -> u8 {
        match (self, to) {
            (Self::A, Self::A) | (Self::Mu, Self::Mu) => byte,
            (Self::A, Self::Mu) => A_TO_MU[usize::from(byte)],
            (Self::Mu, Self::A) => MU_TO_A[usize::from(byte)],
        }
    }
}

/// A-law works on 13 bits: sign and 12 bits of magnitude, the even bits of the result inverted.
const fn encode_a(sample: i16) -> u8 {
    let (sign, magnitude) = if sample >= 0 { (0x80, sample >> 4) } else { (0, !sample >> 4) };
    let magnitude = magnitude as u16; // 0 ..= 2047
    let code = if magnitude < 32 {
        magnitude // the two lowest segments share one step
    } else {
        let segment = 12 - magnitude.leading_zeros() as u16;
        segment << 4 | (magnitude >> (segment - 1)) & 0x0f
    };
    (sign | code as u8) ^ 0x55
}

const fn decode_a(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let segment = (code >> 4) & 7;
    let mantissa = ((code & 0x0f) as i16) << 4;
    let magnitude = match segment {
        0 => mantissa + 8,
        _ => (mantissa + 0x108) << (segment - 1),
    };
    if code & 0x80 != 0 { magnitude } else { -magnitude }
}

const MU_BIAS: i32 = 132;
const MU_CLIP: i32 = 32_635;

/// µ-law works on 14 bits with a bias; every bit of the result is inverted.
const fn encode_mu(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = (sample as i32).abs();
    let magnitude = if magnitude > MU_CLIP { MU_CLIP } else { magnitude } + MU_BIAS;
    let segment = 24 - magnitude.leading_zeros() as i32; // 0 ..= 7: the bias sets bit 7
    let mantissa = (magnitude >> (segment + 3)) & 0x0f;
    !(sign | (segment << 4 | mantissa) as u8)
}

const fn decode_mu(byte: u8) -> i16 {
    let code = !byte;
    let segment = (code >> 4) & 7;
    let magnitude = (((((code & 0x0f) as i32) << 3) + MU_BIAS) << segment) - MU_BIAS;
    if code & 0x80 != 0 { -magnitude as i16 } else { magnitude as i16 }
}

static DECODE_A: [i16; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = decode_a(i as u8);
        i += 1;
    }
    table
};

static DECODE_MU: [i16; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = decode_mu(i as u8);
        i += 1;
    }
    table
};

static A_TO_MU: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = encode_mu(decode_a(i as u8));
        i += 1;
    }
    table
};

static MU_TO_A: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        table[i] = encode_a(decode_mu(i as u8));
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// ITU-T G.711 tables 1a and 2a: first value of each segment (13-bit and 14-bit scale there,
    /// 16-bit here) with the character signal as it goes over the line.
    #[test]
    fn the_values_of_the_standards_tables_hold() {
        let a = [(8, 0xd5), (264, 0xc5), (528, 0xf5), (1_056, 0xe5), (2_112, 0x95), (4_224, 0x85)];
        for (sample, byte) in a {
            assert_eq!(Law::A.decode(byte), sample, "A-law {byte:#x}");
            assert_eq!(Law::A.decode(byte & 0x7f), -sample, "A-law {:#x}", byte & 0x7f);
        }
        assert_eq!(Law::A.decode(0xaa), 32_256, "the loudest A-law value");
        let mu = [(0, 0xff), (132, 0xef), (396, 0xdf), (924, 0xcf), (1_980, 0xbf), (4_092, 0xaf)];
        for (sample, byte) in mu {
            assert_eq!(Law::Mu.decode(byte), sample, "µ-law {byte:#x}");
        }
        assert_eq!(Law::Mu.decode(0x80), 32_124, "the loudest µ-law value");
        assert_eq!(Law::Mu.decode(0x00), -32_124);
    }

    #[test]
    fn every_byte_survives_decoding_and_encoding() {
        for byte in 0..=255 {
            assert_eq!(Law::A.encode(Law::A.decode(byte)), byte, "A-law");
            if byte != 0x7f {
                // µ-law has two zeros; the negative one becomes the positive.
                assert_eq!(Law::Mu.encode(Law::Mu.decode(byte)), byte, "µ-law");
            }
        }
    }

    #[test]
    fn the_error_of_a_sample_stays_within_half_a_step() {
        for sample in (i16::MIN..=i16::MAX).step_by(7) {
            for law in [Law::A, Law::Mu] {
                let error = i32::from(law.decode(law.encode(sample))).abs_diff(i32::from(sample));
                let allowed = (u32::from(sample.unsigned_abs()) / 32 + 9).max(8);
                assert!(
                    error <= allowed || sample.unsigned_abs() > 32_000,
                    "{law:?} {sample} is {error} off"
                );
            }
        }
    }

    #[test]
    fn silence_decodes_to_next_to_nothing() {
        assert_eq!(Law::Mu.decode(Law::Mu.silence()), 0);
        assert_eq!(Law::A.decode(Law::A.silence()), 8);
        assert_eq!(Law::A.translate(Law::A.silence(), Law::Mu), 0xfe);
        assert_eq!(Law::Mu.translate(Law::Mu.silence(), Law::A), 0xd5);
    }
}
