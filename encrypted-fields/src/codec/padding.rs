//! Padding before sealing, so that the length of a text, a JSON or bytes tells less.

use std::borrow::Cow;

use diesel::sql_types::{Binary, Json, Jsonb, Text};
use serde::{Serialize, Serializer};

use super::tag;
use crate::error::SealReason;

/// To which length a value is padded: `#[encrypted(pad = 32)]` or `#[encrypted(pad = padme)]`.
///
/// ```
/// use encrypted_fields::codec::Padding;
///
/// let block = Padding::block(32);
/// assert_eq!([0, 1, 32, 33].map(|length| block.length(length)), [32, 32, 32, 64]);
/// assert_eq!([7, 8, 9, 1_000].map(|length| Padding::PADME.length(length)), [7, 8, 10, 1_024]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Padding(To);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    Block(u32),
    Padme,
}

impl Padding {
    /// Padmé: at most 12% more, and values of up to `n` bytes have O(log log n) lengths. Lengths up to 8 stay as they are.
    ///
    /// Source: Nikitin, Barman, Lueks, Underwood, Hubaux, Ford: "Reducing Metadata Leakage from Encrypted Files and
    /// Communication with PURBs", PoPETs 2019 (4), algorithm 1.
    pub const PADME: Self = Self(To::Padme);

    /// The largest block: with one of a gigabyte every value would be one.
    pub const MAX_BLOCK: u32 = 65_536;

    /// To a multiple of so many bytes, and at least one block, so that an empty value is like any other.
    ///
    /// # Panics
    /// Where it is not from 1 to [`MAX_BLOCK`](Self::MAX_BLOCK), which the derive refuses.
    #[must_use]
    pub const fn block(bytes: u32) -> Self {
        assert!(bytes >= 1 && bytes <= Self::MAX_BLOCK, "a block is of 1 to 65536 bytes");
        Self(To::Block(bytes))
    }

    /// The length that a value of so many bytes is padded to.
    pub const fn length(self, length: usize) -> usize {
        match self.0 {
            To::Block(block) => {
                let length = if length == 0 { 1 } else { length };
                // A u32 of at most 65,536 fits every usize that Diesel runs on.
                match length.checked_next_multiple_of(block as usize) {
                    Some(padded) => padded,
                    None => length,
                }
            }
            To::Padme => padme(length),
        }
    }

    /// How many bytes an encoded value will have: tag, length and padding included.
    pub(crate) fn size_hint(self, encoded: usize) -> usize {
        self.length(encoded.saturating_sub(1)).saturating_add(1 + LENGTH)
    }

    /// Appends `tag | length u32 | value | zero bytes` where `encode` appends `tag | value`.
    ///
    /// # Errors
    /// Those of `encode`, and [`SealReason::Value`] for what has no padded form.
    pub fn encode(
        self,
        out: &mut Vec<u8>,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), SealReason>,
    ) -> Result<(), SealReason> {
        let start = out.len();
        // The value is written where it will lie, so that no copy of it is left behind.
        out.extend_from_slice(&[0; LENGTH]);
        encode(out)?;
        let length = out.len().saturating_sub(start + LENGTH + 1);
        let Some([first, rest @ ..]) = out.get_mut(start..).and_then(|it| it.first_chunk_mut::<{ LENGTH + 1 }>())
        else {
            return Err(UNPADDABLE);
        };
        let [.., tag] = *rest;
        if !matches!(tag, tag::TEXT | tag::JSON | tag::BINARY) {
            return Err(UNPADDABLE);
        }
        *first = tag | tag::PADDED;
        *rest = u32::try_from(length).map_err(|_| TOO_LONG)?.to_be_bytes();
        out.resize(start + LENGTH + 1 + self.length(length), 0);
        Ok(())
    }
}

/// Of the length before a padded value.
const LENGTH: usize = 4;
const UNPADDABLE: SealReason = SealReason::Value(Cow::Borrowed("only text, JSON and binary can be padded"));
const TOO_LONG: SealReason = SealReason::Value(Cow::Borrowed("a padded value is shorter than 4 GiB"));

/// `E = floor(log2 L)`, `S = floor(log2 E) + 1`; the last `E - S` bits of the padded length are zero.
const fn padme(length: usize) -> usize {
    let Some(e) = length.checked_ilog2() else { return length };
    let Some(log) = e.checked_ilog2() else { return length };
    let mask = (1 << (e - (log + 1))) - 1;
    match length.checked_add(mask) {
        Some(sum) => sum & !mask,
        None => length,
    }
}

/// As it is written: the number of bytes, or `padme`.
impl Serialize for Padding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            To::Block(bytes) => serializer.serialize_u32(bytes),
            To::Padme => serializer.serialize_str("padme"),
        }
    }
}

/// A SQL type whose values have a length of their own, which padding hides.
#[diagnostic::on_unimplemented(
    message = "`pad` is for text, binary and JSON columns, this one is `{Self}`",
    label = "has one length already",
    note = "numbers, dates, times and UUIDs are sealed at a fixed width; leave `pad` out"
)]
pub trait PaddedSql {}

impl PaddedSql for Text {}
impl PaddedSql for Binary {}
impl PaddedSql for Json {}
impl PaddedSql for Jsonb {}

#[cfg(test)]
mod tests;
