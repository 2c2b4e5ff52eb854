//! The group `exact`: the exact side, against calls of `exp`.

use super::entry::Threads::{All, These};
use super::entry::{Entry, Golden, Kind, Reading, Target, Threads};
use super::yardsticks::Yardstick;
use anyhow::Result;
use exact::square::critical_coupling;
use exact::{Rbm64, Ring, divergence, enumerate, symmetric, torus, transfer};
use ising::{Coupling, Lattice, Sampler, Spins, TorusTransfer};
use nalgebra::DMatrix;
use std::hint::black_box;

/// Where all random numbers of the setups come from.
const SEED: u64 = 1;

/// A time, and the seconds that it should stay below, if any.
const fn time(
    name: &'static str,
    what: &'static str,
    threads: Threads,
    read: fn() -> Result<Reading>,
    seconds: Option<f64>,
) -> Entry {
    let target = match seconds {
        Some(seconds) => Some(Target::Value(seconds)),
        None => None,
    };
    Entry {
        name,
        what,
        threads,
        unit: "s",
        kind: Kind::Time,
        yardstick: Some(Yardstick::Exp),
        read,
        target,
        golden: None,
    }
}

pub(super) const ENTRIES: [Entry; 11] = [
    Entry {
        // `large` in data/golden/uniform_rbm.json.
        golden: Some(Golden { value: 0.000_131_635_405_255_613_53, tolerance: 1e-9 }),
        ..time("weight", "W(K) at K = 1, (10,000, 5,000)", These(1), || weight(10_000), Some(0.05))
    },
    time(
        "weight-large",
        "W(K) at K = 1, (10^6, 5 x 10^5)",
        These(1),
        || weight(1_000_000),
        Some(5.0),
    ),
    time("weight-curve", "W(K) at 60 couplings, (8, 4)", These(1), curve, Some(1e-3)),
    time("ln-z", "ln Z, 24 x 24", All, || ln_z(24), Some(2.0)),
    time("moments", "all <v h>, 20 x 20", All, || moments(20), None),
    time("torus-tables", "set-up of draws, 10 x 10, T_c", All, tables, Some(2.0)),
    time("torus-draws", "1,000 draws, 10 x 10, T_c", These(1), draws, Some(0.5)),
    time("torus-p-m", "P(m), 10 x 10, T_c", All, p_m, None),
    time("kaufman", "ln Z, E, C, 1024 x 1024, T_c", These(1), kaufman, None),
    time("kl-gradient", "KL and gradient, 8 x 4", These(1), gradient, None),
    time("hessian", "Hessian of KL, 8 x 4", These(1), hessian, None),
];

fn weight(visible: usize) -> Result<Reading> {
    Reading::seconds(&mut || {
        let ring = Ring::new(visible, black_box(1.0))?;
        Ok(symmetric::best_weight(&ring.into(), visible / 2)?)
    })
}

fn curve() -> Result<Reading> {
    let couplings: Vec<f64> = (1..=60).map(|i| 0.05 * f64::from(i)).collect();
    Reading::seconds(&mut || {
        let weight = |&k: &f64| Ok(symmetric::best_weight(&Ring::new(8, k)?.into(), 4)?);
        black_box(&couplings).iter().map(weight).sum()
    })
}

/// Weights uniform in [-1/2, 1/2).
fn weights(visible: usize, hidden: usize) -> DMatrix<f64> {
    let mut index = 0;
    DMatrix::from_fn(visible, hidden, |_, _| {
        index += 1;
        stats::child_seed(SEED, "bench", index) as f64 / 2f64.powi(64) - 0.5
    })
}

fn ln_z(units: usize) -> Result<Reading> {
    let rbm = Rbm64::without_biases(weights(units, units))?;
    Reading::seconds(&mut || Ok(enumerate::ln_z(black_box(&rbm))?))
}

fn moments(units: usize) -> Result<Reading> {
    let rbm = Rbm64::without_biases(weights(units, units))?;
    Reading::seconds(&mut || Ok(enumerate::moments(black_box(&rbm))?.mean_vh.sum()))
}

fn sampler() -> Result<TorusTransfer> {
    Ok(TorusTransfer::new(&Lattice::square(10)?, Coupling::new(black_box(critical_coupling()))?)?)
}

fn tables() -> Result<Reading> {
    Reading::seconds(&mut || {
        black_box(sampler()?);
        Ok(0.0)
    })
}

fn draws() -> Result<Reading> {
    let mut sampler = sampler()?;
    let mut rng = stats::stream(SEED, "bench", 0);
    let mut state = Spins::ground_state(100, &mut rng);
    Reading::seconds(&mut || {
        let flipped = |_| sampler.sweep(&mut state, &mut rng).flipped as f64;
        Ok((0..1000).map(flipped).sum())
    })
}

fn p_m() -> Result<Reading> {
    let at = |k| Ok(transfer::magnetisation_probabilities(10, k)?[50]);
    Reading::seconds(&mut || at(black_box(critical_coupling())))
}

fn kaufman() -> Result<Reading> {
    let at = |k| Ok(torus::kaufman(1024, 1024, k)?.ln_z);
    Reading::seconds(&mut || at(black_box(critical_coupling())))
}

fn gradient() -> Result<Reading> {
    let (q, weights) = (enumerate::ring(&Ring::new(8, 1.0)?)?.probabilities, weights(8, 4));
    Reading::seconds(&mut || Ok(divergence::kl_gradient(black_box(&q), &weights)?.0))
}

fn hessian() -> Result<Reading> {
    let (q, weights) = (enumerate::ring(&Ring::new(8, 1.0)?)?.probabilities, weights(8, 4));
    Reading::seconds(&mut || Ok(divergence::hessian(black_box(&q), &weights)?.trace()))
}
