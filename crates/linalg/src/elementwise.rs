//! Element by element: exp, tanh and the sampling of +-1 units, written so that compilers vectorise them.

use multiversion::multiversion;
use rand::Rng;

/// `e^x`, relative error below 3e-7; arguments are held within +-87, where f32 neither overflows nor vanishes.
#[inline(always)]
fn exp1(x: f32) -> f32 {
    // Adding and subtracting 1.5 * 2^23 rounds to an integer without a library call.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, the first with few enough bits that its multiples are exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 87.0);
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    // Taylor to r^7 on |r| <= ln 2 / 2: the rest is below 6e-9.
    let series = 1.0
        + r * (1.0
            + r * (1.0 / 2.0
                + r * (1.0 / 6.0
                    + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r / 5040.0))))));
    let two_to_n = f32::from_bits((((n as i32) + 127) as u32) << 23);
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

/// Fills with uniform numbers in [0, 1), multiples of 2^-24.
pub fn uniforms<R: Rng + ?Sized>(rng: &mut R, out: &mut [f32]) {
    const STEP: f32 = 1.0 / 16_777_216.0;
    for pair in out.chunks_mut(2) {
        let bits = rng.next_u64();
        pair[0] = (bits >> 40) as f32 * STEP;
        if let Some(second) = pair.get_mut(1) {
            *second = (bits as u32 >> 8) as f32 * STEP;
        }
    }
}

/// Replaces every activation a by a unit: +1 with probability `1 / (1 + e^{-2a})` (thesis (30), factor 2 of +-1 units),
/// else -1, deciding by `u (1 + e^{-2a}) < 1` with the given uniform numbers. The probability is off by less than 1e-6.
///
/// # Panics
/// When the lengths differ.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"))]
pub fn sample_units(activations: &mut [f32], uniform: &[f32]) {
    assert_eq!(activations.len(), uniform.len());
    for (a, u) in activations.iter_mut().zip(uniform) {
        let accepted = u * (1.0 + exp1(-2.0 * *a)) < 1.0;
        *a = if accepted { 1.0 } else { -1.0 };
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
        let mut units = [1e9, -1e9];
        sample_units(&mut units, &[0.999_999, 0.000_001]);
        assert_eq!(units, [1.0, -1.0]);
    }

    #[test]
    fn units_have_their_mean() {
        let n = 1_000_000;
        let mut rng = stats::stream(1, "units", 0);
        let mut u = vec![0.0; n];
        for a in [-2.0_f32, -0.3, 0.0, 0.7] {
            uniforms(&mut rng, &mut u);
            let mut units = vec![a; n];
            sample_units(&mut units, &u);
            let mean = units.iter().map(|&x| f64::from(x)).sum::<f64>() / n as f64;
            let exact = f64::from(a).tanh();
            // Family-wise level 1e-6 over four tests: z = 5.2.
            let error = ((1.0 - exact * exact) / n as f64).sqrt();
            assert!((mean - exact).abs() < 5.2 * error, "{a}: {mean} {exact}");
        }
    }
}
