//! Drawing configurations for training, independent by construction or by measurement, and judged.

use crate::ensemble::{Replicas, Run, collect, settle};
use crate::replica_bits::REPLICAS;
use crate::{
    Algorithm, Coupling, Error, HeatBath, Lattice, Metropolis, Multispin, Perfect, ReplicaBits,
    Sampler, Samples, Schedule, Spins, Summary, SwendsenWang, TorusTransfer, Wolff, chain,
    energies, magnetisations,
};
use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};
use stats::autocorrelation;

/// What is wanted of a set of configurations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The number of configurations, at least 1.
    pub count: u32,
    /// How they are drawn; without a name, by [`Algorithm::best`].
    pub algorithm: Option<Algorithm>,
    /// The field H = h / (k_B T), for single spin flips, and for transfer matrices and perfect sampling of the ferromagnet.
    pub field: f64,
    /// Whether each configuration is flipped with probability 1/2, which keeps the Boltzmann distribution without a
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
    /// The algorithm that drew them.
    pub algorithm: Algorithm,
    /// Configurations of each chain; exact draws are chains of one.
    pub chains: Vec<u32>,
    /// Sweeps of each chain before its first draw (of Wolff: clusters), 0 for exact draws.
    pub burn_in: u64,
    /// Sweeps between draws, 0 for exact ones.
    pub stride: u64,
    /// Autocorrelation time of energy or |m| (in a field m), the longer one, in sweeps, measured before anything was drawn;
    /// none for exact draws.
    pub tau: Option<f64>,
    /// Gelman and Rubin's ratio (`gelman-rubin-1992`) between chains that began ordered and chains that began at random;
    /// none for exact draws.
    pub r_hat: Option<f64>,
    /// The effective size: the number over `2 tau`, tau being that of energy or |m| in the set itself, the longer one. It
    /// is `1/2 + 1 / (e^{stride / tau} - 1)` as the chains told before, in sweeps, unless the set contradicts it by four
    /// standard errors; then it is what the set says. It holds for whatever does not change when all spins are flipped.
    pub effective: f64,
    /// The effective size for m itself, by its autocorrelation time in the set: of chains that are slow to flip, and of
    /// Wolff's clusters below T_c, it is small unless the set is symmetrised.
    pub effective_of_m: f64,
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
/// `Transfer` and `Perfect` are exact and independent by construction, as are all draws at zero temperature, which are
/// ground states, and at infinite temperature, which are coins. The other algorithms run chains from ordered and from
/// random starts until both agree within their errors and are long against the autocorrelation time that they show; that
/// is the burn-in. Then each chain is looked at every four autocorrelation times.
///
/// The same seed gives the same configurations at any number of threads. Give different couplings different seeds
/// ([`stats::child_seed`]).
///
/// # Errors
/// [`Error::Unsettled`] when the chains do not agree in reasonable time, [`Error::Effective`] when the set turns out to
/// be worth less than was asked; what the algorithm cannot do: [`Error::TransferWidth`], [`Error::Frustrated`],
/// [`Error::FieldOf`], [`Error::Coalescence`]; [`Error::Schedule`] for a count of 0, [`Error::Field`] for a field that is not
/// finite, [`Error::SymmetriseInField`].
///
/// ```
/// use ising::{Algorithm, Coupling, Lattice, Request, draw};
///
/// // The 16 x 16 torus at T = 2.5, against the exact energy of this very lattice.
/// let (torus, coupling) = (Lattice::square(16)?, Coupling::from_temperature(2.5)?);
/// let request =
///     Request { count: 1024, algorithm: None, field: 0.0, symmetrise: false, least_effective: 500.0 };
/// let quality = draw(&torus, coupling, &request, 1)?.quality;
/// assert_eq!(quality.algorithm, Algorithm::Multispin);
/// let exact = exact::torus::kaufman(16, 16, 0.4)?.energy_per_spin;
/// assert!(quality.summary.energy_per_spin.sigmas_from(exact) < 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn draw(
    lattice: &Lattice,
    coupling: Coupling,
    request: &Request,
    seed: u64,
) -> Result<Drawn, Error> {
    let best = || Algorithm::best(lattice, coupling, request.field);
    let algorithm = request.algorithm.unwrap_or_else(best);
    let job = &Job { lattice, coupling, algorithm, request: *request, seed };
    check(job)?;
    let field = request.field;
    let drawn = match algorithm {
        Algorithm::Transfer => exact(job, direct(job)?)?,
        Algorithm::Perfect => exact(job, perfect(job)?)?,
        _ if coupling.is_frozen() => exact(job, frozen(job)?)?,
        // Wolff's clusters would be single sites, and every other state out of reach.
        _ if coupling.value() == 0.0 && field == 0.0 => exact(job, coins(job))?,
        Algorithm::Metropolis => {
            chains(job, |_| Metropolis::new(lattice, coupling).in_field(field))?
        }
        Algorithm::HeatBath => chains(job, |_| HeatBath::new(lattice, coupling).in_field(field))?,
        Algorithm::SwendsenWang => {
            chains(job, |rng| Ok(SwendsenWang::new(lattice, coupling, rng)))?
        }
        Algorithm::Wolff => chains(job, |rng| Ok(Wolff::new(lattice, coupling, rng)))?,
        Algorithm::Multispin => multispin(job)?,
    };
    let effective = drawn.quality.effective;
    if effective < request.least_effective {
        let (count, asked) = (request.count, request.least_effective);
        return Err(Error::Effective { effective, count, asked });
    }
    Ok(drawn)
}

/// What is to be drawn, and how.
struct Job<'a> {
    lattice: &'a Lattice,
    coupling: Coupling,
    algorithm: Algorithm,
    request: Request,
    seed: u64,
}

fn check(job: &Job<'_>) -> Result<(), Error> {
    let Request { count, field, symmetrise, .. } = job.request;
    if count == 0 {
        return Err(Error::Schedule { what: "number of draws" });
    }
    if !field.is_finite() {
        return Err(Error::Field(field));
    }
    if field == 0.0 {
        return Ok(());
    }
    if symmetrise {
        return Err(Error::SymmetriseInField(field));
    }
    match job.algorithm {
        Algorithm::SwendsenWang | Algorithm::Wolff => {
            Err(Error::FieldOf { algorithm: job.algorithm.name(), field })
        }
        _ => Ok(()),
    }
}

/// A few chains of one configuration each.
fn chains<S: Sampler<State = Spins> + Send>(
    job: &Job<'_>,
    sampler: impl Fn(&mut Pcg64) -> Result<S, Error>,
) -> Result<Drawn, Error> {
    let run = |chain| {
        let mut rng = stats::stream(job.seed, "ising::draw", chain);
        let state = match chain % 2 {
            0 => Spins::ordered(job.lattice, job.coupling, &mut rng),
            _ => Spins::random(job.lattice.sites(), &mut rng),
        };
        Ok(Run { sampler: sampler(&mut rng)?, state, rng })
    };
    from_runs(job, (0..CHAINS).map(run).collect::<Result<_, Error>>()?)
}

/// Sets of 512 replicas, half of which begin at random.
fn multispin(job: &Job<'_>) -> Result<Drawn, Error> {
    let run = |set| {
        let mut rng = stats::stream(job.seed, "ising::draw", set);
        let sampler = Multispin::metropolis(job.lattice, job.coupling, &mut rng);
        let state = ReplicaBits::ordered_and_random(job.lattice, job.coupling, &mut rng);
        Ok(Run { sampler: sampler.in_field(job.request.field)?, state, rng })
    };
    let sets = (job.request.count as usize).div_ceil(REPLICAS * DRAWS).min(SETS) as u64;
    from_runs(job, (0..sets).map(run).collect::<Result<_, Error>>()?)
}

fn from_runs<S>(job: &Job<'_>, mut runs: Vec<Run<S>>) -> Result<Drawn, Error>
where
    S: Sampler + Send,
    S::State: Replicas,
{
    let pilot = settle(job.lattice, &mut runs, job.request.field != 0.0);
    if !pilot.settled && job.request.least_effective > 0.0 {
        return Err(pilot.unsettled());
    }
    let count = job.request.count as usize;
    let chains: usize = runs.iter().map(|run| run.state.replicas()).sum();
    let stride = pilot.stride(count.div_ceil(chains));
    let (sites, symmetrise) = (job.lattice.sites(), job.request.symmetrise);
    let (samples, lengths) = collect(job.coupling, sites, &mut runs, (count, stride), symmetrise);
    let summary = Summary::of(job.lattice, &samples, 0..samples.len(), lengths.len())?;
    let expected = 0.5 + 1.0 / (stride as f64 / pilot.tau).exp_m1();
    let tau = contradicted(job, &samples, lengths.len(), expected).unwrap_or(expected);
    Ok(judged(job, samples, summary, |quality| Quality {
        chains: lengths.iter().map(|&length| length as u32).collect(),
        burn_in: pilot.sweeps,
        stride,
        tau: Some(pilot.tau),
        r_hat: Some(pilot.r_hat),
        effective: f64::from(job.request.count) / (2.0 * tau),
        ..quality
    }))
}

/// The autocorrelation time of a set, in draws, where it is longer than expected by more than chance.
fn contradicted(job: &Job<'_>, samples: &Samples, chains: usize, tau: f64) -> Option<f64> {
    const ERRORS: f64 = 4.0;
    let size = |m: f64| if job.request.field == 0.0 { m.abs() } else { m };
    let sizes = magnetisations(samples).into_iter().map(size).collect();
    let found = [energies(job.lattice, samples), sizes].map(|data| autocorrelation(&data, chains));
    // `madras-sokal-1988`: the error that tau would have if it were what is expected.
    let error = tau * (2.0 * (12.0 * tau + 1.0) / samples.len() as f64).sqrt();
    let longer = found.iter().filter(|found| {
        found.tau > tau + ERRORS * error && found.tau - 0.5 * ERRORS * found.error > tau
    });
    longer.map(|found| found.tau).reduce(f64::max)
}

/// Draws that are exact and independent.
fn exact(job: &Job<'_>, samples: Samples) -> Result<Drawn, Error> {
    let summary = Summary::of(job.lattice, &samples, 0..samples.len(), samples.len())?;
    Ok(judged(job, samples, summary, |quality| quality))
}

/// Configurations with what can be said of them: of independent draws, unless `chains` says otherwise.
fn judged(
    job: &Job<'_>,
    mut samples: Samples,
    summary: Summary,
    chains: impl FnOnce(Quality) -> Quality,
) -> Drawn {
    samples.set_symmetrised(job.request.symmetrise);
    let quality = chains(Quality {
        request: job.request,
        algorithm: job.algorithm,
        chains: vec![1; samples.len()],
        burn_in: 0,
        stride: 0,
        tau: None,
        r_hat: None,
        effective: samples.len() as f64,
        effective_of_m: summary.m.effective_count(),
        summary,
    });
    Drawn { samples, quality }
}

/// Independent draws one by one, of transfer matrices or, at zero temperature, of ground states.
fn direct(job: &Job<'_>) -> Result<Samples, Error> {
    let Request { count: draws, symmetrise, field, .. } = job.request;
    let schedule = Schedule { burn_in: 0, stride: 1, draws, symmetrise };
    if job.algorithm == Algorithm::Transfer && field != 0.0 {
        return transfer_in_field(job);
    }
    // At zero temperature all chains are alike.
    let algorithm = match job.algorithm {
        Algorithm::Transfer => Algorithm::Transfer,
        _ => Algorithm::HeatBath,
    };
    chain(job.lattice, job.coupling, algorithm, schedule, job.seed)
}

/// Independent draws of transfer matrices in a field; a ring is rows of one spin.
fn transfer_in_field(job: &Job<'_>) -> Result<Samples, Error> {
    let mut sampler = TorusTransfer::in_field(job.lattice, job.coupling, job.request.field)?;
    let rng = &mut stats::stream(job.seed, "ising::draw", 0);
    let mut samples = Samples::new(job.lattice.sites());
    let mut state = Spins::ordered(job.lattice, job.coupling, rng);
    for _ in 0..job.request.count {
        sampler.sweep(&mut state, rng);
        samples.push(state.as_slice(), job.coupling);
    }
    Ok(samples)
}

/// Coupling from the past.
fn perfect(job: &Job<'_>) -> Result<Samples, Error> {
    let mut samples = Samples::new(job.lattice.sites());
    let perfect = Perfect::new(job.lattice, job.coupling, job.request.field)?;
    perfect.draw(job.request.count as usize, &mut samples, job.seed)?;
    if job.request.symmetrise {
        let rng = &mut stats::stream(job.seed, "ising::draw symmetrise", 0);
        (0..samples.len()).filter(|_| rng.random()).for_each(|row| samples.flip(row));
    }
    Ok(samples)
}

/// Infinite temperature.
fn coins(job: &Job<'_>) -> Samples {
    let rng = &mut stats::stream(job.seed, "ising::draw", 0);
    let mut samples = Samples::new(job.lattice.sites());
    for _ in 0..job.request.count {
        samples.push(Spins::random(job.lattice.sites(), rng).as_slice(), job.coupling);
    }
    samples
}

/// Ground states, each as likely as its magnetisation in the field makes it.
fn frozen(job: &Job<'_>) -> Result<Samples, Error> {
    let field = job.request.field;
    if field == 0.0 {
        return direct(job);
    }
    if job.coupling.is_antiferromagnetic() && job.lattice.is_frustrated() {
        return Err(Error::Frustrated { what: "zero temperature in a field" });
    }
    let mut samples = direct(job)?;
    let rng = &mut stats::stream(job.seed, "ising::draw field", 0);
    for row in 0..samples.len() {
        let pull = field * samples.spin_sum(row).abs() as f64;
        let up = rng.random::<f64>() < 1.0 / (1.0 + (-2.0 * pull).exp());
        if up != (samples.spin_sum(row) > 0) {
            samples.flip(row);
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_repeats_itself_contradicts_what_was_expected() {
        let lattice = Lattice::square(4).unwrap();
        let rng = &mut stats::stream(1, "draw-test", 0);
        let coupling = Coupling::new(0.0).unwrap();
        let request = Request {
            count: 800,
            algorithm: None,
            field: 0.0,
            symmetrise: false,
            least_effective: 0.0,
        };
        let algorithm = Algorithm::Metropolis;
        let job = &Job { lattice: &lattice, coupling, algorithm, request, seed: 1 };
        let mut samples = Samples::new(16);
        for _ in 0..200 {
            let spins = Spins::random(16, rng);
            (0..4).for_each(|_| samples.push(spins.as_slice(), coupling));
        }
        // Each four times: tau = 1/2 + 3/4 + 2/4 + 1/4.
        let tau = contradicted(job, &samples, 1, 0.5).unwrap();
        assert!((1.5..2.6).contains(&tau), "{tau}");
        assert_eq!(contradicted(job, &samples, 1, 2.0), None);
    }
}
