//! A Tink JSON keyset: never a panic, and what is taken comes back the same from what is exported.
#![no_main]

use encrypted_fields::{KeyInfo, Keyring};

fn import(json: &str) -> Option<Keyring> {
    Keyring::builder("fuzz").tink(json).ok()?.build().ok()
}

fn keys(keyring: &Keyring) -> Vec<String> {
    let mut keys: Vec<String> =
        keyring.keys().map(|KeyInfo { id, algorithm, state, .. }| format!("{id} {algorithm:?} {state:?}")).collect();
    keys.sort();
    keys
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(keyring) = std::str::from_utf8(data).ok().and_then(import) else { return };
    let again = import(keyring.export_tink().expose()).expect("what was exported can be imported");
    assert_eq!(keyring.primary_id(), again.primary_id());
    assert_eq!(keys(&keyring), keys(&again));
    let sealed = encrypted_fields::encrypt_bytes(&keyring, b"value", b"fuzz").expect("it seals");
    assert_eq!(encrypted_fields::decrypt_bytes(&again, sealed, b"fuzz").expect("it opens"), b"value");
});
