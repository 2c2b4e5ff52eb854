//! Every kernel keeps the Boltzmann distribution, by tests whose distributions are exact, and wrong kernels are found out.
//!
//! The probability that a right kernel fails anywhere in these files is at most 1e-6 (`common`). A new kernel joins with a
//! test of its own: those of single configurations by `assert_reversible` or `assert_invariant`, others as a function that
//! moves many chains, given by the numbers of their states, by one sweep.

mod common;

use common::exact_test::{Case, cases};
use common::{index, spin};
use ising::{
    Coupling, HeatBath, Metropolis, Multispin, Order, ReplicaBits, RingTransfer, Sampler,
    SwendsenWang, TorusTransfer, Wolff,
};
use rand::RngExt;
use rand_pcg::Pcg64;

const FINITE: &str = "a finite field";

fn heat_bath(case: &Case, order: Order) -> HeatBath<'_> {
    let sampler = HeatBath::new(&case.lattice, case.exact.coupling()).in_order(order);
    sampler.in_field(case.exact.h).expect(FINITE)
}

#[test]
fn heat_bath_in_sequence() {
    let all = cases(|_, _, _| true);
    all.iter().for_each(|case| case.assert_invariant(heat_bath(case, Order::Sequential)));
}

#[test]
fn heat_bath_by_checkerboard() {
    let all = cases(|_, _, _| true);
    all.iter().for_each(|case| case.assert_invariant(heat_bath(case, Order::Checkerboard)));
}

#[test]
fn heat_bath_at_random() {
    let all = cases(|_, _, _| true);
    all.iter().for_each(|case| case.assert_reversible(heat_bath(case, Order::Random)));
}

#[test]
fn metropolis() {
    for case in cases(|_, _, _| true) {
        let sampler = Metropolis::new(&case.lattice, case.exact.coupling());
        case.assert_reversible(sampler.in_field(case.exact.h).expect(FINITE));
    }
}

#[test]
fn exact_draws_of_rings() {
    for case in cases(|shape, _, h| h == 0.0 && shape.is_ring()) {
        let sampler = RingTransfer::new(&case.lattice, case.exact.coupling());
        case.assert_reversible(sampler.expect("a ring"));
    }
}

#[test]
fn exact_draws_of_tori() {
    for case in cases(|shape, k, h| h == 0.0 && (k >= 0.0 || !shape.is_frustrated())) {
        let sampler = TorusTransfer::new(&case.lattice, case.exact.coupling());
        case.assert_reversible(sampler.expect("no frustration"));
    }
}

#[test]
fn wolff() {
    for case in cases(|_, _, h| h == 0.0) {
        let mut rng = stats::stream(1, "wolff", 0);
        case.assert_reversible(Wolff::new(&case.lattice, case.exact.coupling(), &mut rng));
    }
}

#[test]
fn swendsen_wang() {
    for case in cases(|_, _, h| h == 0.0) {
        let mut rng = stats::stream(1, "swendsen-wang", 0);
        case.assert_reversible(SwendsenWang::new(&case.lattice, case.exact.coupling(), &mut rng));
    }
}

/// Multispin coding on numbers of states, 512 at a time.
fn replicas<'a>(
    case: &'a Case,
    mut sampler: Multispin<'a>,
) -> impl FnMut(&mut [usize], &mut Pcg64) + 'a {
    move |chains, rng| {
        for some in chains.chunks_mut(512) {
            let mut spins = case.spins(some);
            spins.resize(512, spins[0].clone());
            let mut state = ReplicaBits::of(&spins);
            sampler.sweep(&mut state, rng);
            for (replica, chain) in some.iter_mut().enumerate() {
                *chain = index(state.replica(replica).as_slice());
            }
        }
    }
}

#[test]
fn multispin() {
    for case in cases(|_, _, _| true) {
        let mut rng = stats::stream(1, "multispin", 0);
        let rules = [Multispin::heat_bath, Multispin::metropolis];
        for rule in rules {
            let sampler = rule(&case.lattice, case.exact.coupling(), &mut rng);
            let sampler = sampler.in_field(case.exact.h).expect(FINITE);
            assert_eq!(case.among_exact_draws(&mut replicas(&case, sampler)), Ok(()));
        }
    }
}

#[test]
fn multispin_with_a_wrong_coupling_is_found_out() {
    for case in cases(|shape, k, h| shape.sites() > 6 && k != 0.0 && h == 0.0) {
        let mut rng = stats::stream(1, "multispin", 0);
        let wrong = Coupling::new(1.05 * case.exact.k).expect("K is a number");
        let sampler = Multispin::heat_bath(&case.lattice, wrong, &mut rng);
        assert!(case.among_exact_draws(&mut replicas(&case, sampler)).is_err());
    }
}

/// A plain kernel on numbers of states, with `flip(spin, sum of its neighbours)` the probability to flip: as many sites as
/// there are, chosen at random, or all at once, each seeing the others as they were.
fn plain<'a>(
    case: &'a Case,
    at_once: bool,
    flip: impl Fn(i32, i32) -> f64 + 'a,
) -> impl FnMut(&mut [usize], &mut Pcg64) + 'a {
    let sites = case.exact.shape.sites();
    let mut neighbours = vec![Vec::new(); sites];
    for (i, j) in case.exact.shape.bonds() {
        neighbours[i].push(j);
        neighbours[j].push(i);
    }
    move |chains, rng| {
        for chain in chains {
            let before = *chain;
            for turn in 0..sites {
                let (site, seen) = match at_once {
                    true => (turn, before),
                    false => (rng.random_range(0..sites as u32) as usize, *chain),
                };
                let sum = neighbours[site].iter().map(|&j| spin(seen, j)).sum();
                if rng.random::<f64>() < flip(spin(seen, site), sum) {
                    *chain ^= 1 << site;
                }
            }
        }
    }
}

/// Heat bath: probability to flip the spin s at the pull `x` = K neighbours + H.
fn heat_bath_flip(s: i32, x: f64) -> f64 {
    1.0 / (1.0 + (2.0 * f64::from(s) * x).exp())
}

/// Metropolis, likewise; above 1 it is certain.
fn metropolis_flip(s: i32, x: f64) -> f64 {
    (-2.0 * f64::from(s) * x).exp()
}

#[test]
fn plain_kernels_pass_and_blunders_are_found_out() {
    // Both signs, a frustrated torus, a doubled bond.
    for case in cases(|shape, _, h| h != 0.0 && shape.sites() > 1) {
        let (k, h) = (case.exact.k, case.exact.h);
        let pull = |k: f64, n: i32, h: f64| k * f64::from(n) + h;
        let both = |at_once, flip: &dyn Fn(i32, i32) -> f64| {
            let kernel = &mut plain(&case, at_once, flip);
            [case.among_exact_draws(kernel), case.along_the_chain(kernel)]
        };
        let fails = |fits: [Result<(), String>; 2]| fits.iter().all(|fit| fit.is_err());
        let what = format!("{:?}, K = {k}, H = {h}", case.exact.shape);
        assert_eq!(both(false, &|s, n| heat_bath_flip(s, pull(k, n, h))), [Ok(()), Ok(())]);
        assert_eq!(both(false, &|s, n| metropolis_flip(s, pull(k, n, h))), [Ok(()), Ok(())]);
        let half = both(false, &|s, n| metropolis_flip(s, 0.5 * pull(k, n, h)));
        assert!(fails(half), "{what}: e^{{-x}} for e^{{-2x}}");
        let at_once = both(true, &|s, n| heat_bath_flip(s, pull(k, n, h)));
        assert!(fails(at_once), "{what}: both colours at once");
        let weak = both(false, &|s, n| heat_bath_flip(s, pull(k, n, 0.5 * h)));
        assert!(fails(weak), "{what}: half the field");
    }
}

#[test]
fn a_coupling_wrong_by_five_percent_is_found_out() {
    let strong = cases(|shape, k, h| shape.sites() > 6 && k != 0.0 && h == 0.0);
    assert_eq!(strong.len(), 2);
    for case in strong {
        let wrong = Coupling::new(1.05 * case.exact.k).expect("K is a number");
        for order in [Order::Sequential, Order::Checkerboard, Order::Random] {
            let sampler = &mut HeatBath::new(&case.lattice, wrong).in_order(order);
            let fit = case.among_exact_draws(&mut case.sweep_of(sampler));
            assert!(fit.is_err(), "{:?}, {order:?}", case.exact.shape);
        }
        let sampler = &mut Metropolis::new(&case.lattice, wrong);
        let sampler = &mut case.sweep_of(sampler);
        let (first, second) = (case.among_exact_draws(sampler), case.along_the_chain(sampler));
        assert!(first.is_err() && second.is_err(), "{:?}", case.exact.shape);
    }
}
