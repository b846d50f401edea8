//! What a command answers: text for people, a document for programs.

use std::io::Write as _;
use std::process::ExitCode;

use encrypted_fields_keys::{Finding, Severity};
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::table;

/// Something was found.
const FINDINGS: u8 = 3;

/// What a command answers.
#[derive(Debug)]
pub(crate) struct Reply {
    json: Option<Value>,
    text: Zeroizing<String>,
    exit: u8,
}

impl Reply {
    /// A document, and the same for people.
    pub(crate) fn new(json: impl Serialize, text: impl Into<String>) -> Self {
        // Strings, numbers and lists of them: nothing that does not serialise.
        let json = serde_json::to_value(json).unwrap_or_default();
        Self { json: Some(json), text: Zeroizing::new(text.into()), exit: 0 }
    }

    /// Text that is a format of its own, the same for both.
    pub(crate) fn raw(text: String) -> Self {
        Self { json: None, text: Zeroizing::new(text), exit: 0 }
    }

    /// Findings, and an exit code that tells whether one of them is worse than a note.
    pub(crate) fn findings(findings: &[Finding], fine: &str) -> Self {
        let count = |severity| findings.iter().filter(|it| it.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let notes = findings.len() - errors - warnings;
        let json = json!({"findings": findings, "errors": errors, "warnings": warnings, "notes": notes});
        let summary = match (errors, warnings) {
            (0, 0) => fine.to_owned(),
            _ => format!("{}, {}", plural(errors, "error"), plural(warnings, "warning")),
        };
        let text = if findings.is_empty() { summary } else { format!("{}\n\n{summary}", table::findings(findings)) };
        let exit = if errors + warnings == 0 { 0 } else { FINDINGS };
        Self { exit, ..Self::new(json, text) }
    }

    pub(crate) fn print(self, json: bool) -> ExitCode {
        let mut out = std::io::stdout().lock();
        let written = match self.json.filter(|_| json) {
            Some(document) => writeln!(out, "{document:#}"),
            None => writeln!(out, "{}", self.text.trim_end()),
        };
        // Whoever closed the pipe has read enough.
        drop(written.and_then(|()| out.flush()));
        ExitCode::from(self.exit)
    }
}

/// `1 key`, `2 keys`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
