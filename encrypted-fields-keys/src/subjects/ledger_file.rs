//! The ledger of erasures as a file: what outlives a restore of the database.
//!
//! One JSON object a line: `application`, `tenant`, `seq` (from 1, in this file), `subject`, `key_id`, `erased_at` (Unix
//! seconds), `mac`, `chain`; bytes are unpadded base64url. MAC and chain are as in the database; the file's chain is its own, because
//! an erasure that was cut short stands in the file only, until it is replayed. Several namespaces may share a file, each with
//! its own chain. A line is written and synced before the database is.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::{Deserialize, Serialize};

use super::authority::Authority;
use super::error::{FileReason, SubjectsError};
use super::store::StoredErasure;

pub(super) struct LedgerFile {
    path: PathBuf,
    authority: Authority,
    read: Mutex<Contents>,
}

/// What has been read of the file.
#[derive(Default)]
struct Contents {
    offset: u64,
    lines: usize,
    /// Of this namespace, in order; `seq` is the file's.
    entries: Vec<StoredErasure>,
    by_subject: HashMap<Vec<u8>, usize>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    application: String,
    tenant: String,
    seq: i64,
    subject: String,
    key_id: i64,
    erased_at: i64,
    mac: String,
    chain: String,
}

impl LedgerFile {
    pub(super) fn new(path: &Path, authority: &Authority) -> Self {
        Self { path: path.to_owned(), authority: authority.clone(), read: Mutex::default() }
    }

    /// Every entry, verified.
    pub(super) fn entries(&self) -> Result<Vec<StoredErasure>, SubjectsError> {
        self.with(|_, contents| Ok(contents.entries.clone()))
    }

    /// The subject's entry.
    pub(super) fn entry_of(&self, subject: &[u8]) -> Result<Option<StoredErasure>, SubjectsError> {
        self.with(|_, contents| Ok(contents.by_subject.get(subject).and_then(|at| contents.entries.get(*at)).cloned()))
    }

    /// Appends those that the file lacks, and returns when they are on the disk.
    pub(super) fn append<'e>(
        &self,
        entries: impl IntoIterator<Item = &'e StoredErasure>,
    ) -> Result<usize, SubjectsError> {
        self.with(|file, contents| {
            let mut written = Vec::new();
            let mut appended: Vec<StoredErasure> = Vec::new();
            let mut seen = HashSet::new();
            for entry in entries {
                if contents.by_subject.contains_key(&entry.subject) || !seen.insert(&entry.subject) {
                    continue;
                }
                let before = appended.last().or(contents.entries.last());
                let (seq, chain) = before.map_or((0, &[][..]), |before| (before.seq, &before.chain));
                let chain = self.authority.chain(chain, &entry.mac);
                let entry = StoredErasure { seq: seq + 1, chain, ..entry.clone() };
                serde_json::to_writer(&mut written, &self.line(&entry)).map_err(|_| self.io("writing", None))?;
                written.push(b'\n');
                appended.push(entry);
            }
            if appended.is_empty() {
                return Ok(0);
            }
            file.write_all(&written).map_err(|error| self.io("writing", Some(&error)))?;
            file.sync_all().map_err(|error| self.io("syncing", Some(&error)))?;
            contents.offset += u64::try_from(written.len()).unwrap_or_default();
            contents.lines += appended.len();
            let count = appended.len();
            appended.into_iter().for_each(|entry| contents.push(entry));
            Ok(count)
        })
    }

    /// Holds the file alone, and reads what was written to it since.
    fn with<R>(
        &self,
        f: impl FnOnce(&mut File, &mut Contents) -> Result<R, SubjectsError>,
    ) -> Result<R, SubjectsError> {
        let mut contents = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = self.open()?;
        // Let go when the file is closed.
        file.lock().map_err(|error| self.io("locking", Some(&error)))?;
        self.catch_up(&mut file, &mut contents)?;
        f(&mut file, &mut contents)
    }

    fn open(&self) -> Result<File, SubjectsError> {
        let mut options = File::options();
        options.read(true).append(true);
        match options.open(&self.path) {
            Ok(file) => return Ok(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(self.io("opening", Some(&error))),
        }
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.create(true).open(&self.path).map_err(|error| self.io("creating", Some(&error)))?;
        // Its name is on the disk too.
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let synced = File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(|error| self.io("syncing the directory", Some(&error)))?;
        Ok(file)
    }

    fn catch_up(&self, file: &mut File, contents: &mut Contents) -> Result<(), SubjectsError> {
        let length = file.metadata().map_err(|error| self.io("reading", Some(&error)))?.len();
        if length < contents.offset {
            // Another file than the one that was read.
            *contents = Contents::default();
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(contents.offset)).map_err(|error| self.io("reading", Some(&error)))?;
        file.read_to_end(&mut bytes).map_err(|error| self.io("reading", Some(&error)))?;
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (whole, torn) = bytes.split_at(complete);
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            self.read_line(line, contents)?;
            contents.offset += u64::try_from(line.len()).unwrap_or_default();
        }
        if !torn.is_empty() {
            // A crash cut it short, before the database was told: the erasure did not happen.
            file.set_len(contents.offset).map_err(|error| self.io("mending", Some(&error)))?;
            file.sync_all().map_err(|error| self.io("mending", Some(&error)))?;
            tracing::warn!(path = %self.path.display(), "removed a line of the erasure ledger file that a crash cut short");
        }
        Ok(())
    }

    fn read_line(&self, bytes: &[u8], contents: &mut Contents) -> Result<(), SubjectsError> {
        contents.lines += 1;
        let line = contents.lines;
        let malformed = || self.failed(FileReason::Malformed { line });
        let read: Line = serde_json::from_slice(bytes).map_err(|_| malformed())?;
        let namespace = &self.authority.namespace;
        if read.application != namespace.application() || read.tenant != namespace.tenant() {
            return Ok(());
        }
        let decode = |text: &str| Base64UrlUnpadded::decode_vec(text).map_err(|_| malformed());
        let entry = StoredErasure {
            seq: read.seq,
            subject: decode(&read.subject)?,
            key_id: read.key_id,
            erased_at: read.erased_at,
            mac: decode(&read.mac)?,
            chain: decode(&read.chain)?,
        };
        let (seq, chain) = contents.entries.last().map_or((0, &[][..]), |last| (last.seq, &last.chain));
        let genuine = entry.seq == seq + 1
            && self.authority.is_entry(&entry)
            && self.authority.follows(chain, &entry.mac, &entry.chain);
        if !genuine {
            return Err(self.failed(FileReason::Altered { line }));
        }
        contents.push(entry);
        Ok(())
    }

    fn line(&self, entry: &StoredErasure) -> Line {
        let namespace = &self.authority.namespace;
        Line {
            application: namespace.application().to_owned(),
            tenant: namespace.tenant().to_owned(),
            seq: entry.seq,
            subject: Base64UrlUnpadded::encode_string(&entry.subject),
            key_id: entry.key_id,
            erased_at: entry.erased_at,
            mac: Base64UrlUnpadded::encode_string(&entry.mac),
            chain: Base64UrlUnpadded::encode_string(&entry.chain),
        }
    }

    fn io(&self, during: &'static str, error: Option<&std::io::Error>) -> SubjectsError {
        self.failed(FileReason::Io { during, kind: error.map_or(std::io::ErrorKind::Other, std::io::Error::kind) })
    }

    fn failed(&self, reason: FileReason) -> SubjectsError {
        SubjectsError::File { path: self.path.clone(), reason }
    }
}

impl Contents {
    fn push(&mut self, entry: StoredErasure) {
        self.by_subject.insert(entry.subject.clone(), self.entries.len());
        self.entries.push(entry);
    }
}
