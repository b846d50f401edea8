//! Keyrings for tests.
//!
//! `cargo test` runs tests in parallel, in one process: a default keyring that each of them sets is everyone's. Give each
//! test a keyring of its own and run it in a scope; nothing global is touched, and a test that forgets its scope fails
//! with [`NoKeyring::ScopeLost`](crate::error::NoKeyring::ScopeLost).
//!
//! ```
//! use encrypted_fields::{scope, testing};
//!
//! // #[test]
//! fn a_user_comes_back() {
//!     scope::with(&testing::keyring(), || {
//!         // connect, insert, load, assert
//!     });
//! }
//! # a_user_comes_back();
//! ```
//!
//! An async test runs in [`scope::task`](crate::scope::task) instead.

use crate::keyring::{DataKey, Keyring};
use crate::seal::Algorithm;

/// A keyring with a fresh random key, of the application `test`.
///
/// ```
/// use encrypted_fields::testing;
///
/// assert_ne!(testing::keyring().primary_id(), testing::keyring().primary_id());
/// ```
pub fn keyring() -> Keyring {
    keyring_named("test")
}

/// A keyring with a fresh random key, of this application.
///
/// # Panics
///
/// When the name is empty or longer than 255 bytes, or the operating system gives no randomness.
///
/// ```
/// use encrypted_fields::testing;
///
/// assert_eq!(testing::keyring_named("billing").application(), "billing");
/// ```
pub fn keyring_named(application: &str) -> Keyring {
    DataKey::generate(Algorithm::Aes256Gcm)
        .and_then(|key| Keyring::builder(application).primary(key).build())
        .expect("a test keyring has a name, and the operating system randomness")
}
