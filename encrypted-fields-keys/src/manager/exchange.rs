//! Keys from elsewhere, and keys for elsewhere: raw keys and Tink keysets.

use encrypted_fields::{DataKey, IndexKey, KeyMaterial, KeyOrigin, KeyState, Keyring, Secret};
use futures_util::future::try_join_all;

use crate::error::KeysError;
use crate::purpose::Purpose;
use crate::record::{KeyAlgorithm, KeyRecord, StoredState};

use super::KeyManager;

/// Keys to take over.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Import<'a> {
    /// The keys of a keyring that was read from the environment, a file or a Tink keyset, each as it was; its primary key
    /// becomes decrypt-only until it is promoted.
    Keyring(&'a Keyring),
    /// A raw key, as `ENCRYPTION_KEY` or `ENCRYPTION_INDEX_KEY` holds it.
    Raw {
        /// The text.
        text: &'a str,
        /// Where it came from, for messages.
        origin: KeyOrigin,
        /// What it is for.
        purpose: Purpose,
        /// What a data key is used with.
        algorithm: encrypted_fields::Algorithm,
    },
}

impl KeyManager {
    /// Stores keys that were kept elsewhere, as decrypt-only, each wrapped and proven; one that is there already is left as it
    /// is. A single native key is stored as the index key too, for which it stood in. The way from `ENCRYPTION_KEY` to a key store: import, promote, and start the program on the store.
    ///
    /// # Errors
    /// A [`KeysError`]; what was stored before it stays.
    pub async fn import(&self, import: Import<'_>) -> Result<Vec<KeyRecord>, KeysError> {
        self.found_keyset(false).await?;
        let mut stored = Vec::new();
        match import {
            Import::Keyring(keyring) => {
                for (key, state) in keyring.data_keys() {
                    let algorithm = KeyAlgorithm::Data(key.algorithm());
                    stored.push(self.take_over(&key.material(), Purpose::Data, algorithm, Some(key.id())).await?);
                    if state == KeyState::Disabled {
                        self.disable(Purpose::Data, key.id()).await?;
                    }
                }
                // The data key that stands in for the index key goes on as the index key, or every token would change.
                if let Some((key, _)) = keyring.data_keys().next().filter(|_| keyring.index_is_derived()) {
                    let material = key.material();
                    if !material.is_imported() && keyring.data_keys().count() == 1 {
                        let algorithm = KeyAlgorithm::HmacSha256;
                        stored.push(self.take_over(&material, Purpose::Index, algorithm, None).await?);
                    }
                }
            }
            Import::Raw { text, origin, purpose, algorithm } => {
                let (material, algorithm) = match purpose {
                    Purpose::Data => {
                        let key = DataKey::parse_from(text, algorithm, &origin)?;
                        (key.material(), KeyAlgorithm::Data(key.algorithm()))
                    }
                    Purpose::Index => (KeyMaterial::parse(text, &origin)?, KeyAlgorithm::HmacSha256),
                    other => {
                        let what = format!("a key of purpose {other} is made by this library, and not imported");
                        return Err(KeysError::Configuration(what));
                    }
                };
                stored.push(self.take_over(&material, purpose, algorithm, None).await?);
            }
        }
        Ok(stored)
    }

    async fn take_over(
        &self,
        material: &KeyMaterial,
        purpose: Purpose,
        algorithm: KeyAlgorithm,
        id: Option<u32>,
    ) -> Result<KeyRecord, KeysError> {
        match self.store_new(material, purpose, algorithm, id, StoredState::DecryptOnly).await {
            Err(KeysError::KeyExists { key_id }) => self.prove(purpose, key_id).await,
            other => other,
        }
    }

    /// The keyring of what is stored, every key unwrapped.
    ///
    /// # Errors
    /// A [`KeysError`]; without a primary data key [`KeyError::NoPrimary`](encrypted_fields::KeyError::NoPrimary).
    pub async fn keyring(&self) -> Result<Keyring, KeysError> {
        let keyset = self.verified().await?.keyset;
        let loaded = keyset.keys.iter().filter_map(|key| Some((key, key.state.loaded_as()?)));
        let loaded = loaded.filter(|(key, _)| matches!(key.purpose, Purpose::Data | Purpose::Index));
        let unwrapped = try_join_all(loaded.map(async |(key, state)| {
            let unwrapped = self.keks.unwrap(key, &self.application, &self.tenant).await?;
            Ok::<_, KeysError>((key, state, unwrapped.material))
        }));
        let mut keyring = Keyring::builder(&self.application).without_derived_index();
        for (record, state, material) in unwrapped.await? {
            keyring = match record.algorithm {
                KeyAlgorithm::Data(algorithm) => {
                    keyring.key(material.data_key(algorithm, record.imported.then_some(record.id))?, state)
                }
                _ => with_index(keyring, material.index_key()?, state),
            };
        }
        Ok(keyring.build()?)
    }

    /// The data keys as a cleartext Tink JSON keyset: with it any Tink opens the values, so it is as secret as all of them.
    ///
    /// # Errors
    /// As [`keyring`](Self::keyring).
    pub async fn export_tink(&self) -> Result<Secret<String>, KeysError> {
        Ok(self.keyring().await?.export_tink())
    }
}

/// An index key of new tokens, or one of older tokens.
pub(crate) fn with_index(
    keyring: encrypted_fields::KeyringBuilder,
    key: IndexKey,
    state: KeyState,
) -> encrypted_fields::KeyringBuilder {
    if state == KeyState::Primary { keyring.index_key(key) } else { keyring.old_index_key(key) }
}
