//! `decimation-theorem`: the best RBM with half as many hidden as visible units is a step of the renormalization group.

mod exact_minima;
mod figures;
mod sampled;

use super::rings::{RingTraining, gives_equal_weights};
use anyhow::{Context, Result, ensure};
use exact::ring::decimate;
use exact_minima::{Best, Curvature, Minimum};
use lab::Lab;
use lab::kinds::{Count, Distinct, Positive, Within};
use lab::verdict::{Ruling, above, all, at_most, holds, identity, largest};
use report::{Claim, Section, rough, section, shown};
use sampled::Sampled;
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// Couplings of the ring at which everything can still be told apart from K = 0 and from K = infinity.
type Couplings = Distinct<f64>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// M visible units; N = M/2 unless said otherwise.
    visible: Count<4, 12>,
    /// K of whatever is shown at one coupling.
    coupling: f64,
    /// Couplings of the figures over K.
    couplings: Couplings,
    /// Pinning strengths of the construction.
    pinnings: Distinct<Within<0, 20>>,
    /// Other sizes M of the ring, at `coupling`.
    sites: Distinct<Count<4, 16>>,
    /// Numbers of hidden units that are compared at `coupling`.
    hidden_sizes: Distinct<Count<1, 24>>,
    /// Descents on the exact divergence, from normal weights of this standard deviation.
    starts: Count<1, 100_000>,
    initial_std: Positive<10>,
    /// Plain descents with the exact gradient that are shown update by update.
    paths: Count<1, 100>,
    path_std: Positive<10>,
    path_rate: Positive<10>,
    path_steps: Count<10, 10_000_000>,
    /// The coupling flow: starts, each renormalized as long as two sites are left.
    flow_couplings: Couplings,
    /// Contrastive divergence on samples of the ring at these couplings.
    train_couplings: Couplings,
    training: RingTraining,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        let (visible, k) = (self.visible, self.coupling);
        ensure!(
            visible.size().is_multiple_of(4) && visible.size() >= 8,
            "visible is {visible}, but must be a multiple of 4, at least 8, to be decimated twice"
        );
        for (key, couplings) in [
            ("couplings", &self.couplings),
            ("flow_couplings", &self.flow_couplings),
            ("train_couplings", &self.train_couplings),
        ] {
            for k in couplings.iter() {
                ensure!((0.05..=5.0).contains(k), "{key} contains {k}, but must be from 0.05 to 5");
            }
        }
        ensure!(self.couplings.contains(&k), "coupling is {k}, but must be one of couplings");
        let trained = |k: &f64| self.train_couplings.contains(k);
        ensure!(trained(&k), "coupling is {k}, but must be one of train_couplings");
        for k in self.flow_couplings.iter() {
            ensure!(trained(k), "flow_couplings contains {k}, but must be among train_couplings");
        }
        for sites in self.sites.iter() {
            ensure!(sites.size().is_multiple_of(2), "sites contains {sites}, but must be even");
        }
        for n in self.hidden_sizes.iter() {
            ensure!(
                n.size() <= 2 * visible.size(),
                "hidden_sizes contains {n}, but at most twice visible, {visible}, is allowed"
            );
        }
        self.training.check(visible.size())
    }
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let (m, k) = (s.visible.size(), s.coupling);
    // Four ways: the construction, descents on the exact divergence, its curvature, training on samples.
    let pinned = exact_minima::pinned(lab, s)?;
    let bonds = exact_minima::bonds(lab, s)?;
    let minima = lab.each(&s.couplings, |&k| Minimum::of(lab, s, m, k))?;
    let shown_minimum = minima.iter().find(|minimum| minimum.best.coupling == k);
    let shown_minimum = shown_minimum.context("coupling is not among couplings")?;
    let others = lab.each(&s.sites, |sites| Minimum::of(lab, s, sites.size(), k))?;
    let sizes = lab.each(&s.hidden_sizes, |n| Best::of(lab, s, [m, n.size()], k))?;
    let layers = lab.each(&s.flow_couplings, |&k| exact_minima::layers(lab, s, k))?;
    let paths = exact_minima::paths(lab, s)?;
    let curvatures = exact_minima::curvatures(lab, s)?;
    let stacks = sampled::train(lab, s)?;
    let sampled: Vec<Sampled<'_>> = stacks.rows().map(Sampled::of).collect();
    let trained = sampled.iter().find(|of| of.coupling == k);
    let trained = trained.context("coupling is not among train_couplings")?;
    let construction = largest(pinned.iter().map(|l| l.off_ring()));
    let inverse = largest(bonds.iter().flat_map(|b| [b.kl.abs(), b.off_ring()]));

    Ok(section("decimation-theorem", "The RBM that is a renormalization step")
        .answer(format!("With half as many hidden as visible units the best RBM is not the one with equal weights, which is a saddle, but b = 2 decimation: at $K = {k}$ its hidden layer is a ring at $K' = {:.6}$ by descent and {} by training on samples; eq. (48) says {:.6}.", shown_minimum.hidden.coupling, shown(trained.mean(|t| t.hidden.coupling)), decimate(k)))
        .text(format!("The thesis sets all weights equal \"by symmetry\" and finds an RBM that does the opposite of the renormalization group. Here all weights are free, M = {m} visible and N = M/2 = {} hidden units, and the divergence KL from the ring is exact, a sum over all states.", m / 2))
        .text("What can be proved: let hidden unit a have the weight L to site 2a and the weight K to the two neighbours of that site. At every L the sum over the visible units leaves a ring of M/2 hidden units at $\\tanh K' = \\tanh^2 K$, eq. (48); for $L \\to \\infty$ each hidden unit copies its site and KL tends to 0, its least possible value. What is found: that minima over all weights are of this kind and no other, and that contrastive divergence on samples, which knows nothing of all this, comes to the same.")
        .claim(equal_by_symmetry(lab, s, shown_minimum, &curvatures)?)
        .claim(training_gives_equal(lab, shown_minimum, trained)?)
        .claim(opposite_to_rg(lab, shown_minimum, trained, &paths)?)
        .check(identity(construction).check(
            "construction",
            "The hidden layer of the construction is the decimated ring at every pinning strength and coupling.",
            "largest deviation of $K'$ from eq. (48), or largest coupling that is not the ring's",
            format!("At {} couplings and {} pinning strengths.", s.couplings.len(), s.pinnings.len()),
        ))
        .check(identity(inverse).check(
            "inverse-step",
            "With a hidden unit on every bond KL is 0 at finite weights, and the hidden layer is a ring at the same K.",
            "largest KL in nats, deviation of $K'$ from K, or coupling that is not the ring's",
            format!("At {} couplings.", s.couplings.len()),
        ))
        .check(all_decimate(&minima).check(
            "all-minima-decimate",
            "Every descent that ended as low as the lowest is decimation: its hidden layer is a ring at the coupling of eq. (48).",
            "largest relative deviation of $K'$",
            format!("{} descents at each of {} couplings. They end where the gradient is small, not at infinite pinning, where it is 0.", s.starts, minima.len()),
        ))
        .figure(figures::flow(lab, s, &minima, &sampled, &layers)?)
        .figure(figures::training(s, &paths, shown_minimum, trained))
        .figure(figures::saddle(s, &curvatures))
        .figure(figures::receptive_fields(s, shown_minimum, trained)?)
        .figure(figures::how_many(s, &pinned, &sizes))
        .table(figures::minima_table(s, minima.iter().chain(&others)))
        .table(figures::samples_table(s, &sampled))
        .table(figures::sizes_table(s, &sizes)?)
        .table(figures::pinned_table(s, &pinned))
        .table(figures::bonds_table(&bonds))
        .discussion("The thesis saw the opposite because it looks at another flow, $v \\to h \\to v'$ within one layer, at training temperature 0; there $K = K' = \\infty$ is a fixed point of the renormalization group too. Away from temperature 0 it has only equal weights to look at, whose hidden layer couples all pairs alike, at low temperature more strongly than the visible one. Equal weights are a stationary point whose curvature is negative in the directions that tell hidden units apart.")
        .discussion("At finite pinning the best weight to the neighbours lies a little above K, and so does $K'$ above eq. (48); RBMs trained for a finite time show it. Some descents and some training runs end in defects, hidden units pinned to sites of both sublattices; the tables count them."))
}

/// The curvature at equal weights, at the coupling that is shown and at the mildest.
fn equal_by_symmetry(
    lab: &Lab,
    s: &Settings,
    minimum: &Minimum,
    curvatures: &[Curvature],
) -> Result<Claim> {
    let k = s.coupling;
    let lowest = |c: &Curvature| c.modes.iter().copied().fold(f64::INFINITY, f64::min);
    let mildest = curvatures.iter().map(lowest).fold(f64::NEG_INFINITY, f64::max);
    let here = curvatures.iter().find(|c| c.coupling == k).map(lowest);
    let here = here.context("coupling is not among couplings")?;
    Ok(lab.says("ter-hoeve-2018/equal-by-symmetry")?.judged(
        above(Estimate::exact(here), 0.0),
        format!("lowest curvature of KL at equal weights, $K = {k}$"),
        format!("Equal weights are a saddle, not a minimum: KL is {:.4} nats there and {} at the best of {} descents. Symmetry maps one best RBM to another, it does not make the weights of one equal.", minimum.best.equal_kl, rough(minimum.best.kl), s.starts),
    )
    .and("the same at the mildest K of the figure", Some(mildest)))
}

/// Where training on samples ends, trapped RBMs included.
fn training_gives_equal(lab: &Lab, minimum: &Minimum, trained: &Sampled<'_>) -> Result<Claim> {
    let equal = minimum.best.equal_kl;
    let (learnt, all) = (trained.learnt().count(), trained.rbms().count());
    Ok(lab
        .says("ter-hoeve-2018/training-gives-equal")?
        .judged(
            gives_equal_weights(trained.kl_of_all(), equal),
            format!("KL of all RBMs trained on samples at $K = {}$, nats", trained.coupling),
            format!("{learnt} of {all} RBMs end near 0, the others in defects."),
        )
        .and("KL of the best equal weights", Some(equal))
        .and("KL of the worst RBM", Some(largest(trained.rbms().map(|t| t.kl)))))
}

/// K' of RBMs trained on samples, against K and against eq. (48).
fn opposite_to_rg(
    lab: &Lab,
    minimum: &Minimum,
    trained: &Sampled<'_>,
    paths: &[exact_minima::DescentTrajectory],
) -> Result<Claim> {
    let k = minimum.best.coupling;
    // Plain descents with the exact gradient, where they pass the divergence of the trained RBMs.
    let kl = trained.mean(|t| t.kl);
    let passing = paths.iter().filter_map(|path| path.iter().find(|point| point.kl < kl.mean));
    let passing: Vec<f64> = passing.map(|point| point.hidden).collect();
    let passing = (!passing.is_empty()).then(|| passing.iter().sum::<f64>() / passing.len() as f64);
    let rings = trained.learnt().all(|t| {
        t.hidden.is_ring && t.hidden.sign > 0.0 && t.hidden.largest_other < 0.2 * t.hidden.coupling
    });
    Ok(lab.says("ter-hoeve-2018/opposite-to-rg")?.judged(
        direction(trained.mean(|t| t.hidden.coupling), k, rings),
        format!("coupling $K'$ of the hidden layer, trained on samples at $K = {k}$"),
        format!("The thesis compares the flow $v \\to h \\to v'$ within one layer, at training temperature 0. Read as the renormalization group is, from layer to layer, RBMs trained on samples lower K as eq. (48) does, a little less because their units are not pinned for good (KL = {}).", shown(kl)),
    )
    .and("eq. (48)", Some(decimate(k)))
    .and("best of the descents on the exact divergence", Some(minimum.hidden.coupling))
    .and("plain descents where they pass the KL of the trained RBMs", passing))
}

/// Does the coupling grow from the visible to the hidden layer? Opposite to the renormalization group if it does; where it
/// falls and hidden layers are rings, the statement holds of the flow within a layer alone.
fn direction(hidden: Estimate, k: f64, rings: bool) -> Ruling {
    above(hidden, k).corrected_if(
        rings,
        "true of the flow $v \\to h \\to v'$ within a layer at training temperature 0, which is no step from layer to layer",
    )
}

/// Descents end where the gradient is small, not where it is 0.
fn all_decimate(minima: &[Minimum]) -> Ruling {
    let rings = minima.iter().all(|m| m.all_rings);
    all([
        at_most(largest(minima.iter().map(|m| m.deviation)), 1e-4),
        holds(rings, "all hidden layers are ferromagnetic rings"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::Verdict::{Contradicted, Corrected, Reproduced, Undecided};

    #[test]
    fn the_direction_of_the_coupling_decides() {
        let verdict = |mean, rings| {
            let hidden = Estimate { error: 0.004, count: 4, ..Estimate::exact(mean) };
            direction(hidden, 1.0, rings).verdict
        };
        assert_eq!([verdict(0.69, true), verdict(0.69, false)], [Corrected, Contradicted]);
        assert_eq!([verdict(1.20, true), verdict(0.97, true)], [Reproduced, Undecided]);
    }
}
