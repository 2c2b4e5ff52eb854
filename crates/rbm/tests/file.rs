//! An RBM goes into a file and comes back bit for bit; what is not an RBM is refused by name.

#[path = "common/random.rs"]
mod random;

use proptest::prelude::*;
use random::random_rbm;
use rbm::file::{Metadata, from_bytes, to_bytes};
use rbm::{Error, Rbm};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

fn rbms() -> impl Strategy<Value = Rbm> {
    (1usize..=7, 1usize..=5, any::<u64>()).prop_map(|(m, n, seed)| random_rbm(m, n, 1e3, seed))
}

fn metadata() -> impl Strategy<Value = Metadata> {
    prop::collection::btree_map(any::<String>(), any::<String>(), 0..6)
}

/// Little-endian bytes of a few numbers.
fn bytes_of(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// A file of tensors `(name, type, shape, bytes)`, by the reference writer.
fn file(tensors: &[(&str, Dtype, &[usize], Vec<u8>)]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        (*name, TensorView::new(*dtype, shape.to_vec(), bytes).expect("a tensor"))
    });
    safetensors::serialize(views, None).expect("a file")
}

proptest! {
    #[test]
    fn there_and_back_bit_for_bit(rbm in rbms(), metadata in metadata()) {
        let bytes = to_bytes(&rbm, &metadata);
        prop_assert_eq!(&bytes, &to_bytes(&rbm.clone(), &metadata.clone()));
        let (read, texts) = from_bytes(&bytes).unwrap();
        prop_assert_eq!(&read, &rbm);
        prop_assert_eq!(texts, metadata);
        // Equal bits, also of zeros with a sign.
        let bits = |rbm: &Rbm| rbm.weights.iter().map(|w| w.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&read), bits(&rbm));
    }

    #[test]
    fn rows_are_rows_for_the_reference_reader(rbm in rbms()) {
        let bytes = to_bytes(&rbm, &Metadata::new());
        let file = SafeTensors::deserialize(&bytes).unwrap();
        prop_assert_eq!(file.len(), 3);
        let weights = file.tensor("weights").unwrap();
        prop_assert_eq!(weights.shape(), &[rbm.visible(), rbm.hidden()][..]);
        for (i, row) in weights.data().chunks_exact(4 * rbm.hidden()).enumerate() {
            let expected: Vec<f32> = rbm.weights.row(i).iter().copied().collect();
            prop_assert_eq!(row, &bytes_of(&expected)[..]);
        }
        let bias = file.tensor("visible_bias").unwrap();
        prop_assert_eq!(bias.data(), &bytes_of(rbm.visible_bias.as_slice())[..]);
        let bias = file.tensor("hidden_bias").unwrap();
        prop_assert_eq!(bias.data(), &bytes_of(rbm.hidden_bias.as_slice())[..]);
        // Numbers are aligned for readers that map the file.
        prop_assert_eq!((bytes.len() - 4 * (rbm.weights.len() + rbm.visible() + rbm.hidden())) % 8, 0);
    }

    #[test]
    fn a_file_that_ends_early_is_none(rbm in rbms(), metadata in metadata(), cut in 0.0..1.0f64) {
        let bytes = to_bytes(&rbm, &metadata);
        let end = (cut * bytes.len() as f64) as usize;
        let cut = from_bytes(&bytes[..end]);
        prop_assert!(matches!(cut, Err(Error::NotAFile { .. })), "{:?}", cut);
    }

    #[test]
    fn garbage_never_panics(garbage in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(from_bytes(&garbage).is_err());
    }

    #[test]
    fn damage_never_panics(
        rbm in rbms(), metadata in metadata(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = to_bytes(&rbm, &metadata);
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        // A changed number may still be an RBM; all else is an error.
        if let Ok((read, _)) = from_bytes(&bytes) {
            prop_assert!(read.weights.iter().all(|w| w.is_finite()));
            prop_assert_eq!(read.visible_bias.len(), read.visible());
            prop_assert_eq!(read.hidden_bias.len(), read.hidden());
        }
    }
}

#[test]
fn another_writer_and_other_tensors_are_read() {
    let tensors: [(&str, Dtype, &[usize], Vec<u8>); 4] = [
        ("hidden_bias", Dtype::F32, &[2], bytes_of(&[7.0, 8.0])),
        ("moments", Dtype::F64, &[1], vec![0; 8]),
        ("visible_bias", Dtype::F32, &[1], bytes_of(&[-0.0])),
        ("weights", Dtype::F32, &[1, 2], bytes_of(&[1.0, 2.0])),
    ];
    let (rbm, metadata) = from_bytes(&file(&tensors)).unwrap();
    assert_eq!(rbm.weights.as_slice(), [1.0, 2.0]);
    assert_eq!(rbm.visible_bias[0].to_bits(), (-0.0_f32).to_bits());
    assert_eq!(rbm.hidden_bias.as_slice(), [7.0, 8.0]);
    assert!(metadata.is_empty());
}

#[test]
fn each_fault_has_its_error() {
    type Tensor = (&'static str, Dtype, &'static [usize], Vec<u8>);
    let good = || -> Vec<Tensor> {
        vec![
            ("weights", Dtype::F32, &[2, 1], bytes_of(&[1.0, 2.0])),
            ("visible_bias", Dtype::F32, &[2], bytes_of(&[0.0; 2])),
            ("hidden_bias", Dtype::F32, &[1], bytes_of(&[0.0])),
        ]
    };
    assert!(from_bytes(&file(&good())).is_ok());
    let names = ["weights", "visible_bias", "hidden_bias"];
    for (place, name) in names.into_iter().enumerate() {
        let with = |tensor: Option<Tensor>| {
            let mut tensors = good();
            tensors.splice(place..=place, tensor);
            from_bytes(&file(&tensors))
        };
        assert_eq!(with(None), Err(Error::NoTensor { name }));
        let found = "F64".to_owned();
        let doubles = with(Some((name, Dtype::F64, &[1], vec![0; 8])));
        assert_eq!(doubles, Err(Error::TensorType { name, found }));
        for (shape, numbers) in [(&[3][..], 3), (&[1, 1, 1], 1), (&[0, 1], 0), (&[], 1)] {
            let shaped = with(Some((name, Dtype::F32, shape, vec![0; 4 * numbers])));
            let refused = |error: &Error| matches!(error, Error::TensorShape { name: n, found, .. } if *n == name && found == shape);
            assert!(shaped.as_ref().is_err_and(refused), "{name} {shape:?}: {shaped:?}");
        }
        let (_, _, shape, _) = good()[place];
        let units = shape.iter().product::<usize>();
        for value in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            let mut numbers = vec![0.0; units];
            numbers[units - 1] = value;
            let infinite = with(Some((name, Dtype::F32, shape, bytes_of(&numbers))));
            let refused = |error: &Error| matches!(error, Error::TensorNotFinite { name: n, index, .. } if *n == name && *index == units - 1);
            assert!(infinite.as_ref().is_err_and(refused), "{infinite:?}");
        }
    }
}
