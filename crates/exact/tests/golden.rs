//! Every golden value that this crate can compute, from `data/golden/` (see its README for their origin).

mod common;

use common::{CLOSED, ROOT, Tally, count, golden, label, list, number, numbers};
use exact::{Mixture, Ring, ring, symmetric};
use serde_json::Value;

/// Eigenvalues and relaxation times: rounding over the distance to the next eigenvalue.
const KERNEL: f64 = 1e-10;
/// `M >= 1000`: ln M! reaches 8e4, where a unit in the last place is 1.5e-11.
const LARGE: f64 = 1e-9;
/// Below this the probability itself, not its logarithm, is zero in f64.
const MIN_LN: f64 = -700.0;

fn ring_of(case: &Value, coupling: &str) -> Ring {
    Ring::new(count(case, "M"), number(case, coupling)).expect("a ring")
}

fn moment(probabilities: &[f64], power: i32) -> f64 {
    let m = probabilities.len() as f64 - 1.0;
    let term = |(k, p): (usize, &f64)| p * (2.0 * k as f64 - m).abs().powi(power);
    probabilities.iter().enumerate().map(term).sum()
}

#[test]
fn ising_ring() {
    let mut tally = Tally::default();
    for case in list(&golden("ising1d"), "cases") {
        let name = label(case, &["M", "K"]);
        let ring = ring_of(case, "K");
        let m = ring.sites();
        let tolerance = if m < 1000 { CLOSED } else { LARGE };
        let p = ring.magnetisation_probabilities();
        tally.relative(&format!("{name}ln Z"), ring.ln_z(), number(case, "lnZ"), CLOSED);
        tally.relative(&format!("{name}V2"), ring.v2(), number(case, "V2"), CLOSED);
        tally.relative(&format!("{name}V2 by P"), moment(&p, 2), number(case, "V2"), tolerance);
        tally.relative(&format!("{name}V4"), ring.v4(), number(case, "V4"), CLOSED);
        tally.relative(&format!("{name}V4 by P"), moment(&p, 4), number(case, "V4"), tolerance);
        let f = ring.ln_z() / -(m as f64);
        tally.relative(&format!("{name}f"), f, number(case, "beta_f_per_spin"), CLOSED);
        if let Some(heat) = case["heat_capacity_per_spin"].as_f64() {
            tally.relative(&format!("{name}heat"), ring.heat_capacity_per_spin(), heat, CLOSED);
        }
        if case["free_energy_per_spin_J1"].is_number() {
            let f = number(case, "free_energy_per_spin_J1");
            tally.relative(&format!("{name}f"), ring.free_energy_per_spin(), f, CLOSED);
        }
        if let Some(alpha) = case["mean_alpha"].as_f64() {
            let energy = -alpha / m as f64;
            tally.relative(&format!("{name}energy"), ring.energy_per_spin(), energy, CLOSED);
        }
        if case["abs_V"].is_number() {
            tally.relative(&format!("{name}|V|"), moment(&p, 1), number(case, "abs_V"), tolerance);
        }
        let correlations: Vec<(usize, f64)> = match &case["corr_r"] {
            Value::Array(a) => a.iter().map(|c| c.as_f64().unwrap()).enumerate().collect(),
            Value::Object(o) => {
                o.iter().map(|(r, c)| (r.parse().unwrap(), c.as_f64().unwrap())).collect()
            }
            other => panic!("{name}: correlations are {other}"),
        };
        for (r, c) in correlations {
            tally.relative(&format!("{name}correlation {r}"), ring.correlation(r), c, CLOSED);
        }
        for pair in case["ln_P_V"].as_array().into_iter().flatten() {
            let (v, ln_p) = (pair[0].as_i64().unwrap(), pair[1].as_f64().unwrap());
            if ln_p > MIN_LN {
                let up = ((v + m as i64) / 2) as usize;
                let found = p[up].ln();
                tally.compare(&format!("{name}ln P({v})"), found, ln_p, 0.0, tolerance);
            }
        }
        if case["P_V"].is_array() {
            tally.all(&format!("{name}P(V)"), &p, &numbers(case, "P_V"), CLOSED);
            let walls = ring.wall_probabilities();
            tally.all(&format!("{name}P(D)"), &walls, &numbers(case, "P_D"), CLOSED);
            let entropy = number(case, "lnZ") - ring.coupling() * number(case, "mean_alpha");
            tally.relative(&format!("{name}entropy"), ring.entropy(), entropy, CLOSED);
        }
    }
    assert_eq!(tally.0, 1360, "comparisons");
}

#[test]
fn decimation() {
    let golden = golden("decimation");
    let mut tally = Tally::default();
    for flow in list(&golden, "flows") {
        let (mut k, mut constant) = (number(flow, "K_start"), 0.0);
        for step in list(flow, "steps") {
            let name = format!("from {}, step {}", flow["K_start"], step["step"]);
            tally.relative(&format!("{name}: K"), k, number(step, "K"), CLOSED);
            tally.relative(&format!("{name}: K0"), constant, number(step, "K0"), CLOSED);
            (k, constant) = (ring::decimate(k), ring::decimate_constant(k, constant));
        }
    }
    for case in list(&golden, "consistency") {
        let name = label(case, &["M", "K", "K0"]);
        let (m, k, constant) = (count(case, "M"), number(case, "K"), number(case, "K0"));
        let (next, next_constant) = (ring::decimate(k), ring::decimate_constant(k, constant));
        tally.relative(&format!("{name}K'"), next, number(case, "K_prime"), CLOSED);
        tally.relative(&format!("{name}K0'"), next_constant, number(case, "K0_prime"), CLOSED);
        let by = ring::decimate_by(2, k);
        tally.relative(&format!("{name}K' by b"), by, number(case, "K_prime"), CLOSED);
        let by = ring::decimate_constant_by(2, k, constant);
        tally.relative(&format!("{name}K0' by b"), by, number(case, "K0_prime"), CLOSED);
        let ln_z = |m: usize, k: f64, c: f64| m as f64 * c + Ring::new(m, k).unwrap().ln_z();
        tally.relative(&format!("{name}Z"), ln_z(m, k, constant), number(case, "lnZ_M"), CLOSED);
        let half = ln_z(m / 2, next, next_constant);
        tally.relative(&format!("{name}Z/2"), half, number(case, "lnZ_half"), CLOSED);
    }
    assert_eq!(tally.0, 186, "comparisons");
}

#[test]
fn equal_weights_at_given_weight() {
    let golden = golden("uniform_rbm");
    let mut tally = Tally::default();
    for case in list(&golden, "partition") {
        let name = label(case, &["M", "N", "W"]);
        let (m, n, w) = (count(case, "M"), count(case, "N"), number(case, "W"));
        let p = symmetric::visible_sum_probabilities(m, n, w);
        let ln_z = symmetric::ln_z(m, n, w);
        tally.relative(&format!("{name}ln Z"), ln_z, number(case, "lnZ"), CLOSED);
        let slope = symmetric::ln_z_slope(m, n, w);
        tally.relative(&format!("{name}dlnZ/dW"), slope, number(case, "dlnZ_dW"), CLOSED);
        tally.all(&format!("{name}P(V)"), &p, &numbers(case, "P_V"), CLOSED);
        let hidden = symmetric::visible_sum_probabilities(n, m, w);
        tally.all(&format!("{name}P(H)"), &hidden, &numbers(case, "P_H"), CLOSED);
        let v2 = symmetric::second_moment(&p);
        tally.relative(&format!("{name}V2"), v2, number(case, "V2"), CLOSED);
        let pair = symmetric::pair_correlation(&p);
        tally.cancelling(&format!("{name}pair"), pair, number(case, "nn_corr"));
    }
    for case in list(&golden, "KL_table") {
        let name = label(case, &["M", "N", "K", "W"]);
        let (ring, n, w) = (ring_of(case, "K"), count(case, "N"), number(case, "W"));
        let (f, g) = (symmetric::f(ring.sites(), n, w), symmetric::g(&ring.into(), w));
        tally.cancelling(
            &format!("{name}KL"),
            symmetric::kl(&ring.into(), n, w),
            number(case, "KL"),
        );
        tally.relative(&format!("{name}f"), f, number(case, "f"), CLOSED);
        tally.relative(&format!("{name}g"), g, number(case, "g"), CLOSED);
        let slope = symmetric::kl_slope(&ring.into(), n, w);
        tally.cancelling(&format!("{name}slope"), slope, number(case, "dKL_dW"));
    }
    assert_eq!(tally.0, 1020, "comparisons");
}

#[test]
fn best_weights() {
    let golden = golden("uniform_rbm");
    let mut tally = Tally::default();
    for case in list(&golden, "wstar") {
        let name = label(case, &["M", "N", "K"]);
        let (ring, n) = (ring_of(case, "K"), count(case, "N"));
        let m = ring.sites();
        let w = symmetric::best_weight(&ring.into(), n).unwrap();
        tally.relative(&format!("{name}W*"), w, number(case, "Wstar"), ROOT);
        tally.relative(
            &format!("{name}gain"),
            symmetric::gain(m, n, w),
            number(case, "NMW2"),
            ROOT,
        );
        let kl = |w: f64| symmetric::kl(&ring.into(), n, w);
        tally.cancelling(&format!("{name}KL at W*"), kl(w), number(case, "KL_at_Wstar"));
        tally.cancelling(&format!("{name}KL at 0"), kl(0.0), number(case, "KL_at_W0"));
        let p = symmetric::visible_sum_probabilities(m, n, w);
        let of_sums = symmetric::kl_of_sums(&ring.into(), n, w);
        tally.cancelling(&format!("{name}KL of V"), of_sums, number(case, "KL_V_at_Wstar"));
        tally.relative(&format!("{name}V2 data"), ring.v2(), number(case, "V2_ising"), CLOSED);
        let v2 = symmetric::second_moment(&p);
        tally.relative(&format!("{name}V2"), v2, number(case, "V2_rbm"), ROOT);
        let ln_z = symmetric::ln_z(m, n, w);
        tally.relative(&format!("{name}ln Z"), ln_z, number(case, "lnZ_rbm"), ROOT);
    }
    for case in list(&golden, "grid_8_4") {
        let name = format!("8, 4, {}", label(case, &["K"]));
        let ring = Ring::new(8, number(case, "K")).unwrap();
        let w = symmetric::best_weight(&ring.into(), 4).unwrap();
        tally.relative(&format!("{name}W*"), w, number(case, "Wstar"), ROOT);
        tally.relative(
            &format!("{name}gain"),
            symmetric::gain(8, 4, w),
            number(case, "NMW2"),
            ROOT,
        );
        tally.cancelling(
            &format!("{name}KL"),
            symmetric::kl(&ring.into(), 4, w),
            number(case, "KL"),
        );
    }
    for case in list(&golden, "large") {
        let name = label(case, &["M", "N", "K"]);
        let (ring, n) = (ring_of(case, "K"), count(case, "N"));
        let w = symmetric::best_weight(&ring.into(), n).unwrap();
        tally.relative(&format!("{name}W*"), w, number(case, "Wstar"), LARGE);
        let gain = symmetric::gain(ring.sites(), n, w);
        tally.relative(&format!("{name}gain"), gain, number(case, "NMW2"), LARGE);
    }
    assert_eq!(tally.0, 584, "comparisons");
}

#[test]
fn asymptotic_weights() {
    let golden = golden("uniform_rbm");
    let mut tally = Tally::default();
    for sizes in list(&golden, "asymptotics") {
        let (m, n) = (count(sizes, "M"), count(sizes, "N"));
        for case in list(sizes, "small_K").iter().chain(list(sizes, "large_K")) {
            let k = number(case, "K");
            let name = format!("{}K = {k}", label(sizes, &["M", "N"]));
            let w = symmetric::best_weight(&Ring::new(m, k).unwrap().into(), n).unwrap();
            tally.relative(&format!("{name}: W*"), w, number(case, "Wstar"), ROOT);
            if case["ratio"].is_number() {
                let ratio = w * w * (n * (m - 1)) as f64 / (2.0 * k);
                tally.relative(&format!("{name}: ratio"), ratio, number(case, "ratio"), ROOT);
            }
        }
    }
    assert_eq!(tally.0, 48, "comparisons");
}

#[test]
fn deterministic_flow() {
    let golden = golden("flow");
    let mut tally = Tally::default();
    for case in list(&golden, "Kc") {
        let name = label(case, &["M", "N"]);
        let (m, n) = (count(case, "M"), count(case, "N"));
        let tolerance = if m < 1000 { ROOT } else { LARGE };
        let k = symmetric::critical_coupling(m, n).unwrap();
        tally.relative(&format!("{name}K_c"), k, number(case, "Kc"), tolerance);
        let leading = 0.5 * symmetric::critical_susceptibility(m, n).ln();
        tally.relative(&format!("{name}leading"), leading, number(case, "leading_large_M"), CLOSED);
        let w = symmetric::best_weight(&Ring::new(m, k).unwrap().into(), n).unwrap();
        tally.relative(&format!("{name}W(K_c)"), w, number(case, "W_at_Kc"), tolerance);
    }
    for case in list(&golden, "fixed_points") {
        let name = label(case, &["M", "N", "K", "W"]);
        let (m, n, w) = (count(case, "M"), count(case, "N"), number(case, "W"));
        let fixed = symmetric::mean_fixed_point(m, n, w);
        tally.relative(&format!("{name}m*"), fixed, number(case, "m_star"), ROOT);
        tally.relative(
            &format!("{name}gain"),
            symmetric::gain(m, n, w),
            number(case, "NMW2"),
            CLOSED,
        );
        let slope = symmetric::mean_slope(m, n, w, number(case, "m_star"));
        tally.relative(&format!("{name}slope"), slope, number(case, "slope_at_m_star"), ROOT);
    }
    for case in list(&golden, "trajectories") {
        let (m, n, w) = (count(case, "M"), count(case, "N"), number(case, "W"));
        let mut mean = number(case, "m0");
        for (step, expected) in numbers(case, "m").into_iter().enumerate() {
            tally.relative(&format!("W = {w}, step {step}"), mean, expected, CLOSED);
            mean = symmetric::mean_step(m, n, w, mean);
        }
    }
    assert_eq!(tally.0, 207, "comparisons");
}

#[test]
fn sampled_flow() {
    let golden = golden("flow");
    let mut tally = Tally::default();
    for case in list(&golden, "kernel") {
        let name = label(case, &["M", "N", "W"]);
        let (m, n, w) = (count(case, "M"), count(case, "N"), number(case, "W"));
        let kernel = symmetric::kernel(m, n, w);
        assert_eq!(list(case, "T").len(), m + 1, "{name}: rows");
        for (k, row) in list(case, "T").iter().enumerate() {
            let expected: Vec<f64> =
                row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
            let found: Vec<f64> = kernel.row(k).iter().copied().collect();
            tally.all(&format!("{name}T[{k}]"), &found, &expected, CLOSED);
        }
        let spectrum = symmetric::spectrum(m, n, w).unwrap();
        let eigenvalues: Vec<f64> = spectrum.modes.iter().map(|mode| mode.eigenvalue).collect();
        tally.all(
            &format!("{name}eigenvalues"),
            &eigenvalues,
            &numbers(case, "eigenvalues"),
            KERNEL,
        );
        for (mode, parity) in spectrum.modes.iter().zip(list(case, "parity")) {
            assert_eq!(if mode.even { "even" } else { "odd" }, parity, "{name}: {mode:?}");
        }
        let (odd, even) = (spectrum.relaxation_time_odd, spectrum.relaxation_time_even);
        tally.relative(&format!("{name}odd"), odd, number(case, "relaxation_time_odd"), KERNEL);
        tally.relative(&format!("{name}even"), even, number(case, "relaxation_time_even"), KERNEL);
        let p = symmetric::visible_sum_probabilities(m, n, w);
        tally.all(&format!("{name}stationary"), &p, &numbers(case, "stationary"), CLOSED);
        let v2 = symmetric::second_moment(&p) / m as f64;
        tally.relative(&format!("{name}V2/M"), v2, number(case, "V2_over_M_inf"), CLOSED);
        let pair = symmetric::pair_correlation(&p);
        tally.relative(&format!("{name}pair"), pair, number(case, "nn_inf"), CLOSED);
    }
    assert_eq!(tally.0, 136, "comparisons");
}

#[test]
fn evolution_along_the_sampled_flow() {
    let golden = golden("flow");
    let mut tally = Tally::default();
    for case in list(&golden, "stochastic_flow") {
        let (m, n, w) = (count(case, "M"), count(case, "N"), number(case, "W"));
        let start = Mixture::from(ring_of(case, "K0"));
        let steps = list(case, "steps");
        let flow = symmetric::sampled_flow(&start, n, w, steps.len() - 1).unwrap();
        for (i, (found, step)) in flow.iter().zip(steps).enumerate() {
            let name = format!("{}step {i}: ", label(case, &["M", "N", "K1", "K0"]));
            let mut compare = |what, found, key, tolerance| {
                tally.relative(&format!("{name}{what}"), found, number(step, key), tolerance);
            };
            compare("V2/M", found.v2 / m as f64, "V2_over_M", CLOSED);
            compare("nn", found.neighbour_correlation, "nn_corr", CLOSED);
            compare("K of nn", found.coupling_from_correlation, "Keff_nn", ROOT);
            compare("K of V2", found.coupling_from_v2, "Keff_V2", ROOT);
            if step["P_V"].is_array() {
                tally.all(
                    &format!("{name}P(V)"),
                    &found.probabilities,
                    &numbers(step, "P_V"),
                    CLOSED,
                );
            }
        }
    }
    assert_eq!(tally.0, 608, "comparisons");
}

#[test]
fn ranges_of_temperatures() {
    let golden = golden("temperature_range");
    let mut tally = Tally::default();
    let mut compare = |name: String, data: &Mixture, case: &Value| {
        let n = count(case, "N");
        let q = data.configuration_probabilities();
        tally.all(&format!("{name}q"), &q, &numbers(case, "q_config_by_m"), CLOSED);
        let p = data.magnetisation_probabilities();
        tally.all(&format!("{name}P(V)"), &p, &numbers(case, "P_V"), CLOSED);
        tally.relative(&format!("{name}V2"), data.v2(), number(case, "V2"), CLOSED);
        if case["nn_corr"].is_number() {
            let c = data.correlation(1);
            tally.relative(&format!("{name}nn"), c, number(case, "nn_corr"), CLOSED);
        }
        let w = symmetric::best_weight(data, n).unwrap();
        tally.relative(&format!("{name}W*"), w, number(case, "Wstar"), ROOT);
        let gain = symmetric::gain(data.sites(), n, w);
        tally.relative(&format!("{name}gain"), gain, number(case, "NMW2"), ROOT);
        let kl = symmetric::kl(data, n, w);
        tally.cancelling(&format!("{name}KL"), kl, number(case, "KL_at_Wstar"));
    };
    for case in list(&golden, "cases") {
        let (low, high) = (number(case, "T1"), number(case, "T2"));
        let data = Mixture::range(count(case, "M"), low, high).unwrap();
        compare(label(case, &["M", "N", "T1", "T2"]), &data, case);
    }
    for case in list(&golden, "discrete_grid") {
        let grid: Vec<f64> = (0..=24).map(|i| 0.25 * f64::from(i)).collect();
        let data = Mixture::of_temperatures(count(case, "M"), &grid).unwrap();
        compare(label(case, &["M", "N", "T_grid"]), &data, case);
    }
    assert_eq!(tally.0, 285, "comparisons");
}
