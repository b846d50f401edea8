//! AWS KMS.

use std::time::Duration;

use aws_sdk_kms::Client;
use encrypted_fields_keys::kek::aws::{AwsKms, AwsKmsOptions};
use encrypted_fields_keys::kek::retry::RetryPolicy;
use encrypted_fields_keys::{Kek as _, KekReason};

use super::{KEY, context, keeps_its_promises, reason, shown_by};
use crate::servers::aws::{
    ACCESS_KEY, KmsProxy, REGION, SECRET_KEY, client, create_key, ministack, moto, moto_that_refuses, sdk_config,
};
use crate::servers::child::with_env;
use crate::servers::service::free_port;

fn kms(endpoint: &str, key: &str) -> AwsKms {
    with_retry(
        endpoint,
        key,
        RetryPolicy { attempts: 1, timeout_ms: 20_000, deadline_ms: 20_000, ..RetryPolicy::default() },
    )
}

fn with_retry(endpoint: &str, key: &str, retry: RetryPolicy) -> AwsKms {
    let options =
        AwsKmsOptions { key: Some(key.into()), endpoint: Some(endpoint.into()), retry, ..AwsKmsOptions::default() };
    AwsKms::with_sdk_config("main", &options, &sdk_config()).unwrap()
}

#[tokio::test]
async fn what_it_wraps_unwraps_in_the_same_context_alone() {
    let endpoint = moto().url();
    let key = create_key(&endpoint).await;
    keeps_its_promises(&kms(&endpoint, &key)).await;
}

#[tokio::test]
async fn an_alias_and_an_arn_name_the_key_too() {
    let endpoint = moto().url();
    let answer = client(&endpoint).create_key().send().await.unwrap().key_metadata.unwrap();
    let alias = client(&endpoint).create_alias().alias_name("alias/shop").target_key_id(&answer.key_id);
    alias.send().await.unwrap();
    let wrapped = kms(&endpoint, &answer.key_id).wrap(KEY, &context(1)).await.unwrap();
    for name in ["alias/shop", answer.arn.as_deref().unwrap()] {
        assert_eq!(kms(&endpoint, name).unwrap(&wrapped, &context(1)).await.unwrap().as_slice(), KEY, "{name}");
    }
}

#[tokio::test]
async fn the_encryption_context_is_what_policies_are_written_against() {
    let endpoint = moto().url();
    let key = create_key(&endpoint).await;
    let wrapped = kms(&endpoint, &key).wrap(KEY, &context(7)).await.unwrap();
    // By the SDK alone, with the names of the guide.
    let pairs = [
        ("application", "shop"),
        ("tenant", "acme"),
        ("purpose", "data"),
        ("key-id", "7"),
        ("algorithm", "AES-256-GCM"),
    ];
    let mut request = client(&endpoint).decrypt().ciphertext_blob(aws_sdk_kms::primitives::Blob::new(wrapped));
    for (name, value) in pairs {
        request = request.encryption_context(format!("encrypted-fields:{name}"), value);
    }
    assert_eq!(request.send().await.unwrap().plaintext.unwrap().as_ref(), KEY);
}

/// A client of ministack, a key, a KEK of it and what it wrapped.
async fn with_states() -> (Client, String, AwsKms, Vec<u8>) {
    let endpoint = ministack().url();
    let key = create_key(&endpoint).await;
    let kek = kms(&endpoint, &key);
    let wrapped = kek.wrap(KEY, &context(1)).await.unwrap();
    (client(&endpoint), key, kek, wrapped)
}

#[tokio::test]
async fn a_disabled_key_is_told() {
    let (client, key, kek, wrapped) = with_states().await;
    client.disable_key().key_id(&key).send().await.unwrap();
    let disabled = KekReason::Disabled { detail: "DisabledException".into() };
    assert_eq!(reason(kek.unwrap(&wrapped, &context(1)).await), disabled);
    assert_eq!(reason(kek.wrap(KEY, &context(1)).await), disabled);
    client.enable_key().key_id(&key).send().await.unwrap();
    assert_eq!(kek.unwrap(&wrapped, &context(1)).await.unwrap().as_slice(), KEY);
}

#[tokio::test]
async fn a_key_that_waits_to_be_deleted_is_told() {
    let (client, key, kek, wrapped) = with_states().await;
    client.schedule_key_deletion().key_id(&key).pending_window_in_days(7).send().await.unwrap();
    let pending = KekReason::Disabled { detail: "KMSInvalidStateException".into() };
    assert_eq!(reason(kek.unwrap(&wrapped, &context(1)).await), pending);
    client.cancel_key_deletion().key_id(&key).send().await.unwrap();
    client.enable_key().key_id(&key).send().await.unwrap();
    assert_eq!(kek.unwrap(&wrapped, &context(1)).await.unwrap().as_slice(), KEY);
}

#[tokio::test]
async fn a_key_that_is_not_there_is_told() {
    for endpoint in [moto().url(), ministack().url()] {
        let kek = kms(&endpoint, "12345678-1234-1234-1234-123456789012");
        let reason = reason(kek.wrap(KEY, &context(1)).await);
        assert_eq!(reason, KekReason::NotFound { detail: "NotFoundException".into() });
    }
}

#[tokio::test]
async fn another_key_does_not_unwrap() {
    let endpoint = moto().url();
    let (key, other) = (create_key(&endpoint).await, create_key(&endpoint).await);
    let wrapped = kms(&endpoint, &key).wrap(KEY, &context(1)).await.unwrap();
    // moto's word for it. AWS' own is in errors.rs.
    let denied = KekReason::Denied { detail: "AccessDeniedException".into() };
    assert_eq!(reason(kms(&endpoint, &other).unwrap(&wrapped, &context(1)).await), denied);
}

#[tokio::test]
async fn a_user_that_is_not_known_is_denied() {
    let server = moto_that_refuses();
    let reason = reason(kms(&server.url(), "alias/shop").wrap(KEY, &context(1)).await);
    assert!(matches!(reason, KekReason::Denied { .. }), "{reason:?}");
}

#[tokio::test]
async fn a_server_that_is_down_is_unreachable() {
    let kek = kms(&format!("http://127.0.0.1:{}", free_port()), "alias/shop");
    assert!(matches!(reason(kek.check().await), KekReason::Unreachable { .. }));
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let proxy = KmsProxy::start(moto().port);
    proxy.set_delay(Duration::from_secs(60));
    let policy = RetryPolicy { attempts: 2, timeout_ms: 200, base_ms: 1, ..RetryPolicy::default() };
    let reason = reason(with_retry(&proxy.url(), "alias/shop", policy).check().await);
    assert_eq!(reason, KekReason::Unreachable { detail: "no answer in 200 ms".into() });
    assert_eq!(proxy.calls(), 2, "both attempts were made, and neither was waited for");
}

#[tokio::test]
async fn throttling_and_an_outage_that_pass_are_waited_for() {
    let proxy = KmsProxy::start(moto().port);
    let key = create_key(&moto().url()).await;
    let kek = with_retry(&proxy.url(), &key, RetryPolicy { attempts: 100, base_ms: 5, ..RetryPolicy::default() });

    proxy.throttle(3);
    let wrapped = kek.wrap(KEY, &context(1)).await.unwrap();
    assert_eq!((proxy.calls(), proxy.calls_of("Encrypt")), (4, 4));

    proxy.set_down(true);
    let up_again = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        proxy.set_down(false);
    };
    let context = context(1);
    let (key, ()) = tokio::join!(kek.unwrap(&wrapped, &context), up_again);
    assert_eq!(key.unwrap().as_slice(), KEY);
    assert_eq!(proxy.calls_of("Decrypt"), 1);
}

#[tokio::test]
async fn twenty_keys_are_unwrapped_at_once() {
    let proxy = KmsProxy::start(moto().port);
    let key = create_key(&moto().url()).await;
    let (kek, context) = (kms(&proxy.url(), &key), context(1));
    let wrapped = kek.wrap(KEY, &context).await.unwrap();
    proxy.set_delay(Duration::from_millis(500));
    proxy.reset();
    let keys = futures_util::future::join_all((0..20).map(|_| kek.unwrap(&wrapped, &context))).await;
    assert!(keys.into_iter().all(|key| key.unwrap().as_slice() == KEY));
    assert_eq!((proxy.calls(), proxy.calls_of("Decrypt")), (20, 20));
    assert!(proxy.most_at_once() >= 10, "{} at once", proxy.most_at_once());
}

#[tokio::test]
async fn throttling_that_does_not_pass_is_told() {
    let proxy = KmsProxy::start(moto().port);
    proxy.throttle(u64::MAX);
    let kek = with_retry(&proxy.url(), "alias/shop", RetryPolicy { attempts: 3, base_ms: 1, ..RetryPolicy::default() });
    let reason = reason(kek.wrap(KEY, &context(1)).await);
    assert_eq!(reason, KekReason::Throttled { detail: "ThrottlingException".into() });
    assert_eq!(proxy.calls(), 3);
}

#[test]
fn the_environment_alone_is_enough() {
    let env = || {
        let url = moto().url();
        let env = vec![
            ("AWS_ENDPOINT_URL_KMS", url.clone()),
            ("AWS_REGION", REGION.into()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.into()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.into()),
            ("AWS_KMS_KEY_ALIAS", "from-env".into()),
        ];
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let key = create_key(&url).await;
            let alias = client(&url).create_alias().alias_name("alias/from-env").target_key_id(key);
            alias.send().await.unwrap();
        });
        ((), env)
    };
    with_env(module_path!(), "the_environment_alone_is_enough", env, || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async { AwsKms::from_env("main").await.unwrap().check().await.unwrap() });
    });
}

#[test]
fn no_credentials_are_told_as_no_access() {
    let env = || {
        let home = tempfile::tempdir().unwrap();
        let env = vec![
            ("AWS_ENDPOINT_URL_KMS", moto().url()),
            ("AWS_REGION", REGION.into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("HOME", home.path().display().to_string()),
        ];
        (home, env)
    };
    with_env(module_path!(), "no_credentials_are_told_as_no_access", env, || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let reason = runtime.block_on(async { reason(AwsKms::new("main", "alias/shop").await.unwrap().check().await) });
        assert_eq!(reason, KekReason::Denied { detail: "no credentials found".into() });
    });
}

#[tokio::test]
async fn no_output_shows_a_secret() {
    let endpoint = moto().url();
    let key = create_key(&endpoint).await;
    let shown = shown_by(&kms(&endpoint, &key)).await;
    assert!(!shown.contains(SECRET_KEY) && !shown.contains("canary"), "{shown}");
}
