//! A Postgres of the tests' own, as every test of this workspace has it.

// What one test binary needs of a harness another may not.
#![allow(dead_code)]

#[path = "../../../tests/harness/cluster.rs"]
mod cluster;
#[path = "../../../tests/harness/guardian.rs"]
mod guardian;
#[path = "../../../tests/harness/postgres.rs"]
mod postgres;

pub use postgres::{TestDb, pg};
