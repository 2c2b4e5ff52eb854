//! Weights that share one value: all of them, or those that a translation of the lattice takes into each other.

use crate::gradient::Gradient;
use crate::{Error, Rbm};
use serde::{Deserialize, Serialize};

/// Which parameters share one value.
///
/// A shared value moves by the mean of its members' gradients: the slope along it divided by their number, so that one
/// learning rate suits shared and free weights.
///
/// ```
/// use nalgebra::DMatrix;
/// use rbm::{TrainConfig, Trainer, WeightSharing, train};
/// use std::ops::ControlFlow;
///
/// // One filter at all four places of a ring: the weights depend on the distance i - a alone.
/// let sharing = WeightSharing::Translations { width: 4, height: 1, stride: 1 };
/// let mut trainer = Trainer::new(TrainConfig { sharing, ..TrainConfig::exact(4, 5, 0.1) }, 4, 1)?;
/// let data = DMatrix::from_fn(4, 5, |i, sample| if i < sample { 1.0 } else { -1.0 });
/// train(&mut trainer, &data, 10, |_| ControlFlow::Continue(()))?;
/// let w = &trainer.rbm().weights;
/// assert!((0..4).all(|a| (0..4).all(|i| w[(i, a)] == w[((i + 1) % 4, (a + 1) % 4)])));
/// # Ok::<(), rbm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum WeightSharing {
    /// None.
    Free,
    /// All weights, all visible biases and all hidden biases: the equal-weight RBM of the thesis' section 4.1.
    All,
    /// Biases are sums of weights such that the RBM has the distribution of one of units 0 and 1, with weights W and no biases
    /// ([`crate::Rbm::of_binary`]). The learning rate, the initial weights and the decay are those of W.
    Binary,
    /// The visible layer is a periodic lattice, and hidden units are filters at all places of every `stride`th row and
    /// column: unit `(f R + y) C + x` of the hidden layer is filter f moved by `x stride` columns and `y stride` rows, where
    /// `C = width / stride` and `R = max(height / stride, 1)`. A ring has the height 1.
    Translations {
        /// Columns of the lattice; site `y width + x`.
        width: usize,
        /// Rows of the lattice.
        height: usize,
        /// Distance of neighbouring places, a divisor of the width, and of the height unless that is 1.
        stride: usize,
    },
}

impl WeightSharing {
    /// # Errors
    /// [`Error::Setting`] for a stride that does not divide the sides, [`Error::Size`] for layers that are no such lattices.
    pub(crate) fn check(self, visible: usize, hidden: usize) -> Result<(), Error> {
        let Self::Translations { width, height, stride } = self else { return Ok(()) };
        let divides = stride > 0 && width % stride == 0 && (height == 1 || height % stride == 0);
        if width == 0 || height == 0 || !divides {
            let (what, value) = ("the stride of the filters", stride as f64);
            return Err(Error::Setting { what, value, allowed: "a divisor of both sides" });
        }
        let size = |what, found, expected| match found == expected {
            true => Ok(()),
            false => Err(Error::Size { what, found, expected }),
        };
        size("the lattice of the shared weights", width * height, visible)?;
        let places = (width / stride) * (height / stride).max(1);
        let whole = hidden.div_ceil(places).max(1) * places;
        size("the hidden layer of shared filters", hidden, whole)
    }

    /// The class of each visible unit, of each hidden unit, and of each weight, column after column.
    fn classes(self, visible: usize, hidden: usize) -> Option<[Vec<u32>; 3]> {
        match self {
            Self::Free | Self::Binary => None,
            Self::All => Some([vec![0; visible * hidden], vec![0; visible], vec![0; hidden]]),
            Self::Translations { width, height, stride } => {
                let columns = width / stride;
                let rows = (height / stride).max(1);
                // Along a side of length 1 nothing moves.
                let down = if height == 1 { 1 } else { stride };
                let moved_back = |site: usize, place: usize| {
                    let (x, y) = (site % width, site / width);
                    let (dx, dy) = (place % columns * stride, place / columns * down);
                    (y + height - dy) % height * width + (x + width - dx) % width
                };
                let places = columns * rows;
                let weight =
                    |a: usize, i: usize| (a / places * visible + moved_back(i, a % places)) as u32;
                let weights = (0..hidden).flat_map(|a| (0..visible).map(move |i| (a, i)));
                let of_site = |i: usize| (i / width % down * width + i % width % stride) as u32;
                Some([
                    weights.map(|(a, i)| weight(a, i)).collect(),
                    (0..visible).map(of_site).collect(),
                    (0..hidden).map(|a| (a / places) as u32).collect(),
                ])
            }
        }
    }
}

/// The classes of all parameters, and room to add them up.
#[derive(Debug)]
pub(crate) struct Classes {
    parts: [Vec<u32>; 3],
    sums: Vec<f64>,
    counts: Vec<f64>,
}

impl Classes {
    pub(crate) fn new(sharing: WeightSharing, visible: usize, hidden: usize) -> Option<Self> {
        let parts = sharing.classes(visible, hidden)?;
        let most = parts.iter().flatten().max().map_or(0, |&class| class as usize + 1);
        Some(Self { parts, sums: vec![0.0; most], counts: vec![0.0; most] })
    }

    /// Replaces each entry by the mean of its class: what one weight gains, all of its class gain.
    pub(crate) fn average(&mut self, gradient: &mut Gradient) {
        for (classes, values) in self.parts.iter().zip(gradient.parts_mut()) {
            self.sums.fill(0.0);
            self.counts.fill(0.0);
            for (&class, value) in classes.iter().zip(values.iter()) {
                self.sums[class as usize] += f64::from(*value);
                self.counts[class as usize] += 1.0;
            }
            for (&class, value) in classes.iter().zip(values) {
                *value = (self.sums[class as usize] / self.counts[class as usize]) as f32;
            }
        }
    }

    /// Gives each weight the value of the first of its class.
    pub(crate) fn tie(&self, rbm: &mut Rbm) {
        let mut first = vec![None; self.sums.len()];
        for (&class, weight) in self.parts[0].iter().zip(rbm.weights.iter_mut()) {
            *weight = *first[class as usize].get_or_insert(*weight);
        }
    }
}
