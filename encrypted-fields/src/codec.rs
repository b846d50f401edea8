//! Value to bytes and back: one type tag, then a fixed-width binary value for everything that is a number or a date.
//!
//! The codec of a column is chosen by its *SQL* type, so fields of several Rust types read the same column, and a value
//! that the field's type cannot hold exactly is an error, never a rounded number. The bytes are frozen
//! (`vectors/codec.json`):
//!
//! | SQL type | tag | then |
//! |---|---|---|
//! | Bool | `01` | one byte, 0 or 1 |
//! | SmallInt, Integer, BigInt | `02` | i64, 8 bytes |
//! | Float | `03` | IEEE 754, 4 bytes |
//! | Double | `04` | IEEE 754, 8 bytes |
//! | Numeric | `05` | scale i16, mantissa i128: 18 bytes; the value is mantissa / 10^scale |
//! | Date | `06` | days since 1970-01-01, i32 |
//! | Time | `07` | second of the day u32, nanosecond u32 (1,000,000,000 and more within a leap second) |
//! | Timestamp | `08` | seconds since 1970-01-01T00:00:00 i64, nanosecond u32 |
//! | Timestamptz | `09` | the same, in UTC |
//! | Uuid | `0a` | 16 bytes |
//! | Text | `0b` | UTF-8 |
//! | Json, Jsonb | `0c` | UTF-8 |
//! | Binary | `0d` | as is |
//! | padded Text, Json, Binary | `8b` `8c` `8d` | length u32, the value, zero bytes |
//!
//! Integers are big-endian. Widths do not depend on the value, so the length of a ciphertext never tells the magnitude
//! of a balance.

mod bool;
mod bytes;
mod decimal;
mod float;
mod integer;
#[cfg(feature = "json")]
mod json;
mod padding;
mod text;
#[cfg(feature = "chrono")]
mod time;
#[cfg(feature = "uuid")]
mod uuid;

use std::borrow::Cow;

use zeroize::Zeroize;

use crate::class::Class;
use crate::error::{OpenReason, SealReason};
use crate::normalize::Normalize;
use crate::secret::Secret;

pub(crate) use decimal::canonical as canonical_decimal;
#[cfg(feature = "json")]
pub use json::Json;
pub use padding::{PaddedSql, Padding};
#[cfg(feature = "chrono")]
pub(crate) use time::{days, micros};

/// The first byte of a plaintext: which codec wrote it.
pub mod tag {
    /// `Bool`.
    pub const BOOL: u8 = 0x01;
    /// `SmallInt`, `Integer` and `BigInt`.
    pub const INTEGER: u8 = 0x02;
    /// `Float`.
    pub const FLOAT: u8 = 0x03;
    /// `Double`.
    pub const DOUBLE: u8 = 0x04;
    /// `Numeric`.
    pub const DECIMAL: u8 = 0x05;
    /// `Date`.
    pub const DATE: u8 = 0x06;
    /// `Time`.
    pub const TIME: u8 = 0x07;
    /// `Timestamp`.
    pub const TIMESTAMP: u8 = 0x08;
    /// `Timestamptz`.
    pub const TIMESTAMPTZ: u8 = 0x09;
    /// `Uuid`.
    pub const UUID: u8 = 0x0a;
    /// `Text`.
    pub const TEXT: u8 = 0x0b;
    /// `Json` and `Jsonb`.
    pub const JSON: u8 = 0x0c;
    /// `Binary`.
    pub const BINARY: u8 = 0x0d;
    /// Set on `TEXT`, `JSON` and `BINARY` where the value is padded.
    pub const PADDED: u8 = 0x80;
}

/// A Rust value that can be sealed into a column of SQL type `ST`.
///
/// Implement it for a newtype by delegating to the type inside:
///
/// ```
/// use diesel::sql_types::Text;
/// use encrypted_fields::codec::{DecodePlain, EncodePlain};
/// use encrypted_fields::error::{OpenReason, SealReason};
///
/// struct Email(String);
///
/// impl EncodePlain<Text> for Email {
///     fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
///         self.0.encode(out)
///     }
/// }
///
/// impl DecodePlain<Text> for Email {
///     fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
///         String::decode(bytes).map(Email)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sealed into an encrypted column of type `{ST}`",
    label = "not a plaintext type of `{ST}`",
    note = "a nullable column takes an `Option`; a newtype implements `EncodePlain` and `DecodePlain` by delegating"
)]
pub trait EncodePlain<ST> {
    /// What the model's description says of a field of this type, unless `#[encrypted(class = ..)]` does.
    const CLASS: Option<Class> = None;

    /// How a value is normalized for a blind index that names no `normalize`. It is part of the index's context: once
    /// rows are written it stays.
    const NORMALIZE: Normalize = Normalize::Exact;

    /// Appends the tag and the value.
    ///
    /// # Errors
    /// [`SealReason::Value`] where the column's type cannot hold the value exactly.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason>;

    /// How many bytes [`encode`](Self::encode) will append, at best exactly.
    fn size_hint(&self) -> usize {
        20
    }
}

/// A Rust value that can be read from a sealed column of SQL type `ST`.
#[diagnostic::on_unimplemented(
    message = "an encrypted column of type `{ST}` cannot be opened into `{Self}`",
    label = "not a plaintext type of `{ST}`",
    note = "a nullable column takes an `Option`; a newtype implements `EncodePlain` and `DecodePlain` by delegating"
)]
pub trait DecodePlain<ST>: Sized {
    /// Reads the tag and the value.
    ///
    /// # Errors
    /// [`OpenReason::Value`] where the bytes are of another type, or the value does not fit `Self` exactly.
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason>;
}

impl<ST, T: EncodePlain<ST> + ?Sized> EncodePlain<ST> for &T {
    const CLASS: Option<Class> = T::CLASS;
    const NORMALIZE: Normalize = T::NORMALIZE;

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        (**self).encode(out)
    }

    fn size_hint(&self) -> usize {
        (**self).size_hint()
    }
}

impl<ST, T: EncodePlain<ST> + ToOwned + ?Sized> EncodePlain<ST> for Cow<'_, T> {
    const CLASS: Option<Class> = T::CLASS;
    const NORMALIZE: Normalize = T::NORMALIZE;

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        (**self).encode(out)
    }

    fn size_hint(&self) -> usize {
        (**self).size_hint()
    }
}

impl<ST, T: ToOwned<Owned: DecodePlain<ST>> + ?Sized> DecodePlain<ST> for Cow<'_, T> {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        T::Owned::decode(bytes).map(Cow::Owned)
    }
}

impl<ST, T: EncodePlain<ST> + Zeroize> EncodePlain<ST> for Secret<T> {
    const CLASS: Option<Class> = T::CLASS;
    const NORMALIZE: Normalize = T::NORMALIZE;

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        self.expose().encode(out)
    }

    fn size_hint(&self) -> usize {
        self.expose().size_hint()
    }
}

impl<ST, T: DecodePlain<ST> + Zeroize> DecodePlain<ST> for Secret<T> {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        T::decode(bytes).map(Secret::new)
    }
}

/// The payload of a fixed-width value.
fn fixed<const N: usize>(bytes: &[u8], tag: u8, expected: &'static str) -> Result<[u8; N], OpenReason> {
    match bytes.split_first() {
        Some((found, payload)) if *found == tag => {
            payload.try_into().map_err(|_| OpenReason::Value(Cow::Borrowed("the value's width is wrong for its tag")))
        }
        found => Err(wrong_tag(found.map(|(tag, _)| *tag), expected)),
    }
}

/// The payload of a value of any length, padded or not.
fn variable<'b>(bytes: &'b [u8], tag: u8, expected: &'static str) -> Result<&'b [u8], OpenReason> {
    match bytes.split_first() {
        Some((found, payload)) if *found == tag => Ok(payload),
        Some((found, payload)) if *found == tag | tag::PADDED => unpad(payload),
        found => Err(wrong_tag(found.map(|(tag, _)| *tag), expected)),
    }
}

/// `length u32 | value | zero bytes`; anything else in the padding was not written by this crate.
fn unpad(payload: &[u8]) -> Result<&[u8], OpenReason> {
    payload
        .split_first_chunk::<4>()
        .and_then(|(length, rest)| {
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (value, padding) = rest.split_at_checked(length)?;
            padding.iter().all(|byte| *byte == 0).then_some(value)
        })
        .ok_or(OpenReason::Value(Cow::Borrowed("the value's padding is malformed")))
}

fn wrong_tag(found: Option<u8>, expected: &'static str) -> OpenReason {
    OpenReason::Value(match found {
        Some(found) => format!("expected {expected}, the sealed value is {}", name(found)).into(),
        None => format!("expected {expected}, the sealed value is empty").into(),
    })
}

fn name(tag: u8) -> &'static str {
    match tag & !tag::PADDED {
        tag::BOOL => "a boolean",
        tag::INTEGER => "an integer",
        tag::FLOAT => "a 32-bit float",
        tag::DOUBLE => "a 64-bit float",
        tag::DECIMAL => "a decimal",
        tag::DATE => "a date",
        tag::TIME => "a time",
        tag::TIMESTAMP => "a timestamp",
        tag::TIMESTAMPTZ => "a timestamp with time zone",
        tag::UUID => "a UUID",
        tag::TEXT => "text",
        tag::JSON => "JSON",
        tag::BINARY => "binary",
        _ => "of a type this version does not know",
    }
}

fn unsealable(reason: &'static str) -> SealReason {
    SealReason::Value(Cow::Borrowed(reason))
}

fn unreadable(reason: &'static str) -> OpenReason {
    OpenReason::Value(Cow::Borrowed(reason))
}

#[cfg(test)]
mod tests;
