//! A Postgres, an OpenBao and an AWS KMS of the tests' own, as every test of this workspace has them.

// What one test binary needs of a harness another may not.
#![allow(dead_code)]

#[path = "../../../tests/harness/cluster.rs"]
mod cluster;
#[path = "../../../tests/harness/guardian.rs"]
pub mod guardian;
#[path = "../../../tests/harness/http.rs"]
pub mod http;
#[path = "../../../tests/harness/postgres.rs"]
mod postgres;
#[path = "../../../tests/harness/service.rs"]
pub mod service;
#[path = "../../../tests/harness/vault.rs"]
pub mod vault;

pub use postgres::{TestDb, pg};
