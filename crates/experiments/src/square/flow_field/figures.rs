//! Figures and table of `flow-field`: where flows end, against the field, against training, and in the plane of m and E.

use super::{By, COLD, CaseRow, Ends, HOT, Settings, end, with_temperature};
use crate::stages::Step;
use anyhow::Result;
use exact::square::critical_temperature;
use exact::transfer::{DensityOfStates, TorusInField};
use lab::{Lab, Row};
use report::{Cell, Figure, Panel, Table, figure, grid, panel, table};
use stats::Estimate;

pub(super) fn temperatures(
    lab: &Lab,
    s: &Settings,
    states: &DensityOfStates,
    ends: &Ends,
) -> Result<Figure> {
    let last = s.epochs.len() - 1;
    let fields: Vec<f64> = grid(0.0, s.fields.highest(), 40).collect();
    let peaks = lab.each(&fields, |&field| {
        Ok((field, TorusInField { states, field }.specific_heat_peak()?))
    })?;
    Ok(figure("temperature", format!(
        "Where the flow ends, from hot starts unless said, against the external field, after {} epochs of training; mean and error over {} seeds.",
        s.epochs.highest(), s.seeds))
        .panels(s.hottest.iter(), |hottest| {
            let of_range = || ends.filter(move |case| case.hottest == *hottest);
            let points = |start, by| of_range().map(move |of| (of.field, end(of, last, start, by)));
            panel("external field h (J)", "temperature (J/k_B)")
                .title(format!("trained on T = 0 ... {hottest}"))
                .line("largest specific heat, exact", peaks.iter().copied())
                .dashed("training mixture, by its energy", of_range().map(|of| (of.field, of.mixture)))
                .points("end by energy", points(HOT, By::Energy))
                .points("end by magnetisation", points(HOT, By::Magnetisation))
                .points("end by network", points(HOT, By::Network))
                .points("end by energy, from T = 0", points(COLD, By::Energy))
                .mark_y("T_c", critical_temperature())
        }))
}

pub(super) fn training(s: &Settings, ends: &Ends) -> Figure {
    let of_first = || ends.filter(|case| case.hottest == s.hottest[0]);
    figure("training", format!(
        "Where the flow from hot starts ends while the RBM is being trained on T = 0 ... {}, by two thermometers.", s.hottest[0]))
        .panels([("by energy", By::Energy), ("by network", By::Network)], |(title, by)| {
            panel("epochs of training", "temperature at the end (J/k_B)")
                .title(title)
                .log_x()
                .each(of_first(), |panel, of| {
                    let points = s.epochs.iter().enumerate();
                    let points = points.map(|(number, &epochs)| (epochs, end(of, number, HOT, by)));
                    panel.joined(format!("h = {}", of.field), points)
                })
                .mark_y("T_c", critical_temperature())
        })
}

/// Ends among the curves on which Ising ensembles in each field lie.
pub(super) fn plane(
    s: &Settings,
    states: &DensityOfStates,
    ends: &Ends,
    joint: Row<'_, (), Vec<[Step; 2]>>,
) -> Result<Figure> {
    let label = |field: f64| format!("h = {field}");
    let curves = |title: &str| -> Result<Panel> {
        let empty = panel("magnetisation", "energy of the bonds per spin (J)").title(title);
        s.fields.iter().try_fold(empty, |panel, &field| {
            let torus = TorusInField { states, field };
            // Equal steps in 1 / T, from almost infinite temperature to almost zero.
            let points = grid(0.01, 2.0, 80).map(|k| {
                let means = torus.means(1.0 / k)?;
                Ok((means.magnetisation, means.bonds))
            });
            Ok(panel.line(label(field), points.collect::<Result<Vec<_>>>()?))
        })
    };
    let at = |[m, bonds]: [Estimate; 2]| [(m.mean, bonds)];
    let single = |of: CaseRow<'_>| {
        let place = |which: usize| of.mean(|ends| ends[s.epochs.len() - 1][HOT].place[which]);
        at([place(0), place(1)])
    };
    let of_all = |field: usize| {
        let m = joint.mean(|fields| fields[field][1].abs_m);
        at([m, joint.mean(|fields| fields[field][1].energy)])
    };
    let of_first = ends.filter(|case| case.hottest == s.hottest[0]);
    Ok(figure("plane", format!(
        "Markers: where flows from hot configurations end, after training on T = 0 ... {}. Lines: Ising ensembles of all temperatures in the field, exact, rising with T. Without a field, and of the RBM of all fields, the size of the magnetisation.",
        s.hottest[0]))
        .panel(curves("RBMs of one field")?.each(of_first, |panel, of| panel.points(label(of.field), single(of))))
        .panel(curves("one RBM of all fields, by start")?.each(s.fields.iter().enumerate(), |panel, (number, &field)| {
            panel.points(label(field), of_all(number))
        })))
}

pub(super) fn ends_table(s: &Settings, ends: &Ends) -> Table {
    let read =
        |of: &CaseRow<'_>, by| Cell::or(end(*of, s.epochs.len() - 1, HOT, by), "off the scale");
    table("ends", "Temperatures (J/k_B) at the end of flows from hot starts; how many ensembles have one temperature by energy, magnetisation and specific heat.")
        .rows(ends.rows())
        .column("trained up to T", |of| of.hottest)
        .column("h (J)", |of| of.field)
        .column("T of largest heat", |of| of.peak)
        .column("T of the mixture", |of| of.mixture)
        .columns(
            [("end by energy", By::Energy), ("by magnetisation", By::Magnetisation), ("by network", By::Network)],
            |&by, of| read(of, by),
        )
        .column("one temperature", |of| format!("{} of {}", with_temperature(*of), s.seeds))
        .into()
}
