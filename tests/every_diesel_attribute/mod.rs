//! Every shape of struct and table that Diesel takes: names, plain fields with attributes, keys, indexes, newtypes,
//! borrowed fields, generic code.

mod borrowed;
mod by_name;
mod checked_backends;
mod described;
mod explicit;
mod generic;
mod generic_models;
mod ids;
mod indexes;
mod keys;
mod like;
mod names;
mod newtypes;
mod padded;
mod pinned;
mod plain_fields;
mod wide;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::{insert_into, update};
use encrypted_fields::{EncryptedModel, scope, testing};

use crate::harness;

/// A Postgres and a SQLite database in turn, with the same SQL; `BLOB` is `BYTEA` on Postgres.
macro_rules! on_both {
    ($sql:expr, |$conn:ident| $body:block) => {{
        let database = harness::pg();
        let $conn = &mut database.connect();
        $conn.batch_execute(&$sql.replace("BLOB", "BYTEA")).unwrap();
        scope::with(&testing::keyring(), || $body);

        let database = harness::sqlite();
        let $conn = &mut database.connect();
        $conn.batch_execute($sql).unwrap();
        scope::with(&testing::keyring(), || $body);
    }};
}
use on_both;
