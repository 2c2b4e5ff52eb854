//! Artifacts as bytes: a header that says what they are, and a checksum that says whether they still are.
//!
//! bincode is used here and nowhere else. It is complete but no longer maintained; the format byte leaves room for a
//! successor.

use anyhow::{Context, Result, anyhow, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;

const MAGIC: &[u8; 8] = b"kadanoff";
/// 1: bincode 2, legacy configuration.
const FORMAT: u8 = 1;
const HEADER: usize = MAGIC.len() + 1 + 8 + 32;
/// The largest artifact that is read back, 4 GiB: a damaged length must not ask for all memory.
const LIMIT: usize = 1 << 32;

/// The hash of an artifact's content.
pub type ContentHash = [u8; 32];

/// Header (magic, format, length, blake3) and payload, and the hash of the payload.
pub fn encode<T: Serialize>(value: &T) -> Result<(Vec<u8>, ContentHash)> {
    let config = bincode::config::legacy();
    let payload =
        bincode::serde::encode_to_vec(value, config).context("cannot encode an artifact")?;
    let hash = *blake3::hash(&payload).as_bytes();
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend_from_slice(MAGIC);
    bytes.push(FORMAT);
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&hash);
    bytes.extend_from_slice(&payload);
    Ok((bytes, hash))
}

/// The artifact and the hash of its content.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, ContentHash)> {
    let (value, hash, rest) = decode_first(bytes)?;
    ensure!(rest.is_empty(), "its length is wrong");
    Ok((value, hash))
}

/// The artifact at the beginning, the hash of its content, and what follows it.
pub fn decode_first<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, ContentHash, &[u8])> {
    ensure!(bytes.len() >= HEADER, "it is truncated");
    let (header, rest) = bytes.split_at(HEADER);
    ensure!(header.starts_with(MAGIC), "it is no file of results that kadanoff wrote");
    ensure!(header[8] == FORMAT, "its format is {}, not {FORMAT}", header[8]);
    let length = u64::from_le_bytes(header[9..17].try_into()?);
    ensure!(length <= rest.len() as u64, "its length is wrong");
    let (payload, rest) = rest.split_at(length as usize);
    let hash = *blake3::hash(payload).as_bytes();
    ensure!(header[17..] == hash, "its checksum is wrong");
    let config = bincode::config::legacy().with_limit::<LIMIT>();
    let (value, read) = bincode::serde::decode_from_slice(payload, config)
        .map_err(|_| anyhow!("it holds something else, or another version wrote it"))?;
    ensure!(read == payload.len(), "it is longer than its content");
    Ok((value, hash, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_damaged_byte_is_noticed() {
        let value = (vec![1.5_f64, f64::INFINITY], "text".to_owned());
        let (bytes, hash) = encode(&value).unwrap();
        assert_eq!(decode::<(Vec<f64>, String)>(&bytes).unwrap(), (value, hash));
        for i in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[i] ^= 1;
            assert!(decode::<(Vec<f64>, String)>(&damaged).is_err(), "byte {i}");
            assert!(decode::<(Vec<f64>, String)>(&bytes[..i]).is_err(), "cut at {i}");
        }
    }

    #[test]
    fn one_artifact_after_another() {
        let [(one, hash), (other, _)] = ["one", "other"].map(|text| encode(&text).unwrap());
        let both = [one, other.clone()].concat();
        let first = decode_first::<String>(&both).unwrap();
        assert_eq!(first, ("one".to_owned(), hash, other.as_slice()));
        assert!(decode::<String>(&both).is_err());
    }
}
