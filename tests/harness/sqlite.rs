//! A SQLite database of a test's own.

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A database file of its own, removed with the value. A file and not `:memory:`: a test may connect twice, and may look
/// at the bytes on the disk.
#[derive(Debug)]
pub struct TestSqlite {
    path: PathBuf,
    _directory: TempDir,
}

/// A fresh, empty SQLite database.
pub fn sqlite() -> TestSqlite {
    let directory = tempfile::Builder::new().prefix("encrypted-fields-sqlite-").tempdir().expect("a directory");
    TestSqlite { path: directory.path().join("test.sqlite"), _directory: directory }
}

impl TestSqlite {
    /// For Diesel, diesel_cli, `DATABASE_URL`.
    pub fn url(&self) -> String {
        self.path.to_str().expect("temporary directories have UTF-8 names").to_owned()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A new connection, with foreign keys enforced.
    pub fn connect(&self) -> SqliteConnection {
        let mut conn = SqliteConnection::establish(&self.url()).expect("a connection to the test's database");
        conn.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON").expect("pragmas");
        conn
    }
}
