//! One plaintext of every SQL type.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use encrypted_fields::codec::Json;
use proptest::collection::{btree_map, vec};
use proptest::num;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// What a JSON column holds as a type of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub tags: Vec<String>,
    pub level: Option<u64>,
    pub score: f64,
}

/// One value a column; the fields are named as the columns.
#[derive(Debug, Clone)]
pub struct Values {
    pub a_text: String,
    pub a_binary: Vec<u8>,
    pub a_bool: bool,
    pub a_smallint: i16,
    pub an_integer: i32,
    pub a_bigint: i64,
    pub a_float: f32,
    pub a_double: f64,
    pub a_numeric: Decimal,
    pub a_date: NaiveDate,
    pub a_time: NaiveTime,
    pub a_timestamp: NaiveDateTime,
    pub a_timestamptz: DateTime<Utc>,
    pub a_uuid: Uuid,
    pub a_json: Value,
    pub a_jsonb: Json<Profile>,
}

impl Default for Values {
    /// Zero, empty, the first day.
    fn default() -> Self {
        Self {
            a_text: String::new(),
            a_binary: Vec::new(),
            a_bool: false,
            a_smallint: 0,
            an_integer: 0,
            a_bigint: 0,
            a_float: 0.0,
            a_double: 0.0,
            a_numeric: Decimal::ZERO,
            a_date: NaiveDate::default(),
            a_time: NaiveTime::MIN,
            a_timestamp: NaiveDateTime::default(),
            a_timestamptz: DateTime::UNIX_EPOCH,
            a_uuid: Uuid::nil(),
            a_json: Value::Null,
            a_jsonb: Json(Profile { tags: Vec::new(), level: None, score: 0.0 }),
        }
    }
}

impl Values {
    /// Any value of every type.
    pub fn any() -> impl Strategy<Value = Self> {
        let numbers =
            (any::<bool>(), any::<i16>(), any::<i32>(), any::<i64>(), num::f32::ANY, num::f64::ANY, decimal());
        let times = (date(), time(), timestamp(), timestamp());
        let others = (".*", vec(any::<u8>(), 0..200), any::<u128>(), json(), profile());
        (numbers, times, others).prop_map(|(numbers, times, others)| Self {
            a_text: others.0,
            a_binary: others.1,
            a_bool: numbers.0,
            a_smallint: numbers.1,
            an_integer: numbers.2,
            a_bigint: numbers.3,
            a_float: numbers.4,
            a_double: numbers.5,
            a_numeric: numbers.6,
            a_date: times.0,
            a_time: times.1,
            a_timestamp: times.2,
            a_timestamptz: times.3.and_utc(),
            a_uuid: Uuid::from_u128(others.2),
            a_json: others.3,
            a_jsonb: Json(others.4),
        })
    }
}

fn decimal() -> impl Strategy<Value = Decimal> {
    (any::<[u32; 3]>(), any::<bool>(), 0..=28_u32)
        .prop_map(|([low, middle, high], negative, scale)| Decimal::from_parts(low, middle, high, negative, scale))
}

fn date() -> impl Strategy<Value = NaiveDate> {
    let (first, last) = (NaiveDate::MIN.num_days_from_ce(), NaiveDate::MAX.num_days_from_ce());
    (first..=last).prop_map(|days| NaiveDate::from_num_days_from_ce_opt(days).expect("within the range"))
}

fn time() -> impl Strategy<Value = NaiveTime> {
    // 1,000,000,000 and more: a leap second.
    (0..86_400_u32, 0..2_000_000_000_u32).prop_map(|(second, nano)| {
        let nano = if second % 60 == 59 { nano } else { nano % 1_000_000_000 };
        NaiveTime::from_num_seconds_from_midnight_opt(second, nano).expect("a time of day")
    })
}

fn timestamp() -> impl Strategy<Value = NaiveDateTime> {
    (date(), time()).prop_map(|(date, time)| date.and_time(time))
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (num::f64::NORMAL | num::f64::SUBNORMAL | num::f64::ZERO).prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(".*", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn profile() -> impl Strategy<Value = Profile> {
    (vec(".*", 0..3), any::<Option<u64>>(), num::f64::NORMAL).prop_map(|(tags, level, score)| Profile {
        tags,
        level,
        score,
    })
}
