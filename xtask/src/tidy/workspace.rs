//! The workspace's crates as cargo describes them.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A crate of the workspace.
pub(super) struct Package {
    pub(super) name: String,
    /// Its folder below the root.
    pub(super) folder: String,
    pub(super) description: Option<String>,
    /// The crates of the workspace that it needs to be built, tests aside.
    pub(super) needs: Vec<String>,
    /// The root file of its library, if it has one, below the project's root.
    pub(super) library: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    manifest_path: PathBuf,
    description: Option<String>,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
    /// Set for crates of the workspace only.
    path: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

/// Asks cargo for the crates of the workspace at `root`.
pub(super) fn packages(root: &Path) -> Result<Vec<Package>> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("cannot run cargo")?;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ");
    ensure!(output.status.success(), "cargo metadata failed: {complaint}");
    let root = root.canonicalize().context("the project's root is gone")?;
    parse(&String::from_utf8_lossy(&output.stdout), &root)
}

fn parse(json: &str, root: &Path) -> Result<Vec<Package>> {
    let metadata: Metadata =
        serde_json::from_str(json).context("cannot read what cargo metadata says")?;
    let below =
        |path: &Path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let package = |described: Described| {
        let library =
            described.targets.iter().find(|target| target.kind.iter().any(|k| k == "lib"));
        let needs = described.dependencies.into_iter();
        let needs = needs.filter(|d| d.path.is_some() && d.kind.as_deref() != Some("dev"));
        Package {
            folder: below(described.manifest_path.parent().unwrap_or(Path::new(""))),
            library: library.map(|target| below(&target.src_path)),
            needs: needs.map(|dependency| dependency.name).collect(),
            name: described.name,
            description: described.description,
        }
    };
    Ok(metadata.packages.into_iter().map(package).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crate_needs() {
        let json = r#"{"packages": [{
            "name": "a", "manifest_path": "/p/crates/a/Cargo.toml", "description": null,
            "dependencies": [
                {"name": "b", "kind": null, "path": "/p/crates/b"},
                {"name": "c", "kind": "dev", "path": "/p/crates/c"},
                {"name": "d", "kind": "build", "path": "/p/crates/d"},
                {"name": "serde", "kind": null}
            ],
            "targets": [
                {"kind": ["test"], "src_path": "/p/crates/a/tests/t.rs"},
                {"kind": ["lib"], "src_path": "/p/crates/a/src/lib.rs"}
            ]
        }]}"#;
        let packages = parse(json, Path::new("/p")).unwrap();
        assert_eq!(packages.len(), 1);
        assert_eq!(packages[0].folder, "crates/a");
        assert_eq!(packages[0].needs, ["b", "d"]);
        assert_eq!(packages[0].library.as_deref(), Some("crates/a/src/lib.rs"));
        assert!(packages[0].description.is_none());
    }
}
