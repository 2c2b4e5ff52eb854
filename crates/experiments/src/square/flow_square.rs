//! `flow-square`: the protocol of Iso, Shiba and Yokoo (2018) on the square torus: train RBMs, let them flow, read the ends.

mod claims;
mod correlators;
mod figures;
mod flows;
mod gram;
mod weights;

use super::thermometers::Thermometer;
use crate::stages::{Data, Shape};
use anyhow::{Result, ensure};
use exact::square::critical_temperature;
use exact::transfer::MAX_WIDTH;
use flow::Rule;
use flows::{Results, by, network};
use ising::{Algorithm, Coupling, Samples};
use lab::kinds::{Ascending, Count, Distinct, Seeds, Within, check_within};
use lab::{Done, Lab};
use rbm::TrainConfig;
use report::{Section, list, section, shown};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Side L of the torus: the network's weights grow with the sites.
    side: Count<4, 256>,
    /// Temperatures of the training set, J / k_B.
    temperatures: Ascending<f64>,
    /// Configurations per temperature, in training and held out.
    samples: Count<10, 10_000_000>,
    held_out: Count<10, 10_000_000>,
    /// How those of the training set are drawn: sweeps before the first, and between draws.
    algorithm: Algorithm,
    burn_in: u32,
    stride: Count<1, 4_294_967_295>,
    /// Whether draws are flipped with probability 1/2, so that both signs of m are in the set.
    symmetrise: bool,
    seeds: Seeds,
    /// Numbers of hidden units N.
    hidden: Distinct<usize>,
    /// Epochs on V, and how many are lost at most by an interruption. The flow of the RBM shown is read after every segment,
    /// and at 1, 2, 5, 10, .. epochs within the first.
    epochs: Count<1, 10_000_000>,
    segment: Count<1, 10_000_000>,
    /// Settings of the RBMs; the one of this number of hidden units is what most claims and figures are about.
    train: TrainConfig,
    thermometer_epochs: Count<1, 10_000_000>,
    thermometer: nn::TrainConfig,
    /// Physical thermometers: their hottest temperature, and configurations at each temperature of their curves.
    hottest: Within<1, 1000>,
    curve_draws: Count<100, 10_000_000>,
    /// Temperatures from which the flow starts, of those above, on both sides of T_c.
    starts: Ascending<f64>,
    steps: Count<1, 1_000_000>,
    /// Both, in the order of figures.
    rules: Distinct<Rule>,
    /// The training sets H, from this temperature up, and L, up to this one.
    high_from: f64,
    low_to: f64,
}

impl Settings {
    fn train_config(&self, hidden: usize) -> TrainConfig {
        TrainConfig { hidden, ..self.train }
    }

    fn shape(&self) -> Shape {
        Shape::Square(self.side.size())
    }

    /// The coldest and the hottest start.
    fn extremes(&self) -> [f64; 2] {
        [self.starts.lowest(), self.starts.highest()]
    }

    /// Every rule with every extreme start.
    fn rules_and_extremes(&self) -> impl Iterator<Item = (Rule, f64)> + Clone {
        self.rules.iter().flat_map(move |&rule| self.extremes().map(|start| (rule, start)))
    }

    /// How RBMs were trained, in words.
    fn training(&self) -> String {
        let updates = (TrainingSet::V.count(self) / self.train.batch) as u64 * *self.epochs;
        let rate = self.train.learning_rate;
        format!(
            "{} epochs of {} at the rate {rate}, rate × updates {:.0}",
            self.epochs,
            self.train.gradient,
            f64::from(rate) * updates as f64
        )
    }

    fn check_starts(&self) -> Result<()> {
        for start in self.starts.iter() {
            let known = self.temperatures.contains(start);
            ensure!(known, "starts contains {start}, but must list some of temperatures");
        }
        let ([coldest, hottest], critical) = (self.extremes(), critical_temperature());
        ensure!(
            coldest < critical && critical < hottest,
            "starts must hold a temperature below and one above T_c, but are from {coldest} to {hottest}"
        );
        Ok(())
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        let sites = self.shape().lattice()?.sites();
        for &t in self.temperatures.iter() {
            Coupling::from_temperature(t)?;
        }
        ensure!(
            self.algorithm != Algorithm::Transfer || self.side.size() <= MAX_WIDTH,
            "algorithm is transfer, which draws up to side {MAX_WIDTH}, but side is {}",
            self.side
        );
        self.check_starts()?;
        ensure!(
            self.rules.len() == 2,
            "rules lacks mean or sampled, but statements are about both"
        );
        ensure!(
            self.hidden.contains(&self.train.hidden),
            "hidden in train is {}, but must be one of hidden",
            self.train.hidden
        );
        for &hidden in self.hidden.iter() {
            self.train_config(hidden).check(sites)?;
        }
        check_within("train.batch", self.train.batch, 1, TrainingSet::V.count(self))?;
        check_within("thermometer.batch", self.thermometer.batch, 1, TrainingSet::V.count(self))?;
        flow::Calibration::new(&self.temperatures, sites, self.thermometer.clone(), 0)?;
        for set in [TrainingSet::H, TrainingSet::L] {
            let (name, count, batch) = (set.name(), set.count(self), self.train.batch);
            ensure!(
                count >= batch,
                "the training set {name} has {count} configurations, but batch in train is {batch}"
            );
        }
        Ok(())
    }
}

/// What an RBM was shown, as the sources call it: all temperatures, the high ones, or the low ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum TrainingSet {
    V,
    H,
    L,
}

impl TrainingSet {
    const ALL: [Self; 3] = [Self::V, Self::H, Self::L];

    fn name(self) -> &'static str {
        ["V", "H", "L"][self as usize]
    }

    /// Its temperatures, as numbers in the settings: the first, and one past the last.
    fn range(self, s: &Settings) -> (usize, usize) {
        let all = s.temperatures.len();
        match self {
            Self::V => (0, all),
            Self::H => (s.temperatures.partition_point(|t| *t < s.high_from), all),
            Self::L => (0, s.temperatures.partition_point(|t| *t <= s.low_to)),
        }
    }

    /// Configurations in it.
    fn count(self, s: &Settings) -> usize {
        let (from, to) = self.range(s);
        (to - from) * s.samples.size()
    }

    fn data<'a>(self, s: &Settings, training: &'a Done<Samples>) -> Data<'a> {
        let ((from, to), draws) = (self.range(s), s.samples.size());
        match self {
            Self::V => Data::Samples(training),
            _ => Data::Rows { rows: training, from: from * draws, to: to * draws },
        }
    }

    /// Epochs after which the RBM is kept, the last of all: 1, 2, 5, 10, .. within the first segment, then every segment.
    /// Smaller sets are shown as often as gives all RBMs the same number of updates.
    fn epochs(self, s: &Settings) -> Vec<u64> {
        let (epochs, segment) = (*s.epochs, *s.segment);
        let batches = |set: Self| (set.count(s) / s.train.batch).max(1) as u64;
        let first = (0..).map(|n| 10_u64.pow(n)).take_while(|decade| *decade < segment);
        let first = first.flat_map(|n| [n, 2 * n, 5 * n]).filter(|n| *n < segment.min(epochs));
        let others = (1..).map(|n| n * segment).take_while(|n| *n < epochs);
        let stops = first.chain(others).chain([epochs]);
        stops.map(|n| (n * batches(Self::V)).div_ceil(batches(self))).collect()
    }
}

fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::Mean => "mean",
        Rule::Sampled => "sampled",
    }
}

/// Where a training set has other temperatures than the source's.
fn unlike(s: &Settings, set: TrainingSet, [low, high]: [f64; 2]) -> Option<String> {
    let (from, to) = set.range(s);
    let [first, last] = [s.temperatures[from], s.temperatures[to - 1]];
    let differs = [first, last] != [low, high];
    differs.then(|| format!("the source trains on T = {low} to {high}, here on {first} to {last}"))
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let r = Results::of(lab, s)?;
    let sets = TrainingSet::ALL.map(|set| format!("{} ({})", set.name(), set.count(s)));
    Ok(section("flow-square", "Where does the flow of an RBM trained on the square lattice end?")
        .answer(answer(&r)?)
        .text(format!(
            "{} configurations of the {side} × {side} torus at each of {} temperatures train RBMs; held-out ones flow, $v \\to h \\to v'$, for {} steps. A network trained on the same set reads every step, all five thermometers of experiment `thermometer` the ends and some steps between: by the mean rule the network reads expectations, the others spins drawn from them. {} seeds.",
            s.samples, s.temperatures.len(), s.steps, s.seeds, side = s.side
        ))
        .text(format!(
            "Training sets (configurations): {}; V all temperatures, H those from {}, L those to {}. N = {} hidden units where nothing else is said; {}. Known of the source's training from memory only, unverified: rate × updates 250000 at the rate 0.1. At that rate the weights of our RBMs diverge.",
            list(sets), s.high_from, s.low_to, s.train.hidden, s.training()
        ))
        .claims(claims::claims(lab, &r)?)
        .checks(claims::checks(&r))
        .discussion(claims::dependence_on_start(&r))
        .figures(figures::figures(&r))
        .table(figures::ends_table(&r))
        .table(figures::weights_table(&r))
        .table(figures::samples_table(&r)))
}

/// Where flows of V end by the energy and the network, in one sentence.
fn answer(r: &Results<'_>) -> Result<String> {
    let mut words = Vec::new();
    for &rule in r.s.rules.iter() {
        let [cold, hot] = r.s.extremes();
        let (cold, hot) = (r.end(TrainingSet::V, rule, cold)?, r.end(TrainingSet::V, rule, hot)?);
        let energy = [cold, hot].map(|end| by(Thermometer::Energy, end));
        let energy = energy.map(|e| e.map_or("off the scale".to_owned(), shown));
        words.push(format!(
            "by the {} rule at {} by the energy and {} by the network",
            rule_name(rule),
            energy.join(" and "),
            [cold, hot].map(|end| shown(network(end))).join(" and ")
        ));
    }
    Ok(format!(
        "From T = {} and T = {} it ends {}; $T_c$ is {:.3}, which the network reads as {}.",
        r.s.starts.lowest(),
        r.s.starts.highest(),
        words.join(", "),
        critical_temperature(),
        shown(r.network_at_critical()?)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::Profile;
    use lab::settings::load;

    #[test]
    fn all_sets_are_shown_for_as_many_updates() {
        let text = crate::entry("flow-square").unwrap().settings;
        let s: Settings = load("flow-square", text, Profile::Quick, None).unwrap().settings;
        assert_eq!(TrainingSet::V.epochs(&s), [1, 2, 5, 10, 20, 50, 60]);
        let updates = |set: TrainingSet| set.epochs(&s)[6] * (set.count(&s) / s.train.batch) as u64;
        assert_eq!([updates(TrainingSet::V), updates(TrainingSet::L)], [15_000; 2]);
        assert!((15_000..15_090).contains(&updates(TrainingSet::H)));
    }
}
