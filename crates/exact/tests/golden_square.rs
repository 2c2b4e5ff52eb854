//! Every golden value of the square lattice, from `data/golden/ising2d.json`.

mod common;

use common::{CLOSED, Tally, count, golden, label, list, number, numbers};
use exact::transfer::{DensityOfStates, Moments, RowDistribution, magnetisation_probabilities};
use exact::{square, torus};
use serde_json::Value;

/// `chi_abs` is N/T times `<m^2> - <|m|>^2`, which at low temperature loses three digits: absolute, of N m^2 / T <= 100.
const CHI: f64 = 1e-12;

fn coupling(case: &Value) -> f64 {
    number(case, "T").recip()
}

#[test]
fn infinite_lattice() {
    let golden = golden("ising2d");
    let mut tally = Tally::default();
    let t_c = number(&golden["meta"], "Tc");
    tally.relative("T_c", square::critical_temperature(), t_c, CLOSED);
    for case in list(&golden, "infinite") {
        let (name, k) = (label(case, &["T"]), coupling(case));
        for (key, found) in [
            ("energy_per_spin", square::energy_per_spin(k)),
            ("specific_heat", square::specific_heat(k)),
            ("magnetisation", square::spontaneous_magnetisation(k)),
            ("lnZ_per_spin", square::ln_z_per_spin(k)),
        ] {
            tally.relative(&format!("{name}{key}"), found, number(case, key), CLOSED);
        }
    }
    assert_eq!(tally.0, 1 + 12 * 4, "comparisons");
}

fn thermodynamics(tally: &mut Tally, case: &Value) {
    let (name, side) = (label(case, &["L", "T"]), count(case, "L"));
    let found = torus::kaufman(side, side, coupling(case)).expect("a valid torus");
    for (key, found) in [
        ("lnZ", found.ln_z),
        ("energy_per_spin", found.energy_per_spin),
        ("specific_heat", found.specific_heat),
    ] {
        tally.relative(&format!("{name}{key}"), found, number(case, key), CLOSED);
    }
}

#[test]
fn finite_tori() {
    let mut tally = Tally::default();
    for case in list(&golden("ising2d"), "kaufman") {
        thermodynamics(&mut tally, case);
    }
    assert_eq!(tally.0, 36 * 3, "comparisons");
}

#[test]
fn small_tori() {
    let mut tally = Tally::default();
    for case in list(&golden("ising2d"), "exact_small") {
        thermodynamics(&mut tally, case);
        let (name, side, t) = (label(case, &["L", "T"]), count(case, "L"), number(case, "T"));
        let ln_z = RowDistribution::new(side, side, t.recip()).unwrap().ln_z();
        tally.relative(&format!("{name}rows"), ln_z, number(case, "lnZ"), CLOSED);
        let moments = Moments::of(&magnetisation_probabilities(side, t.recip()).unwrap());
        let susceptibility = (side * side) as f64 / t;
        for (key, found) in [
            ("abs_m", moments.abs_m),
            ("m2", moments.m2),
            ("m4", moments.m4),
            ("binder", moments.binder()),
            ("chi", susceptibility * moments.m2),
        ] {
            tally.relative(&format!("{name}{key}"), found, number(case, key), CLOSED);
        }
        let spread = susceptibility * (moments.m2 - moments.abs_m * moments.abs_m);
        let expected = number(case, "chi_abs");
        tally.compare(&format!("{name}chi_abs"), spread, expected, CLOSED, CHI);
    }
    assert_eq!(tally.0, 16 * 10, "comparisons");
}

#[test]
fn densities_of_states() {
    for case in list(&golden("ising2d"), "dos") {
        let states = DensityOfStates::new(count(case, "L")).unwrap();
        let energies = numbers(case, "E_values");
        let expected: Vec<(f64, u64)> = energies
            .into_iter()
            .zip(list(case, "g_E").iter().map(|g| g.as_str().unwrap().parse().unwrap()))
            .collect();
        let found: Vec<(f64, u64)> = (0..=states.sites())
            .map(|pairs| (states.energy(pairs), states.counts(pairs).iter().sum()))
            .filter(|&(_, g)| g > 0)
            .collect();
        assert_eq!(found, expected);
        let Some(joint) = case["g_E_U"].as_array() else { continue };
        let mut rows: Vec<[i64; 3]> =
            joint.iter().map(|row| [0, 1, 2].map(|i| row[i].as_i64().unwrap())).collect();
        rows.sort_unstable();
        let found: Vec<[i64; 3]> = (0..=states.sites())
            .flat_map(|pairs| (0..=states.sites()).map(move |up| (pairs, up)))
            .map(|(pairs, up)| {
                [states.energy(pairs) as i64, up as i64, states.counts(pairs)[up] as i64]
            })
            .filter(|row| row[2] > 0)
            .collect();
        assert_eq!(found, rows);
    }
}
