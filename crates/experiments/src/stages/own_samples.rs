//! Configurations drawn from an RBM, measured as those of the Ising model are, and its KL divergence.

use anyhow::Result;
use exact::torus::kaufman;
use ising::{Configurations, Coupling, Lattice, Samples, Summary, correlations, energies};
use lab::kinds::Count;
use lab::progress::Task;
use lab::store::{Done, Stage};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use rbm::ais::{self, Annealing};
use rbm::{Rbm, Trainer, partition, score};
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// The most hidden units whose states are enumerated, for draws and for ln Z.
const MAX_EXACT: usize = 20;
/// Chains, or exact draws, that go together, each such block with random numbers of its own.
const BLOCK: usize = 64;
const DRAWS_AT_ONCE: usize = 1 << 14;

/// How an RBM is measured.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measuring {
    /// Exact independent draws, of RBMs of few hidden units.
    pub(crate) draws: Count<100, 1_073_741_824>,
    /// Gibbs chains of all others.
    pub(crate) chains: Chains,
    /// Annealed importance sampling of their ln Z.
    pub(crate) annealing: Annealing,
}

/// Parallel Gibbs chains: half of them begin with data, the others with random spins.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chains {
    /// An even number.
    pub(crate) number: Count<4, 1_048_576>,
    /// Gibbs steps before the first draw, and from one draw to the next.
    pub(crate) burn_in: Count<1, 1_073_741_824>,
    pub(crate) stride: Count<1, 1_073_741_824>,
    /// Draws from each chain.
    pub(crate) draws: Count<10, 1_073_741_824>,
}

/// Draws from an RBM that was trained on the torus of this side at this temperature.
#[derive(Serialize)]
pub(crate) struct MeasureRbm<'a> {
    pub(crate) rbm: &'a Done<Trainer>,
    /// Independent configurations of the torus, other than those for training.
    pub(crate) held_out: &'a Done<Samples>,
    pub(crate) side: usize,
    pub(crate) temperature: f64,
    pub(crate) measuring: Measuring,
    pub(crate) seed: u64,
}

/// Means over configurations, per spin.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Means {
    pub(crate) energy: Estimate,
    pub(crate) abs_m: Estimate,
    /// `N (<e^2> - <e>^2) / T^2`.
    pub(crate) specific_heat: Estimate,
    /// Two-point function along the axes at the distances 1, 2, .. up to half the side.
    pub(crate) correlations: Vec<Estimate>,
}

impl Means {
    /// Configurations `rows` of independent chains, one after the other.
    pub(crate) fn of(
        lattice: &Lattice,
        samples: &Samples,
        rows: std::ops::Range<usize>,
        chains: usize,
    ) -> Result<Self, ising::Error> {
        let summary = Summary::of(lattice, samples, rows.clone(), chains)?;
        let correlation = |distance: usize| {
            let series = correlations(lattice, samples, distance);
            Estimate::from_chains(&series[rows.clone()], chains)
        };
        Ok(Self {
            energy: summary.energy_per_spin,
            abs_m: summary.abs_m,
            specific_heat: summary.specific_heat,
            correlations: (1..=lattice.width() / 2).map(correlation).collect(),
        })
    }
}

/// What an RBM has.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct OfRbm {
    pub(crate) means: Means,
    /// Of chains: the means of those that began with data and of those that began at random.
    pub(crate) by_start: Option<[Means; 2]>,
    /// `KL(torus || RBM)` per spin, in nats, on the held-out configurations.
    pub(crate) kl: Estimate,
    /// `ln Z`, exact or by annealing.
    pub(crate) ln_z: Estimate,
    /// Annealed backwards from the RBM's own configurations: an upper bound.
    pub(crate) ln_z_above: Option<Estimate>,
}

impl Stage for MeasureRbm<'_> {
    const NAME: &'static str = "own-samples";
    const VERSION: u32 = 2;
    type Output = OfRbm;

    fn effort(&self) -> f64 {
        const SECONDS_PER_DRAW: f64 = 2e-6;
        const SECONDS_PER_STEP: f64 = 4e-7;
        let Measuring { draws, chains, annealing } = self.measuring;
        if self.rbm.value.rbm().hidden() <= MAX_EXACT {
            return SECONDS_PER_DRAW * *draws as f64;
        }
        let steps = *chains.number * (*chains.burn_in + *chains.stride * *chains.draws);
        let annealed = 6 * (annealing.chains * annealing.steps) as u64;
        let drawn = SECONDS_PER_DRAW * (*chains.number * *chains.draws) as f64;
        drawn + SECONDS_PER_STEP * (steps + annealed) as f64
    }

    fn run(&self, _task: &Task<'_>) -> Result<OfRbm> {
        let rbm = self.rbm.value.rbm();
        let lattice = Lattice::square(self.side)?;
        let held_out = self.held_out.value.to_matrix();
        if rbm.hidden() <= MAX_EXACT {
            let samples = Samples::at(self.coupling()?, self.exact_draws(rbm)?);
            let rows = samples.len();
            let ln_z = Estimate::exact(partition::ln_z(rbm)?);
            return Ok(OfRbm {
                means: Means::of(&lattice, &samples, 0..rows, rows)?,
                by_start: None,
                kl: self.divergence(rbm, &lattice, &held_out, ln_z)?,
                ln_z,
                ln_z_above: None,
            });
        }
        let samples = Samples::at(self.coupling()?, self.chains(rbm, &held_out)?);
        let (number, rows) = (self.measuring.chains.number.size(), samples.len());
        let half = |start: usize| {
            Means::of(&lattice, &samples, start * rows / 2..(start + 1) * rows / 2, number / 2)
        };
        let [ln_z, above] = self.annealed(rbm, &samples)?;
        Ok(OfRbm {
            means: Means::of(&lattice, &samples, 0..rows, number)?,
            by_start: Some([half(0)?, half(1)?]),
            kl: self.divergence(rbm, &lattice, &held_out, ln_z)?,
            ln_z,
            ln_z_above: Some(above),
        })
    }
}

impl MeasureRbm<'_> {
    fn coupling(&self) -> Result<Coupling, ising::Error> {
        Coupling::from_temperature(self.temperature)
    }

    /// By the enumerated states of the hidden layer.
    fn exact_draws(&self, rbm: &Rbm) -> Result<Configurations> {
        let mut all = Configurations::new(rbm.visible());
        let draws = self.measuring.draws.size();
        for (block, first) in (0..draws).step_by(DRAWS_AT_ONCE).enumerate() {
            let mut rng = stats::stream(self.seed, Self::NAME, block as u64);
            let drawn = partition::draws(rbm, DRAWS_AT_ONCE.min(draws - first), &mut rng)?;
            all.append(&Configurations::from_matrix(&drawn)?)?;
        }
        Ok(all)
    }

    /// Chain after chain: first those that begin with data.
    fn chains(&self, rbm: &Rbm, held_out: &DMatrix<f32>) -> Result<Configurations> {
        let number = self.measuring.chains.number.size();
        let random = |block: usize| {
            let rng = &mut stats::stream(self.seed, "own-samples start", block as u64);
            Rbm::uniform(rbm.visible(), 1, 0.0).sample_visible(&DMatrix::zeros(1, BLOCK), rng)
        };
        let start = |chain: usize, random: &DMatrix<f32>| match chain < number / 2 {
            true => held_out.column(chain % held_out.ncols()).into_owned(),
            false => random.column(chain % BLOCK).into_owned(),
        };
        let block = |block: usize| -> Result<Configurations> {
            let chains = block * BLOCK..((block + 1) * BLOCK).min(number);
            let random = random(block);
            let starts: Vec<DVector<f32>> = chains.map(|chain| start(chain, &random)).collect();
            self.walk(rbm, DMatrix::from_columns(&starts), block as u64)
        };
        let blocks: Vec<Configurations> =
            (0..number.div_ceil(BLOCK)).into_par_iter().map(block).collect::<Result<_>>()?;
        let mut all = Configurations::new(rbm.visible());
        blocks.iter().try_for_each(|block| all.append(block))?;
        Ok(all)
    }

    /// The draws of a block of chains `v` `[visible, chain]`, chain after chain.
    fn walk(&self, rbm: &Rbm, mut v: DMatrix<f32>, block: u64) -> Result<Configurations> {
        let Chains { burn_in, stride, draws, .. } = self.measuring.chains;
        let draws = draws.size();
        let mut rng = stats::stream(self.seed, Self::NAME, block);
        let mut drawn = DMatrix::zeros(v.nrows(), v.ncols() * draws);
        for draw in 0..draws {
            for _ in 0..if draw == 0 { *burn_in } else { *stride } {
                v = rbm.sample_visible(&rbm.sample_hidden(&v, &mut rng), &mut rng);
            }
            for (chain, column) in v.column_iter().enumerate() {
                drawn.set_column(chain * draws + draw, &column);
            }
        }
        Ok(Configurations::from_matrix(&drawn)?)
    }

    /// `ln Z` from below, and from above by way of the last draws of as many chains.
    fn annealed(&self, rbm: &Rbm, own: &Configurations) -> Result<[Estimate; 2]> {
        let Measuring { chains, annealing, .. } = self.measuring;
        // Data have no mean: independent fair coins are as near as independent units can be.
        let base = DVector::zeros(rbm.visible());
        let below = ais::ln_z(rbm, &base, annealing, self.seed)?;
        let end = |index: usize| {
            let chain = index * chains.number.size() / annealing.chains;
            let row = own.row((chain + 1) * chains.draws.size() - 1);
            DVector::from_iterator(row.len(), row.into_iter().map(f32::from))
        };
        let ends: Vec<DVector<f32>> = (0..annealing.chains).map(end).collect();
        let ends = DMatrix::from_columns(&ends);
        let above = ais::reverse(rbm, &base, annealing.steps, &ends, self.seed)?;
        Ok([below.ln_z, above.ln_z])
    }

    /// `<ln q - ln p>` per spin over held-out configurations; the torus' own `ln q = -K E - ln Z` is exact.
    fn divergence(
        &self,
        rbm: &Rbm,
        lattice: &Lattice,
        held_out: &DMatrix<f32>,
        ln_z: Estimate,
    ) -> Result<Estimate> {
        let (k, n) = (self.temperature.recip(), lattice.sites() as f64);
        let torus = kaufman(self.side, self.side, k)?;
        let energies = energies(lattice, &self.held_out.value);
        let ln_q: Vec<f64> = energies.iter().map(|e| -k * n * e - torus.ln_z).collect();
        let kl = score::kl_from_samples(&ln_q, rbm, held_out, ln_z.mean)?;
        Ok(Estimate { mean: kl.mean / n, error: kl.error.hypot(ln_z.error) / n, ..kl })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn independent_units_have_no_energy_and_the_exact_divergence() -> Result<()> {
        // W = 0: C = 2 / T^2 per spin, KL = N ln 2 - S of the torus, in both ways of measuring.
        let (side, temperature) = (4, 3.0);
        let lattice = Lattice::square(side)?;
        let coupling = Coupling::from_temperature(temperature)?;
        let request = ising::Request {
            count: 4000,
            algorithm: None,
            field: 0.0,
            symmetrise: false,
            least_effective: 0.0,
        };
        let samples = ising::draw(&lattice, coupling, &request, 1)?.samples;
        let torus = kaufman(side, side, temperature.recip())?;
        let n = lattice.sites() as f64;
        let entropy = torus.ln_z / n + temperature.recip() * torus.energy_per_spin;
        for hidden in [1, MAX_EXACT + 1] {
            let rbm = Rbm::uniform(lattice.sites(), hidden, 0.0);
            let config = serde_json::from_value(serde_json::json!({
                "hidden": hidden, "batch": 1, "learning_rate": 1.0, "schedule": "constant",
                "gradient": { "contrastive": { "steps": 1 } },
                "optimiser": { "ascent": { "momentum": 0.0 } },
                "l1": 0.0, "l2": 0.0, "initial_std": 1.0, "biases": false, "sharing": "free",
            }))?;
            let stage = MeasureRbm {
                rbm: &Done::new(Trainer::from_rbm(config, rbm, 1)?)?,
                held_out: &Done::new(samples.clone())?,
                side,
                temperature,
                measuring: serde_json::from_value(serde_json::json!({
                    "draws": 20_000,
                    "chains": { "number": 200, "burn_in": 2, "stride": 1, "draws": 100 },
                    "annealing": { "chains": 20, "steps": 10 },
                }))?,
                seed: 1,
            };
            let progress = lab::progress::Progress::new(0.0);
            let found = stage.run(&progress.task(0.0))?;
            // Five numbers, twice: 5 errors are a family-wise level of 6e-6.
            let heat = 2.0 / temperature.powi(2);
            assert!(found.means.energy.sigmas_from(0.0) < 5.0, "{:?}", found.means.energy);
            assert!(found.means.specific_heat.sigmas_from(heat) < 5.0);
            assert!(found.means.correlations[1].sigmas_from(0.0) < 5.0);
            assert!(found.kl.sigmas_from(std::f64::consts::LN_2 - entropy) < 5.0, "{:?}", found.kl);
            let ln_z = (lattice.sites() + hidden) as f64 * std::f64::consts::LN_2;
            assert!((found.ln_z.mean - ln_z).abs() < 1e-9);
        }
        Ok(())
    }
}
