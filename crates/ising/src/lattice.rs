//! Periodic lattices as a flat table of neighbours.

use crate::Error;

/// A ring or a square torus. Every site has `degree` neighbours, listed in one flat table.
///
/// On a side of length 2 both neighbours in that direction are the same site: its bond counts twice, as in the
/// closed form (68) of the ring. On a side of length 1 a site is its own neighbour, a constant in the energy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lattice {
    sites: usize,
    degree: usize,
    neighbours: Vec<u32>,
}

impl Lattice {
    /// A ring of n sites, 1 <= n <= 65535.
    ///
    /// # Errors
    /// [`Error::Side`].
    pub fn ring(n: usize) -> Result<Self, Error> {
        check_side(n)?;
        let neighbours = (0..n).flat_map(|i| [(i + 1) % n, (i + n - 1) % n]);
        Ok(Self { sites: n, degree: 2, neighbours: neighbours.map(|j| j as u32).collect() })
    }

    /// An l x l torus, 1 <= l <= 65535, sites numbered row by row.
    ///
    /// # Errors
    /// [`Error::Side`].
    pub fn square(l: usize) -> Result<Self, Error> {
        check_side(l)?;
        let site = move |x: usize, y: usize| y % l * l + x % l;
        let around =
            move |x, y| [site(x + 1, y), site(x + l - 1, y), site(x, y + 1), site(x, y + l - 1)];
        let neighbours = (0..l * l).flat_map(|i| around(i % l, i / l));
        Ok(Self { sites: l * l, degree: 4, neighbours: neighbours.map(|j| j as u32).collect() })
    }

    /// The number of sites.
    pub fn sites(&self) -> usize {
        self.sites
    }

    /// Neighbours of each site: 2 on a ring, 4 on a torus.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// The number of bonds, each counted once.
    pub fn bonds(&self) -> usize {
        self.sites * self.degree / 2
    }

    /// Spins in a row and the number of rows: l and l on a torus; a ring of n sites is n rows of one spin.
    pub(crate) fn rows(&self) -> (usize, usize) {
        if self.degree == 2 { (1, self.sites) } else { (self.sites.isqrt(), self.sites.isqrt()) }
    }

    /// The neighbours of a site.
    pub fn neighbours(&self, site: usize) -> &[u32] {
        &self.neighbours[site * self.degree..(site + 1) * self.degree]
    }

    /// Sum of the neighbouring spins.
    pub(crate) fn field(&self, spins: &[i8], site: usize) -> i32 {
        self.neighbours(site).iter().map(|&j| i32::from(spins[j as usize])).sum()
    }
}

fn check_side(side: usize) -> Result<(), Error> {
    if (1..=65535).contains(&side) { Ok(()) } else { Err(Error::Side(side)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn being_neighbours_is_mutual(side in 1usize..9, square: bool) {
            let lattice = if square { Lattice::square(side) } else { Lattice::ring(side) }.unwrap();
            let count = |i: usize, j: usize| {
                lattice.neighbours(i).iter().filter(|&&n| n as usize == j).count()
            };
            for i in 0..lattice.sites() {
                prop_assert_eq!(lattice.neighbours(i).len(), lattice.degree());
                for j in 0..lattice.sites() {
                    prop_assert_eq!(count(i, j), count(j, i));
                }
            }
        }
    }

    #[test]
    fn the_side_is_checked() {
        assert_eq!(Lattice::square(0), Err(Error::Side(0)));
        assert_eq!(Lattice::ring(70_000), Err(Error::Side(70_000)));
    }
}
