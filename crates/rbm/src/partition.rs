//! Exact sums over the states of one layer: partition function, p(v), Kullback-Leibler divergence.

use crate::model::ln_2cosh;
use crate::{Error, Rbm};

/// The most units that are summed over.
pub const MOST_UNITS: usize = 24;

/// `ln Z`, by summing over the smaller layer in Gray-code order, where one unit changes at a time.
///
/// # Errors
/// [`Error::TooManyStates`] when both layers have more than [`MOST_UNITS`] units.
pub fn ln_z(rbm: &Rbm) -> Result<f64, Error> {
    if rbm.visible() < rbm.hidden() {
        return ln_z(&rbm.transpose());
    }
    let mut sum = LogSum::default();
    for_each_state(rbm, |_, ln_weight| sum.add(ln_weight))?;
    Ok(sum.value())
}

/// `p(v)` of every visible state; bit i of the index is unit i, set for +1 (thesis (27)).
///
/// # Errors
/// [`Error::TooManyStates`] above [`MOST_UNITS`] visible units.
pub fn visible_probabilities(rbm: &Rbm) -> Result<Vec<f64>, Error> {
    Ok(ln_visible_probabilities(rbm)?.into_iter().map(f64::exp).collect())
}

/// `ln p(v)`, finite also where p(v) is below the smallest f64.
fn ln_visible_probabilities(rbm: &Rbm) -> Result<Vec<f64>, Error> {
    check_units(rbm.visible())?;
    let mut ln_weights = vec![0.0; 1 << rbm.visible()];
    let mut sum = LogSum::default();
    for_each_state(&rbm.transpose(), |state, ln_weight| {
        ln_weights[state] = ln_weight;
        sum.add(ln_weight);
    })?;
    let ln_z = sum.value();
    ln_weights.iter_mut().for_each(|w| *w -= ln_z);
    Ok(ln_weights)
}

/// `KL(q || p) = sum_v q ln(q / p)` of the machine from a distribution over all visible states, indexed as
/// [`visible_probabilities`].
///
/// # Errors
/// [`Error::Size`], [`Error::TooManyStates`].
pub fn kl(q: &[f64], rbm: &Rbm) -> Result<f64, Error> {
    let ln_p = ln_visible_probabilities(rbm)?;
    if q.len() != ln_p.len() {
        return Err(Error::Size { what: "the distribution", found: q.len(), expected: ln_p.len() });
    }
    // 0 ln 0 = 0.
    Ok(q.iter().zip(&ln_p).filter(|(q, _)| **q > 0.0).map(|(q, ln_p)| q * (q.ln() - ln_p)).sum())
}

/// Visits every state of the hidden layer with its logarithmic weight, the visible layer summed out:
/// `c h + sum_i ln 2 cosh(b_i + sum_a W_ia h_a)`.
fn for_each_state(rbm: &Rbm, mut visit: impl FnMut(usize, f64)) -> Result<(), Error> {
    let n = rbm.hidden();
    check_units(n)?;
    // All hidden units down.
    let mut fields: Vec<f64> = (0..rbm.visible())
        .map(|i| {
            f64::from(rbm.visible_bias[i])
                - rbm.weights.row(i).iter().map(|&w| f64::from(w)).sum::<f64>()
        })
        .collect();
    let mut bias = -rbm.hidden_bias.iter().map(|&c| f64::from(c)).sum::<f64>();
    let mut state = 0_usize;
    for step in 1..=1_usize << n {
        visit(state, bias + fields.iter().map(|&f| ln_2cosh(f)).sum::<f64>());
        let flip = step.trailing_zeros() as usize;
        if flip == n {
            break;
        }
        state ^= 1 << flip;
        let twice = if state >> flip & 1 == 1 { 2.0 } else { -2.0 };
        bias += twice * f64::from(rbm.hidden_bias[flip]);
        let column = rbm.weights.column(flip);
        fields.iter_mut().zip(column.iter()).for_each(|(f, &w)| *f += twice * f64::from(w));
    }
    Ok(())
}

fn check_units(units: usize) -> Result<(), Error> {
    match units > MOST_UNITS {
        true => Err(Error::TooManyStates { units, limit: MOST_UNITS }),
        false => Ok(()),
    }
}

/// `ln sum exp` of a stream of numbers.
struct LogSum {
    largest: f64,
    sum: f64,
}

impl Default for LogSum {
    fn default() -> Self {
        Self { largest: f64::NEG_INFINITY, sum: 0.0 }
    }
}

impl LogSum {
    fn add(&mut self, x: f64) {
        if x > self.largest {
            self.sum = self.sum * (self.largest - x).exp() + 1.0;
            self.largest = x;
        } else {
            self.sum += (x - self.largest).exp();
        }
    }

    fn value(&self) -> f64 {
        self.largest + self.sum.ln()
    }
}
