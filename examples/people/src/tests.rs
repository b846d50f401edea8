//! The tour on SQLite, and what it rests on.

use diesel::prelude::*;
use encrypted_fields::{Class, scope, testing};

use super::*;

fn filled<R>(test: impl FnOnce(&mut SqliteConnection) -> R) -> R {
    let directory = tempfile::tempdir().unwrap();
    scope::with(&testing::keyring(), || {
        let mut people = example_support::sqlite(&directory.path().join("people.sqlite"), PEOPLE_SQLITE).unwrap();
        people.fill(&people::contents().unwrap()).unwrap();
        test(&mut people)
    })
}

#[test]
fn the_tour_goes_through_and_the_file_names_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("people.sqlite");
    scope::with(&testing::keyring(), || {
        tour(&mut example_support::sqlite(&path, PEOPLE_SQLITE).unwrap()).unwrap();
    });
    let file = std::fs::read(path).unwrap();
    for word in ["Rossi", "example.", "RSSMRA", "Firenze", "4242", "IT60", "pension", "055"] {
        let found = file.windows(word.len()).any(|window| window == word.as_bytes());
        assert!(!found, "the file shows {word:?}");
    }
}

#[test]
fn nothing_of_a_person_is_printed() {
    let printed = format!("{:?}", people::contents().unwrap());
    for word in ["Rossi", "example", "RSSMRA", "Via", "Firenze", "50123", "4242", "IT60", "rent", "055"] {
        assert!(!printed.contains(word), "Debug shows {word:?}");
    }
}

#[test]
fn a_look_up_finds_a_value_however_it_is_written() {
    filled(|people| {
        for email in ["Maria.Rossi@example.com", "maria.rossi@EXAMPLE.COM"] {
            assert_eq!(people.by_email(&email.parse().unwrap()).unwrap().id, 1);
        }
        for phone in ["+39 055 123 4567", "+390551234567"] {
            assert_eq!(people.by_phone(&phone.parse().unwrap()).unwrap().len(), 1);
        }
        assert_eq!(people.by_tax_id(&"RSSMRA85T10A562S".parse().unwrap()).unwrap().map(|user| user.id), Some(2));
        assert_eq!(people.paid_with(&"4242424242424242".parse().unwrap()).unwrap().len(), 2);
    });
}

#[test]
fn a_taxpayer_has_one_account() {
    filled(|people| {
        let mut again = people::contents().unwrap();
        again.users.truncate(1);
        again.users[0].id = 99;
        again.users[0].email = "another@example.com".parse().unwrap();
        let refused = diesel::insert_into(schema::users::table).values(&again.users).execute(people).unwrap_err();
        assert!(refused.to_string().contains("tax_id_bidx"), "{refused}");
    });
}

#[test]
fn the_inventory_knows_the_classes() {
    let class = |model: &Model, name: &str| {
        model.columns.iter().find(|column| column.column == name).and_then(|column| column.class)
    };
    assert_eq!(class(User::model(), "email"), Some(Class::Personal));
    assert_eq!(class(User::model(), "street"), Some(Class::Personal));
    assert_eq!(class(QueryLog::model(), "question"), Some(Class::Personal));
    assert_eq!(class(Subscription::model(), "card"), Some(Class::Financial));
    assert_eq!(class(Invoice::model(), "total"), Some(Class::Financial));
    assert_eq!(class(Invoice::model(), "billed_to"), Some(Class::Personal));
}
