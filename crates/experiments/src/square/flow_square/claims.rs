//! What `flow-square` says of the sources' statements about ends of flows, and its own checks of these ends.

use super::flows::{FlowCase, FlowEndpoint, Results, by, network};
use super::{TrainingSet, rule_name, unlike, weights};
use crate::square::thermometers::{LEVEL, Thermometer, has_temperature, on_scale, passes};
use crate::square::unlike_veiga;
use anyhow::{Context, Result};
use exact::square::critical_temperature;
use flow::Rule;
use lab::Lab;
use lab::verdict::{self, Ruling};
use report::{Check, Claim, list, shown};
use stats::Estimate;

/// How close to a temperature a reading of a physical thermometer must be to be one of it, J / k_B: the network's are judged by
/// the spacing of its scale.
const RESOLUTION: f64 = 0.05;

pub(super) fn claims(lab: &Lab, r: &Results<'_>) -> Result<Vec<Claim>> {
    let of_high = at_critical(r, TrainingSet::H, Rule::Mean)?;
    let not_of_high = at_critical(r, TrainingSet::H, Rule::Sampled)?
        .negated("network from both starts not at its reading of $T_c$, by more than the spacing of its scale");
    let unlike_the_veiga_rbm = unlike_veiga(&r.s.train, r.s.side.size());
    let mut claims = vec![
        flows_to_critical(lab, r)?,
        sampled_flows_to_critical(lab, r)?,
        high(lab, r, "iso-2018/high-flows-to-tc", Rule::Mean, of_high)?,
        high(lab, r, "veiga-2020/high", Rule::Sampled, not_of_high.unless(unlike_the_veiga_rbm))?,
        low(lab, r)?,
        hidden(lab, r)?,
        opposite_to_rg(lab, r)?,
    ];
    claims.extend(weights::spectra(lab, r)?);
    claims.extend(weights::maps(lab, r)?);
    claims.push(weights::coarse_graining(lab, r)?);
    Ok(claims)
}

/// Whether the network reads ends from both sides as it reads configurations at T_c, within the spacing of its scale.
fn at_critical(r: &Results<'_>, set: TrainingSet, rule: Rule) -> Result<Ruling> {
    let (place, spacing) = (r.network_at_critical()?, r.s.temperatures.widest_gap());
    let near = |start| Ok(verdict::near(network(r.end(set, rule, start)?), place, spacing));
    let near = r.s.extremes().map(near).into_iter().collect::<Result<Vec<Ruling>>>()?;
    let place = shown(place);
    Ok(verdict::every(
        near,
        format!("network from both starts within {spacing} of its reading at $T_c$, {place}"),
    ))
}

/// The network's temperature at an end, in words.
fn quantity(end: FlowEndpoint<'_>) -> String {
    let (set, hidden, rule) = (end.set.name(), end.hidden, rule_name(end.rule));
    format!(
        "network temperature, {rule} rule from $T = {}$, trained on {set}, N = {hidden}",
        end.start
    )
}

/// A claim with what the network read of the units as they are, and one with what physical thermometers read of spins.
fn with_network(claim: Claim, end: FlowEndpoint<'_>) -> Claim {
    claim.and(quantity(end), Some(network(end)))
}

fn with_physical(claim: Claim, end: FlowEndpoint<'_>) -> Claim {
    claim.and_all(Thermometer::PHYSICAL.map(|of| {
        let (name, rule) = (of.name(), rule_name(end.rule));
        (format!("{name}, {rule} rule from $T = {}$", end.start), by(of, end))
    }))
}

/// V by both rules from both sides, by the network, which is the source's thermometer; four physical ones are evidence.
fn flows_to_critical(lab: &Lab, r: &Results<'_>) -> Result<Claim> {
    let flows: Vec<(Rule, f64)> = r.s.rules_and_extremes().collect();
    let ends: Vec<FlowEndpoint<'_>> = flows
        .iter()
        .map(|&(rule, start)| r.end(TrainingSet::V, rule, start))
        .collect::<Result<_>>()?;
    let while_training =
        |rule, read: fn(FlowEndpoint<'_>) -> Option<Estimate>| -> Vec<(f64, f64)> {
            let ends = r.while_training(rule, r.s.starts.lowest());
            ends.filter_map(|end| Some((end.time, read(end)?.mean))).collect()
        };
    let by_network = while_training(Rule::Mean, |end| Some(network(end)));
    let passing = passes(&by_network, r.network_at_critical()?.mean);
    let by_energy = while_training(Rule::Sampled, |end| by(Thermometer::Energy, end));
    let by_energy = passes(&by_energy, critical_temperature());
    let rulings = [
        at_critical(r, TrainingSet::V, Rule::Mean)?,
        at_critical(r, TrainingSet::V, Rule::Sampled)?,
    ];
    let ruling = verdict::all(rulings)
        .corrected_if(passing.is_some(), passing.unwrap_or_default())
        .unless(unlike(r.s, TrainingSet::V, [0.0, 6.0]));
    let claim = lab.says("iso-2018/flows-to-tc")?.judged(
        ruling.showing(network(ends[0])),
        quantity(ends[0]),
        format!(
            "{} steps; {}. $T_c$ by the energy, sampled rule, cold start: {}.",
            r.s.steps,
            r.s.training(),
            by_energy.unwrap_or("during training it is not crossed".into())
        ),
    );
    let claim = ends[1..].iter().copied().fold(claim, with_network);
    Ok(ends.into_iter().fold(claim, with_physical))
}

/// V by the sampled rule and the network, as in Veiga and Vicente's code.
fn sampled_flows_to_critical(lab: &Lab, r: &Results<'_>) -> Result<Claim> {
    let [cold, hot] = r.s.extremes();
    let (cold, hot) =
        (r.end(TrainingSet::V, Rule::Sampled, cold)?, r.end(TrainingSet::V, Rule::Sampled, hot)?);
    let differs =
        unlike_veiga(&r.s.train, r.s.side.size()).or(unlike(r.s, TrainingSet::V, [0.0, 6.0]));
    let claim = lab.says("veiga-2020/flows-to-tc")?.judged(
        at_critical(r, TrainingSet::V, Rule::Sampled)?.unless(differs),
        quantity(cold),
        format!("{} steps. Experiment `flow-controls` has the RBM of the source.", r.s.steps),
    );
    Ok(with_network(claim, hot))
}

/// H by one rule.
fn high(lab: &Lab, r: &Results<'_>, key: &str, rule: Rule, ruling: Ruling) -> Result<Claim> {
    let [cold, hot] = r.s.extremes();
    let (cold, hot) = (r.end(TrainingSet::H, rule, cold)?, r.end(TrainingSet::H, rule, hot)?);
    let claim = lab.says(key)?.judged(
        ruling.unless(unlike(r.s, TrainingSet::H, [4.0, 6.0])).showing(network(hot)),
        quantity(hot),
        format!("{} steps; {}.", r.s.steps, r.s.training()),
    );
    Ok(with_physical(with_network(claim, cold), hot))
}

/// L by the mean rule and the network, from the hottest start.
fn low(lab: &Lab, r: &Results<'_>) -> Result<Claim> {
    let end = r.end(TrainingSet::L, Rule::Mean, r.s.starts.highest())?;
    let coldest = r.equilibrium.rows().next().context("nothing was held out")?;
    let genuine = coldest.mean(|[network, ..]| *network);
    let near = verdict::near(network(end), genuine, r.s.temperatures.widest_gap());
    let claim = lab.says("iso-2018/low-flows-to-zero")?.judged(
        near.unless(unlike(r.s, TrainingSet::L, [0.0, 0.0])),
        quantity(end),
        format!(
            "The network reads configurations of $T = {}$ as {}.",
            coldest.case,
            shown(genuine)
        ),
    );
    Ok(claim.and("|m|", Some(end.mean(|step| step.abs_m))))
}

/// The end by the mean rule and the network against the number of hidden units, from both sides.
fn hidden(lab: &Lab, r: &Results<'_>) -> Result<Claim> {
    let (sites, shown_size) = (r.s.side.size().pow(2), r.s.train.hidden);
    let many = r.s.hidden.iter().copied().max().unwrap_or(0);
    let least = r.s.hidden.iter().copied().min().unwrap_or(0);
    let few = if shown_size < many { shown_size } else { least };
    let (mut rises, mut above, mut evidence) = (Vec::new(), Vec::new(), Vec::new());
    for start in r.s.extremes() {
        let end = |hidden| r.end_of(TrainingSet::V, hidden, Rule::Mean, start).map(network);
        let (change, height) = (end(many)? - end(few)?, end(many)? - r.network_at_critical()?);
        rises.push(verdict::above(change, 0.0));
        above.push(verdict::above(height, 0.0));
        evidence.push((format!("N = {many} minus N = {few}, from $T = {start}$"), change));
        evidence
            .push((format!("N = {many} minus the reading at $T_c$, from $T = {start}$"), height));
    }
    let is_higher = verdict::all(rises.clone()).is() == Some(true);
    let differs = (many <= sites || few >= sites).then(|| {
        let sizes = list(r.s.hidden.iter());
        format!("the source has more and fewer hidden units than sites, here of {sites} sites N = {sizes}")
    });
    let rulings = rises.into_iter().chain(above);
    let ruling = verdict::every(
        rulings,
        "from both starts higher with more hidden units, and above the reading at $T_c$",
    )
    .corrected_if(is_higher, "it lies higher, but not above $T_c$")
    .unless(differs);
    let (first, change) = evidence.remove(0);
    let claim = lab.says("iso-2018/many-hidden")?.judged(
        ruling.showing(change),
        format!("network temperature, mean rule: {first}"),
        "Read of the expectations as they are.",
    );
    Ok(claim.and_all(evidence.into_iter().map(|(what, found)| (what, Some(found)))))
}

fn opposite_to_rg(lab: &Lab, r: &Results<'_>) -> Result<Claim> {
    let start = r.s.starts.highest();
    let is =
        |of: &FlowCase| of.set == TrainingSet::V && (of.rule, of.start) == (Rule::Sampled, start);
    let flow = r.every_step.find(is).context("a flow was not read")?;
    let change = flow.mean(|steps| steps[1].network_temperature() - steps[0].network_temperature());
    let differs = "RG halves the length and compares $K'$ with K; the flow changes no length";
    Ok(lab.says("iso-2018/opposite-to-rg")?.judged(
        verdict::not_comparable(change, differs),
        format!("change of network temperature in the first step, sampled rule from $T = {start}$"),
        "By the sampled rule the flow is the relaxation of a Markov chain to its stationary distribution.",
    ))
}

pub(super) fn checks(r: &Results<'_>) -> [Check; 1] {
    [no_temperature(r)]
}

/// How far apart the ends of V are by the energy, over all starts, and whether that is beyond errors.
pub(super) fn dependence_on_start(r: &Results<'_>) -> String {
    let kinds = r.s.rules.iter().flat_map(|&rule| r.s.hidden.iter().map(move |&n| (rule, n)));
    let apart = kinds.map(|(rule, n)| {
        let ends = r.trained(TrainingSet::V, n, rule).map(|end| by(Thermometer::Energy, end));
        let ends = ends.collect::<Option<Vec<_>>>();
        let ruling = on_scale(ends, |ends| verdict::same(&ends, RESOLUTION));
        let told = ruling.among(["the same", "apart", "not told apart"]);
        let found = ruling.found.map_or("off the scale".to_owned(), shown);
        format!("{found} for N = {n} by the {} rule ({told})", rule_name(rule))
    });
    format!(
        "Hottest minus coldest end over {} starts, by the energy, in J/k_B: {}. The same within errors needs errors that reach {RESOLUTION} at most.",
        r.s.starts.len(),
        list(apart)
    )
}

/// Whether the ensembles at the end are those of the Ising model at one temperature.
fn no_temperature(r: &Results<'_>) -> Check {
    let count = |shown: bool| {
        let is = |of: &FlowCase| of.trained && of.is(TrainingSet::V, r.s.train.hidden) == shown;
        let ends: Vec<FlowEndpoint<'_>> = r.ends.filter(is).collect();
        let yes: usize = ends.iter().map(|end| end.count(has_temperature)).sum();
        (yes, ends.iter().map(|end| end.cells.len()).sum::<usize>())
    };
    let ((yes, of), (yes_of_rest, rest)) = (count(true), count(false));
    let rule = format!("all are told from Ising ensembles at the level {LEVEL}");
    verdict::holds(yes == 0, rule)
        .showing(Estimate::exact(yes as f64))
        .check(
            "no-temperature",
            "Where the flow ends, configurations have no one temperature.",
            format!("of {of} ensembles, trained on V, N = {}, how many have one", r.s.train.hidden),
            "By the two-point function, and by whether energy, |m|, correlation length and specific heat agree.",
        )
        .and(format!("of {rest} ensembles of all other RBMs"), Some(yes_of_rest as f64))
}
