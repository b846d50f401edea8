//! The transit engine of a real OpenBao, whose API is Vault's.

use std::path::Path;
use std::time::Duration;

use encrypted_fields_keys::kek::retry::RetryPolicy;
use encrypted_fields_keys::kek::vault::{VaultOptions, VaultTransit};
use encrypted_fields_keys::{Kek as _, KekReason};
use serde_json::json;
use tempfile::TempDir;

use super::{KEY, context, keeps_its_promises, reason, shown_by};
use crate::servers::aws::KmsProxy;
use crate::servers::child::with_env;
use crate::servers::http::{HttpServer, answer, forward};
use crate::servers::service::free_port;
use crate::servers::vault::{OpenBao, ROOT_TOKEN, openbao};

/// Options with a token in a file, and its directory.
fn with_token(url: &str, key: &str, token: &str) -> (TempDir, VaultOptions) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let retry = RetryPolicy { attempts: 1, ..RetryPolicy::default() };
    let address = Some(url.to_owned());
    (directory, VaultOptions { key: key.into(), address, token_file: Some(file), retry, ..VaultOptions::default() })
}

fn as_root(url: &str, key: &str) -> VaultTransit {
    let (directory, options) = with_token(url, key, ROOT_TOKEN);
    let kek = VaultTransit::connect("main", &options).unwrap();
    // Read when it is first asked.
    std::mem::forget(directory);
    kek
}

fn with_approle(url: &str, key: &str, role_id: &str, secret_id: &Path) -> VaultTransit {
    let options = VaultOptions {
        key: key.into(),
        address: Some(url.into()),
        role_id: Some(role_id.into()),
        secret_id_file: Some(secret_id.into()),
        retry: RetryPolicy { attempts: 1, ..RetryPolicy::default() },
        ..VaultOptions::default()
    };
    VaultTransit::connect("main", &options).unwrap()
}

fn denied(detail: &str) -> KekReason {
    KekReason::Denied { detail: detail.into() }
}

#[tokio::test]
async fn what_it_wraps_unwraps_in_the_same_context_alone() {
    openbao().create_key("promises");
    keeps_its_promises(&as_root(&openbao().url(), "promises")).await;
}

#[tokio::test]
async fn another_key_does_not_unwrap() {
    openbao().create_key("one");
    openbao().create_key("another");
    let wrapped = as_root(&openbao().url(), "one").wrap(KEY, &context(1)).await.unwrap();
    let answer = as_root(&openbao().url(), "another").unwrap(&wrapped, &context(1)).await;
    assert_eq!(reason(answer), KekReason::Altered);
}

#[tokio::test]
async fn a_rotated_key_unwraps_until_its_old_versions_are_disallowed() {
    let server = openbao();
    server.create_key("rotated");
    let kek = as_root(&server.url(), "rotated");
    let wrapped = kek.wrap(KEY, &context(1)).await.unwrap();
    server.root("POST", "transit/keys/rotated/rotate", json!({}));
    assert_eq!(kek.unwrap(&wrapped, &context(1)).await.unwrap().as_slice(), KEY);
    assert!(kek.wrap(KEY, &context(1)).await.unwrap().starts_with(b"vault:v2:"));

    server.root("POST", "transit/keys/rotated/config", json!({"min_decryption_version": 2}));
    assert!(matches!(reason(kek.unwrap(&wrapped, &context(1)).await), KekReason::Disabled { .. }));
}

#[tokio::test]
async fn a_key_that_is_not_there_is_told_and_not_made() {
    openbao().create_key("well-spelt");
    let kek = as_root(&openbao().url(), "misspelt");
    let missing = KekReason::NotFound { detail: "encryption key not found".into() };
    // Root may create keys: transit's `encrypt` alone would have made one.
    assert_eq!(reason(kek.check().await), missing);
    assert_eq!(reason(kek.unwrap(b"vault:v1:AAAA", &context(1)).await), missing);
    let keys = openbao().root("LIST", "transit/keys", json!(null)).to_string();
    assert!(!keys.contains("misspelt"), "{keys}");
}

#[tokio::test]
async fn a_deleted_key_is_told() {
    let server = openbao();
    server.create_key("deleted");
    let kek = as_root(&server.url(), "deleted");
    let wrapped = kek.wrap(KEY, &context(1)).await.unwrap();
    server.root("POST", "transit/keys/deleted/config", json!({"deletion_allowed": true}));
    server.root("DELETE", "transit/keys/deleted", json!(null));
    assert!(matches!(reason(kek.unwrap(&wrapped, &context(1)).await), KekReason::NotFound { .. }));
}

#[tokio::test]
async fn a_mount_that_is_not_there_is_told() {
    let (_directory, options) = with_token(&openbao().url(), "shop", ROOT_TOKEN);
    let kek = VaultTransit::connect("main", &VaultOptions { mount: Some("nowhere".into()), ..options }).unwrap();
    assert!(matches!(reason(kek.check().await), KekReason::NotFound { .. }));
}

#[tokio::test]
async fn a_key_that_cannot_wrap_is_a_mistake_in_the_configuration() {
    let server = openbao();
    for (name, options) in [("rsa", json!({"type": "rsa-2048"})), ("derived", json!({"derived": true}))] {
        server.root("POST", &format!("transit/keys/{name}"), options);
        let reason = reason(as_root(&server.url(), name).check().await);
        assert!(
            matches!(&reason, KekReason::Configuration(text) if text.contains("aes256-gcm96")),
            "{name}: {reason:?}"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_no_access() {
    openbao().create_key("refused");
    let (_directory, options) = with_token(&openbao().url(), "refused", "s.token-canary");
    let kek = VaultTransit::connect("main", &options).unwrap();
    assert_eq!(reason(kek.check().await), denied("HTTP 403: token or policy"));
}

#[tokio::test]
async fn a_token_file_that_was_renewed_is_read_again() {
    openbao().create_key("renewed");
    let (directory, options) = with_token(&openbao().url(), "renewed", "s.token-canary");
    let kek = VaultTransit::connect("main", &options).unwrap();
    assert!(kek.check().await.is_err());
    std::fs::write(directory.path().join("token"), ROOT_TOKEN).unwrap();
    kek.check().await.unwrap();
}

#[tokio::test]
async fn an_approle_logs_in_once_and_again_when_its_token_has_expired() {
    let server = openbao();
    server.create_key("approle");
    let (role_id, secret_id) = server.create_role("approle", "approle", "1s");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret-id");
    std::fs::write(&file, &secret_id).unwrap();
    let counter = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let paths = std::sync::Arc::clone(&counter);
    let proxy = HttpServer::start(move |request| {
        paths.lock().unwrap().push(request.path().to_owned());
        forward(&request, server.service.port).ok()
    });
    let logins = || counter.lock().unwrap().iter().filter(|path| path.ends_with("/login")).count();

    let kek = with_approle(&proxy.url(), "approle", &role_id, &file);
    let context = context(1);
    let wrapped = kek.wrap(KEY, &context).await.unwrap();
    let calls = (0..10).map(|_| kek.unwrap(&wrapped, &context));
    assert!(futures_util::future::join_all(calls).await.into_iter().all(|key| key.unwrap().as_slice() == KEY));
    assert_eq!(logins(), 1);

    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let calls = (0..10).map(|_| kek.unwrap(&wrapped, &context));
    assert!(futures_util::future::join_all(calls).await.into_iter().all(|key| key.unwrap().as_slice() == KEY));
    assert_eq!(logins(), 2);

    std::fs::write(&file, "canary-of-no-use").unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(reason(kek.unwrap(&wrapped, &context).await), denied("AppRole login: role id or secret id"));
}

#[tokio::test]
async fn a_policy_for_another_key_is_no_access() {
    let server = openbao();
    server.create_key("mine");
    server.create_key("theirs");
    let (role_id, secret_id) = server.create_role("mine", "mine", "60s");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret-id");
    std::fs::write(&file, secret_id).unwrap();
    with_approle(&server.url(), "mine", &role_id, &file).check().await.unwrap();
    let theirs = with_approle(&server.url(), "theirs", &role_id, &file).check().await;
    assert_eq!(reason(theirs), denied("HTTP 403: token or policy"));
}

#[tokio::test]
async fn a_namespace_has_its_own_keys() {
    let server = openbao();
    server.root("POST", "sys/namespaces/team", json!({}));
    server.root_in("team", "POST", "sys/mounts/transit", json!({"type": "transit"}));
    server.root_in("team", "POST", "transit/keys/in-a-namespace", json!({}));
    let (_directory, options) = with_token(&server.url(), "in-a-namespace", ROOT_TOKEN);
    let within = |namespace: Option<&str>| {
        let namespace = namespace.map(str::to_owned);
        VaultTransit::connect("main", &VaultOptions { namespace, ..options.clone() }).unwrap()
    };
    within(Some("team")).check().await.unwrap();
    assert!(matches!(reason(within(None).check().await), KekReason::NotFound { .. }));
    assert!(matches!(reason(within(Some("no-team")).check().await), KekReason::NotFound { .. }));
}

#[tokio::test]
async fn a_sealed_server_is_unreachable() {
    let server = OpenBao::start();
    server.create_key("sealed");
    let kek = as_root(&server.url(), "sealed");
    kek.check().await.unwrap();
    server.root("PUT", "sys/seal", json!({}));
    let sealed = KekReason::Unreachable { detail: "HTTP 503: sealed, or no active node".into() };
    assert_eq!(reason(kek.check().await), sealed);
}

#[tokio::test]
async fn a_server_that_is_down_or_hangs_is_unreachable() {
    let down = as_root(&format!("http://127.0.0.1:{}", free_port()), "shop");
    assert_eq!(reason(down.check().await), KekReason::Unreachable { detail: "no connection, or no TLS".into() });

    let proxy = KmsProxy::start(openbao().service.port);
    proxy.set_delay(Duration::from_secs(60));
    let (_directory, options) = with_token(&proxy.url(), "shop", ROOT_TOKEN);
    let retry = RetryPolicy { attempts: 2, timeout_ms: 200, base_ms: 1, ..RetryPolicy::default() };
    let hangs = VaultTransit::connect("main", &VaultOptions { retry, ..options }).unwrap();
    assert_eq!(reason(hangs.check().await), KekReason::Unreachable { detail: "no answer in 200 ms".into() });
    assert_eq!(proxy.calls(), 2);
}

#[tokio::test]
async fn the_authorities_of_its_own_file_are_trusted_and_no_others() {
    let certificates = tempfile::tempdir().unwrap();
    let (service, ca_file) = OpenBao::start_tls(certificates.path());
    let (_directory, options) = with_token(&format!("https://127.0.0.1:{}", service.port), "shop", ROOT_TOKEN);
    let mut answers = Vec::new();
    for ca_file in [Some(ca_file), None] {
        let kek = VaultTransit::connect("main", &VaultOptions { ca_file, ..options.clone() }).unwrap();
        answers.push(reason(kek.check().await));
    }
    // It answered, though nothing is mounted there.
    assert_eq!(answers[0], KekReason::NotFound { detail: "HTTP 404: no such mount or namespace".into() });
    assert_eq!(answers[1], KekReason::Unreachable { detail: "no connection, or no TLS".into() });

    let not_pem = VaultOptions { ca_file: options.token_file.clone(), ..options };
    let mistake = VaultTransit::connect("main", &not_pem).unwrap_err();
    assert!(matches!(mistake.reason(), KekReason::Configuration(text) if text.contains("CA file")), "{mistake}");
}

#[tokio::test]
async fn a_redirect_takes_neither_the_token_nor_the_key_elsewhere() {
    let elsewhere = HttpServer::start(|_| panic!("followed"));
    let location = format!("{}/v1/transit/decrypt/shop", elsewhere.url());
    let standby = HttpServer::start(move |_| Some(answer("307 Temporary Redirect", &[("location", &location)], "")));
    let reason = reason(as_root(&standby.url(), "shop").wrap(KEY, &context(1)).await);
    assert_eq!(reason, KekReason::Unreachable { detail: "HTTP 307: not the active node".into() });
}

#[test]
fn the_environment_alone_is_enough() {
    let env = || {
        openbao().create_key("from-env");
        let (role_id, secret_id) = openbao().create_role("from-env", "from-env", "60s");
        let env = vec![("VAULT_ADDR", openbao().url()), ("VAULT_ROLE_ID", role_id), ("VAULT_SECRET_ID", secret_id)];
        ((), env)
    };
    with_env(module_path!(), "the_environment_alone_is_enough", env, || {
        let options = VaultOptions { key: "from-env".into(), ..VaultOptions::default() };
        let kek = VaultTransit::connect("main", &options).unwrap();
        tokio::runtime::Runtime::new().unwrap().block_on(kek.check()).unwrap();
    });
}

#[tokio::test]
async fn no_output_shows_a_secret() {
    let server = openbao();
    server.create_key("shown");
    let shown = shown_by(&as_root(&server.url(), "shown")).await;
    assert!(!shown.contains("canary"), "{shown}");

    let (_directory, options) = with_token(&server.url(), "shown", "s.refused-canary");
    let shown = shown_by(&VaultTransit::connect("main", &options).unwrap()).await;
    assert!(shown.contains("access denied") && !shown.contains("canary"), "{shown}");

    let (role_id, secret_id) = server.create_role("shown", "shown", "60s");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret-id");
    std::fs::write(&file, &secret_id).unwrap();
    let shown = shown_by(&with_approle(&server.url(), "shown", &role_id, &file)).await;
    // `s.` is how OpenBao's tokens begin, `hvs.` Vault's.
    assert!(!shown.contains(&secret_id) && !shown.contains("\"s.") && !shown.contains(" s."), "{shown}");
}
