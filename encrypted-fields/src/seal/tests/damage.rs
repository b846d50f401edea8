//! Altered bytes are an error: never a panic, never a value.

use super::*;

fn sealed() -> impl Iterator<Item = (Algorithm, Cipher, Vec<u8>)> {
    [Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm].into_iter().flat_map(|algorithm| {
        ciphers(algorithm, &key(&[7; 32])).map(|cipher| {
            let wire = seal_under(&cipher, b"wallets.balance", b"42.50 EUR");
            (algorithm, cipher, wire)
        })
    })
}

#[test]
fn cut_anywhere() {
    for (algorithm, cipher, wire) in sealed() {
        for length in 0..wire.len() {
            let mut out = Vec::new();
            let refused = cipher.open(b"wallets.balance", &wire[..length], &mut out).unwrap_err();
            let short = length < algorithm.overhead();
            assert_eq!(matches!(refused, OpenReason::Malformed(_)), short, "{algorithm} cut to {length}: {refused}");
        }
    }
}

/// The key id is not authenticated by the cipher: under a changed one the keyring finds another key, or none.
#[test]
fn any_bit_flipped() {
    for (_, cipher, wire) in sealed() {
        for at in (0..wire.len()).filter(|at| !(1..5).contains(at)) {
            for bit in 0..8 {
                let (mut flipped, mut out) = (wire.clone(), Vec::new());
                flipped[at] ^= 1 << bit;
                let refused = cipher.open(b"wallets.balance", &flipped, &mut out).unwrap_err();
                let expected = OpenReason::Authentication { key_id: 0x0102_0304 };
                assert!(if at == 0 { matches!(refused, OpenReason::Malformed(_)) } else { refused == expected });
                assert!(out.iter().all(|byte| *byte == 0), "nothing of what failed to open");
            }
        }
    }
}

#[test]
fn another_context_or_appended_bytes() {
    for (_, cipher, wire) in sealed() {
        for context in [&b"wallets.balancf"[..], b"", b"wallets.balance\0"] {
            assert!(cipher.open(context, &wire, &mut Vec::new()).is_err());
        }
        let mut longer = wire.clone();
        longer.push(0);
        assert!(cipher.open(b"wallets.balance", &longer, &mut Vec::new()).is_err());
        assert_eq!(cipher.open(b"wallets.balance", &wire, &mut Vec::new()).unwrap(), b"42.50 EUR");
    }
}
