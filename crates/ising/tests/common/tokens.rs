//! The smallest serde format: numbers, truths and sequences, to take a type through its serialised form.

use serde::de::value::{Error, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::ser::{Impossible, Serialize, SerializeSeq, SerializeStruct, Serializer};

/// A value taken apart; a struct is the sequence of its fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Bool(bool),
    Integer(u64),
    Float(f64),
    Sequence(Vec<Token>),
}

/// To tokens and back.
pub(crate) fn round_trip<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, Error> {
    T::deserialize(value.serialize(Writer)?)
}

struct Writer;
struct Elements(Vec<Token>);

macro_rules! unsupported {
    ($($name:ident: $type:ty),* $(,)?) => {
        $(fn $name(self, _: $type) -> Result<Token, Error> {
            Err(serde::ser::Error::custom(stringify!($name)))
        })*
    };
}

type No = Impossible<Token, Error>;

fn no<T>() -> Result<T, Error> {
    Err(serde::ser::Error::custom("not a token"))
}

impl Serializer for Writer {
    type Ok = Token;
    type Error = Error;
    type SerializeSeq = Elements;
    type SerializeStruct = Elements;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStructVariant = No;

    unsupported!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_f32: f32, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    );

    fn serialize_bool(self, v: bool) -> Result<Token, Error> {
        Ok(Token::Bool(v))
    }
    fn serialize_u64(self, v: u64) -> Result<Token, Error> {
        Ok(Token::Integer(v))
    }
    fn serialize_f64(self, v: f64) -> Result<Token, Error> {
        Ok(Token::Float(v))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Elements, Error> {
        Ok(Elements(Vec::new()))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Elements, Error> {
        Ok(Elements(Vec::new()))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Token, Error> {
        value.serialize(self)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Token, Error> {
        no()
    }
    fn serialize_none(self) -> Result<Token, Error> {
        no()
    }
    fn serialize_unit(self) -> Result<Token, Error> {
        no()
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<Token, Error> {
        no()
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Token, Error> {
        no()
    }
    fn serialize_tuple(self, _: usize) -> Result<No, Error> {
        no()
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<No, Error> {
        no()
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<No, Error> {
        no()
    }
    fn serialize_map(self, _: Option<usize>) -> Result<No, Error> {
        no()
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<No, Error> {
        no()
    }
}

impl SerializeSeq for Elements {
    type Ok = Token;
    type Error = Error;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.0.push(value.serialize(Writer)?);
        Ok(())
    }
    fn end(self) -> Result<Token, Error> {
        Ok(Token::Sequence(self.0))
    }
}

impl SerializeStruct for Elements {
    type Ok = Token;
    type Error = Error;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.serialize_element(value)
    }
    fn end(self) -> Result<Token, Error> {
        Ok(Token::Sequence(self.0))
    }
}

impl<'de> Deserializer<'de> for Token {
    type Error = Error;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Token::Bool(v) => visitor.visit_bool(v),
            Token::Integer(v) => visitor.visit_u64(v),
            Token::Float(v) => visitor.visit_f64(v),
            Token::Sequence(v) => visitor.visit_seq(SeqDeserializer::new(v.into_iter())),
        }
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Token {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}
