//! Keys wrapped by a KMS: asked once a key at the start and never on the data path, and moved from one to the next.

use std::sync::Arc;
use std::time::Duration;

use encrypted_fields::{Algorithm, Keyring, decrypt_bytes, encrypt_bytes};
use encrypted_fields_keys::{
    AwsKms, AwsKmsOptions, Kek, KekReason, KeyService, KeysError, Purpose, Rewrap, VaultOptions, VaultTransit,
};
use serde_json::json;

use crate::servers::aws::{KmsProxy, client, create_key, ministack, moto, sdk_config};
use crate::servers::vault::openbao;
use crate::support::{AnyStore, kek, manager, primary, until};

fn aws(name: &str, endpoint: &str, key: &str) -> Arc<dyn Kek> {
    let options = json!({"key": key, "endpoint": endpoint, "retry": {"attempts": 2, "base_ms": 5}});
    let options: AwsKmsOptions = serde_json::from_value(options).unwrap();
    Arc::new(AwsKms::with_sdk_config(name, &options, &sdk_config()).unwrap())
}

fn vault(name: &str, key: &str) -> (Arc<dyn Kek>, tempfile::TempPath) {
    let server = openbao();
    server.create_key(key);
    let (role, secret) = server.create_role(key, key, "1h");
    // As an operator has it: the secret in a file of his own.
    let file = tempfile::Builder::new().prefix("secret-id-").tempfile().unwrap().into_temp_path();
    std::fs::write(&file, secret).unwrap();
    let options = json!({"key": key, "address": server.url(), "role_id": role, "secret_id_file": &*file});
    let options: VaultOptions = serde_json::from_value(options).unwrap();
    (Arc::new(VaultTransit::connect(name, &options).unwrap()), file)
}

fn works(keyring: &Keyring) {
    let sealed = encrypt_bytes(keyring, b"1250.00", "balance of 7").unwrap();
    assert_eq!(decrypt_bytes(keyring, sealed, "balance of 7").unwrap(), b"1250.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_asks_the_kms_once_a_key_and_the_data_path_never() {
    let proxy = KmsProxy::start(moto().port);
    let keys = [aws("aws", &proxy.url(), &create_key(&moto().url()).await)];
    let store = AnyStore::postgres();
    let operator = manager(&store, keys.clone());
    for _ in 0..5 {
        primary(&operator, Purpose::Data, Algorithm::Aes256Gcm).await;
    }
    proxy.reset();
    let service = KeyService::builder(manager(&store, keys)).refresh_every(Duration::from_millis(20)).start().await;
    let service = service.unwrap();
    let at_the_start = proxy.calls();
    assert_eq!(at_the_start, 7, "five data keys, the index key and the store root");
    assert_eq!(proxy.calls_of("Decrypt"), at_the_start);
    for _ in 0..10_000 {
        works(&service.keyring());
    }
    service.refresh().await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(proxy.calls(), at_the_start, "neither values nor refreshes ask it");
    let new = primary(&operator, Purpose::Data, Algorithm::Aes256Gcm).await;
    proxy.reset();
    until("the new key", async || service.keyring().primary_id() == new).await;
    assert!(proxy.calls() <= 1, "a new key is one more call: {}", proxy.calls());
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_keys_are_asked_for_at_once() {
    let proxy = KmsProxy::start(moto().port);
    let keys = [aws("aws", &proxy.url(), &create_key(&moto().url()).await)];
    let store = AnyStore::sqlite();
    let operator = manager(&store, keys.clone());
    for _ in 0..20 {
        operator.generate(Purpose::Data, Algorithm::Aes256Gcm).await.unwrap();
    }
    let last = operator.keyset().await.unwrap().of(Purpose::Data).next().unwrap().id;
    operator.promote(Purpose::Data, last).await.unwrap();
    proxy.reset();
    proxy.set_delay(Duration::from_millis(500));
    KeyService::builder(manager(&store, keys)).start().await.unwrap();
    assert_eq!(proxy.calls(), 22);
    assert!(proxy.most_at_once() >= 10, "{} at once", proxy.most_at_once());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kms_that_is_down_is_told_at_the_start_and_not_missed_while_running() {
    let proxy = KmsProxy::start(moto().port);
    let keys = [aws("aws", &proxy.url(), &create_key(&moto().url()).await)];
    let store = AnyStore::sqlite();
    primary(&manager(&store, keys.clone()), Purpose::Data, Algorithm::Aes256Gcm).await;
    let running = KeyService::builder(manager(&store, keys.clone())).start().await.unwrap();
    proxy.set_down(true);
    let error = KeyService::builder(manager(&store, keys)).start().await.unwrap_err();
    let KeysError::Locked { failures, .. } = &error else { panic!("{error}") };
    assert!(matches!(failures[0].reason(), KekReason::Unreachable { .. }), "{error}");
    running.refresh().await.unwrap();
    works(&running.keyring());
    assert!(running.health().is_well());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_disabled_or_deleted_at_the_kms_is_a_fallback_that_is_told() {
    let kms = client(&ministack().url());
    let key = create_key(&ministack().url()).await;
    let keys = [aws("aws", &ministack().url(), &key), kek("recovery")];
    let store = AnyStore::sqlite();
    primary(&manager(&store, keys.clone()), Purpose::Data, Algorithm::Aes256Gcm).await;
    kms.disable_key().key_id(&key).send().await.unwrap();
    let service = KeyService::builder(manager(&store, keys.clone())).start().await.unwrap();
    works(&service.keyring());
    let health = service.health();
    assert!(!health.is_well() && health.fallbacks.iter().all(|it| it.kek == "recovery"), "{health:?}");
    assert!(health.fallbacks[0].failures[0].contains("disabled or pending deletion"), "{health:?}");

    kms.enable_key().key_id(&key).send().await.unwrap();
    assert!(KeyService::builder(manager(&store, keys.clone())).start().await.unwrap().health().is_well());
    kms.schedule_key_deletion().key_id(&key).pending_window_in_days(7).send().await.unwrap();
    let error = KeyService::builder(manager(&store, [keys[0].clone()])).start().await.unwrap_err();
    let KeysError::Locked { failures, .. } = &error else { panic!("{error}") };
    assert!(matches!(failures[0].reason(), KekReason::Disabled { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_move_from_a_local_kek_to_aws_to_vault_and_values_stay() {
    let store = AnyStore::postgres();
    let (local, recovery) = (kek("local"), kek("recovery"));
    let aws = aws("aws", &moto().url(), &create_key(&moto().url()).await);
    let (vault, _secret) = vault("vault", "moved");

    let first = manager(&store, [local.clone(), recovery.clone()]);
    primary(&first, Purpose::Data, Algorithm::Aes256Gcm).await;
    primary(&first, Purpose::SubjectRoot, Algorithm::Aes256Gcm).await;
    let keyring = first.keyring().await.unwrap();
    let sealed = encrypt_bytes(&keyring, b"1250.00", "balance of 7").unwrap();

    for (from, to) in [(local, aws.clone()), (aws, vault.clone())] {
        let operator = manager(&store, [to.clone(), from.clone(), recovery.clone()]);
        let rewrap = Rewrap { to: to.name().into(), from: Some(from.name().into()) };
        let mut told = 0;
        let report = operator.rewrap(&rewrap, |_| told += 1).await.unwrap();
        assert_eq!((report.made, report.dropped, told), (4, 4, 4), "root, index, data and subject root");
        let again = operator.rewrap(&rewrap, |_| ()).await.unwrap();
        assert_eq!((again.made, again.found, again.dropped), (0, 4, 0));
        // The one of before is not needed any more, nor the recovery key.
        let service = KeyService::builder(manager(&store, [to])).start().await.unwrap();
        assert_eq!(decrypt_bytes(&service.keyring(), &sealed, "balance of 7").unwrap(), b"1250.00");
        let error = manager(&store, [from]).keyset().await.unwrap_err();
        assert!(matches!(error, KeysError::NoKek { .. }), "{error}");
    }

    // In place, after the key was rotated at the provider: no slot needs the old version.
    openbao().root("POST", "transit/keys/moved/rotate", json!({}));
    let operator = manager(&store, [vault.clone()]);
    let in_place = Rewrap { to: "vault".into(), from: Some("vault".into()) };
    assert_eq!(operator.rewrap(&in_place, |_| ()).await.unwrap().made, 4);
    openbao().root("POST", "transit/keys/moved/config", json!({"min_decryption_version": 2}));
    let service = KeyService::builder(manager(&store, [vault])).start().await.unwrap();
    assert_eq!(decrypt_bytes(&service.keyring(), &sealed, "balance of 7").unwrap(), b"1250.00");
    assert!(KeyService::builder(manager(&store, [recovery])).start().await.is_ok(), "the recovery slot is whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_are_added_and_taken_away_and_the_last_one_stays() {
    let store = AnyStore::sqlite();
    let aws = aws("aws", &moto().url(), &create_key(&moto().url()).await);
    let keys = manager(&store, [aws, kek("recovery")]);
    let only_aws =
        encrypted_fields_keys::KeyManager::new(store.store(), keys.keks().clone().wrapping(["aws"]).unwrap(), "shop");
    let id = primary(&only_aws, Purpose::Data, Algorithm::Aes256Gcm).await;
    let error = keys.remove_slot(Purpose::Data, id, "aws").await.unwrap_err();
    assert!(matches!(error, KeysError::LastSlot { .. }), "{error}");
    let error = keys.remove_slot(Purpose::Data, id, "recovery").await.unwrap_err();
    assert!(matches!(error, KeysError::NoSlot { .. }), "{error}");
    for key in keys.keyset().await.unwrap().keys {
        keys.add_slot(key.purpose, key.id, "recovery").await.unwrap();
        keys.add_slot(key.purpose, key.id, "recovery").await.expect("one that is there is proven");
    }
    works(&KeyService::builder(manager(&store, [kek("recovery")])).start().await.unwrap().keyring());
    keys.remove_slot(Purpose::Data, id, "aws").await.unwrap();
    let error = keys.remove_slot(Purpose::Data, id, "recovery").await.unwrap_err();
    assert!(matches!(error, KeysError::LastSlot { .. }), "{error}");
    works(&KeyService::builder(manager(&store, [kek("recovery")])).start().await.unwrap().keyring());
}
