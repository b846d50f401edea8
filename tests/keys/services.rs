//! A running program's keys: never asked for on the data path, fresh without a restart, and there when the KMS is not.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use encrypted_fields::error::{OpenReason, SealReason};
use encrypted_fields::{Algorithm, BudgetEvent, Keyring, decrypt_bytes, encrypt_bytes};
use encrypted_fields_keys::{Kek, KekReason, KeyService, KeyServiceBuilder, KeysError, LocalKek, Purpose, StoredState};

use crate::servers::logs::Logs;
use crate::support::{AnyStore, Line, again, kek, manager, on_every_store, primary, until};

/// That looks at the store only when it has a reason.
fn idle(keys: &encrypted_fields_keys::KeyManager, store: &AnyStore) -> KeyServiceBuilder {
    KeyService::builder(again(keys, store))
        .refresh_every(Duration::from_secs(3600))
        .refresh_at_most_every(Duration::from_millis(50))
}

fn seal(keyring: &Keyring) -> Vec<u8> {
    encrypt_bytes(keyring, b"value", "here").unwrap()
}

fn open(keyring: &Keyring, sealed: &[u8]) -> Result<Vec<u8>, OpenReason> {
    decrypt_bytes(keyring, sealed, "here").map_err(|error| error.reason().clone())
}

on_every_store! {
    async fn a_new_primary_key_is_learned_without_a_restart(store) {
        let keys = manager(&store, [kek("one")]);
        let old = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        let service = KeyService::builder(again(&keys, &store)).refresh_every(Duration::from_millis(50)).start().await;
        let service = service.unwrap();
        assert_eq!(service.keyring().primary_id(), old);
        let before = seal(&service.keyring());
        let new = primary(&keys, Purpose::Data, Algorithm::Xaes256Gcm).await;
        until("the new primary key", async || service.keyring().primary_id() == new).await;
        assert_eq!(open(&service.keyring(), &before).unwrap(), b"value");
    }

    async fn a_value_under_a_key_that_is_not_loaded_brings_the_key(store) {
        let keys = manager(&store, [kek("one")]);
        primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        let reader = idle(&keys, &store).start().await.unwrap();
        let new = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        let writer = idle(&keys, &store).start().await.unwrap();
        let sealed = seal(&writer.keyring());
        let early = open(&reader.keyring(), &sealed);
        // On Postgres it may have been told already.
        assert!(early == Err(OpenReason::UnknownKey { key_id: new }) || early.is_ok(), "{early:?}");
        until("the key", async || open(&reader.keyring(), &sealed).is_ok()).await;
    }

    async fn a_pending_key_opens_and_does_not_seal(store) {
        let keys = manager(&store, [kek("one")]);
        let old = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        let pending = keys.generate(Purpose::Data, Algorithm::Aes256Gcm).await.unwrap().id;
        let reader = idle(&keys, &store).start().await.unwrap();
        assert_eq!(reader.keyring().primary_id(), old);
        keys.promote(Purpose::Data, pending).await.unwrap();
        let writer = idle(&keys, &store).start().await.unwrap();
        // Of another process, which has not heard of the promotion.
        assert_eq!(open(&reader.keyring(), &seal(&writer.keyring())).unwrap(), b"value");
    }

    async fn disabled_and_destroyed_keys_are_not_loaded_and_ask_no_kek(store) {
        let line = Line::to("one");
        let keys = manager(&store, [line.clone() as _]);
        let old = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        let service = idle(&keys, &store).start().await.unwrap();
        let sealed = seal(&service.keyring());
        drop(service);
        primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        keys.disable(Purpose::Data, old).await.unwrap();
        line.calls.store(0, SeqCst);
        let service = idle(&keys, &store).start().await.unwrap();
        assert_eq!(line.calls.load(SeqCst), 3, "the store root, the index key, and one data key");
        assert_eq!(open(&service.keyring(), &sealed), Err(OpenReason::UnknownKey { key_id: old }));
        assert_eq!(keys.enable(Purpose::Data, old).await.unwrap().state, StoredState::DecryptOnly);
        service.refresh().await.unwrap();
        assert_eq!(open(&service.keyring(), &sealed).unwrap(), b"value");
    }

    async fn a_kms_that_goes_down_stops_nothing(store) {
        // The service has one line to the KMS, the operator another.
        let line = Line::to("one");
        let keys = manager(&store, [kek("one"), kek("offline")]);
        let old = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        let service = KeyService::builder(manager(&store, [line.clone() as _]))
            .refresh_every(Duration::from_millis(20))
            .refresh_at_most_every(Duration::from_millis(20));
        let service = service.start().await.unwrap();
        line.down.store(true, SeqCst);
        line.calls.store(0, SeqCst);
        let sealed = seal(&service.keyring());
        service.refresh().await.expect("nothing new, so no KEK is asked");
        assert!(service.health().is_well() && line.calls.load(SeqCst) == 0);
        // A new key comes, which the service cannot unwrap: it says so, and goes on under the old one.
        let new = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        let error = service.refresh().await.unwrap_err();
        let KeysError::Locked { key_id, failures, .. } = &error else { panic!("{error}") };
        assert!(*key_id == new && matches!(failures[0].reason(), KekReason::Unreachable { .. }), "{error}");
        assert!(service.health().error.is_some_and(|error| error.contains("unreachable")));
        assert_eq!(service.keyring().primary_id(), old);
        assert_eq!(open(&service.keyring(), &sealed).unwrap(), b"value");
        assert_eq!(open(&service.keyring(), &seal(&service.keyring())).unwrap(), b"value");
        line.down.store(false, SeqCst);
        until("the new key", async || service.keyring().primary_id() == new && service.health().is_well()).await;
        assert_eq!(open(&service.keyring(), &sealed).unwrap(), b"value");
    }

    async fn a_kms_that_is_down_at_the_start_is_an_error_or_a_fallback_that_is_told(store) {
        let line = Line::to("kms");
        let keys = manager(&store, [line.clone() as _, kek("recovery")]);
        primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        line.down.store(true, SeqCst);
        let error = KeyService::builder(manager(&store, [line.clone() as _])).start().await.unwrap_err();
        assert!(matches!(error, KeysError::Locked { purpose: Purpose::StoreRoot, .. }), "{error}");
        assert!(error.to_string().contains("unreachable"), "{error}");

        let service = idle(&keys, &store).start().await.unwrap();
        let health = service.health();
        assert_eq!(health.fallbacks.len(), 2, "the index key and the data key: {health:?}");
        assert!(health.fallbacks.iter().all(|it| it.kek == "recovery" && it.failures[0].contains("`kms`")));
        assert!(!health.is_well());
        assert!(serde_json::to_string(&health).unwrap().contains("\"kek\":\"recovery\""));
        open(&service.keyring(), &seal(&service.keyring())).unwrap();

        service.refresh().await.unwrap();
        assert!(!service.health().is_well(), "the KMS is still down");
        line.down.store(false, SeqCst);
        service.refresh().await.unwrap();
        assert!(service.health().is_well(), "it is back: {:?}", service.health());
        line.calls.store(0, SeqCst);
        service.refresh().await.unwrap();
        assert_eq!(line.calls.load(SeqCst), 0, "and is not asked again");
    }

    async fn a_key_that_was_disabled_and_comes_back_leases_anew(store) {
        let keys = manager(&store, [kek("one")]);
        let old = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        let service = idle(&keys, &store).start().await.unwrap();
        primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        keys.disable(Purpose::Data, old).await.unwrap();
        service.refresh().await.unwrap();
        keys.enable(Purpose::Data, old).await.unwrap();
        keys.promote(Purpose::Data, old).await.unwrap();
        service.refresh().await.unwrap();
        assert_eq!(service.keyring().primary_id(), old);
        open(&service.keyring(), &seal(&service.keyring())).unwrap();
        assert_eq!(store.store().counter("shop", "", old).await.unwrap().unwrap().seals, 2 << 20);
    }

    async fn processes_lease_seals_from_one_counter(store) {
        let keys = manager(&store, [kek("one")]);
        let id = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        let services = futures_util::future::join_all((0..4).map(|_| idle(&keys, &store).start())).await;
        let services: Vec<_> = services.into_iter().map(Result::unwrap).collect();
        for service in &services {
            open(&service.keyring(), &seal(&service.keyring())).unwrap();
        }
        let counter = store.store().counter("shop", "", id).await.unwrap().unwrap();
        assert_eq!(counter.seals, 4 << 20, "2^20 each, though each sealed one");
        // What a process has leased is not given back: a crash loses no count.
        drop(services);
        idle(&keys, &store).start().await.unwrap();
        assert_eq!(store.store().counter("shop", "", id).await.unwrap().unwrap().seals, 5 << 20);
    }

    async fn a_key_under_xaes_is_not_counted(store) {
        let keys = manager(&store, [kek("one")]);
        let id = primary(&keys, Purpose::Data, Algorithm::Xaes256Gcm).await;
        let service = idle(&keys, &store).start().await.unwrap();
        open(&service.keyring(), &seal(&service.keyring())).unwrap();
        assert_eq!(store.store().counter("shop", "", id).await.unwrap().unwrap().seals, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_tells_of_a_new_key_at_once() {
    let store = AnyStore::postgres();
    let keys = manager(&store, [kek("one")]);
    primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
    let service = idle(&keys, &store).start().await.unwrap();
    // It looks once when it begins to listen; then nothing but a notice wakes it.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let new = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
    until("the notice", async || service.keyring().primary_id() == new).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_server_ended_are_made_anew() {
    let store = AnyStore::postgres();
    let keys = manager(&store, [kek("one")]);
    primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
    let service = idle(&keys, &store).start().await.unwrap();
    for _ in 0..3 {
        store.tamper(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        service.refresh().await.unwrap();
        let new = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        service.refresh().await.unwrap();
        assert_eq!(service.keyring().primary_id(), new);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_are_renewed_before_they_are_used_up() {
    let store = AnyStore::sqlite();
    let keys = manager(&store, [kek("one")]);
    let id = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
    let service = idle(&keys, &store).start().await.unwrap();
    let keyring = service.keyring();
    let seal = move || -> u64 {
        let mut refused = 0;
        for _ in 0..3_u64 << 20 {
            if let Err(error) = keyring.seal_raw(b"", b"") {
                assert_eq!(error, SealReason::NotLeased { key_id: id });
                refused += 1;
                // The next lease is on its way.
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        refused
    };
    let refused = tokio::task::spawn_blocking(seal).await.unwrap();
    let counted = store.store().counter("shop", "", id).await.unwrap().unwrap().seals;
    assert!(counted >= (3 << 20) - refused, "{counted} leased for what was sealed");
    assert!(service.health().is_well(), "{:?}", service.health());
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_is_due_at_half_the_limit_and_sealing_ends_at_the_limit() {
    for (counted, due, seals) in [((1 << 31) - (2 << 20), false, true), (1 << 31, true, true), (1 << 32, true, false)] {
        let store = AnyStore::sqlite();
        let keys = manager(&store, [kek("one")]);
        let id = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        // As if so many had been leased: through the manager, for whoever has no root cannot write a counter.
        keys.lease_for_test(id, counted).await.unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let hook = Arc::clone(&told);
        let hook = Arc::new(move |event| hook.lock().unwrap().push(event));
        let service = idle(&keys, &store).on_budget(hook).start().await.unwrap();
        assert_eq!(service.health().rotation_due, due, "{counted}");
        service.refresh().await.unwrap();
        let told = told.lock().unwrap().clone();
        let is_due = told.iter().filter(|it| matches!(it, BudgetEvent::Due { key_id, .. } if *key_id == id)).count();
        assert_eq!(is_due, usize::from(due), "once, and by whoever leases: {told:?}");
        assert_eq!(told.contains(&BudgetEvent::Exhausted { key_id: id }), !seals, "{told:?}");
        let sealed = service.keyring().seal_raw(b"", b"");
        assert_eq!(sealed.is_ok(), seals, "{counted}: {sealed:?}");
        if !seals {
            assert_eq!(sealed.unwrap_err(), SealReason::Exhausted { key_id: id });
            let new = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
            service.refresh().await.unwrap();
            assert_eq!(service.keyring().primary_id(), new);
            service.keyring().seal_raw(b"", b"").expect("a new primary key seals");
        }
    }
}

#[test]
fn a_program_without_a_runtime_has_keys_too() {
    let store = AnyStore::file();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let keys = manager(&store, [kek("one")]);
    let old = runtime.block_on(primary(&keys, Purpose::Data, Algorithm::Aes256Gcm));
    let service = KeyService::builder(again(&keys, &store)).refresh_every(Duration::from_millis(20)).start_blocking();
    let service = service.unwrap();
    assert_eq!(service.keyring().primary_id(), old);
    let new = runtime.block_on(primary(&keys, Purpose::Data, Algorithm::Aes256Gcm));
    runtime.block_on(until("the new key", async || service.keyring().primary_id() == new));
    service.refresh().unwrap();
    assert!(service.health().is_well());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_unknown_keys_are_one_look_at_the_store() {
    let store = AnyStore::sqlite();
    let keys = manager(&store, [kek("one")]);
    primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
    let counting = Arc::new(crate::support::Counting::new(store.store()));
    let watched = encrypted_fields_keys::KeyManager::new(counting.clone(), keys.keks().clone(), "shop");
    let service = KeyService::builder(watched)
        .refresh_every(Duration::from_secs(3600))
        .refresh_at_most_every(Duration::from_millis(300))
        .start()
        .await
        .unwrap();
    let before = counting.loads();
    let forged = [1, 9, 9, 9, 9].into_iter().chain([0; 28]).collect::<Vec<u8>>();
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_millis(1000) {
        for _ in 0..1000 {
            assert!(matches!(open(&service.keyring(), &forged), Err(OpenReason::UnknownKey { .. })));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    until("a look", async || counting.loads() > before).await;
    let (looks, most) = (counting.loads() - before, began.elapsed().as_millis() / 300 + 1);
    assert!(u128::try_from(looks).unwrap() <= most, "{looks} looks where {most} are allowed");
}

#[test]
fn a_fallback_is_logged_and_counted() {
    let logs = Logs::collect();
    let counters = Counters::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = AnyStore::file();
    let line = Line::to("kms");
    metrics::with_local_recorder(&counters, || {
        runtime.block_on(async {
            let keys = manager(&store, [line.clone() as _, kek("recovery")]);
            primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
            KeyService::builder(manager(&store, [line.clone() as _, kek("recovery")])).start().await.unwrap();
            assert!(counters.0.lock().unwrap().is_empty() && !logs.text().contains("fallback"));
            line.down.store(true, SeqCst);
            idle(&keys, &store).start().await.unwrap();
        });
    });
    assert_eq!(*counters.0.lock().unwrap(), ["encrypted_fields_kek_fallbacks_total kek=recovery"; 2]);
    let warned = logs.text().lines().filter(|line| line.contains("WARN") && line.contains("fallback slot")).count();
    assert_eq!(warned, 3, "the store root, the index key and the data key:\n{}", logs.text());
}

/// The names of the counters that were made, with their labels.
#[derive(Default)]
struct Counters(Mutex<Vec<String>>);

impl metrics::Recorder for Counters {
    fn describe_counter(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_gauge(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_histogram(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}

    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = format!("{} {}", key.name(), labels.join(" "));
        if name.contains("fallbacks") {
            self.0.lock().unwrap().push(name);
        }
        metrics::Counter::noop()
    }

    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }

    fn register_histogram(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Histogram {
        metrics::Histogram::noop()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_kek_is_a_passphrase_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kek");
    // The least that is taken: this test stretches it at each start.
    let written = "passphrase:argon2id:v=19,m=19456,t=2,p=1:c2FsdHNhbHRzYWx0c2FsdA:correct horse, battery staple";
    std::fs::write(&path, written).unwrap();
    let passphrase = || Arc::new(LocalKek::from_file("offline", &path).unwrap()) as Arc<dyn Kek>;
    let store = AnyStore::file();
    primary(&manager(&store, [passphrase()]), Purpose::Data, Algorithm::Aes256Gcm).await;
    let service = KeyService::builder(manager(&store, [passphrase()])).start().await.unwrap();
    open(&service.keyring(), &seal(&service.keyring())).unwrap();

    std::fs::write(&path, written.replace("horse,", "horse")).unwrap();
    let error = manager(&store, [passphrase()]).keyset().await.unwrap_err();
    let KeysError::Locked { failures, .. } = &error else { panic!("{error}") };
    assert!(matches!(failures[0].reason(), KekReason::WrongKey { .. }), "{error}");
}
