//! One throwaway Postgres cluster for the whole test process, or the server that `TEST_DATABASE_URL` names.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// A Postgres server on which databases can be made.
#[derive(Debug)]
pub struct Server {
    /// URL up to the database's name, and what follows it.
    before: String,
    after: String,
    maintenance: String,
    /// Where a server of our own has its data and its socket.
    directory: Option<PathBuf>,
    /// Holds the write end of the guardian's standard input; that it closes is what stops the server.
    _guardian: Option<Child>,
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
        self.directory.as_deref()
    }

    fn at_url(url: &str) -> Self {
        let (before, after, maintenance) = split_database(url).unwrap_or_else(|| {
            panic!("TEST_DATABASE_URL must be a URL that names a database, e.g. postgres://user@localhost/postgres")
        });
        Self { before, after, maintenance, directory: None, _guardian: None }
    }

    fn throwaway() -> Self {
        let bin = binaries();
        let directory =
            tempfile::Builder::new().prefix("encrypted-fields-pg-").tempdir_in("/tmp").expect("a directory");
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).expect("its mode");

        let mut guardian = Command::new("/bin/sh");
        guardian.args(["-c", include_str!("guardian.sh"), "guardian"]).arg(directory.path()).arg(&bin);
        // A group of its own: Ctrl-C ends the tests, and the pipe then ends the server, in this order.
        guardian.current_dir(directory.path()).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some((uid, gid)) = unprivileged_user() {
            chown(directory.path(), Some(uid), Some(gid)).expect("to give the directory to the server's user");
            guardian.uid(uid).gid(gid);
        }
        let mut guardian = guardian.spawn().expect("/bin/sh");

        let mut stdout = BufReader::new(guardian.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("the guardian's answer");
        if line != "ready\n" {
            let mut log = String::new();
            let _ = stdout.read_to_string(&mut log);
            panic!("Postgres in {} did not start:\n{log}", bin.display());
        }
        // From here on the guardian removes it.
        let directory = directory.keep();
        Self {
            before: "postgres:///".to_owned(),
            after: format!("?host={}&user=postgres", directory.display()),
            maintenance: "postgres".to_owned(),
            directory: Some(directory),
            _guardian: Some(guardian),
        }
    }
}

/// The server of this test process; the first call starts it.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("TEST_DATABASE_URL") {
        Ok(url) if !url.is_empty() => Server::at_url(&url),
        _ => Server::throwaway(),
    })
}

/// Splits a URL around its database: `postgres://u@h:1/` `?x=y` `db`.
fn split_database(url: &str) -> Option<(String, String, String)> {
    let authority = url.find("://")? + "://".len();
    let slash = authority + url.get(authority..)?.find('/')? + 1;
    let (before, rest) = url.split_at(slash);
    let (database, after) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    (!database.is_empty()).then(|| (before.to_owned(), after.to_owned(), database.to_owned()))
}

/// The newest Postgres of this machine: on the PATH, where `pg_config` points, or where Debian and Red Hat put it.
fn binaries() -> PathBuf {
    let mut candidates: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
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

/// Postgres refuses to run as root: whom to run it as, if this is root.
fn unprivileged_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"])? != 0 {
        return None;
    }
    let user = |name| Some((id(&["-u", name])?, id(&["-g", name])?));
    let found = user("postgres").or_else(|| user("nobody"));
    Some(found.expect("as root, these tests need a user `postgres` or `nobody` to run Postgres as"))
}
