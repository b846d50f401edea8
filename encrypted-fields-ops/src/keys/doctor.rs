//! `encrypted-fields keys doctor`: every slot proven, and states, counters and ages looked at.

use std::collections::BTreeMap;

use encrypted_fields::Algorithm;
use encrypted_fields_keys::{
    Finding, KeyAlgorithm, KeyManager, KeyRecord, KeysError, Keyset, Purpose, StoredState, UnixSeconds,
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
        states(&keyset, time::now(), &mut found);
        ages(&keyset, rotation_days, time::now(), &mut found);
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

fn states(keyset: &Keyset, now: UnixSeconds, found: &mut Vec<Finding>) {
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

fn ages(keyset: &Keyset, rotation_days: u32, now: UnixSeconds, found: &mut Vec<Finding>) {
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
    match manager.leased(key.id).await {
        Ok(seals) => budget(key, seals?),
        Err(error) => Some(Finding::error("counter", error.to_string(), "encrypted-fields keys generate --promote")),
    }
}

fn budget(key: &KeyRecord, seals: u64) -> Option<Finding> {
    if key.algorithm != KeyAlgorithm::Data(Algorithm::Aes256Gcm) || key.state != StoredState::Primary {
        return None;
    }
    let id = key.id;
    let mend = "encrypted-fields keys generate --promote; XAES-256-GCM has no such limit";
    match seals {
        ..DUE => None,
        DUE..LIMIT => {
            let what = format!("data key {id} has leased {seals} seals, and is due from 2^31 on");
            Some(Finding::warning("rotation-due", what, mend))
        }
        LIMIT.. => {
            let what = format!("data key {id} has leased {seals} seals, and seals no more: the limit is 2^32");
            Some(Finding::error("exhausted", what, mend))
        }
    }
}

#[cfg(test)]
mod tests {
    use encrypted_fields_keys::Severity;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn key(purpose: Purpose, state: StoredState, days: i64) -> KeyRecord {
        let made = NOW - days * time::DAY;
        KeyRecord {
            id: 7,
            purpose,
            algorithm: KeyAlgorithm::of(purpose, Algorithm::Aes256Gcm),
            imported: false,
            state,
            created: made,
            activated: (state == StoredState::Primary).then_some(made),
            retired: None,
            destroyed: None,
            check: None,
            slots: Vec::new(),
        }
    }

    fn keyset(keys: Vec<KeyRecord>) -> Keyset {
        Keyset { application: "shop".into(), tenant: String::new(), generation: 1, keys, mac: Vec::new() }
    }

    fn codes(found: &[Finding]) -> Vec<&'static str> {
        found.iter().map(|it| it.code).collect()
    }

    #[test]
    fn a_key_of_aes_gcm_is_due_at_half_its_seals_and_done_at_all_of_them() {
        let primary = key(Purpose::Data, StoredState::Primary, 0);
        let code = |key: &KeyRecord, seals| budget(key, seals).map(|it| (it.severity, it.code));
        assert_eq!(code(&primary, DUE - 1), None);
        assert_eq!(code(&primary, DUE), Some((Severity::Warning, "rotation-due")));
        assert_eq!(code(&primary, LIMIT - 1), Some((Severity::Warning, "rotation-due")));
        assert_eq!(code(&primary, LIMIT), Some((Severity::Error, "exhausted")));
        let old = key(Purpose::Data, StoredState::DecryptOnly, 0);
        assert_eq!(code(&old, LIMIT), None, "it seals nothing");
        let xaes = KeyRecord { algorithm: KeyAlgorithm::Data(Algorithm::Xaes256Gcm), ..primary };
        assert_eq!(code(&xaes, u64::MAX), None);
    }

    #[test]
    fn a_primary_key_is_due_after_its_days() {
        let found = |days, period| {
            let mut found = Vec::new();
            ages(&keyset(vec![key(Purpose::Data, StoredState::Primary, days)]), period, NOW, &mut found);
            codes(&found)
        };
        assert_eq!(found(90, 90), [""; 0]);
        assert_eq!(found(91, 90), ["rotation-due"]);
        assert_eq!(found(8, 7), ["rotation-due"]);
    }

    #[test]
    fn odd_states_are_found() {
        let found = |keys| {
            let mut found = Vec::new();
            states(&keyset(keys), NOW, &mut found);
            codes(&found)
        };
        let primary = || key(Purpose::Index, StoredState::Primary, 0);
        assert!(found(vec![primary(), primary()]).contains(&"two-primaries"));
        assert!(found(vec![key(Purpose::Data, StoredState::Pending, 31)]).contains(&"pending-long"));
        assert!(!found(vec![key(Purpose::Data, StoredState::Pending, 30)]).contains(&"pending-long"));
        assert!(found(vec![key(Purpose::Data, StoredState::Pending, -1)]).contains(&"clock"));
        assert!(found(vec![primary()]).contains(&"no-slot"));
        assert_eq!(found(vec![key(Purpose::Data, StoredState::Destroyed, 400)]), [""; 0], "a tombstone has none");
    }
}
