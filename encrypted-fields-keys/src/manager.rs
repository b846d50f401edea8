//! What an operator does with keys: make, promote, retire, destroy, wrap anew.
//!
//! Each operation reads the keyset, verifies it, changes a copy and puts it in place if the stored generation is still the
//! one it read. So two operators cannot make two primaries, and a process that is killed leaves the keyset of before or the
//! one of after; what it had left to do is done by running the operation again.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use encrypted_fields::RootKey;

use crate::error::KeysError;
use crate::keks::Keks;
use crate::keyset::{Distrust, Keyset};
use crate::purpose::Purpose;
use crate::record::{KeyRecord, StoredState, UnixSeconds};
use crate::store::{KeyStore, StoreError};

mod exchange;
mod generate;
mod health;
mod roots;
mod slots;
mod states;

pub use exchange::Import;
pub(crate) use exchange::with_index;
pub use slots::{Rewrap, Rewrapped};

/// The keys of one application and tenant, in an operator's hands.
///
/// ```
/// use std::sync::Arc;
/// use encrypted_fields::{Algorithm, KeyMaterial};
/// use encrypted_fields_keys::{FileStore, Keks, KeyManager, LocalKek, Purpose, StoredState};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("keys.json");
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let kek = LocalKek::new("local", &KeyMaterial::generate()?)?;
/// let manager = KeyManager::new(Arc::new(FileStore::new(path)), Keks::new([Arc::new(kek) as _])?, "shop");
///
/// let key = manager.generate(Purpose::Data, Algorithm::Aes256Gcm).await?;
/// assert_eq!(key.state, StoredState::Pending);
/// manager.promote(Purpose::Data, key.id).await?;
/// assert_eq!(manager.keyset().await?.primary(Purpose::Data).map(|it| it.id), Some(key.id));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })
/// # }
/// ```
pub struct KeyManager {
    pub(crate) store: Arc<dyn KeyStore>,
    pub(crate) keks: Keks,
    pub(crate) application: String,
    pub(crate) tenant: String,
    least_generation: u64,
    clock: fn() -> UnixSeconds,
    /// What this process has seen of the store, which never goes back.
    seen: Mutex<Option<Verified>>,
    step: Option<Arc<dyn Fn(&'static str) + Send + Sync>>,
}

/// A keyset that verified.
#[derive(Clone)]
pub(crate) struct Verified {
    pub(crate) keyset: Keyset,
    pub(crate) root: RootKey,
}

/// How often an operation is tried anew when somebody else was faster.
const TRIES: usize = 8;

impl KeyManager {
    /// The keys of an application in a store.
    pub fn new(store: Arc<dyn KeyStore>, keks: Keks, application: impl Into<String>) -> Self {
        Self {
            store,
            keks,
            application: application.into(),
            tenant: String::new(),
            least_generation: 0,
            clock: now,
            seen: Mutex::default(),
            step: None,
        }
    }

    /// The keys of one tenant of it.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// A manager of another tenant's keys, in the same store and under the same KEKs.
    #[must_use]
    pub fn for_tenant(&self, tenant: impl Into<String>) -> Self {
        Self {
            store: self.store.clone(),
            keks: self.keks.clone(),
            application: self.application.clone(),
            tenant: tenant.into(),
            // A pin is one keyset's.
            least_generation: 0,
            clock: self.clock,
            seen: Mutex::default(),
            step: self.step.clone(),
        }
    }

    /// Refuses a keyset of a lower generation: the pin without which a process that has just started takes a store that was
    /// rolled back as a whole for the newest.
    #[must_use]
    pub fn least_generation(mut self, generation: u64) -> Self {
        self.least_generation = generation;
        self
    }

    /// Takes the time from here, in Unix seconds.
    #[must_use]
    pub fn clock(mut self, clock: fn() -> UnixSeconds) -> Self {
        self.clock = clock;
        self
    }

    /// Called at each step of an operation, for tests that end the process there.
    #[doc(hidden)]
    #[must_use]
    pub fn on_step(mut self, step: Arc<dyn Fn(&'static str) + Send + Sync>) -> Self {
        self.step = Some(step);
        self
    }

    /// The keyset as it is stored, verified.
    ///
    /// # Errors
    /// [`KeysError::NoKeyset`], [`KeysError::Distrust`], [`KeysError::Locked`] where the store root does not come out of any
    /// slot.
    pub async fn keyset(&self) -> Result<Keyset, KeysError> {
        self.verified().await.map(|verified| verified.keyset)
    }

    /// The tenants of the application that have keys, sorted; the application's own is the empty name.
    ///
    /// # Errors
    /// [`KeysError::Store`].
    pub async fn tenants(&self) -> Result<Vec<String>, KeysError> {
        Ok(self.store.tenants(&self.application).await?)
    }

    /// The configured KEKs.
    pub fn keks(&self) -> &Keks {
        &self.keks
    }

    pub(crate) async fn verified(&self) -> Result<Verified, KeysError> {
        // Before the store is read: what somebody sees meanwhile may be newer than what is on its way here.
        let seen = self.known();
        let found = self.store.load(&self.application, &self.tenant).await?;
        let keyset = found.ok_or_else(|| self.no_keyset())?;
        self.verify(keyset, seen).await
    }

    async fn verify(&self, keyset: Keyset, seen: Option<Verified>) -> Result<Verified, KeysError> {
        let roots: Vec<_> = keyset.of(Purpose::StoreRoot).collect();
        let [record] = roots[..] else {
            let what = format!("{} store roots, where there is one", roots.len());
            return Err(Distrust::Nonsense(what).into());
        };
        let root = match self.known_root(record) {
            // No KEK is asked twice: what this root does not authenticate fails below, whatever its record says.
            Some(root) => root,
            None => {
                let unwrapped = self.keks.unwrap(record, &self.application, &self.tenant).await?;
                unwrapped.material.root_key()?
            }
        };
        keyset.verify(&root)?;
        if keyset.generation < self.least_generation {
            return Err(Distrust::RolledBack { found: keyset.generation, seen: self.least_generation }.into());
        }
        if let Some(seen) = seen {
            keyset.follows(&seen.keyset)?;
        }
        let verified = Verified { keyset, root };
        self.remember(&verified);
        Ok(verified)
    }

    /// What was verified last.
    pub(crate) fn known(&self) -> Option<Verified> {
        self.seen().clone()
    }

    fn known_root(&self, record: &KeyRecord) -> Option<RootKey> {
        self.seen().as_ref().map(|seen| seen.root.clone()).filter(|root| root.id() == record.id)
    }

    fn remember(&self, verified: &Verified) {
        let mut seen = self.seen();
        if seen.as_ref().is_none_or(|seen| seen.keyset.generation <= verified.keyset.generation) {
            *seen = Some(verified.clone());
        }
    }

    fn seen(&self) -> MutexGuard<'_, Option<Verified>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the keyset, anew from what is stored if somebody else was faster.
    pub(crate) async fn change<R>(
        &self,
        change: impl Fn(&mut Keyset) -> Result<R, KeysError>,
    ) -> Result<(R, Verified), KeysError> {
        for _ in 0..TRIES {
            let Verified { keyset, root } = self.verified().await?;
            let generation = keyset.generation;
            let mut next = keyset;
            let result = change(&mut next)?;
            let next = next.sealed(&root);
            match self.store.replace(Some(generation), &next).await {
                Ok(()) => {
                    let verified = Verified { keyset: next, root };
                    self.remember(&verified);
                    return Ok((result, verified));
                }
                Err(StoreError::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    pub(crate) fn no_keyset(&self) -> KeysError {
        let (application, tenant) = (self.application.clone(), self.tenant.clone());
        KeysError::NoKeyset { store: self.store.describe(), application, tenant }
    }

    pub(crate) fn now(&self) -> UnixSeconds {
        (self.clock)()
    }

    fn step(&self, step: &'static str) {
        self.step.iter().for_each(|hook| hook(step));
    }
}

/// A key of a keyset that is in one of these states.
fn in_state<'k>(
    keyset: &'k mut Keyset,
    (purpose, key_id): (Purpose, u32),
    states: &[StoredState],
    doing: &'static str,
    instead: &'static str,
) -> Result<&'k mut KeyRecord, KeysError> {
    let key = keyset.key_mut(purpose, key_id).ok_or(KeysError::NoSuchKey { key_id })?;
    if states.contains(&key.state) {
        return Ok(key);
    }
    Err(KeysError::State { key_id, state: key.state, doing, instead })
}

fn now() -> UnixSeconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

impl fmt::Debug for KeyManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyManager")
            .field("store", &self.store)
            .field("application", &self.application)
            .field("tenant", &self.tenant)
            .field("keks", &self.keks)
            .finish_non_exhaustive()
    }
}
