//! The configured KEKs, in their order, and how a key comes out of one of its slots.

use std::collections::HashSet;
use std::sync::Arc;

use encrypted_fields::{Algorithm, KeyMaterial};
use futures_util::future::try_join_all;

use crate::error::KeysError;
use crate::kek::{Kek, KekError, WrapContext};
use crate::purpose::Purpose;
use crate::record::{KeyAlgorithm, KeyRecord, Slot};

/// The configured KEKs: unwrapping tries them in their order, new keys get a slot of each that wraps.
///
/// ```
/// use std::sync::Arc;
/// use encrypted_fields::KeyMaterial;
/// use encrypted_fields_keys::{Keks, LocalKek};
///
/// let kek = |name| LocalKek::new(name, &KeyMaterial::generate().unwrap()).map(|it| Arc::new(it) as _);
/// let keks = Keks::new([kek("first")?, kek("recovery")?])?.wrapping(["first"])?;
/// assert_eq!(keks.names(), ["first", "recovery"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Keks {
    all: Vec<Arc<dyn Kek>>,
    wrapping: Vec<String>,
}

/// A key that came out of a slot.
pub(crate) struct Unwrapped {
    pub(crate) material: KeyMaterial,
    /// The KEK it came out of.
    pub(crate) kek: String,
    /// What those before it in the order said.
    pub(crate) failures: Vec<KekError>,
}

impl Keks {
    /// These, in this order; all of them wrap new keys.
    ///
    /// # Errors
    /// [`KeysError::Configuration`]: none at all, or two of one name.
    pub fn new(keks: impl IntoIterator<Item = Arc<dyn Kek>>) -> Result<Self, KeysError> {
        let all: Vec<_> = keks.into_iter().collect();
        if all.is_empty() {
            return Err(KeysError::Configuration("no KEK is configured; at least one has to wrap the keys".into()));
        }
        let mut names = HashSet::new();
        if let Some(twice) = all.iter().find(|kek| !names.insert(kek.name())) {
            return Err(KeysError::Configuration(format!(
                "two KEKs are named `{}`; give one another name",
                twice.name()
            )));
        }
        let wrapping = all.iter().map(|kek| kek.name().to_owned()).collect();
        Ok(Self { all, wrapping })
    }

    /// New keys get a slot of these only.
    ///
    /// # Errors
    /// [`KeysError::UnknownKek`], or [`KeysError::Configuration`] for none at all.
    pub fn wrapping<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self, KeysError> {
        self.wrapping = names.into_iter().map(Into::into).collect();
        self.wrapping.iter().try_for_each(|name| self.get(name).map(drop))?;
        if self.wrapping.is_empty() {
            return Err(KeysError::Configuration("no KEK is to wrap new keys; name at least one".into()));
        }
        Ok(self)
    }

    /// Their names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.all.iter().map(|kek| kek.name()).collect()
    }

    /// The names of those that wrap new keys.
    pub fn wrapping_names(&self) -> &[String] {
        &self.wrapping
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Kek>> {
        self.all.iter()
    }

    /// One by its name.
    ///
    /// # Errors
    /// [`KeysError::UnknownKek`].
    pub fn get(&self, name: &str) -> Result<&Arc<dyn Kek>, KeysError> {
        self.all.iter().find(|kek| kek.name() == name).ok_or_else(|| KeysError::UnknownKek {
            name: name.to_owned(),
            configured: self.names().into_iter().map(str::to_owned).collect(),
        })
    }

    /// A slot of each KEK that wraps new keys, made at once.
    pub(crate) async fn wrap(&self, material: &KeyMaterial, context: &WrapContext) -> Result<Vec<Slot>, KeysError> {
        try_join_all(self.wrapping.iter().map(|name| self.wrap_by(name, material, context))).await
    }

    /// A slot of one KEK.
    pub(crate) async fn wrap_by(
        &self,
        name: &str,
        material: &KeyMaterial,
        context: &WrapContext,
    ) -> Result<Slot, KeysError> {
        let wrapped = self.get(name)?.wrap(&material.to_bytes(), context).await?;
        Ok(Slot { kek: name.to_owned(), wrapped })
    }

    /// The key out of the first slot that opens, in the configured order of the KEKs.
    pub(crate) async fn unwrap(
        &self,
        record: &KeyRecord,
        application: &str,
        tenant: &str,
    ) -> Result<Unwrapped, KeysError> {
        let (purpose, key_id) = (record.purpose, record.id);
        let mut failures = Vec::new();
        let mut wrong = None;
        for kek in self.all.iter().filter(|kek| record.slot(kek.name()).is_some()) {
            match self.unwrap_by(kek.name(), record, application, tenant).await {
                Ok(material) => {
                    let kek = kek.name().to_owned();
                    for failure in &failures {
                        tracing::warn!(%purpose, key_id, %failure, fallback = kek, "a key came out of a fallback slot");
                    }
                    return Ok(Unwrapped { material, kek, failures });
                }
                Err(KeysError::Kek(failure)) => failures.push(failure),
                Err(other) => wrong = Some(other),
            }
        }
        match wrong {
            Some(wrong) => Err(wrong),
            None if failures.is_empty() => {
                let slots = record.slots.iter().map(|slot| slot.kek.clone()).collect();
                Err(KeysError::NoKek { purpose, key_id, slots })
            }
            None => Err(KeysError::Locked { purpose, key_id, failures }),
        }
    }

    /// The key out of the slot of one KEK.
    pub(crate) async fn unwrap_by(
        &self,
        name: &str,
        record: &KeyRecord,
        application: &str,
        tenant: &str,
    ) -> Result<KeyMaterial, KeysError> {
        let no_slot = || KeysError::NoSlot { key_id: record.id, kek: name.to_owned() };
        let slot = record.slot(name).ok_or_else(no_slot)?;
        let bytes = self.get(name)?.unwrap(&slot.wrapped, &record.wrap_context(application, tenant)).await?;
        let material = KeyMaterial::from_bytes(&bytes).ok().filter(|material| is_of(material, record));
        material.ok_or_else(|| KeysError::WrongBytes {
            kek: name.to_owned(),
            purpose: record.purpose,
            key_id: record.id,
        })
    }
}

/// Whether these bytes are the key of this record: its id, its kind and its check value.
fn is_of(material: &KeyMaterial, record: &KeyRecord) -> bool {
    material.is_imported() == record.imported
        && material.check_value() == record.check
        && id_of(material, record.purpose, record.algorithm).is_none_or(|id| id == record.id)
}

/// The id that a key's bytes derive for a purpose. None for an imported key, whose id is its keyset's.
pub(crate) fn id_of(material: &KeyMaterial, purpose: Purpose, algorithm: KeyAlgorithm) -> Option<u32> {
    let data = match algorithm {
        KeyAlgorithm::Data(algorithm) => algorithm,
        _ => Algorithm::default(),
    };
    match purpose {
        Purpose::Data => material.data_key(data, None).ok().map(|key| key.id()),
        Purpose::Index => material.index_key().ok().map(|key| key.id()),
        Purpose::StoreRoot | Purpose::SubjectRoot => material.root_key().ok().map(|key| key.id()),
    }
}
