//! Prose as HTML: `$...$` is LaTeX and becomes MathML, all else is escaped.

use pulldown_latex::event::{Content, Event};
use pulldown_latex::{Parser, RenderConfig, Storage, push_mathml};

/// Text with `$...$` set as mathematics. A dollar without a partner stays a dollar.
pub(crate) fn html(text: &str) -> String {
    let mut pieces: Vec<&str> = text.split('$').collect();
    let unpaired = if pieces.len().is_multiple_of(2) { pieces.pop() } else { None };
    let mut html = String::new();
    for (i, piece) in pieces.iter().enumerate() {
        html += &if i % 2 == 0 { escaped(piece) } else { mathematics(piece) };
    }
    if let Some(rest) = unpaired {
        html += "$";
        html += &escaped(rest);
    }
    html
}

/// MathML, or the source itself if it is not valid LaTeX.
fn mathematics(latex: &str) -> String {
    let as_source = || format!("<code>{}</code>", escaped(latex));
    let storage = Storage::new();
    let events: Vec<_> = Parser::new(latex, &storage).collect();
    let is_refused = |event: &Result<Event, _>| match event {
        Ok(Event::Content(Content::Function(name))) => name.contains(['<', '>', '&']),
        event => event.is_err(),
    };
    if events.iter().any(is_refused) {
        return as_source();
    }
    let mut mathml = String::new();
    match push_mathml(&mut mathml, events.into_iter(), RenderConfig::default()) {
        // The renderer leaves operators of one character unescaped: they fill their element.
        Ok(()) => {
            mathml.replace("><</", ">&lt;</").replace(">></", ">&gt;</").replace(">&</", ">&amp;</")
        }
        Err(_) => as_source(),
    }
}

/// What means something in HTML, as what it looks like.
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            '\'' => html += "&#39;",
            _ => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::html as prose;

    #[test]
    fn prose_is_escaped_and_mathematics_is_set() {
        assert_eq!(prose("a < b & \"c\""), "a &lt; b &amp; &quot;c&quot;");
        assert_eq!(prose("costs 5$ <i>"), "costs 5$ &lt;i&gt;");
        let set = prose("the point $g^* < 1$ is");
        assert!(set.starts_with("the point <math") && set.ends_with("</math> is"));
        assert!(set.contains("&lt;") && !set.contains("< 1"));
        assert_eq!(prose(r"$\frac{<script>$"), r"<code>\frac{&lt;script&gt;</code>");
        assert!(!prose(r"$\text{<script>}$").contains("<script>"));
        assert!(!prose(r"$\operatorname{<b>}$").contains("<b>"));
        assert!(prose(r"$a>b \& c$").contains("<mo>&gt;</mo>"));
        assert!(prose(r"$a>b \& c$").contains("<mi>&amp;</mi>"));
    }
}
