//! Prose for a terminal: LaTeX as a physicist would type it.

/// LaTeX between dollars as a physicist would type it: `T_c`, `β^2`, `1/2`. Lossless enough to read,
/// and what it does not know it leaves as the name of the command.
pub(crate) fn plain(text: &str) -> String {
    let pieces = text.split('$').enumerate();
    pieces
        .map(|(i, piece)| if i % 2 == 0 { piece.to_owned() } else { plain_mathematics(piece) })
        .collect()
}

fn plain_mathematics(latex: &str) -> String {
    let mut plain = String::new();
    let mut rest = latex;
    while let Some(start) = rest.find('\\') {
        plain += &rest[..start];
        let command = &rest[start + 1..];
        let letters = command.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(command.len());
        // A command without letters is one escaped character such as `\,` or `\{`.
        let end =
            if letters == 0 { command.chars().next().map_or(0, char::len_utf8) } else { letters };
        plain += symbol(&command[..end]);
        rest = &command[end..];
    }
    plain += rest;
    grouped(&plain.replace("}{", "/"))
}

/// Braces around one character are dropped, around more they become parentheses.
fn grouped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once('{') {
        let (group, after) = inside.split_once('}').unwrap_or((inside, ""));
        plain += before;
        plain += &if group.chars().count() > 1 { format!("({group})") } else { group.to_owned() };
        rest = after;
    }
    (plain + rest).replace('}', "")
}

fn symbol(command: &str) -> &str {
    match command {
        "alpha" => "α",
        "beta" => "β",
        "gamma" => "γ",
        "delta" => "δ",
        "epsilon" | "varepsilon" => "ε",
        "eta" => "η",
        "theta" => "θ",
        "kappa" => "κ",
        "lambda" => "λ",
        "mu" => "μ",
        "nu" => "ν",
        "xi" => "ξ",
        "pi" => "π",
        "rho" => "ρ",
        "sigma" => "σ",
        "tau" => "τ",
        "phi" | "varphi" => "φ",
        "chi" => "χ",
        "omega" => "ω",
        "Delta" => "Δ",
        "Lambda" => "Λ",
        "Sigma" => "Σ",
        "langle" => "⟨",
        "rangle" => "⟩",
        "infty" => "∞",
        "sqrt" => "√",
        "dots" | "ldots" => "...",
        "sum" => "∑",
        "partial" => "∂",
        "times" => "×",
        "cdot" => "·",
        "pm" => "±",
        "to" | "rightarrow" => " → ",
        "sim" => " ~ ",
        "approx" => " ≈ ",
        "le" | "leq" => " ≤ ",
        "ge" | "geq" => " ≥ ",
        "ne" | "neq" => " ≠ ",
        "frac" | "tfrac" | "mathrm" | "text" | "left" | "right" => "",
        "," | ";" | " " => " ",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mathematics_is_legible_without_typesetting() {
        assert_eq!(plain(r"at $T_c \approx 2.27$ or $\tanh K$"), "at T_c  ≈  2.27 or tanh K");
        assert_eq!(plain(r"$\tfrac{1}{2}\langle E^{2}\rangle$"), "(1/2)⟨ E^2⟩");
        assert_eq!(plain(r"$\unknown\"), "unknown");
    }
}
