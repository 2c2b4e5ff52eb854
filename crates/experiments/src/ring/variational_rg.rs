//! Experiment `variational-rg`: what of the mapping between machines and the variational renormalization group is content.

use super::rings::{self, Training};
use crate::stages::{self, Data};
use anyhow::{Result, ensure};
use exact::decimation::{HiddenCoupling, bonds, hidden_coupling, locked};
use exact::ring::{decimate, decimate_constant};
use exact::{Machine, Ring, couplings, divergence, enumerate, minimum, symmetric};
use lab::Run;
use lab::parts::*;
use lab::published::{Finding, exactly};
use rayon::prelude::*;
use rbm::Rbm;
use report::content::{Cell, Claim, Figure, Panel, Section, Style, Table, Verdict};
use serde::{Deserialize, Serialize};
use stats::Estimate;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// M visible units; N = M/2 unless said otherwise.
    visible: usize,
    /// K of the microscopic ring.
    coupling: f64,
    /// Locking strengths of the construction.
    lockings: Vec<f64>,
    /// Descents on the exact divergence, from normal weights of this standard deviation.
    starts: u64,
    initial_std: f64,
    /// A plain descent with the exact gradient, looked at as it goes.
    path_std: f64,
    path_rate: f64,
    path_steps: usize,
    /// Machines trained by contrastive divergence on samples.
    training: Training,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_count("visible", self.visible as u64, 6, 12)?;
        ensure!(self.visible.is_multiple_of(2), "visible is {}, but must be even", self.visible);
        check_values("coupling", &[self.coupling], 0.05, 5.0)?;
        check_values("lockings", &self.lockings, 0.0, 20.0)?;
        check_count("starts", self.starts, 1, 100_000)?;
        check_values("initial_std", &[self.initial_std], 1e-6, 10.0)?;
        check_values("path_std", &[self.path_std], 1e-6, 10.0)?;
        check_values("path_rate", &[self.path_rate], 1e-6, 10.0)?;
        check_count("path_steps", self.path_steps as u64, 10, 10_000_000)?;
        self.training.check(self.visible)
    }
}

/// A machine as a variational RG step on the ring.
struct Step {
    label: String,
    kl: f64,
    ln_z_ring: f64,
    ln_z_machine: f64,
    /// Mean and standard deviation of `ln Tr_h e^T` over the ring's states.
    mean: f64,
    spread: f64,
    /// The hidden Hamiltonian's couplings to all orders.
    couplings: Vec<f64>,
    hidden: HiddenCoupling,
}

impl Step {
    fn new(label: impl Into<String>, machine: &Machine, ring: &Ring) -> Result<Self> {
        let q = enumerate::ring(ring)?.probabilities;
        // -H(v) = K sum v_i v_{i+1} = ln q(v) + ln Z.
        let microscopic: Vec<f64> = q.iter().map(|q| q.ln() + ring.ln_z()).collect();
        let step = couplings::variational(machine, &microscopic)?;
        let mean: f64 = q.iter().zip(&step.ln_trace_t).map(|(q, t)| q * t).sum();
        let of_state = |(q, t): (&f64, &f64)| q * (t - mean).powi(2);
        let variance: f64 = q.iter().zip(&step.ln_trace_t).map(of_state).sum();
        Ok(Self {
            label: label.into(),
            // Summed so that KL = 0 keeps its sign, unlike a difference of logarithms.
            kl: divergence::kl_gradient(&q, &machine.weights)?.0,
            ln_z_ring: step.ln_z_microscopic,
            ln_z_machine: step.ln_z_hidden,
            mean,
            spread: variance.sqrt(),
            couplings: couplings::hidden(machine)?,
            hidden: hidden_coupling(machine)?,
        })
    }

    /// What Z fails to be conserved by.
    fn excess(&self) -> f64 {
        self.ln_z_machine - self.ln_z_ring
    }
}

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let (m, n, k) = (settings.visible, settings.visible / 2, settings.coupling);
    let ring = Ring::new(m, k)?;
    let best = best(run, settings, k)?;
    let path = path(run, settings)?;
    let weight = symmetric::best_weight(&ring.into(), n)?;
    let mut steps = vec![
        Step::new("untrained", &path[0].1, &ring)?,
        Step::new("equal weights", &Machine::uniform(m, n, weight)?, &ring)?,
        Step::new("best of the descents", &best, &ring)?,
    ];
    for &locking in &settings.lockings {
        steps.push(Step::new(format!("locked, L = {locking}"), &locked(m, k, locking)?, &ring)?);
    }
    steps.push(Step::new(format!("N = {m}, on the bonds"), &bonds(m, k)?, &ring)?);
    let trained = trained(run, settings, &ring, steps[1].kl)?;
    let along = path
        .iter()
        .map(|(step, machine)| Ok((*step, Step::new("", machine, &ring)?)))
        .collect::<Result<Vec<_>>>()?;
    let (equal, fitted) = (&steps[1], &steps[2]);
    Ok(Section {
        checks: vec![],
        experiment: "variational-rg".into(),
        title: "Machines and the variational renormalization group".into(),
        headline: format!("The mapping between machines and the variational renormalization group holds for every machine, trained or not. A machine that fits also conserves Z, but for a constant; one that conserves Z need not fit: $\\ln Tr_h e^T$ varies from state to state by {:.3} for equal weights, by {} for the best machine.", equal.spread, rough(fitted.spread)),
        introduction: vec![
            "Mehta and Schwab read a machine with energy $E(v, h)$ as a variational renormalization group step $T = -E + H$ on a microscopic Hamiltonian $H(v)$; its renormalized Hamiltonian is $H'(h) = -\\ln Tr_v e^{-E}$. The step is exact if $Tr_h e^{T(v,h)} = 1$ for every v. Liu asks how the goal of training, $p(v) = q(v)$, relates to that of the step, to conserve Z.".into(),
            format!("For M = {m} visible units all sums over states can be carried out. Always $Tr_h e^T = (Z_{{machine}}/Z_{{ring}})\\, p(v)/q(v)$, so that $KL(q\\|p) = \\ln Z_{{machine}} - \\ln Z_{{ring}} - \\langle \\ln Tr_h e^T \\rangle_q$."),
        ],
        claims: claims(run, settings, &steps, &along)?,
        figures: vec![path_figure(&along), couplings_figure(&steps[1..3])],
        tables: vec![
            table(settings, &steps, &trained),
            constant_table(settings, &steps[3..3 + settings.lockings.len()]),
        ],
        discussion: vec![
            "The two goals differ in kind. That Z is conserved is one number: a constant added to E brings it about for any machine, an untrained one as well. That p equals q is one condition for each state, and then $Tr_h e^T$ is the same for all v: with the constant taken out, the step is exact. Training knows nothing of the constant: while KL falls, Z of the machine goes its own way.".into(),
            "What the constant is can be said for the construction that the best machines follow (last table). Its hidden Hamiltonian is that of the decimated ring, $K_0'$ of eq. (49) for each hidden unit included, plus the locking energy L of each unit. L is arbitrary and, for the best fit, infinite: the constant measures how long one has trained, not what the machine has learnt.".into(),
            "Liu is right that the mapping alone does not make a step a good one. Equal weights are a variational step as well, and their hidden Hamiltonian couples all units, four at a time included. The best machine's has the ring's bonds only: $K' = R[K]$ is tractable, because it is decimation.".into(),
        ],
        settings: toml::to_string(settings)?,
    })
}

/// The best machine over all weights at K.
fn best(run: &Run, settings: &Settings, k: f64) -> Result<Machine> {
    let (shape, starts) = ([settings.visible, settings.visible / 2], settings.starts);
    let descents = rings::descents(run, &k.to_string(), shape, k, starts, settings.initial_std)?;
    Ok(Machine::without_biases(stages::best(&descents)?.weights.clone())?)
}

/// Machines trained on samples, those that are not trapped.
fn trained(run: &Run, settings: &Settings, ring: &Ring, equal: f64) -> Result<Vec<Step>> {
    let (training, k) = (&settings.training, settings.coupling);
    let train = |number: u64| {
        let seed = stats::child_seed(run.seed, "variational-rg/train", number);
        let samples = rings::samples(run, settings.visible, k, training.samples, seed)?;
        let done = training.run(run, Data::Samples(&samples), settings.visible / 2, seed)?;
        Step::new("trained on samples", &flow::mean::in_f64(done.value.rbm())?, ring)
    };
    let mut steps = (0..training.seeds).into_par_iter().map(train).collect::<Result<Vec<_>>>()?;
    steps.retain(|step| step.kl <= training.trapped_above * equal);
    Ok(steps)
}

/// A plain descent with the exact gradient: the machine after some of its updates.
fn path(run: &Run, settings: &Settings) -> Result<Vec<(usize, Machine)>> {
    let (m, n, steps) = (settings.visible, settings.visible / 2, settings.path_steps);
    let q = enumerate::ring(&Ring::new(m, settings.coupling)?)?.probabilities;
    let mut rng = stats::stream(run.seed, "variational-rg/path", 0);
    let start = Rbm::random(m, n, settings.path_std as f32, &mut rng).weights.map(f64::from);
    let mut shown = Vec::new();
    minimum::gradient_descent(&q, &start, settings.path_rate, steps, |step, _, weights| {
        if is_shown(step) || step == steps {
            shown.push((step, weights.clone()));
        }
    })?;
    let machine = |(step, weights)| Ok((step, Machine::without_biases(weights)?));
    shown.into_iter().map(machine).collect()
}

/// (24): Z of the hidden Hamiltonian, summed from its couplings to all orders, against Z by the identity for KL.
fn definition(steps: &[Step]) -> Result<f64> {
    let mut deviation = 0.0_f64;
    for step in steps {
        let hidden = couplings::ln_weights(&step.couplings)?;
        let largest = hidden.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let ln_z = largest + hidden.iter().map(|w| (w - largest).exp()).sum::<f64>().ln();
        deviation = deviation.max((ln_z / (step.kl + step.ln_z_ring + step.mean) - 1.0).abs());
    }
    Ok(deviation)
}

// tidy: long because it is a list of claims.
fn claims(
    run: &Run,
    settings: &Settings,
    steps: &[Step],
    along: &[(usize, Step)],
) -> Result<Vec<Claim>> {
    let (equal, fitted) = (&steps[1], &steps[2]);
    let deviation = definition(steps)?;
    let (first, last) = (&along[0].1, &along[along.len() - 1].1);
    let apart = last.kl < first.kl && last.excess().abs() > first.excess().abs();
    let claim = |id: &str, key: &str, finding: Finding| {
        run.published.claim(&format!("variational-rg/{id}"), key, finding)
    };
    let good = fitted.hidden.largest_other < 1e-6 && fitted.hidden.is_ring;
    let if_true = |holds: bool, verdict| if holds { verdict } else { Verdict::Contradicted };
    Ok(vec![
        claim(
            "exact-mapping",
            "mehta-schwab-2014/exact-mapping",
            exactly(
                deviation,
                "largest relative deviation of $\\ln Z$ of the hidden Hamiltonian from the identity for KL",
                identity(deviation),
                format!(
                    "An identity, true of {} machines trained or not; the abstract claims no more. That a step conserves probabilities state by state is another matter: $\\ln Tr_h e^T$ varies by {:.3} untrained, {:.3} for equal weights, {} for the best machine.",
                    steps.len(),
                    steps[0].spread,
                    equal.spread,
                    rough(fitted.spread)
                ),
            ),
        )?,
        claim(
            "different-goals",
            "liu-2017/different-goals",
            exactly(
                last.excess(),
                &format!(
                    "$\\ln Z_{{machine}} - \\ln Z_{{ring}}$ after {} updates, KL = {}",
                    along[along.len() - 1].0,
                    rough(last.kl)
                ),
                if_true(apart, Verdict::Reproduced),
                format!(
                    "While KL fell from {:.2}, this went from {:.2} away from 0: training does not conserve Z. It makes $\\ln Tr_h e^T$ a constant, to {} in the root mean square, and a constant can be taken out of E.",
                    first.kl,
                    first.excess(),
                    rough(last.spread)
                ),
            ),
        )?,
        claim(
            "not-known-good",
            "liu-2017/not-known-good",
            exactly(
                equal.hidden.largest_other,
                "largest hidden coupling that is not on a ring, best equal weights",
                if_true(good && equal.hidden.largest_other > 1e-3, Verdict::Reproduced),
                format!(
                    "A variational step, but not a good one. That of the best machine is: no coupling but the ring's exceeds {}, and $K' = {:.6}$ is eq. (48)'s {:.6}.",
                    rough(fitted.hidden.largest_other),
                    fitted.hidden.coupling,
                    decimate(settings.coupling)
                ),
            ),
        )?,
    ])
}

fn path_figure(along: &[(usize, Step)]) -> Figure {
    let of = |y: fn(&Step) -> f64| {
        along.iter().map(move |(step, s)| (*step as f64 + 1.0, y(s))).collect::<Vec<_>>()
    };
    let fit = Panel {
        title: "the fit".into(),
        x: log_axis("update + 1"),
        y: log_axis("nats"),
        series: vec![
            curve("KL(q ‖ p)", Style::Line, of(|s| s.kl)),
            curve("spread of ln Tr_h e^T over states", Style::Line, of(|s| s.spread)),
        ],
        marks: vec![],
    };
    let constant = Panel {
        title: "the constant".into(),
        x: log_axis("update + 1"),
        y: axis("nats"),
        series: vec![
            curve("ln Z, machine − ring", Style::Line, of(Step::excess)),
            curve("mean of ln Tr_h e^T", Style::Dashed, of(|s| s.mean)),
        ],
        marks: vec![mark_y("0", 0.0)],
    };
    Figure {
        id: "variational-rg-path".into(),
        caption: "A descent with the exact gradient, as a variational renormalization group step. Left: the divergence, and how much $\\ln Tr_h e^T$ varies from state to state (standard deviation). Right: $\\ln Z$ of the machine passes that of the ring by chance and goes on.".into(),
        panels: vec![fit, constant],
    }
}

fn couplings_figure(steps: &[Step]) -> Figure {
    let panel = |step: &Step| {
        let of_order = |order: u32| {
            let sets = step.couplings.iter().enumerate();
            // What rounding leaves of 0 has a place on the logarithmic axis.
            sets.filter(move |(set, _)| set.count_ones() == order)
                .map(move |(_, j)| (f64::from(order), j.abs().max(1e-17)))
        };
        let largest = step.couplings.len().ilog2();
        Panel {
            title: step.label.clone(),
            x: axis_in("units in the product", 0.5, f64::from(largest) + 0.5),
            y: log_axis("|coupling| of the hidden layer"),
            series: vec![curve(
                "all sets of units",
                Style::Points,
                (1..=largest).flat_map(of_order),
            )],
            marks: vec![mark_y("K′", step.hidden.coupling)],
        }
    };
    Figure {
        id: "variational-rg-couplings".into(),
        caption: "The renormalized Hamiltonian of the hidden units in full: the size of its couplings by the number of units that they join ($10^{-17}$ stands for 0). Equal weights couple all pairs and all four; the best machine has the pairs of a ring, of strength K', and nothing else above rounding and what its finite locking leaves.".into(),
        panels: steps.iter().map(panel).collect(),
    }
}

fn table(settings: &Settings, steps: &[Step], trained: &[Step]) -> Table {
    let numbers =
        |s: &Step| [s.kl, s.excess(), s.mean, s.spread, s.hidden.coupling, s.hidden.largest_other];
    let row = |s: &Step| {
        let mut cells = vec![Cell::Text(s.label.clone())];
        cells.extend(numbers(s).map(Cell::Number));
        cells
    };
    let mut rows: Vec<Vec<Cell>> = steps.iter().map(row).collect();
    let over_machines = |column: usize| -> Estimate {
        over_exact(&trained.iter().map(|s| numbers(s)[column]).collect::<Vec<_>>())
    };
    let label = format!("trained on samples, {} of {}", trained.len(), settings.training.seeds);
    let mut sampled = vec![Cell::Text(label)];
    sampled.extend((0..6).map(|column| Cell::Measured(over_machines(column).into())));
    rows.push(sampled);
    Table {
        id: "variational-rg-machines".into(),
        caption: format!(
            "Machines as steps on the ring of M = {} sites at $K = {}$, $\\ln Z = {:.6}$, in nats. $K'$ and the largest other coupling are those of the hidden Hamiltonian read as a ring. The last row is measured, over the machines whose KL is below {} of that of equal weights.",
            settings.visible,
            settings.coupling,
            steps[0].ln_z_ring,
            settings.training.trapped_above
        ),
        columns: [
            "machine",
            "KL",
            "ln Z, machine − ring",
            "mean of ln Tr_h e^T",
            "spread",
            "K′",
            "largest other",
        ]
        .map(String::from)
        .into(),
        rows,
    }
}

fn constant_table(settings: &Settings, locked: &[Step]) -> Table {
    let n = settings.visible as f64 / 2.0;
    let eq = decimate_constant(settings.coupling, 0.0);
    let row = |(&locking, s): (&f64, &Step)| {
        let constant = s.couplings[0] / n;
        [locking, s.kl, constant, eq + locking, constant - eq - locking, s.excess(), n * locking]
            .map(Cell::Number)
            .into()
    };
    Table {
        id: "variational-rg-constant".into(),
        caption: format!(
            "The constant of the construction at $K = {}$: that of its hidden Hamiltonian for each hidden unit against $K_0' = {eq:.6}$ of eq. (49) plus the locking energy L, and the excess of $\\ln Z$ against N L.",
            settings.coupling
        ),
        columns: [
            "L",
            "KL",
            "constant / N",
            "K₀′ + L",
            "difference",
            "ln Z, machine − ring",
            "N L",
        ]
        .map(String::from)
        .into(),
        rows: settings.lockings.iter().zip(locked).map(row).collect(),
    }
}
