//! `sample`: what is in the file, what is printed, and every kind of bad input.

use crate::common::json::{document, number};
use crate::common::numpy::{settings_of, spins_of, temperatures_of};
use crate::common::{Room, Said};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Runs `sample` with arguments in one string.
fn run(room: &Room, arguments: &str) -> Said {
    room.run(["sample"].into_iter().chain(arguments.split(' ')))
}

/// A run that must succeed, and what it prints as JSON.
fn json(room: &Room, arguments: &str) -> Value {
    document(run(room, &format!("{arguments} --json")))
}

/// The arrays of a file.
struct Arrays {
    /// [sample, site]
    spins: Vec<Vec<i8>>,
    temperature: Vec<f64>,
    settings: Value,
}

fn arrays(path: &Path) -> Arrays {
    let (shape, spins) = spins_of(path);
    let spins = spins.chunks_exact(shape[1] as usize).map(<[i8]>::to_vec).collect();
    Arrays { spins, temperature: temperatures_of(path), settings: settings_of(path) }
}

#[test]
fn the_file_and_the_document() {
    let room = Room::new();
    let arguments = "--lattice rectangle:6,4 --temperatures 1.5:3.5:0.5 --count 300 --seed 7 --symmetrise --out a.npz";
    let document = json(&room, arguments);
    let names: Vec<&String> = document.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["algorithm", "per_temperature", "seconds"]);
    assert_eq!(document["algorithm"], "transfer");
    assert!(number(&document["seconds"]) > 0.0);
    let found = arrays(&room.path("a.npz"));
    assert_eq!((found.spins.len(), found.spins[0].len()), (1500, 24));
    let sets = document["per_temperature"].as_array().expect("a list");
    let temperatures = [1.5, 2.0, 2.5, 3.0, 3.5];
    assert_eq!(sets.len(), temperatures.len());
    for (i, (set, t)) in sets.iter().zip(temperatures).enumerate() {
        assert_eq!((number(&set["temperature"]), &set["count"]), (t, &300.into()));
        let rows = 300 * i..300 * (i + 1);
        assert!(found.temperature[rows.clone()].iter().all(|&found| found == t));
        let rows = &found.spins[rows];
        // Every site has a neighbour to the right and one below.
        let bonds = |row: &Vec<i8>| -> i32 {
            let at = |x: usize, y: usize| i32::from(row[y % 4 * 6 + x % 6]);
            (0..24).map(|i| at(i, i / 6) * (at(i + 1, i / 6) + at(i, i / 6 + 1))).sum()
        };
        let m = |row: &Vec<i8>| f64::from(row.iter().map(|&s| i32::from(s)).sum::<i32>()) / 24.0;
        let mean = |of: &dyn Fn(&Vec<i8>) -> f64| rows.iter().map(of).sum::<f64>() / 300.0;
        for (key, expected) in [
            ("energy_per_spin", mean(&|row| -f64::from(bonds(row)) / 24.0)),
            ("abs_m", mean(&|row| m(row).abs())),
            ("m2", mean(&|row| m(row).powi(2))),
            ("m4", mean(&|row| m(row).powi(4))),
        ] {
            let value = &set[key];
            assert!((number(&value["mean"]) - expected).abs() < 1e-12, "{key} {t}: {value}");
            assert!(number(&value["error"]) > 0.0 && number(&value["tau"]) >= 0.5, "{value}");
        }
        assert!(number(&set["specific_heat"]["mean"]) > 0.0, "{set}");
        assert!((150.0..=300.0).contains(&number(&set["effective_samples"])), "{set}");
        // Both signs, which symmetrising makes equally likely.
        let up = rows.iter().filter(|row| m(row) > 0.0).count();
        assert!((75..225).contains(&up), "{up} of 300");
    }
    let settings = &found.settings;
    assert_eq!((&settings["lattice"], &settings["seed"]), (&"rectangle:6,4".into(), &7.into()));
    assert_eq!((&settings["symmetrise"], &settings["count"]), (&true.into(), &300.into()));
    assert_eq!(settings["temperatures"], serde_json::json!(temperatures));
    assert_eq!(settings["algorithms"], serde_json::json!(vec!["transfer"; 5]));
    // Nothing else was written.
    assert_eq!(room.names(), ["a.npz"]);
}

#[test]
fn every_algorithm_and_the_table() {
    let room = Room::new();
    for name in
        ["metropolis", "heat-bath", "swendsen-wang", "wolff", "multispin", "perfect", "transfer"]
    {
        let arguments = "--lattice square:4 --temperature 2.5 --count 64 --seed 1 --out a.npz";
        let said = run(&room, &format!("{arguments} --algorithm {name}"));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        for word in ["energy per spin", name, "2.5", "64 x square:4", "a.npz"] {
            assert!(said.out.contains(word), "no {word:?} in {said:?}");
        }
        let found = arrays(&room.path("a.npz"));
        assert_eq!((found.spins.len(), found.spins[0].len()), (64, 16), "{name}");
        assert_eq!(found.settings["algorithms"], serde_json::json!([name]));
    }
    // The best one is chosen at each temperature.
    let arguments = "--lattice square:16 --temperatures 4,1 --count 10 --seed 1 --out a.npz";
    assert_eq!(json(&room, arguments)["algorithm"], "multispin, swendsen-wang");
}

#[test]
fn the_ends_of_the_temperatures() {
    let room = Room::new();
    let arguments = "--lattice ring:5 --temperatures 0,inf --count 40 --seed 3 --out a.npz";
    let document = json(&room, arguments);
    let found = arrays(&room.path("a.npz"));
    assert!(found.spins[..40].iter().all(|row| row.iter().all(|spin| *spin == row[0])));
    assert_eq!(found.temperature[39..41], [0.0, f64::INFINITY]);
    let sets = &document["per_temperature"];
    assert_eq!(
        (&sets[0]["energy_per_spin"]["mean"], &sets[1]["temperature"]),
        (&(-1.0).into(), &Value::Null)
    );
    // One configuration has a mean and no error.
    let arguments = "--lattice ring:5 --temperature 1 --count 1 --seed 3 --out a.npz";
    let set = json(&room, arguments)["per_temperature"][0].take();
    assert!(set["abs_m"]["mean"].is_number() && set["abs_m"]["error"].is_null(), "{set}");
}

#[test]
fn threads_change_no_byte_and_seeds_do() {
    let room = Room::new();
    let file = |threads: &str, seed: &str| {
        let arguments = "sample --lattice square:14 --temperatures 2,2.3,3 --count 600 --out a.npz";
        let mut command = room.command();
        command.env("RAYON_NUM_THREADS", threads).args(arguments.split(' '));
        let status = command.args(["--seed", seed]).stdout(std::process::Stdio::null()).status();
        assert!(status.expect("a process").success());
        fs::read(room.path("a.npz")).expect("a file")
    };
    let one = file("1", "1");
    assert!(one == file("2", "1") && one == file("5", "1"));
    assert!(one != file("1", "2"));
}

/// Arguments, to which those that are missing are added, and what the sentence says of them.
const WRONG: [(&str, &[&str]); 40] = [
    ("--lattice square:0", &["--lattice", "'square:0'", "1 to 65535"]),
    ("--lattice square:-4", &["'square:-4'"]),
    ("--lattice square:65536", &["'square:65536'"]),
    ("--lattice square:4097", &["'square:4097'", "16777216 sites"]),
    ("--lattice rectangle:3", &["'rectangle:3'", "rectangle:W,H"]),
    ("--lattice rectangle:3,4,5", &["'rectangle:3,4,5'"]),
    ("--lattice rectangle:3,0", &["'rectangle:3,0'"]),
    ("--lattice rectangle:65535,65535", &["16777216 sites"]),
    ("--lattice ring:3,4", &["'ring:3,4'"]),
    ("--lattice ring:99999999999999999999", &["ring:N"]),
    ("--lattice ring", &["'ring'"]),
    ("--lattice hexagon:4", &["'hexagon:4'", "square:L"]),
    ("--temperature -1", &["--temperature", "'-1'", "at least 1e-100, or inf"]),
    ("--temperature nan", &["--temperature", "'nan'"]),
    ("--temperature 1e999", &["--temperature", "'1e999'"]),
    ("--temperature 1 --temperatures 1,2", &["--temperature", "--temperatures"]),
    ("--temperature 1 --temperature 2", &["--temperature"]),
    ("--temperatures 1,-2", &["--temperatures", "'1,-2'", "a:b:step"]),
    ("--temperatures 1,,2", &["'1,,2'"]),
    ("--temperatures 1:2", &["'1:2'"]),
    ("--temperatures 2:1:0.5", &["'2:1:0.5'", "a <= b"]),
    ("--temperatures 1:2:0", &["'1:2:0'", "positive step"]),
    ("--temperatures 1:2:-1", &["'1:2:-1'"]),
    ("--temperatures 0:1:1e-9", &["'0:1:1e-9'", "at most 100000"]),
    ("--count 0", &["--count", "'0'", "from 1"]),
    ("--count -5", &["--count", "'-5'"]),
    ("--count 1.5", &["--count", "'1.5'"]),
    ("--count 1073741825", &["'1073741825'", "1 to 1073741824"]),
    ("--count 1073741824", &["--count 1073741824", "16 sites", "17179869184 spins", "1073741824"]),
    ("--seed -1", &["--seed", "'-1'"]),
    ("--algorithm glauber", &["--algorithm", "'glauber'", "metropolis, heat-bath"]),
    ("--algorithm Wolff", &["'Wolff'"]),
    ("--lattice square:40 --algorithm transfer", &["--algorithm transfer", "40 wide", "12"]),
    ("--out a.txt", &["--out a.txt", ".npz"]),
    ("--out none/a.npz", &["--out none/a.npz", "no folder none"]),
    ("--out folder.npz", &["--out folder.npz", "no file"]),
    ("--out folder.npz/..", &["--out folder.npz/..", ".npz"]),
    ("--out a.npz/b.npz", &["no folder"]),
    ("--threads 2", &["--threads"]),
    ("more", &["more"]),
];

fn assert_refused(room: &Room, arguments: &str, code: i32, words: &[&str]) {
    room.refuse(["sample"].into_iter().chain(arguments.split(' ')), code, words);
}

#[test]
fn wrong_input_costs_a_sentence() {
    let room = Room::new();
    fs::create_dir(room.path("folder.npz")).expect("a folder");
    fs::write(room.path("a.npz"), "mine").expect("a file");
    let rest = ["--lattice square:4", "--temperature 2", "--count 5", "--seed 1", "--out a.npz"];
    let complete = |given: &str| {
        let missing = rest.iter().filter(|option| {
            let name = option.split(' ').next().expect("a name");
            !given.contains(name)
        });
        let all: Vec<&str> = [given].into_iter().chain(missing.copied()).collect();
        all.join(" ")
    };
    for (arguments, words) in WRONG {
        assert_refused(&room, &complete(arguments), 2, words);
        assert_refused(&room, &format!("{} --json", complete(arguments)), 2, words);
    }
    for missing in rest {
        let left: Vec<&str> = rest.into_iter().filter(|option| *option != missing).collect();
        let name = missing.split(' ').next().expect("a name");
        assert_refused(&room, &left.join(" "), 2, &[name]);
    }
    #[cfg(target_os = "linux")]
    assert_refused(
        &room,
        &complete("--out /proc/a.npz"),
        2,
        &["--out /proc/a.npz", "cannot be written"],
    );
}

#[test]
fn sets_that_are_not_good_enough_are_refused() {
    let room = Room::new();
    // Stripes of hot starts stay for longer than anyone can wait.
    let arguments = "--lattice square:4 --temperatures 3,0.1 --count 5 --algorithm multispin --seed 1 --out a.npz";
    let words = ["multispin at temperature 0.1", "sweeps", "R-hat"];
    assert_refused(&room, arguments, 1, &words);
}

#[test]
fn help_has_an_example_and_the_options() {
    let room = Room::new();
    let said = room.succeed(["sample", "--help"]);
    for word in
        ["Example: kadanoff sample", "rectangle:W,H", "swendsen-wang", "--symmetrise", "a:b:step"]
    {
        assert!(said.out.contains(word), "no {word:?} in {said:?}");
    }
}
