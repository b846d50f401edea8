//! Four tables with a column of every SQL type: BYTEA and TEXT storage, NOT NULL and nullable.

use diesel::prelude::*;

use super::values::{Profile, Values};

/// Columns, and the part of their domain's name after `enc_`.
pub const COLUMNS: [(&str, &str); 16] = [
    ("a_text", "text"),
    ("a_binary", "binary"),
    ("a_bool", "bool"),
    ("a_smallint", "smallint"),
    ("an_integer", "integer"),
    ("a_bigint", "bigint"),
    ("a_float", "float"),
    ("a_double", "double"),
    ("a_numeric", "numeric"),
    ("a_date", "date"),
    ("a_time", "time"),
    ("a_timestamp", "timestamp"),
    ("a_timestamptz", "timestamptz"),
    ("a_uuid", "uuid"),
    ("a_json", "json"),
    ("a_jsonb", "jsonb"),
];

/// The four tables.
pub fn tables() -> String {
    let mut out = String::new();
    for (table, domain, null) in [
        ("as_bytes", "", "NOT NULL"),
        ("as_bytes_or_null", "", ""),
        ("as_text", "_text", "NOT NULL"),
        ("as_text_or_null", "_text", ""),
    ] {
        let columns = COLUMNS.map(|(column, sql_type)| format!("{column} enc_{sql_type}{domain} {null}"));
        out += &format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY, {});", columns.join(", "));
    }
    out
}

/// A model with a column of every type.
pub trait Everything: Sized + std::fmt::Debug {
    /// The table.
    const TABLE: &'static str;
    /// The model of a row; bit n of `nulls` makes the n-th column NULL, where it may be.
    fn new(id: i64, values: Values, nulls: u16) -> Self;
}

/// A model that goes through a connection.
pub trait RoundTrip<Conn>: Everything {
    /// Inserts it.
    fn insert(&self, conn: &mut Conn) -> QueryResult<usize>;
    /// Loads it.
    fn load(id: i64, conn: &mut Conn) -> QueryResult<Self>;
}

/// A field: a value, or an `Option`.
trait Slot<T> {
    fn slot(value: T, null: bool) -> Self;
}

impl<T> Slot<T> for T {
    fn slot(value: T, _: bool) -> Self {
        value
    }
}

impl<T> Slot<T> for Option<T> {
    fn slot(value: T, null: bool) -> Self {
        (!null).then_some(value)
    }
}

macro_rules! everything {
    ($table:ident, $model:ident, $sealed:ident, [$($null:tt)*] [$($option:tt)*] [$($close:tt)*]) => {
        pub mod $table {
            use super::*;
            use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
            use encrypted_fields::EncryptedModel;
            use encrypted_fields::codec::Json;
            use rust_decimal::Decimal;
            use serde_json::Value;
            use uuid::Uuid;

            diesel::table! {
                use diesel::sql_types::*;
                use encrypted_fields::sql_types::*;
                $table (id) {
                    id -> BigInt,
                    a_text -> $($null)* $sealed<Text> $($close)*,
                    a_binary -> $($null)* $sealed<Binary> $($close)*,
                    a_bool -> $($null)* $sealed<Bool> $($close)*,
                    a_smallint -> $($null)* $sealed<SmallInt> $($close)*,
                    an_integer -> $($null)* $sealed<Integer> $($close)*,
                    a_bigint -> $($null)* $sealed<BigInt> $($close)*,
                    a_float -> $($null)* $sealed<Float> $($close)*,
                    a_double -> $($null)* $sealed<Double> $($close)*,
                    a_numeric -> $($null)* $sealed<Numeric> $($close)*,
                    a_date -> $($null)* $sealed<Date> $($close)*,
                    a_time -> $($null)* $sealed<Time> $($close)*,
                    a_timestamp -> $($null)* $sealed<Timestamp> $($close)*,
                    a_timestamptz -> $($null)* $sealed<Timestamptz> $($close)*,
                    a_uuid -> $($null)* $sealed<Uuid> $($close)*,
                    a_json -> $($null)* $sealed<Json> $($close)*,
                    a_jsonb -> $($null)* $sealed<Jsonb> $($close)*,
                }
            }

            #[derive(Debug, Clone, Identifiable, EncryptedModel)]
            #[diesel(table_name = $table)]
            pub struct $model {
                pub id: i64,
                #[encrypted]
                pub a_text: $($option)* String $($close)*,
                #[encrypted]
                pub a_binary: $($option)* Vec<u8> $($close)*,
                #[encrypted]
                pub a_bool: $($option)* bool $($close)*,
                #[encrypted]
                pub a_smallint: $($option)* i16 $($close)*,
                #[encrypted]
                pub an_integer: $($option)* i32 $($close)*,
                #[encrypted]
                pub a_bigint: $($option)* i64 $($close)*,
                #[encrypted]
                pub a_float: $($option)* f32 $($close)*,
                #[encrypted]
                pub a_double: $($option)* f64 $($close)*,
                #[encrypted]
                pub a_numeric: $($option)* Decimal $($close)*,
                #[encrypted]
                pub a_date: $($option)* NaiveDate $($close)*,
                #[encrypted]
                pub a_time: $($option)* NaiveTime $($close)*,
                #[encrypted]
                pub a_timestamp: $($option)* NaiveDateTime $($close)*,
                #[encrypted]
                pub a_timestamptz: $($option)* DateTime<Utc> $($close)*,
                #[encrypted]
                pub a_uuid: $($option)* Uuid $($close)*,
                #[encrypted]
                pub a_json: $($option)* Value $($close)*,
                #[encrypted]
                pub a_jsonb: $($option)* Json<Profile> $($close)*,
            }

            impl Everything for $model {
                const TABLE: &'static str = stringify!($table);

                fn new(id: i64, values: Values, nulls: u16) -> Self {
                    let null = |column: usize| nulls & 1 << column != 0;
                    Self {
                        id,
                        a_text: Slot::slot(values.a_text, null(0)),
                        a_binary: Slot::slot(values.a_binary, null(1)),
                        a_bool: Slot::slot(values.a_bool, null(2)),
                        a_smallint: Slot::slot(values.a_smallint, null(3)),
                        an_integer: Slot::slot(values.an_integer, null(4)),
                        a_bigint: Slot::slot(values.a_bigint, null(5)),
                        a_float: Slot::slot(values.a_float, null(6)),
                        a_double: Slot::slot(values.a_double, null(7)),
                        a_numeric: Slot::slot(values.a_numeric, null(8)),
                        a_date: Slot::slot(values.a_date, null(9)),
                        a_time: Slot::slot(values.a_time, null(10)),
                        a_timestamp: Slot::slot(values.a_timestamp, null(11)),
                        a_timestamptz: Slot::slot(values.a_timestamptz, null(12)),
                        a_uuid: Slot::slot(values.a_uuid, null(13)),
                        a_json: Slot::slot(values.a_json, null(14)),
                        a_jsonb: Slot::slot(values.a_jsonb, null(15)),
                    }
                }
            }

            everything!(@ $table $model PgConnection);
            everything!(@ $table $model MysqlConnection);
            everything!(@ $table $model SqliteConnection);
        }
    };
    (@ $table:ident $model:ident $conn:ident) => {
        impl RoundTrip<$conn> for $model {
            fn insert(&self, conn: &mut $conn) -> QueryResult<usize> {
                diesel::insert_into($table::table).values(self).execute(conn)
            }

            fn load(id: i64, conn: &mut $conn) -> QueryResult<Self> {
                $model::query().filter($table::id.eq(id)).first(conn)
            }
        }
    };
}
everything!(as_bytes, AsBytes, Encrypted, [] [] []);
everything!(as_bytes_or_null, AsBytesOrNull, Encrypted, [Nullable <] [Option <] [>]);
everything!(as_text, AsText, EncryptedText, [] [] []);
everything!(as_text_or_null, AsTextOrNull, EncryptedText, [Nullable <] [Option <] [>]);
