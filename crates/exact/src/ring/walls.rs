//! Domain walls of the ring: their distribution, and the energy's first two moments without cancellation.

use super::Ring;

/// The number of domain walls of a state of a ring: bit i of `state` is spin i, set for +1.
///
/// ```
/// assert_eq!(exact::ring::walls(0b0110, 4), 2);
/// ```
pub fn walls(state: usize, sites: usize) -> u32 {
    (state ^ (state >> 1 | (state & 1) << (sites - 1))).count_ones()
}

impl Ring {
    /// `P(D)` of D = 0, 2, 4, .. domain walls: `2 C(M, D) e^{K(M - 2D)} / Z`.
    ///
    /// The terms are multiplied outwards from the largest, which needs no logarithm of a factorial.
    pub fn wall_probabilities(&self) -> Vec<f64> {
        let m = self.sites() as f64;
        let x = (-4.0 * self.coupling()).exp();
        // P(D + 2) / P(D).
        let ratio = |pair: usize| {
            let d = 2.0 * pair as f64;
            x * (m - d) * (m - d - 1.0) / ((d + 1.0) * (d + 2.0))
        };
        let last = self.sites() / 2;
        let (mut low, mut high) = (0, last);
        while low < high {
            let middle = (low + high) / 2;
            if ratio(middle) > 1.0 { low = middle + 1 } else { high = middle }
        }
        let mut weights = vec![0.0; last + 1];
        weights[low] = 1.0;
        for pair in low..last {
            weights[pair + 1] = weights[pair] * ratio(pair);
        }
        for pair in (0..low).rev() {
            weights[pair] = weights[pair + 1] / ratio(pair);
        }
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= sum);
        weights
    }

    /// `C / (M k_B) = K^2 Var(sum v_i v_{i+1}) / M`; 0 at zero temperature.
    pub fn heat_capacity_per_spin(&self) -> f64 {
        let k = self.coupling();
        match k.is_finite() {
            // sum v_i v_{i+1} = M - 2D.
            true => k * k * 4.0 * self.defect_variance() / self.sites() as f64,
            false => 0.0,
        }
    }

    /// Variance of the number of defects, bonds against the sign of K: broken for K >= 0, satisfied for K < 0.
    ///
    /// They have binomial weights `C(M, n) r^n`, `r = e^{-2|K|}`, with n even for K >= 0 and n of the parity of M for
    /// K < 0. Where they are few the sum itself is taken, elsewhere `d^2 ln Z / dK^2`; each loses digits where the
    /// other serves.
    fn defect_variance(&self) -> f64 {
        let (ln_power, _) = self.ln_tanh_power(self.sites());
        if ln_power > 0.5_f64.ln() { self.few_defects() } else { self.many_defects() }
    }

    fn few_defects(&self) -> f64 {
        let m = self.sites() as f64;
        let r = (-2.0 * self.coupling().abs()).exp();
        let least = if self.coupling() < 0.0 { (self.sites() % 2) as f64 } else { 0.0 };
        let (mut weight, mut n) = (1.0, least);
        // Moments of the number above the least.
        let mut sums = [0.0_f64; 3];
        while weight > 1e-20 * sums[2] || n < least + 4.0 {
            let above = n - least;
            sums = [sums[0] + weight, sums[1] + weight * above, sums[2] + weight * above * above];
            weight *= r * r * ((m - n) * (m - n - 1.0)).max(0.0) / ((n + 1.0) * (n + 2.0));
            n += 2.0;
        }
        let (mean, square) = (sums[1] / sums[0], sums[2] / sums[0]);
        square - mean * mean
    }

    fn many_defects(&self) -> f64 {
        let m = self.sites() as f64;
        let k = self.coupling().abs();
        let (ln_power, negative) = self.ln_tanh_power(self.sites());
        let u = if negative { -ln_power.exp() } else { ln_power.exp() };
        let sech = k.cosh().recip();
        // d ln u / dK and its derivative; u = tanh^M K vanishes faster than they grow.
        let (slope, curvature) = match u == 0.0 {
            true => (0.0, 0.0),
            false => {
                let sinh = (2.0 * k).sinh();
                (2.0 * m / sinh, -4.0 * m * (2.0 * k).cosh() / (sinh * sinh))
            }
        };
        let part = u / (1.0 + u);
        let variance = m * sech * sech + part * (curvature + slope * slope / (1.0 + u));
        // sum v_i v_{i+1} is M - 2n, up to the sign of K.
        0.25 * variance
    }
}
