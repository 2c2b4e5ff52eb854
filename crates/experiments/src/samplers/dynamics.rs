//! `dynamics`: with which power of L do autocorrelation times grow at T_c, and what does an independent configuration cost?

mod claims;
mod cost;
mod fits;

use crate::stages::{AutocorrelationTimes, Dynamics, MeasureAutocorrelation};
use anyhow::{Result, ensure};
use exact::square::critical_coupling;
use exact::torus::kaufman;
use exact::transfer::MAX_WIDTH;
use fits::{Fit, Fits};
use lab::Lab;
use lab::family::{Family, Scores, z_score};
use lab::kinds::{Count, Distinct, Seeds, Within, check_within};
use report::{Cell, Check, Figure, Rows, Section, figure, grid, panel, section, shown, table};
use serde::{Deserialize, Serialize};
use stats::Estimate;

/// The observables by their number.
const OBSERVABLES: [&str; 3] = ["E", "|m|", "m²"];
const ENERGY: usize = 0;
const ABS_M: usize = 1;
const M2: usize = 2;

/// Single spin flips and clusters.
const FLIPS: [Dynamics; 2] = [Dynamics::Metropolis, Dynamics::HeatBath];
const CLUSTERS: [Dynamics; 2] = [Dynamics::SwendsenWang, Dynamics::Wolff];

/// Sides L, ascending, and the sweeps of one run on each; of Wolff clusters.
type Lengths = Vec<(Count<4, 1024>, Count<100, 1_000_000_000>)>;

/// Settings.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    metropolis: Lengths,
    heat_bath: Lengths,
    random_metropolis: Lengths,
    sequential_heat_bath: Lengths,
    swendsen_wang: Lengths,
    wolff: Lengths,
    /// Clusters of Wolff before each chain begins.
    start: Count<1, 1_000_000>,
    /// Independent repetitions of everything.
    runs: Seeds,
    /// chi^2 per degree of freedom up to which a fit is accepted.
    acceptable: f64,
    /// Sides on which exact draws are timed.
    transfer_sides: Distinct<Count<1, { MAX_WIDTH as u64 }>>,
    perfect_sides: Distinct<Count<1, 1024>>,
    /// Seconds that each sampler is timed on each side; 0 to leave times out.
    timing_seconds: Within<0, 60>,
}

impl Settings {
    fn lengths(&self) -> [(Dynamics, &Lengths); 6] {
        [
            (Dynamics::Metropolis, &self.metropolis),
            (Dynamics::HeatBath, &self.heat_bath),
            (Dynamics::RandomMetropolis, &self.random_metropolis),
            (Dynamics::SequentialHeatBath, &self.sequential_heat_bath),
            (Dynamics::SwendsenWang, &self.swendsen_wang),
            (Dynamics::Wolff, &self.wolff),
        ]
    }
}

impl lab::Settings for Settings {
    fn check(&self) -> Result<()> {
        for (dynamics, lengths) in self.lengths() {
            let key = format!("{dynamics:?}");
            ensure!(lengths.len() >= 3, "{key} has {} sides, but a fit takes three", lengths.len());
            ensure!(lengths.is_sorted_by(|a, b| a.0 < b.0), "{key}: sides must ascend");
        }
        check_within("acceptable", self.acceptable, 0.1, 100.0)
    }
}

/// One dynamics on one torus, over all runs.
struct TorusDynamics {
    dynamics: Dynamics,
    side: usize,
    /// Sweeps (of Wolff: clusters) of all runs together.
    sweeps: f64,
    /// tau_int of energy, |m| and m² in sweeps; of Wolff as many clusters as have N sites on average.
    tau: [Estimate; 3],
    /// Sweeps per sweep of the sampler: 1, but for Wolff the mean size of a cluster over N.
    moves: f64,
    /// z-score of the mean energy against the exact one.
    energy_z: f64,
}

/// All tori, dynamics after dynamics, by increasing side.
fn measure(lab: &Lab, s: &Settings) -> Result<Vec<TorusDynamics>> {
    let cases = s.lengths().into_iter().flat_map(|(dynamics, lengths)| {
        lengths.iter().map(move |(side, sweeps)| (dynamics, side.size(), sweeps.short()))
    });
    let grid = lab.grid(cases, *s.runs, |&(dynamics, side, sweeps), run| {
        let seed = lab.seed(&format!("dynamics/{dynamics:?}/{side}"), run);
        let start = s.start.short();
        Ok(lab.get(&MeasureAutocorrelation { dynamics, side, start, sweeps, seed })?.value)
    })?;
    let torus = |row: lab::Row<'_, (Dynamics, usize, u32), AutocorrelationTimes>| {
        let &(dynamics, side, sweeps) = row.case;
        let moves = match dynamics {
            Dynamics::Wolff => row.mean(|times| times.moves).mean,
            _ => 1.0,
        };
        let exact = kaufman(side, side, critical_coupling())?.energy_per_spin;
        Ok(TorusDynamics {
            dynamics,
            side,
            sweeps: *s.runs as f64 * f64::from(sweeps),
            tau: [ENERGY, ABS_M, M2].map(|k| row.mean(|times| times.tau[k]) * moves),
            moves,
            energy_z: z_score(row.mean(|times| times.means[ENERGY]), exact),
        })
    };
    grid.rows().map(torus).collect()
}

/// The times of one observable by side.
fn times(tori: &[TorusDynamics], dynamics: Dynamics, observable: usize) -> Vec<(usize, Estimate)> {
    let own = tori.iter().filter(|torus| torus.dynamics == dynamics);
    own.map(|torus| (torus.side, torus.tau[observable])).collect()
}

/// Power laws of one observable.
fn powers(s: &Settings, tori: &[TorusDynamics], dynamics: Dynamics, observable: usize) -> Fits {
    Fits::new(&fits::power(&times(tori, dynamics, observable)), s.acceptable)
}

/// Logarithms of one observable.
fn logarithms(s: &Settings, tori: &[TorusDynamics], dynamics: Dynamics, observable: usize) -> Fits {
    Fits::new(&fits::logarithm(&times(tori, dynamics, observable)), s.acceptable)
}

pub(crate) fn run(lab: &Lab, s: &Settings) -> Result<Section> {
    let tori = measure(lab, s)?;
    let costs = cost::measure(lab, s, &tori)?;
    let z = |dynamics, observable| match powers(s, &tori, dynamics, observable).chosen {
        Some(fit) => format!("{} (L = {} to {})", shown(fit.slope()), fit.from, fit.to),
        None => "unknown, for no range of sides fits a power law".to_owned(),
    };
    let is_timed = !costs.is_empty();
    Ok(section("dynamics", "Autocorrelation times at the critical point")
        .answer(format!(
            "At $T_c$ the autocorrelation time of $|m|$ by single spin flips grows like $L^z$, $z$ = {} by Metropolis and {} by the heat bath; that of the energy by clusters is some sweeps, with an effective exponent of {} by Swendsen and Wang and {} by Wolff.",
            z(Dynamics::Metropolis, ABS_M),
            z(Dynamics::HeatBath, ABS_M),
            z(Dynamics::SwendsenWang, ENERGY),
            z(Dynamics::Wolff, ENERGY),
        ))
        .text(format!(
            "Measured after every sweep of L × L tori at $T_c$: energy E, $|m|$ and $m^2$; $\\tau = 1/2 + \\sum_{{t \\ge 1}} \\rho(t)$ is summed to the first lag beyond $6 \\tau$ of the slowest of the three. Metropolis and the heat bath move 512 independent replicas in the order of a checkerboard, Metropolis with one move in 16 left out. Every chain starts in equilibrium, {} clusters of Wolff after the one before. A sweep of Wolff is $N / \\langle |C| \\rangle$ clusters.",
            s.start
        ))
        .text(format!(
            "Power laws and logarithms are fitted by weighted least squares to all sides, then with the smallest left out one by one until $\\chi^2$ per degree of freedom is at most {}. There are no corrections to scaling: errors of exponents are statistical.",
            s.acceptable
        ))
        .claims(claims::claims(lab, s, &tori)?)
        .check(equilibrium(&tori))
        .figures(is_timed.then(|| cost::cost_figure(s, &costs)))
        .figure(growth(s, &tori))
        .figure(exponents(lab, &tori)?)
        .figure(specific_heat(s, &tori)?)
        .table(times_table(&tori))
        .table(fits_table(s, &tori))
        .tables(is_timed.then(|| cost::cost_table(&costs)))
        .discussion("For clusters neither a power nor a logarithm can be excluded on such lattices: between L = 8 and 128 a logarithm and a power of about 1/4 differ by a few percent. The exponent between successive sides falls slowly, as it would for a logarithm."))
}

/// Chains that are not in equilibrium have another energy. Errors of runs that agree by chance are those within the runs, so
/// that no z-score is too large.
fn equilibrium(tori: &[TorusDynamics]) -> Check {
    const LEVEL: f64 = 1e-3;
    let z: Vec<f64> = tori.iter().map(|torus| torus.energy_z).collect();
    let quantity = format!("largest of {} |z| of the energy", z.len());
    let scores = Scores { groups: vec![z], rare: None };
    Family::new(LEVEL, [&scores]).judge(&scores).check(
        "equilibrium",
        "Every chain has the exact energy of its torus at $T_c$.",
        quantity,
        "Kaufman's closed form; all dynamics and sides",
    )
}

/// Dynamics with the observables whose times are drawn, and their label.
fn drawn(of: [Dynamics; 2]) -> impl Iterator<Item = (Dynamics, usize, String)> {
    of.into_iter().flat_map(|dynamics| {
        [ABS_M, ENERGY].map(|k| (dynamics, k, format!("{}, {}", dynamics.name(), OBSERVABLES[k])))
    })
}

fn growth(s: &Settings, tori: &[TorusDynamics]) -> Figure {
    // From the smallest side of a fit to its largest, evenly in ln L.
    let curve = |fit: Fit, of: fn(f64) -> f64| {
        let ends = [fit.from, fit.to].map(|side| (side as f64).ln());
        grid(ends[0], ends[1], 40).map(move |x| (x.exp(), of(fit.line.at(x))))
    };
    let panels = [("single spin flips", FLIPS), ("clusters", CLUSTERS)];
    let caption = format!(
        "Autocorrelation times at $T_c$. Lines: power laws from the smallest side on from which $\\chi^2$ per degree of freedom is at most {}, none where there is no such side; dashed: $A + B \\ln L$ by the same rule.",
        s.acceptable
    );
    figure("growth", caption).panels(panels, |(title, of)| {
        panel("side L", "autocorrelation time τ (sweeps)").title(title).log_x().log_y().each(
            drawn(of),
            |mut panel, (dynamics, observable, label)| {
                if let Some(fit) = powers(s, tori, dynamics, observable).chosen {
                    panel = panel.line(&label, curve(fit, f64::exp));
                }
                let logarithm = logarithms(s, tori, dynamics, observable).chosen;
                if let Some(fit) = logarithm.filter(|_| of == CLUSTERS) {
                    panel = panel.dashed(&label, curve(fit, |tau| tau));
                }
                panel.points(&label, times(tori, dynamics, observable))
            },
        )
    })
}

fn exponents(lab: &Lab, tori: &[TorusDynamics]) -> Result<Figure> {
    let panels = [
        ("single spin flips", FLIPS, lab.published.value(claims::FLIPS_Z)?),
        ("clusters", CLUSTERS, lab.published.value(claims::SWENDSEN_WANG_Z)?),
    ];
    let caption = "$\\ln(\\tau'/\\tau) / \\ln(L'/L)$ of successive sides at their geometric mean. Dotted: published z, of single spin flips and of the energy by Swendsen and Wang. A power law is horizontal, a logarithm falls like $1/\\ln L$.";
    Ok(figure("exponents", caption).panels(panels, |(title, of, published)| {
        panel("side L", "exponent between successive L")
            .title(title)
            .log_x()
            .each(drawn(of), |panel, (dynamics, observable, label)| {
                panel.joined(label, fits::local(&times(tori, dynamics, observable)))
            })
            .mark_y(format!("z = {published}"), published)
    }))
}

/// Times of the energy under cluster dynamics against the exact specific heat, and their ratio.
fn specific_heat(s: &Settings, tori: &[TorusDynamics]) -> Result<Figure> {
    let mut against = panel("specific heat C (k_B)", "τ of E (sweeps)").title("time of the energy");
    let mut ratio = panel("side L", "τ of E / C (sweeps / k_B)")
        .title("its ratio to the specific heat")
        .log_x();
    for dynamics in CLUSTERS {
        let times = times(tori, dynamics, ENERGY);
        let data = fits::heat(&times)?;
        if let Some(fit) = Fits::new(&data, s.acceptable).chosen {
            let ends = [fits::specific_heat(fit.from)?, fits::specific_heat(fit.to)?];
            against = against.line(dynamics.name(), ends.map(|c| (c, fit.line.at(c))));
        }
        let points = data.iter().zip(&times).map(|(datum, &(_, tau))| (datum.x, tau));
        against = against.points(dynamics.name(), points);
        ratio = ratio.joined(dynamics.name(), fits::over_heat(&times)?);
    }
    let caption = "Clusters and the exact specific heat C per spin at $T_c$, which grows like $\\ln L$. Left: times of the energy with straight lines by the rule of the first figure. Right: the ratio, which Li and Sokal's bound keeps from falling to 0.";
    Ok(figure("specific-heat", caption).panel(against).panel(ratio))
}

fn times_table(tori: &[TorusDynamics]) -> Rows<&TorusDynamics> {
    let caption = "Autocorrelation times at $T_c$ in sweeps. Length: sweeps of all runs and replicas in units of the longest time. Last column: standard errors between the mean energy and the exact one.";
    table("times", caption)
        .rows(tori)
        .column("dynamics", |t| t.dynamics.name())
        .column("L", |t| t.side)
        .columns([("τ of E", ENERGY), ("τ of |m|", ABS_M), ("τ of m²", M2)], |&k, t| t.tau[k])
        .column("⟨|C|⟩/N", |t| Cell::or((t.dynamics == Dynamics::Wolff).then_some(t.moves), ""))
        .column("length", |t| {
            let longest = t.tau.iter().map(|tau| tau.mean).fold(0.0, f64::max);
            (t.sweeps * t.moves * t.dynamics.replicas() / longest).round()
        })
        .column("energy off by", |t| t.energy_z.abs())
}

/// Every fit that was tried.
fn fits_table(
    s: &Settings,
    tori: &[TorusDynamics],
) -> Rows<(Dynamics, usize, Fit, Fit, &'static str)> {
    let of = |dynamics: Dynamics, observable: usize| {
        let powers = powers(s, tori, dynamics, observable);
        let logarithms = logarithms(s, tori, dynamics, observable);
        let row = |(power, logarithm): (&Fit, &Fit)| {
            let chosen = match (powers.is_chosen(power), logarithms.is_chosen(logarithm)) {
                (true, true) => "both",
                (true, false) => "power",
                (false, true) => "logarithm",
                (false, false) => "",
            };
            (dynamics, observable, *power, *logarithm, chosen)
        };
        powers.all.iter().zip(&logarithms.all).map(row).collect::<Vec<_>>()
    };
    let two_decimals = |value: f64| (100.0 * value).round() / 100.0;
    let caption = format!(
        "Weighted least squares of $\\tau = A L^z$ and $\\tau = A + B \\ln L$ from the side $L_{{min}}$ on. Chosen is the smallest $L_{{min}}$ with $\\chi^2$ per degree of freedom of at most {}.",
        s.acceptable
    );
    let all = [FLIPS, CLUSTERS].into_iter().flatten();
    table("fits", caption)
        .rows(all.flat_map(|dynamics| [ENERGY, ABS_M, M2].map(|k| of(dynamics, k)).concat()))
        .column("dynamics", |row| row.0.name())
        .column("of", |row| OBSERVABLES[row.1])
        .column("L_min", |row| row.2.from)
        .column("z", |row| row.2.slope())
        .column("χ²/dof", |row| two_decimals(row.2.line.reduced_chi_square()))
        .column("B (sweeps)", |row| row.3.slope())
        .column("χ²/dof", |row| two_decimals(row.3.line.reduced_chi_square()))
        .column("chosen", |row| row.4)
}
