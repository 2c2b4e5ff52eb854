//! Figures of the correlators of visible and hidden units at T_c.

use crate::square::flow_square::Settings;
use crate::square::flow_square::correlators::{Correlators, OfSeed, local};
use lab::parts::*;
use nalgebra::{DMatrix, DVectorView};
use report::content::{Figure, Panel, Style};

/// Hidden units that are shown, from the widest to the narrowest.
const UNITS: usize = 5;

/// The correlators of some hidden units on the lattice, and of one block spin.
pub(in super::super) fn maps(settings: &Settings, correlators: &Correlators) -> Figure {
    let side = settings.side;
    let panel = |title: String, column: Vec<f64>| Panel {
        title,
        x: axis("column"),
        y: axis("correlator − its mean"),
        series: matrix_rows("row", &DMatrix::from_row_slice(side, side, &column)),
        marks: vec![],
    };
    let panels = correlators.seeds.first().map_or(vec![], |seed| {
        let title = |name: &str, sites: f64, correlators: DVectorView<f64>| {
            format!("{name}: {sites:.0} sites, mean {:.2}", correlators.mean().abs())
        };
        let (hidden, of_blocks) = (local(&seed.hidden), local(&seed.blocks));
        let units = spread(&seed.local_of_hidden).into_iter().map(|unit| {
            let name = format!("unit {unit}");
            let title = title(&name, seed.local_of_hidden[unit], seed.hidden.column(unit));
            panel(title, hidden.column(unit).iter().copied().collect())
        });
        // Of the block in the middle.
        let blocks = side / 2;
        let block = blocks / 2 * blocks + blocks / 2;
        let title = title("block spin", seed.local_of_blocks[block], seed.blocks.column(block));
        let column = of_blocks.column(block).iter().copied().collect();
        units.chain([panel(title, column)]).collect()
    });
    Figure {
        id: "flow-square-correlators".into(),
        caption: format!(
            "Correlators $\\langle v_i h_a \\rangle$ with the expectation of h at held-out configurations of $T_c$, on the lattice, without their mean over the sites, which is that of the magnetisation: hidden units of the first seed's machine trained on V, N = {}, from the largest participation ratio of what is shown to the smallest, and the majority spin of the 2 × 2 block in the middle. In the titles: this ratio, and the size of the mean.",
            settings.train.hidden
        ),
        panels,
    }
}

/// Units at equal distances in the order of their ratios.
fn spread(ratios: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..ratios.len()).collect();
    order.sort_by(|&a, &b| ratios[b].total_cmp(&ratios[a]));
    let count = UNITS.min(order.len());
    (0..count).map(|i| order[i * (order.len() - 1) / (count - 1).max(1)]).collect()
}

pub(in super::super) fn participation(settings: &Settings, correlators: &Correlators) -> Figure {
    let ranked = |label: &str, of: fn(&OfSeed) -> &Vec<f64>| {
        let ratios = correlators.ranked(of);
        let count = ratios.len() as f64;
        let place = |i: usize| (i as f64 + 0.5) / count;
        measured(label, Style::LinePoints, ratios.iter().enumerate().map(|(i, r)| (place(i), *r)))
    };
    Figure {
        id: "flow-square-participation".into(),
        caption: format!(
            "How many sites a unit has to do with: participation ratios, from the widest unit to the narrowest, of the correlators with the {} hidden units and with 2 × 2 block spins at $T_c$, with and without their mean over the sites, and of the weights (a block spin has 4 of 4 equal weights). Trained on V; error over seeds.",
            settings.train.hidden
        ),
        panels: vec![Panel {
            title: String::new(),
            x: axis_in("share of the units", 0.0, 1.0),
            y: axis("participation ratio (sites)"),
            series: vec![
                ranked("correlators of hidden units", |seed| &seed.of_hidden),
                ranked("correlators of block spins", |seed| &seed.of_blocks),
                ranked("hidden units, without the mean", |seed| &seed.local_of_hidden),
                ranked("block spins, without the mean", |seed| &seed.local_of_blocks),
                ranked("weights of hidden units", |seed| &seed.of_weights),
            ],
            marks: vec![],
        }],
    }
}
