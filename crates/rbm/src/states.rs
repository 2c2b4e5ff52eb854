//! All states of the hidden layer, block by block, each with its weight; no logarithm per unit and state.
//!
//! The first `low` units vary within a block, all others from block to block. The field of visible unit i is `F_i + g_i`,
//! the first part fixed by the block, the second by the state within it. With s the sign of F,
//! `2 cosh(F + g) = e^{|F| + s g} (1 + e^{-2|F|} e^{-2 s g})`: the exponents add up to one slope per low unit, and the
//! factors, never below 1, are products with tables of `e^{+-2 g_i}`. Every block begins anew, so that nothing accumulates,
//! and no result depends on the number of threads.

use crate::Rbm;
use multiversion::multiversion;
use nalgebra::DMatrix;
use rayon::prelude::*;
use std::f64::consts::LN_2;
use std::ops::Range;

/// The most units that vary within a block: their tables fit the second-level cache.
pub(crate) const MAX_LOW: usize = 8;
/// The most that `|2 g_i|` may be. Where `e^{-2|F|}` is less than the smallest f64, its term is then below e^{-100}.
const MAX_TABLE: f64 = 600.0;
/// The most that the logarithm of a product may be: e^700 is still a number.
const MAX_PRODUCT: f64 = 700.0;
/// States in one task of the thread pool.
const TASK: usize = 1 << 15;

/// The hidden layer of an RBM, ready to be summed over.
pub(crate) struct States {
    /// W, b, c in f64.
    weights: DMatrix<f64>,
    visible_bias: Vec<f64>,
    hidden_bias: Vec<f64>,
    low: usize,
    /// W of the low units alone, `[low unit, visible]`.
    low_weights: DMatrix<f64>,
    /// The most that `|2 g_i|` is.
    reach: Vec<f64>,
    /// `e^{2 g_i}`, `[state in the block, visible]`.
    grow: DMatrix<f64>,
    /// `e^{-2 g_i}`.
    shrink: DMatrix<f64>,
}

/// One block: its states have the weights `e^scale` times `weights`.
pub(crate) struct Block {
    scale: f64,
    pub(crate) weights: Vec<f64>,
    /// Of the weights, where f64 cannot hold these.
    logarithms: Vec<f64>,
    /// `F_i` and `e^{-2 |F_i|}`.
    fields: Vec<f64>,
    small: Vec<f64>,
    /// What each low unit, being up, adds to the exponent.
    slopes: Vec<f64>,
    /// No less than the logarithm of the product of all factors.
    most: f64,
}

/// Sums that may be too large for f64: `e^scale` times `values`.
pub(crate) struct Scaled {
    pub(crate) scale: f64,
    pub(crate) values: Vec<f64>,
}

impl Scaled {
    fn zeros(length: usize) -> Self {
        Self { scale: f64::NEG_INFINITY, values: vec![0.0; length] }
    }

    fn add(&mut self, other: &Self) {
        if other.scale > self.scale {
            let factor = (self.scale - other.scale).exp();
            self.values.iter_mut().for_each(|x| *x *= factor);
            self.scale = other.scale;
        }
        let factor = (other.scale - self.scale).exp();
        self.values.iter_mut().zip(&other.values).for_each(|(x, y)| *x += factor * y);
    }
}

/// The value +-1 of a unit in a state.
pub(crate) fn unit(state: usize, a: usize) -> f64 {
    if state >> a & 1 == 1 { 1.0 } else { -1.0 }
}

impl States {
    pub(crate) fn new(rbm: &Rbm) -> Self {
        let weights = rbm.weights.map(f64::from);
        let (visible, hidden) = weights.shape();
        let (mut low, mut reach) = (0, vec![0.0; visible]);
        while low < hidden.min(MAX_LOW) {
            let column = weights.column(low);
            let wider = reach.iter().zip(&column).map(|(r, w)| r + 2.0 * w.abs());
            let wider: Vec<f64> = wider.collect();
            if wider.iter().any(|r| *r > MAX_TABLE) {
                break;
            }
            (low, reach) = (low + 1, wider);
        }
        let low_weights = weights.columns(0, low).transpose();
        let (mut grow, mut shrink) =
            (DMatrix::zeros(1 << low, visible), DMatrix::zeros(1 << low, visible));
        for (i, row) in low_weights.column_iter().enumerate() {
            for (table, factor) in [(&mut grow, 2.0), (&mut shrink, -2.0)] {
                let steps = row.iter().map(|w| ((-factor * w).exp(), (factor * w).exp()));
                fill_table(
                    &mut table.as_mut_slice()[i << low..(i + 1) << low],
                    1.0,
                    steps,
                    |x, y| x * y,
                );
            }
        }
        Self {
            visible_bias: rbm.visible_bias.iter().map(|&b| f64::from(b)).collect(),
            hidden_bias: rbm.hidden_bias.iter().map(|&c| f64::from(c)).collect(),
            weights,
            low,
            low_weights,
            reach,
            grow,
            shrink,
        }
    }

    /// How many units vary within a block.
    pub(crate) fn low(&self) -> usize {
        self.low
    }

    fn blocks(&self) -> usize {
        1 << (self.hidden_bias.len() - self.low)
    }

    fn empty(&self) -> Block {
        let (states, visible) = (1 << self.low, self.visible_bias.len());
        Block {
            scale: 0.0,
            weights: vec![0.0; states],
            logarithms: vec![0.0; states],
            fields: vec![0.0; visible],
            small: vec![0.0; visible],
            slopes: vec![0.0; self.low],
            most: 0.0,
        }
    }

    /// Fields, slopes and scale of the block of the states with the high bits `index`.
    fn prepare(&self, index: usize, block: &mut Block) {
        let m = self.visible_bias.len();
        (block.scale, block.most) = (0.0, 0.0);
        block.fields.copy_from_slice(&self.visible_bias);
        for (a, c) in self.hidden_bias.iter().enumerate().skip(self.low) {
            let h = unit(index, a - self.low);
            block.scale += h * c;
            add(&mut block.fields, h, &self.weights.as_slice()[a * m..(a + 1) * m]);
        }
        block.slopes.copy_from_slice(&self.hidden_bias[..self.low]);
        for (i, f) in block.fields.iter().enumerate() {
            block.scale += f.abs();
            block.most += self.most_of_factor(i, *f);
            block.small[i] = (-2.0 * f.abs()).exp();
            let row = self.low_weights.column(i);
            block.slopes.iter_mut().zip(&row).for_each(|(d, w)| *d += f.signum() * w);
        }
    }

    /// No less than the logarithm of `1 + e^{-2|F|} e^{-2 s g_i}` in any state.
    fn most_of_factor(&self, i: usize, field: f64) -> f64 {
        LN_2 + (self.reach[i] - 2.0 * field.abs()).max(0.0)
    }

    /// The weights `exp(c h) prod_i 2 cosh(b_i + sum_a W_ia h_a)` of a prepared block.
    fn weigh(&self, block: &mut Block) {
        let line = block.slopes.iter().map(|d| d.abs()).sum::<f64>();
        if line + block.most <= MAX_PRODUCT {
            let steps = block.slopes.iter().map(|d| ((-d).exp(), d.exp()));
            fill_table(&mut block.weights, 1.0, steps, |x, y| x * y);
            self.multiply(0..block.fields.len(), block);
        } else {
            self.take_logarithms(block);
            let largest = block.logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            block.scale += largest;
            let weights = block.weights.iter_mut().zip(&block.logarithms);
            weights.for_each(|(w, ln)| *w = (ln - largest).exp());
        }
    }

    /// The logarithms of the weights, of any size: one is taken whenever a product might leave the range of f64.
    fn take_logarithms(&self, block: &mut Block) {
        fill_table(&mut block.logarithms, 0.0, block.slopes.iter().map(|d| (-d, *d)), |x, y| x + y);
        let (mut first, units) = (0, block.fields.len());
        while first < units {
            let mut most = 0.0;
            let fits = |i: &usize| {
                most += self.most_of_factor(*i, block.fields[*i]);
                most <= MAX_PRODUCT
            };
            // One factor fits always.
            let end = first + (first..units).take_while(fits).count().max(1);
            block.weights.fill(1.0);
            self.multiply(first..end, block);
            let logarithms = block.logarithms.iter_mut().zip(&block.weights);
            logarithms.for_each(|(sum, product)| *sum += product.ln());
            first = end;
        }
    }

    fn multiply(&self, units: Range<usize>, block: &mut Block) {
        let Block { weights, fields, small, .. } = block;
        multiply(weights, units, fields, small, (self.grow.as_slice(), self.shrink.as_slice()));
    }

    /// `<v_i>` given the hidden units, `tanh(F_i + g_i)`, times the weight, in every state of the block.
    pub(crate) fn weighted_means(&self, block: &Block, i: usize, out: &mut [f64]) {
        let states = i << self.low..(i + 1) << self.low;
        let f = block.fields[i];
        let table = if f.is_sign_negative() { &self.grow } else { &self.shrink };
        weighted_means(out, &block.weights, &table.as_slice()[states], f.signum(), block.small[i]);
    }

    /// Sums `length` quantities over all states. `terms(index, block, out)` writes what one block adds to them, the first
    /// being the sum of its weights.
    pub(crate) fn sum(
        &self,
        length: usize,
        terms: impl Fn(usize, &Block, &mut [f64]) + Sync,
    ) -> Scaled {
        let blocks = (TASK >> self.low).min(self.blocks());
        let task = |task: usize| {
            let (mut block, mut part) = (self.empty(), Scaled::zeros(length));
            let mut sum = Scaled::zeros(length);
            for index in task * blocks..(task + 1) * blocks {
                self.prepare(index, &mut block);
                self.weigh(&mut block);
                terms(index, &block, &mut part.values);
                // Else a block could be lost whose values are large and whose scale is small.
                let z = part.values[0];
                part.scale = block.scale + z.ln();
                part.values.iter_mut().for_each(|x| *x /= z);
                sum.add(&part);
            }
            sum
        };
        if blocks == self.blocks() {
            return task(0);
        }
        // In the order of the tasks, whoever computed them.
        let parts: Vec<Scaled> = (0..self.blocks() / blocks).into_par_iter().map(task).collect();
        let mut sum = Scaled::zeros(length);
        parts.iter().for_each(|part| sum.add(part));
        sum
    }

    /// The logarithms of the weights of all states.
    pub(crate) fn ln_weights(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.blocks() << self.low];
        let task = |(task, out): (usize, &mut [f64])| {
            let mut block = self.empty();
            let first = task * (TASK >> self.low);
            for (index, out) in out.chunks_mut(1 << self.low).enumerate() {
                self.prepare(first + index, &mut block);
                self.take_logarithms(&mut block);
                out.iter_mut().zip(&block.logarithms).for_each(|(x, ln)| *x = block.scale + ln);
            }
        };
        if out.len() <= TASK {
            task((0, &mut out));
        } else {
            out.par_chunks_mut(TASK).enumerate().for_each(task);
        }
        out
    }
}

/// Over the states of some units, joins to `start` the first of each unit's two numbers where it is down, the second
/// where it is up.
fn fill_table(
    table: &mut [f64],
    start: f64,
    units: impl Iterator<Item = (f64, f64)>,
    join: impl Fn(f64, f64) -> f64,
) {
    table[0] = start;
    for (a, (down, up)) in units.enumerate() {
        let (without, with) = table[..2 << a].split_at_mut(1 << a);
        for (x, y) in without.iter_mut().zip(with) {
            (*x, *y) = (join(*x, down), join(*x, up));
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn add(sum: &mut [f64], factor: f64, term: &[f64]) {
    sum.iter_mut().zip(term).for_each(|(x, y)| *x += factor * y);
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn multiply(
    weights: &mut [f64],
    units: Range<usize>,
    fields: &[f64],
    small: &[f64],
    (grow, shrink): (&[f64], &[f64]),
) {
    let states = weights.len();
    for i in units {
        let table = if fields[i].is_sign_negative() { grow } else { shrink };
        let (small, table) = (small[i], &table[i * states..(i + 1) * states]);
        weights.iter_mut().zip(table).for_each(|(w, t)| *w *= 1.0 + small * t);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn weighted_means(out: &mut [f64], weights: &[f64], table: &[f64], sign: f64, small: f64) {
    for ((x, w), t) in out.iter_mut().zip(weights).zip(table) {
        let other = small * t;
        *x = sign * w * ((1.0 - other) / (1.0 + other));
    }
}

/// From values `x` in all states of some units, writes `sum x h_a` for each unit and returns `sum x`: the halves with the
/// last unit up and down are subtracted, then added, and one unit is dealt with.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
pub(crate) fn fold(values: &mut [f64], sums: &mut [f64]) -> f64 {
    let mut half = values.len();
    for sum in sums.iter_mut().rev() {
        half /= 2;
        let (down, up) = values[..2 * half].split_at_mut(half);
        for (down, up) in down.iter_mut().zip(up.iter_mut()) {
            (*down, *up) = (*up + *down, *up - *down);
        }
        *sum = total(up);
    }
    values[0]
}

/// The sum, in eight parts that a processor adds side by side.
#[inline(always)]
pub(crate) fn total(values: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let chunks = values.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().sum();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, x)| *lane += x);
    }
    lanes.iter().sum::<f64>() + rest
}
