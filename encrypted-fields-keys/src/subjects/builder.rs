//! What [`Subjects`] are made of.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use encrypted_fields::{Algorithm, NonceSource, RootKey};

use crate::service::KeyService;

use super::authority::Authority;
use super::cache::Cache;
use super::ledger_file::LedgerFile;
use super::namespace::Namespace;
use super::{Inner, Step, SubjectStore};

/// Makes [`Subjects`](super::Subjects): [`start`](Self::start) checks the ledger and serves, [`replay`](Self::replay) comes before it after a
/// restore, [`verify`](Self::verify) looks at everything and changes nothing.
#[derive(Clone)]
#[must_use]
pub struct SubjectsBuilder {
    store: Arc<dyn SubjectStore>,
    application: String,
    tenant: String,
    store_root: RootKey,
    roots: Vec<RootKey>,
    algorithm: Algorithm,
    nonces: NonceSource,
    capacity: usize,
    ttl: Duration,
    pub(super) ledger_file: Option<PathBuf>,
    step: Step,
    /// Whose subject roots are followed.
    pub(super) service: Option<KeyService>,
}

impl SubjectsBuilder {
    pub(super) fn new(store: Arc<dyn SubjectStore>, application: String, store_root: RootKey) -> Self {
        Self {
            store,
            application,
            tenant: String::new(),
            store_root,
            roots: Vec::new(),
            algorithm: Algorithm::default(),
            nonces: NonceSource::default(),
            capacity: 10_000,
            ttl: Duration::from_secs(5 * 60),
            ledger_file: None,
            step: Arc::new(|_| {}),
            service: None,
        }
    }

    /// Under the roots of a program's keys, which it follows.
    pub(super) fn of(service: &KeyService, store: Arc<dyn SubjectStore>) -> Self {
        let (application, tenant) = service.names();
        Self {
            tenant: tenant.to_owned(),
            roots: service.subject_roots(),
            service: Some(service.clone()),
            ..Self::new(store, application.to_owned(), service.store_root())
        }
    }

    /// A tenant of the application; none is an empty one.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// A subject root: the first that is given is the newest and wraps new keys, all unwrap.
    pub fn root(mut self, root: RootKey) -> Self {
        self.roots.push(root);
        self
    }

    /// Several, the newest first.
    pub fn roots(mut self, roots: impl IntoIterator<Item = RootKey>) -> Self {
        self.roots.extend(roots);
        self
    }

    /// The algorithm of new keys; AES-256-GCM. It travels with each key.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Where the nonces of subjects' values come from.
    pub fn nonces(mut self, nonces: NonceSource) -> Self {
        self.nonces = nonces;
        self
    }

    /// How many subjects are kept in memory, and for how long: 10,000, and 5 minutes. A process that is not told of an erasure
    /// (see `listen`) goes on opening for as long at most.
    pub fn cache(mut self, subjects: usize, ttl: Duration) -> Self {
        (self.capacity, self.ttl) = (subjects, ttl);
        self
    }

    /// The file that erasures are written to before the database is, on a disk that is not restored with the database.
    pub fn ledger_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ledger_file = Some(path.into());
        self
    }

    /// Told of each step of what writes: for tests that stop there.
    #[doc(hidden)]
    pub fn on_step(mut self, step: Arc<dyn Fn(&'static str) + Send + Sync>) -> Self {
        self.step = step;
        self
    }

    /// Without any check.
    pub(super) fn build(&self) -> Inner {
        let namespace = Namespace::new(self.application.clone(), self.tenant.clone());
        let authority = Authority::new(namespace, self.store_root.clone());
        Inner {
            store: Arc::clone(&self.store),
            file: self.ledger_file.as_ref().map(|path| LedgerFile::new(path, &authority)),
            authority,
            roots: ArcSwap::from_pointee(self.roots.clone()),
            algorithm: self.algorithm,
            nonces: self.nonces,
            cache: Cache::new(self.capacity, self.ttl),
            seen: Mutex::new((0, Vec::new())),
            in_file: AtomicI64::new(0),
            step: Arc::clone(&self.step),
        }
    }
}

impl fmt::Debug for SubjectsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubjectsBuilder")
            .field("application", &self.application)
            .field("tenant", &self.tenant)
            .field("roots", &self.roots)
            .finish_non_exhaustive()
    }
}
