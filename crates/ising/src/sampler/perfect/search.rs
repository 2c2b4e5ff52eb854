//! Whether open bonds connect two sites, asked from both ends at once.

use crate::Lattice;

/// The bit of a bond to the ghost, behind those of the four directions.
pub(super) const GHOST: u8 = 1 << 4;

/// A bond by both its ends: a site and the bit there that says whether it is open. A bond to the ghost has but one.
#[derive(Clone, Copy)]
pub(super) struct Bond {
    pub(super) ends: [usize; 2],
    pub(super) bits: [u8; 2],
}

impl Bond {
    /// The bond of a site in one direction. Directions come in pairs: the way back differs in the last bit.
    pub(super) fn new(site: usize, direction: usize, neighbour: u32) -> Self {
        Self { ends: [site, neighbour as usize], bits: [1 << direction, 1 << (direction ^ 1)] }
    }

    pub(super) fn to_ghost(site: usize) -> Self {
        Self { ends: [site; 2], bits: [GHOST; 2] }
    }

    pub(super) fn open(self, bonds: &mut [u8]) {
        bonds[self.ends[0]] |= self.bits[0];
        bonds[self.ends[1]] |= self.bits[1];
    }

    pub(super) fn close(self, bonds: &mut [u8]) {
        bonds[self.ends[0]] &= !self.bits[0];
        bonds[self.ends[1]] &= !self.bits[1];
    }
}

/// Searches in turn from both ends, breadth first, and is done when they meet or one has seen its whole cluster: on average
/// far sooner than the larger cluster is seen.
///
/// The ghost has too many neighbours to be entered. An end that has reached it waits for the other, which then decides: it
/// finds the ghost or the first end, or is alone.
#[derive(Debug)]
pub(super) struct Search {
    /// The four neighbours of each site; those that a ring lacks are the site itself.
    neighbours: Vec<[u32; 4]>,
    /// The mark of the last end that saw a site.
    seen: Vec<u32>,
    mark: u32,
    /// Sites seen from each end, and room for one that is not.
    queues: [Vec<u32>; 2],
}

impl Search {
    pub(super) fn new(lattice: &Lattice) -> Self {
        let sites = lattice.sites();
        let around = |site: usize| {
            let mut four = [site as u32; 4];
            four[..lattice.degree()].copy_from_slice(lattice.neighbours(site));
            four
        };
        let queue = vec![0; sites + 1];
        Self {
            neighbours: (0..sites).map(around).collect(),
            seen: vec![0; sites],
            mark: 0,
            queues: [queue.clone(), queue],
        }
    }

    /// Whether the ends of a closed bond are connected by open ones: `bonds` has the bits of each site.
    pub(super) fn connects(&mut self, bonds: &[u8], bond: Bond) -> bool {
        if self.mark > u32::MAX - 3 {
            self.seen.fill(0);
            self.mark = 0;
        }
        let marks = [self.mark + 1, self.mark + 2];
        self.mark += 2;
        let mut at_ghost = [false, bond.bits[1] == GHOST];
        let (mut next, mut known) = ([0; 2], [1; 2]);
        for end in [1, 0] {
            self.seen[bond.ends[end]] = marks[end];
            self.queues[end][0] = bond.ends[end] as u32;
        }
        loop {
            for end in 0..2 {
                if at_ghost[end] {
                    continue;
                }
                if next[end] == known[end] {
                    return false;
                }
                let site = self.queues[end][next[end]] as usize;
                next[end] += 1;
                if bonds[site] & GHOST != 0 {
                    if at_ghost[1 - end] {
                        return true;
                    }
                    at_ghost[end] = true;
                    continue;
                }
                if self.enter(site, bonds[site], end, marks, &mut known[end]) {
                    return true;
                }
            }
        }
    }

    /// Adds the neighbours of a site that this end has not seen, and returns whether the other end has seen one. Nothing
    /// branches on the bonds, which nobody could foretell.
    #[inline(always)]
    fn enter(
        &mut self,
        site: usize,
        open: u8,
        end: usize,
        marks: [u32; 2],
        known: &mut usize,
    ) -> bool {
        let mut met = false;
        for (direction, &neighbour) in self.neighbours[site].iter().enumerate() {
            let open = open >> direction & 1 == 1;
            let seen = &mut self.seen[neighbour as usize];
            let mark = *seen;
            met |= open & (mark == marks[1 - end]);
            *seen = if open { marks[end] } else { mark };
            self.queues[end][*known] = neighbour;
            *known += usize::from(open & (mark != marks[end]));
        }
        met
    }
}
