//! Whether ends of flows come closer to T_c on larger tori, and what they tend to.

use super::Settings;
use super::cells::Size;
use crate::square::thermometers::{NAMES, with_temperature};
use anyhow::{Context, Result};
use exact::square::critical_temperature;
use lab::Run;
use lab::parts::*;
use lab::published::Finding;
use report::content::{Claim, Verdict};
use stats::Estimate;

const ENERGY: usize = 0;
const NETWORK: usize = 4;

/// How the end depends on 1/L, by one thermometer from one start.
struct Trend {
    /// Distances from T_c on the smallest and the largest torus; of the network from what it reads at T_c.
    smallest: Estimate,
    largest: Estimate,
    /// What a straight line in 1/L through all sides tends to, as a distance from T_c.
    limit: Estimate,
}

fn trend(sizes: &[Size], start: usize, thermometer: usize) -> Option<Trend> {
    let distance = |size: &Size| {
        let e = size.trained(start, thermometer)?;
        let from = match thermometer {
            NETWORK => size.network_at_critical,
            _ => Estimate::exact(critical_temperature()),
        };
        Some(e - from)
    };
    let distances: Vec<Estimate> = sizes.iter().map(distance).collect::<Option<_>>()?;
    let points = sizes.iter().zip(&distances).map(|(size, e)| (1.0 / size.side as f64, *e));
    Some(Trend {
        smallest: *distances.first()?,
        largest: *distances.last()?,
        limit: intercept(&points.collect::<Vec<_>>()),
    })
}

/// The weighted straight line at x = 0.
fn intercept(points: &[(f64, Estimate)]) -> Estimate {
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        points.iter().map(|(x, e)| of(*x, e.mean) / (e.error * e.error)).sum()
    };
    let (s, sx, sxx) = (sum(&|_, _| 1.0), sum(&|x, _| x), sum(&|x, _| x * x));
    let (sy, sxy) = (sum(&|_, y| y), sum(&|x, y| x * y));
    let determinant = s * sxx - sx * sx;
    let mean = (sxx * sy - sx * sxy) / determinant;
    Estimate { mean, error: (sxx / determinant).sqrt(), tau: 0.5, count: points.len() as u64 }
}

impl Trend {
    /// Whether the largest torus is closer to T_c than the smallest, beyond five errors.
    fn comes_closer(&self) -> bool {
        let error = self.smallest.error.hypot(self.largest.error);
        self.largest.mean.abs() + SIGMAS * error < self.smallest.mean.abs()
    }

    fn goes_away(&self) -> bool {
        let error = self.smallest.error.hypot(self.largest.error);
        self.largest.mean.abs() > self.smallest.mean.abs() + SIGMAS * error
    }

    /// Reproduced where the ends come closer and tend to T_c, or are there already; not comparable where they may be, but five
    /// errors are more than `resolution`.
    fn verdict(&self, resolution: f64) -> Verdict {
        let at_critical = self.largest.sigmas_from(0.0) <= SIGMAS;
        match (self.comes_closer(), self.limit.sigmas_from(0.0) <= SIGMAS) {
            (true, true) => Verdict::Reproduced,
            (true, false) => Verdict::Corrected,
            (false, _) if self.goes_away() || !at_critical => Verdict::Contradicted,
            (false, _) if SIGMAS * self.largest.error > resolution => Verdict::NotComparable,
            (false, _) => Verdict::Reproduced,
        }
    }

    fn in_words(&self) -> &'static str {
        match (self.comes_closer(), self.goes_away()) {
            (true, _) => "comes closer to",
            (_, true) => "moves away from",
            _ => "keeps its distance, within the errors, from",
        }
    }
}

pub(super) fn claims(run: &Run, settings: &Settings, sizes: &[Size]) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    let largest = sizes.last().context("no torus")?;
    let smallest = sizes.first().context("no torus")?;
    for (start, key) in [(0, "cold"), (1, "hot")] {
        for (thermometer, name) in [(ENERGY, "energy"), (NETWORK, "network")] {
            let Some(trend) = trend(sizes, start, thermometer) else { continue };
            let Some(value) = largest.trained(start, thermometer) else { continue };
            let read = (0..NAMES.len()).filter_map(|number| {
                Some(format!("{} {}", NAMES[number], shown(largest.trained(start, number)?)))
            });
            let count = with_temperature(&largest.ends[largest.ends.len() - 1][start]);
            let reason = format!(
                "From L = {} to {} the distance from {} goes from {} to {}, so that the end {} it; a line in 1/L tends to {}. At L = {} thermometers read {}, and {count} of {} ensembles have one temperature; the maximum of the specific heat is at {:.3}.",
                smallest.side,
                largest.side,
                if thermometer == NETWORK {
                    "what the network reads of configurations at $T_c$"
                } else {
                    "$T_c$"
                },
                shown(trend.smallest),
                shown(trend.largest),
                trend.in_words(),
                shown(trend.limit),
                largest.side,
                read.collect::<Vec<_>>().join(", "),
                settings.seeds,
                largest.specific_heat_peak,
            );
            let quantity = format!(
                "{name} temperature after {} steps from T = {}, L = {}, N = {}",
                settings.steps,
                settings.starts()[start],
                largest.side,
                largest.hidden
            );
            let finding =
                Finding { value, quantity, verdict: trend.verdict(settings.resolution()), reason };
            let id = format!("flow-large/{name}-{key}");
            claims.push(run.published.claim(&id, "iso-2018/flows-to-tc", finding)?);
        }
    }
    Ok(claims)
}

/// Whether ends tend to T_c, by energy and network from both starts.
pub(super) fn headline(settings: &Settings, sizes: &[Size]) -> String {
    let trends: Vec<Trend> = [(0, ENERGY), (1, ENERGY), (0, NETWORK), (1, NETWORK)]
        .into_iter()
        .filter_map(|(start, thermometer)| trend(sizes, start, thermometer))
        .collect();
    let yes = trends
        .iter()
        .filter(|trend| trend.verdict(settings.resolution()) == Verdict::Reproduced)
        .count();
    let answer = match yes {
        0 => "The end of the flow does not tend to $T_c$ as the torus grows",
        yes if yes == trends.len() => "The end of the flow tends to $T_c$ as the torus grows",
        _ => {
            "Whether the end of the flow tends to $T_c$ as the torus grows depends on thermometer and start"
        }
    };
    let by_energy = sizes.iter().filter_map(|size| {
        let [cold, hot] = [size.trained(0, ENERGY)?, size.trained(1, ENERGY)?];
        Some(format!("{} and {} at L = {}", shown(cold), shown(hot), size.side))
    });
    format!(
        "{answer}: by the energy, from cold and hot starts, it is {} (rate × updates {:.0}).",
        by_energy.collect::<Vec<_>>().join(", "),
        settings.time(settings.epochs[settings.epochs.len() - 1])
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_continued_to_infinite_size() {
        let point = |x: f64, error| (x, Estimate { error, ..Estimate::exact(0.3 - 2.0 * x) });
        let found = intercept(&[point(0.1, 0.01), point(0.05, 0.02), point(0.02, 0.03)]);
        assert!((found.mean - 0.3).abs() < 1e-12);
        // Of two points: the errors' lever arms.
        let two = intercept(&[point(0.2, 0.01), point(0.1, 0.01)]);
        assert!((two.error - 0.01 * 5.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn verdicts_follow_the_trend() {
        let of = |smallest: f64, largest: f64, limit: f64| {
            let e = |mean| Estimate { error: 0.01, ..Estimate::exact(mean) };
            Trend { smallest: e(smallest), largest: e(largest), limit: e(limit) }.verdict(0.25)
        };
        assert_eq!(of(-0.4, -0.2, 0.0), Verdict::Reproduced);
        assert_eq!(of(-0.4, -0.2, -0.1), Verdict::Corrected);
        assert_eq!(of(-0.2, -0.4, 0.0), Verdict::Contradicted);
        assert_eq!(of(-0.4, -0.4, -0.4), Verdict::Contradicted);
        assert_eq!(of(0.01, 0.01, 0.01), Verdict::Reproduced);
    }
}
