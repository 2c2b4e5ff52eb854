//! The network thermometer: a classifier over the training temperatures, and its test on held-out configurations.

use crate::Error;
use ising::{Configurations, Samples};
use nalgebra::DMatrix;
use nn::{Network, TrainConfig, Trainer};
use serde::{Deserialize, Serialize};
use stats::Estimate;
use std::ops::ControlFlow;

/// A network that gives each configuration a distribution over a scale of temperatures (step 7 of the protocol).
///
/// Its layers are those of [`TrainConfig::hidden`]: of 100 sites and 25 temperatures, `[80]` is the classifier of
/// `iso-2018` (its width is quoted second hand) and `[512, 256, 64]` that of `veiga-2020`.
///
/// ```
/// use flow::NetworkThermometer;
/// use nalgebra::{dmatrix, dvector};
/// use nn::{Dense, Network};
///
/// // A network that sees nothing gives both temperatures of its scale the probability 1/2: it reads their mean.
/// let layer = Dense { weights: dmatrix![0.0; 0.0], bias: dvector![0.0, 0.0] };
/// let thermometer = NetworkThermometer::new(vec![1.0, 3.0], Network { layers: vec![layer] })?;
/// let reading = thermometer.read(&dmatrix![1.0, -1.0]);
/// assert_eq!((reading.temperatures, reading.distribution), (vec![2.0, 2.0], vec![0.5, 0.5]));
/// # Ok::<(), flow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkThermometer {
    scale: Vec<f64>,
    network: Network,
}

/// A thermometer in the making: all that must survive an interruption.
///
/// ```
/// use flow::Calibration;
/// use nalgebra::DMatrix;
/// use nn::TrainConfig;
/// use rand::RngExt;
/// use std::ops::ControlFlow;
///
/// // Two temperatures of ten spins: ordered, at T = 0, and coins, here called T = 10.
/// let mut rng = stats::stream(1, "example", 0);
/// let mut draw = |sample: usize| -> [f32; 10] {
///     std::array::from_fn(|_| if sample < 100 || rng.random() { 1.0 } else { -1.0 })
/// };
/// let columns: Vec<f32> = (0..200).flat_map(|sample| draw(sample)).collect();
/// let data = DMatrix::from_vec(10, 200, columns);
/// let temperatures: Vec<f64> = (0..200).map(|s| if s < 100 { 0.0 } else { 10.0 }).collect();
/// let config = TrainConfig { hidden: vec![8], batch: 20, learning_rate: 0.01 };
/// let mut calibration = Calibration::new(&[0.0, 10.0], 10, config, 1)?;
/// calibration.train(&data, &temperatures, 50, |_| ControlFlow::Continue(()))?;
/// // What it was trained with, it tells apart.
/// let read = calibration.thermometer().read(&data).temperatures;
/// assert!(read[0] < 1.0 && read[100..].iter().sum::<f64>() / 100.0 > 9.0);
/// # Ok::<(), flow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    scale: Vec<f64>,
    trainer: Trainer,
}

/// What the thermometer says of a batch of configurations.
#[derive(Clone, Debug)]
pub struct NetworkReading {
    /// Expected temperature of each configuration, in the units of the scale.
    pub temperatures: Vec<f64>,
    /// Probability of each temperature of the scale, averaged over the batch.
    pub distribution: Vec<f64>,
}

/// Whether temperatures can be a scale.
fn check_scale(scale: &[f64]) -> Result<(), Error> {
    let finite = scale.iter().all(|t| t.is_finite());
    match scale.len() >= 2 && finite && scale.is_sorted_by(|a, b| a < b) {
        true => Ok(()),
        false => Err(Error::Scale(scale.to_vec())),
    }
}

impl Calibration {
    /// An untrained thermometer for configurations of `sites` spins over `scale`, the temperatures in ascending order.
    ///
    /// # Errors
    /// [`Error::Scale`] unless there are two finite temperatures or more in ascending order, [`Error::Network`] for bad
    /// settings.
    pub fn new(scale: &[f64], sites: usize, config: TrainConfig, seed: u64) -> Result<Self, Error> {
        check_scale(scale)?;
        let rng = stats::stream(seed, "flow::thermometer", 0);
        let trainer = Trainer::new(config, sites, scale.len(), rng)?;
        Ok(Self { scale: scale.to_vec(), trainer })
    }

    /// Trains for `epochs` more on configurations `[site, sample]` of known temperature; `observe` sees every epoch.
    ///
    /// # Errors
    /// [`Error::OffScale`] for a temperature that is not on the scale, [`Error::Network`] for configurations of another size,
    /// fewer than a batch or not as many as temperatures, and for parameters that left the finite numbers.
    pub fn train(
        &mut self,
        configurations: &DMatrix<f32>,
        temperatures: &[f64],
        epochs: u64,
        observe: impl FnMut(nn::Epoch) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let class = |t: &f64| class(&self.scale, *t).map(|class| class as u32);
        let classes: Vec<u32> = temperatures.iter().map(class).collect::<Result<_, _>>()?;
        nn::train(&mut self.trainer, configurations, &classes, epochs, observe)?;
        Ok(())
    }

    /// Epochs so far.
    pub fn epochs(&self) -> u64 {
        self.trainer.epochs()
    }

    /// The thermometer as trained so far.
    pub fn thermometer(&self) -> NetworkThermometer {
        NetworkThermometer { scale: self.scale.clone(), network: self.trainer.network().clone() }
    }
}

impl NetworkThermometer {
    /// A thermometer from its parts: a class of the network for each temperature of the scale.
    ///
    /// # Errors
    /// [`Error::Scale`]; [`Error::Network`] for another number of classes.
    pub fn new(scale: Vec<f64>, network: Network) -> Result<Self, Error> {
        check_scale(&scale)?;
        let (found, expected) = (network.classes(), scale.len());
        if found != expected {
            return Err(
                nn::Error::Size { what: "the network's last layer", found, expected }.into()
            );
        }
        Ok(Self { scale, network })
    }

    /// The network, whose classes are the temperatures of the scale.
    pub fn network(&self) -> &Network {
        &self.network
    }

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
    pub fn read(&self, configurations: &DMatrix<f32>) -> NetworkReading {
        let p = self.network.probabilities(configurations);
        let expected = |column: nalgebra::DVectorView<'_, f32>| {
            column.iter().zip(&self.scale).map(|(p, t)| f64::from(*p) * t).sum()
        };
        let mean = |row: nalgebra::RowDVector<f32>| {
            row.iter().map(|&p| f64::from(p)).sum::<f64>() / p.ncols() as f64
        };
        NetworkReading {
            temperatures: p.column_iter().map(expected).collect(),
            distribution: p.row_iter().map(|row| mean(row.into_owned())).collect(),
        }
    }

    /// The temperature of an ensemble: the mean of [`NetworkReading::temperatures`] over `chains` independent chains of
    /// configurations, one after the other.
    ///
    /// The error is that of the mean, from the spread over configurations and their autocorrelation. It does not have the
    /// network's bias, which [`Self::bias`] measures where the truth is known: a softmax hesitates between neighbours of
    /// the scale and draws the ends inwards.
    ///
    /// # Errors
    /// [`Error::Sites`] for configurations of another size, [`Error::Chains`] unless they are so many chains of equal length.
    pub fn temperature(
        &self,
        configurations: &Configurations,
        chains: usize,
    ) -> Result<Estimate, Error> {
        self.check(configurations)?;
        let count = configurations.len();
        if chains == 0 || count == 0 || !count.is_multiple_of(chains) {
            return Err(Error::Chains { samples: count, chains });
        }
        Ok(Estimate::from_chains(&self.read(&configurations.to_matrix()).temperatures, chains))
    }

    /// The bias on held-out configurations: reading less truth at each temperature that occurs, ascending. The
    /// configurations of a temperature count as independent.
    ///
    /// # Errors
    /// [`Error::Sites`]; [`Error::OffScale`] for a temperature that is not on the scale.
    pub fn bias(&self, held_out: &Samples) -> Result<Vec<(f64, Estimate)>, Error> {
        let classes = self.classes(held_out)?;
        let read = self.read(&held_out.to_matrix()).temperatures;
        let of = |(class, &t): (usize, &f64)| {
            let mine = classes.iter().zip(&read).filter(|(c, _)| **c == class);
            let errors: Vec<f64> = mine.map(|(_, read)| read - t).collect();
            (!errors.is_empty()).then(|| (t, Estimate::from_independent(&errors)))
        };
        Ok(self.scale.iter().enumerate().filter_map(of).collect())
    }

    /// The confusion matrix on held-out configurations, `[true temperature, most probable temperature]` by the scale: how
    /// many of each kind are taken for which.
    ///
    /// # Errors
    /// [`Error::Sites`]; [`Error::OffScale`] for a temperature that is not on the scale.
    pub fn confusion(&self, held_out: &Samples) -> Result<DMatrix<u64>, Error> {
        let classes = self.classes(held_out)?;
        let p = self.network.probabilities(&held_out.to_matrix());
        let mut matrix = DMatrix::zeros(self.scale.len(), self.scale.len());
        for (class, column) in classes.into_iter().zip(p.column_iter()) {
            matrix[(class, column.argmax().0)] += 1;
        }
        Ok(matrix)
    }

    /// The place of each configuration's own temperature on the scale.
    fn classes(&self, samples: &Samples) -> Result<Vec<usize>, Error> {
        self.check(samples)?;
        samples.couplings().iter().map(|k| class(&self.scale, k.temperature())).collect()
    }

    fn check(&self, configurations: &Configurations) -> Result<(), Error> {
        let (expected, found) = (self.network.inputs(), configurations.sites());
        if expected == found { Ok(()) } else { Err(Error::Sites { expected, found }) }
    }
}

/// The place of a temperature on a scale.
fn class(scale: &[f64], t: f64) -> Result<usize, Error> {
    // Relative to the scale, which is finite: an infinite temperature is on none.
    scale.iter().position(|s| (s - t).abs() <= 1e-9 * (1.0 + s.abs())).ok_or(Error::OffScale(t))
}
