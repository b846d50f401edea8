//! What `encrypted-fields` promises, each against a real server: the list of modules is the list of promises.

// Everything here is a test or its helper: a panic is how it fails, and what it prints is for whom runs it.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr, clippy::print_stdout)]
#![allow(clippy::unwrap_used, unreachable_pub)]
// The calls are written as users write them: a `Vec` where an array would do, a tuple where a struct would.
#![allow(clippy::type_complexity, clippy::useless_vec)]

mod harness;
mod models;

mod every_diesel_attribute;
mod every_diesel_call;
mod guards;
mod harness_works;

mod altered_bytes_are_refused;
mod every_type_round_trips;
mod keyrings_are_proven;
mod kinds;
mod mistakes_do_not_compile;
mod moved_values_are_refused;
mod nothing_leaks;
mod odd_models_work;
mod overhead;
mod pages;
mod parts;
mod print_schema_runs;
mod random_operations;
mod the_database_refuses_plaintext;

mod scopes;
mod tenants;
mod versions;
