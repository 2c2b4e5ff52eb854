//! The mean update of contrastive divergence, exactly: where it vanishes, and whether it is a gradient.

use super::{Rings, Settings};
use anyhow::Result;
use exact::{Machine, enumerate, symmetric};
use lab::Run;
use lab::parts::over_exact;
use nalgebra::DMatrix;
use rayon::prelude::*;
use rbm::{Negative, Rbm};
use stats::Estimate;

/// Steps of the chain that begins at the data; none for what tends to the model's own mean.
pub(super) fn steps_of(negative: Negative) -> Option<u32> {
    match negative {
        Negative::Contrastive { steps } => Some(steps),
        _ => None,
    }
}

/// The weight at which the mean update of tied weights is 0: `<V tanh WV>` of the data equals that after `steps` steps of
/// the chain that starts at the data, or that of the model. The data are known by their P(V), `V = 2k - M`.
pub(super) fn root_of_update(data: &[f64], hidden: usize, steps: Option<u32>) -> f64 {
    let visible = data.len() - 1;
    let mean = |p: &[f64], w: f64| -> f64 {
        let of_sum = |(k, p): (usize, &f64)| {
            let v = 2.0 * k as f64 - visible as f64;
            p * v * (w * v).tanh()
        };
        p.iter().enumerate().map(of_sum).sum()
    };
    let update = |w: f64| {
        let model = match steps {
            None => symmetric::f(visible, hidden, w),
            Some(steps) => {
                let step = |p: Vec<f64>, _| symmetric::sampled_step(&p, hidden, w);
                mean(&(0..steps).fold(data.to_vec(), step), w)
            }
        };
        mean(data, w) - model
    };
    // It is positive at small W, where the chain forgets the order of the data.
    let (mut low, mut high) = (0.0, 1e-2);
    while update(high) > 0.0 && high < 100.0 {
        (low, high) = (high, 1.1 * high);
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        match update(middle) > 0.0 {
            true => low = middle,
            false => high = middle,
        }
    }
    0.5 * (low + high)
}

/// The mean update of one kind of negative phase as a vector field over free weights.
pub(super) struct Field {
    pub(super) negative: Negative,
    /// Share of the matrix of derivatives that is antisymmetric, `|J - J^T| / |J + J^T|`: 0 for a gradient.
    pub(super) asymmetry: Estimate,
    /// Cosine of the angle between the mean update and the gradient.
    pub(super) cosine: Estimate,
}

/// At random machines, for each kind of negative phase of the tied machines but those that persist.
pub(super) fn fields(run: &Run, settings: &Settings, rings: &Rings) -> Result<Vec<Field>> {
    let kinds = settings.tied.negatives.iter().copied();
    let kinds = kinds.filter(|n| matches!(n, Negative::Contrastive { .. } | Negative::Exact));
    let machines: Vec<DMatrix<f64>> = (0..settings.fields)
        .map(|index| {
            let mut rng = stats::stream(run.seed, "learning/fields", index);
            let std = settings.field_std as f32;
            let n = settings.tied.train.hidden;
            Rbm::random(settings.visible, n, std, &mut rng).weights.map(f64::from)
        })
        .collect();
    let of_kind = |negative: Negative| -> Result<Field> {
        let steps = steps_of(negative);
        let of_machine = |weights: &DMatrix<f64>| -> Result<(f64, f64)> {
            let (gradient, update) =
                (mean_update(&rings.q, weights, None)?, mean_update(&rings.q, weights, steps)?);
            let cosine = gradient.dot(&update) / (gradient.norm() * update.norm());
            Ok((asymmetry(&rings.q, weights, steps)?, cosine))
        };
        let both = machines.par_iter().map(of_machine).collect::<Result<Vec<_>>>()?;
        Ok(Field {
            negative,
            asymmetry: over_exact(&both.iter().map(|x| x.0).collect::<Vec<_>>()),
            cosine: over_exact(&both.iter().map(|x| x.1).collect::<Vec<_>>()),
        })
    };
    kinds.map(of_kind).collect()
}

/// `<v_i tanh(sum_j W_ja v_j)>` of the data, minus that after `steps` steps of the chain that starts at them, or of the
/// model.
fn mean_update(q: &[f64], weights: &DMatrix<f64>, steps: Option<u32>) -> Result<DMatrix<f64>> {
    let machine = Machine::without_biases(weights.clone())?;
    let p = match steps {
        None => enumerate::visible_probabilities(&machine)?,
        Some(steps) => {
            (0..steps).try_fold(q.to_vec(), |p, _| enumerate::sampled_step(&machine, &p))?
        }
    };
    let m = weights.nrows();
    let mut update = DMatrix::zeros(m, weights.ncols());
    for (state, (q, p)) in q.iter().zip(&p).enumerate() {
        let v = DMatrix::from_fn(m, 1, |i, _| if state >> i & 1 == 1 { 1.0 } else { -1.0 });
        let hidden = weights.tr_mul(&v).map(f64::tanh);
        update.gemm(q - p, &v, &hidden.transpose(), 1.0);
    }
    Ok(update)
}

/// `|J - J^T| / |J + J^T|` of the derivatives of the mean update, by central differences.
fn asymmetry(q: &[f64], weights: &DMatrix<f64>, steps: Option<u32>) -> Result<f64> {
    const STEP: f64 = 1e-4;
    let size = weights.len();
    let mut derivatives = DMatrix::zeros(size, size);
    for column in 0..size {
        let at = |shift: f64| {
            let mut moved = weights.clone();
            moved[column] += shift;
            mean_update(q, &moved, steps)
        };
        let change = (at(STEP)? - at(-STEP)?) / (2.0 * STEP);
        derivatives.column_mut(column).copy_from_slice(change.as_slice());
    }
    let transposed = derivatives.transpose();
    Ok((&derivatives - &transposed).norm() / (&derivatives + &transposed).norm())
}

#[cfg(test)]
mod tests {
    use super::*;
    use exact::{Ring, divergence};

    #[test]
    fn roots_and_fields_agree() {
        let (m, n) = (6, 3);
        for k in [0.5, 1.0] {
            let ring = Ring::new(m, k).expect("a ring");
            let q = enumerate::ring(&ring).expect("probabilities").probabilities;
            let sums = ring.magnetisation_probabilities();
            let best = symmetric::best_weight(&ring.into(), n).expect("W(K)");
            assert!((root_of_update(&sums, n, None) - best).abs() < 1e-12);
            // The matrix between values of V against that between states, at the root and beside it.
            let update = |w: f64, steps| {
                let weights = DMatrix::from_element(m, n, w);
                mean_update(&q, &weights, steps).expect("an update").amax()
            };
            for steps in [1, 2, 5] {
                let root = root_of_update(&sums, n, Some(steps));
                assert!(update(root, Some(steps)) < 1e-12, "{steps} steps");
                assert!(update(best, Some(steps)) > 1e-8, "{steps} steps");
            }
            let bias = |steps| (root_of_update(&sums, n, Some(steps)) - best).abs();
            assert!(bias(1) > 2.0 * bias(2) && bias(2) > 2.0 * bias(3) && bias(60) < 1e-9);
        }
    }

    #[test]
    fn the_exact_update_is_the_gradient() {
        let ring = Ring::new(4, 0.7).expect("a ring");
        let q = enumerate::ring(&ring).expect("probabilities").probabilities;
        let weights = DMatrix::from_fn(4, 2, |i, a| 0.3 * i as f64 - 0.4 * a as f64 - 0.2);
        let (_, gradient) = divergence::kl_gradient(&q, &weights).expect("a gradient");
        let update = mean_update(&q, &weights, None).expect("an update");
        assert!((update + gradient).amax() < 1e-12);
        assert!(asymmetry(&q, &weights, None).expect("a share") < 1e-6);
        assert!(asymmetry(&q, &weights, Some(1)).expect("a share") > 1e-2);
    }
}
