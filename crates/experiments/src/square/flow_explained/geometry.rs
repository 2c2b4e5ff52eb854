//! What the network thermometer measures: readings of the same |m| with and without the geometry of the lattice.

use super::Settings;
use super::rbms::Start;
use anyhow::{Context, Result};
use exact::square::critical_temperature;
use ising::{Configurations, Coupling, Lattice, Samples, complete_graph, energies, magnetisations};
use lab::{Grid, Lab, Row, verdict};
use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use report::{Claim, Figure, figure, panel, shown};
use stats::{Estimate, within_groups};

/// Kinds of configurations: of the torus; the same with the sites of each permuted, which keeps m and loses all geometry; of the
/// complete graph.
const KINDS: [&str; 3] = ["torus at T", "the same, sites permuted", "complete graph"];

/// One repetition.
pub(super) struct Geometry {
    /// By kind and temperature.
    abs_m: [Vec<Estimate>; 3],
    network: [Vec<Estimate>; 3],
    /// By temperature: the network's reading of a configuration minus that of the same one permuted.
    lost: Vec<Estimate>,
    /// At fixed |m|: by how much the reading rises with the energy per spin.
    slope: f64,
    /// The share of the variance of readings of the torus that |m| alone explains.
    explained: f64,
}

pub(super) fn geometry(
    lab: &Lab,
    s: &Settings,
    starts: &[Start<'_>],
) -> Result<Grid<(), Geometry>> {
    let lattice = Lattice::square(s.side.size())?;
    lab.grid([()], *s.seeds, |(), index| repetition(s, &lattice, &starts[index as usize]))
}

fn repetition(s: &Settings, lattice: &Lattice, start: &Start<'_>) -> Result<Geometry> {
    let (samples, count) = (&start.held_out.samples.value, s.held_out.size());
    let torus = samples.to_matrix();
    let mut rng = stats::stream(start.of.seed, "permuted", 0);
    let mut permuted = torus.clone();
    permuted.column_iter_mut().for_each(|mut v| v.as_mut_slice().shuffle(&mut rng));
    // The complete graph orders at T = 1: the same range of T / T_c as on the torus, about.
    let mut complete = Samples::new(lattice.sites());
    for &t in s.temperatures.iter() {
        let coupling = Coupling::from_temperature(t / critical_temperature())?;
        complete.append(&complete_graph(lattice.sites(), coupling, count, &mut rng)?)?;
    }
    let network = start.network.value.thermometer();
    let read = |v: &DMatrix<f32>| network.read(v).temperatures;
    let readings = [read(&torus), read(&permuted), read(&complete.to_matrix())];
    let m = |v: &DMatrix<f32>| v.column_iter().map(|v| f64::from(v.mean()).abs()).collect();
    let of_complete = magnetisations(&complete).iter().map(|m| m.abs()).collect();
    let abs_m: [Vec<f64>; 3] = [m(&torus), m(&permuted), of_complete];
    let by_temperature =
        |values: &Vec<f64>| values.chunks(count).map(Estimate::from_independent).collect();
    let lost = readings[0].iter().zip(&readings[1]).map(|(a, b)| a - b).collect();

    let permuted = Configurations::from_matrix(&permuted)?;
    let both = [energies(lattice, samples), energies(lattice, &permuted)].concat();
    let sums: Vec<i64> = (0..samples.len()).map(|row| samples.spin_sum(row).abs()).collect();
    let pooled = within_groups(&sums.repeat(2), &both, &readings[..2].concat());
    let alone = within_groups(&sums, &vec![0.0; sums.len()], &readings[0]);
    Ok(Geometry {
        abs_m: abs_m.each_ref().map(by_temperature),
        network: readings.each_ref().map(by_temperature),
        lost: by_temperature(&lost),
        slope: pooled.slope,
        explained: alone.explained,
    })
}

/// All repetitions.
pub(super) type GeometryRow<'a> = Row<'a, (), Geometry>;

/// Scale invariance is a matter of geometry: does the network see that it is gone?
pub(super) fn thermometer(lab: &Lab, s: &Settings, of: GeometryRow<'_>) -> Result<Claim> {
    let spacing = s.spacing();
    let lost = of.means(|of| &of.lost);
    let (slope, explained) = (of.mean(|of| of.slope), of.mean(|of| of.explained));
    let largest = s.temperatures.iter().zip(&lost);
    let largest = largest.max_by(|a, b| a.1.mean.abs().total_cmp(&b.1.mean.abs()));
    let (temperature, largest) = largest.context("temperatures is empty")?;
    let ruling = verdict::every(
        lost.iter().map(|&lost| verdict::near(lost, 0.0, spacing)),
        format!("permuting the sites changes no reading by more than the spacing of the scale, {spacing}, beyond errors"),
    )
    .corrected_if(
        explained.mean > 0.5,
        "geometry enters the reading, but |m| alone explains most of its variance",
    );
    Ok(lab
        .says("veiga-2020/thermometer")?
        .judged(
            ruling.showing(*largest),
            format!("network temperature of configurations at T = {temperature} minus that of the same with their sites permuted"),
            format!(
                "Permuted sites keep m and lose all geometry. Of {} temperatures the one with the largest difference is shown; at fixed |m| the reading changes by {} per unit of energy per spin.",
                lost.len(),
                shown(slope)
            ),
        )
        .and("share of the variance of readings on the torus that |m| explains", Some(explained)))
}

pub(super) fn geometry_figure(s: &Settings, of: GeometryRow<'_>) -> Figure {
    let against_m = |kind: usize| {
        let abs_m = of.means(|of| &of.abs_m[kind]).into_iter().map(|m| m.mean);
        abs_m.zip(of.means(|of| &of.network[kind])).collect::<Vec<_>>()
    };
    let lost = of.means(|of| &of.lost);
    figure("geometry", format!(
        "What the network reads against |m|, for configurations of the torus at {} temperatures, the same with their sites permuted, and the complete graph; right: what permuting changes.", s.temperatures.len()))
        .panel(panel("magnetisation ⟨|m|⟩", "network temperature (J/k_B)")
            .each(0..KINDS.len(), |panel, kind| panel.joined(KINDS[kind], against_m(kind)))
            .mark_y("T_c", critical_temperature()))
        .panel(panel("temperature T (J/k_B)", "reading: torus minus permuted (J/k_B)")
            .joined("difference", s.temperatures.iter().copied().zip(lost))
            .mark_y("|m| alone", 0.0))
}
