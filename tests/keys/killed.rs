//! A process that is killed at any step of an operation leaves the keys of before or of after; run again, it is done.

use std::process::Command;
use std::sync::Arc;

use encrypted_fields::{Algorithm, decrypt_bytes, encrypt_bytes};
use encrypted_fields_keys::{KeyManager, KeyService, Purpose, Rewrap, StoredState};

use crate::support::{AnyStore, kek, manager, primary};

const OPERATION: &str = "ENCRYPTED_FIELDS_TEST_OPERATION";
const STEP: &str = "ENCRYPTED_FIELDS_TEST_STEP";
const NTH: &str = "ENCRYPTED_FIELDS_TEST_NTH";
const STORE: &str = "ENCRYPTED_FIELDS_TEST_STORE";

async fn operate(keys: &KeyManager, operation: &str) {
    match operation {
        "found" | "generate" => drop(keys.generate(Purpose::Data, Algorithm::Aes256Gcm).await.unwrap()),
        "promote" => {
            let newest = keys.keyset().await.unwrap();
            let pending = newest.of(Purpose::Data).find(|key| key.state == StoredState::Pending);
            let id = pending.or(newest.primary(Purpose::Data)).unwrap().id;
            keys.promote(Purpose::Data, id).await.unwrap();
        }
        "rewrap" => {
            let rewrap = Rewrap { to: "two".into(), from: Some("one".into()) };
            keys.rewrap(&rewrap, |_| ()).await.unwrap();
        }
        "in place" => {
            let rewrap = Rewrap { to: "one".into(), from: Some("one".into()) };
            keys.rewrap(&rewrap, |_| ()).await.unwrap();
        }
        "retire" | "destroy" => {
            let keyset = keys.keyset().await.unwrap();
            let old = keyset.of(Purpose::Data).find(|key| key.state != StoredState::Primary).unwrap().id;
            keys.retire(Purpose::Data, old).await.unwrap_or_else(|_| keyset.key(Purpose::Data, old).unwrap().clone());
            if operation == "destroy" {
                keys.destroy(Purpose::Data, old).await.unwrap();
            }
        }
        other => panic!("{other}"),
    }
}

/// Run by the test below, in a process of its own.
#[tokio::test]
#[ignore = "the child process of another test"]
async fn child_that_is_killed() {
    let variable = |name| std::env::var(name).expect("set by the parent");
    let (operation, at, nth) = (variable(OPERATION), variable(STEP), variable(NTH).parse::<usize>().unwrap());
    let store = crate::support::at(&variable(STORE));
    let keks = encrypted_fields_keys::Keks::new([kek("one"), kek("two")]).unwrap().wrapping(["one"]).unwrap();
    let passed = std::sync::atomic::AtomicUsize::new(0);
    let keys = KeyManager::new(store, keks, "shop").on_step(Arc::new(move |step| {
        println!("step: {step}");
        if step == at && passed.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == nth {
            // As SIGKILL: nothing is unwound, flushed or dropped.
            std::process::abort();
        }
    }));
    operate(&keys, &operation).await;
    println!("done");
}

/// Whether the child came to its end, and the steps it passed.
fn run_child(operation: &str, step: &str, nth: usize, store: &AnyStore) -> (bool, Vec<String>) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["killed::child_that_is_killed", "--exact", "--ignored", "--nocapture"])
        .envs([(OPERATION, operation), (STEP, step), (NTH, &nth.to_string()), (STORE, &store.location())])
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let done = stdout.contains("done\n");
    assert!(done || !output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    let steps = stdout.lines().filter_map(|line| line.strip_prefix("step: ")).map(str::to_owned).collect();
    (done, steps)
}

/// A keyset in the state that an operation begins with.
async fn before(operation: &str, store: &AnyStore) {
    if operation == "found" {
        return;
    }
    let keks = encrypted_fields_keys::Keks::new([kek("one"), kek("two")]).unwrap().wrapping(["one"]).unwrap();
    let keys = KeyManager::new(store.store(), keks, "shop");
    primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
    if operation != "generate" {
        keys.generate(Purpose::Data, Algorithm::Aes256Gcm).await.unwrap();
    }
}

async fn survives(operation: &str, make: impl Fn() -> AnyStore) {
    // Once to the end, for the list of its steps.
    let store = make();
    before(operation, &store).await;
    let (done, steps) = run_child(operation, "none", 0, &store);
    assert!(done && !steps.is_empty(), "{operation}: {steps:?}");
    for (at, step) in steps.iter().enumerate() {
        let nth = steps[..at].iter().filter(|it| *it == step).count();
        let store = make();
        before(operation, &store).await;
        let sealed = match manager(&store, [kek("one"), kek("two")]).keyring().await {
            Ok(keyring) => Some(encrypt_bytes(&keyring, b"1250.00", "balance of 7").unwrap()),
            Err(_) => None,
        };
        let (done, passed) = run_child(operation, step, nth, &store);
        assert!(!done && passed.len() == at + 1, "{operation} at {step}: {passed:?}");

        // What is there verifies, seals and opens.
        let keys = manager(&store, [kek("one"), kek("two")]);
        let primaries = async || {
            let Ok(keyset) = keys.keyset().await else { return 0 };
            keyset.of(Purpose::Data).filter(|key| key.state == StoredState::Primary).count()
        };
        assert_eq!(primaries().await, usize::from(operation != "found"), "{operation} at {step}");
        if let Some(sealed) = &sealed {
            let service = KeyService::builder(manager(&store, [kek("one"), kek("two")])).start().await.unwrap();
            let opened = decrypt_bytes(&service.keyring(), sealed, "balance of 7").unwrap();
            assert_eq!(opened, b"1250.00", "{operation} at {step}");
            encrypt_bytes(&service.keyring(), b"", "").unwrap();
        }

        // Again, to the end.
        let (done, _) = run_child(operation, "none", 0, &store);
        assert!(done, "{operation} at {step}, again");
        let service = match operation {
            "rewrap" => KeyService::builder(manager(&store, [kek("two")])).start().await.unwrap(),
            "found" => {
                operate(&keys, "promote").await;
                KeyService::builder(manager(&store, [kek("one")])).start().await.unwrap()
            }
            _ => KeyService::builder(manager(&store, [kek("one")])).start().await.unwrap(),
        };
        assert_eq!(primaries().await, 1);
        assert_eq!(keys.keyset().await.unwrap().of(Purpose::StoreRoot).count(), 1);
        if let Some(sealed) = &sealed {
            assert_eq!(decrypt_bytes(&service.keyring(), sealed, "balance of 7").unwrap(), b"1250.00");
        }
    }
}

macro_rules! at_every_step_of {
    ($($test:ident: $operation:literal;)*) => {$(
        mod $test {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn in_a_file() {
                survives($operation, AnyStore::file).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn in_sqlite() {
                survives($operation, AnyStore::sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn in_postgres() {
                survives($operation, AnyStore::postgres).await;
            }
        }
    )*};
}
at_every_step_of! {
    the_first_key: "found";
    another_key: "generate";
    a_promotion: "promote";
    a_move_between_keks: "rewrap";
    a_rewrap_in_place: "in place";
    a_retirement: "retire";
    a_destruction: "destroy";
}
