//! Heads and numbers against files that numpy wrote, and against anything else.

use super::*;
use proptest::prelude::*;
use serde_json::Value;

/// A file with this text as its head, in this version.
fn file(version: u8, text: &str) -> Vec<u8> {
    let mut bytes = [MAGIC.as_slice(), &[version, 0]].concat();
    match version {
        1 => bytes.extend((text.len() as u16).to_le_bytes()),
        _ => bytes.extend((text.len() as u32).to_le_bytes()),
    }
    bytes.extend(text.as_bytes());
    bytes
}

fn read(mut bytes: &[u8]) -> Result<Head, String> {
    Head::read(&mut bytes)
}

#[test]
fn arrays_that_numpy_wrote() {
    let golden = include_str!("../../../../../data/golden/npy.json");
    let golden: Value = serde_json::from_str(golden).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() > 20);
    for case in cases {
        let hex = case["hex"].as_str().unwrap().as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = hex.chunks(2).map(byte).collect();
        let mut rest = bytes.as_slice();
        let head = Head::read(&mut rest);
        let Some(kind) = case["kind"].as_str() else {
            assert!(head.unwrap_err().contains("plain numbers"), "{case}");
            continue;
        };
        let head = head.unwrap();
        assert_eq!((head.kind.as_str(), head.by_columns), (kind, case["by_columns"] == true));
        let shape: Vec<u64> = head.shape.iter().map(|&axis| axis as u64).collect();
        assert_eq!(serde_json::json!(shape), case["shape"]);
        let Some(numbers) = case["numbers"].as_array() else {
            assert!(head.layout().is_none(), "{case}");
            continue;
        };
        let layout = head.layout().unwrap();
        for number in numbers {
            let found = layout.read(&mut rest).unwrap();
            // Infinities and what is no number are texts.
            match number.as_f64() {
                Some(number) => assert_eq!(f64::from(found), number, "{case}"),
                None => assert_eq!(found.to_string(), number.as_str().unwrap(), "{case}"),
            }
        }
        assert_eq!(layout.read(&mut rest), Err("ends too early".to_owned()), "{case}");
    }
}

#[test]
fn heads_have_the_bytes_that_they_always_had() {
    for (kind, shape, text) in [
        (
            "|i1",
            &[25_000, 100][..],
            "{'descr': '|i1', 'fortran_order': False, 'shape': (25000, 100, ), }",
        ),
        ("<f8", &[7], "{'descr': '<f8', 'fortran_order': False, 'shape': (7, ), }"),
        ("<U123", &[], "{'descr': '<U123', 'fortran_order': False, 'shape': (), }"),
        (
            "<f4",
            &[21, 2000, 64],
            "{'descr': '<f4', 'fortran_order': False, 'shape': (21, 2000, 64, ), }",
        ),
    ] {
        let head = Head::by_rows(kind, shape);
        assert_eq!(head.len(), 128, "{kind}");
        assert_eq!(head[..10], *b"\x93NUMPY\x01\x00v\x00", "{kind}");
        let (start, end) = head[10..].split_at(text.len());
        assert_eq!((start, end.last()), (text.as_bytes(), Some(&b'\n')), "{kind}");
        assert!(end[..end.len() - 1].iter().all(|&byte| byte == b' '), "{kind}");
    }
}

#[test]
fn what_is_no_head_is_refused() {
    let good = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n";
    assert!(read(&file(1, good)).is_ok());
    for (old, new) in [
        ("(2, 3)", "(2, 3, )"),
        ("(2, 3), }\n", "(2, 3)}"),
        ("{", "  {  "),
        ("'<f8'", "\"<f8\""),
        ("'shape': (2, 3), ", ""),
        ("'descr'", "'shape': (1,), 'descr'"),
        ("'descr'", "'other': True, 'descr'"),
        ("'<f8'", "'<f8"),
        ("'<f8'", "'<\\x668'"),
        ("'<f8'", "[('a', '<f8')]"),
        ("'<f8'", "8"),
        ("False", "0"),
        ("(2, 3)", "(2)"),
        ("(2, 3)", "2, 3"),
        ("(2, 3)", "[2, 3]"),
        ("(2, 3)", "(2 3)"),
        ("(2, 3)", "(, )"),
        ("(2, 3)", "(-2, 3)"),
        ("(2, 3)", "(2, 3.0)"),
        ("(2, 3)", "(2, 99999999999999999999)"),
        ("(2, 3)", "((2, 3), )"),
        ("}\n", "} {"),
        ("}\n", ""),
        ("'descr': ", "'descr' "),
    ] {
        assert!(good.contains(old), "{old}");
        let text = good.replace(old, new);
        let is_right = ["(2, 3, )", "(2, 3)}", "  {  ", "\"<f8\""].contains(&new);
        assert_eq!(read(&file(1, &text)).is_ok(), is_right, "{text}");
    }
    let many = |axes: usize| good.replace("2, 3", &vec!["1"; axes].join(", "));
    assert_eq!(read(&file(1, &many(64))).map(|head| head.shape.len()), Ok(64));
    assert!(read(&file(1, &many(65))).is_err());
    assert!(read(b"\x93NUMPX\x01\x00").unwrap_err().contains("no array of numpy"));
    assert!(read(&file(4, good)).unwrap_err().contains("version 4.0"));
}

#[test]
fn lengths_and_brackets_ask_for_nothing() {
    let mut long = file(2, "");
    long[8..].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(read(&long).unwrap_err().contains("4294967295 bytes"));
    for open in ["(", "[", "{", "'descr': ("] {
        let text = format!("{{'shape': {}", open.repeat(65_000 / open.len()));
        assert!(read(&file(2, &text)).is_err(), "{open}");
    }
    assert_eq!(read(&file(2, &" ".repeat(100))[..50]), Err("ends too early".to_owned()));
}

fn a_kind() -> impl Strategy<Value = String> {
    let number =
        (prop::sample::select(vec!["<", ">"]), prop::sample::select(vec!["i2", "f4", "f8"]));
    prop_oneof![
        Just("|i1".to_owned()),
        number.prop_map(|(order, kind)| format!("{order}{kind}")),
        (1..10_000).prop_map(|length| format!("<U{length}")),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(kind in a_kind(), shape in prop::collection::vec(any::<u32>(), 0..6)) {
        let shape: Vec<usize> = shape.into_iter().map(|axis| axis as usize).collect();
        let bytes = Head::by_rows(&kind, &shape);
        prop_assert_eq!(bytes.len() % 64, 0);
        let mut rest = bytes.as_slice();
        prop_assert_eq!(Head::read(&mut rest), Ok(Head { kind, by_columns: false, shape }));
        prop_assert!(rest.is_empty());
    }

    #[test]
    fn nothing_makes_the_reader_fall(text in "[{}()\\[\\]',:0-9a-zA-Z<>| \\\\\n\"]{0,300}", version in 1_u8..4) {
        // Right or wrong, there is an answer.
        let _ = read(&file(version, &text));
    }

    #[test]
    fn damaged_heads_have_an_answer(at in 0_usize..128, byte in any::<u8>(), length in 0_usize..=128) {
        let mut bytes = Head::by_rows("<f8", &[3, 5]);
        bytes[at] = byte;
        let _ = read(&bytes[..length]);
        if let Ok(head) = read(&bytes) {
            prop_assert!(head.shape.len() <= 2);
        }
    }

    #[test]
    fn numbers_are_those_of_the_bytes(x in any::<i64>(), y in any::<f64>()) {
        let number = |kind: &str, bytes: &[u8]| {
            let head = Head { kind: kind.to_owned(), by_columns: false, shape: vec![1] };
            head.layout().unwrap().read(&mut &*bytes).unwrap()
        };
        prop_assert_eq!(number("|i1", &(x as i8).to_le_bytes()), Number::Whole((x as i8).into()));
        prop_assert_eq!(number("<i2", &(x as i16).to_le_bytes()), Number::Whole((x as i16).into()));
        prop_assert_eq!(number(">i4", &(x as i32).to_be_bytes()), Number::Whole((x as i32).into()));
        prop_assert_eq!(number(">i8", &x.to_be_bytes()), Number::Whole(x));
        prop_assert_eq!(number("<f8", &y.to_le_bytes()), Number::Double(y));
        prop_assert_eq!(number(">f4", &(y as f32).to_be_bytes()), Number::Single(y as f32));
    }
}
