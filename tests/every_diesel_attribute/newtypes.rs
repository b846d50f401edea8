//! Newtypes: an id that is bound, and a plaintext that is sealed and indexed.

use super::*;
use diesel::backend::Backend;
use diesel::deserialize::{FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{Output, ToSql};
use diesel::sql_types::{BigInt, Text};
use encrypted_fields::bound::{Bound, BoundClass, BoundValue};
use encrypted_fields::codec::{DecodePlain, EncodePlain};
use encrypted_fields::error::{OpenReason, SealReason};
use encrypted_fields::{Keyring, Secret};

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    accounts (id) {
        id -> BigInt,
        owner -> BigInt,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
        pin -> Nullable<Encrypted<Text>>,
    }
}

const SQL: &str = "CREATE TABLE accounts (
    id BIGINT PRIMARY KEY, owner BIGINT NOT NULL, email BLOB NOT NULL, email_bidx BLOB NOT NULL, pin BLOB)";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
struct Id(i64);

impl<DB: Backend> ToSql<BigInt, DB> for Id
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> diesel::serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB: Backend> FromSql<BigInt, DB> for Id
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
        i64::from_sql(bytes).map(Self)
    }
}

impl BoundValue<BigInt> for Id {
    const CLASS: BoundClass = BoundClass::Integer;

    fn bound(&self) -> Result<Bound<'_>, SealReason> {
        BoundValue::<BigInt>::bound(&self.0)
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Email(String);

impl EncodePlain<Text> for Email {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        if self.0.contains('@') { self.0.encode(out) } else { Err(SealReason::Value("no e-mail address".into())) }
    }
}

impl DecodePlain<Text> for Email {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        String::decode(bytes).map(Self)
    }
}

#[derive(Debug, Identifiable, EncryptedModel)]
#[encrypted(bind(id, owner), key = owner)]
struct Account {
    id: Id,
    owner: Id,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: Email,
    #[encrypted]
    pin: Option<Secret<String>>,
}

fn account(id: i64) -> Account {
    let pin = Some(Secret::new("1234".to_owned()));
    Account { id: Id(id), owner: Id(7), email: Email(format!("A{id}@x.y")), pin }
}

fn keyring() -> Keyring {
    testing::keyring().with_scoped(7_i64, testing::keyring())
}

#[test]
fn are_bound_sealed_and_looked_up() {
    on_both!(SQL, |conn| {
        scope::with(&keyring(), || {
            insert_into(accounts::table).values(&vec![account(1), account(2)]).execute(conn).unwrap();
            let found = Account::query().filter(Account::email_eq(&Id(7), &Email("a2@X.Y".to_owned())));
            let found = found.first(conn).unwrap();
            assert_eq!((found.id, found.email.0.as_str()), (Id(2), "A2@x.y"));
            assert_eq!(found.pin.as_ref().unwrap().expose(), "1234");
            assert!(!format!("{found:?}").contains("1234"));

            let row = AccountRow { id: Id(1), owner: Id(7) };
            update(accounts::table.find(Id(1))).set(row.set_email(&Email("b@x.y".to_owned()))).execute(conn).unwrap();
            let error = update(accounts::table.find(Id(2))).set(row.set_pin(None)).execute(conn).unwrap_err();
            assert!(encrypted_fields::write_conflict(&error), "{error}");
        });
    });
}

#[test]
fn a_value_that_its_type_refuses_is_not_sent() {
    on_both!(SQL, |conn| {
        scope::with(&keyring(), || {
            let bad = Account { email: Email("nowhere".to_owned()), ..account(1) };
            let error = insert_into(accounts::table).values(&bad).execute(conn).unwrap_err().to_string();
            assert_eq!(error, "cannot seal accounts.email [id=1 owner=7]: the value does not fit: no e-mail address");
            assert_eq!(accounts::table.count().get_result(conn), Ok(0));
        });
    });
}
