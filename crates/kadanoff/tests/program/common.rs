//! A room of its own for each test: an empty folder in which the program runs, without a home and far from any checkout.

pub(crate) mod json;
pub(crate) mod numpy;
pub(crate) mod small;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const BIN: &str = env!("CARGO_BIN_EXE_kadanoff");

/// Where reports and results of a room are.
pub(crate) const PLACES: [&str; 4] = ["--out", "report", "--store", "store"];

/// Files by their path, with their content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A folder that goes when the test ends.
pub(crate) struct Room {
    directory: TempDir,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.directory.path().join(inside)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file");
    }

    /// The program in this room.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(BIN);
        self.furnish(&mut command);
        command
    }

    /// Lets a process run in this room, with a home that is not there.
    pub(crate) fn furnish(&self, command: &mut Command) {
        command.current_dir(self.directory.path()).env("HOME", self.path("home"));
        command.env_remove("XDG_CACHE_HOME").env_remove("COLUMNS").stdin(Stdio::null());
    }

    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Said {
        Said::of(self.command().args(arguments).output().expect("a process"))
    }

    /// A run that must succeed and have nothing to complain of.
    pub(crate) fn succeed<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Said {
        let said = self.run(arguments);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        said
    }

    /// `reproduce` with these arguments into the places of the room, which must succeed.
    pub(crate) fn reproduce(&self, arguments: &[&str]) -> Said {
        self.succeed([&["reproduce"], arguments, &PLACES].concat())
    }

    /// A run that must end with this code and one sentence, in which these words are, and change no file.
    pub(crate) fn refuse<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        code: i32,
        words: &[&str],
    ) {
        let before = self.files();
        let said = self.run(arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{said:?}");
        assert!(said.err.starts_with("error: ") && said.err.ends_with('\n'), "{said:?}");
        assert_eq!(said.err.lines().count(), 1, "{said:?}");
        for word in words {
            assert!(said.err.contains(word), "no {word:?} in {said:?}");
        }
        assert_eq!(self.files(), before, "{said:?}");
    }

    /// All files of the room.
    pub(crate) fn files(&self) -> Files {
        read_all(self.directory.path())
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<String> {
        self.files().into_keys().collect()
    }

    /// The entries of the store, without what is temporary or damaged.
    pub(crate) fn store(&self) -> Files {
        let mut files = read_all(&self.path("store"));
        files.retain(|name, _| name.ends_with(".bin"));
        files
    }

    /// The report, the page without its footer.
    pub(crate) fn report(&self) -> Files {
        without_footer(read_all(&self.path("report")))
    }
}

/// What a process said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// `None` after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}
/// All files below a directory; none where there is no directory.
pub(crate) fn read_all(directory: &Path) -> Files {
    let mut files = Files::new();
    let Ok(entries) = fs::read_dir(directory) else { return files };
    for entry in entries {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name");
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            let below = read_all(&entry.path()).into_iter();
            files.extend(below.map(|(path, content)| (format!("{name}/{path}"), content)));
        } else if kind.is_file() {
            // A temporary file of a run under way may have got its name meanwhile.
            if let Ok(content) = fs::read(entry.path()) {
                files.insert(name, content);
            }
        }
    }
    files
}

/// Cuts `<footer id="run">` out of the page: the one part that tells runs apart.
pub(crate) fn without_footer(mut files: Files) -> Files {
    if let Some(page) = files.get_mut("index.html") {
        let text = std::str::from_utf8(page).expect("UTF-8");
        let (before, rest) = text.split_once("<footer id=\"run\">").expect("a footer");
        let (_, after) = rest.split_once("</footer>").expect("the footer's end");
        *page = format!("{before}{after}").into_bytes();
    }
    files
}

/// Both must hold the same names with the same bytes; says which differ instead of printing them.
pub(crate) fn assert_same(found: &Files, expected: &Files, what: &str) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
    let other: Vec<&String> = found.keys().filter(|&name| found[name] != expected[name]).collect();
    assert!(other.is_empty(), "{what}: other bytes in {other:?}");
}

/// A run under way, which does not outlive its test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Waits until `reached`; false when the run ends before that.
    pub(crate) fn wait_until(&mut self, mut reached: impl FnMut() -> bool) -> bool {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            let ended = self.0.try_wait().expect("a state").is_some();
            if reached() {
                return true;
            }
            if ended {
                return false;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        panic!("nothing happened for a minute");
    }

    /// Ends it as kill -9 does, unless it has ended.
    pub(crate) fn kill(mut self) -> ExitStatus {
        self.0.kill().expect("a signal");
        self.0.wait().expect("an end")
    }

    pub(crate) fn wait(mut self) -> ExitStatus {
        self.0.wait().expect("an end")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After an end there is nothing left to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
