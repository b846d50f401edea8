//! Stored bytes: what was not sealed under the key never opens, and nothing panics.
#![no_main]

use encrypted_fields::{Algorithm, DataKey, Keyring, decrypt_bytes, encrypt_bytes};
use std::sync::LazyLock;

static KEYRINGS: LazyLock<[Keyring; 2]> = LazyLock::new(|| {
    [Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm].map(|algorithm| {
        let hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        let key = DataKey::parse(hex, algorithm).expect("a key");
        Keyring::builder("fuzz").primary(key).build().expect("a keyring")
    })
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for keyring in &*KEYRINGS {
        // Nothing is ever sealed under this context: libFuzzer replays what it saw compared, sealed values included.
        assert!(decrypt_bytes(keyring, data, b"never").is_err(), "forged");
        // Behind the right key id it is the cipher that has to refuse.
        let mut addressed = vec![1];
        addressed.extend_from_slice(&keyring.primary_id().to_be_bytes());
        addressed.extend_from_slice(data);
        assert!(decrypt_bytes(keyring, &addressed, b"never").is_err(), "forged");

        // A sealed value with the input laid over it.
        let Some((at, mask)) = data.split_first() else { continue };
        let sealed = encrypt_bytes(keyring, b"value", b"fuzz").expect("it seals");
        let mut altered = sealed.clone();
        for (byte, mask) in altered.iter_mut().skip(usize::from(*at)).zip(mask) {
            *byte ^= mask;
        }
        let opened = decrypt_bytes(keyring, &altered, b"fuzz");
        assert_eq!(opened.is_ok(), altered == sealed);
        altered.truncate(usize::from(*at));
        assert_eq!(decrypt_bytes(keyring, &altered, b"fuzz").is_ok(), altered == sealed);
    }
});
