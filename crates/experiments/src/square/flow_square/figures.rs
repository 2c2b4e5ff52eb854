//! What `flow-square` shows: flows step by step, their ends, weights and correlators; and its tables.

use super::correlators::{Correlators, local};
use super::flows::{FlowCase, FlowEndpoint, Results, by, network};
use super::gram::Gram;
use super::{TrainingSet, rule_name};
use crate::square::thermometers::{Thermometer, has_temperature};
use crate::stages::Step;
use exact::square::critical_temperature;
use flow::Rule;
use lab::Row;
use nalgebra::{DMatrix, DVectorView};
use report::{Cell, Figure, Panel, Table, figure, numbers, panel, table};
use stats::Estimate;

pub(super) fn figures(r: &Results<'_>) -> Vec<Figure> {
    let several = r.s.hidden.len() > 1;
    let mut figures = vec![temperature(r)];
    figures.extend(r.s.rules.iter().map(|&rule| distribution(r, rule)));
    figures.extend(several.then(|| distribution_at_end(r)));
    figures.push(starts(r));
    figures.extend(r.s.rules.iter().map(|&rule| thermometers(r, rule)));
    figures.extend([plane(r), training(r)]);
    figures.extend(several.then(|| hidden(r)));
    figures.extend(several.then(|| training_sets(r)));
    figures.extend([spectra(r), maps(r), decay(r), correlators(r), participation(r)]);
    figures
}

/// Steps that a figure shows: the first ten, then ever fewer.
fn shown_steps(last: usize) -> impl Iterator<Item = usize> {
    let thin = |n: &usize| *n <= 10 || (*n <= 50 && n.is_multiple_of(5)) || n.is_multiple_of(20);
    (0..=last).filter(thin)
}

/// The rule as a figure names it that reads the units as they are, and one that reads spins.
fn of_units(rule: Rule) -> &'static str {
    match rule {
        Rule::Mean => "mean rule (expectations)",
        Rule::Sampled => "sampled rule",
    }
}

fn of_spins(rule: Rule) -> &'static str {
    match rule {
        Rule::Mean => "mean rule (spins drawn)",
        Rule::Sampled => "sampled rule",
    }
}

/// Points of each thermometer, and T_c.
fn by_all(panel: Panel, points: impl Fn(Thermometer) -> Vec<(f64, Option<Estimate>)>) -> Panel {
    panel
        .each(Thermometer::ALL, |panel, thermometer| {
            panel.joined(thermometer.name(), points(thermometer))
        })
        .mark_y("T_c", critical_temperature())
}

fn temperature(r: &Results<'_>) -> Figure {
    let as_read = r.network_at_critical().map_or(f64::NAN, |read| read.mean);
    figure("temperature", "Temperature along the flow as the network reads it; and its reading of configurations at $T_c$.")
    .panels(r.s.rules.iter(), |&rule| {
        panel("step", "network temperature (J/k_B)")
            .title(of_units(rule))
            .y_from(0.0, 6.0)
            .each(r.every_step.filter(|flow| flow.rule == rule), |panel, flow| {
                let at = |n: usize| (n, flow.mean(|steps| steps[n].network_temperature()));
                let label = format!("{} from T = {}", flow.set.name(), flow.start);
                panel.joined(label, shown_steps(r.s.steps.size()).map(at))
            })
            .mark_y("T_c", critical_temperature())
            .mark_y("T_c as read", as_read)
    })
}

/// The network's distribution after some steps of one rule.
fn distribution(r: &Results<'_>, rule: Rule) -> Figure {
    let last = r.s.steps.size();
    let steps = || [0, 1, 2, 3, 5, 9].into_iter().filter(|n| *n < last).chain([last]);
    let id = format!("distribution-{}", rule_name(rule));
    figure(
        id,
        "The network's distribution P(T) over its scale after n steps, trained on V, H and L.",
    )
    .panels(r.every_step.filter(|flow| flow.rule == rule), |flow| {
        panel("temperature T (J/k_B)", "probability P(T)")
            .title(format!("{}, from T = {}", flow.set.name(), flow.start))
            .each(steps(), |panel, n| {
                let shares = flow.means(|steps| steps[n].distribution());
                panel.joined(format!("n = {n}"), r.s.temperatures.iter().copied().zip(shares))
            })
            .mark_x("T_c", critical_temperature())
    })
}

fn distribution_at_end(r: &Results<'_>) -> Figure {
    figure(
        "distribution-hidden",
        "The network's distribution P(T) over its scale at the end of flows of V.",
    )
    .panels(r.s.rules_and_extremes(), |(rule, start)| {
        panel("temperature T (J/k_B)", "probability P(T)")
            .title(format!("{} rule, from T = {start}", rule_name(rule)))
            .each(all_sizes(r, TrainingSet::V, rule, start), |panel, end| {
                let shares = end.means(Step::distribution);
                let points = r.s.temperatures.iter().copied().zip(shares);
                panel.joined(format!("N = {}", end.hidden), points)
            })
            .mark_x("T_c", critical_temperature())
    })
}

/// The ends from one start of trained RBMs of every number of hidden units.
fn all_sizes<'a>(
    r: &'a Results<'_>,
    set: TrainingSet,
    rule: Rule,
    start: f64,
) -> impl Iterator<Item = FlowEndpoint<'a>> {
    let is =
        move |of: &FlowCase| of.trained && of.set == set && (of.rule, of.start) == (rule, start);
    r.ends.filter(is)
}

fn starts(r: &Results<'_>) -> Figure {
    figure("starts", "Where the flow ends against where it began, trained on V.").panels(
        r.s.rules.iter(),
        |&rule| {
            let axes = panel("temperature of the start (J/k_B)", "temperature at the end (J/k_B)");
            by_all(axes.title(of_spins(rule)), |thermometer| {
                let ends = r.trained(TrainingSet::V, r.s.train.hidden, rule);
                ends.map(|end| (end.start, by(thermometer, end))).collect()
            })
        },
    )
}

/// The thermometers along the flow by one rule.
fn thermometers(r: &Results<'_>, rule: Rule) -> Figure {
    let id = format!("thermometers-{}", rule_name(rule));
    figure(id, "Five thermometers along flows of V; of an Ising ensemble all would read the same.")
        .panels(r.some_steps.filter(|flow| flow.rule == rule), |flow| {
            let axes = panel("step of the flow", "temperature read (J/k_B)").log_x();
            by_all(axes.title(format!("from T = {}", flow.start)), |thermometer| {
                let read = |n: usize| flow.mean_if(|steps| thermometer.at(&steps[n]));
                let steps = flow.cells[0].iter().map(|step| step.step).enumerate();
                steps.skip(1).map(|(n, step)| (step as f64, read(n))).collect()
            })
        })
}

/// |m| and energy along the flow of V, beside equilibrium.
fn plane(r: &Results<'_>) -> Figure {
    let state = |of: Row<'_, f64, [Estimate; 3]>| {
        (of.mean(|[_, abs_m, _]| *abs_m).mean, of.mean(|[.., energy]| *energy))
    };
    let critical = |temperature: &f64| *temperature == critical_temperature();
    let axes = panel("magnetisation ⟨|m|⟩", "energy per spin (J)")
        .line("equilibrium, T = 0 ... 6", r.equilibrium.filter(|t| !critical(t)).map(state))
        .points("equilibrium at T_c", r.equilibrium.filter(critical).map(state));
    figure(
        "plane",
        "Flows of V in the plane of |m| and energy; by the mean rule those of expectations.",
    )
    .panel(axes.each(r.every_step.filter(|flow| flow.set == TrainingSet::V), |panel, flow| {
        let at =
            |n: usize| (flow.mean(|steps| steps[n].abs_m).mean, flow.mean(|steps| steps[n].energy));
        let label = format!("{} rule from T = {}", rule_name(flow.rule), flow.start);
        panel.joined(label, shown_steps(r.s.steps.size()).map(at))
    }))
}

/// Whether the end has settled as training goes on.
fn training(r: &Results<'_>) -> Figure {
    let series = [Thermometer::Energy, Thermometer::Network].into_iter();
    let series = series.flat_map(|of| r.s.extremes().map(|start| (of, start)));
    figure("training", "Where the flow ends while the RBM is being trained on V.").panels(
        r.s.rules.iter(),
        |&rule| {
            panel("time of training (rate × updates)", "temperature at the end (J/k_B)")
                .title(of_spins(rule))
                .log_x()
                .each(series.clone(), |panel, (of, start)| {
                    let ends = r.while_training(rule, start);
                    let points = ends.map(|end| (end.time, by(of, end)));
                    panel.joined(format!("{}, from T = {start}", of.name()), points)
                })
                .mark_y("T_c", critical_temperature())
        },
    )
}

fn hidden(r: &Results<'_>) -> Figure {
    figure("hidden", "Where the flow ends against the number of hidden units, trained on V.")
        .panels(r.s.rules_and_extremes(), |(rule, start)| {
            let axes = panel("hidden units N", "temperature at the end (J/k_B)").log_x();
            by_all(
                axes.title(format!("{} rule, from T = {start}", rule_name(rule))),
                |thermometer| {
                    let ends = all_sizes(r, TrainingSet::V, rule, start);
                    ends.map(|end| (end.hidden as f64, by(thermometer, end))).collect()
                },
            )
        })
}

/// What the network reads at the ends of all training sets, as the sources do.
fn training_sets(r: &Results<'_>) -> Figure {
    let series =
        TrainingSet::ALL.into_iter().flat_map(|set| r.s.extremes().map(|start| (set, start)));
    figure(
        "training-sets",
        "What the network reads of the units as they are at the end, for the three training sets.",
    )
    .panels(r.s.rules.iter(), |&rule| {
        panel("hidden units N", "network temperature at the end (J/k_B)")
            .title(of_units(rule))
            .log_x()
            .y_from(0.0, 6.0)
            .each(series.clone(), |panel, (set, start)| {
                let ends = all_sizes(r, set, rule, start);
                let points = ends.map(|end| (end.hidden, network(end)));
                panel.joined(format!("{} from T = {start}", set.name()), points)
            })
            .mark_y("T_c", critical_temperature())
    })
}

fn spectra(r: &Results<'_>) -> Figure {
    let shown = r.s.train.hidden;
    let ranks = || (1..).map(|rank: usize| rank);
    let axes = |title: String| {
        panel("rank", "eigenvalue of W Wᵀ").title(title).log_x().log_y().mark_y("1", 1.0)
    };
    let spectrum =
        |of: Row<'_, (TrainingSet, usize), Gram>| ranks().zip(of.means(|gram| &gram.eigenvalues));
    let of_sets = axes(format!("N = {shown}"))
        .each(r.weights.filter(|(_, hidden)| *hidden == shown), |panel, of| {
            panel.joined(of.case.0.name(), spectrum(of))
        })
        .each(r.weights.at(&(TrainingSet::V, shown)), |panel, of| {
            let noise = of.means(|gram| &gram.of_noise);
            panel.dashed("independent weights", ranks().zip(noise))
        });
    let of_sizes = axes("trained on V".into())
        .each(r.weights.filter(|(set, _)| *set == TrainingSet::V), |panel, of| {
            panel.joined(format!("N = {}", of.case.1), spectrum(of))
        });
    figure("spectra", "Eigenvalues of $W W^T$, largest first; independent weights have the mean square of V. Above 1 the mean rule leaves the configuration 0.")
        .panel(of_sets)
        .panel(of_sizes)
}

fn maps(r: &Results<'_>) -> Figure {
    figure("maps", "$W W^T$ of the first repetition's RBMs, sites row after row. Entries beyond ±1 have the colour of the end.")
    .panels(r.weights.filter(|(_, hidden)| *hidden == r.s.train.hidden), |of| {
        // Outliers of the diagonal shall not fade all else.
        panel("site j", "(W Wᵀ)ᵢⱼ / mean of the diagonal")
            .title(format!("trained on {}", of.case.0.name()))
            .y_from(-1.0, 1.0)
            .matrix("site i", &of.cells[0].entries)
    })
}

fn decay(r: &Results<'_>) -> Figure {
    figure(
        "decay",
        "The mean entry of $W W^T$ at distance r, in units of the mean of the diagonal.",
    )
    .panels([("with r = 0", 0), ("without r = 0", 1)], |(title, from)| {
        panel("distance r (sites)", "mean of (W Wᵀ)ᵢⱼ at distance r")
            .title(title)
            .each(r.weights.filter(|(_, hidden)| *hidden == r.s.train.hidden), |panel, of| {
                let distances = of.cells[0].distances.iter().copied();
                let points = distances.zip(of.means(|gram| &gram.decay)).skip(from);
                panel.joined(of.case.0.name(), points)
            })
            .mark_y("0", 0.0)
    })
}

/// The correlators of some hidden units on the lattice, from the widest to the narrowest, and of one block spin.
fn correlators(r: &Results<'_>) -> Figure {
    const UNITS: usize = 5;
    let (side, of) = (r.s.side.size(), &r.correlators.cells()[0]);
    let map =
        |name: String, sites: f64, mean: DVectorView<'_, f64>, local: DVectorView<'_, f64>| {
            panel("column", "correlator − its mean")
                .title(format!("{name}: {sites:.0} sites, mean {:.2}", mean.mean().abs()))
                .matrix("row", &DMatrix::from_row_iterator(side, side, local.iter().copied()))
        };
    let mut order: Vec<usize> = (0..of.local_of_hidden.len()).collect();
    order.sort_by(|&a, &b| of.local_of_hidden[b].total_cmp(&of.local_of_hidden[a]));
    let count = UNITS.min(order.len());
    let units = (0..count).map(|i| order[i * (order.len() - 1) / (count - 1).max(1)]);
    let (hidden, blocks) = (local(&of.hidden), local(&of.blocks));
    // The block in the middle.
    let block = side / 2 / 2 * (side / 2) + side / 2 / 2;
    figure("correlators", "$\\langle v_i h_a \\rangle$ at $T_c$ without its mean over the sites; above, participation ratio and size of the mean.")
    .panels(units, |unit| {
        let sites = of.local_of_hidden[unit];
        map(format!("unit {unit}"), sites, of.hidden.column(unit), hidden.column(unit))
    })
    .panel(map("block spin".into(), of.local_of_blocks[block], of.blocks.column(block), blocks.column(block)))
}

fn participation(r: &Results<'_>) -> Figure {
    type Ratios = fn(&Correlators) -> &Vec<f64>;
    let kinds: [(&str, Ratios); 5] = [
        ("correlators of hidden units", |of| &of.of_hidden),
        ("correlators of block spins", |of| &of.of_blocks),
        ("hidden units, without the mean", |of| &of.local_of_hidden),
        ("block spins, without the mean", |of| &of.local_of_blocks),
        ("weights of hidden units", |of| &of.of_weights),
    ];
    let ranked = |of: &Correlators, ratios: Ratios| {
        let mut ratios = ratios(of).clone();
        ratios.sort_by(|a, b| b.total_cmp(a));
        ratios
    };
    figure(
        "participation",
        "Participation ratios, from the widest unit to the narrowest, trained on V, at $T_c$.",
    )
    .panels(r.correlators.rows(), |of| {
        panel("share of the units", "participation ratio (sites)").x_from(0.0, 1.0).each(
            kinds,
            |panel, (label, ratios)| {
                let count = ratios(&of.cells[0]).len();
                panel.joined(
                    label,
                    (0..count).map(|rank| {
                        let place = (rank as f64 + 0.5) / count as f64;
                        (place, of.mean(|seed| ranked(seed, ratios)[rank]))
                    }),
                )
            },
        )
    })
}

/// Trained RBMs, from the coldest and the hottest start.
pub(super) fn ends_table(r: &Results<'_>) -> Table {
    let is_shown = |flow: &FlowCase| flow.trained && r.s.extremes().contains(&flow.start);
    let chi_square = |end: &FlowEndpoint<'_>| {
        let ratios = end.cells.iter().filter_map(|step| {
            let two_point = &step.readings.as_ref()?.two_point;
            Some(two_point.chi_square / two_point.degrees_of_freedom.max(1) as f64)
        });
        numbers::fixed(ratios.fold(f64::NAN, f64::min), 1)
    };
    table("ends", "Readings at the end, J/k_B; χ² of the two-point fit by degree of freedom, the smallest of the seeds; how many ensembles have one temperature.")
    .rows(r.ends.filter(is_shown))
    .column("trained on", |end| end.set.name())
    .column("N", |end| end.hidden.to_string())
    .column("rule", |end| rule_name(end.rule))
    .column("start", |end| end.start.to_string())
    .columns(Thermometer::ALL.map(|of| (of.name(), of)), |of, end| {
        Cell::or(by(*of, *end), "off the scale")
    })
    .column("network, units as they are", |end| network(*end))
    .column("χ² a degree", chi_square)
    .column("one temperature", |end| {
        format!("{} of {}", end.count(has_temperature), end.cells.len())
    })
    .into()
}

pub(super) fn weights_table(r: &Results<'_>) -> Table {
    table("weights", "$W W^T$: largest eigenvalue and effective number of eigenvalues as shares; in units of the mean diagonal, the mean entry at distance r and the scatter of all entries off the diagonal.")
        .rows(r.weights.rows())
        .column("trained on", |of| of.case.0.name())
        .column("N", |of| of.case.1.to_string())
        .column("largest eigenvalue", |of| of.mean(|gram| gram.share_of_first()))
        .column("effective number", |of| of.mean(|gram| gram.effective_share()))
        .column("r = 1", |of| of.mean(|gram| gram.at_distance(1.0)))
        .column("r = 2", |of| of.mean(|gram| gram.at_distance(2.0)))
        .column("scatter", |of| of.mean(|gram| gram.scatter()))
        .into()
}

pub(super) fn samples_table(r: &Results<'_>) -> Table {
    let effective = |of: &[Estimate; 3]| of[1].effective_count().min(of[2].effective_count());
    table(
        "samples",
        "Held-out configurations of a seed, and how many independent ones they are worth.",
    )
    .rows(r.equilibrium.filter(|t| *t != critical_temperature()))
    .column("T (J/k_B)", |of| *of.case)
    .column("energy per spin (J)", |of| of.mean(|[.., energy]| *energy))
    .column("|m|", |of| of.mean(|[_, abs_m, _]| *abs_m))
    .column("network T (J/k_B)", |of| of.mean(|[network, ..]| *network))
    .column("effective samples", |of| format!("{:.0}", of.mean(effective).mean))
    .into()
}
