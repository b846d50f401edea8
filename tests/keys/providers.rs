//! Each provider, against its real server: what it wraps it alone unwraps, in the same context alone, and what goes
//! wrong is told apart.

mod aws;
mod errors;
mod vault;

use encrypted_fields_keys::{Kek, KekError, KekReason, Purpose, WrapContext};

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
