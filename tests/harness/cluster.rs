//! One throwaway Postgres cluster for the whole test process, or the server that `TEST_DATABASE_URL` names.

use super::guardian::{Guarded, path, split_database};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A Postgres server on which databases can be made.
#[derive(Debug)]
pub struct Server {
    /// URL up to the database's name, and what follows it.
    before: String,
    after: String,
    maintenance: String,
    /// A server of our own.
    guarded: Option<Guarded>,
}

impl Server {
    /// URL of one of the server's databases.
    pub fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.before, self.after)
    }

    /// URL of the database that CREATE DATABASE is run from.
    pub fn maintenance_url(&self) -> String {
        self.url(&self.maintenance)
    }

    /// Where a server of our own has its data and its socket.
    pub fn directory(&self) -> Option<&Path> {
        self.guarded.as_ref().map(Guarded::directory)
    }

    fn at_url(url: &str) -> Self {
        let (before, after, maintenance) = split_database(url).unwrap_or_else(|| {
            panic!("TEST_DATABASE_URL must be a URL that names a database, e.g. postgres://user@localhost/postgres")
        });
        Self { before, after, maintenance, guarded: None }
    }

    fn throwaway() -> Self {
        let bin = binaries();
        let mut arguments = vec![bin.as_os_str()];
        arguments.extend(DURABLE.load(Relaxed).then_some(OsStr::new("durable")));
        let guarded = Guarded::start("pg", include_str!("guardian.sh"), &arguments, &["postgres", "nobody"]);
        Self {
            before: "postgres:///".to_owned(),
            after: format!("?host={}&user=postgres", guarded.directory().display()),
            maintenance: "postgres".to_owned(),
            guarded: Some(guarded),
        }
    }
}

static DURABLE: AtomicBool = AtomicBool::new(false);

/// Has a server of our own keep what it commits, as every server with data does: for benchmarks. Before the first
/// [`server`].
pub fn durable() {
    DURABLE.store(true, Relaxed);
}

/// The server of this test process; the first call starts it.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("TEST_DATABASE_URL") {
        Ok(url) if !url.is_empty() => Server::at_url(&url),
        _ => Server::throwaway(),
    })
}

/// The newest Postgres of this machine: on the PATH, where `pg_config` points, or where Debian and Red Hat put it.
fn binaries() -> PathBuf {
    let mut candidates = path();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        candidates.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    let mut packaged: Vec<(u32, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten() {
        let major = entry.file_name().to_string_lossy().parse().unwrap_or(0);
        packaged.push((major, entry.path().join("bin")));
    }
    packaged.sort_by(|a, b| b.cmp(a));
    candidates.extend(packaged.into_iter().map(|(_, bin)| bin));
    candidates.push("/usr/pgsql/bin".into());

    let complete = |bin: &PathBuf| ["initdb", "postgres", "pg_ctl"].iter().all(|name| bin.join(name).is_file());
    candidates.into_iter().find(complete).unwrap_or_else(|| {
        panic!(
            "these tests need a Postgres server, and found none.\n\
             Install one (Debian, Ubuntu: `apt-get install postgresql`; Fedora: `dnf install postgresql-server`; \
             macOS: `brew install postgresql`); they start a throwaway cluster themselves.\n\
             Or name a server on which they may create databases: TEST_DATABASE_URL=postgres://user@host/postgres"
        )
    })
}
