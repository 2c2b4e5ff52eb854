//! One large torus, 64 spins a word, its two colours apart.

use crate::{Error, Lattice, Spins};
use rand::RngExt;
use rand_pcg::Pcg64;
use stats::Word;

/// Sites of one colour that a word of 64 bits stands for, in columns.
const COLUMNS: usize = 128;

/// One configuration of a torus, packed by colour: bit j of a half row is the j-th site of that colour in its row.
///
/// The sites of one colour have neighbours of the other only, so that a whole word can be updated at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatticeBits {
    width: usize,
    height: usize,
    /// Half rows of the even colour, then those of the odd one, each of [`LatticeBits::row_words`] words; what is beyond the
    /// width is never looked at.
    pub(crate) colours: [Vec<Word>; 2],
}

impl LatticeBits {
    /// All spins equal, up or down with probability 1/2 each.
    ///
    /// # Errors
    /// [`Error::LatticeBits`] unless the lattice is a torus with a width that is a multiple of 128 and an even height.
    pub fn ground_state(lattice: &Lattice, rng: &mut Pcg64) -> Result<Self, Error> {
        let word = [if rng.random() { u64::MAX } else { 0 }; 8];
        Self::of_words(lattice, || word)
    }

    /// Every spin up or down with probability 1/2.
    ///
    /// # Errors
    /// As [`LatticeBits::ground_state`].
    pub fn random(lattice: &Lattice, rng: &mut Pcg64) -> Result<Self, Error> {
        Self::of_words(lattice, || std::array::from_fn(|_| rng.random()))
    }

    fn of_words(lattice: &Lattice, mut word: impl FnMut() -> Word) -> Result<Self, Error> {
        let (width, height) = (lattice.width(), lattice.height());
        if lattice.is_ring() || !width.is_multiple_of(COLUMNS) || !height.is_multiple_of(2) {
            return Err(Error::LatticeBits { width, height });
        }
        let words = width.div_ceil(8 * COLUMNS) * height;
        let mut colour = || (0..words).map(|_| word()).collect();
        Ok(Self { width, height, colours: [colour(), colour()] })
    }

    /// Columns and rows.
    pub fn sides(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Words of a half row, the last of which may be used in part.
    pub(crate) fn row_words(&self) -> usize {
        self.width.div_ceil(8 * COLUMNS)
    }

    /// Words of 64 bits of a half row that are used.
    pub(crate) fn used(&self) -> usize {
        self.width / COLUMNS
    }

    /// Sum of the spins.
    pub fn spin_sum(&self) -> i64 {
        let up: u64 = self.half_rows().map(count).sum();
        2 * up as i64 - (self.width * self.height) as i64
    }

    /// Sum of `s_i s_j` over all bonds: the energy in units of J is minus this.
    pub fn bond_sum(&self) -> i64 {
        let mut unequal = 0;
        let mut side = vec![[0; 8]; self.row_words()];
        // Every bond has one end of the even colour.
        for row in 0..self.height {
            let own = self.half_row(0, row);
            self.beside(0, row, &mut side);
            let (above, below) = self.above_and_below(0, row);
            for other in [self.half_row(1, row), &side, above, below] {
                let pairs = own.as_flattened().iter().zip(other.as_flattened());
                unequal +=
                    pairs.take(self.used()).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>() as i64;
            }
        }
        2 * (self.width * self.height) as i64 - 2 * unequal
    }

    /// The configuration, a byte a spin.
    pub fn to_spins(&self) -> Spins {
        let spin = |site: usize| {
            let (x, y) = (site % self.width, site / self.width);
            let (colour, bit) = ((x + y) % 2, x / 2);
            let words = self.half_row(colour, y).as_flattened();
            if words[bit / 64] >> (bit % 64) & 1 == 1 { 1 } else { -1 }
        };
        Spins::from_vec((0..self.width * self.height).map(spin).collect())
    }

    fn half_rows(&self) -> impl Iterator<Item = &[u64]> {
        let rows = self.colours.iter().flat_map(|colour| colour.chunks_exact(self.row_words()));
        rows.map(|row| &row.as_flattened()[..self.used()])
    }

    pub(crate) fn half_row(&self, colour: usize, row: usize) -> &[Word] {
        &self.colours[colour][row * self.row_words()..(row + 1) * self.row_words()]
    }

    /// The half rows of the other colour above and below a half row.
    pub(crate) fn above_and_below(&self, colour: usize, row: usize) -> (&[Word], &[Word]) {
        let (above, below) = ((row + self.height - 1) % self.height, (row + 1) % self.height);
        (self.half_row(1 - colour, above), self.half_row(1 - colour, below))
    }

    /// The horizontal neighbours that do not have the same bit: one bit further in the same row, to the right for the
    /// half row that begins at the second site, to the left for the one that begins at the first.
    pub(crate) fn beside(&self, colour: usize, row: usize, out: &mut [Word]) {
        let used = self.used();
        let other = &self.half_row(1 - colour, row).as_flattened()[..used];
        let out = &mut out.as_flattened_mut()[..used];
        if (row + colour) % 2 == 1 {
            for i in 0..used {
                let next = if i + 1 == used { other[0] } else { other[i + 1] };
                out[i] = other[i] >> 1 | next << 63;
            }
        } else {
            for i in 0..used {
                let previous = if i == 0 { other[used - 1] } else { other[i - 1] };
                out[i] = other[i] << 1 | previous >> 63;
            }
        }
    }
}

fn count(words: &[u64]) -> u64 {
    words.iter().map(|word| u64::from(word.count_ones())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{energy_per_spin, magnetisation};

    #[test]
    fn sums_are_those_of_the_spins() {
        for (width, height) in [(128, 2), (128, 6), (256, 4), (1024, 2), (1152, 4)] {
            let lattice = Lattice::rectangle(width, height).unwrap();
            let plane =
                LatticeBits::random(&lattice, &mut stats::stream(1, "plane-test", 0)).unwrap();
            let (spins, n) = (plane.to_spins(), lattice.sites() as f64);
            assert_eq!(plane.spin_sum() as f64, (magnetisation(spins.as_slice()) * n).round());
            let bonds = -(energy_per_spin(&lattice, spins.as_slice()) * n).round();
            assert_eq!(plane.bond_sum() as f64, bonds, "{width} x {height}");
        }
    }

    #[test]
    fn neighbours_are_those_of_the_lattice() {
        for (width, height) in [(128, 2), (256, 4), (1152, 4)] {
            let lattice = Lattice::rectangle(width, height).unwrap();
            let plane =
                LatticeBits::random(&lattice, &mut stats::stream(2, "plane-test", 0)).unwrap();
            let spins = plane.to_spins();
            let mut beside = vec![[0; 8]; plane.row_words()];
            for site in 0..lattice.sites() {
                let (x, y) = (site % width, site / width);
                let colour = (x + y) % 2;
                plane.beside(colour, y, &mut beside);
                let (above, below) = plane.above_and_below(colour, y);
                let up = [plane.half_row(1 - colour, y), &beside, above, below]
                    .map(|words| words.as_flattened()[x / 128] >> (x / 2 % 64) & 1);
                let neighbours = lattice.neighbours(site).iter();
                let expected = neighbours.filter(|&&n| spins.as_slice()[n as usize] > 0).count();
                assert_eq!(up.iter().sum::<u64>() as usize, expected, "{width} x {height}, {site}");
            }
        }
    }

    #[test]
    fn other_sides_are_refused() {
        let rng = &mut stats::stream(1, "plane-test", 0);
        let refused = LatticeBits::random(&Lattice::square(64).unwrap(), rng);
        assert_eq!(refused, Err(Error::LatticeBits { width: 64, height: 64 }));
        assert!(LatticeBits::random(&Lattice::rectangle(128, 3).unwrap(), rng).is_err());
        assert!(LatticeBits::random(&Lattice::ring(128).unwrap(), rng).is_err());
    }
}
