use secrecy::ExposeSecret;
use serde::Deserialize;

use super::*;

const SALT: &str = "AAECAwQFBgcICQoLDA0ODw";
const WORDS: &str = "correct horse battery staple";

/// Made apart from this crate (Python, `argon2-cffi` and `hashlib`), and frozen.
#[test]
fn frozen_passphrases_are_stretched() {
    #[derive(Deserialize)]
    struct Frozen {
        vectors: Vec<Vector>,
    }
    #[derive(Deserialize)]
    struct Vector {
        text: String,
        seed: String,
    }
    let frozen: Frozen = serde_json::from_str(include_str!("../../../vectors/passphrase.json")).unwrap();
    assert_eq!(frozen.vectors.len(), 12);
    for Vector { text, seed } in frozen.vectors {
        let (found, algorithm) = super::super::parse(&format!("\n {text}\r\n"), &KeyOrigin::Given).unwrap();
        let hex: String = found.expose_secret().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, seed, "{text}");
        assert_eq!(algorithm.is_some(), !text.starts_with(PASSPHRASE));
    }
}

#[test]
fn a_new_passphrase_is_a_key_of_its_own() {
    for (kdf, begins) in [
        (Kdf::default(), "passphrase:argon2id:v=19,m=65536,t=3,p=4:"),
        (Kdf::Pbkdf2Sha256, "passphrase:pbkdf2-sha256:i=600000:"),
    ] {
        let (one, two) = (generate(WORDS, kdf).unwrap(), generate(WORDS, kdf).unwrap());
        assert!(one.expose().starts_with(begins) && one.expose().ends_with(&format!(":{WORDS}")));
        assert_ne!(one, two, "the salt is random");
        let salt = |text: &Secret<String>| parse(&text.expose()[PASSPHRASE.len()..]).unwrap().salt.bytes().to_vec();
        assert_eq!(salt(&one).len(), 18);
        assert_ne!(salt(&one), salt(&two));
        assert_eq!(format!("{one:?}"), "Secret(..)");
    }
    assert_eq!(generate("too short", Kdf::Argon2id), Err(refused(short())));
}

/// One key, whatever keyboard, file or shell it went through.
#[test]
fn one_passphrase_in_every_spelling() {
    let prepared = |text: &str| prepare(text).unwrap().to_string();
    assert_eq!(prepared("perche\u{301} no, davvero"), "perch\u{e9} no, davvero");
    assert_eq!(prepared("perch\u{e9}\u{a0}no,\u{3000}davvero"), "perch\u{e9} no, davvero");
    assert_eq!(prepared("\u{fb01}ve SIX seven eight"), "\u{fb01}ve SIX seven eight", "neither NFKC nor lower case");
    for line_break in ["", "\n", "\r\n", "\n\n"] {
        let parsed = parse(&format!("pbkdf2-sha256:i=600000:{SALT}:{WORDS}: it, goes $on{line_break}")).unwrap();
        assert_eq!(*parsed.passphrase, format!("{WORDS}: it, goes $on"));
        assert_eq!(parsed.salt.bytes(), (0..16).collect::<Vec<u8>>());
    }
    // Nothing grew on the way: no copy was left behind.
    let widest = "\u{1d160}".repeat(20);
    let most = 3 * widest.len();
    let widest = prepare(&widest).unwrap();
    assert!(widest.len() > most / 2 && widest.capacity() == most, "{} {}", widest.len(), widest.capacity());
}

#[test]
fn every_bound() {
    let argon2id = |parameters: &str| parse(&format!("argon2id:{parameters}:{SALT}:{WORDS}")).map(|it| it.stretch);
    let pbkdf2 = |parameters: &str| parse(&format!("pbkdf2-sha256:{parameters}:{SALT}:{WORDS}")).map(|it| it.stretch);
    let bound = |field, least, most| Err(PassphraseReason::Bound { field, least, most });
    for (m, t, p) in [(19_456, 2, 1), (1_048_576, 16, 16), (47_104, 1, 1)] {
        let expected = Stretch::Argon2id { kib: m, passes: t, lanes: p };
        assert_eq!(argon2id(&format!("v=19,m={m},t={t},p={p}")), Ok(expected));
    }
    for (i, taken) in [(599_999, false), (600_000, true), (10_000_000, true), (10_000_001, false)] {
        assert_eq!(pbkdf2(&format!("i={i}")).is_ok(), taken, "{i}");
    }
    let (m, t, p) = ("`m` (memory in KiB)", "`t` (passes)", "`p` (lanes)");
    assert_eq!(argon2id("v=19,m=19455,t=2,p=1"), bound(m, 19_456, 1_048_576));
    assert_eq!(argon2id("v=19,m=1048577,t=2,p=1"), bound(m, 19_456, 1_048_576));
    assert_eq!(argon2id("v=19,m=99999999999999999999,t=2,p=1"), bound(m, 19_456, 1_048_576));
    assert_eq!(argon2id("v=19,m=47103,t=1,p=1"), bound("`m` (memory in KiB) with one pass", 47_104, 1_048_576));
    assert_eq!(argon2id("v=19,m=65536,t=17,p=1"), bound(t, 1, 16));
    assert_eq!(argon2id("v=19,m=65536,t=3,p=17"), bound(p, 1, 16));
    assert_eq!(pbkdf2("i=10000001"), bound("`i` (iterations)", 600_000, 10_000_000));

    let salted = |bytes: usize| {
        let salt = Base64Unpadded::encode_string(&vec![7; bytes]);
        parse(&format!("pbkdf2-sha256:i=600000:{salt}:{WORDS}")).map(|it| it.salt.bytes().len())
    };
    for (bytes, taken) in [(0, false), (15, false), (16, true), (64, true), (65, false), (5000, false)] {
        let expected = if taken {
            Ok(bytes)
        } else {
            Err(PassphraseReason::Bound { field: "the salt (bytes)", least: 16, most: 64 })
        };
        assert_eq!(salted(bytes), expected);
    }
    for (characters, taken) in [(0, false), (14, false), (15, true), (1024, true), (1025, false)] {
        assert_eq!(prepare(&"è".repeat(characters)).is_ok(), taken, "{characters}");
    }
    assert_eq!(prepare(&"e\u{301}".repeat(14)).map(|_| ()), Err(short()), "counted as it is stretched");
}

#[test]
fn what_is_not_in_its_full_form_is_refused() {
    let salt = Base64Unpadded::encode_string(&[0xfb; 18]);
    let parameters = |expected| PassphraseReason::Parameters { expected };
    let (argon2id, pbkdf2) = (parameters("v=19,m=..,t=..,p=.."), parameters("i=.."));
    let cases = [
        (WORDS.to_owned(), PassphraseReason::Form),
        (String::new(), PassphraseReason::Form),
        (format!("argon2id:v=19,m=65536,t=3,p=4:{WORDS}"), PassphraseReason::Form),
        (format!("argon2i:v=19,m=65536,t=3,p=4:{SALT}:{WORDS}"), PassphraseReason::Kdf),
        (format!("{WORDS}: a: b: c"), PassphraseReason::Kdf),
        (format!("argon2id:m=65536,t=3,p=4:{SALT}:{WORDS}"), argon2id.clone()),
        (format!("argon2id:v=16,m=65536,t=3,p=4:{SALT}:{WORDS}"), argon2id.clone()),
        (format!("argon2id:v=19,t=3,m=65536,p=4:{SALT}:{WORDS}"), argon2id.clone()),
        (format!("argon2id:v=19,m=065536,t=3,p=4:{SALT}:{WORDS}"), argon2id.clone()),
        (format!("argon2id:v=19,m=+65536,t=3,p=4:{SALT}:{WORDS}"), argon2id.clone()),
        (format!("argon2id:v=19,m=,t=3,p=4:{SALT}:{WORDS}"), argon2id.clone()),
        (format!("argon2id:v=19,m=65536,t=3,p=4,x=1:{SALT}:{WORDS}"), argon2id.clone()),
        (format!("argon2id:v=19, m=65536, t=3, p=4:{SALT}:{WORDS}"), argon2id),
        (format!("pbkdf2-sha256:600000:{SALT}:{WORDS}"), pbkdf2),
        (format!("pbkdf2-sha256:i=600000:{SALT}==:{WORDS}"), PassphraseReason::Salt),
        (format!("pbkdf2-sha256:i=600000:{}:{WORDS}", salt.replace('+', "-")), PassphraseReason::Salt),
        (format!("pbkdf2-sha256:i=600000:{SALT} :{WORDS}"), PassphraseReason::Salt),
        (format!("pbkdf2-sha256:i=600000:{SALT}:{WORDS} "), PassphraseReason::Spaces),
        (format!("pbkdf2-sha256:i=600000:{SALT}:\u{a0}{WORDS}"), PassphraseReason::Spaces),
        (format!("pbkdf2-sha256:i=600000:{SALT}:{WORDS}\t{WORDS}"), PassphraseReason::Character),
        (format!("pbkdf2-sha256:i=600000:{SALT}:{WORDS}\n{WORDS}"), PassphraseReason::Character),
        (format!("pbkdf2-sha256:i=600000:{SALT}:{WORDS}\u{2028}{WORDS}"), PassphraseReason::Character),
        (format!("pbkdf2-sha256:i=600000:{SALT}:{WORDS}\u{378}"), PassphraseReason::Character),
        (format!("pbkdf2-sha256:i=600000:{SALT}:{WORDS}\u{e000}"), PassphraseReason::Character),
    ];
    let origin = KeyOrigin::Env("DB_ENCRYPTION_MASTER_KEY".into());
    for (text, reason) in cases {
        let text = format!("{PASSPHRASE}{text}");
        let error = super::super::parse(&text, &origin).unwrap_err();
        assert_eq!(error, KeyError::Passphrase { origin: origin.clone(), reason }, "{text}");
        let shown = format!("{error}\n{error:?}");
        assert!(shown.contains("DB_ENCRYPTION_MASTER_KEY"));
        for secret in ["horse", "staple", SALT, &salt] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(check(&text).is_err(), "{text}");
    }
    assert_eq!(check("00".repeat(32).as_str()), Err(refused(PassphraseReason::Form)), "a raw key is none");
}

/// A string that asks for too much is refused at once: nothing is derived, and no memory is asked for.
#[test]
fn what_is_out_of_bounds_costs_nothing() {
    let begun = std::time::Instant::now();
    for parameters in ["argon2id:v=19,m=4294967295,t=4294967295,p=16777215", "pbkdf2-sha256:i=4294967295"] {
        let text = format!("{PASSPHRASE}{parameters}:{SALT}:{WORDS}");
        assert!(super::super::parse(&text, &KeyOrigin::Given).is_err());
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(1));
}

fn short() -> PassphraseReason {
    PassphraseReason::Bound { field: "the passphrase (characters)", least: 15, most: 1024 }
}

fn refused(reason: PassphraseReason) -> KeyError {
    KeyError::Passphrase { origin: KeyOrigin::Given, reason }
}
