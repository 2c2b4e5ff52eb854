//! What `flow-controls` says of the source: its conclusion about thermometers, its readings, its magnetisations, its training.

use super::settings::{DataSet, Units};
use super::{FlowCase, FlowRow, NETWORK, STARTS, Settings, Study, abs_m, read, with_temperature};
use crate::square::thermometers::Thermometer;
use anyhow::{Context, Result};
use exact::square::critical_temperature;
use lab::Lab;
use lab::verdict::{self, Ruling};
use report::{Claim, shown};
use stats::Estimate;

/// Where a flow ends, in words.
fn end_of(study: &Study<'_>, of: FlowRow<'_>) -> String {
    format!("{}, L = {}, from T = {}", of.name(), study.p.side, STARTS[of.start])
}

/// Whether the network and a physical thermometer disagree beyond errors on being at T_c, in any case.
pub(super) fn accuracy(studies: &[Study<'_>]) -> Ruling {
    let counts = studies.iter().map(Study::agreement);
    let (alike, differ) = counts.fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
    let ends: usize = studies.iter().map(|study| study.ends().count()).sum();
    disagree(alike, differ, ends * Thermometer::PHYSICAL.len())
}

/// Whether two instruments disagree, from how often they agree and disagree beyond errors, of so many cases.
fn disagree(alike: usize, differ: usize, of: usize) -> Ruling {
    let rule = format!(
        "network and a physical thermometer disagree beyond errors on whether an end is at T_c in {differ} of {of} cases, agree in {alike}"
    );
    match differ == 0 && alike < of {
        true => verdict::undecided(None, rule + "; the errors would have to be smaller"),
        false => verdict::holds(differ > 0, rule),
    }
}

pub(super) fn thermometer(lab: &Lab, studies: &[Study<'_>], ruling: Ruling) -> Result<Claim> {
    let gap = |study: &Study<'_>, by| study.gap(study.own()?, by);
    let first = studies.first().context("tori is empty")?;
    let of_first = "distance from $T_c$ by the network less that by the";
    let found = ruling.showing(gap(first, Thermometer::CorrelationLength));
    let claim = lab.says("veiga-2020/thermometer")?.judged(
        found,
        format!("{of_first} correlation length, J/k_B, at the end of the flow of the source's RBM from T = 0, L = {}", first.p.side),
        format!(
            "A network is at $T_c$ when it reads an end as it reads configurations at $T_c$, within the spacing of its scale, {}; a physical thermometer within the shift of this torus' maximum of the specific heat, {:.3}.",
            first.p.temperatures.widest_gap(), first.shift
        ),
    );
    let all = studies.iter().flat_map(|study| Thermometer::PHYSICAL.map(|by| (study, by)));
    let others = all.filter(|(study, by)| {
        study.p.side != first.p.side || *by != Thermometer::CorrelationLength
    });
    let gaps = others.map(|(study, by)| {
        (format!("{of_first} {}, L = {}", by.name(), study.p.side), gap(study, by))
    });
    let with_one = studies.iter().map(|study| {
        let (of, side) = (study.ends().count() * study.p.seeds.size(), study.p.side);
        let with: usize = study.ends().map(with_temperature).sum();
        let quantity = format!("of {of} ensembles at the end, L = {side}, with one temperature");
        (quantity, Some(with as f64))
    });
    Ok(claim.and_all(gaps).and_all(with_one))
}

/// Whether the network reads ends as at T_c: of the RBM of the torus; and of RBMs of the source's data without a lattice, beside
/// which other such RBMs stand as evidence.
pub(super) fn read_at_critical(lab: &Lab, studies: &[Study<'_>]) -> Result<Vec<Claim>> {
    let ends = || studies.iter().flat_map(|study| study.binary().map(move |of| (study, of)));
    type Which<'a> = &'a dyn Fn(&FlowCase) -> bool;
    let claim = |key: &str, of_source: Which<'_>, beside: Which<'_>| -> Result<Option<Claim>> {
        let judged: Vec<_> = ends().filter(|(_, of)| of_source(of.case)).collect();
        let Some(&(study, first)) = judged.first() else { return Ok(None) };
        let rulings: Vec<Ruling> =
            judged.iter().map(|(study, of)| study.is_critical(*of, NETWORK)).collect();
        let at = rulings.iter().filter(|ruling| ruling.is() == Some(true)).count();
        let count = rulings.len();
        let peaks = judged.iter().all(|(study, of)| {
            (study.peak(*of) - critical_temperature()).abs() <= study.p.temperatures.widest_gap()
        });
        let mut differs = judged
            .iter()
            .filter_map(|(study, of)| study.p.differs(&study.p.trainings[of.rbm.training]));
        let rule = format!(
            "within the spacing of the scale of what it reads at T_c, beyond errors, in each of {count} flows"
        );
        let ruling = verdict::every(rulings, rule)
            .corrected_if(at > 0, format!("in {at} of {count} flows"))
            .corrected_if(peaks, "its distribution over the scale is largest next to T_c")
            .unless(differs.next());
        let claim = lab.says(key)?.judged(
            ruling.showing(read(first, NETWORK)),
            format!("temperature by the network at the end, {}", end_of(study, first)),
            format!(
                "The network reads configurations at $T_c$ as {}; its distribution is largest at T = {}; of {} physical thermometers {} agree with $T_c$ beyond errors, {} disagree.",
                shown(study.critical[0]),
                study.peak(first),
                Thermometer::PHYSICAL.len(),
                study.physical(first).0,
                study.physical(first).1
            ),
        );
        let others = judged.into_iter().skip(1).chain(ends().filter(|(_, of)| beside(of.case)));
        Ok(Some(claim.and_all(others.map(|(study, of)| (end_of(study, of), read(of, NETWORK))))))
    };
    let of_torus = |path: &FlowCase| path.rbm.data == DataSet::Torus && !path.is_redrawn;
    let of_source = |path: &FlowCase| matches!(path.rbm.data, DataSet::Ends | DataSet::MeanField);
    let claims = [
        claim("veiga-2020/flows-to-tc", &of_torus, &|_| false)?,
        claim("veiga-2020/no-lattice", &of_source, &|path| !of_torus(path) && !of_source(path))?,
    ];
    Ok(claims.into_iter().flatten().collect())
}

/// One run of the source: one more draw, with the spread of our seeds beside the error of their mean.
fn one_run(found: Estimate, published: f64, resolution: f64) -> Ruling {
    let error = found.error * (found.count as f64 + 1.0).sqrt();
    let agrees = verdict::agrees(Estimate { error, ..found }, published, resolution);
    let rule = format!("{}; the source's one run counts as one more draw like ours", agrees.rule);
    Ruling { rule, ..agrees }.showing(found)
}

/// |m| at the ends of flows beside the source's, where it has one.
pub(super) fn m_star(lab: &Lab, s: &Settings, studies: &[Study<'_>]) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for study in studies {
        for cold in study.binary().filter(|of| of.start == 0) {
            let training = &study.p.trainings[cold.rbm.training];
            let key = if cold.is_redrawn { &study.p.m_star_redrawn } else { &training.m_star };
            if key.is_empty() {
                continue;
            }
            let same = |of: &FlowRow<'_>| of.name() == cold.name();
            let published = lab.published.value(key)?;
            // So that it is told from that of configurations at T_c.
            let resolution = (published - study.abs_m.mean).abs();
            let found = study.binary().filter(same).filter_map(abs_m);
            let ruling = verdict::all(found.map(|m| one_run(m, published, resolution)));
            let claim = lab.says(key)?.judged(
                ruling.showing(abs_m(cold)).unless(study.p.differs(training)),
                format!("|m| after {} steps, units 0/1, {}", s.steps, end_of(study, cold)),
                format!("From both starts. Configurations at $T_c$ have {}.", shown(study.abs_m)),
            );
            let others = study.ends().filter(same);
            let others = others.filter(|of| of.rbm.units != Units::Binary || of.start != 0);
            claims.push(claim.and_all(others.map(|of| {
                let start = STARTS[of.start];
                (format!("units {}, from T = {start}", of.rbm.units.name()), abs_m(of))
            })));
        }
    }
    Ok(claims)
}

/// By how much the source's shares of changed units differ from data set to data set, at least about.
const TOLD_APART: f64 = 0.05;

/// The share of units that a step changes beside the source's, where it has one: whether the RBMs are the same.
pub(super) fn reconstruction(lab: &Lab, studies: &[Study<'_>]) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for study in studies {
        for (training, found) in study.p.trainings.iter().zip(&study.changed) {
            let key = &training.reconstruction;
            if key.is_empty() {
                continue;
            }
            let (data, side) = (training.data.name(), study.p.side);
            let ruling = one_run(*found, lab.published.value(key)?, TOLD_APART);
            claims.push(lab.says(key)?.judged(
                ruling.unless(study.p.differs(training)),
                format!(
                    "share of units that one sampled step changes, units 0/1, {data}, L = {side}"
                ),
                format!("{} seeds.", study.p.seeds),
            ));
        }
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::Verdict;

    #[test]
    fn instruments_disagree_once_errors_allow() {
        let verdict = |alike, differ| disagree(alike, differ, 4).verdict;
        assert_eq!([verdict(0, 0), verdict(3, 0)], [Verdict::Undecided; 2]);
        assert_eq!(verdict(4, 0), Verdict::Contradicted);
        assert_eq!([verdict(3, 1), verdict(0, 1)], [Verdict::Reproduced; 2]);
    }

    #[test]
    fn one_run_has_the_spread_of_seeds() {
        let found = Estimate { error: 0.01, count: 24, ..Estimate::exact(0.5) };
        // The error of the difference is 5 times that of the mean: it reaches 0.25.
        let verdict = |published, resolution| one_run(found, published, resolution).verdict;
        assert_eq!(verdict(0.7, 0.3), Verdict::Reproduced);
        assert_eq!(verdict(0.7, 0.2), Verdict::Undecided);
        assert_eq!(verdict(0.8, 0.3), Verdict::Contradicted);
        assert_eq!(one_run(found, 0.7, 0.3).found, Some(found));
    }
}
