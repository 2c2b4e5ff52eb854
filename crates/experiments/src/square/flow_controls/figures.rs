//! Figures and tables of `flow-controls`: |m| along the flow, distributions over the scale, ends against training, readings.

use super::settings::Units;
use super::{By, FlowCase, FlowRow, STARTS, Settings, Study, abs_m, read, with_temperature};
use crate::square::thermometers::Thermometer;
use anyhow::Result;
use exact::square::critical_temperature;
use lab::Lab;
use report::content::SOURCE;
use report::numbers::fixed;
use report::{Cell, Figure, Section, Style, Table, figure, panel, table};
use stats::Estimate;

pub(super) fn figures(
    lab: &Lab,
    s: &Settings,
    study: &Study<'_>,
    section: Section,
) -> Result<Section> {
    // Beside RBMs of its kind what the source found.
    let mut published = Vec::new();
    for training in study.p.trainings.iter().filter(|training| !training.m_star.is_empty()) {
        let label = format!("{}{SOURCE}Veiga & Vicente", training.data.name());
        published.push((label, lab.published.value(&training.m_star)?));
    }
    let cold = study.binary().filter(|of| of.start == 0);
    Ok(section
        .figure(magnetisation(s, study, Units::Binary, &published))
        .figure(magnetisation(s, study, Units::Spins, &[]))
        .figures(cold.map(|of| distribution(s, study, of.case)))
        .figure(training(study))
        .table(readings(s, study))
        .table(distances(study))
        .table(times(s, study)))
}

/// |m| against the step, of every data set.
fn magnetisation(
    s: &Settings,
    study: &Study<'_>,
    units: Units,
    published: &[(String, f64)],
) -> Figure {
    let key = if units == Units::Binary { "binary" } else { "spins" };
    let p = study.p;
    let flows = |start| study.ends().filter(move |of| of.rbm.units == units && of.start == start);
    figure(format!("magnetisation-{key}-{}", p.side), format!(
        "|m| along the sampled flow of RBMs of units {}, by what they were trained on; L = {}. Errors are over {} seeds. The line is <|m|> of the torus at T_c.",
        units.name(), p.side, p.seeds))
        .panels(0..STARTS.len(), |start| {
            panel("step of the flow", "|m|")
                .title(format!("from T = {}", STARTS[start]))
                .y_from(0.0, 1.05)
                .each(flows(start), |panel, of| {
                    panel.joined(of.name(), of.means(|flown| &flown.abs_m).into_iter().enumerate())
                })
                .each(published, |panel, (label, m)| {
                    panel.dashed(label.clone(), [0, s.steps.size()].map(|step| (step, *m)))
                })
                .mark_y("at T_c", study.abs_m.mean)
        })
}

/// The network's distribution over its scale along the flow, of RBMs of units 0 and 1.
fn distribution(s: &Settings, study: &Study<'_>, path: &FlowCase) -> Figure {
    let p = study.p;
    let key = if path.is_redrawn { "redrawn" } else { path.rbm.data.key() };
    let flows = study.binary().filter(|of| of.name() == path.name());
    figure(format!("distribution-{key}-{}", p.side), format!(
        "What the network {} says of configurations along the flow, RBMs of units 0/1, {}, L = {}; mean and error over {} seeds.",
        p.networks[0].name, path.name(), p.side, p.seeds))
        .panels(flows, |of| {
            panel("temperature (J/k_B)", "probability by the network")
                .title(format!("{}, from T = {}", of.name(), STARTS[of.start]))
                .each(s.shown.iter().enumerate(), |panel, (number, step)| {
                    let classes = p.temperatures.iter().enumerate();
                    panel.joined(format!("step {step}"), classes.map(|(class, &t)| {
                        (t, of.mean(|flown| flown.steps[number].distribution()[class]))
                    }))
                })
                .mark_x("T_c", critical_temperature())
        })
}

/// Rate times updates after which an RBM in training flows.
fn time(study: &Study<'_>, path: &FlowCase) -> Option<f64> {
    let pace = path.rbm.pace(study.p);
    let epochs = *pace.stops().get(path.segment?)?;
    Some(study.p.time(&study.p.trainings[path.rbm.training], pace.learning_rate, epochs))
}

fn energy(of: FlowRow<'_>) -> Option<Estimate> {
    read(of, By::First(Thermometer::Energy))
}

/// A panel, the label of its y axis, what is drawn, and the labelled line across it.
type Drawn<'a> = (&'a str, &'a str, fn(FlowRow<'_>) -> Option<Estimate>, (&'a str, f64));

/// Ends against training time, at two learning rates.
fn training(study: &Study<'_>) -> Figure {
    let p = study.p;
    let panels: [Drawn<'_>; 2] = [
        ("magnetisation", "|m| at the end", abs_m, ("at T_c", study.abs_m.mean)),
        ("energy thermometer", "T (J/k_B)", energy, ("T_c", critical_temperature())),
    ];
    figure(format!("training-{}", p.side), format!(
        "Where the flow of the torus' RBM with units 0/1 ends, against its training; L = {}, mean and error over {} seeds. If only rate × updates counts, both learning rates lie on one curve.",
        p.side, p.seeds))
        .panels(panels, |(title, y, end, (mark, at))| {
            panel("learning rate × updates", y)
                .title(title)
                .each([(0, false), (1, false), (0, true), (1, true)], |panel, (start, is_check)| {
                    let rate = if is_check { p.check } else { p.trainings[0].binary }.learning_rate;
                    let style = if is_check { Style::Points } else { Style::LinePoints };
                    let flows = study.flows.filter(move |path| {
                        path.start == start && path.rbm.is_check == is_check && !path.is_trained()
                    });
                    let points = flows.filter_map(|of| Some((time(study, of.case)?, end(of)?)));
                    panel.series(style, format!("from T = {}, rate {rate}", STARTS[start]), points)
                })
                .mark_y(mark, at)
        })
}

/// The thermometers with their headings.
fn headings(study: &Study<'_>) -> impl Iterator<Item = (String, By)> {
    let [first, second] = [0, 1].map(|of| format!("network {}", study.p.networks[of].name));
    By::all().map(move |by| match by {
        By::First(Thermometer::Network) => (first.clone(), by),
        By::First(thermometer) => (thermometer.name().to_owned(), by),
        By::Second => (second.clone(), by),
    })
}

fn readings(s: &Settings, study: &Study<'_>) -> Table {
    let p = study.p;
    // The smallest of the seeds.
    let chi_square = |of: &FlowRow<'_>| {
        let fits = of.cells.iter().filter_map(|flown| Some(flown.end()?.readings?.two_point));
        let each = fits.map(|fit| fit.chi_square / fit.degrees_of_freedom as f64);
        fixed(each.fold(f64::NAN, f64::min), 1)
    };
    let text = |row: &Option<FlowRow<'_>>, of: &dyn Fn(&FlowRow<'_>) -> String| {
        row.as_ref().map_or(String::new(), of)
    };
    table(format!("readings-{}", p.side), format!(
        "Temperatures (J/k_B) read after {} sampled steps, L = {}; χ² of the two-point fit by degree of freedom, the smallest of the seeds; how many of the seeds' ensembles have one temperature.",
        s.steps, p.side))
        // The last row is that of configurations at T_c.
        .rows(study.ends().map(Some).chain([None]))
        .column("data", |row| row.as_ref().map_or("configurations at T_c", |of| of.name()))
        .column("units", |row| row.as_ref().map_or("", |of| of.rbm.units.name()))
        .column("start T", |row| row.as_ref().map_or("", |of| STARTS[of.start]))
        .columns(headings(study), |&by, row| match (row, by) {
            (Some(of), by) => Cell::or(read(*of, by), "off the scale"),
            (None, By::First(Thermometer::Network) | By::Second) => study.at_critical(by).into(),
            (None, By::First(_)) => critical_temperature().into(),
        })
        .column("|m|", |row| row.map_or(Some(study.abs_m), abs_m))
        .column("χ² a degree", |row| text(row, &chi_square))
        .column("one temperature", |row| {
            text(row, &|of| format!("{} of {}", with_temperature(*of), p.seeds))
        })
        .into()
}

/// Distances from T_c, in J/k_B and in errors.
fn distances(study: &Study<'_>) -> Table {
    let p = study.p;
    let apart =
        |e: Estimate| format!("{} ({} errors)", fixed(e.mean, 2), fixed(e.mean / e.error, 1));
    table(format!("distances-{}", p.side), format!(
        "Readings minus T_c, and that in errors; of the networks minus what they read of configurations at T_c, L = {}. At T_c, beyond errors: the first network within {}, the four physical thermometers within {:.3}.",
        p.side, p.temperatures.widest_gap(), study.shift))
        .rows(study.ends())
        .column("data", |of| of.name())
        .column("units", |of| of.rbm.units.name())
        .column("start T", |of| STARTS[of.start])
        .columns(headings(study), |&by, of| Cell::or(study.distance(*of, by).map(apart), "off the scale"))
        .column("network at T_c", |of| {
            study.is_critical(*of, super::NETWORK).among(["yes", "no", "open"])
        })
        .column("physical at T_c", |of| {
            let (at, off) = study.physical(*of);
            format!("{at} yes, {off} no")
        })
        .into()
}

/// Whether only rate times updates counts: the RBM of the torus at two learning rates.
fn times(s: &Settings, study: &Study<'_>) -> Table {
    let p = study.p;
    table(format!("times-{}", p.side), format!(
        "Ends of the flow ({} steps) of the torus' RBM with units 0/1 against its training, at two learning rates, L = {}.",
        s.steps, p.side))
        .rows(study.flows.filter(|path| !path.is_trained()))
        .column("start T", |of| STARTS[of.start])
        .column("learning rate", |of| f64::from(of.rbm.pace(p).learning_rate))
        .column("rate × updates", |of| time(study, of.case))
        .column("|m|", |of| abs_m(*of))
        .column("energy T (J/k_B)", |of| Cell::or(energy(*of), "off the scale"))
        .into()
}
