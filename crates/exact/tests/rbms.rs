//! Sums over the states of RBMs of any weights, against sums written out over (v, h).

mod common;

use common::brute::{Joint, random_rbm, spin, unit_states};
use exact::enumerate::{self, MAX_UNITS, ln_visible_weights, moments, visible_probabilities};
use exact::{Error, Rbm64, likelihood};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;

/// A few hundred roundings of 1e-16 of terms of the size of the largest exponent.
const SUM: f64 = 1e-13;

fn close(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= SUM * (1.0 + scale)
}

proptest! {
    #[test]
    fn sums_are_those_over_both_layers(rbm in random_rbm(1..7, 1..7, 3.0)) {
        let joint = Joint::new(&rbm);
        let scale = joint.largest;
        {
            let found = moments(&rbm).unwrap();
            prop_assert!(close(found.ln_z, joint.ln_z, scale));
            prop_assert!(close(enumerate::ln_z(&rbm).unwrap(), joint.ln_z, scale));
            for i in 0..rbm.visible() {
                prop_assert!(close(found.mean_v[i], joint.mean(|v, _| spin(v, i)), scale));
            }
            for a in 0..rbm.hidden() {
                prop_assert!(close(found.mean_h[a], joint.mean(|_, h| spin(h, a)), scale));
                for i in 0..rbm.visible() {
                    let product = joint.mean(|v, h| spin(v, i) * spin(h, a));
                    prop_assert!(close(found.mean_vh[(i, a)], product, scale));
                }
            }
        }
        for (v, p) in visible_probabilities(&rbm).unwrap().into_iter().enumerate() {
            let direct = joint.p.row(v).sum();
            prop_assert!((p - direct).abs() <= SUM * (1.0 + scale) * direct, "{p} {direct}");
        }
    }

    #[test]
    fn a_step_is_the_sum_over_both_conditionals(rbm in random_rbm(1..6, 1..6, 2.0), seed in 0usize..32) {
        let joint = Joint::new(&rbm);
        let (m, n) = (rbm.visible(), rbm.hidden());
        let mut start = vec![0.0; 1 << m];
        start[seed % (1 << m)] = 0.75;
        start[0] += 0.25;
        let found = enumerate::sampled_step(&rbm, &start).unwrap();
        for (next, p) in found.iter().enumerate() {
            let direct: f64 = (0..1 << n).map(|h| {
                let up: f64 = start.iter().enumerate()
                    .map(|(v, p)| p * joint.p[(v, h)] / joint.p.row(v).sum()).sum();
                up * joint.p[(next, h)] / joint.p.column(h).sum()
            }).sum();
            prop_assert!(close(*p, direct, joint.largest), "{p} {direct}");
        }
        let stationary = visible_probabilities(&rbm).unwrap();
        for (p, q) in enumerate::sampled_step(&rbm, &stationary).unwrap().iter().zip(&stationary) {
            prop_assert!(close(*p, *q, joint.largest));
        }
    }

    #[test]
    fn likelihoods_are_those_of_the_joint(rbm in random_rbm(1..6, 1..6, 2.0)) {
        let joint = Joint::new(&rbm);
        let m = rbm.visible();
        let data = unit_states(m);
        let free_energy = likelihood::free_energy(&rbm, &data).unwrap();
        let pseudo = likelihood::pseudo_log_likelihood(&rbm, &data).unwrap();
        let found = likelihood::log_likelihood_gradient(&rbm, &data).unwrap();
        for v in 0..1 << m {
            let p = joint.p.row(v).sum();
            prop_assert!(close(-free_energy[v] - joint.ln_z, p.ln(), 10.0 * joint.largest));
            prop_assert!(close(found.per_datum[v], p.ln(), 10.0 * joint.largest));
            let conditional = |i: usize| p / (p + joint.p.row(v ^ (1 << i)).sum());
            let direct: f64 = (0..m).map(|i| conditional(i).ln()).sum();
            prop_assert!(close(pseudo[v], direct, 100.0 * joint.largest), "{} {direct}", pseudo[v]);
        }
    }

    #[test]
    fn the_likelihood_rises_by_its_gradient(rbm in random_rbm(1..5, 1..5, 1.0), data in 1usize..16) {
        let m = rbm.visible();
        let data = unit_states(m).columns(0, data.min(1 << m)).into_owned();
        let mean = |rbm: &Rbm64| likelihood::log_likelihood_gradient(rbm, &data).unwrap();
        let gradient = mean(&rbm).gradient;
        // Central differences: h^2 times the third derivative (of order one), and rounding 1e-15 / h.
        let slope = |nudge: &dyn Fn(&mut Rbm64, f64)| {
            let at = |h: f64| { let mut moved = rbm.clone(); nudge(&mut moved, h); mean(&moved).mean };
            (at(1e-5) - at(-1e-5)) / 2e-5
        };
        for i in 0..m {
            prop_assert!((slope(&|x, h| x.visible_bias[i] += h) - gradient.visible_bias[i]).abs() < 1e-8);
            for a in 0..rbm.hidden() {
                let found = slope(&|x, h| x.weights[(i, a)] += h);
                prop_assert!((found - gradient.weights[(i, a)]).abs() < 1e-8);
            }
        }
        for a in 0..rbm.hidden() {
            prop_assert!((slope(&|x, h| x.hidden_bias[a] += h) - gradient.hidden_bias[a]).abs() < 1e-8);
        }
    }

    #[test]
    fn names_of_units_do_not_matter(rbm in random_rbm(2..6, 2..6, 2.0)) {
        let p = visible_probabilities(&rbm).unwrap();
        let ln_z = enumerate::ln_z(&rbm).unwrap();
        let mut renamed = rbm.clone();
        renamed.weights.swap_columns(0, 1);
        renamed.hidden_bias.swap_rows(0, 1);
        let mut flipped = rbm.clone();
        flipped.weights.column_mut(0).neg_mut();
        flipped.hidden_bias[0] *= -1.0;
        for same in [renamed, flipped] {
            prop_assert!(close(enumerate::ln_z(&same).unwrap(), ln_z, ln_z.abs()));
            for (a, b) in visible_probabilities(&same).unwrap().iter().zip(&p) {
                prop_assert!((a - b).abs() <= SUM * (1.0 + ln_z.abs()) * b);
            }
        }
        prop_assert!(close(enumerate::ln_z(&rbm.transpose()).unwrap(), ln_z, ln_z.abs()));
        // Without biases nothing tells v from -v.
        let even = Rbm64::without_biases(rbm.weights).unwrap();
        let p = visible_probabilities(&even).unwrap();
        for (a, b) in p.iter().zip(p.iter().rev()) {
            prop_assert!((a - b).abs() <= SUM * (1.0 + ln_z.abs()) * b);
        }
    }

    /// Fields beyond 350, where e^{2f} overflows, and up to 200 visible units: every way of cutting a sum into blocks.
    #[test]
    fn weights_of_any_size(
        weights in prop_oneof![Just(0.01), Just(1.0), Just(8.0), Just(60.0), Just(2000.0)],
        m in prop_oneof![1usize..6, Just(63), Just(64), Just(65), Just(200)],
        n in 1usize..11,
        seed in any::<u64>(),
    ) {
        let mut rbm = common::brute::rbm_of(m, n, weights, seed);
        rbm.hidden_bias *= 10.0;
        let ln_weight = |h: usize| -> f64 {
            let field = |i: usize| -> f64 {
                let row = rbm.weights.row(i);
                rbm.visible_bias[i] + row.iter().enumerate().map(|(a, w)| w * spin(h, a)).sum::<f64>()
            };
            let bias = rbm.hidden_bias.iter().enumerate().map(|(a, c)| c * spin(h, a)).sum::<f64>();
            bias + (0..m).map(|i| field(i).abs() + (-2.0 * field(i).abs()).exp().ln_1p()).sum::<f64>()
        };
        let direct: Vec<f64> = (0..1 << n).map(ln_weight).collect();
        let found = ln_visible_weights(&rbm.transpose()).unwrap();
        let scale = direct.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        for (a, b) in found.iter().zip(&direct) {
            prop_assert!(close(*a, *b, scale), "{a} {b}");
        }
        let largest = direct.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = direct.iter().map(|x| (x - largest).exp()).sum();
        if n <= m {
            prop_assert!(close(enumerate::ln_z(&rbm).unwrap(), largest + sum.ln(), scale));
            let found = moments(&rbm).unwrap();
            prop_assert!(close(found.ln_z, largest + sum.ln(), scale));
            for a in 0..n {
                let direct: f64 =
                    direct.iter().enumerate().map(|(h, x)| (x - largest).exp() / sum * spin(h, a)).sum();
                prop_assert!(close(found.mean_h[a], direct, 10.0 * scale), "{} {direct}", found.mean_h[a]);
            }
        }
    }
}

#[test]
fn threads_do_not_matter() {
    let rbm = common::brute::rbm_of(20, 19, 0.5, 1);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let ln_z = enumerate::ln_z(&rbm).unwrap();
            (ln_z, moments(&rbm).unwrap(), ln_visible_weights(&rbm).unwrap())
        })
    };
    let one = with(1);
    assert!([2, 3].into_iter().all(|threads| with(threads) == one));
}

#[test]
fn equal_weights_at_many_units() {
    // Blocks, tasks and both layers' roles at sizes that a sum over (v, h) does not reach.
    for (m, n, w) in [(30, 19, 0.2), (19, 30, 0.2), (24, 20, 0.05)] {
        let rbm = Rbm64::uniform(m, n, w).unwrap();
        let (found, expected) = (moments(&rbm).unwrap(), exact::symmetric::ln_z(m, n, w));
        assert!((found.ln_z / expected - 1.0).abs() < SUM);
        let product = exact::symmetric::f(m, n, w) / m as f64;
        assert!(found.mean_vh.iter().all(|x| (x - product).abs() < SUM));
        assert!(found.mean_v.iter().chain(&found.mean_h).all(|x| x.abs() < SUM));
    }
}

#[test]
fn layers_without_units() {
    let bias = DVector::from_vec(vec![0.3, -1.0]);
    let rbm = Rbm64::new(DMatrix::zeros(2, 0), bias, DVector::zeros(0)).unwrap();
    let expected = (2.0 * 0.3_f64.cosh()).ln() + (2.0 * 1.0_f64.cosh()).ln();
    assert!(close(enumerate::ln_z(&rbm).unwrap(), expected, 1.0));
    assert!(close(moments(&rbm).unwrap().mean_v[1], (-1.0_f64).tanh(), 1.0));
    assert_eq!(visible_probabilities(&rbm).unwrap().len(), 4);
    // More units than vary within a block, and nothing to couple them with.
    let many = Rbm64::new(DMatrix::zeros(12, 0), DVector::repeat(12, 0.5), DVector::zeros(0));
    let p = visible_probabilities(&many.unwrap()).unwrap();
    assert!(close(p[p.len() - 1], (1.0 + (-1.0_f64).exp()).powi(-12), 1.0));
}

#[test]
fn what_does_not_fit_is_refused() {
    let vector = |n: usize| DVector::<f64>::zeros(n);
    let wrong = Rbm64::new(DMatrix::zeros(3, 2), vector(2), vector(2));
    assert!(matches!(wrong, Err(Error::WrongLength { found: 2, expected: 3, .. })));
    let wrong = Rbm64::new(DMatrix::zeros(3, 2), vector(3), vector(3));
    assert!(matches!(wrong, Err(Error::WrongLength { found: 3, expected: 2, .. })));
    assert!(matches!(Rbm64::uniform(2, 2, f64::NAN), Err(Error::OutOfRange { .. })));
    let large = Rbm64::uniform(MAX_UNITS + 1, MAX_UNITS + 1, 0.1).unwrap();
    let too_many = Error::TooManyStates { units: MAX_UNITS + 1, limit: MAX_UNITS };
    assert_eq!(enumerate::ln_z(&large), Err(too_many.clone()));
    assert_eq!(moments(&large), Err(too_many.clone()));
    assert_eq!(ln_visible_weights(&large), Err(too_many));
    let wide = Rbm64::uniform(20, 5, 0.1).unwrap();
    assert!(matches!(
        enumerate::sampled_step(&wide, &[]),
        Err(Error::TooManyStates { units: 25, .. })
    ));
    let small = Rbm64::uniform(2, 1, 0.1).unwrap();
    assert!(matches!(enumerate::sampled_step(&small, &[1.0]), Err(Error::WrongLength { .. })));
    let zeros = DMatrix::zeros(2, 1);
    let refused = likelihood::free_energy(&small, &zeros);
    assert!(matches!(refused, Err(Error::OutOfRange { value: 0.0, .. })));
    let refused = likelihood::pseudo_log_likelihood(&small, &DMatrix::repeat(3, 1, 1.0));
    assert!(matches!(refused, Err(Error::WrongLength { found: 3, expected: 2, .. })));
    let refused = likelihood::log_likelihood_gradient(&small, &DMatrix::zeros(2, 0));
    assert!(matches!(refused, Err(Error::TooSmall { .. })));
}
