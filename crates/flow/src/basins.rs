//! Basins of attraction: to which fixed point of the mean rule an ensemble of starts goes, by starting magnetisation.

use crate::fixed_point::{FixedPoint, add, descend, which};
use crate::mean::in_f64;
use crate::{Error, Flow, Rule};
use nalgebra::{DMatrix, DVector};
use rbm::Rbm;
use stats::Estimate;

/// Ends of the f32 flow this close in every unit are the same, and one of them is polished for all.
const SAME: f64 = 1e-4;

/// Where a start went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The number of the fixed point.
    pub point: usize,
    /// Whether it went to the mirror image -v.
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
    /// The share that went to each fixed point, and to its mirror image.
    pub shares: Vec<[Estimate; 2]>,
    /// The share without an end.
    pub undecided: Estimate,
}

/// Follows the mean flow from each start (columns `[visible, start]`) for `steps` steps, all at once, and then to its end in
/// f64, once for all that have come together within 1e-4.
///
/// A start exactly at the border of two basins, such as V = 0 of equal weights (errata E9), goes where rounding takes it.
///
/// # Errors
/// [`Error::Machine`] for parameters that are not finite.
///
/// # Panics
/// When `starts` has another width than the machine.
pub fn basins(rbm: &Rbm, starts: &DMatrix<f32>, steps: usize) -> Result<Basins, Error> {
    let machine = in_f64(rbm)?;
    let magnetisations = starts.column_iter().map(|v| f64::from(v.mean())).collect();
    // The mean rule draws nothing; any generator will do.
    let mut rng = stats::stream(0, "unused", 0);
    let flow = Flow { rbm, rule: Rule::Mean };
    let near = flow.run(starts.clone(), steps, &mut rng, |_, _| ());
    let mut basins = Basins { points: Vec::new(), ends: Vec::new(), magnetisations };
    let mut known: Vec<(DVector<f64>, Option<End>)> = Vec::new();
    for v in near.column_iter() {
        let v = v.map(f64::from);
        let end = match known.iter().find(|(other, _)| (other - &v).amax() <= SAME) {
            Some((_, end)) => *end,
            None => {
                let found = descend(&machine, &v, 1 << 12).ok();
                let end = found.and_then(|found| {
                    let end = found.v.clone();
                    add(&machine, &mut basins.points, found);
                    basins.points.iter().enumerate().find_map(|(point, other)| {
                        let sign = which(&machine, other, &end)?;
                        Some(End { point, mirrored: sign < 0 })
                    })
                });
                known.push((v, end));
                end
            }
        };
        basins.ends.push(end);
    }
    Ok(basins)
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
