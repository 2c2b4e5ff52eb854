//! Parallel trajectory tempering: chains of the RBM exchange states with chains of its own past.

use crate::Rbm;
use crate::gibbs::{Stream, expect_hidden, walk};
use crate::gradient::Units;
use crate::tasks::columns_per_task;
use linalg::sum_ln_2cosh;
use nalgebra::{DMatrixView, DMatrixViewMut};
use rand::RngExt;
use rand_pcg::Pcg64;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A checkpoint is added when exchanges with the last one succeed less often than this; ours.
const MIN_ACCEPTANCE: f32 = 0.3;
/// Exchanges over which the rate of success is averaged.
const MEMORY: f32 = 10.0;
/// Chains whose exchanges are decided together.
const BLOCK: usize = 64;

/// An RBM of the past, with chains of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rung {
    rbm: Rbm,
    chains: Units,
}

/// Checkpoints from the initial RBM, whose chains forget at once, to one that is close to the present
/// (`bereux-2025`). What the chains of the present learn by exchange they would not find by themselves where p(v) has
/// separate modes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ladder {
    rungs: Vec<Rung>,
    /// Recent share of successful exchanges between the last checkpoint and the present.
    acceptance: f32,
}

impl Ladder {
    /// Without checkpoints; the first update adds the initial RBM.
    pub(crate) fn new() -> Self {
        Self { rungs: Vec::new(), acceptance: 0.0 }
    }

    /// The same with so many chains for each checkpoint: the first of them, or copies from the first on.
    pub(crate) fn repeat(&self, chains: usize) -> Self {
        let repeat = |rung: &Rung| Rung { chains: rung.chains.repeat(chains), ..rung.clone() };
        Self { rungs: self.rungs.iter().map(repeat).collect(), ..*self }
    }

    /// Walks all chains, exchanges between neighbours, those of even and of odd number in turns, so that states travel
    /// straight on instead of to and fro (`syed-2022`), and adds a checkpoint where the present is too far from the last.
    pub(crate) fn advance(
        &mut self,
        rbm: &Rbm,
        chains: &mut Units,
        steps: u32,
        (seed, update): (u64, u64),
    ) {
        let stream = |label, number: usize| {
            let index = (update << 16) + number as u64;
            Stream { seed, label, index }
        };
        let step = |rbm, chains: &mut Units, number| {
            expect_hidden(rbm, chains);
            walk(rbm, chains, steps, stream("rbm::rungs", number));
        };
        let present = self.rungs.len();
        let rungs = self.rungs.par_iter_mut().enumerate();
        rungs.for_each(|(number, rung)| step(&rung.rbm, &mut rung.chains, number));
        step(rbm, chains, present);

        let first = present.min((update % 2) as usize);
        let exchanges = |number| stream("rbm::exchange", number);
        let pairs = self.rungs[first..].par_chunks_exact_mut(2).enumerate();
        pairs.for_each(|(number, pair)| {
            let [below, above] = pair else { return };
            let chains = [&mut below.chains, &mut above.chains];
            exchange([&below.rbm, &above.rbm], chains, exchanges(number));
        });
        if let [.., last] = &mut self.rungs[..]
            && (present - first) % 2 == 1
        {
            let chains = [&mut last.chains, chains];
            let accepted = exchange([&last.rbm, rbm], chains, exchanges(present));
            self.acceptance += (accepted - self.acceptance) / MEMORY;
        }
        expect_hidden(rbm, chains);
        if self.acceptance < MIN_ACCEPTANCE {
            self.rungs.push(Rung { rbm: rbm.clone(), chains: chains.clone() });
            self.acceptance = 1.0;
        }
    }
}

/// Exchanges the states of two RBMs, chain by chain, with the probability
/// `min(1, p_0(v_1) p_1(v_0) / (p_0(v_0) p_1(v_1)))`, which leaves both distributions as they are. Returns the share of
/// exchanges. The hidden units serve as memory: no expectations are left in them.
fn exchange(rbms: [&Rbm; 2], [here, there]: [&mut Units; 2], stream: Stream) -> f32 {
    let ([visible, hidden], chains) = (layers(rbms[0]), here.visible.ncols());
    let columns = columns_per_task(chains, 4 * visible * hidden);
    let states = here.visible.as_mut_slice().par_chunks_mut(columns * visible);
    let states = states.zip(there.visible.as_mut_slice().par_chunks_mut(columns * visible));
    let memory = here.hidden.as_mut_slice().par_chunks_mut(columns * hidden);
    let tasks = states.zip(memory).enumerate().map(|(number, ((here, there), memory))| {
        let mut rng = stream.of_block(number);
        let states = here.chunks_mut(visible * BLOCK).zip(there.chunks_mut(visible * BLOCK));
        let blocks = states.zip(memory.chunks_mut(hidden * BLOCK));
        let exchanges = blocks
            .map(|((here, there), memory)| exchange_block(rbms, [here, there], memory, &mut rng));
        exchanges.sum::<usize>()
    });
    tasks.sum::<usize>() as f32 / chains as f32
}

/// The exchanges of a few chains; their number.
fn exchange_block(
    [first, second]: [&Rbm; 2],
    [here, there]: [&mut [f32]; 2],
    memory: &mut [f32],
    rng: &mut Pcg64,
) -> usize {
    let [visible, hidden] = layers(first);
    let mut ln_ratios = [0.0; BLOCK];
    // Of the exchanged states e^{-F}, over that of the states as they are.
    let terms = [
        (first, &*there, 1.0),
        (second, &*here, 1.0),
        (first, &*here, -1.0),
        (second, &*there, -1.0),
    ];
    for (rbm, states, sign) in terms {
        let chains = states.len() / visible;
        let states = DMatrixView::from_slice(states, visible, chains);
        rbm.hidden_activation(states, DMatrixViewMut::from_slice(memory, hidden, chains));
        let columns = states.column_iter().zip(memory.chunks_exact(hidden));
        for (ln_ratio, (v, activations)) in ln_ratios.iter_mut().zip(columns) {
            let field = f64::from(rbm.visible_bias.dot(&v));
            *ln_ratio += sign * (field + sum_ln_2cosh(1.0, activations));
        }
    }
    let pairs = here.chunks_exact_mut(visible).zip(there.chunks_exact_mut(visible));
    let exchanged = pairs.zip(ln_ratios).filter_map(|((one, two), ln_ratio)| {
        (rng.random::<f64>() < ln_ratio.exp()).then(|| one.swap_with_slice(two))
    });
    exchanged.count()
}

fn layers(rbm: &Rbm) -> [usize; 2] {
    [rbm.visible(), rbm.hidden()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition;
    use nalgebra::{DMatrix, dmatrix, dvector};
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    const CHAINS: usize = 50_000;

    /// A weak RBM and a strong one, which prefers to be aligned.
    fn rbms() -> [Rbm; 2] {
        let strong = dmatrix![1.5_f32, 0.3; 1.2, -0.4; 1.0, 0.8];
        let weak = Rbm { weights: &strong * 0.3, ..Rbm::uniform(3, 2, 0.0) };
        [weak, Rbm { weights: strong, ..Rbm::uniform(3, 2, 0.0) }]
    }

    fn drawn(rbm: &Rbm, seed: u64) -> Units {
        let mut units = Units::zeros(3, 2, CHAINS);
        let rng = &mut stats::stream(seed, "exchange", 0);
        units.visible = partition::draws(rbm, CHAINS, rng).unwrap();
        units
    }

    fn p_value(rbm: &Rbm, units: &Units) -> f64 {
        let p = partition::visible_probabilities(rbm).unwrap();
        let mut counts = [0.0; 8];
        for v in units.visible.column_iter() {
            counts[(0..3).filter(|&i| v[i] > 0.0).map(|i| 1 << i).sum::<usize>()] += 1.0;
        }
        let chi = |(count, p): (&f64, &f64)| {
            let expected = p * CHAINS as f64;
            (count - expected).powi(2) / expected
        };
        let sum = counts.iter().zip(&p).map(chi).sum();
        ChiSquared::new(7.0).unwrap().sf(sum)
    }

    #[test]
    fn exchanges_leave_both_distributions_as_they_are() {
        let [weak, strong] = rbms();
        let (mut here, mut there) = (drawn(&weak, 1), drawn(&strong, 2));
        let before = [here.visible.clone(), there.visible.clone()];
        let stream = Stream { seed: 3, label: "x", index: 0 };
        let accepted = exchange([&weak, &strong], [&mut here, &mut there], stream);
        // Neither all nor none, and states did move.
        assert!((0.3..0.95).contains(&accepted), "{accepted}");
        assert!(before[0] != here.visible && before[1] != there.visible);
        // Level 1e-6 in all.
        for (rbm, units) in [(&weak, &here), (&strong, &there)] {
            let p = p_value(rbm, units);
            assert!(p > 5e-7, "{p:e}");
        }
        // Had every exchange been accepted, both tests would have seen it.
        for (rbm, other) in [(&weak, &before[1]), (&strong, &before[0])] {
            let units = Units { visible: other.clone(), hidden: here.hidden.clone() };
            assert!(p_value(rbm, &units) < 1e-12);
        }
    }

    #[test]
    fn a_whole_ladder_leaves_every_distribution_as_it_is() {
        let [weak, strong] = rbms();
        let middle = Rbm { weights: &weak.weights * 2.0, ..weak.clone() };
        let rung = |rbm: &Rbm, seed| Rung { rbm: rbm.clone(), chains: drawn(rbm, seed) };
        let mut ladder = Ladder { rungs: vec![rung(&weak, 5), rung(&middle, 6)], acceptance: 1.0 };
        let mut chains = drawn(&strong, 7);
        for update in 0..20 {
            ladder.advance(&strong, &mut chains, 1, (8, update));
        }
        // Level 1e-6 in all.
        let [first, second] = &ladder.rungs[..] else { panic!("another rung was added") };
        for (rbm, units) in [(&weak, &first.chains), (&middle, &second.chains), (&strong, &chains)]
        {
            let p = p_value(rbm, units);
            assert!(p > 3e-7, "{p:e}");
        }
        // Neighbours know nothing of each other, as an exchange takes for granted: no correlation of their magnetisations.
        let sums = |units: &Units| -> Vec<f64> {
            units.visible.column_iter().map(|v| f64::from(v.sum())).collect()
        };
        for (one, other) in [(&first.chains, &second.chains), (&second.chains, &chains)] {
            let products: Vec<f64> =
                sums(one).iter().zip(sums(other)).map(|(x, y)| x * y).collect();
            let correlation = stats::Estimate::from_independent(&products);
            assert!(correlation.sigmas_from(0.0) < 5.0, "{correlation:?}");
        }
        // States of another RBM would have been found out.
        assert!(p_value(&strong, &second.chains) < 1e-12);
    }

    #[test]
    fn states_travel_through_the_ladder() {
        // An RBM whose two modes its own chains do not leave, and its past, which does not know them.
        let frozen = Rbm::uniform(3, 2, 4.0);
        let warm = |scale: f32| Rbm::uniform(3, 2, scale);
        let rung = |scale| Rung { rbm: warm(scale), chains: drawn(&warm(scale), 9) };
        let up = Units { visible: DMatrix::repeat(3, CHAINS, 1.0), ..Units::zeros(3, 2, CHAINS) };
        for (scales, moves) in [(vec![0.2, 0.5, 1.0, 2.0], true), (vec![], false)] {
            let rungs = scales.into_iter().map(rung).collect();
            let (mut ladder, mut chains) = (Ladder { rungs, acceptance: 1.0 }, up.clone());
            for update in 0..100 {
                ladder.acceptance = 1.0;
                ladder.advance(&frozen, &mut chains, 1, (10, update));
            }
            assert_eq!(p_value(&frozen, &chains) > 1e-6, moves);
        }
    }

    #[test]
    fn a_checkpoint_is_added_where_the_present_is_far_from_the_last() {
        let [weak, _] = rbms();
        let mut chains = drawn(&weak, 4);
        let mut ladder = Ladder::new();
        ladder.advance(&weak, &mut chains, 1, (1, 0));
        assert_eq!(ladder.rungs.len(), 1);
        for update in 1..100 {
            ladder.advance(&weak, &mut chains, 1, (1, update));
        }
        // The same RBM: every exchange is accepted.
        assert_eq!((ladder.rungs.len(), ladder.acceptance), (1, 1.0));
        // All but one state of eight are rare.
        let far = Rbm { visible_bias: dvector![3.0, -3.0, 3.0], ..weak };
        for update in 100..200 {
            ladder.advance(&far, &mut chains, 1, (1, update));
        }
        assert_eq!(ladder.rungs.len(), 2);
        assert_eq!(ladder.rungs[1].rbm, far);
    }
}
