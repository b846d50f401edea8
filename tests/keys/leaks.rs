//! No key, no secret and no password in what is printed, logged or stored.

use std::fmt::Debug;

use encrypted_fields::{Algorithm, KeyMaterial, KeyOrigin};
use encrypted_fields_keys::{
    Import, Kek, KeyManager, KeyService, KeysError, LocalKek, LocalOptions, PostgresStore, Purpose, Tenants,
};

use crate::servers::logs::Logs;
use crate::support::{AnyStore, manager};

const KEK: &str = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";
const DATA: &str = "deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef";

/// The canaries as they could be printed: hex, base64 of either alphabet, a list of bytes.
fn canaries() -> Vec<String> {
    let mut canaries = vec!["pa55word".to_owned()];
    for hex in [KEK, DATA] {
        let bytes: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        canaries.push(hex[..16].to_owned());
        canaries.push(hex[..16].to_uppercase());
        canaries.push(<base64ct::Base64 as base64ct::Encoding>::encode_string(&bytes)[..16].to_owned());
        canaries.push(format!("{:?}", &bytes[..4]).trim_matches(['[', ']']).to_owned());
    }
    canaries
}

fn clean(what: &str, printed: &str) {
    for canary in canaries() {
        assert!(!printed.contains(&canary), "{what} shows {canary}: {printed}");
    }
}

fn clean_debug(it: &impl Debug) {
    clean("Debug", &format!("{it:?} {it:#?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_key_is_printed_logged_or_stored() {
    let logs = Logs::collect();
    let store = AnyStore::file();
    let local = LocalKek::new("local", &KeyMaterial::parse(KEK, &KeyOrigin::Given).unwrap()).unwrap();
    let kek: std::sync::Arc<dyn Kek> = std::sync::Arc::new(local.clone());
    let keys = manager(&store, [kek]);
    let raw = Import::Raw {
        text: DATA,
        origin: KeyOrigin::Env("ENCRYPTION_KEY".into()),
        purpose: Purpose::Data,
        algorithm: Algorithm::Aes256Gcm,
    };
    let imported = keys.import(raw).await.unwrap();
    keys.promote(Purpose::Data, imported[0].id).await.unwrap();
    let service =
        KeyService::builder(manager(&store, [std::sync::Arc::new(local.clone()) as _])).start().await.unwrap();
    clean_debug(&local);
    clean_debug(&keys);
    clean_debug(&imported);
    clean_debug(&keys.keyset().await.unwrap());
    clean_debug(&service);
    clean_debug(&service.keyring());
    clean_debug(&service.health());
    clean_debug(&service.store_root());
    clean_debug(&Tenants::new(keys));
    let AnyStore::File(directory) = &store else { unreachable!() };
    clean("the file", &std::fs::read_to_string(directory.path().join("keys.json")).unwrap());
    clean("the log", &logs.text());
    assert!(logs.text().contains("keys loaded"), "the log was looked at: {}", logs.text());
}

#[tokio::test]
async fn errors_name_the_place_and_not_what_is_there() {
    // A key cut short, one with a letter too many, a passphrase without its parameters.
    for text in [&DATA[..63], "deadbeefdeadbeefxx", "passphrase:deadbeefdeadbeef"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kek");
        std::fs::write(&path, text).unwrap();
        let options = LocalOptions { file: Some(path.clone()), ..LocalOptions::default() };
        let error = LocalKek::connect("local", &options).unwrap_err();
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        assert!(!error.to_string().contains("beef"), "{error}");
        clean_debug(&error);
    }
    for options in [LocalOptions::default(), LocalOptions { env: Some("A".into()), file: Some("b".into()) }] {
        let error = LocalKek::connect("local", &options).unwrap_err();
        assert!(error.to_string().contains("exactly one of them"), "{error}");
    }
    let missing = LocalKek::from_env("local", "ENCRYPTED_FIELDS_NO_SUCH_VARIABLE").unwrap_err();
    assert!(missing.to_string().contains("ENCRYPTED_FIELDS_NO_SUCH_VARIABLE is not set"), "{missing}");

    let url = "postgres://shop:pa55word@127.0.0.1:1/shop?sslmode=disable";
    let keks = encrypted_fields_keys::Keks::new([crate::support::kek("one")]).unwrap();
    let keys = KeyManager::new(std::sync::Arc::new(PostgresStore::connect(url).unwrap()), keks, "shop");
    let error = keys.keyset().await.unwrap_err();
    assert!(matches!(error, KeysError::Store(_)) && error.to_string().contains("shop@127.0.0.1:1/shop"), "{error}");
    clean_debug(&error);
    clean("an error", &error.to_string());
    clean_debug(&keys);
}
