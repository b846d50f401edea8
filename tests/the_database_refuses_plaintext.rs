//! Whoever writes a plaintext into an `enc_*` column, by any road, is refused by Postgres itself, and by the CHECKs of the MySQL
//! guide.

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

/// The CHECKs that stand in for domains on MySQL, as the guide has them.
mod on_mysql {
    use super::*;
    use crate::harness::mysql;
    use diesel::connection::SimpleConnection as _;
    use diesel::result::DatabaseErrorKind;
    use encrypted_fields::EncryptedModel;

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
            note -> Nullable<EncryptedText<Text>>,
        }
    }

    #[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
    struct User {
        id: i64,
        name: String,
        #[encrypted(index = email_bidx)]
        email: String,
        #[encrypted]
        phone: Option<String>,
        #[encrypted]
        balance: rust_decimal::Decimal,
        #[encrypted]
        note: Option<String>,
    }

    /// The guide's CREATE TABLE, word for word.
    fn guide() -> &'static str {
        let guide = include_str!("../guides/mysql.md");
        guide.split("```sql\n").nth(1).unwrap().split("```").next().unwrap()
    }

    #[test]
    fn the_checks_take_the_shortest_and_refuse_plaintext() {
        let database = mysql();
        let conn = &mut database.connect();
        conn.batch_execute(guide()).unwrap();
        scope::with(&testing::keyring(), || {
            let shortest = User {
                id: 1,
                name: String::new(),
                email: String::new(),
                phone: Some(String::new()),
                balance: 0.into(),
                note: Some(String::new()),
            };
            diesel::insert_into(users::table).values(&shortest).execute(conn).unwrap();
            let null = User { id: 2, email: "x".to_owned(), phone: None, note: None, ..shortest.clone() };
            diesel::insert_into(users::table).values(&null).execute(conn).unwrap();
            assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), [shortest.clone(), null]);

            let sealed = users::table.find(1).select(users::note).first(conn);
            let sealed: encrypted_fields::SealedOf<users::note> = sealed.unwrap();
            let sealed = String::from_utf8(sealed.unwrap().stored().unwrap().to_vec()).unwrap();
            let long = "a.customer.with.a.long.address@example.com, and more of it".to_owned();
            let other_case = sealed.replacen('A', "a", 1);
            for column in ["email", "phone", "balance", "note"] {
                for plaintext in ["", "0", "5.00", &long, &sealed[..40], &other_case, &format!("{sealed}=")] {
                    let update = diesel::sql_query(format!("UPDATE users SET {column} = ? WHERE id = 1"));
                    let error = update.bind::<Binary, _>(plaintext.as_bytes()).execute(conn).unwrap_err();
                    let Error::DatabaseError(kind, information) = error else { panic!("{column}: {error}") };
                    assert!(matches!(kind, DatabaseErrorKind::CheckViolation | DatabaseErrorKind::Unknown), "{kind:?}");
                    assert!(information.message().contains("CONSTRAINT"), "{column}: {}", information.message());
                }
            }
            assert_eq!(users::table.find(1).first::<User>(conn).unwrap(), shortest);
        });
    }

    /// Why the guide asks for a strict `sql_mode`.
    #[test]
    fn a_column_that_is_too_short_is_an_error_only_where_the_mode_is_strict() {
        let database = mysql();
        let conn = &mut database.connect();
        conn.batch_execute(&guide().replace("phone       BLOB", "phone       VARBINARY(40)")).unwrap();
        scope::with(&testing::keyring(), || {
            let phone = Some("+39 06 1234567".to_owned());
            let user = User { id: 1, name: String::new(), email: "e".to_owned(), phone, balance: 1.into(), note: None };
            diesel::insert_into(users::table).values(&user).execute(conn).unwrap_err();
            conn.batch_execute("SET sql_mode = ''").unwrap();
            diesel::insert_into(users::table).values(&user).execute(conn).unwrap();
            let error = users::table.first::<User>(conn).unwrap_err().to_string();
            assert!(error.contains("cannot open users.phone [id=1]: authentication failed"), "{error}");
        });
    }
}
