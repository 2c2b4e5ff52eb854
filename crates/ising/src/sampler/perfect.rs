//! Independent configurations by coupling from the past: exact, however long the autocorrelation time.

mod heat_bath;
mod random_cluster;
mod search;

use super::check_field;
use crate::replica_bits::REPLICAS;
use crate::{Coupling, Error, Lattice, Samples};
use exact::square::critical_coupling;
use rand_pcg::Pcg64;
use rayon::prelude::*;

/// The farthest start of a pair of chains: 2^24 sweeps ago.
const FARTHEST: u32 = 24;

/// Exact draws by coupling from the past (`propp-wilson-1996`).
///
/// A chain that has run for ever is in equilibrium now. Its state is known as soon as chains from all states at some time
/// in the past, run on the same random numbers, have met; and where updates keep an order of the states, the largest and
/// the smallest one suffice. They are started 1, 2, 4, ... sweeps ago, always with the same random numbers for the same
/// sweep, until they meet now. (To take the state in which they meet first would be wrong.)
///
/// Two such chains are known for the ferromagnet in a field of either sign, and for the antiferromagnet without one where
/// it is the ferromagnet with every other spin flipped. The heat bath moves 512 replicas at once, each with random
/// bits of its own; it is the faster one where correlations are short. Below T_c its chains hardly ever meet. The
/// random-cluster model (`fortuin-kasteleyn-1972`) gives configurations one by one, at every temperature.
///
/// Every probability is met with an error of at most 2^-64 beside the rounding of f64.
///
/// ```
/// use ising::{Coupling, Lattice, Perfect, Samples, energies};
///
/// // Independent draws of a torus too wide for transfer matrices, against Kaufman's exact energy.
/// let torus = Lattice::square(16)?;
/// let mut samples = Samples::new(torus.sites());
/// Perfect::new(&torus, Coupling::new(0.3)?, 0.0)?.draw(512, &mut samples, 1)?;
/// let energy = stats::Estimate::from_independent(&energies(&torus, &samples));
/// let exact = exact::torus::kaufman(16, 16, 0.3)?.energy_per_spin;
/// assert!(energy.sigmas_from(exact) < 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Perfect<'a> {
    lattice: &'a Lattice,
    coupling: Coupling,
    field: f64,
    chain: Chain<'a>,
}

/// The chain that is coupled, of the ferromagnet in a field of 0 or more; [`Perfect::turns`] has the rest.
#[derive(Clone, Debug)]
enum Chain<'a> {
    HeatBath(Box<heat_bath::Rule>),
    RandomCluster(random_cluster::Rule<'a>),
}

impl<'a> Perfect<'a> {
    /// Draws at this coupling in the field H = h / (k_B T), by the chain that promises to be the faster one for sets of some
    /// hundred.
    ///
    /// # Errors
    /// [`Error::Field`] when H is not finite, [`Error::Frustrated`] and [`Error::FieldOf`] for an antiferromagnet on a lattice
    /// with an odd side above 1 or in a field.
    pub fn new(lattice: &'a Lattice, coupling: Coupling, field: f64) -> Result<Self, Error> {
        if heat_bath_is_faster(lattice, coupling.value().abs(), field.abs()) {
            Self::by_heat_bath(lattice, coupling, field)
        } else {
            Self::by_random_cluster(lattice, coupling, field)
        }
    }

    /// Draws by the heat bath. At low temperatures its chains do not meet within a life, at zero temperature never.
    ///
    /// # Errors
    /// As [`Perfect::new`].
    pub fn by_heat_bath(
        lattice: &'a Lattice,
        coupling: Coupling,
        field: f64,
    ) -> Result<Self, Error> {
        let ferromagnet = ferromagnet(lattice, coupling, field)?;
        let rule = heat_bath::Rule::new(lattice, ferromagnet, field.abs());
        Ok(Self { lattice, coupling, field, chain: Chain::HeatBath(Box::new(rule)) })
    }

    /// Draws by the random-cluster model.
    ///
    /// # Errors
    /// As [`Perfect::new`].
    pub fn by_random_cluster(
        lattice: &'a Lattice,
        coupling: Coupling,
        field: f64,
    ) -> Result<Self, Error> {
        let ferromagnet = ferromagnet(lattice, coupling, field)?;
        let rule = random_cluster::Rule::new(lattice, ferromagnet, field.abs());
        Ok(Self { lattice, coupling, field, chain: Chain::RandomCluster(rule) })
    }

    /// Adds `count` independent configurations to the samples: the same for the same seed, whatever the number of threads.
    ///
    /// # Errors
    /// [`Error::Sites`] when the samples are of another size. [`Error::Coalescence`] when chains have not met within 2^24
    /// sweeps, which takes hours on any but the smallest lattices; to leave such draws out would bias the others, so that
    /// none is added.
    pub fn draw(&self, count: usize, samples: &mut Samples, seed: u64) -> Result<(), Error> {
        let (expected, found) = (samples.sites(), self.lattice.sites());
        if expected != found {
            return Err(Error::Sites { expected, found });
        }
        if count == 0 {
            return Ok(());
        }
        let at_once = match self.chain {
            Chain::HeatBath(_) => REPLICAS,
            Chain::RandomCluster(_) => 1,
        };
        let batch = |number: usize, first: u32| {
            let seed = stats::child_seed(seed, "ising::perfect", number as u64);
            self.batch(at_once.min(count - number * at_once), first, seed)
        };
        // From an earlier start chains end in the same state: the first batch tells the others where to begin, and they
        // lose time at worst.
        let (first, level) = batch(0, 0)?;
        let rest = (1..count.div_ceil(at_once)).into_par_iter();
        let rest = rest.map(|number| Ok(batch(number, level)?.0)).collect::<Result<Vec<_>, _>>()?;
        std::iter::once(&first).chain(&rest).try_for_each(|batch| samples.append(batch))
    }

    /// The first `count` configurations of a batch, and from which start on its chains met, none being later than
    /// `2^first` sweeps ago.
    fn batch(&self, count: usize, first: u32, seed: u64) -> Result<(Samples, u32), Error> {
        let sites = self.lattice.sites();
        let mut samples = Samples::new(sites);
        let level = match &self.chain {
            Chain::HeatBath(rule) => {
                let mut pair = heat_bath::Pair::new(rule);
                let level = from_the_past(first, |&level| pair.meets_from(level, rule, seed))?;
                let mut replicas = pair.into_replicas();
                for (site, word) in replicas.0.iter_mut().enumerate() {
                    let turned = if self.turns(site) { u64::MAX } else { 0 };
                    word.iter_mut().for_each(|bits| *bits ^= turned);
                }
                samples.push_rows(&replicas.rows()[..count * sites.div_ceil(64)], self.coupling);
                level
            }
            Chain::RandomCluster(rule) => {
                let mut pair = random_cluster::Pair::new(rule);
                let level = from_the_past(first, |&level| pair.meets_from(level, rule, seed))?;
                let rng = &mut stats::stream(seed, "ising::perfect colours", 0);
                let mut spins = pair.coloured(rule, rng);
                for (site, spin) in spins.iter_mut().enumerate() {
                    *spin = if self.turns(site) { -*spin } else { *spin };
                }
                samples.push(&spins, self.coupling);
                level
            }
        };
        Ok((samples, level))
    }

    /// Whether a spin is the reverse of the one in the ferromagnet in a field of 0 or more: each in a negative field, every
    /// other one of the antiferromagnet.
    fn turns(&self, site: usize) -> bool {
        self.field < 0.0 || self.coupling.is_antiferromagnetic() && self.lattice.is_odd(site)
    }
}

/// The coupling of the ferromagnet that differs from this in the names of its spins only.
fn ferromagnet(lattice: &Lattice, coupling: Coupling, field: f64) -> Result<Coupling, Error> {
    let field = check_field(field)?;
    if !coupling.is_antiferromagnetic() {
        return Ok(coupling);
    }
    if field != 0.0 {
        return Err(Error::FieldOf { algorithm: "perfect sampling of antiferromagnets", field });
    }
    if lattice.is_frustrated() {
        return Err(Error::Frustrated { what: "perfect sampling" });
    }
    Ok(coupling.reversed())
}

/// Whether 512 replicas of the heat bath are likely to meet before as many configurations of random clusters are drawn:
/// both took equally long near T_c on 16 x 16 sites, and at a correlation length of 16 on larger tori.
fn heat_bath_is_faster(lattice: &Lattice, k: f64, field: f64) -> bool {
    // `onsager-1944`: the surface tension, and above T_c the inverse of the correlation length.
    let tension = k.tanh().ln() + if lattice.is_ring() { 0.0 } else { 2.0 * k };
    if tension < 0.0 && tension.recip() >= -16.0 {
        return true;
    }
    if lattice.is_ring() {
        return false;
    }
    // A drop of up spins among down spins costs at most `pi tension^2 / 2H` at low temperatures: here a few units.
    k < critical_coupling() && lattice.sites() <= 256
        || field >= (0.5 * tension * tension).max(0.01)
}

/// The first of the starts `2^first`, `2^(first + 1)`, ... sweeps ago from which chains meet, as a power of 2.
fn from_the_past(first: u32, meets_from: impl FnMut(&u32) -> bool) -> Result<u32, Error> {
    let level = (first..=FARTHEST).find(meets_from);
    level.ok_or(Error::Coalescence { sweeps: 1 << FARTHEST })
}

/// The sweeps from 2^level ago till now: blocks of how many, and the generator of each. It belongs to the time of the
/// block, wherever one starts.
fn blocks(level: u32, seed: u64) -> impl Iterator<Item = (u64, Pcg64)> {
    let block = move |number: u32| {
        let rng = stats::stream(seed, "ising::perfect", u64::from(number));
        (1 << number.saturating_sub(1), rng)
    };
    (0..=level).rev().map(block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn blocks_end_now_and_keep_their_numbers() {
        for level in 0..6 {
            let all = |level| blocks(level, 7).map(|(sweeps, mut rng)| (sweeps, rng.next_u64()));
            let (these, longer): (Vec<_>, Vec<_>) =
                (all(level).collect(), all(level + 1).collect());
            assert_eq!(these.iter().map(|(sweeps, _)| sweeps).sum::<u64>(), 1 << level);
            assert_eq!(these[..], longer[1..]);
        }
    }

    #[test]
    fn chains_that_never_meet_are_an_error() {
        let error = from_the_past(0, |_| false);
        assert_eq!(error, Err(Error::Coalescence { sweeps: 1 << 24 }));
        assert_eq!(from_the_past(3, |&level| level == 5), Ok(5));
    }

    #[test]
    fn the_faster_chain() {
        let square = |side| Lattice::square(side).unwrap();
        let faster = |lattice: &Lattice, t: f64, h: f64| heat_bath_is_faster(lattice, t.recip(), h);
        assert!(faster(&square(8), 2.27, 0.0) && !faster(&square(8), 2.26, 0.0));
        assert!(faster(&square(64), 2.4, 0.0) && !faster(&square(64), 2.3, 0.0));
        assert!(faster(&square(64), f64::INFINITY, 0.0) && !faster(&square(64), 0.0, 0.0));
        assert!(faster(&square(64), 2.0, 0.1) && !faster(&square(64), 1.5, 0.1));
        assert!(!faster(&square(64), 0.0, 10.0));
        let ring = Lattice::ring(100).unwrap();
        assert!(faster(&ring, 1.0, 0.0) && !faster(&ring, 0.3, 0.1) && !faster(&ring, 0.0, 0.0));
    }
}
