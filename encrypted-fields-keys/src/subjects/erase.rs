//! Erasing a subject.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use encrypted_fields::ScopeId;

use super::error::{LedgerReason, SubjectsError};
use super::namespace::length_prefixed;
use super::pages::unix_seconds;
use super::store::{Erase, ErasePlan, EraseView, StoredErasure};
use super::{Inner, Subjects};

/// A subject is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Erasure {
    /// When it was erased first, in Unix seconds.
    pub at: i64,
    /// The id of its key, which no value is sealed under again; None where it had none.
    pub key_id: Option<u32>,
    /// It had been erased before.
    pub again: bool,
}

impl Subjects {
    /// Destroys a subject's key, for ever: what it sealed is unreadable from now on, and no key is made again. A subject without a
    /// key is erased as well. Erasing again gives the first date.
    ///
    /// 1. One transaction begins, and holds the ledger's head.
    /// 2. The entry is appended to the ledger file, where there is one, and is on the disk.
    /// 3. The entry is appended to the ledger, the record becomes a tombstone, other processes are told; the transaction commits.
    /// 4. The key leaves this process' memory.
    ///
    /// A crash between 2 and 3 leaves an entry in the file alone: [`start`](super::SubjectsBuilder::start) refuses to serve until it is
    /// [replayed](super::SubjectsBuilder::replay).
    ///
    /// # Errors
    /// [`SubjectsError::Ledger`], [`SubjectsError::File`], [`SubjectsError::Database`]; the subject counts as erased once this has
    /// returned without one. After an error, erase again.
    pub async fn erase(&self, scope: impl Into<ScopeId>, now: SystemTime) -> Result<Erasure, SubjectsError> {
        self.0.erase(scope.into().as_bytes(), unix_seconds(now), None).await
    }
}

impl Inner {
    /// `given` is an entry that is replayed: its date and its key id stand.
    pub(super) async fn erase(
        &self,
        subject: &[u8],
        now: i64,
        given: Option<&StoredErasure>,
    ) -> Result<Erasure, SubjectsError> {
        let step = &*self.step;
        step("erase: begun");
        let done = Mutex::new(None);
        let plan = |view| {
            let (plan, erasure) = self.plan(subject, now, given, view)?;
            let end = plan.append.as_ref().map(|(_, head)| (head.seq, head.chain.clone()));
            *done.lock().unwrap_or_else(PoisonError::into_inner) = Some((erasure, end));
            Ok(plan)
        };
        let erase = Erase { subject, entries_after: self.in_file.load(SeqCst), plan: &plan, step };
        let erased = self.store.erase(&self.authority.namespace, erase).await;
        // Whatever came of it: what is in memory is read again.
        self.cache.evict(subject);
        erased?;
        step("erase: committed");
        let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (erasure, end) =
            done.ok_or_else(|| SubjectsError::database("erase a subject's key", "it was not asked"))?;
        if let Some((seq, chain)) = end {
            self.saw(seq, &chain);
            if self.file.is_some() {
                self.synced(seq);
            }
        }
        Ok(erasure)
    }

    fn plan(
        &self,
        subject: &[u8],
        now: i64,
        given: Option<&StoredErasure>,
        view: EraseView,
    ) -> Result<(ErasePlan, Erasure), SubjectsError> {
        let (seq, chain) = self.end_of(&view.ledger)?;
        self.saw(seq, &chain);
        if let Some(entry) = view.erasure.iter().chain(&view.entries).find(|entry| !self.authority.is_entry(entry)) {
            return Err(LedgerReason::Entry { seq: entry.seq }.into());
        }
        let in_file = match &self.file {
            Some(file) => file.entry_of(subject)?,
            None => None,
        };
        let buried = view.key.clone().and_then(|key| self.authority.is_tombstone(&key.into()));
        // The first date that anything genuine names.
        let named = view.erasure.as_ref().or(given).or(in_file.as_ref());
        let of_record = view.key.as_ref().map_or(0, |key| key.key_id);
        let (key_id, at) = match (named, buried) {
            (Some(entry), _) => (entry.key_id, entry.erased_at),
            (None, Some(at)) => (of_record, at),
            (None, None) => (of_record, now),
        };
        let key_id = u32::try_from(key_id).unwrap_or_default();
        let (entry, head) = self.authority.entry((seq, &chain), (subject, key_id, at));
        if let Some(file) = &self.file {
            // In the database's order: what other processes erased first.
            file.append(view.entries.iter().chain([&entry]))?;
            (self.step)("erase: in the file");
        }
        let again = view.erasure.is_some() || buried.is_some();
        let append = view.erasure.is_none().then_some((entry, head));
        // A genuine tombstone of another key id or date is left from before a restore: the ledger's stands.
        let tombstone = self.authority.tombstone(subject, (key_id, at), view.key.as_ref());
        let tombstone = (view.key.as_ref() != Some(&tombstone)).then_some(tombstone);
        let plan = ErasePlan { append, tombstone, notify: self.notice(subject) };
        Ok((plan, Erasure { at, key_id: Some(key_id).filter(|id| *id != 0), again }))
    }

    /// Names a subject to other processes: base64url of namespace and subject; empty, which is everybody, where that is longer than a
    /// notification may be.
    pub(super) fn notice(&self, subject: &[u8]) -> String {
        use base64ct::{Base64UrlUnpadded, Encoding as _};
        let mut bytes = Vec::new();
        self.authority.namespace.write(&mut bytes);
        length_prefixed(subject, &mut bytes);
        let notice = Base64UrlUnpadded::encode_string(&bytes);
        if notice.len() < NOTICE { notice } else { String::new() }
    }
}

/// Postgres takes less than 8,000 bytes.
const NOTICE: usize = 8_000;
