//! Basins of attraction: to which fixed point of the mean rule an ensemble of starts goes, by starting magnetisation.

use crate::fixed_point::{FixedPoint, add, descend, which};
use crate::mean::in_f64;
use crate::{Error, Flow, Rule};
use nalgebra::{DMatrix, DVector, DVectorView};
use rayon::prelude::*;
use rbm::Rbm;
use stats::Estimate;

/// Ends of the f32 flow this close in every unit are the same, and one of them is polished for all.
const SAME: f64 = 1e-4;
/// Of the flow in f64.
const MAX_STEPS: usize = 1 << 12;

/// Where a start went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The number of the fixed point in [`Basins::points`].
    pub point: usize,
    /// Whether it went to the mirror image -v of that fixed point v.
    pub mirrored: bool,
}

/// The fixed points that an ensemble of starts went to.
#[derive(Clone, Debug)]
pub struct Basins {
    /// The fixed points, in the order in which they were found; of mirror images the one with `m > 0`.
    pub points: Vec<FixedPoint>,
    /// The end of every start; none where the flow did not come to one.
    pub ends: Vec<Option<End>>,
    /// The magnetisation of every start.
    pub magnetisations: Vec<f64>,
}

/// The starts of one class of magnetisation, and where they went.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Lower and upper end of the class; the upper one belongs to the last class alone.
    pub range: [f64; 2],
    /// The number of starts.
    pub count: usize,
    /// For each fixed point the share of the starts that went to it, and the share that went to its mirror image.
    pub shares: Vec<[Estimate; 2]>,
    /// The share that did not come to a fixed point.
    pub undecided: Estimate,
}

/// Follows the mean flow from each start (columns `[visible, start]`) for `steps` steps, all at once, and then to its end in
/// f64, once for all that have come together within 1e-4.
///
/// A start exactly at the border of two basins, such as m = 0 for equal weights, goes where rounding takes it.
///
/// # Errors
/// [`Error::Exact`] for parameters that are not finite.
///
/// # Panics
/// When `starts` has another width than the RBM.
///
/// ```
/// use flow::basins::{End, basins};
/// use nalgebra::dmatrix;
/// use rbm::Rbm;
///
/// // Above the bifurcation the majority wins: three spins up of four go to +m, one up of four to the mirror image -m.
/// let starts = dmatrix![1.0, 1.0; 1.0, -1.0; 1.0, -1.0; -1.0, -1.0];
/// let found = basins(&Rbm::uniform(4, 2, 0.6), &starts, 50)?;
/// assert_eq!(found.points.len(), 1);
/// let [up, down] = [false, true].map(|mirrored| Some(End { point: 0, mirrored }));
/// assert_eq!((found.magnetisations, found.ends), (vec![0.5, -0.5], vec![up, down]));
/// # Ok::<(), flow::Error>(())
/// ```
pub fn basins(rbm: &Rbm, starts: &DMatrix<f32>, steps: usize) -> Result<Basins, Error> {
    let rbm64 = in_f64(rbm)?;
    let magnetisations = starts.column_iter().map(|v| f64::from(v.mean())).collect();
    // The mean rule draws nothing; any generator will do.
    let mut rng = stats::stream(0, "unused", 0);
    let flow = Flow { rbm, rule: Rule::Mean };
    let near = flow.run(starts.clone(), steps, &mut rng, |_, _| ());
    let (different, group) = gather(&near);
    let found: Vec<_> = different.par_iter().map(|v| descend(&rbm64, v, MAX_STEPS).ok()).collect();
    let mut points = Vec::new();
    let mut end = |found: FixedPoint| {
        let v = found.v.clone();
        add(&rbm64, &mut points, found);
        let known = points.iter().enumerate();
        known.filter_map(|(point, known)| Some((point, which(&rbm64, known, &v)?))).next()
    };
    let ends: Vec<Option<End>> = found
        .into_iter()
        .map(|found| {
            found.and_then(&mut end).map(|(point, sign)| End { point, mirrored: sign < 0 })
        })
        .collect();
    let ends = group.into_iter().map(|number| ends[number]).collect();
    Ok(Basins { points, ends, magnetisations })
}

/// The columns that differ, in f64, and for every column the number of the one that it is the same as.
fn gather(near: &DMatrix<f32>) -> (Vec<DVector<f64>>, Vec<usize>) {
    let mut different: Vec<DVector<f64>> = Vec::new();
    let number = |v: DVectorView<'_, f32>| {
        let v = v.map(f64::from);
        let same = |other: &DVector<f64>| other.iter().zip(&v).all(|(x, y)| (x - y).abs() <= SAME);
        different.iter().position(same).unwrap_or_else(|| {
            different.push(v);
            different.len() - 1
        })
    };
    let group = near.column_iter().map(number).collect();
    (different, group)
}

impl Basins {
    /// Shares of the fixed points among the starts of each of `classes` classes, which divide `-1 <= m <= 1` evenly.
    ///
    /// Errors are those of a series: starts count in their order, and neighbours of a chain for less.
    pub fn by_magnetisation(&self, classes: usize) -> Vec<Class> {
        let width = 2.0 / classes as f64;
        let class = |m: f64| (((m + 1.0) / width) as usize).min(classes - 1);
        let of_class = |number: usize| {
            let inside = self.magnetisations.iter().zip(&self.ends);
            let inside = inside.filter(|(m, _)| class(**m) == number);
            let ends: Vec<Option<End>> = inside.map(|(_, end)| *end).collect();
            let share = |wanted: Option<End>| {
                let hits: Vec<f64> =
                    ends.iter().map(|&end| f64::from(u8::from(end == wanted))).collect();
                match hits.is_empty() {
                    true => Estimate { mean: f64::NAN, error: f64::NAN, tau: 0.5, count: 0 },
                    false => Estimate::from_series(&hits),
                }
            };
            let both = |point| [false, true].map(|mirrored| share(Some(End { point, mirrored })));
            Class {
                range: [0, 1].map(|side| -1.0 + width * (number + side) as f64),
                count: ends.len(),
                shares: (0..self.points.len()).map(both).collect(),
                undecided: share(None),
            }
        };
        (0..classes).map(of_class).collect()
    }
}
