//! Exact independent draws of the ring by its transfer matrix.

use super::{Sampler, Sweep};
use crate::coupling::threshold;
use crate::{Coupling, Error, Lattice, Spins};
use rand::{Rng, RngExt};
use rand_pcg::Pcg64;

/// Draws the ring spin by spin from the exact conditional distribution: no burn-in, no correlation between draws.
///
/// A bond is satisfied when its spins are as the sign of K wants them, equal or unequal, else broken. With `u = tanh |K|`
/// and r bonds still to come that close the ring, the next bond is satisfied with probability
/// `(1 + u)(1 + p u^r) / (2 (1 + p u^{r+1}))`, where p = +1 when an even number of the r + 1 must be broken, -1 when an
/// odd one. At first it is even, and odd for the antiferromagnet on an odd ring, which is frustrated. At zero
/// temperature and p = -1 the limit is `r / (r + 1)`: each of the bonds is as likely to be the broken one.
///
/// ```
/// use ising::{Coupling, Lattice, RingTransfer, Sampler, Spins};
///
/// // Of the frustrated ring of five at T = 0 one bond is broken, and four are satisfied.
/// let ring = Lattice::ring(5)?;
/// let rng = &mut stats::stream(1, "example", 0);
/// let mut state = Spins::random(5, rng);
/// let mut sampler = RingTransfer::new(&ring, Coupling::new(f64::NEG_INFINITY)?)?;
/// for _ in 0..10 {
///     sampler.sweep(&mut state, rng);
///     assert_eq!(state.sums(&ring).1, 1 - 4);
/// }
/// # Ok::<(), ising::Error>(())
/// ```
#[derive(Debug)]
pub struct RingTransfer {
    /// For r = 0..M-1: threshold for "satisfied", when an even (0) or odd (1) number must be broken.
    satisfied: Vec<[Option<u64>; 2]>,
    antiferromagnetic: bool,
}

impl RingTransfer {
    /// The sampler of a ring of any length at any coupling.
    ///
    /// # Errors
    /// [`Error::TransferWidth`] for a torus; see [`crate::TorusTransfer`].
    pub fn new(lattice: &Lattice, coupling: Coupling) -> Result<Self, Error> {
        if !lattice.is_ring() {
            return Err(Error::TransferWidth { width: lattice.width(), limit: 1 });
        }
        let strength = coupling.value().abs();
        let satisfied = (0..lattice.sites()).map(|r| thresholds(strength, r)).collect();
        Ok(Self { satisfied, antiferromagnetic: coupling.is_antiferromagnetic() })
    }
}

/// Thresholds for "satisfied" with `r` bonds left after this one, when an even or an odd number must be broken.
fn thresholds(strength: f64, r: usize) -> [Option<u64>; 2] {
    let u = strength.tanh();
    // 1 - u: the probability to break, twice, of an open chain. No difference of nearly equal numbers anywhere, and at
    // infinite K ln u is 0.
    let rest = 2.0 / ((2.0 * strength).exp() + 1.0);
    let ln_u = if u < 0.7 { u.ln() } else { (-rest).ln_1p() };
    let power = |n: usize| if n == 0 { 1.0 } else { (n as f64 * ln_u).exp() };
    let one_minus = |n: usize| if n == 0 { 0.0 } else { -(n as f64 * ln_u).exp_m1() };
    let (open, broken) = (1.0 - 0.5 * rest, 0.5 * rest);
    let close = 1.0 + power(r + 1);
    let even = threshold(open * (1.0 + power(r)) / close, broken * one_minus(r) / close);
    let odd = match one_minus(r + 1) {
        0.0 => threshold(r as f64 / (r + 1) as f64, 1.0 / (r + 1) as f64),
        close => threshold(open * one_minus(r) / close, broken * (1.0 + power(r)) / close),
    };
    [even, odd]
}

impl RingTransfer {
    /// [`Sampler::sweep`] on any generator, for exact enumeration in tests.
    #[doc(hidden)]
    pub fn sweep_with<R: Rng>(&mut self, state: &mut Spins, rng: &mut R) -> Sweep {
        let spins = state.as_mut_slice();
        let n = spins.len();
        let mut flipped = 0;
        let mut current = if rng.random() { 1 } else { -1 };
        let mut odd = self.antiferromagnetic && n % 2 == 1;
        for (site, spin) in spins.iter_mut().enumerate() {
            if site > 0 {
                let satisfied = self.satisfied[n - site][usize::from(odd)];
                let bits: u64 = rng.random();
                let broken = satisfied.is_some_and(|threshold| bits >= threshold);
                odd ^= broken;
                if broken != self.antiferromagnetic {
                    current = -current;
                }
            }
            flipped += u64::from(*spin != current);
            *spin = current;
        }
        Sweep { attempted: n as u64, flipped }
    }
}

impl Sampler for RingTransfer {
    type State = Spins;

    fn sweep(&mut self, state: &mut Spins, rng: &mut Pcg64) -> Sweep {
        self.sweep_with(state, rng)
    }
}
