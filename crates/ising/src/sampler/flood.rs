//! Connected components: clusters of sites, found 64 at a time.

use crate::Lattice;

/// 64 sites of a row, or what is left of it; the first is bit 0.
///
/// What a flood looks at lies in one line of the cache.
#[repr(align(64))]
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// The sites bound to the next one of the row, the last of a row to the first.
    pub(crate) right: u64,
    /// The sites bound to the one below.
    pub(crate) down: u64,
    /// The sites that floods have reached.
    pub(crate) reached: u64,
    /// The sites that will be flipped.
    pub(crate) flipped: u64,
    /// The sites from which a flood will go on.
    waiting: u64,
    /// The cells to the right, to the left, below and above.
    pub(crate) next: u32,
    pub(crate) previous: u32,
    pub(crate) below: u32,
    pub(crate) above: u32,
    /// The bit of the last site, here and in the cell to the left.
    pub(crate) last: u32,
    pub(crate) last_of_previous: u32,
}

impl Cell {
    /// The cells of a lattice, row by row, without bonds.
    pub(crate) fn all(lattice: &Lattice) -> Vec<Self> {
        let (width, row) = (lattice.width(), lattice.width().div_ceil(64));
        let cells = row * lattice.height();
        let last = |x: usize| if x + 1 == row { (width as u32 - 1) % 64 } else { 63 };
        let cell = |i: usize| {
            let (x, start) = (i % row, i - i % row);
            let (next, previous) = ((x + 1) % row, (x + row - 1) % row);
            Self {
                right: 0,
                down: 0,
                reached: 0,
                flipped: 0,
                waiting: 0,
                next: (start + next) as u32,
                previous: (start + previous) as u32,
                below: ((i + row) % cells) as u32,
                above: ((i + cells - row) % cells) as u32,
                last: last(x),
                last_of_previous: last(previous),
            }
        };
        (0..cells).map(cell).collect()
    }

    /// The bits that are sites.
    #[inline(always)]
    pub(crate) fn sites(&self) -> u64 {
        u64::MAX >> (63 - self.last)
    }

    /// The last site, if it is bound to the next cell, as a bit 0.
    #[inline(always)]
    pub(crate) fn over(&self, sites: u64) -> u64 {
        (sites & self.right) >> self.last & 1
    }
}

/// Finds the connected components.
#[derive(Debug)]
pub(crate) struct Flood {
    /// The cells that wait, in a ring; its length is a power of 2 and more than there are cells.
    queue: Vec<u32>,
}

impl Flood {
    /// For so many cells.
    pub(crate) fn new(cells: usize) -> Self {
        Self { queue: vec![0; (cells + 1).next_power_of_two()] }
    }

    /// Reaches all that is connected with a site that no flood has reached, flips it where `flips` is all ones, and
    /// returns the number of sites.
    ///
    /// First in, first out: by the time a cell has its turn, more sites of it wait.
    pub(crate) fn run(&mut self, cells: &mut [Cell], cell: usize, site: u64, flips: u64) -> u32 {
        let mask = self.queue.len() - 1;
        let queue = &mut self.queue[..];
        queue[0] = cell as u32;
        cells[cell].waiting = site;
        let (mut head, mut tail, mut size) = (0, 1, 0);
        while head != tail {
            let cell = &mut cells[queue[head & mask] as usize];
            head += 1;
            let new = spread(cell.waiting, cell.right) & cell.sites() & !cell.reached;
            cell.waiting = 0;
            cell.reached |= new;
            cell.flipped |= new & flips;
            size += new.count_ones();
            let (below, above) = (cell.below, cell.above);
            let (next, previous) = (cell.next, cell.previous);
            let (down, over) = (new & cell.down, cell.over(new));
            let back = (new & 1) << cell.last_of_previous;
            // No branch: what comes of a visit cannot be foretold.
            let mut wait = |cell: &mut Cell, i: u32, sites: u64| {
                let sites = sites & !cell.reached;
                queue[tail & mask] = i;
                tail += usize::from((cell.waiting == 0) & (sites != 0));
                cell.waiting |= sites;
            };
            wait(&mut cells[below as usize], below, down);
            let cell = &mut cells[above as usize];
            wait(cell, above, new & cell.down);
            wait(&mut cells[next as usize], next, over);
            let cell = &mut cells[previous as usize];
            wait(cell, previous, back & cell.right);
        }
        size
    }
}

/// The sites of a cell that are connected with those of `from` by bonds to the right; the bit after the last site may be
/// set too.
#[inline(always)]
pub(crate) fn spread(from: u64, right: u64) -> u64 {
    let (mut sites, mut bonds) = (from, right);
    // To the left by 3, 12 and 48 steps more each time: `bonds` are those of 1, 4 and 16 in a row.
    for by in [1, 4, 16] {
        let two = bonds & bonds >> by;
        let three = two & bonds >> (2 * by);
        sites |= sites >> by & bonds | sites >> (2 * by) & two | sites >> (3 * by) & three;
        bonds = three & bonds >> (3 * by);
    }
    sites | spread_right(from, right)
}

/// Those of [`spread`] to the right of `from`.
#[inline(always)]
pub(crate) fn spread_right(from: u64, right: u64) -> u64 {
    // A sum carries a bit through ones up to the first zero, and the bits on its way change.
    from | right.wrapping_add(from & right) ^ right
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn spreading_is_walking_from_site_to_site(from: u64, a: u64, b: u64, c: u64) {
            // Few, half and most of the bonds.
            for right in [a & b & c, a, a | b | c] {
                let (mut all, mut ahead) = (from, from);
                for _ in 0..64 {
                    ahead |= (ahead & right) << 1;
                    all |= (all & right) << 1 | all >> 1 & right;
                }
                prop_assert_eq!(spread_right(from, right), ahead);
                prop_assert_eq!(spread(from, right), all);
            }
        }
    }
}
