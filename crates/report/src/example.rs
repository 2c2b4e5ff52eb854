//! A small report for the tests of this layer.

use crate::content::{Check, Claim, Evidence, Found, Provenance, Report, Verdict};
use crate::{figure, panel, section, table};
use stats::Estimate;

pub(crate) fn report() -> Report {
    use Verdict::{Contradicted, Corrected, NotComparable, Reproduced, Undecided};
    let points = (1..5).map(f64::from).map(|x| (x, measured(x * x, 0.1)));
    let mut section = section("flow", "Flow of a trained network")
        .answer("It has a fixed point at $T_c$.")
        .text("The map $g' = f(g)$ & its fixed points.")
        .claim(claim("fixed-point", Reproduced).and("its slope", Some(measured(0.5, 0.012))))
        .claim(claim("exponent", Contradicted))
        .claim(claim("table", Corrected))
        .claim(claim("images", NotComparable))
        .claim(claim("limit", Undecided))
        .check(check("identity", 1e-15, true))
        .check(check("broken", 1e-3, false))
        .figure(
            figure("map", "The map.")
                .panel(panel("T", "m").joined("L = 8", points).mark_x("T_c", 2.269)),
        )
        .table(
            table("values", "Values <by> size.")
                .rows([8_usize])
                .column("$L$", |&side| side)
                .column("value", |_| measured(0.5, 0.01)),
        )
        .discussion("It costs nothing.");
    section.settings = "sizes = [8]\n".to_owned();
    let provenance = Provenance {
        version: "0.1.0".to_owned(),
        profile: "quick".to_owned(),
        own_settings: None,
        seed: 1,
        machine: "test".to_owned(),
        threads: 2,
        finished: "2026-01-01T00:00:00Z".to_owned(),
        seconds: 1.5,
    };
    Report { sections: vec![section], provenance }
}

fn measured(mean: f64, error: f64) -> Estimate {
    Estimate { error, ..Estimate::exact(mean) }
}

pub(crate) fn claim(id: &str, verdict: Verdict) -> Claim {
    Claim {
        id: id.to_owned(),
        experiment: String::new(),
        statement: "The flow has a fixed point at $T < T_c$, whatever the <initial> couplings are \
                    and however long the network was trained."
            .to_owned(),
        source: "A & B (2017), Eq. (3)".to_owned(),
        published: Some(2.27),
        evidence: vec![Evidence::new("the fixed point", Some(Found { mean: 2.269, error: 0.004 }))],
        verdict,
        rule: "within five errors".to_owned(),
        reason: "Within two standard errors.".to_owned(),
    }
}

fn check(id: &str, deviation: f64, holds: bool) -> Check {
    Check {
        id: id.to_owned(),
        experiment: String::new(),
        statement: "The flow conserves what it must.".to_owned(),
        evidence: vec![Evidence::new("largest deviation", Some(deviation))],
        holds,
        rule: "at most 1e-12".to_owned(),
        reason: String::new(),
    }
}
