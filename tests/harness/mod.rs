//! What the tests run against: a Postgres and a MariaDB of their own and SQLite files, all gone when the tests are.
//!
//! `pg()`, `mysql()` and `sqlite()` each give a test its own empty database. Nothing is skipped: without a server the
//! tests fail, and the message says what to install.

// What one test needs of a harness another may not.
#![allow(dead_code, unused_imports)]

mod cluster;
pub mod guardian;
mod mysql;
mod postgres;
mod sqlite;

pub use cluster::durable;
pub use mysql::{TestMysql, mysql};
pub use postgres::{TestDb, pg};
pub use sqlite::{TestSqlite, sqlite};
