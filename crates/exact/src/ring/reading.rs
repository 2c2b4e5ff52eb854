//! Reading a ring as a coupling: the K that has a given correlation of neighbours or a given `<V^2>`.

use super::Ring;
use crate::Error;
use crate::root::bisect;

/// 1 - tanh 20 is below the resolution of f64.
const COLDEST: f64 = 20.0;

/// The coupling K at which neighbours on a ring of `sites` spins have the correlation `c`: how a set of
/// configurations is read as a temperature.
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
    let least = Ring { sites, coupling: -COLDEST }.correlation(1);
    if c == 1.0 {
        return Ok(f64::INFINITY);
    }
    if !(c >= least && c < 1.0) {
        let allowed = "from that of the antiferromagnet to 1";
        return Err(Error::OutOfRange { what: "the correlation of neighbours", value: c, allowed });
    }
    bisect(|k| Ring { sites, coupling: k }.correlation(1) - c, -COLDEST, COLDEST)
}

/// The coupling K at which a ring of `sites` spins has this `<V^2>`.
///
/// # Errors
/// [`Error::OutOfRange`] unless `v2` lies between its values at `K = -infinity`, 0 or 1 by parity, and at
/// `K = infinity`, `M^2`.
pub fn coupling_from_v2(sites: usize, v2: f64) -> Result<f64, Error> {
    let (least, most) = (Ring::new(sites, -COLDEST)?.v2(), (sites * sites) as f64);
    if v2 == most {
        return Ok(f64::INFINITY);
    }
    if !(v2 >= least && v2 < most) {
        let allowed = "from that of the antiferromagnet to M^2";
        return Err(Error::OutOfRange { what: "<V^2>", value: v2, allowed });
    }
    // Beyond this the ring is aligned to the last bit of M^2.
    let coldest = COLDEST + 0.5 * (sites as f64).ln();
    bisect(|k| Ring { sites, coupling: k }.v2() - v2, -COLDEST, coldest)
}
