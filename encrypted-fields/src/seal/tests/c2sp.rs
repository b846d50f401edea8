//! The vectors of C2SP's XAES-256-GCM (<https://c2sp.org/XAES-256-GCM>).

use sha3::Shake128;
use sha3::digest::{ExtendableOutput, Update, XofReader};

use super::*;

const NONCE: &[u8; 24] = b"ABCDEFGHIJKLMNOPQRSTUVWX";

#[test]
fn single_vectors() {
    let cases = [
        (1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
        (3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"),
    ];
    for (byte, aad, expected) in cases {
        let cipher = Cipher::new(Algorithm::Xaes256Gcm, &key(&[byte; 32]));
        let wire = seal_with_nonce(&cipher, 1, NONCE, aad.as_bytes(), b"XAES-256-GCM");
        assert_eq!(wire[PREFIX + 24..], unhex(expected));
        assert_eq!(cipher.open(aad.as_bytes(), &wire, &mut Vec::new()).unwrap(), b"XAES-256-GCM");
    }
}

/// Inputs from a SHAKE-128 of nothing, ciphertexts into another one.
#[test]
fn accumulated_over_10_000_messages() {
    fn take(rng: &mut impl XofReader, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        rng.read(&mut bytes);
        bytes
    }
    fn take_opaque(rng: &mut impl XofReader) -> Vec<u8> {
        let length = take(rng, 1)[0];
        take(rng, length.into())
    }
    let (mut rng, mut hash) = (Shake128::default().finalize_xof(), Shake128::default());
    for _ in 0..10_000 {
        let (key_bytes, nonce) = (take(&mut rng, 32), take(&mut rng, 24));
        let (plaintext, aad) = (take_opaque(&mut rng), take_opaque(&mut rng));
        let cipher = Cipher::new(Algorithm::Xaes256Gcm, &key(&key_bytes));
        let wire = seal_with_nonce(&cipher, 1, &nonce, &aad, &plaintext);
        hash.update(&wire[PREFIX + 24..]);
        assert_eq!(cipher.open(&aad, &wire, &mut Vec::new()).unwrap(), plaintext);
    }
    let expected = "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939";
    assert_eq!(take(&mut hash.finalize_xof(), 32), unhex(expected));
}
