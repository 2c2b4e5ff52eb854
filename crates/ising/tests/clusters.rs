//! Wolff and Swendsen-Wang against enumerated transition distributions, exact averages and kernels that are wrong on purpose.

mod common;

use common::{Enumerated, Shape, chi_square, critical_z, every_state, index, spin};
use ising::{
    Coupling, Lattice, Sampler, Spins, SwendsenWang, Wolff, energy_per_spin, improved_m2,
    improved_m4, magnetisation,
};
use rand::RngExt;
use rand_pcg::Pcg64;
use stats::Estimate;

/// Clusters of Wolff that are grown and not turned: one of so many.
const IDLE: f64 = 64.0;

fn coupling(k: f64) -> Coupling {
    Coupling::new(k).expect("a number")
}

// Transition distributions, by summing over all sets of bonds.

/// The clusters of a set of bonds as sets of sites.
fn clusters(sites: usize, bonds: &[(usize, usize)], active: usize) -> Vec<usize> {
    let mut found: Vec<usize> = (0..sites).map(|i| 1 << i).collect();
    for (_, &(i, j)) in bonds.iter().enumerate().filter(|(b, _)| active >> b & 1 == 1) {
        let (first, second): (Vec<usize>, Vec<usize>) =
            found.iter().partition(|&&c| c & (1 << i | 1 << j) != 0);
        found = second;
        found.push(first.iter().fold(0, |all, c| all | c));
    }
    found
}

/// A kernel of clusters, right or wrong.
#[derive(Clone, Copy)]
struct Plain {
    /// Whether one cluster is turned, of a random site, or each with probability 1/2.
    one: bool,
    /// The probability that a bond binds, when it is satisfied and when not.
    binds: [f64; 2],
    idle: f64,
}

impl Plain {
    fn right(one: bool, k: f64) -> Self {
        let idle = if one { 1.0 / IDLE } else { 0.0 };
        Self { one, binds: [1.0 - (-2.0 * k.abs()).exp(), 0.0], idle }
    }

    /// The probabilities of all states after `state`.
    fn distribution(self, exact: &Enumerated, state: usize) -> Vec<f64> {
        let (sites, bonds) = (exact.shape.sites(), exact.shape.bonds());
        let mut distribution = vec![0.0; exact.probabilities.len()];
        for active in 0..1_usize << bonds.len() {
            let mut weight = 1.0;
            for (b, &(i, j)) in bonds.iter().enumerate() {
                let satisfied = (spin(state, i) == spin(state, j)) == (exact.k >= 0.0);
                let binds = self.binds[usize::from(!satisfied)];
                weight *= if active >> b & 1 == 1 { binds } else { 1.0 - binds };
            }
            if weight == 0.0 {
                continue;
            }
            let clusters = clusters(sites, &bonds, active);
            if self.one {
                for cluster in clusters {
                    let chosen = weight * f64::from(cluster.count_ones()) / sites as f64;
                    distribution[state ^ cluster] += chosen * (1.0 - self.idle);
                    distribution[state] += chosen * self.idle;
                }
            } else {
                let each = weight / (1 << clusters.len()) as f64;
                for coins in 0..1_usize << clusters.len() {
                    let turned = clusters.iter().enumerate().filter(|(c, _)| coins >> c & 1 == 1);
                    distribution[turned.fold(state, |state, (_, cluster)| state ^ cluster)] += each;
                }
            }
        }
        distribution
    }
}

/// How far the enumerated distribution is from detailed balance, `pi(s) P(s, t) = pi(t) P(t, s)`.
fn imbalance(exact: &Enumerated, kernel: Plain) -> f64 {
    let p = &exact.probabilities;
    let distributions: Vec<Vec<f64>> =
        (0..p.len()).map(|s| kernel.distribution(exact, s)).collect();
    let pairs = (0..p.len()).flat_map(|s| (0..s).map(move |t| (s, t)));
    pairs
        .map(|(s, t)| (p[s] * distributions[s][t] - p[t] * distributions[t][s]).abs())
        .fold(0.0, f64::max)
}

const SMALL: [Shape; 4] = [Shape::Ring(2), Shape::Ring(3), Shape::Ring(4), Shape::Square(2)];

#[test]
fn the_enumerated_distributions_are_in_detailed_balance_and_wrong_ones_are_not() {
    for shape in SMALL {
        for k in [-0.7, 0.4] {
            let exact = Enumerated::new(shape, k);
            for one in [false, true] {
                let right = Plain::right(one, k);
                assert!(imbalance(&exact, right) < 1e-15, "{shape:?}, {k}");
                let sum: f64 = right.distribution(&exact, 1).iter().sum();
                assert!((sum - 1.0).abs() < 1e-14, "{shape:?}, {k}: {sum}");
                for wrong in wrong_ones(one, k) {
                    assert!(imbalance(&exact, wrong) > 1e-4, "{shape:?}, {k}");
                }
            }
        }
    }
}

/// K in the place of 2K, and bonds that bind whether satisfied or not.
fn wrong_ones(one: bool, k: f64) -> [Plain; 2] {
    let right = Plain::right(one, k);
    let half = 1.0 - (-k.abs()).exp();
    [Plain { binds: [half, 0.0], ..right }, Plain { binds: [right.binds[0]; 2], ..right }]
}

/// Where a sampler goes in one sweep from a state, in so many tries.
fn steps<S>(sampler: &mut S, start: &Spins, tries: u32, rng: &mut Pcg64) -> Vec<u64>
where
    S: Sampler<State = Spins>,
{
    let mut counts = vec![0; 1 << start.as_slice().len()];
    for _ in 0..tries {
        let mut state = start.clone();
        sampler.sweep(&mut state, rng);
        counts[index(state.as_slice())] += 1;
    }
    counts
}

#[test]
fn every_step_has_its_enumerated_probability() {
    for shape in SMALL {
        let (lattice, states) = (shape.lattice(), every_state(shape.sites()));
        for k in [-0.7, 0.4] {
            let exact = Enumerated::new(shape, k);
            let rng = &mut stats::stream(1, "steps", shape.sites() as u64);
            let mut wolff = Wolff::new(&lattice, exact.coupling(), rng);
            let mut all = SwendsenWang::new(&lattice, exact.coupling(), rng);
            let mut noticed = [0; 2];
            for (s, start) in states.iter().enumerate() {
                let what = format!("{shape:?}, K = {k}, from {s}");
                let counts = steps(&mut all, start, 10_000, rng);
                let fit = chi_square(&counts, &Plain::right(false, k).distribution(&exact, s));
                assert_eq!(fit, Ok(()), "Swendsen-Wang, {what}");
                let counts = steps(&mut wolff, start, 10_000, rng);
                let fit = chi_square(&counts, &Plain::right(true, k).distribution(&exact, s));
                assert_eq!(fit, Ok(()), "Wolff, {what}");
                if s < 2 {
                    // Seen from an aligned state, all bonds are satisfied or none.
                    for (noticed, wrong) in noticed.iter_mut().zip(wrong_ones(true, k)) {
                        *noticed +=
                            u32::from(chi_square(&counts, &wrong.distribution(&exact, s)).is_err());
                    }
                }
            }
            assert!(noticed[0] > 0 && noticed[1] > 0, "{shape:?}, K = {k}");
        }
    }
}

// States drawn exactly stay so, and every start forgets itself.

/// States after so many sweeps, each chain from a start of its own.
fn ends<S: Sampler<State = Spins>>(
    sampler: &mut S,
    (chains, sweeps): (u32, u32),
    states: &[Spins],
    mut start: impl FnMut(&mut Pcg64) -> usize,
    rng: &mut Pcg64,
) -> Vec<u64> {
    let mut counts = vec![0; states.len()];
    for _ in 0..chains {
        let mut state = states[start(rng)].clone();
        for _ in 0..sweeps {
            sampler.sweep(&mut state, rng);
        }
        counts[index(state.as_slice())] += 1;
    }
    counts
}

fn draw_state(exact: &Enumerated, rng: &mut Pcg64) -> usize {
    let mut left = rng.random::<f64>();
    let mut below = |p: &f64| {
        left -= p;
        left < 0.0
    };
    exact.probabilities.iter().position(&mut below).unwrap_or(0)
}

const LARGER: [Shape; 5] =
    [Shape::Ring(1), Shape::Ring(5), Shape::Ring(6), Shape::Square(1), Shape::Square(3)];

#[test]
fn nothing_drifts() {
    for shape in LARGER {
        let (lattice, states) = (shape.lattice(), every_state(shape.sites()));
        for k in [-1.0, -0.3, 0.0, 0.5] {
            let exact = Enumerated::new(shape, k);
            let rng = &mut stats::stream(2, "drift", shape.sites() as u64);
            let mut wolff = Wolff::new(&lattice, exact.coupling(), rng);
            let mut all = SwendsenWang::new(&lattice, exact.coupling(), rng);
            for sweeps in [1, 4] {
                let what = format!("{shape:?}, K = {k}, after {sweeps}");
                let start = |rng: &mut Pcg64| draw_state(&exact, rng);
                let counts = ends(&mut wolff, (20_000, sweeps), &states, start, rng);
                let fit = chi_square(&counts, &exact.probabilities);
                assert_eq!(fit, Ok(()), "Wolff, {what}");
                let start = |rng: &mut Pcg64| draw_state(&exact, rng);
                let counts = ends(&mut all, (20_000, sweeps), &states, start, rng);
                let fit = chi_square(&counts, &exact.probabilities);
                assert_eq!(fit, Ok(()), "Swendsen-Wang, {what}");
            }
        }
    }
}

#[test]
fn every_state_is_reached_and_its_parity_forgotten() {
    // From one state, an even number of sweeps. What idling is for is felt at K = 0: the parity of the up spins remains
    // with (1 - 2/64)^640 < 1e-8.
    for (shape, k) in [
        (Shape::Ring(4), 0.0),
        (Shape::Ring(4), f64::INFINITY),
        (Shape::Ring(5), -0.3),
        (Shape::Square(2), 0.2),
        (Shape::Square(3), 0.0),
        (Shape::Square(3), -0.2),
        (Shape::Square(3), 0.3),
    ] {
        let (lattice, states) = (shape.lattice(), every_state(shape.sites()));
        let exact = Enumerated::new(shape, k);
        let rng = &mut stats::stream(3, "reached", shape.sites() as u64);
        let mut wolff = Wolff::new(&lattice, exact.coupling(), rng);
        let counts = ends(&mut wolff, (6000, 640), &states, |_| 0, rng);
        let fit = chi_square(&counts, &exact.probabilities);
        assert_eq!(fit, Ok(()), "Wolff, {shape:?}, K = {k}");
        let mut all = SwendsenWang::new(&lattice, exact.coupling(), rng);
        let counts = ends(&mut all, (6000, 60), &states, |_| 0, rng);
        let fit = chi_square(&counts, &exact.probabilities);
        assert_eq!(fit, Ok(()), "Swendsen-Wang, {shape:?}, K = {k}");
    }
    // Without it half of the states are never seen.
    let exact = Enumerated::new(Shape::Ring(4), 0.0);
    let distribution = Plain { idle: 0.0, ..Plain::right(true, 0.0) }.distribution(&exact, 0);
    assert!(distribution.iter().enumerate().all(|(s, &p)| p == 0.0 || s.count_ones() == 1));
}

#[test]
fn zero_temperature_keeps_the_ground_states() {
    let rng = &mut stats::stream(4, "frozen", 0);
    for lattice in [Lattice::rectangle(70, 4), Lattice::ring(130), Lattice::square(6)] {
        let lattice = lattice.unwrap();
        for k in [f64::INFINITY, f64::NEG_INFINITY] {
            let ground = match k > 0.0 {
                true => Spins::ground_state(lattice.sites(), rng),
                false => Spins::staggered(&lattice, rng),
            };
            let mut state = ground.clone();
            let mut wolff = Wolff::new(&lattice, coupling(k), rng);
            let mut all = SwendsenWang::new(&lattice, coupling(k), rng);
            for _ in 0..20 {
                assert_eq!(wolff.sweep(&mut state, rng).attempted, lattice.sites() as u64);
                assert_eq!(all.sweep(&mut state, rng).attempted, 1);
                assert_eq!(all.cluster_sizes(), [lattice.sites() as u32]);
                assert!(state == ground || state == ground.flipped());
            }
        }
    }
}

// Averages.

fn assert_mean(data: &[f64], exact: f64, what: &str) -> Estimate {
    let estimate = Estimate::from_series(data);
    let sigmas = estimate.sigmas_from(exact);
    assert!(sigmas < critical_z(), "{what}: {estimate:?}, exactly {exact}");
    estimate
}

#[test]
fn improved_estimators_have_the_exact_means() {
    let shape = Shape::Square(4);
    let lattice = shape.lattice();
    for k in [-0.44_f64, 0.2, 0.44] {
        // Sublattices exchanged, the antiferromagnet is the ferromagnet.
        let exact = Enumerated::new(shape, k.abs());
        let m2 = exact.mean(|s| exact.magnetisation(s).powi(2));
        let m4 = exact.mean(|s| exact.magnetisation(s).powi(4));
        let order = |spins: &[i8]| {
            let sign = |i: usize| if k < 0.0 && lattice.is_odd(i) { -1 } else { 1 };
            let turned: Vec<i8> = spins.iter().enumerate().map(|(i, s)| sign(i) * s).collect();
            magnetisation(&turned)
        };
        let rng = &mut stats::stream(5, "improved", 0);
        let state = &mut Spins::random(lattice.sites(), rng);
        let mut wolff = Wolff::new(&lattice, coupling(k), rng);
        for _ in 0..100 {
            wolff.sweep(state, rng);
        }
        let sizes: Vec<f64> =
            (0..40_000).map(|_| wolff.sweep(state, rng).attempted as f64 / 16.0).collect();
        assert_mean(&sizes, m2, &format!("size of a cluster, K = {k}"));

        let mut all = SwendsenWang::new(&lattice, coupling(k), rng);
        let mut series = [const { Vec::new() }; 4];
        for _ in 0..40_000 {
            let sweep = all.sweep(state, rng);
            let sizes = all.cluster_sizes();
            assert_eq!(sizes.len() as u64, sweep.attempted);
            assert_eq!(sizes.iter().sum::<u32>(), 16);
            let m = order(state.as_slice());
            let values = [m.powi(2), improved_m2(sizes), m.powi(4), improved_m4(sizes)];
            series.iter_mut().zip(values).for_each(|(series, value)| series.push(value));
        }
        let [plain, improved, plain_4, improved_4] = [m2, m2, m4, m4].map({
            let mut series = series.iter();
            move |exact| assert_mean(series.next().expect("four"), exact, &format!("K = {k}"))
        });
        assert!(improved.error < plain.error && improved_4.error < plain_4.error, "K = {k}");
    }
}

/// The energy per spin against its exact value, from a random and from an ordered start.
fn check_energy(lattice: &Lattice, k: f64, exact: f64) {
    let rng = &mut stats::stream(6, "energy", lattice.sites() as u64);
    for hot in [true, false] {
        let start = |rng: &mut Pcg64| match (hot, k > 0.0) {
            (true, _) => Spins::random(lattice.sites(), rng),
            (false, true) => Spins::ground_state(lattice.sites(), rng),
            (false, false) => Spins::staggered(lattice, rng),
        };
        let what = format!("{} x {}, K = {k}, hot: {hot}", lattice.width(), lattice.height());
        let state = &mut start(rng);
        let mut wolff = Wolff::new(lattice, coupling(k), rng);
        for _ in 0..1000 {
            wolff.sweep(state, rng);
        }
        let mut next = || {
            wolff.sweep(state, rng);
            energy_per_spin(lattice, state.as_slice())
        };
        let energies: Vec<f64> = (0..20_000).map(|_| next()).collect();
        assert_mean(&energies, exact, &format!("Wolff, {what}"));
        let state = &mut start(rng);
        let mut all = SwendsenWang::new(lattice, coupling(k), rng);
        for _ in 0..200 {
            all.sweep(state, rng);
        }
        let mut next = || {
            all.sweep(state, rng);
            energy_per_spin(lattice, state.as_slice())
        };
        let energies: Vec<f64> = (0..10_000).map(|_| next()).collect();
        assert_mean(&energies, exact, &format!("Swendsen-Wang, {what}"));
    }
}

#[test]
fn energies_are_exact_at_the_critical_point() {
    let critical = exact::square::critical_coupling();
    for (width, height) in [(16, 16), (66, 6)] {
        let lattice = Lattice::rectangle(width, height).unwrap();
        for k in [critical, -critical] {
            let exact = exact::torus::kaufman(width, height, k).unwrap().energy_per_spin;
            check_energy(&lattice, k, exact);
        }
    }
    // A row longer than a word, with an odd side of its own.
    let lattice = Lattice::rectangle(67, 3).unwrap();
    let exact = exact::torus::kaufman(67, 3, critical).unwrap().energy_per_spin;
    check_energy(&lattice, critical, exact);
    // A ring over three words, frustrated by a hair's breadth.
    let lattice = Lattice::ring(131).unwrap();
    let t = 0.8_f64.tanh();
    for (k, t) in [(0.8, t), (-0.8, -t)] {
        let neighbours = (t + t.powi(130)) / (1.0 + t.powi(131));
        check_energy(&lattice, k, -neighbours);
    }
}
