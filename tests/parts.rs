//! Encrypted fields in embedded structs are sealed in the row of the model that embeds them, and behave as its own.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::{insert_into, update};
use encrypted_fields::{EncryptedModel, current_keyring, scope, testing};
use rust_decimal::Decimal;

use crate::harness;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    people (id) {
        id -> BigInt,
        owner_id -> BigInt,
        name -> Text,
        email -> Encrypted<Text>,
        street -> Encrypted<Text>,
        zip -> Encrypted<Text>,
        zip_bidx -> Binary,
        city -> Text,
        doorbell -> Nullable<EncryptedText<Text>>,
        latitude -> Nullable<Encrypted<Double>>,
        longitude -> Nullable<Encrypted<Double>>,
        balance -> Encrypted<Numeric>,
        balance_version -> BigInt,
    }
}

#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[diesel(table_name = people)]
#[encrypted(part, sealed(derive(Debug, Clone, PartialEq)))]
pub struct Place {
    #[encrypted]
    latitude: Option<f64>,
    #[encrypted]
    longitude: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[diesel(table_name = people)]
#[encrypted(part, sealed(derive(Debug, Clone, PartialEq)))]
pub struct Address {
    #[encrypted]
    street: String,
    #[encrypted(index(zip_bidx, normalize = digits))]
    zip: String,
    city: String,
    #[encrypted]
    doorbell: Option<String>,
    #[encrypted(part)]
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = people)]
#[encrypted(bind(id, owner_id), sealed(derive(Debug, Clone, PartialEq)))]
pub struct Person {
    id: i64,
    owner_id: i64,
    name: String,
    #[encrypted]
    email: String,
    #[encrypted(part)]
    address: Address,
    #[encrypted(version = balance_version)]
    balance: Decimal,
    balance_version: encrypted_fields::Version,
}

/// Nothing but a part beside the bound columns; `embed` may be written too.
#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(table_name = people)]
#[encrypted(bind(id, owner_id), only(HasQuery, AsChangeset), sealed(derive(Debug, Clone, PartialEq)))]
pub struct OnlyPlace {
    id: i64,
    owner_id: i64,
    #[diesel(embed)]
    #[encrypted(part)]
    place: Place,
}

#[derive(EncryptedModel)]
#[diesel(table_name = people)]
#[encrypted(part, only(AsChangeset))]
struct AddressPatch<'a> {
    #[encrypted]
    street: Option<&'a str>,
    #[encrypted]
    doorbell: Option<Option<&'a str>>,
    city: Option<&'a str>,
}

#[derive(EncryptedModel)]
#[diesel(table_name = people)]
#[encrypted(bind(id, owner_id), only(AsChangeset))]
struct PersonPatch<'a> {
    id: i64,
    owner_id: i64,
    name: Option<&'a str>,
    #[encrypted(part)]
    address: AddressPatch<'a>,
}

fn person(id: i64) -> Person {
    Person {
        id,
        owner_id: 7,
        name: format!("person {id}"),
        email: format!("{id}@example.com"),
        address: Address {
            street: format!("street {id}"),
            zip: format!("2012{id}"),
            city: "Milano".to_owned(),
            doorbell: Some(format!("bell {id}")),
            place: Place { latitude: Some(45.5), longitude: Some(9.2) },
        },
        balance: Decimal::from(id),
        balance_version: encrypted_fields::Version::new(),
    }
}

/// The same person as `person(id)`, moved to another place.
fn moved(person: &Person) -> Person {
    let address = Address {
        street: "elsewhere".to_owned(),
        zip: "00100".to_owned(),
        city: "Roma".to_owned(),
        doorbell: Some("new".to_owned()),
        place: Place { latitude: Some(41.9), longitude: Some(12.5) },
    };
    Person { address, ..person.clone() }
}

macro_rules! table_sql {
    ($bytes:literal) => {
        concat!(
            "CREATE TABLE people (id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, name TEXT NOT NULL, email ",
            $bytes,
            " NOT NULL, street ",
            $bytes,
            " NOT NULL, zip ",
            $bytes,
            " NOT NULL, zip_bidx ",
            $bytes,
            " NOT NULL, city TEXT NOT NULL, doorbell TEXT, latitude ",
            $bytes,
            ", longitude ",
            $bytes,
            ", balance ",
            $bytes,
            " NOT NULL, balance_version BIGINT NOT NULL)"
        )
    };
}

macro_rules! on_each_backend {
    ($($(#[$doc:meta])* $name:ident: |$conn:ident| $body:block)*) => {
        on_each_backend!(@ on_postgres harness::pg "BYTEA" $($(#[$doc])* $name: |$conn| $body)*);
        on_each_backend!(@ on_sqlite harness::sqlite "BLOB" $($(#[$doc])* $name: |$conn| $body)*);
    };
    (@ $backend:ident $module:ident :: $database:ident $bytes:literal
        $($(#[$doc:meta])* $name:ident: |$conn:ident| $body:block)*) => {
        mod $backend {
            use super::*;
            $(
                $(#[$doc])*
                #[test]
                fn $name() {
                    let database = $module::$database();
                    let mut connection = database.connect();
                    connection.batch_execute(table_sql!($bytes)).unwrap();
                    let $conn = &mut connection;
                    scope::with(&testing::keyring(), || {
                        insert_into(people::table).values(&vec![person(1), person(2)]).execute($conn).unwrap();
                        $body
                    });
                }
            )*
        }
    };
}

macro_rules! loaded {
    ($conn:ident, $id:expr) => {{
        let person: Person = Person::query().filter(people::id.eq($id)).first($conn).unwrap();
        person
    }};
}

/// The statement failed because of the guard, and nothing changed.
macro_rules! refused {
    ($conn:ident, $statement:expr) => {{
        let before: Vec<SealedPerson> = SealedPerson::query().order(people::id).load($conn).unwrap();
        let error = $statement.map(drop).expect_err("sealed for another row");
        assert!(encrypted_fields::write_conflict(&error), "{error:?}");
        assert_eq!(SealedPerson::query().order(people::id).load($conn).unwrap(), before);
    }};
}

on_each_backend! {
    every_way_to_read: |conn| {
        let (one, two) = (loaded!(conn, 1), loaded!(conn, 2));
        assert_eq!((&one.address, &two.address), (&person(1).address, &person(2).address));
        let selected: Vec<Person> = people::table.order(people::id).select(Person::as_select()).load(conn).unwrap();
        assert_eq!(selected, [one.clone(), two.clone()]);
        let named = diesel::sql_query("SELECT * FROM people ORDER BY id").load::<Person>(conn).unwrap();
        assert_eq!(named, selected);
        let place: OnlyPlace = OnlyPlace::query().filter(people::id.eq(2)).first(conn).unwrap();
        assert_eq!(place.place, two.address.place);
        let keyring = current_keyring().unwrap();
        let sealed: SealedPerson = SealedPerson::query().filter(people::id.eq(1)).first(conn).unwrap();
        assert_eq!(sealed.open(&keyring).unwrap(), one);
    }

    every_way_to_insert: |conn| {
        assert_eq!(insert_into(people::table).values(person(3)).execute(conn), Ok(1));
        let returned: Person =
            insert_into(people::table).values(&person(4)).returning(Person::as_returning()).get_result(conn).unwrap();
        assert_eq!(returned.address, person(4).address);
        let keyring = current_keyring().unwrap();
        let sealed = person(5).seal(&keyring).unwrap();
        assert_eq!(insert_into(people::table).values(&sealed).execute(conn), Ok(1));
        assert_eq!(insert_into(people::table).values(person(6).seal(&keyring).unwrap()).execute(conn), Ok(1));
        for id in 3..=6 {
            assert_eq!(loaded!(conn, id).address, person(id).address);
        }
    }

    every_way_to_change: |conn| {
        let one = loaded!(conn, 1);
        let by_reference = moved(&one);
        assert_eq!(update(people::table.find(1)).set(&by_reference).execute(conn), Ok(1));
        let now = loaded!(conn, 1);
        assert_eq!(now.address, by_reference.address);
        let back = Person { address: person(1).address, ..now };
        let back = update(&back).set(&back).returning(Person::as_returning()).get_result(conn).unwrap();
        assert_eq!(back.address, person(1).address);
        assert_eq!(update(people::table.find(1)).set(moved(&back)).execute(conn), Ok(1));
        let now = loaded!(conn, 1);
        assert_eq!(now.address, by_reference.address);

        let row = now.row();
        let set = (row.set_address(&back.address), people::name.eq("n"), row.set_email("e"));
        assert_eq!(update(people::table.find(1)).set(set).execute(conn), Ok(1));
        let now = loaded!(conn, 1);
        assert_eq!((&now.address, now.name.as_str(), now.email.as_str()), (&back.address, "n", "e"));

        let upsert = insert_into(people::table).values(&now).on_conflict(people::id).do_update();
        assert_eq!(upsert.set(&moved(&now)).execute(conn), Ok(1));
        assert_eq!(loaded!(conn, 1).address, by_reference.address);

        let place = OnlyPlace { id: 1, owner_id: 7, place: Place { latitude: Some(0.0), longitude: Some(-0.0) } };
        let place = update(&place).set(&place).returning(OnlyPlace::as_returning()).get_result(conn).unwrap();
        assert_eq!(place.place, loaded!(conn, 1).address.place);
        let keyring = current_keyring().unwrap();
        let sealed = OnlyPlace { place: Place { latitude: Some(1.0), longitude: None }, ..place }.seal(&keyring).unwrap();
        assert_eq!(update(people::table.find(1)).set(&sealed).execute(conn), Ok(1));
        // A `None` leaves its column alone, as in a model of its own.
        assert_eq!(loaded!(conn, 1).address.place, Place { latitude: Some(1.0), longitude: Some(-0.0) });
    }

    a_patch_changes_what_is_some: |conn| {
        let patch = |street, doorbell, city| PersonPatch {
            id: 1,
            owner_id: 7,
            name: None,
            address: AddressPatch { street, doorbell, city },
        };
        assert_eq!(update(people::table.find(1)).set(&patch(Some("s"), None, None)).execute(conn), Ok(1));
        let now = loaded!(conn, 1);
        assert_eq!((now.address.street.as_str(), now.address.doorbell.as_deref()), ("s", Some("bell 1")));
        assert_eq!(update(people::table.find(1)).set(patch(None, Some(None), Some("c"))).execute(conn), Ok(1));
        let now = loaded!(conn, 1);
        assert_eq!((now.address.city.as_str(), now.address.doorbell), ("c", None));
        refused!(conn, update(people::table.find(2)).set(&patch(Some("s"), None, None)).execute(conn));
        refused!(conn, update(people::table.find(2)).set(&patch(None, Some(None), None)).execute(conn));
    }

    another_row_is_refused_on_every_path: |conn| {
        let one = loaded!(conn, 1);
        refused!(conn, update(people::table.find(2)).set(&moved(&one)).execute(conn));
        refused!(conn, update(people::table.find(2)).set(moved(&one)).execute(conn));
        refused!(conn, update(people::table.find(2)).set(one.row().set_address(&one.address)).execute(conn));
        let place = OnlyPlace { id: 1, owner_id: 8, place: one.address.place.clone() };
        refused!(conn, update(&place).set(&place).execute(conn));
        let sealed = place.seal(&current_keyring().unwrap()).unwrap();
        refused!(conn, update(people::table.find(1)).set(&sealed).execute(conn));
    }

    a_value_of_a_part_belongs_to_its_row_and_column: |conn| {
        diesel::sql_query("UPDATE people SET street = (SELECT street FROM people WHERE id = 2) WHERE id = 1")
            .execute(conn)
            .unwrap();
        let error = Person::query().filter(people::id.eq(1)).first(conn).unwrap_err().to_string();
        assert!(error.contains("cannot open people.street [id=1 owner_id=7]: authentication failed"), "{error}");
        diesel::sql_query("UPDATE people SET street = zip").execute(conn).unwrap();
        Person::query().filter(people::id.eq(2)).first(conn).unwrap_err();
    }

    the_index_of_a_part_finds_and_is_checked: |conn| {
        let found: Person = Person::query().filter(Address::zip_eq("2 0 1 2 2")).first(conn).unwrap();
        assert_eq!(found.id, 2);
        let any: Vec<Person> = Person::query().filter(Address::zip_eq_any(["20121", "20122"])).load(conn).unwrap();
        assert_eq!(any.len(), 2);
        diesel::sql_query("UPDATE people SET zip_bidx = (SELECT zip_bidx FROM people WHERE id = 2) WHERE id = 1")
            .execute(conn)
            .unwrap();
        let error = Person::query().filter(people::id.eq(1)).first(conn).unwrap_err().to_string();
        assert!(error.contains("zip_bidx"), "{error}");
    }

    a_part_opens_by_the_handle_of_its_row: |conn| {
        let sealed: SealedPerson = SealedPerson::query().filter(people::id.eq(1)).first(conn).unwrap();
        let row = sealed.row();
        assert_eq!(row.open_address(sealed.address.clone()).unwrap(), person(1).address);
        let other = PersonRow { id: 2, ..row };
        other.open_address(sealed.address).unwrap_err();
    }

    the_keyring_is_proven_by_parts_too: |conn| {
        let proofs = current_keyring().unwrap().prove(conn, &[Person::model()]).unwrap();
        let names: Vec<_> = proofs.iter().map(|(column, _)| column.as_str()).collect();
        let expected = ["people.email", "people.balance", "people.street", "people.zip", "people.doorbell"];
        assert_eq!(names[..5], expected);
        testing::keyring().prove(conn, &[OnlyPlace::model()]).unwrap_err();
    }
}

#[test]
fn the_description_has_the_columns_of_parts() {
    let columns: Vec<_> = Person::model().columns.iter().map(|column| column.column).collect();
    assert_eq!(columns, ["email", "balance", "street", "zip", "doorbell", "latitude", "longitude"]);
    let columns: Vec<_> = OnlyPlace::model().columns.iter().map(|column| column.column).collect();
    assert_eq!(columns, ["latitude", "longitude"]);
    assert_eq!(OnlyPlace::model().table, "people");
}

mod over_async {
    use diesel::connection::SimpleConnection as _;
    use diesel::{HasQuery as _, QueryDsl as _, insert_into, update};
    use diesel_async::RunQueryDsl;
    use encrypted_fields::{scope, testing};

    use super::{Person, harness, moved, people, person};

    #[tokio::test]
    async fn every_path() {
        let database = harness::pg();
        database.connect().batch_execute(table_sql!("BYTEA")).unwrap();
        let conn = &mut database.async_connect().await;
        let test = async {
            insert_into(people::table).values(&vec![person(1), person(2)]).execute(conn).await.unwrap();
            let mut all: Vec<Person> = Person::query().order(people::id).load(conn).await.unwrap();
            assert_eq!(all[1].address, person(2).address);
            let one = moved(&all.remove(0));
            let refused = update(people::table.find(2)).set(&one).execute(conn).await.unwrap_err();
            assert!(encrypted_fields::write_conflict(&refused), "{refused:?}");
            assert_eq!(update(people::table.find(1)).set(&one).execute(conn).await, Ok(1));
        };
        scope::task(testing::keyring(), test).await;
    }
}
