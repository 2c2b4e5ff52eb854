//! What hidden units see at T_c: the correlators <v_i h_a>, beside those of true block spins.

use super::Settings;
use super::machines::Machine;
use super::sets::{Kind, Set};
use anyhow::Result;
use exact::square::critical_temperature;
use lab::parts::over_exact;
use nalgebra::DMatrix;
use rayon::prelude::*;
use rbm::features;
use stats::Estimate;

/// The machine shown, all seeds.
pub(super) struct Correlators {
    pub(super) seeds: Vec<OfSeed>,
}

/// One seed.
pub(super) struct OfSeed {
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

pub(super) fn correlators(
    settings: &Settings,
    sets: &[Set],
    machines: &[Machine],
) -> Result<Correlators> {
    let shown = machines.iter().filter(|m| m.is(Kind::All, settings.train.hidden));
    let shown: Vec<&Machine> = shown.collect();
    let (from, to) = Set::block(settings, critical_temperature())?;
    let of_seed = |machine: &&Machine| -> Result<OfSeed> {
        let v = sets[machine.set].held_out.value.rows(from..to).to_matrix();
        let rbm = machine.trained()?.value.rbm();
        let with = |units: &DMatrix<f32>| &v * units.transpose() / v.ncols() as f32;
        let hidden = with(&rbm.hidden_mean(&v));
        let blocks = with(&block_spins(&v, settings.side));
        let local_ratios = |matrix: &DMatrix<f32>| {
            features::participation_ratios(&local(&matrix.map(f64::from)).map(|x| x as f32))
        };
        Ok(OfSeed {
            local_of_hidden: local_ratios(&hidden),
            local_of_blocks: local_ratios(&blocks),
            of_hidden: features::participation_ratios(&hidden),
            of_weights: features::participation_ratios(&rbm.weights),
            of_blocks: features::participation_ratios(&blocks),
            hidden: hidden.map(f64::from),
            blocks: blocks.map(f64::from),
        })
    };
    Ok(Correlators { seeds: shown.par_iter().map(of_seed).collect::<Result<_>>()? })
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

/// Every column without its mean, turned so that the mean was positive: the sign of a hidden unit means nothing.
pub(super) fn local(correlators: &DMatrix<f64>) -> DMatrix<f64> {
    let mut local = correlators.clone();
    for mut column in local.column_iter_mut() {
        let mean = column.mean();
        column.apply(|x| *x = (*x - mean) * mean.signum());
    }
    local
}

impl Correlators {
    fn over(&self, of: impl Fn(&OfSeed) -> f64) -> Estimate {
        over_exact(&self.seeds.iter().map(of).collect::<Vec<_>>())
    }

    /// The mean participation ratio, over seeds.
    pub(super) fn participation(&self, of: impl Fn(&OfSeed) -> &Vec<f64>) -> Estimate {
        self.over(|seed| of(seed).iter().sum::<f64>() / of(seed).len() as f64)
    }

    /// How like the local correlators of a hidden unit are to those of the block most like it: the mean cosine.
    pub(super) fn likeness(&self) -> Estimate {
        self.over(|seed| {
            let columns = |matrix: &DMatrix<f64>| -> DMatrix<f64> {
                let mut unit = local(matrix);
                unit.column_iter_mut().for_each(|mut column| {
                    column.normalize_mut();
                });
                unit
            };
            let cosines = columns(&seed.hidden).transpose() * columns(&seed.blocks);
            let best = cosines.row_iter().map(|row| row.max());
            best.sum::<f64>() / seed.hidden.ncols() as f64
        })
    }

    /// Participation ratios by rank, largest first, over seeds.
    pub(super) fn ranked(&self, of: impl Fn(&OfSeed) -> &Vec<f64>) -> Vec<Estimate> {
        let sorted: Vec<Vec<f64>> = self
            .seeds
            .iter()
            .map(|seed| {
                let mut ratios = of(seed).clone();
                ratios.sort_by(|a, b| b.total_cmp(a));
                ratios
            })
            .collect();
        let count = sorted.first().map_or(0, Vec::len);
        let at = |rank: usize| over_exact(&sorted.iter().map(|s| s[rank]).collect::<Vec<_>>());
        (0..count).map(at).collect()
    }
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
