//! PKCS#11, with SoftHSM. Each test is in a process of its own, with a token of its own.

use encrypted_fields_keys::kek::pkcs11::{Pkcs11Kek, Pkcs11Options};
use encrypted_fields_keys::kek::retry::RetryPolicy;
use encrypted_fields_keys::{Kek as _, KekReason, WrapContext};
use serde::Deserialize;

use super::{KEY, context, keeps_its_promises, reason, shown_by};
use crate::servers::hsm::{self, PIN_ENV, TOKEN, generate_key, module, pkcs11_tool, with_token};

fn options() -> Pkcs11Options {
    Pkcs11Options {
        module: module(),
        token_label: Some(TOKEN.into()),
        key: hsm::KEY.into(),
        pin_env: Some(PIN_ENV.into()),
        retry: RetryPolicy { attempts: 1, ..RetryPolicy::default() },
        ..Pkcs11Options::default()
    }
}

fn kek(options: Pkcs11Options) -> Pkcs11Kek {
    Pkcs11Kek::connect("main", &options).unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

fn denied(detail: &str) -> KekReason {
    KekReason::Denied { detail: detail.into() }
}

#[test]
fn what_it_wraps_unwraps_in_the_same_context_alone() {
    with_token(module_path!(), "what_it_wraps_unwraps_in_the_same_context_alone", || {
        run(keeps_its_promises(&kek(options())));
    });
}

#[test]
fn calls_at_once_take_their_turns() {
    with_token(module_path!(), "calls_at_once_take_their_turns", || {
        run(async {
            let (kek, other, context) = (kek(options()), kek(options()), context(1));
            let wrapped = kek.wrap(KEY, &context).await.unwrap();
            let calls = (0..40).map(|n| if n % 2 == 0 { &kek } else { &other }.unwrap(&wrapped, &context));
            for key in futures_util::future::join_all(calls).await {
                assert_eq!(key.unwrap().as_slice(), KEY);
            }
        });
    });
}

#[test]
fn a_pin_that_is_wrong_is_no_access_and_does_not_lock_the_token() {
    with_token(module_path!(), "a_pin_that_is_wrong_is_no_access_and_does_not_lock_the_token", || {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "wrong-pin-canary\n").unwrap();
        let kek = kek(Pkcs11Options { pin_env: None, pin_file: Some(file.path().into()), ..options() });
        run(async {
            assert_eq!(reason(kek.check().await), denied("CKR_PIN_INCORRECT"));
            for _ in 0..20 {
                let again = denied("this PIN was refused before, and is not tried again");
                assert_eq!(reason(kek.check().await), again);
            }
            let error = kek.check().await.unwrap_err();
            for shown in [format!("{kek:?}"), format!("{error:?}"), error.to_string()] {
                assert!(shown.contains("main") && !shown.contains("canary"), "{shown}");
            }
            // Mended without a restart.
            std::fs::write(file.path(), hsm::PIN).unwrap();
            kek.check().await.unwrap();
        });
    });
}

#[test]
fn what_is_not_there_is_told() {
    with_token(module_path!(), "what_is_not_there_is_told", || {
        run(async {
            let token = kek(Pkcs11Options { token_label: Some("other".into()), ..options() });
            assert!(matches!(reason(token.check().await), KekReason::Unreachable { .. }));
            let slot = kek(Pkcs11Options { token_label: None, slot: Some(123_456_789), ..options() });
            assert!(matches!(reason(slot.check().await), KekReason::Unreachable { .. }));
            let key = kek(Pkcs11Options { key: "other".into(), ..options() });
            assert!(matches!(reason(key.check().await), KekReason::NotFound { .. }));
            let module = kek(Pkcs11Options { module: "/nowhere.so".into(), ..options() });
            assert!(matches!(reason(module.check().await), KekReason::Configuration(_)));
            let pin = kek(Pkcs11Options { pin_env: Some("NO_SUCH_PIN".into()), ..options() });
            assert!(
                matches!(reason(pin.check().await), KekReason::Configuration(text) if text.contains("NO_SUCH_PIN"))
            );
        });
    });
}

#[test]
fn a_key_that_can_be_extracted_is_refused() {
    with_token(module_path!(), "a_key_that_can_be_extracted_is_refused", || {
        generate_key("extractable", &["--sensitive", "--extractable"]);
        generate_key("readable", &[]);
        run(async {
            for key in ["extractable", "readable"] {
                let reason = reason(kek(Pkcs11Options { key: key.into(), ..options() }).check().await);
                let text = reason.to_string();
                assert!(matches!(reason, KekReason::Configuration(_)) && text.contains("CKA_EXTRACTABLE"), "{text}");
            }
        });
    });
}

#[test]
fn a_key_that_is_short_or_there_twice_is_refused() {
    with_token(module_path!(), "a_key_that_is_short_or_there_twice_is_refused", || {
        let arguments = ["--token-label", TOKEN, "--login", "--pin", hsm::PIN, "--keygen", "--key-type", "AES:16"];
        pkcs11_tool(&[&arguments[..], &["--label", "short", "--sensitive"]].concat());
        generate_key(hsm::KEY, &["--sensitive"]);
        run(async {
            for (key, expected) in [("short", "256 bits"), (hsm::KEY, "two AES keys")] {
                let text = reason(kek(Pkcs11Options { key: key.into(), ..options() }).check().await).to_string();
                assert!(text.contains(expected), "{text}");
            }
        });
    });
}

#[test]
fn another_key_does_not_unwrap() {
    with_token(module_path!(), "another_key_does_not_unwrap", || {
        generate_key("another", &["--sensitive"]);
        run(async {
            let wrapped = kek(options()).wrap(KEY, &context(1)).await.unwrap();
            let another = kek(Pkcs11Options { key: "another".into(), ..options() });
            assert_eq!(reason(another.unwrap(&wrapped, &context(1)).await), KekReason::Altered);
        });
    });
}

#[test]
fn a_session_that_was_lost_is_opened_again() {
    with_token(module_path!(), "a_session_that_was_lost_is_opened_again", || {
        run(async {
            let kek = kek(options());
            let wrapped = kek.wrap(KEY, &context(1)).await.unwrap();
            let module = cryptoki::context::Pkcs11::new(module()).unwrap();

            // Logged out behind its back, as when a token was pulled out and put back.
            let mut slots = module.get_slots_with_token().unwrap().into_iter();
            let slot = slots.find(|slot| module.get_token_info(*slot).unwrap().label() == TOKEN).unwrap();
            module.open_ro_session(slot).unwrap().logout().unwrap();
            assert_eq!(kek.unwrap(&wrapped, &context(1)).await.unwrap().as_slice(), KEY);

            // Every session of this process is gone.
            module.finalize().unwrap();
            assert_eq!(kek.unwrap(&wrapped, &context(1)).await.unwrap().as_slice(), KEY);
        });
    });
}

#[test]
fn a_key_that_was_deleted_is_told() {
    with_token(module_path!(), "a_key_that_was_deleted_is_told", || {
        run(async {
            let kek = kek(options());
            let wrapped = kek.wrap(KEY, &context(1)).await.unwrap();
            let arguments =
                ["--token-label", TOKEN, "--login", "--pin", hsm::PIN, "--delete-object", "--type", "secrkey"];
            pkcs11_tool(&[&arguments[..], &["--label", hsm::KEY]].concat());
            assert!(matches!(reason(kek.unwrap(&wrapped, &context(1)).await), KekReason::NotFound { .. }));
        });
    });
}

#[derive(Deserialize)]
struct Vectors {
    key: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    application: String,
    tenant: String,
    purpose: String,
    key_id: u32,
    algorithm: String,
    aad: String,
    plaintext: String,
    wrapped: String,
}

#[test]
fn the_bytes_are_those_that_another_program_works_out() {
    with_token(module_path!(), "the_bytes_are_those_that_another_program_works_out", || {
        let vectors = include_str!("../../../encrypted-fields-keys/vectors/pkcs11.json");
        let vectors: Vectors = serde_json::from_str(vectors).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), from_hex(&vectors.key)).unwrap();
        let path = file.path().to_str().unwrap();
        let arguments =
            ["--token-label", TOKEN, "--login", "--pin", hsm::PIN, "--write-object", path, "--type", "secrkey"];
        pkcs11_tool(&[&arguments[..], &["--key-type", "AES:32", "--label", "vectors", "--sensitive"]].concat());

        let kek = kek(Pkcs11Options { key: "vectors".into(), ..options() });
        assert_eq!(vectors.cases.len(), 2);
        for case in vectors.cases {
            let purpose = case.purpose.parse().unwrap();
            let Case { application, tenant, key_id, algorithm, .. } = case;
            let context = WrapContext { application, tenant, purpose, key_id, algorithm };
            assert_eq!(context.bytes(), from_hex(&case.aad));
            let key = run(kek.unwrap(&from_hex(&case.wrapped), &context)).unwrap();
            assert_eq!(key.as_slice(), from_hex(&case.plaintext));
        }
    });
}

fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn no_output_shows_a_secret() {
    with_token(module_path!(), "no_output_shows_a_secret", || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let shown = runtime.block_on(shown_by(&kek(options()))) + &format!("{:?}", options());
        assert!(shown.contains("data-keys") && !shown.contains("canary"), "{shown}");
    });
}
