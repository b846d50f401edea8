//! What can go wrong with the keys of data subjects.

use std::path::PathBuf;

use encrypted_fields::KeyError;
use encrypted_fields::error::SealReason;

/// The keys of data subjects could not be had, made, erased or checked. It shows no key, and of a subject its place in the call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectsError {
    /// The database did not answer, or said no.
    #[error(
        "the database of subject keys failed to {during}: {detail}; see that it can be reached and that its migration has run \
         (SUBJECTS_POSTGRES, SUBJECTS_SQLITE)"
    )]
    Database {
        /// What was being done.
        during: &'static str,
        /// The database's or the driver's own words.
        detail: String,
    },
    /// Some of the subjects were erased: nothing is sealed for them, and no key is made again.
    #[error(
        "{erased} of {asked} data subjects erased, the first at index {first}; leave them out: nothing is sealed for them"
    )]
    Erased {
        /// How many.
        erased: usize,
        /// Of how many.
        asked: usize,
        /// Where the first stands in what was asked for.
        first: usize,
    },
    /// A subject's record cannot be used.
    #[error("the key of the data subject at index {index} cannot be used: {reason}")]
    Unusable {
        /// Where it stands in what was asked for.
        index: usize,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// The ledger of erasures is not what it was.
    #[error("the ledger of erasures cannot be trusted: {0}")]
    Ledger(#[from] LedgerReason),
    /// The ledger's file cannot be read or written, or was altered.
    #[error("the erasure ledger file {}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: FileReason,
    },
    /// No subject root was given: there is nothing to wrap a new key with.
    #[error("no subject root; make one (`keys generate --purpose subject-root`) before the first data subject")]
    NoRoot,
    /// A key could not be made.
    #[error("a subject's key could not be made: {0}")]
    Key(#[from] KeyError),
    /// A key could not be wrapped.
    #[error("a subject's key could not be wrapped: {0}")]
    Wrap(#[from] SealReason),
}

/// What is wrong with the ledger in the database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerReason {
    /// There is none, though there were erasures.
    #[error("its head is missing; restore the database, then replay the ledger file")]
    HeadMissing,
    /// It does not verify.
    #[error("its head does not verify: altered, copied from another namespace, or made under another store root")]
    HeadAltered,
    /// Not as many entries as it says.
    #[error(
        "its head says {head} entries and there are {found}: rows were deleted or added; restore the database, then replay the ledger file"
    )]
    Count {
        /// What the head says.
        head: i64,
        /// What there is.
        found: i64,
    },
    /// An entry does not verify, or does not follow the one before it.
    #[error(
        "entry {seq} does not verify or does not follow the one before it; restore the database, then replay the ledger file"
    )]
    Entry {
        /// Which.
        seq: i64,
    },
    /// Older than this process has seen it.
    #[error(
        "it went back from entry {seen} to {found}: the database was restored while this process ran; stop, replay the ledger file, and start again"
    )]
    WentBack {
        /// What this process has seen.
        seen: i64,
        /// What there is.
        found: i64,
    },
    /// The file names erasures that the database does not.
    #[error(
        "the ledger file names {missing} erasures that the database lacks: it was restored from an older dump, or an erasure was cut short; replay the file before serving (`subjects replay`)"
    )]
    Behind {
        /// How many.
        missing: usize,
    },
}

/// What is wrong with the ledger's file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileReason {
    /// It could not be read or written.
    #[error("{during} failed ({kind}); check the path and its permissions")]
    Io {
        /// What was being done.
        during: &'static str,
        /// The kind of error.
        kind: std::io::ErrorKind,
    },
    /// A line is no entry.
    #[error("line {line} is no ledger entry; restore the file from its copy")]
    Malformed {
        /// Which, from 1.
        line: usize,
    },
    /// A line does not verify, or one before it is gone.
    #[error(
        "line {line} does not verify or does not follow the one before it: lines were altered or removed, or the store root is another one; restore the file from its copy"
    )]
    Altered {
        /// Which, from 1.
        line: usize,
    },
}

impl SubjectsError {
    /// The database's own words, for a [`SubjectStore`](super::SubjectStore) of another kind.
    pub fn database(during: &'static str, detail: impl Into<String>) -> Self {
        Self::Database { during, detail: detail.into() }
    }
}

/// Why a record cannot be used. Told to whoever opens a row, so each says what to do.
pub(super) mod unusable {
    pub(crate) const ALTERED: &str =
        "its record was altered, or copied from another subject or tenant; restore it, or erase the subject";
    pub(crate) const ROOT: &str =
        "it is wrapped under a subject root that this process does not hold; configure the root that wrapped it";
    pub(crate) const TOMBSTONE: &str =
        "its tombstone was altered, or the store root is another one; erase the subject again with the right root";
    pub(crate) const ENTRY: &str =
        "the erasure ledger names it in an entry that does not verify; run `Subjects::verify`, restore the ledger";
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = include_str!("../../../guides/erase-a-person.md");

    /// What stands for a part that differs.
    const ANY: &str = "…";

    #[test]
    fn the_guide_has_every_message_word_for_word() {
        use {FileReason as F, LedgerReason as L, SubjectsError as E};
        const NUMBER: i64 = 4_242_424_242;
        const COUNT: usize = 4_242_424_242;
        // A new variant does not compile until it is listed here, and then not pass until the guide has it.
        match E::NoRoot {
            E::Database { .. } | E::Erased { .. } | E::Unusable { .. } | E::Ledger(_) => {}
            E::File { .. } | E::NoRoot | E::Key(_) | E::Wrap(_) => {}
        }
        match L::HeadMissing {
            L::HeadMissing | L::HeadAltered | L::Count { .. } | L::Entry { .. } => {}
            L::WentBack { .. } | L::Behind { .. } => {}
        }
        match (F::Malformed { line: 1 }) {
            F::Io { .. } | F::Malformed { .. } | F::Altered { .. } => {}
        }
        let outer = |message: String, inner: String| message.replace(&inner, ANY);
        let io = || F::Io { during: ANY, kind: std::io::ErrorKind::NotFound };
        let (key, wrap) = (KeyError::Random, SealReason::Random);
        let messages = [
            E::database(ANY, ANY).to_string(),
            E::Erased { erased: COUNT, asked: COUNT, first: COUNT }.to_string(),
            E::Unusable { index: COUNT, reason: ANY }.to_string(),
            outer(E::Ledger(L::HeadMissing).to_string(), L::HeadMissing.to_string()),
            L::HeadMissing.to_string(),
            L::HeadAltered.to_string(),
            L::Count { head: NUMBER, found: NUMBER }.to_string(),
            L::Entry { seq: NUMBER }.to_string(),
            L::WentBack { seen: NUMBER, found: NUMBER }.to_string(),
            L::Behind { missing: COUNT }.to_string(),
            outer(E::File { path: ANY.into(), reason: io() }.to_string(), io().to_string()),
            outer(io().to_string(), std::io::ErrorKind::NotFound.to_string()),
            F::Malformed { line: COUNT }.to_string(),
            F::Altered { line: COUNT }.to_string(),
            E::NoRoot.to_string(),
            outer(E::Key(key.clone()).to_string(), key.to_string()),
            outer(E::Wrap(wrap.clone()).to_string(), wrap.to_string()),
        ];
        for message in messages {
            let message = message.replace(&NUMBER.to_string(), ANY);
            assert!(
                GUIDE.contains(&format!("```text\n{message}\n```")),
                "guides/erase-a-person.md has no block\n{message}"
            );
        }
    }
}
