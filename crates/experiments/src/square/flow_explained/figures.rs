//! Figures and tables of `flow-explained`: ends, p(v), relaxation and flip rates against training, and pinning.

use super::geometry::{self, geometry_figure};
use super::pinning::{Copied, Copies, met};
use super::rbms::{Reading, State, TrainingRow, along, at_end, end_by_energy, meeting, through};
use super::{Pinned, RbmTraining, Study};
use exact::square::critical_temperature;
use report::{Cell, Figure, Panel, Table, figure, panel, table};
use stats::Estimate;

const TIME: &str = "training time (rate × updates)";

/// RBMs whose curves are drawn together.
struct Group<'a> {
    name: String,
    rows: Vec<TrainingRow<'a>>,
    label: fn(&RbmTraining) -> String,
}

impl Group<'_> {
    /// A quantity of the sampled flow against training time.
    fn panel(&self, y: &str, quantity: impl Fn(&Reading) -> Option<Estimate>) -> Panel {
        panel(TIME, y).title(&self.name).log_x().each(&self.rows, |panel, &of| {
            panel.joined((self.label)(of.case), through(of, &quantity))
        })
    }
}

impl Study<'_> {
    /// RBMs of this many hidden units, by all rules.
    fn of_size(&self, hidden: usize) -> Group<'_> {
        let rows = self.rbms.filter(|training| training.hidden == hidden).collect();
        Group { name: format!("N = {hidden}"), rows, label: RbmTraining::rule }
    }

    /// RBMs of all sizes, by the same rule as this one.
    fn of_rule(&self, first: TrainingRow<'_>) -> Group<'_> {
        let rows = self.rbms.filter(|training| training.gradient == first.gradient).collect();
        Group { name: format!("by {}", first.rule()), rows, label: RbmTraining::size }
    }

    fn start(&self, start: usize) -> String {
        format!("from T = {}", self.s.starts()[start])
    }

    /// Temperatures where flows end, from one start.
    fn ends(&self, group: &Group<'_>, start: usize) -> Panel {
        group
            .panel("temperature by energy (J/k_B)", |reading| end_by_energy(self.s, reading, start))
            .title(self.start(start))
            .mark_y("T_c", critical_temperature())
            .mark_y("mixture", self.mixture.temperature)
    }
}

pub(super) fn figures(
    study: &Study<'_>,
    first: TrainingRow<'_>,
    copies: &Copies,
    geometry: geometry::GeometryRow<'_>,
) -> Vec<Figure> {
    let (by_rule, by_size) = (study.of_size(first.hidden), study.of_rule(first));
    let (s, name) = (study.s, &by_rule.name);
    let mut figures = vec![
        figure("drift", format!(
            "Where the sampled flow of RBMs of {name} ends, by training rule: means over the second half of {} steps; marks: $T_c$ and the training mixture, exactly.", s.steps))
            .panels(0..2, |start| study.ends(&by_rule, start))
            .panels(0..2, |start| {
                by_rule.panel("magnetisation ⟨|m|⟩", |r| Some(r.relaxation.ends[start].abs_m))
                    .title(study.start(start))
                    .mark_y("mixture", study.mixture.abs_m)
            }),
        figure("network", format!(
            "The same ends as the network reads them, {name}, after {} steps.", s.steps))
            .panels(0..2, |start| {
                by_rule.panel("network temperature (J/k_B)", |r| Some(r.relaxation.ends[start].network))
                    .title(study.start(start))
                    .mark_y("T_c", critical_temperature())
            }),
        figure("sizes", format!(
            "Where the sampled flow ends by the number N of hidden units, training {}.", by_size.name))
            .panels(0..2, |start| study.ends(&by_size, start)),
        divergence(study, &by_size),
        relaxation(study, [&by_rule, &by_size]),
        flip_rates(study, &by_rule),
    ];
    figures.extend(stationarity(study));
    figures.extend([mean_flow(study, first), pinning(study, copies), geometry_figure(s, geometry)]);
    figures
}

fn divergence(study: &Study<'_>, by_size: &Group<'_>) -> Figure {
    let mut sizes: Vec<usize> = study.s.trainings.iter().map(|training| training.hidden).collect();
    sizes.dedup();
    let of_sizes = sizes.into_iter().map(|hidden| study.of_size(hidden));
    let compared = of_sizes.filter(|group| group.rows.len() > 1);
    let kl = |group: &Group<'_>| {
        group.panel("KL(mixture ‖ RBM) (nats)", |reading| Some(reading.kl.kl)).log_y()
    };
    figure("divergence", format!(
        "How far p(v) is from the training mixture, nats of all {} spins, on held-out configurations; ln Z enumerated for small RBMs, annealed for large ones.", study.s.side.pow(2)))
        .panels(compared, |group| kl(&group))
        .panel(kl(by_size))
}

/// The integrated autocorrelation time of |m| in the sampled flow.
fn tau(reading: &Reading) -> Option<Estimate> {
    Some(Estimate::exact(reading.relaxation.abs_m.tau))
}

fn relaxation(study: &Study<'_>, groups: [&Group<'_>; 2]) -> Figure {
    let steps = study.s.steps.size();
    let panels = groups.into_iter().flat_map(|group| {
        [
            group
                .panel("autocorrelation time of |m| (steps)", tau)
                .mark_y("averaged over", (steps / 2) as f64),
            group.panel("steps until starts met", meeting).mark_y("looked at", steps as f64),
        ]
    });
    figure("relaxation", format!(
        "How fast the sampled flow forgets its start: the integrated autocorrelation time of |m|, a lower bound near the {} steps averaged over, and the steps until hot and cold starts met in |m|, where all runs did within {steps}.", steps / 2))
        .panels(panels, Panel::log_y)
}

/// How often sites flip, and the largest weight, which would pin one.
fn flip_rates(study: &Study<'_>, group: &Group<'_>) -> Figure {
    let largest =
        |state: &State| state.reading.as_ref().map(|_| Estimate::exact(state.largest_weight));
    figure("flip-rates", format!(
        "How often a step of the sampled flow flips a site, {}: averaged over sites, and the slowest one; and the largest weight, which from {} on may pin a site.", group.name, study.s.pinned.weight))
        .panel(group.panel("probability to flip", |r| Some(r.relaxation.flip_rate)).title("all sites"))
        .panel(group.panel("probability to flip", |r| Some(r.relaxation.slowest)).title("slowest site"))
        .panel(panel(TIME, "largest weight").title("weights").log_x().each(&group.rows, |panel, &of| {
            panel.joined(of.rule(), along(of, largest))
        }))
}

/// Ends of the flow beside the exact means of p(v), where hidden states can be enumerated.
fn stationarity(study: &Study<'_>) -> Option<Figure> {
    let exact = |r: &Reading| Some(Estimate::exact(r.stationarity?.exact.energy.mean));
    let rows = study.rbms.rows().filter(|of| !through(*of, exact).is_empty());
    let rows: Vec<TrainingRow<'_>> = rows.take(4).collect();
    (!rows.is_empty()).then(|| {
        figure("stationary", format!(
            "Energy where the sampled flow ends, beside that of p(v) by exact sums over hidden states; exact draws go along for {} steps. Errors are those over RBMs, which differ.", study.s.steps))
            .panels(rows, |of| {
                panel(TIME, "energy per spin (J)")
                    .title(of.name())
                    .log_x()
                    .line("p(v), exact", through(of, exact).into_iter().map(|(time, e)| (time, e.mean)))
                    .points("draws from p(v) after the flow", through(of, |r| Some(r.stationarity?.after.energy)))
                    .each(0..2, |panel, start| {
                        let energy = through(of, |r| Some(r.relaxation.ends[start].energy));
                        panel.points(format!("flow {}", study.start(start)), energy)
                    })
                    .mark_y("mixture", study.mixture.energy)
            })
    })
}

/// The flow by the mean rule: where v = 0 lets go of it, and how many places there are to go to.
fn mean_flow(study: &Study<'_>, of: TrainingRow<'_>) -> Figure {
    let along = |quantity: &dyn Fn(&State) -> Estimate| along(of, |state| Some(quantity(state)));
    let exactly = |value: fn(&State) -> f64| along(&|state| Estimate::exact(value(state)));
    let (sigma, above) = (exactly(State::largest_singular_value), exactly(State::above_one));
    let stable = exactly(|state| state.mean_flow.stable as f64);
    let against = |x: &[(f64, Estimate)], y: Vec<(f64, Estimate)>| {
        x.iter().zip(y).map(|((_, x), (_, y))| (x.mean, y)).collect::<Vec<_>>()
    };
    let against_sigma = |y: &str| panel("largest singular value of W", y).log_x();
    let starts = ["from T = 0", "from hot"];
    figure("means", format!(
        "The flow by the mean rule, {}: singular values of W; ends after {} steps; different stable fixed points from {} starts, a point and its mirror image counted once.", of.name(), study.s.mean_steps, study.s.fixed_point_starts))
        .panel(panel(TIME, "value, number")
            .title("training")
            .log_x()
            .log_y()
            .joined("largest singular value", sigma.iter().copied())
            .joined("number above 1", above.iter().copied().filter(|(_, y)| y.mean > 0.0))
            .mark_y("1", 1.0))
        .panel(against_sigma("magnitude")
            .title("units at the end")
            .y_from(0.0, 1.05)
            .each(0..2, |panel, start| {
                let (rms, abs_m) = (along(&|s| s.mean_flow.ends[start].rms), along(&|s| s.mean_flow.ends[start].abs_m));
                panel
                    .joined(format!("root mean square {}", starts[start]), against(&sigma, rms))
                    .joined(format!("|m| {}", starts[start]), against(&sigma, abs_m))
            })
            .mark_x("1", 1.0))
        .panel(against_sigma("network temperature (J/k_B)")
            .title("read by the network")
            .each(0..2, |panel, start| {
                panel.joined(starts[start], against(&sigma, along(&|s| s.mean_flow.ends[start].network)))
            })
            .mark_x("1", 1.0)
            .mark_y("T_c", critical_temperature()))
        .panel(panel("singular values above 1", "stable fixed points found")
            .title("stable fixed points")
            .joined("found", against(&above, stable)))
}

/// What is shown of RBMs that copy sites.
type OfCopies = (&'static str, fn(&Copied) -> Estimate);

const OF_COPIES: [OfCopies; 3] = [
    ("KL (nats)", |found| found.kl),
    ("flip rate", |found| found.relaxation.slowest),
    ("tau of |m| (steps)", |found| Estimate::exact(found.relaxation.abs_m.tau)),
];

fn pinning(study: &Study<'_>, copies: &Copies) -> Figure {
    let (s, sites) = (study.s, study.s.side.pow(2) as f64);
    let [kl, slowest, tau] = OF_COPIES.map(|(_, quantity)| quantity);
    let against_weight = |y: &str, quantity: fn(&Copied) -> Estimate, per: f64| {
        let points = |is_clipped: bool| {
            let points = copies.filter(move |copy| copy.is_clipped == is_clipped);
            points.map(|of| (of.weight, of.mean(quantity) / per)).filter(|(_, y)| y.mean > 0.0)
        };
        panel("weight w on the copied site", y)
            .log_y()
            .joined("made so", points(false))
            .points("cut from the strongest", points(true))
    };
    let bound = s.copying.weights.iter().map(|w| (*w, (-2.0 * w).exp()));
    figure("freezing", format!(
        "RBMs in which a hidden unit copies every second site of the torus at T = {}: as w grows, p(v) becomes that of the torus, and the sampled flow stops; autocorrelation times as far as {} steps can tell.", s.copying.temperature, s.steps.size() / 2))
        .panel(against_weight("KL(torus ‖ RBM) per spin (nats)", kl, sites))
        .panel(against_weight("flip rate of the slowest site", slowest, 1.0).dashed("exp(−2w)", bound))
        .panel(against_weight("autocorrelation time of |m| (steps)", tau, 1.0))
}

pub(super) fn tables(study: &Study<'_>, copies: &Copies) -> Vec<Table> {
    let copying = table("copying", "RBMs that copy every second site: KL of the whole lattice, flip rate of the slowest site, autocorrelation time of |m|, and in how many runs hot and cold starts met.")
        .rows(copies.rows())
        .column("w", |of| of.weight)
        .column("weights", |of| if of.is_clipped { "cut" } else { "made" })
        .column("pinned units", |of| of.pinned.to_string())
        .columns(OF_COPIES, |quantity, of| of.mean(quantity))
        .column("starts met", |of| met(*of));
    [ends(study), trained(study), copying.into()].into_iter().chain(clipped(study)).collect()
}

/// Where flows end, and last the training mixture itself, which is no training's.
fn ends(study: &Study<'_>) -> Table {
    let (s, mixture) = (study.s, &study.mixture);
    let both = |what: &str| [(format!("{what}, cold"), 0), (format!("{what}, hot"), 1)];
    let or_mixture = |of: Option<Estimate>, is_mixture: bool, exact: f64| match is_mixture {
        true => Cell::from(exact),
        false => of.into(),
    };
    table("ends", format!(
        "Ends of the sampled flow at the end of training, from T = {} (cold) and T = {} (hot): temperature by the exact energy of the torus and |m|, means over the second half of {} steps; by the network after the last.", s.starts()[0], s.starts()[1], s.steps))
        .rows(study.rbms.rows().map(Some).chain([None]))
        .column("N", |of| of.map(|of| of.hidden.to_string()))
        .column("rule", |of| of.map_or_else(|| "the mixture, exact".to_owned(), |of| of.rule()))
        .column("training time", |of| of.map(|of| s.time(of.updates)))
        .columns(both("T by energy (J/k_B)"), |&start, of| {
            let end = of.and_then(|of| study.end(of, start));
            or_mixture(end, of.is_none(), mixture.temperature)
        })
        .columns(both("T by network (J/k_B)"), |&start, of| {
            of.and_then(|of| at_end(of, |r| Some(r.relaxation.ends[start].network)))
        })
        .columns(both("|m|"), |&start, of| {
            let end = of.and_then(|of| at_end(of, |r| Some(r.relaxation.ends[start].abs_m)));
            or_mixture(end, of.is_none(), mixture.abs_m)
        })
        .into()
}

/// What the RBMs are at the end of training.
fn trained(study: &Study<'_>) -> Table {
    let s = study.s;
    let of_state = |of: &TrainingRow<'_>, quantity: fn(&State) -> f64| {
        of.mean_if(|states| Some(Estimate::exact(quantity(states.last()?))))
    };
    table("rbms", format!(
        "RBMs at the end of training: KL from the mixture, of the whole lattice; ln Z annealed from above minus from below; autocorrelation times of the sampled flow and steps until hot and cold starts met, where all runs did within {}; how often a step flips a site; hidden units pinned to a site.", s.steps))
        .rows(study.rbms.rows())
        .column("N", |of| of.hidden.to_string())
        .column("rule", |of| of.rule())
        .column("training time", |of| s.time(of.updates))
        .column("KL (nats)", |of| at_end(*of, |r| Some(r.kl.kl)))
        .column("ln Z, above minus below", |of| at_end(*of, |r| Some(r.kl.ln_z_above? - r.kl.ln_z)))
        .column("tau of |m| (steps)", |of| at_end(*of, tau))
        .column("tau of energy (steps)", |of| {
            at_end(*of, |r| Some(Estimate::exact(r.relaxation.energy.tau)))
        })
        .column("starts met (steps)", |of| at_end(*of, meeting))
        .column("flip rate", |of| at_end(*of, |r| Some(r.relaxation.flip_rate)))
        .column("pinned units", |of| of_state(of, |state| state.pinned as f64))
        .column("largest singular value", |of| of_state(of, State::largest_singular_value))
        .into()
}

/// Trained RBMs with pinned units, as they are and with their weights clipped; one row a run, if any.
fn clipped(study: &Study<'_>) -> Option<Table> {
    let runs = study.rbms.rows().flat_map(|of| of.cells.iter().map(move |states| (of, states)));
    let runs = runs.filter_map(|(of, states)| {
        let Reading { kl, relaxation, clipped, .. } = states.last()?.reading.as_ref()?;
        let (kl_clipped, clipped) = clipped.as_ref()?;
        Some((of, states.last()?.pinned, [(kl.kl, relaxation), (kl_clipped.kl, clipped)]))
    });
    let runs: Vec<_> = runs.collect();
    let Pinned { weight, limit, .. } = study.s.pinned;
    let both = |what: &str| [(what.to_owned(), 0), (format!("{what}, clipped"), 1)];
    (!runs.is_empty()).then(|| {
        table("clipped", format!(
            "RBMs trained on the mixture with hidden units pinned to a site by a weight of {weight} or more, as they are and with these weights clipped to {limit}: KL(mixture ‖ RBM), flip rate of the slowest site, autocorrelation time of |m|. One row for each run."))
            .rows(runs)
            .column("N", |(of, ..)| of.hidden.to_string())
            .column("rule", |(of, ..)| of.rule())
            .column("training time", |(of, ..)| study.s.time(of.updates))
            .column("pinned units", |(_, pinned, _)| pinned.to_string())
            .columns(both("KL (nats)"), |&k: &usize, (.., found)| found[k].0)
            .columns(both("flip rate"), |&k, (.., found)| found[k].1.slowest)
            .columns(both("tau of |m| (steps)"), |&k, (.., found)| Estimate::exact(found[k].1.abs_m.tau))
            .into()
    })
}
