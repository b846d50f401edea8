use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;

use super::*;
use crate::{KeyError, testing};

mod from_configuration;

fn native() -> DataKey {
    DataKey::generate(Algorithm::Aes256Gcm).unwrap()
}

fn imported() -> DataKey {
    let json = Keyring::builder("x").primary(native()).build().unwrap().export_tink();
    let (key, _) = tink::import(json.expose(), &crate::KeyOrigin::Given).unwrap().remove(0);
    key
}

fn seal(keyring: &Keyring, plaintext: &[u8]) -> Result<Vec<u8>, SealReason> {
    keyring.seal(None, b"context", plaintext.len(), |wire| {
        wire.extend_from_slice(plaintext);
        Ok(())
    })
}

fn open(keyring: &Keyring, wire: &[u8]) -> Result<Vec<u8>, OpenReason> {
    keyring.open(None, b"context", wire, &mut Vec::new()).map(<[u8]>::to_vec)
}

#[test]
fn the_key_is_found_by_its_id() {
    let (old, new, lost) = (native(), DataKey::generate(Algorithm::Xaes256Gcm).unwrap(), native());
    let before = Keyring::builder("shop").primary(old.clone()).build().unwrap();
    let sealed = seal(&before, b"42.50").unwrap();
    let after = before.to_builder().rotate_to(new.clone()).disabled(lost.clone()).build().unwrap();
    assert_eq!(open(&after, &sealed).unwrap(), b"42.50");
    assert_eq!(seal(&after, b"").unwrap()[1..5], new.id().to_be_bytes());

    let under_lost = seal(&Keyring::builder("shop").primary(lost.clone()).build().unwrap(), b"x").unwrap();
    assert_eq!(open(&after, &under_lost), Err(OpenReason::DisabledKey { key_id: lost.id() }));
    assert_eq!(open(&before, &under_lost), Err(OpenReason::UnknownKey { key_id: lost.id() }));
    assert!(matches!(open(&after, b"plain text"), Err(OpenReason::Malformed(_))));
    assert!(matches!(open(&after, b""), Err(OpenReason::Malformed(_))));
    // The key id is not authenticated by itself; another id is another key, which does not open it.
    for at in 1..5 {
        let mut other_id = sealed.clone();
        other_id[at] ^= 1;
        assert!(matches!(open(&after, &other_id), Err(OpenReason::UnknownKey { .. })));
    }
}

#[test]
fn a_keyring_that_cannot_be_right_is_refused() {
    let (a, b) = (native(), native());
    let refused = |builder: KeyringBuilder| builder.build().unwrap_err();
    let shop = || Keyring::builder("shop");
    assert_eq!(refused(shop()), KeyError::NoPrimary);
    assert_eq!(refused(shop().decrypt_only(a.clone())), KeyError::NoPrimary);
    let two = shop().primary(a.clone()).primary(b.clone());
    assert_eq!(refused(two), KeyError::TwoPrimaries(a.id(), b.id()));
    let twice = shop().primary(a.clone()).decrypt_only(a.clone());
    assert_eq!(refused(twice), KeyError::DuplicateId(a.id()));
    let hex = "ab".repeat(32);
    let parse = |algorithm| DataKey::parse(&hex, algorithm).unwrap();
    let algorithms = shop().primary(parse(Algorithm::Xaes256Gcm)).decrypt_only(parse(Algorithm::Aes256Gcm));
    assert!(matches!(refused(algorithms), KeyError::TwoAlgorithms { .. }));
    let index = IndexKey::generate().unwrap();
    let index = shop().primary(a.clone()).index_key(index.clone()).old_index_key(index);
    assert!(matches!(refused(index), KeyError::DuplicateIndexKey(_)));
    assert_eq!(refused(Keyring::builder("").primary(a.clone())), KeyError::Application { found: 0 });
    assert_eq!(refused(Keyring::builder("x".repeat(256)).primary(a)), KeyError::Application { found: 256 });
    // A native key and the AEAD key derived from it are one key.
    let json = shop().primary(b.clone()).build().unwrap().export_tink();
    assert_eq!(refused(shop().decrypt_only(b.clone()).tink(json.expose()).unwrap()), KeyError::DuplicateId(b.id()));
}

#[test]
fn the_context_begins_with_the_application() {
    let keyring = testing::keyring_named("caffè");
    assert_eq!(keyring.context_prefix(), [&[1, 0, 0, 0, 6][..], "caffè".as_bytes()].concat());
    assert_eq!(testing::keyring_named(&"x".repeat(255)).context_prefix()[..5], [1, 0, 0, 0, 255]);
}

#[test]
fn a_key_scope_has_keys_of_its_own() {
    let tenant = ScopeId::from_bytes(*b"tenant 7");
    let keyring = testing::keyring().with_scoped(tenant, testing::keyring());
    let seal = |scope| keyring.seal(scope, b"", 0, |_| Ok(()));
    let sealed = seal(Some(&b"tenant 7"[..])).unwrap();
    assert_eq!(seal(Some(b"tenant 8")), Err(SealReason::UnknownScope));
    assert_eq!(keyring.open(Some(b"tenant 8"), b"", &sealed, &mut Vec::new()), Err(OpenReason::UnknownScope));
    assert!(matches!(keyring.open(None, b"", &sealed, &mut Vec::new()), Err(OpenReason::UnknownKey { .. })));
    assert_eq!(keyring.open(Some(b"tenant 7"), b"", &sealed, &mut Vec::new()).unwrap(), b"");
    assert_eq!(keyring.index_token(Some(b"tenant 8"), b"", b""), Err(NoIndexKey::Scope(NoScope::Unknown)));
    let again = keyring.to_builder().build().unwrap();
    assert!(again.held(b"tenant 7").is_ok(), "kept by a new snapshot");
}

/// Made apart from this crate (Python), and frozen.
#[test]
fn frozen_index_tokens() {
    #[derive(Deserialize)]
    struct Vector {
        seed: String,
        context: String,
        value: String,
        token: String,
    }
    let unhex = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../../vectors/index.json")).unwrap();
    for vector in vectors {
        let key = IndexKey::parse(&vector.seed).unwrap();
        let (context, value, token) = (unhex(&vector.context), unhex(&vector.value), unhex(&vector.token));
        assert_eq!(key.token(&context, &value)[..], token);
    }
}

#[test]
fn queries_ask_for_every_index_key() {
    let (new, old) = (IndexKey::generate().unwrap(), IndexKey::generate().unwrap());
    let before = Keyring::builder("shop").primary(native()).index_key(old.clone()).build().unwrap();
    let after = before.to_builder().index_key(new.clone()).build().unwrap();
    let token = |keyring: &Keyring, value: &[u8]| keyring.index_token(None, b"users.email", value).unwrap();
    let tokens = after.index_tokens(None, b"users.email", b"a@b.c").unwrap();
    assert_eq!(tokens, [token(&after, b"a@b.c"), token(&before, b"a@b.c")]);
    assert_eq!((tokens[0].len(), &tokens[0][..4]), (20, &new.id().to_be_bytes()[..]));
    let matches = |value: &[u8], token: &[u8]| after.index_matches(None, b"users.email", value, token).unwrap();
    assert!(matches(b"a@b.c", &tokens[0]) && matches(b"a@b.c", &tokens[1]));
    assert!(!matches(b"a@b.d", &tokens[0]));
    assert!(!matches(b"a@b.c", b"") && !matches(b"a@b.c", &tokens[0][..19]) && !matches(b"a@b.c", &[7; 20]));
    assert!(!after.index_matches(None, b"users.phone", b"a@b.c", &tokens[0]).unwrap());
}

#[test]
fn rotating_a_key_never_changes_a_token_silently() {
    let first = native();
    let before = Keyring::builder("shop").primary(first.clone()).build().unwrap();
    let token = before.index_token(None, b"", b"v").unwrap();
    // The snapshot carries its index key on.
    let rotated = before.to_builder().rotate_to(native()).build().unwrap();
    assert_eq!(rotated.index_token(None, b"", b"v").unwrap(), token);
    // Put together anew, it cannot know which of the two keys it was.
    let anew = Keyring::builder("shop").primary(native()).decrypt_only(first).build().unwrap();
    assert_eq!(anew.index_token(None, b"", b"v"), Err(NoIndexKey::Missing));
    assert_eq!(anew.index_tokens(None, b"", b"v"), Err(NoIndexKey::Missing));
    assert_eq!(anew.index_matches(None, b"", b"v", &token), Err(NoIndexKey::Missing));
    assert!(index_keys::NO_INDEX_KEY.contains("set ENCRYPTION_INDEX_KEY to the value that ENCRYPTION_KEY had"));
    // An imported key is no seed.
    let imported = Keyring::builder("shop").primary(imported()).build().unwrap();
    assert_eq!(imported.index_token(None, b"", b"v"), Err(NoIndexKey::Missing));
}

#[test]
fn seals_are_counted_across_snapshots_and_threads() {
    let keyring = testing::keyring();
    seal(&keyring, b"1").unwrap();
    let next = keyring.to_builder().rotate_to(native()).build().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| drop(seal(&keyring, b"2").unwrap())));
        }
    });
    let seals: Vec<u64> = next.keys().map(|key| key.seals).collect();
    assert_eq!(seals, [2001, 0]);
}

fn with_seals(start: u64, algorithm: Algorithm) -> (Keyring, Arc<Mutex<Vec<BudgetEvent>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let key = DataKey::with_seals(start, algorithm);
    let builder =
        Keyring::builder("shop").primary(key).on_budget(Arc::new(move |event| hook.lock().unwrap().push(event)));
    (builder.build().unwrap(), told)
}

#[test]
fn a_warning_at_2_to_the_31() {
    let (keyring, told) = with_seals(budget::DUE - 3000, Algorithm::Aes256Gcm);
    (0..1000).for_each(|_| drop(seal(&keyring, b"").unwrap()));
    assert!(told.lock().unwrap().is_empty());
    (0..4000).for_each(|_| drop(seal(&keyring, b"").unwrap()));
    let told = told.lock().unwrap();
    assert!(
        matches!(told[..], [BudgetEvent::Due { seals, .. }] if seals.abs_diff(budget::DUE) < 8192),
        "once: {told:?}"
    );
}

#[test]
fn no_more_at_2_to_the_32() {
    let (keyring, told) = with_seals(budget::LIMIT - 2048, Algorithm::Aes256Gcm);
    let key_id = keyring.primary_id();
    (0..2048).for_each(|_| drop(seal(&keyring, b"").unwrap()));
    for _ in 0..3000 {
        assert_eq!(seal(&keyring, b""), Err(SealReason::Exhausted { key_id }));
    }
    assert_eq!(keyring.keys().next().unwrap().seals, budget::LIMIT);
    std::thread::scope(|scope| {
        (0..9).for_each(|_| {
            scope.spawn(|| assert!(seal(&keyring, b"").is_err(), "on no other thread either"));
        });
    });
    let told = told.lock().unwrap();
    assert_eq!(told.iter().filter(|event| **event == BudgetEvent::Exhausted { key_id }).count(), 1);
}

#[test]
fn xaes_has_no_limit() {
    let (keyring, told) = with_seals(budget::LIMIT * 4, Algorithm::Xaes256Gcm);
    (0..3000).for_each(|_| drop(seal(&keyring, b"").unwrap()));
    assert!(told.lock().unwrap().is_empty());
}

#[test]
fn debug_prints_ids_and_no_keys() {
    let hex = "c0ffee11".repeat(8);
    let key = DataKey::parse(&hex, Algorithm::Aes256Gcm).unwrap();
    let keyring = Keyring::builder("shop").primary(key.clone()).index_key(IndexKey::parse(&hex).unwrap());
    let shown = format!("{keyring:?} {:?} {:#?}", keyring.clone().build().unwrap(), key);
    assert!(shown.contains(&key.id().to_string()));
    key.with_aead_key(|key| {
        use secrecy::ExposeSecret;
        let printed = format!("{:?}", key.expose_secret());
        assert!(!shown.contains(&printed[1..20]) && !shown.contains("192, 255, 238"));
    });
}

/// What `seal` was given is not sealed when the budget refuses: the codec is not even asked.
#[test]
fn nothing_is_encoded_for_an_exhausted_key() {
    let (keyring, _) = with_seals(budget::LIMIT, Algorithm::Aes256Gcm);
    let asked = AtomicUsize::new(0);
    let refused = keyring.seal(None, b"", 0, |_| {
        asked.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    assert!(refused.is_err());
    assert_eq!(asked.into_inner(), 0);
}

#[test]
fn a_granted_key_seals_what_was_granted_and_no_more() {
    let key = DataKey::generate(Algorithm::Aes256Gcm).unwrap();
    key.grant(4 * 1024);
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = {
        let told = told.clone();
        Arc::new(move |event| told.lock().unwrap().push(event))
    };
    let keyring = Keyring::builder("shop").primary(key.clone()).on_budget(hook).build().unwrap();
    let seal = || keyring.seal_raw(b"", b"value");
    for _ in 0..4 * 1024 {
        seal().unwrap();
    }
    let low = |events: &[BudgetEvent]| events.iter().filter(|it| matches!(it, BudgetEvent::Low { .. })).count();
    assert!(low(&told.lock().unwrap()) >= 1, "half of it used up is told");
    let key_id = key.id();
    assert_eq!(seal().unwrap_err(), SealReason::NotLeased { key_id });
    assert_eq!(seal().unwrap_err(), SealReason::NotLeased { key_id }, "and goes on refusing");
    assert_eq!(key.seals(), 4 * 1024);
    let wire = Keyring::builder("shop").primary(key.clone()).build().unwrap();
    assert!(wire.seal_raw(b"", b"").is_err(), "the count is the key's, not the keyring's");

    key.grant(8 * 1024);
    seal().unwrap();
    key.exhaust();
    assert_eq!(seal().unwrap_err(), SealReason::Exhausted { key_id });
}

#[test]
fn a_key_that_is_missing_is_told_of() {
    let missing = Arc::new(Mutex::new(Vec::new()));
    let hook = {
        let missing = missing.clone();
        Arc::new(move |key_id| missing.lock().unwrap().push(key_id))
    };
    let keyring = testing::keyring().to_builder().on_unknown_key(hook).build().unwrap();
    let other = testing::keyring();
    let wire = other.seal_raw(b"", b"").unwrap();
    keyring.open_raw(b"", &wire, &mut Vec::new()).unwrap_err();
    assert_eq!(*missing.lock().unwrap(), [other.primary_id()]);
}

#[test]
fn scopes_held_elsewhere_are_asked_for_after_the_keyrings_own() {
    struct Elsewhere(Keyring);
    impl ScopedKeyring for Elsewhere {
        fn keys_of(&self, scope: &[u8]) -> ScopedKeys {
            match scope {
                b"held" => ScopedKeys::Held(self.0.clone()),
                b"erased" => ScopedKeys::Erased,
                _ => ScopedKeys::NotLoaded,
            }
        }
    }
    let (one, two) = (testing::keyring(), testing::keyring());
    let keyring = testing::keyring()
        .to_builder()
        .scoped_elsewhere(Arc::new(Elsewhere(one.clone())))
        .build()
        .unwrap()
        .with_scoped(ScopeId::from_bytes(b"own"), two.clone());
    let seal = |scope: &[u8]| keyring.seal(Some(scope), b"", 0, |_| Ok(()));
    for (scope, keys) in [(b"held".as_slice(), &one), (b"own", &two)] {
        let wire = seal(scope).unwrap();
        assert_eq!(seal::key_id(&wire).unwrap(), keys.primary_id());
        keyring.open(Some(scope), b"", &wire, &mut Vec::new()).unwrap();
        assert!(keyring.index_token(Some(scope), b"", b"").is_ok());
    }
    assert_eq!(seal(b"erased").unwrap_err(), SealReason::Erased);
    assert_eq!(seal(b"other").unwrap_err(), SealReason::NotLoaded);
    let wire = two.seal_raw(b"", b"").unwrap();
    let open = |scope: &[u8]| keyring.open(Some(scope), b"", &wire, &mut Vec::new()).map(<[u8]>::to_vec).unwrap_err();
    assert_eq!(open(b"erased"), OpenReason::Erased);
    assert_eq!(open(b"other"), OpenReason::NotLoaded);
}
