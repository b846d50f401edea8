//! The SQL migrations.
