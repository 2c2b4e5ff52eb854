//! The Ising model on a finite torus in closed form: partition function, energy and specific heat.
//!
//! How they approach the infinite lattice at T_c is worked out in `ferdinand-fisher-1969`.

mod cold;
mod mixture;

pub use mixture::TorusMixture;

use crate::root::bisect;
use crate::{Error, square};
use cold::{COLD, winding};

/// Thermodynamics of a finite lattice, J = k_B = 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thermodynamics {
    /// `ln Z`, of the whole lattice; infinite at zero temperature.
    pub ln_z: f64,
    /// `<E> / N` in units of J.
    pub energy_per_spin: f64,
    /// `(<E^2> - <E>^2) / (N T^2)`, per spin in units of k_B.
    pub specific_heat: f64,
}

/// The torus of `width x height` spins at the coupling K (`kaufman-1949`),
/// `Z = (2 sinh 2K)^{N/2} [prod 2 cosh(h g_{2r+1} / 2) + prod 2 sinh(h g_{2r+1} / 2) + prod 2 cosh(h g_{2r} / 2) +
/// prod 2 sinh(h g_{2r} / 2)] / 2` with `cosh g_l = cosh^2 2K / sinh 2K - cos(pi l / w)`, r = 0..w-1, and
/// `g_0 = 2K + ln tanh K`, which is negative above T_c.
///
/// On a side of length 2 a bond counts twice, on a side of length 1 a site is its own neighbour. A negative K is taken
/// when both sides are even: renaming every second spin turns it into |K|.
///
/// Accuracy: ln Z and the specific heat to a relative 1e-12 or better at every temperature, the energy to an absolute
/// 1e-14. The sums over momenta cancel where K is large or small. There the infinite lattice is taken, at low temperature
/// with the domain walls that wind around the torus, at high temperature where no winding loop is worth a digit.
///
/// # Errors
/// [`Error::TooSmall`] for a side of 0; [`Error::OutOfRange`] for NaN, minus infinity, and K < 0 with an odd side.
///
/// ```
/// let torus = exact::torus::kaufman(8, 8, 1.0 / 1.5)?;
/// assert!((torus.energy_per_spin + 1.951115430854883).abs() < 1e-14);
/// # Ok::<(), exact::Error>(())
/// ```
pub fn kaufman(width: usize, height: usize, coupling: f64) -> Result<Thermodynamics, Error> {
    check(width, height, coupling)?;
    let (k, n) = (coupling.abs(), width as f64 * height as f64);
    let mut answer = above_ground_state(width, height, k);
    if k > COLD || hot(width.min(height), k) {
        answer.energy_per_spin = square::energy_per_spin(k);
        answer.specific_heat = square::specific_heat(k);
    }
    if k > COLD {
        let Jet([_, first, second]) = winding(width, height, boltzmann(k));
        answer.energy_per_spin -= first / n;
        answer.specific_heat += heat(k, second) / n;
    }
    answer.ln_z += 2.0 * n * k;
    if coupling < 0.0 {
        answer.energy_per_spin *= -1.0;
    }
    Ok(answer)
}

/// The probability that a configuration of the torus of `width x height` spins is not one of its two ground states,
/// `1 - 2 e^{2N|K|} / Z`, to an absolute 1e-13: 0 at infinite K.
///
/// # Errors
/// Those of [`kaufman`].
///
/// ```
/// // Two ground states among the 2^9 configurations of a torus of 3 x 3, all equally likely at K = 0.
/// let excited = exact::torus::excitation_probability(3, 3, 0.0)?;
/// assert!((excited - (1.0 - 2f64.powi(-8))).abs() < 1e-13);
/// # Ok::<(), exact::Error>(())
/// ```
pub fn excitation_probability(width: usize, height: usize, coupling: f64) -> Result<f64, Error> {
    check(width, height, coupling)?;
    let above = above_ground_state(width, height, coupling.abs()).ln_z;
    // Rounding may leave a sign.
    Ok((-(std::f64::consts::LN_2 - above).exp_m1()).max(0.0))
}

fn check(width: usize, height: usize, coupling: f64) -> Result<(), Error> {
    for (what, value) in [("the width", width), ("the height", height)] {
        if value < 1 {
            return Err(Error::TooSmall { what, value, least: 1 });
        }
    }
    let even = width.is_multiple_of(2) && height.is_multiple_of(2);
    if !(coupling >= 0.0 || even && coupling > f64::NEG_INFINITY) {
        let allowed = "0 to +infinity, or finite and negative when both sides are even";
        return Err(Error::OutOfRange { what: "the coupling", value: coupling, allowed });
    }
    Ok(())
}

/// Where the specific heat of the L x L torus is largest, J / k_B: around T_c it has one maximum, which tends to T_c as 1 / L
/// (`ferdinand-fisher-1969`). A golden section, to 1e-6.
///
/// # Errors
/// [`Error::TooSmall`] for a side of 0.
pub fn specific_heat_peak(side: usize) -> Result<f64, Error> {
    let at = |t: f64| -> Result<f64, Error> { Ok(kaufman(side, side, 1.0 / t)?.specific_heat) };
    let (mut low, mut high) = (1.5, 4.0);
    let share = 0.5 * (5.0_f64.sqrt() - 1.0);
    while high - low > 1e-6 {
        let step = share * (high - low);
        let (left, right) = (high - step, low + step);
        if at(left)? < at(right)? { low = left } else { high = right }
    }
    Ok(low.midpoint(high))
}

/// The temperature at which the `width x height` torus has this mean energy per spin (J), J / k_B, from 0.1 to 10 000. The energy
/// rises with the temperature, so that there is one at most: at a small dE it changes by dE over the specific heat.
///
/// # Errors
/// [`Error::NoRoot`] for an energy that none of these temperatures has; as [`kaufman`] for the sides.
///
/// ```
/// use exact::torus::{kaufman, temperature_at_energy};
///
/// let energy = kaufman(8, 8, 1.0 / 1.5)?.energy_per_spin;
/// assert!((temperature_at_energy(8, 8, energy)? - 1.5).abs() < 1e-12);
/// assert!(temperature_at_energy(8, 8, 0.1).is_err());
/// # Ok::<(), exact::Error>(())
/// ```
pub fn temperature_at_energy(
    width: usize,
    height: usize,
    energy_per_spin: f64,
) -> Result<f64, Error> {
    let torus = |t: f64| kaufman(width, height, t.recip());
    let (low, high) = (0.1, 1e4);
    torus(low)?;
    let excess = |t| torus(t).map_or(f64::NAN, |torus| torus.energy_per_spin - energy_per_spin);
    bisect(excess, low, high)
}

/// Whether winding loops, of weight `e^{-L |g_0|}`, change energy and heat, `tanh^2 K`, by less than a relative 1e-17.
fn hot(side: usize, k: f64) -> bool {
    let (side, ln_v) = (side as f64, k.tanh().ln());
    4.0 * side.ln() + (side - 2.0) * ln_v + 2.0 * side * k < 1e-17f64.ln()
}

/// `x = e^{-2K}`.
fn boltzmann(k: f64) -> Jet {
    let x = (-2.0 * k).exp();
    Jet([x, -2.0 * x, 4.0 * x])
}

/// `K^2 d^2 ln Z / dK^2`, 0 at zero temperature, where 0 times infinity is not asked.
fn heat(k: f64, second: f64) -> f64 {
    if second == 0.0 { 0.0 } else { k * k * second }
}

/// [`Thermodynamics`] with the partition function relative to a ground state, `ln Z - 2 N K`.
///
/// With `x = e^{-2K}` each factor is regular from zero to infinite temperature:
/// `e^{-4K} sinh 2K cosh g = a`, `e^{-4K} sinh 2K = s`, `e^{-4K} sinh 2K |sinh g| = sqrt(a^2 - s^2)`, and
/// `a - s cosh 0 = d^2` with `d = (1 - 2x - x^2) / 2`, whose sign is that of g_0.
fn above_ground_state(width: usize, height: usize, k: f64) -> Thermodynamics {
    let (x, one) = (boltzmann(k), Jet([1.0, 0.0, 0.0]));
    let x2 = x.times(x);
    let s = x.times(one.plus(x2.scale(-1.0))).scale(0.5);
    let d = one.plus(x.scale(-2.0)).plus(x2.scale(-1.0)).scale(0.5);
    let sign = if d.0[0] < 0.0 { -1.0 } else { 1.0 };
    // ln(2 e^{-4K} sinh 2K e^g) summed over odd l, and over even less odd l: term by term, since the sums themselves are
    // of the order of the width and their difference of the order of 1.
    let (mut odd_scale, mut difference) = (Jet([0.0; 3]), Jet([0.0; 3]));
    // Products of 1 + e^{-h g} and 1 - e^{-h g}, over even and over odd l.
    let mut products = [[one; 2]; 2];
    for l in 0..2 * width {
        let sine = (0.5 * std::f64::consts::PI * l as f64 / width as f64).sin();
        // a - s and a + s without cancellation; at l = 0 the root is |d| itself.
        let minus = d.times(d).plus(s.scale(2.0 * sine * sine));
        let plus = d.times(d).plus(s.scale(2.0 + 2.0 * sine * sine));
        let near = if l == 0 { d.scale(sign) } else { minus.sqrt() };
        let root = near.times(plus.sqrt());
        let sum = root.plus(minus.plus(plus).scale(0.5));
        let decay = s.over(sum).power(height);
        let scale = sum.scale(2.0).ln();
        if l % 2 == 1 {
            odd_scale = odd_scale.plus(scale);
            difference = difference.plus(scale.scale(-1.0));
        } else {
            difference = difference.plus(scale);
        }
        let [cosh, sinh] = &mut products[l % 2];
        *cosh = cosh.times(one.plus(decay));
        *sinh = sinh.times(one.plus(decay.scale(-1.0)));
    }
    let [[even_cosh, even_sinh], [odd_cosh, odd_sinh]] = products;
    let odd = odd_cosh.plus(odd_sinh);
    let even = even_cosh.plus(even_sinh.scale(sign));
    let half = 0.5 * height as f64;
    let sectors = odd.plus(difference.scale(half).exp().times(even)).scale(0.5).ln();
    let Jet([ln_z, first, second]) = sectors.plus(odd_scale.scale(half));
    let n = width as f64 * height as f64;
    Thermodynamics { ln_z, energy_per_spin: -2.0 - first / n, specific_heat: heat(k, second) / n }
}

/// A function's value, first and second derivative by K: derivatives as exact as the value.
#[derive(Clone, Copy)]
struct Jet([f64; 3]);

impl Jet {
    fn plus(self, Jet(b): Jet) -> Jet {
        let Jet(a) = self;
        Jet([a[0] + b[0], a[1] + b[1], a[2] + b[2]])
    }

    fn scale(self, by: f64) -> Jet {
        Jet(self.0.map(|a| by * a))
    }

    fn times(self, Jet(b): Jet) -> Jet {
        let Jet(a) = self;
        Jet([a[0] * b[0], a[1] * b[0] + a[0] * b[1], a[2] * b[0] + 2.0 * a[1] * b[1] + a[0] * b[2]])
    }

    /// `f(self)` from the value and the first two derivatives of f.
    fn map(self, [f, slope, curvature]: [f64; 3]) -> Jet {
        let Jet(a) = self;
        Jet([f, slope * a[1], slope * a[2] + curvature * a[1] * a[1]])
    }

    fn over(self, b: Jet) -> Jet {
        let r = b.0[0].recip();
        self.times(b.map([r, -r * r, 2.0 * r * r * r]))
    }

    fn sqrt(self) -> Jet {
        let root = self.0[0].sqrt();
        self.map([root, 0.5 / root, -0.25 / (root * self.0[0])])
    }

    fn ln(self) -> Jet {
        let r = self.0[0].recip();
        self.map([self.0[0].ln(), r, -r * r])
    }

    fn exp(self) -> Jet {
        self.map([self.0[0].exp(); 3])
    }

    /// A power of at least 1 by repeated squaring, regular at 0.
    fn power(self, exponent: usize) -> Jet {
        let mut power = Jet([1.0, 0.0, 0.0]);
        for bit in (0..usize::BITS - exponent.leading_zeros()).rev() {
            power = power.times(power);
            if exponent >> bit & 1 == 1 {
                power = power.times(self);
            }
        }
        power
    }
}
