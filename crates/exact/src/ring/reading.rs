//! Reading a ring as a coupling: the K that has a given correlation of neighbours or a given `<V^2>`.

use super::Ring;
use crate::Error;
use crate::root::bisect;

/// Where the antiferromagnet no longer changes: 1 - tanh 20 is below the resolution of f64.
const COLDEST_NEGATIVE: f64 = -20.0;
/// Where nothing is left of an excitation: e^{-4K} is so small that its square is nearly lost.
const COLDEST: f64 = 170.0;

/// The coupling K at which neighbours on a ring of `sites` spins have the correlation `c`: how a set of
/// configurations is read as a temperature. Infinite at the ends of its range; an excess of rounding counts as the end.
///
/// # Errors
/// [`Error::TooSmall`] below three sites, [`Error::OutOfRange`] unless `c` lies between its values at `K = -infinity`,
/// -1 or `2/M - 1` by parity, and at `K = infinity`, 1.
///
/// ```
/// let ring = exact::Ring::new(8, 0.7)?;
/// let k = exact::ring::coupling_from_correlation(8, ring.correlation(1))?;
/// assert!((k - 0.7).abs() < 1e-12);
/// # Ok::<(), exact::Error>(())
/// ```
pub fn coupling_from_correlation(sites: usize, c: f64) -> Result<f64, Error> {
    if sites < 3 {
        return Err(Error::TooSmall { what: "the number of sites", value: sites, least: 3 });
    }
    let least = Ring { sites, coupling: COLDEST_NEGATIVE }.correlation(1);
    if !(c >= least - ROUNDING && c <= 1.0 + ROUNDING) {
        let allowed = "from that of the antiferromagnet to 1";
        return Err(Error::OutOfRange { what: "the correlation of neighbours", value: c, allowed });
    }
    coupling_from_broken(sites, 1.0 - c)
}

/// What sums of probabilities may exceed their bounds by.
const ROUNDING: f64 = 1e-12;

/// The coupling K of the ring with this `1 - <v_i v_{i+1}>`, which keeps its digits where the correlation is close to 1.
pub(crate) fn coupling_from_broken(sites: usize, broken: f64) -> Result<f64, Error> {
    coupling_with(|k| Ring { sites, coupling: k }.broken(), broken)
}

/// The coupling K at which a ring of `sites` spins has this `<V^2>`. Infinite at the ends of its range; an excess of
/// rounding counts as the end.
///
/// # Errors
/// [`Error::OutOfRange`] unless `v2` lies between its values at `K = -infinity`, 0 or 1 by parity, and at
/// `K = infinity`, `M^2`.
pub fn coupling_from_v2(sites: usize, v2: f64) -> Result<f64, Error> {
    let most = (sites * sites) as f64;
    let least = Ring::new(sites, COLDEST_NEGATIVE)?.v2();
    if !(v2 >= least - ROUNDING * most && v2 <= most * (1.0 + ROUNDING)) {
        let allowed = "from that of the antiferromagnet to M^2";
        return Err(Error::OutOfRange { what: "<V^2>", value: v2, allowed });
    }
    coupling_from_v2_deficit(sites, most - v2)
}

/// The coupling K of the ring with this `M^2 - <V^2>`.
pub(crate) fn coupling_from_v2_deficit(sites: usize, deficit: f64) -> Result<f64, Error> {
    coupling_with(|k| Ring { sites, coupling: k }.v2_deficit(), deficit)
}

/// The K at which `of`, which falls with K, has a value; infinite where it is beyond both ends.
fn coupling_with(of: impl Fn(f64) -> f64, value: f64) -> Result<f64, Error> {
    if value <= of(COLDEST) {
        return Ok(f64::INFINITY);
    }
    if value >= of(COLDEST_NEGATIVE) {
        return Ok(f64::NEG_INFINITY);
    }
    bisect(|k| value - of(k), COLDEST_NEGATIVE, COLDEST)
}
