//! What hidden units see at T_c: their correlators with the sites, <v_i h_a>, beside those of true block spins.

use nalgebra::DMatrix;
use rbm::{Rbm, features};

/// Of one RBM.
pub(super) struct Correlators {
    /// `<v_i h_a>` `[site, hidden]`, with the expectation of h given v.
    pub(super) hidden: DMatrix<f64>,
    /// `<v_i s_b>` `[site, block]` with the majority s of 2 x 2 spins. A tie is broken by a coin, whose mean 0 is taken.
    pub(super) blocks: DMatrix<f64>,
    /// Participation ratios: of the correlators of each unit, of its weights, and of the correlators of each block.
    pub(super) of_hidden: Vec<f64>,
    pub(super) of_weights: Vec<f64>,
    pub(super) of_blocks: Vec<f64>,
    /// The same of the correlators without their mean over the sites, which the magnetisation gives to all.
    pub(super) local_of_hidden: Vec<f64>,
    pub(super) local_of_blocks: Vec<f64>,
}

impl Correlators {
    /// At the configurations `v` `[site, configuration]`.
    pub(super) fn of(rbm: &Rbm, v: &DMatrix<f32>, side: usize) -> Self {
        let with = |units: &DMatrix<f32>| v * units.transpose() / v.ncols() as f32;
        let hidden = with(&rbm.hidden_mean(v));
        let blocks = with(&block_spins(v, side));
        let local_ratios = |matrix: &DMatrix<f32>| {
            features::participation_ratios(&local(&matrix.map(f64::from)).map(|x| x as f32))
        };
        Self {
            local_of_hidden: local_ratios(&hidden),
            local_of_blocks: local_ratios(&blocks),
            of_hidden: features::participation_ratios(&hidden),
            of_weights: features::participation_ratios(&rbm.weights),
            of_blocks: features::participation_ratios(&blocks),
            hidden: hidden.map(f64::from),
            blocks: blocks.map(f64::from),
        }
    }

    /// How like the local correlators of a hidden unit are to those of the block most like it: the mean cosine.
    pub(super) fn likeness(&self) -> f64 {
        let columns = |matrix: &DMatrix<f64>| {
            let mut unit = local(matrix);
            unit.column_iter_mut().for_each(|mut column| {
                column.normalize_mut();
            });
            unit
        };
        let cosines = columns(&self.hidden).transpose() * columns(&self.blocks);
        cosines.row_iter().map(|row| row.max()).sum::<f64>() / self.hidden.ncols() as f64
    }
}

/// The majority of each block of 2 x 2 spins, 0 for a tie; of an odd side the last row and column are in no block.
fn block_spins(v: &DMatrix<f32>, side: usize) -> DMatrix<f32> {
    let blocks = side / 2;
    DMatrix::from_fn(blocks * blocks, v.ncols(), |block, sample| {
        let corner = 2 * (block / blocks) * side + 2 * (block % blocks);
        let spins = [corner, corner + 1, corner + side, corner + side + 1];
        let sum: f32 = spins.iter().map(|&i| v[(i, sample)]).sum();
        if sum == 0.0 { 0.0 } else { sum.signum() }
    })
}

/// Every column without its mean, with the sign that makes the mean positive: the sign of a hidden unit means nothing.
pub(super) fn local(correlators: &DMatrix<f64>) -> DMatrix<f64> {
    let mut local = correlators.clone();
    for mut column in local.column_iter_mut() {
        let mean = column.mean();
        column.apply(|x| *x = (*x - mean) * mean.signum());
    }
    local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_correlators_have_no_mean_and_the_sign_of_their_spin() {
        let found = local(&DMatrix::from_row_slice(2, 2, &[1.0, -1.0, 3.0, -5.0]));
        assert_eq!(found, DMatrix::from_row_slice(2, 2, &[-1.0, -2.0, 1.0, 2.0]));
    }

    #[test]
    fn block_spins_are_majorities() {
        let rows = [
            [1.0, 1.0, -1.0, -1.0],
            [1.0, -1.0, 1.0, 1.0],
            [-1.0, -1.0, 1.0, 1.0],
            [-1.0, 1.0, 1.0, 1.0],
        ];
        let v = DMatrix::from_iterator(16, 1, rows.concat());
        assert_eq!(block_spins(&v, 4).as_slice(), [1.0, 0.0, -1.0, 1.0]);
        assert_eq!(block_spins(&v.rows(0, 9).into_owned(), 3).nrows(), 1);
    }
}
