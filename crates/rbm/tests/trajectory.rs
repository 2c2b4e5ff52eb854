//! Gradient descent with this crate's exact averages takes the golden way: past the equal-weight saddle and on.

#[path = "common/golden.rs"]
mod golden;
#[path = "common/states.rs"]
mod states;

use exact::{Ring, enumerate};
use golden::{golden, number, without_biases};
use nalgebra::DMatrix;
use rbm::partition;
use states::states;

#[test]
fn descent_is_the_golden_trajectory() {
    let mut compared = 0;
    for case in golden("gd_trajectory")["cases"].as_array().unwrap() {
        let visible = number(case, "M") as usize;
        let ring = Ring::new(visible, number(case, "K")).unwrap();
        let q = enumerate::ring(&ring).unwrap().probabilities;
        let rows = case["W0_rows_visible"].as_array().unwrap();
        let mut weights = DMatrix::from_fn(visible, number(case, "N") as usize, |i, a| {
            rows[i][a].as_f64().unwrap()
        });
        let v = states(visible).map(f64::from);
        let weighted = DMatrix::from_fn(visible, q.len(), |i, s| q[s] * v[(i, s)]);
        let points = case["trajectory"].as_array().unwrap();
        let last = number(points.last().unwrap(), "step") as usize;
        let mut points = points.iter().peekable();
        for step in 0..=last {
            let rbm = without_biases(&weights);
            if let Some(point) = points.next_if(|p| number(p, "step") as usize == step) {
                compared += 1;
                // Each step rounds the weights to f32, 6e-8 relatively, beside which the golden run's 1e-13 has the effect
                // that the file states; a thousand steps' roundings add up to some thirty at random.
                let tolerance = 1e-7 + 30.0 * 6e5 * number(point, "sensitivity_1e-13");
                let found = partition::kl(&q, &rbm).unwrap();
                let expected = number(point, "KL");
                assert!((found - expected).abs() < tolerance, "step {step}: {found} {expected}");
                assert!(tolerance < 0.1 * expected, "step {step} says nothing");
                let there = partition::moments(&rbm.transpose()).unwrap().mean_vh.transpose();
                let here = partition::moments(&rbm).unwrap().mean_vh;
                assert!((here - there).amax() < 1e-12, "step {step} with the layers exchanged");
            }
            let data = &weighted * (v.transpose() * &weights).map(f64::tanh);
            weights += (data - partition::moments(&rbm).unwrap().mean_vh) * number(case, "eta");
        }
    }
    assert_eq!(compared, 3 * 16);
}
