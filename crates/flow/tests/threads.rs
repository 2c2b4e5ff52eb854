//! Ensembles of several blocks: the same bytes at any number of threads, and the written-out steps of the RBM.

mod common;

use common::random_rbm;
use flow::{Flow, Rule};
use nalgebra::DMatrix;
use rayon::ThreadPoolBuilder;
use rbm::Rbm;

const STEPS: usize = 3;

fn start(visible: usize, samples: usize) -> DMatrix<f32> {
    random_rbm(visible, samples, 1.0, 0.0, 2).weights.map(f32::signum)
}

fn end(rbm: &Rbm, rule: Rule, start: DMatrix<f32>, threads: usize) -> DMatrix<f32> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let mut rng = stats::stream(1, "threads", 0);
    pool.install(|| Flow { rbm, rule }.run(start, STEPS, &mut rng, |_, _| ()))
}

#[test]
fn threads_change_nothing() {
    for (visible, hidden) in [(100, 64), (64, 100), (3, 1), (700, 900)] {
        let rbm = random_rbm(visible, hidden, 0.3, 0.2, 1);
        let v = start(visible, 1500);
        for rule in [Rule::Mean, Rule::Sampled] {
            let one = end(&rbm, rule, v.clone(), 1);
            for threads in [2, 5] {
                assert!(end(&rbm, rule, v.clone(), threads) == one, "{rule:?}, {threads} threads");
            }
        }
    }
}

#[test]
fn whole_blocks_do_not_see_what_follows() {
    // 399 columns of 164 units are a block.
    let rbm = random_rbm(100, 64, 0.3, 0.2, 1);
    let v = start(100, 1500);
    for rule in [Rule::Mean, Rule::Sampled] {
        let (all, few) = (end(&rbm, rule, v.clone(), 2), v.columns(0, 798).into_owned());
        assert!(all.columns(0, 798) == end(&rbm, rule, few, 2), "{rule:?}");
        // Blocks with the same bits would take the same way from the same start.
        let same = DMatrix::from_fn(100, 798, |i, _| v[(i, 0)]);
        let end = end(&rbm, rule, same, 2);
        assert_eq!(end.columns(0, 399) == end.columns(399, 399), rule == Rule::Mean);
    }
}

#[test]
fn the_mean_of_a_block_is_that_of_the_rbm() {
    let rbm = random_rbm(100, 64, 0.3, 0.2, 1);
    let mut v = start(100, 1500);
    let found = end(&rbm, Rule::Mean, v.clone(), 2);
    for _ in 0..STEPS {
        v = rbm.visible_mean(&rbm.hidden_mean(&v));
    }
    // Sums in another order: 164 roundings a step, of fields of order 3.
    assert!((found - v).amax() < 1e-4);
}

#[test]
fn layers_without_units_and_ensembles_without_columns() {
    let lone = random_rbm(5, 0, 1.0, 0.5, 1);
    let mut rng = stats::stream(1, "none", 0);
    let v = Flow { rbm: &lone, rule: Rule::Mean }.step(&start(5, 3), &mut rng);
    let expected = lone.visible_bias.map(f32::tanh);
    assert!(v.column_iter().all(|v| (v - &expected).amax() < 1e-6));
    for rule in [Rule::Mean, Rule::Sampled] {
        let none = Flow { rbm: &lone, rule }.step(&DMatrix::zeros(5, 0), &mut rng);
        assert_eq!(none.shape(), (5, 0));
    }
}
