//! Multispin coding of one large torus: all sites of one colour, 64 a word, then all of the other.

use super::multispin::{Kind, Rule, heat_bath, metropolis};
use super::{Sampler, Sweep};
use crate::{Coupling, Error, LatticeBits};
use multiversion::multiversion;
use rand_pcg::Pcg64;
use stats::{Bits, Word};

/// Neighbours of a site of a torus.
const DEGREE: usize = 4;

/// Checkerboard sweeps of one large torus. Decisions are those of [`Multispin`](crate::Multispin), each site with
/// random bits of its own and an error of every probability below 2^-64.
///
/// ```
/// use ising::{Checkerboard, Coupling, Lattice, LatticeBits, Sampler};
///
/// // At T = 5 the 128 x 128 torus is as good as infinite: Onsager's energy.
/// let torus = Lattice::square(128)?;
/// let rng = &mut stats::stream(1, "example", 0);
/// let mut state = LatticeBits::random(&torus, rng)?;
/// let mut sampler = Checkerboard::heat_bath(Coupling::new(0.2)?, rng);
/// let mut sweep = || {
///     sampler.sweep(&mut state, rng);
///     -state.bond_sum() as f64 / torus.sites() as f64
/// };
/// let series: Vec<f64> = (0..300).map(|_| sweep()).collect();
/// let energy = stats::Estimate::from_series(&series[20..]);
/// assert!(energy.sigmas_from(exact::square::energy_per_spin(0.2)) < 4.0);
/// # Ok::<(), ising::Error>(())
/// ```
#[derive(Debug)]
pub struct Checkerboard {
    rule: Rule,
    bits: Bits,
    /// The horizontal neighbours of the half row that is being updated.
    beside: Vec<Word>,
}

impl Checkerboard {
    /// Heat bath, with random bits seeded by `rng`.
    pub fn heat_bath(coupling: Coupling, rng: &mut Pcg64) -> Self {
        Self::new(Rule::heat_bath(DEGREE, coupling, 0.0), rng)
    }

    /// Metropolis, of which one move in 16 is left out, with random bits seeded by `rng`.
    pub fn metropolis(coupling: Coupling, rng: &mut Pcg64) -> Self {
        Self::new(Rule::metropolis(coupling, 0.0), rng)
    }

    /// The same in the field H = h / (k_B T).
    ///
    /// # Errors
    /// [`Error::Field`] when H is not finite.
    pub fn in_field(self, field: f64) -> Result<Self, Error> {
        Ok(Self { rule: self.rule.in_field(DEGREE, field)?, ..self })
    }

    fn new(rule: Rule, rng: &mut Pcg64) -> Self {
        Self { rule, bits: Bits::new(rng), beside: Vec::new() }
    }
}

impl Sampler for Checkerboard {
    type State = LatticeBits;

    /// The random bits are the sampler's own.
    fn sweep(&mut self, state: &mut LatticeBits, _: &mut Pcg64) -> Sweep {
        self.beside.resize(state.row_words(), [0; 8]);
        let (width, height) = state.sides();
        let mut flipped = 0;
        for colour in 0..2 {
            for row in 0..height {
                state.beside(colour, row, &mut self.beside);
                flipped += update(&self.rule, &mut self.bits, state, colour, row, &self.beside);
            }
        }
        Sweep { attempted: (width * height) as u64, flipped }
    }
}

/// Updates one half row and counts the flips.
#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx512vpopcntdq",
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw",
    "x86_64+avx2+popcnt",
))]
fn update(
    rule: &Rule,
    bits: &mut Bits,
    state: &mut LatticeBits,
    colour: usize,
    row: usize,
    beside: &[Word],
) -> u64 {
    let (words, used) = (state.row_words(), state.used());
    let mut inside = bits.clone();
    let mut flipped = 0;
    for word in 0..words {
        let (above, below) = state.above_and_below(colour, row);
        let around =
            [state.half_row(1 - colour, row)[word], beside[word], above[word], below[word]];
        let spin = state.half_row(colour, row)[word];
        let flip = match &rule.kind {
            Kind::HeatBath(up) => heat_bath(up, &mut inside, spin, around),
            Kind::Metropolis { reversed, flip, against } => {
                metropolis(*reversed, flip, against.as_ref(), &mut inside, spin, around)
            }
        };
        let place = &mut state.colours[colour][row * words + word];
        for lane in 0..8 {
            place[lane] ^= flip[lane];
        }
        let flip = flip.iter().take(used - 8 * word);
        flipped += flip.map(|bits| u64::from(bits.count_ones())).sum::<u64>();
    }
    *bits = inside;
    flipped
}
