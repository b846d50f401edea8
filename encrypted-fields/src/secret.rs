//! A value that prints as `Secret(..)` and is wiped when it is dropped.

use std::fmt;

use secrecy::SecretBox;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroize;

/// 32 bytes of key material: on the heap, so that a move leaves no copy behind; wiped on drop; never printed.
pub(crate) type KeyBytes = SecretBox<[u8; 32]>;

/// A model's field that must not reach a log: its `Debug` is `Secret(..)`, and its memory is wiped on drop.
///
/// It deserialises, but has no `Serialize`: a response that would carry the value does not compile. Comparison with
/// `==` is the value's own and takes no constant time; compare tokens and passwords with a crate made for it.
///
/// Copies that the value made before it came here, such as the old buffer of a `String` that grew, are not wiped.
///
/// ```
/// use encrypted_fields::Secret;
///
/// let iban = Secret::new(String::from("IT60X0542811101000000123456"));
/// assert_eq!(format!("{iban:?}"), "Secret(..)");
/// assert_eq!(iban.expose().len(), 27);
/// ```
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    ///
    /// ```
    /// let pin = encrypted_fields::Secret::new([1_u8, 2, 3, 4]);
    /// # let _ = pin;
    /// ```
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself: the one way to reach it.
    ///
    /// ```
    /// # use encrypted_fields::Secret;
    /// assert_eq!(Secret::new(7_u32).expose(), &7);
    /// ```
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> zeroize::ZeroizeOnDrop for Secret<T> {}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize + Default> Default for Secret<T> {
    fn default() -> Self {
        Self(T::default())
    }
}

impl<T: Zeroize + PartialEq> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Zeroize + Eq> Eq for Secret<T> {}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn debug_shows_nothing() {
        #[derive(Debug)]
        struct Row {
            #[allow(dead_code)]
            phone: Option<Secret<String>>,
        }
        let row = Row { phone: Some(Secret::new("+39 055 1234567".into())) };
        assert_eq!(format!("{row:?}"), "Row { phone: Some(Secret(..)) }");
        assert!(!format!("{row:#?}").contains("055"));
    }

    #[test]
    fn dropping_wipes() {
        struct Probe<'a>(&'a Cell<u32>);
        impl Zeroize for Probe<'_> {
            fn zeroize(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }
        let wiped = Cell::new(0);
        drop(Secret::new(Probe(&wiped)));
        assert_eq!(wiped.get(), 1);
    }

    #[test]
    fn it_deserialises_compares_and_clones() {
        let secret: Secret<String> = serde_json::from_str("\"abc\"").unwrap();
        assert_eq!(secret, Secret::from(String::from("abc")));
        assert_eq!(secret.clone().expose(), "abc");
        assert_eq!(Secret::<String>::default().expose(), "");
        assert!(serde_json::from_str::<Secret<String>>("7").is_err());
    }
}
