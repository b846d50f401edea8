//! What the tests of the keys run against, beside a database: the servers that wrap keys, and ways to trouble them.
//!
//! Apart from `mod.rs`, because the providers' crates are large and only the `keys` binary needs them.

// What one test needs of a harness another may not.
#![allow(dead_code, unused_imports)]

pub mod aws;
pub mod child;
pub mod hsm;
pub mod http;
pub mod logs;
pub mod service;
pub mod vault;
