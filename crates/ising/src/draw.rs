//! The front door: configurations for training, independent by construction or by measurement, and judged.

use crate::ensemble::{Pilot, Replicas, Run, collect, settle, stride};
use crate::{
    Algorithm, Coupling, Error, HeatBath, Lanes, Lattice, Metropolis, Multispin, Sampler, Samples,
    Schedule, Spins, Summary, SwendsenWang, Wolff, chain,
};
use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

/// What is wanted of a set of configurations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The number of configurations, at least 1.
    pub count: u32,
    /// How they are drawn; see [`Algorithm::best`].
    pub algorithm: Algorithm,
    /// The field H = h / (k_B T), for single spin flips and perfect sampling of the ferromagnet.
    pub field: f64,
    /// Whether each configuration is turned over with probability 1/2, which keeps the Boltzmann distribution without a
    /// field: chains that stay in one well below T_c still give both.
    pub symmetrise: bool,
    /// The effective size `count / (2 tau)` that the set must have at least; with 0 whatever was drawn is handed out,
    /// also by chains that did not settle.
    pub least_effective: f64,
}

/// Configurations, and how good they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// The configurations, chain after chain.
    pub samples: Samples,
    /// What is known of them.
    pub quality: Quality,
}

/// How configurations were drawn, and how independent they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// What was asked.
    pub request: Request,
    /// Configurations of each chain; exact draws are chains of one.
    pub chains: Vec<u32>,
    /// Sweeps of each chain before its first draw (of Wolff: clusters), 0 for exact draws.
    pub burn_in: u64,
    /// Sweeps between draws, 0 for exact ones.
    pub stride: u64,
    /// Autocorrelation time of energy or |m|, the longer one, in sweeps, measured before anything was drawn.
    pub tau: Option<f64>,
    /// Gelman and Rubin's ratio (`gelman-rubin-1992`) between chains that began ordered and chains that began at random.
    pub r_hat: Option<f64>,
    /// The effective size: the number over `2 tau`, tau being the longer autocorrelation time of energy and |m| in the
    /// set itself.
    pub effective: f64,
    /// Energy, magnetisation and what follows from them.
    pub summary: Summary,
}

/// Chains of one configuration at a time: half of them begin ordered, half at random.
const CHAINS: u64 = 4;
/// Draws from each of 512 replicas before another 512 are worth their burn-in.
const DRAWS: usize = 64;
/// The most sets of 512 replicas.
const SETS: usize = 16;

/// Draws configurations of `lattice` at `coupling`.
///
/// `Transfer` is exact and independent by construction, as are all draws at zero temperature, which are
/// ground states. The other algorithms run chains from ordered and from random starts until both agree within their
/// errors and are long against the autocorrelation time that they show; that is the burn-in. Then each chain is looked
/// at every four autocorrelation times.
///
/// The same seed gives the same configurations at any number of threads. Give different couplings different seeds
/// ([`stats::child_seed`]).
///
/// # Errors
/// [`Error::Unsettled`] when the chains do not agree in reasonable time, [`Error::Effective`] when the set turns out to
/// be worth less than was asked; what the algorithm cannot do: [`Error::TransferWidth`], [`Error::Frustrated`],
/// [`Error::FieldOf`]; [`Error::Schedule`] for a count of 0, [`Error::Field`] for a field that is not
/// finite, [`Error::SymmetriseInField`].
pub fn draw(
    lattice: &Lattice,
    coupling: Coupling,
    request: &Request,
    seed: u64,
) -> Result<Drawn, Error> {
    check(request)?;
    let exact = |samples: Samples| {
        let lengths = vec![1; samples.len()];
        judged(lattice, request, samples, lengths, None)
    };
    let drawn = match request.algorithm {
        Algorithm::Transfer => exact(direct(lattice, coupling, request, seed)?)?,
        _ if coupling.is_frozen() => exact(frozen(lattice, coupling, request, seed)?)?,
        Algorithm::Metropolis => chains(lattice, coupling, request, seed, |_| {
            Metropolis::new(lattice, coupling).in_field(request.field)
        })?,
        Algorithm::HeatBath => chains(lattice, coupling, request, seed, |_| {
            HeatBath::new(lattice, coupling).in_field(request.field)
        })?,
        Algorithm::SwendsenWang => chains(lattice, coupling, request, seed, |rng| {
            Ok(SwendsenWang::new(lattice, coupling, rng))
        })?,
        Algorithm::Wolff => {
            chains(lattice, coupling, request, seed, |rng| Ok(Wolff::new(lattice, coupling, rng)))?
        }
        Algorithm::Multispin => {
            let sets = (request.count as usize).div_ceil(512 * DRAWS).min(SETS) as u64;
            let mut runs = (0..sets)
                .map(|set| {
                    let mut rng = stats::stream(seed, "ising::draw", set);
                    let sampler = Multispin::metropolis(lattice, coupling, &mut rng);
                    let sampler = sampler.in_field(request.field)?;
                    let state = Lanes::ordered_and_random(lattice, coupling, &mut rng);
                    Ok(Run { sampler, state, rng })
                })
                .collect::<Result<Vec<_>, Error>>()?;
            from_runs(lattice, coupling, request, &mut runs)?
        }
    };
    let effective = drawn.quality.effective;
    if effective < request.least_effective {
        let (count, asked) = (request.count, request.least_effective);
        return Err(Error::Effective { effective, count, asked });
    }
    Ok(drawn)
}

fn check(request: &Request) -> Result<(), Error> {
    if request.count == 0 {
        return Err(Error::Schedule { what: "number of draws" });
    }
    if !request.field.is_finite() {
        return Err(Error::Field(request.field));
    }
    if request.field == 0.0 {
        return Ok(());
    }
    if request.symmetrise {
        return Err(Error::SymmetriseInField(request.field));
    }
    match request.algorithm {
        Algorithm::SwendsenWang | Algorithm::Wolff | Algorithm::Transfer => {
            Err(Error::FieldOf { algorithm: request.algorithm.name(), field: request.field })
        }
        _ => Ok(()),
    }
}

/// A few chains of one configuration each.
fn chains<S: Sampler<State = Spins> + Send>(
    lattice: &Lattice,
    coupling: Coupling,
    request: &Request,
    seed: u64,
    sampler: impl Fn(&mut Pcg64) -> Result<S, Error>,
) -> Result<Drawn, Error> {
    let mut runs = (0..CHAINS)
        .map(|chain| {
            let mut rng = stats::stream(seed, "ising::draw", chain);
            let state = match chain % 2 {
                0 => Spins::ordered(lattice, coupling, &mut rng),
                _ => Spins::random(lattice.sites(), &mut rng),
            };
            Ok(Run { sampler: sampler(&mut rng)?, state, rng })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    from_runs(lattice, coupling, request, &mut runs)
}

fn from_runs<S>(
    lattice: &Lattice,
    coupling: Coupling,
    request: &Request,
    runs: &mut [Run<S>],
) -> Result<Drawn, Error>
where
    S: Sampler + Send,
    S::State: Replicas,
{
    let pilot = settle(lattice, runs);
    if !pilot.settled && request.least_effective > 0.0 {
        return Err(pilot.unsettled());
    }
    let wanted = (request.count as usize, stride(pilot.tau));
    let (samples, lengths) = collect(coupling, lattice.sites(), runs, wanted, request.symmetrise);
    judged(lattice, request, samples, lengths, Some(pilot))
}

/// The configurations with what can be said of them; without a pilot they are exact and independent.
fn judged(
    lattice: &Lattice,
    request: &Request,
    mut samples: Samples,
    lengths: Vec<usize>,
    pilot: Option<Pilot>,
) -> Result<Drawn, Error> {
    samples.set_symmetrised(request.symmetrise);
    let summary = Summary::of(lattice, &samples, 0..samples.len(), lengths.len())?;
    let tau = summary.energy_per_spin.tau.max(summary.abs_m.tau);
    let quality = Quality {
        request: *request,
        chains: lengths.iter().map(|&length| length as u32).collect(),
        burn_in: pilot.map_or(0, |pilot| pilot.sweeps),
        stride: pilot.map_or(0, |pilot| stride(pilot.tau)),
        tau: pilot.map(|pilot| pilot.tau),
        r_hat: pilot.map(|pilot| pilot.r_hat),
        effective: samples.len() as f64 / (2.0 * tau),
        summary,
    };
    Ok(Drawn { samples, quality })
}

/// Independent draws one by one, of transfer matrices or, at zero temperature, of ground states.
fn direct(
    lattice: &Lattice,
    coupling: Coupling,
    request: &Request,
    seed: u64,
) -> Result<Samples, Error> {
    let Request { count: draws, symmetrise, .. } = *request;
    let schedule = Schedule { burn_in: 0, stride: 1, draws, symmetrise };
    chain(lattice, coupling, request.algorithm, schedule, seed)
}

/// Ground states, each as likely as its magnetisation in the field makes it.
fn frozen(
    lattice: &Lattice,
    coupling: Coupling,
    request: &Request,
    seed: u64,
) -> Result<Samples, Error> {
    // At zero temperature all chains are alike.
    let request = &Request { algorithm: Algorithm::HeatBath, ..*request };
    if request.field == 0.0 {
        return direct(lattice, coupling, request, seed);
    }
    if coupling.is_antiferromagnetic() && lattice.is_frustrated() {
        return Err(Error::Frustrated { what: "zero temperature in a field" });
    }
    let mut samples = direct(lattice, coupling, request, seed)?;
    let rng = &mut stats::stream(seed, "ising::draw field", 0);
    for row in 0..samples.len() {
        let pull = request.field * samples.spin_sum(row).abs() as f64;
        let up = rng.random::<f64>() < 1.0 / (1.0 + (-2.0 * pull).exp());
        if up != (samples.spin_sum(row) > 0) {
            samples.turn_over(row);
        }
    }
    Ok(samples)
}
