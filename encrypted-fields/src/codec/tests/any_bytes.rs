//! Any value round trips, any bytes are read or refused.

use std::fmt::Debug;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _, Utc};
use diesel::sql_types::{
    BigInt, Binary, Bool, Date, Double, Float, Integer, Jsonb, Numeric, SmallInt, Text, Time, Timestamp,
};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::super::{DecodePlain, EncodePlain, canonical_decimal, decimal, tag};
use super::{Same, encoded};
use crate::error::{OpenReason, SealReason};
use crate::sql_types::{Timestamptz, Uuid};

fn round_trips<ST, T: EncodePlain<ST> + DecodePlain<ST> + Same>(value: &T) {
    let bytes = encoded::<ST, T>(value).unwrap_or_else(|reason| panic!("{value:?}: {reason:?}"));
    let back = T::decode(&bytes).unwrap_or_else(|reason| panic!("{value:?}: {reason:?}"));
    assert!(back.same(value), "{value:?} came back as {back:?}");
}

/// A value that was read is written as it was, and is never the outcome of a panic.
fn read_or_refused<ST, T: EncodePlain<ST> + DecodePlain<ST> + Same>(bytes: &[u8]) {
    match T::decode(bytes) {
        Ok(value) => round_trips::<ST, T>(&value),
        Err(reason) => assert!(matches!(reason, OpenReason::Value(_)), "{reason:?}"),
    }
}

/// Bytes that get past the tag, more often than chance.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let tag = prop_oneof![0_u8..16, 0x8b_u8..0x8e, any::<u8>()];
    let width = prop_oneof![Just(0_usize), Just(1), Just(4), Just(8), Just(12), Just(16), Just(18), 0_usize..64];
    (tag, width).prop_flat_map(|(tag, width)| {
        proptest::collection::vec(prop_oneof![Just(0), any::<u8>()], width).prop_map(move |mut bytes| {
            bytes.insert(0, tag);
            bytes
        })
    })
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("JSON has no such number", |float| float.is_finite().then(|| json!(float))),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::hash_map(".*", inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn date() -> impl Strategy<Value = NaiveDate> {
    let days = NaiveDate::MAX.signed_duration_since(NaiveDate::MIN).num_days();
    (0..=days).prop_map(|days| NaiveDate::MIN + TimeDelta::days(days))
}

/// Leap seconds among them: chrono takes one in any second.
fn time() -> impl Strategy<Value = NaiveTime> {
    (0_u32..86_400, 0_u32..2_000_000_000).prop_map(|(seconds, nanos)| {
        let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap();
        time.with_nanosecond(nanos).unwrap()
    })
}

fn instant() -> impl Strategy<Value = NaiveDateTime> {
    (date(), time()).prop_map(|(date, time)| date.and_time(time))
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in bytes()) {
        read_or_refused::<Bool, bool>(&bytes);
        read_or_refused::<SmallInt, i16>(&bytes);
        read_or_refused::<Integer, u32>(&bytes);
        read_or_refused::<BigInt, i64>(&bytes);
        read_or_refused::<Float, f32>(&bytes);
        read_or_refused::<Double, f64>(&bytes);
        read_or_refused::<Numeric, Decimal>(&bytes);
        read_or_refused::<Numeric, i64>(&bytes);
        read_or_refused::<Numeric, i128>(&bytes);
        read_or_refused::<Numeric, f64>(&bytes);
        #[cfg(feature = "bigdecimal")]
        read_or_refused::<Numeric, bigdecimal::BigDecimal>(&bytes);
        read_or_refused::<Date, NaiveDate>(&bytes);
        read_or_refused::<Time, NaiveTime>(&bytes);
        read_or_refused::<Timestamp, NaiveDateTime>(&bytes);
        read_or_refused::<Timestamptz, DateTime<Utc>>(&bytes);
        read_or_refused::<Uuid, ::uuid::Uuid>(&bytes);
        read_or_refused::<Text, String>(&bytes);
        read_or_refused::<Jsonb, Value>(&bytes);
        read_or_refused::<Binary, Vec<u8>>(&bytes);
        read_or_refused::<Binary, [u8; 3]>(&bytes);
        let _ = canonical_decimal(&bytes);
    }

    #[test]
    fn numbers_round_trip(int in any::<i64>(), small in any::<i16>(), wide in any::<i128>(), float: f32, double: f64) {
        round_trips::<SmallInt, i16>(&small);
        round_trips::<BigInt, i64>(&int);
        round_trips::<Numeric, i64>(&int);
        round_trips::<Numeric, i128>(&wide);
        round_trips::<Float, f32>(&f32::from_bits(float.to_bits()));
        round_trips::<Double, f64>(&double);
    }

    #[test]
    fn any_bits_of_a_float_round_trip(float: u32, double: u64) {
        round_trips::<Float, f32>(&f32::from_bits(float));
        round_trips::<Double, f64>(&f64::from_bits(double));
    }

    /// As a NUMERIC a float is its shortest decimal, where 38 digits hold it; -0 and NaN are not numerics.
    #[test]
    fn a_float_in_a_numeric_is_the_same_or_refused(double in any::<f64>()) {
        match encoded::<Numeric, f64>(&double) {
            Ok(bytes) => {
                let back = <f64 as DecodePlain<Numeric>>::decode(&bytes).unwrap();
                prop_assert_eq!(back, double);
            }
            Err(reason) => prop_assert!(!double.is_finite(), "{double:?}: {reason:?}"),
        }
    }

    #[test]
    fn decimals_round_trip_with_their_scale(mantissa in -(1_i128 << 96) + 1..1_i128 << 96, scale in 0_u32..=28) {
        let decimal = Decimal::from_i128_with_scale(mantissa, scale);
        round_trips::<Numeric, Decimal>(&decimal);
        let bytes = encoded::<Numeric, Decimal>(&decimal).unwrap();
        let back = <Decimal as DecodePlain<Numeric>>::decode(&bytes).unwrap();
        prop_assert_eq!(back.scale(), scale);
    }

    /// What one type wrote another reads as the same number, or refuses.
    #[test]
    fn decimals_cross(mantissa: i128, scale: i16) {
        let scaled = decimal::Scaled { mantissa, scale };
        let mut bytes = Vec::new();
        scaled.encode(&mut bytes);
        if let Ok(decimal) = <Decimal as DecodePlain<Numeric>>::decode(&bytes) {
            let read = decimal::Scaled { mantissa: decimal.mantissa(), scale: decimal.scale().try_into().unwrap() };
            prop_assert_eq!(read.normalized(), scaled.normalized());
        }
        if let Ok(whole) = <i128 as DecodePlain<Numeric>>::decode(&bytes) {
            let read = decimal::Scaled { mantissa: whole, scale: 0 };
            prop_assert_eq!(read.normalized(), scaled.normalized());
        }
    }

    #[test]
    fn dates_and_times_round_trip(date in date(), time in time(), instant in instant()) {
        round_trips::<Date, NaiveDate>(&date);
        round_trips::<Time, NaiveTime>(&time);
        round_trips::<Timestamp, NaiveDateTime>(&instant);
        round_trips::<Timestamptz, DateTime<Utc>>(&instant.and_utc());
    }

    #[test]
    fn text_bytes_and_json_round_trip(text in ".*", bytes: Vec<u8>, json in json()) {
        round_trips::<Text, String>(&text);
        round_trips::<Binary, Vec<u8>>(&bytes);
        round_trips::<Jsonb, Value>(&json);
    }

    #[test]
    fn a_padded_value_reads_as_the_value(value: Vec<u8>, zeros in 0_usize..64) {
        let mut padded = vec![tag::BINARY | tag::PADDED];
        padded.extend_from_slice(&u32::try_from(value.len()).unwrap().to_be_bytes());
        padded.extend_from_slice(&value);
        padded.resize(padded.len() + zeros, 0);
        let read = <Vec<u8> as DecodePlain<Binary>>::decode(&padded).unwrap();
        prop_assert_eq!(&read, &value);
        if let Some(last) = padded.last_mut().filter(|_| zeros > 0) {
            *last = 1;
            prop_assert!(<Vec<u8> as DecodePlain<Binary>>::decode(&padded).is_err());
        }
    }
}

#[test]
fn extremes_of_chrono_round_trip() {
    for date in [NaiveDate::MIN, NaiveDate::MAX] {
        round_trips::<Date, NaiveDate>(&date);
    }
    for instant in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
        round_trips::<Timestamp, NaiveDateTime>(&instant);
    }
    for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        round_trips::<Timestamptz, DateTime<Utc>>(&instant);
    }
}

#[test]
fn a_column_holds_its_own_range() {
    fn refused<ST>(value: impl EncodePlain<ST> + Debug) {
        assert!(matches!(encoded::<ST, _>(&value), Err(SealReason::Value(_))), "{value:?}");
    }
    refused::<SmallInt>(32_768_i32);
    refused::<SmallInt>(-32_769_i64);
    refused::<SmallInt>(u64::MAX);
    refused::<Integer>(1_i64 << 31);
    refused::<Integer>(u32::MAX);
    refused::<BigInt>(1_u64 << 63);
    assert!(encoded::<SmallInt, _>(&-32_768_i64).is_ok());
    assert!(encoded::<BigInt, _>(&u32::MAX).is_ok());
}

#[test]
fn a_numeric_is_a_number() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(encoded::<Numeric, _>(&float), Err(SealReason::Value(_))));
    }
    // NUMERIC has one zero.
    assert_eq!(encoded::<Numeric, _>(&-0.0_f64), encoded::<Numeric, _>(&0.0_f64));
    assert_ne!(encoded::<Double, _>(&-0.0_f64), encoded::<Double, _>(&0.0_f64));
}

#[cfg(feature = "bigdecimal")]
#[test]
fn a_big_decimal_that_i128_cannot_hold_is_refused() {
    use bigdecimal::BigDecimal;
    for text in [
        "170141183460469231731687303715884105728",
        "1e40000",
        "1e-40000",
        "0.12345678901234567890123456789012345678901",
    ] {
        let value: BigDecimal = text.parse().unwrap();
        assert!(matches!(encoded::<Numeric, _>(&value), Err(SealReason::Value(_))), "{text}");
    }
    let bytes = encoded::<Numeric, BigDecimal>(&"42.500".parse().unwrap()).unwrap();
    assert_eq!(<Decimal as DecodePlain<Numeric>>::decode(&bytes).unwrap().to_string(), "42.500");
    assert_eq!(<f64 as DecodePlain<Numeric>>::decode(&bytes), Ok(42.5));
    assert!(<i64 as DecodePlain<Numeric>>::decode(&bytes).is_err());
}

#[test]
fn no_number_of_json_is_rounded() {
    for (text, survives) in [
        ("0", true),
        ("-0", true),
        ("-0.0", true),
        ("1e2", true),
        ("100.0", true),
        ("0.1", true),
        ("1E+2", true),
        ("9007199254740993", true),
        ("18446744073709551615", true),
        // 2^64 is an f64, but one that prints as 18446744073709552000.
        ("18446744073709551616", false),
        ("18446744073709551617", false),
        ("0.1234567890123456789", false),
        ("1e400", false),
        ("1e-400", false),
        ("5e-324", true),
        (r#""0.1234567890123456789""#, true),
        (r#""\"0.1234567890123456789""#, true),
        (r#""\\" "#, true),
        (r#"{"0.1234567890123456789": [1, {"a": 2.5}]}"#, true),
        (r#"{"\\": 0.1234567890123456789}"#, false),
        (r#"[[[[0.1234567890123456789]]]]"#, false),
    ] {
        let mut bytes = vec![tag::JSON];
        bytes.extend_from_slice(text.as_bytes());
        let read = <Value as DecodePlain<Jsonb>>::decode(&bytes);
        assert_eq!(read.is_ok(), survives, "{text} was read as {read:?}");
    }
}

/// A field of the user's own type reads every digit that the text has.
#[test]
fn a_type_of_ones_own_reads_what_value_would_round() {
    let mut bytes = vec![tag::JSON];
    bytes.extend_from_slice(b"18446744073709551617");
    let read = <crate::codec::Json<u128> as DecodePlain<Jsonb>>::decode(&bytes);
    assert_eq!(read.map(|json| json.0), Ok(18_446_744_073_709_551_617));
}

#[test]
fn an_error_does_not_quote_the_value() {
    let secret = crate::codec::Json(vec!["top-secret"]);
    let bytes = encoded::<Jsonb, _>(&secret).unwrap();
    let reason = <crate::codec::Json<Vec<u32>> as DecodePlain<Jsonb>>::decode(&bytes).unwrap_err();
    assert!(!format!("{reason} {reason:?}").contains("secret"));
}
