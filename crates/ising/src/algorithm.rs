//! The algorithms by name, and which one is best where.

use crate::{Coupling, Lattice};
use exact::square::critical_coupling;
use serde::{Deserialize, Serialize};

/// How configurations are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Algorithm {
    /// Single spin flips at random sites.
    Metropolis,
    /// Sequential heat bath.
    HeatBath,
    /// All clusters at a time.
    SwendsenWang,
    /// One cluster at a time.
    Wolff,
    /// Metropolis of 512 replicas at once.
    Multispin,
    /// Coupling from the past: exact independent draws on lattices of any size.
    Perfect,
    /// Exact independent draws by the transfer matrix: rings, and tori up to 12 wide.
    Transfer,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Metropolis,
        Self::HeatBath,
        Self::SwendsenWang,
        Self::Wolff,
        Self::Multispin,
        Self::Perfect,
        Self::Transfer,
    ];

    /// The name that settings use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metropolis => "metropolis",
            Self::HeatBath => "heat-bath",
            Self::SwendsenWang => "swendsen-wang",
            Self::Wolff => "wolff",
            Self::Multispin => "multispin",
            Self::Perfect => "perfect",
            Self::Transfer => "transfer",
        }
    }

    /// The algorithm that gives most independent configurations a second, and exact ones where that takes no more than
    /// a moment.
    ///
    /// Transfer matrices where the lattice is narrow enough; else 512 replicas of single spin flips as long as their
    /// autocorrelation time, some `min(L, 6 xi)^2.17 / 40` sweeps above T_c, stays below what clusters take; else
    /// Swendsen and Wang's clusters. Wolff's give more configurations a second once they are in equilibrium, but grow
    /// slowly from a random start and turn the magnetisation over in step. In a field on a wide torus, in the frustrated
    /// antiferromagnet, and in any antiferromagnet in a field, single spin flips.
    ///
    /// ```
    /// use ising::{Algorithm, Coupling, Lattice};
    ///
    /// let torus = Lattice::square(32)?;
    /// let best = |t| Coupling::from_temperature(t).map(|k| Algorithm::best(&torus, k, 0.0));
    /// // Clusters in the ordered phase, T < T_c = 2.269; single spin flips above.
    /// assert_eq!((best(2.0)?, best(3.0)?), (Algorithm::SwendsenWang, Algorithm::Multispin));
    /// # Ok::<(), ising::Error>(())
    /// ```
    pub fn best(lattice: &Lattice, coupling: Coupling, field: f64) -> Self {
        let frustrated = coupling.is_antiferromagnetic() && !lattice.is_bipartite();
        let exact = match (lattice.is_ring(), lattice.width(), lattice.height()) {
            (true, ..) => true,
            // Tables of at most some 50 MB.
            (false, 1..=10, 1..=64) | (false, 11..=12, 1..=16) => !frustrated,
            _ => false,
        };
        let staggered = field != 0.0 && coupling.is_antiferromagnetic();
        if staggered || (field != 0.0 && !exact) || (frustrated && !exact) {
            return Self::Multispin;
        }
        if exact {
            return Self::Transfer;
        }
        let k = coupling.value().abs();
        // `onsager-1944`: the correlation length above T_c, which is infinite there.
        let inverse = k.tanh().recip().ln() - 2.0 * k;
        let side = lattice.width().min(lattice.height()) as f64;
        // Where the finite lattice knows no difference yet, T_c counts as above.
        let ordered = k > critical_coupling() * (1.0 + 1e-3);
        // Of more than a million sites 512 replicas would be more than anyone wants.
        let few = lattice.sites() <= 1 << 20;
        if few && !ordered && side.min(6.0 / inverse.max(0.0)) <= 48.0 {
            Self::Multispin
        } else {
            Self::SwendsenWang
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_one() {
        let best = |lattice: &Lattice, t: f64| {
            Algorithm::best(lattice, Coupling::from_temperature(t).unwrap(), 0.0)
        };
        let square = |side| Lattice::square(side).unwrap();
        assert_eq!(best(&Lattice::ring(1000).unwrap(), 1.0), Algorithm::Transfer);
        let critical = exact::square::critical_temperature();
        assert_eq!(best(&square(10), critical), Algorithm::Transfer);
        assert_eq!(best(&Lattice::rectangle(12, 1000).unwrap(), 3.0), Algorithm::Multispin);
        assert_eq!(best(&square(32), critical), Algorithm::Multispin);
        assert_eq!(best(&square(32), 2.0), Algorithm::SwendsenWang);
        assert_eq!(best(&square(128), critical), Algorithm::SwendsenWang);
        assert_eq!(best(&square(128), 3.5), Algorithm::Multispin);
        assert_eq!(best(&square(128), f64::INFINITY), Algorithm::Multispin);
        assert_eq!(best(&square(128), 0.0), Algorithm::SwendsenWang);
        assert_eq!(best(&square(2048), 3.0), Algorithm::SwendsenWang);
        let frustrated = Coupling::new(-1.0).unwrap();
        assert_eq!(Algorithm::best(&square(9), frustrated, 0.0), Algorithm::Multispin);
        assert_eq!(Algorithm::best(&square(8), frustrated, 0.5), Algorithm::Multispin);
    }

    #[test]
    fn names_are_those_of_settings() {
        for algorithm in Algorithm::ALL {
            let name =
                serde::de::value::StrDeserializer::<serde::de::value::Error>::new(algorithm.name());
            assert_eq!(Algorithm::deserialize(name).unwrap(), algorithm);
        }
    }
}
