//! Every ordinary call of Diesel takes and gives an encrypted model: on Postgres, on MySQL, on SQLite, and through
//! diesel-async.

mod connections;
mod copy;
mod delete;
mod insert;
mod multi;
mod over_async;
mod patch;
mod read;
mod relations;
mod update;
mod upsert;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use encrypted_fields::codec::Json;
use encrypted_fields::{EncryptedModel, Keyring, scope, testing};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::harness;
use crate::models::ddl_for_mysql;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    users (id) {
        id -> BigInt,
        name -> Text,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
        phone -> Nullable<Encrypted<Text>>,
        balance -> Encrypted<Numeric>,
        profile -> Nullable<EncryptedText<Jsonb>>,
        nick -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    cards (id) {
        id -> BigInt,
        user_id -> BigInt,
        number -> Encrypted<Text>,
        label -> Text,
    }
}

diesel::joinable!(cards -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(users, cards);

/// Blob, text, number and JSON columns, as each backend spells them.
const POSTGRES: &str = "
    CREATE TABLE users (
        id BIGINT PRIMARY KEY, name TEXT NOT NULL DEFAULT 'nobody', email enc_text NOT NULL,
        email_bidx BYTEA NOT NULL UNIQUE, phone enc_text, balance enc_numeric NOT NULL, profile enc_jsonb_text,
        nick TEXT DEFAULT 'none');
    CREATE TABLE cards (
        id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users (id), number enc_text NOT NULL,
        label TEXT NOT NULL);";
const SQLITE: &str = "
    CREATE TABLE users (
        id BIGINT PRIMARY KEY, name TEXT NOT NULL DEFAULT 'nobody', email BLOB NOT NULL,
        email_bidx BLOB NOT NULL UNIQUE, phone BLOB, balance BLOB NOT NULL, profile TEXT, nick TEXT DEFAULT 'none');
    CREATE TABLE cards (
        id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL REFERENCES users (id), number BLOB NOT NULL,
        label TEXT NOT NULL);";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Profile {
    city: String,
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[encrypted(sealed(derive(Debug, Clone, PartialEq)))]
struct User {
    id: i64,
    name: String,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: String,
    #[encrypted]
    phone: Option<String>,
    #[encrypted]
    balance: Decimal,
    #[encrypted]
    profile: Option<Json<Profile>>,
    nick: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Identifiable, Associations, EncryptedModel)]
#[diesel(belongs_to(User))]
struct Card {
    id: i64,
    user_id: i64,
    #[encrypted]
    number: String,
    label: String,
}

/// A user of this number, with every field filled.
fn user(id: i64) -> User {
    User {
        id,
        name: format!("user {id}"),
        email: format!("User{id}@example.com"),
        phone: Some(format!("+39 06 {id}")),
        balance: Decimal::new(100 * id + 50, 2),
        profile: Some(Json(Profile { city: "Roma".to_owned() })),
        nick: Some(format!("nick {id}")),
    }
}

fn card(id: i64, user_id: i64) -> Card {
    Card { id, user_id, number: format!("4111 {id}"), label: format!("card {id}") }
}

/// A Postgres database with the tables, and a connection to it, under a keyring of the test's own.
fn on_postgres(test: impl FnOnce(&mut PgConnection)) {
    let database = harness::pg();
    let mut conn = database.connect();
    conn.batch_execute(POSTGRES).unwrap();
    scope::with(&testing::keyring(), || test(&mut conn));
}

/// The same in SQLite.
fn on_sqlite(test: impl FnOnce(&mut SqliteConnection)) {
    let database = harness::sqlite();
    let mut conn = database.connect();
    conn.batch_execute(SQLITE).unwrap();
    scope::with(&testing::keyring(), || test(&mut conn));
}

/// The same in MySQL.
fn on_mysql(test: impl FnOnce(&mut MysqlConnection)) {
    let database = harness::mysql();
    let mut conn = database.connect();
    conn.batch_execute(&ddl_for_mysql(POSTGRES)).unwrap();
    scope::with(&testing::keyring(), || test(&mut conn));
}

/// Users 1 to `n`, inserted.
fn given(n: i64) -> Vec<User> {
    (1..=n).map(user).collect()
}

/// One test a function and backend, but MySQL: Diesel has no RETURNING there.
macro_rules! on_both {
    ($(fn $name:ident($conn:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn on_postgres() {
                #[allow(dead_code)]
                type Db = diesel::pg::Pg;
                #[allow(unused_imports)]
                use crate::models::dialect::sql_standard::*;
                crate::every_diesel_call::on_postgres(|$conn| $body);
            }

            #[test]
            fn on_sqlite() {
                #[allow(dead_code)]
                type Db = diesel::sqlite::Sqlite;
                #[allow(unused_imports)]
                use crate::models::dialect::sql_standard::*;
                crate::every_diesel_call::on_sqlite(|$conn| $body);
            }
        }
    )*};
}
use on_both;

/// One test a function and backend.
macro_rules! on_every {
    ($(fn $name:ident($conn:ident) $body:block)*) => {
        on_both! { $(fn $name($conn) $body)* }

        mod on_mysql {
            use super::*;

            $(
                #[test]
                fn $name() {
                    #[allow(dead_code)]
                    type Db = diesel::mysql::Mysql;
                    #[allow(unused_imports)]
                    use crate::models::dialect::mysql::*;
                    crate::every_diesel_call::on_mysql(|$conn| $body);
                }
            )*
        }
    };
}
use on_every;
