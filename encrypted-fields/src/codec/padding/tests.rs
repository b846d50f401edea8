//! `vectors/pad.json`: frozen, worked out by another program.

use diesel::sql_types::{Binary, Jsonb, Text};
use proptest::prelude::*;
use serde::Deserialize;

use super::super::{DecodePlain, EncodePlain};
use super::*;

#[derive(Deserialize)]
struct File {
    padme: Vec<Length>,
    block: Vec<Length>,
    values: Vec<Padded>,
}

#[derive(Deserialize)]
struct Length {
    block: Option<u32>,
    length: usize,
    padded: usize,
}

#[derive(Deserialize)]
struct Padded {
    sql: String,
    value: String,
    pad: String,
    bytes: String,
}

fn file() -> File {
    serde_json::from_str(include_str!("../../../vectors/pad.json")).expect("the vectors are of this shape")
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap()).collect()
}

fn padding(text: &str) -> Padding {
    if text == "padme" { Padding::PADME } else { Padding::block(text.parse().unwrap()) }
}

fn padded<ST>(padding: Padding, value: &(impl EncodePlain<ST> + ?Sized)) -> Result<Vec<u8>, SealReason> {
    let mut out = b"before".to_vec();
    padding.encode(&mut out, |out| value.encode(out))?;
    assert!(padding.size_hint(value.size_hint()) >= out.len() - 6, "the buffer grows while it is written");
    Ok(out.strip_prefix(b"before").expect("only appended").to_vec())
}

#[test]
fn lengths_are_frozen() {
    let file = file();
    assert_eq!((file.padme.len(), file.block.len()), (105, 14));
    for Length { length, padded, .. } in file.padme {
        assert_eq!(Padding::PADME.length(length), padded, "{length}");
    }
    for Length { block, length, padded } in file.block {
        assert_eq!(Padding::block(block.unwrap()).length(length), padded, "{length} in {block:?}");
    }
}

#[test]
fn bytes_are_frozen() {
    let file = file();
    assert_eq!(file.values.len(), 16);
    for Padded { sql, value, pad, bytes } in file.values {
        let found = match sql.as_str() {
            "Text" => padded::<Text>(padding(&pad), value.as_str()),
            "Binary" => padded::<Binary>(padding(&pad), &unhex(&value)),
            _ => {
                // JSON is written by the `json` feature; as text it differs in the tag.
                padded::<Text>(padding(&pad), value.as_str()).map(|mut bytes| {
                    bytes[0] = tag::JSON | tag::PADDED;
                    bytes
                })
            }
        };
        assert_eq!(found, Ok(unhex(&bytes)), "{sql} {value:?} {pad}");
    }
}

#[cfg(feature = "json")]
#[test]
fn json_is_padded() {
    let value = serde_json::json!({"a": 1});
    assert_eq!(padded::<Jsonb>(Padding::block(16), &value).map(|bytes| (bytes.len(), bytes[0])), Ok((21, 0x8c)));
}

#[test]
fn what_has_one_length_is_not_padded() {
    let refused = |found: Result<Vec<u8>, SealReason>| assert_eq!(found, Err(UNPADDABLE));
    refused(padded::<diesel::sql_types::BigInt>(Padding::PADME, &7_i64));
    refused(padded::<diesel::sql_types::Bool>(Padding::block(8), &true));
    // A codec of a user's that writes nothing.
    let mut out = Vec::new();
    assert_eq!(Padding::PADME.encode(&mut out, |_| Ok(())), Err(UNPADDABLE));
}

#[test]
#[should_panic(expected = "a block is of 1 to 65536 bytes")]
fn a_block_of_nothing_is_refused() {
    let _ = Padding::block(0);
}

#[test]
fn no_length_overflows() {
    for padding in [Padding::PADME, Padding::block(1), Padding::block(Padding::MAX_BLOCK)] {
        assert!(padding.length(usize::MAX) >= padding.length(usize::MAX - 1));
        assert_eq!(padding.size_hint(usize::MAX), usize::MAX);
    }
}

proptest! {
    #[test]
    fn a_padded_value_is_read_as_it_was(text: String, bytes: Vec<u8>, block in 1_u32..200) {
        for padding in [Padding::PADME, Padding::block(block)] {
            let found = padded::<Text>(padding, text.as_str()).unwrap();
            prop_assert_eq!(found.len(), 5 + padding.length(text.len()));
            prop_assert_eq!(<String as DecodePlain<Text>>::decode(&found), Ok(text.clone()));
            let found = padded::<Binary>(padding, &bytes).unwrap();
            prop_assert_eq!(<Vec<u8> as DecodePlain<Binary>>::decode(&found), Ok(bytes.clone()));
        }
    }

    #[test]
    fn padme_is_never_shorter_and_adds_at_most_twelve_percent(length in 0_usize..1 << 40) {
        let padded = Padding::PADME.length(length);
        prop_assert!(padded >= length && padded - length <= length * 12 / 100 + 1, "{length} -> {padded}");
        prop_assert!(Padding::PADME.length(padded) == padded);
    }
}
