//! How well a call was heard, as a number people know: an estimated mean opinion score.
//!
//! The E-model of ITU-T G.107 with all its defaults but delay and loss:
//!
//! - R = 93.2 − Id − Ie,eff.
//! - Id = 0.024·d + 0.11·(d − 177.3)·[d > 177.3], `d` in ms one way: the usual straight lines for G.107's Id (Cole and
//!   Rosenbluth, "Voice over IP performance monitoring", 2001).
//! - Ie,eff = Ie + (95 − Ie)·P / (P + Bpl), `P` in per cent, with Ie = 0 and Bpl = 4.3 of G.711 whose holes are not
//!   concealed (ITU-T G.113 appendix I): ours are filled with silence.
//! - MOS = 1 + 0.035·R + 7·10⁻⁶·R·(R − 60)·(100 − R) (G.107 annex B).

use super::FRAME_MS;

/// R of a call without delay or loss.
const BEST_R: f64 = 93.2;

const LOSS_ROBUSTNESS: f64 = 4.3;

/// The longest a packet is held back on a bridge.
const LONGEST_HELD_MS: u32 = 60;

/// Returns a mean opinion score in hundredths, 100 to 450.
pub fn mos_hundredths(expected: u32, lost: u32, jitter_ms: u32, round_trip_ms: Option<u32>) -> u32 {
    let held = (2 * jitter_ms.min(LONGEST_HELD_MS)).min(LONGEST_HELD_MS);
    let delay = f64::from(round_trip_ms.unwrap_or(0)) / 2.0 + FRAME_MS as f64 + f64::from(held);
    let percent = 100.0 * f64::from(lost.min(expected)) / f64::from(expected.max(1));
    let too_long = (delay - 177.3).max(0.0);
    let r = BEST_R - 0.024 * delay - 0.11 * too_long - 95.0 * percent / (percent + LOSS_ROBUSTNESS);
    // Within bounds that a u32 holds, and positive.
    (100.0 * opinion(r)).round() as u32
}

fn opinion(r: f64) -> f64 {
    if r <= 0.0 {
        return 1.0;
    }
    // For very small R the polynomial dips below the worst score there is.
    (1.0 + 0.035 * r + 7e-6 * r * (r - 60.0) * (100.0 - r)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_clean_call_is_as_good_as_a_telephone_can_be() {
        assert_eq!(mos_hundredths(1_000, 0, 0, None), 440);
        assert_eq!(mos_hundredths(0, 0, 0, None), 440, "nothing came and nothing was lost");
    }

    #[test]
    fn loss_and_delay_cost_what_the_model_says() {
        // By hand: 1 % loses 17.92 of R, 5 % loses 51.08; 300 ms one way lose 7.2 and 13.5.
        assert_eq!(mos_hundredths(1_000, 10, 0, None), 381);
        assert_eq!(mos_hundredths(1_000, 50, 0, None), 215);
        assert_eq!(mos_hundredths(1_000, 0, 0, Some(560)), 371);
        assert_eq!(mos_hundredths(100, 100, 0, None), 100);
    }

    proptest! {
        #[test]
        fn more_loss_or_delay_is_never_better(
            expected in 1_u32..100_000, lost in 0_u32..100_000, jitter in any::<u32>(), trip in 0_u32..10_000
        ) {
            let now = mos_hundredths(expected, lost, jitter, Some(trip));
            prop_assert!((100..=450).contains(&now));
            prop_assert!(mos_hundredths(expected, lost.saturating_add(1), jitter, Some(trip)) <= now);
            prop_assert!(mos_hundredths(expected, lost, jitter, Some(trip + 10)) <= now);
        }
    }
}
