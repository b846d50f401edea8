//! A sealed value is written into the row it was sealed for, or the statement fails: on every path, for every way to
//! name a row.

mod imported;
mod many_rows;
mod mysql;
mod over_async;
mod sql;
mod transactions;
mod variants;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use encrypted_fields::{Keyring, scope, testing};
use std::fmt::Debug;

use crate::harness;

/// A table of wallets and its model, by how a row is named. Everything else is the same, and so are the tests.
macro_rules! wallets {
    ([$($table:tt)*] [$($encrypted:tt)*] [$policy:ident]) => {
        diesel::table! {
            use diesel::sql_types::*;
            use encrypted_fields::sql_types::*;
            $($table)* (id) {
                id -> BigInt,
                owner_id -> BigInt,
                slug -> Text,
                balance -> Encrypted<Numeric, $policy>,
                note -> Nullable<EncryptedText<Text, $policy>>,
                label -> Text,
            }
        }

        #[derive(Debug, Clone, PartialEq, diesel::Identifiable, encrypted_fields::EncryptedModel)]
        #[diesel(table_name = wallets)]
        #[encrypted($($encrypted)* sealed(derive(Debug, Clone, PartialEq)))]
        pub struct Wallet {
            pub id: i64,
            pub owner_id: i64,
            pub slug: String,
            #[encrypted]
            pub balance: rust_decimal::Decimal,
            #[encrypted]
            pub note: Option<String>,
            pub label: String,
        }

        #[derive(Debug, diesel::Identifiable, encrypted_fields::EncryptedModel)]
        #[diesel(table_name = wallets)]
        #[encrypted($($encrypted)* only(AsChangeset))]
        pub struct Patch {
            pub id: i64,
            pub owner_id: i64,
            #[encrypted]
            pub balance: Option<rust_decimal::Decimal>,
            #[encrypted]
            pub note: Option<Option<String>>,
            pub label: Option<String>,
        }

        /// The wallet of this number as it is first written; wallets 1 and 3 have one owner.
        #[allow(dead_code)]
        pub fn wallet(id: i64) -> Wallet {
            Wallet {
                id,
                owner_id: if id == 2 { 8 } else { 7 },
                slug: format!("slug {id}"),
                balance: rust_decimal::Decimal::from(id),
                note: Some(format!("note {id}")),
                label: "a".to_owned(),
            }
        }

        /// The same row with other values.
        #[allow(dead_code)]
        pub fn changed(id: i64) -> Wallet {
            let note = Some("changed".to_owned());
            Wallet { balance: rust_decimal::Decimal::from(100 * id), note, label: "b".to_owned(), ..wallet(id) }
        }

        #[allow(dead_code)]
        pub fn patch(id: i64) -> Patch {
            let Wallet { id, owner_id, balance, note, label, .. } = changed(id);
            Patch { id, owner_id, balance: Some(balance), note: Some(note), label: Some(label) }
        }
    };
}
use wallets;

const POSTGRES: &str = "CREATE TABLE wallets (
    id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, slug TEXT NOT NULL UNIQUE, balance BYTEA NOT NULL, note TEXT,
    label TEXT NOT NULL)";
const MYSQL: &str = "CREATE TABLE wallets (
    id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, slug VARCHAR(100) NOT NULL UNIQUE, balance BLOB NOT NULL, note TEXT,
    label TEXT NOT NULL)";
const SQLITE: &str = "CREATE TABLE wallets (
    id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, slug TEXT NOT NULL UNIQUE, balance BLOB NOT NULL, note TEXT,
    label TEXT NOT NULL)";

/// Keys for the whole, and for each of the two owners.
fn keyring() -> Keyring {
    testing::keyring().with_scoped(7_i64, testing::keyring()).with_scoped(8_i64, testing::keyring())
}

fn on_postgres(sql: &str, test: impl FnOnce(&mut PgConnection)) {
    let database = harness::pg();
    let mut conn = database.connect();
    conn.batch_execute(sql).unwrap();
    scope::with(&keyring(), || test(&mut conn));
}

fn on_mysql(sql: &str, test: impl FnOnce(&mut MysqlConnection)) {
    let database = harness::mysql();
    let mut conn = database.connect();
    conn.batch_execute(sql).unwrap();
    scope::with(&keyring(), || test(&mut conn));
}

fn on_sqlite(sql: &str, test: impl FnOnce(&mut SqliteConnection)) {
    let database = harness::sqlite();
    let mut conn = database.connect();
    conn.batch_execute(sql).unwrap();
    scope::with(&keyring(), || test(&mut conn));
}

/// The statement failed because of the guard, and nothing changed.
fn assert_refused<S: PartialEq + Debug>(before: &S, result: QueryResult<usize>, after: &S) {
    let error = result.expect_err("the value was sealed for another row");
    assert!(encrypted_fields::write_conflict(&error), "{error:?}");
    assert_eq!(before, after);
}

/// Runs a statement that must be refused, and compares the bytes of every row before and after.
macro_rules! refused {
    ($conn:ident, $statement:expr) => {{
        let before: Vec<SealedWallet> = wallets::table.order(wallets::id).load($conn).unwrap();
        let result: diesel::QueryResult<usize> = $statement;
        let after: Vec<SealedWallet> = wallets::table.order(wallets::id).load($conn).unwrap();
        crate::guards::assert_refused(&before, result, &after);
    }};
}
use refused;

/// Runs a statement that changes wallet 1 only.
macro_rules! accepted {
    ($conn:ident, $statement:expr) => {
        accepted!($conn, $statement, 1)
    };
    ($conn:ident, $statement:expr, $counted:expr) => {{
        assert_eq!($statement, Ok($counted));
        let rows: Vec<Wallet> = wallets::table.order(wallets::id).load($conn).unwrap();
        assert_eq!(rows, [changed(1), wallet(2), wallet(3)]);
    }};
}
use accepted;
