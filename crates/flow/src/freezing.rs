//! Freezing: hidden units that copy a single site hardly change p(v), but hold that site fast.
//!
//! A hidden unit with the weight w on one site and weights K on others is `h = v_i` but for a share of the order
//! `e^{-2w}` of all draws. Summed over h it couples the site to the others by `K`, however large w is: p(v) has a limit,
//! with a divergence of the order `e^{-4w}`. But v' is drawn given h, so that the site flips at the rate
//! `e^{-2w}`: the sampled flow stands still there, and its relaxation time grows as `e^{2w}`.

use ising::{Lattice, Samples};
use linalg::ln_2cosh;
use nalgebra::DMatrix;
use rand_pcg::Pcg64;
use rbm::{Rbm, features};
use stats::Estimate;

/// A hidden unit that copies a single site.
///
/// ```
/// use flow::freezing::{clipped, pinned_units};
/// use nalgebra::{dmatrix, dvector};
/// use rbm::Rbm;
///
/// // The first hidden unit copies site 0, the second looks at both sites.
/// let mut rbm = Rbm::uniform(2, 2, 0.5);
/// rbm.weights.set_column(0, &dvector![5.0, 0.1]);
/// let found = pinned_units(&rbm, 3.0, 1.5);
/// assert_eq!((found.len(), found[0].hidden, found[0].site, found[0].weight), (1, 0, 0, 5.0));
/// // Released, its weight is no larger than asked, and nothing else has changed.
/// assert_eq!(clipped(&rbm, &found, 2.0).weights, dmatrix![2.0, 0.5; 0.1, 0.5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PinnedUnit {
    /// The hidden unit.
    pub hidden: usize,
    /// The site: its largest weight.
    pub site: usize,
    /// That weight.
    pub weight: f32,
    /// Its participation ratio ([`features::participation_ratios`]), 1 for a unit with a single weight.
    pub participation: f64,
}

/// The flip rate of each visible unit: the probability that one sampled step flips it, averaged over an ensemble
/// `[visible, sample]` of `chains` chains, one after the other.
///
/// `p(v_i' != v_i | v) = <1 / (1 + e^{2 v_i (b_i + sum_a W_ia h_a)})>` over `p(h|v)`, thesis (30)-(31): for each site the
/// hidden unit with the largest weight on it is summed over exactly, the others are drawn. So rare flips are seen in their
/// mean, not in their count, also where a unit pins the site and would have to be drawn wrong. Fields are f32, which
/// leaves a relative 1e-5 that is in no error bar.
///
/// For an ensemble drawn from p(v) this is `(1 - <v_i v_i'>) / 2`, for a few units the exact
/// [`Transition::flip_rate`](crate::chain::Transition::flip_rate).
///
/// # Panics
/// When the ensemble has another width than the RBM, or there are more chains than samples, or none.
///
/// ```
/// use flow::freezing::flip_rate;
/// use nalgebra::DMatrix;
/// use rbm::Rbm;
///
/// // One hidden unit that copies a single site with weight w: the site flips at the rate 1 / (2 cosh^2 w), here 1.8e-4.
/// let (v, rng) = (DMatrix::from_element(1, 4, 1.0), &mut stats::stream(1, "example", 0));
/// let rate = flip_rate(&Rbm::uniform(1, 1, 5.0), &v, 4, rng)[0];
/// assert!((rate.mean * 2.0 * 5f64.cosh().powi(2) - 1.0).abs() < 1e-5);
/// ```
pub fn flip_rate(
    rbm: &Rbm,
    ensemble: &DMatrix<f32>,
    chains: usize,
    rng: &mut Pcg64,
) -> Vec<Estimate> {
    let activations = rbm.weights.tr_mul(ensemble);
    let h = rbm.sample_hidden(ensemble, rng);
    let fields = &rbm.weights * &h;
    let site = |i: usize| {
        let strongest = rbm.weights.row(i).into_iter().enumerate();
        let strongest = strongest.max_by(|(_, x), (_, y)| x.abs().total_cmp(&y.abs()));
        let turn = |s: usize| {
            let v = f64::from(ensemble[(i, s)]);
            let field = f64::from(rbm.visible_bias[i] + fields[(i, s)]);
            let turned = |field: f64| logistic(-2.0 * v * field);
            let Some((a, &w)) = strongest else { return turned(field) };
            let others = field - f64::from(w * h[(a, s)]);
            let activation = f64::from(rbm.hidden_bias[a] + activations[(a, s)]);
            let given = |h: f64| logistic(2.0 * h * activation) * turned(others + h * f64::from(w));
            given(1.0) + given(-1.0)
        };
        let turns: Vec<f64> = (0..ensemble.ncols()).map(turn).collect();
        Estimate::from_chains(&turns, chains)
    };
    (0..rbm.visible()).map(site).collect()
}

/// `1 / (1 + e^{-x})`
fn logistic(x: f64) -> f64 {
    (1.0 + (-x).exp()).recip()
}

/// The hidden units whose largest weight is at least `weight` in size, and whose participation ratio is at most
/// `participation`: weights K on q other sites beside w have the ratio `(w^2 + q K^2)^2 / (w^4 + q K^4)`.
pub fn pinned_units(rbm: &Rbm, weight: f32, participation: f64) -> Vec<PinnedUnit> {
    let ratios = features::participation_ratios(&rbm.weights);
    let columns = rbm.weights.column_iter().zip(ratios).enumerate();
    let all = columns.filter(|(_, (column, _))| !column.is_empty());
    let all = all.map(|(hidden, (column, participation))| {
        let site = column.icamax();
        PinnedUnit { hidden, site, weight: column[site], participation }
    });
    all.filter(|unit| unit.weight.abs() >= weight && unit.participation <= participation).collect()
}

/// The RBM with the pinning weights cut to at most `most` in size, their signs kept: nearly the same p(v), but a
/// flow that moves.
pub fn clipped(rbm: &Rbm, pinned: &[PinnedUnit], most: f32) -> Rbm {
    let mut clipped = rbm.clone();
    for unit in pinned {
        let weight = &mut clipped.weights[(unit.site, unit.hidden)];
        *weight = weight.clamp(-most, most);
    }
    clipped
}

/// The RBM that is the Ising model on this lattice at the coupling K as w grows: a hidden unit for every odd site, with the
/// weight w on that site, which it copies, and K on its neighbours. On a bipartite lattice these are all bonds, and
///
/// ```text
/// 2 cosh(w v_a + K s_a) -> e^w e^{K v_a s_a}    with the sum s_a of the neighbours of a
/// ```
///
/// but for terms of the relative order `e^{4dK - 2w}` on a lattice of 2d neighbours ([`copying_divergence`]). On the ring it is
/// [`exact::decimation::pinned`].
pub fn copying(lattice: &Lattice, coupling: f64, weight: f64) -> Rbm {
    let odd: Vec<usize> = (0..lattice.sites()).filter(|&site| lattice.is_odd(site)).collect();
    let mut rbm = Rbm::uniform(lattice.sites(), odd.len(), 0.0);
    for (a, &site) in odd.iter().enumerate() {
        rbm.weights[(site, a)] = weight as f32;
        // On a side of 2 a neighbour counts twice.
        for &j in lattice.neighbours(site) {
            rbm.weights[(j as usize, a)] += coupling as f32;
        }
    }
    rbm
}

/// `KL(Ising || RBM)` in nats of the whole lattice between the Ising model at the coupling K and the RBM that copies its odd
/// sites ([`copying`]), from independent draws of the Ising model. Without an estimate of ln Z: with
/// `f(v) = ln p_Ising(v) - ln p_RBM(v)` of [`copying_excess`] the mean of `e^{-f}` is 1, so that KL is also the mean of
/// `f + e^{-f} - 1`, of which no term is negative and whose relative error stays small where KL is 1e-6.
pub fn copying_divergence(
    lattice: &Lattice,
    draws: &Samples,
    coupling: f64,
    weight: f64,
) -> Estimate {
    let term = |v: &[f32]| {
        let v: Vec<f64> = v.iter().map(|&x| f64::from(x)).collect();
        let f = copying_excess(lattice, &v, coupling, weight);
        f + (-f).exp_m1()
    };
    let draws = draws.to_matrix();
    let terms: Vec<f64> = draws.column_iter().map(|v| term(v.as_slice())).collect();
    Estimate::from_independent(&terms)
}

/// `f(v) = ln p_Ising(v) - ln p_RBM(v)` of a configuration, as in [`copying_divergence`]: the sum over odd sites of
/// `K v_a s_a - ln cosh(w v_a + K s_a) + ln cosh w`. Both have the same sum over states but for `(2 cosh w)^(n/2)`, because
/// `sum over v_a of 2 cosh(w v_a + K s_a) = 2 cosh w * 2 cosh(K s_a)`.
pub fn copying_excess(lattice: &Lattice, v: &[f64], coupling: f64, weight: f64) -> f64 {
    let of_site = |site: usize| {
        let field: f64 = lattice.neighbours(site).iter().map(|&j| v[j as usize]).sum();
        let (own, field) = (weight * v[site], coupling * field);
        field * v[site] - ln_2cosh(own + field) + ln_2cosh(own)
    };
    (0..lattice.sites()).filter(|&site| lattice.is_odd(site)).map(of_site).sum()
}
