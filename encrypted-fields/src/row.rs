//! Sealing and opening the fields of one row.

use std::borrow::Cow;

use diesel::sql_types::Nullable;

use crate::bound::{Bound, ContextBytes};
use crate::codec::{DecodePlain, EncodePlain};
use crate::context::{BoundColumn, ColumnContext, NO_BOUND_COLUMNS, write_bound, write_scope};
use crate::error::{NoKeyring, OpenError, OpenReason, SealError, SealReason};
use crate::index::{BlindIndex, IndexSql, Normalize};
use crate::keyring::Keyring;
use crate::sealed::{Sealed, SealedSide};
use crate::sql_types::{Encrypted, EncryptedSql, Policy, Storage};

/// One row: the keyring that its values are sealed under, its key scope and its bound columns.
#[derive(Debug)]
pub struct RowContext<'r> {
    keyring: Result<&'r Keyring, NoKeyring>,
    /// The canonical bytes of the key scope.
    scope: Option<ContextBytes>,
    columns: &'r [BoundColumn<'r>],
    /// Key scope and bound columns, as the context ends.
    row_bound: Result<ContextBytes, SealReason>,
    /// The associated data of the value at hand.
    context: ContextBytes,
}

impl<'r> RowContext<'r> {
    /// Names a row.
    pub fn new(
        keyring: Result<&'r Keyring, NoKeyring>,
        scope: Option<Result<Bound<'r>, SealReason>>,
        columns: &'r [BoundColumn<'r>],
    ) -> Self {
        let mut row_bound = Ok(ContextBytes::new());
        let mut scope_bytes = None;
        if let Ok(bytes) = &mut row_bound {
            let written = match &scope {
                None => {
                    write_scope(None, bytes);
                    Ok(())
                }
                Some(Ok(value)) => {
                    write_scope(Some(value), bytes);
                    let mut id = ContextBytes::new();
                    value.write(&mut id);
                    scope_bytes = Some(id);
                    Ok(())
                }
                Some(Err(reason)) => Err(reason.clone()),
            };
            if let Err(reason) = written.and_then(|()| write_bound(columns, bytes)) {
                row_bound = Err(reason);
            }
        }
        Self { keyring, scope: scope_bytes, columns, row_bound, context: ContextBytes::new() }
    }

    /// Seals one field.
    pub fn seal<E, T>(&mut self, column: &ColumnContext, value: &T) -> Sealed<E>
    where
        E: EncryptedSql,
        T: EncodePlain<E::Plain> + ?Sized,
    {
        Sealed::from_wire(self.try_seal::<E, T>(column, value).map_err(|reason| self.seal_error(column, reason)))
    }

    fn try_seal<E, T>(&mut self, column: &ColumnContext, value: &T) -> Result<Vec<u8>, SealReason>
    where
        E: EncryptedSql,
        T: EncodePlain<E::Plain> + ?Sized,
    {
        let keyring = self.keyring?;
        self.set_context(keyring, column, E::Policy::ROW_BOUND)?;
        keyring.seal(self.scope.as_deref(), &self.context, value.size_hint(), |out| value.encode(out))
    }

    /// Opens one field.
    ///
    /// # Errors
    /// Any [`OpenReason`], with the place.
    pub fn open<E, T>(&mut self, column: &ColumnContext, sealed: Sealed<E>) -> Result<T, OpenError>
    where
        E: EncryptedSql,
        T: DecodePlain<E::Plain>,
    {
        self.try_open(column, sealed).map_err(|reason| self.open_error(column, reason))
    }

    fn try_open<E, T>(&mut self, column: &ColumnContext, sealed: Sealed<E>) -> Result<T, OpenReason>
    where
        E: EncryptedSql,
        T: DecodePlain<E::Plain>,
    {
        let keyring = self.keyring?;
        self.set_context(keyring, column, E::Policy::ROW_BOUND).map_err(bound_when_opening)?;
        let mut wire = sealed.into_wire()?;
        let plain = keyring.open_in_place(self.scope.as_deref(), &self.context, &mut wire)?;
        T::decode(plain)
    }

    /// Computes the token of an indexed field.
    pub fn index<ST, T>(&mut self, column: &ColumnContext, normalize: Normalize, value: &T) -> BlindIndex
    where
        ST: IndexSql,
        T: EncodePlain<ST> + ?Sized,
    {
        let token = self.try_index::<ST, T>(column, normalize, value);
        BlindIndex::new(token.map_err(|reason| self.seal_error(column, reason)))
    }

    fn try_index<ST, T>(
        &mut self,
        column: &ColumnContext,
        normalize: Normalize,
        value: &T,
    ) -> Result<Vec<u8>, SealReason>
    where
        ST: IndexSql,
        T: EncodePlain<ST> + ?Sized,
    {
        let keyring = self.keyring?;
        let value = canonical::<ST, T>(normalize, value)?;
        self.set_index_context(keyring, column, normalize);
        keyring.index_token(self.scope.as_deref(), &self.context, &value).map_err(SealReason::from)
    }

    /// The tokens of a value under every live index key: what a look-up asks for.
    pub fn index_tokens<ST, T>(&mut self, column: &ColumnContext, normalize: Normalize, value: &T) -> Vec<BlindIndex>
    where
        ST: IndexSql,
        T: EncodePlain<ST> + ?Sized,
    {
        let tokens = (|| {
            let keyring = self.keyring?;
            let value = canonical::<ST, T>(normalize, value)?;
            self.set_index_context(keyring, column, normalize);
            keyring.index_tokens(self.scope.as_deref(), &self.context, &value).map_err(SealReason::from)
        })();
        match tokens {
            Ok(tokens) => tokens.into_iter().map(BlindIndex::from_stored).collect(),
            Err(reason) => vec![BlindIndex::new(Err(self.seal_error(column, reason)))],
        }
    }

    /// Checks that a row's index belongs to its value. Without this, whoever can write the table swaps two index
    /// columns, and a look-up returns the row of his choice.
    ///
    /// A nullable index column may be empty: the row was written before the index existed.
    ///
    /// # Errors
    /// [`OpenReason::Index`].
    pub fn check_index<ST, T>(
        &mut self,
        column: &ColumnContext,
        index_column: &'static str,
        normalize: Normalize,
        value: Option<&T>,
        index: Option<&BlindIndex>,
    ) -> Result<(), OpenError>
    where
        ST: IndexSql,
        T: EncodePlain<ST> + ?Sized,
    {
        let Some(token) = index.and_then(|index| index.token().ok()) else { return Ok(()) };
        let matches = match value {
            None => Ok(false),
            Some(value) => self.index_matches::<ST, T>(column, normalize, value, token),
        };
        match matches {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.open_error(column, OpenReason::Index { column: index_column })),
            Err(reason) => Err(self.open_error(column, reason)),
        }
    }

    fn index_matches<ST, T>(
        &mut self,
        column: &ColumnContext,
        normalize: Normalize,
        value: &T,
        token: &[u8],
    ) -> Result<bool, OpenReason>
    where
        ST: IndexSql,
        T: EncodePlain<ST> + ?Sized,
    {
        let keyring = self.keyring?;
        let value = canonical::<ST, T>(normalize, value)
            .map_err(|_| OpenReason::Value(Cow::Borrowed("the opened value has no canonical form")))?;
        self.set_index_context(keyring, column, normalize);
        keyring.index_matches(self.scope.as_deref(), &self.context, &value, token).map_err(OpenReason::from)
    }

    fn set_context(&mut self, keyring: &Keyring, column: &ColumnContext, row_bound: bool) -> Result<(), SealReason> {
        self.context.clear();
        self.context.extend_from_slice(keyring.context_prefix());
        self.context.extend_from_slice(column.bytes());
        if row_bound {
            self.context.extend_from_slice(self.row_bound.as_ref().map_err(Clone::clone)?);
        } else {
            self.write_scope_bytes();
            self.context.extend_from_slice(NO_BOUND_COLUMNS);
        }
        Ok(())
    }

    fn set_index_context(&mut self, keyring: &Keyring, column: &ColumnContext, normalize: Normalize) {
        self.context.clear();
        self.context.extend_from_slice(keyring.context_prefix());
        self.context.extend_from_slice(column.bytes());
        self.write_scope_bytes();
        normalize.write(&mut self.context);
    }

    fn write_scope_bytes(&mut self) {
        match &self.scope {
            None => self.context.push(0),
            Some(scope) => {
                self.context.push(1);
                self.context.extend_from_slice(scope);
            }
        }
    }

    fn seal_error(&self, column: &ColumnContext, reason: SealReason) -> SealError {
        SealError::new(reason).at(|| column.place(self.columns))
    }

    fn open_error(&self, column: &ColumnContext, reason: OpenReason) -> OpenError {
        OpenError::new(reason).at(|| column.place(self.columns))
    }
}

fn canonical<ST, T>(normalize: Normalize, value: &T) -> Result<Vec<u8>, SealReason>
where
    ST: IndexSql,
    T: EncodePlain<ST> + ?Sized,
{
    let mut encoded = Vec::with_capacity(value.size_hint());
    value.encode(&mut encoded)?;
    ST::canonical(encoded, normalize)
}

fn bound_when_opening(reason: SealReason) -> OpenReason {
    match reason {
        SealReason::Bound { column, reason } => OpenReason::Bound { column, reason },
        other => OpenReason::Unsealed(other),
    }
}

/// A model field that can be sealed into a column of SQL type `E`: a value, or an `Option` where the column is nullable.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be sealed into a column of type `{E}`",
    label = "not a Rust side of the column's type",
    note = "a column is nullable exactly where its field is an `Option`; `encrypted_fields::codec` lists the Rust types \
            of each SQL type, some of them behind a feature (`chrono`, `rust_decimal`, `bigdecimal`, `uuid`, `json`)"
)]
pub trait SealField<E: SealedSide> {
    /// Seals it.
    fn seal_field(&self, row: &mut RowContext<'_>, column: &ColumnContext) -> E::Sealed;
}

impl<T, ST, P: Policy, S: Storage> SealField<Encrypted<ST, P, S>> for T
where
    T: EncodePlain<ST> + ?Sized,
{
    fn seal_field(&self, row: &mut RowContext<'_>, column: &ColumnContext) -> Sealed<Encrypted<ST, P, S>> {
        row.seal(column, self)
    }
}

impl<T, ST, P: Policy, S: Storage> SealField<Nullable<Encrypted<ST, P, S>>> for Option<T>
where
    T: EncodePlain<ST>,
{
    fn seal_field(&self, row: &mut RowContext<'_>, column: &ColumnContext) -> Option<Sealed<Encrypted<ST, P, S>>> {
        self.as_ref().map(|value| row.seal(column, value))
    }
}

/// A model field that can be opened from a column of SQL type `E`.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be opened from a column of type `{E}`",
    label = "not a Rust side of the column's type",
    note = "a column is nullable exactly where its field is an `Option`; `encrypted_fields::codec` lists the Rust types \
            of each SQL type, some of them behind a feature (`chrono`, `rust_decimal`, `bigdecimal`, `uuid`, `json`)"
)]
pub trait OpenField<E: SealedSide>: Sized {
    /// Opens it.
    ///
    /// # Errors
    /// Any [`OpenReason`], with the place.
    fn open_field(row: &mut RowContext<'_>, column: &ColumnContext, sealed: E::Sealed) -> Result<Self, OpenError>;
}

impl<T, ST, P: Policy, S: Storage> OpenField<Encrypted<ST, P, S>> for T
where
    T: DecodePlain<ST>,
{
    fn open_field(
        row: &mut RowContext<'_>,
        column: &ColumnContext,
        sealed: Sealed<Encrypted<ST, P, S>>,
    ) -> Result<Self, OpenError> {
        row.open(column, sealed)
    }
}

impl<T, ST, P: Policy, S: Storage> OpenField<Nullable<Encrypted<ST, P, S>>> for Option<T>
where
    T: DecodePlain<ST>,
{
    fn open_field(
        row: &mut RowContext<'_>,
        column: &ColumnContext,
        sealed: Option<Sealed<Encrypted<ST, P, S>>>,
    ) -> Result<Self, OpenError> {
        sealed.map(|sealed| row.open(column, sealed)).transpose()
    }
}

/// A model field with a blind index beside it.
pub trait IndexField<E: SealedSide> {
    /// `BlindIndex`, or an `Option` of it where the column is nullable.
    type Index;

    /// Computes the token.
    fn index_field(&self, row: &mut RowContext<'_>, column: &ColumnContext, normalize: Normalize) -> Self::Index;

    /// Checks the token that the row holds, see [`RowContext::check_index`].
    ///
    /// # Errors
    /// [`OpenReason::Index`].
    fn check_field(
        &self,
        row: &mut RowContext<'_>,
        column: &ColumnContext,
        index_column: &'static str,
        normalize: Normalize,
        index: Option<&BlindIndex>,
    ) -> Result<(), OpenError>;
}

impl<T, ST, P: Policy, S: Storage> IndexField<Encrypted<ST, P, S>> for T
where
    T: EncodePlain<ST> + ?Sized,
    ST: IndexSql,
{
    type Index = BlindIndex;

    fn index_field(&self, row: &mut RowContext<'_>, column: &ColumnContext, normalize: Normalize) -> BlindIndex {
        row.index::<ST, T>(column, normalize, self)
    }

    fn check_field(
        &self,
        row: &mut RowContext<'_>,
        column: &ColumnContext,
        index_column: &'static str,
        normalize: Normalize,
        index: Option<&BlindIndex>,
    ) -> Result<(), OpenError> {
        row.check_index::<ST, T>(column, index_column, normalize, Some(self), index)
    }
}

impl<T, ST, P: Policy, S: Storage> IndexField<Nullable<Encrypted<ST, P, S>>> for Option<T>
where
    T: EncodePlain<ST>,
    ST: IndexSql,
{
    type Index = Option<BlindIndex>;

    fn index_field(
        &self,
        row: &mut RowContext<'_>,
        column: &ColumnContext,
        normalize: Normalize,
    ) -> Option<BlindIndex> {
        self.as_ref().map(|value| row.index::<ST, T>(column, normalize, value))
    }

    fn check_field(
        &self,
        row: &mut RowContext<'_>,
        column: &ColumnContext,
        index_column: &'static str,
        normalize: Normalize,
        index: Option<&BlindIndex>,
    ) -> Result<(), OpenError> {
        row.check_index::<ST, T>(column, index_column, normalize, self.as_ref(), index)
    }
}
