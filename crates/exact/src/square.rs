//! The infinite square lattice: critical point, free energy, energy, specific heat and magnetisation.
//!
//! `K = J / (k_B T)` in the weight `exp(+K sum s s')`; energies per spin are in units of J, the specific heat per spin in
//! units of k_B. Every function takes any K from 0 to +infinity. A negative K is the antiferromagnet: every second spin
//! renamed turns it into |K|, so that ln Z and the specific heat are even in K and the energy is odd.
//!
//! Near the critical point everything depends on the distance `K - K_c`. It is taken from the f64 number
//! [`critical_coupling`], which is within 3e-17 of the true one.

use crate::logs::ln_2cosh;
use std::f64::consts::{FRAC_PI_2, PI};

/// Where `e^{-4K}` has long left f64: beyond, all but ln Z equals its value at zero temperature.
const COLD: f64 = 300.0;
/// Below this coupling the leading terms `-2K` and `2K^2` are exact in f64.
const HOT: f64 = 1e-9;

/// Critical coupling `K_c = ln(1 + sqrt 2) / 2` (`onsager-1944`).
///
/// ```
/// assert!((exact::square::critical_coupling() - 0.440686793509772).abs() < 1e-14);
/// ```
pub fn critical_coupling() -> f64 {
    0.5 * 2f64.sqrt().ln_1p()
}

/// Critical temperature `T_c = 2 / ln(1 + sqrt 2)` in units of `J / k_B` (`onsager-1944`).
///
/// ```
/// assert!((exact::square::critical_temperature() - 2.269185314213022).abs() < 1e-14);
/// ```
pub fn critical_temperature() -> f64 {
    critical_coupling().recip()
}

/// `ln Z` per spin, `ln(2 cosh 2K) + (1/pi) int_0^{pi/2} ln[(1 + sqrt(1 - k^2 cos^2 x)) / 2] dx` with the modulus
/// `k = 2 sinh 2K / cosh^2 2K` (`onsager-1944`). ln 2 at K = 0, infinite at infinite K.
///
/// The integrand has a kink at x = 0 when K = K_c, so the nodes of the double exponential rule crowd there.
pub fn ln_z_per_spin(k: f64) -> f64 {
    let q = Elliptic::new(k.abs().min(COLD)).q;
    const STEP: f64 = 1.0 / 64.0;
    let term = |i: i32| {
        let t = f64::from(i) * STEP;
        let e = (-PI * t.sinh()).exp();
        let (x, width) = (FRAC_PI_2 / (1.0 + e), e / (1.0 + e) / (1.0 + e));
        let root = (q * q + (1.0 - q) * (1.0 + q) * x.sin().powi(2)).sqrt();
        (0.5 * (root - 1.0)).ln_1p() * width * FRAC_PI_2 * PI * t.cosh()
    };
    // From t = -3.4 to 3.4: beyond, the weights are below 1e-20.
    let integral: f64 = (-218..=218).map(term).sum::<f64>() * STEP;
    ln_2cosh(2.0 * k) + integral / PI
}

/// Energy per spin, `-coth 2K [1 + (2/pi) (2 tanh^2 2K - 1) K_1(k)]` (`onsager-1944`): 0 at K = 0, -sqrt 2 at K_c, -2 at
/// infinite K.
///
/// ```
/// let k_c = exact::square::critical_coupling();
/// assert!((exact::square::energy_per_spin(k_c) + 2f64.sqrt()).abs() < 1e-15);
/// ```
pub fn energy_per_spin(k: f64) -> f64 {
    if k.abs() < HOT {
        return 0.0 - 2.0 * k;
    }
    let cold = k.abs().min(COLD);
    let e = Elliptic::new(cold);
    // (2/pi) K_1 = 1 / agm(1, q). Above T_c the bracket is (agm - q) / agm, a difference of distances from 1.
    let bracket = match e.above {
        _ if e.q == 0.0 => 1.0,
        true => (e.one_minus_q - e.gap) / (1.0 - e.gap),
        false => 1.0 + e.q / (1.0 - e.gap),
    };
    -k.signum() * bracket / (2.0 * cold).tanh()
}

/// Specific heat per spin in units of k_B (`onsager-1944`): 0 at K = 0 and at infinite K, +infinity at
/// [`critical_coupling`].
///
/// Onsager's `(2/pi) (K coth 2K)^2 {2 K_1 - 2 E_1 - (1 - k') [pi/2 + k' K_1]}`, `k' = 2 tanh^2 2K - 1`, with the complete
/// elliptic integrals written as sums over the arithmetic-geometric mean: what is left has no negative term, so that
/// the relative accuracy holds however small the heat is.
pub fn specific_heat(k: f64) -> f64 {
    let k = k.abs();
    if k < HOT {
        return 2.0 * k * k;
    }
    if k > COLD {
        return 0.0;
    }
    let e = Elliptic::new(k);
    if e.q == 0.0 {
        return f64::INFINITY;
    }
    let signed = if e.above { 2.0 - e.one_minus_q } else { e.one_minus_q };
    (k / (2.0 * k).tanh()).powi(2) / (1.0 - e.gap) * (e.squares + signed * e.gap)
}

/// Spontaneous magnetisation per spin, `(1 - sinh^{-4} 2K)^{1/8}` above K_c and 0 up to there (`yang-1952`).
pub fn spontaneous_magnetisation(k: f64) -> f64 {
    if k <= critical_coupling() {
        return 0.0;
    }
    let k = k.min(COLD);
    let s = (2.0 * k).sinh();
    (sinh_minus_one(k) / s * ((s + 1.0) / s) * (1.0 + (s * s).recip())).powf(0.125)
}

/// `sinh 2K - 1`, to full relative accuracy in `K - K_c`.
fn sinh_minus_one(k: f64) -> f64 {
    let k_c = critical_coupling();
    2.0 * (k + k_c).cosh() * (k - k_c).sinh()
}

/// Complete elliptic integrals of complementary modulus `q = |k'| = |2 tanh^2 2K - 1|` by the arithmetic-geometric mean.
///
/// It starts from q and from 1 - q, each computed without cancellation, and not from the modulus: near T_c the modulus is
/// 1 - q^2/2 and would have forgotten q.
struct Elliptic {
    q: f64,
    one_minus_q: f64,
    /// Whether the temperature is above T_c, where `k'` is negative.
    above: bool,
    /// `1 - agm(1, q) = sum_{n>=1} c_n`, with `K_1 = pi / (2 agm)`.
    gap: f64,
    /// `sum_{n>=1} 2^n c_n^2 = 2 - 2 E_1 / K_1 - k^2`.
    squares: f64,
}

impl Elliptic {
    /// For `0 < K <= COLD`.
    fn new(k: f64) -> Self {
        let (sinh, cosh, tanh) = ((2.0 * k).sinh(), (2.0 * k).cosh(), (2.0 * k).tanh());
        let signed = sinh_minus_one(k) / cosh * ((sinh + 1.0) / cosh);
        let (q, above) = (signed.abs(), signed < 0.0);
        let one_minus_q = if above { 2.0 * tanh * tanh } else { 2.0 / cosh / cosh };
        let (mut gap, mut squares) = (0.0, 0.0);
        let (mut a, mut b, mut power) = (1.0, q, 2.0);
        // c_{n+1} = (a_n - b_n) / 2 = c_n^2 / (4 a_{n+1}); the second form does not cancel.
        let mut c = 0.5 * one_minus_q;
        while q > 0.0 && c > 1e-18 * gap {
            gap += c;
            squares += power * c * c;
            (a, b, power) = (0.5 * (a + b), (a * b).sqrt(), 2.0 * power);
            c = c * c / (2.0 * (a + b));
        }
        Self { q, one_minus_q, above, gap, squares }
    }
}
