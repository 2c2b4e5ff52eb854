//! Exact independent draws of the torus by its transfer matrix, row by row.

use super::{Sampler, Sweep};
use crate::{Coupling, Error, Lattice, Spins};
use exact::transfer::{MAX_WIDTH, RowDistribution};
use rand::RngExt;
use rand_pcg::Pcg64;

/// Draws the torus row by row from the exact conditional distribution ([`RowDistribution`], `onsager-1944`): no burn-in,
/// no correlation between draws, at any temperature.
///
/// With T the transfer matrix and l the number of rows, the first row s has the probability `(T^l)_{ss} / Z`, and each
/// further row a probability given the one before it and the way back to the first. A row takes one uniform number of 53
/// bits, which decides among all its states: of the rare ones together no more than a probability of some 1e-13 is lost
/// or won.
///
/// The antiferromagnet is drawn as the ferromagnet whose odd sites are then flipped.
///
/// ```
/// use ising::{Coupling, Lattice, Sampler, Spins, TorusTransfer, energy_per_spin};
///
/// // Independent draws at the critical point, against Kaufman's exact energy.
/// let k = exact::square::critical_coupling();
/// let torus = Lattice::square(6)?;
/// let rng = &mut stats::stream(1, "example", 0);
/// let mut state = Spins::random(36, rng);
/// let mut sampler = TorusTransfer::new(&torus, Coupling::new(k)?)?;
/// let mut draw = || {
///     sampler.sweep(&mut state, rng);
///     energy_per_spin(&torus, state.as_slice())
/// };
/// let energies: Vec<f64> = (0..2000).map(|_| draw()).collect();
/// let exact = exact::torus::kaufman(6, 6, k)?.energy_per_spin;
/// assert!(stats::Estimate::from_independent(&energies).sigmas_from(exact) < 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TorusTransfer {
    distribution: RowDistribution,
    /// Whether odd sites are flipped.
    antiferromagnetic: bool,
    /// Cumulative probabilities of the first row.
    first: Vec<f64>,
    /// Those of the row that is being drawn.
    next: Vec<f64>,
}

impl TorusTransfer {
    /// The sampler of a torus, or of a ring as rows of one spin, at this coupling. Its tables take 3 MB for the 10 x 10
    /// torus, 44 MB for 12 x 12.
    ///
    /// # Errors
    /// [`Error::TransferWidth`] for a torus more than 12 wide, [`Error::Frustrated`] for the antiferromagnet on an odd
    /// side above 1 (of the rings [`crate::RingTransfer`] draws all).
    pub fn new(lattice: &Lattice, coupling: Coupling) -> Result<Self, Error> {
        Self::in_field(lattice, coupling, 0.0)
    }

    /// The sampler of the ferromagnet in the field `H = h / (k_B T)`.
    ///
    /// # Errors
    /// As [`Self::new`]; [`Error::Field`] for a field that is not finite, [`Error::FieldOf`] for an antiferromagnet in a field,
    /// whose odd sites would feel it the other way round.
    pub fn in_field(lattice: &Lattice, coupling: Coupling, field: f64) -> Result<Self, Error> {
        if !field.is_finite() {
            return Err(Error::Field(field));
        }
        let antiferromagnetic = coupling.is_antiferromagnetic();
        if antiferromagnetic && lattice.is_frustrated() {
            return Err(Error::Frustrated { what: "the transfer matrix of the ferromagnet" });
        }
        if antiferromagnetic && field != 0.0 {
            let algorithm = "the transfer matrix of antiferromagnets";
            return Err(Error::FieldOf { algorithm, field });
        }
        // A ring is drawn as rows of one spin.
        let (width, height) = match lattice.is_ring() {
            true => (1, lattice.sites()),
            false => (lattice.width(), lattice.height()),
        };
        let distribution = RowDistribution::in_field(width, height, coupling.value().abs(), field)
            .map_err(|_| Error::TransferWidth { width, limit: MAX_WIDTH })?;
        let mut sum = 0.0;
        let cumulative = distribution.first().iter().map(|p| {
            sum += p;
            sum
        });
        let first: Vec<f64> = cumulative.collect();
        Ok(Self { next: vec![0.0; first.len()], first, distribution, antiferromagnetic })
    }
}

/// An index with the probability of its step in `cumulative`, which ends with a positive number.
fn choose(cumulative: &[f64], rng: &mut Pcg64) -> usize {
    let level = rng.random::<f64>() * cumulative[cumulative.len() - 1];
    cumulative.partition_point(|&c| c <= level)
}

impl Sampler for TorusTransfer {
    type State = Spins;

    fn sweep(&mut self, state: &mut Spins, rng: &mut Pcg64) -> Sweep {
        let first = choose(&self.first, rng);
        let (mut row, mut flipped) = (first, 0);
        let spins = state.as_mut_slice();
        for (index, spins) in spins.chunks_exact_mut(self.distribution.width()).enumerate() {
            if index > 0 {
                self.distribution.next(index, first, row, &mut self.next);
                row = choose(&self.next, rng);
            }
            for (x, spin) in spins.iter_mut().enumerate() {
                let turned = self.antiferromagnetic && (x + index) % 2 == 1;
                let new = if (row >> x & 1 == 1) != turned { 1 } else { -1 };
                flipped += u64::from(*spin != new);
                *spin = new;
            }
        }
        Sweep { attempted: spins.len() as u64, flipped }
    }
}
