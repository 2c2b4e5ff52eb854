//! Freezing on the RBM that decimates the ring: pinned sites stand still though p(v) is that of the ring.

mod common;

use common::{narrow, random_rbm};
use exact::{Ring, decimation, enumerate};
use flow::chain::{Transition, transition};
use flow::freezing::{clipped, flip_rate, pinned_units};
use flow::mean::in_f64;
use flow::{Flow, Rule};
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
fn locks_are_found_and_capped() {
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
