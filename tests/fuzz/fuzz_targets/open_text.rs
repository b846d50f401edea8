//! A TEXT column: base64url has one spelling for each value, and any other text is refused.
#![no_main]

use diesel::sql_types::Text;
use encrypted_fields::context::ColumnContext;
use encrypted_fields::row::RowContext;
use encrypted_fields::sql_types::{EncryptedText, Unbound};
use encrypted_fields::{Algorithm, DataKey, Keyring, Sealed};
use std::sync::LazyLock;

type Column = EncryptedText<Text, Unbound>;

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let key = DataKey::parse(hex, Algorithm::Aes256Gcm).expect("a key");
    Keyring::builder("fuzz").primary(key).build().expect("a keyring")
});

fn open(column: &'static str, stored: &[u8]) -> Option<String> {
    let mut row = RowContext::new(Ok(&KEYRING), None, &[]);
    row.open(&ColumnContext::new(None, "notes", column), &Sealed::<Column>::from_stored(stored)).ok()
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // Nothing is ever sealed for this column: libFuzzer replays what it saw compared, sealed values included.
    assert_eq!(open("never", data), None, "forged");

    let Some((at, replacement)) = data.split_first() else { return };
    let mut row = RowContext::new(Ok(&KEYRING), None, &[]);
    let sealed: Sealed<Column> = row.seal(&ColumnContext::new(None, "notes", "body"), "value");
    let sealed = sealed.stored().expect("it seals").to_vec();
    assert_eq!(open("body", &sealed).as_deref(), Some("value"));

    let mut altered = sealed.clone();
    for (byte, replacement) in altered.iter_mut().rev().skip(usize::from(*at)).zip(replacement) {
        *byte = *replacement;
    }
    assert_eq!(open("body", &altered).is_some(), altered == sealed);
    altered = sealed.clone();
    altered.extend_from_slice(replacement);
    assert_eq!(open("body", &altered).is_some(), altered == sealed);
});
