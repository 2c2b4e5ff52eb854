//! Block Gibbs sampling of a batch: all hidden units given the visible ones, all visible units given the hidden ones.

use crate::Rbm;
use crate::gradient::Units;
use crate::tasks::columns_per_task;
use linalg::{sample_means, sample_units, tanh};
use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut};
use rand_pcg::Pcg64;
use rayon::prelude::*;
use stats::Bits;

/// Some columns of both layers, which one task works on.
struct Block<'a> {
    visible: &'a mut [f32],
    hidden: &'a mut [f32],
}

/// Divides both layers into blocks of whole columns.
fn blocks<'a>(
    rbm: &Rbm,
    units: &'a mut Units,
) -> impl IndexedParallelIterator<Item = Block<'a>> + use<'a> {
    let (m, n) = (rbm.visible(), rbm.hidden());
    let columns = columns_per_task(units.visible.ncols(), m * n);
    let visible = units.visible.as_mut_slice().par_chunks_mut(m * columns);
    let hidden = units.hidden.as_mut_slice().par_chunks_mut(n * columns);
    visible.zip(hidden).map(|(visible, hidden)| Block { visible, hidden })
}

impl Block<'_> {
    fn activate_hidden(&mut self, rbm: &Rbm) {
        let columns = self.visible.len() / rbm.visible();
        let visible = DMatrixView::from_slice(self.visible, rbm.visible(), columns);
        let hidden = DMatrixViewMut::from_slice(self.hidden, rbm.hidden(), columns);
        rbm.hidden_activation(visible, hidden);
    }

    fn activate_visible(&mut self, rbm: &Rbm) {
        let columns = self.visible.len() / rbm.visible();
        let hidden = DMatrixView::from_slice(self.hidden, rbm.hidden(), columns);
        let visible = DMatrixViewMut::from_slice(self.visible, rbm.visible(), columns);
        rbm.visible_activation(hidden, visible);
    }

    fn expect_hidden(&mut self, rbm: &Rbm) {
        self.activate_hidden(rbm);
        tanh(self.hidden);
    }

    fn clamp(&mut self, rbm: &Rbm, data: &DMatrix<f32>, samples: &[u32]) {
        for (visible, &sample) in self.visible.chunks_exact_mut(rbm.visible()).zip(samples) {
            visible.copy_from_slice(data.column(sample as usize).as_slice());
        }
        self.expect_hidden(rbm);
    }

    fn mean_step(&mut self, rbm: &Rbm) {
        self.expect_hidden(rbm);
        self.activate_visible(rbm);
        tanh(self.visible);
    }

    fn sampled_step(&mut self, rbm: &Rbm, bits: &mut Bits) {
        self.activate_hidden(rbm);
        sample_units(self.hidden, bits);
        self.activate_visible(rbm);
        sample_units(self.visible, bits);
    }

    fn walk(&mut self, rbm: &Rbm, steps: u32, mut rng: Pcg64) {
        let mut bits = Bits::new(&mut rng);
        for _ in 0..steps {
            sample_means(self.hidden, &mut bits);
            self.activate_visible(rbm);
            sample_units(self.visible, &mut bits);
            self.expect_hidden(rbm);
        }
    }
}

/// Random numbers of one walk: the stream `index` of `label`, of which every block has one of its own.
#[derive(Clone, Copy)]
pub(crate) struct Stream {
    pub(crate) seed: u64,
    pub(crate) label: &'static str,
    pub(crate) index: u64,
}

impl Stream {
    pub(crate) fn of_block(self, number: usize) -> Pcg64 {
        stats::stream(self.seed, self.label, (self.index << 8) + number as u64)
    }
}

/// Fills `units` with these samples (columns of `data`) and the expectations of their hidden units.
pub(crate) fn clamp(rbm: &Rbm, data: &DMatrix<f32>, samples: &[u32], units: &mut Units) {
    let columns = columns_per_task(samples.len(), rbm.visible() * rbm.hidden());
    let blocks = blocks(rbm, units).zip(samples.par_chunks(columns));
    blocks.for_each(|(mut block, samples)| block.clamp(rbm, data, samples));
}

/// Expectations of the hidden units under the RBM as it is now.
pub(crate) fn expect_hidden(rbm: &Rbm, units: &mut Units) {
    blocks(rbm, units).for_each(|mut block| block.expect_hidden(rbm));
}

/// `steps` times h given v and v given h. Expectations of the hidden units must be there, and are there in the end.
pub(crate) fn walk(rbm: &Rbm, units: &mut Units, steps: u32, stream: Stream) {
    let blocks = blocks(rbm, units).enumerate();
    blocks.for_each(|(number, mut block)| block.walk(rbm, steps, stream.of_block(number)));
}

/// [`clamp`] the data's units, and [`walk`] from there with the model's: in one go, since small batches wait for each other.
pub(crate) fn contrast(
    rbm: &Rbm,
    data: &DMatrix<f32>,
    samples: &[u32],
    [clamped, walking]: [&mut Units; 2],
    steps: u32,
    stream: Stream,
) {
    let columns = columns_per_task(samples.len(), rbm.visible() * rbm.hidden());
    let blocks = blocks(rbm, clamped).zip(blocks(rbm, walking)).zip(samples.par_chunks(columns));
    blocks.enumerate().for_each(|(number, ((mut clamped, mut walking), samples))| {
        clamped.clamp(rbm, data, samples);
        walking.hidden.copy_from_slice(clamped.hidden);
        walking.walk(rbm, steps, stream.of_block(number));
    });
}

/// A batch on its way v -> h -> v' -> ..., worked on in place by all threads: a step allocates nothing but what the
/// product packs.
///
/// The batch is divided into blocks of columns by the size of the RBM alone, and each block has random bits of its
/// own, so that the result depends neither on the threads nor, for the first blocks, on the columns that follow.
///
/// ```
/// use nalgebra::DMatrix;
/// use rbm::{Rbm, Walk};
///
/// // A step by means from aligned units of equal weights: m' = tanh(N w tanh(M w m)).
/// let rbm = Rbm::uniform(4, 2, 0.6);
/// let mut walk = Walk::new(&rbm, DMatrix::from_element(4, 1, 1.0));
/// walk.mean_step();
/// let m = (1.2 * 2.4f32.tanh()).tanh();
/// assert!(walk.visible().iter().all(|v| (v - m).abs() < 1e-6));
/// ```
#[derive(Debug)]
pub struct Walk<'a> {
    rbm: &'a Rbm,
    visible: DMatrix<f32>,
    /// Room for the hidden units of every block.
    hidden: Vec<Vec<f32>>,
}

impl<'a> Walk<'a> {
    /// A walk that begins at `visible` `[visible, sample]`; v may be real.
    ///
    /// # Panics
    /// When the batch has another width than the RBM, or the RBM has no visible units.
    pub fn new(rbm: &'a Rbm, visible: DMatrix<f32>) -> Self {
        assert!(rbm.visible() > 0, "a walk needs visible units");
        assert_eq!(visible.nrows(), rbm.visible(), "the batch has another width than the RBM");
        let blocks = visible.as_slice().chunks(block_length(rbm));
        let room = |block: &[f32]| vec![0.0; block.len() / rbm.visible() * rbm.hidden()];
        let hidden = blocks.map(room).collect();
        Self { rbm, visible, hidden }
    }

    /// Where the walk is, `[visible, sample]`.
    pub fn visible(&self) -> &DMatrix<f32> {
        &self.visible
    }

    /// Where the walk ended, `[visible, sample]`.
    pub fn into_visible(self) -> DMatrix<f32> {
        self.visible
    }

    /// Random bits for every block.
    pub fn bits(&self, rng: &mut Pcg64) -> Vec<Bits> {
        self.hidden.iter().map(|_| Bits::new(rng)).collect()
    }

    /// Both layers replaced by their expectations, thesis (50)-(51).
    pub fn mean_step(&mut self) {
        let rbm = self.rbm;
        self.blocks().for_each(|mut block| block.mean_step(rbm));
    }

    /// Both layers drawn from their conditional distributions, thesis (30)-(31).
    ///
    /// # Panics
    /// Unless there are the [`Walk::bits`] of this walk.
    pub fn sampled_step(&mut self, bits: &mut [Bits]) {
        assert_eq!(bits.len(), self.hidden.len(), "every block needs bits of its own");
        let rbm = self.rbm;
        self.blocks().zip(bits).for_each(|(mut block, bits)| block.sampled_step(rbm, bits));
    }

    fn blocks(&mut self) -> impl IndexedParallelIterator<Item = Block<'_>> {
        let visible = self.visible.as_mut_slice().par_chunks_mut(block_length(self.rbm));
        visible.zip(&mut self.hidden).map(|(visible, hidden)| Block { visible, hidden })
    }
}

/// Visible units in a block of a walk: columns whose units in both layers stay in a core's cache together.
fn block_length(rbm: &Rbm) -> usize {
    const UNITS: usize = 1 << 16;
    const MIN: usize = 64;
    (UNITS / (rbm.visible() + rbm.hidden())).max(MIN) * rbm.visible()
}
