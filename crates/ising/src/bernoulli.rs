//! Bits that are set with a given probability, 512 decisions at a time, each with random bits of its own.

use multiversion::multiversion;
use stats::{Bits, Word};

/// Digits of a probability: what is cut off is less than 2^-64.
const DIGITS: usize = 64;
/// Digits that are compared before anything is asked: the last of 512 decisions falls at the tenth on average.
const FIRST: usize = 8;
/// Digits that are compared at a time after those.
const NEXT: usize = 4;

/// A probability as binary digits, each spread over a word of 64 bits. What the digits cut off is less than 2^-64, beside
/// the rounding of the f64 that they are read from.
#[derive(Clone, Debug)]
pub(crate) struct Probability([u64; DIGITS]);

impl Probability {
    /// The digits of `p`, from 0 to 1; certainty becomes 1 - 2^-64.
    pub(crate) fn new(p: f64) -> Self {
        if p >= 1.0 {
            return Self([u64::MAX; DIGITS]);
        }
        // Multiplying by 2 and subtracting 1 are exact.
        let mut rest = p;
        Self(std::array::from_fn(|_| {
            rest *= 2.0;
            let digit = rest >= 1.0;
            rest -= f64::from(u8::from(digit));
            if digit { u64::MAX } else { 0 }
        }))
    }

    /// The digits of `p`, whose complement the caller finds not as a difference: a rare outcome keeps its digits, also
    /// where it is what does not happen.
    pub(crate) fn with_complement(p: f64, complement: f64) -> Self {
        if p <= complement {
            return Self::new(p);
        }
        Self(Self::new(complement).0.map(|digit| !digit))
    }

    /// The digits as one number, the first digit highest: 64 random bits below it decide for "set".
    #[cfg(test)]
    pub(crate) fn threshold(&self) -> u64 {
        self.0.iter().fold(0, |number, digit| number << 1 | digit & 1)
    }
}

/// Decides 512 times: where bit i of `classes[c]` is set, bit i of the result is set with probability `probabilities[c]`.
/// The classes exclude one another; a bit in none of them is 0.
///
/// Each place compares random bits of its own with the digits of its probability, from the first on, until one differs.
/// A place where all are equal would need more digits; where that is certain not to matter, after 64, it is 0 or 1 as the
/// last digit.
#[inline(always)]
pub(crate) fn decide<const C: usize>(
    bits: &mut Bits,
    classes: &[Word; C],
    probabilities: &[Probability; C],
) -> Word {
    let (mut result, mut open) = ([0; 8], [u64::MAX; 8]);
    let mut any = compare::<C, FIRST>(bits, classes, probabilities, 0, &mut result, &mut open);
    let mut digit = FIRST;
    while any != 0 && digit < DIGITS {
        any = compare::<C, NEXT>(bits, classes, probabilities, digit, &mut result, &mut open);
        digit += NEXT;
    }
    result
}

/// Compares `N` digits from `first` on at the places that are still open, and returns whether any stays so.
///
/// One loop over the eight lanes with everything inside, because that is what compilers turn into wide registers.
#[inline(always)]
fn compare<const C: usize, const N: usize>(
    bits: &mut Bits,
    classes: &[Word; C],
    probabilities: &[Probability; C],
    first: usize,
    result: &mut Word,
    open: &mut Word,
) -> u64 {
    let mut any = 0;
    for lane in 0..8 {
        let (mut set, mut undecided) = (result[lane], open[lane]);
        for i in first..first + N {
            let random = bits.word_of(lane);
            let mut digit = 0;
            for c in 0..C {
                digit |= classes[c][lane] & probabilities[c].0[i];
            }
            // Where they differ for the first time, a digit of 1 stands above a random bit of 0.
            set = (set & !undecided) | (digit & undecided);
            undecided &= !(random ^ digit);
        }
        result[lane] = set;
        open[lane] = undecided;
        any |= undecided;
    }
    any
}

/// Draws 512 uniform numbers and compares each with all of the probabilities: bit i of result c is set where number i lies
/// below `probabilities[c]`. How many random bits are taken depends on nothing but those bits.
#[inline(always)]
pub(crate) fn below<const C: usize>(
    bits: &mut Bits,
    probabilities: &[Probability; C],
) -> [Word; C] {
    let (mut results, mut open) = ([[0; 8]; C], [[u64::MAX; 8]; C]);
    let mut any = place::<C, FIRST>(bits, probabilities, 0, &mut results, &mut open);
    let mut digit = FIRST;
    while any != 0 && digit < DIGITS {
        any = place::<C, NEXT>(bits, probabilities, digit, &mut results, &mut open);
        digit += NEXT;
    }
    results
}

/// Compares `N` digits of each number with those of each probability, from `first` on, and returns whether any comparison
/// stays open.
#[inline(always)]
fn place<const C: usize, const N: usize>(
    bits: &mut Bits,
    probabilities: &[Probability; C],
    first: usize,
    results: &mut [Word; C],
    open: &mut [Word; C],
) -> u64 {
    let mut any = 0;
    for lane in 0..8 {
        let (mut set, mut undecided) =
            (results.each_ref().map(|w| w[lane]), open.each_ref().map(|w| w[lane]));
        for i in first..first + N {
            let random = bits.word_of(lane);
            for c in 0..C {
                let digit = probabilities[c].0[i];
                set[c] |= undecided[c] & digit & !random;
                undecided[c] &= !(random ^ digit);
            }
        }
        for c in 0..C {
            results[c][lane] = set[c];
            open[c][lane] = undecided[c];
            any |= undecided[c];
        }
    }
    any
}

/// Fills words with bits that are set with this probability, independently.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
pub(crate) fn fill(bits: &mut Bits, probability: &Probability, out: &mut [Word]) {
    let probability = std::slice::from_ref(probability);
    let probability: &[Probability; 1] = probability.try_into().expect("one is one");
    for word in out {
        *word = decide(bits, &[[u64::MAX; 8]], probability);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stats::Bits;

    /// One decision after the other, each with its own column of random bits.
    fn plainly(bits: &mut Bits, classes: &[Word; 2], probabilities: &[Probability; 2]) -> Word {
        let (mut result, mut open) = ([0; 8], true);
        let mut columns = [0u64; 512];
        let mut drawn = 0;
        while open && drawn < DIGITS {
            for _ in 0..if drawn == 0 { FIRST } else { NEXT } {
                let word = bits.word();
                for (place, column) in columns.iter_mut().enumerate() {
                    *column |= (word[place / 64] >> (place % 64) & 1) << (63 - drawn);
                }
                drawn += 1;
            }
            let cut = |number: u64| number >> (64 - drawn);
            open = (0..512).any(|i| cut(columns[i]) == cut(threshold(classes, probabilities, i)));
        }
        for (i, &column) in columns.iter().enumerate() {
            let set = column < threshold(classes, probabilities, i);
            result[i / 64] |= u64::from(set) << (i % 64);
        }
        result
    }

    fn threshold(classes: &[Word; 2], probabilities: &[Probability; 2], i: usize) -> u64 {
        let inside = |c: usize| classes[c][i / 64] >> (i % 64) & 1 == 1;
        (0..2).filter(|&c| inside(c)).map(|c| probabilities[c].threshold()).sum()
    }

    proptest! {
        #[test]
        fn wide_decisions_equal_plain_ones(seed: u64, p in 0.0..1.0f64, q in 0.0..1e-3f64) {
            let mut rng = stats::stream(seed, "bernoulli-test", 0);
            let mut bits = Bits::new(&mut rng);
            let (first, second) = (bits.word(), bits.word());
            let second = std::array::from_fn(|lane| second[lane] & !first[lane]);
            let probabilities = [Probability::new(p), Probability::new(q)];
            let mut same = bits.clone();
            for _ in 0..8 {
                let wide = decide(&mut bits, &[first, second], &probabilities);
                prop_assert_eq!(wide, plainly(&mut same, &[first, second], &probabilities));
                prop_assert_eq!(&bits, &same);
            }
        }

        #[test]
        fn numbers_below_are_those_of_plain_comparison(seed: u64, p in 0.0..1.0f64, q in 0.0..1e-3f64) {
            let mut bits = Bits::new(&mut stats::stream(seed, "bernoulli-test", 1));
            let probabilities = [Probability::new(q), Probability::new(p)];
            for _ in 0..8 {
                let mut same = bits.clone();
                let results = below(&mut bits, &probabilities);
                let digits: Vec<Word> = (0..DIGITS).map(|_| same.word()).collect();
                for i in 0..512 {
                    let bit = |word: &Word| word[i / 64] >> (i % 64) & 1;
                    let number = digits.iter().fold(0, |number, word| number << 1 | bit(word));
                    for (result, probability) in results.iter().zip(&probabilities) {
                        prop_assert_eq!(bit(result) == 1, number < probability.threshold());
                    }
                }
            }
        }

        #[test]
        fn digits_are_those_of_the_probability(p in 0.0..1.0f64) {
            let number = Probability::new(p).threshold() as f64;
            prop_assert!((number * 0.5f64.powi(64) - p).abs() <= 0.5f64.powi(64) + p * f64::EPSILON);
        }
    }

    #[test]
    fn rare_complements_keep_their_digits() {
        let rare = 1e-18;
        let common = Probability::with_complement(1.0 - rare, rare);
        assert_eq!(common.threshold(), !Probability::new(rare).threshold());
        assert_eq!(Probability::with_complement(rare, 1.0 - rare).threshold(), 18);
    }

    #[test]
    fn certainty_and_impossibility() {
        let mut bits = Bits::new(&mut stats::stream(1, "bernoulli-test", 0));
        let mut out = [[0; 8]; 100];
        fill(&mut bits, &Probability::new(1.0), &mut out);
        assert!(out.as_flattened().iter().all(|&word| word == u64::MAX));
        fill(&mut bits, &Probability::new(0.0), &mut out);
        assert!(out.as_flattened().iter().all(|&word| word == 0));
    }
}
