//! A KEK as it is configured: its name, its type, and the options of its type.
//!
//! A provider is connected here and nowhere else: a variant, and an arm in `read`, `kind`, `connect`, `relative_to` and
//! `Display`.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

#[cfg(feature = "aws")]
use crate::kek::aws::{AwsKms, AwsKmsOptions};
#[cfg(feature = "pkcs11")]
use crate::kek::pkcs11::{Pkcs11Kek, Pkcs11Options};
#[cfg(feature = "vault")]
use crate::kek::vault::{VaultOptions, VaultTransit};
use crate::kek::{Kek, KekError, LocalKek, LocalOptions};

use super::secrets;

/// A KEK as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KekConfig {
    /// Its name, which slots carry.
    pub name: String,
    /// Its type and what that takes.
    pub options: KekOptions,
}

/// What a type of KEK takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KekOptions {
    /// `type = "local"`.
    Local(LocalOptions),
    /// `type = "aws-kms"`.
    #[cfg(feature = "aws")]
    Aws(AwsKmsOptions),
    /// `type = "vault-transit"`.
    #[cfg(feature = "vault")]
    Vault(VaultOptions),
    /// `type = "pkcs11"`.
    #[cfg(feature = "pkcs11")]
    Pkcs11(Pkcs11Options),
}

/// Every type, and the feature that it needs.
const TYPES: [(&str, &str); 4] = [("local", ""), ("aws-kms", "aws"), ("vault-transit", "vault"), ("pkcs11", "pkcs11")];

/// What is wrong with a KEK's options.
pub(super) struct OptionsError {
    /// Where in the file, in bytes; None: its table.
    pub(super) at: Option<usize>,
    pub(super) what: String,
    pub(super) instead: String,
}

impl KekOptions {
    /// Reads the options of a type.
    pub(super) fn read(kind: &str, options: Spanned<DeValue<'_>>) -> Result<Self, OptionsError> {
        let options = ValueDeserializer::from(options);
        let read = match kind {
            "local" => LocalOptions::deserialize(options).map(Self::Local),
            #[cfg(feature = "aws")]
            "aws-kms" => AwsKmsOptions::deserialize(options).map(Self::Aws),
            #[cfg(feature = "vault")]
            "vault-transit" => VaultOptions::deserialize(options).map(Self::Vault),
            #[cfg(feature = "pkcs11")]
            "pkcs11" => Pkcs11Options::deserialize(options).map(Self::Pkcs11),
            _ => return Err(unknown(kind)),
        };
        read.map_err(|error| OptionsError {
            at: error.span().map(|span| span.start),
            what: without_value(error.message()),
            instead: format!("see `{kind}` in the documentation of encrypted_fields_keys::kek"),
        })
    }

    /// The type, as the file has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            #[cfg(feature = "aws")]
            Self::Aws(_) => "aws-kms",
            #[cfg(feature = "vault")]
            Self::Vault(_) => "vault-transit",
            #[cfg(feature = "pkcs11")]
            Self::Pkcs11(_) => "pkcs11",
        }
    }

    /// The KEK.
    pub(super) async fn connect(&self, name: &str) -> Result<Arc<dyn Kek>, KekError> {
        match self {
            Self::Local(options) => Ok(Arc::new(LocalKek::connect(name, options)?)),
            #[cfg(feature = "aws")]
            Self::Aws(options) => Ok(Arc::new(AwsKms::connect(name, options).await?)),
            #[cfg(feature = "vault")]
            Self::Vault(options) => Ok(Arc::new(VaultTransit::connect(name, options)?)),
            #[cfg(feature = "pkcs11")]
            Self::Pkcs11(options) => Ok(Arc::new(Pkcs11Kek::connect(name, options)?)),
        }
    }

    /// Its paths, relative to the file that has them.
    pub(super) fn relative_to(&mut self, directory: &Path) {
        let absolute = |path: &mut Option<std::path::PathBuf>| *path = path.as_ref().map(|path| directory.join(path));
        match self {
            Self::Local(options) => absolute(&mut options.file),
            #[cfg(feature = "aws")]
            Self::Aws(_) => {}
            #[cfg(feature = "vault")]
            Self::Vault(options) => {
                [&mut options.ca_file, &mut options.token_file, &mut options.secret_id_file]
                    .into_iter()
                    .for_each(absolute);
            }
            #[cfg(feature = "pkcs11")]
            Self::Pkcs11(options) => {
                absolute(&mut options.pin_file);
                // A module without a directory is looked for by the linker.
                if options.module.parent().is_some_and(|it| !it.as_os_str().is_empty()) {
                    options.module = directory.join(&options.module);
                }
            }
        }
    }
}

impl fmt::Display for KekConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.options.kind())?;
        match &self.options {
            KekOptions::Local(options) => {
                options.env.iter().try_for_each(|variable| write!(f, ", key in variable {variable}"))?;
                options.file.iter().try_for_each(|path| write!(f, ", key in file {}", path.display()))
            }
            #[cfg(feature = "aws")]
            KekOptions::Aws(options) => match &options.key {
                Some(key) => write!(f, ", key {key}"),
                None => f.write_str(", key in AWS_KMS_KEY_ID or AWS_KMS_KEY_ALIAS"),
            },
            #[cfg(feature = "vault")]
            KekOptions::Vault(options) => {
                write!(f, ", key {} at {}", options.key, options.address.as_deref().unwrap_or("VAULT_ADDR"))
            }
            #[cfg(feature = "pkcs11")]
            KekOptions::Pkcs11(options) => {
                let token = options.token_label.clone().or(options.slot.map(|slot| format!("slot {slot}")));
                write!(f, ", key {} of token {}", options.key, token.unwrap_or_default())
            }
        }
    }
}

fn unknown(kind: &str) -> OptionsError {
    match TYPES.iter().find(|(it, _)| *it == kind) {
        Some((_, feature)) => OptionsError {
            at: None,
            what: format!("this program was built without KEKs of type `{kind}`"),
            instead: format!("turn on the feature `{feature}` of encrypted-fields-keys"),
        },
        None => OptionsError {
            at: None,
            what: "its `type` is unknown".into(),
            instead: "write local, aws-kms, vault-transit or pkcs11".into(),
        },
    }
}

/// Serde's message without the value that it quotes: `invalid type: string "..", expected ..`.
fn without_value(message: &str) -> String {
    // What stands where a name belongs may be a secret too.
    if let Some((unknown, rest)) = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
        let shown = if secrets::is_name(unknown) { format!("`{unknown}`") } else { "what stands here".into() };
        return format!("unknown field {shown}{rest}");
    }
    let Some((before, rest)) = message.split_once(": ") else { return message.to_owned() };
    match rest.rsplit_once(", expected ") {
        Some((found, expected)) if before.starts_with("invalid") => {
            let found = found.split([' ', '`', '"']).next().unwrap_or_default();
            format!("{before}: {found}, expected {expected}")
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_value;

    #[test]
    fn messages_do_not_show_the_value() {
        let shown = without_value("invalid type: string \"hunter2, expected a\", expected a boolean");
        assert_eq!(shown, "invalid type: string, expected a boolean");
        let shown = without_value("invalid value: string \"hunter2\", expected `a` or `b`");
        assert_eq!(shown, "invalid value: string, expected `a` or `b`");
        let other = "unknown field `keys`, expected `env` or `file`";
        assert_eq!(without_value(other), other);
    }
}
