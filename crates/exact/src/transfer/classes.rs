//! Rows that the symmetries of the torus turn into each other: translations, the reflection and the flip of all spins.

/// A symmetry of rows: flip, then reflect, then translate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symmetry {
    flip: bool,
    reflect: bool,
    shift: usize,
}

impl Symmetry {
    pub(super) fn apply(self, row: usize, width: usize) -> usize {
        let mask = (1 << width) - 1;
        let row = if self.flip { row ^ mask } else { row };
        let reversed = row.reverse_bits() >> (usize::BITS as usize - width);
        let row = if self.reflect { reversed } else { row };
        (row << self.shift | row >> (width - self.shift)) & mask
    }
}

/// Rows that share their weights.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// The smallest of them.
    pub(super) representative: usize,
    /// How many there are.
    pub(super) size: usize,
}

/// The classes of all 2^w rows in order of their representatives, the class of each row, and what turns each row into
/// its representative; the flip of all spins is one of the symmetries or not.
pub(super) fn classes(width: usize, flip: bool) -> (Vec<Class>, Vec<u16>, Vec<Symmetry>) {
    let symmetries: Vec<Symmetry> = [(false, false), (false, true), (true, false), (true, true)]
        .into_iter()
        .filter(|(flipped, _)| flip || !flipped)
        .flat_map(|(flip, reflect)| (0..width).map(move |shift| Symmetry { flip, reflect, shift }))
        .collect();
    let (mut classes, mut class_of, mut to_representative) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..1_usize << width {
        // Of the smallest image the first symmetry in order: deterministic, and the identity for a representative.
        let images = symmetries.iter().map(|s| (s.apply(row, width), *s));
        let (representative, symmetry) =
            images.min_by_key(|image| image.0).expect("a row is an image of itself");
        if representative == row {
            class_of.push(classes.len() as u16);
            classes.push(Class { representative, size: 0 });
        } else {
            class_of.push(class_of[representative]);
        }
        classes[usize::from(class_of[row])].size += 1;
        to_representative.push(symmetry);
    }
    (classes, class_of, to_representative)
}

/// Broken bonds within a row, the last spin being a neighbour of the first.
pub(super) fn walls(row: usize, width: usize) -> usize {
    let next = Symmetry { flip: false, reflect: false, shift: 1 % width }.apply(row, width);
    (row ^ next).count_ones() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn representatives_and_sizes() {
        // Two-coloured necklaces up to reflection and exchange of the colours (OEIS A000011).
        let both = [1, 2, 2, 4, 4, 8, 9, 18, 23, 44, 63, 122];
        // Without the exchange (OEIS A000029).
        let apart = [2, 3, 4, 6, 8, 13, 18, 30, 46, 78, 126, 224];
        let expected = [both, apart].into_iter().zip([true, false]);
        let each = expected.flat_map(|(counts, flip)| (1..=12).zip(counts).map(move |c| (flip, c)));
        for (flip, (width, count)) in each {
            let (classes, class_of, symmetries) = classes(width, flip);
            assert_eq!(classes.len(), count, "width {width}");
            assert_eq!(classes.iter().map(|c| c.size).sum::<usize>(), 1 << width);
            for (row, symmetry) in symmetries.iter().enumerate() {
                let representative = symmetry.apply(row, width);
                assert_eq!(classes[usize::from(class_of[row])].representative, representative);
                assert_eq!(walls(row, width), walls(representative, width));
            }
        }
    }
}
