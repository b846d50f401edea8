use serde_json::{Value as Json, json};

use super::*;

/// Printed by PyPI `tink` 1.16, as are their like below.
const AES: &str = "GiCzaS/D0ebvDq2o9rbSBUWvn0OTBiCEqGdl94QCL7VwqA==";
const XAES: &str = "EgIIDBog3HamxuUQJNLEfiaZKxe1bfsT/SRylqzpZygnC7K0s3Q=";

fn key(id: u32, type_url: &str, value: &str) -> Json {
    json!({
        "keyData": { "typeUrl": type_url, "value": value, "keyMaterialType": "SYMMETRIC" },
        "status": "ENABLED", "keyId": id, "outputPrefixType": "TINK",
    })
}

fn keyset() -> Json {
    json!({ "primaryKeyId": 1262933586, "key": [key(1262933586, AES_GCM, AES), key(441183052, X_AES_GCM, XAES)] })
}

fn refused(keyset: &Json) -> TinkReason {
    match import(&keyset.to_string(), &KeyOrigin::Given) {
        Err(KeyError::Tink { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

/// The keyset with the value at `pointer` changed.
fn with(pointer: &str, value: Json) -> Json {
    let mut keyset = keyset();
    *keyset.pointer_mut(pointer).unwrap() = value;
    keyset
}

#[test]
fn both_types_come_in_with_their_states() {
    let mut json = keyset();
    json["key"][1]["status"] = "DISABLED".into();
    let keys = import(&json.to_string(), &KeyOrigin::Given).unwrap();
    let found: Vec<_> = keys.iter().map(|(key, state)| (key.id(), key.algorithm(), *state)).collect();
    assert_eq!(
        found,
        [(1262933586, Algorithm::Aes256Gcm, KeyState::Primary), (441183052, Algorithm::Xaes256Gcm, KeyState::Disabled),]
    );
    assert!(keys.iter().all(|(key, _)| key.seed().is_none() && key.check_value().is_none()), "never a seed");
}

#[test]
fn it_goes_out_as_it_came_in() {
    let keys = import(&keyset().to_string(), &KeyOrigin::Given).unwrap();
    let exported: Json = serde_json::from_str(export(1262933586, &keys).expose()).unwrap();
    assert_eq!(exported, keyset());
}

#[test]
fn the_seed_does_not_go_out() {
    let seed = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let key = DataKey::parse(seed, Algorithm::Aes256Gcm).unwrap();
    let exported: Json = serde_json::from_str(export(key.id(), &[(key.clone(), KeyState::Primary)]).expose()).unwrap();
    let proto = Base64::decode_vec(exported["key"][0]["keyData"]["value"].as_str().unwrap()).unwrap();
    assert_eq!(proto[2..], *key.with_aead_key(|key| key.expose_secret().to_vec()));
    assert_ne!(proto[2..], *key.seed().unwrap().expose_secret());
}

#[test]
fn what_is_refused() {
    let base64 = Base64::encode_string;
    let aes = |key: &[u8]| base64(&AesGcmKey { version: 0, key_value: key.to_vec() }.encode_to_vec());
    let xaes = |salt_size| {
        let params = Some(XAesGcmParams { salt_size });
        base64(&XAesGcmKey { version: 0, params, key_value: vec![7; 32] }.encode_to_vec())
    };
    let (id, second) = (1262933586, 441183052);
    let cases = [
        (with("/key/1/outputPrefixType", "RAW".into()), TinkReason::Prefix(second)),
        (with("/key/1/outputPrefixType", "CRUNCHY".into()), TinkReason::Prefix(second)),
        (with("/key/1/outputPrefixType", "LEGACY".into()), TinkReason::Prefix(second)),
        (with("/key/1/keyId", id.into()), TinkReason::DuplicateId(id)),
        (with("/key/1/keyId", 0.into()), TinkReason::ZeroId),
        (with("/key/1/status", "UNKNOWN_STATUS".into()), TinkReason::Status(second)),
        (with("/key/1/status", "DESTROYED".into()), TinkReason::Destroyed(second)),
        (with("/primaryKeyId", 7.into()), TinkReason::MissingPrimary(7)),
        (with("/key/0/status", "DISABLED".into()), TinkReason::PrimaryNotEnabled(id)),
        (with("/key", json!([])), TinkReason::Empty),
        (
            with("/key/0/keyData/typeUrl", "type.googleapis.com/google.crypto.tink.AesSivKey".into()),
            TinkReason::Type(id),
        ),
        (with("/key/0/keyData/keyMaterialType", "REMOTE".into()), TinkReason::Material(id)),
        (with("/key/0/keyData/value", "??".into()), TinkReason::Value(id)),
        (with("/key/0/keyData/value", base64(&[0xff; 9]).into()), TinkReason::Value(id)),
        (with("/key/0/keyData/value", aes(&[7; 16]).into()), TinkReason::KeyLength { id, found: 16 }),
        (with("/key/0/keyData/value", aes(&[0; 32]).into()), TinkReason::AllZero(id)),
        (
            with(
                "/key/0/keyData/value",
                base64(&AesGcmKey { version: 1, key_value: vec![7; 32] }.encode_to_vec()).into(),
            ),
            TinkReason::Version(id),
        ),
        (with("/key/1/keyData/value", xaes(8).into()), TinkReason::SaltSize { id: second, found: 8 }),
        (json!({ "encryptedKeyset": "AAAA", "keysetInfo": {} }), TinkReason::Encrypted),
    ];
    for (keyset, expected) in cases {
        assert_eq!(refused(&keyset), expected);
    }
}

#[test]
fn json_errors_show_a_position_and_no_value() {
    let mut unknown = keyset();
    unknown["key"][0]["sharedSecretNote"] = "hunter2hunter2".into();
    let number = with("/key/0/keyId", AES.into());
    for json in [unknown.to_string(), number.to_string(), keyset().to_string().replacen(':', "", 1), "{".into()] {
        let error = import(&json, &KeyOrigin::Given).unwrap_err();
        assert!(matches!(error, KeyError::Tink { reason: TinkReason::Json { .. }, .. }), "{error}");
        let shown = format!("{error}{error:?}");
        assert!(
            !shown.contains("sharedSecretNote") && !shown.contains("hunter2") && !shown.contains("GiCzaS"),
            "{shown}"
        );
    }
}

#[test]
fn the_same_bytes_are_one_key() {
    use crate::Keyring;
    let twice = json!({ "primaryKeyId": 1, "key": [key(1, AES_GCM, AES), key(2, AES_GCM, AES)] });
    let refused = Keyring::builder("shop").tink(&twice.to_string()).unwrap().build().unwrap_err();
    assert_eq!(refused, KeyError::SameBytes(1, 2));
    let as_xaes = {
        let bytes = Base64::decode_vec(AES).unwrap();
        let message = XAesGcmKey {
            version: 0,
            params: Some(XAesGcmParams { salt_size: SALT }),
            key_value: AesGcmKey::decode(bytes.as_slice()).unwrap().key_value,
        };
        Base64::encode_string(&message.encode_to_vec())
    };
    let two = json!({ "primaryKeyId": 1, "key": [key(1, AES_GCM, AES), key(2, X_AES_GCM, &as_xaes)] });
    let refused = Keyring::builder("shop").tink(&two.to_string()).unwrap().build().unwrap_err();
    assert!(matches!(refused, KeyError::TwoAlgorithms { .. }), "{refused}");
}
