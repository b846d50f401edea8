//! `Version`: the counter beside a sealed value, which makes an older one of the same place unreadable.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;

use crate::bound::{Bound, BoundClass, BoundValue};
use crate::error::SealReason;
use crate::seal::fill_from_os;

/// The counter of one encrypted field, in a `BIGINT NOT NULL` column of its own: `#[encrypted(version = column)]`.
///
/// The field's value is bound to it as to a bound column, so a value that was written earlier does not open beside
/// today's counter. Every write that sets the field sets the counter to [`next`](Self::next), and demands that it still
/// stands where the model read it: the second of two writers that read the same row fails, and
/// [`write_conflict`](crate::write_conflict) names it.
///
/// ```
/// use diesel::prelude::*;
/// use encrypted_fields::{EncryptedModel, Version};
/// use rust_decimal::Decimal;
///
/// diesel::table! {
///     use diesel::sql_types::*;
///     use encrypted_fields::sql_types::*;
///     wallets (id) {
///         id -> BigInt,
///         balance -> Encrypted<Numeric>,
///         balance_version -> BigInt,
///     }
/// }
///
/// #[derive(Identifiable, EncryptedModel)]
/// struct Wallet {
///     id: i64,
///     #[encrypted(version = balance_version)]
///     balance: Decimal,
///     balance_version: Version,
/// }
///
/// # #[cfg(feature = "sqlite")]
/// # encrypted_fields::scope::with(&encrypted_fields::testing::keyring(), || {
/// # let conn = &mut SqliteConnection::establish(":memory:").unwrap();
/// # diesel::sql_query("CREATE TABLE wallets (id BIGINT PRIMARY KEY, balance BLOB NOT NULL, balance_version BIGINT NOT NULL)")
/// #     .execute(conn).unwrap();
/// diesel::insert_into(wallets::table)
///     .values(Wallet { id: 1, balance: Decimal::ONE, balance_version: Version::new() })
///     .execute(conn)?;
/// let (mut one, mut other): (Wallet, Wallet) = (Wallet::query().first(conn)?, Wallet::query().first(conn)?);
/// one.balance = Decimal::TWO;
/// let one: Wallet = one.save_changes(conn)?; // the struct from before is stale now
/// assert_eq!(one.balance_version, other.balance_version.next());
///
/// other.balance = Decimal::TEN;
/// let late = other.save_changes::<Wallet>(conn).err().unwrap();
/// assert!(encrypted_fields::write_conflict(&late));
/// # Ok::<(), diesel::result::Error>(())
/// # }).unwrap();
/// ```
///
/// Whoever can write the counter back as well puts an old value back with it: see SECURITY.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Version(i64);

/// Stands for "the operating system gave no randomness": refused when it is bound or sealed under.
const NONE: i64 = i64::MIN;

impl Version {
    /// Where a new row's counter starts: 63 random bits from the operating system. A row that is deleted and inserted
    /// again does not start where it started before, or the values of then would open in it.
    ///
    /// ```
    /// use encrypted_fields::Version;
    /// assert_ne!(Version::new(), Version::new());
    /// ```
    ///
    /// Where there is no randomness, the statement that the version is used in fails.
    #[allow(clippy::new_without_default, reason = "two defaults are expected to be equal")]
    pub fn new() -> Self {
        let mut bytes = [0; 8];
        match fill_from_os(&mut bytes) {
            Ok(()) => Self(i64::from_be_bytes(bytes) & i64::MAX),
            Err(_) => Self(NONE),
        }
    }

    /// What the next write sets: one more, and 0 after 2^63 - 1.
    ///
    /// ```
    /// # use encrypted_fields::Version;
    /// assert_eq!(Version::from(77).next(), Version::from(78));
    /// assert_eq!(Version::from(i64::MAX).next(), Version::from(0));
    /// ```
    #[must_use]
    pub fn next(self) -> Self {
        match self.0 {
            NONE => self,
            i64::MAX => Self(0),
            counter => Self(counter + 1),
        }
    }
}

/// A counter as the column holds it: to name a row by hand, in an `XRow`.
impl From<i64> for Version {
    fn from(counter: i64) -> Self {
        Self(counter)
    }
}

impl From<Version> for i64 {
    fn from(version: Version) -> Self {
        version.0
    }
}

impl BoundValue<BigInt> for Version {
    const CLASS: BoundClass = BoundClass::Integer;

    fn bound(&self) -> Result<Bound<'_>, SealReason> {
        if self.0 == NONE { Err(SealReason::Random) } else { Ok(Bound::Integer(self.0.into())) }
    }
}

impl<DB> ToSql<BigInt, DB> for Version
where
    DB: Backend,
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        if self.0 == NONE {
            return Err(Box::new(crate::error::SealError::new(SealReason::Random)));
        }
        self.0.to_sql(out)
    }
}

impl<DB> FromSql<BigInt, DB> for Version
where
    DB: Backend,
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(Self)
    }
}

/// The type of the field that `version` names.
#[diagnostic::on_unimplemented(
    message = "the counter that `version` names is a `{Self}`",
    label = "not an `encrypted_fields::Version`",
    note = "declare the field as `encrypted_fields::Version`, and its column as `BigInt` (BIGINT NOT NULL)"
)]
pub trait VersionField {
    /// [`Version::next`].
    fn next_version(&self) -> Version;
}

impl VersionField for Version {
    fn next_version(&self) -> Version {
        self.next()
    }
}

/// The SQL type of the column that `version` names.
#[diagnostic::on_unimplemented(
    message = "the column of a `Version` is `{Self}`",
    label = "not a `BigInt` that may not be NULL",
    note = "declare it as BIGINT NOT NULL in the migration and as `BigInt` in `table!`"
)]
pub trait VersionColumn {}
impl VersionColumn for BigInt {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_counter_is_random_and_not_negative() {
        let counters: std::collections::HashSet<i64> = (0..1000).map(|_| Version::new().into()).collect();
        assert_eq!(counters.len(), 1000);
        assert!(counters.iter().all(|counter| *counter >= 0));
        // 63 bits: the highest is set in about half of them.
        let high = counters.iter().filter(|counter| **counter >= 1 << 62).count();
        assert!((300..700).contains(&high), "{high}");
    }

    #[test]
    fn without_randomness_nothing_is_sealed_or_written() {
        let none = Version(NONE);
        assert_eq!(none.next(), none);
        assert_eq!(none.bound(), Err(SealReason::Random));
    }
}
