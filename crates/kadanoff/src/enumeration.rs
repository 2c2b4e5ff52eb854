//! Which RBMs can be summed over, by `train` and by `evaluate`: in half a minute of one core and with 300 MB.

use rbm::partition;

/// The most terms.
pub(crate) const MAX_TERMS: u64 = 1 << 36;
/// The most units of the larger layer, for each of which a sum has tables of 512 numbers.
pub(crate) const MAX_LARGER: usize = 1 << 16;

/// Terms of a sum over the states of the smaller layer, one for each unit of the larger one; nothing where they are too many.
pub(crate) fn terms(visible: usize, hidden: usize) -> Option<u64> {
    let (smaller, larger) = (visible.min(hidden), visible.max(hidden));
    if smaller > partition::MAX_UNITS || larger > MAX_LARGER {
        return None;
    }
    Some((larger as u64) << smaller).filter(|terms| *terms <= MAX_TERMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_layer_may_be_too_large() {
        assert_eq!(terms(100, 24), Some(100 << 24));
        for (units, found) in [(4096, Some(1 << 36)), (4097, None)] {
            assert_eq!((terms(units, 24), terms(24, units)), (found, found));
        }
        assert_eq!(
            (terms(25, 25), terms(1 << 16, 1), terms(1, (1 << 16) + 1)),
            (None, Some(1 << 17), None)
        );
    }
}
