//! A model of more than sixteen columns (Diesel's `32-column-tables`).

use super::*;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    wide (id) {
        id -> BigInt,
        e0 -> Encrypted<Text>,
        p0 -> Integer,
        e1 -> Encrypted<Text>,
        p1 -> Integer,
        e2 -> Nullable<Encrypted<Text>>,
        p2 -> Integer,
        e3 -> Encrypted<Text>,
        p3 -> Integer,
        e4 -> Encrypted<Text>,
        p4 -> Integer,
        e5 -> Nullable<Encrypted<Text>>,
        p5 -> Integer,
        e6 -> Encrypted<Text>,
        p6 -> Integer,
        e7 -> Encrypted<Text>,
        p7 -> Integer,
        e8 -> Nullable<Encrypted<Text>>,
        p8 -> Integer,
        e9 -> Encrypted<Text>,
        p9 -> Integer,
        e10 -> Encrypted<Text>,
        p10 -> Integer,
        e11 -> Nullable<Encrypted<Text>>,
        p11 -> Integer,
    }
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = wide)]
struct Wide {
    id: i64,
    #[encrypted]
    e0: String,
    p0: i32,
    #[encrypted]
    e1: String,
    p1: i32,
    #[encrypted]
    e2: Option<String>,
    p2: i32,
    #[encrypted]
    e3: String,
    p3: i32,
    #[encrypted]
    e4: String,
    p4: i32,
    #[encrypted]
    e5: Option<String>,
    p5: i32,
    #[encrypted]
    e6: String,
    p6: i32,
    #[encrypted]
    e7: String,
    p7: i32,
    #[encrypted]
    e8: Option<String>,
    p8: i32,
    #[encrypted]
    e9: String,
    p9: i32,
    #[encrypted]
    e10: String,
    p10: i32,
    #[encrypted]
    e11: Option<String>,
    p11: i32,
}

fn row(id: i64) -> Wide {
    let text = |i: i64| format!("{id} {i}");
    Wide {
        id,
        e0: text(0),
        p0: 0,
        e1: text(1),
        p1: 1,
        e2: Some(text(2)),
        p2: 2,
        e3: text(3),
        p3: 3,
        e4: text(4),
        p4: 4,
        e5: Some(text(5)),
        p5: 5,
        e6: text(6),
        p6: 6,
        e7: text(7),
        p7: 7,
        e8: Some(text(8)),
        p8: 8,
        e9: text(9),
        p9: 9,
        e10: text(10),
        p10: 10,
        e11: Some(text(11)),
        p11: 11,
    }
}

#[test]
fn is_inserted_loaded_and_updated() {
    let columns: Vec<String> = (0..12).map(|i| format!("e{i} BLOB, p{i} INTEGER NOT NULL")).collect();
    let sql = format!("CREATE TABLE wide (id BIGINT PRIMARY KEY, {})", columns.join(", "));
    on_both!(&sql, |conn| {
        insert_into(wide::table).values(&vec![row(1), row(2)]).execute(conn).unwrap();
        assert_eq!(Wide::query().order(wide::id).load(conn).unwrap(), [row(1), row(2)]);
        let changed = Wide { e0: "changed".to_owned(), p11: 99, ..row(1) };
        assert_eq!(changed.save_changes::<Wide>(conn).unwrap(), changed);
        let error = update(wide::table.find(2)).set(&changed).execute(conn).unwrap_err();
        assert!(encrypted_fields::write_conflict(&error), "{error}");
    });
}
