//! Yardsticks: how fast one core of this machine does what needs no explanation.

use super::repeat;
use anyhow::Result;
use linalg::{plain, product};
use nalgebra::DMatrix;
use std::hint::black_box;

/// What a figure may be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Yardstick {
    /// Additions and multiplications in a large product of f32 matrices.
    Product,
    /// Logic operations on 512 bits.
    Logic,
    /// Bytes of a copy that no cache holds.
    Copy,
    /// Calls of the standard library's `exp` of f64.
    Exp,
}

impl Yardstick {
    pub(super) const ALL: [Self; 4] = [Self::Product, Self::Logic, Self::Copy, Self::Exp];

    /// Its name, as that of its rate in units of 10^9 a second.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Product => "sgemm_gflops",
            Self::Logic => "logic_gops",
            Self::Copy => "copy_gbs",
            Self::Exp => "exp_gcalls",
        }
    }

    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Product => "f32 operations in a product of 1024 x 1024 matrices",
            Self::Copy => "bytes copied in memory, 64 MB at once",
            Self::Logic => "exclusive ors and shifts of 512 bits",
            Self::Exp => "f64 exp of the standard library",
        }
    }

    /// How often the operation is done in a second, in units of 10^9.
    fn measure(self) -> Result<f64> {
        let (mut work, operations) = match self {
            Self::Product => multiplying(),
            Self::Copy => copying(),
            Self::Logic => combining(),
            Self::Exp => exponentials(),
        };
        let (mut times, _) = repeat(&mut || Ok(work()))?;
        times.sort_by(f64::total_cmp);
        Ok(operations / times[times.len() / 2] / 1e9)
    }
}

/// The rates of all yardsticks, in units of 10^9 a second.
pub(super) struct Yardsticks([f64; 4]);

impl Yardsticks {
    pub(super) fn measure() -> Result<Self> {
        let mut rates = [0.0; 4];
        for (rate, yardstick) in rates.iter_mut().zip(Yardstick::ALL) {
            *rate = yardstick.measure()?;
        }
        Ok(Self(rates))
    }

    pub(super) fn giga(&self, yardstick: Yardstick) -> f64 {
        self.0[yardstick as usize]
    }
}

/// A piece of work and the operations in it.
type Work = (Box<dyn FnMut() -> f64>, f64);

fn multiplying() -> Work {
    const SIDE: usize = 1024;
    let a = DMatrix::from_fn(SIDE, SIDE, |i, j| (i % 7) as f32 - (j % 5) as f32);
    let mut c = a.clone();
    let work = move || {
        product(1.0, plain(&a), plain(&a), 0.0, &mut c);
        f64::from(c[0])
    };
    (Box::new(work), 2.0 * (SIDE * SIDE * SIDE) as f64)
}

fn copying() -> Work {
    const BYTES: usize = 1 << 26;
    let from = vec![1_u8; BYTES];
    let mut to = vec![0_u8; BYTES];
    let work = move || {
        to.copy_from_slice(black_box(&from));
        f64::from(black_box(&to)[BYTES / 2])
    };
    (Box::new(work), BYTES as f64)
}

fn exponentials() -> Work {
    let x: Vec<f64> = (0..4096).map(|i| 0.0037 * f64::from(i) - 10.0).collect();
    let operations = x.len() as f64;
    (Box::new(move || black_box(&x).iter().map(|x| x.exp()).sum()), operations)
}

/// Words of 512 bits, as many as stay in the nearest cache.
type Words = [[u64; 8]; 64];

/// Steps of a generator on each word before the next one's turn, of six operations each.
const STEPS: usize = 16;

fn combining() -> Work {
    let mut words: Words = std::array::from_fn(|i| [1 + i as u64; 8]);
    let work = move || {
        combine(black_box(&mut words));
        words[0][0] as f64
    };
    (Box::new(work), (6 * STEPS * 64) as f64)
}

/// Xorshift, because no compiler finds a way around its exclusive ors and shifts.
#[inline(always)]
fn combine_plain(words: &mut Words) {
    for x in words.as_flattened_mut() {
        for _ in 0..STEPS {
            *x ^= *x << 13;
            *x ^= *x >> 7;
            *x ^= *x << 17;
        }
    }
}

/// Combines the words by the widest operations that the processor has.
fn combine(words: &mut Words) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f")]
        fn widest(words: &mut Words) {
            combine_plain(words);
        }
        #[target_feature(enable = "avx2")]
        fn wide(words: &mut Words) {
            combine_plain(words);
        }
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has the feature.
            return unsafe { widest(words) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has the feature.
            return unsafe { wide(words) };
        }
    }
    combine_plain(words);
}
