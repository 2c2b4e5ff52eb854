//! `sum ln(2 cosh x)`, what the hidden units contribute to a free energy, in the full precision of f64.

use multiversion::multiversion;

/// Numbers that a processor takes at once.
const LANES: usize = 8;
/// Factors between 1 and 2 whose product is surely a number.
const FACTORS: usize = 125 * LANES;
/// The order to which the series of `e^r` is taken: for `|r| <= ln 2 / 2` the rest is below 1e-17.
const ORDER: usize = 13;

/// `1 / n!`
const fn inverse_factorials() -> [f64; ORDER + 1] {
    let mut all = [1.0; ORDER + 1];
    let mut n = 1;
    let mut factorial = 1.0;
    while n <= ORDER {
        factorial *= n as f64;
        all[n] = 1.0 / factorial;
        n += 1;
    }
    all
}

/// `e^x` for x up to 0, relative error below 1e-15 down to -700, and less than 1e-303 beyond.
#[inline(always)]
fn exp_negative(x: f64) -> f64 {
    const COEFFICIENTS: [f64; ORDER + 1] = inverse_factorials();
    // Adding and subtracting 1.5 * 2^52 rounds to an integer without a library call.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    // ln 2 in two parts, the first with few enough bits that its multiples are exact.
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let x = if x < -700.0 { -700.0 } else { x };
    let rounded = x * std::f64::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    let mut series = COEFFICIENTS[ORDER];
    for order in (0..ORDER).rev() {
        series = COEFFICIENTS[order] + series * r;
    }
    // The last bits of `rounded` are n: as an exponent, 2^n.
    series * f64::from_bits((rounded.to_bits() << 52).wrapping_add(1023 << 52))
}

/// Takes eight more numbers into the sums of sizes and the products of factors.
#[inline(always)]
fn take(x: &[f32; LANES], scale: f64, sizes: &mut [f64; LANES], products: &mut [f64; LANES]) {
    for lane in 0..LANES {
        let size = scale * f64::from(x[lane].abs());
        sizes[lane] += size;
        products[lane] *= 1.0 + exp_negative(-2.0 * size);
    }
}

/// `ln(2 cosh x)` without overflow.
///
/// ```
/// assert_eq!(linalg::ln_2cosh(0.0), 2f64.ln());
/// assert_eq!(linalg::ln_2cosh(-1e3), 1e3);
/// ```
#[inline]
pub fn ln_2cosh(x: f64) -> f64 {
    let x = x.abs();
    x + (-2.0 * x).exp().ln_1p()
}

/// `sum_a ln(2 cosh(scale x_a))` for a scale that is not negative, relative error below 1e-14. With
/// `2 cosh y = e^{|y|} (1 + e^{-2|y|})` many terms share a logarithm.
///
/// ```
/// // Three free units: 3 ln 2. A saturated one: |x|.
/// assert!((linalg::sum_ln_2cosh(1.0, &[0.0; 3]) - 3.0 * 2f64.ln()).abs() < 1e-14);
/// assert!((linalg::sum_ln_2cosh(2.0, &[-50.0]) - 100.0).abs() < 1e-12);
/// ```
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"))]
pub fn sum_ln_2cosh(scale: f64, x: &[f32]) -> f64 {
    let mut sum = 0.0;
    for part in x.chunks(FACTORS) {
        let (mut sizes, mut products) = ([0.0; LANES], [1.0; LANES]);
        let (whole, rest) = part.as_chunks();
        for x in whole {
            take(x, scale, &mut sizes, &mut products);
        }
        let mut last = [0.0; LANES];
        last[..rest.len()].copy_from_slice(rest);
        take(&last, scale, &mut sizes, &mut products);
        // Each zero that fills up the last eight is a factor 2, exactly.
        let factors = products.iter().product::<f64>() / f64::from(1 << (LANES - rest.len()));
        sum += sizes.iter().sum::<f64>() + factors.ln();
    }
    sum
}
