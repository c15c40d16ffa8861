//! Chance that is the same for every policy: what a volunteer would answer to a request depends on the two of them and
//! on the seed, and on nothing that was decided before (common random numbers).

use std::f64::consts::TAU;

/// Draws that follow from a few numbers (splitmix64; Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn of(parts: &[u64]) -> Self {
        let mut dice = Self(0x9e37_79b9_7f4a_7c15);
        for part in parts {
            dice.0 ^= part.wrapping_mul(0xd6e8_feb8_6659_fd93);
            dice.0 = dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, but never, 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From `0..end`.
    pub fn below(&mut self, end: usize) -> usize {
        ((self.share() * end as f64) as usize).min(end.saturating_sub(1))
    }

    pub fn happens(&mut self, chance: f64) -> bool {
        self.share() < chance
    }

    /// One of them, each as often as its weight says.
    pub fn pick(&mut self, weights: &[f64]) -> usize {
        let mut left = self.share() * weights.iter().sum::<f64>();
        for (at, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return at;
            }
        }
        weights.len().saturating_sub(1)
    }

    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    pub fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.share()).ln()).sqrt() * (TAU * self.share()).cos()
    }

    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// Beta by Jöhnk's method, good for parameters that are not much above 1.
    pub fn beta(&mut self, alpha: f64, beta: f64) -> f64 {
        loop {
            let (x, y) = (self.share().powf(1.0 / alpha), self.share().powf(1.0 / beta));
            if x + y <= 1.0 && x + y > 0.0 {
                return x / (x + y);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(mut draw: impl FnMut(&mut Dice) -> f64) -> f64 {
        let mut dice = Dice::of(&[7]);
        (0..100_000).map(|_| draw(&mut dice)).sum::<f64>() / 100_000.0
    }

    #[test]
    fn the_draws_have_the_means_of_their_distributions() {
        for (name, measured, wanted) in [
            ("share", mean(Dice::share), 0.5),
            ("exponential", mean(|dice| dice.exponential(3.0)), 3.0),
            ("beta", mean(|dice| dice.beta(0.6, 1.6)), 0.6 / 2.2),
            ("normal", mean(Dice::normal), 0.0),
            ("lognormal", mean(|dice| dice.lognormal(45.0, 0.8).ln()), 45_f64.ln()),
            ("pick", mean(|dice| dice.pick(&[1.0, 0.0, 3.0]) as f64), 1.5),
        ] {
            assert!((measured - wanted).abs() < 0.03, "{name}: {measured}, not {wanted}");
        }
    }

    #[test]
    fn what_follows_from_the_same_numbers_is_the_same_and_from_others_is_not() {
        let draw = |parts: &[u64]| Dice::of(parts).share().to_bits();
        assert_eq!(draw(&[1, 2, 3]), draw(&[1, 2, 3]));
        assert_ne!(draw(&[1, 2, 3]), draw(&[1, 3, 2]));
    }
}
