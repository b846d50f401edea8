//! What can be configured of a PKCS#11 token.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::kek::KekReason;
use crate::kek::retry::RetryPolicy;
use crate::kek::secret::SecretSource;

/// The options of `type = "pkcs11"`. The PIN is never among them: only the variable or the file that has it.
///
/// ```
/// use encrypted_fields_keys::kek::pkcs11::Pkcs11Options;
///
/// let options: Pkcs11Options = serde_json::from_str(
///     r#"{"module": "/usr/lib/softhsm/libsofthsm2.so", "token_label": "shop", "key": "data-keys", "pin_env": "HSM_PIN"}"#,
/// )?;
/// assert_eq!(options.key, "data-keys");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pkcs11Options {
    /// The vendor's PKCS#11 module: the path of a shared library.
    pub module: PathBuf,
    /// The token's label. This or `slot` has to be given.
    pub token_label: Option<String>,
    /// The slot's id, where labels are not unique. Many modules number slots anew when they start.
    pub slot: Option<u64>,
    /// The key's label (`CKA_LABEL`).
    pub key: String,
    /// The variable that has the user's PIN. This or `pin_file` has to be given.
    pub pin_env: Option<String>,
    /// A file that has the PIN, readable by this service alone.
    pub pin_file: Option<PathBuf>,
    /// Time-outs and retries.
    pub retry: RetryPolicy,
}

impl Pkcs11Options {
    pub(super) fn checked(self) -> Result<Self, KekReason> {
        let mistake = |text: &str| Err(KekReason::Configuration(text.into()));
        if self.module.as_os_str().is_empty() {
            return mistake("PKCS#11 needs a module: set `module` to the path of the vendor's library");
        }
        if self.key.is_empty() {
            return mistake("PKCS#11 needs a key: set `key` to its label");
        }
        match (&self.token_label, self.slot) {
            (None, None) => return mistake("PKCS#11 needs a token: set `token_label` or `slot`"),
            (Some(_), Some(_)) => return mistake("`token_label` and `slot` are both set; leave one out"),
            _ => {}
        }
        match (&self.pin_env, &self.pin_file) {
            (None, None) => return mistake("PKCS#11 needs a PIN: set `pin_env` or `pin_file` to what holds it"),
            (Some(_), Some(_)) => return mistake("`pin_env` and `pin_file` are both set; leave one out"),
            _ => {}
        }
        Ok(self)
    }

    pub(super) fn pin(&self) -> SecretSource {
        match (&self.pin_env, &self.pin_file) {
            (Some(variable), _) => SecretSource::Env(variable.clone()),
            (None, file) => SecretSource::File(file.clone().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let mistakes = [
            (r#"{"token_label": "t", "key": "k", "pin_env": "P"}"#, "needs a module"),
            (r#"{"module": "/m", "token_label": "t", "pin_env": "P"}"#, "needs a key"),
            (r#"{"module": "/m", "key": "k", "pin_env": "P"}"#, "needs a token"),
            (r#"{"module": "/m", "token_label": "t", "slot": 1, "key": "k", "pin_env": "P"}"#, "both set"),
            (r#"{"module": "/m", "slot": 1, "key": "k"}"#, "needs a PIN"),
            (r#"{"module": "/m", "slot": 1, "key": "k", "pin_env": "P", "pin_file": "p"}"#, "both set"),
            (r#"{"module": "/m", "slot": 1, "key": "k", "pin": "1234"}"#, "unknown field `pin`"),
        ];
        for (json, expected) in mistakes {
            let options = serde_json::from_str::<Pkcs11Options>(json).map_err(|error| error.to_string());
            let error = options.and_then(|it| it.checked().map_err(|reason| reason.to_string())).unwrap_err();
            assert!(error.contains(expected) && !error.contains("1234"), "{json}: {error}");
        }
    }
}
