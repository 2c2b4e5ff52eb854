//! A small report for the tests of this layer.

use super::content::{
    At, Axis, Cell, Check, Claim, Evidence, Figure, Found, Mark, Panel, Point, Provenance, Report,
    Section, Series, Style, Table, Verdict,
};

pub(crate) fn report() -> Report {
    use Verdict::{Contradicted, Corrected, NotComparable, Reproduced, Undecided};
    let section = Section {
        experiment: "flow".to_owned(),
        title: "Flow of a trained network".to_owned(),
        headline: "It has a fixed point at $T_c$.".to_owned(),
        introduction: vec!["The map $g' = f(g)$ & its fixed points.".to_owned()],
        claims: vec![
            claim("flow/fixed-point", Reproduced),
            claim("flow/exponent", Contradicted),
            claim("flow/table", Corrected),
            claim("flow/images", NotComparable),
            claim("flow/limit", Undecided),
        ],
        checks: vec![Check {
            id: "flow/identity".to_owned(),
            experiment: "flow".to_owned(),
            statement: "The flow conserves what it must.".to_owned(),
            evidence: vec![Evidence::new("largest deviation", Some(1e-15))],
            holds: true,
            rule: "at most 1e-12".to_owned(),
            reason: String::new(),
        }],
        figures: vec![figure()],
        tables: vec![Table {
            id: "flow-values".to_owned(),
            caption: "Values <by> size.".to_owned(),
            columns: vec!["$L$".to_owned(), "value".to_owned()],
            rows: vec![vec![Cell::Number(8.0), Cell::Measured(Found { mean: 0.5, error: 0.01 })]],
        }],
        discussion: vec!["It costs nothing.".to_owned()],
        settings: "sizes = [8]\n".to_owned(),
    };
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

fn claim(id: &str, verdict: Verdict) -> Claim {
    Claim {
        id: id.to_owned(),
        experiment: "flow".to_owned(),
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

fn figure() -> Figure {
    let axis = |label: &str| Axis { label: label.to_owned(), log: false, range: None };
    let points = (1..5).map(f64::from).map(|x| Point { x, y: x * x, error: 0.1 }).collect();
    let series = vec![Series { label: "L = 8".to_owned(), style: Style::LinePoints, points }];
    let marks = vec![Mark { label: "T_c".to_owned(), at: At::X(2.269) }];
    let panel = Panel { title: String::new(), x: axis("T"), y: axis("m"), series, marks };
    Figure { id: "flow-map".to_owned(), caption: "The map.".to_owned(), panels: vec![panel] }
}
