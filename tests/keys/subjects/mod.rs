//! A key a data subject: sealed and opened in pages, and erased for good.

mod attacks;
mod crash;
mod erasure;
mod pages;
mod renewal;
mod restore;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_migrations::MigrationHarness as _;
use encrypted_fields::error::OpenReason;
use encrypted_fields::{
    Algorithm, Cores, EncryptedModel, KeyMaterial, KeyOrigin, Keyring, OpenError, RootKey, scope, testing,
};
use encrypted_fields_keys::subjects::{
    PgSubjectStore, SqliteSubjectStore, SubjectStore, Subjects, SubjectsBuilder, SubjectsError,
};
use encrypted_fields_migrations::{SUBJECTS_POSTGRES, SUBJECTS_SQLITE};

use crate::harness;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    profiles (id) {
        id -> BigInt,
        user_id -> BigInt,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
        phone -> Nullable<Encrypted<Text>>,
    }
}

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[encrypted(key = user_id, sealed(derive(Debug, Clone)))]
struct Profile {
    id: i64,
    user_id: i64,
    #[encrypted(index = email_bidx)]
    email: String,
    #[encrypted]
    phone: Option<String>,
}

fn profile(id: i64, user_id: i64) -> Profile {
    let phone = (id % 2 == 0).then(|| format!("+39 055 {id:07}"));
    Profile { id, user_id, email: format!("user{user_id}@example.com"), phone }
}

const POSTGRES: &str = "CREATE TABLE profiles (
    id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL, email enc_text NOT NULL, email_bidx BYTEA NOT NULL, phone enc_text)";
const SQLITE: &str = "CREATE TABLE profiles (
    id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL, email BLOB NOT NULL, email_bidx BLOB NOT NULL, phone BLOB)";

/// A database with the tables of the subjects and one of data.
enum Db {
    Postgres(harness::TestDb),
    Sqlite(harness::TestSqlite),
}

impl Db {
    fn postgres() -> Self {
        let database = harness::pg();
        let mut conn = database.connect();
        conn.run_pending_migrations(SUBJECTS_POSTGRES).unwrap();
        conn.batch_execute(POSTGRES).unwrap();
        Self::Postgres(database)
    }

    fn sqlite() -> Self {
        let database = harness::sqlite();
        let mut conn = database.connect();
        conn.batch_execute("PRAGMA journal_mode = WAL").unwrap();
        conn.run_pending_migrations(SUBJECTS_SQLITE).unwrap();
        conn.batch_execute(SQLITE).unwrap();
        Self::Sqlite(database)
    }

    fn url(&self) -> String {
        match self {
            Self::Postgres(database) => database.url(),
            Self::Sqlite(database) => database.url(),
        }
    }

    fn store(&self) -> Arc<dyn SubjectStore> {
        match self {
            Self::Postgres(database) => Arc::new(PgSubjectStore::connect(database.url()).unwrap()),
            Self::Sqlite(database) => Arc::new(SqliteSubjectStore::connect(database.url()).unwrap()),
        }
    }

    fn execute(&self, sql: &str) {
        match self {
            Self::Postgres(database) => database.connect().batch_execute(sql).unwrap(),
            Self::Sqlite(database) => database.connect().batch_execute(sql).unwrap(),
        }
    }

    fn count(&self, sql: &str) -> i64 {
        let query = diesel::sql_query(format!("SELECT count(*) AS n FROM {sql}"));
        let row: Count = match self {
            Self::Postgres(database) => query.get_result(&mut database.connect()).unwrap(),
            Self::Sqlite(database) => query.get_result(&mut database.connect()).unwrap(),
        };
        row.n
    }

    fn insert(&self, rows: &[Profile], keyring: &Keyring) {
        scope::with(keyring, || match self {
            Self::Postgres(database) => {
                diesel::insert_into(profiles::table).values(rows).execute(&mut database.connect()).unwrap()
            }
            Self::Sqlite(database) => {
                diesel::insert_into(profiles::table).values(rows).execute(&mut database.connect()).unwrap()
            }
        });
    }

    fn sealed(&self) -> Vec<SealedProfile> {
        let all = profiles::table.order(profiles::id);
        match self {
            Self::Postgres(database) => all.load(&mut database.connect()).unwrap(),
            Self::Sqlite(database) => all.load(&mut database.connect()).unwrap(),
        }
    }

    /// Profiles 1, 2, .. of users 1, 2, ..
    async fn with_profiles(&self, subjects: &Subjects, users: i64) {
        let rows: Vec<Profile> = (1..=users).map(|id| profile(id, id)).collect();
        let keyring = subjects.keyring_for(&base(), 1..=users).await.unwrap();
        self.insert(&rows, &keyring);
    }

    async fn opened(&self, subjects: &Subjects) -> Vec<Result<Profile, OpenReason>> {
        let rows = subjects.open_all::<Profile>(&base(), self.sealed(), Cores::One).await.unwrap();
        rows.into_iter().map(|row| row.map_err(|error: OpenError| error.reason().clone())).collect()
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// The same application in every process, so that contexts agree.
fn base() -> Keyring {
    testing::keyring_named("shop")
}

fn root(seed: u8) -> RootKey {
    let hex: String = (0..32).map(|_| format!("{seed:02x}")).collect();
    KeyMaterial::parse(&hex, &KeyOrigin::Given).unwrap().root_key().unwrap()
}

/// Store root 1, subject root 2.
fn builder(store: Arc<dyn SubjectStore>) -> SubjectsBuilder {
    Subjects::builder(store, "shop", root(1)).root(root(2))
}

async fn start(db: &Db) -> Subjects {
    builder(db.store()).start().await.unwrap()
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A directory for a ledger file, removed with the value.
struct Ledger(tempfile::TempDir);

impl Ledger {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("encrypted-fields-ledger-").tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("erasures.jsonl")
    }

    fn lines(&self) -> Vec<String> {
        lines(&self.path())
    }
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

macro_rules! on_both {
    ($(async fn $name:ident($db:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn promise($db: &Db) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                promise(&Db::postgres()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                promise(&Db::sqlite()).await;
            }
        }
    )*};
}
use on_both;
