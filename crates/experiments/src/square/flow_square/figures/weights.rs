//! Figures of the weights: W W^T as heat maps, against distance, and its spectrum.

use crate::square::flow_square::Settings;
use crate::square::flow_square::sets::Kind;
use crate::square::flow_square::weights::Weights;
use lab::parts::*;
use report::content::{Axis, Figure, Panel, Series, Style};

/// The machines of the size shown, by training set.
fn shown<'a>(settings: &Settings, weights: &'a [Weights]) -> impl Iterator<Item = &'a Weights> {
    let hidden = settings.train.hidden;
    Kind::EACH.into_iter().filter_map(move |kind| Weights::find(weights, kind, hidden))
}

pub(in super::super) fn maps(settings: &Settings, weights: &[Weights]) -> Figure {
    let panel = |weights: &Weights| Panel {
        title: format!("trained on {}", weights.kind.name()),
        x: axis("site j"),
        // Outliers of the diagonal shall not fade all else.
        y: axis_in("(W Wᵀ)ᵢⱼ / mean of the diagonal", -1.0, 1.0),
        series: weights.seeds.first().map_or(vec![], |gram| matrix_rows("site i", &gram.entries)),
        marks: vec![],
    };
    Figure {
        id: "flow-square-maps".into(),
        caption: format!(
            "$W W^T$ of the first seed's machines, N = {}, trained on V, H and L; sites row after row, in units of the mean of the diagonal. Entries beyond ±1 have the colour of the end.",
            settings.train.hidden
        ),
        panels: shown(settings, weights).map(panel).collect(),
    }
}

pub(in super::super) fn decay(settings: &Settings, weights: &[Weights]) -> Figure {
    let series: Vec<Series> = shown(settings, weights)
        .map(|weights| measured(weights.kind.name(), Style::LinePoints, weights.decay()))
        .collect();
    let panel = |title: &str, y: Axis, from: usize| Panel {
        title: title.to_owned(),
        x: axis("distance r (sites)"),
        y,
        series: series
            .iter()
            .map(|s| Series { label: s.label.clone(), points: s.points[from..].to_vec(), ..*s })
            .collect(),
        marks: vec![mark_y("0", 0.0)],
    };
    let label = "mean of (W Wᵀ)ᵢⱼ at distance r";
    Figure {
        id: "flow-square-decay".into(),
        caption: format!(
            "What the heat maps show: the mean entry of $W W^T$ for sites at the distance r on the torus, in units of the mean of the diagonal, N = {}; error over seeds. Right: without the diagonal.",
            settings.train.hidden
        ),
        panels: vec![panel("with r = 0", axis(label), 0), panel("without r = 0", axis(label), 1)],
    }
}

pub(in super::super) fn spectra(settings: &Settings, weights: &[Weights]) -> Figure {
    let mut of_sets: Vec<Series> = shown(settings, weights)
        .map(|w| measured(w.kind.name(), Style::LinePoints, w.spectrum(|gram| &gram.eigenvalues)))
        .collect();
    if let Some(all) = Weights::find(weights, Kind::All, settings.train.hidden) {
        let noise = all.spectrum(|gram| &gram.of_noise);
        of_sets.push(measured("independent weights", Style::Dashed, noise));
    }
    let of_sizes = settings.hidden.iter().filter_map(|&hidden| {
        let weights = Weights::find(weights, Kind::All, hidden)?;
        let spectrum = weights.spectrum(|gram| &gram.eigenvalues);
        Some(measured(format!("N = {hidden}"), Style::LinePoints, spectrum))
    });
    let panel = |title: String, series| Panel {
        title,
        x: log_axis("rank"),
        y: log_axis("eigenvalue of W Wᵀ"),
        series,
        marks: vec![mark_y("1", 1.0)],
    };
    Figure {
        id: "flow-square-spectra".into(),
        caption: "Eigenvalues of $W W^T$, largest first, for three training sets and for all numbers of hidden units; mean and error over seeds. Independent weights: normal ones of the same mean square as those of V. Above 1 the mean rule leaves the configuration 0.".into(),
        panels: vec![
            panel(format!("N = {}", settings.train.hidden), of_sets),
            panel("trained on V".into(), of_sizes.collect()),
        ],
    }
}
