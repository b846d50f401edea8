//! What Vault and OpenBao answer, as our reasons.
//!
//! They have no codes beside HTTP's, so the texts are searched for what both have said for years. What is shown is ours:
//! theirs can hold policies and paths. Statuses: <https://developer.hashicorp.com/vault/api-docs#http-status-codes>; texts:
//! `sdk/helper/keysutil/policy.go` and `builtin/logical/transit` of either.

use serde::Deserialize;

use crate::kek::KekReason;

pub(super) fn reason(status: u16, body: &[u8]) -> KekReason {
    let says = |detail: &str| format!("HTTP {status}: {detail}");
    match status {
        400 => of_a_bad_request(&errors(body)),
        401 | 403 => KekReason::Denied { detail: says("token or policy") },
        404 => KekReason::NotFound { detail: says("no such mount or namespace") },
        405 => KekReason::Configuration("what is mounted there is not a transit engine".into()),
        429 => KekReason::Throttled { detail: says("rate limit quota") },
        // 412: a standby that does not know the token yet. 472, 473: standbys of Vault Enterprise.
        300..=399 | 412 | 472 | 473 => KekReason::Unreachable { detail: says("not the active node") },
        503 => KekReason::Unreachable { detail: says("sealed, or no active node") },
        500.. => KekReason::Unreachable { detail: format!("HTTP {status}") },
        _ => KekReason::Other { detail: format!("HTTP {status}") },
    }
}

fn of_a_bad_request(errors: &str) -> KekReason {
    let any = |texts: &[&str]| texts.iter().any(|text| errors.contains(text));
    if any(&["key not found"]) {
        KekReason::NotFound { detail: "encryption key not found".into() }
    } else if any(&["disallowed by policy"]) {
        KekReason::Disabled { detail: "the key's version is below its min_decryption_version".into() }
    } else if any(&["message authentication failed", "invalid ciphertext"]) {
        KekReason::Altered
    } else if any(&["invalid role", "invalid secret"]) {
        KekReason::Denied { detail: "AppRole login: role id or secret id".into() }
    } else if any(&["key derivation", "AEAD", "associated_data", "associated data", "does not support"]) {
        KekReason::Configuration(
            "the transit key cannot wrap data keys; make one of the type aes256-gcm96, not derived".into(),
        )
    } else {
        KekReason::Other { detail: "HTTP 400".into() }
    }
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<String>,
}

fn errors(body: &[u8]) -> String {
    serde_json::from_slice::<Errors>(body).map(|body| body.errors.join("\n")).unwrap_or_default()
}

/// `reqwest`'s own text has the URL.
pub(super) fn not_answered(error: &reqwest::Error) -> KekReason {
    if error.is_builder() {
        return KekReason::Configuration("the Vault address is not a URL; write https://HOST:PORT".into());
    }
    let detail = match () {
        () if error.is_timeout() => "no answer in time",
        () if error.is_connect() => "no connection, or no TLS",
        () => "the connection broke",
    };
    KekReason::Unreachable { detail: detail.into() }
}

pub(super) fn not_understood() -> KekReason {
    KekReason::Unreachable { detail: "an answer that is not Vault's".into() }
}

/// The same of a login: there it is not the transit engine that is missing.
pub(super) fn of_a_login(reason: KekReason) -> KekReason {
    match reason {
        KekReason::NotFound { .. } | KekReason::Configuration(_) => {
            KekReason::Configuration("there is no AppRole login at the configured mount or namespace".into())
        }
        KekReason::Denied { .. } | KekReason::Other { .. } => {
            KekReason::Denied { detail: "AppRole login: role id or secret id".into() }
        }
        reason => reason,
    }
}
