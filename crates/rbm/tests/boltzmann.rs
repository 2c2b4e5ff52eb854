//! The Boltzmann machine: exact sums, the learning rule, the dynamics; without connections inside layers it is the RBM.

#[path = "common/cases.rs"]
mod cases;
#[path = "common/chi_square.rs"]
mod chi_square;
#[path = "common/distance.rs"]
mod distance;
#[path = "common/random.rs"]
mod random;
#[path = "common/states.rs"]
mod states;

use chi_square::{draw, p_value};
use distance::distance;
use exact::{Ring, enumerate};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rand::RngExt;
use random::random_rbm;
use rbm::boltzmann::{Boltzmann, Gradient, Sampling, empirical};
use rbm::gradient::Units;
use rbm::{Error, partition};
use states::states;
use statrs::distribution::{ContinuousCDF, StudentsT};
use stats::Estimate;

/// Family-wise level of the tests of this file that must pass by chance, 6 of distributions and one family of means.
const LEVEL: f64 = 1e-6;
const TESTS: f64 = 7.0;
/// What a wrong distribution must fall below.
const CAUGHT: f64 = 1e-12;

/// All units connected, parameters uniform in `+-size`.
fn full(visible: usize, hidden: usize, size: f64, seed: u64) -> Boltzmann {
    let mut rng = stats::stream(seed, "full", 0);
    let mut number = || size * (2.0 * rng.random::<f64>() - 1.0);
    let units = visible + hidden;
    let mut couplings = DMatrix::from_fn(units, units, |i, j| if j < i { number() } else { 0.0 });
    couplings.fill_upper_triangle_with_lower_triangle();
    let biases = DVector::from_fn(units, |_, _| number());
    Boltzmann::new(couplings, biases, visible).expect("symmetric and finite")
}

fn machines() -> impl Strategy<Value = Boltzmann> {
    (1usize..=5, 0usize..=4, 0.0..2.0f64, any::<u64>()).prop_map(|(m, n, w, s)| full(m, n, w, s))
}

/// A random distribution over the visible states, some of which never occur.
fn distribution(visible: usize, seed: u64) -> Vec<f64> {
    let mut rng = stats::stream(seed, "distribution", 0);
    let mut q: Vec<f64> = (0..1 << visible).map(|_| (rng.random::<f64>() - 0.2).max(0.0)).collect();
    q[0] += 0.1;
    let sum = q.iter().sum::<f64>();
    q.iter_mut().for_each(|q| *q /= sum);
    q
}

/// Random samples `[visible, sample]`.
fn machine_data(visible: usize, samples: usize, seed: u64) -> DMatrix<f32> {
    random_rbm(visible, samples, 1.0, seed).weights.map(|x| if x < 0.0 { -1.0 } else { 1.0 })
}

/// `p(x)` of all units, state by state.
fn joint(machine: &Boltzmann) -> Vec<f64> {
    let x = states(machine.visible() + machine.hidden()).map(f64::from);
    let weights: Vec<f64> =
        x.column_iter().map(|x| (-machine.energy(&x.into_owned())).exp()).collect();
    let z = weights.iter().sum::<f64>();
    weights.iter().map(|w| w / z).collect()
}

/// The entries below the diagonal, then the biases.
fn flat(gradient: &Gradient) -> Vec<f64> {
    let units = gradient.biases.len();
    let below = (0..units).flat_map(|i| (0..i).map(move |j| (i, j)));
    below.map(|at| gradient.couplings[at]).chain(gradient.biases.iter().copied()).collect()
}

proptest! {
    #[test]
    fn sums_are_those_over_all_states(machine in machines()) {
        let p = joint(&machine);
        let states_v = 1 << machine.visible();
        let mut visible = vec![0.0; states_v];
        p.iter().enumerate().for_each(|(s, p)| visible[s % states_v] += p);
        let found = machine.ln_visible_probabilities().unwrap();
        for (ln_p, p) in found.iter().zip(&visible) {
            prop_assert!((ln_p - p.ln()).abs() < 1e-12);
        }
        let x = DVector::from_element(machine.biases().len(), 1.0);
        let ln_z = -machine.energy(&x) - p[p.len() - 1].ln();
        prop_assert!((machine.ln_z().unwrap() - ln_z).abs() < 1e-11);
    }

    #[test]
    fn the_learning_rule_is_the_slope_of_the_divergence(machine in machines(), seed: u64) {
        let q = distribution(machine.visible(), seed);
        let gradient = machine.gradient(&q).unwrap();
        let units = machine.biases().len();
        let h = 1e-4;
        // By w_ij = w_ji, or by b_i where i = j.
        let slope = |i: usize, j: usize| {
            let at = |h: f64| {
                let (mut w, mut b) = (machine.couplings().clone(), machine.biases().clone());
                if i == j {
                    b[i] += h;
                } else {
                    w[(i, j)] += h;
                    w[(j, i)] += h;
                }
                Boltzmann::new(w, b, machine.visible()).unwrap().kl(&q).unwrap()
            };
            (at(h) - at(-h)) / (2.0 * h)
        };
        for i in 0..units {
            // A sixth of h^2 times a third cumulant of numbers of size 1, and the rounding of KL over h.
            prop_assert!((slope(i, i) + gradient.biases[i]).abs() < 1e-7);
            prop_assert_eq!(gradient.couplings[(i, i)], 0.0);
            for j in 0..i {
                prop_assert!((slope(i, j) + gradient.couplings[(i, j)]).abs() < 1e-7);
                prop_assert_eq!(gradient.couplings[(i, j)], gradient.couplings[(j, i)]);
            }
        }
    }

    #[test]
    fn without_connections_inside_layers_it_is_the_rbm(
        (m, n) in (1usize..=6, 1usize..=4), size in 0.0..2.0f32, seed: u64,
    ) {
        let rbm = random_rbm(m, n, size, seed);
        for rbm in [rbm.transpose(), rbm] {
            let (m, n) = (rbm.visible(), rbm.hidden());
            let machine = Boltzmann::from_rbm(&rbm).unwrap();
            prop_assert!((machine.ln_z().unwrap() - partition::ln_z(&rbm).unwrap()).abs() < 1e-12);
            // F(v) through f32 activations.
            let ln_p = machine.ln_visible_probabilities().unwrap();
            let ln_z = machine.ln_z().unwrap();
            for (f, ln_p) in rbm.free_energy(&states(m)).iter().zip(&ln_p) {
                prop_assert!((f + ln_p + ln_z).abs() < 1e-5);
            }
            let q = distribution(m, seed);
            let found = machine.kl(&q).unwrap();
            prop_assert!((found - partition::kl(&q, &rbm).unwrap()).abs() < 1e-12);
            // The gradient of `exact`, for random data.
            let exactly = exact::Rbm64::new(
                rbm.weights.map(f64::from),
                rbm.visible_bias.map(f64::from),
                rbm.hidden_bias.map(f64::from),
            )
            .unwrap();
            let data = machine_data(m, 12, seed);
            let likelihood =
                exact::likelihood::log_likelihood_gradient(&exactly, &data.map(f64::from));
            let expected = likelihood.unwrap().gradient;
            let found = machine.gradient(&empirical(&data).unwrap()).unwrap();
            let between = found.couplings.view((0, m), (m, n)).into_owned();
            prop_assert!(distance(between.as_slice(), expected.weights.as_slice()) < 1e-13);
            let visible = found.biases.rows(0, m).into_owned();
            prop_assert!(distance(visible.as_slice(), expected.visible_bias.as_slice()) < 1e-13);
            let hidden = found.biases.rows(m, n).into_owned();
            prop_assert!(distance(hidden.as_slice(), expected.hidden_bias.as_slice()) < 1e-13);
            // And of this crate, through f32: tanh, and means of a dozen numbers.
            let units = Units { hidden: rbm.hidden_mean(&data), visible: data };
            let mut found = rbm::gradient::Gradient::zeros(m, n);
            found.exact(&units, &partition::moments(&rbm).unwrap());
            for (found, expected) in [
                (found.weights.as_slice(), expected.weights.as_slice()),
                (found.visible_bias.as_slice(), expected.visible_bias.as_slice()),
                (found.hidden_bias.as_slice(), expected.hidden_bias.as_slice()),
            ] {
                let found: Vec<f64> = found.iter().map(|&x| x.into()).collect();
                prop_assert!(distance(&found, expected) < 4e-6);
            }
        }
    }
}

#[test]
fn golden_gradients() {
    for case in cases::all() {
        let (m, n) = (case.rbm.visible(), case.rbm.hidden());
        let machine = Boltzmann::from_rbm(&case.rbm).unwrap();
        assert!((machine.ln_z().unwrap() - case.number("lnZ")).abs() < 1e-12);
        let p: Vec<f64> =
            machine.ln_visible_probabilities().unwrap().iter().map(|p| p.exp()).collect();
        assert!(distance(&p, &case.numbers("P_v")) < 1e-13);
        let found = machine.gradient(&empirical(&case.data).unwrap()).unwrap();
        let between = found.couplings.view((0, m), (m, n)).into_owned();
        assert!((between - case.matrix("grad_W")).amax() < 1e-13);
        let biases = [case.numbers("grad_b"), case.numbers("grad_c")].concat();
        assert!(distance(found.biases.as_slice(), &biases) < 1e-13);
    }
}

#[test]
fn a_ring_is_a_machine_without_hidden_units_and_is_learnt() {
    // Started without couplings, the rule (24) finds the ring's own.
    let (sites, k) = (6, 0.6);
    let near = |i: usize, j: usize| (i + 1) % sites == j || (j + 1) % sites == i;
    let ring = DMatrix::from_fn(sites, sites, |i, j| if near(i, j) { k } else { 0.0 });
    let itself = Boltzmann::new(ring.clone(), DVector::zeros(sites), sites).unwrap();
    let q =
        enumerate::ring(&Ring::new(sites, k).expect("a ring")).expect("few sites").probabilities;
    assert!(itself.kl(&q).unwrap().abs() < 1e-14);
    assert!(flat(&itself.gradient(&q).unwrap()).iter().all(|g| g.abs() < 1e-14));

    let nothing = DMatrix::zeros(sites, sites);
    let mut machine = Boltzmann::new(nothing, DVector::zeros(sites), sites).unwrap();
    let mut last = machine.kl(&q).unwrap();
    for _ in 0..500 {
        machine.ascend(&machine.gradient(&q).unwrap(), 0.3).unwrap();
        let kl = machine.kl(&q).unwrap();
        assert!(kl <= last + 1e-14, "{kl} after {last}");
        last = kl;
    }
    assert!(last < 1e-9, "{last}");
    assert!((machine.couplings() - ring).amax() < 1e-4);
}

/// The states of all units, one column for each index.
fn columns(indices: &[usize], units: usize) -> DMatrix<f64> {
    let all = states(units).map(f64::from);
    DMatrix::from_fn(units, indices.len(), |i, s| all[(i, indices[s])])
}

fn indices(x: &DMatrix<f64>) -> Vec<usize> {
    let index = |(i, &x): (usize, &f64)| usize::from(x > 0.0) << i;
    x.column_iter().map(|x| x.iter().enumerate().map(index).sum()).collect()
}

fn passes(what: &str, p: f64) {
    assert!(p > LEVEL / TESTS, "{what}: p = {p:e}");
}

const DRAWS: usize = 100_000;

#[test]
fn a_sweep_leaves_the_distribution_alone_and_wrong_ones_do_not() {
    for (seed, size) in [(1, 0.5), (2, 1.2)] {
        let machine = full(4, 2, size, seed);
        let p = joint(&machine);
        let mut rng = stats::stream(seed, "sweep", 0);
        let start = columns(&draw(&p, DRAWS, &mut rng), 6);
        let mut x = start.clone();
        machine.sweep(&mut x, 0..6, 3, &mut rng);
        passes("three sweeps", p_value(&indices(&x), &p));
        assert!(x != start);

        // All units at once, each given the others as they were: not the distribution of connected units.
        let mut x = start.clone();
        for (mut new, old) in x.column_iter_mut().zip(start.column_iter()) {
            let activation = machine.couplings() * old + machine.biases();
            let up = |a: f64| rng.random::<f64>() * (1.0 + (-2.0 * a).exp()) < 1.0;
            new.copy_from(&activation.map(up).map(|up| if up { 1.0 } else { -1.0 }));
        }
        assert!(p_value(&indices(&x), &p) < CAUGHT);
        // Half the activation, which is the distribution of units 0 and 1.
        let half = machine.couplings() * 0.5;
        let wrong = Boltzmann::new(half, machine.biases() * 0.5, 4).unwrap();
        let mut x = start;
        wrong.sweep(&mut x, 0..6, 1, &mut rng);
        assert!(p_value(&indices(&x), &p) < CAUGHT);
    }
}

#[test]
fn from_random_states_sweeps_lead_to_the_distribution() {
    let machine = full(3, 2, 0.5, 3);
    let mut rng = stats::stream(3, "equilibrium", 0);
    let mut x = DMatrix::from_element(5, DRAWS, 1.0);
    machine.sweep(&mut x, 0..5, 1, &mut rng);
    assert!(p_value(&indices(&x), &joint(&machine)) < CAUGHT, "one sweep should not suffice");
    machine.sweep(&mut x, 0..5, 40, &mut rng);
    passes("forty sweeps", p_value(&indices(&x), &joint(&machine)));
}

#[test]
fn clamped_units_stay_and_the_others_have_the_conditional_distribution() {
    let (m, n) = (3, 3);
    let machine = full(m, n, 0.7, 4);
    let p = joint(&machine);
    for v in [0b000, 0b101, 0b110] {
        let conditional: Vec<f64> = (0..1 << n).map(|h| p[v | h << m]).collect();
        let sum = conditional.iter().sum::<f64>();
        let conditional: Vec<f64> = conditional.iter().map(|p| p / sum).collect();
        let mut rng = stats::stream(v as u64, "clamped", 0);
        let start: Vec<usize> =
            draw(&conditional, DRAWS, &mut rng).iter().map(|h| v | h << m).collect();
        let mut x = columns(&start, m + n);
        machine.sweep(&mut x, m..m + n, 2, &mut rng);
        let found = indices(&x);
        assert!(found.iter().all(|s| s & 0b111 == v));
        let hidden: Vec<usize> = found.iter().map(|s| s >> m).collect();
        passes("clamped", p_value(&hidden, &conditional));
        let free: Vec<f64> =
            (0..1 << n).map(|h| (0..1 << m).map(|v| p[v | h << m]).sum()).collect();
        assert!(p_value(&hidden, &free) < CAUGHT);
    }
}

/// The smallest p-value of all entries' means over independent gradients, times their number.
fn family_p(machine: &Boltzmann, data: &DMatrix<f32>, sampling: Sampling, expected: &[f64]) -> f64 {
    const BATCHES: usize = 60;
    let mut rng = stats::stream(9, "gradient", 0);
    let rows: Vec<Vec<f64>> = (0..BATCHES)
        .map(|_| flat(&machine.sampled_gradient(data, sampling, &mut rng).expect("a gradient")))
        .collect();
    let student = StudentsT::new(0.0, 1.0, (BATCHES - 1) as f64).expect("degrees of freedom");
    let p = |(e, expected): (usize, &f64)| {
        let entry: Vec<f64> = rows.iter().map(|row| row[e]).collect();
        let estimate = Estimate::from_independent(&entry);
        match estimate.error == 0.0 {
            // Between clamped units only the free phase is random.
            true => {
                if estimate.mean == *expected {
                    1.0
                } else {
                    0.0
                }
            }
            false => 2.0 * student.sf((estimate.mean - expected).abs() / estimate.error),
        }
    };
    let smallest = expected.iter().enumerate().map(p).fold(1.0, f64::min);
    smallest * expected.len() as f64
}

#[test]
fn the_sampled_rule_is_the_exact_one_on_average() {
    let data = DMatrix::from_fn(4, 10, |i, s| if (s * s + 3 * i * s) % 7 < 3 { 1.0 } else { -1.0 });
    let machine = full(4, 3, 0.5, 6);
    let expected = flat(&machine.gradient(&empirical(&data).unwrap()).unwrap());
    let sampling = Sampling { chains: 40, discarded: 25, counted: 40 };
    let p = family_p(&machine, &data, sampling, &expected);
    assert!(p > LEVEL / TESTS, "p = {p:e}");
    // The phases exchanged, and too short a way from the random start.
    let exchanged: Vec<f64> = expected.iter().map(|g| -g).collect();
    assert!(family_p(&machine, &data, sampling, &exchanged) < CAUGHT);
    let short = Sampling { discarded: 0, counted: 1, chains: 4000 };
    assert!(family_p(&machine, &data, short, &expected) < CAUGHT);
}

#[test]
fn what_is_no_machine_or_no_data_is_refused() {
    let zeros = |m, n| DMatrix::zeros(m, n);
    let new = |w: DMatrix<f64>, visible| Boltzmann::new(w, DVector::zeros(3), visible);
    assert!(new(zeros(3, 3), 3).is_ok() && new(zeros(3, 3), 0).is_ok());
    for (w, visible) in [(zeros(2, 3), 1), (zeros(3, 4), 1), (zeros(3, 3), 4)] {
        assert!(matches!(new(w, visible), Err(Error::Size { .. })));
    }
    for (place, value) in
        [((0, 0), 0.5), ((2, 1), 0.5), ((0, 1), f64::NAN), ((1, 1), f64::INFINITY)]
    {
        let mut w = zeros(3, 3);
        w[place] = value;
        assert!(matches!(new(w, 2), Err(Error::Setting { .. })), "{place:?}");
    }
    let many = Boltzmann::new(zeros(25, 25), DVector::zeros(25), 2).unwrap();
    let refused = Error::TooManyStates { units: 25, limit: 24 };
    assert_eq!(many.ln_z(), Err(refused.clone()));
    assert_eq!(many.gradient(&[0.25; 4]), Err(refused));
    let machine = full(2, 1, 1.0, 1);
    assert_eq!(
        machine.gradient(&[0.5; 2]),
        Err(Error::Size { what: "the distribution", found: 2, expected: 4 })
    );
    let sampling = Sampling { chains: 1, discarded: 0, counted: 1 };
    let mut rng = stats::stream(1, "refused", 0);
    let mut sampled = |rows, samples, sampling| {
        machine.sampled_gradient(&DMatrix::from_element(rows, samples, 1.0), sampling, &mut rng)
    };
    assert!(sampled(2, 1, sampling).is_ok());
    assert!(matches!(sampled(3, 1, sampling), Err(Error::Size { .. })));
    assert!(matches!(sampled(2, 0, sampling), Err(Error::TooFewSamples { .. })));
    for bad in [Sampling { chains: 0, ..sampling }, Sampling { counted: 0, ..sampling }] {
        assert!(matches!(sampled(2, 1, bad), Err(Error::Setting { .. })));
    }
    for value in [0.0, 0.5, f32::NAN] {
        let data = DMatrix::from_element(2, 2, value);
        let refused = machine.sampled_gradient(&data, sampling, &mut rng);
        assert!(matches!(refused, Err(Error::Setting { what: "a unit", .. })), "{refused:?}");
        assert!(matches!(
            empirical(&DMatrix::from_element(2, 2, value)),
            Err(Error::Setting { what: "a unit", .. })
        ));
    }
    assert!(empirical(&DMatrix::zeros(2, 0)).is_err());
    for value in [-0.5, f64::NAN] {
        let refused = machine.kl(&[value, 0.5, 0.5, 0.5]);
        assert!(
            matches!(refused, Err(Error::Setting { what: "a probability", .. })),
            "{refused:?}"
        );
    }
}
