//! The plaintext codecs, each SQL type into each Rust type: never a panic; what decodes is written back the same.
#![no_main]

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::sql_types::*;
use encrypted_fields::codec::{DecodePlain, EncodePlain, Padding};
use rust_decimal::Decimal;

/// Decodes, and encodes what came out. The first round may normalize (padding, JSON's white space, a decimal read as a
/// float); from then on nothing may change. `exact` types normalize nothing.
fn check<ST, T: DecodePlain<ST> + EncodePlain<ST>>(data: &[u8], exact: bool) {
    let Ok(value) = T::decode(data) else { return };
    let mut once = Vec::new();
    // A field may be wider than its column: an i64 of a SMALLINT column.
    if value.encode(&mut once).is_err() {
        return;
    }
    let padded = data.first().is_some_and(|tag| tag & 0x80 != 0);
    if exact && !padded {
        assert_eq!(once, data, "{}", std::any::type_name::<(ST, T)>());
    }
    let value = T::decode(&once).unwrap_or_else(|error| panic!("{}: {error}", std::any::type_name::<(ST, T)>()));
    let mut twice = Vec::new();
    value.encode(&mut twice).expect("it was encoded before");
    assert_eq!(once, twice, "{}", std::any::type_name::<(ST, T)>());
}

/// Pads what decodes, and reads it as the same; the last byte of the data chooses the block.
fn pad<ST, T: DecodePlain<ST> + EncodePlain<ST>>(data: &[u8]) {
    let Ok(value) = T::decode(data) else { return };
    let mut plain = Vec::new();
    value.encode(&mut plain).expect("it was decoded");
    let block = u32::from(*data.last().expect("a tag")) + 1;
    for padding in [Padding::block(block), Padding::PADME] {
        let mut padded = Vec::new();
        padding.encode(&mut padded, |out| value.encode(out)).expect("text, JSON and binary are padded");
        assert_eq!(padded.len(), 5 + padding.length(plain.len() - 1));
        let mut again = Vec::new();
        T::decode(&padded).expect("it was padded").encode(&mut again).expect("it was decoded");
        assert_eq!(again, plain, "{}", std::any::type_name::<(ST, T)>());
    }
}

macro_rules! check {
    ($data:ident, $exact:literal: $($sql:ty => $($rust:ty),+;)+) => { $($(check::<$sql, $rust>($data, $exact);)+)+ };
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check!(data, true:
        Bool => bool;
        SmallInt => i8, i16, i32, i64, u8, u16, u32, u64;
        Integer => i8, i16, i32, i64, u8, u16, u32, u64;
        BigInt => i8, i16, i32, i64, u8, u16, u32, u64;
        Float => f32;
        Double => f64;
        Numeric => BigDecimal;
        Date => NaiveDate;
        Time => NaiveTime;
        Timestamp => NaiveDateTime;
        Timestamptz => NaiveDateTime, DateTime<Utc>;
        Uuid => uuid::Uuid;
        Text => String;
        Binary => Vec<u8>, [u8; 16];
    );
    check!(data, false:
        Numeric => Decimal, f64, i16, i32, i64, i128, u16, u32, u64;
        Json => serde_json::Value;
        Jsonb => serde_json::Value;
    );
    pad::<Text, String>(data);
    pad::<Binary, Vec<u8>>(data);
    pad::<Jsonb, serde_json::Value>(data);
    // Whatever the form, it is the same number.
    if let Ok(stored) = <BigDecimal as DecodePlain<Numeric>>::decode(data) {
        let as_decimal = <Decimal as DecodePlain<Numeric>>::decode(data).ok().map(|value| value.to_string());
        let as_integer = <i128 as DecodePlain<Numeric>>::decode(data).ok().map(|value| value.to_string());
        for text in as_decimal.into_iter().chain(as_integer) {
            assert_eq!(text.parse::<BigDecimal>().expect("a number"), stored);
        }
    }
});
