//! Models that more than one test module uses, and their tables.

#![allow(dead_code, unused_imports)]

mod backends;
mod canary;
pub mod everything;
mod values;
pub mod wallets;

pub(crate) use backends::on_every_backend;
pub use backends::{ddl_for_mysql, ddl_for_sqlite, dialect};
pub use canary::Canary;
pub use values::{Profile, Values};
