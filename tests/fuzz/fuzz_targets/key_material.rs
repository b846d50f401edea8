//! Key material as it stands in an environment variable: never a panic, and one key whatever its spelling; passphrases as far
//! as they are parsed.
#![no_main]

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding as _};
use encrypted_fields::{Algorithm, DataKey, IndexKey, passphrase};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let taken = passphrase::check(text).is_ok();
        // Stretching one takes up to a second, and a gibibyte: what parses here is left at that.
        if text.contains("passphrase:") {
            assert!(!taken || passphrase::check(&format!(" {text}\r\n")).is_ok());
            return;
        }
        assert!(!taken);
        if let Ok(made) = passphrase::generate(text, passphrase::Kdf::Argon2id) {
            assert!(passphrase::check(made.expose()).is_ok() && made.expose().ends_with(text));
        }
        let gcm = DataKey::parse(text, Algorithm::Aes256Gcm).map(|key| key.id());
        let again = DataKey::parse(text, Algorithm::Aes256Gcm).map(|key| key.id());
        assert_eq!(gcm.is_ok(), again.is_ok());
        assert_eq!(gcm.ok(), again.ok());
        let _ = DataKey::parse(text, Algorithm::Xaes256Gcm);
        let _ = IndexKey::parse(text);
    }
    if let Some(bytes) = data.first_chunk::<32>() {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let spellings = [
            hex.to_uppercase(),
            Base64::encode_string(bytes),
            Base64Unpadded::encode_string(bytes),
            Base64Url::encode_string(bytes),
            Base64UrlUnpadded::encode_string(bytes),
            format!(" {hex}\n"),
        ];
        let id = |text: &str| DataKey::parse(text, Algorithm::Aes256Gcm).ok().map(|key| key.id());
        let expected = id(&hex);
        assert_eq!(expected.is_some(), *bytes != [0; 32]);
        for spelling in spellings {
            assert_eq!(id(&spelling), expected, "{spelling:?}");
        }
    }
});
