//! Index columns: last in the table, nullable, and declared as a field.

use super::*;
use encrypted_fields::BlindIndex;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    people (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        phone -> Nullable<Encrypted<Text>>,
        name -> Text,
        email_bidx -> Nullable<Binary>,
        phone_bidx -> Nullable<Binary>,
    }
}

const SQL: &str = "CREATE TABLE people (
    id BIGINT PRIMARY KEY, email BLOB NOT NULL, phone BLOB, name TEXT NOT NULL, email_bidx BLOB, phone_bidx BLOB)";

/// Positional loading needs the table's order, and an index that was added later comes last.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = people)]
struct Person {
    id: i64,
    #[encrypted(index(email_bidx, normalize = nfkc_lower))]
    email: String,
    #[encrypted(index(phone_bidx, normalize = digits))]
    phone: Option<String>,
    name: String,
    email_bidx: Option<BlindIndex>,
    phone_bidx: Option<BlindIndex>,
}

/// Before the index existed.
#[derive(EncryptedModel)]
#[diesel(table_name = people)]
#[encrypted(only(Insertable))]
struct Before<'a> {
    id: i64,
    #[encrypted]
    email: &'a str,
    name: &'a str,
}

fn person(id: i64) -> Person {
    let phone = Some(format!("+39 06-{id}"));
    Person { id, email: format!("P{id}@x.y"), phone, name: "n".to_owned(), email_bidx: None, phone_bidx: None }
}

#[test]
fn a_declared_index_is_computed_and_loaded_where_its_column_stands() {
    on_both!(SQL, |conn| {
        insert_into(people::table).values(&vec![person(1), Person { phone: None, ..person(2) }]).execute(conn).unwrap();
        let rows: Vec<Person> = people::table.order(people::id).load(conn).unwrap();
        assert_eq!((rows[0].email.as_str(), rows[0].phone.as_deref()), ("P1@x.y", Some("+39 06-1")));
        assert!(rows[0].email_bidx.is_some() && rows[0].phone_bidx.is_some());
        assert!(rows[1].email_bidx.is_some() && rows[1].phone_bidx.is_none());
        assert_eq!(Person::query().filter(Person::phone_eq("0039061")).load(conn).unwrap(), []);
        assert_eq!(Person::query().filter(Person::phone_eq("39061")).first(conn).unwrap().id, 1);
        assert_eq!(Person::query().filter(Person::email_eq("ｐ２@X.Y")).first(conn).unwrap().id, 2);

        let mut one = rows[0].clone();
        one.email = "new@x.y".to_owned();
        let saved: Person = one.save_changes(conn).unwrap();
        assert_ne!(saved.email_bidx, rows[0].email_bidx, "what the field held when it was written does not matter");
        assert_eq!(Person::query().filter(Person::email_eq("NEW@x.y")).first(conn).unwrap().id, 1);
    });
}

#[test]
fn a_row_from_before_the_index_loads_and_takes_it_when_it_is_saved() {
    on_both!(SQL, |conn| {
        insert_into(people::table).values(&Before { id: 1, email: "old@x.y", name: "n" }).execute(conn).unwrap();
        let old: Person = people::table.first(conn).unwrap();
        assert_eq!(old.email_bidx, None);
        assert!(Person::query().filter(Person::email_eq("old@x.y")).first(conn).optional().unwrap().is_none());
        assert!(old.save_changes::<Person>(conn).unwrap().email_bidx.is_some());
        assert_eq!(Person::query().filter(Person::email_eq("old@x.y")).first(conn).unwrap().id, 1);
    });
}

#[test]
fn clearing_a_value_clears_its_index() {
    on_both!(SQL, |conn| {
        insert_into(people::table).values(&person(1)).execute(conn).unwrap();
        update(people::table.find(1)).set(person(1).row().set_phone(None)).execute(conn).unwrap();
        let back: Person = people::table.first(conn).unwrap();
        assert_eq!((back.phone, back.phone_bidx), (None, None));
    });
}
