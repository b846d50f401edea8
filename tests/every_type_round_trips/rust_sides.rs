//! The other Rust types that hold a column's values: `Secret`, `Cow`, arrays, other integers, times with an offset.

use std::borrow::Cow;

use bigdecimal::BigDecimal;
use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};
use diesel::prelude::*;
use encrypted_fields::{EncryptedModel, SealedOf, Secret};
use serde_json::{Value, json};

use crate::models::everything::as_bytes::as_bytes;
use crate::models::everything::tables;
use crate::models::on_every_backend;

mod others {
    use super::*;

    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        others (id) {
            id -> BigInt,
            secret -> Encrypted<Text>,
            secret_bytes -> Encrypted<Binary>,
            pin -> Encrypted<Integer>,
            hash -> Encrypted<Binary>,
            age -> Encrypted<SmallInt>,
            amount -> Encrypted<Numeric>,
            at -> Encrypted<Timestamptz>,
            naive -> Encrypted<Timestamptz>,
            value -> Nullable<EncryptedText<Jsonb>>,
        }
    }

    pub(super) const TABLE: &str = "CREATE TABLE others (id BIGINT PRIMARY KEY, secret enc_text NOT NULL,
        secret_bytes enc_binary NOT NULL, pin enc_integer NOT NULL, hash enc_binary NOT NULL, age enc_smallint NOT NULL,
        amount enc_numeric NOT NULL, at enc_timestamptz NOT NULL, naive enc_timestamptz NOT NULL, value enc_jsonb_text)";

    #[derive(Debug, EncryptedModel)]
    #[diesel(table_name = others)]
    pub(super) struct Other {
        pub(super) id: i64,
        #[encrypted]
        pub(super) secret: Secret<String>,
        #[encrypted]
        pub(super) secret_bytes: Secret<Vec<u8>>,
        #[encrypted]
        pub(super) pin: Secret<u32>,
        #[encrypted]
        pub(super) hash: [u8; 32],
        #[encrypted]
        pub(super) age: u8,
        #[encrypted]
        pub(super) amount: BigDecimal,
        #[encrypted]
        pub(super) at: DateTime<Utc>,
        #[encrypted]
        pub(super) naive: NaiveDateTime,
        #[encrypted]
        pub(super) value: Option<Value>,
    }

    #[derive(EncryptedModel)]
    #[diesel(table_name = others)]
    #[encrypted(only(Insertable))]
    pub(super) struct NewOther<'a> {
        pub(super) id: i64,
        #[encrypted]
        pub(super) secret: Cow<'a, str>,
        #[encrypted]
        pub(super) secret_bytes: &'a [u8],
        #[encrypted]
        pub(super) pin: u64,
        #[encrypted]
        pub(super) hash: &'a [u8; 32],
        #[encrypted]
        pub(super) age: &'a i32,
        #[encrypted]
        pub(super) amount: i128,
        #[encrypted]
        pub(super) at: DateTime<FixedOffset>,
        #[encrypted]
        pub(super) naive: &'a DateTime<Utc>,
        #[encrypted]
        pub(super) value: Option<&'a Value>,
    }
}
use others::{NewOther, Other};

on_every_backend! {
    fn owned(conn, _keyring, others::TABLE) {
        let at = DateTime::from_timestamp(-1, 999_999_999).unwrap();
        let amount: BigDecimal = "-12345678901234567890123456789012345678e-300".parse().unwrap();
        let other = Other {
            id: 1,
            secret: Secret::new("RSSMRA85T10A562S".into()),
            secret_bytes: Secret::new(vec![0, 255]),
            pin: Secret::new(1234),
            hash: [7; 32],
            age: 255,
            amount: amount.clone(),
            at,
            naive: at.naive_utc(),
            value: Some(json!([1, null])),
        };
        diesel::insert_into(others::others::table).values(&other).execute(conn).unwrap();
        let back = others::others::table.first::<Other>(conn).unwrap();
        assert_eq!(back.secret.expose(), "RSSMRA85T10A562S");
        assert_eq!(back.secret_bytes.expose(), &[0, 255]);
        assert_eq!(back.pin.expose(), &1234);
        assert_eq!((back.hash, back.age), ([7; 32], 255));
        assert_eq!(back.amount.as_bigint_and_exponent(), amount.as_bigint_and_exponent());
        assert_eq!((back.at, back.naive), (at, at.naive_utc()));
        assert_eq!(back.value, Some(json!([1, null])));
    }

    fn borrowed(conn, _keyring, others::TABLE) {
        let at: DateTime<FixedOffset> = "2024-05-01T01:30:00.123456789+05:30".parse().unwrap();
        let new = NewOther {
            id: 1,
            secret: "é".into(),
            secret_bytes: b"",
            pin: 0,
            hash: &[0; 32],
            age: &18,
            amount: i128::MIN,
            at,
            naive: &at.to_utc(),
            value: None,
        };
        diesel::insert_into(others::others::table).values(&new).execute(conn).unwrap();
        let back = others::others::table.first::<Other>(conn).unwrap();
        assert_eq!(back.secret.expose(), "é");
        assert!(back.secret_bytes.expose().is_empty());
        assert_eq!((*back.pin.expose(), back.hash, back.age), (0, [0; 32], 18));
        assert_eq!(back.amount.to_string(), i128::MIN.to_string());
        assert_eq!((back.at, back.naive), (at.to_utc(), at.naive_utc()));
        assert_eq!(back.value, None);
    }

    /// A column alone, without its model.
    fn by_the_row_handle(conn, _keyring, &tables()) {
        use crate::models::everything::as_bytes::AsBytesRow;
        use crate::models::everything::as_bytes::AsBytes;
        use crate::models::everything::{Everything as _, RoundTrip as _};
        AsBytes::new(1, crate::models::Values { a_double: -0.0, ..Default::default() }, 0).insert(conn).unwrap();
        let sealed: SealedOf<as_bytes::a_double> = as_bytes::table.select(as_bytes::a_double).first(conn).unwrap();
        let back = AsBytesRow { id: 1 }.open_a_double(&sealed).unwrap();
        assert_eq!(back.to_bits(), (-0.0_f64).to_bits());
        assert!(AsBytesRow { id: 2 }.open_a_double(&sealed).is_err());
    }
}
