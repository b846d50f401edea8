//! A page of users each sealed under a key of his own, none of which is in memory, against the same page under one key: loaded from a
//! durable Postgres over diesel-async, and opened.
//!
//! The bar is twice the time. `cargo bench -p encrypted-fields-tests --bench subjects`; ROUNDS, ROWS, USERS; `PROFILE=many`
//! or `one` runs that side alone, for a profiler.

// Everything here measures: a panic is how it fails, and what it prints is for whom runs it.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr, clippy::print_stdout)]
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, missing_docs, unreachable_pub)]

#[path = "../harness/mod.rs"]
mod harness;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use diesel::connection::{InstrumentationEvent, SimpleConnection as _};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use diesel_migrations::MigrationHarness as _;
use encrypted_fields::{Cores, KeyMaterial, Keyring, RootKey, open_all, seal_all, testing};
use encrypted_fields_keys::subjects::{PgSubjectStore, SubjectStore, Subjects, SubjectsBuilder};
use encrypted_fields_migrations::SUBJECTS_POSTGRES;
use futures_util::FutureExt as _;

/// The users of a tax assistant, under one key or under many.
macro_rules! users {
    ($module:ident, $table:ident $(, $key:meta)?) => {
        mod $module {
            use encrypted_fields::EncryptedModel;
            diesel::table! {
                use diesel::sql_types::*;
                use encrypted_fields::sql_types::*;
                $table (id) {
                    id -> BigInt,
                    email -> Encrypted<Text>,
                    email_bidx -> Binary,
                    phone -> Encrypted<Text>,
                    tax_id -> Encrypted<Text>,
                    full_name -> Encrypted<Text>,
                    address -> Encrypted<Text>,
                }
            }
            #[derive(Debug, EncryptedModel)]
            #[diesel(table_name = $table)]
            $(#[$key])?
            pub struct User {
                pub id: i64,
                #[encrypted(index(email_bidx, normalize = lower))]
                pub email: String,
                #[encrypted]
                pub phone: String,
                #[encrypted]
                pub tax_id: String,
                #[encrypted]
                pub full_name: String,
                #[encrypted]
                pub address: String,
            }
            pub use $table::table;

            pub fn user(at: i64) -> User {
                User {
                    id: at,
                    email: format!("giovanna.esposito.{at}@example.com"),
                    phone: format!("+39 055 {at:07}"),
                    tax_id: format!("SPSGNN{at:05}F205X"),
                    full_name: format!("Giovanna Maria Esposito {at}"),
                    address: format!("Via Giuseppe Garibaldi {at}, 50123 Firenze FI, Italia"),
                }
            }

            pub async fn page(conn: &mut diesel_async::AsyncPgConnection, after: i64, rows: i64) -> Vec<SealedUser> {
                use diesel::{ExpressionMethods as _, QueryDsl as _, SelectableHelper as _};
                use diesel_async::RunQueryDsl as _;
                let page = table.filter($table::id.gt(after)).order($table::id).limit(rows).select(SealedUser::as_select());
                page.load(conn).await.unwrap()
            }
        }
    };
}
users!(one, users_of_one_key);
users!(many, users_of_many_keys, encrypted(key = id));

fn ddl(table: &str) -> String {
    format!(
        "CREATE TABLE {table} (id BIGINT PRIMARY KEY, email enc_text NOT NULL, email_bidx BYTEA NOT NULL UNIQUE,
         phone enc_text NOT NULL, tax_id enc_text NOT NULL, full_name enc_text NOT NULL, address enc_text NOT NULL);"
    )
}

struct World {
    conn: AsyncPgConnection,
    keyring: Keyring,
    subjects: SubjectsBuilder,
    store: Arc<dyn SubjectStore>,
    queries: Arc<AtomicUsize>,
    users: i64,
    rows: i64,
}

impl World {
    async fn new(db: &harness::TestDb, users: i64, rows: i64) -> Self {
        use diesel_async::RunQueryDsl as _;
        let mut sync = db.connect();
        sync.run_pending_migrations(SUBJECTS_POSTGRES).unwrap();
        sync.batch_execute(&(ddl("users_of_one_key") + &ddl("users_of_many_keys"))).unwrap();
        let (keyring, mut conn) = (testing::keyring(), db.async_connect().await);
        let (store, queries) = counted(db.url());
        let store: Arc<dyn SubjectStore> = Arc::new(store);
        let subjects = Subjects::builder(Arc::clone(&store), keyring.application(), root()).root(root());
        let serving = subjects.start().await.unwrap();
        for first in (1..=users).step_by(1000) {
            let ids = first..(first + 1000).min(users + 1);
            let sealed = seal_all(ids.clone().map(one::user).collect(), &keyring, Cores::One);
            let sealed: Vec<_> = sealed.into_iter().map(Result::unwrap).collect();
            diesel::insert_into(one::table).values(sealed).execute(&mut conn).await.unwrap();
            let keys = serving.keyring_for(&keyring, ids.clone()).await.unwrap();
            let sealed = seal_all(ids.map(many::user).collect(), &keys, Cores::One);
            let sealed: Vec<_> = sealed.into_iter().map(Result::unwrap).collect();
            diesel::insert_into(many::table).values(sealed).execute(&mut conn).await.unwrap();
        }
        sync.batch_execute("VACUUM ANALYZE").unwrap();
        sync.batch_execute("CHECKPOINT").unwrap();
        Self { conn, keyring, subjects, store, queries, users, rows }
    }

    /// Another page each round.
    fn after(&self, round: i64) -> i64 {
        round * self.rows % self.users
    }

    async fn one(&mut self, round: i64) -> Cost {
        let after = self.after(round);
        let begun = Instant::now();
        let page = one::page(&mut self.conn, after, self.rows).await;
        let loaded = begun.elapsed();
        let opened = open_all::<one::User>(page, &self.keyring, Cores::One);
        let cost = Cost::new(begun, loaded);
        self.check(black_box(&opened).iter().filter(|row| row.is_ok()).count());
        cost
    }

    /// Where the time goes: the query, the query and the keys, opening with the keys in memory.
    async fn parts(&mut self, round: i64) -> [f64; 3] {
        use encrypted_fields::ScopeId;
        use encrypted_fields_keys::subjects::Namespace;
        let after = self.after(round);
        let namespace = Namespace::new(self.keyring.application(), "");
        let scopes: Vec<ScopeId> = (after + 1..=after + self.rows).map(ScopeId::from).collect();
        let subjects: Vec<&[u8]> = scopes.iter().map(ScopeId::as_bytes).collect();
        let begun = Instant::now();
        let mut found = 0;
        self.store.find(&namespace, &subjects, &mut |_| found += 1).await.unwrap();
        let query = begun.elapsed();
        self.check(found);
        let serving = self.subjects.start().await.unwrap();
        let begun = Instant::now();
        serving.prefetch(scopes.iter().cloned()).await.unwrap();
        let prefetched = begun.elapsed();
        let page = many::page(&mut self.conn, after, self.rows).await;
        let begun = Instant::now();
        let opened = serving.open_all::<many::User>(&self.keyring, page, Cores::One).await.unwrap();
        let opening = begun.elapsed();
        self.check(opened.iter().filter(|row| row.is_ok()).count());
        [query, prefetched, opening].map(|part| part.as_secs_f64() * 1e3)
    }

    /// With nothing in memory, but over connections that are there.
    async fn many(&mut self, round: i64) -> Cost {
        let after = self.after(round);
        let subjects = self.subjects.start().await.unwrap();
        let before = self.queries.load(SeqCst);
        let begun = Instant::now();
        let page = many::page(&mut self.conn, after, self.rows).await;
        let loaded = begun.elapsed();
        let opened = subjects.open_all::<many::User>(&self.keyring, page, Cores::One).await.unwrap();
        let cost = Cost::new(begun, loaded);
        assert_eq!(self.queries.load(SeqCst) - before, 1, "one query for the keys");
        assert_eq!(subjects.cached(), usize::try_from(self.rows).unwrap());
        self.check(black_box(&opened).iter().filter(|row| row.is_ok()).count());
        cost
    }

    fn check(&self, opened: usize) {
        assert_eq!(i64::try_from(opened).unwrap(), self.rows);
    }
}

/// Seconds: loading the sealed page, and all of it.
struct Cost([f64; 2]);

impl Cost {
    fn new(begun: Instant, loaded: Duration) -> Self {
        Self([loaded.as_secs_f64(), begun.elapsed().as_secs_f64()])
    }
}

fn root() -> RootKey {
    KeyMaterial::generate().unwrap().root_key().unwrap()
}

/// A store whose statements are counted.
fn counted(url: String) -> (PgSubjectStore, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |url| {
        let counter = Arc::clone(&counter);
        async move {
            use diesel_async::SimpleAsyncConnection as _;
            let mut conn = AsyncPgConnection::establish(url).await?;
            // As `PgSubjectStore::connect` has it.
            let settings = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off";
            conn.batch_execute(settings).await.map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if let InstrumentationEvent::StartQuery { .. } = event {
                    counter.fetch_add(1, SeqCst);
                }
            });
            Ok(conn)
        }
        .boxed()
    });
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(url, config);
    (PgSubjectStore::new(Pool::builder(manager).max_size(1).build().unwrap()), count)
}

/// The tenth of the rounds that nothing else disturbed.
fn undisturbed(costs: &[Cost]) -> f64 {
    let mut all: Vec<f64> = costs.iter().map(|cost| cost.0[1] * 1e3).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 10]
}

fn median(costs: &[Cost], figure: usize) -> f64 {
    let mut all: Vec<f64> = costs.iter().map(|cost| cost.0[figure] * 1e3).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn main() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    // `cargo test --benches` runs this too: once, small, to see that it works.
    let (rounds, rows, users) = if std::env::args().any(|arg| arg == "--bench") {
        (number("ROUNDS", 201), number("ROWS", 1_000), number("USERS", 20_000))
    } else {
        (1, 100, 200)
    };
    harness::durable();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let db = harness::pg();
    runtime.block_on(async {
        let mut world = World::new(&db, users, rows).await;
        let profile = std::env::var("PROFILE").unwrap_or_default();
        let (mut of_one, mut of_many) = (Vec::new(), Vec::new());
        // The first rounds warm what a server in use has warm: connections, their prepared statements, the plans of Postgres.
        for round in -10..rounds {
            let in_turn = if round % 2 == 0 { ["one", "many"] } else { ["many", "one"] };
            for side in in_turn.into_iter().filter(|side| profile.is_empty() || profile == *side) {
                let (cost, costs) = match side {
                    "one" => (world.one(round + 10).await, &mut of_one),
                    _ => (world.many(round + 10).await, &mut of_many),
                };
                costs.extend(Some(cost).filter(|_| round >= 0));
            }
        }
        if !profile.is_empty() {
            return;
        }
        let mut parts = Vec::new();
        for round in 0..rounds {
            parts.push(world.parts(round).await);
        }
        let [query, prefetched, opening] = [0, 1, 2].map(|part| {
            let mut all: Vec<f64> = parts.iter().map(|parts| parts[part]).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        });
        println!("the query {query:.2} ms, query and keys {prefetched:.2} ms, opening with the keys in memory {opening:.2} ms");
        let (one, many) = (median(&of_one, 1), median(&of_many, 1));
        println!(
            "{rows} rows of {rows} users, {users} users, {rounds} rounds: one key {one:.2} ms (loaded after {:.2}), a key each {many:.2} ms \
             (loaded after {:.2}): ratio {:.2} (undisturbed rounds \
             {:.2}), one query more",
            median(&of_one, 0),
            median(&of_many, 0),
            many / one,
            undisturbed(&of_many) / undisturbed(&of_one),
        );
    });
}
