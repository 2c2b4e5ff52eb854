//! An RBM's own p(v): its KL divergence from the training mixture, and whether the sampled flow leaves it as it is.

use super::flowing::Flowing;
use anyhow::Result;
use exact::torus::TorusMixture;
use exact::transfer::Moments;
use flow::observables::energy_per_spin;
use flow::{Flow, Rule};
use ising::{Lattice, Samples, energies};
use lab::progress::Task;
use lab::store::{Done, Stage};
use nalgebra::{DMatrix, DVector};
use rbm::ais::{self, Annealing};
use rbm::metropolis::{self, Sweeps};
use rbm::{Rbm, observables, partition, score};
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// The most hidden units whose states are enumerated.
pub(crate) const MAX_EXACT: usize = 18;

/// Means of the energy per spin (J) and of |m|.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct EnergyAndMagnetisation {
    pub(crate) energy: Estimate,
    pub(crate) abs_m: Estimate,
}

impl EnergyAndMagnetisation {
    /// Of configurations `[visible, sample]`, chain after chain.
    fn of(lattice: &Lattice, v: &DMatrix<f32>, chains: usize) -> Self {
        let energies: Vec<f64> = v.column_iter().map(|v| energy_per_spin(lattice, v)).collect();
        let abs_m: Vec<f64> = v.column_iter().map(|v| f64::from(v.mean()).abs()).collect();
        let mean = |values: &[f64]| Estimate::from_chains(values, chains);
        Self { energy: mean(&energies), abs_m: mean(&abs_m) }
    }

    /// Of p(v), by the enumerated states of the hidden layer.
    fn exact(lattice: &Lattice, rbm: &Rbm) -> Result<Self> {
        let sites = lattice.sites();
        let neighbours = |i| lattice.neighbours(i).iter().map(move |&j| (i, j as usize));
        let bonds: Vec<(usize, usize)> = (0..sites).flat_map(neighbours).collect();
        let found = observables::observables(rbm, &bonds)?;
        // Every bond is there from both sides.
        let energy = -0.5 * found.pairs.iter().sum::<f64>() / sites as f64;
        let abs_m = Moments::of(&found.up).abs_m;
        Ok(Self { energy: Estimate::exact(energy), abs_m: Estimate::exact(abs_m) })
    }
}

/// How far p(v) is from the mixture of the torus at these temperatures in equal shares.
#[derive(Serialize)]
pub(crate) struct MeasureKl<'a> {
    pub(crate) rbm: Flowing<'a>,
    /// Independent configurations, as many at each temperature.
    pub(crate) held_out: &'a Done<Samples>,
    pub(crate) side: usize,
    pub(crate) temperatures: &'a [f64],
    /// Of ln Z where the hidden states are too many to enumerate.
    pub(crate) annealing: Annealing,
    pub(crate) seed: u64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct KlDivergence {
    /// `KL(q || p)` of the whole lattice in nats, by ln Z as below.
    pub(crate) kl: Estimate,
    /// Exact, or by annealing, a lower bound.
    pub(crate) ln_z: Estimate,
    /// Annealed backwards from the ends of the chains, an upper bound.
    pub(crate) ln_z_above: Option<Estimate>,
}

impl Stage for MeasureKl<'_> {
    const NAME: &'static str = "mixture-divergence";
    const VERSION: u32 = 1;
    type Output = KlDivergence;

    fn effort(&self) -> f64 {
        let hidden = self.rbm.rbm().hidden();
        let steps = (2 * self.annealing.chains * self.annealing.steps) as f64;
        if hidden <= MAX_EXACT { 0.1 } else { 1e-8 * hidden as f64 * steps }
    }

    fn run(&self, _task: &Task<'_>) -> Result<KlDivergence> {
        let rbm = self.rbm.rbm();
        let lattice = Lattice::square(self.side)?;
        let mixture = TorusMixture::new(self.side, self.side, self.temperatures)?;
        let (ln_z, above) = match rbm.hidden() <= MAX_EXACT {
            true => (Estimate::exact(partition::ln_z(&rbm)?), None),
            false => {
                let (below, above) = self.annealed(&rbm)?;
                (below, Some(above))
            }
        };
        let samples = &self.held_out.value;
        let ln_q = energies(&lattice, samples).into_iter().map(|e| mixture.ln_probability(e));
        let ln_q: Vec<f64> = ln_q.collect();
        let kl = score::kl_from_samples(&ln_q, &rbm, &samples.to_matrix(), ln_z.mean)?;
        let kl = Estimate { error: kl.error.hypot(ln_z.error), ..kl };
        Ok(KlDivergence { kl, ln_z, ln_z_above: above })
    }
}

impl MeasureKl<'_> {
    fn annealed(&self, rbm: &Rbm) -> Result<(Estimate, Estimate)> {
        // Data have no mean: independent fair coins are as near as independent units can be.
        let base = DVector::zeros(rbm.visible());
        let (below, ends) = ais::anneal(rbm, &base, self.annealing, self.seed)?;
        let mut rng = stats::stream(self.seed, Self::NAME, 0);
        let flow = Flow { rbm, rule: Rule::Sampled };
        // Ends that resampling drew twice move apart.
        let ends = flow.run(ends, self.annealing.steps, &mut rng, |_, _| ());
        let above = ais::reverse(rbm, &base, self.annealing.steps, &ends, self.seed)?;
        Ok((below.ln_z, above.ln_z))
    }
}

/// Stationarity check of an RBM whose hidden states can be enumerated: exact draws from p(v) before and after the sampled flow.
#[derive(Serialize)]
pub(crate) struct CheckStationarity<'a> {
    pub(crate) rbm: Flowing<'a>,
    pub(crate) side: usize,
    pub(crate) draws: usize,
    pub(crate) steps: usize,
    pub(crate) seed: u64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Stationarity {
    /// Of p(v).
    pub(crate) exact: EnergyAndMagnetisation,
    /// Of independent exact draws from p(v) after these steps.
    pub(crate) after: EnergyAndMagnetisation,
}

impl Stage for CheckStationarity<'_> {
    const NAME: &'static str = "stationary";
    const VERSION: u32 = 1;
    type Output = Stationarity;

    fn effort(&self) -> f64 {
        let states = f64::from(1u32 << self.rbm.rbm().hidden().min(31));
        7e-6 * states + 1e-6 * (self.draws * self.steps) as f64
    }

    fn run(&self, _task: &Task<'_>) -> Result<Stationarity> {
        let rbm = self.rbm.rbm();
        let lattice = Lattice::square(self.side)?;
        let mut rng = stats::stream(self.seed, Self::NAME, 0);
        let start = partition::draws(&rbm, self.draws, &mut rng)?;
        let flow = Flow { rbm: &rbm, rule: Rule::Sampled };
        let end = flow.run(start, self.steps, &mut rng, |_, _| ());
        let exact = EnergyAndMagnetisation::exact(&lattice, &rbm)?;
        Ok(Stationarity { exact, after: EnergyAndMagnetisation::of(&lattice, &end, self.draws) })
    }
}

/// p(v) by Metropolis chains on the free energy, as many from aligned spins as from hot configurations.
#[derive(Serialize)]
pub(crate) struct RunMetropolis<'a> {
    pub(crate) rbm: Flowing<'a>,
    pub(crate) hot: &'a Done<Samples>,
    /// First and one past the last of the hot configurations.
    pub(crate) range: (usize, usize),
    pub(crate) side: usize,
    /// Sweeps before the first draw, and as many draws, one a sweep.
    pub(crate) sweeps: usize,
    pub(crate) seed: u64,
}

impl Stage for RunMetropolis<'_> {
    const NAME: &'static str = "metropolis-witness";
    const VERSION: u32 = 1;
    /// From cold and from hot starts.
    type Output = [EnergyAndMagnetisation; 2];

    fn effort(&self) -> f64 {
        let rbm = self.rbm.rbm();
        let flips = (rbm.visible() * 4 * self.sweeps * (self.range.1 - self.range.0)) as f64;
        3e-9 * flips * rbm.hidden() as f64
    }

    fn run(&self, _task: &Task<'_>) -> Result<[EnergyAndMagnetisation; 2]> {
        let rbm = self.rbm.rbm();
        let lattice = Lattice::square(self.side)?;
        let hot = self.hot.value.rows(self.range.0..self.range.1).to_matrix();
        let cold = DMatrix::from_fn(hot.nrows(), hot.ncols(), |_, c| match c.is_multiple_of(2) {
            true => 1.0,
            false => -1.0,
        });
        let sweeps = Sweeps { burn_in: self.sweeps, stride: 1, draws: self.sweeps };
        let pair = |start: &DMatrix<f32>, label: &str| {
            let drawn =
                metropolis::draws(&rbm, start, sweeps, stats::child_seed(self.seed, label, 0));
            EnergyAndMagnetisation::of(&lattice, &drawn, start.ncols())
        };
        Ok([pair(&cold, "cold"), pair(&hot, "hot")])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::progress::Progress;
    use rbm::Trainer;

    #[test]
    fn independent_units_are_stationary_and_have_the_exact_divergence() -> Result<()> {
        // W = 0: no energy, and the divergence from one temperature is N ln 2 - S.
        let (side, temperature) = (4, 3.0);
        let progress = Progress::new(0.0);
        let held_out = crate::stages::DrawEquilibrium {
            side,
            temperatures: &[temperature],
            count: 4000,
            seed: 1,
        };
        let held_out = Done::new(held_out.run(&progress.task(0.0))?)?;
        let torus = exact::torus::kaufman(side, side, temperature.recip())?;
        let entropy = torus.ln_z + 16.0 * torus.energy_per_spin / temperature;
        for hidden in [1, MAX_EXACT + 1] {
            let config = serde_json::from_value(serde_json::json!({
                "hidden": hidden, "batch": 1, "learning_rate": 1.0, "schedule": "constant",
                "gradient": { "contrastive": { "steps": 1 } },
                "optimiser": { "ascent": { "momentum": 0.0 } },
                "l1": 0.0, "l2": 0.0, "initial_std": 1.0, "biases": false, "sharing": "free",
            }))?;
            let trainer = Trainer::from_rbm(config, Rbm::uniform(16, hidden, 0.0), 1)?;
            let trainer = Done::new(trainer)?;
            let stage = MeasureKl {
                rbm: Flowing::Trained(&trainer),
                held_out: &held_out,
                side,
                temperatures: &[temperature],
                annealing: Annealing { chains: 10, steps: 10 },
                seed: 2,
            };
            let found = stage.run(&progress.task(0.0))?;
            // Four numbers at five errors.
            assert!(found.kl.sigmas_from(16.0 * std::f64::consts::LN_2 - entropy) < 5.0);
            if hidden == 1 {
                let check =
                    CheckStationarity { rbm: stage.rbm, side, draws: 4000, steps: 2, seed: 3 };
                let found = check.run(&progress.task(0.0))?;
                assert!(found.exact.energy.mean.abs() < 1e-12);
                assert!(found.after.energy.sigmas_from(0.0) < 5.0);
                assert!(found.after.abs_m.sigmas_from(found.exact.abs_m.mean) < 5.0);
            }
        }
        Ok(())
    }
}
