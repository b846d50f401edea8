//! `vectors/codec.json`: frozen, worked out from the table in `codec.rs` by another program.

use std::fmt::Debug;

use ::uuid::Uuid as UuidValue;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::sql_types::{
    BigInt, Binary, Bool, Date, Double, Float, Integer, Json, Jsonb, Numeric, SmallInt, Text, Time, Timestamp,
};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::super::{DecodePlain, EncodePlain, tag};
use super::{Same, encoded};
use crate::error::OpenReason;
use crate::sql_types::{Timestamptz, Uuid};

#[derive(Deserialize)]
struct File {
    both: Vec<Vector>,
    read: Vec<Vector>,
    refused: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    sql: String,
    rust: String,
    #[serde(default)]
    value: String,
    bytes: String,
}

fn file() -> File {
    serde_json::from_str(include_str!("../../../vectors/codec.json")).expect("the vectors are of this shape")
}

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.is_ascii() && text.len().is_multiple_of(2), "{text} is not hex");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap()).collect()
}

/// What a vector asks of its pair of types.
#[derive(Clone, Copy)]
enum Ask {
    Both,
    Read,
    Refuse,
}

fn ask<ST, T: EncodePlain<ST> + DecodePlain<ST> + Same>(ask: Ask, vector: &Vector, parse: impl Fn(&str) -> T) {
    let bytes = unhex(&vector.bytes);
    let name = format!("{} as {}: {:?}", vector.sql, vector.rust, vector.value);
    match ask {
        Ask::Refuse => match T::decode(&bytes) {
            Ok(value) => panic!("{name}: {} was read as {value:?}", vector.bytes),
            Err(reason) => assert!(matches!(reason, OpenReason::Value(_)), "{name}: {reason:?}"),
        },
        Ask::Both | Ask::Read => {
            let value = parse(&vector.value);
            if matches!(ask, Ask::Both) {
                assert_eq!(encoded::<ST, T>(&value).as_deref(), Ok(&*bytes), "{name}");
                assert!(value.size_hint() >= bytes.len(), "{name}: the buffer grows while it is written");
            }
            let read = T::decode(&bytes).unwrap_or_else(|reason| panic!("{name}: {reason:?}"));
            assert!(read.same(&value), "{name} was read as {read:?}");
        }
    }
}

fn parse<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn float32(text: &str) -> f32 {
    text.strip_prefix("bits ")
        .map_or_else(|| parse(text), |bits| f32::from_bits(u32::from_str_radix(bits, 16).unwrap()))
}

fn float64(text: &str) -> f64 {
    text.strip_prefix("bits ")
        .map_or_else(|| parse(text), |bits| f64::from_bits(u64::from_str_radix(bits, 16).unwrap()))
}

fn dispatch(a: Ask, v: &Vector) {
    match (v.sql.as_str(), v.rust.as_str()) {
        ("Bool", "bool") => ask::<Bool, bool>(a, v, parse),
        ("SmallInt", "i16") => ask::<SmallInt, i16>(a, v, parse),
        ("SmallInt", "i64") => ask::<SmallInt, i64>(a, v, parse),
        ("Integer", "i32") => ask::<Integer, i32>(a, v, parse),
        ("Integer", "u8") => ask::<Integer, u8>(a, v, parse),
        ("BigInt", "i64") => ask::<BigInt, i64>(a, v, parse),
        ("BigInt", "u64") => ask::<BigInt, u64>(a, v, parse),
        ("BigInt", "u8") => ask::<BigInt, u8>(a, v, parse),
        ("Float", "f32") => ask::<Float, f32>(a, v, float32),
        ("Double", "f64") => ask::<Double, f64>(a, v, float64),
        ("Numeric", "Decimal") => ask::<Numeric, Decimal>(a, v, parse),
        #[cfg(feature = "bigdecimal")]
        ("Numeric", "BigDecimal") => ask::<Numeric, bigdecimal::BigDecimal>(a, v, parse),
        #[cfg(not(feature = "bigdecimal"))]
        ("Numeric", "BigDecimal") => {}
        ("Numeric", "u16") => ask::<Numeric, u16>(a, v, parse),
        ("Numeric", "i64") => ask::<Numeric, i64>(a, v, parse),
        ("Numeric", "i128") => ask::<Numeric, i128>(a, v, parse),
        ("Numeric", "f64") => ask::<Numeric, f64>(a, v, float64),
        ("Date", "NaiveDate") => ask::<Date, NaiveDate>(a, v, parse),
        ("Time", "NaiveTime") => ask::<Time, NaiveTime>(a, v, parse),
        ("Timestamp", "NaiveDateTime") => ask::<Timestamp, NaiveDateTime>(a, v, parse),
        ("Timestamptz", "NaiveDateTime") => ask::<Timestamptz, NaiveDateTime>(a, v, parse),
        ("Timestamptz", "DateTime<Utc>") => ask::<Timestamptz, DateTime<Utc>>(a, v, parse),
        ("Timestamptz", "DateTime<FixedOffset>") => {
            let bytes = encoded::<Timestamptz, DateTime<FixedOffset>>(&parse(&v.value));
            assert_eq!(bytes.as_deref(), Ok(&*unhex(&v.bytes)));
        }
        ("Uuid", "Uuid") => ask::<Uuid, UuidValue>(a, v, parse),
        ("Text", "String") => ask::<Text, String>(a, v, str::to_owned),
        ("Json", "Value") => ask::<Json, Value>(a, v, parse),
        ("Jsonb", "Value") => ask::<Jsonb, Value>(a, v, parse),
        ("Binary", "Vec<u8>") => ask::<Binary, Vec<u8>>(a, v, unhex),
        ("Binary", "[u8; 3]") => ask::<Binary, [u8; 3]>(a, v, |hex| unhex(hex).try_into().unwrap()),
        other => panic!("{other:?} is not a pair of types that this test knows"),
    }
}

#[test]
fn known_bytes_are_written_and_read() {
    let vectors = file().both;
    assert_eq!(vectors.len(), 92);
    vectors.iter().for_each(|vector| dispatch(Ask::Both, vector));
}

#[test]
fn known_bytes_are_read_by_other_types_and_padded() {
    let vectors = file().read;
    assert_eq!(vectors.len(), 20);
    vectors.iter().for_each(|vector| dispatch(Ask::Read, vector));
}

#[test]
fn what_does_not_fit_is_an_error_and_not_a_value() {
    let vectors = file().refused;
    assert_eq!(vectors.len(), 44);
    vectors.iter().for_each(|vector| dispatch(Ask::Refuse, vector));
}

#[test]
fn every_other_tag_is_refused_by_name() {
    for vector in file().both {
        let bytes = unhex(&vector.bytes);
        for tag in (0..=u8::MAX).filter(|tag| *tag != bytes[0]) {
            // A padded value is one of the type; here its length is whatever the value begins with.
            if tag == bytes[0] | tag::PADDED && matches!(bytes[0], tag::TEXT | tag::JSON | tag::BINARY) {
                continue;
            }
            let mut wrong = bytes.clone();
            wrong[0] = tag;
            let refused = Vector { bytes: wrong.iter().map(|byte| format!("{byte:02x}")).collect(), ..clone(&vector) };
            if vector.rust != "DateTime<FixedOffset>" {
                dispatch(Ask::Refuse, &refused);
            }
        }
    }
}

#[test]
fn every_fixed_width_is_exact() {
    for vector in file().both {
        if vector.rust == "DateTime<FixedOffset>" || matches!(vector.sql.as_str(), "Text" | "Json" | "Jsonb" | "Binary")
        {
            continue;
        }
        for cut in (0..vector.bytes.len()).step_by(2) {
            dispatch(Ask::Refuse, &Vector { bytes: vector.bytes[..cut].to_owned(), ..clone(&vector) });
        }
        dispatch(Ask::Refuse, &Vector { bytes: format!("{}00", vector.bytes), ..clone(&vector) });
    }
}

fn clone(vector: &Vector) -> Vector {
    let Vector { sql, rust, value, bytes } = vector;
    Vector { sql: sql.clone(), rust: rust.clone(), value: value.clone(), bytes: bytes.clone() }
}

#[test]
fn widths_do_not_tell_the_value() {
    for vector in file().both {
        let width = match vector.sql.as_str() {
            "Bool" => 2,
            "SmallInt" | "Integer" | "BigInt" | "Double" | "Time" => 9,
            "Float" | "Date" => 5,
            "Numeric" => 19,
            "Timestamp" | "Timestamptz" => 13,
            "Uuid" => 17,
            _ => continue,
        };
        assert_eq!(vector.bytes.len(), 2 * width, "{} {}", vector.sql, vector.value);
    }
}
