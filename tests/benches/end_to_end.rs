//! Encrypted against plain columns, end to end on Postgres, in the same run and printed as ratios.
//!
//! Rows of a UUID and two or four fields (a Decimal and a 64-character text, once or twice); inserted in batches of 1,000
//! in one transaction, loaded in one query; the same rows in plain columns and in encrypted ones, in turns, over diesel
//! and over diesel-async. The ratio is that of the medians over the rounds.
//!
//! ```sh
//! cargo bench -p encrypted-fields-tests --bench end_to_end              # 100,000 rows, 7 rounds
//! ROWS=20000 ROUNDS=5 cargo bench -p encrypted-fields-tests --bench end_to_end
//! PROFILE=sealed ROUNDS=60 perf record target/release/deps/end_to_end-* --bench     # loads only; PROFILE=plain
//! ```
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "../harness/mod.rs"]
mod harness;

use std::time::{Duration, Instant};

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

            /// Loads again and again, for a profiler.
            pub fn profile(rows: usize, rounds: usize, sealed_side: bool) {
                let db = super::harness::pg();
                let mut conn = db.connect();
                diesel::connection::SimpleConnection::batch_execute(&mut conn, DDL).unwrap();
                let (plain, sealed) = (plain_rows(rows), sealed_rows(rows));
                let _ = super::sync::insert!(&mut conn, plain::table, plain);
                let _ = super::sync::insert!(&mut conn, sealed::table, sealed);
                for _ in 0..rounds {
                    let _ = if sealed_side {
                        super::sync::load!(&mut conn, sealed::table, sealed::Row, rows)
                    } else {
                        super::sync::load!(&mut conn, plain::table, plain::Row, rows)
                    };
                }
            }

            pub fn run(rows: usize, rounds: usize) {
                let fields = [$(stringify!($amount), stringify!($note)),*].len();
                let db = super::harness::pg();
                let mut conn = db.connect();
                diesel::connection::SimpleConnection::batch_execute(&mut conn, DDL).unwrap();
                let (plain, sealed) = (plain_rows(rows), sealed_rows(rows));
                let [mut insert_plain, mut insert_sealed, mut load_plain, mut load_sealed] = [(); 4].map(|()| Vec::new());
                for _ in 0..rounds {
                    insert_plain.push(super::sync::insert!(&mut conn, plain::table, plain));
                    insert_sealed.push(super::sync::insert!(&mut conn, sealed::table, sealed));
                    diesel::connection::SimpleConnection::batch_execute(&mut conn, "ANALYZE").unwrap();
                    load_plain.push(super::sync::load!(&mut conn, plain::table, plain::Row, rows));
                    load_sealed.push(super::sync::load!(&mut conn, sealed::table, sealed::Row, rows));
                    let truncate = "TRUNCATE plain, sealed; CHECKPOINT";
                    diesel::connection::SimpleConnection::batch_execute(&mut conn, truncate).unwrap();
                }
                super::report("diesel", fields, "insert", rows, &mut insert_plain, &mut insert_sealed);
                super::report("diesel", fields, "load", rows, &mut load_plain, &mut load_sealed);

                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let [mut insert_plain, mut insert_sealed, mut load_plain, mut load_sealed] = [(); 4].map(|()| Vec::new());
                runtime.block_on(async {
                    let mut conn = db.async_connect().await;
                    for _ in 0..rounds {
                        insert_plain.push(super::asynchronous::insert!(&mut conn, plain::table, plain));
                        insert_sealed.push(super::asynchronous::insert!(&mut conn, sealed::table, sealed));
                        super::asynchronous::execute(&mut conn, "ANALYZE").await;
                        load_plain.push(super::asynchronous::load!(&mut conn, plain::table, plain::Row, rows));
                        load_sealed.push(super::asynchronous::load!(&mut conn, sealed::table, sealed::Row, rows));
                        super::asynchronous::execute(&mut conn, "TRUNCATE plain, sealed").await;
                        super::asynchronous::execute(&mut conn, "CHECKPOINT").await;
                    }
                });
                super::report("diesel-async", fields, "insert", rows, &mut insert_plain, &mut insert_sealed);
                super::report("diesel-async", fields, "load", rows, &mut load_plain, &mut load_sealed);
            }
        }
    };
}

mod sync {
    macro_rules! insert {
        ($conn:expr, $table:expr, $rows:expr) => {{
            use diesel::{Connection, RunQueryDsl};
            let begun = std::time::Instant::now();
            let inserted: diesel::QueryResult<()> = $conn.transaction(|conn| {
                for batch in $rows.chunks(crate::BATCH) {
                    diesel::insert_into($table).values(batch).execute(conn)?;
                }
                Ok(())
            });
            inserted.unwrap();
            begun.elapsed()
        }};
    }
    macro_rules! load {
        ($conn:expr, $table:expr, $row:ty, $n:expr) => {{
            use diesel::{QueryDsl, RunQueryDsl, SelectableHelper};
            let begun = std::time::Instant::now();
            let rows: Vec<$row> = $table.select(<$row>::as_select()).load($conn).unwrap();
            assert_eq!(std::hint::black_box(rows).len(), $n);
            begun.elapsed()
        }};
    }
    pub(crate) use {insert, load};
}

mod asynchronous {
    pub async fn execute(conn: &mut diesel_async::AsyncPgConnection, sql: &str) {
        use diesel_async::RunQueryDsl;
        diesel::sql_query(sql).execute(conn).await.unwrap();
    }

    macro_rules! insert {
        ($conn:expr, $table:expr, $rows:expr) => {{
            use diesel_async::RunQueryDsl;
            let begun = std::time::Instant::now();
            super::asynchronous::execute($conn, "BEGIN").await;
            for batch in $rows.chunks(crate::BATCH) {
                diesel::insert_into($table).values(batch).execute($conn).await.unwrap();
            }
            super::asynchronous::execute($conn, "COMMIT").await;
            begun.elapsed()
        }};
    }
    macro_rules! load {
        ($conn:expr, $table:expr, $row:ty, $n:expr) => {{
            use diesel::{QueryDsl, SelectableHelper};
            use diesel_async::RunQueryDsl;
            let begun = std::time::Instant::now();
            let rows: Vec<$row> = $table.select(<$row>::as_select()).load($conn).await.unwrap();
            assert_eq!(std::hint::black_box(rows).len(), $n);
            begun.elapsed()
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

fn report(driver: &str, fields: usize, what: &str, rows: usize, plain: &mut [Duration], sealed: &mut [Duration]) {
    let per_row = |times: &mut [Duration]| {
        times.sort();
        let at = |index: usize| times[index].as_secs_f64() * 1e6 / rows as f64;
        (at(times.len() / 2), at(0))
    };
    let ((plain, plain_best), (sealed, sealed_best)) = (per_row(plain), per_row(sealed));
    println!(
        "{driver:<13} {fields} fields  {what:<7} plain {plain:6.2} us/row  encrypted {sealed:6.2} us/row  \
         ratio {:.2}  (best rounds {:.2})",
        sealed / plain,
        sealed_best / plain_best,
    );
}

fn main() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (rows, rounds) = (number("ROWS", 100_000), number("ROUNDS", 7));
    // `cargo test --benches` runs this too: once, small, to see that it works.
    let (rows, rounds) = if std::env::args().any(|arg| arg == "--bench") { (rows, rounds) } else { (2 * BATCH, 1) };
    println!("{rows} rows, {rounds} rounds, batches of {BATCH}");
    let begun = Instant::now();
    scope::with(&testing::keyring(), || match std::env::var("PROFILE").as_deref() {
        Ok(side) if std::env::var("FIELDS").as_deref() == Ok("4") => four::profile(rows, rounds, side == "sealed"),
        Ok(side) => two::profile(rows, rounds, side == "sealed"),
        Err(_) => {
            two::run(rows, rounds);
            four::run(rows, rounds);
        }
    });
    println!("{:.0} s", begun.elapsed().as_secs_f64());
}
