//! Stores, KEKs and managers for the tests.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};

use diesel::connection::SimpleConnection as _;
use diesel_migrations::MigrationHarness as _;
use encrypted_fields::{Algorithm, KeyMaterial, KeyOrigin};
use encrypted_fields_keys::{
    Counter, FileStore, Kek, KekError, KekReason, Keks, KeyManager, KeyStore, Keyset, LocalKek, PostgresStore, Purpose,
    SqliteStore, StoreError, WrapContext,
};
use encrypted_fields_migrations::{KEYS_POSTGRES, KEYS_SQLITE};

use crate::harness::{self, TestDb, TestSqlite};

/// A store of each kind, with what keeps it alive.
pub enum AnyStore {
    File(tempfile::TempDir),
    Sqlite(TestSqlite),
    Postgres(TestDb),
}

impl AnyStore {
    pub fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    pub fn sqlite() -> Self {
        let database = harness::sqlite();
        database.connect().run_pending_migrations(KEYS_SQLITE).unwrap();
        Self::Sqlite(database)
    }

    pub fn postgres() -> Self {
        let database = harness::pg();
        database.connect().run_pending_migrations(KEYS_POSTGRES).unwrap();
        Self::Postgres(database)
    }

    /// Another of the same kind, without tables; a file has none.
    pub fn without_tables(like: &Self) -> Option<Self> {
        match like {
            Self::File(_) => None,
            Self::Sqlite(_) => Some(Self::Sqlite(harness::sqlite())),
            Self::Postgres(_) => Some(Self::Postgres(harness::pg())),
        }
    }

    /// A store of a process of its own: nothing is shared with another.
    pub fn store(&self) -> Arc<dyn KeyStore> {
        match self {
            Self::File(directory) => Arc::new(FileStore::new(directory.path().join("keys.json"))),
            Self::Sqlite(database) => Arc::new(SqliteStore::connect(&database.url()).unwrap()),
            Self::Postgres(database) => Arc::new(PostgresStore::connect(&database.url()).unwrap()),
        }
    }

    /// For [`at`], in another process.
    pub fn location(&self) -> String {
        match self {
            Self::File(directory) => format!("file:{}", directory.path().join("keys.json").display()),
            Self::Sqlite(database) => format!("sqlite:{}", database.url()),
            Self::Postgres(database) => database.url(),
        }
    }

    /// What somebody with write access to the database does.
    pub fn tamper(&self, sql: &str) {
        match self {
            Self::File(_) => panic!("a file takes no SQL"),
            Self::Sqlite(database) => database.connect().batch_execute(sql).unwrap(),
            Self::Postgres(database) => database.connect().batch_execute(sql).unwrap(),
        }
    }

    pub fn copy(&self) -> Self {
        let Self::File(directory) = self else { panic!("only files are copied") };
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(directory.path().join("keys.json"), copy.path().join("keys.json")).unwrap();
        Self::File(copy)
    }
}

/// The store at a location.
pub fn at(location: &str) -> Arc<dyn KeyStore> {
    match location.split_once(':') {
        Some(("file", path)) => Arc::new(FileStore::new(path)),
        Some(("sqlite", path)) => Arc::new(SqliteStore::connect(path).unwrap()),
        _ => Arc::new(PostgresStore::connect(location).unwrap()),
    }
}

/// Runs each test on every store. The body of `$store` is the [`AnyStore`].
macro_rules! on_every_store {
    ($(async fn $name:ident($store:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn run($store: $crate::support::AnyStore) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn in_a_file() {
                run($crate::support::AnyStore::file()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn in_sqlite() {
                run($crate::support::AnyStore::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn in_postgres() {
                run($crate::support::AnyStore::postgres()).await;
            }
        }
    )*};
}
pub(crate) use on_every_store;

/// A KEK of this name; the same key each time, in this process and in its children.
pub fn kek(name: &str) -> Arc<dyn Kek> {
    Arc::new(local(name))
}

fn local(name: &str) -> LocalKek {
    let hex: String = name.bytes().cycle().take(32).map(|byte| format!("{byte:02x}")).collect();
    LocalKek::new(name, &KeyMaterial::parse(&hex, &KeyOrigin::Given).unwrap()).unwrap()
}

pub fn manager(store: &AnyStore, keks: impl IntoIterator<Item = Arc<dyn Kek>>) -> KeyManager {
    KeyManager::new(store.store(), Keks::new(keks).unwrap(), "shop")
}

/// A manager of a process of its own, over the same store and KEKs.
pub fn again(keys: &KeyManager, store: &AnyStore) -> KeyManager {
    KeyManager::new(store.store(), keys.keks().clone(), "shop")
}

/// Makes a key of the purpose and promotes it.
pub async fn primary(keys: &KeyManager, purpose: Purpose, algorithm: Algorithm) -> u32 {
    let key = keys.generate(purpose, algorithm).await.unwrap();
    keys.promote(purpose, key.id).await.unwrap();
    key.id
}

/// A real KEK behind a line that can be cut and that counts what passes.
#[derive(Debug)]
pub struct Line {
    kek: LocalKek,
    pub down: AtomicBool,
    pub calls: AtomicUsize,
}

impl Line {
    pub fn to(name: &str) -> Arc<Self> {
        Arc::new(Self { kek: local(name), down: AtomicBool::new(false), calls: AtomicUsize::new(0) })
    }

    fn pass(&self) -> Result<(), KekError> {
        self.calls.fetch_add(1, SeqCst);
        let cut = KekReason::Unreachable { detail: "the line is cut".into() };
        if self.down.load(SeqCst) { Err(KekError::new(self.kek.name(), cut)) } else { Ok(()) }
    }
}

#[async_trait::async_trait]
impl Kek for Line {
    fn name(&self) -> &str {
        self.kek.name()
    }

    fn kind(&self) -> &'static str {
        self.kek.kind()
    }

    async fn wrap(&self, key: &[u8], context: &WrapContext) -> Result<Vec<u8>, KekError> {
        self.pass()?;
        self.kek.wrap(key, context).await
    }

    async fn unwrap(&self, wrapped: &[u8], context: &WrapContext) -> Result<zeroize::Zeroizing<Vec<u8>>, KekError> {
        self.pass()?;
        self.kek.unwrap(wrapped, context).await
    }
}

/// Waits until something holds, for as long as a test may.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    static PATIENCE: OnceLock<std::time::Duration> = OnceLock::new();
    let patience = *PATIENCE.get_or_init(|| std::time::Duration::from_secs(30));
    let waited = tokio::time::timeout(patience, async {
        while !holds().await {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never came: {what}"));
}

/// A store that counts how often it is read.
#[derive(Debug)]
pub struct Counting {
    store: Arc<dyn KeyStore>,
    loads: AtomicUsize,
}

impl Counting {
    pub fn new(store: Arc<dyn KeyStore>) -> Self {
        Self { store, loads: AtomicUsize::new(0) }
    }

    pub fn loads(&self) -> usize {
        self.loads.load(SeqCst)
    }
}

#[async_trait::async_trait]
impl KeyStore for Counting {
    fn describe(&self) -> String {
        self.store.describe()
    }

    async fn load(&self, application: &str, tenant: &str) -> Result<Option<Keyset>, StoreError> {
        self.loads.fetch_add(1, SeqCst);
        self.store.load(application, tenant).await
    }

    async fn replace(&self, expected: Option<u64>, next: &Keyset) -> Result<(), StoreError> {
        self.store.replace(expected, next).await
    }

    async fn tenants(&self, application: &str) -> Result<Vec<String>, StoreError> {
        self.store.tenants(application).await
    }

    async fn counter(&self, application: &str, tenant: &str, key_id: u32) -> Result<Option<Counter>, StoreError> {
        self.store.counter(application, tenant, key_id).await
    }

    async fn replace_counter(
        &self,
        application: &str,
        tenant: &str,
        expected: Option<u64>,
        next: &Counter,
    ) -> Result<(), StoreError> {
        self.store.replace_counter(application, tenant, expected, next).await
    }
}
