//! Lattices, temperatures and algorithms as options: a wrong one is refused with what is allowed.

use crate::values::temperature;
use clap::Args;
use ising::{Algorithm, Error, Lattice};
use std::fmt;

/// The longest side that a lattice knows.
const MAX_SIDE: usize = 65_535;
/// The most sites: a table of neighbours takes 16 bytes for each, 512 replicas take 64.
const MAX_SITES: usize = 1 << 24;
/// The most temperatures.
const MAX_TEMPERATURES: usize = 100_000;

/// A lattice by name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Ring(usize),
    Square(usize),
    Rectangle(usize, usize),
}

impl Shape {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let allowed = || {
            format!(
                "it must be ring:N, square:L or rectangle:W,H, with sides from 1 to {MAX_SIDE} and at most {MAX_SITES} sites"
            )
        };
        Self::read(text).filter(|shape| shape.sites() <= MAX_SITES).ok_or_else(allowed)
    }

    fn read(text: &str) -> Option<Self> {
        let side = |text: &str| {
            let side: usize = text.parse().ok()?;
            (1..=MAX_SIDE).contains(&side).then_some(side)
        };
        let (kind, sides) = text.split_once(':')?;
        match (kind, sides.split_once(',')) {
            ("ring", None) => Some(Self::Ring(side(sides)?)),
            ("square", None) => Some(Self::Square(side(sides)?)),
            ("rectangle", Some((w, h))) => Some(Self::Rectangle(side(w)?, side(h)?)),
            _ => None,
        }
    }

    pub(super) fn sites(self) -> usize {
        match self {
            Self::Ring(n) => n,
            Self::Square(l) => l * l,
            Self::Rectangle(w, h) => w * h,
        }
    }

    pub(super) fn lattice(self) -> Result<Lattice, Error> {
        match self {
            Self::Ring(n) => Lattice::ring(n),
            Self::Square(l) => Lattice::square(l),
            Self::Rectangle(w, h) => Lattice::rectangle(w, h),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ring(n) => write!(f, "ring:{n}"),
            Self::Square(l) => write!(f, "square:{l}"),
            Self::Rectangle(w, h) => write!(f, "rectangle:{w},{h}"),
        }
    }
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Temperatures {
    /// T in units of J / k_B, from 0 to inf.
    #[arg(long, value_name = "T", allow_hyphen_values = true, value_parser = temperature)]
    temperature: Option<f64>,
    /// Several, one by one or from a on in steps up to b, which is included where a step ends there.
    #[arg(long, value_name = "a,b,c|a:b:step", allow_hyphen_values = true, value_parser = List::parse)]
    temperatures: Option<List>,
}

impl Temperatures {
    pub(super) fn list(&self) -> &[f64] {
        match &self.temperatures {
            Some(List(list)) => list,
            None => self.temperature.as_slice(),
        }
    }
}

/// Temperatures in the order in which they were given.
#[derive(Clone, Debug)]
struct List(Vec<f64>);

impl List {
    fn parse(text: &str) -> Result<Self, String> {
        let list = match text.split(':').collect::<Vec<_>>()[..] {
            [list] => list.split(',').map(|t| temperature(t).ok()).collect(),
            [from, to, step] => range(from, to, step),
            _ => None,
        };
        let allowed = || {
            format!(
                "it must be a,b,c, each 0, a number of at least 1e-100, or inf, or a:b:step with a <= b and a positive step; at most {MAX_TEMPERATURES} temperatures"
            )
        };
        list.filter(|list| list.len() <= MAX_TEMPERATURES).map(Self).ok_or_else(allowed)
    }
}

/// `from`, `from + step`, .. and `to`, if the steps lead there but for rounding.
fn range(from: &str, to: &str, step: &str) -> Option<Vec<f64>> {
    /// What counts as rounding, in steps.
    const ROUNDING: f64 = 1e-6;
    let finite = |text| temperature(text).ok().filter(|t| t.is_finite());
    let (from, to, step) = (finite(from)?, finite(to)?, finite(step)?);
    let steps = ((to - from) / step + ROUNDING).floor();
    if !(step > 0.0 && (0.0..MAX_TEMPERATURES as f64).contains(&steps)) {
        return None;
    }
    let at = |i: u32| match from + f64::from(i) * step {
        t if (t - to).abs() <= ROUNDING * step => to,
        // 0.3 and not 0.30000000000000004.
        t if step >= 1e-6 => (t * 1e12).round() / 1e12,
        t => t,
    };
    Some((0..=steps as u32).map(at).collect())
}

/// An algorithm by its name.
pub(super) fn algorithm(text: &str) -> Result<Algorithm, String> {
    let found = Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == text);
    let names = || Algorithm::ALL.map(Algorithm::name).join(", ");
    found.ok_or_else(|| format!("it must be one of {}", names()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_written_as_they_are_read() {
        for text in ["ring:1", "ring:65535", "square:4096", "rectangle:65535,256", "rectangle:3,2"]
        {
            assert_eq!(Shape::parse(text).unwrap().to_string(), text);
        }
        let rectangle = Shape::Rectangle(3, 2).lattice().unwrap();
        assert_eq!((rectangle.width(), rectangle.height()), (3, 2));
        assert!(Shape::Ring(3).lattice().unwrap().is_ring());
        assert_eq!(Shape::Square(3).lattice().unwrap().sites(), Shape::Square(3).sites());
    }

    #[test]
    fn ranges_include_their_end_but_for_rounding() {
        let list = |text| List::parse(text).unwrap().0;
        let grid = list("0:6:0.25");
        assert_eq!((grid.len(), grid[9], grid[24]), (25, 2.25, 6.0));
        let tenths = list("0.1:0.7:0.1");
        assert_eq!((tenths.len(), tenths[6]), (7, 0.7));
        assert_eq!(list("1:2:0.3"), [1.0, 1.3, 1.6, 1.9]);
        assert_eq!(list("2:2:1"), [2.0]);
        assert_eq!(list("3,0,inf"), [3.0, 0.0, f64::INFINITY]);
        assert_eq!(list("0:99999:1").len(), MAX_TEMPERATURES);
        for wrong in [
            "",
            "1,",
            "1,-2",
            "1:2",
            "2:1:0.5",
            "0:1:0",
            "0:inf:1",
            "0:1:nan",
            "0:100000:1",
            "::",
            "1:2:3:4",
        ] {
            assert!(List::parse(wrong).is_err(), "{wrong}");
        }
    }
}
