//! Blind indexes: a keyed token beside a sealed value, so that equality can be asked of the database.
//!
//! ```text
//! token   = index key id u32 BE | HMAC-SHA256(index key, context | value), first 16 bytes
//! context = 01 | application | schema | table | column | key scope | length u32 | normalization
//! value   = the codec's bytes, text normalized, decimals without trailing zeros
//! ```
//!
//! A token tells which rows hold the same value, and how often a value occurs: do not index what has few values.

use std::borrow::Cow;
use std::fmt;

use diesel::dsl::SqlTypeOf;
use diesel::sql_types::{self, Binary, Nullable};

use crate::bound::length_prefixed;
use crate::codec::{canonical_decimal, tag};
use crate::error::{SealError, SealReason};
pub use crate::normalize::Normalize;

impl Normalize {
    /// Appends `length u32 | name`.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        length_prefixed(self.name().as_bytes(), out);
    }
}

/// The stored side of an index column: [`BlindIndex`], or an `Option` of it where the column is nullable.
pub type IndexOf<Column> = <SqlTypeOf<Column> as IndexSide>::Index;

/// The token of a blind index. A model may have it as a field where its column stands; what the field holds when the
/// model is written does not matter, the token is computed from the value.
pub struct BlindIndex(Result<Vec<u8>, SealError>);

impl BlindIndex {
    /// Takes what a column holds.
    pub fn from_stored(token: Vec<u8>) -> Self {
        Self(Ok(token))
    }

    pub(crate) fn new(token: Result<Vec<u8>, SealError>) -> Self {
        Self(token)
    }

    /// The token.
    ///
    /// # Errors
    /// Where computing it failed.
    pub fn token(&self) -> Result<&[u8], &SealError> {
        self.0.as_deref()
    }
}

impl Default for BlindIndex {
    fn default() -> Self {
        Self(Ok(Vec::new()))
    }
}

impl Clone for BlindIndex {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl PartialEq for BlindIndex {
    fn eq(&self, other: &Self) -> bool {
        matches!((&self.0, &other.0), (Ok(left), Ok(right)) if left == right)
    }
}

/// A token tells whether two values are equal, so it is not printed.
impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(_) => f.write_str("BlindIndex(..)"),
            Err(error) => write!(f, "BlindIndex(failed: {error})"),
        }
    }
}

/// The SQL type of an index column: `Binary`, nullable or not.
#[diagnostic::on_unimplemented(
    message = "a blind index column is `Binary` (BYTEA, BLOB) or `Nullable<Binary>`, not `{Self}`",
    label = "not an index column"
)]
pub trait IndexSide {
    /// `BlindIndex`, or an `Option` of it.
    type Index;

    /// From what a row holds.
    #[doc(hidden)]
    fn stored(index: &Self::Index) -> Option<&BlindIndex>;

    /// Why the token could not be computed, if so.
    #[doc(hidden)]
    fn failed(index: &Self::Index) -> Result<(), SealError> {
        Self::stored(index).map_or(Ok(()), |index| index.token().map(drop).map_err(Clone::clone))
    }
}

impl IndexSide for Binary {
    type Index = BlindIndex;

    fn stored(index: &BlindIndex) -> Option<&BlindIndex> {
        Some(index)
    }
}

impl IndexSide for Nullable<Binary> {
    type Index = Option<BlindIndex>;

    fn stored(index: &Option<BlindIndex>) -> Option<&BlindIndex> {
        index.as_ref()
    }
}

/// Between the token of a field and the column or declared field that keeps it: itself, or an `Option` of it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the token of this blind index is `{Self}`, which does not fit into `{T}`",
    label = "the index does not fit",
    note = "the index column of an `Option` field is `Nullable<Binary>`; a struct declares an index column as `BlindIndex`, \
            or `Option<BlindIndex>` where it is nullable"
)]
pub trait FitsIndex<T> {
    /// The same token.
    fn fit(self) -> T;
}

impl FitsIndex<BlindIndex> for BlindIndex {
    fn fit(self) -> BlindIndex {
        self
    }
}

impl FitsIndex<Option<BlindIndex>> for BlindIndex {
    fn fit(self) -> Option<BlindIndex> {
        Some(self)
    }
}

impl FitsIndex<Option<BlindIndex>> for Option<BlindIndex> {
    fn fit(self) -> Option<BlindIndex> {
        self
    }
}

/// A SQL type whose values have one canonical form to compute a token over.
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` cannot have a blind index",
    note = "floats and JSON have several forms of one value"
)]
pub trait IndexSql {
    /// The canonical form of an encoded value.
    ///
    /// # Errors
    /// [`SealReason::Value`] where the bytes are not of this type.
    fn canonical(encoded: Vec<u8>, _normalize: Normalize) -> Result<Vec<u8>, SealReason> {
        Ok(encoded)
    }
}

impl IndexSql for Binary {}
impl IndexSql for sql_types::Bool {}
impl IndexSql for sql_types::SmallInt {}
impl IndexSql for sql_types::Integer {}
impl IndexSql for sql_types::BigInt {}
impl IndexSql for sql_types::Date {}
impl IndexSql for sql_types::Time {}
impl IndexSql for sql_types::Timestamp {}
impl IndexSql for crate::sql_types::Timestamptz {}
impl IndexSql for crate::sql_types::Uuid {}

impl IndexSql for sql_types::Numeric {
    fn canonical(encoded: Vec<u8>, _normalize: Normalize) -> Result<Vec<u8>, SealReason> {
        canonical_decimal(&encoded)
    }
}

impl IndexSql for sql_types::Text {
    fn canonical(encoded: Vec<u8>, normalize: Normalize) -> Result<Vec<u8>, SealReason> {
        if normalize == Normalize::Exact {
            return Ok(encoded);
        }
        let text = encoded.get(1..).and_then(|text| std::str::from_utf8(text).ok());
        let text = text.ok_or(SealReason::Value(Cow::Borrowed("the text is not UTF-8")))?;
        let normal = normalize.apply(text);
        let mut out = Vec::with_capacity(1 + normal.len());
        out.push(tag::TEXT);
        out.extend_from_slice(normal.as_bytes());
        Ok(out)
    }
}

/// A text column: what `normalize = ..` is for.
#[doc(hidden)]
#[diagnostic::on_unimplemented(message = "`normalize` is for text columns, this one is `{Self}`")]
pub trait NormalizedSql {}

impl NormalizedSql for sql_types::Text {}
