//! Experiment `variational-rg`: what of the mapping between machines and the variational renormalization group is content.

use super::Run;
use super::parts::*;
use super::rings::{self, Training};
use crate::experiment;
use crate::published::{Finding, exactly};
use crate::report::content::{Cell, Claim, Figure, Panel, Section, Style, Table, Verdict};
use crate::stages::{self, Data, Descend, Target};
use anyhow::{Result, ensure};
use exact::decimation::{HiddenCoupling, bonds, hidden_coupling, locked};
use exact::ring::{decimate, decimate_constant};
use exact::{Machine, Ring, couplings, divergence, enumerate, minimum, symmetric};
use rayon::prelude::*;
use rbm::Rbm;
use serde::{Deserialize, Serialize};
use stats::Estimate;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// M visible units; N = M/2 unless said otherwise.
    visible: usize,
    /// K of the microscopic ring.
    coupling: f64,
    /// Couplings at which the constant of the best machines is compared with eq. (49).
    couplings: Vec<f64>,
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

impl experiment::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_count("visible", self.visible as u64, 6, 12)?;
        ensure!(self.visible.is_multiple_of(2), "visible is {}, but must be even", self.visible);
        check_values("coupling", &[self.coupling], 0.05, 5.0)?;
        check_values("couplings", &self.couplings, 0.05, 5.0)?;
        check_values("lockings", &self.lockings, 0.0, 20.0)?;
        check_count("starts", self.starts, 1, 100_000)?;
        check_values("initial_std", &[self.initial_std], 1e-6, 10.0)?;
        check_values("path_std", &[self.path_std], 1e-6, 10.0)?;
        check_values("path_rate", &[self.path_rate], 1e-6, 10.0)?;
        check_count("path_steps", self.path_steps as u64, 10, 10_000_000)?;
        let (found, hidden) = (self.training.train.hidden, self.visible / 2);
        ensure!(
            found == hidden,
            "training.train.hidden is {found}, but half of visible is {hidden}"
        );
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

    /// The part of [`Step::excess`] that is the hidden Hamiltonian's constant, against that of eq. (49).
    fn constant_excess(&self, coupling: f64) -> f64 {
        let hidden = self.couplings.len().ilog2() as f64;
        self.couplings[0] - hidden * decimate_constant(coupling, 0.0)
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
    let mut minima = Vec::new();
    for &k in &settings.couplings {
        minima.push((k, Step::new("", &self::best(run, settings, k)?, &Ring::new(m, k)?)?));
    }
    let (equal, fitted) = (&steps[1], &steps[2]);
    Ok(Section {
        experiment: "variational-rg".into(),
        title: "Machines and the variational renormalization group".into(),
        headline: format!("The mapping holds for every machine, trained or not; its content is how much $\\ln Tr_h e^T$ varies from state to state, {:.3} for equal weights and {} for the best machine. Fitting and conserving Z differ by one constant, which for the best machine is that of eq. (49).", equal.spread, rough(fitted.spread)),
        introduction: vec![
            "Mehta and Schwab read a machine with energy $E(v, h)$ as a variational renormalization group step $T = -E + H$ on a microscopic Hamiltonian $H(v)$; its renormalized Hamiltonian is $H'(h) = -\\ln Tr_v e^{-E}$. The step is exact if $Tr_h e^{T(v,h)} = 1$ for every v. Liu asks how the goal of training, $p(v) = q(v)$, relates to that of the step, to conserve Z.".into(),
            format!("For M = {m} visible units all sums over states can be carried out. Always $Tr_h e^T = (Z_{{machine}}/Z_{{ring}})\\, p(v)/q(v)$, so that $KL(q\\|p) = \\ln Z_{{machine}} - \\ln Z_{{ring}} - \\langle \\ln Tr_h e^T \\rangle_q$."),
        ],
        claims: claims(run, settings, &steps, &along)?,
        figures: vec![path_figure(&along), couplings_figure(&steps[1..3])],
        tables: vec![table(settings, &steps, &trained), constant_table(&minima)],
        discussion: vec![
            "The two goals differ in kind. That Z is conserved is one number: a constant added to E brings it about for any machine, an untrained one as well. That p equals q is one condition for each state, and then $Tr_h e^T$ is the same for all v: after the constant is taken out, the step is exact. During training KL falls while Z drifts away from the ring's, because nothing in the gradient knows of the constant.".into(),
            "What that constant is in the renormalization group the thesis says in eq. (49): $K_0'$ for each bond. The hidden Hamiltonian of the best machine is the decimated ring's, up to this constant: Z exceeds the ring's by exactly the difference of the two constants (last table). With it taken out, the machine is an exact step in Mehta and Schwab's sense.".into(),
            "Liu is right that the mapping alone does not make a step a good one. Equal weights are a variational step as well, and their hidden Hamiltonian couples all units, four at a time included. The best machine's has the ring's bonds only: $K' = R[K]$ is tractable, because it is decimation.".into(),
        ],
        settings: toml::to_string(settings)?,
    })
}

/// The best machine over all weights at K.
fn best(run: &Run, settings: &Settings, coupling: f64) -> Result<Machine> {
    let label = format!("variational-rg/descents/{coupling}");
    let descents = run.store.get(&Descend {
        target: Target::Ring { sites: settings.visible, coupling },
        hidden: settings.visible / 2,
        starts: settings.starts,
        initial_std: settings.initial_std,
        seed: stats::child_seed(run.seed, &label, 0),
    })?;
    Ok(Machine::without_biases(stages::best(&descents.value)?.weights.clone())?)
}

/// Machines trained on samples, those that are not trapped.
fn trained(run: &Run, settings: &Settings, ring: &Ring, equal: f64) -> Result<Vec<Step>> {
    let (training, k) = (&settings.training, settings.coupling);
    let train = |number: u64| {
        let seed = stats::child_seed(run.seed, "variational-rg/train", number);
        let samples = rings::samples(run, settings.visible, k, training.samples, seed)?;
        let done = training.run(run, Data::Samples(&samples), settings.visible / 2, seed)?;
        Step::new("trained on samples", &rings::machine(done.value.rbm())?, ring)
    };
    let mut steps = (0..training.seeds).into_par_iter().map(train).collect::<Result<Vec<_>>>()?;
    steps.retain(|step| step.kl <= training.trapped * equal);
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
            "same-transformation",
            "liu-2017/same-transformation",
            exactly(
                deviation,
                "largest relative deviation of $\\ln Tr_h e^{-H'}$ from its value by the identity for KL",
                identity(deviation),
                format!(
                    "Over {} machines, trained or not. It is the definition of $H'$ written twice: true of every machine.",
                    steps.len()
                ),
            ),
        )?,
        claim(
            "exact-mapping",
            "mehta-schwab-2014/exact-mapping",
            exactly(
                equal.spread,
                "standard deviation of $\\ln Tr_h e^T$ over the ring's states, best equal weights",
                if_true(fitted.spread < 1e-5 && equal.spread > 0.1, Verdict::Corrected),
                format!(
                    "The mapping of forms is exact for every machine; the step is exact only where this is 0. It is {:.3} untrained, {} for the best machine over all weights.",
                    steps[0].spread,
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
                if_true(apart, Verdict::Corrected),
                format!(
                    "They do differ: while KL fell from {:.2}, this grew from {:.2}. But by a constant only: with it taken out of E, Z is conserved and $\\ln Tr_h e^T$ is {} from 0 in the root mean square.",
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
        caption: "A descent with the exact gradient, as a variational renormalization group step. Left: the divergence, and how much $\\ln Tr_h e^T$ varies from state to state, fall together. Right: Z of the machine moves away from that of the ring all the while.".into(),
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
        caption: "The renormalized Hamiltonian of the hidden units in full: the size of its couplings by the number of units that they join. Equal weights couple all of them; the best machine has pairs of strength K' on a ring, and nothing else above rounding and what its finite locking leaves.".into(),
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
            settings.visible, settings.coupling, steps[0].ln_z_ring, settings.training.trapped
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

fn constant_table(minima: &[(f64, Step)]) -> Table {
    let row = |(k, s): &(f64, Step)| {
        let (excess, constant) = (s.excess(), s.constant_excess(*k));
        [*k, s.kl, s.couplings[0], s.couplings[0] - constant, constant, excess, excess - constant]
            .map(Cell::Number)
            .into()
    };
    Table {
        id: "variational-rg-constant".into(),
        caption: "The best machines over K: the constant of the hidden Hamiltonian against $(M/2) K_0'$ of eq. (49), and the excess of $\\ln Z$ that their difference explains.".into(),
        columns: ["K", "KL", "constant", "(M/2) K₀′", "difference", "ln Z, machine − ring", "unexplained"].map(String::from).into(),
        rows: minima.iter().map(row).collect(),
    }
}
