//! What the physical thermometers need of an ensemble: the means of its observables, with their covariance.

use crate::Error;
use ising::{Configurations, Lattice, correlations, magnetisations, structure_factors};
use nalgebra::{DMatrix, DVector};
use stats::Estimate;

/// Where each observable stands: |m|, m^2, S(k) / N, G(1)^2, and from [`pair`]`(1)` on G(r), r = 1..=L/2.
pub(super) const ABS_M: usize = 0;
pub(super) const M2: usize = 1;
pub(super) const FACTOR: usize = 2;
pub(super) const SQUARE: usize = 3;

/// Where the two-point function at a distance stands.
pub(super) const fn pair(distance: usize) -> usize {
    SQUARE + distance
}

/// How many observables a torus of this side has.
pub(super) fn observables(side: usize) -> usize {
    pair(side / 2) + 1
}

/// How many independent blocks it takes: two for each observable, so that their covariance is regular and has an inverse on
/// average.
pub(super) fn least_blocks(side: usize) -> usize {
    2 * observables(side)
}

/// The side of the square torus of so many sites.
pub(super) fn side(sites: usize) -> Result<usize, Error> {
    let side = sites.isqrt();
    if side >= 4 && side * side == sites { Ok(side) } else { Err(Error::Square(sites)) }
}

/// The observables of each configuration, `[configuration, observable]`; all lie between -1 and 1.
pub(super) fn measure(lattice: &Lattice, configurations: &Configurations) -> DMatrix<f64> {
    let n = lattice.sites() as f64;
    let mut table = DMatrix::zeros(configurations.len(), observables(lattice.width()));
    for (row, m) in magnetisations(configurations).into_iter().enumerate() {
        (table[(row, ABS_M)], table[(row, M2)]) = (m.abs(), m * m);
    }
    for (row, s) in structure_factors(lattice, configurations).into_iter().enumerate() {
        table[(row, FACTOR)] = s / n;
    }
    for r in 1..=lattice.width() / 2 {
        table.column_mut(pair(r)).copy_from_slice(&correlations(lattice, configurations, r));
    }
    let squares = table.column(pair(1)).map(|g| g * g);
    table.set_column(SQUARE, &squares);
    table
}

/// The number of blocks that may count as independent: long against the slowest of |m|, S(k) and the energy, and none
/// longer than a chain. Chains of one configuration are blocks of one.
pub(super) fn blocks(table: &DMatrix<f64>, chains: usize) -> usize {
    let longest = table.nrows().div_ceil(chains);
    let length =
        |&i: &usize| Estimate::from_chains(table.column(i).as_slice(), chains).block_length();
    let slowest = [ABS_M, FACTOR, pair(1)].iter().map(length).max().unwrap_or(1);
    table.nrows() / slowest.clamp(1, longest)
}

/// Means of the columns of a table and the covariance of these means.
pub(super) struct Means {
    pub(super) mean: DVector<f64>,
    pub(super) covariance: DMatrix<f64>,
    pub(super) blocks: usize,
}

impl Means {
    /// The covariance is that of the means of `blocks` blocks as equal in length as can be, over their number.
    pub(super) fn of(table: &DMatrix<f64>, blocks: usize) -> Self {
        let rows = table.nrows();
        // A quotient, so that of ones the mean is 1 to the bit.
        let mean = DVector::from_fn(table.ncols(), |i, _| table.column(i).sum() / rows as f64);
        let deviations = DMatrix::from_fn(blocks, table.ncols(), |block, column| {
            let (start, end) = (block * rows / blocks, (block + 1) * rows / blocks);
            let inside = table.view((start, column), (end - start, 1));
            // Around the mean, where nothing cancels.
            inside.iter().map(|x| x - mean[column]).sum::<f64>() / (end - start) as f64
        });
        let weight = 1.0 / (blocks as f64 * (blocks as f64 - 1.0));
        Self { mean, covariance: deviations.transpose() * &deviations * weight, blocks }
    }
}

/// An ensemble as the thermometers see it.
pub(super) struct Ensemble {
    pub(super) side: usize,
    pub(super) count: usize,
    pub(super) means: Means,
}

impl Ensemble {
    /// `chains` independent chains of equal length, one after the other.
    pub(super) fn of(configurations: &Configurations, chains: usize) -> Result<Self, Error> {
        let side = side(configurations.sites())?;
        let count = configurations.len();
        if chains == 0 || count == 0 || !count.is_multiple_of(chains) {
            return Err(Error::Chains { samples: count, chains });
        }
        let table = measure(&Lattice::square(side)?, configurations);
        let means = Means::of(&table, blocks(&table, chains));
        let least = least_blocks(side);
        if means.blocks < least {
            return Err(Error::Blocks { blocks: means.blocks, least });
        }
        Ok(Self { side, count, means })
    }

    /// Whether all configurations are ground states.
    pub(super) fn is_frozen(&self) -> bool {
        self.means.mean[pair(1)] == 1.0
    }

    /// Energy per spin, which is minus twice G(1).
    pub(super) fn energy(&self) -> f64 {
        -2.0 * self.means.mean[pair(1)]
    }
}
