//! A value with a counter: the second of two writers that read one row fails, and a value that was written earlier does
//! not open beside today's counter.

mod over_async;
mod rollback;
mod sql;
mod two_writers;
mod variants;
mod writes;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use encrypted_fields::{EncryptedModel, Keyring, Version, scope, testing};
use rust_decimal::Decimal;

use crate::harness;
use crate::models::ddl_for_mysql;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    wallets (id) {
        id -> BigInt,
        owner_id -> BigInt,
        slug -> Text,
        balance -> Encrypted<Numeric>,
        balance_version -> BigInt,
        note -> Nullable<EncryptedText<Text>>,
        note_bidx -> Nullable<Binary>,
        note_version -> BigInt,
        hint -> Encrypted<Text>,
        label -> Text,
    }
}

/// Two values with a counter each, one of them nullable and indexed, and one without.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[encrypted(bind(id, owner_id), sealed(derive(Debug, Clone, PartialEq)))]
pub struct Wallet {
    pub id: i64,
    pub owner_id: i64,
    pub slug: String,
    #[encrypted(version = balance_version)]
    pub balance: Decimal,
    pub balance_version: Version,
    #[encrypted(index = note_bidx, version = note_version)]
    pub note: Option<String>,
    pub note_version: Version,
    #[encrypted]
    pub hint: String,
    pub label: String,
}

#[derive(Debug, Clone, Identifiable, EncryptedModel)]
#[diesel(table_name = wallets)]
#[encrypted(bind(id, owner_id), only(AsChangeset))]
pub struct Patch {
    pub id: i64,
    pub owner_id: i64,
    #[encrypted(version = balance_version)]
    pub balance: Option<Decimal>,
    pub balance_version: Version,
    #[encrypted(index = note_bidx, version = note_version)]
    pub note: Option<Option<String>>,
    pub note_version: Version,
    pub label: Option<String>,
}

/// A wallet as it is first written.
pub fn wallet(id: i64) -> Wallet {
    Wallet {
        id,
        owner_id: 7,
        slug: format!("slug {id}"),
        balance: Decimal::from(id),
        balance_version: Version::new(),
        note: Some(format!("note {id}")),
        note_version: Version::new(),
        hint: format!("hint {id}"),
        label: "a".to_owned(),
    }
}

/// A patch of this wallet that changes nothing yet.
pub fn patch(of: &Wallet) -> Patch {
    let Wallet { id, owner_id, balance_version, note_version, .. } = *of;
    Patch { id, owner_id, balance: None, balance_version, note: None, note_version, label: None }
}

const POSTGRES: &str = "CREATE TABLE wallets (
    id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, slug TEXT NOT NULL UNIQUE, balance BYTEA NOT NULL,
    balance_version BIGINT NOT NULL, note TEXT, note_bidx BYTEA, note_version BIGINT NOT NULL, hint BYTEA NOT NULL,
    label TEXT NOT NULL)";
const SQLITE: &str = "CREATE TABLE wallets (
    id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, slug TEXT NOT NULL UNIQUE, balance BLOB NOT NULL,
    balance_version BIGINT NOT NULL, note TEXT, note_bidx BLOB, note_version BIGINT NOT NULL, hint BLOB NOT NULL,
    label TEXT NOT NULL)";

fn on_postgres(test: impl FnOnce(&mut PgConnection)) {
    let database = harness::pg();
    let mut conn = database.connect();
    conn.batch_execute(POSTGRES).unwrap();
    scope::with(&testing::keyring(), || test(&mut conn));
}

fn on_sqlite(test: impl FnOnce(&mut SqliteConnection)) {
    let database = harness::sqlite();
    let mut conn = database.connect();
    conn.batch_execute(SQLITE).unwrap();
    scope::with(&testing::keyring(), || test(&mut conn));
}

fn on_mysql(test: impl FnOnce(&mut MysqlConnection)) {
    let database = harness::mysql();
    let mut conn = database.connect();
    conn.batch_execute(&ddl_for_mysql(POSTGRES)).unwrap();
    scope::with(&testing::keyring(), || test(&mut conn));
}

/// The same test on each backend; `$conn` is a connection to an empty table.
macro_rules! on_each_backend {
    ($($(#[$doc:meta])* $name:ident: |$conn:ident| $body:block)*) => {
        mod on_postgres {
            use super::*;
            #[allow(unused_imports)]
            use crate::models::dialect::sql_standard::*;
            $($(#[$doc])* #[test] fn $name() { crate::versions::on_postgres(|$conn| $body); })*
        }
        mod on_mysql {
            use super::*;
            #[allow(unused_imports)]
            use crate::models::dialect::mysql::*;
            $($(#[$doc])* #[test] fn $name() { crate::versions::on_mysql(|$conn| $body); })*
        }
        mod on_sqlite {
            use super::*;
            #[allow(unused_imports)]
            use crate::models::dialect::sql_standard::*;
            $($(#[$doc])* #[test] fn $name() { crate::versions::on_sqlite(|$conn| $body); })*
        }
    };
}
use on_each_backend;

/// The same but for MySQL, where Diesel has neither RETURNING nor `excluded`.
macro_rules! on_backends_that_return {
    ($($(#[$doc:meta])* $name:ident: |$conn:ident| $body:block)*) => {$(
        mod $name {
            use super::*;
            $(#[$doc])* #[test] fn on_postgres() { crate::versions::on_postgres(|$conn| $body); }
            $(#[$doc])* #[test] fn on_sqlite() { crate::versions::on_sqlite(|$conn| $body); }
        }
    )*};
}
use on_backends_that_return;

/// The row as the database holds it.
macro_rules! stored {
    ($conn:ident, $id:expr) => {{
        let row: crate::versions::SealedWallet = crate::versions::wallets::table.find($id).first($conn).unwrap();
        row
    }};
}
use stored;

/// The row as the model reads it.
macro_rules! loaded {
    ($conn:ident, $id:expr) => {{
        let row: crate::versions::Wallet = crate::versions::wallets::table.find($id).first($conn).unwrap();
        row
    }};
}
use loaded;

/// A write that lost: named as a conflict, and not a byte of the table is changed.
macro_rules! lost {
    ($conn:ident, $statement:expr) => {{
        let all = || crate::versions::wallets::table.order(crate::versions::wallets::id);
        let before: Vec<crate::versions::SealedWallet> = all().load($conn).unwrap();
        let error = $statement.map(drop).expect_err("another writer was first");
        assert!(encrypted_fields::write_conflict(&error), "{error:?}");
        assert_eq!(all().load::<crate::versions::SealedWallet>($conn).unwrap(), before);
    }};
}
use lost;

fn with_keyring<R>(f: impl FnOnce(&Keyring) -> R) -> R {
    f(&encrypted_fields::current_keyring().unwrap())
}
