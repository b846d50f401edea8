//! Looking at keys without changing them: each slot, and how often a key has sealed.

use crate::error::KeysError;
use crate::purpose::Purpose;
use crate::record::KeyRecord;

use super::KeyManager;

impl KeyManager {
    /// Proves the slot of one KEK: what it unwraps is the key of the record.
    ///
    /// # Errors
    /// A [`KeysError`]: [`KeysError::Kek`] with the KEK's reason, [`KeysError::WrongBytes`], [`KeysError::NoSlot`].
    pub async fn prove_slot(&self, purpose: Purpose, key_id: u32, kek: &str) -> Result<KeyRecord, KeysError> {
        let keyset = self.verified().await?.keyset;
        let record = keyset.key(purpose, key_id).ok_or(KeysError::NoSuchKey { key_id })?;
        self.keks.unwrap_by(kek, record, &self.application, &self.tenant).await?;
        Ok(record.clone())
    }

    /// How many seals all processes have leased under a data key; None before it was first primary.
    ///
    /// # Errors
    /// [`KeysError::Counter`] where the counter of a key that has been primary is gone or was changed.
    pub async fn leased(&self, key_id: u32) -> Result<Option<u64>, KeysError> {
        let verified = self.verified().await?;
        let record = verified.keyset.key(Purpose::Data, key_id).ok_or(KeysError::NoSuchKey { key_id })?;
        let counter = self.store.counter(&self.application, &self.tenant, key_id).await?;
        match counter {
            Some(counter) if counter.verify(&verified.root, &self.application, &self.tenant) => Ok(Some(counter.seals)),
            Some(_) => Err(KeysError::Counter { key_id, what: "altered" }),
            None if record.activated.is_none() => Ok(None),
            None => Err(KeysError::Counter { key_id, what: "gone" }),
        }
    }

    /// The store, as messages call it.
    pub fn store_name(&self) -> String {
        self.store.describe()
    }

    /// The application.
    pub fn application(&self) -> &str {
        &self.application
    }

    /// The tenant, or empty.
    pub fn tenant_name(&self) -> &str {
        &self.tenant
    }
}
