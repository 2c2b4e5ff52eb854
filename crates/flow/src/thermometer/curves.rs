//! How the observables of one torus depend on temperature: measured once, interpolated ever after, with their errors.

use super::ensemble::{self, ABS_M, M2, Means, SQUARE, pair};
use super::scale::{boltzmann, temperature};
use crate::Error;
use exact::torus::kaufman;
use exact::transfer::{Moments, magnetisation_probabilities};
use ising::{Coupling, Lattice, Request, draw};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// `<|m|>`, `<m^2>`, `<S(k)>`, `<G(1)^2>` and `<G(r)>`, r = 1..=L/2, of the L x L torus as functions of temperature.
///
/// The variable is `x = e^{-2K} = e^{-2J / k_B T}`, from 0 at T = 0 to 1 at infinite temperature. Averages on a finite lattice
/// are ratios of polynomials in x: their essential singularity at T = 0 is in `x(T)` alone, both ends of the scale are
/// ordinary points, and `x_c = sqrt(2) - 1` lies in the middle. At each temperature of the grid the draws give the averages
/// and, from their fluctuations, the slopes `d<O>/dK = -(<O E> - <O><E>)`, E in units of J; between them goes the cubic
/// (Hermite) that has both. What is known exactly is not left to the draws: G(1), its square and its slope
/// (`kaufman-1949`) and, up to L = 10, `<|m|>` and `<m^2>` (transfer matrix); how these happened to differ in the draws
/// corrects the rest. The covariance of all that is measured enters each reading.
///
/// S(k) is the structure factor at the smallest momentum ([`ising::structure_factors`]), G(r) the two-point function at a
/// distance along the axes ([`ising::correlations`]).
///
/// ```
/// use flow::IsingCurves;
///
/// // The 4 x 4 torus from T = 1.5 to T = 6: even this coarse grid interpolates the energy to 1 % of J.
/// let curves = IsingCurves::measure(4, &[1.5, 2.0, 2.5, 3.0, 4.0, 6.0], 500, 1)?;
/// assert_eq!((curves.side(), curves.temperatures().len()), (4, 6));
/// assert!(curves.energy_error() < 0.01);
/// # Ok::<(), flow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IsingCurves {
    side: usize,
    nodes: Vec<Node>,
}

/// Largest side whose `<|m|>` is taken from the transfer matrix: 0.1 s a temperature, some seconds at 12.
const EXACT_MOMENTS: usize = 10;

/// What is known at one temperature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Node {
    x: f64,
    mean: DVector<f64>,
    /// d mean / dx.
    slope: DVector<f64>,
    /// Covariance of the means, followed by the slopes.
    error: DMatrix<f64>,
    /// Covariance of the observables of one configuration.
    spread: DMatrix<f64>,
}

impl IsingCurves {
    /// Measures the curves of the L x L torus, L >= 4, on a grid of temperatures (ascending, in J / k_B; 0 and infinity are
    /// allowed) by `draws` equilibrium configurations at each, which [`ising::draw`] draws with seeds made of `seed`.
    ///
    /// The scale of the thermometers is from the lowest to the highest. Cubics need a grid that is fine where the curves
    /// bend, around T_c over a width of 1/L: [`Self::grid`] is one; [`Self::energy_error`] says what another is worth.
    ///
    /// # Errors
    /// [`Error::Grid`], [`Error::Square`] for a side below 4, and what drawing may say.
    pub fn measure(
        side: usize,
        temperatures: &[f64],
        draws: u32,
        seed: u64,
    ) -> Result<Self, Error> {
        // NaN is not in order with anything.
        let ascending = temperatures.is_sorted_by(|a, b| a < b);
        if temperatures.len() < 2 || !ascending || temperatures[0] < 0.0 {
            return Err(Error::Grid(temperatures.to_vec()));
        }
        ensemble::side(side * side)?;
        let lattice = Lattice::square(side)?;
        let node = |(number, &t): (usize, &f64)| {
            let seed = stats::child_seed(seed, "flow::curves", number as u64);
            let (mut node, unseen) =
                if t == 0.0 { Node::frozen(side) } else { Node::drawn(&lattice, t, draws, seed)? };
            node.insert_exact(side, 1.0 / t, &unseen)?;
            Ok(node)
        };
        let nodes = temperatures.par_iter().enumerate().map(node).collect::<Result<_, Error>>()?;
        Ok(Self { side, nodes })
    }

    /// A grid of temperatures for [`Self::measure`] from `T = 0` to `hottest`: 25 intervals over all x, and some 20
    /// more within 2/L of x_c, where the curves bend. With 10,000 draws that is 20 s for L = 10.
    pub fn grid(side: usize, hottest: f64) -> Vec<f64> {
        let (end, critical) = (boltzmann(hottest), 2f64.sqrt() - 1.0);
        let density =
            |x: f64| 25.0 + 10.0 * side as f64 * (-(x - critical).abs() * side as f64).exp();
        // Steps of one over the density, by the midpoint rule.
        let mut xs = vec![0.0];
        while let Some(&x) = xs.last()
            && x < end
        {
            let half = x + 0.5 / density(x);
            xs.push(x + 1.0 / density(half));
        }
        let shrink = end / xs.last().copied().unwrap_or(end);
        let last = xs.len() - 1;
        let at = |(i, x): (usize, f64)| if i == last { hottest } else { temperature(x * shrink) };
        xs.into_iter().enumerate().map(at).collect()
    }

    /// How many independent configurations [`super::Thermometers::read`] needs at least, of an L x L torus.
    pub fn least_configurations(side: usize) -> usize {
        ensemble::least_blocks(side)
    }

    /// The side L.
    pub fn side(&self) -> usize {
        self.side
    }

    /// The temperatures of the grid, to rounding: the ends are those of the scale.
    pub fn temperatures(&self) -> Vec<f64> {
        self.nodes.iter().map(|node| temperature(node.x)).collect()
    }

    /// How far the interpolated energy per spin, in J, is from the exact one in the middle of an interval of the grid, at
    /// most: a measure of how fine the grid is, as the energy at the grid itself is exact.
    pub fn energy_error(&self) -> f64 {
        let error = |pair: &[Node]| {
            let x = pair[0].x.midpoint(pair[1].x);
            let exact = kaufman(self.side, self.side, -0.5 * x.ln());
            exact.map_or(f64::NAN, |e| {
                (e.energy_per_spin + 2.0 * self.at(x).0[ensemble::pair(1)]).abs()
            })
        };
        self.nodes.windows(2).map(error).fold(0.0, f64::max)
    }

    /// The scale in x.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.nodes[0].x, self.nodes[self.nodes.len() - 1].x)
    }

    /// The grid in x.
    pub(super) fn grid_points(&self) -> impl Iterator<Item = f64> {
        self.nodes.iter().map(|node| node.x)
    }

    /// The means at x and their slopes d/dx.
    pub(super) fn at(&self, x: f64) -> (DVector<f64>, DVector<f64>) {
        let (a, b, t) = self.interval(x);
        let h = b.x - a.x;
        let [of_a, rise_a, of_b, rise_b] = hermite(t, h);
        let means = &a.mean * of_a + &a.slope * rise_a + &b.mean * of_b + &b.slope * rise_b;
        let (s, u) = (6.0 * t * (1.0 - t) / h, 1.0 - t);
        let slopes = (&b.mean - &a.mean) * s
            + &a.slope * (u * (1.0 - 3.0 * t))
            + &b.slope * (t * (3.0 * t - 2.0));
        (means, slopes)
    }

    /// The covariance of the means at x, by the draws of the grid.
    pub(super) fn error(&self, x: f64) -> DMatrix<f64> {
        let (a, b, t) = self.interval(x);
        let [of_a, rise_a, of_b, rise_b] = hermite(t, b.x - a.x);
        let part = |node: &Node, of: f64, rise: f64| {
            let (e, d) = (&node.error, node.mean.len());
            let mixed = e.view((0, d), (d, d));
            e.view((0, 0), (d, d)) * (of * of)
                + (mixed + mixed.transpose()) * (of * rise)
                + e.view((d, d), (d, d)) * (rise * rise)
        };
        part(a, of_a, rise_a) + part(b, of_b, rise_b)
    }

    /// The covariance of the observables of one configuration at x.
    pub(super) fn spread(&self, x: f64) -> DMatrix<f64> {
        let (a, b, t) = self.interval(x);
        &a.spread * (1.0 - t) + &b.spread * t
    }

    /// The grid's neighbours of x, and where between them it is.
    fn interval(&self, x: f64) -> (&Node, &Node, f64) {
        let above = self.nodes.partition_point(|node| node.x < x).clamp(1, self.nodes.len() - 1);
        let (a, b) = (&self.nodes[above - 1], &self.nodes[above]);
        (a, b, (x - a.x) / (b.x - a.x))
    }
}

/// The weights of value and slope at both ends of an interval of length h, at the part t of it.
fn hermite(t: f64, h: f64) -> [f64; 4] {
    let u = 1.0 - t;
    [u * u * (1.0 + 2.0 * t), h * t * u * u, t * t * (1.0 + 2.0 * u), -h * t * t * u]
}

impl Node {
    /// Zero temperature: ground states, and no slope because excitations begin with x^4. Nothing is unseen.
    fn frozen(side: usize) -> (Self, DVector<f64>) {
        let d = ensemble::observables(side);
        let mut mean = DVector::from_element(d, 1.0);
        mean[ensemble::FACTOR] = 0.0;
        let (slope, error) = (DVector::zeros(d), DMatrix::zeros(2 * d, 2 * d));
        (Self { x: 0.0, mean, slope, error, spread: DMatrix::zeros(d, d) }, DVector::zeros(2 * d))
    }

    /// What draws say, and the variance of means and slopes that one draw more of the rarest kind would have caused: where
    /// few kinds of excitation were drawn, observables are linear functions of each other, and no covariance knows of the
    /// kinds that were not drawn.
    fn drawn(
        lattice: &Lattice,
        t: f64,
        draws: u32,
        seed: u64,
    ) -> Result<(Self, DVector<f64>), Error> {
        let least_effective = 0.5 * f64::from(draws);
        let request = Request {
            count: draws,
            algorithm: None,
            field: 0.0,
            symmetrise: false,
            least_effective,
        };
        let drawn = draw(lattice, Coupling::from_temperature(t)?, &request, seed)?;
        let table = ensemble::measure(lattice, &drawn.samples);
        let (n, d) = table.shape();
        let mean = table.row_mean();
        let deviations = DMatrix::from_fn(n, d, |row, i| table[(row, i)] - mean[i]);
        // d<O>/dx = <dO dE> / 2x, E = -2 N G(1).
        let x = boltzmann(t);
        let per_pair = -(lattice.sites() as f64) / x;
        let both = DMatrix::from_fn(n, 2 * d, |row, i| match i.checked_sub(d) {
            None => table[(row, i)],
            Some(i) => deviations[(row, i)] * deviations[(row, pair(1))] * per_pair,
        });
        let blocks = ensemble::blocks(&table, drawn.quality.chains.len()).max(2);
        let Means { mean, covariance, .. } = Means::of(&both, blocks);
        let farthest = |i: usize| both.column(i).add_scalar(-mean[i]).amax();
        let unseen = DVector::from_fn(2 * d, |i, _| (farthest(i) / n as f64).powi(2));
        let spread = deviations.transpose() * &deviations / (n as f64 - 1.0).max(1.0);
        let (mean, slope) = (mean.rows(0, d).into_owned(), mean.rows(d, d).into_owned());
        Ok((Self { x, mean, slope, error: covariance, spread }, unseen))
    }

    /// Puts exact values where there are some, without error. What remains of other variances is no less than `unseen`.
    fn insert_exact(
        &mut self,
        side: usize,
        coupling: f64,
        unseen: &DVector<f64>,
    ) -> Result<(), Error> {
        let torus = kaufman(side, side, coupling)?;
        // Var(E) / N = C / K^2, which is the number of bonds of a site at K = 0; at K = infinity 0, as x^4.
        let variance = match coupling {
            0.0 => 2.0,
            f64::INFINITY => 0.0,
            k => torus.specific_heat / (k * k),
        };
        let slope = if self.x == 0.0 { 0.0 } else { -0.25 * variance / self.x };
        let d = self.mean.len();
        let g = -0.5 * torus.energy_per_spin;
        let square = g * g + 0.25 * variance / (side * side) as f64;
        let mut exact = vec![(pair(1), g), (d + pair(1), slope), (SQUARE, square)];
        if side <= EXACT_MOMENTS {
            let moments = Moments::of(&magnetisation_probabilities(side, coupling)?);
            exact.extend([(ABS_M, moments.abs_m), (M2, moments.m2)]);
        }
        for &(index, value) in &exact {
            self.learn(index, value, unseen[index]);
        }
        for index in (0..2 * d).filter(|index| exact.iter().all(|(known, _)| known != index)) {
            let variance = &mut self.error[(index, index)];
            *variance = variance.max(unseen[index]);
        }
        Ok(())
    }

    /// Sets a mean or, behind them, a slope to its exact value, and corrects all others by what their covariance with it
    /// says of the draws: `y + C_yi / C_ii (exact - measured)`, which takes `C_yi C_iz / C_ii` from their covariance. A
    /// variance no larger than `unseen` is rounding, or that of kinds of excitation too few to correct by.
    fn learn(&mut self, index: usize, exact: f64, unseen: f64) {
        let d = self.mean.len();
        let variance = self.error[(index, index)];
        let measured = if index < d { self.mean[index] } else { self.slope[index - d] };
        // Without fluctuations, as of ground states, there is nothing to correct by.
        if variance > unseen {
            let gain = self.error.column(index) / variance;
            let miss = exact - measured;
            self.mean.axpy(miss, &gain.rows(0, d), 1.0);
            self.slope.axpy(miss, &gain.rows(d, d), 1.0);
            self.error.ger(-variance, &gain, &gain, 1.0);
        }
        if index < d {
            self.mean[index] = exact
        } else {
            self.slope[index - d] = exact
        }
        self.error.row_mut(index).fill(0.0);
        self.error.column_mut(index).fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests of statistics here, each at five to six standard errors; family-wise below 1e-6.
    const SIGMAS: f64 = 5.8;

    fn curves() -> IsingCurves {
        let side = 8;
        IsingCurves::measure(side, &IsingCurves::grid(side, f64::INFINITY), 1500, 3)
            .expect("curves")
    }

    #[test]
    fn between_the_grid_curves_have_their_exact_values() {
        let text = include_str!("../../../../data/golden/ising2d.json");
        let golden: serde_json::Value = serde_json::from_str(text).unwrap();
        let curves = curves();
        let mut cases = 0;
        for case in golden["exact_small"].as_array().unwrap() {
            let number = |name: &str| case[name].as_f64().unwrap();
            if number("L") != 8.0 {
                continue;
            }
            cases += 1;
            let (t, x) = (number("T"), boltzmann(number("T")));
            let (means, errors) = (curves.at(x).0, curves.error(x));
            let g = -0.5 * number("energy_per_spin");
            let square = g * g + 0.25 * number("specific_heat") * t * t / 64.0;
            let exact =
                [(pair(1), g), (SQUARE, square), (ABS_M, number("abs_m")), (M2, number("m2"))];
            for (i, exact) in exact {
                // The cubic's own error is some 1e-5, as the energy's is.
                let tolerance = SIGMAS * errors[(i, i)].sqrt() + 1e-4;
                assert!((means[i] - exact).abs() < tolerance, "{i} at {t}: {} {exact}", means[i]);
                assert!(tolerance < 2e-3, "no power: {tolerance}");
            }
        }
        assert_eq!(cases, 4);
    }

    #[test]
    fn slopes_from_fluctuations_are_slopes() {
        let curves = curves();
        let d = ensemble::observables(8);
        // Below, slopes rest on single excitations.
        for node in curves.nodes.iter().filter(|n| (boltzmann(1.4)..0.99).contains(&n.x)) {
            let abs_m = |x: f64| {
                let p = magnetisation_probabilities(8, -0.5 * x.ln()).unwrap();
                Moments::of(&p).abs_m
            };
            let h = 1e-4;
            let exact = (abs_m(node.x + h) - abs_m(node.x - h)) / (2.0 * h);
            let error = node.error[(d + ABS_M, d + ABS_M)].sqrt();
            let miss = node.slope[ABS_M] - exact;
            assert!(miss.abs() < SIGMAS * error, "{}: {miss} {error}", temperature(node.x));
            assert!(error < 0.1 * (1.0 + exact.abs()), "no power: {error}");
        }
    }

    #[test]
    fn few_kinds_of_excitation_leave_an_error() {
        // At T = 1 ten thousand draws of 16 spins show single flips and hardly anything else.
        let (side, d) = (4, ensemble::observables(4));
        for seed in 1..=20 {
            let curves = IsingCurves::measure(side, &[1.0, 6.0], 10_000, seed).unwrap();
            let node = &curves.nodes[0];
            let moments =
                |x: f64| Moments::of(&magnetisation_probabilities(side, -0.5 * x.ln()).unwrap());
            let h = 1e-3 * node.x;
            let (above, below) = (moments(node.x + h), moments(node.x - h));
            let slopes = [(ABS_M, above.abs_m - below.abs_m), (M2, above.m2 - below.m2)];
            for (i, rise) in slopes {
                let (exact, error) = (0.5 * rise / h, node.error[(d + i, d + i)].sqrt());
                let miss = (node.slope[i] - exact).abs();
                assert!(miss < SIGMAS * error, "{i}, {seed}: {} {exact} {error}", node.slope[i]);
            }
        }
    }

    #[test]
    fn slopes_of_the_cubic_are_its_own() {
        let curves = IsingCurves::measure(4, &[0.0, 1.5, 2.5, 4.0, f64::INFINITY], 400, 1).unwrap();
        for x in [0.1, 0.3, 0.5, 0.9] {
            let h = 1e-5;
            let difference = (curves.at(x + h).0 - curves.at(x - h).0) / (2.0 * h);
            assert!((difference - curves.at(x).1).amax() < 1e-7);
        }
        // At the grid itself exact values have no error, and measured ones theirs.
        let node = &curves.nodes[2];
        let error = curves.error(node.x);
        assert_eq!((error[(pair(1), pair(1))], error[(M2, M2)]), (0.0, 0.0));
        assert!(error[(ensemble::FACTOR, ensemble::FACTOR)] > 0.0);
    }
}
