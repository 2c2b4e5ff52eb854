//! The one-dimensional Ising ring: partition function, magnetisation, correlations and decimation.

use crate::Error;
use crate::logs::{ln_2cosh, ln_cosh, ln_factorials, normalise};
use crate::root::bisect;
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
        let ln_t = if k < 1.0 { k.tanh().ln() } else { (-2.0 / ((2.0 * k).exp() + 1.0)).ln_1p() };
        (n as f64 * ln_t, self.coupling < 0.0 && n % 2 == 1)
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

    /// Probability of each single configuration with `m` pairs of domain walls, `m = 0..=M/2`:
    /// `e^{K (M - 4m)} / Z`.
    pub fn configuration_probabilities(&self) -> Vec<f64> {
        let k = self.coupling;
        let ln_z = if k.is_finite() { self.ln_z_above_aligned() } else { 0.0 };
        (0..=self.sites / 2)
            .map(|m| match (k.is_finite(), m) {
                (true, _) => (-4.0 * k * m as f64 - ln_z).exp(),
                (false, 0) => 0.5,
                (false, _) => 0.0,
            })
            .collect()
    }

    /// `P(V)` for `V = 2k - M`, k = 0..=M: the thesis' sums over configurations need no more than this.
    ///
    /// With k up spins and 2m domain walls there are `(M/m) C(k-1, m-1) C(M-k-1, m-1)` configurations of weight
    /// `e^{-4Km}` relative to the aligned state. The terms are summed outwards from the largest.
    pub fn magnetisation_probabilities(&self) -> Vec<f64> {
        normalise(self.ln_magnetisation_weights())
    }

    /// `ln P(V)` up to a constant: 0 for the aligned states.
    pub(crate) fn ln_magnetisation_weights(&self) -> Vec<f64> {
        let n = self.sites;
        let ln_fact = ln_factorials(n);
        let mut ln_weights = vec![0.0; n + 1];
        for k in 1..=n / 2 {
            let ln_weight = self.ln_weight_of_up_spins(k, &ln_fact);
            ln_weights[k] = ln_weight;
            ln_weights[n - k] = ln_weight;
        }
        ln_weights
    }

    /// `ln sum_m (M/m) C(k-1, m-1) C(M-k-1, m-1) e^{-4Km}` for 1 <= k <= M/2.
    fn ln_weight_of_up_spins(&self, k: usize, ln_fact: &[f64]) -> f64 {
        let n = self.sites;
        if self.coupling == f64::INFINITY {
            return f64::NEG_INFINITY;
        }
        let x = (-4.0 * self.coupling).exp();
        let (a, b) = (k as f64, (n - k) as f64);
        // t_{m+1} / t_m = x (k - m)(M - k - m) / (m (m + 1)).
        let ratio = |m: f64| x * (a - m) * (b - m) / (m * (m + 1.0));
        // The largest term: ratio = 1, i.e. (1 - 1/x) m^2 + .. = 0; a bisection over integers is as short.
        let (mut low, mut high) = (1usize, k);
        while low < high {
            let middle = (low + high) / 2;
            if ratio(middle as f64) > 1.0 { low = middle + 1 } else { high = middle }
        }
        let peak = low;
        let ln_choose = |n: usize, k: usize| ln_fact[n] - ln_fact[k] - ln_fact[n - k];
        let ln_peak = (n as f64 / peak as f64).ln()
            + ln_choose(k - 1, peak - 1)
            + ln_choose(n - k - 1, peak - 1)
            - 4.0 * self.coupling * peak as f64;
        const NEGLIGIBLE: f64 = 1e-18;
        let mut sum = 1.0;
        let mut term = 1.0;
        for m in peak..k {
            term *= ratio(m as f64);
            sum += term;
            if term < NEGLIGIBLE * sum {
                break;
            }
        }
        term = 1.0;
        for m in (1..peak).rev() {
            term /= ratio(m as f64);
            sum += term;
            if term < NEGLIGIBLE * sum {
                break;
            }
        }
        ln_peak + sum.ln()
    }

    /// `<v_i v_{i+r}> = (t^r + t^{M-r}) / (1 + t^M)`, `t = tanh K`.
    pub fn correlation(&self, r: usize) -> f64 {
        let r = r % self.sites;
        let (ln_near, near_negative) = self.ln_tanh_power(r);
        let (ln_far, far_negative) = self.ln_tanh_power(self.sites - r);
        let sign = if near_negative { -1.0 } else { 1.0 };
        if near_negative == far_negative {
            let ln_whole = self.ln_tanh_power(self.sites).0;
            sign * (ln_near.exp() + ln_far.exp()) / (1.0 + ln_whole.exp())
        } else {
            // A frustrated ring (odd M, K < 0): differences from 1 on both sides of the fraction.
            sign * (ln_far.exp_m1() - ln_near.exp_m1()) / self.ln_tanh_power(self.sites).0.exp_m1()
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
        // K (M - <sum v v>) instead of the difference of two large numbers: 1 - c with c the neighbour correlation.
        let broken = if k > 0.0 {
            let (ln_rest, _) = self.ln_tanh_power(self.sites - 1);
            let one_minus_t = 2.0 / ((2.0 * k).exp() + 1.0);
            one_minus_t * -ln_rest.exp_m1() / self.ln_1p_tanh_power().exp()
        } else {
            1.0 - self.correlation(1)
        };
        Self { coupling: k, ..*self }.ln_z_above_aligned() + k * m * broken
    }
}

/// The coupling K >= 0 at which neighbours on a ring of `sites` spins have the correlation `c`: how a set of
/// configurations is read as a temperature.
///
/// # Errors
/// [`Error::TooSmall`] below three sites, [`Error::OutOfRange`] unless `0 <= c < 1`.
///
/// ```
/// let ring = exact::Ring::new(8, 0.7)?;
/// let k = exact::ring::coupling_from_correlation(8, ring.correlation(1))?;
/// assert!((k - 0.7).abs() < 1e-12);
/// # Ok::<(), exact::Error>(())
/// ```
pub fn coupling_from_correlation(sites: usize, c: f64) -> Result<f64, Error> {
    if sites < 3 {
        return Err(Error::TooSmall { what: "the number of sites", value: sites, least: 3 });
    }
    if !(0.0..1.0).contains(&c) {
        let allowed = "from 0 to below 1";
        return Err(Error::OutOfRange { what: "the correlation of neighbours", value: c, allowed });
    }
    let excess = |k: f64| Ring { sites, coupling: k }.correlation(1) - c;
    // 1 - tanh 20 is below the resolution of f64.
    bisect(excess, 0.0, 20.0)
}

/// One step of the renormalization group, `tanh K' = tanh^2 K`, thesis (48): every second spin is summed over.
///
/// Computed as `K' = ln(cosh 2K) / 2`, which neither cancels at small nor overflows at large K. `K < 0` maps to
/// `K' > 0`: decimation by two erases the sign. Infinity is a fixed point.
///
/// ```
/// let k = exact::ring::decimate(1.0);
/// assert!((k.tanh() - 1f64.tanh().powi(2)).abs() < 1e-15);
/// ```
pub fn decimate(coupling: f64) -> f64 {
    if coupling.is_infinite() { f64::INFINITY } else { 0.5 * ln_cosh(2.0 * coupling) }
}

/// The constant `K0' = ln[2 e^{2 K0} cosh^2 K / cosh K']` per bond, thesis (49), equal to `2 K0 + ln(4 cosh 2K) / 2`.
///
/// With it the partition function of the ring of M/2 spins at (K', K0') is that of the ring of M spins at (K, K0).
pub fn decimate_constant(coupling: f64, constant: f64) -> f64 {
    2.0 * constant + 0.5 * (LN_2 + ln_2cosh(2.0 * coupling))
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
