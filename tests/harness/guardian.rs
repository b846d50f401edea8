//! A server of our own, started by a guardian that stops it when this process ends, however it ends.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server: its data and its socket are in a directory of its own.
#[derive(Debug)]
pub struct Guarded {
    directory: PathBuf,
    /// Holds the write end of the guardian's standard input; that it closes is what stops the server.
    _guardian: Child,
}

impl Guarded {
    /// Runs the guardian `script` with a fresh directory and `arguments`, as the first of `users` that
    /// there is, if this is root and `users` names any.
    pub fn start(server: &str, script: &str, arguments: &[&OsStr], users: &[&str]) -> Self {
        let prefix = format!("encrypted-fields-{server}-");
        let directory = tempfile::Builder::new().prefix(&prefix).tempdir_in("/tmp").expect("a directory");
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).expect("its mode");

        let mut guardian = Command::new("/bin/sh");
        guardian.args(["-c", script, "guardian"]).arg(directory.path()).args(arguments);
        // A group of its own: Ctrl-C ends the tests, and the pipe then ends the server, in this order.
        guardian.current_dir(directory.path()).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some((uid, gid)) = unprivileged_user(users) {
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
            panic!("the {server} server of {arguments:?} did not start:\n{log}");
        }
        // From here on the guardian removes it.
        Self { directory: directory.keep(), _guardian: guardian }
    }

    /// Where the server has its data and its socket.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// Postgres and MariaDB refuse to run as root: whom to run them as, if this is root.
fn unprivileged_user(users: &[&str]) -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if users.is_empty() || id(&["-u"])? != 0 {
        return None;
    }
    let found = users.iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)));
    Some(found.unwrap_or_else(|| panic!("as root, these tests need one of the users {users:?} to run a server as")))
}

/// The directories of the PATH.
pub fn path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// Splits a URL around its database: `postgres://u@h:1/` `?x=y` `db`.
pub fn split_database(url: &str) -> Option<(String, String, String)> {
    let authority = url.find("://")? + "://".len();
    let slash = authority + url.get(authority..)?.find('/')? + 1;
    let (before, rest) = url.split_at(slash);
    let (database, after) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    (!database.is_empty()).then(|| (before.to_owned(), after.to_owned(), database.to_owned()))
}
