//! The one-dimensional Ising ring: partition function, energy, correlations and moments in closed form.

mod decimation;
mod magnetisation;
mod reading;
mod walls;

pub use decimation::{decimate, decimate_by, decimate_constant, decimate_constant_by};
pub(crate) use reading::{coupling_from_broken, coupling_from_v2_deficit};
pub use reading::{coupling_from_correlation, coupling_from_v2};
pub use walls::walls;

use crate::Error;
use crate::logs::{ln_2cosh, tanh_ratio};
use decimation::ln_tanh;
use std::f64::consts::LN_2;

/// Where `e^{2K}` comes close to overflow; ratios of `1 - |tanh K|^n` have long stopped to depend on K there.
const SATURATION: f64 = 300.0;

/// A ring of `M >= 2` spins with the weight `exp(K sum_i v_i v_{i+1})`, thesis (66)-(67), without a field.
///
/// `K` may be negative and may be `+infinity` (zero temperature: the two aligned states, each 1/2). For M = 2 the bond
/// counts twice, as equation (68) has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ring {
    sites: usize,
    coupling: f64,
}

impl Ring {
    /// A ring of `sites` spins at the coupling `K`.
    ///
    /// # Errors
    /// [`Error::TooSmall`] below two sites, [`Error::OutOfRange`] for NaN and minus infinity.
    pub fn new(sites: usize, coupling: f64) -> Result<Self, Error> {
        if sites < 2 {
            return Err(Error::TooSmall { what: "the number of sites", value: sites, least: 2 });
        }
        if coupling.is_nan() || coupling == f64::NEG_INFINITY {
            let allowed = "a finite number or +infinity";
            return Err(Error::OutOfRange { what: "the coupling", value: coupling, allowed });
        }
        Ok(Self { sites, coupling })
    }

    /// The number of spins M.
    pub fn sites(&self) -> usize {
        self.sites
    }

    /// The coupling K.
    pub fn coupling(&self) -> f64 {
        self.coupling
    }

    /// `ln |tanh K|^n` and whether `tanh^n K` is negative, from `|K|` up to [`SATURATION`].
    fn ln_tanh_power(&self, n: usize) -> (f64, bool) {
        if n == 0 {
            return (0.0, false);
        }
        let k = self.coupling.abs().min(SATURATION);
        (n as f64 * ln_tanh(k), self.coupling < 0.0 && n % 2 == 1)
    }

    /// `ln(1 + tanh^M K)`, without cancellation on a frustrated ring (odd M, K < 0).
    fn ln_1p_tanh_power(&self) -> f64 {
        match self.ln_tanh_power(self.sites) {
            (ln_power, false) => ln_power.exp().ln_1p(),
            (ln_power, true) => {
                let beyond = (-self.coupling - SATURATION).max(0.0);
                (-ln_power.exp_m1()).ln() - 2.0 * beyond
            }
        }
    }

    /// `ln Z - M K`: the partition function relative to an aligned state.
    fn ln_z_above_aligned(&self) -> f64 {
        let k = self.coupling;
        let per_site = (-2.0 * k.abs()).exp().ln_1p() + (k.abs() - k);
        self.sites as f64 * per_site + self.ln_1p_tanh_power()
    }

    /// `ln Z = ln[(2 cosh K)^M + (2 sinh K)^M]`, thesis (68). Infinite at infinite K.
    pub fn ln_z(&self) -> f64 {
        self.sites as f64 * ln_2cosh(self.coupling) + self.ln_1p_tanh_power()
    }

    /// Free energy per spin `-ln Z / (M K)` in units of J; -1 at zero, minus infinity at infinite temperature.
    pub fn free_energy_per_spin(&self) -> f64 {
        match self.coupling == f64::INFINITY {
            true => -1.0,
            false => -self.ln_z() / (self.sites as f64 * self.coupling),
        }
    }

    /// Energy per spin `-<v_i v_{i+1}>` in units of J.
    pub fn energy_per_spin(&self) -> f64 {
        -self.correlation(1)
    }

    /// Probability of each single configuration with `m` pairs of domain walls, `m = 0..=M/2`:
    /// `e^{K (M - 4m)} / Z`.
    pub fn configuration_probabilities(&self) -> Vec<f64> {
        self.ln_configuration_probabilities().into_iter().map(f64::exp).collect()
    }

    pub(crate) fn ln_configuration_probabilities(&self) -> Vec<f64> {
        let k = self.coupling;
        let ln_z = if k.is_finite() { self.ln_z_above_aligned() } else { LN_2 };
        let of_walls = |m| match (k.is_finite(), m) {
            (_, 0) => -ln_z,
            (true, _) => -4.0 * k * m as f64 - ln_z,
            (false, _) => f64::NEG_INFINITY,
        };
        (0..=self.sites / 2).map(of_walls).collect()
    }

    /// `<v_i v_{i+r}> = (t^r + t^{M-r}) / (1 + t^M)`, `t = tanh K`.
    pub fn correlation(&self, r: usize) -> f64 {
        let r = r % self.sites;
        let (ln_near, near_negative) = self.ln_tanh_power(r);
        let (ln_far, far_negative) = self.ln_tanh_power(self.sites - r);
        let sign = if near_negative { -1.0 } else { 1.0 };
        let ln_whole = self.ln_tanh_power(self.sites).0;
        if near_negative == far_negative {
            return sign * (ln_near.exp() + ln_far.exp()) / (1.0 + ln_whole.exp());
        }
        // A frustrated ring (odd M, K < 0). A cold one has differences from 1 on both sides of the fraction.
        if ln_whole > 0.5_f64.ln() {
            sign * (ln_far.exp_m1() - ln_near.exp_m1()) / ln_whole.exp_m1()
        } else {
            sign * (ln_near.exp() - ln_far.exp()) / -ln_whole.exp_m1()
        }
    }

    /// `<V^2> = M e^{2K} (1 - t^M) / (1 + t^M)`, `t = tanh K`: the sum of all correlations.
    pub fn v2(&self) -> f64 {
        let m = self.sites as f64;
        if self.coupling == f64::INFINITY {
            return m * m;
        }
        let (ln_power, negative) = self.ln_tanh_power(self.sites);
        let (plus, minus) = (1.0 + ln_power.exp(), -ln_power.exp_m1());
        let ratio = if negative { plus / minus } else { minus / plus };
        m * (2.0 * self.coupling.clamp(-SATURATION, SATURATION)).exp() * ratio
    }

    /// `1 - <V^2> / M^2` of an ordered ring, K > 0: `<V^2> = M E tanh y` with `y = M artanh(1/E)`, `E = e^{2K}`, and what
    /// tanh y lacks from M/E decides.
    fn lacking(&self) -> f64 {
        let y = -0.5 * self.ln_tanh_power(self.sites).0;
        let e = (2.0 * self.coupling.min(SATURATION)).exp();
        -tanh_ratio(y) - (1.0 + tanh_ratio(y)) * artanh_ratio(e.recip())
    }

    /// `M^2 - <V^2>`, without cancellation on a cold ring.
    pub(crate) fn v2_deficit(&self) -> f64 {
        let m = self.sites as f64;
        match m > (2.0 * self.coupling).exp() || self.coupling <= 0.0 {
            true => m * m - self.v2(),
            false => m * m * self.lacking(),
        }
    }

    /// `1 - <v_i v_{i+1}>`, without cancellation on a cold ring.
    pub(crate) fn broken(&self) -> f64 {
        if self.coupling <= 0.0 {
            return 1.0 - self.correlation(1);
        }
        let (ln_rest, _) = self.ln_tanh_power(self.sites - 1);
        let one_minus_t = 2.0 / ((2.0 * self.coupling).exp() + 1.0);
        one_minus_t * -ln_rest.exp_m1() / self.ln_1p_tanh_power().exp()
    }

    /// `<V^4> = 3 M^2 E^2 + (1 - 3 E^2) <V^2>`, `E = e^{2K}`: the fourth derivative of `ln Z` in a field at field 0.
    pub fn v4(&self) -> f64 {
        let m = self.sites as f64;
        let e = (2.0 * self.coupling).exp();
        // Aligned to the last bit: the next term is smaller by M^2 / E^2.
        if e > 1e9 * m {
            return m.powi(4);
        }
        if m > e || self.coupling <= 0.0 {
            return 3.0 * m * m * e * e + (1.0 - 3.0 * e * e) * self.v2();
        }
        let lacking = self.lacking();
        m * m * (3.0 * e * e * lacking + 1.0 - lacking)
    }

    /// `<V^2> - M`, which is `2 K M` to first order, without cancellation at small K.
    pub(crate) fn v2_excess(&self) -> f64 {
        let m = self.sites as f64;
        if self.coupling.abs() > 0.5 {
            return self.v2() - m;
        }
        let (ln_power, negative) = self.ln_tanh_power(self.sites);
        let power = if negative { -ln_power.exp() } else { ln_power.exp() };
        let twice = 2.0 * self.coupling;
        m * (twice.exp_m1() - 2.0 * twice.exp() * power / (1.0 + power))
    }

    /// The entropy `ln Z - K <sum v_i v_{i+1}>` of the ring, ln 2 at zero temperature.
    pub fn entropy(&self) -> f64 {
        if self.coupling == f64::INFINITY {
            return LN_2;
        }
        // On an even ring the sign of K is a matter of naming every second spin.
        let k = if self.sites.is_multiple_of(2) { self.coupling.abs() } else { self.coupling };
        let m = self.sites as f64;
        // K (M - <sum v v>) instead of the difference of two large numbers.
        let ring = Self { coupling: k, ..*self };
        ring.ln_z_above_aligned() + k * m * ring.broken()
    }
}

/// `artanh(x) / x - 1` for `0 <= x <= 1/2`, by its continued fraction `1 / (1 - y / c) - 1 = y / (c - y)`, `y = x^2`,
/// `c = 3 - 4y / (5 - 9y / (7 - ..))`, which does not cancel.
fn artanh_ratio(x: f64) -> f64 {
    let y = x * x;
    // At x = 1/2 the levels beyond 15 change no bit.
    let c = (1..15).rev().fold(31.0, |c, k| {
        let k = f64::from(k);
        2.0 * k + 1.0 - (k + 1.0) * (k + 1.0) * y / c
    });
    y / (c - y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enumerate;
    use proptest::prelude::*;

    fn ring(sites: usize, coupling: f64) -> Ring {
        Ring::new(sites, coupling).unwrap()
    }

    proptest! {
        #[test]
        fn closed_forms_equal_enumeration(m in 2usize..11, k in -3.0..3.0f64, r in 0usize..11) {
            let ring = ring(m, k);
            let states = enumerate::ring(&ring).unwrap();
            prop_assert!((states.ln_z - ring.ln_z()).abs() < 1e-12 * (1.0 + states.ln_z.abs()));
            for (p, q) in states.magnetisation.iter().zip(ring.magnetisation_probabilities()) {
                prop_assert!((p - q).abs() < 1e-12, "{p} {q}");
            }
            prop_assert!((states.correlation[r % m] - ring.correlation(r)).abs() < 1e-11);
            prop_assert!((states.entropy - ring.entropy()).abs() < 1e-10);
            let v2: f64 = states.magnetisation.iter().enumerate()
                .map(|(k, p)| p * (2.0 * k as f64 - m as f64).powi(2)).sum();
            prop_assert!((v2 - ring.v2()).abs() < 1e-10 * (m * m) as f64);
        }

        #[test]
        fn decimation_keeps_the_partition_function(half in 1usize..200, k in 0.0..8.0f64, k0 in -2.0..2.0f64) {
            // M -> M/2 at (K', K0'), the finite-ring identity; M/2 = 1 has no ring of its own.
            prop_assume!(half >= 2);
            let m = 2 * half;
            let fine = m as f64 * k0 + ring(m, k).ln_z();
            let coarse = half as f64 * decimate_constant(k, k0) + ring(half, decimate(k)).ln_z();
            prop_assert!((fine - coarse).abs() < 1e-12 * (1.0 + fine.abs()));
        }

        #[test]
        fn the_two_forms_of_the_constant_agree(k in -6.0..6.0f64, k0 in -1.0..1.0f64) {
            let printed = (2.0 * (2.0 * k0).exp() * k.cosh().powi(2) / decimate(k).cosh()).ln();
            prop_assert!((printed - decimate_constant(k, k0)).abs() < 1e-11);
        }
    }

    #[test]
    fn zero_temperature_is_the_two_aligned_states() {
        let frozen = ring(8, f64::INFINITY);
        let p = frozen.magnetisation_probabilities();
        assert_eq!((p[0], p[8]), (0.5, 0.5));
        assert!(p[1..8].iter().all(|&p| p == 0.0));
        assert_eq!(frozen.v2(), 64.0);
        assert_eq!(frozen.correlation(3), 1.0);
        assert_eq!(frozen.entropy(), LN_2);
    }

    #[test]
    fn bad_rings_are_refused() {
        assert!(matches!(Ring::new(1, 1.0), Err(Error::TooSmall { value: 1, .. })));
        assert!(matches!(Ring::new(8, f64::NAN), Err(Error::OutOfRange { .. })));
    }
}
