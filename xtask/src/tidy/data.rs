//! The files of `data` can be read, and every experiment has its settings.

use super::Finding;
use super::tree::File;

const EXPERIMENTS: &str = "data/experiments/";

pub(super) fn check(files: &[File], experiments: &[&str]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = files.iter().filter_map(unreadable).collect();
    let settings: Vec<&str> = files.iter().filter_map(|file| experiment(&file.path)).collect();
    for name in experiments.iter().filter(|name| !settings.contains(name)) {
        let sentence = format!("the experiment {name} has no file of settings.");
        findings.push(Finding::new(&format!("{EXPERIMENTS}{name}.toml"), 1, sentence));
    }
    for name in settings.iter().filter(|name| !experiments.contains(name)) {
        let sentence = format!("there is no experiment {name} that reads this file.");
        findings.push(Finding::new(&format!("{EXPERIMENTS}{name}.toml"), 1, sentence));
    }
    findings
}

/// The experiment whose settings are at `path`.
fn experiment(path: &str) -> Option<&str> {
    path.strip_prefix(EXPERIMENTS)?.strip_suffix(".toml")
}

fn unreadable(file: &File) -> Option<Finding> {
    if !file.path.starts_with("data/") {
        return None;
    }
    let (line, message) = if file.is("toml") {
        let error = toml::from_str::<toml::Table>(&file.text).err()?;
        let start = error.span().map_or(0, |span| span.start);
        (1 + file.text[..start].matches('\n').count(), error.message().replace('\n', " "))
    } else if file.is("json") {
        let error = serde_json::from_str::<serde_json::Value>(&file.text).err()?;
        (error.line(), error.to_string())
    } else {
        return None;
    };
    Some(Finding::new(&file.path, line, format!("the file cannot be read: {message}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn experiments_and_their_settings() {
        let files = [
            File::new("data/experiments/a.toml", "b = 1\n"),
            File::new("data/experiments/c.toml", "b = 1\n"),
            File::new("data/golden/d.json", "[1, 2]"),
            File::new("data/golden/README.md", "# {"),
        ];
        assert_eq!(check(&files, &["a", "c"]), []);
        let found: Vec<String> =
            check(&files, &["a", "e"]).iter().map(|f| f.path.clone()).collect();
        assert_eq!(found, ["data/experiments/e.toml", "data/experiments/c.toml"]);
    }

    #[test]
    fn files_that_cannot_be_read() {
        let toml = unreadable(&File::new("data/published/a.toml", "a = 1\nb = = 2\n"));
        assert_eq!(toml.map(|finding| finding.line), Some(2));
        let json = unreadable(&File::new("data/golden/a.json", "[1,\n2,\n"));
        assert!(json.is_some());
        assert_eq!(unreadable(&File::new("crates/a/Cargo.toml", "= =")), None);
    }
}
