//! Exact independent draws of the ring by its transfer matrix.

use super::{Sampler, Sweep};
use crate::coupling::threshold;
use crate::{Coupling, Error, Lattice, Spins};
use rand::{Rng, RngExt};

/// Draws the ring spin by spin from the exact conditional law: no burn-in, no correlation between draws.
///
/// With r bonds still to close the ring, spin i+1 equals spin i with probability
/// `(1 + t)(1 + s t^r) / (2 (1 + s t^{r+1}))`, where `t = tanh K` and s = +1 when spin i equals the first spin, else -1.
/// The factor `(1 + t)/2` is the open chain, the rest the condition to return.
pub struct RingTransfer {
    /// For r = 0..M-1: probability to stay, when the current spin differs from (0) or equals (1) the first.
    stay: Vec<[Option<u64>; 2]>,
}

impl RingTransfer {
    /// The sampler of a ring at this coupling.
    ///
    /// # Errors
    /// [`Error::TransferWidth`] for a torus; see [`crate::TorusTransfer`].
    pub fn new(lattice: &Lattice, coupling: Coupling) -> Result<Self, Error> {
        if !lattice.is_ring() {
            return Err(Error::TransferWidth { width: lattice.width(), limit: 1 });
        }
        let stay = (0..lattice.sites()).map(|r| stay_probabilities(coupling, r).map(threshold));
        Ok(Self { stay: stay.collect() })
    }
}

/// Probability that the next spin equals this one with `r` bonds left after it, for this spin unequal or equal to the
/// first.
fn stay_probabilities(coupling: Coupling, r: usize) -> [f64; 2] {
    let t = coupling.value().tanh();
    // 1 - t^n without cancellation at large K; at K = infinity t is 1 and ln t is 0.
    let ln_t =
        if t < 0.7 { t.ln() } else { (-2.0 / ((2.0 * coupling.value()).exp() + 1.0)).ln_1p() };
    let power = |n: usize| if n == 0 { 1.0 } else { (n as f64 * ln_t).exp() };
    let one_minus = |n: usize| if n == 0 { 0.0 } else { -(n as f64 * ln_t).exp_m1() };
    let equal = 0.5 * (1.0 + t) * (1.0 + power(r)) / (1.0 + power(r + 1));
    // At zero temperature the spin never differs from the first, and 0/0 is not asked.
    let differs = match one_minus(r + 1) {
        0.0 => 0.0,
        rest => 0.5 * (1.0 + t) * one_minus(r) / rest,
    };
    [differs, equal]
}

impl Sampler for RingTransfer {
    type State = Spins;

    fn sweep<R: Rng + ?Sized>(&mut self, state: &mut Spins, rng: &mut R) -> Sweep {
        let spins = state.as_mut_slice();
        let n = spins.len();
        let mut flipped = 0;
        let first = if rng.random() { 1 } else { -1 };
        let mut current = first;
        for (site, spin) in spins.iter_mut().enumerate() {
            if site > 0 {
                let stay = self.stay[n - site][usize::from(current == first)];
                let bits: u64 = rng.random();
                if stay.is_some_and(|threshold| bits >= threshold) {
                    current = -current;
                }
            }
            flipped += u64::from(*spin != current);
            *spin = current;
        }
        Sweep { attempted: n as u64, flipped }
    }
}
