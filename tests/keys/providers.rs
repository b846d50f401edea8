//! Each provider, against its real server: what it wraps it alone unwraps, in the same context alone, and what goes
//! wrong is told apart.

mod aws;
mod errors;
mod hsm;
mod vault;

use base64ct::{Base64Unpadded, Encoding as _};
use encrypted_fields_keys::{Kek, KekError, KekReason, Purpose, WrapContext};

use crate::servers::logs::Logs;

/// What is wrapped: a canary too.
const KEY: &[u8; 33] = b"\x01key-canary-0123456789-abcdefghij";

fn context(key_id: u32) -> WrapContext {
    WrapContext {
        application: "shop".into(),
        tenant: "acme".into(),
        purpose: Purpose::Data,
        key_id,
        algorithm: "AES-256-GCM".into(),
    }
}

/// What every provider promises while all is well.
async fn keeps_its_promises(kek: &dyn Kek) {
    kek.check().await.unwrap();
    let wrapped = kek.wrap(KEY, &context(7)).await.unwrap();
    assert!(!wrapped.windows(8).any(|window| KEY.windows(8).any(|key| key == window)), "the key is in it");
    assert_eq!(kek.unwrap(&wrapped, &context(7)).await.unwrap().as_slice(), KEY);
    assert_ne!(kek.wrap(KEY, &context(7)).await.unwrap(), wrapped, "the same bytes twice");

    let others = [
        WrapContext { key_id: 8, ..context(7) },
        WrapContext { tenant: String::new(), ..context(7) },
        WrapContext { tenant: "bank".into(), ..context(7) },
        WrapContext { application: "shopacme".into(), tenant: String::new(), ..context(7) },
        WrapContext { purpose: Purpose::Index, ..context(7) },
        WrapContext { algorithm: "XAES-256-GCM".into(), ..context(7) },
    ];
    for other in others {
        assert_eq!(reason(kek.unwrap(&wrapped, &other).await), KekReason::Altered, "{other:?}");
    }
    let mut altered = vec![Vec::new(), b"x".to_vec(), wrapped[..wrapped.len() - 1].to_vec(), vec![0; wrapped.len()]];
    for at in [0, wrapped.len() / 2, wrapped.len() - 1] {
        let mut bytes = wrapped.clone();
        bytes[at] ^= 1;
        altered.push(bytes);
    }
    for bytes in altered {
        let reason = reason(kek.unwrap(&bytes, &context(7)).await);
        // moto's bytes begin with the key's id, and it says of another that there is no access.
        let of_moto = kek.kind() == "aws-kms" && matches!(reason, KekReason::Denied { .. });
        assert!(reason == KekReason::Altered || of_moto, "{reason:?} of {bytes:?}");
    }
}

fn reason<T: std::fmt::Debug>(result: Result<T, KekError>) -> KekReason {
    result.unwrap_err().reason().clone()
}

/// Wraps and unwraps, well and badly, and returns what was logged meanwhile, by any crate, and what the errors show.
async fn shown_by(kek: &dyn Kek) -> String {
    let logs = Logs::collect();
    let mut shown = format!("{kek:?}");
    let result = kek.wrap(KEY, &context(1)).await;
    if let Ok(wrapped) = &result {
        let _ = kek.unwrap(wrapped, &context(1)).await;
        let error = kek.unwrap(wrapped, &context(2)).await.unwrap_err();
        shown += &format!("{error} {error:?}");
        // AWS' SDK traces what `Encrypt` answered. That is no secret, but none of ours or of any other level shows it.
        let logs = logs.text();
        let logs = logs.lines().filter(|line| !line.starts_with("TRACE aws_smithy_runtime::"));
        assert!(!shows(&logs.fold(shown.clone(), |text, line| text + line), wrapped), "the ciphertext is shown");
    }
    if let Err(error) = result {
        shown += &format!("{error} {error:?}");
    }
    let logs = logs.text();
    let of_ours = format!(r#"kek="main" kind="{}" operation="wrap" attempts=1 duration_ms="#, kek.kind());
    assert!(logs.contains(&of_ours), "{logs}");
    assert!(!shows(&(shown.clone() + &logs), KEY), "the key is shown");
    shown + &logs
}

/// Whether bytes are in a text: as text, as base64, as hexadecimal, or as `Debug` prints a list.
fn shows(text: &str, bytes: &[u8]) -> bool {
    let middle = &bytes[bytes.len() / 3..bytes.len() / 3 + 12];
    // Whatever the offset within the base64 text, one of three encodings is in it.
    let base64 = (0..3).map(|skip| Base64Unpadded::encode_string(&bytes[3 + skip..12 + skip]));
    let hex: String = middle.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = format!("{middle:?}");
    let as_text = String::from_utf8_lossy(middle).into_owned();
    let forms = base64.chain([hex, list.trim_matches(['[', ']']).to_owned(), as_text]);
    forms.into_iter().any(|form| text.contains(&form))
}

#[test]
fn what_is_looked_for_in_the_logs_would_be_found() {
    let base64 = base64ct::Base64::encode_string(KEY);
    for text in [String::from_utf8_lossy(KEY).into_owned(), base64, format!("{KEY:?}"), "key-canary-01234".into()] {
        assert_eq!(shows(&text, KEY), !text.starts_with("key-canary-01234"), "{text}");
    }
}

#[test]
fn the_guides_explain_every_reason() {
    let guides = [
        include_str!("../../guides/use-aws-kms.md"),
        include_str!("../../guides/use-vault.md"),
        include_str!("../../guides/use-an-hsm.md"),
    ];
    let detail = String::new;
    let everywhere = [
        KekReason::Denied { detail: detail() },
        KekReason::Unreachable { detail: detail() },
        KekReason::NotFound { detail: detail() },
        KekReason::Altered,
    ];
    let of_some = [
        KekReason::Throttled { detail: detail() },
        KekReason::Disabled { detail: detail() },
        KekReason::WrongKey { detail: detail() },
    ];
    let has = |guide: &str, reason: &KekReason| {
        let text = reason.to_string();
        guide.contains(&format!("| {}", text.split([':', '(']).next().unwrap().trim_end()))
    };
    for reason in everywhere {
        assert!(guides.iter().all(|guide| has(guide, &reason)), "{reason}");
    }
    for reason in of_some {
        assert!(guides.iter().any(|guide| has(guide, &reason)), "{reason}");
    }
}
