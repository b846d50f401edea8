//! What the command `encrypted-fields` promises: the list of modules is the list of promises.
//!
//! Each test runs the built program as a child, on a key store in a file, in SQLite and in Postgres.

// Everything here is a test or its helper: a panic is how it fails, and what it prints is for whom runs it.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr, clippy::print_stdout)]
#![allow(clippy::unwrap_used, unreachable_pub)]

mod harness;
mod place;

mod a_key_lives;
mod a_subject_is_erased;
mod documents_keep_their_shape;
mod keys_come_and_go;
#[cfg(feature = "steps")]
mod killed_and_run_again;
mod mistakes_are_told;
mod nothing_secret_is_shown;
mod providers_wrap_and_are_left;
mod the_terminal;
#[cfg(feature = "steps")]
mod two_at_once;
