//! Parallel trajectory tempering: chains of the machine exchange states with chains of its own past.

use crate::Rbm;
use crate::gibbs::{Stream, expect_hidden, walk};
use crate::gradient::Units;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// A checkpoint is added when exchanges with the last one succeed less often than this; ours.
const LEAST_ACCEPTANCE: f32 = 0.3;
/// Updates over which the rate of success is averaged.
const MEMORY: f32 = 20.0;

/// A machine of the past, with chains of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rung {
    rbm: Rbm,
    chains: Units,
}

/// Checkpoints from the initial machine, whose chains forget at once, to one that is close to the present
/// (`bereux-2025`). What the chains of the present learn by exchange they would not find by themselves where p(v) has
/// separate modes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ladder {
    rungs: Vec<Rung>,
    /// Recent share of successful exchanges between the last checkpoint and the present.
    acceptance: f32,
}

impl Ladder {
    /// Without checkpoints; the first update adds the initial machine.
    pub(crate) fn new() -> Self {
        Self { rungs: Vec::new(), acceptance: 0.0 }
    }

    /// Walks all chains, exchanges between neighbours from the oldest to the present, and adds a checkpoint where the
    /// present is too far from the last one.
    pub(crate) fn advance(
        &mut self,
        rbm: &Rbm,
        chains: &mut Units,
        steps: u32,
        (seed, update): (u64, u64),
    ) {
        let rungs = self.rungs.len() as u64;
        let stream = |rung| Stream { seed, label: "rbm::rungs", index: (update << 16) + rung };
        for (number, rung) in self.rungs.iter_mut().enumerate() {
            expect_hidden(&rung.rbm, &mut rung.chains);
            walk(&rung.rbm, &mut rung.chains, steps, stream(number as u64));
        }
        expect_hidden(rbm, chains);
        walk(rbm, chains, steps, stream(rungs));
        let rng = &mut stats::stream(seed, "rbm::exchange", update);
        for upper in 1..self.rungs.len() {
            let (below, above) = self.rungs.split_at_mut(upper);
            let (below, above) = (&mut below[upper - 1], &mut above[0]);
            exchange([&below.rbm, &above.rbm], [&mut below.chains, &mut above.chains], rng);
        }
        if let Some(last) = self.rungs.last_mut() {
            let accepted = exchange([&last.rbm, rbm], [&mut last.chains, chains], rng);
            self.acceptance += (accepted - self.acceptance) / MEMORY;
        }
        expect_hidden(rbm, chains);
        if self.acceptance < LEAST_ACCEPTANCE {
            self.rungs.push(Rung { rbm: rbm.clone(), chains: chains.clone() });
            self.acceptance = 1.0;
        }
    }
}

/// Exchanges the states of two machines, chain by chain, with the probability
/// `min(1, p_0(v_1) p_1(v_0) / (p_0(v_0) p_1(v_1)))`, which leaves both distributions as they are. Returns the share of
/// exchanges; expectations of hidden units are out of date afterwards.
fn exchange<R: Rng + ?Sized>(
    [first, second]: [&Rbm; 2],
    [here, there]: [&mut Units; 2],
    rng: &mut R,
) -> f32 {
    let own = [first.free_energy(&here.visible), second.free_energy(&there.visible)];
    let other = [first.free_energy(&there.visible), second.free_energy(&here.visible)];
    let mut accepted = 0;
    for chain in 0..here.visible.ncols() {
        let ln_ratio = own[0][chain] + own[1][chain] - other[0][chain] - other[1][chain];
        if rng.random::<f64>() < ln_ratio.exp() {
            let (mut one, mut two) =
                (here.visible.column_mut(chain), there.visible.column_mut(chain));
            one.iter_mut().zip(two.iter_mut()).for_each(|(x, y)| std::mem::swap(x, y));
            accepted += 1;
        }
    }
    accepted as f32 / here.visible.ncols() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition;
    use nalgebra::{dmatrix, dvector};
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    const CHAINS: usize = 50_000;

    /// A weak machine and a strong one, which prefers to be aligned.
    fn machines() -> [Rbm; 2] {
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
        let [weak, strong] = machines();
        let (mut here, mut there) = (drawn(&weak, 1), drawn(&strong, 2));
        let before = [here.visible.clone(), there.visible.clone()];
        let accepted =
            exchange([&weak, &strong], [&mut here, &mut there], &mut stats::stream(3, "x", 0));
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
    fn a_checkpoint_is_added_where_the_present_is_far_from_the_last() {
        let [weak, _] = machines();
        let mut chains = drawn(&weak, 4);
        let mut ladder = Ladder::new();
        ladder.advance(&weak, &mut chains, 1, (1, 0));
        assert_eq!(ladder.rungs.len(), 1);
        for update in 1..100 {
            ladder.advance(&weak, &mut chains, 1, (1, update));
        }
        // The same machine: every exchange is accepted.
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
