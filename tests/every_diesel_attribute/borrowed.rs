//! Structs with borrowed fields, which are written and never read.

use super::*;
use std::borrow::Cow;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    letters (id) {
        id -> BigInt,
        sender -> Text,
        subject -> Encrypted<Text>,
        subject_bidx -> Binary,
        body -> Encrypted<Binary>,
        reply -> Nullable<Encrypted<Text>>,
    }
}

const SQL: &str = "CREATE TABLE letters (
    id BIGINT PRIMARY KEY, sender TEXT NOT NULL, subject BLOB NOT NULL, subject_bidx BLOB NOT NULL, body BLOB NOT NULL,
    reply BLOB)";

#[derive(Debug, PartialEq, EncryptedModel)]
#[encrypted(bind(id, sender))]
struct Letter {
    id: i64,
    sender: String,
    #[encrypted(index = subject_bidx)]
    subject: String,
    #[encrypted]
    body: Vec<u8>,
    #[encrypted]
    reply: Option<String>,
}

#[derive(EncryptedModel)]
#[diesel(table_name = letters)]
#[encrypted(bind(id, sender), only(Insertable))]
struct NewLetter<'a, 'b> {
    id: &'a i64,
    sender: &'a str,
    #[encrypted(index = subject_bidx)]
    subject: Cow<'b, str>,
    #[encrypted]
    body: &'b [u8],
    #[encrypted]
    reply: Option<&'b str>,
}

#[derive(EncryptedModel)]
#[diesel(table_name = letters)]
#[encrypted(bind(id, sender), only(AsChangeset))]
struct Answer<'a> {
    id: i64,
    sender: &'a str,
    #[encrypted]
    reply: Option<&'a str>,
}

#[test]
fn are_inserted_and_set() {
    on_both!(SQL, |conn| {
        let (id, sender, body) = (1, "me".to_owned(), vec![0, 255, 1]);
        let subject = Cow::Borrowed("subject");
        let new = NewLetter { id: &id, sender: &sender, subject, body: &body, reply: None };
        insert_into(letters::table).values(&new).execute(conn).unwrap();
        let second = NewLetter { id: &2, subject: Cow::Owned("two".to_owned()), reply: Some("r"), ..new };
        insert_into(letters::table).values(vec![second]).execute(conn).unwrap();
        let rows: Vec<Letter> = letters::table.order(letters::id).load(conn).unwrap();
        assert_eq!((rows[0].subject.as_str(), &rows[0].body, &rows[0].reply), ("subject", &body, &None));
        assert_eq!(rows[1].reply.as_deref(), Some("r"));
        assert_eq!(Letter::query().filter(Letter::subject_eq("two")).first(conn).unwrap().id, 2);

        let answer = Answer { id: 1, sender: &sender, reply: Some("answered") };
        update(letters::table.find(1)).set(&answer).execute(conn).unwrap();
        let error = update(letters::table.find(2)).set(answer).execute(conn).unwrap_err();
        assert!(encrypted_fields::write_conflict(&error), "{error}");
        let body = rows[0].row().set_body(&[7]);
        update(letters::table.find(1)).set(body).execute(conn).unwrap();
        let back: Letter = letters::table.find(1).first(conn).unwrap();
        assert_eq!((back.reply.as_deref(), back.body), (Some("answered"), vec![7]));
    });
}
