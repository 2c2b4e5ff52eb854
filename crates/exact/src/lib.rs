//! What is known exactly: closed forms and sums over all states, f64, no randomness.
//!
//! Units are +-1 everywhere, `K = beta J`, a configuration has the weight `exp(+K sum v_i v_{i+1})`, natural
//! logarithms. `M` counts visible units (sites), `N` hidden units, `V = sum v_i`, `H = sum h_a`.
//!
//! ```
//! // Training the equal-weight rbm of 8 visible and 4 hidden units on rings at K = 1 (the thesis reads 0.30):
//! let ring = exact::Ring::new(8, 1.0)?;
//! let weight = exact::symmetric::best_weight(&ring.into(), 4)?;
//! assert!((weight - 0.306308329812).abs() < 1e-11);
//! # Ok::<(), exact::Error>(())
//! ```
//!
//! # Equations of the thesis (`ter-hoeve-2018`) and where they are
//!
//! | equation | content | function |
//! | --- | --- | --- |
//! | (26) | energy of an RBM | [`Rbm64`], `rbm::Rbm` |
//! | (27) | p(v) of an RBM | [`enumerate::visible_probabilities`], `rbm::partition::visible_probabilities` |
//! | (30)-(33), (50), (51) | conditional samples and means, the flow for any W | [`enumerate::sampled_step`], `rbm::Rbm::{sample_hidden, sample_visible, hidden_mean, visible_mean}`, `flow::Flow::step` |
//! | (37), (38) | learning rule, contrastive divergence | [`likelihood::log_likelihood_gradient`], [`divergence::kl_gradient`], [`contrastive_divergence::mean_update`], `rbm::gradient::contrastive_divergence` |
//! | (39), (68) | partition function of the ring | [`Ring::ln_z`] |
//! | (46)-(48) | tanh K' = tanh^2 K, and by any factor | [`ring::decimate`], [`ring::decimate_by`] |
//! | (49) | the constant K0' | [`ring::decimate_constant`], [`ring::decimate_constant_by`] |
//! | (52), (53), (57) | p(v) and Z of the equal-weight RBM | [`symmetric::visible_sum_probabilities`], [`symmetric::ln_z`] |
//! | (54)-(62) | dKL/dW of the equal-weight RBM | [`symmetric::kl_slope`] |
//! | (63), (69), (74), (79) | W(K), and W of a mixture | [`symmetric::best_weight`] |
//! | (64), (78) | q(v) of a mixture of temperatures | [`Mixture`] |
//! | (65)-(67) | q(v), here through P(V) | [`Ring::magnetisation_probabilities`] |
//! | (70)-(73) | Z of the equal-weight RBM, any parity of N | [`symmetric::ln_z`] |
//! | (75), (76) | the deterministic flow for equal weights | [`symmetric::mean_step`] |
//! | (77) | its limit W -> infinity | [`symmetric::mean_step`] with an infinite weight |
//! | (94) | f(W) and g(W, K) | [`symmetric::f`], [`symmetric::g`] |
//! | (95)-(98) | g(W, K -> infinity) | [`symmetric::g`] with an infinite coupling |
//! | (100)-(102) | f(W -> infinity) | [`symmetric::f`] with an infinite weight |
//!
//! RBMs of unequal weights: [`decimation`] has those that are steps of the renormalization group, [`couplings`]
//! reads the Hamiltonian of either layer to all orders (`liu-2017` (4), (7)-(10), (23), (24)), [`divergence`] and
//! [`minimum`] fit all weights to a distribution, [`contrastive_divergence`] has the mean update of CD-k. [`hopfield`] is
//! the Hopfield network of random patterns.
//!
//! # The square lattice
//!
//! [`square`] is the infinite lattice (Onsager, Yang), [`torus`] the finite one (Kaufman), both in closed form and without
//! loss of digits at any temperature. [`transfer`] goes row by row through tori up to 12 wide, for what has no closed
//! form: distributions of rows, P(m), g(E, M).

#![warn(clippy::disallowed_methods)]

mod blocks;
pub mod contrastive_divergence;
pub mod couplings;
pub mod decimation;
pub mod divergence;
pub mod enumerate;
mod error;
pub mod hopfield;
pub mod likelihood;
mod logs;
pub mod minimum;
mod mixture;
mod rbm64;
pub mod ring;
pub mod root;
pub mod square;
pub mod symmetric;
pub mod torus;
pub mod transfer;

pub use error::Error;
pub use mixture::Mixture;
pub use rbm64::Rbm64;
pub use ring::Ring;
