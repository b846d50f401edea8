//! `pad = ..`: values within a block take the same bytes; who reads them need not know.

use super::*;
use diesel::sql_types::BigInt;
use encrypted_fields::codec::Json;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    people (id) {
        id -> BigInt,
        name -> Encrypted<Text>,
        name_bidx -> Binary,
        note -> Nullable<EncryptedText<Text>>,
        photo -> Encrypted<Binary>,
        tags -> Nullable<Encrypted<Jsonb>>,
    }
}

const SQL: &str = "CREATE TABLE people (
    id BIGINT PRIMARY KEY, name BLOB NOT NULL, name_bidx BLOB NOT NULL UNIQUE, note TEXT, photo BLOB NOT NULL, tags BLOB)";

#[derive(Debug, PartialEq, Clone, Identifiable, EncryptedModel)]
#[diesel(table_name = people)]
struct Person {
    id: i64,
    #[encrypted(index = name_bidx, pad = 32)]
    name: String,
    #[encrypted(pad = padme)]
    note: Option<String>,
    #[encrypted(pad = 100)]
    photo: Vec<u8>,
    #[encrypted(pad = 64)]
    tags: Option<Json<Vec<u8>>>,
}

/// The same without the attribute.
#[derive(Debug, PartialEq, Clone, Identifiable, EncryptedModel)]
#[diesel(table_name = people)]
struct Bare {
    id: i64,
    #[encrypted(index = name_bidx)]
    name: String,
    #[encrypted]
    note: Option<String>,
    #[encrypted]
    photo: Vec<u8>,
    #[encrypted]
    tags: Option<Json<Vec<u8>>>,
}

fn person(id: i64, length: usize) -> Person {
    let tags = Some(Json(vec![1; length.min(20)]));
    Person { id, name: "n".repeat(length), note: Some("m".repeat(length)), photo: vec![7; length], tags }
}

fn bare(person: Person) -> Bare {
    let Person { id, name, note, photo, tags } = person;
    Bare { id, name, note, photo, tags }
}

#[derive(QueryableByName, Debug, PartialEq)]
struct Lengths {
    #[diesel(sql_type = BigInt)]
    name: i64,
    #[diesel(sql_type = BigInt)]
    note: i64,
    #[diesel(sql_type = BigInt)]
    photo: i64,
    #[diesel(sql_type = BigInt)]
    tags: i64,
}

macro_rules! lengths {
    ($conn:ident) => {
        diesel::sql_query(
            "SELECT CAST(length(name) AS BIGINT) AS name, CAST(length(note) AS BIGINT) AS note,
             CAST(length(photo) AS BIGINT) AS photo, CAST(length(tags) AS BIGINT) AS tags FROM people ORDER BY id",
        )
        .load::<Lengths>($conn)
        .unwrap()
    };
}

/// Key id, nonce and tag; type tag and length of the value.
const OVERHEAD: i64 = 33 + 5;

#[test]
fn values_within_a_block_take_the_same_bytes() {
    on_both!(SQL, |conn| {
        let people: Vec<_> = [0, 1, 31, 32].into_iter().zip(1..).map(|(length, id)| person(id, length)).collect();
        insert_into(people::table).values(&people).execute(conn).unwrap();
        for lengths in lengths!(conn) {
            assert_eq!((lengths.name, lengths.photo, lengths.tags), (OVERHEAD + 32, OVERHEAD + 100, OVERHEAD + 64));
        }
        update(people::table.find(1)).set(&person(1, 33)).execute(conn).unwrap();
        let row = PersonRow { id: 2 };
        update(people::table.find(2))
            .set((row.set_name(&"x".repeat(64)), row.set_note(Some("9 letters"))))
            .execute(conn)
            .unwrap();
        let lengths = lengths!(conn);
        assert_eq!((lengths[0].name, lengths[1].name), (OVERHEAD + 64, OVERHEAD + 64));
        // Padme takes 33 to 36 and 9 to 10, and base64url four characters for three bytes.
        let base64 = |bytes: i64| (bytes * 4 + 2) / 3;
        assert_eq!((lengths[0].note, lengths[1].note), (base64(OVERHEAD + 36), base64(OVERHEAD + 10)));
    });
}

#[test]
fn reading_does_not_depend_on_the_attribute() {
    on_both!(SQL, |conn| {
        insert_into(people::table).values(&person(1, 5)).execute(conn).unwrap();
        insert_into(people::table).values(&bare(person(2, 6))).execute(conn).unwrap();
        assert_eq!(Person::query().order(people::id).load(conn).unwrap(), [person(1, 5), person(2, 6)]);
        assert_eq!(Bare::query().order(people::id).load(conn).unwrap(), [bare(person(1, 5)), bare(person(2, 6))]);
        let saved: Person = person(2, 7).save_changes(conn).unwrap();
        assert_eq!(saved, person(2, 7));
    });
}

#[test]
fn a_token_does_not_depend_on_the_attribute() {
    on_both!(SQL, |conn| {
        insert_into(people::table).values(&person(1, 5)).execute(conn).unwrap();
        assert_eq!(Bare::query().filter(Bare::name_eq("nnnnn")).load(conn).unwrap(), [bare(person(1, 5))]);
        let again = insert_into(people::table).values(&bare(person(2, 5))).execute(conn).unwrap_err();
        let unique = matches!(
            &again,
            diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::UniqueViolation, _)
        );
        assert!(unique, "{again}");
    });
}

/// Not a matter of reading, but one struct would tell the lengths that the other hides.
#[test]
fn a_struct_without_it_is_found() {
    let found = encrypted_fields::model::check(&[Person::model(), Bare::model()]).unwrap_err();
    assert_eq!(found.len(), 4);
    assert_eq!(
        found[0].to_string(),
        "`Person` and `Bare` disagree on people.name: it is padded in two ways; write `#[encrypted(like = Person)]` on \
         `Bare`, or the same attributes on both"
    );
    let json = serde_json::to_value(Person::model()).unwrap();
    assert_eq!((&json["columns"][0]["pad"], &json["columns"][1]["pad"]), (&32.into(), &"padme".into()));
}

diesel::table! {
    use encrypted_fields::domains::*;
    use diesel::sql_types::{BigInt};
    letters (id) { id -> BigInt, body -> EncText, }
}

#[derive(Debug, PartialEq, EncryptedModel)]
struct Letter {
    id: i64,
    #[encrypted(pad = 1)]
    body: String,
}

#[test]
fn the_domains_take_padded_values() {
    let database = harness::pg();
    let conn = &mut database.connect();
    conn.batch_execute("CREATE TABLE letters (id BIGINT PRIMARY KEY, body enc_text NOT NULL)").unwrap();
    scope::with(&testing::keyring(), || {
        let letters = [Letter { id: 1, body: String::new() }, Letter { id: 2, body: "b".repeat(100_000) }];
        insert_into(letters::table).values(&letters[..]).execute(conn).unwrap();
        assert_eq!(Letter::query().order(letters::id).load(conn).unwrap(), letters);
    });
}
