//! `encrypted-fields keys doctor`: every slot proven, and states, counters and ages looked at.

use std::collections::BTreeMap;

use encrypted_fields::Algorithm;
use encrypted_fields_keys::{
    Finding, KeyAlgorithm, KeyManager, KeyRecord, KeysError, Keyset, Purpose, Severity, StoredState,
};
use futures_util::future::join_all;

use crate::failure::Failure;
use crate::reply::{Reply, plural};
use crate::session::Session;
use crate::time;

/// Seals after which a key of AES-256-GCM is due, and after which it seals no more: NIST SP 800-38D, 8.3.
const DUE: u64 = 1 << 31;
const LIMIT: u64 = 1 << 32;

/// Days after which a key that was made and never used is odd.
const PENDING_DAYS: i64 = 30;

pub(super) async fn run(session: &Session, rotation_days: u32) -> Result<Reply, Failure> {
    let mut found = session.config.check().await;
    // What cannot be connected or read is among the findings already.
    let mut proven = 0;
    if let Ok(manager) = session.manager().await
        && let Ok(keyset) = manager.keyset().await
    {
        proven = slots(&manager, &keyset, &mut found).await;
        wanted_slots(session, &keyset, &mut found);
        states(&keyset, &mut found);
        ages(&keyset, rotation_days, &mut found);
        for key in keyset.of(Purpose::Data).filter(|key| key.state != StoredState::Destroyed) {
            found.extend(counter(&manager, key).await);
        }
    }
    found.sort_by_key(|it| it.severity);
    let fine = format!("The keyset verifies, and each key came out of each slot ({proven} in all).");
    Ok(Reply::findings(&found, &fine))
}

/// Unwraps each key by each configured KEK that has a slot of it; how many did.
async fn slots(manager: &KeyManager, keyset: &Keyset, found: &mut Vec<Finding>) -> usize {
    let mut proven = 0;
    let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failed: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    for key in &keyset.keys {
        let answers = join_all(key.slots.iter().map(async |slot| {
            let answer = match manager.keks().get(&slot.kek) {
                Ok(_) => Some(manager.prove_slot(key.purpose, key.id, &slot.kek).await),
                Err(_) => None,
            };
            (slot.kek.as_str(), answer)
        }));
        for (kek, answer) in answers.await {
            match answer {
                None => *unknown.entry(kek).or_default() += 1,
                Some(Ok(_)) => proven += 1,
                Some(Err(error)) => failed.entry(kek).or_insert_with(|| (0, said(&error, key))).0 += 1,
            }
        }
    }
    for (kek, (keys, error)) in failed {
        let what = format!("the slots of KEK `{kek}` do not give {}: {error}", plural(keys, "key"));
        let mend = "make the KEK answer; or configure the one that wrapped them under this name";
        found.push(Finding::error("slot-does-not-open", what, mend));
    }
    for (kek, keys) in unknown {
        let what = format!("{} of KEK `{kek}`, which is not configured here, cannot be proven", plural(keys, "slot"));
        let mend = format!("configure `{kek}`; or drop them: encrypted-fields keys rewrap --to <ANOTHER> --from {kek}");
        found.push(Finding::note("slot-of-other-kek", what, mend));
    }
    proven
}

fn said(error: &KeysError, key: &KeyRecord) -> String {
    match error {
        KeysError::WrongBytes { .. } => error.to_string(),
        _ => format!("{} key {}: {error}", key.purpose, key.id),
    }
}

/// Keys of before a KEK was configured have no slot of it.
fn wanted_slots(session: &Session, keyset: &Keyset, found: &mut Vec<Finding>) {
    let all: Vec<_> = session.config.keks().into_iter().map(|kek| kek.name.clone()).collect();
    for kek in session.config.wrap().unwrap_or(&all) {
        let live = keyset.keys.iter().filter(|key| key.state != StoredState::Destroyed);
        let without = live.filter(|key| key.slot(kek).is_none()).count();
        if without > 0 {
            let what =
                format!("new keys get a slot of KEK `{kek}`, and {} of before have none", plural(without, "key"));
            let mend = format!("encrypted-fields keys rewrap --to {kek}");
            found.push(Finding::warning("slot-missing", what, mend));
        }
    }
}

fn states(keyset: &Keyset, found: &mut Vec<Finding>) {
    let now = time::now();
    for purpose in Purpose::ALL {
        let primaries = keyset.of(purpose).filter(|key| key.state == StoredState::Primary).count();
        if primaries > 1 {
            let what = format!("{primaries} keys of purpose {purpose} are primary, where at most one is");
            found.push(Finding::error("two-primaries", what, "promote one of them once more"));
        }
    }
    for key in &keyset.keys {
        let id = key.id;
        if key.state == StoredState::Pending && now - key.created > PENDING_DAYS * time::DAY {
            let what =
                format!("{} key {id} was made {} ago and never promoted", key.purpose, time::age(key.created, now));
            let mend = format!("encrypted-fields keys promote {id}; or retire and destroy it");
            found.push(Finding::note("pending-long", what, mend));
        }
        if key.created > now + 300 {
            let what = format!("{} key {id} was made in the future: {}", key.purpose, time::rfc3339(key.created));
            found.push(Finding::warning("clock", what, "set the clock of this machine, or of the one that made it"));
        }
        if key.state != StoredState::Destroyed && key.slots.is_empty() {
            let what = format!("{} key {id} has no slot at all", key.purpose);
            found.push(Finding::error("no-slot", what, "restore the key store from a backup"));
        }
    }
}

fn ages(keyset: &Keyset, rotation_days: u32, found: &mut Vec<Finding>) {
    let now = time::now();
    let Some(key) = keyset.primary(Purpose::Data) else { return };
    let since = key.activated.unwrap_or(key.created);
    if now - since > i64::from(rotation_days) * time::DAY {
        let id = key.id;
        let what =
            format!("data key {id} has been primary for {}, and is due after {rotation_days} d", time::age(since, now));
        found.push(Finding::warning("rotation-due", what, "encrypted-fields keys generate --promote"));
    }
}

/// How often a data key has sealed, in every process.
async fn counter(manager: &KeyManager, key: &KeyRecord) -> Option<Finding> {
    let id = key.id;
    let seals = match manager.leased(id).await {
        Ok(seals) => seals?,
        Err(error) => {
            return Some(Finding::error("counter", error.to_string(), "encrypted-fields keys generate --promote"));
        }
    };
    let limited = key.algorithm == KeyAlgorithm::Data(Algorithm::Aes256Gcm) && key.state == StoredState::Primary;
    let mend = "encrypted-fields keys generate --promote; XAES-256-GCM has no such limit";
    let severity = match seals {
        _ if !limited => return None,
        LIMIT.. => Severity::Error,
        DUE..LIMIT => Severity::Warning,
        _ => return None,
    };
    Some(if severity == Severity::Error {
        let what = format!("data key {id} has leased {seals} seals, and seals no more: the limit is 2^32");
        Finding::error("exhausted", what, mend)
    } else {
        Finding::warning(
            "rotation-due",
            format!("data key {id} has leased {seals} seals, and is due from 2^31 on"),
            mend,
        )
    })
}
