//! Stacks: passes up and down have their enumerated distributions, fields of deep units are what they should be.

#[path = "common/chi_square.rs"]
mod chi_square;
#[path = "common/random.rs"]
mod random;
#[path = "common/states.rs"]
mod states;

use chi_square::{draw, p_value};
use exact::{Ring, decimation, enumerate, ring};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use random::random_rbm;
use rbm::stack::Stack;
use rbm::{Error, Rbm, couplings, features};
use states::states;
use statrs::distribution::{ContinuousCDF, StudentsT};
use stats::Estimate;

/// Family-wise level of the tests of this file that must pass by chance, 4 of distributions and one family of means.
const LEVEL: f64 = 1e-6;
const TESTS: f64 = 5.0;
/// What a wrong distribution must fall below.
const CAUGHT: f64 = 1e-12;

fn stack(widths: &[usize], size: f32, seed: u64) -> Stack {
    let layer = |(l, pair): (usize, &[usize])| random_rbm(pair[0], pair[1], size, seed + l as u64);
    Stack::new(widths.windows(2).enumerate().map(layer).collect()).expect("layers that fit")
}

/// The same RBMs from the other end.
fn upside_down(stack: &Stack) -> Stack {
    Stack::new(stack.layers().iter().rev().map(Rbm::transpose).collect()).expect("layers that fit")
}

/// `tanh(c + W^T x)` in f64.
fn mean(rbm: &Rbm, x: &DMatrix<f64>) -> DMatrix<f64> {
    let mut activation = rbm.weights.map(f64::from).transpose() * x;
    let bias = rbm.hidden_bias.map(f64::from);
    activation.column_iter_mut().for_each(|mut column| column += &bias);
    activation.map(f64::tanh)
}

/// `p(h | v)` `[hidden state, visible state]`.
fn conditional(rbm: &Rbm) -> DMatrix<f64> {
    let means = mean(rbm, &states(rbm.visible()).map(f64::from));
    let h = states(rbm.hidden());
    DMatrix::from_fn(h.ncols(), means.ncols(), |to, from| {
        let unit = |(h, m): (&f32, &f64)| 0.5 * (1.0 + f64::from(*h) * m);
        h.column(to).iter().zip(&means.column(from)).map(unit).product()
    })
}

fn indices(x: &DMatrix<f32>) -> Vec<usize> {
    let index = |(i, &x): (usize, &f32)| usize::from(x > 0.0) << i;
    x.column_iter().map(|x| x.iter().enumerate().map(index).sum()).collect()
}

/// The same state in every column.
fn copies(state: usize, units: usize, count: usize) -> DMatrix<f32> {
    let all = states(units);
    DMatrix::from_fn(units, count, |i, _| all[(i, state)])
}

proptest! {
    #[test]
    fn means_go_through_every_layer(
        widths in prop::collection::vec(1usize..7, 2..5), size in 0.0..1.5f32, seed in 0u64..1 << 40,
    ) {
        let stack = stack(&widths, size, seed);
        let v = states(widths[0]);
        let expected = stack.layers().iter().fold(v.map(f64::from), |x, rbm| mean(rbm, &x));
        let up = stack.up(&v);
        prop_assert!((up.map(f64::from) - &expected).amax() < 1e-4);
        // The other way is the same stack upside down.
        let down = upside_down(&stack).down(&v);
        prop_assert!((&down - &up).amax() < 1e-4);
        prop_assert_eq!(stack.reconstruct(&v), stack.down(&up));
        // Lower parts are stacks.
        let lower = stack.lowest(1).unwrap();
        prop_assert_eq!(lower.up(&v), stack.layers()[0].hidden_mean(&v));
        prop_assert_eq!(lower.linear_fields(), stack.layers()[0].weights.clone());
        prop_assert_eq!(stack.lowest(stack.layers().len()).unwrap(), stack.clone());
        let text = serde_json::to_string(&stack).unwrap();
        prop_assert_eq!(serde_json::from_str::<Stack>(&text).unwrap(), stack);
    }

    #[test]
    fn linear_fields_are_the_slope_of_the_means(widths in prop::collection::vec(1usize..7, 2..5), seed in 0u64..1 << 40) {
        let mut layers = stack(&widths, 1.0, seed).layers().to_vec();
        layers.iter_mut().for_each(|rbm| {
            rbm.visible_bias.fill(0.0);
            rbm.hidden_bias.fill(0.0);
        });
        let stack = Stack::new(layers).unwrap();
        let fields = stack.linear_fields();
        prop_assert_eq!(fields.shape(), (widths[0], widths[widths.len() - 1]));
        // tanh is odd: what is left is a share of the order h^2, and f32.
        let h = 1.0 / 1024.0;
        let slope = stack.up(&(DMatrix::identity(widths[0], widths[0]) * h)) / h;
        prop_assert!((slope.transpose() - &fields).amax() < 2e-3 * (1.0 + fields.amax()));
        let reversed = upside_down(&stack).linear_fields();
        prop_assert!((reversed.transpose() - &fields).amax() < 1e-5 * (1.0 + fields.amax()));
    }
}

#[test]
fn samples_have_the_distribution_of_the_chain_of_layers() {
    const DRAWS: usize = 100_000;
    let stack = stack(&[4, 3, 3], 1.0, 11);
    let distributions: Vec<DMatrix<f64>> = stack.layers().iter().map(conditional).collect();
    let reversed: Vec<DMatrix<f64>> =
        stack.layers().iter().map(|rbm| conditional(&rbm.transpose())).collect();
    for (seed, state) in [(1, 0b0000), (2, 0b0110)] {
        let mut rng = stats::stream(seed, "stack", 0);
        let up = stack.sample_up(&copies(state, 4, DRAWS), &mut rng);
        let distribution = (&distributions[1] * &distributions[0]).column(state).into_owned();
        let p = p_value(&indices(&up), distribution.as_slice());
        assert!(p > LEVEL / TESTS, "up: p = {p:e}");
        let down = stack.sample_down(&copies(state & 7, 3, DRAWS), &mut rng);
        let distribution = (&reversed[0] * &reversed[1]).column(state & 7).into_owned();
        let p = p_value(&indices(&down), distribution.as_slice());
        assert!(p > LEVEL / TESTS, "down: p = {p:e}");

        // Means passed on instead of samples would give another distribution.
        let [first, second] = stack.layers() else { panic!("two layers") };
        let wrong = second.sample_hidden(&first.hidden_mean(&copies(state, 4, DRAWS)), &mut rng);
        let distribution = (&distributions[1] * &distributions[0]).column(state).into_owned();
        assert!(p_value(&indices(&wrong), distribution.as_slice()) < CAUGHT);
    }
}

/// Random data whose units are not independent.
fn data(units: usize, samples: usize) -> DMatrix<f32> {
    let p: Vec<f64> = (0..1 << units).map(|s| (1 + s % 5) as f64).collect();
    let found = draw(&p, samples, &mut stats::stream(4, "data", 0));
    let all = states(units);
    DMatrix::from_fn(units, samples, |i, s| all[(i, found[s])])
}

/// `<v_i h_a> - <v_i> <h_a>` over the data, with the mean of h of each datum given.
fn covariance(v: &DMatrix<f64>, h: &DMatrix<f64>) -> DMatrix<f64> {
    v * h.transpose() / v.ncols() as f64 - v.column_mean() * h.column_mean().transpose()
}

#[test]
fn sampled_fields_are_covariances() {
    let stack = stack(&[4, 3, 2], 1.0, 21);
    let data = data(4, 2500);
    let v = data.map(f64::from);
    let mut rng = stats::stream(5, "fields", 0);
    // One RBM: nothing is drawn.
    let lowest = stack.lowest(1).unwrap();
    let found = lowest.sampled_fields(&data, &mut rng).unwrap();
    assert!((&found - covariance(&v, &mean(&stack.layers()[0], &v))).amax() < 1e-5);
    assert_eq!(rng, stats::stream(5, "fields", 0));

    // Two: over the states of the layer between.
    let between = conditional(&stack.layers()[0]);
    let top = mean(&stack.layers()[1], &states(3).map(f64::from)) * between;
    let per_datum = DMatrix::from_columns(
        &indices(&data).iter().map(|&s| top.column(s).into_owned()).collect::<Vec<DVector<f64>>>(),
    );
    let expected = covariance(&v, &per_datum);
    const RUNS: usize = 60;
    let runs: Vec<DMatrix<f64>> =
        (0..RUNS).map(|_| stack.sampled_fields(&data, &mut rng).expect("fields")).collect();
    let student = StudentsT::new(0.0, 1.0, (RUNS - 1) as f64).expect("degrees of freedom");
    let family = |expected: &DMatrix<f64>| {
        let p = |place: usize| {
            let entry: Vec<f64> = runs.iter().map(|run| run[place]).collect();
            let found = Estimate::from_independent(&entry);
            // Rounding of means in f32.
            2.0 * student.sf((found.mean - expected[place]).abs() / (found.error + 1e-6))
        };
        (0..expected.len()).map(p).fold(1.0, f64::min) * expected.len() as f64
    };
    let p = family(&expected);
    assert!(p > LEVEL / TESTS, "p = {p:e}");
    // Not the covariance with the deterministic pass.
    assert!(family(&covariance(&v, &stack.up(&data).map(f64::from))) < CAUGHT);
}

#[test]
fn weak_fields_are_the_covariance_of_the_data_times_the_linear_ones() {
    let data = data(5, 300);
    let v = data.map(f64::from);
    let weights = random_rbm(5, 3, 1.0, 6).weights;
    let error = |size: f32| {
        let (m, n) = weights.shape();
        let mut rbm = Rbm::uniform(m, n, 0.0);
        rbm.weights = &weights * size;
        let stack = Stack::new(vec![rbm]).expect("an RBM");
        let mut rng = stats::stream(1, "weak", 0);
        let fields = stack.sampled_fields(&data, &mut rng).expect("fields");
        (fields - covariance(&v, &v) * stack.linear_fields().map(f64::from)).norm()
    };
    // The next order is the third: a factor of 8 for each halving.
    let order = (error(0.125) / error(0.0625)).log2();
    assert!((order - 3.0).abs() < 0.1, "{order}");
}

#[test]
fn a_stack_of_decimations_is_the_renormalization_group() {
    // 16 sites, 8, 4. Pinned tightly, each unit copies the site below its centre.
    let (k, pinning) = (1.0, 20.0);
    let layer = |sites: usize, k: f64| {
        let rbm = decimation::pinned(sites, k, pinning).expect("an even ring");
        Rbm { weights: rbm.weights.map(|w| w as f32), ..Rbm::uniform(sites, sites / 2, 0.0) }
    };
    let stack = Stack::new(vec![layer(16, k), layer(8, ring::decimate(k))]).unwrap();
    let q = enumerate::ring(&Ring::new(16, k).expect("a ring")).expect("few sites").probabilities;
    let mut rng = stats::stream(7, "decimation", 0);
    let all = states(16);
    let found = draw(&q, 500, &mut rng);
    let v = DMatrix::from_fn(16, found.len(), |i, s| all[(i, found[s])]);
    let top = stack.sample_up(&v, &mut rng);
    let fourth = DMatrix::from_fn(4, found.len(), |i, s| v[(4 * i, s)]);
    assert_eq!(top, fourth);
    // Deep spots lie four sites apart and the top RBM's hidden layer is the ring decimated twice.
    let spots = features::spots(&stack.linear_fields(), [16, 1]).unwrap();
    for (a, spot) in spots.into_iter().enumerate() {
        let spot = spot.expect("weights");
        let distance = (spot.centre[0] - 4.0 * a as f64).abs();
        assert!(distance.min(16.0 - distance) < 1e-6 && spot.extent < 0.5, "{spot:?}");
    }
    let expected = ring::decimate(ring::decimate(k));
    let pairs = couplings::pairs(&stack.layers()[1].transpose()).unwrap();
    assert!((pairs[(0, 1)] - expected).abs() < 1e-6 && pairs[(0, 2)].abs() < 1e-6, "{pairs}");
    // What the top keeps, the bottom has back at these sites.
    let back = stack.reconstruct(&v);
    assert!((0..4).all(|i| (back.row(4 * i) - v.row(4 * i)).amax() < 1e-4));
}

#[test]
fn greedy_training_hands_each_layer_the_samples_below() {
    let data = data(4, 200);
    let expected = stack(&[4, 3, 2, 2], 1.5, 31);
    let mut seen = Vec::new();
    let mut rng = stats::stream(8, "greedy", 0);
    let trained = Stack::greedy(&data, 3, &mut rng, |layer, samples| {
        seen.push(samples.clone());
        Ok(expected.layers()[layer].clone())
    });
    assert_eq!(trained.unwrap(), expected);
    let mut rng = stats::stream(8, "greedy", 0);
    let first = expected.layers()[0].sample_hidden(&data, &mut rng);
    let second = expected.layers()[1].sample_hidden(&first, &mut rng);
    assert_eq!(seen, [data, first, second]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let deep = |error: &Error| matches!(error, Error::Setting { what: "the depth of a stack", .. });
    assert!(Stack::new(Vec::new()).is_err_and(|e| deep(&e)));
    assert!(serde_json::from_str::<Stack>("[]").is_err());
    let misfit = Error::Size { what: "the visible layer", found: 2, expected: 3 };
    let layers = vec![random_rbm(4, 3, 1.0, 1), random_rbm(2, 2, 1.0, 1)];
    assert_eq!(Stack::new(layers), Err(misfit.clone()));
    let stack = stack(&[4, 3, 2], 1.0, 1);
    assert!(stack.lowest(0).is_err_and(|e| deep(&e)) && stack.lowest(3).is_err_and(|e| deep(&e)));

    let mut rng = stats::stream(1, "refused", 0);
    let data = states(3);
    let none = Stack::greedy(&data, 0, &mut rng, |_, _| Ok(random_rbm(3, 2, 1.0, 1)));
    assert!(none.is_err_and(|e| deep(&e)));
    let wrong = Stack::greedy(&data, 1, &mut rng, |_, _| Ok(random_rbm(2, 2, 1.0, 1)));
    assert_eq!(wrong, Err(misfit));
    let failed = Error::NotFinite { update: 7 };
    let passed_on = Stack::greedy(&data, 2, &mut rng, |_, _| Err(failed.clone()));
    assert_eq!(passed_on, Err(failed));
    let width = stack.sampled_fields(&data, &mut rng);
    assert_eq!(width, Err(Error::Size { what: "each sample", found: 3, expected: 4 }));
    let nothing = stack.sampled_fields(&DMatrix::zeros(4, 0), &mut rng);
    assert_eq!(nothing, Err(Error::TooFewSamples { samples: 0, batch: 1 }));
}
