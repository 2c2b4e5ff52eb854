//! Experiments on the square lattice: flows, thermometers, and what RBMs reproduce of it.

pub(crate) mod flow_controls;
pub(crate) mod flow_explained;
pub(crate) mod flow_field;
pub(crate) mod flow_large;
pub(crate) mod flow_square;
pub(crate) mod thermodynamics;
pub(crate) mod thermometer;
mod thermometers;
mod torus;

use rbm::{TrainConfig, WeightSharing};

/// Where an RBM is not that of Veiga and Vicente's code, in words.
fn unlike_veiga(train: &TrainConfig, side: usize) -> Option<String> {
    let (units, hidden) = (train.sharing, train.hidden);
    let same = (units, hidden, side) == (WeightSharing::Binary, 100, 10);
    (!same).then(|| {
        let units = if units == WeightSharing::Binary { "0/1" } else { "±1" };
        format!("the source has 100 hidden units 0/1 without biases at L = 10, here {hidden} units {units} at L = {side}")
    })
}
