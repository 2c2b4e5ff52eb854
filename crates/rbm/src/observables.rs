//! What the visible layer does, exactly: products of two units, and how many are up.
//!
//! Given h the visible units are independent, with the means `t_i = tanh(b_i + sum_a W_ia h_a)`: a product of two has the
//! mean `t_i t_j`, and the number of those that are up is a sum of independent ones, whose distribution is a product of M
//! polynomials. Both are summed over all states of the hidden layer with their weights.

use crate::partition::check_units;
use crate::states::{States, unit};
use crate::{Error, Rbm};
use rayon::prelude::*;

/// States of the hidden layer in one task of the thread pool.
const TASK: usize = 1 << 11;

/// Exact means over `p(v)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Observables {
    /// `<v_i v_j>` of the pairs asked for, in their order.
    pub pairs: Vec<f64>,
    /// The probability of each number of visible units that are up, 0..=M.
    pub up: Vec<f64>,
}

/// Means over the RBM's own `p(v)`, summed over the states of the hidden layer; all terms of `up` are positive.
///
/// # Errors
/// [`Error::TooManyStates`] above [`MAX_UNITS`](crate::partition::MAX_UNITS) hidden units, [`Error::Size`] for a pair
/// with a unit that is not there.
///
/// ```
/// // Two units held together by one hidden unit: <v_0 v_1> = tanh^2 w.
/// let rbm = rbm::Rbm::uniform(2, 1, 0.5);
/// let found = rbm::observables::observables(&rbm, &[(0, 1)])?;
/// assert!((found.pairs[0] - 0.5f64.tanh().powi(2)).abs() < 1e-12);
/// # Ok::<(), rbm::Error>(())
/// ```
pub fn observables(rbm: &Rbm, pairs: &[(usize, usize)]) -> Result<Observables, Error> {
    let (m, n) = (rbm.visible(), rbm.hidden());
    check_units(n)?;
    if let Some(&(i, j)) = pairs.iter().find(|(i, j)| *i.max(j) >= m) {
        return Err(Error::Size { what: "a pair's unit", found: i.max(j), expected: m });
    }
    let ln_weights = States::new(rbm).ln_weights();
    let largest = ln_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (weights, bias) = (rbm.weights.map(f64::from), rbm.visible_bias.map(f64::from));
    let task = |(task, ln_weights): (usize, &[f64])| {
        let mut sums = Sums::new(pairs.len(), m);
        let mut means = vec![0.0; m];
        for (number, ln_weight) in ln_weights.iter().enumerate() {
            let state = task * TASK + number;
            means.copy_from_slice(bias.as_slice());
            for (a, column) in weights.column_iter().enumerate() {
                let h = unit(state, a);
                means.iter_mut().zip(&column).for_each(|(x, w)| *x += h * w);
            }
            means.iter_mut().for_each(|x| *x = x.tanh());
            sums.add((ln_weight - largest).exp(), &means, pairs);
        }
        sums
    };
    let parts: Vec<Sums> = ln_weights.par_chunks(TASK).enumerate().map(task).collect();
    // In the order of the tasks, whoever computed them.
    let mut total = Sums::new(pairs.len(), m);
    for part in &parts {
        total.pairs.iter_mut().zip(&part.pairs).for_each(|(x, y)| *x += y);
        total.up.iter_mut().zip(&part.up).for_each(|(x, y)| *x += y);
    }
    let z: f64 = total.up.iter().sum();
    let share = |sums: Vec<f64>| sums.into_iter().map(|x| x / z).collect();
    Ok(Observables { pairs: share(total.pairs), up: share(total.up) })
}

/// Sums over states with their weights.
struct Sums {
    pairs: Vec<f64>,
    up: Vec<f64>,
    /// The polynomial of one state.
    distribution: Vec<f64>,
}

impl Sums {
    fn new(pairs: usize, visible: usize) -> Self {
        let up = vec![0.0; visible + 1];
        Self { pairs: vec![0.0; pairs], distribution: up.clone(), up }
    }

    fn add(&mut self, weight: f64, means: &[f64], pairs: &[(usize, usize)]) {
        let products = pairs.iter().map(|&(i, j)| means[i] * means[j]);
        self.pairs.iter_mut().zip(products).for_each(|(sum, x)| *sum += weight * x);
        self.distribution.fill(0.0);
        self.distribution[0] = weight;
        for (units, mean) in means.iter().enumerate() {
            let (down, up) = (0.5 * (1.0 - mean), 0.5 * (1.0 + mean));
            let mut before = 0.0;
            for x in &mut self.distribution[..=units + 1] {
                (*x, before) = (down * *x + up * before, *x);
            }
        }
        self.up.iter_mut().zip(&self.distribution).for_each(|(sum, x)| *sum += x);
    }
}
