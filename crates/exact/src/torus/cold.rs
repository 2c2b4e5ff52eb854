//! The torus at low temperature: what domain walls that wind around it add to the infinite lattice.
//!
//! Kaufman's sums over momenta start at the order x = e^{-2K} and cancel down to x^4, the single flipped spins. In place
//! of momenta one can sum over walks: the logarithm of her determinant in one of the four sectors,
//! `prod [(1 + x^2)^2 - 2x (1 - x^2) (cos q + cos q')]`, is N times that of the infinite lattice minus closed walks that
//! wind j times around the width and j' times around the height, with signs by sector. Nothing cancels.

use super::Jet;

/// Where this is used: x < 0.1, so that longer walks than [`LONGEST`] are below 1e-19.
pub(super) const COLD: f64 = 1.2;
const LONGEST: usize = 40;

/// `ln Z - ln 2` of the torus less N times `ln Z` per spin of the infinite lattice, as a function of x (first and
/// second derivative to full relative accuracy).
pub(super) fn winding(width: usize, height: usize, x: Jet) -> Jet {
    let one = Jet([1.0, 0.0, 0.0]);
    let x2 = x.times(x);
    let plus = one.plus(x2);
    let step = x.times(one.plus(x2.scale(-1.0))).over(plus.times(plus));
    let n = width as f64 * height as f64;
    // Logarithms of the four sectors, and what is left of them on average: sectors differ by the sign of odd windings.
    let mut sectors = [Jet([0.0; 3]); 4];
    let mut mean = Jet([0.0; 3]);
    for (i, j) in (0..=LONGEST / width).flat_map(|i| (0..=LONGEST / height).map(move |j| (i, j))) {
        if i + j == 0 {
            continue;
        }
        // Either way around.
        let ways = if i * j > 0 { 4.0 } else { 2.0 };
        let walks = closed_walks(i * width, j * height, step).scale(-0.5 * n * ways);
        for (s, sector) in sectors.iter_mut().enumerate() {
            let odd = (s & 1) * i + (s >> 1) * j;
            *sector = sector.plus(walks.scale(if odd % 2 == 1 { -1.0 } else { 1.0 }));
        }
        if i % 2 == 0 && j % 2 == 0 {
            mean = mean.plus(walks);
        }
    }
    let sum = sectors.iter().fold(mean, |sum, sector| {
        // e^d - 1 - d: the part of first order in d is the mean, where most of it cancels by sign.
        let (d, slope) = (sector.0[0], sector.0[0].exp_m1());
        sum.plus(sector.map([slope - d, slope, 1.0 + slope]).scale(0.25))
    });
    one.plus(sum).ln()
}

/// `sum_p W_p(m, n) step^p / p` with the number `W_p = C(p, (p + m + n) / 2) C(p, (p + m - n) / 2)` of walks of p steps
/// from the origin to (m, n) of the square lattice.
fn closed_walks(m: usize, n: usize, step: Jet) -> Jet {
    let choose = |p: usize, k: usize| (0..k).fold(1.0, |c, i| c * (p - i) as f64 / (i + 1) as f64);
    (m + n..=LONGEST).step_by(2).fold(Jet([0.0; 3]), |sum, p| {
        let walks = choose(p, (p - m - n) / 2) * choose(p, (p + m - n) / 2);
        sum.plus(step.power(p).scale(walks / p as f64))
    })
}
