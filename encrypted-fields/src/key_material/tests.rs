use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};

use super::*;

/// Has `+`, `/` and both kinds of padding differences in its encodings.
const BYTES: [u8; 32] = {
    let mut bytes = [0xfb; 32];
    bytes[1] = 0xef;
    bytes[2] = 0xbe;
    bytes[31] = 0x01;
    bytes
};

fn read(text: &str) -> Result<(KeyBytes, Option<Algorithm>), KeyError> {
    parse(text, &KeyOrigin::Env("DB_ENCRYPTION_MASTER_KEY".into()))
}

#[test]
fn every_spelling_of_one_key() {
    let hex: String = BYTES.iter().map(|byte| format!("{byte:02x}")).collect();
    let spellings = [
        hex.to_uppercase(),
        format!("\n  {hex}\t\r\n"),
        hex,
        Base64::encode_string(&BYTES),
        Base64Unpadded::encode_string(&BYTES),
        Base64Url::encode_string(&BYTES),
        Base64UrlUnpadded::encode_string(&BYTES),
    ];
    for text in spellings {
        let (key, algorithm) = read(&text).unwrap();
        assert_eq!((key.expose_secret(), algorithm), (&BYTES, None), "{text}");
    }
}

/// Fernet splits the 32 bytes in two halves; here all of them are the seed.
#[test]
fn a_fernet_key_is_32_bytes() {
    let (key, _) = read("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=").unwrap();
    assert_eq!(key.expose_secret()[..4], [0x73, 0x0f, 0xf4, 0xc7]);
}

#[test]
fn an_algorithm_in_front() {
    let text = format!("XAES-256-GCM:{}", Base64::encode_string(&BYTES));
    assert_eq!(read(&text).unwrap().1, Some(Algorithm::Xaes256Gcm));
    assert!(matches!(
        read(&format!("AES:{}", Base64::encode_string(&BYTES))),
        Err(KeyError::Algorithm { found: 3, .. })
    ));
}

#[test]
fn nothing_else_is_a_key() {
    let origin = KeyOrigin::Env("DB_ENCRYPTION_MASTER_KEY".into());
    let base64 = Base64::encode_string(&BYTES);
    let format = |found| KeyError::Format { origin: origin.clone(), found };
    let reason = if cfg!(feature = "passphrase") { PassphraseReason::Form } else { PassphraseReason::Feature };
    let passphrase = KeyError::Passphrase { origin: origin.clone(), reason };
    let length = |found| KeyError::Length { origin: origin.clone(), found };
    let cases = [
        ("", KeyError::Missing { origin: origin.clone() }),
        (" \n", KeyError::Missing { origin: origin.clone() }),
        ("correct horse battery staple", format(28)),
        ("passphrase:correct horse battery staple", passphrase),
        ("{\"primaryKeyId\": 7}", KeyError::Keyset { origin: origin.clone() }),
        (&base64[..42], length(31)),
        (&base64[..43], read(&base64[..43]).map(|_| length(0)).unwrap_or(format(43))),
        (&format!("{base64}A"), format(45)),
        (&format!("={base64}"), format(45)),
        (&base64.replacen('+', "-", 1), format(44)),
        (&base64.replace("E=", "F="), format(44)), // bits beyond the 32 bytes
        (&Base64::encode_string(&[7; 16]), length(16)),
        (&Base64::encode_string(&[7; 33]), length(33)),
        (&"ab".repeat(31), format(62)),
        (&"ab".repeat(16), length(24)),
        (&format!("{}zz", "ab".repeat(31)), length(48)),
        (&"00".repeat(32), KeyError::AllZero { origin: origin.clone() }),
        (&Base64::encode_string(&[0; 32]), KeyError::AllZero { origin: origin.clone() }),
        (&"é".repeat(32), format(32)),
    ];
    for (text, expected) in cases {
        match read(text) {
            Ok(_) => assert_eq!(text.len(), 43, "{text}"),
            Err(refused) => {
                assert_eq!(refused, expected, "{text}");
                shows_nothing_of(text, &refused);
            }
        }
    }
}

/// Not six characters of what was read are in the message, and the variable's name is.
fn shows_nothing_of(text: &str, error: &KeyError) {
    let shown = format!("{error}\n{error:?}\n{error:#?}");
    assert!(error.to_string().contains("DB_ENCRYPTION_MASTER_KEY"), "{error}");
    let characters: Vec<char> = text.chars().collect();
    for window in characters.windows(6) {
        let window: String = window.iter().collect();
        // The words that the message itself has to use.
        if !"passphrase:".contains(&window) {
            assert!(!shown.contains(&window), "`{window}` is in {shown}");
        }
    }
}

/// A password is not a key, and the message says how it becomes one.
#[test]
fn what_does_not_parse_is_never_taken_for_a_passphrase() {
    for text in ["correct horse battery staple", "argon2id:v=19,m=65536,t=3,p=4:c2FsdA:correct horse", " Passphrase:x"]
    {
        let refused = read(text).unwrap_err();
        assert!(matches!(refused, KeyError::Format { .. } | KeyError::Algorithm { .. }), "{refused}");
    }
    assert!(read("correct horse").unwrap_err().to_string().contains("`passphrase:..` in its full form"));
    #[cfg(feature = "passphrase")]
    assert!(read("passphrase:correct horse").unwrap_err().to_string().contains("openssl rand -base64 18"));
    #[cfg(not(feature = "passphrase"))]
    assert!(read("passphrase:correct horse").unwrap_err().to_string().contains("feature `passphrase`"));
}

#[test]
fn a_list_ends_a_key_at_a_comma_and_a_passphrase_at_its_line() {
    fn listed(text: &str) -> Result<Vec<&str>, KeyError> {
        super::listed(text, &KeyOrigin::Given)
    }
    assert_eq!(listed("a, b\n,c ,\r\n\n d").unwrap(), ["a", "b", "c", "d"]);
    assert_eq!(listed("").unwrap(), [""; 0]);
    let text = "a, XAES-256-GCM:passphrase:k:m=1,t=2:s:one, two \nb,passphrase:x:,;\r\nAES-256-GCM:c";
    let keys = ["a", "XAES-256-GCM:passphrase:k:m=1,t=2:s:one, two ", "b", "passphrase:x:,;\r", "AES-256-GCM:c"];
    assert_eq!(listed(text).unwrap(), keys);
    let hex = "ab".repeat(32);
    for behind in [",", ", ", &format!(",{hex}"), &format!(", XAES-256-GCM:{hex}"), ",passphrase:k", ",\r\nb"] {
        let text = format!("a\npassphrase:argon2id:v=19:s:correct horse{behind}\nb");
        let refused = listed(&text).unwrap_err();
        assert_eq!(refused, KeyError::Passphrase { origin: KeyOrigin::Given, reason: PassphraseReason::Listed });
        assert!(!refused.to_string().contains("horse"));
    }
}

#[test]
fn what_holds_a_key_prints_none_of_it() {
    let shown = format!("{:?}", read(&Base64::encode_string(&BYTES)).unwrap());
    assert!(!shown.contains("251") && shown.contains("REDACTED"), "{shown}");
}
