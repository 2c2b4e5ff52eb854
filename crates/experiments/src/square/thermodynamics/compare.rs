//! How far our RBMs and the published ones are from the exact values, and what the source says.

use super::rbms::{ExactTorus, OBSERVABLES, Trial, Trials};
use super::{SIDE, Settings};
use anyhow::{Context, Result};
use exact::square::critical_temperature;
use lab::published::Published;
use lab::verdict::{Ruling, above, at_most, every, if_known, near};
use lab::{Lab, Row};
use report::numbers::fixed;
use report::{Check, Claim, rough, shown};
use stats::Estimate;

const SOURCE: &str = "torlai-melko-2016";
/// How close to the exact value, as a share of it, an observable is reproduced faithfully.
const FAITHFUL: f64 = 0.05;

/// The published number of an RBM, with its error.
pub(super) fn published_number(
    of: &Published,
    hidden: usize,
    t: f64,
    observable: usize,
) -> Result<Estimate> {
    let key = format!("{SOURCE}/hidden-{hidden}");
    let [mean, error] = OBSERVABLES[observable].columns;
    let mean = of.entry(&key, t, mean)?;
    Ok(Estimate { error: of.entry(&key, t, error)?, ..Estimate::exact(mean) })
}

/// The published number of Monte Carlo.
pub(super) fn monte_carlo_value(lab: &Lab, t: f64, observable: usize) -> Result<f64> {
    lab.published.entry(&format!("{SOURCE}/monte-carlo"), t, OBSERVABLES[observable].columns[0])
}

/// How far a published number and ours are from the exact value.
pub(super) struct Deviation {
    pub(super) temperature: f64,
    pub(super) rbm: usize,
    pub(super) observable: usize,
    pub(super) exact: f64,
    /// Mean distance of an RBM from the exact value.
    pub(super) ours: Estimate,
    /// Their distance, with their error.
    pub(super) theirs: Estimate,
}

/// Which is closer to the exact value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    Closer,
    Alike,
    Farther,
}

impl Outcome {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Closer => "closer",
            Self::Alike => "alike",
            Self::Farther => "farther",
        }
    }
}

impl Deviation {
    /// A distance cannot be known to be smaller than its error.
    pub(super) fn theirs_at_least(&self) -> f64 {
        self.theirs.mean.max(self.theirs.error)
    }

    /// Ours over theirs.
    pub(super) fn ratio(&self) -> f64 {
        self.ours.mean / self.theirs_at_least()
    }

    pub(super) fn outcome(&self) -> Outcome {
        /// Errors up to which two distances cannot be told apart.
        const ALIKE: f64 = 2.0;
        let excess = self.ours.mean - self.theirs_at_least();
        let error = self.ours.error.hypot(self.theirs.error);
        match excess {
            e if e < 0.0 => Outcome::Closer,
            e if e <= ALIKE * error => Outcome::Alike,
            _ => Outcome::Farther,
        }
    }
}

/// Ours beside all published numbers, by observable, RBM and temperature.
pub(super) fn deviations(lab: &Lab, s: &Settings, trials: &Trials) -> Result<Vec<Deviation>> {
    let of = |(observable, rbm, row): (usize, usize, Row<'_, ExactTorus, Trial>)| {
        let (exact, hidden) = (row.exact[observable], s.rbms[rbm].hidden);
        let distance = |found: Estimate| Estimate { mean: (found.mean - exact).abs(), ..found };
        let own = |trial: &Trial| (OBSERVABLES[observable].of)(&trial.rbms[rbm].means);
        let (temperature, ours) = (row.temperature, row.mean(|trial| distance(own(trial))));
        let theirs = distance(published_number(&lab.published, hidden, temperature, observable)?);
        Ok(Deviation { temperature, rbm, observable, exact, ours, theirs })
    };
    let pairs = (0..OBSERVABLES.len()).flat_map(|o| (0..s.rbms.len()).map(move |rbm| (o, rbm)));
    pairs.flat_map(|(o, rbm)| trials.rows().map(move |row| (o, rbm, row))).map(of).collect()
}

pub(super) fn claims(
    lab: &Lab,
    s: &Settings,
    trials: &Trials,
    deviations: &[Deviation],
) -> Result<[Claim; 2]> {
    Ok([reproduces(lab, s, deviations)?, neurons(lab, s, trials)?])
}

/// Our largest RBM against exact values, at all temperatures.
fn reproduces(lab: &Lab, s: &Settings, deviations: &[Deviation]) -> Result<Claim> {
    let largest = s.rbms.len() - 1;
    let share = |d: &Deviation| d.ours / d.exact.abs();
    let farthest = |rbm: usize, observable: usize| {
        let of = deviations.iter().filter(move |d| (d.rbm, d.observable) == (rbm, observable));
        of.max_by(|a, b| share(a).mean.total_cmp(&share(b).mean))
    };
    let of_largest = deviations.iter().filter(|d| d.rbm == largest);
    let worst = of_largest.clone().max_by(|a, b| share(a).mean.total_cmp(&share(b).mean));
    let worst = worst.context("no temperature")?;
    let name = |d: &Deviation| {
        let (symbol, hidden) = (OBSERVABLES[d.observable].symbol, s.rbms[d.rbm].hidden);
        format!("{symbol} at T = {}, N = {hidden}", d.temperature)
    };
    let claim = lab.says(&format!("{SOURCE}/reproduces"))?.judged(
        faithful(of_largest.map(share)).showing(share(worst)),
        format!("largest distance from the exact value, as a share of it: {}", name(worst)),
        format!(
            "{} temperatures, E, |m| and C; what is faithful is not said, {FAITHFUL} is ours.",
            s.temperatures.len()
        ),
    );
    let others = (0..s.rbms.len())
        .flat_map(|rbm| (0..OBSERVABLES.len()).filter_map(move |o| farthest(rbm, o)))
        .flat_map(|d| {
            let name = name(d);
            [
                (format!("{name}, ours"), share(d)),
                (format!("{name}, published"), d.theirs / d.exact.abs()),
            ]
        });
    Ok(others.fold(claim, |claim, (name, share)| claim.and(name, Some(share))))
}

/// Are all shares by which observables are off small?
fn faithful(shares: impl Iterator<Item = Estimate>) -> Ruling {
    every(
        shares.map(|share| near(share, 0.0, FAITHFUL)),
        format!(
            "each observable at each temperature within a share of {FAITHFUL} of its exact value, beyond errors"
        ),
    )
}

/// Where an RBM of fixed size is worst: at T_c, if criticality is what takes hidden units.
fn neurons(lab: &Lab, s: &Settings, trials: &Trials) -> Result<Claim> {
    let nearest = s.temperatures.nearest(critical_temperature());
    let t = s.temperatures[nearest];
    let kl = |rbm: usize| -> Vec<Estimate> {
        trials.rows().map(|row: Row<'_, _, Trial>| row.mean(|trial| trial.rbms[rbm].kl)).collect()
    };
    let all_kl: Vec<Vec<Estimate>> = (0..s.rbms.len()).map(kl).collect();
    let words = s.rbms.iter().zip(&all_kl).map(|(rbm, kl)| {
        let [first, last] = [kl[0], kl[kl.len() - 1]].map(shown);
        format!("N = {}: {first}, {} and {last}", rbm.hidden, shown(kl[nearest]))
    });
    let claim = lab.says(&format!("{SOURCE}/neurons"))?.judged(
        hardest_at(nearest, &all_kl),
        format!("KL per spin at $T = {t}$ minus the largest at another temperature, smallest RBM"),
        format!(
            "KL per spin in nats at T = {}, {t} and {}: {}. Above $T_c$ small RBMs cannot represent all couplings of neighbours, two a spin",
            s.temperatures.lowest(),
            s.temperatures.highest(),
            words.collect::<Vec<_>>().join("; ")
        ),
    );
    let rest = s.rbms.iter().zip(&all_kl).skip(1);
    let rest = rest.map(|(rbm, kl)| (format!("the same, N = {}", rbm.hidden), excess(nearest, kl)));
    Ok(claim.and_all(rest))
}

/// The divergence at one temperature minus the largest at another.
fn excess(at: usize, kl: &[Estimate]) -> Option<Estimate> {
    let others = kl.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, kl)| *kl);
    let largest = others.max_by(|a, b| a.mean.total_cmp(&b.mean))?;
    Some(kl[at] - largest)
}

/// Has every RBM its largest divergence at this temperature? The substance is that it grows up to there from the cold.
fn hardest_at(at: usize, kl: &[Vec<Estimate>]) -> Ruling {
    let ruling = |kl: &Vec<Estimate>| {
        if_known(excess(at, kl), |excess| above(excess, 0.0), "it would take two temperatures")
    };
    let rises = |kl: &Vec<Estimate>| above(kl[at] - kl[0], 0.0).is() == Some(true);
    let failing = |kl: &&Vec<Estimate>| ruling(kl).is() == Some(false);
    every(
        kl.iter().map(ruling),
        "every RBM diverges most at the temperature nearest to T_c, beyond errors",
    )
    .corrected_if(
        kl.iter().filter(failing).all(rises),
        "from the cold up to $T_c$ it takes more, but above no fewer",
    )
}

/// Published Monte Carlo against exact values: how far a finite run of theirs is off.
pub(super) fn monte_carlo(lab: &Lab, trials: &Trials) -> Result<Check> {
    /// As far as the specific heat of 20,000 independent configurations scatters, the root of two over their number.
    const OFF: f64 = 0.01;
    let off = |(row, number): (Row<'_, ExactTorus, Trial>, usize)| {
        let (t, exact, symbol) = (row.temperature, row.exact[number], OBSERVABLES[number].symbol);
        let published = monte_carlo_value(lab, t, number)?;
        let words = format!("{symbol} at T = {t}: {published} instead of {}", fixed(exact, 5));
        Ok(((published - exact).abs() / exact.abs(), words))
    };
    let all = trials.rows().flat_map(|row| (0..OBSERVABLES.len()).map(move |number| (row, number)));
    let all = all.map(off).collect::<Result<Vec<(f64, String)>>>()?;
    let worst = all.iter().max_by(|a, b| a.0.total_cmp(&b.0)).context("no temperature")?;
    Ok(at_most(worst.0, OFF).check(
        "monte-carlo",
        "The published means by Monte Carlo, which have no errors, are the exact ones but for a finite run.",
        format!("largest relative distance from the exact value, L = {SIDE}"),
        format!("{}, off by {}", worst.1, rough(worst.0)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::Verdict::{Contradicted, Corrected, Reproduced, Undecided};

    fn e(mean: f64, error: f64) -> Estimate {
        Estimate { error, ..Estimate::exact(mean) }
    }

    #[test]
    fn a_lucky_number_is_worth_its_error() {
        let deviation = |ours: [f64; 2], theirs: [f64; 2]| Deviation {
            temperature: 1.0,
            rbm: 0,
            observable: 0,
            exact: -1.0,
            ours: e(ours[0], ours[1]),
            theirs: e(theirs[0], theirs[1]),
        };
        assert_eq!(deviation([0.1, 0.01], [0.2, 0.01]).outcome(), Outcome::Closer);
        // Their distance is 0 by chance: it could as well be 0.2.
        assert_eq!(deviation([0.1, 0.01], [0.0, 0.2]).outcome(), Outcome::Closer);
        assert_eq!(deviation([0.1, 0.01], [0.0, 0.2]).ratio(), 0.5);
        assert_eq!(deviation([0.22, 0.01], [0.2, 0.01]).outcome(), Outcome::Alike);
        assert_eq!(deviation([0.3, 0.01], [0.2, 0.01]).outcome(), Outcome::Farther);
    }

    #[test]
    fn faithful_is_close_beyond_errors() {
        let verdict = |shares: [Estimate; 2]| faithful(shares.into_iter()).verdict;
        assert_eq!(verdict([e(0.01, 0.001), e(0.02, 0.005)]), Reproduced);
        assert_eq!(verdict([e(0.01, 0.001), e(0.1, 0.005)]), Contradicted);
        assert_eq!(verdict([e(0.01, 0.001), e(0.04, 0.005)]), Undecided);
    }

    #[test]
    fn where_small_rbms_are_worst() {
        let verdict =
            |kl: [f64; 3], error| hardest_at(1, &[kl.map(|kl| e(kl, error)).to_vec()]).verdict;
        assert_eq!(verdict([0.0, 0.2, 0.1], 1e-3), Reproduced);
        assert_eq!(verdict([0.0, 0.1, 0.2], 1e-3), Corrected);
        assert_eq!(verdict([0.2, 0.1, 0.0], 1e-3), Contradicted);
        assert_eq!(verdict([0.0, 0.1, 0.2], 0.1), Undecided);
        assert_eq!(hardest_at(0, &[vec![e(0.1, 0.0)]]).verdict, Undecided);
    }
}
