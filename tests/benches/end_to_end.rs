//! Encrypted against plain columns, end to end on Postgres, in the same run and printed as ratios.
//!
//! Rows of a UUID and two or four fields (a Decimal and a 64-character text, once or twice); inserted in batches of 1,000
//! in one transaction, loaded in one query; the same rows in plain columns and in encrypted ones, over diesel and over
//! diesel-async. The two sides take turns at going first, and the ratio is that of the medians over the rounds. Beside
//! the time on the clock stands the time on the processor, of this process and of the server's: on a machine that does
//! other things as well, it is the steadier figure.
//!
//! The server runs with Postgres' own settings, durability included (`TEST_DATABASE_URL` names another one). With
//! `SERVER=unsafe` it runs as it does for the tests, which no server with data does: `fsync`, `synchronous_commit` and
//! `full_page_writes` are off, which makes rows cheaper and so the ratio of an insert larger.
//!
//! ```sh
//! cargo bench -p encrypted-fields-tests --bench end_to_end              # 100,000 rows, 11 rounds
//! ROWS=20000 ROUNDS=5 FIELDS=2 cargo bench -p encrypted-fields-tests --bench end_to_end
//! PROFILE="load sealed" ROUNDS=60 perf record target/release/deps/end_to_end-* --bench     # or insert, plain
//! ```
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "../harness/mod.rs"]
mod harness;

use std::time::Instant;

use encrypted_fields::{scope, testing};
use rust_decimal::Decimal;
use uuid::Uuid;

const BATCH: usize = 1000;

/// One model over plain columns and the same over encrypted ones.
macro_rules! models {
    ($module:ident: $($amount:ident $note:ident),*) => {
        mod $module {
            pub mod plain {
                use rust_decimal::Decimal;
                use uuid::Uuid;
                diesel::table! {
                    use diesel::sql_types::*;
                    plain (id) { id -> Uuid, $($amount -> Numeric, $note -> Text,)* }
                }
                #[derive(Debug, diesel::Insertable, diesel::Queryable, diesel::Selectable)]
                #[diesel(table_name = plain)]
                pub struct Row { pub id: Uuid, $(pub $amount: Decimal, pub $note: String,)* }
                pub use plain::table;
            }
            pub mod sealed {
                use encrypted_fields::EncryptedModel;
                use rust_decimal::Decimal;
                use uuid::Uuid;
                diesel::table! {
                    use diesel::sql_types::*;
                    use encrypted_fields::sql_types::*;
                    sealed (id) { id -> Uuid, $($amount -> Encrypted<Numeric>, $note -> Encrypted<Text>,)* }
                }
                #[derive(Debug, EncryptedModel)]
                #[diesel(table_name = sealed)]
                #[encrypted(only(Insertable, Queryable, Selectable))]
                pub struct Row { pub id: Uuid, $(#[encrypted] pub $amount: Decimal, #[encrypted] pub $note: String,)* }
                pub use sealed::table;
            }

            pub const DDL: &str = concat!(
                "CREATE TABLE plain (id uuid PRIMARY KEY",
                $(", ", stringify!($amount), " numeric NOT NULL, ", stringify!($note), " text NOT NULL",)* ");",
                "CREATE TABLE sealed (id uuid PRIMARY KEY",
                $(", ", stringify!($amount), " bytea NOT NULL, ", stringify!($note), " bytea NOT NULL",)* ");"
            );

            pub fn plain_rows(n: usize) -> Vec<plain::Row> {
                (0..n).map(|i| plain::Row { id: super::id(i), $($amount: super::amount(i), $note: super::note(i),)* }).collect()
            }

            pub fn sealed_rows(n: usize) -> Vec<sealed::Row> {
                (0..n).map(|i| sealed::Row { id: super::id(i), $($amount: super::amount(i), $note: super::note(i),)* }).collect()
            }

            /// One side again and again, for a profiler: `load` or `insert`, `sealed` or `plain`.
            pub fn profile(rows: usize, rounds: usize, what: &str) {
                let db = super::harness::pg();
                let mut conn = db.connect();
                super::sync::execute(&mut conn, DDL);
                let (plain, sealed) = (plain_rows(rows), sealed_rows(rows));
                let _ = super::sync::insert!(&mut conn, plain::table, plain);
                let _ = super::sync::insert!(&mut conn, sealed::table, sealed);
                for _ in 0..rounds {
                    match what {
                        "load sealed" => super::sync::load!(&mut conn, sealed::table, sealed::Row, rows),
                        "load plain" => super::sync::load!(&mut conn, plain::table, plain::Row, rows),
                        "insert sealed" | "insert plain" => {
                            super::sync::execute(&mut conn, "TRUNCATE plain, sealed");
                            if what == "insert sealed" {
                                super::sync::insert!(&mut conn, sealed::table, sealed)
                            } else {
                                super::sync::insert!(&mut conn, plain::table, plain)
                            }
                        }
                        _ => panic!("PROFILE is \"load sealed\", \"load plain\", \"insert sealed\" or \"insert plain\""),
                    }
                }
            }

            pub fn run(rows: usize, rounds: usize) {
                let fields = [$(stringify!($amount), stringify!($note)),*].len();
                let db = super::harness::pg();
                let mut conn = db.connect();
                super::sync::execute(&mut conn, DDL);
                let (plain, sealed) = (plain_rows(rows), sealed_rows(rows));

                let clock = super::Clock::new(super::sync::backend(&mut conn));
                let [mut insert, mut load] = [(); 2].map(|()| super::Rounds::default());
                for round in 0..rounds {
                    for side in super::Side::in_turn(round) {
                        let cost = clock.measure(|| match side {
                            super::Side::Plain => super::sync::insert!(&mut conn, plain::table, plain),
                            super::Side::Sealed => super::sync::insert!(&mut conn, sealed::table, sealed),
                        });
                        insert.of(side).push(cost);
                    }
                    super::sync::execute(&mut conn, "VACUUM ANALYZE plain");
                    super::sync::execute(&mut conn, "VACUUM ANALYZE sealed");
                    for side in super::Side::in_turn(round) {
                        let cost = clock.measure(|| match side {
                            super::Side::Plain => super::sync::load!(&mut conn, plain::table, plain::Row, rows),
                            super::Side::Sealed => super::sync::load!(&mut conn, sealed::table, sealed::Row, rows),
                        });
                        load.of(side).push(cost);
                    }
                    super::sync::execute(&mut conn, "TRUNCATE plain, sealed");
                    super::sync::execute(&mut conn, "CHECKPOINT");
                }
                insert.report("diesel", fields, "insert", rows);
                load.report("diesel", fields, "load", rows);

                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let mut conn = runtime.block_on(db.async_connect());
                let clock = super::Clock::new(runtime.block_on(super::asynchronous::backend(&mut conn)));
                let [mut insert, mut load] = [(); 2].map(|()| super::Rounds::default());
                for round in 0..rounds {
                    for side in super::Side::in_turn(round) {
                        let cost = clock.measure(|| runtime.block_on(async {
                            match side {
                                super::Side::Plain => super::asynchronous::insert!(&mut conn, plain::table, plain),
                                super::Side::Sealed => super::asynchronous::insert!(&mut conn, sealed::table, sealed),
                            }
                        }));
                        insert.of(side).push(cost);
                    }
                    runtime.block_on(super::asynchronous::execute(&mut conn, "VACUUM ANALYZE plain"));
                    runtime.block_on(super::asynchronous::execute(&mut conn, "VACUUM ANALYZE sealed"));
                    for side in super::Side::in_turn(round) {
                        let cost = clock.measure(|| runtime.block_on(async {
                            match side {
                                super::Side::Plain => super::asynchronous::load!(&mut conn, plain::table, plain::Row, rows),
                                super::Side::Sealed => super::asynchronous::load!(&mut conn, sealed::table, sealed::Row, rows),
                            }
                        }));
                        load.of(side).push(cost);
                    }
                    runtime.block_on(super::asynchronous::execute(&mut conn, "TRUNCATE plain, sealed"));
                    runtime.block_on(super::asynchronous::execute(&mut conn, "CHECKPOINT"));
                }
                insert.report("diesel-async", fields, "insert", rows);
                load.report("diesel-async", fields, "load", rows);
            }
        }
    };
}

mod sync {
    use diesel::{PgConnection, RunQueryDsl};

    pub fn execute(conn: &mut PgConnection, sql: &str) {
        diesel::connection::SimpleConnection::batch_execute(conn, sql).unwrap();
    }

    /// The server's process that answers this connection.
    pub fn backend(conn: &mut PgConnection) -> i32 {
        diesel::select(crate::pg_backend_pid()).get_result(conn).unwrap()
    }

    macro_rules! insert {
        ($conn:expr, $table:expr, $rows:expr) => {{
            use diesel::{Connection, RunQueryDsl};
            let inserted: diesel::QueryResult<()> = $conn.transaction(|conn| {
                for batch in $rows.chunks(crate::BATCH) {
                    diesel::insert_into($table).values(batch).execute(conn)?;
                }
                Ok(())
            });
            inserted.unwrap()
        }};
    }
    macro_rules! load {
        ($conn:expr, $table:expr, $row:ty, $n:expr) => {{
            use diesel::{QueryDsl, RunQueryDsl, SelectableHelper};
            let rows: Vec<$row> = $table.select(<$row>::as_select()).load($conn).unwrap();
            assert_eq!(std::hint::black_box(rows).len(), $n);
        }};
    }
    pub(crate) use {insert, load};
}

mod asynchronous {
    pub async fn execute(conn: &mut diesel_async::AsyncPgConnection, sql: &str) {
        use diesel_async::RunQueryDsl;
        diesel::sql_query(sql).execute(conn).await.unwrap();
    }

    /// The server's process that answers this connection.
    pub async fn backend(conn: &mut diesel_async::AsyncPgConnection) -> i32 {
        use diesel_async::RunQueryDsl;
        diesel::select(crate::pg_backend_pid()).get_result(conn).await.unwrap()
    }

    macro_rules! insert {
        ($conn:expr, $table:expr, $rows:expr) => {{
            use diesel_async::RunQueryDsl;
            super::asynchronous::execute($conn, "BEGIN").await;
            for batch in $rows.chunks(crate::BATCH) {
                diesel::insert_into($table).values(batch).execute($conn).await.unwrap();
            }
            super::asynchronous::execute($conn, "COMMIT").await;
        }};
    }
    macro_rules! load {
        ($conn:expr, $table:expr, $row:ty, $n:expr) => {{
            use diesel::{QueryDsl, SelectableHelper};
            use diesel_async::RunQueryDsl;
            let rows: Vec<$row> = $table.select(<$row>::as_select()).load($conn).await.unwrap();
            assert_eq!(std::hint::black_box(rows).len(), $n);
        }};
    }
    pub(crate) use {insert, load};
}

models!(two: amount note);
models!(four: amount note, fee remark);

fn id(i: usize) -> Uuid {
    // Ordered, as Uuid::now_v7 is: a random primary key would measure the index.
    Uuid::from_u128((i as u128) << 64 | 0x7000_0000_0000_0000)
}

fn amount(i: usize) -> Decimal {
    Decimal::new(i64::try_from(i * 7919 % 10_000_000).unwrap(), 2)
}

fn note(i: usize) -> String {
    format!("{i:064}")
}

diesel::define_sql_function!(fn pg_backend_pid() -> Integer);

#[derive(Debug, Clone, Copy)]
pub enum Side {
    Plain,
    Sealed,
}

impl Side {
    fn in_turn(round: usize) -> [Self; 2] {
        if round.is_multiple_of(2) { [Self::Plain, Self::Sealed] } else { [Self::Sealed, Self::Plain] }
    }
}

/// Seconds: on the clock, and on the processor in this process and in the server's.
#[derive(Clone, Copy)]
struct Cost([f64; 3]);

struct Clock {
    server: String,
}

impl Clock {
    fn new(backend: i32) -> Self {
        Self { server: format!("/proc/{backend}/schedstat") }
    }

    fn measure(&self, f: impl FnOnce()) -> Cost {
        let (begun, client, server) =
            (Instant::now(), on_processor("/proc/self/schedstat"), on_processor(&self.server));
        f();
        let wall = begun.elapsed().as_secs_f64();
        Cost([wall, on_processor("/proc/self/schedstat") - client, on_processor(&self.server) - server])
    }
}

/// What a process' main thread has run (Linux, `Documentation/scheduler/sched-stats.rst`); NaN elsewhere.
fn on_processor(schedstat: &str) -> f64 {
    let text = std::fs::read_to_string(schedstat).unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map_or(f64::NAN, |ns| ns * 1e-9)
}

#[derive(Default)]
struct Rounds {
    plain: Vec<Cost>,
    sealed: Vec<Cost>,
}

impl Rounds {
    fn of(&mut self, side: Side) -> &mut Vec<Cost> {
        match side {
            Side::Plain => &mut self.plain,
            Side::Sealed => &mut self.sealed,
        }
    }

    fn report(&self, driver: &str, fields: usize, what: &str, rows: usize) {
        // Microseconds a row, in ascending order.
        let sorted = |side: &[Cost], figure: usize| {
            let mut all: Vec<f64> = side.iter().map(|cost| cost.0[figure] * 1e6 / rows as f64).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let [wall, client, server] =
            [0, 1, 2].map(|figure| (sorted(&self.plain, figure), sorted(&self.sealed, figure)));
        let median = |side: &[f64]| side[side.len() / 2];
        let pair = |(plain, sealed): &(Vec<f64>, Vec<f64>)| format!("{:.2} {:.2}", median(plain), median(sealed));
        println!(
            "{driver:<13} {fields} fields  {what:<7} us/row plain {:5.2} encrypted {:5.2}  ratio {:.2}  (best rounds {:.2})  \
             processor: client {}, server {}",
            median(&wall.0),
            median(&wall.1),
            median(&wall.1) / median(&wall.0),
            wall.1[0] / wall.0[0],
            pair(&client),
            pair(&server),
        );
    }
}

fn main() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (rows, rounds) = (number("ROWS", 100_000), number("ROUNDS", 11));
    // `cargo test --benches` runs this too: once, small, to see that it works.
    let (rows, rounds) = if std::env::args().any(|arg| arg == "--bench") { (rows, rounds) } else { (2 * BATCH, 1) };
    let durable = std::env::var("SERVER").as_deref() != Ok("unsafe");
    if durable {
        harness::durable();
    }
    let server = match std::env::var("TEST_DATABASE_URL") {
        Ok(url) if !url.is_empty() => "the server that TEST_DATABASE_URL names",
        _ if durable => "a server with Postgres' own settings",
        _ => "a server that is not durable",
    };
    println!("{rows} rows, {rounds} rounds, batches of {BATCH}, {server}");
    let begun = Instant::now();
    let fields = std::env::var("FIELDS").unwrap_or_default();
    scope::with(&testing::keyring(), || match std::env::var("PROFILE").as_deref() {
        Ok(what) if fields == "4" => four::profile(rows, rounds, what),
        Ok(what) => two::profile(rows, rounds, what),
        Err(_) => {
            if fields != "4" {
                two::run(rows, rounds);
            }
            if fields != "2" {
                four::run(rows, rounds);
            }
        }
    });
    println!("{:.0} s", begun.elapsed().as_secs_f64());
}
