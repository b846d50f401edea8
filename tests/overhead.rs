//! A sealed value is 33 bytes longer than its codec's under AES-256-GCM and 45 under XAES-256-GCM, and the length of a
//! number, a date or a UUID does not depend on which it is.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use encrypted_fields::codec::Json;
use encrypted_fields::{Algorithm, DataKey, Keyring, scope};
use rust_decimal::Decimal;

use crate::models::everything::as_bytes::AsBytes;
use crate::models::everything::as_text::AsText;
use crate::models::everything::{COLUMNS, Everything as _, RoundTrip as _, tables};
use crate::models::{Profile, Values, on_every_backend};

#[derive(QueryableByName)]
struct Length {
    #[diesel(sql_type = BigInt)]
    length: i64,
}

/// The tag and the width of each column of `Values::default()`, as the table in `codec.rs` has them.
fn codec_bytes(values: &Values) -> [usize; 16] {
    [
        1 + values.a_text.len(),
        1 + values.a_binary.len(),
        1 + 1,
        1 + 8,
        1 + 8,
        1 + 8,
        1 + 4,
        1 + 8,
        1 + 2 + 16,
        1 + 4,
        1 + 4 + 4,
        1 + 8 + 4,
        1 + 8 + 4,
        1 + 16,
        json(&values.a_json),
        json(&values.a_jsonb),
    ]
}

fn json(value: &impl serde::Serialize) -> usize {
    1 + serde_json::to_string(value).expect("JSON").len()
}

/// Two rows that differ as much as two can in what is of a fixed width.
fn rows() -> [Values; 2] {
    let most = Values {
        a_text: "é".repeat(100),
        a_binary: vec![0; 1000],
        a_bool: true,
        a_smallint: i16::MIN,
        an_integer: i32::MAX,
        a_bigint: i64::MIN,
        a_float: f32::NAN,
        a_double: f64::MAX,
        a_numeric: -Decimal::MAX,
        a_date: chrono::NaiveDate::MIN,
        a_time: chrono::NaiveTime::from_hms_nano_opt(23, 59, 59, 1_999_999_999).unwrap(),
        a_timestamp: chrono::NaiveDateTime::MAX,
        a_timestamptz: chrono::DateTime::<chrono::Utc>::MIN_UTC,
        a_uuid: uuid::Uuid::max(),
        a_json: serde_json::json!({ "n": u64::MAX }),
        a_jsonb: Json(Profile { tags: vec!["x".into()], level: Some(1), score: 0.5 }),
    };
    [Values::default(), most]
}

on_every_backend! {
    fn of_each_type(conn, _keyring, &tables()) {
        let mut id = 0;
        for (algorithm, overhead) in [(Algorithm::Aes256Gcm, 33), (Algorithm::Xaes256Gcm, 45)] {
            let keyring = Keyring::builder("test").primary(DataKey::generate(algorithm).unwrap()).build().unwrap();
            for values in rows() {
                id += 1;
                scope::with(&keyring, || {
                    AsBytes::new(id, values.clone(), 0).insert(conn).unwrap();
                    AsText::new(id, values.clone(), 0).insert(conn).unwrap();
                });
                for ((column, _), codec) in COLUMNS.into_iter().zip(codec_bytes(&values)) {
                    for (table, expected) in
                        [("as_bytes", codec + overhead), ("as_text", ((codec + overhead) * 4).div_ceil(3))]
                    {
                        let sql = format!("SELECT SUM(length({column})) AS length FROM {table} WHERE id = {id}");
                        let Length { length } = diesel::sql_query(sql).get_result(conn).unwrap();
                        assert_eq!(length, i64::try_from(expected).unwrap(), "{algorithm:?} {table}.{column}");
                    }
                }
            }
        }
    }
}
