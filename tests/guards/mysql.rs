//! What is MySQL's own: texts that its collations call equal, `sql_mode`, assignments evaluated from left to right.

use super::*;
use diesel::mysql::Mysql;
use diesel::{debug_query, insert_into, update};
use encrypted_fields::EncryptedModel;
use rust_decimal::Decimal;

wallets!([wallets][bind(id, owner_id),][RowBound]);

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    pages (id) {
        id -> BigInt,
        slug -> Text,
        body -> Encrypted<Text>,
        note -> Nullable<EncryptedText<Text>>,
    }
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[encrypted(bind(slug), sealed(derive(Debug, Clone, PartialEq)))]
struct Page {
    id: i64,
    slug: String,
    #[encrypted]
    body: String,
    #[encrypted]
    note: Option<String>,
}

fn page(slug: &str) -> Page {
    Page { id: 1, slug: slug.to_owned(), body: "body".to_owned(), note: None }
}

/// The pairs that the collation takes for the same, one of them stored, the other one's value on its way.
#[track_caller]
fn assert_bytes_are_compared(column: &str, equal: &[(&str, &str)]) {
    let sql =
        format!("CREATE TABLE pages (id BIGINT PRIMARY KEY, slug {column} NOT NULL, body BLOB NOT NULL, note TEXT)");
    on_mysql(&sql, |conn| {
        for (stored, other) in equal {
            diesel::delete(pages::table).execute(conn).unwrap();
            insert_into(pages::table).values(&page(stored)).execute(conn).unwrap();
            let found = pages::table.filter(pages::slug.eq(other)).count().get_result::<i64>(conn).unwrap();
            assert_eq!(found, 1, "to MySQL {stored:?} is {other:?}");

            let before: SealedPage = pages::table.first(conn).unwrap();
            let writes = [
                update(pages::table.find(1)).set(&page(other)).execute(conn),
                update(pages::table.find(1)).set(page(other).row().set_body("x")).execute(conn),
                update(pages::table.filter(pages::slug.eq(other)))
                    .set(page(other).row().set_note(Some("x")))
                    .execute(conn),
                page(other).save_changes::<Page>(conn).map(|_| 1),
            ];
            for write in writes {
                let error = write.expect_err("sealed for another text");
                assert!(encrypted_fields::write_conflict(&error), "{column}, {stored:?}, {other:?}: {error:?}");
            }
            assert_eq!(pages::table.first::<SealedPage>(conn).unwrap(), before);

            let changed = Page { body: "changed".to_owned(), ..page(stored) };
            assert_eq!(update(pages::table.find(1)).set(&changed).execute(conn), Ok(1));
            assert_eq!(pages::table.first::<Page>(conn).unwrap(), changed);
        }
    });
}

#[test]
fn texts_that_a_collation_calls_equal_are_other_rows() {
    let equal = [("abc", "ABC"), ("e", "\u{e9}"), ("a", "a "), ("a ", "a"), ("stra\u{df}e", "strase")];
    assert_bytes_are_compared("VARCHAR(100)", &equal);
    assert_bytes_are_compared("TEXT", &equal);
    assert_bytes_are_compared("VARCHAR(100) COLLATE utf8mb4_bin", &[("a", "a "), ("a ", "a")]);
}

/// The bytes of the column are another character set's: what is compared is the text's.
#[test]
fn a_column_of_another_character_set_is_compared_as_utf8() {
    assert_bytes_are_compared("VARCHAR(100) CHARACTER SET latin1", &[("\u{e9}t\u{e9}", "ete"), ("\u{c9}", "\u{e9}")]);
    assert_bytes_are_compared("VARCHAR(100) CHARACTER SET utf16", &[("\u{e9}t\u{e9}", "\u{c9}T\u{c9}")]);
}

#[test]
fn the_sql_of_a_text_compares_bytes() {
    let printed = scope::with(&keyring(), || {
        debug_query::<Mysql, _>(&update(pages::table).set(page("a").row().set_note(None))).to_string()
    });
    assert_eq!(
        printed.split(" -- binds").next().unwrap(),
        "UPDATE `pages` SET `note` = CASE WHEN CAST(CONVERT(`pages`.`slug` USING utf8mb4) AS BINARY) = CAST(CONVERT(? USING utf8mb4) AS BINARY) THEN ? ELSE CAST(CHAR_LENGTH(CONCAT_WS('', 'encrypted_fields: other row', `pages`.`slug`)) + 18446744073709551615 AS CHAR) END"
    );
}

/// Without the strict mode MySQL makes do with most of what is wrong, but not with this.
#[test]
fn the_guard_holds_in_every_sql_mode() {
    for mode in
        ["", "TRADITIONAL", "ANSI", "NO_BACKSLASH_ESCAPES,NO_UNSIGNED_SUBTRACTION", "STRICT_ALL_TABLES", "ORACLE"]
    {
        on_mysql(MYSQL, |conn| {
            conn.batch_execute(&format!("SET sql_mode = '{mode}'")).unwrap();
            insert_into(wallets::table).values(&vec![wallet(1), wallet(2), wallet(3)]).execute(conn).unwrap();
            refused!(conn, update(wallets::table.find(2)).set(&changed(1)).execute(conn));
            refused!(conn, update(wallets::table.find(2)).set(wallet(1).row().set_note(None)).execute(conn));
            refused!(conn, update(wallets::table).set(patch(1)).execute(conn));
            let meets_two = Wallet { slug: wallet(2).slug, ..changed(4) };
            let upsert = insert_into(wallets::table).values(&meets_two).on_conflict(diesel::dsl::DuplicatedKeys);
            refused!(conn, upsert.do_update().set(&meets_two).execute(conn));
            accepted!(conn, update(wallets::table.find(1)).set(&changed(1)).execute(conn));
        });
    }
}

/// The raise is evaluated for a row, and not while the statement is prepared or planned.
#[test]
fn where_no_row_is_met_nothing_is_raised() {
    on_mysql(MYSQL, |conn| {
        insert_into(wallets::table).values(&vec![wallet(2)]).execute(conn).unwrap();
        assert_eq!(update(wallets::table.find(9)).set(&changed(1)).execute(conn), Ok(0));
        let of_nobody = wallets::table.filter(wallets::slug.eq("nobody"));
        assert_eq!(update(of_nobody).set(wallet(1).row().set_note(None)).execute(conn), Ok(0));
        let upsert = insert_into(wallets::table).values(wallet(1)).on_conflict(diesel::dsl::DuplicatedKeys);
        assert_eq!(upsert.do_update().set(wallet(3).row().set_balance(&Decimal::ONE)).execute(conn), Ok(1));
        assert_eq!(wallets::table.load::<Wallet>(conn).unwrap(), [wallet(1), wallet(2)]);
    });
}

/// MySQL evaluates `SET` from left to right, and what stands further right sees what was set. So a bound column that is
/// changed to the left of a setter is noticed; to its right it goes past the guard, as on the other backends.
#[test]
fn a_bound_column_changed_to_the_left_of_a_setter_is_refused() {
    on_mysql(MYSQL, |conn| {
        insert_into(wallets::table).values(&vec![wallet(1)]).execute(conn).unwrap();
        let row = wallet(1).row();
        let set = (wallets::owner_id.eq(9), row.set_balance(&Decimal::TEN));
        refused!(conn, update(wallets::table.find(1)).set(set).execute(conn));
        let set = (row.set_balance(&Decimal::TEN), wallets::owner_id.eq(9));
        assert_eq!(update(wallets::table.find(1)).set(set).execute(conn), Ok(1));
        let error = wallets::table.find(1).first::<Wallet>(conn).unwrap_err();
        assert!(error.to_string().contains("authentication failed"), "{error}");
    });
}
