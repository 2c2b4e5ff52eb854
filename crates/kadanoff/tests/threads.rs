//! The number of threads changes no byte of the store or the report.

mod common;

use common::{Project, assert_same};

#[test]
fn one_thread_and_several_give_the_same_bytes() {
    let run = |threads: &str| {
        let project = Project::small();
        project.succeed(["reproduce", "--threads", threads]);
        (project.store(), project.report())
    };
    let (store, report) = run("1");
    assert!(store.len() > 76 && report.contains_key("index.html"));
    for threads in ["2", "5"] {
        let (other_store, other_report) = run(threads);
        assert_same(&other_store, &store, threads);
        assert_same(&other_report, &report, threads);
    }
}

#[test]
fn the_footer_names_the_number_of_threads() {
    let project = Project::new();
    let pages = ["1", "2"].map(|threads| {
        project.succeed(["reproduce", "decimation", "--threads", threads]);
        let page = common::read_all(&project.path("target/reproduce/latest"))["index.html"].clone();
        let page = String::from_utf8(page).expect("UTF-8");
        page.split_once("<footer id=\"run\">").expect("a footer").1.to_owned()
    });
    assert_ne!(pages[0], pages[1]);
}
