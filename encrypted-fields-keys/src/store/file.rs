//! Keysets in a file: for one machine, for development, and for an offline copy.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::encoded::Base64;
use crate::keyset::{Counter, Keyset};
use crate::record::{KeyRecord, Slot, StoredState, UnixSeconds};

use super::{KeyStore, StoreError};

/// Keysets in a JSON file, which is written anew and put in place by a rename, under a lock beside it (`<file>.lock`), so
/// that a crash leaves the old file or the new one.
///
/// The file holds no key that is not wrapped. It is made readable by its owner alone.
#[derive(Debug, Clone)]
pub struct FileStore {
    path: PathBuf,
}

impl FileStore {
    /// In this file, which need not be there yet; its directory must.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn failed(&self, doing: &str, error: &std::io::Error) -> StoreError {
        StoreError::Failed { store: self.describe(), reason: format!("{doing}: {error}") }
    }

    fn read(&self) -> Result<Content, StoreError> {
        let mut text = String::new();
        match File::open(&self.path).and_then(|mut file| file.read_to_string(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Content::default()),
            Err(error) => return Err(self.failed("cannot be read", &error)),
        }
        // serde_json's own message may quote the input.
        serde_json::from_str(&text).map_err(|error| StoreError::Malformed {
            store: self.describe(),
            reason: format!("not its JSON, at line {} column {}", error.line(), error.column()),
        })
    }

    /// Reads, changes and writes under the lock.
    fn change(&self, change: impl FnOnce(&mut Content) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let lock = self.beside(".lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(lock);
        let lock = lock.map_err(|error| self.failed("cannot be locked", &error))?;
        lock.lock().map_err(|error| self.failed("cannot be locked", &error))?;
        let mut content = self.read()?;
        change(&mut content)?;
        self.write(&content).map_err(|error| self.failed("cannot be written", &error))
    }

    fn write(&self, content: &Content) -> std::io::Result<()> {
        let new = self.beside(".new");
        let mut file = private(&new)?;
        serde_json::to_writer_pretty(&mut file, content)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        std::fs::rename(&new, &self.path)?;
        // The rename is durable once the directory is.
        let directory = self.path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(suffix);
        path.into()
    }

    /// File locks block, so it is done where blocking is allowed.
    async fn blocking<R: Send + 'static>(
        &self,
        run: impl FnOnce(&Self) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let this = self.clone();
        let store = self.describe();
        let done = tokio::task::spawn_blocking(move || run(&this)).await;
        done.unwrap_or_else(|error| Err(StoreError::Failed { store, reason: error.to_string() }))
    }
}

fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[async_trait]
impl KeyStore for FileStore {
    fn describe(&self) -> String {
        format!("file {}", self.path.display())
    }

    async fn load(&self, application: &str, tenant: &str) -> Result<Option<Keyset>, StoreError> {
        let (application, tenant) = (application.to_owned(), tenant.to_owned());
        self.blocking(move |it| it.read()?.keyset(&application, &tenant).map(|found| found.read(it)).transpose()).await
    }

    async fn replace(&self, expected: Option<u64>, next: &Keyset) -> Result<(), StoreError> {
        let next = KeysetJson::of(next);
        self.blocking(move |it| {
            it.change(|content| {
                let at = content.position(&next.application, &next.tenant);
                let found = at.and_then(|at| content.keysets.get_mut(at));
                match (found, expected) {
                    (Some(found), Some(generation)) if found.generation == generation => {
                        let counters = std::mem::take(&mut found.counters);
                        *found = KeysetJson { counters, ..next };
                    }
                    (None, None) => content.keysets.push(next),
                    _ => return Err(StoreError::Conflict),
                }
                Ok(())
            })
        })
        .await
    }

    async fn tenants(&self, application: &str) -> Result<Vec<String>, StoreError> {
        let application = application.to_owned();
        self.blocking(move |it| {
            let content = it.read()?;
            let mut tenants: Vec<_> =
                content.keysets.into_iter().filter(|it| it.application == application).map(|it| it.tenant).collect();
            tenants.sort();
            Ok(tenants)
        })
        .await
    }

    async fn counter(&self, application: &str, tenant: &str, key_id: u32) -> Result<Option<Counter>, StoreError> {
        let (application, tenant) = (application.to_owned(), tenant.to_owned());
        self.blocking(move |it| {
            let content = it.read()?;
            let counters = content.keyset(&application, &tenant).map(|keyset| keyset.counters.as_slice());
            let found = counters.unwrap_or_default().iter().find(|counter| counter.key_id == key_id);
            Ok(found.map(CounterJson::read))
        })
        .await
    }

    async fn replace_counter(
        &self,
        application: &str,
        tenant: &str,
        expected: Option<u64>,
        next: &Counter,
    ) -> Result<(), StoreError> {
        let (application, tenant) = (application.to_owned(), tenant.to_owned());
        let next = CounterJson { key_id: next.key_id, seals: next.seals, mac: Base64(next.mac.clone()) };
        self.blocking(move |it| {
            it.change(|content| {
                let at = content.position(&application, &tenant).ok_or(StoreError::Conflict)?;
                let counters = content.keysets.get_mut(at).map(|keyset| &mut keyset.counters);
                let counters = counters.ok_or(StoreError::Conflict)?;
                match (counters.iter_mut().find(|it| it.key_id == next.key_id), expected) {
                    (Some(found), Some(seals)) if found.seals == seals => *found = next,
                    (None, None) => counters.push(next),
                    _ => return Err(StoreError::Conflict),
                }
                Ok(())
            })
        })
        .await
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    keysets: Vec<KeysetJson>,
}

impl Content {
    fn position(&self, application: &str, tenant: &str) -> Option<usize> {
        self.keysets.iter().position(|it| it.application == application && it.tenant == tenant)
    }

    fn keyset(&self, application: &str, tenant: &str) -> Option<&KeysetJson> {
        self.position(application, tenant).and_then(|at| self.keysets.get(at))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysetJson {
    application: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    tenant: String,
    generation: u64,
    mac: Base64,
    keys: Vec<KeyJson>,
    #[serde(default)]
    counters: Vec<CounterJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyJson {
    id: u32,
    purpose: String,
    algorithm: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    imported: bool,
    state: StoredState,
    created: UnixSeconds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    activated: Option<UnixSeconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retired: Option<UnixSeconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destroyed: Option<UnixSeconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<Base64>,
    slots: Vec<SlotJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SlotJson {
    kek: String,
    wrapped: Base64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CounterJson {
    key_id: u32,
    seals: u64,
    mac: Base64,
}

impl KeysetJson {
    fn of(keyset: &Keyset) -> Self {
        Self {
            application: keyset.application.clone(),
            tenant: keyset.tenant.clone(),
            generation: keyset.generation,
            mac: Base64(keyset.mac.clone()),
            keys: keyset.keys.iter().map(KeyJson::of).collect(),
            counters: Vec::new(),
        }
    }

    fn read(&self, store: &FileStore) -> Result<Keyset, StoreError> {
        let malformed = |reason| StoreError::Malformed { store: store.describe(), reason };
        let mut keys = self.keys.iter().map(|key| key.read().map_err(malformed)).collect::<Result<Vec<_>, _>>()?;
        keys.sort_by_key(|key| (key.purpose, key.id));
        Ok(Keyset {
            application: self.application.clone(),
            tenant: self.tenant.clone(),
            generation: self.generation,
            keys,
            mac: self.mac.0.clone(),
        })
    }
}

impl KeyJson {
    fn of(key: &KeyRecord) -> Self {
        let slot = |slot: &Slot| SlotJson { kek: slot.kek.clone(), wrapped: Base64(slot.wrapped.clone()) };
        Self {
            id: key.id,
            purpose: key.purpose.name().into(),
            algorithm: key.algorithm.name().into(),
            imported: key.imported,
            state: key.state,
            created: key.created,
            activated: key.activated,
            retired: key.retired,
            destroyed: key.destroyed,
            check: key.check.map(|check| Base64(check.into())),
            slots: key.slots.iter().map(slot).collect(),
        }
    }

    fn read(&self) -> Result<KeyRecord, String> {
        let id = self.id;
        let slot = |slot: &SlotJson| Slot { kek: slot.kek.clone(), wrapped: slot.wrapped.0.clone() };
        let check = self.check.as_ref().map(|check| check.0.as_slice().try_into()).transpose();
        Ok(KeyRecord {
            id,
            purpose: self.purpose.parse().map_err(|error| format!("key {id}: {error}"))?,
            algorithm: self.algorithm.parse().map_err(|error| format!("key {id}: {error}"))?,
            imported: self.imported,
            state: self.state,
            created: self.created,
            activated: self.activated,
            retired: self.retired,
            destroyed: self.destroyed,
            check: check.map_err(|_| format!("key {id} has a check value that is not 16 bytes"))?,
            slots: self.slots.iter().map(slot).collect(),
        })
    }
}

impl CounterJson {
    fn read(&self) -> Counter {
        Counter { key_id: self.key_id, seals: self.seals, mac: self.mac.0.clone() }
    }
}
