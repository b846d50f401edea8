use std::os::unix::fs::PermissionsExt as _;

use encrypted_fields::{Algorithm, DataKey, Keyring};

use crate::place::{Place, STORES, Store, id};

const KEY: &str = "c2hvcCBzaG9wIHNob3Agc2hvcCBzaG9wIHNob3AgMTI=";
const INDEX: &str = "aW5kZXggaW5kZXggaW5kZXggaW5kZXggaW5kZXggMSE=";

fn keyring_of(text: &str) -> Keyring {
    Keyring::builder("shop").tink(text).unwrap().build().unwrap()
}

#[test]
fn encryption_key_goes_to_the_key_store_and_opens_what_it_sealed() {
    for store in STORES {
        let mut place = Place::empty(store);
        place.set("ENCRYPTION_KEY", KEY);
        place.ok("keys init");
        let keyring =
            Keyring::builder("shop").primary(DataKey::parse(KEY, Algorithm::Aes256Gcm).unwrap()).build().unwrap();
        let wire = keyring.seal_raw(b"here", b"sealed before").unwrap();

        let imported = place.ok("keys import --env ENCRYPTION_KEY --promote");
        let purposes: Vec<_> =
            imported["imported"].as_array().unwrap().iter().map(|it| it["purpose"].clone()).collect();
        assert_eq!(purposes, ["data", "index"], "it stood in for the index key");
        assert_eq!(place.primaries("data"), [keyring.primary_id()]);
        assert_eq!(place.primaries("index").len(), 1);
        // Once more changes nothing.
        let keys = place.ok("keys list")["keys"].clone();
        place.ok("keys import --env ENCRYPTION_KEY");
        assert_eq!(place.ok("keys list")["keys"], keys);

        let exported = place.run("keys export --tink --stdout --yes-export-secret-keys");
        assert_eq!(exported.code, 0, "{}", exported.stderr);
        let mut out = Vec::new();
        assert_eq!(keyring_of(&exported.stdout).open_raw(b"here", &wire, &mut out).unwrap(), b"sealed before");
        place.is_well();
    }
}

#[test]
fn the_index_key_and_the_keys_of_before_come_along() {
    let mut place = Place::empty(Store::Sqlite);
    place.ok("keys init");
    place.set("ENCRYPTION_KEY", KEY);
    place.set("ENCRYPTION_KEYS_OLD", &"ab".repeat(32));
    place.set("ENCRYPTION_INDEX_KEY", INDEX);
    place.ok("keys import --env ENCRYPTION_KEY --promote");
    let data = DataKey::parse(KEY, Algorithm::Aes256Gcm).unwrap().id();
    let old = DataKey::parse(&"ab".repeat(32), Algorithm::Aes256Gcm).unwrap().id();
    let mut keys = place.keys("data");
    keys.sort();
    let mut expected = [(data, "primary".to_owned()), (old, "decrypt-only".to_owned())];
    expected.sort();
    assert_eq!(keys, expected);
    assert_eq!(place.primaries("index"), [encrypted_fields::IndexKey::parse(INDEX).unwrap().id()]);
}

#[test]
fn one_key_is_imported_from_a_file_a_variable_or_standard_input() {
    let mut place = Place::empty(Store::File);
    place.write("index.key", INDEX);
    place.set("SHOP", KEY);
    place.ok("keys import --env SHOP --purpose data");
    place.ok("keys import --file index.key --purpose index");
    let ran =
        place.run_with_stdin("keys import --stdin --purpose data --algorithm XAES-256-GCM --json", &"cd".repeat(32));
    assert_eq!(ran.json()["imported"][0]["algorithm"], "XAES-256-GCM", "{ran:?}");
    assert_eq!((place.keys("data").len(), place.keys("index").len()), (2, 1));
    assert!(place.primaries("data").is_empty(), "nothing seals before it is promoted");

    let ran = place.run_with_stdin("keys import --stdin --json", "not a key");
    assert_eq!(ran.json()["error"]["code"], "key", "{ran:?}");
    assert_eq!(place.refused("keys import --env NOT_SET --purpose data"), "unreadable");
    assert_eq!(place.refused("keys import --file not-there --purpose data"), "unreadable");
    assert_eq!(place.run("keys import --env SHOP --stdin").code, 2);
    assert_eq!(place.run("keys import").code, 2);
}

#[test]
fn a_tink_keyset_comes_back_out_as_it_went_in() {
    let place = Place::empty(Store::File);
    let theirs = Keyring::builder("shop")
        .primary(DataKey::generate(Algorithm::Xaes256Gcm).unwrap())
        .decrypt_only(DataKey::generate(Algorithm::Aes256Gcm).unwrap())
        .build()
        .unwrap();
    let wire = theirs.seal_raw(b"here", b"theirs").unwrap();
    let ran = place.run_with_stdin("keys import --stdin --tink --promote --json", theirs.export_tink().expose());
    assert_eq!(ran.json()["imported"].as_array().unwrap().len(), 2, "{ran:?}");
    assert!(ran.json()["imported"].as_array().unwrap().iter().all(|key| key["imported"] == true));
    assert_eq!(place.primaries("data"), [theirs.primary_id()]);

    let written = place.ok("keys export --tink --output out.json --yes-export-secret-keys");
    assert_eq!(written["written"], "out.json");
    let out = place.path("out.json");
    assert_eq!(out.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let keyring = keyring_of(&std::fs::read_to_string(&out).unwrap());
    let mut opened = Vec::new();
    assert_eq!(keyring.open_raw(b"here", &wire, &mut opened).unwrap(), b"theirs");

    let before = std::fs::read(&out).unwrap();
    assert_eq!(place.refused("keys export --tink --output out.json --yes-export-secret-keys"), "unwritable");
    assert_eq!(std::fs::read(&out).unwrap(), before, "nothing is overwritten");
    assert_eq!(place.run("keys export --tink").code, 2);
}

#[test]
fn generate_overwrites_nothing() {
    let place = Place::with_key(Store::File);
    let before = place.ok("keys list")["keys"].clone();
    let key = id(&place.ok("keys generate")["key"]);
    let after = place.ok("keys list")["keys"].clone();
    let rest: Vec<_> = after.as_array().unwrap().iter().filter(|it| id(it) != key).cloned().collect();
    assert_eq!(rest, *before.as_array().unwrap());
}
