//! Element by element: exp, tanh and the sampling of +-1 units, written so that compilers vectorise them.

use multiversion::multiversion;
use stats::Bits;

/// `e^x`, relative error below 3e-7; arguments are held within +-87, where f32 neither overflows nor vanishes.
#[inline(always)]
fn exp1(x: f32) -> f32 {
    // Adding and subtracting 1.5 * 2^23 rounds to an integer without a library call.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, the first with few enough bits that its multiples are exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Comparisons, not `clamp`, of which a processor knows them as one operation that keeps what is not a number.
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 87.0 { 87.0 } else { x };
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    // Taylor to r^7 on |r| <= ln 2 / 2: the rest is below 6e-9.
    let series = 1.0
        + r * (1.0
            + r * (1.0 / 2.0
                + r * (1.0 / 6.0
                    + r * (1.0 / 24.0
                        + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0)))))));
    // The last bits of `rounded` are n: as an exponent, 2^n.
    let two_to_n = f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23));
    series * two_to_n
}

/// `tanh x`, relative error below 1e-6: a series near 0, `1 - 2 / (e^{2|x|} + 1)` elsewhere.
#[inline(always)]
fn tanh1(x: f32) -> f32 {
    let s = x * x;
    let near =
        x * (1.0 + s * (-1.0 / 3.0 + s * (2.0 / 15.0 + s * (-17.0 / 315.0 + s * (62.0 / 2835.0)))));
    let far = (1.0 - 2.0 / (exp1(2.0 * x.abs()) + 1.0)).copysign(x);
    if s < 0.0625 { near } else { far }
}

/// Replaces every x by `e^x` (for x within +-87; beyond, by the value there).
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"))]
pub fn exp(x: &mut [f32]) {
    for x in x {
        *x = exp1(*x);
    }
}

/// Replaces every x by `tanh x`.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"))]
pub fn tanh(x: &mut [f32]) {
    for x in x {
        *x = tanh1(*x);
    }
}

/// Sixteen uniform numbers in (0, 1), odd multiples of 2^-24, so that u and 1 - u are equally likely: up and down are treated
/// alike. Of a word of bits first the lower halves, then the upper ones.
#[inline(always)]
fn uniforms(bits: &mut Bits) -> [f32; 16] {
    const STEP: f32 = 1.0 / 16_777_216.0;
    let word = bits.word();
    let mut uniforms = [0.0; 16];
    for lane in 0..8 {
        // Below 2^24, where signed numbers, which are converted faster, are the same.
        uniforms[lane] = (word[lane] as u32 >> 8 | 1) as i32 as f32 * STEP;
        uniforms[lane + 8] = (word[lane] >> 40 | 1) as i32 as f32 * STEP;
    }
    uniforms
}

#[inline(always)]
fn sixteen_units(activations: &mut [f32; 16], bits: &mut Bits) {
    let uniforms = uniforms(bits);
    for i in 0..16 {
        let accepted = uniforms[i] * (1.0 + exp1(-2.0 * activations[i])) < 1.0;
        activations[i] = if accepted { 1.0 } else { -1.0 };
    }
}

#[inline(always)]
fn sixteen_means(means: &mut [f32; 16], bits: &mut Bits) {
    let uniforms = uniforms(bits);
    for i in 0..16 {
        means[i] = if 2.0 * uniforms[i] < 1.0 + means[i] { 1.0 } else { -1.0 };
    }
}

/// Replaces every activation a by a unit: +1 with probability `1 / (1 + e^{-2a})` (thesis (30), factor 2 of +-1 units),
/// else -1, deciding by `u (1 + e^{-2a}) < 1`. The probability is off by less than 1e-6.
///
/// ```
/// // A unit of activation a has the mean tanh a.
/// let mut units = vec![0.5_f32; 10_000];
/// linalg::sample_units(&mut units, &mut stats::Bits::new(&mut stats::stream(1, "example", 0)));
/// let units: Vec<f64> = units.into_iter().map(f64::from).collect();
/// assert!(units.iter().all(|s| s.abs() == 1.0));
/// assert!(stats::Estimate::from_independent(&units).sigmas_from(0.5f64.tanh()) < 4.0);
/// ```
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"))]
pub fn sample_units(activations: &mut [f32], bits: &mut Bits) {
    let (whole, rest) = activations.as_chunks_mut();
    for sixteen in whole {
        sixteen_units(sixteen, bits);
    }
    if !rest.is_empty() {
        let mut last = [0.0; 16];
        last[..rest.len()].copy_from_slice(rest);
        sixteen_units(&mut last, bits);
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

/// Replaces every mean m of a unit by the unit: +1 with probability `(1 + m) / 2`, else -1. The probability is off by less
/// than 1e-7.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"))]
pub fn sample_means(means: &mut [f32], bits: &mut Bits) {
    let (whole, rest) = means.as_chunks_mut();
    for sixteen in whole {
        sixteen_means(sixteen, bits);
    }
    if !rest.is_empty() {
        let mut last = [0.0; 16];
        last[..rest.len()].copy_from_slice(rest);
        sixteen_means(&mut last, bits);
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> impl Iterator<Item = f32> {
        (-400_000..=400_000).map(|i| i as f32 * 1e-4)
    }

    #[test]
    fn exp_and_tanh_keep_their_stated_errors() {
        let mut e: Vec<f32> = grid().collect();
        let mut t = e.clone();
        exp(&mut e);
        tanh(&mut t);
        for (x, (e, t)) in grid().zip(e.iter().zip(&t)) {
            let x = f64::from(x);
            assert!((f64::from(*e) / x.exp() - 1.0).abs() < 3e-7, "exp {x}");
            assert!((f64::from(*t) - x.tanh()).abs() <= 1e-6 * x.tanh().abs(), "tanh {x}");
        }
    }

    #[test]
    fn extremes_stay_finite() {
        let mut x = [f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY, -0.0];
        tanh(&mut x);
        assert_eq!(x, [1.0, -1.0, 1.0, -1.0, 0.0]);
        let mut x = [1e9, -1e9];
        exp(&mut x);
        assert!(x.iter().all(|x| x.is_finite()));
        let mut units = [1e9, -1e9, f32::INFINITY, f32::NEG_INFINITY];
        sample_units(&mut units, &mut bits(1));
        assert_eq!(units, [1.0, -1.0, 1.0, -1.0]);
        // No draw of 2^27 goes against a field that leaves no choice, in either direction.
        let mut bits = bits(1);
        for _ in 0..1 << 13 {
            for side in [1.0, -1.0] {
                let (mut units, mut means) = ([40.0 * side; 8192], [side; 8192]);
                sample_units(&mut units, &mut bits);
                sample_means(&mut means, &mut bits);
                assert!(units.iter().chain(&means).all(|&unit| unit == side));
            }
        }
    }

    #[test]
    fn free_energies_are_those_of_plain_sums() {
        let plain = |scale: f64, x: &[f32]| -> f64 {
            let ln_2cosh = |y: f64| y + (-2.0 * y).exp().ln_1p();
            x.iter().map(|x| ln_2cosh(scale * f64::from(x.abs()))).sum()
        };
        let all: Vec<f32> = grid().collect();
        for scale in [0.0, 0.3, 1.0, 50.0] {
            for length in [1, 7, 8, 9, 999, 1000, 1001, 4096] {
                for x in all.chunks(length).step_by(97) {
                    let (sum, plain) = (crate::sum_ln_2cosh(scale, x), plain(scale, x));
                    // The plain sum rounds at each of its terms.
                    let error = 1e-15 * (10 + x.len()) as f64 * plain;
                    assert!((sum - plain).abs() <= error, "{scale} {length}: {sum} {plain}");
                }
            }
        }
        assert_eq!(crate::sum_ln_2cosh(1.0, &[]), 0.0);
        assert_eq!(crate::sum_ln_2cosh(1.0, &[f32::INFINITY]), f64::INFINITY);
    }

    fn bits(index: u64) -> Bits {
        Bits::new(&mut stats::stream(1, "units", index))
    }

    #[test]
    fn units_have_their_mean_and_share_nothing() {
        // Length 3 modulo 16, so that the end of each slice is decided apart.
        let (n, length) = (1_000_000, 1003);
        for (index, a) in [-2.0_f32, -0.3, 0.0, 0.7].into_iter().enumerate() {
            for of_means in [false, true] {
                let mut bits = bits(index as u64);
                let mut units = vec![if of_means { a.tanh() } else { a }; n];
                for units in units.chunks_mut(length) {
                    if of_means {
                        sample_means(units, &mut bits)
                    } else {
                        sample_units(units, &mut bits)
                    }
                }
                let exact = f64::from(a).tanh();
                let mean = |x: &mut dyn Iterator<Item = f64>| x.sum::<f64>() / n as f64;
                let first = mean(&mut units.iter().map(|&x| f64::from(x)));
                // Family-wise level 1e-6 over the 24 means of this test: z = 5.6.
                let error = ((1.0 - exact * exact) / n as f64).sqrt();
                assert!((first - exact).abs() < 5.6 * error, "{a}: {first} {exact}");
                for apart in [1, 16] {
                    let centred = |x: f32| f64::from(x) - exact;
                    let products =
                        units.iter().zip(&units[apart..]).map(|(&x, &y)| centred(x) * centred(y));
                    let covariance = mean(&mut { products });
                    let error = (1.0 - exact * exact) / (n as f64).sqrt();
                    assert!(covariance.abs() < 5.6 * error, "{a}, {apart} apart: {covariance}");
                }
            }
        }
    }
}
