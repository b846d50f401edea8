//! Any sequence of a model's operations, over two connections, leaves the table as a plain map of rows says: after every
//! step, on every backend.
//!
//! Each connection works with what it read last, so its struct may be stale; the map tells which writes must then be
//! refused. A transaction that is rolled back leaves the map as it was.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error;
use diesel::{delete, insert_into, update};
use encrypted_fields::{EncryptedModel, Version, scope, testing, write_conflict};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rust_decimal::Decimal;

use crate::harness;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    accounts (id) {
        id -> BigInt,
        owner_id -> BigInt,
        slug -> BigInt,
        balance -> Encrypted<Numeric>,
        balance_version -> BigInt,
        note -> Nullable<EncryptedText<Text>>,
        note_version -> BigInt,
        hint -> Encrypted<BigInt>,
        label -> BigInt,
    }
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[encrypted(bind(id, owner_id))]
pub struct Account {
    id: i64,
    owner_id: i64,
    slug: i64,
    #[encrypted(version = balance_version)]
    balance: Decimal,
    balance_version: Version,
    #[encrypted(version = note_version)]
    note: Option<String>,
    note_version: Version,
    #[encrypted]
    hint: i64,
    label: i64,
}

#[derive(Debug, Clone, Identifiable, EncryptedModel)]
#[diesel(table_name = accounts)]
#[encrypted(bind(id, owner_id), only(AsChangeset))]
struct Patch {
    id: i64,
    owner_id: i64,
    #[encrypted(version = balance_version)]
    balance: Option<Decimal>,
    balance_version: Version,
    #[encrypted(version = note_version)]
    note: Option<Option<String>>,
    note_version: Version,
    #[encrypted]
    hint: Option<i64>,
    label: Option<i64>,
}

/// One operation on the row of a small id, so that they meet; `value` tells the writes apart.
#[derive(Debug, Clone)]
enum Operation {
    Read { id: i64 },
    Insert { id: i64, slug: i64, value: i64 },
    InsertReturning { id: i64, slug: i64, value: i64 },
    Batch { ids: [i64; 2], value: i64 },
    Save { id: i64, value: i64 },
    Set { id: i64, value: i64, note: bool },
    SetReturning { id: i64, value: i64 },
    Handle { id: i64, value: i64 },
    HandleOfAnotherRow { id: i64, other: i64, value: i64 },
    Patch { id: i64, value: i64, balance: bool, note: bool, hint: bool },
    Upsert { id: i64, value: i64 },
    Delete { id: i64 },
}

/// Operations of one connection, committed one by one, or together and rolled back.
#[derive(Debug, Clone)]
enum Step {
    Alone { by: usize, operation: Operation },
    RolledBack { by: usize, operations: Vec<Operation> },
}

fn operation() -> impl Strategy<Value = Operation> {
    let (id, slug, value) = (1..4_i64, 1..5_i64, 0..1_000_000_i64);
    let ids = (id.clone(), id.clone()).prop_map(|(one, two)| [one, two]);
    prop_oneof![
        4 => id.clone().prop_map(|id| Operation::Read { id }),
        3 => (id.clone(), slug.clone(), value.clone()).prop_map(|(id, slug, value)| Operation::Insert { id, slug, value }),
        1 => (id.clone(), slug, value.clone())
            .prop_map(|(id, slug, value)| Operation::InsertReturning { id, slug, value }),
        1 => (ids.clone(), value.clone()).prop_map(|(ids, value)| Operation::Batch { ids, value }),
        3 => (id.clone(), value.clone()).prop_map(|(id, value)| Operation::Save { id, value }),
        2 => (id.clone(), value.clone(), any::<bool>())
            .prop_map(|(id, value, note)| Operation::Set { id, value, note }),
        2 => (id.clone(), value.clone()).prop_map(|(id, value)| Operation::SetReturning { id, value }),
        2 => (id.clone(), value.clone()).prop_map(|(id, value)| Operation::Handle { id, value }),
        1 => (ids, value.clone())
            .prop_map(|([id, other], value)| Operation::HandleOfAnotherRow { id, other, value }),
        3 => (id.clone(), value.clone(), any::<[bool; 3]>())
            .prop_map(|(id, value, [balance, note, hint])| Operation::Patch { id, value, balance, note, hint }),
        2 => (id.clone(), value).prop_map(|(id, value)| Operation::Upsert { id, value }),
        1 => id.prop_map(|id| Operation::Delete { id }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..2_usize, operation()).prop_map(|(by, operation)| Step::Alone { by, operation }),
        1 => (0..2_usize, proptest::collection::vec(operation(), 1..5))
            .prop_map(|(by, operations)| Step::RolledBack { by, operations }),
    ]
}

/// A new row.
fn account(id: i64, slug: i64, value: i64) -> Account {
    Account {
        id,
        owner_id: 7,
        slug,
        balance: Decimal::new(value, 2),
        balance_version: Version::new(),
        note: (value % 3 > 0).then(|| format!("note {value}")),
        note_version: Version::new(),
        hint: -value,
        label: value,
    }
}

/// The same row with other values, as a program changes what it has read.
fn changed(read: &Account, value: i64, note: bool) -> Account {
    Account {
        balance: Decimal::new(value, 2),
        note: note.then(|| format!("note {value}")),
        hint: value,
        label: value,
        ..read.clone()
    }
}

/// What a statement did.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Done,
    /// Refused by the guard: another writer was first, or it is another row.
    Conflict,
    /// Refused by the table.
    Duplicate,
    /// No such row.
    Nothing,
}

fn outcome<T>(result: Result<T, Error>) -> Result<(Outcome, Option<T>), Error> {
    match result {
        Ok(value) => Ok((Outcome::Done, Some(value))),
        Err(error) if write_conflict(&error) => Ok((Outcome::Conflict, None)),
        Err(Error::DatabaseError(UniqueViolation, _)) => Ok((Outcome::Duplicate, None)),
        Err(Error::NotFound) => Ok((Outcome::Nothing, None)),
        Err(error) => Err(error),
    }
}

/// The rows as they should be.
#[derive(Debug, Clone, Default)]
struct Rows(BTreeMap<i64, Account>);

impl Rows {
    fn insert(&mut self, account: &Account) -> Outcome {
        if self.0.contains_key(&account.id) || self.0.values().any(|row| row.slug == account.slug) {
            return Outcome::Duplicate;
        }
        self.0.insert(account.id, account.clone());
        Outcome::Done
    }

    /// A changeset of what a connection has read: it sets `new`, and demands the counters of what it sets.
    fn change(&mut self, new: &Account, balance: bool, note: bool, hint: bool) -> Outcome {
        let Some(row) = self.0.get_mut(&new.id) else { return Outcome::Nothing };
        if row.owner_id != new.owner_id && (balance || note || hint)
            || balance && row.balance_version != new.balance_version
            || note && row.note_version != new.note_version
        {
            return Outcome::Conflict;
        }
        if balance {
            (row.balance, row.balance_version) = (new.balance, new.balance_version.next());
        }
        if note {
            (row.note, row.note_version) = (new.note.clone(), new.note_version.next());
        }
        if hint {
            row.hint = new.hint;
        }
        Outcome::Done
    }

    /// A whole model as a changeset: a `None` leaves its column alone. The guard is evaluated before the table's own
    /// constraints.
    fn save(&mut self, new: &Account) -> Outcome {
        let mut after = self.clone();
        let outcome = after.change(new, true, new.note.is_some(), true);
        if outcome != Outcome::Done {
            return outcome;
        }
        if self.0.values().any(|row| row.slug == new.slug && row.id != new.id) {
            return Outcome::Duplicate;
        }
        if let Some(row) = after.0.get_mut(&new.id) {
            (row.label, row.slug) = (new.label, new.slug);
        }
        *self = after;
        Outcome::Done
    }
}

/// A connection of one backend, and what each of them needs.
trait Bank {
    fn load(&mut self) -> QueryResult<Vec<Account>>;
    fn read(&mut self, id: i64) -> QueryResult<Account>;
    fn insert(&mut self, account: &Account) -> QueryResult<()>;
    /// `None` where the backend returns nothing.
    fn insert_returning(&mut self, account: &Account) -> QueryResult<Option<Account>>;
    fn batch(&mut self, accounts: &[Account]) -> QueryResult<()>;
    fn save(&mut self, account: &Account) -> QueryResult<Account>;
    fn set(&mut self, account: &Account) -> QueryResult<usize>;
    fn set_returning(&mut self, account: &Account) -> QueryResult<Option<Account>>;
    fn handle(&mut self, of: &Account, balance: Decimal, at: i64) -> QueryResult<usize>;
    fn patch(&mut self, patch: &Patch) -> QueryResult<usize>;
    fn upsert(&mut self, account: &Account) -> QueryResult<()>;
    fn delete(&mut self, id: i64) -> QueryResult<usize>;
    fn roll_back(&mut self, f: &mut dyn FnMut(&mut Self) -> Result<(), TestCaseError>) -> Result<(), TestCaseError>;
}

macro_rules! bank {
    ($connection:ty, $upsert_target:expr, |$conn:ident, $statement:ident| $returning:expr) => {
        impl Bank for $connection {
            fn load(&mut self) -> QueryResult<Vec<Account>> {
                Account::query().order(accounts::id).load(self)
            }

            fn read(&mut self, id: i64) -> QueryResult<Account> {
                Account::query().filter(accounts::id.eq(id)).first(self)
            }

            fn insert(&mut self, account: &Account) -> QueryResult<()> {
                insert_into(accounts::table).values(account).execute(self).map(drop)
            }

            fn insert_returning(&mut self, account: &Account) -> QueryResult<Option<Account>> {
                let ($conn, $statement) = (self, insert_into(accounts::table).values(account));
                $returning
            }

            fn batch(&mut self, accounts: &[Account]) -> QueryResult<()> {
                self.transaction(|conn| insert_into(accounts::table).values(accounts).execute(conn).map(drop))
            }

            fn save(&mut self, account: &Account) -> QueryResult<Account> {
                account.save_changes(self)
            }

            fn set(&mut self, account: &Account) -> QueryResult<usize> {
                update(account).set(account).execute(self)
            }

            fn set_returning(&mut self, account: &Account) -> QueryResult<Option<Account>> {
                let ($conn, $statement) = (self, update(account).set(account));
                $returning
            }

            fn handle(&mut self, of: &Account, balance: Decimal, at: i64) -> QueryResult<usize> {
                update(accounts::table.find(at)).set(of.row().set_balance(&balance)).execute(self)
            }

            fn patch(&mut self, patch: &Patch) -> QueryResult<usize> {
                update(patch).set(patch).execute(self)
            }

            fn upsert(&mut self, account: &Account) -> QueryResult<()> {
                let insert = insert_into(accounts::table).values(account);
                insert.on_conflict($upsert_target).do_update().set(account).execute(self).map(drop)
            }

            fn delete(&mut self, id: i64) -> QueryResult<usize> {
                delete(accounts::table.find(id)).execute(self)
            }

            fn roll_back(
                &mut self,
                f: &mut dyn FnMut(&mut Self) -> Result<(), TestCaseError>,
            ) -> Result<(), TestCaseError> {
                let mut result = Ok(());
                let end = self.transaction::<(), Error, _>(|conn| {
                    result = f(conn);
                    Err(Error::RollbackTransaction)
                });
                prop_assert!(matches!(end, Err(Error::RollbackTransaction)), "{end:?}");
                result
            }
        }
    };
}
bank!(PgConnection, accounts::id, |conn, statement| {
    statement.returning(Account::as_returning()).get_result(conn).map(Some)
});
bank!(SqliteConnection, accounts::id, |conn, statement| {
    statement.returning(Account::as_returning()).get_result(conn).map(Some)
});
// Diesel has no RETURNING there: the statement runs, and what it changed is seen in the table.
bank!(MysqlConnection, diesel::dsl::DuplicatedKeys, |conn, statement| match statement.execute(conn) {
    Ok(0) => Err(Error::NotFound),
    done => done.map(|_| None),
});

/// What each connection has read last, by id.
type Read = BTreeMap<i64, Account>;

/// Runs one operation and says what it did to the map; `false` where a transaction cannot go on after it.
fn run<B: Bank>(conn: &mut B, read: &mut Read, rows: &mut Rows, operation: &Operation) -> Result<bool, TestCaseError> {
    let ours = |id: i64| read.get(&id).cloned().unwrap_or_else(|| account(id, id, 1));
    let database = |error: Error| TestCaseError::fail(format!("{operation:?}: {error}"));
    let (expected, (found, back)) = match operation {
        Operation::Read { id } => {
            let expected = if rows.0.contains_key(id) { Outcome::Done } else { Outcome::Nothing };
            (expected, outcome(conn.read(*id)).map_err(database)?)
        }
        Operation::Insert { id, slug, value } => {
            let new = account(*id, *slug, *value);
            let (found, _) = outcome(conn.insert(&new)).map_err(database)?;
            (rows.insert(&new), (found, None))
        }
        Operation::InsertReturning { id, slug, value } => {
            let new = account(*id, *slug, *value);
            let (found, back) = outcome(conn.insert_returning(&new)).map_err(database)?;
            (rows.insert(&new), (found, back.flatten()))
        }
        Operation::Batch { ids, value } => {
            let new = ids.map(|id| account(id, id, *value));
            let (found, _) = outcome(conn.batch(&new)).map_err(database)?;
            let mut together = rows.clone();
            let expected = match new.iter().map(|row| together.insert(row)).find(|it| *it != Outcome::Done) {
                Some(outcome) => outcome,
                None => {
                    *rows = together;
                    Outcome::Done
                }
            };
            (expected, (found, None))
        }
        Operation::Save { id, value } => {
            let new = changed(&ours(*id), *value, value % 2 == 0);
            let found = outcome(conn.save(&new)).map_err(database)?;
            (rows.save(&new), found)
        }
        Operation::Set { id, value, note } => {
            let new = changed(&ours(*id), *value, *note);
            let (found, count) = outcome(conn.set(&new)).map_err(database)?;
            (rows.save(&new), (if count == Some(0) { Outcome::Nothing } else { found }, None))
        }
        Operation::SetReturning { id, value } => {
            let new = changed(&ours(*id), *value, true);
            let (found, back) = outcome(conn.set_returning(&new)).map_err(database)?;
            (rows.save(&new), (found, back.flatten()))
        }
        Operation::Handle { id, value } => {
            let new = changed(&ours(*id), *value, false);
            let (found, count) = outcome(conn.handle(&new, new.balance, *id)).map_err(database)?;
            let found = if count == Some(0) { Outcome::Nothing } else { found };
            (rows.change(&new, true, false, false), (found, None))
        }
        Operation::HandleOfAnotherRow { id, other, value } => {
            let new = changed(&ours(*id), *value, false);
            let (found, count) = outcome(conn.handle(&new, new.balance, *other)).map_err(database)?;
            let found = if count == Some(0) { Outcome::Nothing } else { found };
            let expected = match (id == other, rows.0.contains_key(other)) {
                (true, _) => rows.change(&new, true, false, false),
                (false, true) => Outcome::Conflict,
                (false, false) => Outcome::Nothing,
            };
            (expected, (found, None))
        }
        Operation::Patch { id, value, balance, note, hint } => {
            let new = changed(&ours(*id), *value, value % 2 == 0);
            let patch = Patch {
                id: new.id,
                owner_id: new.owner_id,
                balance: balance.then_some(new.balance),
                balance_version: new.balance_version,
                note: note.then(|| new.note.clone()),
                note_version: new.note_version,
                hint: hint.then_some(new.hint),
                // Always another one than before: MySQL counts the rows that changed.
                label: Some(new.label + 1),
            };
            let (found, count) = outcome(conn.patch(&patch)).map_err(database)?;
            let nothing = count == Some(0) && rows.0.get(id).is_none_or(|row| row.label != new.label + 1);
            let expected = rows.change(&new, *balance, *note, *hint);
            if let (Outcome::Done, Some(row)) = (expected, rows.0.get_mut(id)) {
                row.label = new.label + 1;
            }
            (expected, (if nothing { Outcome::Nothing } else { found }, None))
        }
        Operation::Upsert { id, value } => {
            let new = changed(&ours(*id), *value, true);
            let there = rows.0.contains_key(id);
            // MySQL takes any unique column for the conflict, the others the primary key alone: a row whose slug is
            // taken by another is left to the inserts.
            if rows.0.values().any(|row| row.slug == new.slug && row.id != new.id) {
                return Ok(true);
            }
            let (found, _) = outcome(conn.upsert(&new)).map_err(database)?;
            (if there { rows.save(&new) } else { rows.insert(&new) }, (found, None))
        }
        Operation::Delete { id } => {
            let count = conn.delete(*id).map_err(database)?;
            let expected = rows.0.remove(id).map_or(Outcome::Nothing, |_| Outcome::Done);
            (expected, (if count == 0 { Outcome::Nothing } else { Outcome::Done }, None))
        }
    };
    prop_assert_eq!(found, expected, "{:?}", operation);
    if let Some(back) = back {
        prop_assert_eq!(Some(&back), rows.0.get(&back.id), "{:?} gave back another row", operation);
        read.insert(back.id, back);
    }
    Ok(matches!(expected, Outcome::Done | Outcome::Nothing))
}

fn check<B: Bank>(conns: &mut [B; 2], rows: &Rows, step: &Step) -> Result<(), TestCaseError> {
    let expected: Vec<Account> = rows.0.values().cloned().collect();
    for conn in conns {
        let found = conn.load().map_err(|error| TestCaseError::fail(format!("after {step:?}: {error}")))?;
        prop_assert_eq!(&found, &expected, "after {:?}", step);
    }
    Ok(())
}

fn equal_after_every_step<B: Bank>(mut conns: [B; 2], empty: impl Fn(&mut B)) {
    let conns = std::cell::RefCell::new(&mut conns);
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let result = runner.run(&proptest::collection::vec(step(), 1..40), |steps| {
        let mut conns = conns.borrow_mut();
        let conns: &mut [B; 2] = &mut conns;
        empty(&mut conns[0]);
        let (mut rows, mut read) = (Rows::default(), [Read::new(), Read::new()]);
        for step in &steps {
            match step {
                Step::Alone { by, operation } => {
                    run(&mut conns[*by], &mut read[*by], &mut rows, operation)?;
                }
                Step::RolledBack { by, operations } => {
                    let (before, kept) = (rows.clone(), read[*by].clone());
                    conns[*by].roll_back(&mut |conn| {
                        for operation in operations {
                            if !run(conn, &mut read[*by], &mut rows, operation)? {
                                break;
                            }
                        }
                        Ok(())
                    })?;
                    (rows, read[*by]) = (before, kept);
                }
            }
            check(conns, &rows, step)?;
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

const TABLE: &str = "CREATE TABLE accounts (id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, \
    slug BIGINT NOT NULL UNIQUE, balance <bytes> NOT NULL, balance_version BIGINT NOT NULL, note TEXT, \
    note_version BIGINT NOT NULL, hint <bytes> NOT NULL, label BIGINT NOT NULL)";

macro_rules! on {
    ($name:ident: $database:path, $bytes:literal) => {
        #[test]
        fn $name() {
            let database = $database();
            let mut conns = [database.connect(), database.connect()];
            conns[0].batch_execute(&TABLE.replace("<bytes>", $bytes)).unwrap();
            scope::with(&testing::keyring(), || {
                equal_after_every_step(conns, |conn| {
                    delete(accounts::table).execute(conn).unwrap();
                });
            });
        }
    };
}
on!(on_postgres: harness::pg, "BYTEA");
on!(on_mysql: harness::mysql, "BLOB");
on!(on_sqlite: harness::sqlite, "BLOB");
