//! `hopfield`: how many random patterns a Hopfield network retrieves, and from how far (ter-hoeve-2018, section 2.2).

mod recall;

use anyhow::{Result, ensure};
use exact::hopfield::{
    capacity, instability, overlap_at_capacity, retrieval_overlap, retrieval_states,
};
use lab::Lab;
use lab::kinds::{Ascending, Count, Within};
use lab::verdict::{above, agrees, all, at_most, if_known, largest, near, reach};
use recall::{Curve, Ensemble, below, half};
use report::{Check, Claim, Figure, Section, Table};
use report::{figure, grid, panel, rough, section, shown, table};
use serde::{Deserialize, Serialize};
use stats::{Estimate, PowerLimit, line_in_power, power_limit};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Numbers of units N, ascending, and of networks of each at every load.
    sizes: Vec<(Count<10, 20_000>, Count<2, 1_000_000>)>,
    /// Loads P/N.
    loads: Ascending<Within<0, 1>>,
    /// Patterns that are recalled in each network.
    recalled: Count<1, 10_000>,
    /// The overlap with its pattern above which a recall counts as retrieval.
    retrieved_above: Within<0, 1>,
    basins: Basins,
}

/// Recall from corrupted patterns, at one size.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Basins {
    units: Count<10, 20_000>,
    networks: Count<2, 1_000_000>,
    loads: Ascending<Within<0, 1>>,
    /// Fractions of the units that are flipped before the recall.
    corrupted: Ascending<Within<0, 1>>,
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        ensure!(!self.sizes.is_empty(), "sizes is empty, but needs at least one entry");
        ensure!(self.sizes.is_sorted_by(|a, b| a.0 < b.0), "sizes must ascend");
        let lowest = self.loads.lowest();
        ensure!(*lowest <= 0.1, "loads begins at {lowest}, but must begin at 0.1 or less");
        let most = self.basins.corrupted.highest();
        ensure!(*most <= 0.5, "basins.corrupted contains {most}, but 0.5 is the most");
        Ok(())
    }
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    // Recall from the patterns themselves, over N and P/N.
    let curves = lab.each(&s.sizes, |&(units, networks)| {
        let size = (units.size(), *networks);
        lab.each(&s.loads, |load| Ensemble::recall(lab, s, size, **load, &[0.0], "capacity"))
    })?;
    // Recall from corrupted patterns, over P/N and the fraction of flipped units.
    let corrupted = s.basins.corrupted.values();
    let basins = lab.each(&s.basins.loads, |load| {
        let size = (s.basins.units.size(), *s.basins.networks);
        Ensemble::recall(lab, s, size, **load, &corrupted, "basins")
    })?;

    let halves: Vec<_> = curves.iter().map(|curve| (curve[0].units as f64, half(curve))).collect();
    let known = halves.iter().filter_map(|&(n, half)| Some((n, half.filter(|e| e.error > 0.0)?)));
    let known: Vec<(f64, Estimate)> = known.collect();
    let limit = power_limit(&known);
    let in_power = |power| limit.map(|_| line_in_power(&known, power).intercept);
    let largest = &curves[curves.len() - 1];
    let in_theory = capacity()?;
    Ok(section("hopfield", "How many patterns does a Hopfield network retrieve?")
        .answer(answer(largest, limit, in_theory))
        .text("A network of N units stores P random patterns by Hebb's rule, $w_{ij} = \\frac{1}{N} \\sum_\\mu \\xi_i^\\mu \\xi_j^\\mu$, and recalls one by updating unit after unit until none changes. Recall starts at the pattern, or at the pattern with some units flipped; the overlap m of the end with the pattern is 1 for perfect recall.")
        .text("Two things are known exactly: the probability that a unit of a stored pattern is unstable, a binomial tail at every N and P, and the retrieval state of mean-field theory for $N \\to \\infty$ (Amit, Gutfreund and Sompolinsky), $\\sqrt{2\\alpha}\\, y = \\mathrm{erf}\\, y - \\frac{2}{\\sqrt{\\pi}} y\\, e^{-y^2}$ with $m = \\mathrm{erf}\\, y$ and $\\alpha = P/N$.")
        .claim(capacity_claim(lab, &known, limit, in_theory)?)
        .claims(below_capacity(lab, below(largest, in_theory))?)
        .claims(basin_claims(lab, &s.basins, &basins)?)
        .check(theory_check(lab)?)
        .check(crosstalk_check(&curves))
        .figure(capacity_figure(s, &curves, &known, limit, in_theory)?)
        .figure(stability_figure(&curves, in_theory))
        .figure(basins_figure(s, &basins, &corrupted))
        .table(loads_table(s, &curves)?)
        .table(table("crossings", "The load at which half of the patterns are retrieved. With a free power of 1/N the limit's error holds all powers whose $\\chi^2$ is at most 1 above the least.")
            .rows(halves.iter().map(|&(n, half)| (format!("N = {n}"), half)).chain([
                ("limit, linear in 1/N".to_owned(), in_power(1.0)),
                ("limit, linear in 1/√N".to_owned(), in_power(0.5)),
                ("limit, power free".to_owned(), limit.map(|l| l.limit)),
                ("theory".to_owned(), Some(Estimate::exact(in_theory))),
            ]))
            .column("", |(name, _)| name.clone())
            .column("P/N at one half", |(_, load)| *load))
        .table(table("corrupted", format!("Recall from corrupted patterns, N = {}.", s.basins.units))
            .rows(basins.iter().flat_map(|e| corrupted.iter().enumerate().map(move |(f, &share)| (e, f, share))))
            .column("P/N", |(e, ..)| e.load())
            .column("fraction flipped", |&(.., share)| share)
            .column("overlap at the start", |(.., share)| 1.0 - 2.0 * share)
            .column("overlap at the end", |&(e, f, _)| e.overlap(f))
            .column("retrieved", |&(e, f, _)| e.retrieved(f)))
        .discussion("At low loads the stored patterns are minima of the energy. Towards the capacity they no longer are, but a minimum lies close by: crosstalk flips some units, these flip a few more, and it ends there. Near the capacity that avalanche no longer stops, and the pattern is lost at once, though the stability of single units falls smoothly.")
        .discussion("A recall ends in the first minimum on its way, which need not be the retrieval state of the theory; and the theory takes $N \\to \\infty$ first. How finite sizes approach the limit is not known, so the power of N is left free."))
}

fn answer(largest: &[Ensemble], limit: Option<PowerLimit>, in_theory: f64) -> String {
    let theory = format!("Mean-field theory has retrieval up to P/N = {in_theory:.4}");
    match (limit, half(largest)) {
        (Some(limit), Some(half)) => format!(
            "{theory}; in networks of {} units half of the patterns are lost at {}, and for large N this tends to {}.",
            largest[0].units,
            shown(half),
            shown(limit.limit)
        ),
        _ => format!("{theory}; the loads and sizes here are too few to measure it."),
    }
}

/// Errors that reach farther than this share of a capacity decide nothing.
const DECISIVE: f64 = 0.1;

/// The limit for large N against the published capacities.
fn capacity_claim(
    lab: &Lab,
    halves: &[(f64, Estimate)],
    limit: Option<PowerLimit>,
    in_theory: f64,
) -> Result<Claim> {
    let published = |key: &str| lab.published.value(key);
    let capacity = published("amit-1985/capacity")?;
    let broken = published("steffan-kuehn-1994/capacity-broken")?;
    let older = published("steffan-kuehn-1994/capacity-crisanti")?;
    let ruling = if_known(
        limit,
        |found| agrees(found.limit, capacity, DECISIVE * capacity),
        "four sizes whose loads hold the one half, or more",
    );
    let reason = limit.map_or_else(String::new, |PowerLimit { limit, power, line }| {
        let [linear, root] = [1.0, 0.5].map(|power| line_in_power(halves, power));
        format!(
                "Linear in $N^{{-x}}$ with x free, best at x = {power:.2}; in 1/N the limit is {}, in $1/\\sqrt{{N}}$ {} ($\\chi^2$ = {:.1}, {:.1}; {:.1} with x free). The theory with replica symmetry broken in two steps ({broken}) is {:.1} standard errors away, an older calculation with one step ({older}) {:.1}.",
                shown(linear.intercept),
                shown(root.intercept),
                linear.chi_square,
                root.chi_square,
                line.chi_square,
                limit.sigmas_from(broken),
                limit.sigmas_from(older),
            )
    });
    let quantity = "load at which half of the patterns are lost, $N \\to \\infty$";
    let largest = halves.last().map(|(n, half)| (format!("the same load at N = {n}"), Some(*half)));
    Ok(lab
        .says("amit-1985/capacity")?
        .judged(ruling, quantity, reason)
        .and_all(largest)
        .and("largest load with a retrieval state in mean-field theory", Some(in_theory)))
}

/// What is found at the highest load below the capacity, in the largest networks.
fn below_capacity(lab: &Lab, ensemble: &Ensemble) -> Result<[Claim; 2]> {
    // Published to two decimals.
    const ROUNDED: f64 = 0.005;
    let (load, units) = (ensemble.load(), ensemble.units);
    let place = format!("P/N = {load:.4}, N = {units}");
    let published = lab.published.value("amit-1985/overlap-at-capacity")?;
    let (overlap, retrieved) = (ensemble.overlap_of_retrieved(), ensemble.retrieved(0));
    let ruling = if_known(
        overlap,
        |overlap| above(overlap, published - ROUNDED),
        "patterns would have to be retrieved in two networks at least",
    );
    let exact = instability(units, ensemble.patterns);
    let close_by = above(retrieved, 0.5).is() == Some(true);
    let end = overlap.map_or_else(|| "–".to_owned(), shown);
    Ok([
        lab.says("amit-1985/overlap-at-capacity")?
            .judged(
                ruling,
                format!("overlap of retrieved patterns, {place}"),
                format!("{} of the patterns are retrieved here; the overlap is that of these alone.", shown(retrieved)),
            )
            .and("mean-field theory at this load", retrieval_overlap(load)?)
            .and("mean-field theory at the capacity", Some(overlap_at_capacity()?)),
        lab.says("ter-hoeve-2018/hebb-stationary")?
            .judged(
                above(ensemble.unstable(), 0.0)
                    .negated("no unit of a stored pattern is unstable")
                    .corrected_if(close_by, format!("a stationary state lies close by, with an overlap of {end}")),
                format!("share of units of a stored pattern that are unstable, {place}"),
                format!(
                    "A pattern of {units} units is stationary as a whole with a probability of about {}.",
                    rough((units as f64 * (-exact).ln_1p()).exp())
                ),
            )
            .and("the same, exact", Some(exact)),
    ])
}

/// What becomes of corrupted patterns.
fn basin_claims(lab: &Lab, s: &Basins, basins: &[Ensemble]) -> Result<[Claim; 2]> {
    let (corrupted, [few, many]) = (&s.corrupted, [0.1, 0.2].map(|to| s.corrupted.nearest(to)));
    let (first, moderate, last) =
        (&basins[0], &basins[s.loads.nearest(0.1)], &basins[basins.len() - 1]);
    let lost = |ensemble: &Ensemble| {
        let kept = ensemble.retrieved(few);
        Estimate { mean: 1.0 - kept.mean, ..kept }
    };
    let from = |fraction: usize, ensemble: &Ensemble| {
        let flipped = 100.0 * *corrupted[fraction];
        format!("from {flipped:.0} % of flipped units, P/N = {}", ensemble.load())
    };
    Ok([
        lab.says("ter-hoeve-2018/distorted-restored")?
            .judged(
                above(moderate.retrieved(many), 0.5),
                format!("share of patterns retrieved {}", from(many, moderate)),
                format!(
                    "N = {}; retrieved means an overlap above {} at the end.",
                    moderate.units, moderate.retrieved_above
                ),
            )
            .and("overlap at the end", Some(moderate.overlap(many))),
        lab.says("ter-hoeve-2018/many-memories")?
            .judged(
                all([above(lost(last), 0.1), above(lost(last) - lost(first), 0.0)]),
                format!("share of patterns lost {}", from(few, last)),
                "More than one in ten are lost, and more than at the lowest load.",
            )
            .and(format!("the same at P/N = {}", first.load()), Some(lost(first))),
    ])
}

fn theory_check(lab: &Lab) -> Result<Check> {
    let quoted = |key: &str| lab.published.value(&format!("amit-1985/{key}"));
    let (load, overlap) = (capacity()?, overlap_at_capacity()?);
    let digits = [
        near(Estimate::exact(load), quoted("capacity")?, 5e-4),
        near(Estimate::exact(overlap), quoted("overlap-at-capacity")?, 5e-3),
    ];
    Ok(all(digits)
        .check(
            "mean-field-theory",
            "The mean-field equations end at the load and the overlap that are quoted, to the digits that are quoted.",
            "largest load with a retrieval state",
            "Replica symmetry, zero temperature.",
        )
        .and("overlap there", Some(overlap)))
}

/// Fewer unstable units than this are not normally distributed.
const EXPECTED: f64 = 50.0;

fn crosstalk_check(curves: &[Curve]) -> Check {
    let deviation = |ensemble: &Ensemble| {
        let exact = instability(ensemble.units, ensemble.patterns);
        let counted = ensemble.networks.len() * ensemble.networks[0].overlaps[0].len();
        let distance = ensemble.unstable() - exact;
        (exact * (counted * ensemble.units) as f64 > EXPECTED)
            .then(|| distance.mean.abs() / reach(distance))
    };
    let all: Vec<f64> = curves.iter().flatten().filter_map(deviation).collect();
    at_most(largest(all.iter().copied()), 1.0).check(
        "crosstalk",
        "Units of stored patterns are unstable as often as the binomial tail of their crosstalk says.",
        "largest deviation, over what errors reach",
        format!("At {} pairs of N and P at which at least {EXPECTED} unstable units are expected.", all.len()),
    )
}

fn capacity_figure(
    s: &Settings,
    curves: &[Curve],
    halves: &[(f64, Estimate)],
    limit: Option<PowerLimit>,
    in_theory: f64,
) -> Result<Figure> {
    let theory = retrieval_states(100)?.into_iter().filter(|(load, _)| *load >= *s.loads.lowest());
    let over_loads = |y: &str, title: &str, of: fn(&Ensemble) -> Estimate| {
        panel("load P/N", y).title(title).each(curves, |panel, curve| {
            let points = curve.iter().map(|e| (e.load(), of(e)));
            panel.joined(format!("N = {}", curve[0].units), points)
        })
    };
    let top = halves.iter().map(|(n, _)| 1.0 / n).fold(0.0, f64::max) * 1.05;
    let caption = format!(
        "Recall that starts at a stored pattern: its overlap with the end, the share retrieved (overlap above {}), and the load at which that is one half, over 1/N. Dashed: the retrieval state of mean-field theory; errors are over networks.",
        s.retrieved_above
    );
    Ok(figure("capacity", caption)
        .panel(
            over_loads("overlap m at the end", "overlap", |e| e.overlap(0))
                .y_from(0.0, 1.05)
                .dashed("replica theory", theory)
                .mark_x("theory", in_theory),
        )
        .panel(
            over_loads("share retrieved", "patterns retrieved", |e| e.retrieved(0))
                .y_from(-0.02, 1.05)
                .mark_x("theory", in_theory),
        )
        .panel(
            panel("1/N", "load P/N at one half")
                .title("capacity")
                .points("measured", halves.iter().map(|&(n, half)| (1.0 / n, half)))
                .each(limit, |panel, limit| {
                    let line = |power: f64| {
                        let line = line_in_power(halves, power);
                        grid(0.0, top, 200).map(move |x| (x, line.at(x.powf(power))))
                    };
                    panel
                        .dashed("linear in 1/N", line(1.0))
                        .dashed("linear in 1/√N", line(0.5))
                        .line("power free", line(limit.power))
                        .points("limit", [(0.0, limit.limit)])
                })
                .mark_y("theory", in_theory),
        ))
}

fn stability_figure(curves: &[Curve], in_theory: f64) -> Figure {
    let axes = panel("load P/N", "share that is unstable").title("units of stored patterns");
    let shares = axes.log_y().each(curves, |panel, curve| {
        let label = format!("N = {}", curve[0].units);
        let measured = curve.iter().map(|e| (e.load(), e.unstable()));
        let exact = curve.iter().map(|e| (e.load(), instability(e.units, e.patterns)));
        // Where none was seen there is no place on a logarithmic axis.
        let seen = measured.filter(|(_, e)| e.mean > 2.0 * e.error);
        panel.points(label.clone(), seen).line(label, exact)
    });
    let caption = "The share of units of stored patterns that are unstable: points measured, lines exact, the binomial tail of the crosstalk at the same N and P. It rises smoothly through the capacity.";
    figure("stability", caption).panel(shares.mark_x("theory", in_theory))
}

fn basins_figure(s: &Settings, basins: &[Ensemble], corrupted: &[f64]) -> Figure {
    let over_fractions = |y: &str, title: &str, of: fn(&Ensemble, usize) -> Estimate| {
        panel("fraction of units flipped", y).title(title).each(basins, |panel, ensemble| {
            let points = corrupted.iter().enumerate().map(|(f, &x)| (x, of(ensemble, f)));
            panel.joined(format!("P/N = {}", ensemble.load()), points)
        })
    };
    let caption = format!(
        "Recall from corrupted patterns, N = {}: the overlap with the pattern at the end, above the dashed line where recall has helped, and the share retrieved (overlap above {}). Basins of attraction shrink as the load grows.",
        s.basins.units, s.retrieved_above
    );
    figure("basins", caption)
        .panel(
            over_fractions("overlap m at the end", "overlap", Ensemble::overlap)
                .y_from(-0.05, 1.05)
                .dashed("start", [(0.0, 1.0), (0.5, 0.0)]),
        )
        .panel(
            over_fractions("share retrieved", "patterns retrieved", Ensemble::retrieved)
                .y_from(-0.02, 1.05),
        )
}

fn loads_table(s: &Settings, curves: &[Curve]) -> Result<Table> {
    let rows: Vec<(&Ensemble, Option<f64>)> = curves
        .iter()
        .flatten()
        .map(|e| Ok((e, retrieval_overlap(e.load())?)))
        .collect::<Result<_>>()?;
    let caption = format!(
        "Recall of up to {} patterns of each network, from the pattern itself: overlap at the end, share retrieved (overlap above {}), the overlap of these, and that of the retrieval state of mean-field theory; the share of unstable units, measured and exact.",
        s.recalled, s.retrieved_above
    );
    Ok(table("loads", caption)
        .rows(rows)
        .column("N", |(e, _)| e.units)
        .column("P", |(e, _)| e.patterns)
        .column("P/N", |(e, _)| e.load())
        .column("overlap", |(e, _)| e.overlap(0))
        .column("retrieved", |(e, _)| e.retrieved(0))
        .column("overlap of these", |(e, _)| e.overlap_of_retrieved())
        .column("theory", |(_, theory)| *theory)
        .column("unstable", |(e, _)| e.unstable())
        .column("exact", |(e, _)| instability(e.units, e.patterns))
        .into())
}
