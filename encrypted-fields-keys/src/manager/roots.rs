//! The roots of an application's records, for what is kept beside the keyset: the keys of data subjects.

use encrypted_fields::RootKey;
use futures_util::future::try_join_all;

use crate::error::KeysError;
use crate::purpose::Purpose;
use crate::record::StoredState;

use super::KeyManager;

impl KeyManager {
    /// The root that authenticates the store's records.
    ///
    /// # Errors
    /// As [`keyset`](Self::keyset).
    pub async fn store_root(&self) -> Result<RootKey, KeysError> {
        Ok(self.verified().await?.root)
    }

    /// The roots that wrap the keys of data subjects, the primary one first; empty where none was made. A running program has
    /// them from its [`KeyService`](crate::KeyService).
    ///
    /// # Errors
    /// As [`keyset`](Self::keyset), and where a root does not come out of any slot.
    pub async fn subject_roots(&self) -> Result<Vec<RootKey>, KeysError> {
        let keyset = self.verified().await?.keyset;
        let mut roots: Vec<_> = keyset.of(Purpose::SubjectRoot).filter(|key| key.state.loaded_as().is_some()).collect();
        roots.sort_by_key(|key| key.state != StoredState::Primary);
        try_join_all(roots.into_iter().map(async |root| {
            let unwrapped = self.keks.unwrap(root, &self.application, &self.tenant).await?;
            Ok(unwrapped.material.root_key()?)
        }))
        .await
    }
}
