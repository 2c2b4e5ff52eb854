//! Occupied bonds: each satisfied one with the same probability, 64 of a row at a time.

use super::flood::Cell;
use crate::bernoulli::{Probability, fill};
use crate::{Coupling, Lattice};
use multiversion::multiversion;
use rand_pcg::Pcg64;
use stats::{Bits, Word};

/// The probability that a satisfied bond is occupied, `1 - e^{-2|K|}` (`fortuin-kasteleyn-1972`): 0 at K = 0, 1 at infinite K.
pub(crate) fn binding(coupling: Coupling) -> Probability {
    let exponent = -2.0 * coupling.value().abs();
    Probability::with_complement(-exponent.exp_m1(), exponent.exp())
}

/// Draws the bonds of one lattice at one coupling.
#[derive(Debug)]
pub(crate) struct Bonds {
    width: usize,
    has_rows: bool,
    /// Turns "differ" into "satisfied".
    alike: u64,
    binding: Probability,
    bits: Bits,
    /// For each cell those to the right, then for each those down.
    decisions: Vec<Word>,
    /// For each cell the spins, set for -1.
    spins: Vec<u64>,
}

impl Bonds {
    /// The random bits are seeded from `rng`.
    pub(crate) fn new(lattice: &Lattice, coupling: Coupling, rng: &mut Pcg64) -> Self {
        let cells = lattice.width().div_ceil(64) * lattice.height();
        let directions = lattice.degree() / 2;
        Self {
            width: lattice.width(),
            has_rows: !lattice.is_ring(),
            alike: if coupling.is_antiferromagnetic() { 0 } else { u64::MAX },
            binding: binding(coupling),
            bits: Bits::new(rng),
            decisions: vec![[0; 8]; (directions * cells).div_ceil(8)],
            spins: vec![0; cells],
        }
    }

    /// 512 fair coins.
    pub(crate) fn coins(&mut self) -> Word {
        self.bits.word()
    }

    /// Puts into the cells the occupied bonds of this configuration.
    pub(crate) fn draw(&mut self, spins: &[i8], cells: &mut [Cell]) {
        fill(&mut self.bits, &self.binding, &mut self.decisions);
        pack(spins, self.width, &mut self.spins);
        let (right, down) = self.decisions.as_flattened().split_at(cells.len());
        let spins = &self.spins[..];
        for (i, cell) in cells.iter_mut().enumerate() {
            let next = spins[i] >> 1 | (spins[cell.next as usize] & 1) << cell.last;
            cell.right = (spins[i] ^ next ^ self.alike) & right[i] & cell.sites();
            if self.has_rows {
                let below = spins[cell.below as usize];
                cell.down = (spins[i] ^ below ^ self.alike) & down[i] & cell.sites();
            }
        }
    }
}

/// Sets the bits of the spins that are -1, row after row.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn pack(spins: &[i8], width: usize, words: &mut [u64]) {
    let rows = spins.chunks(width).zip(words.chunks_mut(width.div_ceil(64)));
    for (spins, word) in rows.flat_map(|(spins, words)| spins.chunks(64).zip(words)) {
        *word = if let Ok(spins) = spins.try_into() {
            signs(spins)
        } else {
            let mut padded = [0; 64];
            padded[..spins.len()].copy_from_slice(spins);
            signs(&padded)
        };
    }
}

/// The sign bits of 64 bytes.
#[inline(always)]
fn signs(spins: &[i8; 64]) -> u64 {
    let mut word = 0;
    for (i, eight) in spins.as_chunks::<8>().0.iter().enumerate() {
        let bytes = u64::from_le_bytes(eight.map(|s| s as u8));
        // The product brings the lowest bits of the eight bytes to the top, each from one of its terms.
        let lowest = bytes >> 7 & 0x0101_0101_0101_0101;
        word |= lowest.wrapping_mul(0x0102_0408_1020_4080) >> 56 << (8 * i);
    }
    word
}

/// Flips the spins that the cells say.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
pub(crate) fn flip(spins: &mut [i8], width: usize, cells: &[Cell]) {
    let rows = spins.chunks_mut(width).zip(cells.chunks(width.div_ceil(64)));
    for (spins, cell) in rows.flat_map(|(spins, cells)| spins.chunks_mut(64).zip(cells)) {
        for (i, spin) in spins.iter_mut().enumerate() {
            // 0 or -1: (x ^ -1) + 1 is -x.
            let flipped = -((cell.flipped >> i & 1) as i8);
            *spin = (*spin ^ flipped) - flipped;
        }
    }
}
