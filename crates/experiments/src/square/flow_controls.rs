//! Experiment `flow-controls`: machines that were never shown a lattice flow too, and thermometers are asked about them.

mod claims;
mod ends;
mod figures;
mod machines;
mod settings;
mod tables;

use anyhow::Result;
use lab::Run;
use report::content::Section;
pub(crate) use settings::Settings;
use settings::{DataSet, Kind, Torus};

pub(crate) fn run(run: &Run, settings: &Settings) -> Result<Section> {
    let mut section = Section {
        checks: vec![],
        experiment: "flow-controls".into(),
        title: "Controls: flows of machines that know no lattice".into(),
        headline: String::new(),
        introduction: introduction(settings),
        claims: Vec::new(),
        figures: Vec::new(),
        tables: Vec::new(),
        discussion: discussion(),
        settings: toml::to_string(settings)?,
    };
    for torus in &settings.tori {
        // Calibrated thermometers, machines of both kinds on every data set, and where they flow.
        let seeds = machines::seeds(run, settings, torus)?;
        let machines = machines::machines(run, torus, &seeds)?;
        let paths = machines::paths(run, settings, torus, &seeds, &machines)?;
        let genuine = ends::Genuine::of(torus, &seeds)?;
        let ends = ends::ends(torus, &genuine, &paths);
        let trained = machines::reconstructions(&seeds, &machines);

        section.claims.extend(claims::claims(run, settings, torus, &genuine, &ends, &trained)?);
        section.figures.extend(figures::figures(run, settings, torus, &genuine, &paths)?);
        section.tables.extend(tables::tables(settings, torus, &genuine, &ends, &paths));
        if section.headline.is_empty() {
            section.headline = claims::headline(torus, &genuine, &ends)?;
        }
    }
    Ok(section)
}

fn introduction(settings: &Settings) -> Vec<String> {
    let sides: Vec<String> = settings.tori.iter().map(|t| t.side.to_string()).collect();
    vec![
        format!(
            "Veiga and Vicente asked what a network thermometer is worth: if the flow of a machine is read at $T_c$ although its data knew of no lattice, the reading says nothing about criticality. Their protocol is redone here (L = {}): machines are trained on the torus at all temperatures; on configurations of $T = 0$ and $T = \\infty$ alone; on the complete graph; on independent spins in the mean field; and weights of the first are drawn anew from a normal distribution. Flows from all spins up ($T = 0$) and from balanced random spins ($T = \\infty$) are read by the networks and by four physical thermometers.",
            sides.join(", ")
        ),
        "Their machines have units 0 and 1 and no biases. Such a machine is one of units ±1 with biases that are sums of its weights; it is trained as such here, and its law and gradient are theirs exactly. Machines of units ±1 without biases stand beside it.".into(),
        training(&settings.tori[0]),
        "What their code calls mean-field data are spins that are independent given a sign, each in the field $4 m$ with $m = \\tanh(4 m / T)$, which orders below $T = 4$. A complete graph of as many spins, with its fluctuations of m, orders at the same temperature and is a data set of its own here.".into(),
    ]
}

/// What was changed of the source's training, and why that should do.
fn training(torus: &Torus) -> String {
    let words = torus.trainings.iter().map(|training| {
        format!(
            "{} at the rate {}, rate × updates {:.0} beside {:.0}",
            training.data.name(),
            training.binary.learning_rate,
            torus.time(training, training.binary),
            training.source_time
        )
    });
    format!(
        "The source trains by plain ascent of CD-1, at the rate 0.01, of the mean field 0.001. Here, for L = {}: {}. That rate × updates alone counts is checked on the torus, at two rates.",
        torus.side,
        words.collect::<Vec<_>>().join("; ")
    )
}

fn discussion() -> Vec<String> {
    [
        "A network is at $T_c$ here when it reads an end as it reads genuine configurations at $T_c$, a physical thermometer when it reads $T_c$ itself, both within the spacing of the scale: surely at it when five errors do not lead out of that, surely not when they do not lead in. A verdict of one temperature asks more: that the two-point function is that of the Ising model and that energy, |m|, correlation length and specific heat agree.",
        "Data of the ends, of the complete graph and of the mean field are the same under any rearrangement of the sites: they hold nothing of the square lattice, nor of its $T_c$. Where a machine of theirs is read near $T_c$, what is read is |m|, which in a mixture of order and disorder lies between those of both.",
        "A machine of units 0/1 without biases is not symmetric under a turn of all spins, as one of units ±1 is: it has to learn that both ordered states are equally likely.",
    ]
    .map(String::from)
    .into()
}
