//! Many subjects at once: one query for all that are not in memory, one transaction for all that are new.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use encrypted_fields::page::SealedRow;
use encrypted_fields::{Cores, Keyring, OpenError, ScopeId, ScopedKeyring, ScopedKeys, open_all};

use super::cache::State;
use super::error::{SubjectsError, unusable};
use super::store::{Found, Mint};
use super::{Inner, Subjects, wrapping};

/// New keys that are written by one transaction.
const MINTED_AT_ONCE: usize = 1_000;

impl Subjects {
    /// The keyring with which the rows of these subjects are sealed: `base`, and the key of each. A subject without a key is given
    /// one, which is committed and read back before this returns. The keyring keeps them as long as it lives.
    ///
    /// # Errors
    /// [`SubjectsError::Erased`]: nothing is sealed for an erased subject. [`SubjectsError::Unusable`], [`SubjectsError::Ledger`]: what
    /// is stored cannot be trusted. [`SubjectsError::Database`].
    pub async fn keyring_for<S: Into<ScopeId>>(
        &self,
        base: &Keyring,
        scopes: impl IntoIterator<Item = S>,
    ) -> Result<Keyring, SubjectsError> {
        let asked: Vec<ScopeId> = scopes.into_iter().map(Into::into).collect();
        let mut pinned = self.0.pin(asked.iter().cloned().collect()).await?;
        usable(&asked, &pinned)?;
        if !pinned.absent.is_empty() {
            let new = std::mem::take(&mut pinned.absent);
            self.0.mint(&asked, new.iter().map(ScopeId::as_bytes).collect()).await?;
            let minted = self.0.pin(new.into_iter().collect()).await?;
            usable(&asked, &minted)?;
            if let Some(gone) = minted.absent.first() {
                let index = asked.iter().position(|scope| scope == gone).unwrap_or_default();
                return Err(SubjectsError::Unusable { index, reason: unusable::ALTERED });
            }
            pinned.held.extend(minted.held);
        }
        Ok(base.clone().with_scopes(pinned.held, Arc::new(self.clone())))
    }

    /// Reads the keys of these subjects into memory, with one query for all that are not there; makes none.
    ///
    /// # Errors
    /// [`SubjectsError::Database`].
    pub async fn prefetch<S: Into<ScopeId>>(&self, scopes: impl IntoIterator<Item = S>) -> Result<(), SubjectsError> {
        self.0.pin(scopes.into_iter().map(Into::into).collect()).await.map(drop)
    }

    /// Opens a page of rows, each under the key of its subject, with one query for all that are not in memory. Each row has its
    /// result, at its place: that of an erased subject is [`Erased`](encrypted_fields::error::OpenReason::Erased), and that of one which never had
    /// a key [`UnknownScope`](encrypted_fields::error::OpenReason::UnknownScope).
    ///
    /// Opening itself blocks as [`open_all`] does.
    ///
    /// # Errors
    /// [`SubjectsError::Database`].
    pub async fn open_all<M>(
        &self,
        base: &Keyring,
        rows: Vec<M::Sealed>,
        cores: Cores,
    ) -> Result<Vec<Result<M, OpenError>>, SubjectsError>
    where
        M: SealedRow<Sealed: Send> + Send,
    {
        match cores {
            Cores::One => self.0.open_each::<M>(base, rows).await,
            _ => {
                // A row whose scope has no canonical form says so when it is opened.
                let scopes = rows.iter().filter_map(|row| M::scope_of(row).ok().flatten()).collect();
                let keyring = self.0.pin(scopes).await?.keyring(base);
                Ok(open_all::<M>(rows, &keyring, cores))
            }
        }
    }
}

/// The subjects of a page.
#[derive(Default)]
struct Pinned {
    held: Vec<(ScopeId, Keyring)>,
    others: HashMap<ScopeId, State>,
    /// Neither a record nor an erasure.
    absent: Vec<ScopeId>,
}

impl Pinned {
    fn add(&mut self, scope: ScopeId, state: State) {
        match state {
            State::Held(keyring) => self.held.push((scope, keyring)),
            other => {
                self.others.insert(scope, other);
            }
        }
    }

    /// Answers for these subjects, and for no others.
    fn keyring(self, base: &Keyring) -> Keyring {
        base.clone().with_scopes(self.held, Arc::new(Others(self.others)))
    }
}

struct Others(HashMap<ScopeId, State>);

impl ScopedKeyring for Others {
    fn keys_of(&self, scope: &[u8]) -> ScopedKeys {
        self.0.get(scope).map_or(ScopedKeys::Unknown, |state| state.clone().into())
    }
}

fn usable(asked: &[ScopeId], pinned: &Pinned) -> Result<(), SubjectsError> {
    if pinned.others.is_empty() {
        return Ok(());
    }
    let mut first = None;
    let mut erased = 0;
    for (index, scope) in asked.iter().enumerate() {
        match pinned.others.get(scope) {
            Some(State::Unusable(reason)) => return Err(SubjectsError::Unusable { index, reason }),
            Some(_) => {
                first.get_or_insert(index);
                erased += 1;
            }
            None => {}
        }
    }
    first.map_or(Ok(()), |first| Err(SubjectsError::Erased { erased, asked: asked.len(), first }))
}

/// The keys of the one subject whose rows are being opened.
#[derive(Default)]
struct Current(Mutex<Option<ScopedKeys>>);

impl Current {
    fn set(&self, keys: Option<ScopedKeys>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

impl ScopedKeyring for Current {
    fn keys_of(&self, _: &[u8]) -> ScopedKeys {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or(ScopedKeys::Unknown)
    }
}

impl Inner {
    /// Each row is opened when its key arrives, while the database reads the next ones.
    async fn open_each<M>(
        &self,
        base: &Keyring,
        rows: Vec<M::Sealed>,
    ) -> Result<Vec<Result<M, OpenError>>, SubjectsError>
    where
        M: SealedRow<Sealed: Send> + Send,
    {
        const NONE: usize = usize::MAX;
        // The first row of each subject, and for each row the next one of the same.
        let mut first: HashMap<ScopeId, usize> = HashMap::with_capacity(rows.len());
        let mut next = vec![NONE; rows.len()];
        for ((at, row), next) in rows.iter().enumerate().zip(&mut next) {
            if let Ok(Some(scope)) = M::scope_of(row) {
                *next = first.insert(scope, at).unwrap_or(NONE);
            }
        }
        let current = Arc::new(Current::default());
        let keyring = base.clone().with_scopes([], Arc::clone(&current) as Arc<dyn ScopedKeyring>);
        let mut opened: Vec<Option<Result<M, OpenError>>> = rows.iter().map(|_| None).collect();
        let mut rows: Vec<Option<M::Sealed>> = rows.into_iter().map(Some).collect();
        let mut each = |subject: &[u8], state: Option<&State>| {
            let keys = state.map_or(ScopedKeys::Unknown, |state| state.clone().into());
            current.set(Some(keys));
            let mut at = first.get(subject).copied().unwrap_or(NONE);
            while let (Some(row), Some(result)) = (rows.get_mut(at), opened.get_mut(at)) {
                *result = row.take().map(|row| M::open_row(row, &keyring));
                at = next.get(at).copied().unwrap_or(NONE);
            }
        };
        self.each(first.keys(), &mut each).await?;
        // Those without a key scope, or with one that has no canonical form.
        current.set(None);
        let rest = rows.into_iter().zip(opened);
        Ok(rest.filter_map(|(row, done)| done.or_else(|| row.map(|row| M::open_row(row, &keyring)))).collect())
    }

    async fn pin(&self, scopes: HashSet<ScopeId>) -> Result<Pinned, SubjectsError> {
        let mut pinned = Pinned { held: Vec::with_capacity(scopes.len()), ..Pinned::default() };
        let mut each = |subject: &[u8], state: Option<&State>| match state {
            Some(state) => pinned.add(ScopeId::from_bytes(subject), state.clone()),
            None => pinned.absent.push(ScopeId::from_bytes(subject)),
        };
        self.each(&scopes, &mut each).await?;
        Ok(pinned)
    }

    /// Tells what is known of each subject, once: from memory, or by one query for all that are not in it. A second one where there are
    /// subjects whose record does not say enough: whether the ledger names them. None: neither a record nor an erasure.
    async fn each<'s>(
        &self,
        scopes: impl IntoIterator<Item = &'s ScopeId>,
        each: &mut (dyn FnMut(&[u8], Option<&State>) + Send),
    ) -> Result<(), SubjectsError> {
        let mut missing: Vec<&[u8]> = Vec::new();
        for scope in scopes {
            match self.cache.get(scope.as_bytes()) {
                Some(state) => each(scope.as_bytes(), Some(&state)),
                None => missing.push(scope.as_bytes()),
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let reading = self.cache.reading();
        let roots = self.roots.load_full();
        let mut unwrapping = self.unwrapping(&roots);
        let mut read: Vec<(Vec<u8>, State)> = Vec::with_capacity(missing.len());
        let mut listed: Vec<Vec<u8>> = Vec::new();
        // Unwrapped as they arrive, while the database reads on.
        let mut found = |found: Found| match self.state(&mut unwrapping, &found) {
            Some(state) => {
                each(&found.key.subject, Some(&state));
                read.push((found.key.subject, state));
            }
            None => listed.push(found.key.subject),
        };
        self.store.find(&self.authority.namespace, &missing, &mut found).await?;
        if read.len() < missing.len() {
            let known: HashSet<&[u8]> = read.iter().map(|(subject, _)| subject.as_slice()).collect();
            missing.retain(|subject| !known.contains(subject));
            let mut of_ledger: HashMap<Vec<u8>, State> = self.of_ledger(&missing).await?.into_iter().collect();
            for subject in missing {
                let state = match of_ledger.remove(subject) {
                    // Its entry went away in between.
                    None if listed.iter().any(|listed| listed == subject) => Some(State::Unusable(unusable::ENTRY)),
                    state => state,
                };
                each(subject, state.as_ref());
                read.extend(state.map(|state| (subject.to_vec(), state)));
            }
        }
        self.cache.put(&reading, read);
        Ok(())
    }

    /// Makes a key for each, in transactions of their own; where another process was faster, its key stands.
    async fn mint(&self, asked: &[ScopeId], mut subjects: Vec<&[u8]>) -> Result<(), SubjectsError> {
        let root = self.roots.load().first().cloned().ok_or(SubjectsError::NoRoot)?;
        subjects.sort_unstable();
        let namespace = &self.authority.namespace;
        let now = unix_seconds(SystemTime::now());
        for subjects in subjects.chunks(MINTED_AT_ONCE) {
            let new = |subject: &&[u8]| wrapping::mint(&root, namespace, subject, (self.algorithm, now));
            let keys: Vec<_> = subjects.iter().map(new).collect::<Result<_, _>>()?;
            let permit = |ledger: &super::Ledger, erased: &[super::StoredErasure]| {
                let (seq, chain) = self.end_of(ledger)?;
                self.saw(seq, &chain);
                if erased.is_empty() {
                    return Ok(());
                }
                let named = |scope: &ScopeId| erased.iter().any(|entry| entry.subject == scope.as_bytes());
                let first = asked.iter().position(named).unwrap_or_default();
                Err(SubjectsError::Erased { erased: erased.len(), asked: asked.len(), first })
            };
            let step = &*self.step;
            step("mint: wrapped");
            self.store.mint(namespace, Mint { keys: &keys, permit: &permit, step }).await?;
            step("mint: committed");
        }
        Ok(())
    }
}

/// Whole seconds since 1970; 0 before.
pub(super) fn unix_seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
