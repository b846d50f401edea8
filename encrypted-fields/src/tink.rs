//! Tink's cleartext JSON keyset, in and out.
//!
//! Taken: `AesGcmKey` of 32 bytes and `XAesGcmKey` with 12-byte salts, output prefix `TINK`, `ENABLED` or `DISABLED`. The
//! messages are those of `tink.proto`, `aes_gcm.proto` and `x_aes_gcm.proto` (tink-crypto/tink-java, version 1.16).

use std::collections::HashSet;

use base64ct::{Base64, Encoding};
use prost::Message;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::key_material::{self, KEY, KeyError, KeyOrigin, TinkReason};
use crate::keyring::{DataKey, KeyState};
use crate::seal::Algorithm;
use crate::secret::Secret;

const AES_GCM: &str = "type.googleapis.com/google.crypto.tink.AesGcmKey";
const X_AES_GCM: &str = "type.googleapis.com/google.crypto.tink.XAesGcmKey";
/// The salt and the 12-byte IV after it are XAES-256-GCM's 24-byte nonce.
const SALT: u32 = 12;

/// The keys of a keyset with their states, in its order.
pub(crate) fn import(json: &str, origin: &KeyOrigin) -> Result<Vec<(DataKey, KeyState)>, KeyError> {
    read(json).map_err(|reason| KeyError::Tink { origin: origin.clone(), reason })
}

/// The keyset of these keys: what seals, never a seed.
pub(crate) fn export(primary_id: u32, keys: &[(DataKey, KeyState)]) -> Secret<String> {
    let key = keys.iter().map(|(key, state)| Key::of(key, *state)).collect();
    let keyset = Keyset { primary_key_id: primary_id, key };
    Secret::new(serde_json::to_string_pretty(&keyset).expect("strings and numbers are always JSON"))
}

fn read(json: &str) -> Result<Vec<(DataKey, KeyState)>, TinkReason> {
    // serde_json's own message may quote the input, so only its position goes on.
    let keyset: Keyset = serde_json::from_str(json).map_err(|error| match serde_json::from_str::<Encrypted>(json) {
        Ok(_) => TinkReason::Encrypted,
        Err(_) => TinkReason::Json { line: error.line(), column: error.column() },
    })?;
    if keyset.key.is_empty() {
        return Err(TinkReason::Empty);
    }
    let keys: Vec<_> = keyset.key.iter().map(|key| key.read(keyset.primary_key_id)).collect::<Result<_, _>>()?;
    let mut ids = HashSet::new();
    if let Some((twice, _)) = keys.iter().find(|(key, _)| !ids.insert(key.id())) {
        return Err(TinkReason::DuplicateId(twice.id()));
    }
    match keys.iter().find(|(key, _)| key.id() == keyset.primary_key_id) {
        None => Err(TinkReason::MissingPrimary(keyset.primary_key_id)),
        Some((_, KeyState::Primary)) => Ok(keys),
        Some(_) => Err(TinkReason::PrimaryNotEnabled(keyset.primary_key_id)),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Keyset {
    primary_key_id: u32,
    key: Vec<Key>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Key {
    key_data: KeyData,
    status: String,
    key_id: u32,
    output_prefix_type: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyData {
    type_url: String,
    value: Value,
    key_material_type: String,
}

/// Base64 of the key's protocol buffer, wiped.
struct Value(Zeroizing<String>);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Encrypted {
    #[serde(rename = "encryptedKeyset")]
    _encrypted_keyset: serde::de::IgnoredAny,
}

#[derive(Message)]
struct AesGcmKey {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(bytes = "vec", tag = "3")]
    key_value: Vec<u8>,
}

#[derive(Message)]
struct XAesGcmKey {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(message, optional, tag = "2")]
    params: Option<XAesGcmParams>,
    #[prost(bytes = "vec", tag = "3")]
    key_value: Vec<u8>,
}

#[derive(Message)]
struct XAesGcmParams {
    #[prost(uint32, tag = "1")]
    salt_size: u32,
}

impl Key {
    fn read(&self, primary_id: u32) -> Result<(DataKey, KeyState), TinkReason> {
        let id = self.key_id;
        if id == 0 {
            return Err(TinkReason::ZeroId);
        }
        let state = match self.status.as_str() {
            "ENABLED" if id == primary_id => KeyState::Primary,
            "ENABLED" => KeyState::DecryptOnly,
            "DISABLED" => KeyState::Disabled,
            "DESTROYED" => return Err(TinkReason::Destroyed(id)),
            _ => return Err(TinkReason::Status(id)),
        };
        if self.output_prefix_type != "TINK" {
            return Err(TinkReason::Prefix(id));
        }
        if self.key_data.key_material_type != "SYMMETRIC" {
            return Err(TinkReason::Material(id));
        }
        Ok((self.key_data.read(id)?, state))
    }

    fn of(key: &DataKey, state: KeyState) -> Self {
        let status = match state {
            KeyState::Primary | KeyState::DecryptOnly => "ENABLED",
            KeyState::Disabled => "DISABLED",
        };
        Self { key_data: KeyData::of(key), status: status.into(), key_id: key.id(), output_prefix_type: "TINK".into() }
    }
}

impl KeyData {
    fn read(&self, id: u32) -> Result<DataKey, TinkReason> {
        let proto = Base64::decode_vec(&self.value.0).map(Zeroizing::new).map_err(|_| TinkReason::Value(id))?;
        let malformed = |_| TinkReason::Value(id);
        let (algorithm, mut bytes) = match self.type_url.as_str() {
            AES_GCM => {
                let key = AesGcmKey::decode(proto.as_slice()).map_err(malformed)?;
                (version_0(id, key.version)?, (Algorithm::Aes256Gcm, key.key_value)).1
            }
            X_AES_GCM => {
                let key = XAesGcmKey::decode(proto.as_slice()).map_err(malformed)?;
                let found = key.params.map_or(0, |params| params.salt_size);
                if found != SALT {
                    return Err(TinkReason::SaltSize { id, found });
                }
                (version_0(id, key.version)?, (Algorithm::Xaes256Gcm, key.key_value)).1
            }
            _ => return Err(TinkReason::Type(id)),
        };
        let key = key_material::key_bytes(&bytes).ok_or(TinkReason::KeyLength { id, found: bytes.len() });
        bytes.zeroize();
        let key = key?;
        if key_material::is_zero(&key) {
            return Err(TinkReason::AllZero(id));
        }
        Ok(DataKey::from_aead_key(id, key, algorithm))
    }

    fn of(key: &DataKey) -> Self {
        let mut key_value = key.with_aead_key(|key| key.expose_secret().to_vec());
        debug_assert_eq!(key_value.len(), KEY);
        let (type_url, proto) = match key.algorithm() {
            Algorithm::Aes256Gcm => {
                let mut message = AesGcmKey { version: 0, key_value: std::mem::take(&mut key_value) };
                let proto = Zeroizing::new(message.encode_to_vec());
                message.key_value.zeroize();
                (AES_GCM, proto)
            }
            Algorithm::Xaes256Gcm => {
                let params = Some(XAesGcmParams { salt_size: SALT });
                let mut message = XAesGcmKey { version: 0, params, key_value: std::mem::take(&mut key_value) };
                let proto = Zeroizing::new(message.encode_to_vec());
                message.key_value.zeroize();
                (X_AES_GCM, proto)
            }
        };
        let value = Value(Zeroizing::new(Base64::encode_string(&proto)));
        Self { type_url: type_url.into(), value, key_material_type: "SYMMETRIC".into() }
    }
}

fn version_0(id: u32, version: u32) -> Result<(), TinkReason> {
    if version == 0 { Ok(()) } else { Err(TinkReason::Version(id)) }
}

#[cfg(test)]
mod tests;
