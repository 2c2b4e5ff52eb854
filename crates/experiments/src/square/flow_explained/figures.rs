//! What becomes of the flow's end, of p(v) and of relaxation as training goes on.

use super::Settings;
use super::claims::{cold, hot, rbm};
use super::courses::{Course, Mixture, Reading, State, meeting, name, through};
use exact::square::critical_temperature;
use lab::parts::*;
use report::content::{Axis, Figure, Mark, Panel, Series, Style};
use stats::Estimate;

const TIME: &str = "training time (rate × updates)";

type Of<'a> = &'a dyn Fn(&State, &Reading) -> Option<Estimate>;

/// A curve for each of some RBMs.
fn series(
    settings: &Settings,
    courses: &[Course],
    recipes: &[usize],
    label: impl Fn(usize) -> String,
    of: Of<'_>,
) -> Vec<Series> {
    let curve =
        |&recipe: &usize| measured(label(recipe), Style::LinePoints, through(courses, recipe, of));
    debug_assert!(recipes.iter().all(|recipe| *recipe < settings.rbms.len()));
    recipes.iter().map(curve).collect()
}

/// The RBMs of this many hidden units.
fn of_size(settings: &Settings, hidden: usize) -> Vec<usize> {
    let all = settings.rbms.iter().enumerate();
    all.filter(|(_, recipe)| recipe.hidden == hidden).map(|(number, _)| number).collect()
}

/// The RBMs of the rule shown.
fn of_rule(settings: &Settings) -> Vec<usize> {
    let all = settings.rbms.iter().enumerate();
    let shown = settings.rbms[0].gradient;
    all.filter(|(_, recipe)| recipe.gradient == shown).map(|(number, _)| number).collect()
}

/// Sizes that were trained by more than one rule.
fn sizes(settings: &Settings) -> Vec<usize> {
    let mut sizes: Vec<usize> = Vec::new();
    for recipe in &settings.rbms {
        if !sizes.contains(&recipe.hidden) && of_size(settings, recipe.hidden).len() > 1 {
            sizes.push(recipe.hidden);
        }
    }
    sizes
}

pub(super) fn figures(settings: &Settings, mixture: &Mixture, courses: &[Course]) -> Vec<Figure> {
    let mut all = vec![
        drift(settings, mixture, courses),
        network(settings, courses),
        sizes_figure(settings, mixture, courses),
        divergence(settings, courses),
        relaxation(settings, courses),
        flip_rate(settings, courses),
    ];
    all.extend(stationary(settings, mixture, courses));
    all
}

fn panel(title: String, y: Axis, series: Vec<Series>, marks: Vec<Mark>) -> Panel {
    Panel { title, x: log_axis(TIME), y, series, marks }
}

/// Temperature by energy and |m|, by rule, from both starts.
fn drift(settings: &Settings, mixture: &Mixture, courses: &[Course]) -> Figure {
    let recipes = of_size(settings, settings.train.hidden);
    let rule = |recipe: usize| name(&settings.rbms[recipe]);
    let temperatures =
        || vec![mark_y("T_c", critical_temperature()), mark_y("mixture", mixture.temperature)];
    let of = |of: Of<'_>| series(settings, courses, &recipes, rule, of);
    let starts =
        [format!("from T = {}", settings.coldest()), format!("from T = {}", settings.hottest())];
    let [from_cold, from_hot] = starts;
    let temperature = || axis("temperature by energy (J/k_B)");
    let abs_m = || axis("magnetisation ⟨|m|⟩");
    Figure {
        id: "flow-explained-drift".into(),
        caption: format!(
            "Where the sampled flow of an RBM of N = {} ends against training time, by training rule: mean over the second half of {} steps. Marks: the critical temperature, and the training mixture itself, exactly. Mean and error over seeds.",
            settings.train.hidden, settings.steps
        ),
        panels: vec![
            panel(from_cold.clone(), temperature(), of(&|_, r| cold(settings, r)), temperatures()),
            panel(from_hot.clone(), temperature(), of(&|_, r| hot(settings, r)), temperatures()),
            panel(
                from_cold,
                abs_m(),
                of(&|_, r| Some(r.relaxation.cold.abs_m)),
                vec![mark_y("mixture", mixture.abs_m)],
            ),
            panel(
                from_hot,
                abs_m(),
                of(&|_, r| Some(r.relaxation.hot.abs_m)),
                vec![mark_y("mixture", mixture.abs_m)],
            ),
        ],
    }
}

fn network(settings: &Settings, courses: &[Course]) -> Figure {
    let recipes = of_size(settings, settings.train.hidden);
    let rule = |recipe: usize| name(&settings.rbms[recipe]);
    let of = |title: String, of: Of<'_>| {
        let series = series(settings, courses, &recipes, rule, of);
        let marks = vec![mark_y("T_c", critical_temperature())];
        panel(title, axis("network temperature (J/k_B)"), series, marks)
    };
    Figure {
        id: "flow-explained-network".into(),
        caption: format!(
            "The same ends as the network reads them, N = {}, after {} steps.",
            settings.train.hidden, settings.steps
        ),
        panels: vec![
            of(format!("from T = {}", settings.coldest()), &|_, r| Some(r.relaxation.cold.network)),
            of(format!("from T = {}", settings.hottest()), &|_, r| Some(r.relaxation.hot.network)),
        ],
    }
}

fn sizes_figure(settings: &Settings, mixture: &Mixture, courses: &[Course]) -> Figure {
    let recipes = of_rule(settings);
    let size = |recipe: usize| format!("N = {}", settings.rbms[recipe].hidden);
    let of = |title: String, of: Of<'_>| {
        let series = series(settings, courses, &recipes, size, of);
        let marks =
            vec![mark_y("T_c", critical_temperature()), mark_y("mixture", mixture.temperature)];
        panel(title, axis("temperature by energy (J/k_B)"), series, marks)
    };
    Figure {
        id: "flow-explained-sizes".into(),
        caption: format!(
            "Where the sampled flow ends by the number N of hidden units, training by {}.",
            name(&settings.rbms[0])
        ),
        panels: vec![
            of(format!("from T = {}", settings.coldest()), &|_, r| cold(settings, r)),
            of(format!("from T = {}", settings.hottest()), &|_, r| hot(settings, r)),
        ],
    }
}

fn divergence(settings: &Settings, courses: &[Course]) -> Figure {
    let rule = |recipe: usize| name(&settings.rbms[recipe]);
    let of_size = |&hidden: &usize| {
        let of = |_: &State, reading: &Reading| Some(reading.divergence.kl);
        let series = series(settings, courses, &of_size(settings, hidden), rule, &of);
        panel(format!("N = {hidden}"), log_axis("KL(mixture ‖ RBM) (nats)"), series, vec![])
    };
    let size = |recipe: usize| format!("N = {}", settings.rbms[recipe].hidden);
    let by_size =
        series(settings, courses, &of_rule(settings), size, &|_, r| Some(r.divergence.kl));
    let mut panels: Vec<Panel> = sizes(settings).iter().map(of_size).collect();
    let title = format!("by {}", name(&settings.rbms[0]));
    panels.push(panel(title, log_axis("KL(mixture ‖ RBM) (nats)"), by_size, vec![]));
    Figure {
        id: "flow-explained-divergence".into(),
        caption: format!(
            "How far the RBM's p(v) is from the training mixture, nats of all {} spins: the mixture exactly, ln Z enumerated for small RBMs and annealed for large ones, on held-out configurations.",
            settings.side * settings.side
        ),
        panels,
    }
}

fn relaxation(settings: &Settings, courses: &[Course]) -> Figure {
    let tau = |_: &State, r: &Reading| Some(Estimate::exact(r.relaxation.abs_m.tau));
    let met = |_: &State, r: &Reading| Some(meeting(settings, &r.relaxation));
    let rule = |recipe: usize| name(&settings.rbms[recipe]);
    let size = |recipe: usize| format!("N = {}", settings.rbms[recipe].hidden);
    let shown = of_size(settings, settings.train.hidden);
    let (by_rule, by_size) = (format!("N = {}", settings.train.hidden), format!("by {}", rule(0)));
    let tau_axis = || log_axis("autocorrelation time of |m| (steps)");
    let met_axis = || log_axis("steps until starts met");
    let half = || vec![mark_y("averaged over", (settings.steps / 2) as f64)];
    let all = || vec![mark_y("looked at", settings.steps as f64)];
    let by = |recipes: &[usize], label: &dyn Fn(usize) -> String, of: Of<'_>| {
        series(settings, courses, recipes, label, of)
    };
    let others = of_rule(settings);
    Figure {
        id: "flow-explained-relaxation".into(),
        caption: format!(
            "How fast the sampled flow forgets: the integrated autocorrelation time of |m|, a lower bound where it comes near the {} steps averaged over, and the steps until flows from hot and cold starts have met in |m|, up to {}.",
            settings.steps / 2,
            settings.steps
        ),
        panels: vec![
            panel(by_rule.clone(), tau_axis(), by(&shown, &rule, &tau), half()),
            panel(by_rule, met_axis(), by(&shown, &rule, &met), all()),
            panel(by_size.clone(), tau_axis(), by(&others, &size, &tau), half()),
            panel(by_size, met_axis(), by(&others, &size, &met), all()),
        ],
    }
}

/// How often sites turn, and the largest weight, which would hold one fast.
fn flip_rate(settings: &Settings, courses: &[Course]) -> Figure {
    let recipes = of_size(settings, settings.train.hidden);
    let rule = |recipe: usize| name(&settings.rbms[recipe]);
    let of = |of: Of<'_>| series(settings, courses, &recipes, rule, of);
    let largest = |state: &State, _: &Reading| {
        Some(Estimate::exact(state.rbm.value.rbm().weights.amax().into()))
    };
    Figure {
        id: "flow-explained-mobility".into(),
        caption: format!(
            "How often a step of the sampled flow turns a site, N = {}: averaged over sites, and of the slowest one, at the end of flows from both sides; and the largest weight, which from {} on may lock a site.",
            settings.train.hidden, settings.locks.weight
        ),
        panels: vec![
            panel(
                "all sites".into(),
                axis("probability to turn"),
                of(&|_, r| Some(r.relaxation.flip_rate)),
                vec![],
            ),
            panel(
                "slowest site".into(),
                axis("probability to turn"),
                of(&|_, r| Some(r.relaxation.slowest)),
                vec![],
            ),
            panel("weights".into(), axis("largest weight"), of(&largest), vec![]),
        ],
    }
}

/// Ends of the flow beside the exact means of p(v), for RBMs that can be enumerated.
fn stationary(settings: &Settings, mixture: &Mixture, courses: &[Course]) -> Option<Figure> {
    let small = |recipe: &usize| {
        let mut mine = courses.iter().filter(|course| course.recipe == *recipe);
        mine.any(|course| course.readings().any(|(_, reading)| reading.stood.is_some()))
    };
    let recipes: Vec<usize> = (0..settings.rbms.len()).filter(small).take(4).collect();
    let panel_of = |&recipe: &usize| {
        let exact = |_: &State, r: &Reading| Some(Estimate::exact(r.stood?.exact.energy.mean));
        let exact: Vec<(f64, f64)> =
            through(courses, recipe, exact).into_iter().map(|(time, e)| (time, e.mean)).collect();
        let of = |label: String, of: Of<'_>| {
            measured(label, Style::Points, through(courses, recipe, of))
        };
        let series = vec![
            curve("p(v), exact", Style::Line, exact),
            of("draws from p(v) after the flow".into(), &|_, r| Some(r.stood?.after.energy)),
            of(format!("flow from T = {}", settings.coldest()), &|_, r| {
                Some(r.relaxation.cold.energy)
            }),
            of(format!("flow from T = {}", settings.hottest()), &|_, r| {
                Some(r.relaxation.hot.energy)
            }),
        ];
        panel(
            rbm(settings, recipe),
            axis("energy per spin (J)"),
            series,
            vec![mark_y("mixture", mixture.energy)],
        )
    };
    (!recipes.is_empty()).then(|| Figure {
        id: "flow-explained-stationary".into(),
        caption: format!(
            "Energy where the sampled flow ends, beside that of the RBM's own p(v) by exact sums over hidden states; exact draws are taken along for {} steps. Mean and error over seeds; errors are those of RBMs, which differ.",
            settings.steps
        ),
        panels: recipes.iter().map(panel_of).collect(),
    })
}
