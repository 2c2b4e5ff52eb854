//! Block Gibbs sampling of a batch: all hidden units given the visible ones, all visible units given the hidden ones.

use crate::Rbm;
use crate::gradient::Units;
use crate::tasks::columns_per_task;
use linalg::{sample_means, sample_units, tanh};
use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut};
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
}

/// Fills `units` with these samples (columns of `data`) and the expectations of their hidden units.
pub(crate) fn clamp(rbm: &Rbm, data: &DMatrix<f32>, samples: &[u32], units: &mut Units) {
    let columns = columns_per_task(samples.len(), rbm.visible() * rbm.hidden());
    blocks(rbm, units).zip(samples.par_chunks(columns)).for_each(|(mut block, samples)| {
        for (visible, &sample) in block.visible.chunks_exact_mut(rbm.visible()).zip(samples) {
            visible.copy_from_slice(data.column(sample as usize).as_slice());
        }
        block.activate_hidden(rbm);
        tanh(block.hidden);
    });
}

/// Expectations of the hidden units under the machine as it is now.
pub(crate) fn expect_hidden(rbm: &Rbm, units: &mut Units) {
    blocks(rbm, units).for_each(|mut block| {
        block.activate_hidden(rbm);
        tanh(block.hidden);
    });
}

/// `steps` times h given v and v given h. Expectations of the hidden units must be there, and are there in the end.
///
/// Each block has random numbers of its own: the stream `index` of `label`, the block's number apart.
pub(crate) fn walk(
    rbm: &Rbm,
    units: &mut Units,
    steps: u32,
    (seed, label, index): (u64, &str, u64),
) {
    blocks(rbm, units).enumerate().for_each(|(number, mut block)| {
        let mut bits = Bits::new(&mut stats::stream(seed, label, (index << 8) + number as u64));
        for _ in 0..steps {
            sample_means(block.hidden, &mut bits);
            block.activate_visible(rbm);
            sample_units(block.visible, &mut bits);
            block.activate_hidden(rbm);
            tanh(block.hidden);
        }
    });
}
