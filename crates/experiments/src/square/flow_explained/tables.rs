//! All RBMs at the end of their training.

use super::Settings;
use super::claims::{cold, hot};
use super::courses::{Course, Mixture, Reading, State, at_end, meeting, name};
use report::content::{Cell, Table};
use stats::Estimate;

fn cell(estimate: Option<Estimate>) -> Cell {
    match estimate {
        Some(estimate) => Cell::Measured(estimate.into()),
        None => Cell::Text("–".into()),
    }
}

fn names(settings: &Settings, recipe: usize) -> Vec<Cell> {
    let recipe = &settings.rbms[recipe];
    let time = settings.time(recipe.updates);
    vec![Cell::Text(recipe.hidden.to_string()), Cell::Text(name(recipe)), Cell::Number(time)]
}

/// Where flows end.
pub(super) fn ends(settings: &Settings, mixture: &Mixture, courses: &[Course]) -> Table {
    let row = |recipe: usize| {
        let end = |of: &dyn Fn(&Reading) -> Option<Estimate>| {
            cell(at_end(courses, recipe, |_, reading| of(reading)))
        };
        let mut row = names(settings, recipe);
        row.extend([
            end(&|reading| cold(settings, reading)),
            end(&|reading| hot(settings, reading)),
            end(&|reading| Some(reading.relaxation.cold.network)),
            end(&|reading| Some(reading.relaxation.hot.network)),
            end(&|reading| Some(reading.relaxation.cold.abs_m)),
            end(&|reading| Some(reading.relaxation.hot.abs_m)),
        ]);
        row
    };
    let mut rows: Vec<Vec<Cell>> = (0..settings.rbms.len()).map(row).collect();
    let none = || Cell::Text("–".into());
    let exact = [mixture.temperature, mixture.temperature].map(Cell::Number);
    let magnetisations = [mixture.abs_m, mixture.abs_m].map(Cell::Number);
    let mut last = vec![none(), Cell::Text("the mixture, exact".into()), none()];
    last.extend(exact.into_iter().chain([none(), none()]).chain(magnetisations));
    rows.push(last);
    Table {
        id: "flow-explained-ends".into(),
        caption: format!(
            "Ends of the sampled flow at the end of training, from T = {} and from T = {}: temperature by the exact energy of the torus, by the network, and |m|; means over the second half of {} steps, by the network the last step.",
            settings.coldest(),
            settings.hottest(),
            settings.steps
        ),
        columns: [
            "N",
            "rule",
            "training time",
            "T by energy, cold",
            "hot",
            "T by network, cold",
            "hot",
            "|m|, cold",
            "hot",
        ]
        .map(String::from)
        .into(),
        rows,
    }
}

/// What RBMs are.
pub(super) fn judged(settings: &Settings, courses: &[Course]) -> Table {
    let row = |recipe: usize| {
        let end = |of: &dyn Fn(&State, &Reading) -> Option<Estimate>| {
            cell(at_end(courses, recipe, |state, reading| of(state, reading)))
        };
        let exactly = |value: f64| Some(Estimate::exact(value));
        let mut row = names(settings, recipe);
        row.extend([
            end(&|_, reading| Some(reading.divergence.kl)),
            end(&|_, reading| Some(reading.divergence.ln_z_above? - reading.divergence.ln_z)),
            end(&|_, reading| exactly(reading.relaxation.abs_m.tau)),
            end(&|_, reading| exactly(reading.relaxation.energy.tau)),
            end(&|_, reading| Some(meeting(settings, &reading.relaxation))),
            end(&|_, reading| Some(reading.relaxation.flip_rate)),
            end(&|state, _| exactly(state.locks as f64)),
            end(&|state, _| state.means.singular_values.first().map(|&s| Estimate::exact(s))),
        ]);
        row
    };
    Table {
        id: "flow-explained-RBMs".into(),
        caption: format!(
            "RBMs at the end of training: KL(mixture ‖ RBM) of the whole lattice in nats, and by how much the bounds of ln Z from above and below are apart where it is annealed; autocorrelation times of |m| and energy in the sampled flow and steps until hot and cold starts met, up to {}; how often a step turns a site; hidden units that copy a site; largest singular value of W. Mean and error over seeds.",
            settings.steps
        ),
        columns: [
            "N",
            "rule",
            "training time",
            "KL (nats)",
            "bounds of ln Z",
            "tau of |m|",
            "tau of energy",
            "starts met",
            "mobility",
            "locks",
            "largest singular value",
        ]
        .map(String::from)
        .into(),
        rows: (0..settings.rbms.len()).map(row).collect(),
    }
}

/// Trained RBMs with hidden units that copy a site, as they are and with these weights cut; one row a run,
/// if any.
pub(super) fn clipped(settings: &Settings, courses: &[Course]) -> Option<Table> {
    let row = |course: &Course| {
        let (state, reading) = course.readings().last()?;
        let (divergence, relaxation) = reading.clipped.as_ref()?;
        let mut row = names(settings, course.recipe);
        row.push(Cell::Text(state.locks.to_string()));
        let pairs = [
            [reading.divergence.kl, divergence.kl],
            [reading.relaxation.slowest, relaxation.slowest],
            [reading.relaxation.abs_m.tau, relaxation.abs_m.tau].map(Estimate::exact),
        ];
        row.extend(pairs.into_iter().flatten().map(|e| Cell::Measured(e.into())));
        Some(row)
    };
    let columns = [
        "N",
        "rule",
        "time",
        "locks",
        "KL",
        "KL, cut",
        "mobility",
        "mobility, cut",
        "tau",
        "tau, cut",
    ];
    let rows: Vec<Vec<Cell>> = courses.iter().filter_map(row).collect();
    (!rows.is_empty()).then(|| Table {
        id: "flow-explained-clipped".into(),
        caption: format!(
            "RBMs trained on the mixture that have hidden units with a weight of {} or more on a single site (locks), as they are and with these weights cut to {}: KL(mixture ‖ RBM) in nats, mobility of the slowest site, autocorrelation time of |m| in steps. One row for each run.",
            settings.locks.weight, settings.locks.most
        ),
        columns: columns.map(String::from).into(),
        rows,
    })
}
