//! The golden RBMs near and at their smallest divergence from the ring, through this crate's sums.

#[path = "common/golden.rs"]
mod golden;

use exact::{Ring, enumerate};
use golden::{golden, number, without_biases};
use nalgebra::DMatrix;
use rbm::{Rbm, couplings, partition};
use serde_json::Value;

/// Of the weights, which are rounded to f32: 6e-8 of at most some 15. Divergences at a minimum change by the square of that,
/// others by the gradient times it; sums lose 1e-12.
const ROUNDING: f64 = 2e-6;

fn list(json: &Value) -> &[Value] {
    json.as_array().expect("a list")
}

/// KL of the ring from an RBM.
fn kl(case: &Value, rbm: &Rbm) -> f64 {
    let ring = Ring::new(number(case, "M") as usize, number(case, "K")).expect("a ring");
    let q = enumerate::ring(&ring).expect("few units").probabilities;
    partition::kl(&q, rbm).expect("few units")
}

#[test]
fn the_best_weights_and_the_best_equal_ones() {
    let mut compared = 0;
    for file in ["general_kl_min", "general_kl_min_smallN"] {
        for case in list(&golden(file)["cases"]) {
            let rows = list(&case["best_W_rows_visible"]);
            let (m, n) = (rows.len(), list(&rows[0]).len());
            let best = DMatrix::from_fn(m, n, |i, a| rows[i][a].as_f64().expect("a number"));
            let equal = DMatrix::from_element(m, n, number(case, "W_uniform"));
            for (weights, key) in [(best, "KL_best"), (equal, "KL_uniform")] {
                let rbm = without_biases(&weights);
                let (found, expected) = (kl(case, &rbm), number(case, key));
                assert!((found - expected).abs() < ROUNDING, "{key}: {found} {expected}");
                let [here, there] =
                    [&rbm, &rbm.transpose()].map(|rbm| partition::ln_z(rbm).expect("few units"));
                assert!((here - there).abs() < 1e-12 * here, "{here} {there}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 2 * 13);
}

#[test]
fn constructions_that_are_the_ring() {
    let golden = golden("general_kl_constructions");
    for case in list(&golden["exact_N_eq_M"]) {
        let (m, w) = (number(case, "M") as usize, number(case, "w"));
        let weights =
            DMatrix::from_fn(m, m, |i, a| if i == a || i == (a + 1) % m { w } else { 0.0 });
        let rbm = without_biases(&weights);
        let ln_z = partition::ln_z(&rbm).unwrap();
        assert!((ln_z - number(case, "lnZ")).abs() < ROUNDING, "{ln_z} {case}");
        assert!(kl(case, &rbm).abs() < ROUNDING);
    }
    for case in list(&golden["locked"]) {
        let (m, n) = (number(case, "M") as usize, number(case, "N") as usize);
        let (k, pinning) = (number(case, "K"), number(case, "L"));
        let mut weights = DMatrix::zeros(m, n);
        for a in 0..n {
            weights[(2 * a, a)] += pinning;
            weights[(2 * a + 1, a)] += k;
            weights[((2 * a + m - 1) % m, a)] += k;
        }
        let rbm = without_biases(&weights);
        let ln_z = partition::ln_z(&rbm).unwrap();
        assert!((ln_z - number(case, "lnZ")).abs() < ROUNDING * ln_z, "{ln_z} {case}");
        assert!((kl(case, &rbm) - number(case, "KL")).abs() < ROUNDING, "{case}");
        // Behind it lies the ring at K': each pair of neighbours is one bond (two where there are but two units).
        let hidden = couplings::pairs(&rbm.transpose()).unwrap();
        let bonds = if n == 2 { 2.0 } else { 1.0 };
        let found = hidden[(0, 1)] / bonds;
        assert!((found - number(case, "K_hidden")).abs() < ROUNDING, "{found} {case}");
    }
}
