//! The values at which other systems lost something.

use chrono::{DateTime, NaiveDate, NaiveTime, Timelike as _};
use diesel::prelude::*;
use encrypted_fields::codec::Json;
use rust_decimal::Decimal;
use serde_json::json;

use super::*;
use crate::models::Profile;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn time(second: u32, nano: u32) -> NaiveTime {
    NaiveTime::from_num_seconds_from_midnight_opt(second, nano).unwrap()
}

/// Each a whole row, so that a value is stored beside others of its extreme.
fn edges() -> Vec<(&'static str, Values)> {
    let zero = Values::default;
    let decimal = |text: &str| Values { a_numeric: text.parse().unwrap(), ..zero() };
    let text =
        |text: String| Values { a_binary: text.clone().into_bytes(), a_json: json!(text), a_text: text, ..zero() };
    let instant = |at: chrono::NaiveDateTime| Values {
        a_date: at.date(),
        a_time: at.time(),
        a_timestamp: at,
        a_timestamptz: at.and_utc(),
        ..zero()
    };
    let floats = |float: f32, double: f64| Values { a_float: float, a_double: double, ..zero() };
    let integers = |small, integer, big| Values { a_smallint: small, an_integer: integer, a_bigint: big, ..zero() };
    vec![
        ("0, false, \"\", the epoch", zero()),
        ("-0.0", floats(-0.0, -0.0)),
        ("NaN", floats(f32::NAN, f64::NAN)),
        ("infinity", floats(f32::INFINITY, f64::INFINITY)),
        ("-infinity", floats(f32::NEG_INFINITY, f64::NEG_INFINITY)),
        ("the greatest floats", floats(f32::MAX, f64::MAX)),
        ("the least floats", floats(f32::MIN, f64::MIN)),
        ("the smallest floats", floats(f32::from_bits(1), f64::from_bits(1))),
        ("the greatest integers", integers(i16::MAX, i32::MAX, i64::MAX)),
        ("the least integers", integers(i16::MIN, i32::MIN, i64::MIN)),
        ("true", Values { a_bool: true, ..zero() }),
        ("the greatest decimal", Values { a_numeric: Decimal::MAX, ..zero() }),
        ("the least decimal", Values { a_numeric: Decimal::MIN, ..zero() }),
        ("28 places", decimal("0.0000000000000000000000000001")),
        ("28 places and all digits", decimal("-7.9228162514264337593543950335")),
        ("5.00", decimal("5.00")),
        ("0.00", decimal("0.00")),
        ("a leap second", instant(day(2016, 12, 31).and_time(time(86_399, 1_999_999_999)))),
        ("before 1970", instant(day(1969, 12, 31).and_time(time(86_399, 999_999_999)))),
        ("long before 1970", instant(day(-4712, 1, 1).and_time(time(0, 1)))),
        ("a nanosecond", instant(day(2024, 2, 29).and_time(time(43_200, 123_456_789)))),
        ("the first instant", instant(chrono::NaiveDateTime::MIN)),
        ("the last instant", instant(chrono::NaiveDateTime::MAX)),
        ("beyond the basic plane", text("𝕏 👩‍👩‍👧‍👦 \u{10ffff} e\u{301} \u{202e}".into())),
        ("a NUL", text("\0 in text\0".into())),
        ("what only looks sealed", text("AQAAAAEAAAAA\u{1}".into())),
        ("quotes", text("'; DROP TABLE as_bytes; --\"\\".into())),
        ("every byte", Values { a_binary: (0..=255).collect(), ..zero() }),
        ("the nil and the greatest UUID", Values { a_uuid: uuid::Uuid::max(), ..zero() }),
        (
            "u64::MAX in JSON",
            Values {
                a_json: json!({ "n": u64::MAX, "m": i64::MIN, "deep": [[[{ "a": [null, 1.5, "x"] }]]] }),
                a_jsonb: Json(Profile { tags: vec![String::new()], level: Some(u64::MAX), score: 0.1 + 0.2 }),
                ..zero()
            },
        ),
        ("JSON of other kinds", Values { a_json: json!(""), ..zero() }),
        ("an empty object", Values { a_json: json!({}), ..zero() }),
    ]
}

on_every_backend! {
    fn the_edges_of_every_type(conn, _keyring, &tables()) {
        for (id, (name, values)) in (1..).zip(edges()) {
            println!("{name}");
            assert_round_trip(conn, &AsBytes::new(id, values.clone(), 0), id);
            assert_round_trip(conn, &AsText::new(id, values.clone(), 0), id);
            assert_round_trip(conn, &AsBytesOrNull::new(id, values, 0), id);
        }
    }

    fn a_text_of_one_mebibyte(conn, _keyring, &tables()) {
        let values = Values { a_text: "0123456789abcdé ".repeat(64 * 1024), ..Values::default() };
        assert_round_trip(conn, &AsBytes::new(1, values.clone(), 0), 1);
        assert_round_trip(conn, &AsText::new(1, values, 0), 1);
    }

    /// 0, false, "" and NULL are four things.
    fn null_is_not_zero(conn, _keyring, &tables()) {
        assert_round_trip(conn, &AsBytesOrNull::new(1, Values::default(), u16::MAX), 1);
        assert_round_trip(conn, &AsTextOrNull::new(1, Values::default(), u16::MAX), 1);
        assert_round_trip(conn, &AsBytesOrNull::new(2, Values::default(), 0), 2);
        let null: AsBytesOrNull = RoundTrip::load(1, conn).unwrap();
        assert_eq!((null.a_text, null.a_bool, null.a_double), (None, None, None));
        let zero: AsBytesOrNull = RoundTrip::load(2, conn).unwrap();
        assert_eq!((zero.a_text.as_deref(), zero.a_bool, zero.a_double), (Some(""), Some(false), Some(0.0)));
        let stored = diesel::sql_query("UPDATE as_bytes_or_null SET a_text = NULL WHERE a_text IS NULL").execute(conn);
        assert_eq!(stored, Ok(1), "a NULL is the database's own");
    }

    fn every_bit_of_a_float(conn, _keyring, &tables()) {
        let nan = Values { a_float: f32::from_bits(0xffc1_2345), a_double: f64::from_bits(0x7ff8_dead_beef_0001), ..Values::default() };
        AsBytes::new(1, nan.clone(), 0).insert(conn).unwrap();
        let back: AsBytes = RoundTrip::load(1, conn).unwrap();
        assert_eq!((back.a_float.to_bits(), back.a_double.to_bits()), (nan.a_float.to_bits(), nan.a_double.to_bits()));
    }

    /// chrono can put a leap second after any second: what it seals must open.
    fn a_leap_second_anywhere(conn, _keyring, &tables()) {
        let at = time(30, 0).with_nanosecond(1_500_000_000).unwrap();
        let stamp = day(2024, 1, 1).and_time(at);
        let values = Values {
            a_time: at,
            a_timestamp: stamp,
            a_timestamptz: DateTime::from_naive_utc_and_offset(stamp, chrono::Utc),
            ..Values::default()
        };
        assert_round_trip(conn, &AsBytes::new(1, values, 0), 1);
    }
}
