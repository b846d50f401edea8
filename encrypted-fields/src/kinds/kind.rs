//! What every kind has, written once.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::{Deserializer, de};
use zeroize::Zeroizing;

use super::KindError;
use crate::error::OpenReason;
use crate::normalize::Normalize;

/// The parts that a checked and an unchecked kind share. `normalize` must be what `==` means: the index is computed
/// by it.
macro_rules! text {
    ($name:ident, $class:ident, $normalize:ident) => {
        impl $name {
            /// The text as it is kept: the one way to reach it.
            pub fn expose(&self) -> &str {
                self.0.expose()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        /// As the blind index compares. It takes no constant time.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                let normalize = $crate::normalize::Normalize::$normalize;
                *crate::kinds::kind::normal(normalize, self.expose())
                    == *crate::kinds::kind::normal(normalize, other.expose())
            }
        }

        impl Eq for $name {}

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                crate::kinds::kind::normal($crate::normalize::Normalize::$normalize, self.expose()).hash(state);
            }
        }

        impl crate::codec::EncodePlain<diesel::sql_types::Text> for $name {
            const CLASS: Option<crate::class::Class> = Some(crate::class::Class::$class);
            const NORMALIZE: crate::normalize::Normalize = crate::normalize::Normalize::$normalize;

            fn encode(&self, out: &mut Vec<u8>) -> Result<(), crate::error::SealReason> {
                self.expose().encode(out)
            }

            fn size_hint(&self) -> usize {
                crate::codec::EncodePlain::<diesel::sql_types::Text>::size_hint(self.expose())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = crate::kinds::kind::deserialize(deserializer)?;
                Self::try_from(text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(super) use text;

/// A kind that is checked: `parse` makes the form that is kept, `reread` takes back what was stored.
macro_rules! checked {
    ($name:ident, $class:ident, $normalize:ident, $parse:path, $reread:path) => {
        crate::kinds::kind::text!($name, $class, $normalize);

        impl $name {
            /// Checks a text and takes it in.
            ///
            /// # Errors
            /// Where it is not of this kind; the error does not carry it.
            pub fn new(text: impl Into<String>) -> Result<Self, crate::kinds::KindError> {
                let text = zeroize::Zeroizing::new(text.into());
                $parse(&text)
                    .map(|kept| Self(crate::secret::Secret::new(kept)))
                    .map_err(|problem| crate::kinds::KindError::new(crate::kinds::Kind::$name, problem))
            }
        }

        impl TryFrom<String> for $name {
            type Error = crate::kinds::KindError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = crate::kinds::KindError;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::kinds::KindError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl crate::codec::DecodePlain<diesel::sql_types::Text> for $name {
            fn decode(bytes: &[u8]) -> Result<Self, crate::error::OpenReason> {
                let text = zeroize::Zeroizing::new(String::decode(bytes)?);
                $reread(&text)
                    .map(|kept| Self(crate::secret::Secret::new(kept)))
                    .map_err(|problem| crate::kinds::KindError::new(crate::kinds::Kind::$name, problem))
                    .map_err(crate::kinds::kind::misfit)
            }
        }
    };
}
pub(super) use checked;

/// What a blind index is computed over.
pub(super) fn normal(normalize: Normalize, text: &str) -> Zeroizing<String> {
    Zeroizing::new(normalize.apply(text).into_owned())
}

pub(super) fn misfit(error: KindError) -> OpenReason {
    OpenReason::Value(Cow::Owned(error.to_string()))
}

/// A text. Where something else stands, serde's own errors quote it: a card number sent as a JSON number would be in
/// the log. So a format that says what it holds is asked for anything, and the refusal is ours.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_any(TextOnly(PhantomData))
    } else {
        deserializer.deserialize_string(TextOnly(PhantomData))
    }
}

struct TextOnly<'de>(PhantomData<&'de ()>);

macro_rules! refuses {
    ($($visit:ident: $ty:ty),*) => {$(
        fn $visit<E: de::Error>(self, _: $ty) -> Result<String, E> {
            Err(E::custom("expected a text"))
        }
    )*};
}

impl<'de> de::Visitor<'de> for TextOnly<'de> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    refuses!(visit_bool: bool, visit_i64: i64, visit_i128: i128, visit_u64: u64, visit_u128: u128, visit_f64: f64);
    refuses!(visit_char: char, visit_bytes: &[u8]);
}
