//! The first draws of each algorithm, bit by bit, and what is refused: a change here breaks stored results.

use ising::{
    Algorithm, Coupling, Error, HeatBath, Lattice, Metropolis, Order, Request, RingTransfer,
    Sampler, Samples, Schedule, Spins, SwendsenWang, Wolff, chain, draw,
};

const SCHEDULE: Schedule = Schedule { burn_in: 3, stride: 2, draws: 3, symmetrise: true };

fn at(k: f64) -> Coupling {
    Coupling::new(k).expect("K is a number")
}

/// The first 64 spins of each row, bit i set for spin i up.
fn words(samples: &Samples) -> Vec<u64> {
    let word = |row: Vec<i8>| {
        row.iter().take(64).enumerate().fold(0, |word, (i, &s)| word | u64::from(s > 0) << i)
    };
    (0..samples.len()).map(|row| word(samples.row(row))).collect()
}

fn drawn(lattice: &Lattice, k: f64, algorithm: Algorithm) -> Vec<u64> {
    words(&chain(lattice, at(k), algorithm, SCHEDULE, 1).expect("a valid schedule"))
}

#[test]
fn the_first_draws_do_not_change() {
    let ring = Lattice::ring(64).unwrap();
    let torus = Lattice::square(8).unwrap();
    assert_eq!(
        drawn(&ring, 0.5, Algorithm::Transfer),
        [0x811b83847e00c601, 0x81bbff9e003e2861, 0x10ef1a06181f31bf]
    );
    assert_eq!(
        drawn(&ring, 0.5, Algorithm::HeatBath),
        [0xfc104b13713c81fd, 0xf023ffd1fd0c047d, 0x9ec0f3e017bc8819]
    );
    assert_eq!(
        drawn(&ring, 0.5, Algorithm::Metropolis),
        [0xf38b009800807de4, 0x7dd401c00183d175, 0x5f9ac00210f067c0]
    );
    assert_eq!(
        drawn(&torus, 0.4, Algorithm::Transfer),
        [0xff70000020f45d76, 0xcff75c000080e78f, 0xf37bffffc7050c87]
    );
    assert_eq!(
        drawn(&torus, 0.4, Algorithm::HeatBath),
        [0xffff7fffffffffff, 0xffffffdfffffffff, 0xfffff3ff9ffeffff]
    );
    assert_eq!(
        drawn(&torus, 0.4, Algorithm::Metropolis),
        [0x2c0b004000200004, 0x8004000000030a04, 0x0004000000000800]
    );
    // Ground states: their signs.
    let schedule = Schedule { draws: 16, ..SCHEDULE };
    let frozen = chain(&torus, at(f64::INFINITY), Algorithm::Metropolis, schedule, 1).unwrap();
    let signs = words(&frozen).iter().fold(0, |bits, word| bits << 1 | word & 1);
    assert_eq!(signs, 0xfd2e);
}

/// The 64 spins that three sweeps of a sampler make of a random state.
fn swept<S: Sampler<State = Spins>>(mut sampler: S) -> u64 {
    let rng = &mut stats::stream(1, "value-stability", 0);
    let mut state = Spins::random(64, rng);
    for _ in 0..3 {
        sampler.sweep(&mut state, rng);
    }
    state.as_slice().iter().enumerate().fold(0, |word, (i, &s)| word | u64::from(s > 0) << i)
}

#[test]
fn antiferromagnets_orders_and_fields_do_not_change() {
    let ring = Lattice::ring(63).unwrap();
    let torus = Lattice::square(8).unwrap();
    assert_eq!(
        drawn(&ring, -0.5, Algorithm::Transfer),
        [0x3b1292ed4aa6cab5, 0x3baab2d55adf4d36, 0x45b0acb2b59b1552]
    );
    assert_eq!(
        drawn(&torus, -0.4, Algorithm::Transfer),
        [0xaada55aa755e08dc, 0x9a5d09aa552ab225, 0xa6d1aa5592af592d]
    );
    assert_eq!(
        drawn(&torus, -0.4, Algorithm::HeatBath),
        [0xea116f9269d6aa55, 0xaa55aa552d54a655, 0xaa55aa550bd4aa55]
    );
    assert_eq!(
        drawn(&torus, f64::NEG_INFINITY, Algorithm::Metropolis),
        [0xaa55aa55aa55aa55, 0xaa55aa55aa55aa55, 0xaa55aa55aa55aa55]
    );
    let heat_bath = |order| HeatBath::new(&torus, at(0.4)).in_order(order).in_field(-0.1).unwrap();
    let words = [Order::Sequential, Order::Checkerboard, Order::Random].map(heat_bath).map(swept);
    assert_eq!(words, [0x0000001c04000c04, 0x301e8f07d195b130, 0x36101030f0041c0c]);
    assert_eq!(swept(Metropolis::new(&torus, at(-0.4)).in_field(0.2).unwrap()), 0x55fa2479926dd6aa);
}

#[test]
fn the_front_door_hands_out_the_same() {
    let torus = Lattice::square(8).unwrap();
    let found = Algorithm::ALL.map(|algorithm| {
        let request = Request {
            count: 2,
            algorithm: Some(algorithm),
            field: 0.0,
            symmetrise: true,
            least_effective: 0.0,
        };
        words(&draw(&torus, at(0.4), &request, 1).unwrap().samples)
    });
    let expected = [
        [0x8083830000c04000, 0x120058c4f3c18100],
        [0x81818187813010b1, 0xfcfffffe323ffff0],
        [0xffbffffffffffef4, 0xffffe7efeffffffd],
        [0x9f9ff3d14000809b, 0x0010800000000001],
        [0xbfafbde7ef7fdf0f, 0xa7e7ffcfc7fbffbf],
        [0xfdffff3f7fffffbd, 0xe4e0f0ecc0f98d7e],
        [0xf7fffdfffffffeff, 0x3470000000000026],
    ];
    assert_eq!(found, expected);
}

#[test]
fn schedules_that_draw_or_move_nothing_are_refused() {
    let ring = Lattice::ring(8).unwrap();
    for algorithm in [Algorithm::Transfer, Algorithm::HeatBath, Algorithm::Metropolis] {
        for k in [0.5, f64::INFINITY] {
            let refused = |schedule| chain(&ring, at(k), algorithm, schedule, 1).unwrap_err();
            let error = refused(Schedule { stride: 0, ..SCHEDULE });
            assert_eq!(error, Error::Schedule { what: "stride" });
            let error = refused(Schedule { draws: 0, ..SCHEDULE });
            assert_eq!(error, Error::Schedule { what: "number of draws" });
            let text = "the number of draws of the schedule is 0, but must be at least 1";
            assert_eq!(error.to_string(), text);
        }
    }
}

#[test]
fn exact_draws_need_short_rows() {
    let torus = Lattice::square(13).unwrap();
    for k in [0.5, f64::INFINITY] {
        let error = chain(&torus, at(k), Algorithm::Transfer, SCHEDULE, 1).unwrap_err();
        assert_eq!(error, Error::TransferWidth { width: 13, limit: 12 });
        let text = "the lattice is 13 wide, but exact draws are limited to a width of 12";
        assert_eq!(error.to_string(), text);
        let refused = RingTransfer::new(&Lattice::square(4).unwrap(), at(k)).err();
        assert_eq!(refused, Some(Error::TransferWidth { width: 4, limit: 1 }));
    }
}

#[test]
fn the_first_clusters_do_not_change() {
    let lattice = Lattice::square(8).unwrap();
    let drawn = |one: bool, k: f64| {
        let rng = &mut stats::stream(1, "value-stability", 0);
        let state = &mut Spins::random(64, rng);
        let mut wolff = Wolff::new(&lattice, at(k), rng);
        let mut all = SwendsenWang::new(&lattice, at(k), rng);
        let mut word = || {
            if one {
                wolff.sweep(state, rng)
            } else {
                all.sweep(state, rng)
            };
            state.as_slice().iter().fold(0_u64, |word, &s| word << 1 | u64::from(s > 0))
        };
        [word(), word(), word()]
    };
    assert_eq!(drawn(true, 0.4), [0x7e7b197bc7889aa6, 0x7e7b197bc3889aa6, 0x7a7b197bc3889aa0]);
    assert_eq!(drawn(true, -0.4), [0x2e0b197bc788aad6, 0x2e0b1973cb8caad6, 0xae0b1973cb8caa55]);
    assert_eq!(drawn(false, 0.4), [0x7e7323437c78f27e, 0x8180047c04080000, 0x4040242400080000]);
    assert_eq!(drawn(false, -0.4), [0x2b7be515a56b9422, 0xd48b11aa3d5aa45a, 0x15e911aa255aa86c]);
}
