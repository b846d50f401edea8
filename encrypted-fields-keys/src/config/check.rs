//! What is wrong with a configuration, or could be better: everything at once, each with how to mend it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;

use crate::error::KeysError;
use crate::kek::{Kek, KekError, KekReason};
use crate::keks::Keks;
use crate::keyset::{Distrust, Keyset};
use crate::manager::KeyManager;
use crate::purpose::Purpose;
use crate::record::StoredState;
use crate::store::StoreError;

use super::{Config, KekConfig, KekOptions};

/// One thing that is wrong, or could be better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A name for it that stays, such as `kek-unavailable`.
    pub code: &'static str,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not work.
    Error,
    /// It works, and something that will fail on some day will cost more than it must.
    Warning,
    /// Worth knowing.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

impl Finding {
    /// Something does not work.
    pub fn error(code: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, what: what.into(), mend: mend.into() }
    }

    /// Something will cost more than it must.
    pub fn warning(code: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, code, what: what.into(), mend: mend.into() }
    }

    /// Worth knowing.
    pub fn note(code: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { severity: Severity::Note, code, what: what.into(), mend: mend.into() }
    }
}

/// How long a KEK or the store may take before it counts as unreachable.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) async fn check(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    let application = config.application().filter(|it| !it.is_empty());
    if application.is_none() {
        let how = "set `application` in the file, ENCRYPTED_FIELDS_APPLICATION or --application";
        found.push(Finding::error("no-application", "the application is not configured", how));
    }
    let keks = keks(config, &mut found).await;
    wrap(config, &mut found);
    if let Some(missing) = &config.subjects.missing {
        let mend = "set it where subjects are sealed, opened or erased";
        found.push(Finding::warning("no-subjects-store", missing.clone(), mend));
    }
    if !config.raw_keys.is_empty() {
        let what = format!(
            "{} is set: a program may still seal under it, and counts its seals in each process alone",
            config.raw_keys.join(", ")
        );
        let mend = "import it (`encrypted-fields keys import --env ENCRYPTION_KEY`), start the programs on the key store, \
                    and unset it";
        found.push(Finding::note("raw-key", what, mend));
    }
    let keyset = match (application, config.store(), keks) {
        (Some(application), Ok(store), Some(keks)) => {
            let manager = KeyManager::new(store, keks, application).tenant(config.tenant());
            keyset(&manager.least_generation(config.least_generation()), &mut found).await
        }
        (_, Err(error), _) => {
            found.push(Finding::error("no-store", error.to_string(), "configure the key store"));
            None
        }
        // Without a KEK nothing of the store can be verified, but it can be seen whether it is there.
        (Some(application), Ok(store), None) => {
            let there = tokio::time::timeout(PATIENCE, store.load(application, config.tenant())).await;
            if let Some(finding) = store_finding(config, there.map_err(drop).map(|it| it.map(drop))) {
                found.push(finding);
            }
            None
        }
        (None, Ok(_), _) => None,
    };
    if let Some(keyset) = keyset {
        keys(config, &keyset, &mut found);
    }
    found.sort_by_key(|it| it.severity);
    found
}

/// Asks each; those that can be set up. None: not one of them.
async fn keks(config: &Config, found: &mut Vec<Finding>) -> Option<Keks> {
    let configured = config.keks();
    if configured.is_empty() {
        let mend =
            "add a [[kek]] to the file, or set AWS_KMS_KEY_ID, ENCRYPTED_FIELDS_KEK or ENCRYPTED_FIELDS_KEK_FILE";
        found.push(Finding::error("no-kek", "no KEK is configured", mend));
        return None;
    }
    if configured.iter().all(|kek| kek.options.kind() == "local") {
        let mend = "for production add a KEK of AWS KMS, Vault or an HSM; keep a local one as the recovery slot";
        found.push(Finding::note(
            "only-local-keks",
            "every KEK is local: who has its key and the store has every key",
            mend,
        ));
    }
    let mut set_up: Vec<Arc<dyn Kek>> = Vec::new();
    for kek in &configured {
        found.extend(readable_by_all(kek));
        match kek.options.connect(&kek.name).await {
            Ok(it) => set_up.push(it),
            Err(error) => found.push(unavailable(&error)),
        }
    }
    let application = config.application().unwrap_or("encrypted-fields");
    let answers = join_all(set_up.iter().map(async |kek| {
        tokio::time::timeout(PATIENCE, kek.check_for(application)).await.unwrap_or_else(|_| {
            Err(KekError::new(kek.name(), KekReason::Unreachable { detail: "no answer within 15 s".into() }))
        })
    }))
    .await;
    found.extend(answers.into_iter().filter_map(Result::err).map(|error| unavailable(&error)));
    Keks::new(set_up).ok()
}

fn unavailable(error: &KekError) -> Finding {
    let (code, mend) = match error.reason() {
        KekReason::Configuration(_) => ("kek-configuration", "correct its options, or what they name"),
        KekReason::Denied { .. } => ("kek-denied", "allow these credentials to encrypt and to decrypt with it"),
        KekReason::Unreachable { .. } => ("kek-unreachable", "check its address, the network and whether it is up"),
        KekReason::Throttled { .. } => ("kek-throttled", "wait, or raise its quota"),
        KekReason::NotFound { .. } => ("kek-not-found", "configure a key that there is"),
        KekReason::Disabled { .. } => ("kek-disabled", "enable it, or cancel its deletion"),
        _ => ("kek-unavailable", "see its provider's logs"),
    };
    Finding::error(code, error.to_string(), mend)
}

#[cfg(unix)]
fn readable_by_all(kek: &KekConfig) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;

    let path: &Path = match &kek.options {
        KekOptions::Local(options) => options.file.as_deref()?,
        #[allow(unreachable_patterns, reason = "the other providers have no key file")]
        _ => return None,
    };
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o004 != 0).then(|| {
        let what =
            format!("the key file {} of KEK `{}` is readable by every user of this machine", path.display(), kek.name);
        Finding::warning("key-file-readable-by-all", what, format!("chmod 600 {}", path.display()))
    })
}

#[cfg(not(unix))]
fn readable_by_all(_: &KekConfig) -> Option<Finding> {
    None
}

fn wrap(config: &Config, found: &mut Vec<Finding>) {
    let names: Vec<_> = config.keks().into_iter().map(|kek| kek.name.as_str()).collect();
    for name in config.wrap().unwrap_or_default() {
        if !names.contains(&name.as_str()) {
            let what = format!("`wrap` names KEK `{name}`, which is not configured");
            found.push(Finding::error("wrap-unknown-kek", what, format!("write one of {}", names.join(", "))));
        }
    }
}

/// The keyset, if it can be read and verified.
async fn keyset(manager: &KeyManager, found: &mut Vec<Finding>) -> Option<Keyset> {
    let keyset = tokio::time::timeout(PATIENCE, manager.keyset()).await.unwrap_or_else(|_| {
        let (store, reason) = (manager.store.describe(), "no answer within 15 s".to_owned());
        Err(StoreError::Unreachable { store, reason }.into())
    });
    let error = match keyset {
        Ok(keyset) => return Some(keyset),
        Err(error) => error,
    };
    let (code, mend) = match &error {
        KeysError::Store(error) => store_advice(error),
        KeysError::NoKeyset { .. } => ("no-keyset", "encrypted-fields keys generate --promote"),
        KeysError::Distrust(Distrust::RolledBack { .. }) => (
            "rolled-back",
            "restore the newer store; or, if this one was restored on purpose, lower `least_generation`",
        ),
        KeysError::Distrust(_) => ("distrust", "restore the key store from a backup, and find out who writes to it"),
        KeysError::Locked { .. } => ("locked", "make one of these KEKs answer"),
        KeysError::NoKek { .. } => ("slots-of-other-keks", "configure one of these KEKs under its name"),
        _ => ("keyset", "see the message"),
    };
    found.push(Finding::error(code, error.to_string(), mend));
    None
}

fn store_advice(error: &StoreError) -> (&'static str, &'static str) {
    match error {
        StoreError::NoTables { .. } => ("no-tables", "encrypted-fields keys init"),
        StoreError::Unreachable { .. } => {
            ("store-unreachable", "check the URL, the network, and that the database is up and lets this user in")
        }
        StoreError::Malformed { .. } => ("store-malformed", "restore it from a backup"),
        _ => ("store-failed", "see the database's log"),
    }
}

fn store_finding(config: &Config, there: Result<Result<(), StoreError>, ()>) -> Option<Finding> {
    let store = || config.store_url().map(ToString::to_string).unwrap_or_default();
    let error = match there {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => error,
        Err(()) => StoreError::Unreachable { store: store(), reason: "no answer within 15 s".into() },
    };
    let (code, mend) = store_advice(&error);
    Some(Finding::error(code, error.to_string(), mend))
}

fn keys(config: &Config, keyset: &Keyset, found: &mut Vec<Finding>) {
    if keyset.primary(Purpose::Data).is_none() {
        let mend = "encrypted-fields keys generate --promote; or promote one that is there";
        found.push(Finding::error("no-primary", "there is no primary data key: nothing can be sealed", mend));
    }
    if keyset.primary(Purpose::Index).is_none() {
        let mend = "encrypted-fields keys generate --purpose index --promote, if any field has an index";
        found.push(Finding::warning(
            "no-index-key",
            "there is no primary index key: no blind index can be computed",
            mend,
        ));
    }
    let live: Vec<_> = keyset.keys.iter().filter(|key| key.state != StoredState::Destroyed).collect();
    let configured: Vec<_> = config.keks().into_iter().map(|kek| kek.name.as_str()).collect();
    let single: Vec<_> = live.iter().filter(|key| key.slots.len() == 1).map(|key| key.id.to_string()).collect();
    if !single.is_empty() {
        let what =
            format!("without its one KEK each of {} is lost for ever: {}", plural(single.len()), single.join(", "));
        let mend = "add a recovery KEK, and give every key a slot of it: encrypted-fields keys rewrap --to recovery";
        found.push(Finding::warning("single-slot", what, mend));
    }
    let unopened = live.iter().filter(|key| !key.slots.iter().any(|slot| configured.contains(&slot.kek.as_str())));
    for key in unopened {
        let slots = key.slots.iter().map(|slot| slot.kek.as_str()).collect::<Vec<_>>().join(", ");
        let what =
            format!("{} key {} has slots of {slots} only, and none of these KEKs is configured", key.purpose, key.id);
        found.push(Finding::error("slots-of-other-keks", what, "configure one of these KEKs under its name"));
    }
    if config.least_generation() == 0 {
        let generation = keyset.generation;
        let mend = format!("write least_generation = {generation}, and raise it when the keys change");
        let what = "`least_generation` is not pinned: a process that has just started takes an older copy of the store for \
                    the newest";
        found.push(Finding::note("not-pinned", what, mend));
    }
}

fn plural(keys: usize) -> String {
    if keys == 1 { "1 key".into() } else { format!("{keys} keys") }
}
