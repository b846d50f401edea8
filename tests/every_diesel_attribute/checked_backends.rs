//! `check_for_backend`, for one backend and for several: the sealed form is checked with the plain fields.

use super::*;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    checked (id) {
        id -> BigInt,
        body -> Encrypted<Text>,
        note -> Nullable<EncryptedText<Numeric>>,
    }
}

const SQL: &str = "CREATE TABLE checked (id BIGINT PRIMARY KEY, body BLOB NOT NULL, note TEXT)";

#[derive(Debug, PartialEq, EncryptedModel)]
#[diesel(table_name = checked, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct ForBoth {
    id: i64,
    #[encrypted]
    body: String,
    #[encrypted]
    note: Option<rust_decimal::Decimal>,
}

#[derive(Debug, PartialEq, EncryptedModel)]
#[diesel(table_name = checked)]
#[diesel(check_for_backend(diesel::pg::Pg))]
struct ForPostgres {
    id: i64,
    #[encrypted]
    body: String,
}

#[test]
fn compile_and_work() {
    on_both!(SQL, |conn| {
        let row = ForBoth { id: 1, body: "b".to_owned(), note: Some("1.50".parse().unwrap()) };
        insert_into(checked::table).values(&row).execute(conn).unwrap();
        assert_eq!(checked::table.first::<ForBoth>(conn).unwrap(), row);
        assert_eq!(ForPostgres::query().first(conn).unwrap().body, "b");
    });
}
