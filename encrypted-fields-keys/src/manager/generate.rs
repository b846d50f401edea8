//! Making a key, and proving that it comes back before anything is sealed under it.

use encrypted_fields::{Algorithm, KeyMaterial, KeyState, Keyring};
use futures_util::future::join_all;

use crate::error::KeysError;
use crate::keks::id_of;
use crate::keyset::{Counter, Keyset};
use crate::purpose::Purpose;
use crate::record::{KeyAlgorithm, KeyRecord, StoredState};
use crate::store::StoreError;

use super::{KeyManager, Verified};

impl KeyManager {
    /// Makes a key, stores it as pending, and proves it: unwraps it again from what is stored, slot by slot, and opens a probe
    /// under it. The first key of an application makes its keyset too, with a store root and an index key. Nothing that exists is overwritten.
    ///
    /// # Errors
    /// A [`KeysError`]. After one that is not of the proof nothing was stored; an unproven key stays pending and cannot seal.
    pub async fn generate(&self, purpose: Purpose, algorithm: Algorithm) -> Result<KeyRecord, KeysError> {
        if purpose == Purpose::StoreRoot {
            return Err(KeysError::Configuration("a keyset has one store root, made with its first key".into()));
        }
        self.found_keyset(purpose != Purpose::Index).await?;
        let material = KeyMaterial::generate()?;
        self.store_new(&material, purpose, KeyAlgorithm::of(purpose, algorithm), None, StoredState::Pending).await
    }

    /// Stores a key that is not there yet, and proves it.
    pub(super) async fn store_new(
        &self,
        material: &KeyMaterial,
        purpose: Purpose,
        algorithm: KeyAlgorithm,
        id: Option<u32>,
        state: StoredState,
    ) -> Result<KeyRecord, KeysError> {
        let record = self.wrapped(material, purpose, algorithm, id, state).await?;
        self.step("generate: wrapped");
        let (purpose, key_id) = (record.purpose, record.id);
        let add = |keyset: &mut Keyset| {
            if keyset.key(purpose, key_id).is_some() {
                return Err(KeysError::KeyExists { key_id });
            }
            keyset.insert(record.clone());
            Ok(())
        };
        self.change(add).await?;
        self.step("generate: stored");
        let proven = self.prove(purpose, key_id).await?;
        self.step("generate: proven");
        Ok(proven)
    }

    /// Proves a key as it is stored: every slot of a configured KEK gives the same key, and a probe sealed under it opens.
    ///
    /// # Errors
    /// A [`KeysError`]: the first slot that does not give it.
    pub async fn prove(&self, purpose: Purpose, key_id: u32) -> Result<KeyRecord, KeysError> {
        let keyset = self.verified().await?.keyset;
        let record = keyset.key(purpose, key_id).ok_or(KeysError::NoSuchKey { key_id })?;
        let slots = record.slots.iter().filter(|slot| self.keks.get(&slot.kek).is_ok());
        let unwrapped =
            join_all(slots.map(|slot| self.keks.unwrap_by(&slot.kek, record, &self.application, &self.tenant)));
        let mut keys = unwrapped.await.into_iter().collect::<Result<Vec<_>, _>>()?;
        let Some(material) = keys.pop() else {
            let slots = record.slots.iter().map(|slot| slot.kek.clone()).collect();
            return Err(KeysError::NoKek { purpose, key_id, slots });
        };
        let wrong =
            || KeysError::WrongBytes { kek: record.slots.first().map_or("", |it| &it.kek).into(), purpose, key_id };
        if keys.iter().any(|other| *other != material) {
            return Err(wrong());
        }
        if opens_a_probe(&material, record, &self.application)? { Ok(record.clone()) } else { Err(wrong()) }
    }

    /// The keyset, made if there is none: with a store root, and an index key unless one is about to come.
    pub(super) async fn found_keyset(&self, with_index: bool) -> Result<(), KeysError> {
        match self.verified().await {
            Err(KeysError::NoKeyset { .. }) => {}
            other => return other.map(drop),
        }
        // What a keyring would refuse, before anything is stored under it.
        if !(1..=255).contains(&self.application.len()) {
            let found = self.application.len();
            return Err(encrypted_fields::KeyError::Application { found }.into());
        }
        let material = KeyMaterial::generate()?;
        let mut keyset = Keyset::new(&self.application, &self.tenant);
        keyset.insert(self.primary(&material, Purpose::StoreRoot).await?);
        if with_index {
            keyset.insert(self.primary(&KeyMaterial::generate()?, Purpose::Index).await?);
        }
        self.step("found: wrapped");
        match self.store.replace(None, &keyset.sealed(&material.root_key()?)).await {
            // Somebody else made it at the same time: theirs is as good.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(other) => return Err(other.into()),
        }
        self.step("found: stored");
        self.verified().await.map(drop)
    }

    /// A key of a new keyset, and the only one of its purpose.
    async fn primary(&self, material: &KeyMaterial, purpose: Purpose) -> Result<KeyRecord, KeysError> {
        let algorithm = KeyAlgorithm::of(purpose, Algorithm::default());
        let record = self.wrapped(material, purpose, algorithm, None, StoredState::Primary).await?;
        Ok(KeyRecord { activated: Some(record.created), ..record })
    }

    async fn wrapped(
        &self,
        material: &KeyMaterial,
        purpose: Purpose,
        algorithm: KeyAlgorithm,
        id: Option<u32>,
        state: StoredState,
    ) -> Result<KeyRecord, KeysError> {
        let id = id_of(material, purpose, algorithm).or(id).ok_or(encrypted_fields::KeyError::Material)?;
        let mut record = KeyRecord {
            id,
            purpose,
            algorithm,
            imported: material.is_imported(),
            state,
            created: self.now(),
            activated: None,
            retired: None,
            destroyed: None,
            check: material.check_value(),
            slots: Vec::new(),
        };
        record.slots = self.keks.wrap(material, &record.wrap_context(&self.application, &self.tenant)).await?;
        Ok(record)
    }

    /// The counter of a data key that is about to seal for the first time.
    pub(super) async fn begin_counting(&self, record: &KeyRecord, verified: &Verified) -> Result<(), KeysError> {
        if record.purpose != Purpose::Data || record.activated.is_some() {
            return Ok(());
        }
        let counter = Counter::new(&verified.root, &self.application, &self.tenant, record.id, 0);
        match self.store.replace_counter(&self.application, &self.tenant, None, &counter).await {
            // It was begun by a promotion that did not come to its end.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(other) => Err(other.into()),
        }
    }
}

fn opens_a_probe(material: &KeyMaterial, record: &KeyRecord, application: &str) -> Result<bool, KeysError> {
    const PROBE: &[u8] = b"a probe of a new key";
    match record.algorithm {
        KeyAlgorithm::Data(algorithm) => {
            let id = record.imported.then_some(record.id);
            let key = material.data_key(algorithm, id)?;
            let keyring = Keyring::builder(application).key(key, KeyState::Primary).build()?;
            let mut opened = Vec::new();
            let wire = keyring.seal_raw(PROBE, PROBE).ok();
            Ok(wire.and_then(|wire| Some(keyring.open_raw(PROBE, &wire, &mut opened).ok()? == PROBE)).unwrap_or(false))
        }
        KeyAlgorithm::Root => {
            let root = material.root_key()?;
            let unwrapped = root.wrap(PROBE, PROBE).ok().and_then(|wrapped| root.unwrap(PROBE, &wrapped).ok());
            Ok(unwrapped.is_some_and(|it| *it == PROBE))
        }
        KeyAlgorithm::HmacSha256 => Ok(material.index_key()?.id() == record.id),
    }
}
