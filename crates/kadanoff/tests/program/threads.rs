//! The number of threads changes no byte of the store or the report.

use crate::common::small::{RUN, experiments};
use crate::common::{Room, assert_same, read_all};

#[test]
fn one_thread_and_several_give_the_same_bytes() {
    let names = experiments();
    let mut arguments: Vec<&str> = names.iter().map(String::as_str).collect();
    arguments.extend(["--profile", "tiny", "--threads"]);
    let run = |threads: &str| {
        let room = Room::new();
        room.reproduce(&[&arguments[..], &[threads]].concat());
        (room.store(), room.report())
    };
    let [(store, report), (other_store, other_report)] = ["1", "2"].map(run);
    assert!(report.contains_key("index.html"));
    assert_same(&other_store, &store, "store");
    assert_same(&other_report, &report, "report");
}

#[test]
fn settings_of_ones_own_at_more_threads_than_there_are_processors() {
    let run = |threads: &str| {
        let room = Room::with_small_settings();
        room.reproduce(&[&RUN[..], &["--threads", threads]].concat());
        (room.store(), room.report())
    };
    let [(store, report), (other_store, other_report)] = ["1", "5"].map(run);
    assert_same(&other_store, &store, "store");
    assert_same(&other_report, &report, "report");
}

#[test]
fn the_footer_names_the_number_of_threads() {
    let room = Room::new();
    let pages = ["1", "2"].map(|threads| {
        room.reproduce(&["decimation", "--threads", threads]);
        let page = read_all(&room.path("report"))["index.html"].clone();
        let page = String::from_utf8(page).expect("UTF-8");
        page.split_once("<footer id=\"run\">").expect("a footer").1.to_owned()
    });
    assert_ne!(pages[0], pages[1]);
}
