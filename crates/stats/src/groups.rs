//! What groups explain of a quantity, and what a second one explains within them.

use std::collections::BTreeMap;

/// The answers of [`within_groups`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WithinGroups {
    /// By how much y rises with x inside a group, the same for all groups; NaN where x is constant in each of them.
    pub slope: f64,
    /// The share of the variance of y that lies between groups (the correlation ratio, squared): 1 where the group alone
    /// determines y, 0 where all groups have the same mean; NaN for a constant y.
    pub explained: f64,
}

/// Data in groups, such as readings y of configurations with the magnetisation as their group and the energy as x:
///
/// ```text
/// slope = sum_g sum_i (x_i - x_g) (y_i - y_g) / sum_g sum_i (x_i - x_g)^2,    explained = 1 - sum_g sum_i (y_i - y_g)^2 / sum_i (y_i - y)^2
/// ```
///
/// with the means x_g and y_g of the group of i. The slope is that of least squares with an intercept for each group
/// (analysis of covariance).
///
/// # Panics
/// When the three lists have different lengths.
///
/// ```
/// // Between groups y falls with x, within them it rises by 2: 46 in all, of which 2 + 8 within.
/// let found = stats::within_groups(&[0, 0, 4, 4], &[1.0, 2.0, 5.0, 7.0], &[10.0, 12.0, 3.0, 7.0]);
/// assert!((found.slope - 2.0).abs() < 1e-12 && (found.explained - 36.0 / 46.0).abs() < 1e-12);
/// ```
pub fn within_groups(groups: &[i64], x: &[f64], y: &[f64]) -> WithinGroups {
    assert!(groups.len() == x.len() && x.len() == y.len(), "a datum has a group, an x and a y");
    let mut members: BTreeMap<i64, Vec<(f64, f64)>> = BTreeMap::new();
    for ((group, x), y) in groups.iter().zip(x).zip(y) {
        members.entry(*group).or_default().push((*x, *y));
    }
    let (mut products, mut squares, mut within) = (0.0, 0.0, 0.0);
    for group in members.values() {
        let n = group.len() as f64;
        let mean_x = group.iter().map(|(x, _)| x).sum::<f64>() / n;
        let mean_y = group.iter().map(|(_, y)| y).sum::<f64>() / n;
        for (x, y) in group {
            products += (x - mean_x) * (y - mean_y);
            squares += (x - mean_x).powi(2);
            within += (y - mean_y).powi(2);
        }
    }
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let all: f64 = y.iter().map(|y| (y - mean).powi(2)).sum();
    WithinGroups { slope: products / squares, explained: 1.0 - within / all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes() {
        // The group is everything, or nothing.
        let all = within_groups(&[1, 1, 2, 2], &[0.0, 1.0, 0.0, 1.0], &[3.0, 3.0, 5.0, 5.0]);
        assert_eq!((all.slope, all.explained), (0.0, 1.0));
        let none = within_groups(&[1, 1, 2, 2], &[0.0, 1.0, 0.0, 1.0], &[3.0, 5.0, 3.0, 5.0]);
        assert_eq!((none.slope, none.explained), (2.0, 0.0));
        // One group is an ordinary line.
        let one = within_groups(&[7; 3], &[1.0, 2.0, 4.0], &[2.0, 4.0, 8.0]);
        assert_eq!((one.slope, one.explained), (2.0, 0.0));
    }

    #[test]
    fn what_is_constant_has_no_slope_and_no_share() {
        assert!(within_groups(&[1, 1], &[2.0, 2.0], &[1.0, 3.0]).slope.is_nan());
        assert!(within_groups(&[1, 2], &[2.0, 3.0], &[1.0, 1.0]).explained.is_nan());
    }
}
