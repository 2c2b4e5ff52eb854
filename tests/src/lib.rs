//! Nothing but a place for the tests that cross crates, and for the example of the README, which is compiled here.
//!
#![doc = include_str!("../../README.md")]
