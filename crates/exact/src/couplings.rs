//! The couplings of a distribution to all orders, and the variational renormalization group in their terms.

use crate::enumerate::{kl, ln_visible_weights};
use crate::logs::{ln_sum_exp, normalise};
use crate::{Error, Rbm64};

/// The couplings J of `ln w(s) = sum_S J_S prod_{i in S} s_i`, by the fast Walsh-Hadamard transform.
///
/// Bit i of an index of `ln_weights` is unit i, set for +1; bit i of an index of J says whether unit i is in S, so that
/// J_0 is the constant. In the convention of `liu-2017` (4), `ln w = -H`: fields, pairs and all higher orders are
/// positive where they favour `prod s_i = +1`.
///
/// # Errors
/// [`Error::WrongLength`] unless the length is a power of two, [`Error::OutOfRange`] for an entry that is not finite: a
/// state that never occurs has no couplings.
///
/// ```
/// // Two units of weight e^{0.3 s_0 + 0.7 s_0 s_1}; states --, +-, -+, ++.
/// let j = exact::couplings::of_ln_weights(&[0.4, -0.4, -1.0, 1.0])?;
/// assert!(j.iter().zip([0.0, 0.3, 0.0, 0.7]).all(|(j, expected)| (j - expected).abs() < 1e-15));
/// # Ok::<(), exact::Error>(())
/// ```
pub fn of_ln_weights(ln_weights: &[f64]) -> Result<Vec<f64>, Error> {
    check(ln_weights, "a logarithmic weight")?;
    let states = ln_weights.len() as f64;
    let mut couplings = ln_weights.to_vec();
    butterflies(&mut couplings, |down, up| (down + up, up - down));
    couplings.iter_mut().for_each(|j| *j /= states);
    Ok(couplings)
}

/// `ln w(s) = sum_S J_S prod_{i in S} s_i` of every state: the inverse of [`of_ln_weights`], indexed as there.
///
/// # Errors
/// [`Error::WrongLength`] unless the length is a power of two, [`Error::OutOfRange`] for a coupling that is not finite.
pub fn ln_weights(couplings: &[f64]) -> Result<Vec<f64>, Error> {
    check(couplings, "a coupling")?;
    let mut ln_weights = couplings.to_vec();
    butterflies(&mut ln_weights, |without, with| (without - with, without + with));
    Ok(ln_weights)
}

fn check(values: &[f64], what: &'static str) -> Result<(), Error> {
    if !values.len().is_power_of_two() {
        let (found, expected) = (values.len(), values.len().next_power_of_two());
        return Err(Error::WrongLength {
            what: "the list of states or couplings",
            found,
            expected,
        });
    }
    match values.iter().find(|x| !x.is_finite()) {
        Some(&value) => Err(Error::OutOfRange { what, value, allowed: "finite" }),
        None => Ok(()),
    }
}

/// Combines, for each unit in turn, the entries that differ in its bit alone.
fn butterflies(values: &mut [f64], combine: impl Fn(f64, f64) -> (f64, f64)) {
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(2 * half) {
            let (clear, set) = pair.split_at_mut(half);
            clear.iter_mut().zip(set).for_each(|(x, y)| (*x, *y) = combine(*x, *y));
        }
        half *= 2;
    }
}

/// The couplings of the visible marginal, `ln sum_h e^{-E(v, h)}`, to all orders, indexed as in [`of_ln_weights`].
///
/// # Errors
/// [`Error::TooManyStates`] above [`crate::enumerate::MAX_UNITS`] visible units.
pub fn visible(rbm: &Rbm64) -> Result<Vec<f64>, Error> {
    of_ln_weights(&ln_visible_weights(rbm)?)
}

/// The couplings of the renormalised Hamiltonian, `-H'(h) = ln sum_v e^{-E(v, h)}`, to all orders
/// (`mehta-schwab-2014`; `liu-2017` (4), (7)-(9)), indexed as in [`of_ln_weights`].
///
/// # Errors
/// [`Error::TooManyStates`] above [`crate::enumerate::MAX_UNITS`] hidden units.
pub fn hidden(rbm: &Rbm64) -> Result<Vec<f64>, Error> {
    visible(&rbm.transpose())
}

/// What an RBM does as a step of the variational renormalization group on a microscopic Hamiltonian H(v), with
/// `T(v, h) = -E(v, h) + H(v)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Variational {
    /// `ln sum_h e^{T(v, h)}` for every v: zero for all v exactly if the step conserves Z state by state.
    pub ln_trace_t: Vec<f64>,
    /// `ln sum_v e^{-H(v)}`.
    pub ln_z_microscopic: f64,
    /// `ln sum_h e^{-H'(h)}` of the renormalised Hamiltonian: ln Z of the RBM.
    pub ln_z_hidden: f64,
    /// `KL(q || p)`, with q of the microscopic Hamiltonian and p the RBM's visible marginal. It equals
    /// `ln_z_hidden - ln_z_microscopic - <ln_trace_t>_q`.
    pub kl: f64,
}

/// The variational renormalization group of `mehta-schwab-2014` (`liu-2017` (8)-(10), (23), (24)) for an RBM and a
/// microscopic Hamiltonian, given as `-H(v)` of all `2^M` states, indexed as in [`of_ln_weights`].
///
/// A trace condition that holds state by state makes both the partition functions equal and KL vanish; KL = 0 alone
/// leaves a constant free.
///
/// # Errors
/// [`Error::TooManyStates`] above [`crate::enumerate::MAX_UNITS`] units in either layer, [`Error::WrongLength`] unless
/// there are `2^M` states, [`Error::OutOfRange`] for one whose H is not finite.
pub fn variational(rbm: &Rbm64, microscopic: &[f64]) -> Result<Variational, Error> {
    let marginal = ln_visible_weights(rbm)?;
    let (found, expected) = (microscopic.len(), marginal.len());
    if found != expected {
        return Err(Error::WrongLength { what: "the microscopic Hamiltonian", found, expected });
    }
    check(microscopic, "a microscopic weight's logarithm")?;
    Ok(Variational {
        ln_trace_t: marginal.iter().zip(microscopic).map(|(p, q)| p - q).collect(),
        ln_z_microscopic: ln_sum_exp(microscopic),
        ln_z_hidden: ln_sum_exp(&ln_visible_weights(&rbm.transpose())?),
        kl: kl(&normalise(microscopic.to_vec()), &normalise(marginal))?,
    })
}
