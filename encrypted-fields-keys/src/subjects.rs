//! Keys of data subjects: one a person, so that a person can be erased for good (crypto-shredding).
//!
//! A model with `key = user_id` seals each row under the key of its user. The keys are made at a user's first seal, wrapped under
//! a **subject root** that is in memory, and kept in a [store](SubjectStore) that is not trusted. Erasing a user destroys the
//! key: what it sealed is unreadable in every table at once, and opening says [`Erased`](encrypted_fields::error::OpenReason::Erased).
//!
//! ```no_run
//! # #[cfg(feature = "postgres")]
//! # async fn run(store_root: encrypted_fields::RootKey, subject_root: encrypted_fields::RootKey, base: encrypted_fields::Keyring)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use std::time::SystemTime;
//! use encrypted_fields_keys::subjects::{PgSubjectStore, Subjects};
//!
//! let store = PgSubjectStore::connect("postgres://keys@keys.internal/subject_keys")?;
//! let subjects = Subjects::builder(Arc::new(store), "shop", store_root)
//!     .root(subject_root)
//!     .ledger_file("/var/lib/shop/erasures.jsonl")
//!     .start()
//!     .await?;
//!
//! // To seal: makes the keys of new users, one transaction for all of them.
//! let keyring = subjects.keyring_for(&base, [7_i64, 8]).await?;
//! // To open: Subjects::open_all, one query for all users of a page. To erase:
//! let erasure = subjects.erase(7_i64, SystemTime::now()).await?;
//! assert!(!erasure.again);
//! # let _ = keyring;
//! # Ok(()) }
//! ```
//!
//! **What closes an old dump, and when.** An erasure empties the record; a dump that was made before still has the wrapped key.
//! Until the subject root is renewed, such a dump is closed by the ledger of erasures: it is kept in a file outside the database,
//! and [replayed](SubjectsBuilder::replay) after every restore, before anything is served; [`start`](SubjectsBuilder::start)
//! refuses to serve while the file names an erasure that the database lacks. Whoever holds both the dump and the root still
//! reads it. Only when the root has been renewed, every survivor [wrapped anew](Subjects::rewrap) and the old root destroyed is an
//! old dump closed cryptographically.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use encrypted_fields::{Algorithm, NonceSource, RootKey, ScopeId, ScopedKeyring, ScopedKeys};

use crate::service::KeyService;

mod authority;
mod builder;
mod cache;
mod erase;
mod error;
mod ledger;
mod ledger_file;
#[cfg(feature = "postgres")]
mod listen;
mod namespace;
mod pages;
mod rewrap;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;
mod store;
#[cfg(test)]
mod vectors;
mod verify;
mod wrapping;

pub use builder::SubjectsBuilder;
pub use erase::Erasure;
pub use error::{FileReason, LedgerReason, SubjectsError};
pub use ledger::Replay;
pub use namespace::Namespace;
pub use rewrap::Rewrap;
#[cfg(feature = "postgres")]
pub use sql::PgSubjectStore;
#[cfg(feature = "sqlite")]
pub use sql::SqliteSubjectStore;
pub use store::{
    Erase, ErasePlan, EraseView, Found, FoundKey, Ledger, Mint, Permit, Rewrapped, StoredErasure, StoredHead,
    StoredKey, SubjectStore,
};
pub use verify::{Finding, Findings};

use authority::Authority;
use cache::{Cache, State};
use ledger_file::LedgerFile;
use wrapping::Unwrapping;

/// The keys of an application's data subjects. Clones are cheap, and share what is in memory.
#[derive(Clone)]
pub struct Subjects(Arc<Inner>);

struct Inner {
    store: Arc<dyn SubjectStore>,
    authority: Authority,
    /// The newest first: it wraps, all unwrap.
    roots: ArcSwap<Vec<RootKey>>,
    algorithm: Algorithm,
    nonces: NonceSource,
    cache: Cache,
    file: Option<LedgerFile>,
    /// The furthest head that this process has seen: its entries and its chain.
    seen: Mutex<(i64, Vec<u8>)>,
    /// The entries of the database up to here are in the file.
    in_file: AtomicI64,
    step: Step,
}

/// Told of each step, in tests that stop there.
type Step = Arc<dyn Fn(&'static str) + Send + Sync>;

/// What is known of a subject; see [`Subjects::status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It has no key, and none was erased.
    Absent,
    /// It has a key.
    Present {
        /// The id that its values carry.
        key_id: u32,
        /// The subject root that wraps it.
        root_id: u32,
    },
    /// Its key was destroyed.
    Erased {
        /// When, in Unix seconds.
        at: i64,
    },
    /// Its record does not verify.
    Unusable {
        /// Why, and what to do.
        reason: &'static str,
    },
}

impl Subjects {
    /// Of an application, whose records are in `store` and are authenticated by `store_root`.
    pub fn builder(
        store: Arc<dyn SubjectStore>,
        application: impl Into<String>,
        store_root: RootKey,
    ) -> SubjectsBuilder {
        SubjectsBuilder::new(store, application.into(), store_root)
    }

    /// Of the application and tenant whose keys a service looks after: under its store root and its subject roots, those of now and
    /// those that come.
    ///
    /// ```no_run
    /// # async fn run(keys: encrypted_fields_keys::KeyService) -> Result<(), Box<dyn std::error::Error>> {
    /// # #[cfg(feature = "postgres")] {
    /// use std::sync::Arc;
    /// use encrypted_fields_keys::Subjects;
    /// use encrypted_fields_keys::subjects::PgSubjectStore;
    ///
    /// let store = PgSubjectStore::connect("postgres://keys@keys.internal/subject_keys")?;
    /// let subjects = Subjects::of(&keys, Arc::new(store)).ledger_file("/var/lib/shop/erasures.jsonl").start().await?;
    /// # let _ = subjects; }
    /// # Ok(()) }
    /// ```
    pub fn of(service: &KeyService, store: Arc<dyn SubjectStore>) -> SubjectsBuilder {
        SubjectsBuilder::of(service, store)
    }

    /// Puts other subject roots in the place of those before, the newest first. What is in memory stays.
    pub fn set_roots(&self, roots: Vec<RootKey>) {
        self.0.roots.store(Arc::new(roots));
    }

    /// What is known of a subject, asked of the database and not of memory.
    ///
    /// # Errors
    /// [`SubjectsError::Database`].
    pub async fn status(&self, scope: impl Into<ScopeId>) -> Result<Status, SubjectsError> {
        let scope = scope.into();
        let subject = scope.as_bytes();
        let mut record = None;
        self.0.store.find(&self.0.authority.namespace, &[subject], &mut |found| record = Some(found)).await?;
        let roots = self.0.roots.load();
        let state = record.as_ref().and_then(|found| self.0.state(&mut self.0.unwrapping(&roots), found));
        let (state, key) = match (state, record) {
            (Some(state), Some(found)) => (state, found.key),
            _ => {
                let erased = self.0.of_ledger(&[subject]).await?;
                return Ok(erased.first().map_or(Status::Absent, |(_, state)| Status::of(state)));
            }
        };
        Ok(match state {
            State::Held(keyring) => Status::Present {
                key_id: keyring.primary_id(),
                root_id: key.wrapped.as_deref().and_then(wrapping::root_of).unwrap_or_default(),
            },
            state => Status::of(&state),
        })
    }

    /// Takes a subject's key out of memory; the next who asks reads the database.
    pub fn evict(&self, scope: impl Into<ScopeId>) {
        self.0.cache.evict(scope.into().as_bytes());
    }

    /// How many subjects are in memory, erased ones among them.
    pub fn cached(&self) -> usize {
        self.0.cache.len()
    }
}

/// What is in memory, without any I/O: for a keyring of [`KeyringBuilder::scoped_elsewhere`](encrypted_fields::KeyringBuilder::scoped_elsewhere).
impl ScopedKeyring for Subjects {
    fn keys_of(&self, scope: &[u8]) -> ScopedKeys {
        self.0.cache.get(scope).map_or(ScopedKeys::NotLoaded, ScopedKeys::from)
    }
}

impl fmt::Debug for Subjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subjects")
            .field("namespace", &self.0.authority.namespace)
            .field("store", &self.0.store)
            .field("roots", &self.0.roots.load())
            .field("cached", &self.cached())
            .finish_non_exhaustive()
    }
}

impl Status {
    fn of(state: &State) -> Self {
        match state {
            State::Erased(at) => Self::Erased { at: *at },
            State::Unusable(reason) => Self::Unusable { reason },
            State::Held(_) => Self::Absent,
        }
    }
}

impl From<State> for ScopedKeys {
    fn from(state: State) -> Self {
        match state {
            State::Held(keys) => Self::Held(keys),
            State::Erased(_) => Self::Erased,
            State::Unusable(why) => Self::Unusable(why),
        }
    }
}

impl Inner {
    fn unwrapping<'a>(&'a self, roots: &'a [RootKey]) -> Unwrapping<'a> {
        Unwrapping::new(roots, &self.authority.namespace, self.nonces)
    }

    /// What a record says, where it is genuine. The ledger has the last word, and None is to ask it: a record that is present
    /// again is no key.
    fn state(&self, unwrapping: &mut Unwrapping<'_>, found: &Found) -> Option<State> {
        match self.authority.is_tombstone(&found.key) {
            Some(at) => Some(State::Erased(at)),
            None if found.listed => None,
            None if found.key.erased_at.is_some() => Some(State::Unusable(error::unusable::TOMBSTONE)),
            None => Some(unwrapping.keyring(&found.key).map_or_else(State::Unusable, State::Held)),
        }
    }

    fn erased(&self, entry: &StoredErasure) -> State {
        if self.authority.is_entry(entry) {
            State::Erased(entry.erased_at)
        } else {
            State::Unusable(error::unusable::ENTRY)
        }
    }

    /// Of subjects without a record that says enough, those that the ledger names.
    async fn of_ledger(&self, subjects: &[&[u8]]) -> Result<Vec<(Vec<u8>, State)>, SubjectsError> {
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        let entries = self.store.erasures_of(&self.authority.namespace, subjects).await?;
        Ok(entries.into_iter().map(|entry| (entry.subject.clone(), self.erased(&entry))).collect())
    }

    /// The ledger's end, where its head is genuine, counts as many entries as there are, and is not older than what this process
    /// has seen.
    fn end_of(&self, ledger: &Ledger) -> Result<(i64, Vec<u8>), LedgerReason> {
        let head = self.genuine(ledger.head.as_ref())?;
        if head.seq != ledger.entries {
            return Err(LedgerReason::Count { head: head.seq, found: ledger.entries });
        }
        Ok((head.seq, head.chain.clone()))
    }

    fn genuine<'h>(&self, head: Option<&'h StoredHead>) -> Result<&'h StoredHead, LedgerReason> {
        let head = head.ok_or(LedgerReason::HeadMissing)?;
        if !self.authority.is_head(head) {
            return Err(LedgerReason::HeadAltered);
        }
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if head.seq < seen.0 || (head.seq == seen.0 && head.chain != seen.1) {
            return Err(LedgerReason::WentBack { seen: seen.0, found: head.seq });
        }
        Ok(head)
    }

    /// From now on the ledger is at least this long.
    fn saw(&self, seq: i64, chain: &[u8]) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seq > seen.0 {
            *seen = (seq, chain.to_vec());
        }
    }

    fn synced(&self, seq: i64) {
        self.in_file.fetch_max(seq, SeqCst);
    }
}
