//! A Postgres database of a test's own.

use super::cluster::{Server, server};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use diesel_migrations::MigrationHarness as _;
use encrypted_fields_migrations::POSTGRES_DOMAINS;
use std::sync::atomic::{AtomicU32, Ordering};

/// A database of its own with the `enc_*` domains in it; dropped with the value.
#[derive(Debug)]
pub struct TestDb {
    server: &'static Server,
    name: String,
}

/// A fresh Postgres database.
pub fn pg() -> TestDb {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let mut maintenance = PgConnection::establish(&server.maintenance_url()).expect("the test server");
    let name = format!("encrypted_fields_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    maintenance.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).expect("a database");
    let database = TestDb { server, name };
    database.connect().run_pending_migrations(POSTGRES_DOMAINS).expect("the domains");
    database
}

impl TestDb {
    /// For libpq, tokio-postgres, diesel_cli, `DATABASE_URL`.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// A new connection.
    pub fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url()).expect("a connection to the test's database")
    }

    /// A new connection of diesel-async; pools take [`TestDb::url`].
    pub async fn async_connect(&self) -> AsyncPgConnection {
        AsyncPgConnection::establish(&self.url()).await.expect("an async connection to the test's database")
    }

    /// The server it is on.
    pub fn server(&self) -> &'static Server {
        self.server
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        // FORCE: pools and tasks of the test may still hold connections.
        let dropped = PgConnection::establish(&server().maintenance_url()).map_err(|error| error.to_string()).and_then(
            |mut maintenance| {
                let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
                maintenance.batch_execute(&sql).map_err(|error| error.to_string())
            },
        );
        if let Err(error) = dropped {
            eprintln!("the test database {} stays behind: {error}", self.name);
        }
    }
}
