//! Every golden value of `data/golden/general_rbm.json` that this crate computes, also for the transposed RBM.

#[path = "common/cases.rs"]
mod cases;
#[path = "common/states.rs"]
mod states;

use nalgebra::DMatrix;
use rbm::{Rbm, partition, score};
use states::states;

/// Sums over states in f64. Weights and biases are multiples of 2^-10 and below 2, so every activation is exact in f32
/// too (a multiple of 2^-10 below 2^4 has 14 bits): the f32 products lose nothing.
const SUM: f64 = 1e-12;
/// What passes through the f32 tanh, whose relative error is below 1e-6, as a mean of numbers of size at most 1; a mean
/// over at most 6 data in f32 adds 7 roundings of 6e-8.
const TANH: f64 = 1.5e-6;

fn close(what: &str, found: f64, expected: f64, allowed: f64) {
    let error = (found - expected).abs();
    assert!(error <= allowed, "{what}: {found:e}, not {expected:e}; {error:e} > {allowed:e}");
}

fn close_matrix(what: &str, found: &DMatrix<f64>, expected: &DMatrix<f64>, allowed: f64) {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    found.iter().zip(expected).for_each(|(f, e)| close(what, *f, *e, allowed));
}

fn column(numbers: Vec<f64>) -> DMatrix<f64> {
    DMatrix::from_vec(numbers.len(), 1, numbers)
}

/// `sum_v p(v) x(v)` for every row x of `[quantity, state]`.
fn mean(p: &[f64], quantities: &DMatrix<f64>) -> DMatrix<f64> {
    quantities * column(p.to_vec())
}

/// `sum_v p(v) v_i <h_a | v>` through the crate's conditional mean.
fn mean_of_products(rbm: &Rbm) -> DMatrix<f64> {
    let v = states(rbm.visible());
    let h = rbm.hidden_mean(&v).map(f64::from);
    let p = partition::visible_probabilities(rbm).expect("few units");
    let weighted = DMatrix::from_fn(v.nrows(), v.ncols(), |i, s| p[s] * f64::from(v[(i, s)]));
    weighted * h.transpose()
}

#[test]
fn partition_function_and_probabilities() {
    for case in cases::all() {
        let expected = case.number("lnZ");
        close("ln Z", partition::ln_z(&case.rbm).unwrap(), expected, SUM * expected);
        close("ln Z^T", partition::ln_z(&case.rbm.transpose()).unwrap(), expected, SUM * expected);
        let found = partition::visible_probabilities(&case.rbm).unwrap();
        let expected = case.numbers("P_v");
        assert_eq!(found.len(), expected.len());
        found.iter().zip(&expected).for_each(|(f, e)| close("p(v)", *f, *e, SUM * e));
    }
}

#[test]
fn exact_moments_and_the_gradient_that_they_make() {
    for case in cases::all() {
        let there = partition::moments(&case.rbm).unwrap();
        let back = partition::moments(&case.rbm.transpose()).unwrap();
        for (ln_z, v, h, vh) in [
            (there.ln_z, &there.mean_v, &there.mean_h, there.mean_vh.clone()),
            (back.ln_z, &back.mean_h, &back.mean_v, back.mean_vh.transpose()),
        ] {
            let expected = case.number("lnZ");
            close("ln Z", ln_z, expected, SUM * expected);
            let [v, h] = [v, h].map(|x| column(x.as_slice().to_vec()));
            close_matrix("<v>", &v, &column(case.numbers("mean_v")), SUM);
            close_matrix("<h>", &h, &column(case.numbers("mean_h")), SUM);
            close_matrix("<vh>", &vh, &case.matrix("mean_vh"), SUM);
            // The data's side from golden conditionals: no f32 in between.
            let data = case.data.map(f64::from);
            let samples = data.ncols() as f64;
            let conditional = case.matrix("hidden_mean_given_datum");
            let weights = &data * &conditional / samples - vh;
            close_matrix("grad W", &weights, &case.matrix("grad_W"), SUM);
            let visible = column(data.column_mean().as_slice().to_vec()) - v;
            close_matrix("grad b", &visible, &column(case.numbers("grad_b")), SUM);
            let hidden = column(conditional.row_mean().transpose().as_slice().to_vec()) - h;
            close_matrix("grad c", &hidden, &column(case.numbers("grad_c")), SUM);
        }
    }
}

#[test]
fn scores_are_means_over_the_data() {
    for case in cases::all() {
        let ln_z = case.number("lnZ");
        let found = score::log_likelihood(&case.rbm, &case.data, ln_z).unwrap();
        assert_eq!(found.count, case.data.ncols() as u64);
        close("ln p", found.mean, case.number("mean_log_likelihood"), 10.0 * SUM * ln_z);
        let found = score::pseudo_log_likelihood(&case.rbm, &case.data).unwrap();
        let expected = case.numbers("pseudo_log_likelihood_per_datum");
        let mean = expected.iter().sum::<f64>() / expected.len() as f64;
        close("pseudo", found.mean, mean, 10.0 * SUM * mean.abs());
        for (datum, expected) in case.data.column_iter().zip(&expected) {
            let datum = DMatrix::from_column_slice(datum.len(), 1, datum.as_slice());
            let found = score::pseudo_log_likelihood(&case.rbm, &datum).unwrap();
            close("pseudo of one", found.mean, *expected, 10.0 * SUM * expected.abs());
        }
        // ln q = 0: minus the mean log-likelihood.
        let ln_q = vec![0.0; case.data.ncols()];
        let found = score::kl_from_samples(&ln_q, &case.rbm, &case.data, ln_z).unwrap();
        close("KL", -found.mean, case.number("mean_log_likelihood"), 10.0 * SUM * ln_z);
    }
}

#[test]
fn free_energies_and_likelihoods() {
    for case in cases::all() {
        let ln_z = partition::ln_z(&case.rbm).unwrap();
        let found = case.rbm.free_energy(&case.data);
        let expected = case.numbers("free_energy_per_datum");
        let likelihood = case.numbers("log_likelihood_per_datum");
        assert_eq!((found.len(), likelihood.len()), (expected.len(), expected.len()));
        for ((f, e), l) in found.iter().zip(&expected).zip(&likelihood) {
            close("free energy", *f, *e, SUM * e.abs());
            close("ln p(v)", -f - ln_z, *l, SUM * (e.abs() + ln_z));
        }
        let mean = found.iter().sum::<f64>() / found.len() as f64;
        let allowed = SUM * (mean.abs() + ln_z);
        close("mean ln p(v)", -mean - ln_z, case.number("mean_log_likelihood"), allowed);
    }
}

#[test]
fn pseudo_likelihoods_from_free_energies() {
    for case in cases::all() {
        let here = case.rbm.free_energy(&case.data);
        let mut found = vec![0.0; here.len()];
        for i in 0..case.rbm.visible() {
            let mut flipped = case.data.clone();
            flipped.row_mut(i).neg_mut();
            // ln p(v_i | the others) = -ln(1 + e^{F(v) - F(v flipped at i)}).
            let there = case.rbm.free_energy(&flipped);
            let terms = here.iter().zip(&there).map(|(f, g)| -(f - g).exp().ln_1p());
            found.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
        }
        let expected = case.numbers("pseudo_log_likelihood_per_datum");
        close_matrix("pseudo", &column(found), &column(expected), 1e-11);
    }
}

#[test]
fn single_and_pair_means() {
    for case in cases::all() {
        let rbm = &case.rbm;
        let p = partition::visible_probabilities(rbm).unwrap();
        let p_hidden = partition::visible_probabilities(&rbm.transpose()).unwrap();
        let v = states(rbm.visible()).map(f64::from);
        let h = states(rbm.hidden()).map(f64::from);
        close_matrix("<v>", &mean(&p, &v), &column(case.numbers("mean_v")), SUM);
        close_matrix("<h>", &mean(&p_hidden, &h), &column(case.numbers("mean_h")), SUM);
        let pairs = DMatrix::from_fn(v.nrows(), v.ncols(), |i, s| p[s] * v[(i, s)]) * v.transpose();
        close_matrix("<vv>", &pairs, &case.matrix("mean_vv"), SUM);
        // The same through the f32 conditionals, of either layer.
        let via_hidden = mean(&p, &rbm.hidden_mean(&states(rbm.visible())).map(f64::from));
        close_matrix("<<h|v>>", &via_hidden, &column(case.numbers("mean_h")), TANH);
        let via_visible = mean(&p_hidden, &rbm.visible_mean(&states(rbm.hidden())).map(f64::from));
        close_matrix("<<v|h>>", &via_visible, &column(case.numbers("mean_v")), TANH);
        close_matrix("<vh>", &mean_of_products(rbm), &case.matrix("mean_vh"), TANH);
        let other_way = mean_of_products(&rbm.transpose()).transpose();
        close_matrix("<vh>^T", &other_way, &case.matrix("mean_vh"), TANH);
    }
}

#[test]
fn conditional_means_and_the_exact_gradient() {
    for case in cases::all() {
        let rbm = &case.rbm;
        let samples = case.data.ncols() as f64;
        let found = rbm.hidden_mean(&case.data).map(f64::from);
        let expected = case.matrix("hidden_mean_given_datum").transpose();
        close_matrix("<h|v>", &found, &expected, TANH);
        let from_transposed = rbm.transpose().visible_mean(&case.data).map(f64::from);
        close_matrix("<h|v>^T", &from_transposed, &expected, TANH);

        // Data minus model, both sides from this crate: two errors of a tanh.
        let data = case.data.map(f64::from);
        let weights = &data * found.transpose() / samples - mean_of_products(rbm);
        close_matrix("grad W", &weights, &case.matrix("grad_W"), 2.0 * TANH);
        let p = partition::visible_probabilities(rbm).unwrap();
        let visible = column(data.column_mean().as_slice().to_vec())
            - mean(&p, &states(rbm.visible()).map(f64::from));
        close_matrix("grad b", &visible, &column(case.numbers("grad_b")), SUM);
        let model = mean(&p, &rbm.hidden_mean(&states(rbm.visible())).map(f64::from));
        let hidden = column(found.column_mean().as_slice().to_vec()) - model;
        close_matrix("grad c", &hidden, &column(case.numbers("grad_c")), 2.0 * TANH);
    }
}
