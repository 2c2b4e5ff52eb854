//! Random bits by the word: eight generators side by side, which a processor advances at once.

use rand::RngExt;
use rand_pcg::Pcg64;

/// 512 bits.
pub type Word = [u64; 8];

/// Eight independent xoshiro256++ generators (`blackman-vigna-2021`), one for each 64 bits of a [`Word`].
///
/// Every bit of their output is equidistributed and free of linear relations, so that no two bits share anything.
/// `state[i][lane]` is word i of the generator of a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Bits {
    state: [Word; 4],
}

impl Bits {
    /// Seeded with 2048 bits of `rng`.
    pub fn new(rng: &mut Pcg64) -> Self {
        let mut state = [[0; 8]; 4];
        state.iter_mut().flatten().for_each(|word| *word = rng.random());
        Self { state }
    }

    /// The next 512 bits.
    #[inline(always)]
    pub fn word(&mut self) -> Word {
        // A loop, for what a closure is called by may not be inlined where the processor's features are known.
        let mut word = [0; 8];
        for (lane, bits) in word.iter_mut().enumerate() {
            *bits = self.word_of(lane);
        }
        word
    }

    /// The next 64 bits of one of the eight generators.
    ///
    /// # Panics
    /// Unless `lane` is below 8.
    #[inline(always)]
    pub fn word_of(&mut self, lane: usize) -> u64 {
        let [s0, s1, s2, s3] = self.state.each_ref().map(|word| word[lane]);
        let (third, fourth) = (s2 ^ s0, s3 ^ s1);
        self.state[0][lane] = s0 ^ fourth;
        self.state[1][lane] = s1 ^ third;
        self.state[2][lane] = third ^ (s1 << 17);
        self.state[3][lane] = fourth.rotate_left(45);
        s0.wrapping_add(s3).rotate_left(23).wrapping_add(s0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::Xoshiro256PlusPlus;
    use rand::{Rng, SeedableRng};

    #[test]
    fn each_lane_is_the_published_generator() {
        let mut bits = Bits::new(&mut crate::stream(1, "bits-test", 0));
        let mut lanes: Vec<Xoshiro256PlusPlus> = (0..8)
            .map(|lane| {
                let seed: Vec<u8> = bits.state.iter().flat_map(|w| w[lane].to_le_bytes()).collect();
                Xoshiro256PlusPlus::from_seed(seed.try_into().unwrap())
            })
            .collect();
        for _ in 0..100 {
            let word = bits.word();
            assert!(lanes.iter_mut().zip(word).all(|(lane, bits)| lane.next_u64() == bits));
        }
    }
}
