//! A running program's keys: loaded at the start, renewed beside the traffic, never asked for on the data path.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use encrypted_fields::{BudgetEvent, Keyring, NonceSource, RootKey};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use crate::error::KeysError;
use crate::health::Health;
use crate::manager::KeyManager;
use crate::snapshot::{Follower, Options, Snapshot, Wake};

/// The keys of a running program.
///
/// ```
/// # use std::sync::Arc;
/// # use encrypted_fields::{Algorithm, KeyMaterial};
/// # use encrypted_fields_keys::{FileStore, Keks, KeyManager, LocalKek, Purpose};
/// use encrypted_fields_keys::KeyService;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("keys.json");
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let kek = LocalKek::new("local", &KeyMaterial::generate()?)?;
/// # let manager = KeyManager::new(Arc::new(FileStore::new(path)), Keks::new([Arc::new(kek) as _])?, "shop");
/// # let key = manager.generate(Purpose::Data, Algorithm::Aes256Gcm).await?;
/// # manager.promote(Purpose::Data, key.id).await?;
/// let keys = KeyService::builder(manager).start().await?;
/// assert_eq!(keys.keyring().primary_id(), key.id);
/// assert!(keys.health().is_well());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })
/// # }
/// ```
///
/// While any clone of it lives, a task looks at the store: at intervals, when the store tells of a change (Postgres), when a
/// value names a key that is not loaded, and when leased seals run low. A KMS that is down stops nothing: what is loaded
/// stays in use, and [`health`](Self::health) says so.
#[derive(Clone)]
pub struct KeyService {
    snapshot: Arc<Snapshot>,
    /// Ends the tasks with the last clone.
    _tasks: Arc<Tasks>,
}

/// Makes a [`KeyService`].
#[must_use]
pub struct KeyServiceBuilder {
    manager: KeyManager,
    options: Options,
    pace: Pace,
}

/// How often the store is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Without being asked.
    pub(crate) every: Duration,
    /// However often it is asked.
    pub(crate) at_most_every: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { every: Duration::from_secs(60), at_most_every: Duration::from_secs(1) }
    }
}

impl KeyService {
    /// Of the keys that this manager manages.
    pub fn builder(manager: KeyManager) -> KeyServiceBuilder {
        KeyServiceBuilder { manager, options: Options::default(), pace: Pace::default() }
    }

    /// The keyring to seal and open with now. A snapshot: ask again rather than keep it.
    pub fn keyring(&self) -> Keyring {
        self.snapshot.current().keyring.clone()
    }

    /// How the keys are.
    pub fn health(&self) -> Health {
        self.snapshot.health()
    }

    /// Looks at the store now. Many who call at once are one look after another, of which all but the first find nothing new.
    ///
    /// # Errors
    /// A [`KeysError`]; what is loaded stays in use.
    pub async fn refresh(&self) -> Result<(), KeysError> {
        self.snapshot.refresh().await.map(drop)
    }

    /// The root that authenticates the store's records, for [`Subjects`](crate::Subjects).
    pub fn store_root(&self) -> RootKey {
        self.snapshot.current().store_root.clone()
    }

    /// The roots that wrap the keys of data subjects, the newest first; empty where none was made.
    /// [`Subjects::of`](crate::Subjects::of) takes them, and follows them.
    pub fn subject_roots(&self) -> Vec<RootKey> {
        self.snapshot.current().subject_roots.clone()
    }

    /// Application and tenant.
    pub(crate) fn names(&self) -> (&str, &str) {
        (&self.snapshot.manager.application, &self.snapshot.manager.tenant)
    }

    pub(crate) fn follow(&self, follower: Follower) {
        self.snapshot.follow(follower);
    }
}

impl KeyServiceBuilder {
    /// How often the store is looked at without a reason. One minute by default.
    pub fn refresh_every(mut self, every: Duration) -> Self {
        self.pace.every = every;
        self
    }

    /// How long after one look the next may follow, however many values name keys that are not loaded: a forged key id must not
    /// become a load on the store. One second by default.
    pub fn refresh_at_most_every(mut self, at_most_every: Duration) -> Self {
        self.pace.at_most_every = at_most_every;
        self
    }

    /// Where nonces come from.
    pub fn nonces(mut self, nonces: NonceSource) -> Self {
        self.options.nonces = nonces;
        self
    }

    /// Called when the processes together have leased 2^31 seals of the primary key, and 2^32: once a key in each process.
    pub fn on_budget(mut self, hook: Arc<dyn Fn(BudgetEvent) + Send + Sync>) -> Self {
        self.options.hook = Some(hook);
        self
    }

    /// Makes each new keyring the process's default.
    pub fn as_default(mut self) -> Self {
        self.options.as_default = true;
        self
    }

    /// Loads the keys and begins to look after them.
    ///
    /// # Errors
    /// A [`KeysError`]: a program that cannot load its keys does not start.
    pub async fn start(self) -> Result<KeyService, KeysError> {
        let wake = Arc::new(Wake::default());
        let snapshot = Arc::new(Snapshot::load(self.manager, self.options, wake.clone()).await?);
        let looked_after = snapshot.clone();
        let look = async move || drop(looked_after.refresh().await);
        let leased = snapshot.clone();
        let lease = async move || drop(leased.renew_leases().await);
        let tasks = [
            tokio::spawn(look_after(self.pace, wake.clone(), look, lease)),
            tokio::spawn(watch(snapshot.clone(), wake)),
        ];
        Ok(KeyService { snapshot, _tasks: Arc::new(Tasks(tasks.into())) })
    }

    /// Loads the keys for a program without an async runtime: one thread of its own looks after them.
    ///
    /// # Errors
    /// As [`start`](Self::start), and [`KeysError::Configuration`] where no thread or runtime can be made.
    pub fn start_blocking(self) -> Result<BlockingKeyService, KeysError> {
        let cannot = |error: std::io::Error| KeysError::Configuration(format!("no runtime for the keys: {error}"));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(cannot)?;
        let service = runtime.block_on(self.start())?;
        Ok(BlockingKeyService { service, runtime })
    }
}

/// A [`KeyService`] with a runtime of its own, for programs without one.
#[derive(Debug)]
pub struct BlockingKeyService {
    service: KeyService,
    runtime: tokio::runtime::Runtime,
}

impl BlockingKeyService {
    /// The keyring to seal and open with now.
    pub fn keyring(&self) -> Keyring {
        self.service.keyring()
    }

    /// How the keys are.
    pub fn health(&self) -> Health {
        self.service.health()
    }

    /// Looks at the store now.
    ///
    /// # Errors
    /// A [`KeysError`]; what is loaded stays in use.
    pub fn refresh(&self) -> Result<(), KeysError> {
        self.runtime.block_on(self.service.refresh())
    }
}

/// Looks at the store at intervals, and when it is woken; leases seals when they run low.
pub(crate) async fn look_after(pace: Pace, wake: Arc<Wake>, look: impl AsyncFn(), lease: impl AsyncFn()) {
    let mut last = Instant::now();
    loop {
        let asked = wake.refresh.load(Relaxed);
        let next = if asked { last + pace.at_most_every } else { last + jittered(pace.every) };
        tokio::select! {
            () = wake.wanted() => {
                if wake.lease.swap(false, Relaxed) {
                    lease().await;
                }
            }
            () = sleep_until(next) => {
                wake.refresh.store(false, Relaxed);
                last = Instant::now();
                look().await;
            }
        }
    }
}

/// Up to a tenth later, so that a fleet that started together does not ask together.
fn jittered(every: Duration) -> Duration {
    every.mul_f64(1.0 + rand::random::<f64>() / 10.0)
}

/// Listens to the store's own notices, for as long as it can; anew, after longer and longer pauses, when it cannot.
pub(crate) async fn watch(snapshot: Arc<Snapshot>, wake: Arc<Wake>) {
    const SHORTEST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(60);
    let mut pause = SHORTEST;
    let manager = &snapshot.manager;
    loop {
        let since = Instant::now();
        let watched = manager.store.watch(&manager.application, &|| wake.want_refresh()).await;
        if let Err(error) = watched {
            tracing::warn!(%error, "the key store tells of no changes for now; it is looked at from time to time");
        }
        pause = if since.elapsed() > LONGEST { SHORTEST } else { (pause * 2).min(LONGEST) };
        sleep(pause).await;
    }
}

pub(crate) struct Tasks(pub(crate) Vec<JoinHandle<()>>);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl fmt::Debug for KeyService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyService").field("manager", &self.snapshot.manager).field("health", &self.health()).finish()
    }
}

impl fmt::Debug for KeyServiceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyServiceBuilder").field("manager", &self.manager).finish_non_exhaustive()
    }
}
