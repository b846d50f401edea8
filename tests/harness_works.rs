//! The harness gives each test a database of its own, the domains refuse plaintext, and no server outlives its tests.

use crate::harness::{mysql, pg, sqlite};
use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::sql_types::{Binary, HasSqlType, Integer, SingleValue, Text};
use diesel_migrations::MigrationHarness as _;
use encrypted_fields_migrations::{DOMAINS_DOWN_SQL, DOMAINS_UP_SQL, POSTGRES_DOMAINS, SHOP_POSTGRES, SHOP_SQLITE};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn each_test_has_a_database_of_its_own() {
    let (one, other) = (pg(), pg());
    one.connect().batch_execute("CREATE TABLE only_here (id INTEGER PRIMARY KEY)").unwrap();
    one.connect().batch_execute("INSERT INTO only_here VALUES (1)").unwrap();
    assert!(other.connect().batch_execute("SELECT * FROM only_here").is_err());

    let (one, other) = (mysql(), mysql());
    one.connect().batch_execute("CREATE TABLE only_here (id INTEGER PRIMARY KEY)").unwrap();
    one.connect().batch_execute("INSERT INTO only_here VALUES (1)").unwrap();
    assert!(other.connect().batch_execute("SELECT * FROM only_here").is_err());

    let (one, other) = (sqlite(), sqlite());
    one.connect().batch_execute("CREATE TABLE only_here (id INTEGER PRIMARY KEY)").unwrap();
    one.connect().batch_execute("INSERT INTO only_here VALUES (1)").unwrap();
    assert!(other.connect().batch_execute("SELECT * FROM only_here").is_err());
    assert!(one.path().metadata().unwrap().len() > 0);
}

#[test]
fn a_test_database_goes_with_its_value() {
    let database = pg();
    let url = database.url();
    let _still_connected = database.connect();
    drop(database);
    assert!(PgConnection::establish(&url).is_err());

    let database = mysql();
    let url = database.url();
    let _still_connected = database.connect();
    drop(database);
    assert!(MysqlConnection::establish(&url).is_err());
}

#[tokio::test]
async fn async_connections_reach_the_same_database() {
    let database = pg();
    database.connect().batch_execute("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (7)").unwrap();
    let mut conn = database.async_connect().await;
    let query = sql::<Integer>("SELECT id FROM t");
    let id: QueryResult<i32> = diesel_async::RunQueryDsl::get_result(query, &mut conn).await;
    assert_eq!(id.unwrap(), 7);
}

/// The domains with the least length of the bytes in each, read from the SQL that made them.
fn domains() -> Vec<(&'static str, &'static str, usize)> {
    let mut domains = Vec::new();
    for line in DOMAINS_UP_SQL.lines().filter_map(|line| line.strip_prefix("CREATE DOMAIN ")) {
        let (name, rest) = line.split_once(" AS ").expect("CREATE DOMAIN name AS storage");
        let (storage, check) = rest.split_once(' ').expect("storage and check");
        let (_, least) = check.split_once(">= ").expect("a least length");
        domains.push((name.trim_end(), storage, least.split(' ').next().unwrap().parse().unwrap()));
    }
    domains
}

/// Casts to the domain: `Err` is its own check's refusal, anything else a panic.
fn cast<S, V>(conn: &mut PgConnection, value: V, domain: &str) -> Result<(), String>
where
    S: SingleValue,
    V: AsExpression<S>,
    V::Expression: QueryFragment<Pg> + QueryId,
    Pg: HasSqlType<S>,
{
    let query = sql::<Integer>("SELECT 1 WHERE (").bind::<S, _>(value).sql(&format!(")::{domain} IS NOT NULL"));
    match query.get_result::<i32>(conn).map_err(|error| error.to_string()) {
        Ok(_) => Ok(()),
        Err(error) if error == format!("value for domain {domain} violates check constraint \"sealed\"") => Err(error),
        Err(error) => panic!("{domain}: {error}"),
    }
}

#[test]
fn the_domains_refuse_plaintext() {
    let database = pg();
    let conn = &mut database.connect();
    assert_eq!(domains().len(), 64);
    for (domain, storage, least) in domains() {
        let sql = format!("SELECT NULL::{domain}");
        conn.batch_execute(&sql).expect("the column, not the domain, decides on NULL");
        if storage == "bytea" {
            let sealed = |length: usize, first: u8| -> Vec<u8> {
                std::iter::once(first).chain(std::iter::repeat_n(0xa5, length - 1)).collect()
            };
            cast::<Binary, _>(conn, sealed(least, 1), domain).unwrap();
            cast::<Binary, _>(conn, sealed(least + 12, 1), domain).unwrap();
            cast::<Binary, _>(conn, sealed(least - 1, 1), domain).unwrap_err();
            for first in [0, 2, b'1', b'{', 0x80, 0xff] {
                cast::<Binary, _>(conn, sealed(least + 100, first), domain).unwrap_err();
            }
            for plaintext in [&b""[..], b"1", b"5.00", b"a.customer.with.a.long.address@example.com", &[0; 64]] {
                cast::<Binary, _>(conn, plaintext, domain).unwrap_err();
            }
        } else {
            let least = if least % 4 == 1 { least + 1 } else { least };
            let sealed = |length: usize, start: &str| format!("{start}{}", "x".repeat(length - start.len()));
            for start in ["AQ", "AZ", "Aa", "Af"] {
                cast::<Text, _>(conn, sealed(least, start), domain).unwrap();
            }
            cast::<Text, _>(conn, sealed(least - 1, "AQ"), domain).unwrap_err();
            for start in
                ["AA", "AP", "Ag", "A_", "A[", "BQ", "aq", "\nAQ", "{\"", "AQ+", "AQ/", "AQ=", "AQ ", "AQ\n", "AQé"]
            {
                cast::<Text, _>(conn, sealed(least + 40, start), domain).unwrap_err();
            }
            cast::<Text, _>(conn, sealed(least, "AQ") + "\n", domain).unwrap_err();
            let five_in_four = (least / 4 + 1) * 4 + 1;
            cast::<Text, _>(conn, sealed(five_in_four, "AQ"), domain).unwrap_err();
            for plaintext in ["", "1", "5.00", "a.customer.with.a.long.address@example.com, and more of it", "{}"] {
                cast::<Text, _>(conn, plaintext, domain).unwrap_err();
            }
        }
    }
}

#[test]
fn migrations_go_down_as_they_came_up() {
    let database = pg();
    let conn = &mut database.connect();
    conn.run_pending_migrations(SHOP_POSTGRES).unwrap();
    assert!(conn.batch_execute(DOMAINS_DOWN_SQL).is_err(), "columns still use the domains");
    // One at a time: Diesel keeps one list for all sets, and reverting "all" looks for every version in the one given.
    conn.revert_last_migration(SHOP_POSTGRES).unwrap();
    conn.revert_last_migration(POSTGRES_DOMAINS).unwrap();
    conn.run_pending_migrations(POSTGRES_DOMAINS).unwrap();
    conn.run_pending_migrations(SHOP_POSTGRES).unwrap();

    let database = sqlite();
    let conn = &mut database.connect();
    conn.run_pending_migrations(SHOP_SQLITE).unwrap();
    conn.revert_last_migration(SHOP_SQLITE).unwrap();
    conn.run_pending_migrations(SHOP_SQLITE).unwrap();
}

#[test]
fn a_shop_column_takes_no_plaintext() {
    let database = pg();
    let conn = &mut database.connect();
    conn.run_pending_migrations(SHOP_POSTGRES).unwrap();
    let refused = conn.batch_execute("INSERT INTO items VALUES (1, 'a record', '9.99')").unwrap_err();
    assert_eq!(refused.to_string(), "value for domain enc_numeric violates check constraint \"sealed\"");
}

/// Not tests: the children that the next two kill.
#[test]
#[ignore = "run by a_killed_test_process_leaves_no_server"]
fn holds_a_server_until_killed() {
    let database = pg();
    println!("\nserver in {}", database.server().directory().unwrap().display());
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
#[ignore = "run by a_killed_test_process_leaves_no_mariadb"]
fn holds_a_mariadb_until_killed() {
    let database = mysql();
    println!("\nserver in {}", database.server().directory().unwrap().display());
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_killed_test_process_leaves_no_server() {
    if pg().server().directory().is_none() {
        return; // TEST_DATABASE_URL: not a server of ours.
    }
    assert_killed_with_its_process("harness_works::holds_a_server_until_killed", "data/postmaster.pid");
}

#[test]
fn a_killed_test_process_leaves_no_mariadb() {
    if mysql().server().directory().is_none() {
        return; // TEST_MYSQL_URL: not a server of ours.
    }
    assert_killed_with_its_process("harness_works::holds_a_mariadb_until_killed", "pid");
}

fn assert_killed_with_its_process(child: &str, pid_file: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child, "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let directory =
        lines.map(Result::unwrap).find_map(|line| line.strip_prefix("server in ").map(std::path::PathBuf::from));
    let directory = directory.expect("the child's server");
    let pid_file = std::fs::read_to_string(directory.join(pid_file));
    // SIGKILL: no destructor and no exit handler of the child runs.
    child.kill().unwrap();
    child.wait().unwrap();

    let pid = pid_file.expect("the child's server has a pid file").lines().next().unwrap().to_owned();
    let patience = Instant::now() + Duration::from_secs(30);
    while directory.exists() || runs(&pid) {
        assert!(Instant::now() < patience, "the server {pid} in {} is still there", directory.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process is there and not merely waiting to be reaped.
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}
