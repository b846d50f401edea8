//! A keyring a tenant: each with data keys of its own, wrapped apart, in a keyset of its own.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use encrypted_fields::{Keyring, ScopeId, ScopedKeyring, ScopedKeys};

use crate::error::KeysError;
use crate::health::Health;
use crate::manager::KeyManager;
use crate::service::{Pace, Tasks, look_after};
use crate::snapshot::{Options, Snapshot, Wake};

/// The keyrings of tenants, loaded when they are first needed and then looked after.
///
/// A tenant's rows are sealed under the tenant's own keys either because a column says whose they are (`key = tenant_id`, the
/// better way: [`scoped`](Self::scoped) answers for it), or because the request runs in the tenant's scope
/// ([`keyring`](Self::keyring) and `encrypted_fields::scope::task`). No key of one tenant opens a row of another: the keys are
/// others, and the key column's value is part of what each value is bound to.
///
/// ```
/// # use std::sync::Arc;
/// # use encrypted_fields::{Algorithm, KeyMaterial, Keyring, DataKey};
/// # use encrypted_fields_keys::{FileStore, Keks, KeyManager, LocalKek, Purpose};
/// use encrypted_fields_keys::Tenants;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("keys.json");
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let kek = LocalKek::new("local", &KeyMaterial::generate()?)?;
/// # let manager = KeyManager::new(Arc::new(FileStore::new(path)), Keks::new([Arc::new(kek) as _])?, "shop");
/// let acme = manager.for_tenant("acme");
/// let key = acme.generate(Purpose::Data, Algorithm::Aes256Gcm).await?;
/// acme.promote(Purpose::Data, key.id).await?;
///
/// let tenants = Tenants::new(manager);
/// assert_eq!(tenants.keyring("acme").await?.primary_id(), key.id);
/// // The rows of `tenant_id = 7` are acme's.
/// tenants.add("acme", 7_i64).await?;
/// # let base = Keyring::builder("shop").primary(DataKey::generate(Algorithm::Aes256Gcm)?).build()?;
/// let keyring = base.to_builder().scoped_elsewhere(tenants.scoped()).build()?;
/// # let _ = keyring;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })
/// # }
/// ```
#[derive(Clone)]
pub struct Tenants {
    state: Arc<State>,
    pace: Pace,
}

struct State {
    manager: KeyManager,
    options: Options,
    /// One load a tenant at a time.
    loading: tokio::sync::Mutex<()>,
    loaded: RwLock<HashMap<String, Loaded>>,
    scopes: Arc<Scopes>,
}

/// A tenant's keys, and the task that looks after them for as long as they are here.
struct Loaded {
    snapshot: Arc<Snapshot>,
    _task: Tasks,
}

/// Which tenant's keys a key column's value names.
#[derive(Default)]
struct Scopes(RwLock<HashMap<ScopeId, Arc<Snapshot>>>);

impl Tenants {
    /// The tenants of the application that this manager is for.
    pub fn new(manager: KeyManager) -> Self {
        let state = State {
            manager,
            options: Options::default(),
            loading: tokio::sync::Mutex::default(),
            loaded: RwLock::default(),
            scopes: Arc::default(),
        };
        Self { state: Arc::new(state), pace: Pace::default() }
    }

    /// How often the store is looked at for each tenant that is loaded from here on. One minute by default.
    #[must_use]
    pub fn refresh_every(mut self, every: std::time::Duration) -> Self {
        self.pace.every = every;
        self
    }

    /// The keyring of a tenant, loaded now if it was not yet.
    ///
    /// # Errors
    /// A [`KeysError`], for a tenant without keys [`KeysError::NoKeyset`].
    pub async fn keyring(&self, tenant: &str) -> Result<Keyring, KeysError> {
        Ok(self.snapshot(tenant).await?.current().keyring.clone())
    }

    /// Loads a tenant's keyring, and has it answer for this value of the key column.
    ///
    /// # Errors
    /// As [`keyring`](Self::keyring).
    pub async fn add(&self, tenant: &str, value: impl Into<ScopeId>) -> Result<(), KeysError> {
        let snapshot = self.snapshot(tenant).await?;
        let mut scopes = self.state.scopes.0.write().unwrap_or_else(PoisonError::into_inner);
        scopes.insert(value.into(), snapshot);
        Ok(())
    }

    /// Forgets a tenant's keys: its rows are `NotLoaded` from here on.
    pub fn unload(&self, tenant: &str) {
        let Some(gone) = self.state.loaded.write().unwrap_or_else(PoisonError::into_inner).remove(tenant) else {
            return;
        };
        let mut scopes = self.state.scopes.0.write().unwrap_or_else(PoisonError::into_inner);
        scopes.retain(|_, snapshot| !Arc::ptr_eq(snapshot, &gone.snapshot));
    }

    /// What answers for `key = tenant_id`, for
    /// [`KeyringBuilder::scoped_elsewhere`](encrypted_fields::KeyringBuilder::scoped_elsewhere): every tenant that is
    /// [loaded](Self::add), each with its newest snapshot.
    pub fn scoped(&self) -> Arc<dyn ScopedKeyring> {
        self.state.scopes.clone()
    }

    /// How a loaded tenant's keys are.
    pub fn health(&self, tenant: &str) -> Option<Health> {
        let loaded = self.state.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded.get(tenant).map(|loaded| loaded.snapshot.health())
    }

    async fn snapshot(&self, tenant: &str) -> Result<Arc<Snapshot>, KeysError> {
        let loaded = || self.state.loaded.read().unwrap_or_else(PoisonError::into_inner);
        let known = || loaded().get(tenant).map(|it| it.snapshot.clone());
        if let Some(snapshot) = known() {
            return Ok(snapshot);
        }
        let _one_at_a_time = self.state.loading.lock().await;
        if let Some(snapshot) = known() {
            return Ok(snapshot);
        }
        let wake = Arc::new(Wake::default());
        let manager = self.state.manager.for_tenant(tenant);
        let snapshot = Arc::new(Snapshot::load(manager, self.state.options.clone(), wake.clone()).await?);
        let (looked_after, leased) = (snapshot.clone(), snapshot.clone());
        let look = async move || drop(looked_after.refresh().await);
        let lease = async move || drop(leased.renew_leases().await);
        let task = Tasks(vec![tokio::spawn(look_after(self.pace, wake, look, lease))]);
        let loaded = Loaded { snapshot: snapshot.clone(), _task: task };
        self.state.loaded.write().unwrap_or_else(PoisonError::into_inner).insert(tenant.to_owned(), loaded);
        Ok(snapshot)
    }
}

impl ScopedKeyring for Scopes {
    fn keys_of(&self, scope: &[u8]) -> ScopedKeys {
        match self.0.read().unwrap_or_else(PoisonError::into_inner).get(scope) {
            Some(snapshot) => ScopedKeys::Held(snapshot.current().keyring.clone()),
            None => ScopedKeys::NotLoaded,
        }
    }
}

impl fmt::Debug for Tenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loaded = self.state.loaded.read().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Tenants").field("manager", &self.state.manager).field("loaded", &loaded).finish()
    }
}
