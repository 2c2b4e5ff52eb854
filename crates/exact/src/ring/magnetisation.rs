//! P(V) of the ring by a recurrence without a subtraction: M steps for M + 1 probabilities.

use super::Ring;
use crate::logs::normalise;

impl Ring {
    /// `P(V)` for `V = 2k - M`, k = 0..=M: the thesis' sums over configurations need no more than this.
    pub fn magnetisation_probabilities(&self) -> Vec<f64> {
        normalise(self.ln_magnetisation_weights())
    }

    /// `ln P(V)` up to a constant, the largest near 0.
    ///
    /// With k up spins and 2m domain walls there are `(M/m) C(k-1, m-1) C(M-k-1, m-1)` configurations, each of weight
    /// `x^m`, `x = e^{-4K}`, relative to the aligned ones, for which k = 0 or M. Their sum is `M x F_k` with the
    /// polynomial `F_k = 2F1(1-k, 1-(M-k); 2; x)`.
    pub(crate) fn ln_magnetisation_weights(&self) -> Vec<f64> {
        let n = self.sites();
        let mut ln_weights = vec![f64::NEG_INFINITY; n + 1];
        if self.coupling() == f64::INFINITY {
            ln_weights[0] = 0.0;
            ln_weights[n] = 0.0;
            return ln_weights;
        }
        let polynomials = ln_polynomials(n, self.coupling());
        // Relative to V nearest 0, so that the bulk of a disordered ring keeps its digits; the aligned states of such a
        // ring do not matter. In an ordered one they do, and the reference is theirs.
        let centre = polynomials[n / 2];
        let of_polynomial = (n as f64).ln() - 4.0 * self.coupling();
        let aligned = -(of_polynomial + centre.value());
        let (reference, offset) = if aligned < 0.0 { (centre, 0.0) } else { (centre, -aligned) };
        for k in 1..=n / 2 {
            let ln_weight = polynomials[k].above(reference) + offset;
            ln_weights[k] = ln_weight;
            ln_weights[n - k] = ln_weight;
        }
        let aligned = aligned + offset;
        ln_weights[0] = aligned;
        ln_weights[n] = aligned;
        ln_weights
    }
}

/// A logarithm as a small remainder, a number of steps of [`LARGE`] and a number of steps of `4K`: differences of
/// neighbours keep all digits where the logarithms themselves are as large as M.
#[derive(Clone, Copy, Default)]
struct Log {
    remainder: f64,
    rescalings: f64,
    steps: f64,
    step: f64,
}

/// When the recurrence rescales, `e^300`.
const LARGE: f64 = 300.0;

impl Log {
    fn value(self) -> f64 {
        self.above(Self { step: self.step, ..Self::default() })
    }

    /// `self - other`.
    fn above(self, other: Self) -> f64 {
        let whole =
            LARGE * (self.rescalings - other.rescalings) + self.step * (self.steps - other.steps);
        whole + (self.remainder - other.remainder)
    }
}

/// `ln F_k` for k = 1..=M/2 (entry 0 is not used).
///
/// `F_k` is a Jacobi polynomial, `k F_k = P_{k-1}^{(1,-M)}(1 - 2x)`. Its three-term recurrence, written for the
/// difference `D_k = F_{k+1} - F_k` with `s = M - 2k`, has positive terms only:
/// `(k+1)(M-k-1)(s+1) D_k = (k-1)(M-k+1)(s-1) D_{k-1} + s (s^2-1) x F_k`. For x > 1 both sides are divided by `x^k`.
fn ln_polynomials(sites: usize, coupling: f64) -> Vec<Log> {
    let m = sites as f64;
    let large = LARGE.exp();
    let (x, shrink, step) = match coupling >= 0.0 {
        true => ((-4.0 * coupling).exp(), 1.0, 0.0),
        false => (1.0, (4.0 * coupling).exp(), -4.0 * coupling),
    };
    let mut result = vec![Log { step, ..Log::default() }; sites / 2 + 1];
    let (mut f, mut d, mut rescalings) = (1.0_f64, 0.0_f64, 0.0_f64);
    for (index, log) in result.iter_mut().enumerate().skip(1) {
        let k = index as f64;
        *log = Log { remainder: f.ln(), rescalings, steps: k - 1.0, step };
        let s = m - 2.0 * k;
        let before = shrink * (k - 1.0) * (m - k + 1.0) * (s - 1.0) * d;
        d = (before + s * (s * s - 1.0) * x * f) / ((k + 1.0) * (m - k - 1.0) * (s + 1.0));
        f = shrink * f + d;
        if f > large {
            (f, d, rescalings) = (f / large, d / large, rescalings + 1.0);
        } else if f < large.recip() {
            (f, d, rescalings) = (f * large, d * large, rescalings - 1.0);
        }
    }
    result
}
