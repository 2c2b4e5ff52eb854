//! Periodic lattices as a flat table of neighbours.

use crate::Error;

/// A ring or a rectangular torus. Every site has `degree` neighbours, listed in one flat table.
///
/// On a side of length 2 both neighbours in that direction are the same site: its bond counts twice, as in the closed
/// form `(2 cosh K)^M + (2 sinh K)^M` of the ring's partition function. On a side of length 1 a site is its own
/// neighbour: a constant in the energy, which pulls at no spin.
///
/// ```
/// use ising::Lattice;
///
/// // Three rows of four sites: site 5 lies between 6 and 4, and between 9 and 1.
/// let torus = Lattice::rectangle(4, 3)?;
/// assert_eq!(torus.neighbours(5), [6, 4, 9, 1]);
/// assert_eq!((torus.sites(), torus.bonds()), (12, 24));
/// // The odd side frustrates the antiferromagnet.
/// assert!(!torus.is_bipartite());
/// # Ok::<(), ising::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lattice {
    width: usize,
    height: usize,
    degree: usize,
    /// How often each site is its own neighbour: twice for each side of length 1.
    loops: i32,
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
        let neighbours = neighbours.map(|j| j as u32).collect();
        Ok(Self { width: n, height: 1, degree: 2, loops: if n == 1 { 2 } else { 0 }, neighbours })
    }

    /// An l x l torus, 1 <= l <= 65535, sites numbered row by row.
    ///
    /// # Errors
    /// [`Error::Side`].
    pub fn square(l: usize) -> Result<Self, Error> {
        Self::rectangle(l, l)
    }

    /// A torus of `height` rows of `width` sites, both from 1 to 65535, sites numbered row by row.
    ///
    /// # Errors
    /// [`Error::Side`].
    pub fn rectangle(width: usize, height: usize) -> Result<Self, Error> {
        check_side(width)?;
        check_side(height)?;
        let site = move |x: usize, y: usize| y % height * width + x % width;
        let around = move |x, y| {
            [site(x + 1, y), site(x + width - 1, y), site(x, y + 1), site(x, y + height - 1)]
        };
        let neighbours = (0..width * height).flat_map(|i| around(i % width, i / width));
        let neighbours = neighbours.map(|j| j as u32).collect();
        let loops = 2 * (i32::from(width == 1) + i32::from(height == 1));
        Ok(Self { width, height, degree: 4, loops, neighbours })
    }

    /// The number of sites.
    #[inline]
    pub fn sites(&self) -> usize {
        self.width * self.height
    }

    /// Sites of a row; all of a ring.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The number of rows, 1 for a ring.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Neighbours of each site: 2 on a ring, 4 on a torus.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// The number of bonds, each counted once.
    pub fn bonds(&self) -> usize {
        self.sites() * self.degree / 2
    }

    /// Whether this is a ring.
    pub fn is_ring(&self) -> bool {
        self.degree == 2
    }

    /// Whether the sites fall into two classes with bonds between the classes only: all sides are even.
    ///
    /// Then the antiferromagnet is the ferromagnet with the spins of one class flipped; else it is frustrated.
    pub fn is_bipartite(&self) -> bool {
        self.width.is_multiple_of(2) && (self.is_ring() || self.height.is_multiple_of(2))
    }

    /// The class of a site of a bipartite lattice: whether the sum of its coordinates is odd.
    #[inline]
    pub fn is_odd(&self, site: usize) -> bool {
        (site % self.width + site / self.width) % 2 == 1
    }

    /// Whether not even the antiferromagnet's ground states satisfy all bonds, but for those of sites with themselves: a
    /// side is odd and longer than 1. Elsewhere it is the ferromagnet with the odd sites flipped.
    pub(crate) fn is_frustrated(&self) -> bool {
        [self.width, self.height].iter().any(|side| side % 2 == 1 && *side > 1)
    }

    /// The neighbours of a site: right and left and, on a torus, below (the next row) and above.
    ///
    /// # Panics
    /// When there is no such site.
    #[inline]
    pub fn neighbours(&self, site: usize) -> &[u32] {
        &self.neighbours[site * self.degree..(site + 1) * self.degree]
    }

    /// The neighbours of all sites, one site after the other.
    pub(crate) fn table(&self) -> &[u32] {
        &self.neighbours
    }

    /// Sum of the neighbouring spins.
    pub(crate) fn field(&self, spins: &[i8], site: usize) -> i32 {
        self.neighbours(site).iter().map(|&j| i32::from(spins[j as usize])).sum()
    }

    /// Sum of the neighbouring spins that are not the site's own: what decides on it.
    pub(crate) fn pull(&self, spins: &[i8], site: usize) -> i32 {
        let field = self.field(spins, site);
        if self.loops == 0 { field } else { field - self.loops * i32::from(spins[site]) }
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
        fn being_neighbours_is_mutual(width in 1usize..9, height in 1usize..9, ring: bool) {
            let torus = Lattice::rectangle(width, height);
            let lattice = if ring { Lattice::ring(width) } else { torus }.unwrap();
            let count = |i: usize, j: usize| {
                lattice.neighbours(i).iter().filter(|&&n| n as usize == j).count()
            };
            for i in 0..lattice.sites() {
                prop_assert_eq!(lattice.neighbours(i).len(), lattice.degree());
                prop_assert_eq!(count(i, i), lattice.loops as usize);
                for j in 0..lattice.sites() {
                    prop_assert_eq!(count(i, j), count(j, i));
                    let across = lattice.is_odd(i) != lattice.is_odd(j);
                    prop_assert!(across || count(i, j) == 0 || !lattice.is_bipartite());
                }
            }
        }
    }

    #[test]
    fn odd_sides_frustrate_unless_a_site_is_its_own_neighbour() {
        let frustrated = |w, h| Lattice::rectangle(w, h).unwrap().is_frustrated();
        assert_eq!(
            [1, 2, 3, 4].map(|n| Lattice::ring(n).unwrap().is_frustrated())[1..],
            [false, true, false]
        );
        assert!(frustrated(3, 3) && frustrated(4, 3) && frustrated(3, 1));
        assert!(!frustrated(4, 2) && !frustrated(1, 1) && !frustrated(1, 4));
    }

    #[test]
    fn the_side_is_checked() {
        assert_eq!(Lattice::square(0), Err(Error::Side(0)));
        assert_eq!(Lattice::rectangle(8, 0), Err(Error::Side(0)));
        assert_eq!(Lattice::ring(70_000), Err(Error::Side(70_000)));
    }
}
