//! A value of every SQL type comes back as it was, bit for bit, through a real connection: sealed as BYTEA and as TEXT,
//! in a column that may be NULL and in one that may not, on Postgres under the `enc_*` domains, on MariaDB, on SQLite.

mod cross_reading;
mod edges;
mod rust_sides;

use std::cell::{Cell, RefCell};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::models::everything::as_bytes::AsBytes;
use crate::models::everything::as_bytes_or_null::AsBytesOrNull;
use crate::models::everything::as_text::AsText;
use crate::models::everything::as_text_or_null::AsTextOrNull;
use crate::models::everything::{Everything, RoundTrip, tables};
use crate::models::{Values, on_every_backend};

/// Equal in every bit that is printed: `Debug` tells 5.00 from 5 and -0.0 from 0.0, and NaN is equal to itself.
fn assert_round_trip<M: RoundTrip<Conn>, Conn>(conn: &mut Conn, model: &M, id: i64) {
    model.insert(conn).unwrap_or_else(|error| panic!("{}: {error}", M::TABLE));
    let loaded = M::load(id, conn).unwrap_or_else(|error| panic!("{}: {error}", M::TABLE));
    assert_eq!(format!("{loaded:?}"), format!("{model:?}"), "{}", M::TABLE);
}

/// 64 rows of a model, each of any values.
fn any_values<M: RoundTrip<Conn>, Conn>(conn: &mut Conn) {
    let (conn, id) = (RefCell::new(conn), Cell::new(0));
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(Values::any(), any::<u16>()), |(values, nulls)| {
            id.set(id.get() + 1);
            assert_round_trip(&mut **conn.borrow_mut(), &M::new(id.get(), values, nulls), id.get());
            Ok(())
        })
        .unwrap();
}

on_every_backend! {
    fn any_value_as_bytes(conn, _keyring, &tables()) {
        any_values::<AsBytes, _>(conn);
    }

    fn any_value_as_bytes_or_null(conn, _keyring, &tables()) {
        any_values::<AsBytesOrNull, _>(conn);
    }

    fn any_value_as_text(conn, _keyring, &tables()) {
        any_values::<AsText, _>(conn);
    }

    fn any_value_as_text_or_null(conn, _keyring, &tables()) {
        any_values::<AsTextOrNull, _>(conn);
    }
}
