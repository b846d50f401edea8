//! What did not go through, in pairs: what happened, and what to try.

use std::io::Write as _;
use std::process::ExitCode;

use encrypted_fields_keys::config::{ConfigError, Problem};
use encrypted_fields_keys::{Distrust, KeysError, StoreError};
use serde_json::{Value, json};

use crate::table;

/// It failed.
const FAILED: u8 = 1;
/// The command line or the configuration cannot be right.
pub(crate) const USAGE: u8 = 2;

/// What did not go through.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: u8,
    code: &'static str,
    what: String,
    tries: String,
    problems: Vec<Problem>,
}

impl Failure {
    /// Something did not go through.
    pub(crate) fn failed(code: &'static str, what: impl Into<String>, tries: impl Into<String>) -> Self {
        Self { exit: FAILED, code, what: what.into(), tries: tries.into(), problems: Vec::new() }
    }

    /// The command line cannot be right.
    pub(crate) fn usage(what: impl Into<String>, tries: impl Into<String>) -> Self {
        Self { exit: USAGE, code: "usage", what: what.into(), tries: tries.into(), problems: Vec::new() }
    }

    pub(crate) fn print(self, json: bool) -> ExitCode {
        // Whoever closed the pipe does not read.
        if json {
            let problem = |it: &Problem| json!({"place": it.place.to_string(), "what": it.what, "instead": it.instead});
            let mut error = json!({"code": self.code, "what": self.what, "try": self.tries});
            if let (Value::Object(error), false) = (&mut error, self.problems.is_empty()) {
                error.insert("problems".into(), self.problems.iter().map(problem).collect());
            }
            drop(writeln!(std::io::stdout(), "{:#}", json!({"error": error})));
        } else {
            let text = table::to_stderr([("error:", &self.what), ("try:", &self.tries)]);
            drop(writeln!(std::io::stderr(), "{text}"));
        }
        ExitCode::from(self.exit)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let problems = error.problems().to_vec();
        let what = match &problems[..] {
            [one] => one.to_string(),
            many => {
                format!("the configuration has {} mistakes:\n  {}", many.len(), error.to_string().replace('\n', "\n  "))
            }
        };
        let tries = "encrypted-fields config check, once it is corrected".into();
        Self { exit: USAGE, code: "configuration", what, tries, problems }
    }
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        use KeysError as E;
        let (code, tries) = match &error {
            E::Store(error) => match error {
                StoreError::Conflict => ("conflict", "encrypted-fields keys list"),
                StoreError::Unreachable { .. } => {
                    ("store-unreachable", "encrypted-fields config show, for the URL; then see that the database is up")
                }
                StoreError::NoTables { .. } => ("no-tables", "encrypted-fields keys init"),
                StoreError::Malformed { .. } => ("store-malformed", "restore the key store from a backup"),
                _ => ("store-failed", "see the database's log, and whether this user may read and write its tables"),
            },
            E::Distrust(Distrust::RolledBack { .. }) => {
                ("rolled-back", "restore the newer key store, or set --least-generation for one restored on purpose")
            }
            E::Distrust(_) => ("distrust", "restore the key store from a backup, and find out who writes to it"),
            E::Kek(_) => ("kek", "encrypted-fields config check"),
            E::Key(_) => ("key", "see the forms that a key has: 64 hex characters, base64 of 32 bytes, passphrase:.."),
            E::Configuration(_) => ("configuration", "encrypted-fields config show"),
            E::NoKeyset { .. } => ("no-keyset", "encrypted-fields keys generate --promote"),
            E::KeysetExists { .. } => ("keyset-exists", "encrypted-fields keys list"),
            E::Locked { .. } => ("locked", "encrypted-fields config check; or configure the recovery KEK"),
            E::NoKek { .. } => ("no-kek", "configure one of these KEKs under its name, and run this again"),
            E::WrongBytes { .. } => {
                ("wrong-bytes", "configure the KEK that made the slot; encrypted-fields keys doctor")
            }
            E::NoSuchKey { .. } => ("no-such-key", "encrypted-fields keys list"),
            E::State { .. } => ("state", "encrypted-fields keys list"),
            E::PrimaryChanged { .. } => {
                ("primary-changed", "encrypted-fields keys list, and promote again if it should be")
            }
            E::LastSlot { .. } => ("last-slot", "encrypted-fields keys slots add <ID> --kek <ANOTHER>"),
            E::NoSlot { .. } => ("no-slot", "encrypted-fields keys slots list"),
            E::UnknownKek { .. } => ("unknown-kek", "encrypted-fields config show, for the names of the KEKs"),
            E::KeyExists { .. } => ("key-exists", "encrypted-fields keys show <ID>"),
            E::Counter { .. } => ("counter", "encrypted-fields keys generate --promote"),
            _ => ("failed", "encrypted-fields keys doctor"),
        };
        let exit = if matches!(error, E::Configuration(_) | E::UnknownKek { .. }) { USAGE } else { FAILED };
        Self { exit, code, what: error.to_string(), tries: tries.into(), problems: Vec::new() }
    }
}
