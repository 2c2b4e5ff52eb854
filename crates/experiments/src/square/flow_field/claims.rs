//! What `flow-field` finds: does the end of the flow follow the maximum of the specific heat, T_c, or the training set?

use super::Settings;
use super::machines::{End, Exact, Joint, Start};
use anyhow::Result;
use exact::square::critical_temperature;
use lab::Run;
use lab::parts::*;
use lab::published::Finding;
use report::content::{Claim, Verdict};
use stats::Estimate;

/// The ends from hot starts after so many epochs, by range and field.
fn after(epochs: u64, ends: &[End]) -> impl Iterator<Item = &End> {
    ends.iter().filter(move |end| end.epochs == epochs && end.start == Start::Hot)
}

/// Those that claims are about: after the whole training.
fn trained<'a>(settings: &Settings, ends: &'a [End]) -> impl Iterator<Item = &'a End> {
    after(settings.epochs.last().copied().unwrap_or(0), ends)
}

/// The three candidates.
struct Candidates {
    peak: Estimate,
    critical: Estimate,
    mixture: Estimate,
}

fn candidates(
    epochs: u64,
    exact: &[Vec<Exact>],
    ends: &[End],
    of: impl Fn(&End) -> Option<Estimate>,
) -> Candidates {
    let to = |candidate: &dyn Fn(&Exact) -> f64| {
        let distances = after(epochs, ends)
            .filter_map(|end| Some(of(end)? - candidate(&exact[end.range][end.field])));
        root_mean_square(&distances.collect::<Vec<_>>())
    };
    Candidates {
        peak: to(&|exact| exact.peak),
        critical: to(&|_| critical_temperature()),
        mixture: to(&|exact| exact.mixture),
    }
}

pub(super) fn headline(settings: &Settings, exact: &[Vec<Exact>], ends: &[End]) -> String {
    let at = |epochs: u64| candidates(epochs, exact, ends, |end| end.energy);
    let (first, last) = (settings.epochs[0], settings.epochs[settings.epochs.len() - 1]);
    let (early, late) = (at(first), at(last));
    let (with, all) = trained(settings, ends)
        .fold((0, 0), |(with, all), end| (with + end.with_temperature, all + settings.seeds));
    format!(
        "In fields up to {} J the energy temperature at the end of the flow is off that of the largest specific heat by {} after {first} epochs of training and by {} after {last} (root mean square), and off $T_c$ by {} and {}; of {all} ensembles at the end {with} have one temperature.",
        settings.fields[settings.fields.len() - 1],
        shown(early.peak),
        shown(late.peak),
        shown(early.critical),
        shown(late.critical),
    )
}

/// Whether all temperatures are where they are said to be, within the spacing of the scale and their errors.
fn all_near(settings: &Settings, pairs: &[(Estimate, f64)]) -> Verdict {
    verdict_near(all(pairs.iter().map(|&(t, to)| is_near(t - to, settings.spacing))))
}

pub(super) fn claims(
    run: &Run,
    settings: &Settings,
    exact: &[Vec<Exact>],
    ends: &[End],
    joint: &[Joint],
) -> Result<Vec<Claim>> {
    let claim = |id: &str, key: &str, finding| {
        run.published.claim(&format!("flow-field/{id}"), key, finding)
    };
    let within = format!(
        "Judged within {}, the spacing of the scale, and {SIGMAS} errors.",
        settings.spacing
    );
    let last = settings.epochs[settings.epochs.len() - 1];
    let mut claims = Vec::new();
    type Read = fn(&End) -> Option<Estimate>;
    let readers: [(&str, Read); 2] =
        [("energy", |end| end.energy), ("network", |end| Some(end.network))];
    for (name, of) in readers {
        let pairs: Vec<(Estimate, f64)> = trained(settings, ends)
            .filter_map(|end| Some((of(end)?, exact[end.range][end.field].peak)))
            .collect();
        let Candidates { peak, critical, mixture } = candidates(last, exact, ends, of);
        let early = candidates(settings.epochs[0], exact, ends, of).peak;
        claims.push(claim(&format!("maximal-heat-by-{name}"), "funai-giataganas-2020/maximal-heat", Finding {
            value: peak,
            quantity: format!("root mean square distance of the {name} temperature at the end from that of the largest specific heat, J / k_B"),
            verdict: all_near(settings, &pairs),
            reason: format!("After {} epochs it was {}. From $T_c$ it is {}, from the temperature with the mean energy of the training mixture {}. {within}", settings.epochs[0], shown(early), shown(critical), shown(mixture)),
        })?);
        let zero = trained(settings, ends).filter(|end| end.field == 0);
        let zero: Vec<(Estimate, f64)> =
            zero.filter_map(|end| Some((of(end)?, critical_temperature()))).collect();
        let Some(&(value, _)) = zero.first() else { continue };
        let others = zero[1..].iter().zip(&settings.hottest[1..]);
        let others: Vec<String> = others
            .map(|((t, _), hottest)| format!("; trained up to T = {hottest}: {}", shown(*t)))
            .collect();
        let with = trained(settings, ends).filter(|end| end.field == 0);
        let with: usize = with.map(|end| end.with_temperature).sum();
        claims.push(claim(&format!("zero-field-by-{name}"), "funai-giataganas-2020/zero-field", Finding {
            value,
            quantity: format!("{name} temperature at the end without a field, trained up to T = {}{}", settings.hottest[0], others.concat()),
            verdict: all_near(settings, &zero),
            reason: format!("Of {} ensembles at the end {with} have one temperature by the exact energy, |m| and specific heat. {within}", zero.len() as u64 * settings.seeds),
        })?);
    }
    claims.extend(range_claim(run, settings, exact, ends)?);
    claims.push(claim(
        "one-machine-of-all-fields",
        "funai-giataganas-2020/maximal-heat",
        memory(settings, joint),
    )?);
    Ok(claims)
}

/// The same fields with another range of training temperatures: the specific heat is the same.
fn range_claim(
    run: &Run,
    settings: &Settings,
    exact: &[Vec<Exact>],
    ends: &[End],
) -> Result<Option<Claim>> {
    if settings.hottest.len() < 2 {
        return Ok(None);
    }
    let of_range = |range: usize| trained(settings, ends).filter(move |end| end.range == range);
    let pairs =
        || of_range(0).zip(of_range(1)).filter_map(|(a, b)| Some((a.field, a.energy?, b.energy?)));
    let shifts: Vec<Estimate> = pairs().map(|(_, a, b)| b - a).collect();
    let expected: Vec<f64> =
        pairs().map(|(field, ..)| exact[1][field].mixture - exact[0][field].mixture).collect();
    let shift = over_fields(&shifts);
    let of_mixture = expected.iter().sum::<f64>() / expected.len() as f64;
    let verdict = match (shift.sigmas_from(0.0) <= SIGMAS, shift.sigmas_from(of_mixture) <= SIGMAS)
    {
        (false, _) => Verdict::Contradicted,
        (true, false) => Verdict::Reproduced,
        (true, true) => Verdict::NotComparable,
    };
    let finding = Finding {
        value: shift,
        quantity: format!(
            "mean shift over the fields of the energy temperature at the end when the training temperatures reach to {} instead of {}, J / k_B",
            settings.hottest[1], settings.hottest[0]
        ),
        verdict,
        reason: format!(
            "The maximum of the specific heat does not move; the training mixture's temperature moves by {of_mixture:.2} on average{}.",
            if verdict == Verdict::NotComparable {
                ", and errors are too large to tell"
            } else {
                ""
            }
        ),
    };
    run.published
        .claim("flow-field/range-of-temperatures", "funai-giataganas-2020/maximal-heat", finding)
        .map(Some)
}

/// A mean over fields, whose temperatures are not the same: their errors alone count.
fn over_fields(of_fields: &[Estimate]) -> Estimate {
    let n = of_fields.len() as f64;
    let mean = of_fields.iter().map(|e| e.mean).sum::<f64>() / n;
    let error = of_fields.iter().map(|e| e.error * e.error).sum::<f64>().sqrt() / n;
    Estimate { error, ..Estimate::exact(mean) }
}

/// How much of the field of the start the flow of one machine of all fields remembers.
fn memory(settings: &Settings, joint: &[Joint]) -> Finding {
    let (first, last) = (&joint[0], &joint[joint.len() - 1]);
    let at_start = last.started[0] - first.started[0];
    let at_end = last.ended[0] - first.ended[0];
    let forgotten = at_end.sigmas_from(0.0) <= SIGMAS;
    Finding {
        value: at_end,
        quantity: format!(
            "|m| at the end from configurations in the field {}, minus that from configurations without a field, of one machine that was shown all fields",
            settings.fields[settings.fields.len() - 1]
        ),
        verdict: if forgotten { Verdict::Contradicted } else { Verdict::NotComparable },
        reason: format!(
            "At the start it is {}. The chain has one stationary law{}",
            shown(at_start),
            if forgotten {
                ", so that the end follows no field."
            } else {
                ", but has not reached it after these steps."
            }
        ),
    }
}
