//! One connection type over several backends: `#[derive(diesel::MultiConnection)]` and `multi_backend!`.

use crate::harness;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::{delete, insert_into, sql_query, update};
use encrypted_fields::{EncryptedModel, scope, testing};

#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    Postgres(PgConnection),
    Mysql(MysqlConnection),
    Sqlite(SqliteConnection),
}

encrypted_fields::multi_backend!(MultiBackend: diesel::pg::Pg, diesel::mysql::Mysql, diesel::sqlite::Sqlite);

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    people (id) {
        id -> BigInt,
        owner_id -> BigInt,
        name -> Text,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
        phone -> Nullable<EncryptedText<Text>>,
        balance -> Encrypted<Numeric>,
        photo -> Nullable<Encrypted<Binary, Unbound>>,
    }
}

const SQL: &str = "CREATE TABLE people (
    id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, name TEXT NOT NULL, email BLOB NOT NULL,
    email_bidx VARBINARY(20) NOT NULL UNIQUE, phone TEXT, balance BLOB NOT NULL, photo BLOB)";

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = people)]
#[encrypted(bind(id, owner_id))]
struct Person {
    id: i64,
    owner_id: i64,
    name: String,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: String,
    #[encrypted]
    phone: Option<String>,
    #[encrypted]
    balance: i64,
    #[encrypted]
    photo: Option<Vec<u8>>,
}

fn person(id: i64) -> Person {
    let (name, email) = (format!("name {id}"), format!("Person{id}@x.y"));
    let phone = (id % 2 == 0).then(|| format!("+39 {id}"));
    Person { id, owner_id: 7, name, email, phone, balance: 100 * id, photo: (id % 2 == 1).then(|| vec![1, 2, 3]) }
}

/// The test body, on either.
fn on_each(test: impl Fn(&mut AnyConnection)) {
    let database = harness::pg();
    let conn = &mut AnyConnection::Postgres(database.connect());
    conn.batch_execute(&SQL.replace("BLOB", "BYTEA").replace("VARBINARY(20)", "BYTEA")).unwrap();
    scope::with(&testing::keyring(), || test(conn));

    let database = harness::mysql();
    let conn = &mut AnyConnection::Mysql(database.connect());
    conn.batch_execute(SQL).unwrap();
    scope::with(&testing::keyring(), || test(conn));

    let database = harness::sqlite();
    let conn = &mut AnyConnection::Sqlite(database.connect());
    conn.batch_execute(SQL).unwrap();
    scope::with(&testing::keyring(), || test(conn));
}

#[test]
fn rows_are_inserted_loaded_and_looked_up() {
    on_each(|conn| {
        insert_into(people::table).values(&person(1)).execute(conn).unwrap();
        insert_into(people::table).values(person(2)).execute(conn).unwrap();
        assert_eq!(people::table.order(people::id).load::<Person>(conn).unwrap(), [person(1), person(2)]);
        assert_eq!(Person::query().order(people::id.desc()).load(conn).unwrap(), [person(2), person(1)]);
        assert_eq!(Person::query().filter(Person::email_eq("person2@X.Y")).load(conn).unwrap(), [person(2)]);
        let any = Person::query().filter(Person::email_eq_any(["person1@x.y", "nobody@x.y"]));
        assert_eq!(any.load(conn).unwrap(), [person(1)]);
        assert_eq!(sql_query("SELECT * FROM people ORDER BY id").load::<Person>(conn).unwrap(), [person(1), person(2)]);
        let sealed: SealedPerson = SealedPerson::query().order(people::id).first(conn).unwrap();
        assert_eq!(sealed.open(&encrypted_fields::current_keyring().unwrap()).unwrap(), person(1));
    });
}

#[test]
fn a_sealed_row_is_inserted() {
    on_each(|conn| {
        for id in [1, 2] {
            insert_into(people::table).values(&person(id)).execute(conn).unwrap();
        }
        let sealed = person(3).seal(&encrypted_fields::current_keyring().unwrap()).unwrap();
        insert_into(people::table).values(sealed).execute(conn).unwrap();
        assert_eq!(Person::query().order(people::id).load(conn).unwrap(), [person(1), person(2), person(3)]);
    });
}

#[test]
fn updates_are_guarded_in_the_words_of_the_backend() {
    on_each(|conn| {
        for id in [1, 2] {
            insert_into(people::table).values(&person(id)).execute(conn).unwrap();
        }
        let changed = Person { balance: -1, email: "new@x.y".to_owned(), phone: Some("1".to_owned()), ..person(1) };
        assert_eq!(update(&changed).set(&changed).execute(conn), Ok(1));
        assert_eq!(people::table.find(1).first::<Person>(conn).unwrap(), changed);
        let row = PersonRow { id: 2, owner_id: 7 };
        let set = (people::name.eq("set"), row.set_balance(&5), row.set_phone(None), row.set_email("two@x.y"));
        assert_eq!(update(people::table.find(2)).set(set).execute(conn), Ok(1));
        let expected =
            Person { name: "set".to_owned(), balance: 5, phone: None, email: "two@x.y".to_owned(), ..person(2) };
        assert_eq!(people::table.find(2).first::<Person>(conn).unwrap(), expected);

        let error = update(people::table.find(1)).set(row.set_balance(&6)).execute(conn).unwrap_err();
        assert!(encrypted_fields::write_conflict(&error), "{error}");
        let error = update(people::table.find(1)).set(row.set_phone(Some("x"))).execute(conn).unwrap_err();
        assert!(encrypted_fields::write_conflict(&error), "{error}");
        assert_eq!(people::table.find(1).first::<Person>(conn).unwrap(), changed);
    });
}

#[test]
fn in_a_transaction_and_deleted() {
    on_each(|conn| {
        let result: QueryResult<()> = conn.transaction(|conn| {
            insert_into(people::table).values(&person(1)).execute(conn)?;
            Err(diesel::result::Error::RollbackTransaction)
        });
        assert_eq!(result, Err(diesel::result::Error::RollbackTransaction));
        assert_eq!(people::table.count().get_result(conn), Ok(0));
        insert_into(people::table).values(&person(2)).execute(conn).unwrap();
        assert_eq!(delete(people::table.filter(Person::email_eq("person2@x.y"))).execute(conn), Ok(1));
    });
}

/// Meets the row of another id: refused by its guard.
macro_rules! upsert {
    ($conn:ident, $on:expr) => {{
        let other = Person { id: 9, ..person(2) };
        let insert = insert_into(people::table).values(&other).on_conflict($on).do_update().set(&other);
        insert.execute($conn).unwrap_err()
    }};
}

#[test]
fn the_connection_inside_proves_the_keyring_and_upserts() {
    on_each(|conn| {
        insert_into(people::table).values(&person(2)).execute(conn).unwrap();
        let keyring = encrypted_fields::current_keyring().unwrap();
        let (proofs, conflict) = match conn {
            AnyConnection::Postgres(conn) => {
                (keyring.prove(conn, &[Person::model()]), upsert!(conn, people::email_bidx))
            }
            AnyConnection::Mysql(conn) => {
                (keyring.prove(conn, &[Person::model()]), upsert!(conn, diesel::dsl::DuplicatedKeys))
            }
            AnyConnection::Sqlite(conn) => (keyring.prove(conn, &[Person::model()]), upsert!(conn, people::email_bidx)),
        };
        assert_eq!(proofs.unwrap().len(), 4);
        assert!(encrypted_fields::write_conflict(&conflict), "{conflict}");
    });
}
