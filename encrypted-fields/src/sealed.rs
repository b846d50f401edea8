//! `Sealed`: the value of an encrypted column as the database holds it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use base64ct::{Base64UrlUnpadded, Encoding};
use diesel::dsl::SqlTypeOf;
use diesel::sql_types::Nullable;

use crate::error::{OpenReason, SealError};
use crate::sql_types::{Encrypted, EncryptedSql, Policy, Storage};

/// The sealed form of a column's value: [`Sealed`], or an `Option` of it where the column is nullable.
///
/// ```ignore
/// let balance: SealedOf<users::balance> = users::table.select(users::balance).first(conn)?;
/// ```
pub type SealedOf<Column> = <SqlTypeOf<Column> as SealedSide>::Sealed;

/// The value of an encrypted column of SQL type `S`, as the database holds it: never the plaintext.
///
/// A value that could not be sealed carries the reason, and the statement that it is bound into fails with it before
/// anything is sent. `Debug` prints the size only, because Diesel writes binds into `debug_query` and logs.
pub struct Sealed<S> {
    /// What the column stores: the wire bytes, or their base64url.
    stored: Result<Vec<u8>, Box<SealError>>,
    sql: PhantomData<fn() -> S>,
}

impl<S: EncryptedSql> Sealed<S> {
    /// Takes the wire bytes of a sealed value.
    pub(crate) fn from_wire(wire: Result<Vec<u8>, SealError>) -> Self {
        let stored =
            if S::Storage::TEXT { wire.map(|wire| Base64UrlUnpadded::encode_string(&wire).into_bytes()) } else { wire };
        Self { stored: stored.map_err(Box::new), sql: PhantomData }
    }

    /// The wire bytes: `01 | key id | nonce | ciphertext | tag`.
    #[inline]
    pub(crate) fn wire(&self) -> Result<Cow<'_, [u8]>, OpenReason> {
        let stored = self.stored.as_ref().map_err(|error| OpenReason::Unsealed(error.reason().clone()))?;
        if !S::Storage::TEXT {
            return Ok(Cow::Borrowed(stored));
        }
        // Not in place: that decoder takes the unused bits of the last character for whatever they are.
        let text = std::str::from_utf8(stored).map_err(|_| OpenReason::Malformed("the text is not UTF-8"))?;
        Base64UrlUnpadded::decode_vec(text)
            .map(Cow::Owned)
            .map_err(|_| OpenReason::Malformed("the text is not unpadded base64url"))
    }
}

impl<S> Sealed<S> {
    /// Takes what a column holds, as it is: nothing is checked before it is opened.
    #[inline]
    pub fn from_stored(stored: &[u8]) -> Self {
        Self { stored: Ok(stored.to_vec()), sql: PhantomData }
    }

    /// What the column stores: the wire bytes, or for a TEXT column their base64url.
    ///
    /// # Errors
    /// Where sealing the value failed.
    pub fn stored(&self) -> Result<&[u8], SealError> {
        self.stored.as_deref().map_err(|error| (**error).clone())
    }
}

impl<S> Clone for Sealed<S> {
    fn clone(&self) -> Self {
        Self { stored: self.stored.clone(), sql: PhantomData }
    }
}

impl<S> fmt::Debug for Sealed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stored {
            Ok(stored) => write!(f, "Sealed({} bytes)", stored.len()),
            Err(error) => write!(f, "Sealed(failed: {error})"),
        }
    }
}

/// Two sealed values are equal where their bytes are; the same plaintext sealed twice is not.
impl<S> PartialEq for Sealed<S> {
    fn eq(&self, other: &Self) -> bool {
        matches!((&self.stored, &other.stored), (Ok(left), Ok(right)) if left == right)
    }
}

/// The sealed side of an encrypted SQL type, nullable or not.
#[diagnostic::on_unimplemented(
    message = "the column of this `#[encrypted]` field is `{Self}`, not an encrypted type",
    label = "not an encrypted column",
    note = "declare it in `table!` as `Encrypted<..>` or `EncryptedText<..>` of `encrypted_fields::sql_types`"
)]
pub trait SealedSide: EncryptedSql<NotNull: EncryptedSql> {
    /// `Sealed<Self>`, or an `Option` of it.
    type Sealed;

    /// A value that is not NULL.
    fn present(sealed: Sealed<Self::NotNull>) -> Self::Sealed;

    /// The value, where it is not NULL.
    fn not_null(sealed: &Self::Sealed) -> Option<&Sealed<Self::NotNull>>;

    /// Why the value could not be sealed, if so.
    ///
    /// # Errors
    /// That reason.
    fn failed(sealed: &Self::Sealed) -> Result<(), SealError>;
}

impl<ST, P: Policy, S: Storage> SealedSide for Encrypted<ST, P, S> {
    type Sealed = Sealed<Self>;

    fn present(sealed: Sealed<Self>) -> Self::Sealed {
        sealed
    }

    fn not_null(sealed: &Self::Sealed) -> Option<&Sealed<Self>> {
        Some(sealed)
    }

    fn failed(sealed: &Self::Sealed) -> Result<(), SealError> {
        sealed.stored().map(drop)
    }
}

impl<ST, P: Policy, S: Storage> SealedSide for Nullable<Encrypted<ST, P, S>> {
    type Sealed = Option<Sealed<Encrypted<ST, P, S>>>;

    fn present(sealed: Sealed<Encrypted<ST, P, S>>) -> Self::Sealed {
        Some(sealed)
    }

    fn not_null(sealed: &Self::Sealed) -> Option<&Sealed<Encrypted<ST, P, S>>> {
        sealed.as_ref()
    }

    fn failed(sealed: &Self::Sealed) -> Result<(), SealError> {
        sealed.as_ref().map_or(Ok(()), <Encrypted<ST, P, S> as SealedSide>::failed)
    }
}
