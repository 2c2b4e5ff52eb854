//! 512 replicas at once: each in equilibrium, none aware of another, every state within reach.

mod common;

use common::{Enumerated, Shape, chi_square, critical_z, index, level};
use exact::transfer::{Moments, magnetisation_probabilities};
use ising::{
    Checkerboard, Coupling, HeatBath, Lattice, LatticeBits, Multispin, ReplicaBits, Sampler, Spins,
    energy_per_spin,
};
use rand_pcg::Pcg64;
use statrs::distribution::{ChiSquared, ContinuousCDF};

type Make = for<'a> fn(&'a Lattice, Coupling, &mut Pcg64) -> Multispin<'a>;

const RULES: [(&str, Make); 2] = [
    ("heat bath", |lattice, coupling, rng| Multispin::heat_bath(lattice, coupling, rng)),
    ("Metropolis", |lattice, coupling, rng| Multispin::metropolis(lattice, coupling, rng)),
];

const SHAPES: [Shape; 6] = [
    Shape::Ring(2),
    Shape::Ring(5),
    Shape::Ring(6),
    Shape::Square(1),
    Shape::Square(2),
    Shape::Square(3),
];

/// Probabilities of the states of `shape` in the field H, from those without.
fn in_field(exact: &Enumerated, field: f64) -> Vec<f64> {
    let n = exact.shape.sites() as f64;
    let weight = |s: usize| exact.probabilities[s] * (field * n * exact.magnetisation(s)).exp();
    let weights: Vec<f64> = (0..exact.probabilities.len()).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / sum).collect()
}

fn sweep<S: Sampler>(sampler: &mut S, state: &mut S::State, times: usize, rng: &mut Pcg64) {
    for _ in 0..times {
        sampler.sweep(state, rng);
    }
}

/// How often each state occurs in all replicas, 40 times, 60 sweeps apart: several hundred times what these small
/// lattices remember at these couplings, so that counts are independent.
fn counts(mut sampler: Multispin<'_>, sites: usize, rng: &mut Pcg64) -> Vec<u64> {
    let mut state = ReplicaBits::ground_states(sites, rng);
    let mut counts = vec![0; 1 << sites];
    for _ in 0..40 {
        sweep(&mut sampler, &mut state, 60, rng);
        for replica in 0..state.replicas() {
            counts[index(state.replica(replica).as_slice())] += 1;
        }
    }
    counts
}

#[test]
fn every_replica_has_the_boltzmann_distribution() {
    for shape in SHAPES {
        for (k, field) in [(0.0, 0.0), (0.3, 0.0), (-0.3, 0.0), (0.2, 0.3), (-0.2, -0.4)] {
            let (exact, lattice) = (Enumerated::new(shape, k), shape.lattice());
            let expected = in_field(&exact, field);
            for (name, make) in RULES {
                let mut rng = stats::stream(1, name, shape.sites() as u64);
                let sampler = make(&lattice, exact.coupling(), &mut rng).in_field(field).unwrap();
                let counts = counts(sampler, shape.sites(), &mut rng);
                let place = format!("{name}, {shape:?}, K = {k}, H = {field}");
                chi_square(&counts, &expected).unwrap_or_else(|e| panic!("{place}: {e}"));
            }
        }
    }
}

#[test]
fn a_coupling_off_by_a_twentieth_is_noticed() {
    let (exact, lattice) = (Enumerated::new(Shape::Square(3), 0.3), Shape::Square(3).lattice());
    let mut rng = stats::stream(1, "wrong", 0);
    let wrong = Multispin::heat_bath(&lattice, Coupling::new(0.315).unwrap(), &mut rng);
    assert!(chi_square(&counts(wrong, 9, &mut rng), &exact.probabilities).is_err());
}

#[test]
fn every_state_is_reached_from_the_aligned_one() {
    for shape in SHAPES {
        for k in [0.0, 0.01, 0.2, -0.2] {
            for (name, make) in RULES {
                let lattice = shape.lattice();
                let mut rng = stats::stream(2, name, shape.sites() as u64);
                let mut sampler = make(&lattice, Coupling::new(k).unwrap(), &mut rng);
                let mut state = ReplicaBits::ground_states(shape.sites(), &mut rng);
                let mut seen = vec![false; 1 << shape.sites()];
                for _ in 0..2000 {
                    sampler.sweep(&mut state, &mut rng);
                    for replica in 0..state.replicas() {
                        seen[index(state.replica(replica).as_slice())] = true;
                    }
                    if seen.iter().all(|&seen| seen) {
                        break;
                    }
                }
                assert!(seen.iter().all(|&seen| seen), "{name}, {shape:?}, K = {k}");
            }
        }
    }
}

/// Of pairs of replicas, how far products of their magnetisations lie from 0: `(sum_r m_r)^2`, and of neighbours.
struct Pairs {
    times: usize,
    sums: f64,
    neighbours: f64,
}

impl Pairs {
    fn of(magnetisations: &[Vec<f64>], m2: f64) -> Self {
        let (mut sums, mut neighbours) = (0.0, 0.0);
        for m in magnetisations {
            let n = m.len() as f64;
            sums += m.iter().sum::<f64>().powi(2) / (n * m2);
            neighbours += m.windows(2).map(|m| m[0] * m[1]).sum::<f64>() / ((n - 1.0).sqrt() * m2);
        }
        Self { times: magnetisations.len(), sums, neighbours }
    }

    /// `sums` is chi-square with a degree of freedom a time, as sums of 512 are normal; `neighbours` is normal.
    fn independent(&self) -> bool {
        let distribution = ChiSquared::new(self.times as f64).expect("a degree of freedom");
        let z = self.neighbours / (self.times as f64).sqrt();
        self.sums <= distribution.inverse_cdf(1.0 - level()) && z.abs() <= critical_z()
    }
}

#[test]
fn replicas_know_nothing_of_each_other() {
    let (side, k) = (8, exact::square::critical_coupling());
    let (lattice, coupling) = (Lattice::square(side).unwrap(), Coupling::new(k).unwrap());
    let m2 = Moments::of(&magnetisation_probabilities(side, k).unwrap()).m2;
    for (name, make) in RULES {
        let mut rng = stats::stream(3, name, 0);
        let mut sampler = make(&lattice, coupling, &mut rng);
        let mut state = ReplicaBits::ground_states(lattice.sites(), &mut rng);
        let magnetisations: Vec<Vec<f64>> = (0..60)
            .map(|_| {
                // The magnetisation's sign is remembered for some 100 sweeps.
                sweep(&mut sampler, &mut state, 1000, &mut rng);
                let replicas = (0..state.replicas()).map(|r| state.replica(r));
                replicas.map(|s| ising::magnetisation(s.as_slice())).collect()
            })
            .collect();
        assert!(Pairs::of(&magnetisations, m2).independent(), "{name}");
    }
}

#[test]
fn replicas_that_share_random_numbers_are_noticed() {
    let (side, k) = (8, 0.3);
    let (lattice, coupling) = (Lattice::square(side).unwrap(), Coupling::new(k).unwrap());
    let m2 = Moments::of(&magnetisation_probabilities(side, k).unwrap()).m2;
    let mut rng = stats::stream(3, "shared", 0);
    let mut states: Vec<Spins> = (0..64).map(|_| Spins::random(64, &mut rng)).collect();
    let mut sampler = HeatBath::new(&lattice, coupling);
    let magnetisations: Vec<Vec<f64>> = (0..20)
        .map(|_| {
            for _ in 0..100 {
                let before = rng.clone();
                for state in &mut states {
                    rng = before.clone();
                    sampler.sweep(state, &mut rng);
                }
            }
            states.iter().map(|s| ising::magnetisation(s.as_slice())).collect()
        })
        .collect();
    assert!(!Pairs::of(&magnetisations, m2).independent());
}

#[test]
fn one_large_torus_has_the_exact_energy() {
    for (width, height, k) in [(128, 8, 0.4), (128, 8, -0.4), (1152, 2, 0.3), (256, 4, 0.44)] {
        let lattice = Lattice::rectangle(width, height).unwrap();
        // All sides are even: the antiferromagnet has the energies of the ferromagnet.
        let exact = exact::torus::kaufman(width, height, f64::abs(k)).unwrap().energy_per_spin;
        let coupling = Coupling::new(k).unwrap();
        for heat_bath in [true, false] {
            let mut rng = stats::stream(4, "plane", width as u64);
            let mut sampler = match heat_bath {
                true => Checkerboard::heat_bath(coupling, &mut rng),
                false => Checkerboard::metropolis(coupling, &mut rng),
            };
            for hot in [true, false] {
                let mut state = match hot {
                    true => LatticeBits::random(&lattice, &mut rng).unwrap(),
                    false => LatticeBits::ground_state(&lattice, &mut rng).unwrap(),
                };
                sweep(&mut sampler, &mut state, 2000, &mut rng);
                let energies: Vec<f64> = (0..4000)
                    .map(|_| {
                        sampler.sweep(&mut state, &mut rng);
                        let sign = if k < 0.0 { 1.0 } else { -1.0 };
                        sign * state.bond_sum() as f64 / lattice.sites() as f64
                    })
                    .collect();
                let found = stats::Estimate::from_series(&energies);
                let z = found.sigmas_from(exact);
                assert!(z <= critical_z(), "{width} x {height}, K = {k}: {found:?}, {exact}");
            }
        }
    }
}

#[test]
fn the_first_sweeps_do_not_change() {
    let lattice = Lattice::square(8).unwrap();
    let coupling = Coupling::new(0.4).unwrap();
    let energies = RULES.map(|(_, make)| {
        let mut rng = stats::stream(5, "stable", 0);
        let mut sampler = make(&lattice, coupling, &mut rng);
        let mut state = ReplicaBits::random(lattice.sites(), &mut rng);
        let flipped: u64 = (0..20).map(|_| sampler.sweep(&mut state, &mut rng).flipped).sum();
        let sum: f64 =
            (0..512).map(|r| energy_per_spin(&lattice, state.replica(r).as_slice())).sum();
        (flipped, sum)
    });
    assert_eq!(energies, [(152915, -617.875), (200463, -620.3125)]);
}
