//! Configurations that know of no lattice: ends of the temperature scale, complete graphs, spins in a common field.

use anyhow::{Result, ensure};
use exact::root::bisect;
use ising::{Configurations, Coupling, Samples, complete_graph};
use lab::progress::Task;
use lab::store::Stage;
use nalgebra::DMatrix;
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::Serialize;

/// Where configurations without a lattice come from.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// All spins up.
    Up,
    /// All spins up or all down, in turn: zero temperature.
    Aligned,
    /// As many spins up as down, in random places: what the source calls infinite temperature.
    Balanced,
    /// A complete graph that orders at `critical`, at this temperature.
    CompleteGraph { temperature: f64, critical: f64 },
    /// Independent spins in the field of the mean-field equation `m = tanh(critical m / T)`, flipped with probability
    /// 1/2: the limit of the complete graph, without its fluctuations of m.
    MeanField { temperature: f64, critical: f64 },
}

/// `count` independent configurations of each source, in the order of the sources.
#[derive(Serialize)]
pub(crate) struct DrawUnstructured<'a> {
    pub(crate) sites: usize,
    pub(crate) sources: &'a [Source],
    pub(crate) count: u32,
    pub(crate) seed: u64,
}

impl Stage for DrawUnstructured<'_> {
    const NAME: &'static str = "unstructured";
    const VERSION: u32 = 2;
    type Output = Samples;

    fn effort(&self) -> f64 {
        const SECONDS_PER_SPIN: f64 = 2e-8;
        SECONDS_PER_SPIN * (self.sites * self.sources.len()) as f64 * f64::from(self.count)
    }

    fn run(&self, _task: &Task<'_>) -> Result<Samples> {
        let mut all = Samples::new(self.sites);
        for (index, source) in self.sources.iter().enumerate() {
            all.append(&self.draw(*source, index as u64)?)?;
        }
        Ok(all)
    }
}

impl DrawUnstructured<'_> {
    fn draw(&self, source: Source, index: u64) -> Result<Samples> {
        let (sites, count) = (self.sites, self.count as usize);
        let rng = &mut stats::stream(self.seed, Self::NAME, index);
        let mut spins = DMatrix::from_element(sites, count, 1.0_f32);
        let coupling = match source {
            Source::Up => f64::INFINITY,
            Source::Aligned => {
                spins.column_iter_mut().skip(1).step_by(2).for_each(|mut down| down.fill(-1.0));
                f64::INFINITY
            }
            Source::Balanced => {
                ensure!(sites % 2 == 0, "{sites} spins cannot be half up and half down");
                for column in spins.as_mut_slice().chunks_mut(sites) {
                    column[..sites / 2].fill(-1.0);
                    column.shuffle(rng);
                }
                0.0
            }
            Source::CompleteGraph { temperature, critical } => {
                let coupling = Coupling::from_temperature(temperature / critical)?;
                return Ok(complete_graph(sites, coupling, count, rng)?);
            }
            Source::MeanField { temperature, critical } => {
                let up = 0.5 * (1.0 + spontaneous(temperature / critical)?);
                for mut column in spins.column_iter_mut() {
                    let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
                    column
                        .apply(|spin| *spin = if rng.random::<f64>() < up { sign } else { -sign });
                }
                Coupling::from_temperature(temperature / critical)?.value()
            }
        };
        Ok(Samples::at(Coupling::new(coupling)?, Configurations::from_matrix(&spins)?))
    }
}

/// The positive solution of `m = tanh(m / t)` below t = 1, else 0.
fn spontaneous(t: f64) -> Result<f64> {
    if t >= 1.0 {
        return Ok(0.0);
    }
    if t == 0.0 {
        return Ok(1.0);
    }
    // Above the tangent at 0 the curve crosses the line once.
    let below = (3.0 * (1.0 / t - 1.0)).sqrt().min(1.0) * t * 0.5;
    Ok(bisect(|m| m - (m / t).tanh(), below, 1.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stats::Estimate;

    fn draw(sources: &[Source]) -> Samples {
        let stage = DrawUnstructured { sites: 36, sources, count: 4000, seed: 7 };
        let draws = sources.iter().enumerate().map(|(i, source)| stage.draw(*source, i as u64));
        let mut all = Samples::new(36);
        draws.for_each(|draws| all.append(&draws.unwrap()).unwrap());
        all
    }

    fn magnetisation(samples: &Samples, row: usize) -> f64 {
        samples.spin_sum(row) as f64 / 36.0
    }

    #[test]
    fn ends_are_aligned_and_balanced() {
        let samples = draw(&[Source::Up, Source::Aligned, Source::Balanced]);
        let sums: Vec<i64> = (0..samples.len()).map(|row| samples.spin_sum(row)).collect();
        assert!(sums[..4000].iter().all(|&sum| sum == 36));
        assert!(sums[4000..8000].iter().all(|&sum| sum.abs() == 36));
        assert_eq!(sums[4000..8000].iter().sum::<i64>(), 0);
        assert!(sums[8000..].iter().all(|&sum| sum == 0));
        // Two places of balanced spins: -1 / (N - 1).
        let pairs: Vec<f64> = (8000..12000)
            .map(|row| f64::from(samples.spin(row, 3) * samples.spin(row, 20)))
            .collect();
        assert!(Estimate::from_independent(&pairs).sigmas_from(-1.0 / 35.0) < 5.0);
    }

    #[test]
    fn spins_in_a_field_have_its_magnetisation_and_are_independent() {
        for t in [0.0_f64, 0.3, 0.9, 0.999, 1.5] {
            let m = spontaneous(t).unwrap();
            let error = if t == 0.0 { m - 1.0 } else { m - (m / t).tanh() };
            assert!(error.abs() < 1e-9 && (t >= 1.0 || m > 0.05), "{t} {m}");
        }
        let samples = draw(&[Source::MeanField { temperature: 3.0, critical: 4.0 }]);
        let m = spontaneous(0.75).unwrap();
        let squares: Vec<f64> = (0..4000).map(|row| magnetisation(&samples, row).powi(2)).collect();
        let exact = (1.0 - m * m) / 36.0 + m * m;
        let found = Estimate::from_independent(&squares);
        assert!(found.sigmas_from(exact) < 5.0 && found.error < 0.01, "{found:?} {exact}");
        let signs: Vec<f64> = (0..4000).map(|row| magnetisation(&samples, row).signum()).collect();
        assert!(Estimate::from_independent(&signs).sigmas_from(0.0) < 5.0);
    }

    #[test]
    fn a_complete_graph_orders_at_its_critical_temperature() {
        let at = |temperature| Source::CompleteGraph { temperature, critical: 4.0 };
        let samples = draw(&[at(1.0), at(40.0)]);
        let abs_m = |rows: std::ops::Range<usize>| {
            rows.map(|row| magnetisation(&samples, row).abs()).sum::<f64>() / 4000.0
        };
        assert!(abs_m(0..4000) > 0.99 && abs_m(4000..8000) < 0.2);
    }
}
