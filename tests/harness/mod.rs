//! What the tests run against: a Postgres of their own and SQLite files, both gone when the tests are.
//!
//! `pg()` and `sqlite()` each give a test its own empty database. Nothing is skipped: without a Postgres the tests fail,
//! and the message says what to install.

// What one test needs of a harness another may not.
#![allow(dead_code, unused_imports)]

mod cluster;
mod postgres;
mod sqlite;

pub use postgres::{TestDb, pg};
pub use sqlite::{TestSqlite, sqlite};
