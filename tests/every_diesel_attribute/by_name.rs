//! `QueryableByName`: a query that is written by hand loads a model by the names of its columns.

use super::*;
use diesel::result::Error;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Text};
use encrypted_fields::BlindIndex;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    letters (id) {
        id -> BigInt,
        writer_id -> BigInt,
        r#type -> EncryptedText<Text>,
        title -> Text,
        pages -> Nullable<Integer>,
        body -> Encrypted<Text>,
        body_bidx -> Binary,
        answer -> Nullable<Encrypted<Text>>,
        answer_bidx -> Nullable<Binary>,
        r#match -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    writers (id) {
        id -> BigInt,
        name -> Encrypted<Text>,
    }
}

const SQL: &str = "
    CREATE TABLE letters (
        id BIGINT PRIMARY KEY, writer_id BIGINT NOT NULL, type TEXT NOT NULL, title TEXT NOT NULL, pages INTEGER,
        body BLOB NOT NULL, body_bidx BLOB NOT NULL, answer BLOB, answer_bidx BLOB, match TEXT NOT NULL);
    CREATE TABLE writers (id BIGINT PRIMARY KEY, name BLOB NOT NULL);";

#[derive(Debug, Clone, PartialEq, Queryable, QueryableByName, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = letters)]
struct Front {
    title: String,
    pages: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[encrypted(bind(id, writer_id))]
struct Letter {
    id: i64,
    writer_id: i64,
    #[encrypted]
    r#type: String,
    #[diesel(embed)]
    front: Front,
    #[encrypted(index = body_bidx)]
    body: String,
    #[encrypted(index(answer_bidx, normalize = lower))]
    answer: Option<String>,
    r#match: String,
}

/// The index is a field, the columns are called otherwise than the fields, and the row is not all of the table's.
#[derive(Debug, PartialEq, EncryptedModel)]
#[diesel(table_name = letters)]
#[encrypted(bind(number, writer_id), only(QueryableByName))]
struct Short {
    body_bidx: BlindIndex,
    #[diesel(column_name = body)]
    #[encrypted(index = body_bidx)]
    text: String,
    #[diesel(column_name = r#type)]
    #[encrypted]
    kind: String,
    writer_id: i64,
    #[diesel(column_name = id)]
    number: i64,
}

#[derive(Debug, PartialEq, Clone, EncryptedModel)]
struct Writer {
    id: i64,
    #[encrypted]
    name: String,
}

/// Two models and a column of none in one row: by columns that the query renames.
#[derive(Debug, PartialEq, QueryableByName)]
struct Joined {
    #[diesel(embed)]
    letter: Letter,
    #[diesel(sql_type = BigInt)]
    letters_of_this_writer: i64,
}

fn letter(id: i64) -> Letter {
    Letter {
        id,
        writer_id: 7,
        r#type: format!("type {id}"),
        front: Front { title: format!("title {id}"), pages: (id > 1).then_some(3) },
        body: format!("body {id}"),
        answer: (id > 1).then(|| format!("Answer {id}")),
        r#match: "m".to_owned(),
    }
}

macro_rules! insert {
    ($conn:ident) => {
        insert_into(letters::table).values(&vec![letter(1), letter(2)]).execute($conn).unwrap();
        insert_into(writers::table).values(&Writer { id: 7, name: "w".to_owned() }).execute($conn).unwrap();
    };
}

/// Postgres numbers its parameters.
const BIND: fn(&str) -> String = |sql| sql.replace("$1", "?").replace("$2", "?");

#[test]
fn columns_stand_in_any_order_beside_others() {
    on_both!(SQL, |conn| {
        insert!(conn);
        assert_eq!(
            sql_query("SELECT * FROM letters ORDER BY id").load::<Letter>(conn).unwrap(),
            [letter(1), letter(2)]
        );
        let columns = "match, answer_bidx, answer, body_bidx, body, pages, title, type, writer_id, 5 AS five, id";
        let sql = format!("SELECT {columns} FROM letters ORDER BY id DESC");
        assert_eq!(sql_query(sql).load::<Letter>(conn).unwrap(), [letter(2), letter(1)]);
        let sealed: Vec<SealedLetter> = sql_query("SELECT * FROM letters").load(conn).unwrap();
        assert_eq!(sealed.len(), 2);
    });
}

#[test]
fn fields_are_loaded_by_the_names_of_their_columns() {
    on_both!(SQL, |conn| {
        insert!(conn);
        let sql = "SELECT id, writer_id, body, body_bidx, type FROM letters ORDER BY id";
        let short = sql_query(sql).load::<Short>(conn).unwrap();
        let found: Vec<_> = short.iter().map(|short| (short.number, &*short.text, &*short.kind)).collect();
        assert_eq!(found, [(1, "body 1", "type 1"), (2, "body 2", "type 2")]);
        assert!(short[0].body_bidx.token().is_ok_and(|token| token.len() == 20));
    });
}

#[test]
fn a_joined_and_renamed_column_is_opened() {
    on_both!(SQL, |conn| {
        insert!(conn);
        let sql = "
            SELECT letters.*, (SELECT count(*) FROM letters o WHERE o.writer_id = w.id) AS letters_of_this_writer
            FROM letters JOIN writers w ON w.id = letters.writer_id ORDER BY letters.id";
        let joined = sql_query(sql).load::<Joined>(conn).unwrap();
        assert_eq!(joined[1], Joined { letter: letter(2), letters_of_this_writer: 2 });

        let sql =
            "SELECT l.writer_id AS id, w.name AS name FROM letters l JOIN writers w ON w.id = l.writer_id LIMIT 1";
        assert_eq!(sql_query(sql).get_result::<Writer>(conn).unwrap(), Writer { id: 7, name: "w".to_owned() });
    });
}

#[test]
fn a_value_under_another_columns_name_does_not_open() {
    on_both!(SQL, |conn| {
        insert!(conn);
        let sql = "SELECT id, writer_id, type, title, pages, answer AS body, body_bidx, answer, answer_bidx, match
                   FROM letters WHERE id = 2";
        let error = sql_query(sql).get_result::<Letter>(conn).unwrap_err().to_string();
        assert!(error.starts_with("cannot open letters.body [id=2 writer_id=7]: authentication failed"), "{error}");
        let sql = "SELECT id, writer_id, type, title, pages, body, answer_bidx AS body_bidx, answer, answer_bidx, match
                   FROM letters WHERE id = 2";
        let error = sql_query(sql).get_result::<Letter>(conn).unwrap_err().to_string();
        assert!(error.contains("the blind index in `body_bidx` does not belong to the value"), "{error}");
    });
}

#[test]
fn parameters_are_plain_tokens_and_sealed_values() {
    on_both!(SQL, |conn| {
        insert!(conn);
        let sealed: SealedLetter = sql_query("SELECT * FROM letters WHERE id = 2").get_result(conn).unwrap();
        let postgres = conn_is_postgres(conn);
        let sql = |sql: &str| if postgres { sql.to_owned() } else { BIND(sql) };
        let found = sql_query(sql("SELECT * FROM letters WHERE body_bidx = $1 AND title = $2"))
            .bind::<Binary, _>(&sealed.body_bidx)
            .bind::<Text, _>("title 2")
            .load::<Letter>(conn);
        assert_eq!(found.unwrap(), [letter(2)]);
        let set = sql_query(sql("UPDATE letters SET body = $1 WHERE id = $2"))
            .bind::<diesel::dsl::SqlTypeOf<letters::body>, _>(&sealed.body)
            .bind::<BigInt, _>(2)
            .execute(conn);
        assert_eq!(set, Ok(1));
        assert_eq!(sql_query("SELECT * FROM letters WHERE id = 2").get_result::<Letter>(conn).unwrap(), letter(2));
    });
}

fn conn_is_postgres<C: Connection<Backend: 'static>>(_: &mut C) -> bool {
    std::any::TypeId::of::<C::Backend>() == std::any::TypeId::of::<diesel::pg::Pg>()
}

#[test]
fn a_missing_column_is_diesels_error() {
    on_both!(SQL, |conn| {
        insert!(conn);
        for (missing, sql) in [
            ("body", "SELECT id, writer_id, type, title, pages, body_bidx, answer, answer_bidx, match FROM letters"),
            ("body_bidx", "SELECT id, writer_id, type, title, pages, body, answer, answer_bidx, match FROM letters"),
            ("writer_id", "SELECT id, type, title, pages, body, body_bidx, answer, answer_bidx, match FROM letters"),
        ] {
            match sql_query(sql).load::<Letter>(conn) {
                Err(Error::DeserializationError(error)) => {
                    assert_eq!(error.to_string(), format!("Column `{missing}` was not present in query"));
                }
                other => panic!("{other:?}"),
            }
        }
    });
}

#[tokio::test]
async fn over_async() {
    // Diesel's trait of the same name is in scope.
    use diesel_async::RunQueryDsl as Async;
    let database = harness::pg();
    database.connect().batch_execute(&SQL.replace("BLOB", "BYTEA")).unwrap();
    let mut conn = database.async_connect().await;
    scope::task(testing::keyring(), async {
        let conn = &mut conn;
        let rows = vec![letter(1), letter(2)];
        assert_eq!(Async::execute(insert_into(letters::table).values(&rows), conn).await, Ok(2));
        let sql = "SELECT letters.*, CAST(2 AS BIGINT) AS letters_of_this_writer FROM letters WHERE id = $1";
        let joined: Joined = Async::get_result(sql_query(sql).bind::<BigInt, _>(2), conn).await.unwrap();
        assert_eq!(joined, Joined { letter: letter(2), letters_of_this_writer: 2 });
        let sealed: Vec<SealedLetter> = Async::load(sql_query("SELECT * FROM letters"), conn).await.unwrap();
        assert_eq!(sealed.len(), 2);
    })
    .await;
}
