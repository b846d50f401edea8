//! What a key may do: promotion, retirement, destruction.

use crate::error::KeysError;
use crate::keyset::Keyset;
use crate::purpose::Purpose;
use crate::record::{KeyRecord, StoredState};

use super::{KeyManager, in_state};

use StoredState::{DecryptOnly, Destroyed, Disabled, Pending, Primary};

impl KeyManager {
    /// Makes a key primary and the one of before decrypt-only, after proving it once more. Promoting the primary key changes
    /// nothing.
    ///
    /// # Errors
    /// [`KeysError::PrimaryChanged`] where somebody else promoted another key in the meantime, [`KeysError::State`] for a key
    /// that is disabled or destroyed, and what [`prove`](Self::prove) says.
    pub async fn promote(&self, purpose: Purpose, key_id: u32) -> Result<KeyRecord, KeysError> {
        let before = self.verified().await?;
        let primary = |keyset: &Keyset| keyset.primary(purpose).map(|key| key.id);
        let was = primary(&before.keyset);
        allowed(&mut before.keyset.clone(), (purpose, key_id))?;
        let record = self.prove(purpose, key_id).await?;
        self.step("promote: proven");
        self.begin_counting(&record, &before).await?;
        self.step("promote: counting");
        let now = self.now();
        let (record, _) = self
            .change(|keyset| {
                let is = primary(keyset);
                if let Some(now) = is.filter(|_| is != was && is != Some(key_id)) {
                    return Err(KeysError::PrimaryChanged { now, asked: key_id });
                }
                allowed(keyset, (purpose, key_id))?;
                keyset.promote(purpose, key_id, now);
                keyset.key(purpose, key_id).cloned().ok_or(KeysError::NoSuchKey { key_id })
            })
            .await?;
        self.step("promote: stored");
        Ok(record)
    }

    /// Takes a key out of use for good, once nothing names it any more: it neither seals nor opens, and can be destroyed.
    ///
    /// # Errors
    /// [`KeysError::State`] for the primary key.
    pub async fn retire(&self, purpose: Purpose, key_id: u32) -> Result<KeyRecord, KeysError> {
        let now = self.now();
        let instead = "promote another key first; retire this one when nothing names it any more";
        self.set(purpose, key_id, &[Pending, DecryptOnly, Disabled], "retired", instead, |key| {
            key.state = Disabled;
            key.retired.get_or_insert(now);
        })
        .await
    }

    /// Stops a key at once: it neither seals nor opens, and may come back.
    ///
    /// # Errors
    /// [`KeysError::State`] for the primary key.
    pub async fn disable(&self, purpose: Purpose, key_id: u32) -> Result<KeyRecord, KeysError> {
        let instead = "promote another key first, so that something seals";
        self.set(purpose, key_id, &[Pending, DecryptOnly, Disabled], "disabled", instead, |key| key.state = Disabled)
            .await
    }

    /// Lets a disabled key open again.
    ///
    /// # Errors
    /// [`KeysError::State`] for a key that is destroyed.
    pub async fn enable(&self, purpose: Purpose, key_id: u32) -> Result<KeyRecord, KeysError> {
        let instead = "only a disabled key is";
        self.set(purpose, key_id, &[Disabled, DecryptOnly], "enabled", instead, |key| {
            key.state = DecryptOnly;
        })
        .await
    }

    /// Destroys a disabled key: its slots are gone for ever, and with them whatever is sealed under it. Its record stays as a
    /// tombstone, so that its id is never taken again.
    ///
    /// # Errors
    /// [`KeysError::State`] for a key that is not disabled.
    pub async fn destroy(&self, purpose: Purpose, key_id: u32) -> Result<KeyRecord, KeysError> {
        let now = self.now();
        let instead = "disable it first, and wait until nothing misses it";
        self.set(purpose, key_id, &[Disabled, Destroyed], "destroyed", instead, |key| {
            key.state = Destroyed;
            key.destroyed.get_or_insert(now);
            key.slots.clear();
        })
        .await
    }

    async fn set(
        &self,
        purpose: Purpose,
        key_id: u32,
        from: &[StoredState],
        doing: &'static str,
        instead: &'static str,
        set: impl Fn(&mut KeyRecord),
    ) -> Result<KeyRecord, KeysError> {
        let change = |keyset: &mut Keyset| {
            let key = in_state(keyset, (purpose, key_id), from, doing, instead)?;
            set(key);
            Ok(key.clone())
        };
        let (record, _) = self.change(change).await?;
        self.step("state: stored");
        Ok(record)
    }
}

/// Whether a key may become primary.
fn allowed(keyset: &mut Keyset, key: (Purpose, u32)) -> Result<(), KeysError> {
    let instead = "enable it first if it was disabled; what was destroyed does not come back";
    in_state(keyset, key, &[Pending, Primary, DecryptOnly], "promoted", instead).map(drop)
}
