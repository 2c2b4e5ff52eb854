//! Experiment `decimation-theorem`: the best machine with M/2 hidden units is a step of the renormalization group.

mod claims;
mod figures;
mod minima;
mod sampled;

use super::Run;
use super::parts::*;
use super::rings::Training;
use crate::experiment;
use crate::report::content::Section;
use anyhow::{Result, ensure};
use exact::ring::decimate;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// M visible units; N = M/2 unless said otherwise.
    visible: usize,
    /// K of whatever is shown at one coupling.
    coupling: f64,
    /// Couplings of the figures over K.
    couplings: Vec<f64>,
    /// Locking strengths of the construction.
    lockings: Vec<f64>,
    /// Numbers of hidden units that are compared at `coupling`.
    hidden_sizes: Vec<usize>,
    /// Descents on the exact divergence, from normal weights of this standard deviation.
    starts: u64,
    initial_std: f64,
    /// Plain descents with the exact gradient that are shown step by step.
    paths: u64,
    path_std: f64,
    path_rate: f64,
    path_steps: usize,
    /// The coupling flow: starts, each renormalized as long as two sites are left.
    flow_couplings: Vec<f64>,
    /// Contrastive divergence on samples of the ring at these couplings.
    train_couplings: Vec<f64>,
    training: Training,
}

impl experiment::Settings for Settings {
    fn check(&self) -> Result<()> {
        check_count("visible", self.visible as u64, 4, 12)?;
        ensure!(
            self.visible.is_multiple_of(4),
            "visible is {}, but must be a multiple of 4 to be decimated twice",
            self.visible
        );
        check_values("coupling", &[self.coupling], 0.05, 5.0)?;
        for (key, couplings) in [
            ("couplings", &self.couplings),
            ("flow_couplings", &self.flow_couplings),
            ("train_couplings", &self.train_couplings),
        ] {
            check_values(key, couplings, 0.05, 5.0)?;
            check_distinct(key, couplings)?;
        }
        let shown = self.couplings.contains(&self.coupling);
        ensure!(shown, "coupling is {}, but must be one of couplings", self.coupling);
        let trained = self.train_couplings.contains(&self.coupling);
        ensure!(trained, "coupling is {}, but must be one of train_couplings", self.coupling);
        for k in &self.flow_couplings {
            let trained = self.train_couplings.contains(k);
            ensure!(trained, "flow_couplings contains {k}, but must be among train_couplings");
        }
        check_values("lockings", &self.lockings, 0.0, 20.0)?;
        ensure!(!self.hidden_sizes.is_empty(), "hidden_sizes is empty, but needs an entry");
        for &n in &self.hidden_sizes {
            check_count("an entry of hidden_sizes", n as u64, 1, 2 * self.visible as u64)?;
        }
        check_count("starts", self.starts, 1, 100_000)?;
        check_values("initial_std", &[self.initial_std], 1e-6, 10.0)?;
        check_count("paths", self.paths, 1, 100)?;
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

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    // Four ways: the construction, descents on the exact divergence, its curvature, training on samples.
    let locked = minima::locked(settings)?;
    let minima = minima::over_couplings(run, settings)?;
    let sizes = minima::over_sizes(run, settings)?;
    let paths = minima::paths(run, settings)?;
    let curvatures = minima::curvatures(settings)?;
    let sampled = sampled::train(run, settings)?;
    let (m, k) = (settings.visible, settings.coupling);
    let shown_minimum = minima::at(&minima, k)?;
    let shown_sampled = sampled::at(&sampled, k)?;
    Ok(Section {
        experiment: "decimation-theorem".into(),
        title: "The machine that is a renormalization step".into(),
        headline: format!("With half as many hidden as visible units the best machine is not the one with equal weights, which is a saddle, but b = 2 decimation: at $K = {k}$ its hidden layer is a ring at $K' = {:.6}$ by descent and {} by training on samples; eq. (48) says {:.6}.",
            shown_minimum.hidden.coupling, shown(shown_sampled.coupling), decimate(k)),
        introduction: vec![
            format!("The thesis sets all weights equal \"by symmetry\" and finds a machine that does the opposite of the renormalization group. Here all weights are free, M = {m} visible and N = M/2 = {} hidden units, and the divergence KL from the ring is exact, a sum over all states.", m / 2),
            "The theorem: let hidden unit a have the weight L to site 2a and the weight K to the two neighbours of that site. For $L \\to \\infty$ each hidden unit copies its site and the visible layer becomes exactly the ring at K, so that KL, which is never negative, tends to its least possible value 0. And at every L the sum over the visible units leaves a ring of M/2 hidden units at $\\tanh K' = \\tanh^2 K$: eq. (48), the renormalization group. With N = M, one unit on every bond, KL is 0 at finite weights; that machine is an exact inverse step.".into(),
            "It is shown in four ways that do not depend on each other: the construction, descents on the exact divergence from random weights, the curvature of the divergence at the equal-weight point, and training by contrastive divergence on samples, which knows nothing of all this.".into(),
        ],
        claims: claims::claims(run, settings, &minima, &sampled, &curvatures)?,
        figures: vec![
            figures::renormalization(settings, &minima, &sampled)?,
            figures::training(settings, &paths, shown_sampled)?,
            figures::saddle(settings, &curvatures),
            figures::receptive_fields(settings, shown_minimum, shown_sampled)?,
            figures::how_many(settings, &locked, &sizes),
        ],
        tables: vec![
            figures::minima_table(settings, &minima),
            figures::sampled_table(settings, &sampled),
            figures::sizes_table(settings, &sizes)?,
            figures::locked_table(settings, &locked),
            figures::bonds_table(&minima::bonds(settings)?),
        ],
        discussion: discussion(),
        settings: toml::to_string(settings)?,
    })
}

/// Why the thesis saw the opposite.
fn discussion() -> Vec<String> {
    [
        "Why did the thesis see the opposite? First, the symmetry of the ring maps one best machine to another, it does not make a machine's weights equal: translation by two sites permutes the hidden units. Equal weights are a stationary point only. Its curvature is negative in every direction that tells hidden units apart along a long wave, and training that starts with small weights is drawn to this saddle, stays for long, and then leaves it.",
        "Second, it looks at the flow of configurations $v \\to h \\to v'$, which for any machine leads to the machine's own distribution: to the training set if the machine is good. A renormalization step is to be read in the hidden layer, whose Hamiltonian is the renormalized one. There every machine that has learnt the ring shows $K' < K$, as eq. (48) has it, and a second machine trained on the hidden units of the first goes on along the exact flow.",
        "Third, a single-temperature machine cannot go to $T_c = 0$ or away from it: its parameters are what they are. What flows in the renormalization group are couplings, and they flow from layer to layer.",
        "Which sublattice is kept, the order of the hidden units and their signs are free: a machine of 8 and 4 units has $2 \\cdot 4! \\cdot 2^4$ best machines. $K'$ is read from the couplings of the hidden marginal to all orders, which does not depend on them; the largest coupling that does not belong to the ring says how much of a ring it is. Descents and training sometimes end in defects, hidden units locked to both sublattices in different stretches of the ring, with a divergence well above 0; the tables count them.",
        "Below N = M/2 there are not enough hidden units to carry the ring's correlations and KL stays positive; a single hidden unit leaves the equal-weight machine as the best. At N = M/2 the infimum 0 is not attained at finite weights, from N = M on it is.",
    ]
    .map(String::from)
    .into()
}
