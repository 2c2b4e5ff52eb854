//! 512 configurations at once, a bit each in every word.

use crate::{Coupling, Lattice, Spins};
use multiversion::multiversion;
use rand::RngExt;
use rand_pcg::Pcg64;
use stats::Word;

/// Replicas that a word holds.
pub(crate) const REPLICAS: usize = 512;

/// 512 independent replicas, bit-sliced: bit r of word i is spin i of replica r, set for +1.
///
/// ```
/// use ising::{Lattice, ReplicaBits};
///
/// // Of a ground state of the 4 x 4 torus all 16 spins are equal and all 32 bonds satisfied.
/// let replicas = ReplicaBits::ground_states(16, &mut stats::stream(1, "example", 0));
/// let (spins, bonds) = replicas.sums(&Lattice::square(4)?);
/// assert_eq!((spins.len(), bonds), (512, vec![32; 512]));
/// assert!(spins.iter().all(|sum| sum.abs() == 16));
/// # Ok::<(), ising::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaBits(pub(crate) Vec<Word>);

impl ReplicaBits {
    /// Every replica in a ground state of the ferromagnet, up or down with probability 1/2 each.
    pub fn ground_states(sites: usize, rng: &mut Pcg64) -> Self {
        Self(vec![std::array::from_fn(|_| rng.random()); sites])
    }

    /// Every spin of every replica up or down with probability 1/2: infinite temperature.
    pub fn random(sites: usize, rng: &mut Pcg64) -> Self {
        Self((0..sites).map(|_| std::array::from_fn(|_| rng.random())).collect())
    }

    /// These configurations, one to a replica.
    ///
    /// # Panics
    /// Unless they are 512, of one lattice.
    pub fn of(replicas: &[Spins]) -> Self {
        assert_eq!(replicas.len(), REPLICAS, "a configuration for every replica");
        let mut words = vec![[0; 8]; replicas[0].as_slice().len()];
        for (r, replica) in replicas.iter().enumerate() {
            assert_eq!(replica.as_slice().len(), words.len(), "configurations of one lattice");
            for (word, &spin) in words.iter_mut().zip(replica.as_slice()) {
                word[r / 64] |= u64::from(spin > 0) << (r % 64);
            }
        }
        Self(words)
    }

    /// Replicas to compare: those of even number ordered as [`Spins::ordered`], those of odd number at random.
    pub(crate) fn ordered_and_random(
        lattice: &Lattice,
        coupling: Coupling,
        rng: &mut Pcg64,
    ) -> Self {
        const EVEN: u64 = u64::MAX / 3;
        let up: Word = std::array::from_fn(|_| rng.random());
        let mut bits = Self::random(lattice.sites(), rng);
        for (site, word) in bits.0.iter_mut().enumerate() {
            let reverse = coupling.is_antiferromagnetic() && lattice.is_odd(site);
            for (random, up) in word.iter_mut().zip(up) {
                let ordered = if reverse { !up } else { up };
                *random = ordered & EVEN | *random & !EVEN;
            }
        }
        bits
    }

    /// The number of replicas, 512.
    pub fn replicas(&self) -> usize {
        REPLICAS
    }

    /// One configuration.
    ///
    /// # Panics
    /// Unless `replica` is below 512.
    pub fn replica(&self, replica: usize) -> Spins {
        let (lane, bit) = (replica / 64, replica % 64);
        let spin = |word: &Word| if word[lane] >> bit & 1 == 1 { 1 } else { -1 };
        Spins::from_vec(self.0.iter().map(spin).collect())
    }

    /// The configurations as packed rows, bit i for spin i, `sites.div_ceil(64)` words each.
    pub(crate) fn rows(&self) -> Vec<u64> {
        let row_words = self.0.len().div_ceil(64);
        let mut rows = vec![0; REPLICAS * row_words];
        for (column, sites) in self.0.chunks(64).enumerate() {
            for lane in 0..8 {
                let mut block = [0; 64];
                block.iter_mut().zip(sites).for_each(|(row, site)| *row = site[lane]);
                transpose(&mut block);
                for (bit, word) in block.into_iter().enumerate() {
                    rows[(64 * lane + bit) * row_words + column] = word;
                }
            }
        }
        rows
    }

    /// Of each replica the sum of the spins and the sum of `s_i s_j` over all bonds, by counting bits in all replicas at
    /// once. The energy in units of J is minus the second.
    ///
    /// # Panics
    /// Unless the replicas have as many sites as the lattice.
    pub fn sums(&self, lattice: &Lattice) -> (Vec<i64>, Vec<i64>) {
        assert_eq!(self.0.len(), lattice.sites(), "replicas of another lattice");
        let [up, unequal] = counts(lattice, &self.0);
        let (sites, bonds) = (lattice.sites() as i64, lattice.bonds() as i64);
        let spins = up.values().into_iter().map(|up| 2 * up - sites).collect();
        (spins, unequal.values().into_iter().map(|unequal| bonds - 2 * unequal).collect())
    }
}

/// Of each replica the spins that are up, and the bonds between unequal spins.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn counts(lattice: &Lattice, spins: &[Word]) -> [Counts; 2] {
    let (mut up, mut unequal) = (Counts::new(), Counts::new());
    for (site, word) in spins.iter().enumerate() {
        up.add(*word);
        // Of each pair of opposite directions the first: every bond once.
        for &neighbour in lattice.neighbours(site).iter().step_by(2) {
            let other = &spins[neighbour as usize];
            unequal.add(std::array::from_fn(|lane| word[lane] ^ other[lane]));
        }
    }
    [up, unequal]
}

/// Turns a block of 64 x 64 bits over its diagonal, by exchanging ever smaller squares.
fn transpose(block: &mut [u64; 64]) {
    let mut size = 32;
    let mut mask = u64::MAX >> 32;
    while size > 0 {
        let mut row = 0;
        while row < 64 {
            for low in row..row + size {
                let exchanged = (block[low] >> size ^ block[low + size]) & mask;
                block[low] ^= exchanged << size;
                block[low + size] ^= exchanged;
            }
            row += 2 * size;
        }
        size /= 2;
        mask ^= mask << size;
    }
}

/// For each of 512 places how often its bit was set, in binary digits, lowest first.
///
/// A digit takes two words at a time, so that on average each word costs one addition: until its companion comes, a word
/// waits. Of the words of a digit one waits where the number of all words so far has that binary digit set.
struct Counts {
    digits: [Word; 40],
    waiting: [Word; 40],
    words: u64,
}

impl Counts {
    fn new() -> Self {
        Self { digits: [[0; 8]; 40], waiting: [[0; 8]; 40], words: 0 }
    }

    #[inline(always)]
    fn add(&mut self, mut word: Word) {
        let pairs = self.words.trailing_ones() as usize;
        for level in 0..pairs {
            word = carry(&mut self.digits[level], &self.waiting[level], word);
        }
        self.waiting[pairs] = word;
        self.words += 1;
    }

    fn values(&self) -> Vec<i64> {
        let mut values = vec![0; REPLICAS];
        let mut gather = |words: &Word, power: usize| {
            for (values, &word) in values.chunks_exact_mut(64).zip(words) {
                for (bit, value) in values.iter_mut().enumerate() {
                    *value += ((word >> bit & 1) as i64) << power;
                }
            }
        };
        for power in 0..u64::BITS as usize - self.words.leading_zeros() as usize {
            gather(&self.digits[power], power);
            if self.words >> power & 1 == 1 {
                gather(&self.waiting[power], power);
            }
        }
        values
    }
}

/// Adds two words of one digit to it, and returns what they carry to the next.
#[inline(always)]
fn carry(digit: &mut Word, first: &Word, second: Word) -> Word {
    let mut carry = [0; 8];
    for lane in 0..8 {
        let (a, b, c) = (digit[lane], first[lane], second[lane]);
        digit[lane] = a ^ b ^ c;
        carry[lane] = (a & b) | (c & (a ^ b));
    }
    carry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Samples, energy_per_spin, magnetisation};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_and_sums_are_those_of_the_replicas(
            width in 1usize..12, height in 1usize..12, ring: bool, seed: u64,
        ) {
            let torus = Lattice::rectangle(width, height);
            let lattice = if ring { Lattice::ring(width) } else { torus }.unwrap();
            let bits = ReplicaBits::random(lattice.sites(), &mut stats::stream(seed, "lanes-test", 0));
            let mut samples = Samples::new(lattice.sites());
            samples.push_rows(&bits.rows(), Coupling::new(0.0).unwrap());
            let (spins, bonds) = bits.sums(&lattice);
            let n = lattice.sites() as f64;
            let replicas: Vec<Spins> = (0..REPLICAS).map(|r| bits.replica(r)).collect();
            prop_assert_eq!(&ReplicaBits::of(&replicas), &bits);
            for r in 0..REPLICAS {
                let replica = bits.replica(r);
                let replica = replica.as_slice();
                prop_assert_eq!(samples.row(r), replica);
                prop_assert_eq!(spins[r] as f64, (magnetisation(replica) * n).round());
                prop_assert_eq!(bonds[r] as f64, -(energy_per_spin(&lattice, replica) * n).round());
            }
        }
    }
}
