//! Bound columns: what ties a sealed value to its row, in a form that survives the database's own conversions.

use std::borrow::Cow;

use diesel::sql_types::{BigInt, Binary, Bool, Integer, SmallInt, Text};

use crate::error::SealReason;

/// The canonical form of a bound column's value: a type class and its bytes.
///
/// Integers are one class whatever their width, so that `INTEGER` may become `BIGINT`; timestamps are UTC microseconds,
/// with and without time zone. Floats, numerics, `char(n)` and `citext` have no such form and are refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bound<'a> {
    /// Class `00`: SQL NULL.
    Null,
    /// Class `01`: one byte.
    Bool(bool),
    /// Class `02`: 16 bytes.
    Integer(i128),
    /// Class `03`: UTF-8.
    Text(Cow<'a, str>),
    /// Class `04`: as is.
    Bytes(Cow<'a, [u8]>),
    /// Class `05`: 16 bytes.
    Uuid([u8; 16]),
    /// Class `06`: days since 1970-01-01, 4 bytes.
    Date(i32),
    /// Class `07`: microseconds since 1970-01-01T00:00:00 UTC, 8 bytes.
    Timestamp(i64),
}

/// The type class of a bound column, as the model's description carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum BoundClass {
    /// A boolean.
    Bool,
    /// An integer of any width.
    Integer,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A UUID.
    Uuid,
    /// A date.
    Date,
    /// A timestamp, with or without time zone.
    Timestamp,
}

impl Bound<'_> {
    /// Appends `class u8 | length u32 | bytes`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => tagged(0x00, &[], out),
            Self::Bool(value) => tagged(0x01, &[u8::from(*value)], out),
            Self::Integer(value) => tagged(0x02, &value.to_be_bytes(), out),
            Self::Text(value) => tagged(0x03, value.as_bytes(), out),
            Self::Bytes(value) => tagged(0x04, value, out),
            Self::Uuid(value) => tagged(0x05, value, out),
            Self::Date(value) => tagged(0x06, &value.to_be_bytes(), out),
            Self::Timestamp(value) => tagged(0x07, &value.to_be_bytes(), out),
        }
    }

    /// For an error: numbers and UUIDs as they are; text and bytes may be a person's data, so only their length.
    pub(crate) fn show(&self) -> String {
        match self {
            Self::Null => "NULL".into(),
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Text(value) => format!("<text of {} bytes>", value.len()),
            Self::Bytes(value) => format!("<{} bytes>", value.len()),
            Self::Uuid(value) => {
                let mut hex = format!("{:032x}", u128::from_be_bytes(*value));
                for at in [20, 16, 12, 8] {
                    hex.insert(at, '-');
                }
                hex
            }
            Self::Date(days) => format!("<day {days} since 1970-01-01>"),
            Self::Timestamp(micros) => format!("<{micros} us since 1970-01-01>"),
        }
    }
}

fn tagged(class: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(class);
    length_prefixed(bytes, out);
}

/// `length u32 BE | bytes`.
pub(crate) fn length_prefixed(bytes: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(bytes.len()).expect("no database holds a key column of 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// A Rust value that can stand in a bound column, or name a key scope, of SQL type `ST`.
///
/// Implement it for an id newtype by delegating:
///
/// ```
/// use encrypted_fields::bound::{Bound, BoundClass, BoundValue};
/// use encrypted_fields::error::SealReason;
/// use diesel::sql_types::BigInt;
///
/// struct WalletId(i64);
///
/// impl BoundValue<BigInt> for WalletId {
///     const CLASS: BoundClass = BoundClass::Integer;
///     fn bound(&self) -> Result<Bound<'_>, SealReason> {
///         BoundValue::<BigInt>::bound(&self.0)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a column of type `{ST}` cannot be bound through a `{Self}`",
    label = "not a bindable field",
    note = "bindable are integers, text, binary, bool, UUIDs, dates and timestamps; floats, numerics and citext have no \
            form that survives the database's own conversions; a nullable column cannot name a row; a newtype implements \
            `encrypted_fields::bound::BoundValue` by delegating"
)]
pub trait BoundValue<ST> {
    /// The class of every value.
    const CLASS: BoundClass;

    /// The canonical form.
    ///
    /// # Errors
    /// Where the database would not give the value back as it is, e.g. a timestamp finer than a microsecond.
    fn bound(&self) -> Result<Bound<'_>, SealReason>;
}

impl<ST, T: BoundValue<ST> + ?Sized> BoundValue<ST> for &T {
    const CLASS: BoundClass = T::CLASS;

    fn bound(&self) -> Result<Bound<'_>, SealReason> {
        (**self).bound()
    }
}

macro_rules! bound {
    ($($rust:ty as $sql:ty: $class:ident, |$value:ident| $form:expr;)*) => {$(
        impl BoundValue<$sql> for $rust {
            const CLASS: BoundClass = BoundClass::$class;

            fn bound(&self) -> Result<Bound<'_>, SealReason> {
                let $value = self;
                Ok($form)
            }
        }
    )*};
}
bound! {
    bool as Bool: Bool, |value| Bound::Bool(*value);
    i16 as SmallInt: Integer, |value| Bound::Integer((*value).into());
    i32 as Integer: Integer, |value| Bound::Integer((*value).into());
    i64 as BigInt: Integer, |value| Bound::Integer((*value).into());
    str as Text: Text, |value| Bound::Text(value.into());
    String as Text: Text, |value| Bound::Text(value.as_str().into());
    Cow<'_, str> as Text: Text, |value| Bound::Text(Cow::Borrowed(value));
    [u8] as Binary: Bytes, |value| Bound::Bytes(value.into());
    Vec<u8> as Binary: Bytes, |value| Bound::Bytes(value.as_slice().into());
}

#[cfg(feature = "mysql")]
bound! {
    i8 as diesel::sql_types::TinyInt: Integer, |value| Bound::Integer((*value).into());
    u8 as diesel::sql_types::Unsigned<diesel::sql_types::TinyInt>: Integer, |value| Bound::Integer((*value).into());
    u16 as diesel::sql_types::Unsigned<SmallInt>: Integer, |value| Bound::Integer((*value).into());
    u32 as diesel::sql_types::Unsigned<Integer>: Integer, |value| Bound::Integer((*value).into());
    u64 as diesel::sql_types::Unsigned<BigInt>: Integer, |value| Bound::Integer((*value).into());
}

#[cfg(feature = "uuid")]
bound! {
    uuid::Uuid as crate::sql_types::Uuid: Uuid, |value| Bound::Uuid(*value.as_bytes());
}

#[cfg(feature = "chrono")]
mod time {
    use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};
    use diesel::sql_types::{Date, Timestamp};

    use super::{Bound, BoundClass, BoundValue, SealReason};
    use crate::codec::{days, micros};
    use crate::sql_types::Timestamptz;

    bound! {
        NaiveDate as Date: Date, |value| Bound::Date(days(*value));
        NaiveDateTime as Timestamp: Timestamp, |value| Bound::Timestamp(micros(*value)?);
        NaiveDateTime as Timestamptz: Timestamp, |value| Bound::Timestamp(micros(*value)?);
    }

    #[cfg(feature = "mysql")]
    bound! {
        NaiveDateTime as diesel::sql_types::Datetime: Timestamp, |value| Bound::Timestamp(micros(*value)?);
    }

    impl<Tz: TimeZone> BoundValue<Timestamptz> for DateTime<Tz> {
        const CLASS: BoundClass = BoundClass::Timestamp;

        fn bound(&self) -> Result<Bound<'_>, SealReason> {
            micros(self.naive_utc()).map(Bound::Timestamp)
        }
    }
}
