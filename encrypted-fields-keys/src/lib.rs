//! Where the keys of `encrypted-fields` live, and who wraps them.
//!
//! The modules are declared in the order a data key passes through them. A module uses only those above it.

pub mod purpose;

pub mod kek;

pub use kek::{Kek, KekError, KekReason, WrapContext};
pub use purpose::Purpose;
