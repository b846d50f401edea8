use super::*;
use crate::testing;

#[test]
fn the_bytes_are_the_format() {
    let keyring = testing::keyring_named("shop");
    let sealed = encrypt_bytes(&keyring, b"code", "user 7").unwrap();
    assert_eq!(sealed.len(), 33 + 1 + 4);
    let aad = b"\x01\0\0\0\x04shop\xff\0\0\0\x06user 7";
    let plaintext = keyring.open(None, aad, &sealed, &mut Vec::new()).unwrap().to_vec();
    assert_eq!(plaintext, b"\x0dcode");
}

#[test]
fn text_is_not_bytes() {
    let keyring = testing::keyring();
    let text = encrypt_string(&keyring, "caffè", "c").unwrap();
    assert_eq!(decrypt_string(&keyring, &text, "c").unwrap(), "caffè");
    let wire = Base64UrlUnpadded::decode_vec(&text).unwrap();
    assert!(matches!(decrypt_bytes(&keyring, wire, "c").unwrap_err().reason(), OpenReason::Value(_)));
    let bytes = Base64UrlUnpadded::encode_string(&encrypt_bytes(&keyring, b"\xff", "c").unwrap());
    assert!(matches!(decrypt_string(&keyring, &bytes, "c").unwrap_err().reason(), OpenReason::Value(_)));
}

#[test]
fn empty_values_and_contexts_are_values_and_contexts() {
    let keyring = testing::keyring();
    let sealed = encrypt_bytes(&keyring, [], []).unwrap();
    assert_eq!(decrypt_bytes(&keyring, &sealed, []).unwrap(), b"");
    assert!(decrypt_bytes(&keyring, &sealed, "x").is_err());
}

#[test]
fn another_application_cannot_open_it_under_the_same_key() {
    let keyring = testing::keyring_named("shop");
    let sealed = encrypt_bytes(&keyring, b"x", "c").unwrap();
    let json = keyring.export_tink();
    let other = Keyring::builder("blog").tink(json.expose()).unwrap().build().unwrap();
    let refused = decrypt_bytes(&other, &sealed, "c").unwrap_err();
    assert_eq!(refused.reason(), &OpenReason::Authentication { key_id: keyring.primary_id() });
}

#[test]
fn malformed_text_is_an_error() {
    let keyring = testing::keyring();
    let sealed = encrypt_string(&keyring, "x", "c").unwrap();
    for text in ["", "A", "!", &sealed[1..], &format!("{sealed}="), &format!(" {sealed}")] {
        assert!(decrypt_string(&keyring, text, "c").is_err(), "{text}");
    }
}
