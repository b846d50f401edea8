//! The ledger of erasures: checked before serving, replayed after a restore.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::builder::SubjectsBuilder;
use super::error::{LedgerReason, SubjectsError};
use super::ledger_file::LedgerFile;
use super::store::{Ledger, StoredErasure};
use super::{Inner, Subjects};

/// Rows that are read at once.
pub(super) const PAGE: usize = 10_000;

/// What a replay did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Replay {
    /// How many entries the file has.
    pub entries: usize,
    /// How many of them the database lacked, and has now.
    pub erased: usize,
    /// How many were there already.
    pub already: usize,
}

impl SubjectsBuilder {
    /// Checks the ledger, entry by entry and against its file, and serves.
    ///
    /// What the database has and the file lacks is written to the file: it may be new, or another process' erasures.
    ///
    /// # Errors
    /// [`LedgerReason::Behind`]: the file names an erasure that the database lacks, which was restored from an older dump;
    /// [`replay`](Self::replay) first. Any other [`SubjectsError::Ledger`], [`SubjectsError::File`], [`SubjectsError::Database`].
    pub async fn start(&self) -> Result<Subjects, SubjectsError> {
        let inner = self.build();
        inner.begin().await?;
        let (entries, seq) = inner.entries().await?;
        if let Some(file) = &inner.file {
            let known: HashSet<&[u8]> = entries.iter().map(|entry| entry.subject.as_slice()).collect();
            let missing = file.entries()?.iter().filter(|entry| !known.contains(entry.subject.as_slice())).count();
            if missing > 0 {
                return Err(LedgerReason::Behind { missing }.into());
            }
            file.append(&entries)?;
            inner.synced(seq);
        }
        let inner = Arc::new(inner);
        if let Some(service) = &self.service {
            let followed = Arc::downgrade(&inner);
            service.follow(Box::new(move |current| {
                let inner = followed.upgrade();
                inner.iter().for_each(|inner| inner.roots.store(Arc::new(current.subject_roots.clone())));
                inner.is_some()
            }));
        }
        Ok(Subjects(inner))
    }

    /// Erases again whom the ledger file names and the database does not: after a restore of an older dump, before
    /// [`start`](Self::start). May be run again, and at any time.
    ///
    /// # Errors
    /// As [`start`](Self::start), and where there is no ledger file nothing is replayed.
    pub async fn replay(&self) -> Result<Replay, SubjectsError> {
        match &self.ledger_file {
            Some(path) => self.replay_from(path).await,
            None => Ok(Replay::default()),
        }
    }

    /// The same from another file, such as another process' or a copy.
    ///
    /// # Errors
    /// As [`replay`](Self::replay).
    pub async fn replay_from(&self, path: impl AsRef<Path>) -> Result<Replay, SubjectsError> {
        let inner = self.build();
        inner.begin().await?;
        let (entries, _) = inner.entries().await?;
        inner.replay(path.as_ref(), &entries).await
    }
}

impl Subjects {
    /// Erases again whom a ledger file names and the database does not; see [`SubjectsBuilder::replay`].
    ///
    /// # Errors
    /// As [`SubjectsBuilder::replay`].
    pub async fn replay_from(&self, path: impl AsRef<Path>) -> Result<Replay, SubjectsError> {
        let (entries, _) = self.0.entries().await?;
        self.0.replay(path.as_ref(), &entries).await
    }
}

impl Inner {
    async fn replay(&self, path: &Path, known: &[StoredErasure]) -> Result<Replay, SubjectsError> {
        let known: HashSet<&[u8]> = known.iter().map(|entry| entry.subject.as_slice()).collect();
        let entries = LedgerFile::new(path, &self.authority).entries()?;
        let mut replay = Replay { entries: entries.len(), ..Replay::default() };
        for entry in &entries {
            // A subject that the ledger names has its tombstone too, unless somebody put a record back.
            self.erase(&entry.subject, entry.erased_at, Some(entry)).await?;
            if known.contains(entry.subject.as_slice()) {
                replay.already += 1;
            } else {
                replay.erased += 1;
            }
        }
        Ok(replay)
    }

    /// The first head of a namespace: only where there was never an erasure.
    pub(super) async fn begin(&self) -> Result<(), SubjectsError> {
        let namespace = &self.authority.namespace;
        if let Ledger { head: None, entries: 0, tombstones: 0 } = self.store.ledger(namespace).await? {
            self.store.begin(namespace, &self.authority.head(0, Vec::new())).await?;
        }
        Ok(())
    }

    /// Every entry up to the head, each verified and following the one before, and how many there are.
    pub(super) async fn entries(&self) -> Result<(Vec<StoredErasure>, i64), SubjectsError> {
        let ledger = self.store.ledger(&self.authority.namespace).await?;
        let head = self.genuine(ledger.head.as_ref())?;
        let mut all: Vec<StoredErasure> = Vec::new();
        loop {
            let after = all.last().map_or(0, |entry| entry.seq);
            let page = self.store.entries(&self.authority.namespace, after, PAGE as i64).await?;
            let last = page.len() < PAGE;
            // What was appended since the head was read is the next one's.
            all.extend(page.into_iter().filter(|entry| entry.seq <= head.seq));
            if last || all.last().is_some_and(|entry| entry.seq == head.seq) {
                break;
            }
        }
        if i64::try_from(all.len()) != Ok(head.seq) {
            return Err(LedgerReason::Count { head: head.seq, found: ledger.entries }.into());
        }
        let mut before: (i64, &[u8]) = (0, &[]);
        for entry in &all {
            if !self.is_next(before, entry) {
                return Err(LedgerReason::Entry { seq: entry.seq }.into());
            }
            before = (entry.seq, &entry.chain);
        }
        if before.1 != head.chain {
            return Err(LedgerReason::HeadAltered.into());
        }
        self.saw(head.seq, &head.chain);
        Ok((all, head.seq))
    }

    pub(super) fn is_next(&self, before: (i64, &[u8]), entry: &StoredErasure) -> bool {
        entry.seq == before.0 + 1
            && self.authority.is_entry(entry)
            && self.authority.follows(before.1, &entry.mac, &entry.chain)
    }
}
