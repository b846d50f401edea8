//! The environment is passed in: a test that sets a variable sets it for every test beside it.

use std::collections::HashMap;
use std::ffi::OsString;

use super::*;
use crate::KeyOrigin;

const A: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const B: &str = "//7+/fz7+vn49/b19PPy8fDv7u3s6+rp6Ofm5eTj4uE=";
const C: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";

fn load(source: KeyringSource, variables: &[(&str, &str)]) -> Result<Keyring, KeyError> {
    let env: HashMap<&str, &str> = variables.iter().copied().collect();
    source.load("shop".into(), &|name| env.get(name).map(OsString::from))
}

fn id(text: &str) -> u32 {
    DataKey::parse(text, Algorithm::Aes256Gcm).unwrap().id()
}

fn states(keyring: &Keyring) -> Vec<(u32, Algorithm, KeyState)> {
    keyring.keys().map(|key| (key.id, key.algorithm, key.state)).collect()
}

#[test]
fn one_variable_is_enough() {
    let keyring = load(Keyring::from_env("DB_ENCRYPTION_MASTER_KEY"), &[("DB_ENCRYPTION_MASTER_KEY", A)]).unwrap();
    assert_eq!(states(&keyring), [(id(A), Algorithm::Aes256Gcm, KeyState::Primary)]);
    assert_eq!(keyring.application(), "shop");
    assert!(keyring.index_token(None, b"", b"").is_ok());
}

#[test]
fn a_rotation_in_the_environment() {
    let before = load(Keyring::from_env("ENCRYPTION_KEY"), &[("ENCRYPTION_KEY", A)]).unwrap();
    let old = format!("{A}, AES-256-GCM:{C} ,");
    let variables = [("ENCRYPTION_KEY", B), ("ENCRYPTION_KEYS_OLD", &old), ("ENCRYPTION_ALGORITHM", "XAES-256-GCM")];
    let after = load(Keyring::from_env("ENCRYPTION_KEY"), &variables).unwrap();
    let (aes, xaes) = (Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm);
    assert_eq!(
        states(&after),
        [(id(B), xaes, KeyState::Primary), (id(A), xaes, KeyState::DecryptOnly), (id(C), aes, KeyState::DecryptOnly)]
    );
    assert_eq!(after.index_token(None, b"", b""), Err(NoIndexKey::Missing));
    let with_index = [&variables[..], &[("ENCRYPTION_INDEX_KEY", A)]].concat();
    let after = load(Keyring::from_env("ENCRYPTION_KEY"), &with_index).unwrap();
    assert_eq!(after.index_token(None, b"", b"v"), before.index_token(None, b"", b"v"), "as the message promises");
    let rotated_index = [&variables[..], &[("ENCRYPTION_INDEX_KEY", B), ("ENCRYPTION_INDEX_KEYS_OLD", A)]].concat();
    let after = load(Keyring::from_env("ENCRYPTION_KEY"), &rotated_index).unwrap();
    assert_eq!(after.index_tokens(None, b"", b"").unwrap().len(), 2);
}

#[test]
fn what_the_program_says_comes_before_the_environment() {
    let variables = [("ENCRYPTION_KEY", A), ("ENCRYPTION_ALGORITHM", "XAES-256-GCM"), ("OLD", B), ("INDEX", C)];
    let source = Keyring::from_env("ENCRYPTION_KEY").algorithm(Algorithm::Aes256Gcm).old_env("OLD").index_env("INDEX");
    let keyring = load(source, &variables).unwrap();
    assert_eq!(keyring.keys().map(|key| key.algorithm).collect::<Vec<_>>(), [Algorithm::Aes256Gcm; 2]);
    assert!(keyring.index_token(None, b"", b"").is_ok());
}

#[test]
fn tink_keysets_as_the_key_and_as_the_old_keys() {
    let json = Keyring::builder("x").primary(native()).decrypt_only(native()).build().unwrap().export_tink();
    let keyring = load(Keyring::from_env("ENCRYPTION_KEY"), &[("ENCRYPTION_KEY", json.expose())]).unwrap();
    assert_eq!(keyring.keys().count(), 2);
    let variables = [("ENCRYPTION_KEY", A), ("ENCRYPTION_KEYS_OLD", json.expose().as_str())];
    let keyring = load(Keyring::from_env("ENCRYPTION_KEY"), &variables).unwrap();
    let states: Vec<KeyState> = keyring.keys().map(|key| key.state).collect();
    assert_eq!(states, [KeyState::Primary, KeyState::DecryptOnly, KeyState::DecryptOnly]);
}

#[test]
fn errors_name_the_variable_at_fault() {
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[], "ENCRYPTION_KEY is not set or empty"),
        (&[("ENCRYPTION_KEY", "  ")], "ENCRYPTION_KEY is not set or empty"),
        (&[("ENCRYPTION_KEY", "hunter2!hunter2!")], "ENCRYPTION_KEY is neither hex nor base64"),
        (&[("ENCRYPTION_KEY", A), ("ENCRYPTION_KEYS_OLD", "hunter2!hunter2!")], "ENCRYPTION_KEYS_OLD is neither"),
        (&[("ENCRYPTION_KEY", A), ("ENCRYPTION_INDEX_KEY", "hunter2!hunter2!")], "ENCRYPTION_INDEX_KEY is neither"),
        (
            &[("ENCRYPTION_KEY", A), ("ENCRYPTION_INDEX_KEY", &concat_key("XAES-256-GCM:"))],
            "ENCRYPTION_INDEX_KEY is no data key",
        ),
        (&[("ENCRYPTION_KEY", A), ("ENCRYPTION_ALGORITHM", "hunter2!hunter2!")], "ENCRYPTION_ALGORITHM names no known"),
        (&[("ENCRYPTION_KEY", "{\"hunter2!\": 1}")], "ENCRYPTION_KEY is not a Tink keyset"),
    ];
    for (variables, expected) in cases {
        let refused = load(Keyring::from_env("ENCRYPTION_KEY"), variables).unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused:?}");
    }
}

fn concat_key(prefix: &str) -> String {
    format!("{prefix}{A}")
}

#[cfg(feature = "passphrase")]
#[test]
fn passphrases_as_every_key() {
    const P: &str = "passphrase:argon2id:v=19,m=19456,t=2,p=1:AAECAwQFBgcICQoLDA0ODw:correct, horse, battery staple";
    let (aes, xaes) = (Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm);
    let p = id(P);
    let keyring =
        load(Keyring::from_env("ENCRYPTION_KEY"), &[("ENCRYPTION_KEY", &format!("XAES-256-GCM:{P}"))]).unwrap();
    assert_eq!(states(&keyring), [(p, xaes, KeyState::Primary)]);
    let token = keyring.index_token(None, b"", b"v").unwrap();

    let old = format!("{C},{P}\n{B}");
    let variables = [("ENCRYPTION_KEY", A), ("ENCRYPTION_KEYS_OLD", &*old), ("ENCRYPTION_INDEX_KEY", P)];
    let keyring = load(Keyring::from_env("ENCRYPTION_KEY"), &variables).unwrap();
    let opens = KeyState::DecryptOnly;
    assert_eq!(
        states(&keyring),
        [(id(A), aes, KeyState::Primary), (id(C), aes, opens), (p, aes, opens), (id(B), aes, opens)]
    );
    assert_eq!(keyring.index_token(None, b"", b"v").unwrap(), token);

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, format!("{P}\n")).unwrap();
    let keyring = load(Keyring::from_file(file.path()).index_file(file.path()), &[]).unwrap();
    assert_eq!(keyring.primary_id(), p);

    let hidden = format!("{P},{B}");
    let refused = load(Keyring::from_env("ENCRYPTION_KEY"), &[("ENCRYPTION_KEY", A), ("ENCRYPTION_KEYS_OLD", &hidden)]);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("ENCRYPTION_KEYS_OLD is a passphrase that cannot be used: in a list"), "{refused}");
}

#[test]
fn files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    let missing = load(Keyring::from_file(&path), &[]).unwrap_err();
    assert!(matches!(&missing, KeyError::Unreadable { origin: KeyOrigin::File(at), .. } if *at == path), "{missing}");
    assert!(missing.to_string().contains(&path.display().to_string()));

    std::fs::write(&path, format!("{A}\n")).unwrap();
    let index = directory.path().join("index");
    std::fs::write(&index, B).unwrap();
    let old = directory.path().join("old");
    std::fs::write(&old, C).unwrap();
    let keyring = load(Keyring::from_file(&path).index_file(&index).old_file(&old), &[]).unwrap();
    assert_eq!(keyring.keys().map(|key| key.id).collect::<Vec<_>>(), [id(A), id(C)]);

    std::fs::write(&path, "hunter2!hunter2!").unwrap();
    let refused = load(Keyring::from_file(&path), &[]).unwrap_err();
    assert!(refused.to_string().contains("found 16 characters") && !refused.to_string().contains("hunter2"));
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(matches!(load(Keyring::from_file(&path), &[]), Err(KeyError::Unreadable { .. })));
    std::fs::write(&path, "").unwrap();
    assert!(matches!(load(Keyring::from_file(&path), &[]), Err(KeyError::Missing { .. })));
}
