//! Sums over all states of small systems: the oracle of every test.

use crate::logs::{ln_2cosh, ln_sum_exp};
use crate::{Error, Ring};

/// The most units that are summed over.
pub const MOST_UNITS: usize = 24;

/// All that a test asks of an enumerated ring.
pub struct RingStates {
    /// `ln Z`.
    pub ln_z: f64,
    /// Probability of every configuration; bit i of the index is spin i, set for +1.
    pub probabilities: Vec<f64>,
    /// `P(V)`, k = 0..=M up spins.
    pub magnetisation: Vec<f64>,
    /// `<v_i v_{i+r}>`, averaged over i.
    pub correlation: Vec<f64>,
    /// `-sum p ln p`.
    pub entropy: f64,
}

/// The ring at a finite coupling, state by state.
///
/// # Errors
/// [`Error::TooManyStates`] above [`MOST_UNITS`] sites, [`Error::OutOfRange`] at infinite coupling.
pub fn ring(ring: &Ring) -> Result<RingStates, Error> {
    let m = ring.sites();
    check_units(m)?;
    if ring.coupling().is_infinite() {
        let allowed = "finite to be enumerated";
        return Err(Error::OutOfRange { what: "the coupling", value: ring.coupling(), allowed });
    }
    let spin = |state: usize, i: usize| if state >> (i % m) & 1 == 1 { 1.0 } else { -1.0 };
    let bonds = |state: usize, r: usize| -> f64 {
        (0..m).map(|i| spin(state, i) * spin(state, i + r)).sum()
    };
    let ln_weights: Vec<f64> = (0..1 << m).map(|s| ring.coupling() * bonds(s, 1)).collect();
    let ln_z = ln_sum_exp(&ln_weights);
    let probabilities: Vec<f64> = ln_weights.iter().map(|w| (w - ln_z).exp()).collect();
    let mut magnetisation = vec![0.0; m + 1];
    let mut correlation = vec![0.0; m];
    let mut entropy = 0.0;
    for (state, &p) in probabilities.iter().enumerate() {
        magnetisation[state.count_ones() as usize] += p;
        for (r, c) in correlation.iter_mut().enumerate() {
            *c += p * bonds(state, r) / m as f64;
        }
        entropy -= p * (ln_weights[state] - ln_z);
    }
    Ok(RingStates { ln_z, probabilities, magnetisation, correlation, entropy })
}

/// `ln sum_v exp(b v) prod_a 2 cosh(c_a + sum_i W_ia v_i)`, the partition function of an RBM over its visible states.
///
/// `weights` is `[visible, hidden]`, column-major: entry (i, a) at `a M + i`.
///
/// # Errors
/// [`Error::TooManyStates`], [`Error::WrongLength`].
pub fn ln_z(weights: &[f64], visible_bias: &[f64], hidden_bias: &[f64]) -> Result<f64, Error> {
    Ok(ln_sum_exp(&ln_visible_weights(weights, visible_bias, hidden_bias)?))
}

/// `p(v)` of an RBM, thesis (27): bit i of the index is unit i, set for +1.
///
/// # Errors
/// [`Error::TooManyStates`], [`Error::WrongLength`].
pub fn visible_probabilities(
    weights: &[f64],
    visible_bias: &[f64],
    hidden_bias: &[f64],
) -> Result<Vec<f64>, Error> {
    let ln_weights = ln_visible_weights(weights, visible_bias, hidden_bias)?;
    let ln_z = ln_sum_exp(&ln_weights);
    Ok(ln_weights.iter().map(|w| (w - ln_z).exp()).collect())
}

fn ln_visible_weights(weights: &[f64], b: &[f64], c: &[f64]) -> Result<Vec<f64>, Error> {
    let m = b.len();
    check_units(m)?;
    let expected = m * c.len();
    if weights.len() != expected {
        return Err(Error::WrongLength {
            what: "the weight matrix",
            found: weights.len(),
            expected,
        });
    }
    let spin = |state: usize, i: usize| if state >> i & 1 == 1 { 1.0 } else { -1.0 };
    let ln_weight = |state: usize| {
        let field: f64 = b.iter().enumerate().map(|(i, b)| b * spin(state, i)).sum();
        let hidden: f64 = c
            .iter()
            .enumerate()
            .map(|(a, c)| {
                let column = &weights[a * m..(a + 1) * m];
                ln_2cosh(
                    c + column.iter().enumerate().map(|(i, w)| w * spin(state, i)).sum::<f64>(),
                )
            })
            .sum();
        field + hidden
    };
    Ok((0..1 << m).map(ln_weight).collect())
}

fn check_units(units: usize) -> Result<(), Error> {
    if units > MOST_UNITS {
        return Err(Error::TooManyStates { units, limit: MOST_UNITS });
    }
    Ok(())
}

/// `KL(q || p) = sum q ln(q / p)` of two distributions over the same states, natural logarithm.
///
/// # Errors
/// [`Error::WrongLength`] when the lengths differ.
pub fn kl(q: &[f64], p: &[f64]) -> Result<f64, Error> {
    if q.len() != p.len() {
        return Err(Error::WrongLength { what: "the model", found: p.len(), expected: q.len() });
    }
    // 0 ln 0 = 0.
    Ok(q.iter().zip(p).filter(|(q, _)| **q > 0.0).map(|(q, p)| q * (q / p).ln()).sum())
}
