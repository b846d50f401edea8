//! Raw identifiers, `column_name`, `sql_name`: the code's name, Diesel's name and the database's name of a column.

use super::*;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    /// Named in the database as nobody would name it in Rust.
    #[sql_name = "odd \"table\""]
    odd (r#ref) {
        r#ref -> BigInt,
        r#type -> Encrypted<Text>,
        #[sql_name = "full name"]
        full_name -> Encrypted<Text>,
        #[sql_name = "type_bidx é"]
        type_bidx -> Binary,
        r#match -> Text,
    }
}

const SQL: &str = r#"CREATE TABLE "odd ""table""" (
    ref BIGINT PRIMARY KEY, type BLOB NOT NULL, "full name" BLOB NOT NULL, "type_bidx é" BLOB NOT NULL,
    match TEXT NOT NULL)"#;

/// Not `Identifiable`: Diesel's own derive does not find a primary key that is a raw identifier.
#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[diesel(table_name = odd, primary_key(r#ref))]
struct Odd {
    r#ref: i64,
    #[encrypted(index = type_bidx)]
    r#type: String,
    #[diesel(column_name = full_name)]
    #[encrypted]
    name: String,
    #[diesel(column_name = r#match)]
    r#loop: String,
}

fn odd_row(id: i64) -> Odd {
    Odd { r#ref: id, r#type: format!("type {id}"), name: format!("name {id}"), r#loop: "loop".to_owned() }
}

#[test]
fn may_be_anything() {
    on_both!(SQL, |conn| {
        insert_into(odd::table).values(&vec![odd_row(1), odd_row(2)]).execute(conn).unwrap();
        assert_eq!(Odd::query().order(odd::r#ref).load(conn).unwrap(), [odd_row(1), odd_row(2)]);
        assert_eq!(Odd::query().filter(Odd::type_eq("type 2")).first(conn).unwrap(), odd_row(2));
        let changed = Odd { name: "changed".to_owned(), ..odd_row(1) };
        let set = update(odd::table.find(1)).set(&changed).returning(Odd::as_returning());
        assert_eq!(set.get_result(conn).unwrap(), changed);
        let row = OddRow { r#ref: 1 };
        update(odd::table.find(1)).set((row.set_type("t"), row.set_name("n"))).execute(conn).unwrap();
        let error = update(odd::table.find(2)).set(row.set_name("n")).execute(conn).unwrap_err();
        assert!(encrypted_fields::write_conflict(&error), "{error}");
        let back: Odd = odd::table.find(1).select(Odd::as_select()).first(conn).unwrap();
        assert_eq!((back.r#type.as_str(), back.name.as_str()), ("t", "n"));
        let by_name = r#"SELECT * FROM "odd ""table""" WHERE ref = 2"#;
        assert_eq!(diesel::sql_query(by_name).get_result::<SqlNames>(conn).unwrap().r#ref, 2);
    });
}

/// Columns are loaded by the name that the struct's `column_name` gives; a `sql_name` is not known there, as in Diesel.
#[derive(QueryableByName)]
#[diesel(table_name = odd)]
struct SqlNames {
    r#ref: i64,
}

#[test]
fn errors_and_contexts_name_the_column_as_the_database_does() {
    on_both!(SQL, |conn| {
        insert_into(odd::table).values(&odd_row(1)).execute(conn).unwrap();
        conn.batch_execute(r#"UPDATE "odd ""table""" SET "full name" = type"#).unwrap();
        let error = Odd::query().first(conn).unwrap_err().to_string();
        assert!(error.starts_with("cannot open odd \"table\".full name [ref=1]: authentication failed"), "{error}");
    });
}
