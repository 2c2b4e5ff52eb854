//! Tail probabilities of the normal distribution, of Student's t, and of the chi-square and Poisson distributions.

use statrs::function::{beta::beta_reg, erf::erfc, gamma::gamma_ur};
use std::f64::consts::SQRT_2;

/// Degrees of freedom beyond which Student's t is taken from the normal distribution.
const MANY: f64 = 1e4;

/// `P(|x| >= |z|)` of a standard normal x.
pub fn two_sided(z: f64) -> f64 {
    erfc(z.abs() / SQRT_2)
}

/// The z with `P(|x| >= z) = level`, `0 < level <= 1`.
///
/// ```
/// // 95 % of all normal numbers lie within 1.96 standard deviations.
/// assert!((stats::tails::critical(0.05) - 1.96).abs() < 1e-4);
/// ```
pub fn critical(level: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    // Halving 40 to the last bit.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if two_sided(middle) > level { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The normal quantile of `0 < probability < 1`.
pub fn quantile(probability: f64) -> f64 {
    if probability < 0.5 {
        -critical(2.0 * probability)
    } else {
        critical(2.0 * (1.0 - probability))
    }
}

/// `P(chi^2 >= x)` with n degrees of freedom; 1 without any.
///
/// ```
/// // With two degrees of freedom it is e^{-x/2}.
/// assert!((stats::tails::chi_square(3.0, 2) - (-1.5f64).exp()).abs() < 1e-12);
/// ```
pub fn chi_square(x: f64, n: usize) -> f64 {
    match x {
        _ if n == 0 || x <= 0.0 => 1.0,
        f64::INFINITY => 0.0,
        _ => gamma_ur(0.5 * n as f64, 0.5 * x),
    }
}

/// `P(|k - mean| at least as unlikely)`: twice the smaller tail of a Poisson count, at most 1.
pub fn poisson(count: u64, mean: f64) -> f64 {
    if mean <= 0.0 {
        return if count == 0 { 1.0 } else { 0.0 };
    }
    // P(k <= count) is the upper gamma function of count + 1.
    let at_most = gamma_ur(count as f64 + 1.0, mean);
    let at_least = if count == 0 { 1.0 } else { 1.0 - gamma_ur(count as f64, mean) };
    (2.0 * at_most.min(at_least)).clamp(0.0, 1.0)
}

/// `P(|x| >= |t|)` of Student's t with `freedom` degrees of freedom: of a mean's distance from its true value in units of
/// its standard error, where n data give n - 1 degrees. Infinity is the normal distribution; 1 without any, NaN where t is.
///
/// ```
/// // Three seeds at five standard errors say much less than many.
/// assert!(stats::tails::student_t(5.0, 2.0) > 0.03);
/// assert!(stats::tails::student_t(5.0, f64::INFINITY) < 1e-6);
/// ```
pub fn student_t(t: f64, freedom: f64) -> f64 {
    let square = t * t;
    match freedom {
        _ if t.is_nan() => f64::NAN,
        n if n.is_nan() || n <= 0.0 => 1.0,
        f64::INFINITY => two_sided(t),
        // Wallace (1959): off by a relative 1e-6 at most up to eight standard errors.
        n if n > MANY => {
            two_sided((8.0 * n + 1.0) / (8.0 * n + 3.0) * (n * (square / n).ln_1p()).sqrt())
        }
        n => beta_reg(0.5 * n, 0.5, n / (n + square)),
    }
}

/// The t with `P(|x| >= t) = level`, `0 < level <= 1`, of Student's t with `freedom` degrees of freedom; infinity without
/// any.
pub fn student_t_critical(level: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while student_t(high, freedom) > level {
        (low, high) = (high, 2.0 * high);
        if high == f64::INFINITY {
            return high;
        }
    }
    // To the last bit.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if student_t(middle, freedom) > level { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-10, "{found} is not {expected}");
    }

    #[test]
    fn the_normal_distribution() {
        assert_close(two_sided(1.0), 0.317_310_507_862_914_1);
        assert_close(two_sided(-3.0), 0.002_699_796_063_260_2);
        assert_close(two_sided(5.0), 5.733_031_437_583_89e-7);
        assert_eq!(two_sided(0.0), 1.0);
        // Both forms meet.
        assert!((erfc(2.0 - 1e-15) / erfc(2.0) - 1.0).abs() < 1e-12);
        for level in [0.9, 0.05, 1e-6, 1e-12] {
            assert_close(two_sided(critical(level)), level);
        }
        assert_close(quantile(0.975), 1.959_963_984_540_054);
        assert_close(quantile(0.025), -1.959_963_984_540_054);
    }

    #[test]
    fn chi_square_of_even_and_odd_degrees() {
        // One degree is the square of a normal number, two are an exponential.
        assert_close(chi_square(9.0, 1), two_sided(3.0));
        assert_close(chi_square(3.0, 2), (-1.5f64).exp());
        assert_close(chi_square(18.307_038_053_275_14, 10), 0.05);
        assert_close(chi_square(24.995_790_139_728_616, 15), 0.05);
        assert_eq!(chi_square(0.0, 3), 1.0);
        assert!(chi_square(5000.0, 100) < 1e-300);
    }

    #[test]
    fn poisson_counts() {
        assert_close(poisson(0, 3.0), 2.0 * (-3.0f64).exp());
        let at_most_two = (-7.0f64).exp() * (1.0 + 7.0 + 24.5);
        assert_close(poisson(2, 7.0), 2.0 * at_most_two);
        assert_close(poisson(3, 0.1), 2.0 * (1.0 - (-0.1f64).exp() * (1.0 + 0.1 + 0.005)));
        assert_eq!(poisson(5, 5.0), 1.0);
        assert_eq!((poisson(0, 0.0), poisson(1, 0.0)), (1.0, 0.0));
    }
    #[test]
    fn student_t_of_one_two_and_many_degrees() {
        // One degree is Cauchy's distribution, two have a closed form.
        for t in [1e-3f64, 0.5, 1.0, 3.0, 20.0] {
            assert_close(student_t(t, 1.0), 1.0 - t.atan() * std::f64::consts::FRAC_2_PI);
            let two = 2.0 / (2.0 + t * t + t * (2.0 + t * t).sqrt());
            assert_close(student_t(-t, 2.0), two);
        }
        // Abramowitz and Stegun, table 26.10.
        for (t, freedom, level) in [(4.032, 5.0, 0.01), (2.228, 10.0, 0.05), (2.75, 30.0, 0.01)] {
            assert!((student_t(t, freedom) / level - 1.0).abs() < 2e-3, "{freedom}");
        }
        assert_eq!(student_t(3.0, f64::INFINITY), two_sided(3.0));
        assert_eq!([student_t(0.0, 4.0), student_t(9.0, 0.0)], [1.0; 2]);
        assert!(student_t(f64::NAN, 4.0).is_nan());
    }

    #[test]
    fn student_t_goes_over_into_the_normal_distribution() {
        for t in [0.01, 0.5, 2.0, 5.0, 8.0] {
            let (below, above) = (student_t(t, MANY), student_t(t, MANY * (1.0 + 1e-12)));
            assert!((above / below - 1.0).abs() < 1e-6, "{t}: {below} {above}");
            assert!((student_t(t, 1e12) / two_sided(t) - 1.0).abs() < 1e-8);
        }
    }

    #[test]
    fn critical_values_have_their_level() {
        for freedom in [1.0, 2.0, 2.5, 9.0, 100.0, 1e7, f64::INFINITY] {
            for level in [0.9, 0.3173, 0.05, 5.7e-7] {
                let t = student_t_critical(level, freedom);
                let found = student_t(t, freedom);
                assert!((found / level - 1.0).abs() < 1e-8, "{freedom} {level}: {found}");
            }
        }
        assert_eq!(student_t_critical(0.05, 0.0), f64::INFINITY);
        assert!(student_t_critical(1.0, 3.0) < 1e-12);
    }
}
