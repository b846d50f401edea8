//! The description of a model carries what its fields' types say, and what the attribute says instead.

use encrypted_fields::Class;

use super::*;

#[test]
fn the_class_of_each_column() {
    let classes: Vec<_> =
        Customer::model().columns.iter().map(|column| (column.column, column.class.expect("a kind has one"))).collect();
    let expected = [
        ("email", Class::Personal),
        ("phone", Class::Personal),
        ("tax_id", Class::Personal),
        ("iban", Class::Financial),
        ("card", Class::Financial),
        ("name", Class::Personal),
        ("terms", Class::Financial),
        ("last_query", Class::Personal),
    ];
    assert_eq!(classes, expected);
    assert!(AsText::model().columns.iter().all(|column| column.class.is_none()));
}

#[test]
fn the_normalization_of_each_index() {
    let of = |model: &encrypted_fields::model::Model| -> Vec<_> {
        model.columns.iter().filter_map(|column| column.index.as_ref().map(|index| index.normalize)).collect()
    };
    use encrypted_fields::index::Normalize::{Digits, Exact, NfkcLower};
    assert_eq!(of(Customer::model()), [NfkcLower, Digits, Exact, Exact, Digits]);
    assert_eq!(of(Customer::model()), of(AsText::model()));
}

/// In a patch an `Option` is no part of the column.
#[derive(EncryptedModel)]
#[diesel(table_name = customers)]
#[encrypted(only(AsChangeset))]
#[allow(dead_code)]
struct Patch<'a> {
    id: i64,
    #[encrypted(index = email_bidx)]
    email: Option<&'a Email>,
    #[encrypted(index(phone_bidx, normalize = exact))]
    phone: Option<Option<Phone>>,
    #[encrypted(class = special)]
    name: Option<encrypted_fields::Secret<String>>,
    #[encrypted(class = special)]
    terms: Option<FinancialData>,
}

#[test]
fn the_attribute_comes_before_the_type() {
    let json = serde_json::to_value(Patch::model()).unwrap();
    let columns = json["columns"].as_array().unwrap();
    let found: Vec<_> = columns.iter().map(|it| (it["class"].clone(), it["index"]["normalize"].clone())).collect();
    let null = serde_json::Value::Null;
    let expected = [
        ("personal".into(), "nfkc_lower".into()),
        ("personal".into(), "exact".into()),
        ("special".into(), null.clone()),
        ("special".into(), null),
    ];
    assert_eq!(found, expected);
}
