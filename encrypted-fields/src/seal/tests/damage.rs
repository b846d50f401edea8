//! Altered bytes are an error: never a panic, never a value.

use super::*;

fn sealed(algorithm: Algorithm) -> (Cipher, Vec<u8>) {
    let cipher = Cipher::new(algorithm, &key(&[7; 32]));
    let encode = |wire: &mut Vec<u8>| {
        wire.extend_from_slice(b"42.50 EUR");
        Ok(())
    };
    let wire = cipher.seal(0x0102_0304, NonceSource::Thread, b"wallets.balance", 9, encode).unwrap();
    (cipher, wire)
}

#[test]
fn cut_anywhere() {
    for algorithm in [Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm] {
        let (cipher, wire) = sealed(algorithm);
        for length in 0..wire.len() {
            let mut cut = wire[..length].to_vec();
            let refused = cipher.open_in_place(b"wallets.balance", &mut cut).unwrap_err();
            let short = length < algorithm.overhead();
            assert_eq!(matches!(refused, OpenReason::Malformed(_)), short, "{algorithm} cut to {length}: {refused}");
        }
    }
}

/// The key id is not authenticated by the cipher: under a changed one the keyring finds another key, or none.
#[test]
fn any_bit_flipped() {
    for algorithm in [Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm] {
        let (cipher, wire) = sealed(algorithm);
        for at in (0..wire.len()).filter(|at| !(1..5).contains(at)) {
            for bit in 0..8 {
                let mut flipped = wire.clone();
                flipped[at] ^= 1 << bit;
                let before = flipped.clone();
                let refused = cipher.open_in_place(b"wallets.balance", &mut flipped).unwrap_err();
                let expected = OpenReason::Authentication { key_id: 0x0102_0304 };
                assert!(if at == 0 { matches!(refused, OpenReason::Malformed(_)) } else { refused == expected });
                assert_eq!(flipped, before, "the stored bytes stay as they were");
            }
        }
    }
}

#[test]
fn another_context_or_appended_bytes() {
    for algorithm in [Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm] {
        let (cipher, wire) = sealed(algorithm);
        for context in [&b"wallets.balancf"[..], b"", b"wallets.balance\0"] {
            assert!(cipher.open_in_place(context, &mut wire.clone()).is_err());
        }
        let mut longer = wire.clone();
        longer.push(0);
        assert!(cipher.open_in_place(b"wallets.balance", &mut longer).is_err());
        assert_eq!(cipher.open_in_place(b"wallets.balance", &mut wire.clone()).unwrap(), b"42.50 EUR");
    }
}
