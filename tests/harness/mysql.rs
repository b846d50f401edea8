//! A MySQL database of a test's own, on one throwaway MariaDB for the whole test process, or on the server that
//! `TEST_MYSQL_URL` names.

use super::guardian::{Guarded, path, split_database};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, MysqlConnection};
use diesel_async::{AsyncConnection as _, AsyncMysqlConnection};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A MySQL server on which databases can be made.
#[derive(Debug)]
pub struct MysqlServer {
    /// URL up to the database's name, and what follows it.
    before: String,
    after: String,
    maintenance: String,
    /// A server of our own.
    guarded: Option<Guarded>,
}

/// The server of this test process; the first call starts it.
fn server() -> &'static MysqlServer {
    static SERVER: OnceLock<MysqlServer> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("TEST_MYSQL_URL") {
        Ok(url) if !url.is_empty() => MysqlServer::at_url(&url),
        _ => MysqlServer::throwaway(),
    })
}

impl MysqlServer {
    /// Where a server of our own has its data and its socket.
    pub fn directory(&self) -> Option<&Path> {
        self.guarded.as_ref().map(Guarded::directory)
    }

    fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.before, self.after)
    }

    fn maintenance(&self) -> diesel::ConnectionResult<MysqlConnection> {
        MysqlConnection::establish(&self.url(&self.maintenance))
    }

    fn at_url(url: &str) -> Self {
        let (before, after, maintenance) = split_database(url).unwrap_or_else(|| {
            panic!("TEST_MYSQL_URL must be a URL that names a database, e.g. mysql://root@127.0.0.1/mysql")
        });
        Self { before, after, maintenance, guarded: None }
    }

    fn throwaway() -> Self {
        let (server, install) = (binary("mariadbd"), binary("mariadb-install-db"));
        let script = include_str!("guardian-mariadb.sh");
        let guarded =
            Guarded::start("mariadb", script, &[server.as_os_str(), install.as_os_str()], &["mysql", "nobody"]);
        Self {
            before: "mysql://root@localhost/".to_owned(),
            after: format!("?unix_socket={}/socket", guarded.directory().display()),
            maintenance: "mysql".to_owned(),
            guarded: Some(guarded),
        }
    }
}

/// The directory of a binary of MariaDB: on the PATH, or where daemons are put that are not on a user's.
fn binary(name: &str) -> PathBuf {
    let mut directories = path();
    directories.extend(["/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from));
    directories.into_iter().find(|directory| directory.join(name).is_file()).unwrap_or_else(|| {
        panic!(
            "these tests need a MariaDB server, and found no `{name}`.\n\
             Install one (Debian, Ubuntu: `apt-get install mariadb-server-core mariadb-client-core`; \
             Fedora: `dnf install mariadb-server`; \
             macOS: `brew install mariadb`); they start a throwaway server themselves.\n\
             Or name a server on which they may create databases: TEST_MYSQL_URL=mysql://root@127.0.0.1/mysql"
        )
    })
}

/// A database of its own; dropped with the value.
#[derive(Debug)]
pub struct TestMysql {
    server: &'static MysqlServer,
    name: String,
}

/// A fresh, empty MySQL database.
pub fn mysql() -> TestMysql {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("encrypted_fields_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut maintenance = server.maintenance().expect("the test server");
    maintenance.batch_execute(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).expect("a database");
    TestMysql { server, name }
}

impl TestMysql {
    /// For Diesel, `DATABASE_URL`.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// For mysql_async, which has another name for the socket.
    pub fn async_url(&self) -> String {
        self.url().replace("?unix_socket=", "?socket=")
    }

    /// A new connection.
    pub fn connect(&self) -> MysqlConnection {
        MysqlConnection::establish(&self.url()).expect("a connection to the test's database")
    }

    /// A new connection of diesel-async.
    pub async fn async_connect(&self) -> AsyncMysqlConnection {
        AsyncMysqlConnection::establish(&self.async_url()).await.expect("an async connection to the test's database")
    }

    /// The server it is on.
    pub fn server(&self) -> &'static MysqlServer {
        self.server
    }
}

impl Drop for TestMysql {
    fn drop(&mut self) {
        let dropped = self.server.maintenance().map_err(|error| error.to_string()).and_then(|mut maintenance| {
            let sql = format!("DROP DATABASE IF EXISTS {}", self.name);
            maintenance.batch_execute(&sql).map_err(|error| error.to_string())
        });
        if let Err(error) = dropped {
            eprintln!("the test database {} stays behind: {error}", self.name);
        }
    }
}
