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
    let mut wire = Vec::new();
    match cipher {
        #[cfg(feature = "aws-lc")]
        Cipher::AwsLc(cipher) => {
            seal(cipher, key_id, nonce.try_into().unwrap(), aad, plaintext.len(), encode, &mut wire)
        }
        Cipher::Aes256Gcm(cipher) => {
            seal(&**cipher, key_id, nonce.try_into().unwrap(), aad, plaintext.len(), encode, &mut wire)
        }
        Cipher::Xaes256Gcm(cipher) => {
            seal(&**cipher, key_id, nonce.try_into().unwrap(), aad, plaintext.len(), encode, &mut wire)
        }
    }
    .unwrap();
    wire
}

fn seal_under(cipher: &Cipher, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    let encode = |wire: &mut Vec<u8>| {
        wire.extend_from_slice(plaintext);
        Ok(())
    };
    cipher.seal(0x0102_0304, NonceSource::Thread, aad, plaintext.len(), encode, &mut wire).unwrap();
    wire
}

/// A cipher of each implementation that is compiled in: whatever holds of one holds of all.
fn ciphers(algorithm: Algorithm, key: &KeyBytes) -> [Cipher; 2] {
    [Cipher::new(algorithm, key), Cipher::reference(algorithm, key)]
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
        let (seed, algorithm) = (key(&unhex(&vector.seed)), vector.algorithm.parse::<Algorithm>().unwrap());
        let (context, plaintext, wire) = (unhex(&vector.context), unhex(&vector.plaintext), unhex(&vector.wire));
        assert_eq!(wire.len(), plaintext.len() + algorithm.overhead());
        assert_eq!(key_id(&wire), Ok(vector.key_id));
        for cipher in ciphers(algorithm, &derive_key::aead_key(&seed, algorithm)) {
            let sealed = seal_with_nonce(&cipher, vector.key_id, &unhex(&vector.nonce), &context, &plaintext);
            assert_eq!(sealed, wire);
            assert_eq!(cipher.open(&context, &wire, &mut Vec::new()).unwrap(), plaintext);
        }
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
        for cipher in ciphers(algorithm, &key(&[7; 32])) {
            assert_eq!(seal_under(&cipher, b"", &[5; 100]).capacity(), 100 + algorithm.overhead());
        }
    }
}

#[test]
fn a_codec_that_fails_seals_nothing() {
    let cipher = Cipher::new(Algorithm::Aes256Gcm, &key(&[7; 32]));
    let refused = cipher.seal(1, NonceSource::Os, b"", 0, |_| Err(SealReason::Value("no".into())), &mut Vec::new());
    assert_eq!(refused, Err(SealReason::Value("no".into())));
}

/// What the short way and every other implementation do is what the cipher crate does on its own.
#[test]
fn every_way_gives_the_same_bytes() {
    fn same(ours: &impl Aead<12>, length: usize) {
        let bare = <aes_gcm::Aes256Gcm as aes_gcm::KeyInit>::new(&[7; 32].into());
        let (nonce, aad) = ([length as u8; 12], vec![3; length % 140]);
        let (mut one, mut two) = (vec![9; length], vec![9; length]);
        let [mut tag, mut our_tag] = [[0; TAG]; 2];
        assert!(bare.encrypt(&nonce, &aad, &mut one, &mut tag));
        assert!(ours.encrypt(&nonce, &aad, &mut two, &mut our_tag));
        assert_eq!((&one, tag), (&two, our_tag));
        let mut opened = vec![0; length];
        assert!(ours.decrypt(&nonce, &aad, &two, &tag, &mut opened));
        assert!(opened.iter().all(|byte| *byte == 9));
        opened.fill(0);
        assert!(!ours.decrypt(&nonce, &aad, &two, &[0; 16], &mut opened));
        assert!(opened.iter().all(|byte| *byte == 0), "a failed opening must give no plaintext");
    }
    for length in (0..=530).chain([1024, 4099]) {
        same(&Gcm::new(&key(&[7; 32])), length);
        #[cfg(feature = "aws-lc")]
        same(&aws_lc::Gcm::new(&key(&[7; 32])).unwrap(), length);
    }
}

/// A program may change its implementation over the data that it has.
#[test]
#[cfg(feature = "aws-lc")]
fn what_one_implementation_seals_the_other_opens() {
    let key = key(&[7; 32]);
    let [fast, reference] = ciphers(Algorithm::Aes256Gcm, &key);
    assert!(matches!((&fast, &reference), (Cipher::AwsLc(_), Cipher::Aes256Gcm(_))));
    for (one, other) in [(&fast, &reference), (&reference, &fast)] {
        for length in (0..200).chain([600, 5000]) {
            let plaintext = vec![5; length];
            let (wire, mut out) = (seal_under(one, b"wallets.balance", &plaintext), Vec::new());
            assert_eq!(other.open(b"wallets.balance", &wire, &mut out), Ok(&plaintext[..]));
            assert!(other.open(b"wallets.note", &wire, &mut out).is_err());
        }
    }
}

/// The buffer that values are opened into is used again, and a long value before a short one leaves nothing in it.
#[test]
fn a_used_buffer_gives_the_value_alone() {
    for cipher in ciphers(Algorithm::Aes256Gcm, &key(&[7; 32])) {
        let long = seal_with_nonce(&cipher, 1, &[1; 12], b"", &[8; 100]);
        let short = seal_with_nonce(&cipher, 1, &[2; 12], b"", b"42");
        let mut out = Vec::new();
        assert_eq!(cipher.open(b"", &long, &mut out).unwrap(), [8; 100]);
        assert_eq!(cipher.open(b"", &short, &mut out).unwrap(), b"42");
    }
}
