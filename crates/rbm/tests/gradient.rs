//! Contrastive divergence estimates what it should: CD-1 its own exact expectation, large k the likelihood's gradient.

#[path = "common/cases.rs"]
mod cases;
#[path = "common/machine.rs"]
mod machine;
#[path = "common/states.rs"]
mod states;

use machine::machine;
use nalgebra::{DMatrix, DVector};
use rbm::gradient::Gradient;
use rbm::{Negative, Optimiser, Rbm, Schedule, Ties, TrainConfig, Trainer, partition};
use states::states;
use statrs::distribution::{ContinuousCDF, StudentsT};
use stats::Estimate;

/// Family-wise level of each of the two families of z-tests here (Bonferroni over all their entries).
const LEVEL: f64 = 1e-6;
/// Independent batches behind a mean; Student's t with one degree of freedom less.
const BATCHES: usize = 100;
/// Copies of the data in each batch.
const COPIES: usize = 400;

/// Weights, visible biases, hidden biases, in one list.
fn flat(gradient: &Gradient) -> Vec<f64> {
    let Gradient { weights, visible_bias, hidden_bias } = gradient;
    weights.iter().chain(visible_bias).chain(hidden_bias).map(|&x| f64::from(x)).collect()
}

fn flat_of(weights: &DMatrix<f64>, b: &[f64], c: &[f64]) -> Vec<f64> {
    weights.iter().chain(b).chain(c).copied().collect()
}

/// A run of plain contrastive divergence on batches of this size.
fn run(rbm: &Rbm, batch: usize, negative: Negative, seed: u64) -> Trainer {
    let config = TrainConfig {
        hidden: rbm.hidden(),
        batch,
        learning_rate: 0.1,
        schedule: Schedule::Constant,
        negative,
        optimiser: Optimiser::Ascent { momentum: 0.0 },
        l1: 0.0,
        l2: 0.0,
        initial_std: 1.0,
        biases: true,
        ties: Ties::Free,
    };
    Trainer::from_machine(config, rbm.clone(), seed).expect("good settings")
}

/// The gradient on all of the data at once.
fn gradient(rbm: &Rbm, data: &DMatrix<f32>, negative: Negative, seed: u64) -> Gradient {
    let mut trainer = run(rbm, data.ncols(), negative, seed);
    let mut scratch = trainer.scratch();
    let samples: Vec<u32> = (0..data.ncols() as u32).collect();
    trainer.gradient(data, &samples, &mut scratch).expect("a gradient");
    scratch.gradient
}

/// The mean CD-k gradient entry by entry.
fn average(rbm: &Rbm, data: &DMatrix<f32>, steps: u32, seed: u64) -> Vec<Estimate> {
    let columns = data.ncols();
    let batch = DMatrix::from_fn(data.nrows(), columns * COPIES, |i, s| data[(i, s % columns)]);
    let negative = Negative::Contrastive { steps };
    let rows: Vec<Vec<f64>> = (0..BATCHES as u64)
        .map(|batch_number| {
            let seed = stats::child_seed(seed, "gradient", 1000 * u64::from(steps) + batch_number);
            flat(&gradient(rbm, &batch, negative, seed))
        })
        .collect();
    let entry = |e: usize| rows.iter().map(|row| row[e]).collect::<Vec<_>>();
    (0..rows[0].len()).map(|e| Estimate::from_independent(&entry(e))).collect()
}

/// The smallest p-value of all entries, times their number.
///
/// Sums in f32 over a batch of at most 4000 numbers below 1 may be off by 4000 roundings of 6e-8 at worst, and by some
/// 60 at random; the standard error gets these 4e-6 added.
fn family_p(estimates: &[Estimate], expected: &[f64]) -> f64 {
    const ROUNDING: f64 = 4e-6;
    assert_eq!(estimates.len(), expected.len());
    let student = StudentsT::new(0.0, 1.0, (BATCHES - 1) as f64).expect("degrees of freedom");
    let p = |(estimate, expected): (&Estimate, &f64)| {
        let t = (estimate.mean - expected).abs() / (estimate.error + ROUNDING);
        2.0 * student.sf(t)
    };
    let smallest = estimates.iter().zip(expected).map(p).fold(1.0, f64::min);
    smallest * estimates.len() as f64
}

/// `-F(v) - ln Z`, averaged over the data.
fn likelihood(rbm: &Rbm, data: &DMatrix<f32>) -> f64 {
    let free_energy = rbm.free_energy(data);
    let mean = free_energy.iter().sum::<f64>() / free_energy.len() as f64;
    -mean - partition::ln_z(rbm).expect("few units")
}

/// The exact gradient by central differences with steps 2^-6 and 2^-7, extrapolated.
///
/// Parameters are multiples of 2^-10, so activations stay exact in f32 and the likelihood good to 1e-14. What is left
/// is `4 h^4 f^(5) / 5!`; derivatives of ln Z are cumulants, the fifth at most some 100: 1e-8.
fn exact_gradient(rbm: &Rbm, data: &DMatrix<f32>) -> Vec<f64> {
    let slope = |change: &dyn Fn(&mut Rbm, f32)| {
        let at = |h: f32| {
            let mut moved = rbm.clone();
            change(&mut moved, h);
            likelihood(&moved, data)
        };
        let central = |h: f32| (at(h) - at(-h)) / (2.0 * f64::from(h));
        (4.0 * central(1.0 / 128.0) - central(1.0 / 64.0)) / 3.0
    };
    let weights = DMatrix::from_fn(rbm.visible(), rbm.hidden(), |i, a| {
        slope(&|rbm, h| rbm.weights[(i, a)] += h)
    });
    let b = (0..rbm.visible()).map(|i| slope(&|rbm, h| rbm.visible_bias[i] += h));
    let c = (0..rbm.hidden()).map(|a| slope(&|rbm, h| rbm.hidden_bias[a] += h));
    flat_of(&weights, &b.collect::<Vec<_>>(), &c.collect::<Vec<_>>())
}

/// The share of each visible state among the data.
fn shares(data: &DMatrix<f32>) -> DVector<f64> {
    let mut shares = DVector::zeros(1 << data.nrows());
    for sample in data.column_iter() {
        let up = sample.iter().enumerate().filter(|(_, v)| **v > 0.0);
        shares[up.map(|(i, _)| 1 << i).sum::<usize>()] += 1.0 / data.ncols() as f64;
    }
    shares
}

/// The expectation of CD-k.
fn expected_cd(rbm: &Rbm, data: &DMatrix<f32>, steps: u32) -> Vec<f64> {
    let start = shares(data);
    expected(rbm, &start, &transition(rbm).pow(steps) * &start)
}

/// `<v h>_data - <v h>_model` and its likes for the biases, from the laws of v on both sides.
fn expected(rbm: &Rbm, data: &DVector<f64>, model: DVector<f64>) -> Vec<f64> {
    let v = states(rbm.visible()).map(f64::from);
    let mut hidden = rbm.weights.map(f64::from).transpose() * &v;
    hidden.column_iter_mut().for_each(|mut column| column += rbm.hidden_bias.map(f64::from));
    let tanh = hidden.map(f64::tanh);
    let difference = data - model;
    let weights = &v * DMatrix::from_diagonal(&difference) * tanh.transpose();
    flat_of(&weights, (v * &difference).as_slice(), (tanh * &difference).as_slice())
}

/// The transition matrix of a Gibbs step between all visible states, `[state to, state from]`.
fn transition(rbm: &Rbm) -> DMatrix<f64> {
    let v = states(rbm.visible()).map(f64::from);
    let h = states(rbm.hidden()).map(f64::from);
    let field = |x: &DMatrix<f64>, w: DMatrix<f64>, bias: &DVector<f32>| {
        let mut activation = w * x;
        activation.column_iter_mut().for_each(|mut column| column += bias.map(f64::from));
        activation
    };
    let w = rbm.weights.map(f64::from);
    let hidden = field(&v, w.transpose(), &rbm.hidden_bias);
    let visible = field(&h, w, &rbm.visible_bias);
    // Independent units: p(x) = prod_i 1 / (1 + e^{-2 x_i a_i}), `[state to, state from]`.
    let conditional = |to: &DMatrix<f64>, activation: &DMatrix<f64>| {
        DMatrix::from_fn(to.ncols(), activation.ncols(), |t, f| {
            let units = to.column(t).component_mul(&activation.column(f));
            units.iter().map(|xa| 1.0 / (1.0 + (-2.0 * xa).exp())).product::<f64>()
        })
    };
    conditional(&v, &visible) * conditional(&h, &hidden)
}

/// A golden machine on its data, and with its layers' roles exchanged, of which the file has no gradient, on coins.
fn both_ways(case: &cases::Case) -> [(Rbm, DMatrix<f32>); 2] {
    let (there, samples) = (case.rbm.transpose(), case.data.ncols());
    let coins = machine(there.visible(), samples, 1.0, 3).weights.map(f32::signum);
    [(case.rbm.clone(), case.data.clone()), (there, coins)]
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn finite_differences_are_the_golden_gradient() {
    for case in cases::all() {
        let golden =
            flat_of(&case.matrix("grad_W"), &case.numbers("grad_b"), &case.numbers("grad_c"));
        assert!(distance(&exact_gradient(&case.rbm, &case.data), &golden) < 1e-8);
        let mean = likelihood(&case.rbm, &case.data);
        assert!((mean - case.number("mean_log_likelihood")).abs() < 1e-12);
    }
}

#[test]
fn the_enumerated_chain_is_the_golden_cd_1_and_tends_to_the_gradient() {
    let mut compared = 0;
    for case in cases::all() {
        let rbm = &case.rbm;
        let weights = rbm.weights.len();
        let data = case.data.map(f64::from);
        let positive = &data * case.matrix("hidden_mean_given_datum") / case.data.ncols() as f64;
        let cd_1 = expected_cd(rbm, &case.data, 1);
        // The file has it for the three smaller machines.
        if weights <= 20 {
            compared += 1;
            let golden = positive - case.matrix("expected_cd1_negative_vh");
            assert!(distance(&cd_1[..weights], golden.as_slice()) < 1e-12);
        }

        for (rbm, data) in both_ways(&case) {
            let exact = exact_gradient(&rbm, &data);
            let bias = |k| distance(&expected_cd(&rbm, &data, k), &exact);
            // CD-k is biased (errata E29), by less and less, to nothing.
            let biases = [1, 4, 16].map(bias);
            assert!(biases[0] > 1e-2 && biases.is_sorted_by(|a, b| b < a), "{biases:?}");
            assert!(bias(400) < 2e-8);
        }
    }
    assert_eq!(compared, 3);
}

#[test]
fn the_averaged_estimate_is_the_golden_cd_1() {
    let machines: Vec<_> = cases::all().iter().flat_map(both_ways).collect();
    for (seed, (rbm, data)) in machines.iter().enumerate() {
        let found = average(rbm, data, 1, seed as u64);
        // Golden for the weights of the smaller ones; all else by the enumeration that reproduces it.
        let p = family_p(&found, &expected_cd(rbm, data, 1));
        assert!(p > LEVEL / machines.len() as f64, "machine {seed}: {p:e}");
    }
}

#[test]
fn many_steps_estimate_the_gradient_of_the_likelihood() {
    let machines: Vec<_> = cases::all().iter().take(4).flat_map(both_ways).collect();
    for (seed, (rbm, data)) in machines.iter().enumerate() {
        let exact = exact_gradient(rbm, data);
        // As many steps as it takes to be unbiased for this purpose: a tenth of a standard error of 2e-3.
        let enough = |k: &u32| distance(&expected_cd(rbm, data, *k), &exact) < 2e-4;
        let steps = [8, 16, 32, 64, 128].into_iter().find(enough).unwrap();
        let found = average(rbm, data, steps, 10 + seed as u64);
        let p = family_p(&found, &exact);
        assert!(p > LEVEL / machines.len() as f64, "machine {seed}: {p:e} after {steps} steps");
        // The test has the power to tell the two apart.
        let short = family_p(&average(rbm, data, 1, 20 + seed as u64), &exact);
        assert!(short < 1e-12, "machine {seed}: CD-1 passes for the gradient, {short:e}");
    }
}

#[test]
fn exact_averages_give_the_golden_gradient() {
    // Hidden expectations through the f32 tanh, of relative error 1e-6, and means of at most six numbers below 1 in f32.
    for case in cases::all() {
        let golden =
            flat_of(&case.matrix("grad_W"), &case.numbers("grad_b"), &case.numbers("grad_c"));
        let found = flat(&gradient(&case.rbm, &case.data, Negative::Exact, 1));
        assert!(distance(&found, &golden) < 2e-6);
        for (rbm, data) in both_ways(&case) {
            let found = flat(&gradient(&rbm, &data, Negative::Exact, 1));
            assert!(distance(&found, &exact_gradient(&rbm, &data)) < 2e-6);
        }
    }
}

const CHAINS: usize = 20_000;
/// Products of units are at most 1: their mean over the chains has an error of 1 / sqrt(chains) at most. The two tests of
/// chains that persist compare fewer than 1000 entries each: family-wise level 1e-6 at z = 6.1.
const CHAINS_APART: f64 = 6.1 / 141.0;

/// Chains that persist forget where they began, at the old parameters, and have the machine's own averages.
#[test]
fn chains_that_persist_estimate_the_gradient_of_the_likelihood() {
    let machines: Vec<_> = cases::all().iter().take(4).flat_map(both_ways).collect();
    for (seed, (rbm, data)) in machines.iter().enumerate() {
        let exact = exact_gradient(rbm, data);
        let samples: Vec<u32> = (0..data.ncols() as u32).collect();
        for negative in [
            Negative::Persistent { chains: CHAINS, steps: 10 },
            Negative::Tempering { chains: CHAINS, steps: 10 },
        ] {
            let mut trainer = run(rbm, samples.len(), negative, 30 + seed as u64);
            let mut scratch = trainer.scratch();
            for _ in 0..20 {
                trainer.gradient(data, &samples, &mut scratch).unwrap();
            }
            let apart = distance(&flat(&scratch.gradient), &exact);
            assert!(apart < CHAINS_APART, "{negative:?}, machine {seed}: {apart}");
        }
    }
}

/// Far from equilibrium, where every step shows: from fair coins under the machine, and on under the one it becomes.
#[test]
fn chains_that_persist_walk_under_the_machine_as_it_is() {
    let machines: Vec<_> = cases::all().iter().take(4).flat_map(both_ways).collect();
    for (seed, (rbm, data)) in machines.iter().enumerate() {
        let samples: Vec<u32> = (0..data.ncols() as u32).collect();
        let (q, coins) = (shares(data), DVector::from_element(1 << rbm.visible(), 1.0));
        let coins = &coins / coins.sum();
        let first = transition(rbm) * &coins;
        let of_first = expected(rbm, &q, first.clone());
        for negative in [
            Negative::Persistent { chains: CHAINS, steps: 1 },
            Negative::Tempering { chains: CHAINS, steps: 1 },
        ] {
            let trainer = run(rbm, samples.len(), negative, 50 + seed as u64);
            let config = TrainConfig { learning_rate: 3.0, ..*trainer.config() };
            let mut trainer = Trainer::from_machine(config, rbm.clone(), 50 + seed as u64).unwrap();
            let mut scratch = trainer.scratch();
            trainer.step(data, &samples, &mut scratch).unwrap();
            let found = flat(&scratch.gradient);
            assert!(distance(&found, &of_first) < CHAINS_APART, "{negative:?}, machine {seed}");
            // Power: no step at all.
            let none = expected(rbm, &q, coins.clone());
            assert!(distance(&found, &none) > CHAINS_APART, "{negative:?}, machine {seed}");
            if let Negative::Tempering { .. } = negative {
                continue;
            }
            let moved = trainer.rbm().clone();
            trainer.gradient(data, &samples, &mut scratch).unwrap();
            let found = flat(&scratch.gradient);
            let second = expected(&moved, &q, transition(&moved) * &first);
            assert!(distance(&found, &second) < CHAINS_APART, "second step, machine {seed}");
            // Power: a step under the machine of before.
            let stale = expected(&moved, &q, transition(rbm) * &first);
            assert!(distance(&found, &stale) > CHAINS_APART, "second step, machine {seed}");
        }
    }
}

/// A run after another begins with its chains: in equilibrium where fresh ones have far to go.
#[test]
fn a_run_after_another_keeps_its_chains() {
    let rbm = Rbm { visible_bias: DVector::from_element(6, 0.1), ..Rbm::uniform(6, 2, 0.6) };
    let rbm = Rbm { hidden_bias: DVector::from_element(2, -0.2), ..rbm };
    let (data, samples) = (states(6), (0..64).collect::<Vec<u32>>());
    let exact = exact_gradient(&rbm, &data);
    let after = |steps: u32, chains: usize, previous: Option<&Trainer>| {
        let negative = Negative::Tempering { chains, steps };
        let fresh = run(&rbm, 64, negative, 40);
        let config = *fresh.config();
        let mut trainer =
            previous.map_or(fresh, |previous| Trainer::after(config, previous, 41).unwrap());
        let mut scratch = trainer.scratch();
        trainer.gradient(&data, &samples, &mut scratch).unwrap();
        (distance(&flat(&scratch.gradient), &exact), trainer)
    };
    // 6.1 errors of a mean of products, as above; copies count as one.
    let allowed = |chains: f64| 6.1 / chains.sqrt();
    let (_, previous) = after(300, 10_000, None);
    for chains in [5_000, 10_000, 20_000] {
        let apart = after(1, chains, Some(&previous)).0;
        assert!(apart < allowed(5_000.0), "{chains} chains: {apart}");
    }
    let fresh = after(1, 10_000, None).0;
    assert!(fresh > 2.0 * allowed(10_000.0), "fresh chains would do as well: {fresh}");
}

#[test]
fn data_at_a_fixed_point_give_the_exact_positive_phase() {
    // Infinite weights in effect: the chain never moves, so data and model agree term by term.
    let locked = Rbm { weights: DMatrix::identity(4, 4) * 40.0, ..Rbm::uniform(4, 4, 0.0) };
    let found = gradient(&locked, &states(4), Negative::Contrastive { steps: 3 }, 1);
    assert!(flat(&found).iter().all(|g| *g == 0.0));
    // No weights: hidden units have no expectation.
    let free =
        gradient(&Rbm::uniform(4, 4, 0.0), &states(4), Negative::Contrastive { steps: 1 }, 2);
    assert!(free.weights.iter().all(|g| *g == 0.0));
}

#[test]
fn a_gradient_does_not_depend_on_what_was_in_the_scratch() {
    let rbm = machine(4, 3, 1.0, 1);
    let samples: Vec<u32> = (0..16).collect();
    let negative = Negative::Contrastive { steps: 2 };
    let fresh = flat(&gradient(&rbm, &states(4), negative, 5));
    assert!(fresh.iter().all(|g| g.is_finite()));
    let mut trainer = run(&rbm, 16, negative, 5);
    let mut scratch = trainer.scratch();
    scratch.gradient.weights.fill(f32::NAN);
    scratch.gradient.visible_bias.fill(f32::NAN);
    scratch.gradient.hidden_bias.fill(f32::INFINITY);
    trainer.gradient(&states(4), &samples, &mut scratch).unwrap();
    assert_eq!(flat(&scratch.gradient), fresh);
}

/// The layers' roles exchanged: the exact gradient of the transposed machine on data of the other layer.
#[test]
fn the_exact_gradient_of_the_model_is_that_of_the_transposed_machine() {
    for (m, n) in [(3, 5), (6, 2), (4, 4)] {
        let rbm = machine(m, n, 1.0, 7);
        // All states of either layer equally often: the data's side is <v tanh> of each.
        let model = |rbm: &Rbm| {
            let data = states(rbm.visible());
            let found = gradient(rbm, &data, Negative::Exact, 1);
            let hidden = rbm.hidden_mean(&data).map(f64::from);
            let share = 1.0 / data.ncols() as f64;
            let positive = data.map(f64::from) * hidden.transpose() * share;
            // Each visible unit is as often up as down.
            let visible = found.visible_bias.map(|b| -f64::from(b));
            let hidden = hidden.column_mean() - found.hidden_bias.map(f64::from);
            (positive - found.weights.map(f64::from), visible, hidden)
        };
        let (here, there) = (model(&rbm), model(&rbm.transpose()));
        assert!((&here.0 - there.0.transpose()).amax() < 4e-6, "{here:?}");
        assert!((&here.1 - there.2).amax() < 4e-6 && (&here.2 - there.1).amax() < 4e-6, "{here:?}");
    }
}

#[test]
#[should_panic(expected = "another size")]
fn another_batch_size_is_refused() {
    let mut trainer = run(&machine(2, 2, 1.0, 1), 5, Negative::Exact, 1);
    let mut scratch = trainer.scratch();
    let _ = trainer.gradient(&states(2), &[0, 1, 2, 3], &mut scratch);
}
