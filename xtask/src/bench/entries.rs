//! What is measured: the table of figures.

use super::yardsticks::Yardstick;
use anyhow::Result;
use exact::{Machine, Ring, divergence, enumerate, symmetric, torus, transfer};
use ising::{Coupling, Lattice, Sampler, Spins, TorusTransfer};
use nalgebra::DMatrix;
use std::f64::consts::SQRT_2;
use std::hint::black_box;

/// A piece of work, ready to be repeated; its value keeps it from being optimised away.
pub(super) type Work = Box<dyn FnMut() -> Result<f64>>;

/// One figure.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    /// Sets the work up, which is not timed.
    pub(super) prepare: fn() -> Result<Work>,
    /// Units of work in one repetition, and what they are.
    pub(super) units: f64,
    pub(super) unit: &'static str,
    pub(super) yardstick: Yardstick,
    /// Seconds that the median should stay below, on a machine of two cores.
    pub(super) target: Option<f64>,
    /// What the work must give.
    pub(super) golden: Option<Golden>,
}

/// A golden value and how far from it, relatively, the result may be.
#[derive(Clone, Copy)]
pub(super) struct Golden {
    pub(super) value: f64,
    pub(super) tolerance: f64,
}

/// Where all random numbers of the setups come from.
const SEED: u64 = 1;

const fn entry(
    name: &'static str,
    what: &'static str,
    prepare: fn() -> Result<Work>,
    (units, unit): (f64, &'static str),
    target: Option<f64>,
) -> Entry {
    Entry { name, what, prepare, units, unit, yardstick: Yardstick::Exp, target, golden: None }
}

pub(super) const ENTRIES: [Entry; 11] = [
    Entry {
        // `large` in data/golden/uniform_rbm.json.
        golden: Some(Golden { value: 0.000_131_635_405_255_613_53, tolerance: 1e-9 }),
        ..entry(
            "weight",
            "W(K) at K = 1, (10,000, 5,000)",
            || weight(10_000),
            (1e4, "spin"),
            Some(0.05),
        )
    },
    entry(
        "weight-large",
        "W(K) at K = 1, (10^6, 5 x 10^5)",
        || weight(1_000_000),
        (1e6, "spin"),
        Some(5.0),
    ),
    entry("weight-curve", "W(K) at 60 couplings, (8, 4)", curve, (60.0, "W"), Some(1e-3)),
    entry("ln-z", "ln Z, 24 x 24", || ln_z(24), (16_777_216.0, "state"), Some(2.0)),
    entry("moments", "all <v h>, 20 x 20", || moments(20), (1_048_576.0, "state"), None),
    entry("torus-tables", "set-up of draws, 10 x 10, T_c", tables, (1.0, "torus"), Some(2.0)),
    entry("torus-draws", "1,000 draws, 10 x 10, T_c", draws, (1e3, "draw"), Some(0.5)),
    entry("torus-p-m", "P(m), 10 x 10, T_c", p_m, (1.0, "torus"), None),
    entry("kaufman", "ln Z, E, C, 1024 x 1024, T_c", kaufman, (1024.0, "mode"), None),
    entry("kl-gradient", "KL and gradient, 8 x 4", gradient, (256.0, "state"), None),
    entry("hessian", "Hessian of KL, 8 x 4", hessian, (256.0, "state"), None),
];

fn weight(visible: usize) -> Result<Work> {
    Ok(Box::new(move || {
        let ring = Ring::new(visible, black_box(1.0))?;
        Ok(symmetric::best_weight(&ring.into(), visible / 2)?)
    }))
}

fn curve() -> Result<Work> {
    let couplings: Vec<f64> = (1..=60).map(|i| 0.05 * f64::from(i)).collect();
    Ok(Box::new(move || {
        let weight = |&k: &f64| Ok(symmetric::best_weight(&Ring::new(8, k)?.into(), 4)?);
        black_box(&couplings).iter().map(weight).sum()
    }))
}

/// Weights uniform in [-1/2, 1/2).
fn weights(visible: usize, hidden: usize) -> DMatrix<f64> {
    let mut index = 0;
    DMatrix::from_fn(visible, hidden, |_, _| {
        index += 1;
        stats::child_seed(SEED, "bench", index) as f64 / 2f64.powi(64) - 0.5
    })
}

fn ln_z(units: usize) -> Result<Work> {
    let machine = Machine::without_biases(weights(units, units))?;
    Ok(Box::new(move || Ok(enumerate::ln_z(black_box(&machine))?)))
}

fn moments(units: usize) -> Result<Work> {
    let machine = Machine::without_biases(weights(units, units))?;
    Ok(Box::new(move || Ok(enumerate::moments(black_box(&machine))?.mean_vh.sum())))
}

/// `ln(1 + sqrt 2) / 2`.
fn critical() -> f64 {
    0.5 * SQRT_2.ln_1p()
}

fn sampler() -> Result<TorusTransfer> {
    Ok(TorusTransfer::new(&Lattice::square(10)?, Coupling::new(black_box(critical()))?)?)
}

fn tables() -> Result<Work> {
    Ok(Box::new(|| {
        black_box(sampler()?);
        Ok(0.0)
    }))
}

fn draws() -> Result<Work> {
    let mut sampler = sampler()?;
    let mut rng = stats::stream(SEED, "bench", 0);
    let mut state = Spins::ground_state(100, &mut rng);
    Ok(Box::new(move || {
        let flipped = |_| sampler.sweep(&mut state, &mut rng).flipped as f64;
        Ok((0..1000).map(flipped).sum())
    }))
}

fn p_m() -> Result<Work> {
    let at = |k| Ok(transfer::magnetisation_probabilities(10, k)?[50]);
    Ok(Box::new(move || at(black_box(critical()))))
}

fn kaufman() -> Result<Work> {
    let at = |k| Ok(torus::kaufman(1024, 1024, k)?.ln_z);
    Ok(Box::new(move || at(black_box(critical()))))
}

fn gradient() -> Result<Work> {
    let (q, weights) = (enumerate::ring(&Ring::new(8, 1.0)?)?.probabilities, weights(8, 4));
    Ok(Box::new(move || Ok(divergence::kl_gradient(black_box(&q), &weights)?.0)))
}

fn hessian() -> Result<Work> {
    let (q, weights) = (enumerate::ring(&Ring::new(8, 1.0)?)?.probabilities, weights(8, 4));
    Ok(Box::new(move || Ok(divergence::hessian(black_box(&q), &weights)?.trace())))
}
