//! Renewal of the subject root: survivors are wrapped anew, and then the old root can be destroyed.

use super::error::SubjectsError;
use super::store::Rewrapped;
use super::{Inner, Subjects};

/// How far a renewal of the subject root is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Rewrap {
    /// Keys that were wrapped anew.
    pub rewrapped: usize,
    /// Keys that changed meanwhile: erased, or wrapped anew by another process.
    pub changed: usize,
    /// Keys whose record does not verify, or whose root is not held. They are left as they are; see [`Subjects::verify`].
    pub unusable: usize,
    /// Keys under each older root that are left: a root that is not among them wraps nothing, and can be destroyed.
    pub left: Vec<(u32, u64)>,
}

impl Subjects {
    /// Wraps every key that an older subject root wraps under the newest, `page` a transaction. Data is not touched. May be stopped
    /// at any time and run again: it goes on with what is left.
    ///
    /// Set the new root first in **every** process ([`set_roots`](Subjects::set_roots), the newest first): one that does not hold it
    /// cannot open what is wrapped anew, and goes on minting under the old one. When [`Rewrap::left`] is empty and no process mints under it any more, destroy the old
    /// root, in every backup of the keys too: only then are dumps of before closed, whoever holds them.
    ///
    /// # Errors
    /// [`SubjectsError::Database`], [`SubjectsError::NoRoot`]. What was committed stays.
    pub async fn rewrap(&self, page: usize) -> Result<Rewrap, SubjectsError> {
        self.0.rewrap(page.clamp(1, 10_000)).await
    }
}

impl Inner {
    async fn rewrap(&self, size: usize) -> Result<Rewrap, SubjectsError> {
        let namespace = &self.authority.namespace;
        let roots = self.roots.load_full();
        let newest = roots.first().ok_or(SubjectsError::NoRoot)?;
        let mut progress = Rewrap::default();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let limit = i64::try_from(size).unwrap_or(i64::MAX);
            let page = self.store.page(namespace, after.as_deref(), Some(newest.id().into()), limit).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.subject.clone());
            let mut rewrapped = Vec::with_capacity(page.len());
            for key in &page {
                let new = self.unwrapping(&roots).rewrap(&key.clone().into(), newest);
                let (Ok(new), Some(old)) = (new, &key.wrapped) else {
                    progress.unusable += 1;
                    continue;
                };
                let (subject, old) = (key.subject.clone(), old.clone());
                rewrapped.push(Rewrapped { subject, old, new: new?, root_id: newest.id().into() });
            }
            (self.step)("rewrap: page wrapped");
            let changed = self.store.rewrap(namespace, &rewrapped).await?;
            (self.step)("rewrap: page committed");
            progress.rewrapped += changed;
            progress.changed += rewrapped.len() - changed;
            if page.len() < size {
                break;
            }
        }
        let left = self.store.by_root(namespace).await?;
        let older =
            left.into_iter().filter_map(|(root, count)| Some((u32::try_from(root).ok()?, count.unsigned_abs())));
        progress.left = older.filter(|(root, _)| *root != newest.id()).collect();
        Ok(progress)
    }
}
