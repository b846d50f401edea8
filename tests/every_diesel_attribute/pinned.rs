//! `context = ".."` and `bind(column = "..")`: a table, a column and a bound column are renamed, and what was sealed opens.

use super::*;
use encrypted_fields::Version;
use encrypted_fields::model::{self, Point};

mod before {
    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        clients (id) {
            id -> BigInt,
            owner_id -> BigInt,
            mail -> Encrypted<Text>,
            mail_bidx -> Nullable<Binary>,
            note -> Nullable<EncryptedText<Text>>,
            hint -> Encrypted<Text, Unbound>,
        }
    }
}

mod after {
    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        users (id) {
            id -> BigInt,
            owner -> BigInt,
            email -> Encrypted<Text>,
            email_bidx -> Nullable<Binary>,
            note -> Nullable<EncryptedText<Text>>,
            hint -> Encrypted<Text, Unbound>,
        }
    }
}

use after::users;
use before::clients;

const SQL: &str = "CREATE TABLE clients (
    id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, mail BLOB NOT NULL, mail_bidx BLOB, note TEXT, hint BLOB NOT NULL)";
const RENAME: &str = "
    ALTER TABLE clients RENAME TO users;
    ALTER TABLE users RENAME COLUMN mail TO email;
    ALTER TABLE users RENAME COLUMN mail_bidx TO email_bidx;
    ALTER TABLE users RENAME COLUMN owner_id TO owner;";
const BACK: &str = "
    ALTER TABLE users RENAME COLUMN owner TO owner_id;
    ALTER TABLE users RENAME COLUMN email_bidx TO mail_bidx;
    ALTER TABLE users RENAME COLUMN email TO mail;
    ALTER TABLE users RENAME TO clients;";

#[derive(Debug, PartialEq, Clone, EncryptedModel)]
#[encrypted(bind(id, owner_id))]
struct Client {
    id: i64,
    owner_id: i64,
    #[encrypted(index(mail_bidx, normalize = lower))]
    mail: String,
    #[encrypted]
    note: Option<String>,
    #[encrypted]
    hint: String,
}

#[derive(Debug, PartialEq, Clone, Identifiable, EncryptedModel)]
#[encrypted(bind(id, owner = "owner_id"))]
struct User {
    id: i64,
    owner: i64,
    #[encrypted(index(email_bidx, normalize = lower), context = "clients.mail")]
    email: String,
    #[encrypted(context = "clients.note")]
    note: Option<String>,
    #[encrypted(context = "clients.hint")]
    hint: String,
}

/// The same without the pins.
#[derive(Debug, EncryptedModel)]
#[diesel(table_name = users)]
#[encrypted(bind(id, owner))]
#[allow(dead_code)]
struct Forgetful {
    id: i64,
    owner: i64,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: String,
    #[encrypted]
    note: Option<String>,
    #[encrypted]
    hint: String,
}

fn client(id: i64) -> Client {
    Client { id, owner_id: 7, mail: format!("A{id}@x.y"), note: Some(format!("note {id}")), hint: format!("hint {id}") }
}

fn user(id: i64) -> User {
    let Client { id, owner_id: owner, mail: email, note, hint } = client(id);
    User { id, owner, email, note, hint }
}

#[test]
fn what_was_sealed_under_the_old_names_opens_under_the_new() {
    on_both!(SQL, |conn| {
        insert_into(clients::table).values(&vec![client(1), client(2)]).execute(conn).unwrap();
        conn.batch_execute(RENAME).unwrap();

        assert_eq!(User::query().order(users::id).load(conn).unwrap(), [user(1), user(2)]);
        assert_eq!(User::query().filter(User::email_eq("a2@X.y")).load(conn).unwrap(), [user(2)]);
        let keyring = encrypted_fields::current_keyring().unwrap();
        assert_eq!(keyring.prove(conn, &[User::model()]).unwrap().len(), 3);
        let sealed: SealedUser = SealedUser::query().order(users::id).first(conn).unwrap();
        assert_eq!(sealed.open(&keyring).unwrap(), user(1));

        let forgetful = Forgetful::query().order(users::id).first(conn).unwrap_err().to_string();
        assert!(forgetful.starts_with("cannot open users.email [id=1 owner=7]: authentication failed"), "{forgetful}");
    });
}

#[test]
fn what_is_written_under_the_new_names_opens_under_the_old() {
    on_both!(SQL, |conn| {
        insert_into(clients::table).values(&client(1)).execute(conn).unwrap();
        conn.batch_execute(RENAME).unwrap();
        insert_into(users::table).values(&user(2)).execute(conn).unwrap();
        let row = UserRow { id: 1, owner: 7 };
        update(users::table.find(1)).set((row.set_email("New@x.y"), row.set_note(None))).execute(conn).unwrap();
        update(&user(2)).set(&User { hint: "other".to_owned(), ..user(2) }).execute(conn).unwrap();
        // Guards and errors name the columns that there are.
        let error = update(users::table.find(2)).set(row.set_email("New@x.y")).execute(conn).unwrap_err();
        assert!(encrypted_fields::write_conflict(&error), "{error}");

        conn.batch_execute(BACK).unwrap();
        let expected = [
            Client { mail: "New@x.y".to_owned(), note: None, ..client(1) },
            Client { hint: "other".to_owned(), ..client(2) },
        ];
        assert_eq!(Client::query().order(clients::id).load(conn).unwrap(), expected);
        assert_eq!(Client::query().filter(Client::mail_eq("new@x.y")).load(conn).unwrap(), expected[..1]);
    });
}

#[test]
fn an_error_names_the_column_as_it_is_now() {
    on_both!(SQL, |conn| {
        insert_into(clients::table).values(&vec![client(1), client(2)]).execute(conn).unwrap();
        conn.batch_execute(RENAME).unwrap();
        let moved = "UPDATE users SET email = (SELECT email FROM users WHERE id = 1) WHERE id = 2";
        diesel::sql_query(moved).execute(conn).unwrap();
        let error = User::query().filter(users::id.eq(2)).first(conn).unwrap_err().to_string();
        assert!(error.starts_with("cannot open users.email [id=2 owner=7]: authentication failed"), "{error}");
    });
}

#[test]
fn the_description_has_both_names() {
    let json = serde_json::to_value(User::model()).unwrap();
    assert_eq!(json["bind"][1], serde_json::json!({"column": "owner", "class": "integer", "context": "owner_id"}));
    assert_eq!(
        (&json["columns"][0]["column"], &json["columns"][0]["context"]),
        (&"email".into(), &"clients.mail".into())
    );
    assert_eq!(json["bind"][0].get("context"), None);
}

/// The old table's name is given to a new table: its values would be exchanged with those of the renamed one.
#[test]
fn two_columns_with_one_context_are_found() {
    assert_eq!(model::check(&[User::model()]), Ok(()));
    let found = model::check(&[User::model(), Client::model()]).unwrap_err();
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].point, Point::OneContext { other: "clients.mail".to_owned() });
    assert_eq!(
        found[0].to_string(),
        "users.email of `User` and clients.mail of `Client` have one context, so that a value of one opens in the other; \
         pin another with `#[encrypted(context = \"..\")]` on the column that has no values yet"
    );

    let found = model::check(&[User::model(), Forgetful::model()]).unwrap_err();
    let points: Vec<_> = found.iter().map(|found| (found.place.as_str(), &found.point)).collect();
    let bind = Point::Bind(vec!["id", "owner_id"], vec!["id", "owner"]);
    assert_eq!(
        points,
        [
            ("users.email", &bind),
            ("users.email", &Point::Context),
            ("users.note", &bind),
            ("users.note", &Point::Context),
            ("users.hint", &Point::Context),
        ]
    );
}

mod moved {
    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        archive.letters (id) { id -> BigInt, body -> Encrypted<Text>, }
    }
}

mod home {
    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        letters (id) { id -> BigInt, body -> Encrypted<Text>, }
    }
}

#[derive(Debug, PartialEq, EncryptedModel)]
#[diesel(table_name = moved::letters)]
struct Archived {
    id: i64,
    #[encrypted]
    body: String,
}

#[derive(Debug, PartialEq, EncryptedModel)]
#[diesel(table_name = home::letters)]
struct Letter {
    id: i64,
    #[encrypted(context = "archive.letters.body")]
    body: String,
}

#[derive(Debug, PartialEq, EncryptedModel)]
#[diesel(table_name = moved::letters)]
struct Returned {
    id: i64,
    #[encrypted(context = "letters.body")]
    body: String,
}

#[test]
fn a_schema_is_pinned_and_unpinned() {
    let database = harness::pg();
    let conn = &mut database.connect();
    let sql = "CREATE SCHEMA archive; CREATE TABLE archive.letters (id BIGINT PRIMARY KEY, body BYTEA NOT NULL)";
    conn.batch_execute(sql).unwrap();
    scope::with(&testing::keyring(), || {
        let archived = Archived { id: 1, body: "b".to_owned() };
        insert_into(moved::letters::table).values(&archived).execute(conn).unwrap();
        let error = Returned::query().first(conn).unwrap_err().to_string();
        assert!(error.starts_with("cannot open archive.letters.body [id=1]: authentication"), "{error}");
        conn.batch_execute("ALTER TABLE archive.letters SET SCHEMA public").unwrap();
        assert_eq!(Letter::query().first(conn).unwrap(), Letter { id: 1, body: "b".to_owned() });
    });
}

mod counted {
    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        purses (id) { id -> BigInt, coins -> Encrypted<BigInt>, version -> BigInt, }
    }
    pub mod renamed {
        diesel::table! {
            use diesel::sql_types::*;
            use encrypted_fields::sql_types::*;
            purses (id) { id -> BigInt, coins -> Encrypted<BigInt>, counter -> BigInt, }
        }
    }
}

#[derive(Debug, PartialEq, EncryptedModel)]
#[diesel(table_name = counted::purses)]
struct OldPurse {
    id: i64,
    #[encrypted(version = version)]
    coins: i64,
    version: Version,
}

#[derive(Debug, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = counted::renamed::purses)]
struct Purse {
    id: i64,
    #[encrypted(version(counter = "version"))]
    coins: i64,
    counter: Version,
}

#[test]
fn a_counter_is_renamed() {
    on_both!("CREATE TABLE purses (id BIGINT PRIMARY KEY, coins BLOB NOT NULL, version BIGINT NOT NULL)", |conn| {
        let old = OldPurse { id: 1, coins: 7, version: Version::from(5) };
        insert_into(counted::purses::table).values(&old).execute(conn).unwrap();
        conn.batch_execute("ALTER TABLE purses RENAME COLUMN version TO counter").unwrap();
        let mut purse: Purse = Purse::query().first(conn).unwrap();
        assert_eq!(purse, Purse { id: 1, coins: 7, counter: Version::from(5) });
        purse.coins = 8;
        let saved: Purse = purse.save_changes(conn).unwrap();
        assert_eq!(saved, Purse { id: 1, coins: 8, counter: Version::from(6) });
        let keyring = encrypted_fields::current_keyring().unwrap();
        assert_eq!(keyring.prove(conn, &[Purse::model()]).unwrap().len(), 1);
        let stale = purse.save_changes::<Purse>(conn).unwrap_err();
        assert!(encrypted_fields::write_conflict(&stale), "{stale}");
    });
}
