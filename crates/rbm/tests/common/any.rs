//! RBMs of any size for properties, and the same in f64.

use crate::random::random_rbm;
use exact::Rbm64;
use proptest::prelude::*;
use rbm::Rbm;

/// RBMs of up to so many visible, and of up to 6 hidden units.
pub(crate) fn rbms(visible: usize) -> impl Strategy<Value = Rbm> {
    (1..=visible, 1usize..=6, 0.0..4.0f32, any::<u64>())
        .prop_map(|(m, n, w, s)| random_rbm(m, n, w, s))
}

/// The RBM in f64, where `exact` knows all of it.
pub(crate) fn exactly(rbm: &Rbm) -> Rbm64 {
    let visible_bias = rbm.visible_bias.map(f64::from);
    let hidden_bias = rbm.hidden_bias.map(f64::from);
    Rbm64::new(rbm.weights.map(f64::from), visible_bias, hidden_bias).expect("finite parameters")
}
