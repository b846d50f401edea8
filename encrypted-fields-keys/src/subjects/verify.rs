//! Everything that is stored about subjects, looked at.

use std::collections::HashMap;
use std::fmt;

use encrypted_fields::ScopeId;

use super::builder::SubjectsBuilder;
use super::cache::State;
use super::error::{LedgerReason, SubjectsError, unusable};
use super::ledger::PAGE;
use super::store::{Found, StoredErasure};
use super::{Inner, Subjects, wrapping};

/// What was found, and how much was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Findings {
    /// What is wrong; nothing, where all is well.
    pub findings: Vec<Finding>,
    /// Keys that unwrap.
    pub keys: usize,
    /// Tombstones that verify.
    pub tombstones: usize,
    /// Entries of the ledger.
    pub entries: usize,
}

/// Something is wrong. It prints without the subject, who is a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The ledger is not what it was.
    Ledger(LedgerReason),
    /// The ledger's file is not what it was.
    File(super::FileReason),
    /// A record cannot be used.
    Unusable {
        /// Whose.
        subject: ScopeId,
        /// The key id that the record names.
        key_id: i64,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// A subject that was erased has a key again: somebody put the record back. It is not used.
    Resurrected {
        /// Whose.
        subject: ScopeId,
        /// The ledger's entry.
        seq: i64,
    },
    /// A subject that was erased has no tombstone: somebody deleted it. No key is made again.
    TombstoneMissing {
        /// Whose.
        subject: ScopeId,
        /// The ledger's entry.
        seq: i64,
    },
    /// A tombstone that the ledger does not name.
    TombstoneUnlisted {
        /// Whose.
        subject: ScopeId,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(reason) => write!(f, "the ledger of erasures: {reason}"),
            Self::File(reason) => write!(f, "the erasure ledger file: {reason}"),
            Self::Unusable { key_id, reason, .. } => write!(f, "the record of key {key_id}: {reason}"),
            Self::Resurrected { seq, .. } => {
                write!(
                    f,
                    "the subject of entry {seq} was erased and has a key again, which is not used; erase it again"
                )
            }
            Self::TombstoneMissing { seq, .. } => {
                write!(f, "the subject of entry {seq} was erased and has no tombstone; erase it again")
            }
            Self::TombstoneUnlisted { .. } => {
                f.write_str("a tombstone that the ledger does not name; erase its subject again, which lists it")
            }
        }
    }
}

impl Findings {
    /// Nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl SubjectsBuilder {
    /// Checks everything that is stored, and changes nothing; also where [`start`](Self::start) refuses.
    ///
    /// # Errors
    /// [`SubjectsError::Database`]; what is wrong with the records is among the [`Findings`].
    pub async fn verify(&self) -> Result<Findings, SubjectsError> {
        self.build().verify().await
    }
}

impl Subjects {
    /// Checks everything that is stored, and changes nothing: the ledger's chain and head, its file, every tombstone, every key.
    /// An erasure that runs meanwhile may be found half done; verify again.
    ///
    /// # Errors
    /// As [`SubjectsBuilder::verify`].
    pub async fn verify(&self) -> Result<Findings, SubjectsError> {
        self.0.verify().await
    }
}

impl Inner {
    async fn verify(&self) -> Result<Findings, SubjectsError> {
        let mut all = Findings::default();
        let entries = self.verify_ledger(&mut all).await?;
        let listed: HashMap<&[u8], &StoredErasure> =
            entries.iter().map(|entry| (entry.subject.as_slice(), entry)).collect();
        self.verify_file(&listed, &mut all)?;
        let mut without_tombstone = listed.clone();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.store.page(&self.authority.namespace, after.as_deref(), None, PAGE as i64).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.subject.clone());
            let (full, roots) = (page.len() == PAGE, self.roots.load());
            let mut unwrapping = self.unwrapping(&roots);
            for key in page {
                let entry = without_tombstone.remove(key.subject.as_slice());
                let named = key.wrapped.as_deref().and_then(wrapping::root_of).map(i64::from);
                let misnamed = key.root_id != named;
                let found = Found { key: key.into(), listed: false };
                let subject = ScopeId::from_bytes(found.key.subject.clone());
                let finding = match (self.state(&mut unwrapping, &found), entry) {
                    (_, Some(entry)) if found.key.wrapped.is_some() => {
                        Some(Finding::Resurrected { subject, seq: entry.seq })
                    }
                    (Some(State::Unusable(reason)), _) => {
                        Some(Finding::Unusable { subject, key_id: found.key.key_id, reason })
                    }
                    (Some(State::Erased(_)), None) => Some(Finding::TombstoneUnlisted { subject }),
                    (Some(State::Erased(_)), Some(_)) => {
                        all.tombstones += 1;
                        None
                    }
                    // A renewal would take it for done.
                    (Some(State::Held(_)), _) if misnamed => {
                        Some(Finding::Unusable { subject, key_id: found.key.key_id, reason: unusable::ALTERED })
                    }
                    (Some(State::Held(_)) | None, _) => {
                        all.keys += 1;
                        None
                    }
                };
                all.findings.extend(finding);
            }
            if !full {
                break;
            }
        }
        let missing = without_tombstone.into_iter().map(|(subject, entry)| Finding::TombstoneMissing {
            subject: ScopeId::from_bytes(subject),
            seq: entry.seq,
        });
        all.findings.extend(missing);
        Ok(all)
    }

    /// Every entry there is, whether it verifies or not.
    async fn verify_ledger(&self, all: &mut Findings) -> Result<Vec<StoredErasure>, SubjectsError> {
        let namespace = &self.authority.namespace;
        let ledger = self.store.ledger(namespace).await?;
        let mut entries: Vec<StoredErasure> = Vec::new();
        loop {
            let after = entries.last().map_or(i64::MIN, |entry| entry.seq);
            let page = self.store.entries(namespace, after, PAGE as i64).await?;
            let full = page.len() == PAGE;
            entries.extend(page);
            if !full {
                break;
            }
        }
        all.entries = entries.len();
        match self.genuine(ledger.head.as_ref()) {
            // A namespace that was never served.
            Err(LedgerReason::HeadMissing) if entries.is_empty() && ledger.tombstones == 0 => {}
            Err(reason) => all.findings.push(Finding::Ledger(reason)),
            Ok(head) => {
                let found = i64::try_from(entries.len()).unwrap_or(i64::MAX);
                if found != head.seq {
                    all.findings.push(Finding::Ledger(LedgerReason::Count { head: head.seq, found }));
                } else if entries.last().map_or(&[][..], |last| &last.chain) != head.chain {
                    all.findings.push(Finding::Ledger(LedgerReason::HeadAltered));
                }
            }
        }
        let mut before: (i64, &[u8]) = (0, &[]);
        for entry in &entries {
            if !self.is_next(before, entry) {
                all.findings.push(Finding::Ledger(LedgerReason::Entry { seq: entry.seq }));
            }
            before = (entry.seq, &entry.chain);
        }
        Ok(entries)
    }

    fn verify_file(&self, listed: &HashMap<&[u8], &StoredErasure>, all: &mut Findings) -> Result<(), SubjectsError> {
        let Some(file) = &self.file else { return Ok(()) };
        match file.entries() {
            Ok(entries) => {
                let missing = entries.iter().filter(|entry| !listed.contains_key(entry.subject.as_slice())).count();
                if missing > 0 {
                    all.findings.push(Finding::Ledger(LedgerReason::Behind { missing }));
                }
            }
            Err(SubjectsError::File { reason, .. }) => all.findings.push(Finding::File(reason)),
            Err(other) => return Err(other),
        }
        Ok(())
    }
}
