//! `exact rbm`: an RBM of any weights, by sums over all states.

use super::print::Value::{List, Matrix, Number};
use super::print::Values;
use super::rbm_file::{Contents, read};
use super::refused;
use crate::values::MAX_LISTED;
use anyhow::Result;
use clap::Args;
use exact::Rbm64;
use exact::enumerate::{MAX_UNITS, Moments, moments, visible_probabilities};
use exact::likelihood::pseudo_log_likelihood;
use lab::input::BadInput;
use nalgebra::DMatrix;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Rbm {
    /// The RBM, units +-1, weight exp(v W h + b v + c h), its smaller layer of at most 24 units. JSON: an object with M,
    /// N, W (M rows of N numbers), b_visible, c_hidden and, if pseudo-likelihoods are wanted, data (rows of M units,
    /// each 1 or -1); other keys are ignored. A name in .safetensors: the tensors weights [visible, hidden] and, if not
    /// zero, visible_bias and hidden_bias, each F32 or F64; other tensors are ignored.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Also above 4096 states p_v, the probability of each visible state: bit i of its place is unit i, set for +1.
    #[arg(long)]
    full: bool,
}

pub(super) fn values(options: &Rbm) -> Result<Values> {
    let Contents { rbm, data } = read(&options.file)?;
    let path = format!("--file {}", options.file.display());
    check_cost(&path, &rbm)?;
    let Moments { ln_z, mean_v, mean_h, mean_vh } = moments(&rbm).map_err(refused(&path))?;
    if !ln_z.is_finite() {
        let sentence =
            format!("{path}: ln Z is {ln_z}, but must be finite: the parameters are too large");
        return Err(BadInput(sentence).into());
    }
    let mut values = vec![("ln_z", Number(ln_z))];
    if options.full || rbm.visible() <= MAX_LISTED.ilog2() as usize {
        let p = visible_probabilities(&rbm).map_err(refused(format!("--full, {path}")))?;
        values.push(("p_v", List(p)));
    }
    values.extend([
        ("mean_v", List(mean_v.as_slice().to_vec())),
        ("mean_h", List(mean_h.as_slice().to_vec())),
        ("mean_vh", rows(&mean_vh)),
    ]);
    if let Some(data) = data {
        let concerns = format!("{path}, key data");
        let pseudo = pseudo_log_likelihood(&rbm, &data).map_err(refused(concerns))?;
        values.push(("pseudo_log_likelihood", List(pseudo)));
    }
    Ok(values)
}

/// The sum over the smaller layer's states costs the larger layer's units each.
fn check_cost(path: &str, rbm: &Rbm64) -> Result<(), BadInput> {
    const MAX: usize = 1 << 30;
    let (small, large) = (rbm.visible().min(rbm.hidden()), rbm.visible().max(rbm.hidden()));
    let most = MAX >> small.min(MAX_UNITS);
    match large > most {
        true => Err(BadInput(format!(
            "{path}: the larger layer has {large} units, but must have at most {most} when the smaller has {small}"
        ))),
        false => Ok(()),
    }
}

/// Rows of `[visible, hidden]`: one for each visible unit.
pub(super) fn rows(matrix: &DMatrix<f64>) -> super::print::Value {
    Matrix(matrix.row_iter().map(|row| row.iter().copied().collect()).collect())
}
