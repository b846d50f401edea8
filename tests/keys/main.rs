//! What `encrypted-fields-keys` promises, each against real servers: the list of modules is the list of promises.
//!
//! A binary of its own: the providers' crates are the largest of the workspace, and the tests of the fields need none of them.

// Everything here is a test or its helper: a panic is how it fails, and what it prints is for whom runs it.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr, clippy::print_stdout)]
#![allow(clippy::unwrap_used, unreachable_pub)]

#[path = "../harness/mod.rs"]
mod harness;
#[path = "../harness/servers.rs"]
mod servers;
mod support;

mod attacks;
mod killed;
mod kms;
mod leaks;
mod providers;
mod services;
mod stores;
mod subjects;
mod tenancy;
