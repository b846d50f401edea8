//! Rows bound to a column of each class: the proof reads their values as text, and has to arrive at the same bytes.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::deserialize::{FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::mysql::{Mysql, MysqlValue};
use diesel::prelude::*;
use diesel::serialize::{Output, ToSql};
use diesel::sql_types::Binary;
use encrypted_fields::bound::{Bound, BoundClass, BoundValue};
use encrypted_fields::error::SealReason;
use encrypted_fields::prove::Proof;
use encrypted_fields::{EncryptedModel, Keyring, scope, testing};
use uuid::Uuid;

use crate::harness::{mysql, pg, sqlite};

/// A table a class: bound to `name`, with the values that are hardest to read back.
macro_rules! bound_to {
    ($($(#[$attr:meta])* $table:ident $model:ident: $rust:ty as $sql:ty, [$($backend:ident $ddl:literal),*] => $values:expr;)*) => {$(
        $(#[$attr])*
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

            $(bound_to!(@ $backend $table $model $ddl $values);)*
        }
    )*};
    (@ postgres $table:ident $model:ident $ddl:literal $values:expr) => {
        #[test]
        fn on_postgres() {
            let database = pg();
            let conn = &mut database.connect();
            let ddl = concat!("CREATE TABLE ", stringify!($table), " (name ", $ddl,
                " PRIMARY KEY, total enc_bigint NOT NULL, note enc_text_text NOT NULL)");
            diesel::sql_query(ddl).execute(conn).unwrap();
            diesel::sql_query("SET TIME ZONE 'America/St_Johns'").execute(conn).unwrap();
            diesel::sql_query("SET DateStyle = 'German'").execute(conn).unwrap();
            prove!(conn, $table $model $values);
        }
    };
    (@ mysql $table:ident $model:ident $ddl:literal $values:expr) => {
        #[test]
        fn on_mysql() {
            let database = mysql();
            let conn = &mut database.connect();
            let ddl = concat!("CREATE TABLE ", stringify!($table), " (name ", $ddl,
                " PRIMARY KEY, total BLOB NOT NULL, note TEXT NOT NULL)");
            diesel::sql_query(ddl).execute(conn).unwrap();
            prove!(conn, $table $model $values);
        }
    };
    (@ sqlite $table:ident $model:ident $ddl:literal $values:expr) => {
        #[test]
        fn on_sqlite() {
            let database = sqlite();
            let conn = &mut database.connect();
            let ddl = concat!("CREATE TABLE ", stringify!($table), " (name ", $ddl,
                " PRIMARY KEY, total BLOB NOT NULL, note TEXT NOT NULL)");
            diesel::sql_query(ddl).execute(conn).unwrap();
            prove!(conn, $table $model $values);
        }
    };
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

/// A UUID where Diesel has no type for it: BINARY(16), bound as a UUID, so that it opens in a `uuid` column as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
struct BinaryUuid(Uuid);

impl ToSql<Binary, Mysql> for BinaryUuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> diesel::serialize::Result {
        ToSql::<Binary, Mysql>::to_sql(self.0.as_bytes().as_slice(), out)
    }
}

impl FromSql<Binary, Mysql> for BinaryUuid {
    fn from_sql(bytes: MysqlValue<'_>) -> diesel::deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(bytes.as_bytes())?))
    }
}

impl BoundValue<Binary> for BinaryUuid {
    const CLASS: BoundClass = BoundClass::Uuid;

    fn bound(&self) -> Result<Bound<'_>, SealReason> {
        BoundValue::<encrypted_fields::sql_types::Uuid>::bound(&self.0)
    }
}

fn texts() -> [String; 7] {
    ["", " ", "it's \"quoted\"; -- \\ $1 ?", "日本語 👩‍👩‍👧 e\u{301}", "NULL", "\n\t\r", "0"].map(str::to_owned)
}

bound_to! {
    by_smallint BySmallint: i16 as SmallInt, [postgres "SMALLINT", mysql "SMALLINT", sqlite "SMALLINT"] =>
        [0, -1, i16::MIN, i16::MAX];
    by_integer ByInteger: i32 as Integer, [postgres "INTEGER", mysql "INTEGER", sqlite "INTEGER"] =>
        [0, -1, i32::MIN, i32::MAX];
    by_bigint ByBigint: i64 as BigInt, [postgres "BIGINT", mysql "BIGINT", sqlite "BIGINT"] =>
        [0, -1, i64::MIN, i64::MAX];
    by_tinyint ByTinyint: i8 as TinyInt, [mysql "TINYINT"] => [0, -1, i8::MIN, i8::MAX];
    by_unsigned_tinyint ByUnsignedTinyint: u8 as Unsigned<TinyInt>, [mysql "TINYINT UNSIGNED"] => [0, u8::MAX];
    by_unsigned_smallint ByUnsignedSmallint: u16 as Unsigned<SmallInt>, [mysql "SMALLINT UNSIGNED"] => [0, u16::MAX];
    by_unsigned_integer ByUnsignedInteger: u32 as Unsigned<Integer>, [mysql "INTEGER UNSIGNED"] => [0, u32::MAX];
    by_unsigned_bigint ByUnsignedBigint: u64 as Unsigned<BigInt>, [mysql "BIGINT UNSIGNED"] => [0, u64::MAX];
    by_bool ByBool: bool as Bool, [postgres "BOOLEAN", mysql "BOOLEAN", sqlite "BOOLEAN"] => [false, true];
    by_text ByText: String as Text, [postgres "TEXT", mysql "VARCHAR(100)", sqlite "TEXT"] => texts();
    by_binary ByBinary: Vec<u8> as Binary, [postgres "BYTEA", mysql "VARBINARY(500)", sqlite "BLOB"] =>
        [vec![], vec![0], b"\\x00".to_vec(), (0..=255).collect()];
    by_date ByDate: NaiveDate as Date, [postgres "DATE", mysql "DATE", sqlite "DATE"] =>
        ["1970-01-01", "1969-12-31", "2024-02-29", "0001-01-01", "1500-02-28", "9999-12-31"]
            .map(|date| date.parse::<NaiveDate>().unwrap());
    by_timestamp ByTimestamp: NaiveDateTime as Timestamp, [postgres "TIMESTAMP", sqlite "TIMESTAMP"] => instants();
    /// MySQL's TIMESTAMP is of 1970 to 2038; what is sent as one is refused beyond, even where the column is a DATETIME.
    by_mysql_timestamp ByMysqlTimestamp: NaiveDateTime as Timestamp, [mysql "TIMESTAMP(6)"] =>
        ["1970-01-01T00:00:01", "2024-02-29T12:34:56.789", "2038-01-19T03:14:07.999999"].map(instant);
    by_datetime ByDatetime: NaiveDateTime as Datetime, [mysql "DATETIME(6)"] => instants();
    by_timestamptz ByTimestamptz: DateTime<Utc> as Timestamptz, [postgres "TIMESTAMPTZ"] =>
        instants().into_iter().map(|instant| instant.and_utc());
    by_uuid ByUuid: Uuid as Uuid, [postgres "UUID"] => [Uuid::nil(), Uuid::max(), Uuid::new_v4()];
    by_binary_uuid ByBinaryUuid: BinaryUuid as Binary, [mysql "BINARY(16)"] =>
        [Uuid::nil(), Uuid::max(), Uuid::new_v4()].map(BinaryUuid);
}
