//! Sealing and opening the fields of one row.

use std::borrow::Cow;
use std::cell::Cell;

use diesel::sql_types::Nullable;

use crate::bound::Bound;
use crate::codec::{DecodePlain, EncodePlain};
use crate::context::{BoundColumn, ColumnContext, NO_BOUND_COLUMNS, pad, write_bound, write_bound_as, write_scope};
use crate::error::{NoKeyring, OpenError, OpenReason, SealError, SealReason};
use crate::index::{BlindIndex, IndexSql, Normalize};
use crate::keyring::{Held, Keyring};
use crate::sealed::{Sealed, SealedSide};
use crate::sql_types::{Encrypted, EncryptedSql, Policy, Storage};

/// One row: the keyring that its values are sealed under, its key scope and its bound columns.
#[derive(Debug)]
pub struct RowContext<'r> {
    keyring: Result<&'r Keyring, NoKeyring>,
    /// The canonical bytes of the key scope.
    scope: Result<Option<Vec<u8>>, SealReason>,
    /// The keys of the key scope, once a value has asked for them: a row has several.
    keys: Option<Held<'r>>,
    columns: &'r [BoundColumn<'r>],
    /// Whether every bound column has a canonical form.
    bound: Result<(), SealReason>,
    /// None while it is dropped only.
    buffers: Option<Box<Buffers>>,
}

/// Where contexts are built. A thread keeps them from row to row: allocating them anew costs as much as a cipher's block.
#[derive(Debug, Default)]
struct Buffers {
    /// Key scope and bound columns, as a row-bound context ends.
    row: Vec<u8>,
    /// The associated data of the value at hand.
    context: Vec<u8>,
    /// The value at hand, while it is decoded.
    plain: Vec<u8>,
}

/// The longest value that a thread keeps room for.
const KEPT: usize = 16 * 1024;

thread_local! {
    static SPARE: Cell<Option<Box<Buffers>>> = const { Cell::new(None) };
}

impl Drop for RowContext<'_> {
    #[inline]
    fn drop(&mut self) {
        let Some(mut buffers) = self.buffers.take() else { return };
        if buffers.plain.capacity() > KEPT {
            buffers.plain = Vec::new();
        }
        // A thread that is ending keeps nothing.
        let _ = SPARE.try_with(|spare| spare.set(Some(buffers)));
    }
}

impl<'r> RowContext<'r> {
    /// Names a row.
    #[inline]
    pub fn new(
        keyring: Result<&'r Keyring, NoKeyring>,
        scope: Option<Result<Bound<'r>, SealReason>>,
        columns: &'r [BoundColumn<'r>],
    ) -> Self {
        Self::with(keyring, scope, columns, |out| write_bound(columns, out))
    }

    /// Names a row some of whose bound columns have other names in the context; `names` are those of all of them, in order,
    /// and sorted.
    pub fn pinned(
        keyring: Result<&'r Keyring, NoKeyring>,
        scope: Option<Result<Bound<'r>, SealReason>>,
        columns: &'r [BoundColumn<'r>],
        names: &[&'static str],
    ) -> Self {
        Self::with(keyring, scope, columns, |out| write_bound_as(columns, names.iter().copied(), out))
    }

    #[inline]
    fn with(
        keyring: Result<&'r Keyring, NoKeyring>,
        scope: Option<Result<Bound<'r>, SealReason>>,
        columns: &'r [BoundColumn<'r>],
        write_bound: impl FnOnce(&mut Vec<u8>) -> Result<(), SealReason>,
    ) -> Self {
        let mut buffers = SPARE.try_with(Cell::take).ok().flatten().unwrap_or_default();
        buffers.row.clear();
        let scope = scope.transpose().map(|scope| {
            write_scope(scope.as_ref(), &mut buffers.row);
            scope.map(|value| {
                let mut canonical = Vec::new();
                value.write(&mut canonical);
                canonical
            })
        });
        let bound = write_bound(&mut buffers.row);
        Self { keyring, scope, keys: None, columns, bound, buffers: Some(buffers) }
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
        let Placed { keyring, scope, context, .. } = self.place(column, Ending::of::<E>())?;
        let Some(padding) = column.padding() else {
            return keyring.seal(scope, context, value.size_hint(), |out| value.encode(out));
        };
        keyring.seal(scope, context, padding.size_hint(value.size_hint()), |out| {
            padding.encode(out, |out| value.encode(out))
        })
    }

    /// Opens one field.
    ///
    /// # Errors
    /// Any [`OpenReason`], with the place.
    #[inline]
    pub fn open<E, T>(&mut self, column: &ColumnContext, sealed: &Sealed<E>) -> Result<T, OpenError>
    where
        E: EncryptedSql,
        T: DecodePlain<E::Plain>,
    {
        self.try_open(column, sealed).map_err(|reason| self.open_error(column, reason))
    }

    #[inline]
    fn try_open<E, T>(&mut self, column: &ColumnContext, sealed: &Sealed<E>) -> Result<T, OpenReason>
    where
        E: EncryptedSql,
        T: DecodePlain<E::Plain>,
    {
        let Placed { keyring, scope, context, plain } = self.place(column, Ending::of::<E>()).map_err(when_opening)?;
        keyring.open(scope, context, &sealed.wire()?, plain).and_then(T::decode)
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
        let value = canonical::<ST, T>(normalize, value)?;
        let Placed { keyring, scope, context, .. } = self.place(column, Ending::Index(normalize))?;
        keyring.index_token(scope, context, &value).map_err(SealReason::from)
    }

    /// The tokens of a value under every live index key: what a look-up asks for.
    pub fn index_tokens<ST, T>(&mut self, column: &ColumnContext, normalize: Normalize, value: &T) -> Vec<BlindIndex>
    where
        ST: IndexSql,
        T: EncodePlain<ST> + ?Sized,
    {
        let tokens = (|| {
            let value = canonical::<ST, T>(normalize, value)?;
            let Placed { keyring, scope, context, .. } = self.place(column, Ending::Index(normalize))?;
            keyring.index_tokens(scope, context, &value).map_err(SealReason::from)
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
        let value = canonical::<ST, T>(normalize, value)
            .map_err(|_| OpenReason::Value(Cow::Borrowed("the opened value has no canonical form")))?;
        let Placed { keyring, scope, context, .. } =
            self.place(column, Ending::Index(normalize)).map_err(when_opening)?;
        keyring.index_matches(scope, context, &value, token).map_err(OpenReason::from)
    }

    /// The place of a column's value in this row.
    #[inline]
    fn place(&mut self, column: &ColumnContext, ending: Ending) -> Result<Placed<'_>, SealReason> {
        let keyring = self.keyring?;
        let scope = self.scope.as_ref().map_err(Clone::clone)?.as_deref();
        if let (Some(scope), None) = (scope, &self.keys) {
            self.keys = keyring.held(scope).ok();
        }
        // Where there are none, whoever asks the keyring is told why.
        let (keys, asked) = match &self.keys {
            Some(keys) => (keys.keyring(), None),
            None => (keyring, scope),
        };
        let Buffers { row, context, plain } = &mut **self.buffers.get_or_insert_default();
        context.clear();
        context.extend_from_slice(keyring.context_prefix());
        context.extend_from_slice(column.bytes());
        if let Ending::Row = ending {
            self.bound.as_ref().map_err(Clone::clone)?;
            context.extend_from_slice(row);
            pad(context);
            return Ok(Placed { keyring: keys, scope: asked, context, plain });
        }
        match scope {
            None => context.push(0),
            Some(scope) => {
                context.push(1);
                context.extend_from_slice(scope);
            }
        }
        match ending {
            Ending::Index(normalize) => normalize.write(context),
            _ => {
                context.extend_from_slice(NO_BOUND_COLUMNS);
                pad(context);
            }
        }
        Ok(Placed { keyring: keys, scope: asked, context, plain })
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

fn when_opening(reason: SealReason) -> OpenReason {
    match reason {
        SealReason::NoKeyring(reason) => OpenReason::NoKeyring(reason),
        SealReason::Bound { column, reason } => OpenReason::Bound { column, reason },
        other => OpenReason::Unsealed(other),
    }
}

/// What a value is sealed under, and room for it.
struct Placed<'p> {
    keyring: &'p Keyring,
    scope: Option<&'p [u8]>,
    context: &'p [u8],
    plain: &'p mut Vec<u8>,
}

/// How a context ends.
#[derive(Clone, Copy)]
enum Ending {
    /// Key scope and bound columns.
    Row,
    /// Key scope, no bound columns.
    NoRow,
    /// Key scope and normalization.
    Index(Normalize),
}

impl Ending {
    fn of<E: EncryptedSql>() -> Self {
        if E::Policy::ROW_BOUND { Self::Row } else { Self::NoRow }
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
    fn open_field(row: &mut RowContext<'_>, column: &ColumnContext, sealed: &E::Sealed) -> Result<Self, OpenError>;
}

impl<T, ST, P: Policy, S: Storage> OpenField<Encrypted<ST, P, S>> for T
where
    T: DecodePlain<ST>,
{
    #[inline]
    fn open_field(
        row: &mut RowContext<'_>,
        column: &ColumnContext,
        sealed: &Sealed<Encrypted<ST, P, S>>,
    ) -> Result<Self, OpenError> {
        row.open(column, sealed)
    }
}

impl<T, ST, P: Policy, S: Storage> OpenField<Nullable<Encrypted<ST, P, S>>> for Option<T>
where
    T: DecodePlain<ST>,
{
    #[inline]
    fn open_field(
        row: &mut RowContext<'_>,
        column: &ColumnContext,
        sealed: &Option<Sealed<Encrypted<ST, P, S>>>,
    ) -> Result<Self, OpenError> {
        sealed.as_ref().map(|sealed| row.open(column, sealed)).transpose()
    }
}

/// A model field with a blind index beside it.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` in a column of type `{E}` cannot have a blind index",
    label = "cannot be indexed",
    note = "text, binary, bool, integers, numerics, UUIDs, dates and times can; floats and JSON have several forms of one \
            value"
)]
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

#[cfg(test)]
mod tests;
