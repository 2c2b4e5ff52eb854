//! Freezing on the RBM that decimates the ring: pinned sites stand still though p(v) is that of the ring.

mod common;

use common::{narrow, random_rbm};
use exact::{Ring, decimation, enumerate};
use flow::chain::{Transition, transition};
use flow::freezing::{
    clipped, copying, copying_divergence, copying_excess, flip_rate, pinned_units,
};
use flow::mean::in_f64;
use flow::{Flow, Rule};
use ising::{Configurations, Coupling, Lattice};
use nalgebra::DMatrix;
use rbm::{Rbm, partition};

const SITES: usize = 8;
const COUPLING: f64 = 1.0;
/// Two-sided z for at most 40 means at the family-wise level 1e-6.
const Z: f64 = 5.6;

fn pinned(pinning: f64) -> Rbm {
    narrow(&decimation::pinned(SITES, COUPLING, pinning).expect("an RBM"))
}

fn exact_chain(rbm: &Rbm) -> Transition {
    transition(&in_f64(rbm).expect("finite")).expect("few units")
}

/// The divergence of the RBM from the ring.
fn kl(rbm: &Rbm) -> f64 {
    let ring = Ring::new(SITES, COUPLING).expect("a ring");
    let q = enumerate::ring(&ring).expect("all states").probabilities;
    partition::kl(&q, rbm).expect("few states")
}

#[test]
fn a_strong_lock_improves_the_distribution_and_stops_the_flow() {
    let [weak, strong] = [2.0, 5.0].map(pinned);
    // The divergence falls as e^{-4w}, by e^{-12} from 2 to 5.
    assert!((kl(&strong) / kl(&weak)).ln() < -10.0, "{} {}", kl(&strong), kl(&weak));
    // The relaxation time grows as e^{2w}, by e^6.
    let [fast, slow] = [&weak, &strong].map(|rbm| exact_chain(rbm).relaxation_time());
    assert!(((slow / fast).ln() - 6.0).abs() < 0.5, "{fast} {slow}");
    let [moving, frozen] = [&weak, &strong].map(|rbm| exact_chain(rbm).flip_rate());
    for site in 0..SITES {
        let factor = (frozen[site] / moving[site]).ln();
        // Pinned sites stand, the others follow their neighbours as before.
        let expected = if site % 2 == 0 { -6.0..-5.0 } else { -0.5..0.5 };
        assert!(expected.contains(&factor), "{site}: {factor}");
    }
}

#[test]
fn pinned_units_are_found_and_clipped() {
    let rbm = pinned(5.0);
    let found = pinned_units(&rbm, 3.0, 1.5);
    assert_eq!(found.len(), SITES / 2);
    for (a, unit) in found.iter().enumerate() {
        assert_eq!((unit.hidden, unit.site, unit.weight), (a, 2 * a, 5.0));
        // (w^2 + 2 K^2)^2 / (w^4 + 2 K^4)
        assert!((unit.participation - 27.0 * 27.0 / 627.0).abs() < 1e-6);
    }
    let free = clipped(&rbm, &found, 2.0);
    assert_eq!(free, pinned(2.0));
    assert!(exact_chain(&rbm).relaxation_time() > 200.0 * exact_chain(&free).relaxation_time());
    assert!(kl(&free) < 0.02, "{}", kl(&free));
    // Signs are kept, and what is below the cap.
    let mut turned = rbm.clone();
    turned.weights *= -1.0;
    let found = pinned_units(&turned, 3.0, 1.5);
    assert_eq!(found[0].weight, -5.0);
    assert_eq!(clipped(&turned, &found, 2.0).weights, -pinned(2.0).weights);
    assert_eq!(clipped(&turned, &found, 6.0), turned);
    // Equal weights copy no site, weak ones none either, and a unit without weights none.
    assert_eq!(pinned_units(&Rbm::uniform(8, 4, 9.0), 3.0, 1.5), []);
    assert_eq!(pinned_units(&pinned(2.0), 3.0, 9.0), []);
    assert_eq!(pinned_units(&Rbm::uniform(8, 4, 0.0), 0.1, 9.0), []);
}

#[test]
fn measured_mobilities_are_those_of_the_kernel() {
    const DRAWS: usize = 200_000;
    let rbms = [pinned(2.0), pinned(6.0), random_rbm(6, 4, 0.7, 0.3, 1)];
    for (index, rbm) in rbms.iter().enumerate() {
        let expected = exact_chain(rbm).flip_rate();
        let mut rng = stats::stream(1, "mobility", index as u64);
        let draws = partition::draws(rbm, DRAWS, &mut rng).expect("few units");
        let found = flip_rate(rbm, &draws, DRAWS, &mut rng);
        for (site, found) in found.iter().enumerate() {
            let exact = expected[site];
            let allowed = Z * found.error + 1e-5 * exact;
            assert!(
                (found.mean - exact).abs() < allowed,
                "{index}, {site}: {found:?}, not {exact}"
            );
        }
        // Turns counted in the flow itself: the same, with the larger error of counts.
        let after = Flow { rbm, rule: Rule::Sampled }.step(&draws, &mut rng);
        for (site, found) in found.iter().enumerate() {
            let pairs = draws.row(site).into_iter().zip(after.row(site));
            let share = pairs.filter(|(v, w)| v != w).count() as f64 / DRAWS as f64;
            let p = expected[site];
            let error = (p * (1.0 - p) / DRAWS as f64).sqrt();
            assert!(found.error < error, "{index}, {site}");
            // Few counts are not normal; they are what the sums are for.
            if p * DRAWS as f64 > 100.0 {
                assert!((share - p).abs() < Z * error + 2e-6, "{index}, {site}: {share}, not {p}");
            } else {
                assert!(found.error < 0.1 * error, "{index}, {site}: {found:?} {error}");
            }
        }
    }
}

#[test]
fn copying_every_second_site_is_the_torus() {
    let lattice = Lattice::square(4).expect("a lattice");
    let rbm = copying(&lattice, 0.4, 12.0);
    assert_eq!(rbm.hidden(), 8);
    let bond = |i: usize| lattice.neighbours(i).iter().map(move |&j| (i, j as usize));
    let bonds: Vec<_> = (0..16).flat_map(bond).collect();
    let found = rbm::observables::observables(&rbm, &bonds).expect("few units");
    let energy = -0.5 * found.pairs.iter().sum::<f64>() / 16.0;
    let torus = exact::torus::kaufman(4, 4, 0.4).expect("a torus");
    // Couplings are off by the order e^{8K - 2w}, here 1e-9, and by a relative 1e-7 in f32.
    assert!((energy - torus.energy_per_spin).abs() < 1e-6, "{energy}");
}

#[test]
fn on_the_ring_copying_decimates() {
    let ring = Lattice::ring(SITES).expect("a lattice");
    let (ours, exact) = (copying(&ring, COUPLING, 5.0), pinned(5.0));
    // The same RBM with the other half of the sites copied, and the same divergence.
    assert_eq!(ours.weights.norm(), exact.weights.norm());
    assert!((kl(&ours) - kl(&exact)).abs() < 1e-6, "{} {}", kl(&ours), kl(&exact));
}

#[test]
fn what_copying_costs_is_the_difference_of_log_probabilities() {
    let (lattice, coupling, weight) = (Lattice::square(4).expect("a lattice"), 0.4, 1.5);
    let rbm = copying(&lattice, coupling, weight);
    let torus = exact::torus::TorusMixture::new(4, 4, &[1.0 / coupling]).expect("a torus");
    let ln_z = partition::ln_z(&rbm).expect("few units");
    let state = |state: u16| DMatrix::from_fn(16, 1, |i, _| 2.0 * f32::from(state >> i & 1) - 1.0);
    let (mut total, mut divergence) = (0.0, 0.0);
    for number in 0..=u16::MAX {
        let v = state(number);
        let samples = Configurations::from_matrix(&v);
        let energy = ising::energies(&lattice, &samples.expect("spins"))[0];
        let ln_p = torus.ln_probability(energy);
        let wide: Vec<f64> = v.iter().map(|&x| f64::from(x)).collect();
        let f = copying_excess(&lattice, &wide, coupling, weight);
        total += (ln_p - f).exp();
        divergence += ln_p.exp() * f;
        // Weights and free energies in f32, of sixteen sites.
        if number % 1021 == 0 {
            let of_rbm = -rbm.free_energy(&v)[0] - ln_z;
            assert!((ln_p - of_rbm - f).abs() < 1e-5, "{number}: {f}");
        }
    }
    // What the estimator stands on: <exp(-f)> = 1.
    assert!((total - 1.0).abs() < 1e-12, "{total}");
    // One number at five errors.
    let request = ising::Request {
        count: 20_000,
        algorithm: None,
        field: 0.0,
        symmetrise: false,
        least_effective: 0.0,
    };
    let coupling_of = Coupling::new(coupling).expect("finite");
    let draws = ising::draw(&lattice, coupling_of, &request, 1).expect("draws").samples;
    let found = copying_divergence(&lattice, &draws, coupling, weight);
    assert!(found.sigmas_from(divergence) < 5.0, "{found:?}, not {divergence}");
}
