//! Code that is generic over the connection, with the bounds that Diesel asks of any model.

use super::*;
use diesel::connection::LoadConnection;
use diesel::query_builder::InsertStatement;
use diesel::query_dsl::LoadQuery;
use diesel::query_dsl::methods::ExecuteDsl;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    things (id) {
        id -> BigInt,
        name -> Encrypted<Text>,
    }
}

const SQL: &str = "CREATE TABLE things (id BIGINT PRIMARY KEY, name BLOB NOT NULL)";

#[derive(Debug, PartialEq, EncryptedModel)]
struct Thing {
    id: i64,
    #[encrypted]
    name: String,
}

fn insert<'a, C>(conn: &mut C, thing: &'a Thing) -> QueryResult<usize>
where
    C: Connection,
    InsertStatement<things::table, <&'a Thing as Insertable<things::table>>::Values>: ExecuteDsl<C>,
{
    insert_into(things::table).values(thing).execute(conn)
}

fn all<'q, C>(conn: &mut C) -> QueryResult<Vec<Thing>>
where
    C: LoadConnection,
    things::table: LoadQuery<'q, C, Thing>,
{
    things::table.load(conn)
}

/// The value side alone: any backend that stores bytes.
fn fields<DB>() -> usize
where
    DB: diesel::backend::Backend,
    Thing: Queryable<things::SqlType, DB> + Selectable<DB>,
{
    size_of::<<Thing as Selectable<DB>>::SelectExpression>()
}

#[test]
fn serves_every_connection() {
    on_both!(SQL, |conn| {
        let thing = Thing { id: 1, name: "n".to_owned() };
        insert(conn, &thing).unwrap();
        assert_eq!(all(conn).unwrap(), [thing]);
    });
    assert_eq!(fields::<diesel::pg::Pg>(), fields::<diesel::sqlite::Sqlite>());
}
