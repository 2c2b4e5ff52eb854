//! The sum over one layer, block by block: products in place of a logarithm per unit and state.
//!
//! The first `low` units of the layer vary within a block, all others from block to block. The field of unit i of the
//! other layer is `F_i + g_i`, the first part fixed by the block and the second by the state within it, so that
//! `cosh(F_i + g_i) = cosh F_i (A_i e^{g_i} + B_i e^{-g_i})` with `A_i = 1 / (1 + e^{-2 F_i})`, `B_i = 1 - A_i` needs no
//! more than a table of `e^{+-g_i}`. All loops run along the states of a block, which compilers vectorise; no
//! result depends on how, nor on the number of threads.

use crate::Rbm64;
use multiversion::multiversion;
use nalgebra::DMatrix;
use rayon::prelude::*;

/// The most units that vary within a block: its tables fit the second-level cache.
const MAX_LOW: usize = 8;
/// The most by which logarithms of weights may differ from the block's centre. Then no product leaves the range of f64,
/// and where `e^{-2 |F|}` underflows it has no weight: there `|F| > 350`, and `|g|` is at most this.
const MAX_SPREAD: f64 = 300.0;
/// When a product of numbers up to 2 is replaced by its logarithm.
const LARGE: f64 = 1e300;
/// States in one task of the thread pool.
const TASK: usize = 1 << 17;

/// The hidden layer of an RBM, ready to be summed over.
pub(crate) struct Blocks<'a> {
    rbm: &'a Rbm64,
    low: usize,
    /// `e^{g_i}`, `[state in the block, visible]`.
    grow: DMatrix<f64>,
    /// `e^{-g_i}`.
    shrink: DMatrix<f64>,
    /// `exp(c h)` of the units that vary.
    bias: Vec<f64>,
}

/// One block: its states have the weights `e^scale` times `weights`, which are within `e^{+-300}`.
pub(crate) struct Block {
    pub(crate) scale: f64,
    pub(crate) weights: Vec<f64>,
    fields: Vec<f64>,
    /// `A_i`, `B_i`.
    coefficients: Vec<(f64, f64)>,
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
pub(crate) fn unit(state: usize, i: usize) -> f64 {
    if state >> i & 1 == 1 { 1.0 } else { -1.0 }
}

impl<'a> Blocks<'a> {
    pub(crate) fn new(rbm: &'a Rbm64) -> Self {
        let spread_of = |a: usize| {
            let column: f64 = rbm.weights.column(a).iter().map(|w| w.abs()).sum();
            column + rbm.hidden_bias[a].abs()
        };
        let (mut low, mut spread) = (0, 0.0);
        while low < rbm.hidden().min(MAX_LOW) && spread + spread_of(low) <= MAX_SPREAD {
            spread += spread_of(low);
            low += 1;
        }
        let sum = |state: usize, x: &dyn Fn(usize) -> f64| -> f64 {
            (0..low).map(|a| x(a) * unit(state, a)).sum()
        };
        let grow = DMatrix::from_fn(1 << low, rbm.visible(), |state, i| {
            sum(state, &|a| rbm.weights[(i, a)]).exp()
        });
        let shrink = grow.map(f64::recip);
        let bias = (0..1 << low).map(|s| sum(s, &|a| rbm.hidden_bias[a]).exp()).collect();
        Self { rbm, low, grow, shrink, bias }
    }

    /// How many units vary within a block.
    pub(crate) fn low(&self) -> usize {
        self.low
    }

    fn count(&self) -> usize {
        1 << (self.rbm.hidden() - self.low)
    }

    fn empty(&self) -> Block {
        let (weights, fields, coefficients) = (self.bias.clone(), Vec::new(), Vec::new());
        Block { scale: 0.0, weights, fields, coefficients }
    }

    /// The weights `exp(c h) prod_i 2 cosh(b_i + sum_a W_ia h_a)` of the states with the high bits `index`.
    fn fill(&self, index: usize, block: &mut Block) {
        let Rbm64 { weights, visible_bias, hidden_bias } = self.rbm;
        let mut scale = 0.0;
        block.fields.clear();
        block.fields.extend_from_slice(visible_bias.as_slice());
        let m = visible_bias.len();
        for (a, c) in hidden_bias.iter().enumerate().skip(self.low) {
            let h = unit(index, a - self.low);
            let column = &weights.as_slice()[a * m..(a + 1) * m];
            scale += h * c;
            block.fields.iter_mut().zip(column).for_each(|(f, w)| *f += h * w);
        }
        block.coefficients.clear();
        let mut product = 1.0;
        for f in &block.fields {
            let beyond = (-2.0 * f.abs()).exp();
            let (most, least) = (1.0 / (1.0 + beyond), beyond / (1.0 + beyond));
            block.coefficients.push(if *f > 0.0 { (most, least) } else { (least, most) });
            scale += f.abs();
            product *= 1.0 + beyond;
            if product > LARGE {
                scale += product.ln();
                product = 1.0;
            }
        }
        block.scale = scale + product.ln();
        block.weights.copy_from_slice(&self.bias);
        let tables = (self.grow.as_slice(), self.shrink.as_slice());
        multiply(&mut block.weights, tables.0, tables.1, &block.coefficients);
    }

    /// `tanh(F_i + g_i)` times the weight, in every state of the block.
    pub(crate) fn weighted_means(&self, block: &Block, i: usize, out: &mut [f64]) {
        let states = i << self.low..(i + 1) << self.low;
        let grow = &self.grow.as_slice()[states.clone()];
        let shrink = &self.shrink.as_slice()[states];
        weighted_means(out, &block.weights, grow, shrink, block.coefficients[i]);
    }

    /// Sums `length` quantities over all states. `terms(index, block, out)` writes what one block adds to them, in
    /// units of the block's scale.
    pub(crate) fn sum(
        &self,
        length: usize,
        terms: impl Fn(usize, &Block, &mut [f64]) + Sync,
    ) -> Scaled {
        let blocks = (TASK >> self.low).min(self.count());
        let task = |first: usize| {
            let (mut block, mut part) = (self.empty(), Scaled::zeros(length));
            let mut sum = Scaled::zeros(length);
            for index in first..first + blocks {
                self.fill(index, &mut block);
                part.scale = block.scale;
                terms(index, &block, &mut part.values);
                sum.add(&part);
            }
            sum
        };
        if blocks == self.count() {
            return task(0);
        }
        // In the order of the tasks, whoever computed them.
        let parts: Vec<Scaled> =
            (0..self.count() / blocks).into_par_iter().map(|part| task(part * blocks)).collect();
        let mut sum = Scaled::zeros(length);
        parts.iter().for_each(|part| sum.add(part));
        sum
    }

    /// The logarithms of the weights of all states.
    pub(crate) fn ln_weights(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.count() << self.low];
        let task = |(task, out): (usize, &mut [f64])| {
            let mut block = self.empty();
            let first = task * (TASK >> self.low);
            for (index, out) in out.chunks_mut(1 << self.low).enumerate() {
                self.fill(first + index, &mut block);
                out.iter_mut().zip(&block.weights).for_each(|(x, w)| *x = block.scale + w.ln());
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

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn multiply(weights: &mut [f64], grow: &[f64], shrink: &[f64], coefficients: &[(f64, f64)]) {
    let tables = grow.chunks(weights.len()).zip(shrink.chunks(weights.len()));
    for ((grow, shrink), (a, b)) in tables.zip(coefficients) {
        for ((w, e), inverse) in weights.iter_mut().zip(grow).zip(shrink) {
            *w *= a * e + b * inverse;
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn weighted_means(
    out: &mut [f64],
    weights: &[f64],
    grow: &[f64],
    shrink: &[f64],
    (a, b): (f64, f64),
) {
    for (((x, w), e), inverse) in out.iter_mut().zip(weights).zip(grow).zip(shrink) {
        let (up, down) = (a * e, b * inverse);
        *x = w * ((up - down) / (up + down));
    }
}

/// The sum, in eight parts that a processor adds side by side.
pub(crate) fn total(values: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let chunks = values.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().sum();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, x)| *lane += x);
    }
    lanes.iter().sum::<f64>() + rest
}

/// For `values` over all states of `moments.len()` units, writes `sum_s values(s) s_i` for each unit and returns
/// `sum_s values(s)`, folding the states of the last unit onto each other first: a few additions per state.
pub(crate) fn first_moments(values: &mut [f64], moments: &mut [f64]) -> f64 {
    let mut length = values.len();
    for moment in moments.iter_mut().rev() {
        length /= 2;
        let (down, up) = values[..2 * length].split_at_mut(length);
        up.iter_mut().zip(down).for_each(|(up, down)| {
            (*down, *up) = (*down + *up, *up - *down);
        });
        *moment = total(up);
    }
    values[0]
}
