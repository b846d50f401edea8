//! Slots: by which KEKs a key can be unwrapped, and moving from one to another.

use crate::error::KeysError;
use crate::keyset::Keyset;
use crate::purpose::Purpose;
use crate::record::{KeyRecord, Slot, StoredState};

use super::KeyManager;

/// What to wrap anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrap {
    /// The KEK that gets slots.
    pub to: String,
    /// The KEK that loses them once every key came out of its new slot; none: no slot is dropped. The same as `to`: each slot
    /// is made anew in its place, after the KEK's own key was rotated at its provider.
    pub from: Option<String>,
}

/// What a [`rewrap`](KeyManager::rewrap) did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rewrapped {
    /// Slots made and proven by this run.
    pub made: usize,
    /// Slots that a run of before had made.
    pub found: usize,
    /// Slots dropped.
    pub dropped: usize,
}

impl KeyManager {
    /// Adds a slot of a KEK to a key, and proves it. A slot that is there already is proven.
    ///
    /// # Errors
    /// A [`KeysError`]; the other slots are untouched.
    pub async fn add_slot(&self, purpose: Purpose, key_id: u32, kek: &str) -> Result<KeyRecord, KeysError> {
        let keyset = self.verified().await?.keyset;
        let record = keyset.key(purpose, key_id).ok_or(KeysError::NoSuchKey { key_id })?;
        if record.slot(kek).is_none() {
            self.wrap_slot(record, kek).await?;
        }
        self.prove_slot(purpose, key_id, kek).await
    }

    /// Takes a key's slot of a KEK away.
    ///
    /// # Errors
    /// [`KeysError::LastSlot`] for the last one, [`KeysError::NoSlot`].
    pub async fn remove_slot(&self, purpose: Purpose, key_id: u32, kek: &str) -> Result<KeyRecord, KeysError> {
        let remove = |keyset: &mut Keyset| {
            let key = keyset.key_mut(purpose, key_id).ok_or(KeysError::NoSuchKey { key_id })?;
            let kek = kek.to_owned();
            if key.slot(&kek).is_none() {
                return Err(KeysError::NoSlot { key_id, kek });
            }
            if key.slots.len() == 1 {
                return Err(KeysError::LastSlot { key_id, kek });
            }
            key.slots.retain(|slot| slot.kek != kek);
            Ok(key.clone())
        };
        Ok(self.change(remove).await?.0)
    }

    /// Wraps every key by a KEK, and then drops the slots of another: a KEK's rotation, or a move from one provider to the
    /// next, without touching data. Each slot is stored and proven before the next, and none is dropped before all are, so it
    /// can be killed at any moment and run again.
    ///
    /// # Errors
    /// A [`KeysError`]; every key still comes out of its old slot.
    pub async fn rewrap(&self, rewrap: &Rewrap, mut done: impl FnMut(&KeyRecord)) -> Result<Rewrapped, KeysError> {
        let Rewrap { to, from } = rewrap;
        self.keks.get(to)?;
        let in_place = from.as_ref() == Some(to);
        let mut report = Rewrapped::default();
        let keyset = self.verified().await?.keyset;
        let keys: Vec<_> = keyset.keys.into_iter().filter(|key| key.state != StoredState::Destroyed).collect();
        for key in &keys {
            if key.slot(to).is_none() || in_place {
                self.wrap_slot(key, to).await?;
                report.made += 1;
            } else {
                report.found += 1;
            }
            self.step("rewrap: stored");
            done(&self.prove_slot(key.purpose, key.id, to).await?);
            self.step("rewrap: proven");
        }
        if let Some(from) = from.as_ref().filter(|_| !in_place) {
            report.dropped = self.drop_slots(from, to).await?;
            self.step("rewrap: dropped");
        }
        Ok(report)
    }

    /// Unwraps a key by whichever slot opens, and stores one more, or one in the place of the KEK's old one.
    async fn wrap_slot(&self, record: &KeyRecord, kek: &str) -> Result<(), KeysError> {
        let material = self.keks.unwrap(record, &self.application, &self.tenant).await?.material;
        let context = record.wrap_context(&self.application, &self.tenant);
        let new = self.keks.wrap_by(kek, &material, &context).await?;
        // Proven before it is stored, because in the KEK's own place it overwrites the slot of before.
        let mut with_new = record.clone();
        with_new.slots = vec![new.clone()];
        let unwrapped = self.keks.unwrap_by(kek, &with_new, &self.application, &self.tenant).await?;
        if unwrapped != material {
            let (kek, purpose, key_id) = (kek.to_owned(), record.purpose, record.id);
            return Err(KeysError::WrongBytes { kek, purpose, key_id });
        }
        self.step("rewrap: wrapped");
        let (purpose, key_id) = (record.purpose, record.id);
        let put = |keyset: &mut Keyset| {
            let key = keyset.key_mut(purpose, key_id).ok_or(KeysError::NoSuchKey { key_id })?;
            if key.state == StoredState::Destroyed {
                return Err(KeysError::State {
                    key_id,
                    state: key.state,
                    doing: "wrapped",
                    instead: "what was destroyed does not come back",
                });
            }
            match key.slots.iter_mut().find(|slot| slot.kek == kek) {
                Some(slot) => slot.wrapped.clone_from(&new.wrapped),
                None => key.slots.push(Slot { kek: kek.to_owned(), wrapped: new.wrapped.clone() }),
            }
            Ok(())
        };
        self.change(put).await.map(drop)
    }

    /// In one change, and only from keys that have the other slot: one that was made in the meantime keeps what it has.
    async fn drop_slots(&self, from: &str, to: &str) -> Result<usize, KeysError> {
        let drop_all = |keyset: &mut Keyset| {
            let mut dropped = 0;
            for key in keyset.keys.iter_mut().filter(|key| key.slot(to).is_some()) {
                let before = key.slots.len();
                key.slots.retain(|slot| slot.kek != from);
                dropped += before - key.slots.len();
            }
            Ok(dropped)
        };
        Ok(self.change(drop_all).await?.0)
    }
}
