//! A project of its own for each test: a copy of data/ with small settings, and the binary run on it.

// Every test file uses some of these helpers.
#![allow(dead_code)]

pub(crate) mod json;
pub(crate) mod numpy;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const BIN: &str = env!("CARGO_BIN_EXE_xtask");

/// All experiments, in the order of the report.
pub(crate) const EXPERIMENTS: [&str; 17] = [
    "decimation",
    "weight-of-coupling",
    "temperature-ranges",
    "decimation-theorem",
    "variational-rg",
    "learning",
    "hopfield",
    "flow-ring",
    "thermometer",
    "flow-square",
    "flow-controls",
    "flow-field",
    "flow-explained",
    "flow-large",
    "dynamics",
    "equilibrium",
    "thermodynamics",
];

/// Files by their path, with their content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// 164 stages of a millisecond each: 2 seeds of 2 samples, curves and 3 thermometer segments; 12 machines of 4 segments, of two
/// sizes and three training sets; 24 flows of those of the size shown; 72 ends that all thermometers read, and 8 flows.
const SMALL_SQUARE: &str = r#"
side = 4
temperatures = [0.0, 2.0, 4.0]
samples = 30
held_out = 20
algorithm = "metropolis"
burn_in = 10
stride = 2
symmetrise = true
seeds = 2
hidden = [4, 8]
epochs = 4
segment = 1
thermometer_epochs = 3
hottest = 8.0
curve_draws = 200
starts = [0.0, 4.0]
steps = 3
rules = ["mean", "sampled"]
train = { hidden = 8, batch = 10, learning_rate = 0.01, schedule = "constant", negative = { contrastive = { steps = 1 } }, optimiser = { ascent = { momentum = 0.0 } }, l1 = 0.0, l2 = 0.0, initial_std = 0.01, biases = false, ties = "free" }
thermometer = { hidden = [6], batch = 10, learning_rate = 0.01 }
high_from = 4.0
low_to = 0.0
"#;

/// A project directory that goes when the test ends.
pub(crate) struct Project {
    directory: TempDir,
}

impl Project {
    /// The settings of the repository, but for `flow-square`, which is small.
    pub(crate) fn new() -> Self {
        let project = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
        for folder in ["experiments", "published"] {
            let to = project.path("data").join(folder);
            fs::create_dir_all(&to).expect("a folder");
            for entry in fs::read_dir(data.join(folder)).expect("the data") {
                let entry = entry.expect("an entry");
                fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
            }
        }
        let mut square =
            "redoes = \"small\"\nseconds = { quick = 1, standard = 1, paper = 1 }\n".to_owned();
        for profile in ["quick", "standard", "paper"] {
            square += &format!("\n[{profile}]{SMALL_SQUARE}");
        }
        fs::write(project.settings("flow-square"), square).expect("settings");
        project
    }

    /// The project with everything small: every experiment in a moment.
    pub(crate) fn small() -> Self {
        let project = Self::new();
        project.shrink(
            "flow-ring",
            "starts = 100\nsampled_steps = 5\nmean_steps = 10\nseeds = 2\ntrain_samples = 100\nepochs = 2",
        );
        project.shrink(
            "temperature-ranges",
            "points = 4\narchitectures = [[4, 2]]\ndiagram_points = 2\nlaw_sizes = [8]\nsteps = 2\nstarts = 2",
        );
        project.shrink(
            "decimation-theorem",
            "couplings = [0.5, 1.0]\nsites = [4]\nhidden_sizes = [1, 4]\nstarts = 6\npaths = 1\npath_steps = 20\nflow_couplings = [1.0]\ntrain_couplings = [1.0]\n[training]\nseeds = 2\nsamples = 1000\nphases = [[1, 0.2], [1, 0.05]]\ntrapped_above = 100.0\n[training.train]\nhidden = 4\nbatch = 100\nlearning_rate = 0.2\nschedule = \"constant\"\nnegative = { contrastive = { steps = 1 } }\noptimiser = { ascent = { momentum = 0.0 } }\nl1 = 0.0\nl2 = 0.0\ninitial_std = 0.05\nbiases = false\nties = \"free\"",
        );
        project.shrink("variational-rg",
            "starts = 6\npath_steps = 20\n[training]\nseeds = 2\nsamples = 1000\nphases = [[1, 0.2]]\ntrapped_above = 100.0\n[training.train]\nhidden = 4\nbatch = 100\nlearning_rate = 0.2\nschedule = \"constant\"\nnegative = { contrastive = { steps = 1 } }\noptimiser = { ascent = { momentum = 0.0 } }\nl1 = 0.0\nl2 = 0.0\ninitial_std = 0.05\nbiases = false\nties = \"free\"");
        project.shrink("learning",
            "couplings = [1.0]\nseeds = 2\nsamples = 200\nfields = 2\n[race]\nnegatives = [{ contrastive = { steps = 1 } }, \"exact\"]\nupdates = 20\n[race.train]\nhidden = 4\nbatch = 50\nlearning_rate = 0.1\nschedule = \"constant\"\nnegative = { contrastive = { steps = 1 } }\noptimiser = { ascent = { momentum = 0.0 } }\nl1 = 0.0\nl2 = 0.0\ninitial_std = 0.05\nbiases = false\nties = \"free\"\n[tied]\nnegatives = [{ contrastive = { steps = 1 } }, \"exact\"]\nupdates = 200\nburn_in = 100\nspacing = 10\n[tied.train]\nhidden = 4\nbatch = 50\nlearning_rate = 0.1\nschedule = \"constant\"\nnegative = { contrastive = { steps = 1 } }\noptimiser = { ascent = { momentum = 0.0 } }\nl1 = 0.0\nl2 = 0.0\ninitial_std = 0.05\nbiases = false\nties = \"all\"\n[saddle]\nnoise = 1e-5\nupdates = 30\nfurther = 40\n[saddle.exact]\nhidden = 4\nbatch = 200\nlearning_rate = 0.1\nschedule = \"constant\"\nnegative = \"exact\"\noptimiser = { ascent = { momentum = 0.0 } }\nl1 = 0.0\nl2 = 0.0\ninitial_std = 0.05\nbiases = false\nties = \"free\"\n[saddle.sampled]\nhidden = 4\nbatch = 50\nlearning_rate = 0.1\nschedule = \"constant\"\nnegative = { contrastive = { steps = 1 } }\noptimiser = { ascent = { momentum = 0.0 } }\nl1 = 0.0\nl2 = 0.0\ninitial_std = 0.05\nbiases = false\nties = \"free\"");
        project.shrink("hopfield",
            "sizes = [[40, 4], [60, 4], [80, 4]]\nloads = [0.05, 0.3]\nrecalled = 4\n[basins]\nunits = 60\nnetworks = 4\nloads = [0.02, 0.3]\ncorrupted = [0.1, 0.2]");
        project.shrink(
            "dynamics",
            "metropolis = [[4, 200], [6, 200], [8, 200]]\nheat_bath = [[4, 200], [6, 200], [8, 200]]\nrandom_metropolis = [[4, 8000], [5, 9000], [6, 10000]]\nsequential_heat_bath = [[4, 6000], [5, 7000], [6, 8000]]\nswendsen_wang = [[4, 4000], [5, 4000], [6, 4000]]\nwolff = [[4, 4000], [5, 4000], [6, 4000]]\nstart = 10\nruns = 2\ntransfer_sides = [4]\nperfect_sides = [4]\nacceptable = 100.0\ntiming_seconds = 0.0",
        );
        project.shrink(
            "equilibrium",
            "temperatures = [0.0, 1.0, 4.0]\nsides = [4]\nmoments_up_to = 4\ndraws = 1024\nleast_effective = 1.0\nreplicas = { burn_in = 1.0, stride = 0.1 }\nplane = { side = 128, tori = 2, draws = 64, spacing = { burn_in = 0.1, stride = 0.05 }, longest = 64.0 }\nwrong = { coupling = 0.1, sweeps = 1, burn_in = 1 }\nleast_excited = 20.0",
        );
        project.shrink(
            "thermometer",
            "scale = [0.0, 2.0, 4.0]\nread = [2.0, 3.0]\nensemble = 100\n[[lattices]]\nside = 4\ncurve_draws = 200\nsamples = 20\nnetworks = [{ name = \"6\", epochs = 2, train = { hidden = [6], batch = 10, learning_rate = 0.01 } }]",
        );
        project.shrink_flows();
        project.shrink(
            "thermodynamics",
            "temperatures = [2.269, 3.54]\nsamples = 200\nheld_out = 100\nmeasuring = { draws = 200, chains = { number = 8, burn_in = 1, stride = 1, draws = 10 }, annealing = { chains = 4, steps = 2 } }\n[[machines]]\nhidden = 4\nstarts = 2\nphases = [{ epochs = 1, batch = 50, negative = \"exact\", learning_rate = 0.1, last_rate = 0.1 }]\n[[machines]]\nhidden = 64\nstarts = 1\nphases = [{ epochs = 2, batch = 50, negative = { persistent = { chains = 10, steps = 1 } }, learning_rate = 0.1, last_rate = 0.01 }]",
        );
        project
    }

    /// The studies of flows.
    fn shrink_flows(&self) {
        let training = |data: &str| {
            format!(
                "[[tori.trainings]]\ndata = {data:?}\nsamples = 30\nbinary = {{ learning_rate = 0.1, epochs = 2, segment = 1 }}\nspins = {{ learning_rate = 0.01, epochs = 2, segment = 2 }}\nsource_time = 1.0\nm_star = \"veiga-2020/m-star\"\nreconstruction = \"veiga-2020/reconstruction\"\n"
            )
        };
        let network = "train = { hidden = [6], batch = 10, learning_rate = 0.01 }";
        self.shrink(
            "flow-controls",
            &format!("copies = 100\nsteps = 3\nshown = [0, 3]\n[[tori]]\nside = 4\nseeds = 2\ntemperatures = [0.0, 2.0, 4.0]\ncurve_draws = 200\nnetwork_samples = 20\nnetworks = [{{ name = \"6\", epochs = 2, {network} }}, {{ name = \"7\", epochs = 1, {network} }}]\nhidden = 4\nbatch = 10\ninitial_std = 0.1\nm_star_redrawn = \"veiga-2020/m-star-redrawn-100\"\ncheck = {{ learning_rate = 0.05, epochs = 2, segment = 2 }}\n{}",
                ["torus", "ends", "complete-graph", "mean-field"].map(training).concat()),
        );
        self.shrink(
            "flow-large",
            "temperatures = [0.0, 2.0, 4.0]\nsamples = 20\nseeds = 2\nbatch = 10\nepochs = [1, 2]\ncopies = 100\nmixture = 40\nsteps = 3\nnetwork_epochs = 2\nnetwork = { hidden = [6], batch = 10, learning_rate = 0.01 }\ntori = [{ side = 4, curve_draws = 200 }, { side = 6, curve_draws = 200 }]",
        );
        self.shrink(
            "flow-field",
            "side = 3\nhottest = [4.0, 6.0]\nspacing = 2.0\nfields = [0.0, 1.0]\nsamples = 30\nheld_out = 100\nseeds = 2\nepochs = [1, 2]\nnetwork_epochs = 2\nsteps = [3]\nnetwork = { hidden = [6], batch = 10, learning_rate = 0.01 }\ntrain = { hidden = 4, batch = 10, learning_rate = 0.01, schedule = \"constant\", negative = { contrastive = { steps = 1 } }, optimiser = { ascent = { momentum = 0.0 } }, l1 = 0.0, l2 = 0.0, initial_std = 0.01, biases = true, ties = \"free\" }",
        );
        self.shrink(
            "flow-explained",
            "side = 4\ntemperatures = [0.0, 2.0, 4.0]\nsamples = 40\nheld_out = 20\nseeds = 2\nfirst = 2\na_decade = 2\nchains = 10\nsteps = 20\nmean_steps = 10\nsearched = 4\ndraws = 50\nwitnesses = 4\nsweeps = 10\nannealing = { chains = 4, steps = 5 }\nthermometer_epochs = 2\nmachines = [{ hidden = 20, negative = { contrastive = { steps = 1 } }, updates = 20 }, { hidden = 4, negative = { persistent = { chains = 5, steps = 1 } }, updates = 20 }]\nthermometer = { hidden = [6], batch = 10, learning_rate = 0.01 }\nfrozen = { temperature = 2.5, weights = [1.0, 4.0], held_out = 20 }\n[train]\nhidden = 20\nbatch = 10\nlearning_rate = 0.1\nschedule = \"constant\"\nnegative = { contrastive = { steps = 1 } }\noptimiser = { ascent = { momentum = 0.0 } }\nl1 = 0.0\nl2 = 0.0\ninitial_std = 0.1\nbiases = false\nties = \"free\"",
        );
    }

    /// Replaces values in all profiles of an experiment.
    fn shrink(&self, experiment: &str, smaller: &str) {
        let path = self.settings(experiment);
        let mut file: toml::Table =
            fs::read_to_string(&path).expect("settings").parse().expect("TOML");
        let smaller: toml::Table = smaller.parse().expect("TOML");
        for profile in ["quick", "standard", "paper"] {
            let table = file[profile].as_table_mut().expect("a table");
            for (key, value) in &smaller {
                let old = table.insert(key.clone(), value.clone());
                assert!(old.is_some(), "{experiment} has no {key}");
            }
        }
        fs::write(path, file.to_string()).expect("settings");
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.directory.path().join(inside)
    }

    pub(crate) fn settings(&self, experiment: &str) -> PathBuf {
        self.path(&format!("data/experiments/{experiment}.toml"))
    }

    /// Replaces the first `old` in the settings of an experiment.
    pub(crate) fn edit(&self, experiment: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.settings(experiment)).expect("settings");
        assert!(text.contains(old), "{experiment} has no {old:?}");
        fs::write(self.settings(experiment), text.replacen(old, new, 1)).expect("settings");
    }

    /// The binary, at home in this project.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(BIN);
        command.env("CARGO_MANIFEST_DIR", self.path("xtask")).current_dir(self.directory.path());
        command
    }

    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Said {
        Said::of(self.command().args(arguments).stdin(Stdio::null()).output().expect("a process"))
    }

    /// A run that must succeed and have nothing to complain of.
    pub(crate) fn succeed<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Said {
        let said = self.run(arguments);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        said
    }

    /// A run that must end with this code and one sentence, in which these words are, and change no file.
    pub(crate) fn refuse<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        code: i32,
        words: &[&str],
    ) {
        let before = read_all(&self.path(""));
        let said = self.run(arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{said:?}");
        assert_eq!(said.err.lines().count(), 1, "{said:?}");
        assert!(said.err.starts_with("error: "), "{said:?}");
        for word in words {
            assert!(said.err.contains(word), "no {word:?} in {said:?}");
        }
        assert_eq!(read_all(&self.path("")), before, "{said:?}");
    }

    /// The entries of the store, without what is temporary or damaged.
    pub(crate) fn store(&self) -> Files {
        let mut files = read_all(&self.path("target/store"));
        files.retain(|name, _| name.ends_with(".bin"));
        files
    }

    /// The latest report, the page without its footer.
    pub(crate) fn report(&self) -> Files {
        without_footer(read_all(&self.path("target/reproduce/latest")))
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
