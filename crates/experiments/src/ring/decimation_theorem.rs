//! Experiment `decimation-theorem`: the best machine with M/2 hidden units is a step of the renormalization group.

mod claims;
mod figures;
mod minima;
mod sampled;
mod tables;

use super::rings::Training;
use anyhow::{Result, ensure};
use exact::ring::decimate;
use lab::Run;
use lab::parts::*;
use report::content::Section;
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
    /// Other sizes M of the ring, at `coupling`.
    sites: Vec<usize>,
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

impl lab::Settings for Settings {
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
        for &sites in &self.sites {
            check_count("an entry of sites", sites as u64, 4, 16)?;
            ensure!(sites.is_multiple_of(2), "sites contains {sites}, but must be even");
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
    let exact = claims::Exact { curvatures: &curvatures, paths: &paths };
    let others = minima::over_sites(run, settings)?;
    let (m, k) = (settings.visible, settings.coupling);
    let shown_minimum = minima::at(&minima, k)?;
    let shown_sampled = sampled::at(&sampled, k)?;
    Ok(Section {
        checks: vec![],
        experiment: "decimation-theorem".into(),
        title: "The machine that is a renormalization step".into(),
        headline: format!("With half as many hidden as visible units the best machine is not the one with equal weights, which is a saddle, but b = 2 decimation: at $K = {k}$ its hidden layer is a ring at $K' = {:.6}$ by descent and {} by training on samples; eq. (48) says {:.6}.",
            shown_minimum.hidden.coupling, shown(shown_sampled.coupling), decimate(k)),
        introduction: vec![
            format!("The thesis sets all weights equal \"by symmetry\" and finds a machine that does the opposite of the renormalization group. Here all weights are free, M = {m} visible and N = M/2 = {} hidden units, and the divergence KL from the ring is exact, a sum over all states.", m / 2),
            "What can be proved: let hidden unit a have the weight L to site 2a and the weight K to the two neighbours of that site. For $L \\to \\infty$ each hidden unit copies its site and the visible layer becomes exactly the ring at K, so that KL, which is never negative, tends to its least possible value 0. And at every L the sum over the visible units leaves a ring of M/2 hidden units at $\\tanh K' = \\tanh^2 K$: eq. (48), the renormalization group. With N = M, one unit on every bond, KL is 0 at finite weights; v and h together are then a ring of 2M sites at a larger coupling w, decimated to either layer: an exact inverse step from v.".into(),
            "What is found: that minima over all weights are of this kind and no other, that fewer hidden units do not suffice, that equal weights are a saddle, and that training by contrastive divergence on samples, which knows nothing of all this, comes to the same.".into(),
        ],
        claims: claims::claims(run, settings, &minima, &sampled, &exact)?,
        figures: vec![
            figures::renormalization(
                settings,
                &minima,
                &sampled,
                &minima::layers(run, settings)?,
            )?,
            figures::training(settings, &paths, shown_sampled)?,
            figures::saddle(settings, &curvatures),
            figures::receptive_fields(settings, shown_minimum, shown_sampled)?,
            figures::how_many(settings, &locked, &sizes),
        ],
        tables: vec![
            tables::minima_table(settings, &minima, &others),
            tables::sampled_table(settings, &sampled),
            tables::sizes_table(settings, &sizes)?,
            tables::locked_table(settings, &locked),
            tables::bonds_table(&minima::bonds(settings)?),
        ],
        discussion: discussion(),
        settings: toml::to_string(settings)?,
    })
}

/// Why the thesis saw the opposite.
fn discussion() -> Vec<String> {
    [
        "Why did the thesis see the opposite? First, it looks at another flow. It passes configurations from the visible layer to the hidden one and back, $v \\to h \\to v'$, and asks which temperature they end at; the renormalization group compares the hidden layer with the visible one. It does so at training temperature 0, where the deterministic flow aligns all spins. But there $K = K' = \\infty$: the critical point is a fixed point of the renormalization group too, and a machine that maps it to itself is not opposite to it.",
        "Second, away from temperature 0 it has only equal weights to look at, and these are not what training finds. The symmetry of the ring maps one best machine to another, it does not make a machine's weights equal: translation by two sites permutes the hidden units. Equal weights are a stationary point whose curvature is negative in the directions that tell hidden units apart along a long wave. At low temperature their hidden layer, in which all pairs are coupled alike, is coupled more strongly than the visible one (first figure): here the equal-weight machine really does go the other way. The best machines, and those trained on samples, go with eq. (48).",
        "Third, for a good machine the flow $v \\to h \\to v'$ tells nothing about scales. Sampled, its stationary law is the machine's own distribution, the training set; and a locked unit copies its site, so that it forgets the start only after a number of steps that grows like $e^{2L}$ (table of the construction). The deterministic flow of such a machine keeps the sign of every locked site for ever. The step of the renormalization group is done once v has become h.",
        "Which sublattice is kept, the order of the hidden units and their signs are free: for 8 and 4 units $2 \\cdot 4! \\cdot 2^4 = 768$ classes of best machines, and in each of them weights between locked sites that are antisymmetric cost nothing. $K'$ is read from the couplings of the hidden marginal to all orders, which depend on none of this; the largest coupling that does not belong to the ring says how much of a ring it is.",
        "At finite locking the best weight to the neighbours lies a little above K, and so does $K'$ above eq. (48); machines trained for a finite time show it. Some descents and some training runs end in defects, hidden units locked to sites of both sublattices; the tables count them.",
    ]
    .map(String::from)
    .into()
}
