//! Axis arithmetic for figures: where a value falls on an axis, and which ticks the axis gets.

use super::content::Axis;
use super::numbers;

/// An axis with its range settled. `low` and `high` are decimal logarithms on a log axis.
pub(crate) struct Scale {
    log: bool,
    low: f64,
    high: f64,
}

pub(crate) struct Tick {
    /// 0 at the low end of the axis, 1 at the high end.
    pub(crate) at: f64,
    /// Major ticks have a label.
    pub(crate) label: Option<String>,
}

/// The range is the axis's own, or that of `values` with a little margin.
pub(crate) fn scale(axis: &Axis, values: impl Iterator<Item = f64>) -> Scale {
    let coordinate = |v: f64| if axis.log { v.log10() } else { v };
    let (low, high) = axis
        .range
        .map(|(low, high)| (coordinate(low), coordinate(high)))
        .filter(|(low, high)| low.is_finite() && high.is_finite() && low < high)
        .unwrap_or_else(|| padded(values.map(coordinate).filter(|c| c.is_finite()), axis.log));
    Scale { log: axis.log, low, high }
}

fn padded(coordinates: impl Iterator<Item = f64>, log: bool) -> (f64, f64) {
    let (low, high) = coordinates
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), c| (low.min(c), high.max(c)));
    let span = high - low;
    if !span.is_finite() {
        return (0.0, 1.0);
    }
    let size = low.abs().max(high.abs());
    let is_constant = span <= 1e-12 * size || span == 0.0;
    let margin = match is_constant {
        true if log || size == 0.0 => 0.5,
        true => 0.1 * size,
        false => 0.05 * span,
    };
    (low - margin, high + margin)
}

impl Scale {
    /// 0 to 1 inside the axis; `None` where the axis has no place for `value`.
    pub(crate) fn position(&self, value: f64) -> Option<f64> {
        let coordinate = if self.log { value.log10() } else { value };
        let at = (coordinate - self.low) / (self.high - self.low);
        at.is_finite().then_some(at)
    }

    /// Roughly `target` labelled ticks, fewer on a short log axis.
    pub(crate) fn ticks(&self, target: usize) -> Vec<Tick> {
        let ticks = match self.log {
            false => linear_ticks(self.low, self.high, target, |v| v),
            true if self.high - self.low < 0.4 => {
                linear_ticks(10f64.powf(self.low), 10f64.powf(self.high), target, f64::log10)
            }
            true => log_ticks(self.low, self.high, target),
        };
        let fraction = |c: f64| (c - self.low) / (self.high - self.low);
        ticks
            .into_iter()
            .map(|(coordinate, label)| Tick { at: fraction(coordinate), label })
            .filter(|tick| (-1e-9..=1.0 + 1e-9).contains(&tick.at))
            .collect()
    }
}

type Ticks = Vec<(f64, Option<String>)>;

fn linear_ticks(low: f64, high: f64, target: usize, coordinate: impl Fn(f64) -> f64) -> Ticks {
    let (step, minors) = nice_step((high - low) / target.max(1) as f64);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    // Saturated integers: the range is too narrow or too wide for f64 to divide.
    if first.saturating_abs().max(last.saturating_abs()) > 1 << 50 {
        return Vec::new();
    }
    let minor_step = step / f64::from(minors);
    let per_major = i64::from(minors);
    ((first - 1) * per_major..=(last + 1) * per_major)
        .map(|i| {
            let value = i as f64 * minor_step;
            let is_major = i % per_major == 0;
            (
                coordinate(value),
                is_major.then(|| linear_label(value, step, low.abs().max(high.abs()))),
            )
        })
        .collect()
}

/// A step of 1, 2 or 5 times a power of ten, and into how many parts minor ticks divide it.
fn nice_step(rough: f64) -> (f64, u32) {
    let unit = 10f64.powf(rough.log10().floor());
    match rough / unit {
        r if r < 1.5 => (unit, 5),
        r if r < 3.5 => (2.0 * unit, 4),
        r if r < 7.5 => (5.0 * unit, 5),
        _ => (10.0 * unit, 5),
    }
}

fn linear_label(value: f64, step: f64, largest: f64) -> String {
    let exponent = largest.log10().floor() as i32;
    let (shift, suffix) = match exponent {
        _ if value == 0.0 => return "0".to_owned(),
        -3..5 => (0, String::new()),
        _ => (exponent, numbers::power_of_ten(exponent)),
    };
    let decimals = (shift - (step * (1.0 + 1e-9)).log10().floor() as i32).clamp(0, 15) as usize;
    format!("{}{suffix}", numbers::fixed(value / 10f64.powi(shift), decimals))
}

fn log_ticks(low: f64, high: f64, target: usize) -> Ticks {
    let (first, last) = (low.floor() as i32, high.ceil() as i32);
    let every = ((high - low) / target.max(1) as f64).ceil().max(1.0) as i32;
    let label_between = high - low < 2.0;
    let is_plain = low >= -2.1 && high <= 4.1;
    let decade = |exponent: i32| {
        (1..=9u32).map(move |m| {
            let is_major =
                exponent % every == 0 && (m == 1 || (label_between && [2, 5].contains(&m)));
            let label = match m {
                _ if is_plain => numbers::exact(f64::from(m) * 10f64.powi(exponent)),
                1 => format!("10{}", numbers::superscript(exponent)),
                _ => format!("{m}{}", numbers::power_of_ten(exponent)),
            };
            (f64::from(exponent) + f64::from(m).log10(), (m, is_major.then_some(label)))
        })
    };
    (first..=last)
        .flat_map(decade)
        // Over many decades the ticks between them would merge into a bar.
        .filter(|(_, (m, _))| *m == 1 || every == 1)
        .map(|(coordinate, (_, label))| (coordinate, label))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(log: bool, low: f64, high: f64) -> Vec<String> {
        let axis = Axis { label: String::new(), log, range: Some((low, high)) };
        scale(&axis, std::iter::empty()).ticks(5).into_iter().filter_map(|t| t.label).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(labels(false, 0.0, 1.0), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(false, -1.0, 1.0), ["−1.0", "−0.5", "0", "0.5", "1.0"]);
        assert_eq!(labels(false, 0.0, 2e-7), ["0", "0.5×10⁻⁷", "1.0×10⁻⁷", "1.5×10⁻⁷", "2.0×10⁻⁷"]);
        assert_eq!(labels(true, 1e-3, 1.0), ["10⁻³", "10⁻²", "10⁻¹", "10⁰"]);
        assert_eq!(labels(true, 1.0, 20.0), ["1", "2", "5", "10", "20"]);
        assert_eq!(labels(true, 1e-16, 1.0).len(), 5);
    }

    #[test]
    fn odd_data_still_gives_an_axis() {
        let axis = |log| Axis { label: String::new(), log, range: None };
        for values in [vec![], vec![3.0], vec![0.0, 0.0], vec![f64::NAN, -1.0], vec![1e300, -1e300]]
        {
            for log in [false, true] {
                let scale = scale(&axis(log), values.iter().copied());
                assert!(scale.low < scale.high);
                assert!(scale.ticks(5).len() < 100);
            }
        }
        assert!(scale(&axis(true), [1.0, 10.0].into_iter()).position(-1.0).is_none());
    }
}
