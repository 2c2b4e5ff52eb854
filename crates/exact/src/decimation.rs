//! The RBMs that are steps of the renormalization group on the ring, and the coupling of a hidden layer.

use crate::{Error, Rbm64, couplings};
use nalgebra::DMatrix;

/// The RBM that decimates the ring: M/2 hidden units, unit a coupled with `pinning` to site 2a and
/// with `coupling` to the two neighbours of that site, modulo M.
///
/// Its hidden marginal is, at every pinning L, the ring of M/2 sites at the coupling of [`crate::ring::decimate`],
/// thesis (48). Its visible marginal tends to the ring at `coupling`, with a divergence of the order `e^{-4L}`.
///
/// # Errors
/// [`Error::TooSmall`] below two sites, [`Error::OutOfRange`] for an odd number of them and for couplings that are not
/// finite.
///
/// ```
/// let hidden = exact::decimation::hidden_coupling(&exact::decimation::pinned(8, 1.0, 2.0)?)?;
/// assert!((hidden.coupling - exact::ring::decimate(1.0)).abs() < 1e-13);
/// # Ok::<(), exact::Error>(())
/// ```
pub fn pinned(sites: usize, coupling: f64, pinning: f64) -> Result<Rbm64, Error> {
    check_sites(sites)?;
    if !sites.is_multiple_of(2) {
        let value = sites as f64;
        return Err(Error::OutOfRange { what: "the number of sites", value, allowed: "even" });
    }
    let mut weights = DMatrix::zeros(sites, sites / 2);
    for a in 0..sites / 2 {
        weights[(2 * a, a)] += pinning;
        weights[(2 * a + 1, a)] += coupling;
        weights[((2 * a + sites - 1) % sites, a)] += coupling;
    }
    Rbm64::without_biases(weights)
}

/// The RBM of a hidden unit on every bond, an exact inverse step: both ends of bond a have the weight
/// w with `cosh 2w = e^{2K}`.
///
/// Its visible marginal is the ring at K, with KL = 0, and so is its hidden one: v and h together are a ring of 2M
/// sites at w.
///
/// # Errors
/// [`Error::TooSmall`] below two sites, [`Error::OutOfRange`] unless `0 <= K < infinity`.
pub fn bonds(sites: usize, coupling: f64) -> Result<Rbm64, Error> {
    check_sites(sites)?;
    if !(coupling >= 0.0 && coupling.is_finite()) {
        let allowed = "at least 0 and finite";
        return Err(Error::OutOfRange { what: "the coupling", value: coupling, allowed });
    }
    // 2w = ln(e^{2K} + sqrt(e^{4K} - 1)), as a sum of positive terms that neither overflow nor cancel.
    let weight = coupling + 0.5 * (-(-4.0 * coupling).exp_m1()).sqrt().ln_1p();
    let mut weights = DMatrix::zeros(sites, sites);
    for a in 0..sites {
        weights[(a, a)] += weight;
        weights[((a + 1) % sites, a)] += weight;
    }
    Rbm64::without_biases(weights)
}

fn check_sites(sites: usize) -> Result<(), Error> {
    if sites < 2 {
        return Err(Error::TooSmall { what: "the number of sites", value: sites, least: 2 });
    }
    Ok(())
}

/// The hidden layer of an RBM, read as a ring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HiddenCoupling {
    /// K': the mean of `|J_ab|` over the ring's bonds, its N strongest pairs.
    pub coupling: f64,
    /// The largest minus the smallest of those `|J_ab|`.
    pub spread: f64,
    /// The largest `|J_S|` of all other couplings of any order above 0, fields included: what is not a ring.
    pub largest_other: f64,
    /// Whether the N bonds form a single closed ring.
    pub is_ring: bool,
    /// The product of the signs of the bonds' couplings: +1 for a ring that `h_a -> -h_a` makes ferromagnetic, -1 for a
    /// frustrated one.
    pub sign: f64,
}

/// K' of the hidden marginal, from its couplings to all orders ([`couplings::hidden`]).
///
/// It does not depend on what an RBM is free to choose: the signs of hidden units, their order, and with that the
/// sublattice to which they are pinned. The strongest N of all pairs are the bonds; for N = 2 the one bond counts twice
/// (as for the ring of two sites), so that `K' = |J_12| / 2`. For N = 3 every set of pairs is a ring.
///
/// # Errors
/// [`Error::TooSmall`] below two hidden units, [`Error::TooManyStates`] above [`crate::enumerate::MAX_UNITS`].
pub fn hidden_coupling(rbm: &Rbm64) -> Result<HiddenCoupling, Error> {
    let n = rbm.hidden();
    if n < 2 {
        return Err(Error::TooSmall { what: "the number of hidden units", value: n, least: 2 });
    }
    let mut couplings = couplings::hidden(rbm)?;
    // The constant is no coupling.
    couplings[0] = 0.0;
    let mut pairs: Vec<(usize, usize)> = (0..n).flat_map(|b| (0..b).map(move |a| (a, b))).collect();
    let mask = |&(a, b): &(usize, usize)| 1 << a | 1 << b;
    // Stable: pairs of equal strength stay in their order.
    pairs.sort_by(|x, y| couplings[mask(y)].abs().total_cmp(&couplings[mask(x)].abs()));
    pairs.truncate(n);
    let bonds: Vec<f64> = pairs.iter().map(|pair| couplings[mask(pair)]).collect();
    pairs.iter().for_each(|pair| couplings[mask(pair)] = 0.0);
    let largest_other = couplings.iter().fold(0.0, |most: f64, j| most.max(j.abs()));
    if n == 2 {
        let coupling = 0.5 * bonds[0].abs();
        return Ok(HiddenCoupling {
            coupling,
            spread: 0.0,
            largest_other,
            is_ring: true,
            sign: 1.0,
        });
    }
    let strengths = bonds.iter().map(|j| j.abs());
    Ok(HiddenCoupling {
        coupling: strengths.clone().sum::<f64>() / n as f64,
        spread: strengths.clone().fold(0.0, f64::max) - strengths.fold(f64::INFINITY, f64::min),
        largest_other,
        is_ring: is_ring(n, &pairs),
        sign: bonds.iter().map(|j| j.signum()).product(),
    })
}

/// Whether every unit has two bonds, and a walk along them visits all units before it returns.
fn is_ring(units: usize, bonds: &[(usize, usize)]) -> bool {
    let touches = |unit: usize| move |&(a, b): &(usize, usize)| a == unit || b == unit;
    if (0..units).any(|unit| bonds.iter().filter(|bond| touches(unit)(bond)).count() != 2) {
        return false;
    }
    let (mut left, mut at, mut steps) = (bonds.to_vec(), 0, 0);
    while let Some(found) = left.iter().position(touches(at)) {
        let (a, b) = left.swap_remove(found);
        at = if a == at { b } else { a };
        steps += 1;
    }
    steps == units
}
