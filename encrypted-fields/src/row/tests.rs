//! The frozen bytes that a value is sealed beside and a token is computed over: `vectors/context.json` and
//! `vectors/blind_index.json`, worked out from the diagrams in `context.rs` and `index.rs` by another program.

use std::borrow::Cow;
use std::collections::HashMap;

use diesel::sql_types::{Binary, Bool, Date, Integer, Numeric, Text};
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::keyring::{DataKey, IndexKey};
use crate::seal::Algorithm;
use crate::sql_types::Uuid;

#[derive(Deserialize)]
struct ContextVector {
    application: String,
    schema: Option<String>,
    table: String,
    column: String,
    scope: Option<Value>,
    bound: Vec<Value>,
    context: String,
}

#[derive(Deserialize)]
struct Value {
    #[serde(default)]
    column: String,
    class: String,
    value: String,
}

#[derive(Deserialize)]
struct IndexVector {
    sql: String,
    value: String,
    normalize: String,
    schema: Option<String>,
    scope: Option<Value>,
    canonical: String,
    token: String,
}

#[derive(Deserialize)]
struct File<V> {
    vectors: Vec<V>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap()).collect()
}

/// A `table!` names its columns for the life of the program.
fn leak(name: &str) -> &'static str {
    String::leak(name.to_owned())
}

impl Value {
    fn bound(&self) -> Bound<'static> {
        let value = &self.value;
        match self.class.as_str() {
            "null" => Bound::Null,
            "bool" => Bound::Bool(value.parse().unwrap()),
            "integer" => Bound::Integer(value.parse().unwrap()),
            "text" => Bound::Text(Cow::Owned(value.clone())),
            "bytes" => Bound::Bytes(Cow::Owned(unhex(value))),
            "uuid" => Bound::Uuid(uuid::Uuid::parse_str(value).unwrap().into_bytes()),
            "date" => Bound::Date(value.parse().unwrap()),
            "timestamp" => Bound::Timestamp(value.parse().unwrap()),
            other => panic!("{other} is not a class"),
        }
    }
}

/// The associated data of a row-bound value.
fn context(keyring: &Keyring, column: &ColumnContext, scope: Option<&Bound<'_>>, bound: &[BoundColumn<'_>]) -> Vec<u8> {
    let mut row = RowContext::new(Ok(keyring), scope.cloned().map(Ok), bound);
    let Placed { context, .. } = row.place(column, Ending::Row).unwrap();
    context.to_vec()
}

#[test]
fn a_context_is_frozen() {
    let file: File<ContextVector> = serde_json::from_str(include_str!("../../vectors/context.json")).unwrap();
    assert_eq!(file.vectors.len(), 10);
    for vector in file.vectors {
        let keyring = crate::testing::keyring_named(&vector.application);
        let column = ColumnContext::new(vector.schema.as_deref().map(leak), leak(&vector.table), leak(&vector.column));
        let scope = vector.scope.as_ref().map(Value::bound);
        let bound: Vec<_> = vector.bound.iter().map(|value| (leak(&value.column), Ok(value.bound()))).collect();
        assert_eq!(hex(&context(&keyring, &column, scope.as_ref(), &bound)), vector.context);
    }
}

#[test]
fn an_unbound_value_has_the_context_of_no_bound_columns() {
    let keyring = crate::testing::keyring();
    let column = ColumnContext::new(None, "t", "c");
    let bound = [("id", Ok(Bound::Integer(1)))];
    for scope in [None, Some(Bound::Integer(7))] {
        let mut row = RowContext::new(Ok(&keyring), scope.clone().map(Ok), &bound);
        let Placed { context: unbound, .. } = row.place(&column, Ending::NoRow).unwrap();
        assert_eq!(unbound, context(&keyring, &column, scope.as_ref(), &[]));
    }
}

fn any_bound() -> impl Strategy<Value = Bound<'static>> {
    let short = || proptest::collection::vec(0_u8..3, 0..4);
    prop_oneof![
        Just(Bound::Null),
        any::<bool>().prop_map(Bound::Bool),
        (-2_i128..3).prop_map(Bound::Integer),
        short().prop_map(|bytes| Bound::Text(Cow::Owned(String::from_utf8(bytes).unwrap()))),
        short().prop_map(|bytes| Bound::Bytes(Cow::Owned(bytes))),
        any::<bool>().prop_map(|one| Bound::Uuid([u8::from(one); 16])),
        (-2_i32..3).prop_map(Bound::Date),
        (-2_i64..3).prop_map(Bound::Timestamp),
    ]
}

/// Names of the bytes that lengths and tags are made of, so that one part could pass for another.
fn any_name() -> impl Strategy<Value = String> {
    proptest::collection::vec(0_u8..4, 0..4).prop_map(|bytes| String::from_utf8(bytes).unwrap())
}

type Place = (String, Option<String>, String, String, Option<Bound<'static>>, Vec<(String, Bound<'static>)>);

fn any_place() -> impl Strategy<Value = Place> {
    let application = any_name().prop_filter("an application has a name", |name| !name.is_empty());
    let bound = proptest::collection::vec((any_name(), any_bound()), 0..3);
    (application, proptest::option::of(any_name()), any_name(), any_name(), proptest::option::of(any_bound()), bound)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Of many short places of few bytes, no two different ones share a context.
    #[test]
    fn no_two_places_have_one_context(places in proptest::collection::vec(any_place(), 64)) {
        let mut seen: HashMap<Vec<u8>, Place> = HashMap::new();
        for place in places {
            let (application, schema, table, column, scope, bound) = &place;
            let keyring = crate::testing::keyring_named(application);
            let column = ColumnContext::new(schema.as_deref().map(leak), leak(table), leak(column));
            let bound: Vec<_> = bound.iter().map(|(name, value)| (leak(name), Ok(value.clone()))).collect();
            let bytes = context(&keyring, &column, scope.as_ref(), &bound);
            if let Some(other) = seen.get(&bytes) {
                prop_assert_eq!(other, &place);
            }
            seen.insert(bytes, place);
        }
    }
}

fn normalization(name: &str) -> Normalize {
    let all = [Normalize::Exact, Normalize::Lower, Normalize::Nfkc, Normalize::NfkcLower, Normalize::Digits];
    all.into_iter().find(|normalize| serde_json::to_value(normalize).unwrap() == name).unwrap()
}

fn token<ST: IndexSql, T: EncodePlain<ST>>(vector: &IndexVector, value: T) {
    let name = format!("{} {:?} {}", vector.sql, vector.value, vector.normalize);
    let normalize = normalization(&vector.normalize);
    assert_eq!(hex(&canonical::<ST, T>(normalize, &value).unwrap()), vector.canonical, "{name}");

    let seed = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let keyring = || {
        let data = DataKey::generate(Algorithm::Aes256Gcm).unwrap();
        Keyring::builder("shop").primary(data).index_key(IndexKey::parse(seed).unwrap()).build().unwrap()
    };
    let scope = vector.scope.as_ref().map(Value::bound);
    let keyring = match &scope {
        Some(scope) => keyring().with_scoped(scope.clone(), keyring()),
        None => keyring(),
    };
    let column = ColumnContext::new(vector.schema.as_deref().map(leak), "users", "email");
    let mut row = RowContext::new(Ok(&keyring), scope.map(Ok), &[]);
    let found = row.index::<ST, T>(&column, normalize, &value);
    assert_eq!(hex(found.token().unwrap()), vector.token, "{name}");
    assert!(row.check_index::<ST, T>(&column, "email_bidx", normalize, Some(&value), Some(&found)).is_ok());
    let all = row.index_tokens::<ST, T>(&column, normalize, &value);
    assert_eq!(all, [found], "{name}");
}

#[test]
fn a_token_is_frozen() {
    let file: File<IndexVector> = serde_json::from_str(include_str!("../../vectors/blind_index.json")).unwrap();
    assert_eq!(file.vectors.len(), 21);
    for vector in &file.vectors {
        let value = vector.value.as_str();
        match vector.sql.as_str() {
            "Text" => token::<Text, String>(vector, value.to_owned()),
            "Numeric" => token::<Numeric, rust_decimal::Decimal>(vector, value.parse().unwrap()),
            "Integer" => token::<Integer, i32>(vector, value.parse().unwrap()),
            "Bool" => token::<Bool, bool>(vector, value.parse().unwrap()),
            "Uuid" => token::<Uuid, uuid::Uuid>(vector, value.parse().unwrap()),
            "Binary" => token::<Binary, Vec<u8>>(vector, unhex(value)),
            "Date" => token::<Date, chrono::NaiveDate>(vector, value.parse().unwrap()),
            other => panic!("{other} is not a type that this test knows"),
        }
    }
}

#[test]
fn a_token_of_another_value_or_key_does_not_match() {
    let keyring = crate::testing::keyring();
    let column = ColumnContext::new(None, "users", "email");
    let mut row = RowContext::new(Ok(&keyring), None, &[]);
    let found = row.index::<Text, str>(&column, Normalize::Lower, "A");
    let mut check = |value: Option<&str>, index: &BlindIndex| {
        row.check_index::<Text, str>(&column, "email_bidx", Normalize::Lower, value, Some(index))
            .map_err(|error| error.reason().clone())
    };
    assert_eq!(check(Some("a"), &found), Ok(()));
    let refused = Err(OpenReason::Index { column: "email_bidx" });
    assert_eq!(check(Some("b"), &found), refused);
    assert_eq!(check(None, &found), refused);
    let stored = found.token().unwrap().to_vec();
    for at in 0..stored.len() {
        let mut changed = stored.clone();
        changed[at] ^= 1;
        assert_eq!(check(Some("a"), &BlindIndex::from_stored(changed)), refused);
        assert_eq!(check(Some("a"), &BlindIndex::from_stored(stored[..at].to_vec())), refused);
    }
}
