//! A judgement as one JSON document, and as a table for a reader.

use super::Judgement;
use crate::measured::Measured;
use nalgebra::DMatrix;
use rbm::ais::Annealed;
use rbm::{Rbm, partition};
use report::columns::columns;
use report::shown;
use serde::Serialize;

#[derive(Serialize)]
struct Document {
    log_likelihood: Measured,
    log_partition: LogPartition,
    pseudo_log_likelihood: f64,
    reconstruction_error: f64,
    errors: Errors,
    warning: Option<String>,
}

#[derive(Serialize)]
struct LogPartition {
    estimate: f64,
    error: f64,
    effective_chains: f64,
    upper: f64,
    upper_error: f64,
    upper_effective_chains: f64,
    exact: Option<f64>,
}

/// Of what has none beside it.
#[derive(Serialize)]
struct Errors {
    pseudo_log_likelihood: f64,
    reconstruction_error: f64,
}

pub(super) fn json(judgement: &Judgement) -> serde_json::Result<String> {
    let Judgement { log_likelihood, pseudo, reconstruction, forward, backward, exact } = judgement;
    serde_json::to_string_pretty(&Document {
        log_likelihood: (*log_likelihood).into(),
        log_partition: LogPartition {
            estimate: forward.ln_z.mean,
            error: forward.ln_z.error,
            effective_chains: forward.effective_chains,
            upper: backward.ln_z.mean,
            upper_error: backward.ln_z.error,
            upper_effective_chains: backward.effective_chains,
            exact: *exact,
        },
        pseudo_log_likelihood: pseudo.mean,
        reconstruction_error: reconstruction.mean,
        errors: Errors {
            pseudo_log_likelihood: pseudo.error,
            reconstruction_error: reconstruction.error,
        },
        warning: judgement.warning(),
    })
}

pub(super) fn text(judgement: &Judgement, rbm: &Rbm, data: &DMatrix<f32>) -> String {
    let chains = |Annealed { effective_chains, ln_z }: &Annealed| {
        format!("{effective_chains:.0} of {} chains count", ln_z.count)
    };
    let Judgement { forward, backward, exact, .. } = judgement;
    let start = if exact.is_some() { "exact draws" } else { "the annealed chains' ends" };
    let rows = [
        ["log-likelihood", &shown(judgement.log_likelihood), "per sample"],
        ["pseudo-log-likelihood", &shown(judgement.pseudo), "per sample"],
        ["reconstruction error", &shown(judgement.reconstruction), "per unit"],
        ["ln Z, annealed", &shown(forward.ln_z), &chains(forward)],
        ["upper bound", &shown(backward.ln_z), &format!("{}, begun at {start}", chains(backward))],
        [
            "exact",
            &exact.map_or("–".to_owned(), |ln_z| format!("{ln_z:.6}")),
            match (exact, rbm.visible().min(rbm.hidden()) > partition::MAX_UNITS) {
                (Some(_), _) => "",
                (None, true) => "both layers have more than 24 units",
                (None, false) => "the sum over states would be too long",
            },
        ],
    ];
    let rows = rows.map(|row| row.map(str::to_owned).to_vec());
    let (visible, hidden, samples) = (rbm.visible(), rbm.hidden(), data.ncols());
    let note = judgement.warning().map(|warning| format!("\n{warning}")).unwrap_or_default();
    format!("{}{visible} x {hidden} units, {samples} samples{note}", columns(&rows, 3))
}
