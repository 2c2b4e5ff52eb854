//! The flow of expectations: where v = 0 lets go of it, and how many places there are to go to.

use super::Settings;
use super::courses::{Course, State, along, at_end, name};
use exact::square::critical_temperature;
use lab::parts::*;
use report::content::{Claim, Figure, Found, Panel, Style, Verdict};
use stats::Estimate;

/// Units smaller than this in the root mean square are at v = 0: it is approached, never reached.
const VANISHED: f64 = 1e-3;

fn largest(state: &State) -> f64 {
    state.means.singular_values.first().copied().unwrap_or(0.0)
}

fn above_one(state: &State) -> f64 {
    state.means.singular_values.iter().filter(|&&s| s > 1.0).count() as f64
}

/// Whether the mean flow vanishes where the largest singular value is below 1, and nowhere else.
pub(super) fn claim(settings: &Settings, courses: &[Course]) -> Claim {
    let states = || courses.iter().flat_map(|course| &course.states);
    let vanished = |state: &&State| {
        let ends = [state.means.cold, state.means.hot];
        ends.map(|end| end.size.mean < VANISHED)
    };
    let below = states().filter(|state| largest(state) < 1.0).count();
    let all = states().count();
    let as_said = states().filter(|state| vanished(state) == [largest(state) < 1.0; 2]).count();
    let stable = at_end(courses, 0, |state, _| Some(Estimate::exact(state.means.stable as f64)));
    let above = at_end(courses, 0, |state, _| Some(Estimate::exact(above_one(state))));
    let words = match stable.zip(above) {
        Some((stable, above)) => format!(
            " At the end of training N = {} has {} singular values above 1, and {} starts led to {} different stable fixed points.",
            settings.train.hidden,
            shown(above),
            settings.searched,
            shown(stable)
        ),
        None => String::new(),
    };
    Claim::from(lab::parts::OwnClaim {
        id: "flow-explained/bifurcation".into(),
        experiment: "flow-explained".into(),
        statement: "The mean flow ends at $v = 0$ while the largest singular value of W is below 1, and elsewhere when it is above.".into(),
        source: "the Jacobian $W W^T$ at $v = 0$".into(),
        published: None,
        found: Found { mean: as_said as f64 / all as f64, error: 0.0 },
        quantity: format!("share of {all} RBMs that do, by flows from both sides"),
        verdict: if as_said == all { Verdict::Reproduced } else { Verdict::Contradicted },
        reason: format!(
            "Of these, {below} have no singular value above 1; the root mean square of the units counts as 0 below {} after {} steps.{words}",
            rough(VANISHED),
            settings.mean_steps
        ),
    })
}

pub(super) fn figure(settings: &Settings, courses: &[Course]) -> Figure {
    Figure {
        id: "flow-explained-means".into(),
        caption: format!(
            "The flow of expectations of the RBM of N = {} trained by {}: singular values of W; ends after {} steps, units read as they are; different stable fixed points from {} starts, mirror images counted once. Mean and error over seeds.",
            settings.train.hidden,
            settings.rbms.first().map(name).unwrap_or_default(),
            settings.mean_steps,
            settings.searched
        ),
        panels: panels(courses),
    }
}

fn panels(courses: &[Course]) -> Vec<Panel> {
    let of = |quantity: fn(&State) -> Estimate| along(courses, 0, |state| Some(quantity(state)));
    let sigma = of(|state| Estimate::exact(largest(state)));
    let against = |label: &str, quantity: fn(&State) -> Estimate| {
        let points = sigma.iter().zip(of(quantity)).map(|((_, x), (_, y))| (x.mean, y));
        measured(label, Style::LinePoints, points.collect::<Vec<_>>())
    };
    let above = of(|state| Estimate::exact(above_one(state)));
    let stable = of(|state| Estimate::exact(state.means.stable as f64));
    let found = above.iter().zip(&stable).map(|((_, x), (_, y))| (x.mean, *y));
    let positive = above.iter().filter(|(_, y)| y.mean > 0.0).copied();
    let training = vec![
        measured("largest singular value", Style::LinePoints, sigma.clone()),
        measured("number above 1", Style::LinePoints, positive.collect::<Vec<_>>()),
    ];
    let units = vec![
        against("root mean square from T = 0", |state| state.means.cold.size),
        against("|m| from T = 0", |state| state.means.cold.abs_m),
        against("root mean square from hot", |state| state.means.hot.size),
        against("|m| from hot", |state| state.means.hot.abs_m),
    ];
    let read = vec![
        against("from T = 0", |state| state.means.cold.network),
        against("from hot", |state| state.means.hot.network),
    ];
    let found = vec![measured("found", Style::LinePoints, found.collect::<Vec<_>>())];
    let panel =
        |title: &str, x, y, series, marks| Panel { title: title.into(), x, y, series, marks };
    let time = log_axis("training time (rate × updates)");
    let sigma = || log_axis("largest singular value of W");
    let critical = vec![mark_x("1", 1.0), mark_y("T_c", critical_temperature())];
    vec![
        panel("training", time, log_axis("value, number"), training, vec![mark_y("1", 1.0)]),
        panel(
            "units at the end",
            sigma(),
            axis_in("magnitude", 0.0, 1.05),
            units,
            vec![mark_x("1", 1.0)],
        ),
        panel("read by the network", sigma(), axis("network temperature (J/k_B)"), read, critical),
        panel(
            "places to go to",
            axis("singular values above 1"),
            axis("stable fixed points found"),
            found,
            vec![],
        ),
    ]
}
