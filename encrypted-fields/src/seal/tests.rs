use secrecy::ExposeSecretMut;
use serde::Deserialize;

use super::*;
use crate::derive_key;

mod c2sp;
mod damage;
mod wycheproof;

/// Seals under a given nonce, which nothing outside tests may do.
fn seal_with_nonce(cipher: &Cipher, key_id: u32, nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let encode = |wire: &mut Vec<u8>| {
        wire.extend_from_slice(plaintext);
        Ok(())
    };
    match cipher {
        Cipher::Aes256Gcm(cipher) => seal(&**cipher, key_id, nonce.try_into().unwrap(), aad, plaintext.len(), encode),
        Cipher::Xaes256Gcm(cipher) => seal(&**cipher, key_id, nonce.try_into().unwrap(), aad, plaintext.len(), encode),
    }
    .unwrap()
}

fn key(bytes: &[u8]) -> KeyBytes {
    let mut key = KeyBytes::default();
    key.expose_secret_mut().copy_from_slice(bytes);
    key
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The frozen bytes of the format. They were made apart from this crate (Python, `cryptography`) and are never made anew.
#[test]
fn frozen_values_open_and_seal_to_the_same_bytes() {
    #[derive(Deserialize)]
    struct Vector {
        seed: String,
        key_id: u32,
        algorithm: String,
        nonce: String,
        context: String,
        plaintext: String,
        wire: String,
    }
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../../vectors/field.json")).unwrap();
    assert_eq!(vectors.len(), 18);
    for vector in vectors {
        let (seed, algorithm) = (key(&unhex(&vector.seed)), vector.algorithm.parse().unwrap());
        let cipher = Cipher::new(algorithm, &derive_key::aead_key(&seed, algorithm));
        let (context, plaintext, mut wire) = (unhex(&vector.context), unhex(&vector.plaintext), unhex(&vector.wire));
        let sealed = seal_with_nonce(&cipher, vector.key_id, &unhex(&vector.nonce), &context, &plaintext);
        assert_eq!(sealed, wire);
        assert_eq!(wire.len(), plaintext.len() + algorithm.overhead());
        assert_eq!(key_id(&wire), Ok(vector.key_id));
        assert_eq!(cipher.open_in_place(&context, &mut wire).unwrap(), plaintext);
    }
}

#[test]
fn the_overhead_is_33_and_45_bytes() {
    assert_eq!((Algorithm::Aes256Gcm.overhead(), Algorithm::Xaes256Gcm.overhead()), (33, 45));
    assert_eq!("aes-256-gcm".parse::<Algorithm>(), Err(UnknownAlgorithm));
}

#[test]
fn a_good_hint_is_one_allocation() {
    for algorithm in [Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm] {
        let cipher = Cipher::new(algorithm, &key(&[7; 32]));
        let sealed = cipher.seal(1, NonceSource::Thread, b"", 100, |wire| {
            wire.extend_from_slice(&[5; 100]);
            Ok(())
        });
        assert_eq!(sealed.unwrap().capacity(), 100 + algorithm.overhead());
    }
}

#[test]
fn a_codec_that_fails_seals_nothing() {
    let cipher = Cipher::new(Algorithm::Aes256Gcm, &key(&[7; 32]));
    let refused = cipher.seal(1, NonceSource::Os, b"", 0, |_| Err(SealReason::Value("no".into())));
    assert_eq!(refused, Err(SealReason::Value("no".into())));
}

/// What the short way does is what the cipher crate does on its own.
#[test]
fn the_short_way_gives_the_same_bytes() {
    let bare = <aes_gcm::Aes256Gcm as aes_gcm::KeyInit>::new(&[7; 32].into());
    let ours = Gcm::new(&key(&[7; 32]));
    for length in (0..=530).chain([1024, 4099]) {
        let (nonce, aad) = ([length as u8; 12], vec![3; length % 90]);
        let (mut one, mut two) = (vec![9; length], vec![9; length]);
        let tag = bare.encrypt(&nonce, &aad, &mut one).unwrap();
        assert_eq!(ours.encrypt(&nonce, &aad, &mut two), Some(tag));
        assert_eq!(one, two);
        assert!(ours.decrypt(&nonce, &aad, &mut two, &tag));
        assert!(two.iter().all(|byte| *byte == 9));
        let before = one.clone();
        assert!(!ours.decrypt(&nonce, &aad, &mut one, &[0; 16]));
        assert_eq!(one, before, "a failed opening must leave the ciphertext");
    }
}
