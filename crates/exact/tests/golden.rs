//! Every golden value that this crate can compute, from `data/golden/` (see its README for their origin).

mod common;

use common::{CLOSED, Tally, count, golden, label, list, number, numbers};
use exact::root::bisect;
use exact::{Ring, enumerate, ring, symmetric};
use serde_json::Value;

/// Roots: rounding divided by the slope at the root.
const ROOT: f64 = 1e-10;
/// `M >= 1000`: ln M! reaches 8e4, where a unit in the last place is 1.5e-11.
const LARGE: f64 = 1e-9;
/// Below this the probability itself, not its logarithm, is zero in f64.
const LEAST_LN: f64 = -700.0;

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
        tally.relative(&format!("{name}V4"), moment(&p, 4), number(case, "V4"), tolerance);
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
            if ln_p > LEAST_LN {
                let up = ((v + m as i64) / 2) as usize;
                let found = p[up].ln();
                tally.compare(&format!("{name}ln P({v})"), found, ln_p, 0.0, tolerance);
            }
        }
        if case["P_V"].is_array() {
            tally.all(&format!("{name}P(V)"), &p, &numbers(case, "P_V"), CLOSED);
            walls(&mut tally, case, &ring);
        }
    }
    assert_eq!(tally.0, 1225, "comparisons");
}

/// What follows from the distribution of the number of domain walls.
fn walls(tally: &mut Tally, case: &Value, ring: &Ring) {
    let name = label(case, &["M", "K"]);
    let (m, k) = (ring.sites(), ring.coupling());
    // 2 C(M, D) configurations have D walls.
    let mut choose = 1.0;
    let mut walls = Vec::new();
    for (pair, p) in ring.configuration_probabilities().into_iter().enumerate() {
        walls.push(2.0 * choose * p);
        let d = 2.0 * pair as f64;
        choose *= (m as f64 - d) * (m as f64 - d - 1.0) / ((d + 1.0) * (d + 2.0));
    }
    tally.all(&format!("{name}P(D)"), &walls, &numbers(case, "P_D"), CLOSED);
    // alpha = M - 2D: the variance of twice the number of walls.
    let mean = |f: &dyn Fn(f64) -> f64| -> f64 {
        walls.iter().enumerate().map(|(i, p)| p * f(4.0 * i as f64)).sum()
    };
    let centre = mean(&|d| d);
    let heat = k * k * mean(&|d| (d - centre).powi(2)) / m as f64;
    tally.relative(&format!("{name}heat"), heat, number(case, "heat_capacity_per_spin"), CLOSED);
    let mean = m as f64 * ring.correlation(1);
    tally.relative(&format!("{name}alpha"), mean, number(case, "mean_alpha"), CLOSED);
    tally.relative(
        &format!("{name}entropy"),
        ring.entropy(),
        number(case, "lnZ") - k * number(case, "mean_alpha"),
        CLOSED,
    );
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
        let ln_z = |m: usize, k: f64, c: f64| m as f64 * c + Ring::new(m, k).unwrap().ln_z();
        tally.relative(&format!("{name}Z"), ln_z(m, k, constant), number(case, "lnZ_M"), CLOSED);
        let half = ln_z(m / 2, next, next_constant);
        tally.relative(&format!("{name}Z/2"), half, number(case, "lnZ_half"), CLOSED);
    }
    assert_eq!(tally.0, 146, "comparisons");
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
        let slope = n as f64 * symmetric::f(m, n, w);
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
        let (f, g) = (symmetric::f(ring.sites(), n, w), symmetric::g(&ring, w));
        tally.cancelling(&format!("{name}KL"), symmetric::kl(&ring, n, w), number(case, "KL"));
        tally.relative(&format!("{name}f"), f, number(case, "f"), CLOSED);
        tally.relative(&format!("{name}g"), g, number(case, "g"), CLOSED);
        let slope = symmetric::kl_slope(&ring, n, w);
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
        let w = symmetric::best_weight(&ring, n).unwrap();
        tally.relative(&format!("{name}W*"), w, number(case, "Wstar"), ROOT);
        tally.relative(
            &format!("{name}gain"),
            symmetric::gain(m, n, w),
            number(case, "NMW2"),
            ROOT,
        );
        let kl = |w: f64| symmetric::kl(&ring, n, w);
        tally.cancelling(&format!("{name}KL at W*"), kl(w), number(case, "KL_at_Wstar"));
        tally.cancelling(&format!("{name}KL at 0"), kl(0.0), number(case, "KL_at_W0"));
        let p = symmetric::visible_sum_probabilities(m, n, w);
        let of_sums = enumerate::kl(&ring.magnetisation_probabilities(), &p).unwrap();
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
        let w = symmetric::best_weight(&ring, 4).unwrap();
        tally.relative(&format!("{name}W*"), w, number(case, "Wstar"), ROOT);
        tally.relative(
            &format!("{name}gain"),
            symmetric::gain(8, 4, w),
            number(case, "NMW2"),
            ROOT,
        );
        tally.cancelling(&format!("{name}KL"), symmetric::kl(&ring, 4, w), number(case, "KL"));
    }
    for case in list(&golden, "large") {
        let name = label(case, &["M", "N", "K"]);
        let (ring, n) = (ring_of(case, "K"), count(case, "N"));
        let w = symmetric::best_weight(&ring, n).unwrap();
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
            let w = symmetric::best_weight(&Ring::new(m, k).unwrap(), n).unwrap();
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
        let w = symmetric::best_weight(&Ring::new(m, k).unwrap(), n).unwrap();
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
    }
    for case in list(&golden, "trajectories") {
        let (m, n, w) = (count(case, "M"), count(case, "N"), number(case, "W"));
        let mut mean = number(case, "m0");
        for (step, expected) in numbers(case, "m").into_iter().enumerate() {
            tally.relative(&format!("W = {w}, step {step}"), mean, expected, CLOSED);
            mean = symmetric::mean_step(m, n, w, mean);
        }
    }
    assert_eq!(tally.0, 149, "comparisons");
}

#[test]
fn sampled_flow() {
    let golden = golden("flow");
    let mut tally = Tally::default();
    for case in list(&golden, "kernel") {
        let name = label(case, &["M", "N", "W"]);
        let (m, n, w) = (count(case, "M"), count(case, "N"), number(case, "W"));
        assert_eq!(list(case, "T").len(), m + 1, "{name}: rows");
        for (k, row) in list(case, "T").iter().enumerate() {
            let expected: Vec<f64> =
                row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
            let mut unit = vec![0.0; m + 1];
            unit[k] = 1.0;
            let found = symmetric::sampled_step(&unit, n, w);
            tally.all(&format!("{name}T[{k}]"), &found, &expected, CLOSED);
        }
        let p = symmetric::visible_sum_probabilities(m, n, w);
        tally.all(&format!("{name}stationary"), &p, &numbers(case, "stationary"), CLOSED);
        let v2 = symmetric::second_moment(&p) / m as f64;
        tally.relative(&format!("{name}V2/M"), v2, number(case, "V2_over_M_inf"), CLOSED);
        let pair = symmetric::pair_correlation(&p);
        tally.relative(&format!("{name}pair"), pair, number(case, "nn_inf"), CLOSED);
    }
    for case in list(&golden, "stochastic_flow") {
        let (m, n, w) = (count(case, "M"), count(case, "N"), number(case, "W"));
        let start = ring_of(case, "K0");
        let mut p = start.magnetisation_probabilities();
        for (i, step) in list(case, "steps").iter().enumerate() {
            let name = format!("{}step {i}: ", label(case, &["M", "N", "K1", "K0"]));
            let v2 = symmetric::second_moment(&p);
            tally.relative(
                &format!("{name}V2/M"),
                v2 / m as f64,
                number(step, "V2_over_M"),
                CLOSED,
            );
            let pair = if i == 0 { start.correlation(1) } else { symmetric::pair_correlation(&p) };
            tally.relative(&format!("{name}nn"), pair, number(step, "nn_corr"), CLOSED);
            let at = |k: f64| Ring::new(m, k).unwrap();
            let by_pair = bisect(|k| at(k).correlation(1) - pair, 0.0, 5.0).unwrap();
            tally.relative(&format!("{name}K of nn"), by_pair, number(step, "Keff_nn"), ROOT);
            let by_v2 = bisect(|k| at(k).v2() - v2, 0.0, 5.0).unwrap();
            tally.relative(&format!("{name}K of V2"), by_v2, number(step, "Keff_V2"), ROOT);
            if step["P_V"].is_array() {
                tally.all(&format!("{name}P(V)"), &p, &numbers(step, "P_V"), CLOSED);
            }
            p = symmetric::sampled_step(&p, n, w);
        }
    }
    assert_eq!(tally.0, 732, "comparisons");
}

#[test]
fn machines_of_any_weights() {
    let mut tally = Tally::default();
    for (i, case) in list(&golden("general_rbm"), "cases").iter().enumerate() {
        let (m, n) = (count(case, "M"), count(case, "N"));
        let rows = list(case, "W");
        let weights: Vec<f64> = (0..m * n).map(|j| rows[j % m][j / m].as_f64().unwrap()).collect();
        let (b, c) = (numbers(case, "b_visible"), numbers(case, "c_hidden"));
        let ln_z = enumerate::ln_z(&weights, &b, &c).unwrap();
        tally.relative(&format!("case {i}: ln Z"), ln_z, number(case, "lnZ"), CLOSED);
        let p = enumerate::visible_probabilities(&weights, &b, &c).unwrap();
        tally.all(&format!("case {i}: p(v)"), &p, &numbers(case, "P_v"), CLOSED);
        for (j, expected) in numbers(case, "mean_v").into_iter().enumerate() {
            let up: f64 =
                p.iter().enumerate().filter(|(s, _)| s >> j & 1 == 1).map(|(_, p)| p).sum();
            tally.cancelling(&format!("case {i}: <v_{j}>"), 2.0 * up - 1.0, expected);
        }
    }
    assert_eq!(tally.0, 458, "comparisons");
}
