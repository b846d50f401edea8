//! Whoever writes a plaintext into an `enc_*` column, by any road, is refused by Postgres itself.

use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Binary, Text};

use crate::harness::pg;
use crate::models::Values;
use crate::models::everything::as_bytes::AsBytes;
use crate::models::everything::as_text::AsText;
use crate::models::everything::{COLUMNS, Everything as _, RoundTrip as _, tables};
use encrypted_fields::{scope, testing};

fn assert_refused(column: &str, result: QueryResult<usize>) {
    match result {
        Err(Error::DatabaseError(_, information)) => {
            let message = information.message();
            assert!(message.starts_with("value for domain enc_"), "{column}: {message}");
            assert!(message.ends_with("violates check constraint \"sealed\""), "{column}: {message}");
        }
        other => panic!("{column} took a plaintext: {other:?}"),
    }
}

#[test]
fn an_update_is_refused() {
    let database = pg();
    let conn = &mut database.connect();
    diesel::connection::SimpleConnection::batch_execute(conn, &tables()).unwrap();
    scope::with(&testing::keyring(), || {
        AsBytes::new(1, Values::default(), 0).insert(conn).unwrap();
        AsText::new(1, Values::default(), 0).insert(conn).unwrap();
    });
    for (column, _) in COLUMNS {
        for plaintext in
            ["", "0", "5.00", "2024-01-01T00:00:00Z", "a.customer.with.a.long.address@example.com {\"a\": 1}"]
        {
            let sql = format!("UPDATE as_bytes SET {column} = $1 WHERE id = $2");
            let bytes = diesel::sql_query(sql).bind::<Binary, _>(plaintext.as_bytes()).bind::<BigInt, _>(1);
            assert_refused(column, bytes.execute(conn));
            let sql = format!("UPDATE as_text SET {column} = $1 WHERE id = $2");
            let text = diesel::sql_query(sql).bind::<Text, _>(plaintext).bind::<BigInt, _>(1);
            assert_refused(column, text.execute(conn));
        }
    }
}

#[test]
fn an_insert_is_refused() {
    let database = pg();
    let conn = &mut database.connect();
    diesel::connection::SimpleConnection::batch_execute(conn, &tables()).unwrap();
    for (column, _) in COLUMNS {
        for (table, value) in [("as_bytes_or_null", "'\\x352e3030'::bytea"), ("as_text_or_null", "'5.00'")] {
            let sql = format!("INSERT INTO {table} (id, {column}) VALUES (1, {value})");
            assert_refused(column, diesel::sql_query(sql).execute(conn));
        }
    }
}

/// A default is a value like any other.
#[test]
fn a_default_is_refused() {
    let database = pg();
    let conn = &mut database.connect();
    diesel::sql_query("CREATE TABLE t (id BIGINT PRIMARY KEY, note enc_text DEFAULT 'unknown')").execute(conn).unwrap();
    assert_refused("note", diesel::sql_query("INSERT INTO t (id) VALUES (1)").execute(conn));
}
