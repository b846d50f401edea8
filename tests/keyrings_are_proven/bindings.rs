//! Rows bound to a column of each class: the proof reads their values as text, and has to arrive at the same bytes.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use encrypted_fields::prove::Proof;
use encrypted_fields::{EncryptedModel, Keyring, scope, testing};
use uuid::Uuid;

use crate::harness::{pg, sqlite};

/// A table a class: bound to `name`, with the values that are hardest to read back.
macro_rules! bound_to {
    ($($(#[$attr:meta])* $table:ident $model:ident: $rust:ty as $sql:ident, $postgres:literal $(, $sqlite:literal)? => $values:expr;)*) => {$(
        mod $table {
            use super::*;

            diesel::table! {
                use diesel::sql_types::*;
                use encrypted_fields::sql_types::*;
                $table (name) {
                    name -> $sql,
                    total -> Encrypted<BigInt>,
                    note -> EncryptedText<Text>,
                }
            }

            #[derive(EncryptedModel)]
            #[diesel(table_name = $table, primary_key(name))]
            struct $model {
                name: $rust,
                #[encrypted]
                total: i64,
                #[encrypted]
                note: String,
            }

            #[test]
            fn on_postgres() {
                let database = pg();
                let conn = &mut database.connect();
                let ddl = concat!("CREATE TABLE ", stringify!($table), " (name ", $postgres,
                    " PRIMARY KEY, total enc_bigint NOT NULL, note enc_text_text NOT NULL)");
                diesel::sql_query(ddl).execute(conn).unwrap();
                diesel::sql_query("SET TIME ZONE 'America/St_Johns'").execute(conn).unwrap();
                diesel::sql_query("SET DateStyle = 'German'").execute(conn).unwrap();
                prove!(conn, $table $model $values);
            }

            $(
                #[test]
                fn on_sqlite() {
                    let database = sqlite();
                    let conn = &mut database.connect();
                    let ddl = concat!("CREATE TABLE ", stringify!($table), " (name ", $sqlite,
                        " PRIMARY KEY, total BLOB NOT NULL, note TEXT NOT NULL)");
                    diesel::sql_query(ddl).execute(conn).unwrap();
                    prove!(conn, $table $model $values);
                }
            )?
        }
    )*};
}

macro_rules! prove {
    ($conn:ident, $table:ident $model:ident $values:expr) => {{
        let (keyring, wrong): (Keyring, Keyring) = (testing::keyring(), testing::keyring());
        let total = concat!(stringify!($table), ".total").to_owned();
        let note = concat!(stringify!($table), ".note").to_owned();
        let models = [$model::model()];
        for value in $values {
            diesel::delete($table::table).execute($conn).unwrap();
            let empty = vec![(total.clone(), Proof::Empty), (note.clone(), Proof::Empty)];
            assert_eq!(keyring.prove($conn, &models).unwrap(), empty);

            let shown = format!("{value:?}");
            let row = $model { name: value, total: -5, note: "è".into() };
            scope::with(&keyring, || diesel::insert_into($table::table).values(&row).execute($conn)).unwrap();
            let loaded: $model = scope::with(&keyring, || $table::table.first($conn)).unwrap();
            assert_eq!((loaded.name, loaded.total, loaded.note), (row.name, -5, row.note));
            let opened = vec![(total.clone(), Proof::Opened), (note.clone(), Proof::Opened)];
            match keyring.prove($conn, &models) {
                Ok(found) => assert_eq!(found, opened, "{shown}"),
                Err(error) => panic!("{shown}: {error}"),
            }
            assert!(wrong.prove($conn, &models).unwrap_err().to_string().contains(&total), "{shown}");
        }
    }};
}

fn instant(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn instants() -> Vec<NaiveDateTime> {
    [
        "1970-01-01T00:00:00",
        "2024-02-29T12:34:56.789",
        "2024-12-31T23:59:59.999999",
        "1969-12-31T23:59:59.999999",
        "1969-12-31T23:59:59.5",
        "2024-01-01T00:00:00.000001",
        "0001-01-01T00:00:00",
        "1500-03-01T00:00:00.1",
        "9999-12-31T23:59:59.999",
    ]
    .map(instant)
    .to_vec()
}

bound_to! {
    by_smallint BySmallint: i16 as SmallInt, "SMALLINT", "SMALLINT" => [0, -1, i16::MIN, i16::MAX];
    by_integer ByInteger: i32 as Integer, "INTEGER", "INTEGER" => [0, -1, i32::MIN, i32::MAX];
    by_bigint ByBigint: i64 as BigInt, "BIGINT", "BIGINT" => [0, -1, i64::MIN, i64::MAX];
    by_bool ByBool: bool as Bool, "BOOLEAN", "BOOLEAN" => [false, true];
    by_text ByText: String as Text, "TEXT", "TEXT" =>
        ["", " ", "it's \"quoted\"; -- \\ $1 ?", "日本語 👩‍👩‍👧 e\u{301}", "NULL", "\n\t\r", "0"].map(str::to_owned);
    by_binary ByBinary: Vec<u8> as Binary, "BYTEA", "BLOB" =>
        [vec![], vec![0], b"\\x00".to_vec(), (0..=255).collect()];
    by_date ByDate: NaiveDate as Date, "DATE", "DATE" =>
        ["1970-01-01", "1969-12-31", "2024-02-29", "0001-01-01", "1500-02-28", "9999-12-31"]
            .map(|date| date.parse::<NaiveDate>().unwrap());
    by_timestamp ByTimestamp: NaiveDateTime as Timestamp, "TIMESTAMP", "TIMESTAMP" => instants();
    by_timestamptz ByTimestamptz: DateTime<Utc> as Timestamptz, "TIMESTAMPTZ" =>
        instants().into_iter().map(|instant| instant.and_utc());
    by_uuid ByUuid: Uuid as Uuid, "UUID" => [Uuid::nil(), Uuid::max(), Uuid::new_v4()];
}
