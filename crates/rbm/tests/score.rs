//! Scores of data: against what the enumerated distribution says, and at the edges.

#[path = "common/random.rs"]
mod random;
#[path = "common/states.rs"]
mod states;

use exact::{Ring, enumerate};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rand::RngExt;
use random::random_rbm;
use rbm::{Error, Rbm, partition, score};
use states::states;
use stats::Estimate;

/// Statistical tests of this file, fewer than 20 at the family-wise level 1e-6: z = 5.5.
const SIGMAS: f64 = 5.5;

/// Random data, each unit up or down at will.
fn coins(units: usize, samples: usize, seed: u64) -> DMatrix<f32> {
    let mut rng = stats::stream(seed, "coins", 0);
    DMatrix::from_fn(units, samples, |_, _| if rng.random::<bool>() { 1.0 } else { -1.0 })
}

/// Independent draws from a distribution over all states.
fn draws(p: &[f64], samples: usize, seed: u64) -> (DMatrix<f32>, Vec<usize>) {
    let mut rng = stats::stream(seed, "score", 0);
    let mut cumulative = p.to_vec();
    (1..p.len()).for_each(|s| cumulative[s] += cumulative[s - 1]);
    let mut draw = || {
        let u = rng.random::<f64>();
        cumulative.partition_point(|&c| c <= u).min(p.len() - 1)
    };
    let drawn: Vec<usize> = (0..samples).map(|_| draw()).collect();
    let all = states(p.len().ilog2() as usize);
    (DMatrix::from_fn(all.nrows(), samples, |i, s| all[(i, drawn[s])]), drawn)
}

fn ln_1p_exp(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// F(v) in f64 throughout.
fn free_energy(rbm: &Rbm, v: &DVector<f64>) -> f64 {
    let x = rbm.weights.map(f64::from).tr_mul(v) + rbm.hidden_bias.map(f64::from);
    let hidden = x.iter().map(|x| x.abs() + (-2.0 * x.abs()).exp().ln_1p()).sum::<f64>();
    -rbm.visible_bias.map(f64::from).dot(v) - hidden
}

/// `sum_i ln p(v_i | rest)`, each unit flipped in its turn.
fn plain_pseudo(rbm: &Rbm, v: &DVector<f64>) -> f64 {
    let here = free_energy(rbm, v);
    let term = |i: usize| {
        let mut flipped = v.clone();
        flipped[i] = -flipped[i];
        -ln_1p_exp(here - free_energy(rbm, &flipped))
    };
    (0..v.len()).map(term).sum()
}

proptest! {
    #[test]
    fn pseudo_likelihood_is_that_of_flips(
        m in 1usize..=20, n in 0usize..=12, strength in 0usize..5, seed: u64,
    ) {
        let size = [0.0, 0.3, 3.0, 40.0, 400.0][strength];
        let mut rbm = random_rbm(m, n.max(1), size, seed);
        if n == 0 {
            (rbm.weights, rbm.hidden_bias) = (DMatrix::zeros(m, 0), DVector::zeros(0));
        }
        let data = coins(m, 3, seed);
        let columns: Vec<_> = data.map(f64::from).column_iter().map(|v| v.into_owned()).collect();
        let plain = columns.iter().map(|v| plain_pseudo(&rbm, v)).sum::<f64>() / 3.0;
        let found = score::pseudo_log_likelihood(&rbm, &data).unwrap();
        // f32 activations of up to m + 1 terms enter m flips of n units.
        let tolerance = 1e-12 + 2.0 * f64::from(f32::EPSILON) * f64::from(size) * ((m + 1) * m * (n + 1)) as f64;
        prop_assert!((found.mean - plain).abs() <= tolerance, "{} {plain}", found.mean);
    }

    #[test]
    fn scores_do_not_know_which_sign_a_unit_is_written_with(
        (m, n) in (1usize..=8, 1usize..=6), flipped in 0usize..8, seed: u64,
    ) {
        let (rbm, data) = (random_rbm(m, n, 1.0, seed), coins(m, 20, seed));
        // One visible unit and one hidden unit renamed: exactly the same sums.
        let (i, a) = (flipped % m, flipped % n);
        let (mut other, mut moved) = (rbm.clone(), data.clone());
        other.weights.row_mut(i).neg_mut();
        other.weights.column_mut(a).neg_mut();
        other.visible_bias[i] *= -1.0;
        other.hidden_bias[a] *= -1.0;
        moved.row_mut(i).neg_mut();
        let scores = |rbm: &Rbm, data: &DMatrix<f32>| [
            score::log_likelihood(rbm, data, 1.0).unwrap(),
            score::pseudo_log_likelihood(rbm, data).unwrap(),
            score::reconstruction_error(rbm, data).unwrap(),
        ];
        for (x, y) in scores(&rbm, &data).iter().zip(&scores(&other, &moved)) {
            prop_assert!((x.mean - y.mean).abs() <= 1e-5 * (1.0 + x.mean.abs()));
            prop_assert!((x.error - y.error).abs() <= 1e-5 * (1.0 + x.error));
        }
    }
}

#[test]
fn likelihoods_of_the_rbms_own_draws_are_its_entropies() {
    for (m, n, size) in [(6, 4, 1.0), (4, 6, 1.0), (10, 3, 0.3)] {
        let rbm = random_rbm(m, n, size, 1);
        let p = partition::visible_probabilities(&rbm).unwrap();
        let data =
            partition::draws(&rbm, 50_000, &mut stats::stream(1, "entropy", m as u64)).unwrap();
        let ln_z = partition::ln_z(&rbm).unwrap();
        let found = score::log_likelihood(&rbm, &data, ln_z).unwrap();
        let exact = p.iter().map(|p| p * p.ln()).sum::<f64>();
        assert!(found.sigmas_from(exact) < SIGMAS, "{found:?} {exact}");
        // Power: ln Z of the transposed way of counting, without a factor 2 per hidden unit.
        let wrong = score::log_likelihood(&rbm, &data, ln_z - n as f64 * 2_f64.ln()).unwrap();
        assert!(wrong.sigmas_from(exact) > 20.0);

        let found = score::pseudo_log_likelihood(&rbm, &data).unwrap();
        let all = states(m).map(f64::from);
        let terms = p.iter().zip(all.column_iter());
        let terms: f64 = terms.map(|(p, v)| p * plain_pseudo(&rbm, &v.into_owned())).sum();
        assert!(found.sigmas_from(terms) < SIGMAS, "{found:?} {terms}");
    }
}

#[test]
fn divergence_from_samples_is_the_enumerated_one() {
    let (ring, sites) = (Ring::new(8, 0.7).unwrap(), 8);
    let q = enumerate::ring(&ring).unwrap().probabilities;
    let (data, drawn) = draws(&q, 50_000, 2);
    let ln_q: Vec<f64> = drawn.iter().map(|&s| q[s].ln()).collect();
    for (n, size, seed) in [(4, 0.3, 1), (8, 0.6, 2)] {
        let rbm = random_rbm(sites, n, size, seed);
        let ln_z = partition::ln_z(&rbm).unwrap();
        let found = score::kl_from_samples(&ln_q, &rbm, &data, ln_z).unwrap();
        let exact = partition::kl(&q, &rbm).unwrap();
        assert!(found.sigmas_from(exact) < SIGMAS, "{found:?} {exact}");
        // Power: the divergence the other way round.
        let p = partition::visible_probabilities(&rbm).unwrap();
        let other = p.iter().zip(&q).map(|(p, q)| p * (p / q).ln()).sum::<f64>();
        assert!(found.sigmas_from(other) > 20.0);
    }
}

#[test]
fn a_rbm_that_copies_makes_no_errors_and_one_that_knows_nothing_half() {
    let data = coins(6, 50, 3);
    let mut copier = Rbm::uniform(6, 6, 0.0);
    let none = score::reconstruction_error(&copier, &data).unwrap();
    assert_eq!((none.mean, none.error), (0.5, 0.0));
    copier.weights.fill_with_identity();
    copier.weights *= 20.0;
    let all = score::reconstruction_error(&copier, &data).unwrap();
    assert!(all.mean.abs() < 1e-6);
    copier.visible_bias.fill(1e3);
    // Only units that are down are wrong.
    let down = data.iter().filter(|v| **v < 0.0).count() as f64 / data.len() as f64;
    assert!((score::reconstruction_error(&copier, &data).unwrap().mean - down).abs() < 1e-6);
    // The means themselves, in f64.
    let rbm = random_rbm(6, 4, 0.8, 4);
    let (w, v) = (rbm.weights.map(f64::from), data.map(f64::from));
    let with = |mut x: DMatrix<f64>, bias: &DVector<f32>| {
        x.column_iter_mut().for_each(|mut column| column += bias.map(f64::from));
        x.map(f64::tanh)
    };
    let h = with(w.transpose() * &v, &rbm.hidden_bias);
    let back = with(w * h, &rbm.visible_bias);
    let mean = v.zip_map(&back, |v, back| 0.5 * (1.0 - v * back)).mean();
    assert!((score::reconstruction_error(&rbm, &data).unwrap().mean - mean).abs() < 1e-5);
}

#[test]
fn the_gap_is_a_difference_of_likelihoods() {
    let rbm = random_rbm(7, 5, 0.7, 5);
    let (training, held_out) = (coins(7, 300, 6), coins(7, 200, 7));
    let gap = score::free_energy_gap(&rbm, &training, &held_out).unwrap();
    let ln_z = partition::ln_z(&rbm).unwrap();
    let likelihood = |data| score::log_likelihood(&rbm, data, ln_z).unwrap();
    let (a, b) = (likelihood(&training), likelihood(&held_out));
    assert!((gap.mean - (a.mean - b.mean)).abs() < 1e-12);
    assert!((gap.error - a.error.hypot(b.error)).abs() < 1e-12);
    assert_eq!(gap.count, 500);
    assert!(gap.sigmas_from(0.0) < SIGMAS, "both are coins: {gap:?}");
    assert_eq!(score::free_energy_gap(&rbm, &training, &training).unwrap().mean, 0.0);
    // Power: the RBM's own draws have a lower free energy than coins.
    let own = partition::draws(&rbm, 300, &mut stats::stream(5, "own", 0)).unwrap();
    let gap = score::free_energy_gap(&rbm, &own, &held_out).unwrap();
    assert!(gap.mean > 0.0 && gap.sigmas_from(0.0) > 10.0, "{gap:?}");
}

#[test]
fn degenerate_data_have_scores_or_typed_errors() {
    let rbm = random_rbm(5, 3, 1.0, 8);
    let scores = |data: &DMatrix<f32>| -> Result<Vec<Estimate>, Error> {
        Ok(vec![
            score::log_likelihood(&rbm, data, 3.0)?,
            score::pseudo_log_likelihood(&rbm, data)?,
            score::reconstruction_error(&rbm, data)?,
            score::kl_from_samples(&vec![0.0; data.ncols()], &rbm, data, 3.0)?,
            score::free_energy_gap(&rbm, data, data)?,
        ])
    };
    let one = scores(&coins(5, 1, 9)).unwrap();
    assert!(one.iter().all(|s| s.mean.is_finite() && s.error.is_nan()));
    let equal = scores(&DMatrix::from_element(5, 700, -1.0)).unwrap();
    // Equal columns have equal scores wherever they stand in a block, up to rounding of products.
    assert!(equal.iter().all(|s| s.mean.is_finite() && s.error < 1e-8), "{equal:?}");
    let none = Error::Size { what: "the set of samples", found: 0, expected: 1 };
    assert_eq!(scores(&DMatrix::zeros(5, 0)), Err(none));
    let wide = Error::Size { what: "each sample", found: 6, expected: 5 };
    assert_eq!(scores(&coins(6, 4, 9)), Err(wide));
    // 0 and 1 are no units of these RBMs.
    for value in [0.0, f32::NAN] {
        let mut data = coins(5, 4, 9);
        data[(1, 2)] = value;
        let refused = scores(&data);
        assert!(matches!(refused, Err(Error::Setting { what: "a unit", .. })), "{refused:?}");
    }
    let lists = Error::Size { what: "the list of ln q", found: 3, expected: 4 };
    assert_eq!(score::kl_from_samples(&[0.0; 3], &rbm, &coins(5, 4, 9), 3.0), Err(lists));
}

#[test]
fn the_same_bytes_at_any_number_of_threads() {
    let (rbm, data) = (random_rbm(30, 20, 0.4, 10), coins(30, 1500, 10));
    let results = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let scores = [
                score::log_likelihood(&rbm, &data, 1.0).unwrap(),
                score::pseudo_log_likelihood(&rbm, &data).unwrap(),
                score::reconstruction_error(&rbm, &data).unwrap(),
            ];
            scores.map(|s| (s.mean.to_bits(), s.error.to_bits()))
        })
    };
    assert_eq!(results(1), results(2));
    assert_eq!(results(1), results(3));
}
