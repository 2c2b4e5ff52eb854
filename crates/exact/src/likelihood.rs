//! What an RBM makes of data: free energies, the likelihood with its exact gradient, the pseudo-likelihood.
//!
//! Data are `[visible, sample]`, each entry +1 or -1, each column one configuration.

use crate::enumerate::moments;
use crate::logs::ln_2cosh;
use crate::{Error, Rbm64};
use nalgebra::{DMatrix, DVector};

/// The free energy `F(v) = -b v - sum_a ln 2 cosh(c_a + sum_i W_ia v_i)` of each configuration, so that
/// `p(v) = e^{-F(v)} / Z`, thesis (27).
///
/// # Errors
/// [`Error::WrongLength`] for configurations of another size, [`Error::OutOfRange`] for a unit that is not +-1.
pub fn free_energy(rbm: &Rbm64, data: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
    let fields = hidden_fields(rbm, data)?;
    let energy = |(v, fields): (nalgebra::DVectorView<'_, f64>, nalgebra::DVectorView<'_, f64>)| {
        -rbm.visible_bias.dot(&v) - fields.iter().map(|&f| ln_2cosh(f)).sum::<f64>()
    };
    Ok(data.column_iter().zip(fields.column_iter()).map(energy).collect())
}

/// The fields `c + W^T v` on the hidden units, `[hidden, sample]`.
fn hidden_fields(rbm: &Rbm64, data: &DMatrix<f64>) -> Result<DMatrix<f64>, Error> {
    let (found, expected) = (data.nrows(), rbm.visible());
    if found != expected {
        return Err(Error::WrongLength { what: "a configuration", found, expected });
    }
    if let Some(&value) = data.iter().find(|x| x.abs() != 1.0) {
        return Err(Error::OutOfRange { what: "a unit of the data", value, allowed: "+1 or -1" });
    }
    let mut fields = rbm.weights.tr_mul(data);
    fields.column_iter_mut().for_each(|mut column| column += &rbm.hidden_bias);
    Ok(fields)
}

/// The logarithmic likelihood of data, natural logarithm.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLikelihood {
    /// `ln p(v)` of each configuration.
    pub per_datum: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// The derivatives of the mean by all parameters, thesis (37) and their likes for the biases, in the places of the parameters.
    pub gradient: Rbm64,
}

/// The mean of `ln p(v)` over data and its exact gradient: `<v_i h_a>_data - <v_i h_a>_model` by `W_ia` (thesis (37)),
/// `<v_i>_data - <v_i>_model` by `b_i`, `<h_a>_data - <h_a>_model` by `c_a`, where a mean over data takes
/// `tanh(c_a + sum_i W_ia v_i)` for `h_a`.
///
/// # Errors
/// As [`free_energy`]; [`Error::TooSmall`] without data; [`Error::TooManyStates`] as [`moments`].
pub fn log_likelihood_gradient(rbm: &Rbm64, data: &DMatrix<f64>) -> Result<LogLikelihood, Error> {
    let means = hidden_fields(rbm, data)?.map(f64::tanh);
    if data.ncols() == 0 {
        let what = "the number of configurations";
        return Err(Error::TooSmall { what, value: 0, least: 1 });
    }
    let count = data.ncols() as f64;
    let model = moments(rbm)?;
    let per_datum: Vec<f64> =
        free_energy(rbm, data)?.into_iter().map(|f| -f - model.ln_z).collect();
    let gradient = Rbm64 {
        weights: data * means.transpose() / count - model.mean_vh,
        visible_bias: data.column_mean() - model.mean_v,
        hidden_bias: means.column_mean() - model.mean_h,
    };
    Ok(LogLikelihood { mean: per_datum.iter().sum::<f64>() / count, per_datum, gradient })
}

/// The pseudo-likelihood `sum_i ln p(v_i | v_j, j != i)` of each configuration; it needs no Z.
///
/// # Errors
/// As [`free_energy`].
pub fn pseudo_log_likelihood(rbm: &Rbm64, data: &DMatrix<f64>) -> Result<Vec<f64>, Error> {
    let fields = hidden_fields(rbm, data)?;
    let of_datum = |s: usize| -> f64 {
        let fields: DVector<f64> = fields.column(s).into();
        let here: f64 = fields.iter().map(|&f| ln_2cosh(f)).sum();
        (0..rbm.visible())
            .map(|i| {
                let twice = 2.0 * data[(i, s)];
                let row = rbm.weights.row(i);
                let flipped = fields.iter().zip(row.iter()).map(|(f, w)| f - twice * w);
                let there: f64 = flipped.map(ln_2cosh).sum();
                // ln p(v_i | rest) = -ln(1 + e^x), x the logarithm of the flipped state's relative weight.
                let x = there - here - twice * rbm.visible_bias[i];
                -(x.max(0.0) + (-x.abs()).exp().ln_1p())
            })
            .sum()
    };
    Ok((0..data.ncols()).map(of_datum).collect())
}
