//! The keys of one application and tenant in memory: a keyring that is replaced as a whole.
//!
//! Sealing and opening take the keyring and ask nobody. A refresh reads the store, verifies it, asks a KEK for the keys it has
//! not yet, and puts a new keyring in place. A key is unwrapped once a process: what is known is kept from refresh to refresh,
//! its count of seals included.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use encrypted_fields::{BudgetEvent, DataKey, IndexKey, KeyState, Keyring, NonceSource, RootKey, set_default_keyring};
use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use tokio::sync::Notify;

use crate::error::KeysError;
use crate::health::{Fallback, Health};
use crate::keks::Unwrapped;
use crate::lease::{DUE, LIMIT, Lease};
use crate::manager::{KeyManager, Verified, with_index};
use crate::purpose::Purpose;
use crate::record::{KeyAlgorithm, KeyRecord};

/// How many keys are unwrapped at once.
const AT_ONCE: usize = 32;

/// What a program does not care to say.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) nonces: NonceSource,
    pub(crate) hook: Option<Arc<dyn Fn(BudgetEvent) + Send + Sync>>,
    /// Each new keyring becomes the process's default.
    pub(crate) as_default: bool,
}

pub(crate) struct Snapshot {
    pub(crate) manager: KeyManager,
    options: Options,
    current: ArcSwap<Current>,
    loaded: tokio::sync::Mutex<Loaded>,
    health: Mutex<Health>,
    wake: Arc<Wake>,
    /// Told of each new keyring, until they say that they are gone.
    followers: Mutex<Vec<Follower>>,
}

/// Takes over what a refresh made; false where it is not there any more.
pub(crate) type Follower = Box<dyn Fn(&Current) -> bool + Send + Sync>;

/// What a refresh made.
pub(crate) struct Current {
    pub(crate) keyring: Keyring,
    pub(crate) store_root: RootKey,
    /// The newest first.
    pub(crate) subject_roots: Vec<RootKey>,
}

/// What the data path asks of the control plane: flags that a background task looks at.
#[derive(Default)]
pub(crate) struct Wake {
    notify: Notify,
    pub(crate) refresh: AtomicBool,
    pub(crate) lease: AtomicBool,
}

impl Wake {
    pub(crate) fn want_refresh(&self) {
        self.refresh.store(true, Relaxed);
        self.notify.notify_one();
    }

    pub(crate) fn want_lease(&self) {
        self.lease.store(true, Relaxed);
        self.notify.notify_one();
    }

    pub(crate) async fn wanted(&self) {
        self.notify.notified().await;
    }
}

/// The keys that were unwrapped.
#[derive(Default)]
struct Loaded {
    keys: HashMap<(Purpose, u32), Key>,
    leases: HashMap<u32, Lease>,
}

#[derive(Clone)]
enum Key {
    Data(DataKey),
    Index(IndexKey),
    Root(RootKey),
}

impl Snapshot {
    /// Loads the keys for the first time.
    pub(crate) async fn load(manager: KeyManager, options: Options, wake: Arc<Wake>) -> Result<Self, KeysError> {
        let mut loaded = Loaded::default();
        let mut health = Health::default();
        let verified = manager.verified().await?;
        let current = loaded.refresh(&manager, &verified, &options, &wake, &mut health).await?;
        options.announce(&current);
        let (loaded, health) = (tokio::sync::Mutex::new(loaded), Mutex::new(health));
        let current = ArcSwap::from_pointee(current);
        Ok(Self { manager, options, current, loaded, health, wake, followers: Mutex::default() })
    }

    pub(crate) fn current(&self) -> Arc<Current> {
        self.current.load_full()
    }

    pub(crate) fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has somebody take over each keyring from now on, and this one.
    pub(crate) fn follow(&self, follower: Follower) {
        let mut followers = self.followers();
        if follower(&self.current()) {
            followers.push(follower);
        }
    }

    fn followers(&self) -> MutexGuard<'_, Vec<Follower>> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the store again. Where it fails, what was loaded stays in use. Whether there is a new keyring.
    pub(crate) async fn refresh(&self) -> Result<bool, KeysError> {
        // Whoever comes meanwhile waits here, and then finds little to do.
        let mut loaded = self.loaded.lock().await;
        let mut health = self.health();
        let refreshed = async {
            let verified = self.manager.verified().await?;
            loaded.ask_again(&self.manager, &verified, &mut health).await;
            if verified.keyset.generation == health.generation {
                loaded.renew_leases(&self.manager, &verified, &self.options, &mut health).await?;
                return Ok(None);
            }
            let Self { manager, options, wake, .. } = self;
            loaded.refresh(manager, &verified, options, wake, &mut health).await.map(Some)
        };
        let refreshed = refreshed.await;
        health.error = refreshed.as_ref().err().map(ToString::to_string);
        if refreshed.is_ok() {
            health.refreshed = self.manager.now();
        }
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
        let current = refreshed.inspect_err(|error| tracing::error!(%error, "the keys could not be refreshed"))?;
        let is_new = current.is_some();
        if let Some(current) = current {
            self.options.announce(&current);
            self.current.store(Arc::new(current));
            let current = self.current();
            self.followers().retain(|follower| follower(&current));
        }
        Ok(is_new)
    }

    /// Leases more seals, where they run low.
    pub(crate) async fn renew_leases(&self) -> Result<(), KeysError> {
        let mut loaded = self.loaded.lock().await;
        let mut health = self.health();
        let renewed = async {
            let verified = self.manager.known().ok_or_else(|| self.manager.no_keyset())?;
            loaded.renew_leases(&self.manager, &verified, &self.options, &mut health).await
        };
        let renewed = renewed.await;
        if let Err(error) = &renewed {
            tracing::error!(%error, "no seals could be leased");
            health.error = Some(error.to_string());
        }
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
        renewed
    }
}

impl Options {
    fn announce(&self, current: &Current) {
        if self.as_default {
            set_default_keyring(current.keyring.clone());
        }
    }
}

impl Loaded {
    async fn refresh(
        &mut self,
        manager: &KeyManager,
        verified: &Verified,
        options: &Options,
        wake: &Arc<Wake>,
        health: &mut Health,
    ) -> Result<Current, KeysError> {
        let wanted: Vec<_> = verified
            .keyset
            .keys
            .iter()
            .filter(|record| record.purpose != Purpose::StoreRoot)
            .filter_map(|record| Some((record, record.state.loaded_as()?)))
            .collect();
        self.unwrap_new(manager, wanted.iter().map(|(record, _)| *record), health).await?;
        let is_wanted = |purpose, id| wanted.iter().any(|(record, _)| (record.purpose, record.id) == (purpose, id));
        self.keys.retain(|(purpose, id), _| is_wanted(*purpose, *id));
        // With its key: one that comes back counts from nothing, and has been granted nothing.
        self.leases.retain(|id, _| is_wanted(Purpose::Data, *id));
        health.fallbacks.retain(|it| is_wanted(it.purpose, it.key_id));

        let mut builder = Keyring::builder(&manager.application).without_derived_index().nonces(options.nonces);
        let mut subject_roots = Vec::new();
        for (record, state) in &wanted {
            builder = match self.keys.get(&(record.purpose, record.id)) {
                Some(Key::Data(key)) => builder.key(key.clone(), *state),
                Some(Key::Index(key)) => with_index(builder, key.clone(), *state),
                Some(Key::Root(key)) => {
                    let newest = *state == KeyState::Primary;
                    subject_roots.insert(if newest { 0 } else { subject_roots.len() }, key.clone());
                    builder
                }
                None => builder,
            };
        }
        let unknown = wake.clone();
        let low = wake.clone();
        let keyring = builder
            .on_unknown_key(Arc::new(move |_| unknown.want_refresh()))
            // What this process counts is part of what was leased, which the lease tells of.
            .on_budget(Arc::new(move |event| {
                if let BudgetEvent::Low { .. } = event {
                    low.want_lease();
                }
            }))
            .build()?;
        self.renew_leases(manager, verified, options, health).await?;
        health.generation = verified.keyset.generation;
        health.primary = keyring.primary_id();
        health.keys = self.keys.len() + 1;
        health.refreshed = manager.now();
        tracing::info!(
            application = manager.application,
            tenant = manager.tenant,
            generation = health.generation,
            primary = health.primary,
            keys = health.keys,
            "keys loaded"
        );
        Ok(Current { keyring, store_root: verified.root.clone(), subject_roots })
    }

    /// Asks the KEKs for the keys that are not known yet, many at once.
    async fn unwrap_new(
        &mut self,
        manager: &KeyManager,
        wanted: impl Iterator<Item = &KeyRecord>,
        health: &mut Health,
    ) -> Result<(), KeysError> {
        let new: Vec<_> = wanted.filter(|it| !self.keys.contains_key(&(it.purpose, it.id))).collect();
        let unwrap = async |record: &KeyRecord| {
            let unwrapped = manager.keks.unwrap(record, &manager.application, &manager.tenant).await?;
            Ok::<_, KeysError>(((record.purpose, record.id), key_of(record, &unwrapped)?, unwrapped))
        };
        let unwrapped: Vec<_> =
            futures_util::stream::iter(new.into_iter().map(unwrap)).buffer_unordered(AT_ONCE).try_collect().await?;
        for (name, key, unwrapped) in unwrapped {
            self.keys.insert(name, key);
            if !unwrapped.failures.is_empty() {
                health.fallbacks.push(fell_back(name, &unwrapped));
            }
        }
        Ok(())
    }

    /// Asks for the keys that came out of a fallback slot once more, until the first slot opens again: so health tells when a KMS
    /// is back.
    async fn ask_again(&self, manager: &KeyManager, verified: &Verified, health: &mut Health) {
        let mut still = Vec::new();
        for fallback in std::mem::take(&mut health.fallbacks) {
            let Some(record) = verified.keyset.key(fallback.purpose, fallback.key_id) else { continue };
            let asked = manager.keks.unwrap(record, &manager.application, &manager.tenant).await;
            if !asked.is_ok_and(|unwrapped| unwrapped.failures.is_empty()) {
                still.push(fallback);
            }
        }
        health.fallbacks = still;
    }

    /// Sees that the primary key has seals left.
    async fn renew_leases(
        &mut self,
        manager: &KeyManager,
        verified: &Verified,
        options: &Options,
        health: &mut Health,
    ) -> Result<(), KeysError> {
        let Some(primary) = verified.keyset.primary(Purpose::Data) else { return Ok(()) };
        let Some(Key::Data(key)) = self.keys.get(&(Purpose::Data, primary.id)) else { return Ok(()) };
        health.seals_leased = 0;
        health.rotation_due = false;
        if !Lease::is_needed(key) {
            return Ok(());
        }
        let lease = self.leases.entry(primary.id).or_default();
        if lease.is_low(key) {
            lease.renew(manager, verified, key).await?;
        }
        health.seals_leased = lease.counted;
        health.rotation_due = lease.counted >= DUE;
        let (key_id, seals) = (primary.id, lease.counted);
        if health.rotation_due {
            tracing::warn!(key_id, seals, "key has sealed half of what AES-256-GCM allows; make a new primary key");
        }
        // What the processes have sealed together no one of them could tell by itself.
        let events = [(DUE, BudgetEvent::Due { key_id, seals }), (LIMIT, BudgetEvent::Exhausted { key_id })];
        for (_, event) in events.into_iter().filter(|(from, _)| (lease.told + 1..=seals).contains(from)) {
            options.hook.iter().for_each(|hook| hook(event));
        }
        lease.told = seals;
        Ok(())
    }
}

fn key_of(record: &KeyRecord, unwrapped: &Unwrapped) -> Result<Key, KeysError> {
    let material = &unwrapped.material;
    Ok(match record.algorithm {
        KeyAlgorithm::Data(algorithm) => Key::Data(material.data_key(algorithm, record.imported.then_some(record.id))?),
        KeyAlgorithm::HmacSha256 => Key::Index(material.index_key()?),
        KeyAlgorithm::Root => Key::Root(material.root_key()?),
    })
}

fn fell_back((purpose, key_id): (Purpose, u32), unwrapped: &Unwrapped) -> Fallback {
    #[cfg(feature = "metrics")]
    metrics::counter!("encrypted_fields_kek_fallbacks_total", "kek" => unwrapped.kek.clone()).increment(1);
    let failures = unwrapped.failures.iter().map(ToString::to_string).collect();
    Fallback { purpose, key_id, kek: unwrapped.kek.clone(), failures }
}
