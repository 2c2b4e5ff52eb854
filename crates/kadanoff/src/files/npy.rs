//! Arrays in numpy's format .npy, versions 1.0 to 3.0: the head that says of which type, order and shape they are, and numbers.
//!
//! A head is read strictly, in one pass over a bounded number of bytes and without nesting: no file can keep the reader busy
//! or make it ask for memory.

use std::fmt;
use std::io::{self, ErrorKind, Read};

/// What every array begins with.
pub(crate) const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// The most bytes of a head; version 1.0 cannot have more.
const MAX_BYTES: usize = u16::MAX as usize;
/// The most axes that numpy knows.
const MAX_AXES: usize = 64;
/// Numbers begin at a multiple of this.
const ALIGNMENT: usize = 64;

/// What an array is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Head {
    /// The type as numpy writes it, `<f8` for instance.
    pub(crate) kind: String,
    /// Whether the first axis runs fastest, instead of the last.
    pub(crate) by_columns: bool,
    pub(crate) shape: Vec<usize>,
}

impl Head {
    /// The head of an array of this type by rows, as version 1.0: all that we write is short enough for it.
    pub(crate) fn by_rows(kind: &str, shape: &[usize]) -> Vec<u8> {
        let shape: String = shape.iter().map(|axis| format!("{axis}, ")).collect();
        let text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
        let before = MAGIC.len() + 4;
        let length = (before + text.len() + 1).next_multiple_of(ALIGNMENT) - before;
        let mut bytes = [MAGIC.as_slice(), &[1, 0]].concat();
        bytes.extend((length as u16).to_le_bytes());
        bytes.extend(format!("{text:<width$}\n", width = length - 1).into_bytes());
        bytes
    }

    /// Reads a head, up to where the numbers begin.
    ///
    /// # Errors
    /// What is wrong with the array, as a sentence without its subject.
    pub(crate) fn read(reader: &mut impl Read) -> Result<Self, String> {
        let [magic @ .., major, minor] = bytes::<8>(reader)?;
        if magic != *MAGIC {
            return Err("is no array of numpy".to_owned());
        }
        let length = match (major, minor) {
            (1, 0) => u16::from_le_bytes(bytes(reader)?).into(),
            (2 | 3, 0) => u32::from_le_bytes(bytes(reader)?) as usize,
            _ => {
                return Err(format!(
                    "has the version {major}.{minor}, but must have 1.0, 2.0 or 3.0"
                ));
            }
        };
        if length > MAX_BYTES {
            return Err(format!(
                "has a head of {length} bytes, but must have one of at most {MAX_BYTES}"
            ));
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text).map_err(broken)?;
        let head = str::from_utf8(&text).ok().and_then(head);
        head.ok_or_else(|| {
            "has no head that says type, order and shape of plain numbers as numpy does".to_owned()
        })
    }

    /// How the entries are written; none where they are no signed integers or floats of the usual sizes.
    pub(crate) fn layout(&self) -> Option<Layout> {
        let (order, kind) = self.kind.split_at_checked(1)?;
        let (is_float, size) = match kind {
            "i1" => (false, 1),
            "i2" => (false, 2),
            "i4" => (false, 4),
            "i8" => (false, 8),
            "f4" => (true, 4),
            "f8" => (true, 8),
            _ => return None,
        };
        let fits = if size == 1 { order == "|" } else { order == "<" || order == ">" };
        fits.then_some(Layout { big_endian: order == ">", is_float, size })
    }
}

/// How an entry is made of bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    big_endian: bool,
    pub(crate) is_float: bool,
    size: usize,
}

/// One entry of an array.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Whole(i64),
    Single(f32),
    Double(f64),
}

impl Layout {
    /// Reads the next entry.
    ///
    /// # Errors
    /// Why it cannot be read, as a sentence without its subject.
    pub(crate) fn read(self, reader: &mut impl Read) -> Result<Number, String> {
        let mut bytes = [0; 8];
        let used = &mut bytes[..self.size];
        reader.read_exact(used).map_err(broken)?;
        if self.big_endian {
            used.reverse();
        }
        let bits = u64::from_le_bytes(bytes);
        Ok(match (self.is_float, self.size) {
            (true, 4) => Number::Single(f32::from_bits(bits as u32)),
            (true, _) => Number::Double(f64::from_bits(bits)),
            (false, size) => {
                // The sign is that of the highest bit in use.
                let unused = 64 - 8 * size;
                Number::Whole((bits << unused).cast_signed() >> unused)
            }
        })
    }
}

impl From<Number> for f64 {
    fn from(number: Number) -> Self {
        match number {
            Number::Whole(x) => x as f64,
            Number::Single(x) => x.into(),
            Number::Double(x) => x,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // So that 1e300 is not three hundred digits.
        match self {
            Self::Whole(x) => write!(f, "{x}"),
            Self::Single(x) => write!(f, "{x:?}"),
            Self::Double(x) => write!(f, "{x:?}"),
        }
    }
}

fn bytes<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes).map_err(broken)?;
    Ok(bytes)
}

/// Why reading failed, as a sentence without its subject.
pub(crate) fn broken(error: io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "ends too early".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// The dictionary `{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }`, its keys in any order, each of them once.
fn head(text: &str) -> Option<Head> {
    let mut scanner = Scanner(text);
    let (mut kind, mut by_columns, mut shape) = (None, None, None);
    scanner.take("{")?;
    while scanner.take("}").is_none() {
        let key = scanner.quoted()?;
        scanner.take(":")?;
        let is_first = match key {
            "descr" => kind.replace(scanner.quoted()?).is_none(),
            "fortran_order" => by_columns.replace(scanner.truth()?).is_none(),
            "shape" => shape.replace(scanner.shape()?).is_none(),
            _ => false,
        };
        if !is_first {
            return None;
        }
        if scanner.take(",").is_none() {
            scanner.take("}")?;
            break;
        }
    }
    let kind = kind?.to_owned();
    scanner.0.trim_ascii().is_empty().then_some(Head {
        kind,
        by_columns: by_columns?,
        shape: shape?,
    })
}

/// What is left of a text.
struct Scanner<'a>(&'a str);

impl<'a> Scanner<'a> {
    /// Goes on behind `expected`, if that is what comes after spaces.
    fn take(&mut self, expected: &str) -> Option<()> {
        self.0 = self.0.trim_ascii_start().strip_prefix(expected)?;
        Some(())
    }

    /// A text between quotes, without escapes.
    fn quoted(&mut self) -> Option<&'a str> {
        let quote = if self.take("'").is_some() { '\'' } else { self.take("\"").map(|()| '"')? };
        let (text, rest) = self.0.split_once(quote)?;
        self.0 = rest;
        (!text.contains('\\')).then_some(text)
    }

    fn truth(&mut self) -> Option<bool> {
        match self.take("True") {
            Some(()) => Some(true),
            None => self.take("False").map(|()| false),
        }
    }

    /// `()`, `(2,)` or `(2, 3)`.
    fn shape(&mut self) -> Option<Vec<usize>> {
        let mut shape = Vec::new();
        self.take("(")?;
        while self.take(")").is_none() {
            self.0 = self.0.trim_ascii_start();
            let digits = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
            let (axis, rest) = self.0.split_at(digits);
            shape.push(axis.parse().ok()?);
            self.0 = rest;
            let is_last = self.take(",").is_none();
            // With one axis the comma makes it a tuple.
            if shape.len() > MAX_AXES || is_last && shape.len() == 1 {
                return None;
            }
            if is_last {
                self.take(")")?;
                break;
            }
        }
        Some(shape)
    }
}

#[cfg(test)]
mod tests;
