//! The grid of an experiment: every case repeated with every seed, in parallel, and what the seeds of a case say together.

use crate::Lab;
use anyhow::Result;
use rayon::prelude::*;
use stats::Estimate;
use std::ops::Deref;

impl Lab {
    /// Does `work` for every case and repetition, on all threads. Cells have stable numbers, `case * seeds + repetition`, so
    /// that a part of them can be computed elsewhere; results stand in this order, whoever was first.
    ///
    /// # Errors
    /// The first error among the cells.
    pub fn grid<C: Sync + Send, T: Send>(
        &self,
        cases: impl IntoIterator<Item = C>,
        seeds: u64,
        work: impl Fn(&C, u64) -> Result<T> + Sync,
    ) -> Result<Grid<C, T>> {
        let cases: Vec<C> = cases.into_iter().collect();
        let cell = |number: u64| work(&cases[(number / seeds) as usize], number % seeds);
        let cells =
            (0..cases.len() as u64 * seeds).into_par_iter().map(cell).collect::<Result<_>>()?;
        Ok(Grid { cases, seeds: seeds as usize, cells })
    }

    /// Does `work` for every item, on all threads; results in the order of the items.
    ///
    /// # Errors
    /// The first error among them.
    pub fn each<'a, C: Sync, T: Send>(
        &self,
        items: &'a [C],
        work: impl Fn(&'a C) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        items.par_iter().map(&work).collect()
    }
}

/// Results of all cases and repetitions.
#[derive(Debug)]
pub struct Grid<C, T> {
    cases: Vec<C>,
    seeds: usize,
    cells: Vec<T>,
}

impl<C, T> Grid<C, T> {
    /// The cases, each with its repetitions, in their order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_, C, T>> + Clone {
        let row = |(number, case): (usize, _)| Row {
            case,
            cells: &self.cells[number * self.seeds..(number + 1) * self.seeds],
        };
        self.cases.iter().enumerate().map(row)
    }

    /// The first case that is so.
    pub fn find(&self, mut is: impl FnMut(&C) -> bool) -> Option<Row<'_, C, T>> {
        self.rows().find(|row| is(row.case))
    }

    /// Those cases that are so, in their order.
    pub fn filter(&self, mut is: impl FnMut(&C) -> bool) -> impl Iterator<Item = Row<'_, C, T>> {
        self.rows().filter(move |row| is(row.case))
    }

    /// This case, where it is one of the grid's.
    pub fn at(&self, case: &C) -> Option<Row<'_, C, T>>
    where
        C: PartialEq,
    {
        self.find(|of| of == case)
    }

    /// All cells in the order of their numbers.
    pub fn cells(&self) -> &[T] {
        &self.cells
    }

    /// Repetitions of each case.
    pub fn seeds(&self) -> usize {
        self.seeds
    }
}

/// One case with its repetitions. Fields of the case can be read of it directly.
#[derive(Debug)]
pub struct Row<'a, C, T> {
    /// The case.
    pub case: &'a C,
    /// What each repetition gave, by number.
    pub cells: &'a [T],
}

impl<C, T> Clone for Row<'_, C, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C, T> Copy for Row<'_, C, T> {}

impl<C, T> Deref for Row<'_, C, T> {
    type Target = C;

    fn deref(&self) -> &C {
        self.case
    }
}

impl<'a, C, T> Row<'a, C, T> {
    /// A quantity over the repetitions: the mean, with the larger of the spread over seeds and the error within them.
    pub fn mean<E: IntoEstimate>(&self, of: impl FnMut(&'a T) -> E) -> Estimate {
        let all: Vec<Estimate> = self.cells.iter().map(of).map(E::estimate).collect();
        Estimate::over_seeds(&all)
    }

    /// The same where all repetitions have it: what is off its scale for one is off for all.
    pub fn mean_if<E: IntoEstimate>(
        &self,
        mut of: impl FnMut(&'a T) -> Option<E>,
    ) -> Option<Estimate> {
        let all: Option<Vec<Estimate>> =
            self.cells.iter().map(|cell| of(cell).map(E::estimate)).collect();
        Some(Estimate::over_seeds(&all?))
    }

    /// The same of a quantity that has one value a step, such as a reading along a flow: step by step.
    pub fn means<E: IntoEstimate + Copy + 'a>(
        &self,
        mut of: impl FnMut(&'a T) -> &'a [E],
    ) -> Vec<Estimate> {
        let all: Vec<&[E]> = self.cells.iter().map(&mut of).collect();
        let steps = all.iter().map(|series| series.len()).min().unwrap_or(0);
        let at = |n: usize| {
            Estimate::over_seeds(&all.iter().map(|s| s[n].estimate()).collect::<Vec<_>>())
        };
        (0..steps).map(at).collect()
    }

    /// How many repetitions are so.
    pub fn count(&self, mut is: impl FnMut(&'a T) -> bool) -> usize {
        self.cells.iter().filter(|cell| is(cell)).count()
    }

    /// What the first repetition gave, for figures of one RBM.
    pub fn first(&self) -> Option<&'a T> {
        self.cells.first()
    }
}

/// What repetitions can be averaged over: an estimate, or a number that is exact for each of them.
pub trait IntoEstimate {
    /// The estimate of one repetition.
    fn estimate(self) -> Estimate;
}

impl IntoEstimate for Estimate {
    fn estimate(self) -> Estimate {
        self
    }
}

impl IntoEstimate for f64 {
    fn estimate(self) -> Estimate {
        Estimate::exact(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store, progress::Progress, published::Published};

    fn lab() -> (tempfile::TempDir, Lab) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path().into(), false, Progress::new(1.0)).unwrap();
        (directory, Lab { store, published: Published::read(&[]).unwrap(), seed: 1 })
    }

    #[test]
    fn cells_stand_in_the_order_of_their_numbers() {
        let (_directory, lab) = lab();
        let grid = lab.grid([10_u64, 20, 30], 2, |case, seed| Ok(case + seed)).unwrap();
        assert_eq!(grid.cells(), [10, 11, 20, 21, 30, 31]);
        let row = grid.at(&20).unwrap();
        assert_eq!((row.cells, *row.case), ([20, 21].as_slice(), 20));
        assert_eq!(row.mean(|&x| x as f64).mean, 20.5);
        assert_eq!(row.count(|&x| x > 20), 1);
        assert!(grid.at(&40).is_none());
        let failed = lab.grid([1, 2], 2, |&case, _| match case {
            1 => Ok(case),
            _ => anyhow::bail!("two"),
        });
        assert_eq!(failed.err().unwrap().to_string(), "two");
    }

    #[test]
    fn what_is_off_its_scale_for_one_seed_is_off_for_the_case() {
        let (_directory, lab) = lab();
        let grid = lab.grid([()], 3, |(), seed| Ok((seed < 2).then_some(seed as f64))).unwrap();
        let row = grid.at(&()).unwrap();
        assert!(row.mean_if(|x| *x).is_none());
        assert_eq!(row.mean_if(|x| Some(x.unwrap_or(2.0))).unwrap().mean, 1.0);
    }

    #[test]
    fn a_series_is_averaged_step_by_step() {
        let (_directory, lab) = lab();
        let grid = lab.grid([()], 2, |(), seed| Ok(vec![0.0, seed as f64])).unwrap();
        let means = grid.at(&()).unwrap().means(|series| series);
        assert_eq!(means.iter().map(|e| e.mean).collect::<Vec<_>>(), [0.0, 0.5]);
    }
}
