//! `flow-ring`: the deterministic and the sampled flow of ring configurations, section 4.2 of the thesis.

mod figures;

use super::rings::{self, equal_weights};
use crate::stages::{MeanEnds, RingTrajectory, SampledTrajectory, train_rbm};
use anyhow::{Context, Result, ensure};
use exact::ring::{coupling_from_correlation, walls};
use exact::{Ring, enumerate, symmetric};
use ising::Samples;
use lab::kinds::{Count, Distinct, Seeds, Within};
use lab::store::Done;
use lab::verdict::{agrees, holds, not_comparable};
use lab::{Grid, Lab, Row};
use rbm::{Rbm, TrainConfig};
use report::{Claim, Section, section, shown};
use serde::{Deserialize, Serialize};
use stats::Estimate;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// M visible and N hidden units.
    visible: Count<4, 16>,
    hidden: Count<1, 64>,
    /// Couplings of the training sets, one RBM of each kind for each.
    train_couplings: Distinct<f64>,
    /// The training coupling whose flows are drawn step by step; one of the above.
    shown_coupling: f64,
    /// Couplings of the configurations that flow.
    start_couplings: Distinct<Within<0, 100>>,
    /// Configurations that flow, per start and seed.
    starts: Count<10, 10_000_000>,
    /// Steps of the sampled and of the deterministic flow.
    sampled_steps: Count<1, 100_000>,
    mean_steps: Count<1, 1_000_000>,
    /// RBMs trained by contrastive divergence: seeds, samples, epochs.
    seeds: Seeds,
    train_samples: Count<10, 10_000_000>,
    epochs: Count<1, 1_000_000>,
    train: TrainConfig,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        for k in self.train_couplings.iter() {
            ensure!(
                (0.01..=100.0).contains(k),
                "train_couplings contains {k}, but must be from 0.01 to 100"
            );
        }
        let k = self.shown_coupling;
        let trained = self.train_couplings.contains(&k);
        ensure!(trained, "shown_coupling is {k}, but must be one of train_couplings");
        let (found, hidden) = (self.train.hidden, self.hidden);
        ensure!(found == hidden.size(), "train.hidden is {found}, but hidden is {hidden}");
        self.train.check(self.visible.size())?;
        let (batch, samples) = (self.train.batch, self.train_samples);
        ensure!(
            (1..=samples.size()).contains(&batch),
            "train.batch is {batch}, but must be from 1 to {samples}"
        );
        Ok(())
    }
}

impl Settings {
    /// Steps of the sampled flow that are read: every one at first, then ever fewer, and the last.
    fn read_steps(&self) -> Vec<usize> {
        let last = self.sampled_steps.size();
        let thinning = std::iter::successors(Some(10), |step| Some(step + step / 4)).skip(1);
        let steps = (0..=10).chain(thinning).take_while(|step| *step < last);
        steps.chain([last]).collect()
    }
}

/// A training coupling, and the equal-weight RBM at its exact W(K).
struct Case {
    coupling: f64,
    weight: f64,
    kl: f64,
    rbm: Rbm,
    /// `<v v'>` of its own distribution, the same for all pairs.
    own: f64,
}

impl Case {
    fn new(s: &Settings, coupling: f64) -> Result<Self> {
        let (m, n) = (s.visible.size(), s.hidden.size());
        let (weight, kl) = equal_weights([m, n], coupling)?;
        let rbm = Rbm::uniform(m, n, weight as f32);
        let own = symmetric::visible_sum_probabilities(m, n, weight);
        Ok(Self { coupling, weight, kl, rbm, own: symmetric::pair_correlation(&own) })
    }
}

/// One RBM in one repetition, and where its flows end.
struct Flows {
    /// The deterministic flow over all starts with V != 0: root mean square spin at the end.
    mean_end: Estimate,
    /// The sampled flow from each start.
    paths: Vec<RingTrajectory>,
    /// Its last step over all starts: correlation of neighbours.
    end: Estimate,
}

/// One repetition: the equal-weight RBM from starts of its own, and one with free weights, trained on samples of its own.
struct Repetition {
    equal: Flows,
    free: Flows,
    /// KL(q || p) of the trained RBM in nats, `<v_i v_{i+1}>` of its own distribution, its largest singular value squared.
    kl: f64,
    own: f64,
    gain: f64,
    /// The end of its sampled flow read as the coupling of a ring.
    coupling: Estimate,
}

/// Which of the two RBMs of a repetition is meant.
type WhichRbm = fn(&Repetition) -> &Flows;
const EQUAL: WhichRbm = |repetition| &repetition.equal;
const FREE: WhichRbm = |repetition| &repetition.free;

/// Exact independent draws of the ring, other than those for training: `[start][repetition]`.
type Starts = Grid<f64, Done<Samples>>;

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let start_couplings = s.start_couplings.iter().map(|k| **k);
    let starts: Starts = lab.grid(start_couplings, *s.seeds, |&k, repetition| {
        let seed = lab.seed(&format!("flow-ring/starts/{k}"), repetition);
        rings::samples(lab, s.visible.size(), k, s.starts.short(), seed)
    })?;
    let cases = lab.each(&s.train_couplings, |&k| Case::new(s, k))?;
    let flows = lab.grid(cases, *s.seeds, |case, repetition| {
        Repetition::new(lab, s, case, &starts, repetition)
    })?;
    let drawn = flows.find(|case| case.coupling == s.shown_coupling);
    let drawn = drawn.context("shown_coupling is not among train_couplings")?;
    let (m, n, k) = (s.visible.size(), s.hidden.size(), s.shown_coupling);
    let fixed_point = symmetric::mean_fixed_point(m, n, drawn.weight);
    let [equal_memory, free_memory] = [EQUAL, FREE].map(|of| shown(hot_minus_cold(s, drawn, of)));

    Ok(section("flow-ring", "The flow of an RBM trained on the Ising ring")
        .answer(format!("On the ring the deterministic flow orders for training at $K > K_c = {:.4}$, a transition that the ring does not have; the sampled flow of RBMs trained on samples ends close to where they were trained, at K = {} for training at $K = {k}$.", symmetric::critical_coupling(m, n)?, shown(drawn.mean(|r| r.coupling))))
        .text("Configurations of the ring are passed through a trained RBM again and again, $v \\to h \\to v'$. The thesis passes expectations (the deterministic flow, equations (75)-(77)), a mean-field map; an RBM proper passes samples, a Markov chain whose stationary distribution is the RBM's own $p(v)$. Both are run from the same exact ring samples, for equal weights at the exact W(K) and for free weights trained by contrastive divergence.")
        .claim(infinite_weight(lab, s, &starts)?)
        .claims(claims(lab, s, drawn)?)
        .check(agrees(figures::mean_end(drawn, EQUAL), fixed_point, 1e-4).check(
            "deterministic-end",
            "The deterministic flow of equal weights ends at the stable fixed point $m^*$ of its map.",
            format!("root mean square spin at the end, training at $K = {k}$"),
            format!("$m^* = {fixed_point:.6}$; the flow is run in f32."),
        ))
        .check(agrees(drawn.mean(|r| r.equal.end), drawn.own, 0.1).check(
            "sampled-end",
            "The sampled flow of equal weights ends at the RBM's own distribution.",
            format!("correlation of neighbours at the end, training at $K = {k}$"),
            format!("Exactly {:.4}; hottest minus coldest start: {equal_memory}.", drawn.own),
        ))
        .figure(figures::bifurcation(lab, s, &flows)?)
        .figure(figures::sampled(s, drawn)?)
        .figure(figures::ends(lab, s, &flows)?)
        .figure(figures::mean(s, &flows)?)
        .table(figures::mean_table(s, &flows))
        .table(figures::sampled_table(s, &flows)?)
        .discussion("The deterministic flow of equal weights is $m' = \\tanh(N W \\tanh(M W m))$. Its slope at $m = 0$ is the gain $N M W^2$: below 1 every configuration ends at 0, above 1 at $\\pm m^*$. The gain crosses 1 at a finite training coupling $K_c$, a transition where the ring has none: it belongs to the mean-field map, not to the model that was trained.")
        .discussion(format!("The sampled flow knows no such transition and ends at the RBM's own distribution, from hot and from cold starts (hottest minus coldest at $K = {k}$: {equal_memory} for equal weights, {free_memory} for RBMs trained on samples, whose pinned hidden units forget slowly). If the RBM has learnt the ring, this is the training set; if equal weights keep it from learning, it is not.")))
}

impl Repetition {
    fn new(lab: &Lab, s: &Settings, case: &Case, starts: &Starts, repetition: u64) -> Result<Self> {
        let (m, k) = (s.visible.size(), case.coupling);
        let seed = lab.seed(&format!("flow-ring/train/{k}"), repetition);
        let samples = rings::samples(lab, m, k, s.train_samples.short(), seed)?;
        let (epochs, segment) = (*s.epochs, *s.epochs);
        let states = train_rbm(&lab.store, &samples, s.train, epochs, segment, seed)?;
        let rbm = states.last().context("an RBM needs at least one epoch")?.value.rbm();
        let flows = |label: &str, rbm: &Rbm| Flows::run(lab, s, rbm, starts, label, repetition);
        let free = flows(&format!("flow-ring/free/{k}"), rbm)?;
        Ok(Self {
            equal: flows(&format!("flow-ring/equal/{k}"), &case.rbm)?,
            kl: rbm::partition::kl(&enumerate::ring(&Ring::new(m, k)?)?.probabilities, rbm)?,
            own: own_correlation(rbm)?,
            gain: f64::from(rbm.weights.clone().svd(false, false).singular_values.max()).powi(2),
            coupling: read_coupling(lab, m, &free.paths, repetition),
            free,
        })
    }
}

impl Flows {
    fn run(
        lab: &Lab,
        s: &Settings,
        rbm: &Rbm,
        starts: &Starts,
        label: &str,
        repetition: u64,
    ) -> Result<Self> {
        let (mut sizes, mut paths, read) = (Vec::new(), Vec::new(), s.read_steps());
        for (number, start) in starts.rows().enumerate() {
            let start = &start.cells[repetition as usize];
            sizes.extend(lab.get(&MeanEnds { rbm, start, steps: s.mean_steps.size() })?.value);
            // Every path has a stream of its own, so that ends can be compared as independent.
            let seed = lab.seed(&format!("{label}/{number}"), repetition);
            paths.push(lab.get(&SampledTrajectory { rbm, start, read: &read, seed })?.value);
        }
        let mean_end = Estimate::from_series(&sizes);
        // Starts flow independently.
        let ends: Vec<_> = paths.iter().filter_map(|path| path.neighbour.last().copied()).collect();
        Ok(Self { mean_end, paths, end: Estimate::mean_of(&ends) })
    }
}

/// The end of a sampled flow read as a coupling: the ring that has its neighbour correlation, over all starts.
///
/// The reading is not linear, so its error within a seed comes from the bootstrap over configurations.
fn read_coupling(lab: &Lab, sites: usize, paths: &[RingTrajectory], repetition: u64) -> Estimate {
    const RESAMPLES: usize = 200;
    let all: Vec<f64> = paths.iter().flat_map(|path| path.last.clone()).collect();
    // A resample may lie outside 0 <= c < 1 near either end of the scale.
    let read = |c: f64| {
        coupling_from_correlation(sites, c.clamp(0.0, 1.0 - f64::EPSILON)).unwrap_or(f64::NAN)
    };
    let of_rows =
        |rows: &[usize]| read(rows.iter().map(|&row| all[row]).sum::<f64>() / rows.len() as f64);
    let everything: Vec<usize> = (0..all.len()).collect();
    let seed = lab.seed("flow-ring/bootstrap", repetition);
    let error = stats::bootstrap_error(all.len(), RESAMPLES, seed, of_rows);
    Estimate { mean: of_rows(&everything), error, tau: 0.5, count: all.len() as u64 }
}

/// `<v_i v_{i+1}>` under p(v), averaged over i, by summing over all visible states.
fn own_correlation(rbm: &Rbm) -> Result<f64, rbm::Error> {
    let m = rbm.visible();
    let p = rbm::partition::visible_probabilities(rbm)?;
    let of_state = |(v, p): (usize, &f64)| p * (1.0 - 2.0 * f64::from(walls(v, m)) / m as f64);
    Ok(p.iter().enumerate().map(of_state).sum())
}

/// Neighbour correlation at the end of the sampled flow, from the hottest minus from the coldest start.
fn hot_minus_cold(s: &Settings, row: Row<'_, Case, Repetition>, of: WhichRbm) -> Estimate {
    let mut starts: Vec<usize> = (0..s.start_couplings.len()).collect();
    starts.sort_by(|&a, &b| s.start_couplings[a].total_cmp(&s.start_couplings[b]));
    let end = |start: usize| {
        let end = |r| of(r).paths[start].neighbour.last().copied();
        row.mean(|r| end(r).unwrap_or(Estimate::exact(f64::NAN)))
    };
    end(starts[0]) - end(starts[starts.len() - 1])
}

/// What is said of the deterministic flow, and of the noise.
fn claims(lab: &Lab, s: &Settings, drawn: Row<'_, Case, Repetition>) -> Result<[Claim; 4]> {
    let (m, n, k) = (s.visible.size(), s.hidden.size(), drawn.coupling);
    let end = figures::mean_end(drawn, EQUAL);
    let fixed_point = symmetric::mean_fixed_point(m, n, drawn.weight);
    let threshold = symmetric::critical_coupling(m, n)?;
    let turning = |m, n| symmetric::critical_coupling(m, n).map(f64::recip);
    let (smaller, larger) = (turning(6, 3)?, turning(12, 6)?);
    let first_steps = drawn.cells.iter().flat_map(|r| &r.equal.paths);
    let first_steps: Vec<_> = first_steps.map(|path| path.distance_dependence).collect();
    Ok([
        // An f32 flow could tell 1 from less by a thousandth.
        lab.says("ter-hoeve-2018/flows-to-critical-point")?.judged(
            agrees(end, 1.0, 1e-3).corrected_if(
                symmetric::mean_step(m, n, f64::INFINITY, 1.0 / m as f64) == 1.0,
                "at $W = \\infty$, which training at $T = 0$ gives, every configuration with $V \\ne 0$ goes there",
            ),
            format!("size of the spins at the end of the flow (75)-(76), training at $K = {k}$"),
            format!("At $T_c = 0$ it would be 1, which (77) reaches for training at $T = 0$ alone. At finite K the flow ends at $m^* = {fixed_point:.6}$."),
        )
        .and("neighbour correlation at the end of the sampled flow, at $T_c = 0$ it would be 1", Some(drawn.mean(|r| r.equal.end))),
        lab.says("ter-hoeve-2018/finite-temperature")?.judged(
            holds(fixed_point == 0.0, format!("the flow ends at 0 for training at $K = {k}$"))
                .corrected_if(fixed_point < 1.0, "spins do not end at ±1, but above $K_c$ all signs align, W being finite")
                .showing(Estimate::exact(threshold)),
            "training coupling $K_c$ above which all signs align",
            format!("At $K = {k}$ spins end at {fixed_point:.4}. That W is finite is not what decides: below $K_c$, where $N M W^2 < 1$, the flow ends at 0, above it every configuration with $V \\ne 0$ orders."),
        ),
        lab.says("ter-hoeve-2018/correlation-length-grows")?.judged(
            // A correlation length of a third of a site leaves e^-3 between neighbours.
            agrees(Estimate::over_seeds(&first_steps), 0.0, 0.05)
                .negated("after one sampled step correlations fall with the distance"),
            format!("correlation of neighbours minus that at distance {} after one sampled step", m / 2),
            "One deterministic step gives a product state without correlations; after one sampled step of equal weights all pairs are equally correlated, so that no length can be read.",
        ),
        lab.says("ter-hoeve-2018/agrees-with-iso")?.judged(
            not_comparable(Estimate::exact(threshold.recip()), "Iso et al. train on 25 temperatures, the thesis on $T = 0$ alone"),
            "training temperature $1/K_c$ at which the equal-weight flow turns",
            format!("That our value lies near the $T_c$ of the square lattice is chance: it is {smaller:.3} for (M, N) = (6, 3) and {larger:.3} for (12, 6)."),
        ),
    ])
}

/// The limit (77) of infinite W, at every V; and the fraction of the hottest starts that it aligns, exact and as drawn.
fn infinite_weight(lab: &Lab, s: &Settings, starts: &Starts) -> Result<Claim> {
    let (m, n) = (s.visible.size(), s.hidden.size());
    let end = |v: f64| symmetric::mean_step(m, n, f64::INFINITY, v / m as f64).abs();
    let others = (1..=m).all(|v| end(v as f64) == 1.0);
    let hottest = starts.rows().min_by(|a, b| a.case.total_cmp(b.case));
    let hottest = hottest.context("start_couplings is empty")?;
    let balanced = match m % 2 {
        0 => Ring::new(m, *hottest.case)?.magnetisation_probabilities()[m / 2],
        _ => 0.0,
    };
    let drawn = hottest.mean(|samples| {
        let rows = 0..samples.value.len();
        let ends = rows.map(|row| end(samples.value.spin_sum(row) as f64));
        Estimate::from_series(&ends.collect::<Vec<_>>())
    });
    let claim = lab.says("ter-hoeve-2018/any-configuration-aligned")?.judged(
        holds(balanced == 0.0, "(77) aligns every configuration: none has $V = 0$")
            .corrected_if(others, "it aligns every configuration with $V \\ne 0$")
            .showing(drawn),
        format!("fraction of rings at $K = {}$ that (77) aligns", hottest.case),
        "A configuration with $V = 0$ maps to $v = 0$; all others are aligned, as stated.",
    );
    Ok(claim.and("exactly, $1 - P(V = 0)$", Some(1.0 - balanced)))
}
