//! A stored value that was changed in any bit, cut anywhere or made longer is an error: never a value, never a panic, and
//! never the end of the page it is on.

use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Binary};
use encrypted_fields::error::OpenReason;
use encrypted_fields::{EncryptedModel, OpenError};

use crate::models::on_every_backend;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    letters (id) {
        id -> BigInt,
        body -> Encrypted<Text>,
        copy -> EncryptedText<Text>,
    }
}

/// Without the domains, which would refuse most of it before it is stored.
const TABLE: &str = "CREATE TABLE letters (id BIGINT PRIMARY KEY, body BYTEA NOT NULL, copy TEXT NOT NULL)";

#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[diesel(table_name = letters)]
#[encrypted(sealed(derive(Debug, Clone)))]
struct Letter {
    id: i64,
    #[encrypted]
    body: String,
    #[encrypted]
    copy: String,
}

const BODY: &str = "Dear Ada";

/// Bytes of the version, key id and nonce.
const HEADER: usize = 1 + 4 + 12;

/// Writes any bytes into a column.
trait Attacker: Sized {
    fn write(&mut self, column: &str, bytes: &[u8]) -> QueryResult<usize>;
}

impl Attacker for PgConnection {
    fn write(&mut self, column: &str, bytes: &[u8]) -> QueryResult<usize> {
        let value = if column == "copy" { "convert_from($1, 'UTF8')" } else { "$1" };
        let sql = format!("UPDATE letters SET {column} = {value} WHERE id = 2 AND $2 = 2");
        diesel::sql_query(sql).bind::<Binary, _>(bytes).bind::<BigInt, _>(2).execute(self)
    }
}

impl Attacker for MysqlConnection {
    fn write(&mut self, column: &str, bytes: &[u8]) -> QueryResult<usize> {
        let value = if column == "copy" { "CONVERT(? USING utf8mb4)" } else { "?" };
        diesel::sql_query(format!("UPDATE letters SET {column} = {value} WHERE id = 2"))
            .bind::<Binary, _>(bytes)
            .execute(self)
    }
}

impl Attacker for SqliteConnection {
    fn write(&mut self, column: &str, bytes: &[u8]) -> QueryResult<usize> {
        let value = if column == "copy" { "CAST(? AS TEXT)" } else { "?" };
        diesel::sql_query(format!("UPDATE letters SET {column} = {value} WHERE id = 2"))
            .bind::<Binary, _>(bytes)
            .execute(self)
    }
}

/// Every bit of the first `header` bytes and one of each other byte flipped, every truncation, and two bytes appended.
fn alterations(stored: &[u8], header: usize) -> Vec<Vec<u8>> {
    let mut altered = Vec::new();
    for at in 0..stored.len() {
        for bit in if at < header { 0..8 } else { at % 8..at % 8 + 1 } {
            let mut flipped = stored.to_vec();
            flipped[at] ^= 1 << bit;
            altered.push(flipped);
        }
        altered.push(stored[..at].to_vec());
    }
    for appended in [b'\0', b'A', b'=', b'\n'] {
        altered.push([stored, &[appended]].concat());
    }
    altered
}

#[track_caller]
fn assert_refused<T>(result: QueryResult<T>, column: &str, altered: &[u8]) {
    let Err(Error::DeserializationError(error)) = result else {
        panic!("{column} = {altered:02x?} was read: {:?}", result.map(drop))
    };
    let error: &OpenError = error.downcast_ref().unwrap_or_else(|| panic!("{column} = {altered:02x?}: {error}"));
    let place = error.place().expect("a place");
    assert_eq!((place.table, place.column, place.row.as_str()), ("letters", column, "id=2"));
    use OpenReason::{Authentication, Malformed, UnknownKey};
    assert!(matches!(error.reason(), Authentication { .. } | Malformed(_) | UnknownKey { .. }), "{error}");
    assert!(!error.to_string().contains("Ada"), "{error}");
}

fn letters() -> Vec<Letter> {
    (1..=3).map(|id| Letter { id, body: BODY.into(), copy: BODY.into() }).collect()
}

macro_rules! stored {
    ($conn:ident, $column:ident) => {
        letters::table
            .find(2)
            .select(letters::$column)
            .first(&mut *$conn)
            .map(|sealed: encrypted_fields::SealedOf<letters::$column>| sealed.stored().unwrap().to_vec())
            .unwrap()
    };
}

on_every_backend! {
    fn in_a_column_of_bytes(conn, _keyring, TABLE) {
        diesel::insert_into(letters::table).values(&letters()).execute(conn).unwrap();
        let stored = stored!(conn, body);
        assert_eq!(stored.len(), 33 + 1 + BODY.len());
        for altered in alterations(&stored, HEADER) {
            conn.write("body", &altered).unwrap();
            assert_refused(Letter::query().filter(letters::id.eq(2)).first(conn), "body", &altered);
        }
        conn.write("body", &stored).unwrap();
        assert_eq!(Letter::query().order(letters::id).load(conn).unwrap(), letters());
    }

    fn in_a_column_of_text(conn, _keyring, TABLE) {
        diesel::insert_into(letters::table).values(&letters()).execute(conn).unwrap();
        let stored = stored!(conn, copy);
        let mut refused_by_the_database = 0;
        for altered in alterations(&stored, HEADER.div_ceil(3) * 4) {
            // Postgres takes neither a NUL nor what is not UTF-8 in a text.
            match conn.write("copy", &altered) {
                Ok(_) => assert_refused(Letter::query().filter(letters::id.eq(2)).first(conn), "copy", &altered),
                Err(_) => refused_by_the_database += 1,
            }
        }
        assert!(refused_by_the_database < 60, "{refused_by_the_database}");
        conn.write("copy", &stored).unwrap();
        assert_eq!(Letter::query().order(letters::id).load(conn).unwrap(), letters());
    }

    /// The last character of a base64 text may have bits that mean nothing: there is one text for a value all the same.
    fn in_the_unused_bits_of_a_text(conn, _keyring, TABLE) {
        for length in 0..3 {
            diesel::delete(letters::table).execute(conn).unwrap();
            let letter = Letter { id: 2, body: String::new(), copy: "x".repeat(length) };
            diesel::insert_into(letters::table).values(&letter).execute(conn).unwrap();
            let stored = stored!(conn, copy);
            for last in (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').chain(*b"-_+/= \n") {
                let mut altered = stored.clone();
                *altered.last_mut().unwrap() = last;
                if altered != stored {
                    conn.write("copy", &altered).unwrap();
                    assert_refused(Letter::query().first(conn), "copy", &altered);
                }
            }
        }
    }

    /// `SealedLetter` loads the page, and only the altered value fails to open.
    fn one_bad_value_leaves_the_page_readable(conn, keyring, TABLE) {
        diesel::insert_into(letters::table).values(&letters()).execute(conn).unwrap();
        let (body, copy) = (stored!(conn, body), stored!(conn, copy));
        let cut = &body[..20];
        conn.write("body", cut).unwrap();

        assert!(Letter::query().load(conn).is_err(), "the strict model does not leave a row out");
        let page: Vec<SealedLetter> = SealedLetter::query().order(letters::id).load(conn).unwrap();
        assert_eq!(page.len(), 3);
        for sealed in &page {
            let opened = sealed.clone().open(keyring);
            let row = sealed.row();
            assert_eq!(row.open_copy(&sealed.copy).unwrap(), BODY);
            if sealed.id == 2 {
                assert_eq!(opened.unwrap_err().place().unwrap().column, "body");
                assert!(row.open_body(&sealed.body).is_err());
                assert_eq!(sealed.body.stored().unwrap(), cut);
            } else {
                assert_eq!(opened.unwrap(), letters()[0].clone_as(sealed.id));
            }
        }

        // Written back as it is: what may still be recovered is not lost.
        let bad = page[1].clone();
        diesel::delete(letters::table.find(2)).execute(conn).unwrap();
        diesel::insert_into(letters::table).values(&bad).execute(conn).unwrap();
        assert_eq!((stored!(conn, body).as_slice(), stored!(conn, copy)), (cut, copy.clone()));
        diesel::update(letters::table.find(2)).set(&bad).execute(conn).unwrap();
        assert_eq!((stored!(conn, body).as_slice(), stored!(conn, copy)), (cut, copy));
        conn.write("body", &body).unwrap();
        assert_eq!(Letter::query().filter(letters::id.eq(2)).first(conn).unwrap(), letters()[1]);
    }
}

impl Letter {
    fn clone_as(&self, id: i64) -> Self {
        Self { id, ..self.clone() }
    }
}

/// SQLite stores any type in any column, and any bytes as text.
#[test]
fn sqlite_values_of_another_type() {
    let database = crate::harness::sqlite();
    let conn = &mut database.connect();
    diesel::sql_query(crate::models::ddl_for_sqlite(TABLE)).execute(conn).unwrap();
    encrypted_fields::scope::with(&encrypted_fields::testing::keyring(), || {
        diesel::insert_into(letters::table).values(&letters()).execute(conn).unwrap();
        let (body, copy) = (stored!(conn, body), stored!(conn, copy));
        for value in
            ["42", "-1.5", "1e300", "'AQ'", "''", "x''", "x'00'", "x'ff'", "CAST(x'ff41fe' AS TEXT)", "zeroblob(100)"]
        {
            for (column, stored) in [("body", &body), ("copy", &copy)] {
                diesel::sql_query(format!("UPDATE letters SET {column} = {value} WHERE id = 2")).execute(conn).unwrap();
                assert_refused(Letter::query().filter(letters::id.eq(2)).first(conn), column, value.as_bytes());
                assert_eq!(SealedLetter::query().load(conn).map(|page| page.len()), Ok(3), "{column} = {value}");
                conn.write(column, stored).unwrap();
            }
        }
    });
}
