//! `variational-rg`: what of the mapping between RBMs and the variational renormalization group is more than an identity.

use super::rings::{self, Plain, RingTraining, equal_weights};
use crate::stages::{self, Data};
use anyhow::{Result, ensure};
use exact::decimation::{HiddenCoupling, bonds, hidden_coupling, pinned};
use exact::ring::{decimate, decimate_constant};
use exact::{Rbm64, Ring, couplings, divergence, enumerate};
use lab::Lab;
use lab::kinds::{Count, Distinct, Positive, Within};
use lab::verdict::{all, at_most, holds, identity, largest};
use report::{Claim, Figure, Section, Table, figure, panel, rough, section, table};
use serde::{Deserialize, Serialize};
use stats::Estimate;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// M visible units, even; N = M/2 unless said otherwise.
    visible: Count<6, 12>,
    /// K of the microscopic ring.
    coupling: Positive<5>,
    /// Pinning strengths of the construction.
    pinnings: Distinct<Within<0, 20>>,
    /// Descents on the exact divergence, from normal weights of this standard deviation.
    starts: Count<1, 100_000>,
    initial_std: Positive<10>,
    /// A plain descent with the exact gradient, looked at as it goes.
    path_std: Positive<10>,
    path_rate: Positive<10>,
    path_steps: Count<10, 10_000_000>,
    /// RBMs trained by contrastive divergence on samples.
    training: RingTraining,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        let visible = self.visible;
        ensure!(visible.size().is_multiple_of(2), "visible is {visible}, but must be even");
        self.training.check(visible.size())
    }
}

/// An RBM as a variational RG step on the ring.
struct Step {
    kl: f64,
    ln_z_ring: f64,
    ln_z_rbm: f64,
    /// Mean and standard deviation of `ln Tr_h e^T` over the ring's states.
    mean: f64,
    spread: f64,
    /// The hidden Hamiltonian's couplings to all orders.
    couplings: Vec<f64>,
    hidden: HiddenCoupling,
}

impl Step {
    fn new(rbm: &Rbm64, ring: &Ring) -> Result<Self> {
        let q = enumerate::ring(ring)?.probabilities;
        // -H(v) = K sum v_i v_{i+1} = ln q(v) + ln Z.
        let microscopic: Vec<f64> = q.iter().map(|q| q.ln() + ring.ln_z()).collect();
        let step = couplings::variational(rbm, &microscopic)?;
        let mean: f64 = q.iter().zip(&step.ln_trace_t).map(|(q, t)| q * t).sum();
        let of_state = |(q, t): (&f64, &f64)| q * (t - mean).powi(2);
        let variance: f64 = q.iter().zip(&step.ln_trace_t).map(of_state).sum();
        Ok(Self {
            // Summed so that KL = 0 keeps its sign, unlike a difference of logarithms.
            kl: divergence::kl_gradient(&q, &rbm.weights)?.0,
            ln_z_ring: step.ln_z_microscopic,
            ln_z_rbm: step.ln_z_hidden,
            mean,
            spread: variance.sqrt(),
            couplings: couplings::hidden(rbm)?,
            hidden: hidden_coupling(rbm)?,
        })
    }

    /// What Z fails to be conserved by.
    fn excess(&self) -> f64 {
        self.ln_z_rbm - self.ln_z_ring
    }

    /// (24): Z of the hidden Hamiltonian, summed from its couplings to all orders, against Z by the identity for KL.
    fn identity_deviation(&self) -> Result<f64> {
        let hidden = couplings::ln_weights(&self.couplings)?;
        let largest = hidden.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let ln_z = largest + hidden.iter().map(|w| (w - largest).exp()).sum::<f64>().ln();
        Ok((ln_z / (self.kl + self.ln_z_ring + self.mean) - 1.0).abs())
    }
}

/// The RBMs that are looked at: a plain descent by updates, equal weights, the best, the construction by pinning, and one
/// with a unit on every bond.
struct Steps {
    path: Vec<(usize, Step)>,
    equal: Step,
    best: Step,
    pinned: Vec<(f64, Step)>,
    bonds: Step,
}

impl Steps {
    fn take(lab: &Lab, s: &Settings) -> Result<Self> {
        let (m, k) = (s.visible.size(), *s.coupling);
        let (shape, ring) = ([m, m / 2], Ring::new(m, k)?);
        let step = |rbm: &Rbm64| Step::new(rbm, &ring);
        let (equal, _) = equal_weights(shape, k)?;
        let descents = rings::descents(lab, &k.to_string(), shape, k, *s.starts, *s.initial_std)?;
        let best = Rbm64::without_biases(stages::best(&descents)?.weights.clone())?;
        let plain = Plain { std: *s.path_std, rate: *s.path_rate, updates: s.path_steps.size() };
        let path = plain.run(lab, &ring, "variational-rg/path", 0)?;
        Ok(Self {
            path: lab.each(&path, |(update, _, rbm)| Ok((*update, step(rbm)?)))?,
            equal: step(&Rbm64::uniform(m, m / 2, equal)?)?,
            best: step(&best)?,
            pinned: lab.each(&s.pinnings, |l| Ok((**l, step(&pinned(m, k, **l)?)?)))?,
            bonds: step(&bonds(m, k)?)?,
        })
    }

    /// The first and the last of the descent, with its number of updates.
    fn ends(&self) -> (&Step, &Step, usize) {
        let (update, last) = &self.path[self.path.len() - 1];
        (&self.path[0].1, last, *update)
    }

    /// Each but those along the descent, by name.
    fn named(&self, m: usize) -> Vec<(String, &Step)> {
        let mut all = vec![
            ("untrained".to_owned(), &self.path[0].1),
            ("equal weights".to_owned(), &self.equal),
            ("best of the descents".to_owned(), &self.best),
        ];
        all.extend(self.pinned.iter().map(|(l, step)| (format!("pinned, L = {l}"), step)));
        all.push((format!("N = {m}, on the bonds"), &self.bonds));
        all
    }
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let m = s.visible.size();
    let steps = Steps::take(lab, s)?;
    let trained = trained(lab, s)?;
    Ok(section("variational-rg", "RBMs and the variational renormalization group")
        .answer(format!("The mapping between RBMs and the variational renormalization group holds for every RBM, trained or not. One that fits also conserves Z, but for a constant; one that conserves Z need not fit: $\\ln Tr_h e^T$ varies from state to state by {:.3} for equal weights, by {} for the best RBM.", steps.equal.spread, rough(steps.best.spread)))
        .text("Mehta and Schwab read an RBM with energy $E(v, h)$ as a variational renormalization group step $T = -E + H$ on a microscopic Hamiltonian $H(v)$; its renormalized Hamiltonian is $H'(h) = -\\ln Tr_v e^{-E}$. The step is exact if $Tr_h e^{T(v,h)} = 1$ for every v. Liu asks how the goal of training, $p(v) = q(v)$, relates to that of the step, to conserve Z.")
        .text(format!("For M = {m} visible units all sums over states can be carried out. Always $Tr_h e^T = (Z_{{RBM}}/Z_{{ring}})\\, p(v)/q(v)$, so that $KL(q\\|p) = \\ln Z_{{RBM}} - \\ln Z_{{ring}} - \\langle \\ln Tr_h e^T \\rangle_q$."))
        .claims(claims(lab, s, &steps)?)
        .figure(path_figure(&steps.path))
        .figure(couplings_figure([("equal weights", &steps.equal), ("best of the descents", &steps.best)]))
        .table(rbms_table(s, &steps, &trained))
        .table(constant_table(s, &steps.pinned))
        .discussion("The two goals differ in kind. That Z is conserved is one number: a constant added to E brings it about for any RBM, an untrained one as well. That p equals q is one condition for each state, and then $Tr_h e^T$ is the same for all v: with the constant taken out, the step is exact.")
        .discussion("The constant of the construction that the best RBMs follow is in the last table: the hidden Hamiltonian is that of the decimated ring, with $K_0'$ of eq. (49) and the pinning energy L for each hidden unit. L is arbitrary and, for the best fit, infinite: the constant measures how long one has trained, not what has been learnt."))
}

/// RBMs trained on samples, those that are not trapped.
fn trained(lab: &Lab, s: &Settings) -> Result<Vec<Step>> {
    let (m, k, training) = (s.visible.size(), *s.coupling, &s.training);
    let ring = Ring::new(m, k)?;
    let repetitions: Vec<u64> = (0..*training.seeds).collect();
    let mut steps = lab.each(&repetitions, |&repetition| {
        let seed = lab.seed("variational-rg/train", repetition);
        let samples = rings::samples(lab, m, k, training.samples.short(), seed)?;
        let done = training.run(lab, Data::Samples(&samples), m / 2, seed)?;
        Step::new(&flow::mean::in_f64(done.value.rbm())?, &ring)
    })?;
    let limit = training.trapped(m, k)?;
    steps.retain(|step| step.kl <= limit);
    Ok(steps)
}

fn claims(lab: &Lab, s: &Settings, steps: &Steps) -> Result<[Claim; 3]> {
    let (equal, best) = (&steps.equal, &steps.best);
    let (first, last, updates) = steps.ends();
    let named = steps.named(s.visible.size());
    let deviations =
        named.iter().map(|(_, step)| step.identity_deviation()).collect::<Result<Vec<_>>>()?;
    Ok([
        lab.says("mehta-schwab-2014/exact-mapping")?.judged(
            identity(largest(deviations)),
            "largest relative deviation of $\\ln Z$ of the hidden Hamiltonian from the identity for KL",
            format!("An identity, true of {} RBMs trained or not; the abstract claims no more. That a step conserves probabilities state by state is another matter: $\\ln Tr_h e^T$ varies by {:.3} untrained, {:.3} for equal weights, {} for the best RBM.", named.len(), first.spread, equal.spread, rough(best.spread)),
        ),
        lab.says("liu-2017/different-goals")?.judged(
            all([
                holds(last.kl < first.kl, "KL falls along a descent with the exact gradient").showing(Estimate::exact(last.excess())),
                holds(last.excess().abs() > first.excess().abs(), "$\\ln Z_{RBM} - \\ln Z_{ring}$ goes away from 0"),
            ]),
            format!("$\\ln Z_{{RBM}} - \\ln Z_{{ring}}$ after {updates} updates, KL = {}", rough(last.kl)),
            format!("Training does not conserve Z. It makes $\\ln Tr_h e^T$ a constant, to {} in the root mean square, and a constant can be taken out of E.", rough(last.spread)),
        )
        .and(format!("the same before, KL = {:.2}", first.kl), Some(first.excess())),
        lab.says("liu-2017/not-known-good")?.judged(
            all([
                holds(equal.hidden.largest_other > 1e-3, "equal weights, a step as well, couple units that are no neighbours").showing(Estimate::exact(equal.hidden.largest_other)),
                holds(best.hidden.is_ring, "the hidden layer of the best RBM is a ring"),
                at_most(best.hidden.largest_other, 1e-6),
            ]),
            "largest hidden coupling that is not on a ring, best equal weights",
            format!("A variational step, but not a good one. That of the best RBM is: $K' = {:.6}$ is eq. (48)'s {:.6}.", best.hidden.coupling, decimate(*s.coupling)),
        )
        .and("the same of the best RBM", Some(best.hidden.largest_other)),
    ])
}

fn path_figure(path: &[(usize, Step)]) -> Figure {
    let of = |y: fn(&Step) -> f64| path.iter().map(move |(update, s)| (*update as f64 + 1.0, y(s)));
    figure("path", "A descent with the exact gradient, as a variational renormalization group step. Left: the divergence, and how much $\\ln Tr_h e^T$ varies from state to state (standard deviation). Right: $\\ln Z$ of the RBM passes that of the ring by chance and goes on.")
        .panel(panel("update + 1", "nats").title("the fit").log_x().log_y()
            .line("KL(q ‖ p)", of(|s| s.kl))
            .line("spread of ln Tr_h e^T over states", of(|s| s.spread)))
        .panel(panel("update + 1", "nats").title("the constant").log_x()
            .line("ln Z, RBM − ring", of(Step::excess))
            .dashed("mean of ln Tr_h e^T", of(|s| s.mean))
            .mark_y("0", 0.0))
}

fn couplings_figure(steps: [(&str, &Step); 2]) -> Figure {
    figure("couplings", "The renormalized Hamiltonian of the hidden units: the size of its couplings by the number of units that they join ($10^{-17}$ stands for 0). Equal weights couple all pairs and all four; the best RBM has the pairs of a ring, of strength K', and nothing else above rounding and what its finite pinning leaves.")
        .panels(steps, |(title, step)| {
            let of_order = |order: u32| {
                let sets = step.couplings.iter().enumerate();
                // What rounding leaves of 0 has a place on the logarithmic axis.
                sets.filter(move |(set, _)| set.count_ones() == order)
                    .map(move |(_, j)| (f64::from(order), j.abs().max(1e-17)))
            };
            let most = step.couplings.len().ilog2();
            panel("units in the product", "|coupling| of the hidden layer")
                .title(title)
                .x_from(0.5, f64::from(most) + 0.5)
                .log_y()
                .points("all sets of units", (1..=most).flat_map(of_order))
                .mark_y("K′", step.hidden.coupling)
        })
}

fn rbms_table(s: &Settings, steps: &Steps, trained: &[Step]) -> Table {
    /// A quantity of a row: one step exactly, or over RBMs trained on samples.
    type Row<'a> = (String, Vec<&'a Step>);
    let mut rows: Vec<Row<'_>> = steps
        .named(s.visible.size())
        .into_iter()
        .map(|(label, step)| (label, vec![step]))
        .collect();
    let of_trained = format!("trained on samples, {} of {}", trained.len(), s.training.seeds);
    let exact = rows.len();
    rows.push((of_trained, trained.iter().collect()));
    let over = |(number, (_, steps)): &(usize, Row<'_>), of: fn(&Step) -> f64| {
        let all: Vec<f64> = steps.iter().map(|step| of(step)).collect();
        if *number < exact { Estimate::exact(all[0]) } else { Estimate::from_independent(&all) }
    };
    table("rbms", format!("RBMs as steps on the ring of M = {} sites at $K = {}$, $\\ln Z = {:.6}$, in nats. $K'$ and the largest other coupling are those of the hidden Hamiltonian read as a ring. The last row is measured, over the RBMs whose KL is below {} of that of equal weights.", s.visible, s.coupling, steps.equal.ln_z_ring, s.training.trapped_above))
        .rows(rows.into_iter().enumerate())
        .column("RBM", |(_, (label, _))| label.clone())
        .column("KL", |row| over(row, |s| s.kl))
        .column("ln Z, RBM − ring", |row| over(row, Step::excess))
        .column("mean of ln Tr_h e^T", |row| over(row, |s| s.mean))
        .column("spread", |row| over(row, |s| s.spread))
        .column("K′", |row| over(row, |s| s.hidden.coupling))
        .column("largest other", |row| over(row, |s| s.hidden.largest_other))
        .into()
}

fn constant_table(s: &Settings, pinned: &[(f64, Step)]) -> Table {
    let n = (s.visible.size() / 2) as f64;
    let by_equation = decimate_constant(*s.coupling, 0.0);
    let constant = |step: &Step| step.couplings[0] / n;
    table("constant", format!("The constant of the construction at $K = {}$: that of its hidden Hamiltonian for each hidden unit against $K_0' = {by_equation:.6}$ of eq. (49) plus the pinning energy L, and the excess of $\\ln Z$ against N L.", s.coupling))
        .rows(pinned)
        .column("L", |(pinning, _)| *pinning)
        .column("KL", |(_, step)| step.kl)
        .column("constant / N", |(_, step)| constant(step))
        .column("K₀′ + L", |(pinning, _)| by_equation + pinning)
        .column("difference", |(pinning, step)| constant(step) - by_equation - pinning)
        .column("ln Z, RBM − ring", |(_, step)| step.excess())
        .column("N L", |(pinning, _)| n * pinning)
        .into()
}
