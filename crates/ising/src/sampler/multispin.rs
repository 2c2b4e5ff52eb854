//! Multispin coding: heat bath and Metropolis of 512 replicas at once, each with random bits of its own.

use super::{Sampler, Sweep, check_field};
use crate::bernoulli::{Probability, decide};
use crate::replica_bits::REPLICAS;
use crate::{Coupling, Error, Lattice, ReplicaBits};
use multiversion::multiversion;
use rand_pcg::Pcg64;
use stats::{Bits, Word};

/// The share of Metropolis moves that is made at all.
///
/// With a fixed order of the sites and certain moves whole classes of configurations never meet, and at K = 0 replicas
/// with the same moves never part. One move in 16 left out mends both and costs 7 % of the speed of relaxation.
const TRIED: f64 = 15.0 / 16.0;

/// Ordered sweeps of 512 independent replicas (`block-virnau-preis-2010` for the idea, with random bits that replicas share).
///
/// A word holds a spin of every replica; sums of neighbours and decisions are logic on words. Every replica compares
/// random bits of its own with 64 digits of the probability that its own neighbours give: replicas are independent, and
/// every probability is met with an error below 2^-64 beside the rounding of f64 (relative 2^-53, of the rarer outcome).
/// Sites are visited in the order of a checkerboard, all of one colour and then the other; where sides are odd this is
/// just an order, and as right as any.
///
/// ```
/// use ising::{Coupling, Lattice, Multispin, ReplicaBits, Sampler};
///
/// // 512 independent 4 x 4 tori at T = 2.5, against Kaufman's exact energy.
/// let torus = Lattice::square(4)?;
/// let rng = &mut stats::stream(1, "example", 0);
/// let mut replicas = ReplicaBits::random(torus.sites(), rng);
/// let mut sampler = Multispin::metropolis(&torus, Coupling::new(0.4)?, rng);
/// (0..100).for_each(|_| drop(sampler.sweep(&mut replicas, rng)));
/// let (_, bonds) = replicas.sums(&torus);
/// let energies: Vec<f64> = bonds.iter().map(|&sum| -sum as f64 / 16.0).collect();
/// let exact = exact::torus::kaufman(4, 4, 0.4)?.energy_per_spin;
/// assert!(stats::Estimate::from_independent(&energies).sigmas_from(exact) < 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Multispin<'a> {
    lattice: &'a Lattice,
    order: Vec<u32>,
    rule: Rule,
    bits: Bits,
}

/// How a spin is updated given its neighbours.
#[derive(Debug)]
pub(super) struct Rule {
    coupling: Coupling,
    pub(super) kind: Kind,
}

/// Heat bath or Metropolis, with what they need to know.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one in a sampler")]
pub(super) enum Kind {
    /// Probability of "up" by the number of neighbours that are up.
    HeatBath([Probability; 5]),
    Metropolis {
        /// All bits set for the antiferromagnet, whose spins gain by being unlike their neighbours.
        reversed: u64,
        /// Probability of a flip where neighbours and spin leave no loss, a loss of 2, of 4 bonds' worth.
        flip: [Probability; 3],
        /// With a field: the direction that it favours as a bit everywhere, and the share of flips against it.
        against: Option<(u64, [Probability; 1])>,
    },
}

impl Rule {
    /// Heat bath (`glauber-1963`): up with probability `1 / (1 + e^{-2 (K neighbours + H)})`.
    pub(super) fn heat_bath(degree: usize, coupling: Coupling, field: f64) -> Self {
        let up = |n: usize| {
            let neighbours = 2 * n as i32 - degree as i32;
            let down = coupling.probability_up(-neighbours, -field);
            Probability::with_complement(coupling.probability_up(neighbours, field), down)
        };
        let kind = Kind::HeatBath(std::array::from_fn(up));
        Self { coupling, kind }
    }

    /// Metropolis (`metropolis-1953`): a flip with probability `15/16 min(1, e^{-2 K s neighbours}) min(1, e^{-2 H s})`.
    ///
    /// The two factors obey detailed balance one by one.
    pub(super) fn metropolis(coupling: Coupling, field: f64) -> Self {
        let antiferromagnet = coupling.is_antiferromagnetic();
        let ferromagnet = if antiferromagnet { coupling.reversed() } else { coupling };
        let flip = |loss| Probability::new(TRIED * ferromagnet.probability_flip(loss, 0.0));
        let share = Probability::new((-2.0 * field.abs()).exp());
        let favoured = if field > 0.0 { u64::MAX } else { 0 };
        let kind = Kind::Metropolis {
            reversed: if antiferromagnet { u64::MAX } else { 0 },
            flip: [flip(0), flip(2), flip(4)],
            against: (field != 0.0).then_some((favoured, [share])),
        };
        Self { coupling, kind }
    }

    /// The same rule in a field.
    pub(super) fn in_field(self, degree: usize, field: f64) -> Result<Self, Error> {
        let field = check_field(field)?;
        Ok(match self.kind {
            Kind::HeatBath(_) => Self::heat_bath(degree, self.coupling, field),
            Kind::Metropolis { .. } => Self::metropolis(self.coupling, field),
        })
    }
}

impl<'a> Multispin<'a> {
    /// Heat bath, with random bits seeded by `rng`.
    pub fn heat_bath(lattice: &'a Lattice, coupling: Coupling, rng: &mut Pcg64) -> Self {
        Self::new(lattice, Rule::heat_bath(lattice.degree(), coupling, 0.0), rng)
    }

    /// Metropolis, of which one move in 16 is left out, with random bits seeded by `rng`. It relaxes about three times
    /// as fast as the heat bath at T_c.
    pub fn metropolis(lattice: &'a Lattice, coupling: Coupling, rng: &mut Pcg64) -> Self {
        Self::new(lattice, Rule::metropolis(coupling, 0.0), rng)
    }

    fn new(lattice: &'a Lattice, rule: Rule, rng: &mut Pcg64) -> Self {
        let sites = 0..lattice.sites() as u32;
        let (odd, even): (Vec<u32>, _) = sites.partition(|&site| lattice.is_odd(site as usize));
        Self { lattice, order: [even, odd].concat(), rule, bits: Bits::new(rng) }
    }

    /// The same in the field H = h / (k_B T).
    ///
    /// # Errors
    /// [`Error::Field`] when H is not finite.
    pub fn in_field(self, field: f64) -> Result<Self, Error> {
        Ok(Self { rule: self.rule.in_field(self.lattice.degree(), field)?, ..self })
    }
}

impl Sampler for Multispin<'_> {
    type State = ReplicaBits;

    /// The random bits are the sampler's own.
    fn sweep(&mut self, state: &mut ReplicaBits, _: &mut Pcg64) -> Sweep {
        let flipped = sweep(self.lattice, &self.order, &self.rule, &mut self.bits, &mut state.0);
        Sweep { attempted: (REPLICAS * state.0.len()) as u64, flipped }
    }
}

#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512vpopcntdq",
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw",
    "x86_64+avx2+popcnt",
))]
fn sweep(
    lattice: &Lattice,
    order: &[u32],
    rule: &Rule,
    bits: &mut Bits,
    spins: &mut [Word],
) -> u64 {
    // A copy of the generators stays in registers.
    let mut inside = bits.clone();
    let flipped = match (lattice.is_ring(), &rule.kind) {
        (true, Kind::HeatBath(up)) => each(lattice, order, spins, |spin, [a, b]: [Word; 2]| {
            heat_bath(up, &mut inside, spin, [a, b, [0; 8], [0; 8]])
        }),
        (false, Kind::HeatBath(up)) => {
            each(lattice, order, spins, |spin, around| heat_bath(up, &mut inside, spin, around))
        }
        (true, Kind::Metropolis { reversed, flip, against }) => {
            each(lattice, order, spins, |spin, [a, b]: [Word; 2]| {
                // Two neighbours that cancel do not change what the others say.
                let around = [a, b, [0; 8], [u64::MAX; 8]];
                metropolis(*reversed, flip, against.as_ref(), &mut inside, spin, around)
            })
        }
        (false, Kind::Metropolis { reversed, flip, against }) => {
            each(lattice, order, spins, |spin, around| {
                metropolis(*reversed, flip, against.as_ref(), &mut inside, spin, around)
            })
        }
    };
    *bits = inside;
    flipped
}

/// Flips, site by site, the spins that `flips` says, and counts them.
#[inline(always)]
fn each<const D: usize>(
    lattice: &Lattice,
    order: &[u32],
    spins: &mut [Word],
    mut flips: impl FnMut(Word, [Word; D]) -> Word,
) -> u64 {
    let mut flipped = 0;
    for &site in order {
        let site = site as usize;
        let neighbours = lattice.neighbours(site);
        let mut around = [[0; 8]; D];
        for (n, (word, &neighbour)) in around.iter_mut().zip(neighbours).enumerate() {
            // On a side of length 1 a site is its own neighbour, both ways: an up and a down that cancel.
            *word = match neighbour as usize == site {
                true => [if n % 2 == 0 { u64::MAX } else { 0 }; 8],
                false => spins[neighbour as usize],
            };
        }
        let spin = &mut spins[site];
        let flip = flips(*spin, around);
        for lane in 0..8 {
            spin[lane] ^= flip[lane];
        }
        flipped += flip.iter().map(|bits| u64::from(bits.count_ones())).sum::<u64>();
    }
    flipped
}

/// Where a heat bath flips, given the spins and their neighbours.
#[inline(always)]
pub(super) fn heat_bath(
    up: &[Probability; 5],
    bits: &mut Bits,
    spin: Word,
    around: [Word; 4],
) -> Word {
    let mut classes = [[0; 8]; 5];
    let [first, second, third, fourth] = around;
    for lane in 0..8 {
        let (a, b, c, d) = (first[lane], second[lane], third[lane], fourth[lane]);
        let (both, one) = (a & b, a ^ b);
        let (other_both, other_one) = (c & d, c ^ d);
        let (odd, four) = (one ^ other_one, both & other_both);
        let some = both | one | other_both | other_one;
        let three = (both & other_one) | (one & other_both);
        classes[0][lane] = !some;
        classes[1][lane] = odd & !three;
        classes[2][lane] = some & !odd & !four;
        classes[3][lane] = three;
        classes[4][lane] = four;
    }
    let new = decide(bits, &classes, up);
    std::array::from_fn(|lane| new[lane] ^ spin[lane])
}

/// Where Metropolis flips, given the spins and their neighbours.
#[inline(always)]
pub(super) fn metropolis(
    reversed: u64,
    flip: &[Probability; 3],
    against: Option<&(u64, [Probability; 1])>,
    bits: &mut Bits,
    spin: Word,
    around: [Word; 4],
) -> Word {
    let mut classes = [[0; 8]; 3];
    let [first, second, third, fourth] = around;
    for lane in 0..8 {
        let (a, b, c, d) = (first[lane], second[lane], third[lane], fourth[lane]);
        let (both, one) = (a & b, a ^ b);
        let (other_both, other_one) = (c & d, c ^ d);
        let (odd, four) = (one ^ other_one, both & other_both);
        let some = both | one | other_both | other_one;
        let three = (both & other_one) | (one & other_both);
        // More neighbours up than down, or more down than up; at stake is what the spin shares with the more.
        let (up, down) = (three | four, !some | (odd & !three));
        let spin = spin[lane] ^ reversed;
        let loss = (spin & up) | (!spin & down);
        classes[0][lane] = !loss;
        classes[1][lane] = loss & odd;
        classes[2][lane] = loss & !odd;
    }
    let flips = decide(bits, &classes, flip);
    match against {
        None => flips,
        Some((favoured, share)) => {
            let along: Word = std::array::from_fn(|lane| !(spin[lane] ^ favoured));
            let allowed = decide(bits, &[along], share);
            std::array::from_fn(|lane| flips[lane] & (allowed[lane] | !along[lane]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All 32 cases of a spin and its neighbours, one in each of the first 32 replicas.
    fn cases() -> (Word, [Word; 4]) {
        let bits = |place: usize| {
            let word = (0..32u64).fold(0, |word, case| word | (case >> place & 1) << case);
            [word, 0, 0, 0, 0, 0, 0, 0]
        };
        (bits(0), [1, 2, 3, 4].map(bits))
    }

    /// Whether the spin of a case is up, and how many of its neighbours.
    fn of_case(case: u64) -> (bool, usize) {
        (case & 1 == 1, (case >> 1).count_ones() as usize)
    }

    fn certain(here: bool) -> Probability {
        Probability::new(if here { 1.0 } else { 0.0 })
    }

    #[test]
    fn a_heat_bath_looks_up_the_number_of_neighbours_that_are_up() {
        let mut bits = Bits::new(&mut stats::stream(1, "multispin-test", 0));
        let (spin, around) = cases();
        for chosen in 0..5 {
            let up = std::array::from_fn(|n| certain(n == chosen));
            let flips = heat_bath(&up, &mut bits, spin, around)[0];
            for case in 0..32 {
                let (is_up, neighbours) = of_case(case);
                assert_eq!(flips >> case & 1 == 1, (neighbours == chosen) != is_up, "{case:b}");
            }
        }
    }

    #[test]
    fn metropolis_looks_up_the_loss() {
        let mut bits = Bits::new(&mut stats::stream(1, "multispin-test", 0));
        let (spin, around) = cases();
        for chosen in 0..3 {
            for reversed in [0, u64::MAX] {
                for (favoured, allowed) in [(None, true), (Some(u64::MAX), false), (Some(0), false)]
                {
                    let flip = std::array::from_fn(|loss| certain(loss == chosen));
                    let against = favoured.map(|bit| (bit, [certain(allowed)]));
                    let flips =
                        metropolis(reversed, &flip, against.as_ref(), &mut bits, spin, around)[0];
                    for case in 0..32 {
                        let (is_up, neighbours) = of_case(case);
                        let sign = if is_up == (reversed == 0) { 1 } else { -1 };
                        let loss = (sign * (2 * neighbours as i32 - 4) / 2).max(0) as usize;
                        let blocked = favoured.is_some_and(|bit| (bit == u64::MAX) == is_up);
                        let expected = loss == chosen && !blocked;
                        assert_eq!(flips >> case & 1 == 1, expected, "{case:b}, {reversed}");
                    }
                }
            }
        }
    }
}
