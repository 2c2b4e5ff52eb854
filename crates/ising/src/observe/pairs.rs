//! Pairs of spins at one distance, compared 64 at a time: a shift, an exclusive or, a mask and a count of bits.

use crate::Lattice;
use multiversion::multiversion;
use std::ops::Range;

/// Sites i and `i + shift` for every bit i that is set in `mask`.
pub(super) struct Pairs {
    shift: usize,
    mask: Vec<u64>,
}

impl Pairs {
    /// Each site with the one `distance` further along each axis, modulo the sides. Sites paired with themselves are left
    /// out: they are equal.
    pub(super) fn along_axes(lattice: &Lattice, distance: usize) -> Vec<Self> {
        let (width, height) = (lattice.width(), lattice.height());
        let columns = |columns: usize| (0..height).map(move |y| y * width..y * width + columns);
        let rows = |rows: usize| std::iter::once(0..rows * width);
        let mut all = Vec::with_capacity(4);
        // Pairs over the edge are those at the distance that is left, read from the other end.
        let (r, rest) = (distance % width, width - distance % width);
        if r > 0 {
            all.extend([Self::new(r, columns(rest)), Self::new(rest, columns(r))]);
        }
        let (r, rest) = (distance % height, height - distance % height);
        if r > 0 && !lattice.is_ring() {
            all.extend([Self::new(r * width, rows(rest)), Self::new(rest * width, rows(r))]);
        }
        all
    }

    fn new(shift: usize, sites: impl Iterator<Item = Range<usize>>) -> Self {
        let mut mask = Vec::new();
        for sites in sites {
            mask.resize(sites.end.div_ceil(64), 0);
            for (word, bits) in mask.iter_mut().enumerate().skip(sites.start / 64) {
                let below = |site: usize| match site.saturating_sub(64 * word) {
                    bits @ 0..64 => (1 << bits) - 1,
                    _ => u64::MAX,
                };
                *bits |= below(sites.end) & !below(sites.start);
            }
        }
        Self { shift, mask }
    }

    /// How many pairs of a row are unequal.
    #[inline(always)]
    fn unequal(&self, row: &[u64]) -> u64 {
        let (low, by) = (&row[self.shift / 64..], self.shift % 64);
        let here = row.iter().zip(&self.mask);
        let mut unequal = 0;
        for ((here, mask), (low, high)) in here.zip(low.iter().zip(&low[1..])) {
            // By 64 - by bits, in two steps because that may be 64.
            let there = low >> by | high << 1 << (63 - by);
            unequal += u64::from(((here ^ there) & mask).count_ones());
        }
        // The last word has none above it.
        let last = low.len() - 1;
        let mask = self.mask.get(last).copied().unwrap_or(0);
        unequal + u64::from(((row[last] ^ low[last] >> by) & mask).count_ones())
    }
}

/// How many pairs are unequal in each row of `row_words` words.
#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512vpopcntdq+popcnt",
    "x86_64+avx2+popcnt"
))]
pub(super) fn unequal(words: &[u64], row_words: usize, pairs: &[Pairs]) -> Vec<u64> {
    let rows = words.chunks_exact(row_words);
    rows.map(|row| pairs.iter().map(|pairs| pairs.unequal(row)).sum()).collect()
}
