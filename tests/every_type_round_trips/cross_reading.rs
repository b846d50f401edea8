//! Fields of several Rust types read one NUMERIC column: exactly, or not at all.

use bigdecimal::BigDecimal;
use diesel::prelude::*;
use diesel::result::Error;
use encrypted_fields::error::{OpenReason, SealReason};
use encrypted_fields::{EncryptedModel, OpenError, SealError};
use rust_decimal::Decimal;

use crate::models::on_every_backend;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    amounts (id) {
        id -> BigInt,
        amount -> Encrypted<Numeric>,
        count -> Nullable<Encrypted<Integer>>,
    }
}

const TABLE: &str = "CREATE TABLE amounts (id BIGINT PRIMARY KEY, amount enc_numeric NOT NULL, count enc_integer)";

macro_rules! amount {
    ($($name:ident $amount:ty, $count:ty;)*) => {$(
        #[derive(Debug, EncryptedModel)]
        #[diesel(table_name = amounts)]
        struct $name {
            id: i64,
            #[encrypted]
            amount: $amount,
            #[encrypted]
            count: Option<$count>,
        }
    )*};
}
amount! {
    AsDecimal Decimal, i32;
    AsBigDecimal BigDecimal, i64;
    AsI64 i64, u8;
    AsF64 f64, u64;
}

fn open_reason(error: &Error) -> OpenReason {
    match error {
        Error::DeserializationError(source) => source.downcast_ref::<OpenError>().expect("ours").reason().clone(),
        other => panic!("{other}"),
    }
}

fn seal_reason(error: &Error) -> SealReason {
    match error {
        Error::SerializationError(source) => source.downcast_ref::<SealError>().expect("ours").reason().clone(),
        other => panic!("{other}"),
    }
}

/// What each type reads; `None` where it cannot hold the number.
struct Case {
    written: &'static str,
    decimal: Option<&'static str>,
    big: &'static str,
    integer: Option<i64>,
    float: Option<f64>,
}

const CASES: [Case; 12] = [
    Case { written: "42", decimal: Some("42"), big: "42", integer: Some(42), float: Some(42.0) },
    Case { written: "42.5", decimal: Some("42.5"), big: "42.5", integer: None, float: Some(42.5) },
    Case { written: "0.1", decimal: Some("0.1"), big: "0.1", integer: None, float: Some(0.1) },
    Case { written: "0.00", decimal: Some("0.00"), big: "0.00", integer: Some(0), float: Some(0.0) },
    Case { written: "5.00", decimal: Some("5.00"), big: "5.00", integer: Some(5), float: Some(5.0) },
    Case {
        written: "79228162514264337593543950335",
        decimal: Some("79228162514264337593543950335"),
        big: "79228162514264337593543950335",
        integer: None,
        float: None,
    },
    Case {
        written: "-9223372036854775808",
        decimal: Some("-9223372036854775808"),
        big: "-9223372036854775808",
        integer: Some(i64::MIN),
        // It is -2^63, but f64 prints 17 digits of it; whether it is read is the next test's.
        float: None,
    },
    Case {
        written: "9223372036854775808",
        decimal: Some("9223372036854775808"),
        big: "9223372036854775808",
        integer: None,
        float: None,
    },
    Case {
        written: "0.1234567890123456789",
        decimal: Some("0.1234567890123456789"),
        big: "0.1234567890123456789",
        integer: None,
        float: None,
    },
    Case {
        written: "79228162514264337593543950336",
        decimal: None,
        big: "79228162514264337593543950336",
        integer: None,
        float: None,
    },
    Case { written: "1e-29", decimal: None, big: "1e-29", integer: None, float: Some(1e-29) },
    Case { written: "1e30", decimal: None, big: "1e30", integer: None, float: Some(1e30) },
];

on_every_backend! {
    fn a_decimal_reads_as_what_holds_it(conn, _keyring, TABLE) {
        for (id, case) in (1..).zip(CASES) {
            let amount: BigDecimal = case.written.parse().unwrap();
            diesel::insert_into(amounts::table).values(&AsBigDecimal { id, amount, count: None }).execute(conn).unwrap();
            let row = amounts::table.find(id);
            let decimal = row.first::<AsDecimal>(conn).map(|row| row.amount.to_string());
            let big = row.first::<AsBigDecimal>(conn).map(|row| row.amount);
            let integer = row.first::<AsI64>(conn).map(|row| row.amount);
            let float = row.first::<AsF64>(conn).map(|row| row.amount);
            assert_eq!(big.unwrap(), case.big.parse::<BigDecimal>().unwrap());
            for error in [decimal.as_ref().err(), integer.as_ref().err(), float.as_ref().err()].into_iter().flatten() {
                assert!(matches!(open_reason(error), OpenReason::Value(_)), "{}: {error}", case.written);
                assert!(!error.to_string().contains(case.written), "{error}");
            }
            assert_eq!(decimal.ok().as_deref(), case.decimal, "{}", case.written);
            assert_eq!(integer.ok(), case.integer, "{}", case.written);
            assert_eq!(float.ok(), case.float, "{}", case.written);
        }
    }

    fn what_other_types_wrote_reads_as_a_decimal(conn, _keyring, TABLE) {
        for (id, float, expected) in [(1, 0.1, "0.1"), (2, -0.0, "0"), (3, 1e20, "100000000000000000000"), (4, 2.5e-9, "0.0000000025")] {
            diesel::insert_into(amounts::table).values(&AsF64 { id, amount: float, count: None }).execute(conn).unwrap();
            assert_eq!(amounts::table.find(id).first::<AsDecimal>(conn).unwrap().amount.to_string(), expected);
            assert_eq!(amounts::table.find(id).first::<AsF64>(conn).unwrap().amount, float);
        }
        for (id, integer) in [(11, i64::MIN), (12, 0), (13, i64::MAX)] {
            diesel::insert_into(amounts::table).values(&AsI64 { id, amount: integer, count: None }).execute(conn).unwrap();
            assert_eq!(amounts::table.find(id).first::<AsDecimal>(conn).unwrap().amount.to_string(), integer.to_string());
        }
    }

    fn any_float_is_read_back(conn, _keyring, TABLE) {
        let floats = [f64::MAX, f64::MIN, f64::MIN_POSITIVE, f64::from_bits(1), 0.1 + 0.2, 1.0 / 3.0, i64::MIN as f64, 1e22, 123_456_789.125];
        for (id, amount) in (1..).zip(floats) {
            diesel::insert_into(amounts::table).values(&AsF64 { id, amount, count: None }).execute(conn).unwrap();
            assert_eq!(amounts::table.find(id).first::<AsF64>(conn).unwrap().amount, amount);
        }
    }

    /// -0.0 is a float's; NUMERIC has one zero.
    fn numeric_has_one_zero(conn, _keyring, TABLE) {
        diesel::insert_into(amounts::table).values(&AsF64 { id: 1, amount: -0.0, count: None }).execute(conn).unwrap();
        assert!(amounts::table.first::<AsF64>(conn).unwrap().amount.is_sign_positive());
    }

    fn what_numeric_cannot_hold_is_refused(conn, _keyring, TABLE) {
        for amount in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = diesel::insert_into(amounts::table).values(&AsF64 { id: 1, amount, count: None }).execute(conn).unwrap_err();
            assert!(matches!(seal_reason(&error), SealReason::Value(_)), "{error}");
            assert!(error.to_string().contains("amounts.amount [id=1]"), "{error}");
        }
        for wide in ["1".repeat(40), format!("1e{}", 40_000), format!("1e-{}", 40_000)] {
            let amount: BigDecimal = wide.parse().unwrap();
            let error = diesel::insert_into(amounts::table).values(&AsBigDecimal { id: 1, amount, count: None }).execute(conn).unwrap_err();
            assert!(matches!(seal_reason(&error), SealReason::Value(_)), "{error}");
        }
        assert_eq!(amounts::table.count().get_result(conn), Ok(0));
    }

    fn integers_of_other_widths(conn, _keyring, TABLE) {
        let row = |count| AsBigDecimal { id: 1, amount: 1.into(), count: Some(count) };
        diesel::insert_into(amounts::table).values(&row(300)).execute(conn).unwrap();
        assert_eq!(amounts::table.first::<AsDecimal>(conn).unwrap().count, Some(300));
        assert_eq!(amounts::table.first::<AsF64>(conn).unwrap().count, Some(300_u64));
        let error = amounts::table.first::<AsI64>(conn).unwrap_err();
        assert!(matches!(open_reason(&error), OpenReason::Value(_)), "300 is no u8: {error}");
        let error = diesel::insert_into(amounts::table).values(&row(i64::from(i32::MAX) + 1)).execute(conn).unwrap_err();
        assert!(matches!(seal_reason(&error), SealReason::Value(_)), "2^31 is no INTEGER: {error}");
    }
}
