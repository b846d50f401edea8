//! Where a provider's secret is: named in the configuration, never in it.

use std::path::PathBuf;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::KekReason;

/// A variable of the environment or a file. Read anew each time, so that one which an agent renews is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SecretSource {
    Env(String),
    File(PathBuf),
}

impl SecretSource {
    /// The secret without the line break that ends a file. `what` is for the error.
    pub(super) fn read(&self, what: &str) -> Result<SecretString, KekReason> {
        let mistake = |why: String| KekReason::Configuration(format!("{what} cannot be read: {why}"));
        let secret = match self {
            Self::Env(variable) => Zeroizing::new(std::env::var(variable).map_err(|error| {
                mistake(match error {
                    std::env::VarError::NotPresent => format!("the variable {variable} is not set"),
                    std::env::VarError::NotUnicode(_) => format!("the variable {variable} is not UTF-8"),
                })
            })?),
            Self::File(path) => Zeroizing::new(
                std::fs::read_to_string(path)
                    .map_err(|error| mistake(format!("{}: {}", path.display(), error.kind())))?,
            ),
        };
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(mistake(format!("{} is empty", self.place())));
        }
        Ok(SecretString::from(secret))
    }

    fn place(&self) -> String {
        match self {
            Self::Env(variable) => format!("the variable {variable}"),
            Self::File(path) => path.display().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_file_may_end_with_a_line_break() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pin");
        let source = SecretSource::File(path.clone());
        std::fs::write(&path, "s3cret \r\n").unwrap();
        assert_eq!(source.read("the PIN").unwrap().expose_secret(), "s3cret ");
        std::fs::write(&path, "\n").unwrap();
        assert!(source.read("the PIN").unwrap_err().to_string().ends_with("is empty"));
        std::fs::remove_file(&path).unwrap();
        assert!(source.read("the PIN").unwrap_err().to_string().starts_with("the PIN cannot be read: "));
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let error = SecretSource::Env("ENCRYPTED_FIELDS_NOT_SET".into()).read("the token").unwrap_err();
        assert_eq!(error.to_string(), "the token cannot be read: the variable ENCRYPTED_FIELDS_NOT_SET is not set");
    }
}
