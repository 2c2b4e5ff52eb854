//! Freezing where it is real: RBMs that are the torus at one temperature, with every second site copied.

use super::claims::HARDLY;
use super::courses::{Course, Set, relax};
use super::{Pinned, Run, Settings};
use crate::stages::{DrawEquilibrium, Flowing, Relaxation};
use anyhow::{Context, Result};
use flow::freezing;
use ising::{Lattice, Samples};
use lab::parts::*;
use lab::store::Done;
use rayon::prelude::*;
use rbm::Rbm;
use report::content::{Cell, Claim, Figure, Found, Panel, Style, Table, Verdict};
use report::numbers;
use stats::{Estimate, child_seed};

/// An RBM, over seeds.
pub(super) struct Rbm64 {
    /// The weight with which sites are copied.
    weight: f64,
    /// Whether it was cut to that.
    clipped: bool,
    locks: usize,
    /// KL(torus ‖ RBM) of the whole lattice in nats, and the flow.
    seeds: Vec<(Estimate, Relaxation)>,
}

impl Rbm64 {
    fn over(&self, of: impl Fn(&(Estimate, Relaxation)) -> Estimate) -> Estimate {
        over_seeds(&self.seeds.iter().map(of).collect::<Vec<_>>())
    }

    fn kl(&self) -> Estimate {
        self.over(|(kl, _)| *kl)
    }

    fn slowest(&self) -> Estimate {
        self.over(|(_, relaxation)| relaxation.slowest)
    }

    /// Of |m|, in steps.
    fn tau(&self) -> Estimate {
        self.over(|(_, relaxation)| Estimate::exact(relaxation.abs_m.tau))
    }

    /// Seeds whose starts have met.
    fn met(&self) -> usize {
        self.seeds.iter().filter(|(_, relaxation)| relaxation.met.is_some()).count()
    }
}

/// `2 cosh(w v_a + K sum v) ~ e^{w} e^{K v_a sum v}` as w grows: the torus at K, one hidden unit for each odd site, which
/// copies it (errata E11 on the square).
fn copying(lattice: &Lattice, coupling: f64, weight: f64) -> Rbm {
    let odd: Vec<usize> = (0..lattice.sites()).filter(|&site| lattice.is_odd(site)).collect();
    let mut rbm = Rbm::uniform(lattice.sites(), odd.len(), 0.0);
    for (a, &site) in odd.iter().enumerate() {
        rbm.weights[(site, a)] = weight as f32;
        // On a side of 2 a neighbour counts twice.
        lattice
            .neighbours(site)
            .iter()
            .for_each(|&j| rbm.weights[(j as usize, a)] += coupling as f32);
    }
    rbm
}

/// Of arguments of any size.
fn ln_two_cosh(x: f64) -> f64 {
    x.abs() + (-2.0 * x.abs()).exp().ln_1p()
}

/// `f(v) = ln p(v) - ln p_w(v)` of the torus at K and the RBM that copies its odd sites: the sum over these of
/// `K v_a s_a - ln cosh(w v_a + K s_a) + ln cosh w` with the sum s_a of neighbours. Both have the same sum over states but for
/// `(2 cosh w)^(n/2)`, because `sum over v_a of 2 cosh(w v_a + K s_a) = 2 cosh w * 2 cosh(K s_a)`.
fn excess(lattice: &Lattice, v: &[f64], coupling: f64, weight: f64) -> f64 {
    let of_site = |site: usize| {
        let field: f64 = lattice.neighbours(site).iter().map(|&j| v[j as usize]).sum();
        let (own, field) = (weight * v[site], coupling * field);
        field * v[site] - ln_two_cosh(own + field) + ln_two_cosh(own)
    };
    (0..lattice.sites()).filter(|&site| lattice.is_odd(site)).map(of_site).sum()
}

/// KL(torus ‖ RBM) in nats from draws of the torus: as `<exp(-f)> = 1`, it is the mean of `f + exp(-f) - 1`, of which no
/// term is negative.
fn divergence(lattice: &Lattice, torus: &Samples, coupling: f64, weight: f64) -> Estimate {
    let of_draw = |v: &[f32]| {
        let v: Vec<f64> = v.iter().map(|&x| f64::from(x)).collect();
        let f = excess(lattice, &v, coupling, weight);
        f + (-f).exp_m1()
    };
    let draws = torus.to_matrix();
    let of_draws: Vec<f64> = draws.column_iter().map(|v| of_draw(v.as_slice())).collect();
    Estimate::from_independent(&of_draws)
}

pub(super) fn frozen(run: &Run, settings: &Settings, sets: &[Set]) -> Result<Vec<Rbm64>> {
    let lattice = Lattice::square(settings.side)?;
    let temperature = settings.frozen.temperature;
    let held_out = |set: &Set| {
        run.store.get(&DrawEquilibrium {
            side: settings.side,
            temperatures: &[temperature],
            count: settings.frozen.held_out,
            seed: child_seed(set.seed, "frozen", 0),
        })
    };
    let held_out: Vec<Done<Samples>> = sets.par_iter().map(held_out).collect::<Result<_>>()?;
    let made = |weight: &f64| (*weight, false, copying(&lattice, temperature.recip(), *weight));
    let mut rbms: Vec<(f64, bool, Rbm)> = settings.frozen.weights.iter().map(made).collect();
    let Pinned { weight, participation, most } = settings.locks;
    if let Some((_, _, strongest)) = rbms.last() {
        let found = freezing::pinned_units(strongest, weight, participation);
        let clipped = freezing::clipped(strongest, &found, most);
        rbms.push((f64::from(most), true, clipped));
    }
    let rbm64 = |(copied, clipped, rbm): &(f64, bool, Rbm)| -> Result<Rbm64> {
        let of_seed = |(set, held_out): (&Set, &Done<Samples>)| -> Result<(Estimate, Relaxation)> {
            let seed = child_seed(set.seed, "copying", copied.to_bits() ^ u64::from(*clipped));
            let kl = divergence(&lattice, &held_out.value, temperature.recip(), *copied);
            Ok((kl, relax(run, settings, set, Flowing::Given(rbm), seed)?))
        };
        let seeds = sets.par_iter().zip(&held_out).map(of_seed).collect::<Result<_>>()?;
        let locks = freezing::pinned_units(rbm, weight, participation).len();
        Ok(Rbm64 { weight: *copied, clipped: *clipped, locks, seeds })
    };
    rbms.par_iter().map(rbm64).collect()
}

/// What locks do to the RBMs that were trained on the mixture, in words; how many have any, and in how many of these
/// cutting them hardly changes p(v) and makes the slowest site faster.
fn of_trained(settings: &Settings, courses: &[Course]) -> (usize, usize, String) {
    let ends = || courses.iter().filter_map(|course| course.states.last());
    let with = ends().filter(|state| state.locks > 0).count();
    let largest = ends().map(|s| s.rbm.value.rbm().weights.amax()).fold(0.0, f32::max);
    let cut = courses.iter().filter_map(|course| {
        let (_, reading) = course.readings().last()?;
        let (divergence, relaxation) = reading.clipped.as_ref()?;
        let change = divergence.kl.mean - reading.divergence.kl.mean;
        Some((change, relaxation.slowest.mean / reading.relaxation.slowest.mean))
    });
    let cut: Vec<(f64, f64)> = cut.collect();
    let harmless = cut.iter().filter(|(change, gain)| change.abs() < HARDLY && *gain > 1.0).count();
    let range = |of: fn(&(f64, f64)) -> f64| {
        let ends = |best: fn(f64, f64) -> f64, start| cut.iter().map(of).fold(start, best);
        let (low, high) = (ends(f64::min, f64::INFINITY), ends(f64::max, f64::NEG_INFINITY));
        format!("{} to {}", numbers::fixed(low, 2), numbers::fixed(high, 2))
    };
    let Pinned { weight, participation, most } = settings.locks;
    let cut_words = match cut.is_empty() {
        true => String::new(),
        false => format!(
            "; cutting these to {most} changes KL(mixture ‖ RBM) by {} nats and the mobility of the slowest site by factors of {}, and in {harmless} of them it changes KL by less than {HARDLY} nat and speeds that site up",
            range(|x| x.0),
            range(|x| x.1)
        ),
    };
    let words = format!(
        "Of {} RBMs trained on the mixture {with} have at the end a hidden unit with a weight of {weight} or more and a participation ratio up to {participation} (the largest weight of all is {}){cut_words}",
        ends().count(),
        numbers::fixed(f64::from(largest), 2)
    );
    (with, harmless, words)
}

/// The strongest RBM against the same with its locks cut.
struct Contrast {
    ratio: f64,
    error: f64,
    /// Of KL, nats of the whole lattice.
    change: Estimate,
    words: String,
}

fn contrast(settings: &Settings, rbms: &[Rbm64]) -> Option<Contrast> {
    let pinned = rbms.iter().rfind(|rbm| !rbm.clipped)?;
    let free = rbms.iter().find(|rbm| rbm.clipped)?;
    let (fast, slow) = (free.slowest(), pinned.slowest());
    let ratio = slow.mean / fast.mean;
    let error = ratio * (slow.error / slow.mean).hypot(fast.error / fast.mean);
    let change = free.kl() - pinned.kl();
    let words = format!(
        "made by hand, the torus at T = {} with {} sites copied by weights of {} lets its slowest site turn {} times less often than with weights cut to {}, for a change of KL(torus ‖ RBM) by {} nats; starts met in {} of {} runs with locks and {} of {} without, within {} steps",
        settings.frozen.temperature,
        pinned.locks,
        pinned.weight,
        numbers::fixed(1.0 / ratio, 0),
        free.weight,
        shown(change),
        pinned.met(),
        pinned.seeds.len(),
        free.met(),
        free.seeds.len(),
        settings.steps
    );
    Some(Contrast { ratio, error, change, words })
}

/// What cutting the locks changes of p(v), and what of the flow.
pub(super) fn claim(settings: &Settings, courses: &[Course], rbms: &[Rbm64]) -> Result<Claim> {
    let (with, harmless, trained) = of_trained(settings, courses);
    let Contrast { ratio, error, change, words } =
        contrast(settings, rbms).context("no RBM was made")?;
    let stops =
        ratio < 0.1 && ratio + SIGMAS * error < 1.0 && is_near(change, HARDLY) == Some(true);
    Ok(Claim::from(lab::parts::OwnClaim {
        id: "flow-explained/freezing".into(),
        experiment: "flow-explained".into(),
        statement: "Hidden units that copy a single site hardly change $p(v)$ but stop the flow there; RBMs trained on the mixture have such units.".into(),
        source: "errata E11, on the square lattice".into(),
        published: None,
        found: Found { mean: ratio, error },
        quantity: "mobility of the slowest site with locks, as a share of that without".into(),
        verdict: match (stops, with) {
            (true, with) if with > 0 && harmless == with => Verdict::Reproduced,
            (true, _) => Verdict::Corrected,
            (false, _) => Verdict::Contradicted,
        },
        reason: format!("{trained}; {words}."),
    }))
}

pub(super) fn figure(settings: &Settings, rbms: &[Rbm64]) -> Figure {
    let sites = (settings.side * settings.side) as f64;
    let series = |label: &str, clipped: bool, of: &dyn Fn(&Rbm64) -> Estimate| {
        let points = rbms.iter().filter(|rbm| rbm.clipped == clipped);
        let points = points.map(|rbm| (rbm.weight, of(rbm)));
        let points = points.filter(|(_, y)| y.mean > 0.0).collect::<Vec<_>>();
        measured(label, if clipped { Style::Points } else { Style::LinePoints }, points)
    };
    let both = |of: &dyn Fn(&Rbm64) -> Estimate| {
        vec![series("made so", false, of), series("cut from the strongest", true, of)]
    };
    let panel = |y: &str, series| Panel {
        title: String::new(),
        x: axis("weight w on the copied site"),
        y: log_axis(y),
        series,
        marks: vec![],
    };
    let per_spin = |rbm: &Rbm64| {
        let kl = rbm.kl();
        Estimate { mean: kl.mean / sites, error: kl.error / sites, ..kl }
    };
    let mut flip_rate = both(&Rbm64::slowest);
    let bound = rbms.iter().filter(|m| !m.clipped).map(|m| (m.weight, (-2.0 * m.weight).exp()));
    flip_rate.push(curve("exp(−2w)", Style::Dashed, bound.collect::<Vec<_>>()));
    Figure {
        id: "flow-explained-freezing".into(),
        caption: format!(
            "RBMs in which a hidden unit copies every second site of the torus at T = {}: as w grows, p(v) becomes that of the torus, and the sampled flow stops. Left: divergence from draws of the torus, with exact sums over states. Middle: how often a step turns the slowest site. Right: autocorrelation time of |m|, as far as {} steps can tell.",
            settings.frozen.temperature,
            settings.steps / 2
        ),
        panels: vec![
            panel("KL(torus ‖ RBM) per spin (nats)", both(&per_spin)),
            panel("mobility of the slowest site", flip_rate),
            panel("autocorrelation time of |m| (steps)", both(&Rbm64::tau)),
        ],
    }
}

pub(super) fn table(rbms: &[Rbm64]) -> Table {
    let row = |rbm: &Rbm64| {
        vec![
            Cell::Number(rbm.weight),
            Cell::Text(if rbm.clipped { "cut" } else { "made" }.into()),
            Cell::Text(rbm.locks.to_string()),
            Cell::Measured(rbm.kl().into()),
            Cell::Measured(rbm.slowest().into()),
            Cell::Measured(rbm.tau().into()),
            Cell::Text(format!("{} of {}", rbm.met(), rbm.seeds.len())),
        ]
    };
    Table {
        id: "flow-explained-copying".into(),
        caption: "RBMs that copy every second site: KL of the whole lattice in nats, mobility of the slowest site, autocorrelation time of |m| in steps, and in how many runs hot and cold starts met.".into(),
        columns: ["w", "weights", "locks", "KL (nats)", "mobility", "tau of |m|", "starts met"]
            .map(String::from)
            .into(),
        rows: rbms.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    #[test]
    fn a_copying_rbm_is_the_torus() -> Result<()> {
        let lattice = Lattice::square(4)?;
        let rbm = copying(&lattice, 0.4, 12.0);
        assert_eq!(rbm.hidden(), 8);
        let bond = |i: usize| lattice.neighbours(i).iter().map(move |&j| (i, j as usize));
        let bonds: Vec<_> = (0..16).flat_map(bond).collect();
        let found = rbm::observables::observables(&rbm, &bonds)?;
        let energy = -0.5 * found.pairs.iter().sum::<f64>() / 16.0;
        let torus = exact::torus::kaufman(4, 4, 0.4)?;
        // Couplings are off by the order e^{8K - 2w}, here 1e-9, and by a relative 1e-7 in f32.
        assert!((energy - torus.energy_per_spin).abs() < 1e-6, "{energy}");
        Ok(())
    }

    #[test]
    fn what_copying_costs_is_the_difference_of_log_probabilities() -> Result<()> {
        let (lattice, coupling, weight) = (Lattice::square(4)?, 0.4, 1.5);
        let rbm = copying(&lattice, coupling, weight);
        let torus = exact::torus::TorusMixture::new(4, 4, &[1.0 / coupling])?;
        let ln_z = rbm::partition::ln_z(&rbm)?;
        let bits =
            |state: u16| DMatrix::from_fn(16, 1, |i, _| 2.0 * f32::from(state >> i & 1) - 1.0);
        let mut total = 0.0;
        for state in 0..=u16::MAX {
            let v = bits(state);
            let samples = ising::Configurations::from_matrix(&v)?;
            let ln_p = torus.ln_probability(ising::energies(&lattice, &samples)[0]);
            let v64: Vec<f64> = v.iter().map(|&x| f64::from(x)).collect();
            let f = excess(&lattice, &v64, coupling, weight);
            total += (ln_p - f).exp();
            // Weights and free energies in f32, of sixteen sites.
            if state % 1021 == 0 {
                let of_rbm = -rbm.free_energy(&v)[0] - ln_z;
                assert!((ln_p - of_rbm - f).abs() < 1e-5, "{state}: {f}");
            }
        }
        // What the estimator stands on: <exp(-f)> = 1.
        assert!((total - 1.0).abs() < 1e-12, "{total}");
        Ok(())
    }
}
