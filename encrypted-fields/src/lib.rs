//! Field-level encryption for Diesel.

// Declared in the order a value passes through them; a module uses only those above it.
pub mod error;
