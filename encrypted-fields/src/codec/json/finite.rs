//! Whether a value is free of floats that JSON cannot hold: a serializer that writes nothing and stops at the first.

use std::fmt;

use serde::ser::{self, Serialize};

/// Why a value did not pass.
#[derive(Debug)]
pub(super) struct Stop(pub(super) &'static str);

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(super::UNWRITABLE)
    }
}

/// Walks the value, map keys included.
pub(super) fn check<T: Serialize + ?Sized>(value: &T) -> Result<(), Stop> {
    value.serialize(Finite)
}

/// The serializer, and that of every compound: there is no state, as the first float that is not finite ends the walk.
struct Finite;

/// Methods with nothing inside that could be a float.
macro_rules! pass {
    ($($method:ident($($argument:ty),*))*) => {$(
        fn $method(self $(, _: $argument)*) -> Result<(), Stop> {
            Ok(())
        }
    )*};
}

/// Methods that look at a float.
macro_rules! look {
    ($($method:ident($float:ty))*) => {$(
        fn $method(self, value: $float) -> Result<(), Stop> {
            if value.is_finite() { Ok(()) } else { Err(Stop("NaN and infinities are not JSON")) }
        }
    )*};
}

/// Methods that wrap one value, given last.
macro_rules! enter {
    ($($method:ident($($argument:ty),*))*) => {$(
        fn $method<T: Serialize + ?Sized>(self $(, _: $argument)*, value: &T) -> Result<(), Stop> {
            value.serialize(self)
        }
    )*};
}

/// Methods that begin a compound, and its type.
macro_rules! begin {
    ($($method:ident($($argument:ty),*) -> $compound:ident;)*) => {$(
        type $compound = Self;

        fn $method(self $(, _: $argument)*) -> Result<Self, Stop> {
            Ok(self)
        }
    )*};
}

/// The compounds: each part is a value of its own.
macro_rules! parts {
    ($($compound:ident: $($method:ident($($name:ty)?))+;)*) => {$(
        impl ser::$compound for Finite {
            type Ok = ();
            type Error = Stop;

            $(
                fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Result<(), Stop> {
                    check(value)
                }
            )+

            fn end(self) -> Result<(), Stop> {
                Ok(())
            }
        }
    )*};
}

impl ser::Serializer for Finite {
    type Ok = ();
    type Error = Stop;

    look! { serialize_f32(f32) serialize_f64(f64) }

    pass! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_none() serialize_unit() serialize_unit_struct(&'static str)
        serialize_unit_variant(&'static str, u32, &'static str)
    }

    enter! {
        serialize_some()
        serialize_newtype_struct(&'static str)
        serialize_newtype_variant(&'static str, u32, &'static str)
    }

    begin! {
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct(&'static str, usize) -> SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }

    /// Text, whatever it says: it is not even formatted, which would leave a copy of it in memory.
    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Stop> {
        Ok(())
    }

    /// As serde_json answers, so that a type shows here the shape that it was written in.
    fn is_human_readable(&self) -> bool {
        true
    }
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key() serialize_value();
    SerializeStruct: serialize_field(&'static str);
    SerializeStructVariant: serialize_field(&'static str);
}
