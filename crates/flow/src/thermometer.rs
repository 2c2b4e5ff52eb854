//! The network thermometer: a classifier over the training temperatures.

use crate::Error;
use nalgebra::DMatrix;
use nn::{Network, TrainConfig, Trainer};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// A network that gives each configuration a distribution over a scale of temperatures (step 7 of the protocol).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thermometer {
    scale: Vec<f64>,
    network: Network,
}

/// A thermometer in the making: all that must survive an interruption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    scale: Vec<f64>,
    trainer: Trainer,
}

/// What the thermometer says of a batch of configurations.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Expected temperature of each configuration, in the units of the scale.
    pub temperatures: Vec<f64>,
    /// Probability of each temperature of the scale, averaged over the batch.
    pub distribution: Vec<f64>,
}

impl Calibration {
    /// An untrained thermometer for configurations of `sites` spins over `scale`.
    ///
    /// # Errors
    /// [`Error::Scale`], [`Error::Network`] for bad settings.
    pub fn new(scale: &[f64], sites: usize, config: TrainConfig, seed: u64) -> Result<Self, Error> {
        let finite = scale.iter().all(|t| t.is_finite());
        if scale.len() < 2 || !finite || !scale.is_sorted_by(|a, b| a < b) {
            return Err(Error::Scale(scale.to_vec()));
        }
        let rng = stats::stream(seed, "flow::thermometer", 0);
        let trainer = Trainer::new(config, sites, scale.len(), rng)?;
        Ok(Self { scale: scale.to_vec(), trainer })
    }

    /// Trains for `epochs` more on configurations `[site, sample]` of known temperature; `observe` sees every epoch.
    ///
    /// # Errors
    /// [`Error::OffScale`] for a temperature that is not on the scale, [`Error::Network`].
    pub fn train(
        &mut self,
        configurations: &DMatrix<f32>,
        temperatures: &[f64],
        epochs: u64,
        observe: impl FnMut(nn::Epoch) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let class = |t: &f64| {
            // Relative to the scale, which is finite: an infinite temperature is on none.
            let found = self.scale.iter().position(|s| (s - t).abs() <= 1e-9 * (1.0 + s.abs()));
            found.map(|class| class as u32).ok_or(Error::OffScale(*t))
        };
        let classes: Vec<u32> = temperatures.iter().map(class).collect::<Result<_, _>>()?;
        nn::train(&mut self.trainer, configurations, &classes, epochs, observe)?;
        Ok(())
    }

    /// Epochs so far.
    pub fn epochs(&self) -> u64 {
        self.trainer.epochs()
    }

    /// The thermometer as trained so far.
    pub fn thermometer(&self) -> Thermometer {
        Thermometer { scale: self.scale.clone(), network: self.trainer.network().clone() }
    }
}

impl Thermometer {
    /// The temperatures of the scale, ascending.
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// Reads a batch of configurations `[site, sample]`; temperature is the expectation under the softmax.
    ///
    /// Real-valued spins, as the mean rule gives, are outside the domain of its training: read them with care.
    ///
    /// # Panics
    /// When the batch has another width than the training configurations.
    pub fn read(&self, configurations: &DMatrix<f32>) -> Reading {
        let p = self.network.probabilities(configurations);
        let expected = |column: nalgebra::DVectorView<'_, f32>| {
            column.iter().zip(&self.scale).map(|(p, t)| f64::from(*p) * t).sum()
        };
        let mean = |row: nalgebra::RowDVector<f32>| {
            row.iter().map(|&p| f64::from(p)).sum::<f64>() / p.ncols() as f64
        };
        Reading {
            temperatures: p.column_iter().map(expected).collect(),
            distribution: p.row_iter().map(|row| mean(row.into_owned())).collect(),
        }
    }
}
