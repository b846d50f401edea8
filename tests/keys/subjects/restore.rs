//! After a restore of an older dump, the ledger file closes what the dump opened.

use std::io::Write as _;
use std::process::Command;

use encrypted_fields_keys::subjects::{FileReason, Finding, LedgerReason, Status};

use super::*;

const TABLES: [&str; 3] =
    ["encrypted_fields_subject_keys", "encrypted_fields_erasures", "encrypted_fields_erasure_heads"];

fn dump(db: &Db) {
    for table in TABLES {
        db.execute(&format!("DROP TABLE IF EXISTS old_{table}; CREATE TABLE old_{table} AS SELECT * FROM {table}"));
    }
}

fn restore(db: &Db) {
    for table in TABLES {
        db.execute(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM old_{table}"));
    }
}

on_both! {
    async fn a_restored_database_serves_nobody_until_the_ledger_is_replayed(db) {
        let ledger = Ledger::new();
        let with_file = || builder(db.store()).ledger_file(ledger.path());
        let subjects = with_file().start().await.unwrap();
        db.with_profiles(&subjects, 4).await;
        subjects.erase(1_i64, at(10)).await.unwrap();
        dump(db);
        subjects.erase(2_i64, at(20)).await.unwrap();
        subjects.erase(3_i64, at(30)).await.unwrap();
        assert_eq!(ledger.lines().len(), 3);
        drop(subjects);

        restore(db);
        let refused = with_file().start().await.unwrap_err();
        assert_eq!(refused, SubjectsError::Ledger(LedgerReason::Behind { missing: 2 }));
        assert!(refused.to_string().contains("replay"), "{refused}");
        let findings = with_file().verify().await.unwrap();
        assert_eq!(findings.findings, [Finding::Ledger(LedgerReason::Behind { missing: 2 })]);
        // What the dump opened: without the file nobody can know.
        let unaware = start(db).await;
        assert_eq!(db.opened(&unaware).await[1], Ok(profile(2, 2)));

        let replay = with_file().replay().await.unwrap();
        assert_eq!((replay.entries, replay.erased, replay.already), (3, 2, 1));
        let subjects = with_file().start().await.unwrap();
        let erased = Err(OpenReason::Erased);
        assert_eq!(db.opened(&subjects).await, [erased.clone(), erased.clone(), erased, Ok(profile(4, 4))]);
        assert_eq!(subjects.status(2_i64).await.unwrap(), Status::Erased { at: 20 }, "the first date stands");
        assert_eq!(db.count("encrypted_fields_subject_keys WHERE wrapped IS NOT NULL"), 1);
        assert!(subjects.verify().await.unwrap().is_clean());

        let again = with_file().replay().await.unwrap();
        assert_eq!((again.entries, again.erased, again.already), (3, 0, 3));
        assert_eq!(ledger.lines().len(), 3);
    }

    async fn an_empty_database_takes_the_whole_ledger(db) {
        let ledger = Ledger::new();
        let with_file = || builder(db.store()).ledger_file(ledger.path());
        dump(db);
        let subjects = with_file().start().await.unwrap();
        for user in 1..=3_i64 {
            subjects.erase(user, at(10)).await.unwrap();
        }
        restore(db);
        assert_eq!(with_file().replay().await.unwrap().erased, 3);
        assert!(with_file().start().await.unwrap().verify().await.unwrap().is_clean());
    }

    async fn a_new_file_is_given_what_the_ledger_has(db) {
        let (one, two) = (Ledger::new(), Ledger::new());
        let at_file = |ledger: &Ledger| builder(db.store()).ledger_file(ledger.path());
        let first = at_file(&one).start().await.unwrap();
        first.erase(1_i64, at(1)).await.unwrap();
        let second = at_file(&two).start().await.unwrap();
        assert_eq!(one.lines(), two.lines());
        // Each process has a file of its own, and an erasure of one is written to the other's at its next.
        second.erase(2_i64, at(2)).await.unwrap();
        assert_eq!((one.lines().len(), two.lines().len()), (1, 2));
        first.erase(3_i64, at(3)).await.unwrap();
        assert_eq!((one.lines().len(), two.lines().len()), (3, 2));
        assert!(at_file(&one).start().await.unwrap().verify().await.unwrap().is_clean());

        // A copy of either is as good.
        let replay = builder(db.store()).replay_from(two.path()).await.unwrap();
        assert_eq!((replay.entries, replay.already), (2, 2));
    }

    async fn tenants_share_a_file(db) {
        let ledger = Ledger::new();
        let of = |tenant: &'static str| builder(db.store()).tenant(tenant).ledger_file(ledger.path());
        let (north, south) = (of("north").start().await.unwrap(), of("south").start().await.unwrap());
        for user in 1..=3_i64 {
            north.erase(user, at(1)).await.unwrap();
            south.erase(user, at(2)).await.unwrap();
        }
        assert_eq!(ledger.lines().len(), 6);
        for tenant in ["north", "south"] {
            let replay = of(tenant).replay().await.unwrap();
            assert_eq!((replay.entries, replay.already), (3, 3));
            of(tenant).start().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_line_that_a_crash_cut_short_is_mended() {
    let (db, ledger) = (Db::sqlite(), Ledger::new());
    let with_file = || builder(db.store()).ledger_file(ledger.path());
    with_file().start().await.unwrap().erase(1_i64, at(1)).await.unwrap();
    let whole = std::fs::read(ledger.path()).unwrap();
    for length in [1, 20, whole.len() - 1] {
        let mut file = std::fs::File::options().append(true).open(ledger.path()).unwrap();
        file.write_all(&whole[..length]).unwrap();
        drop(file);
        let subjects = with_file().start().await.unwrap();
        assert_eq!(std::fs::read(ledger.path()).unwrap(), whole, "{length} bytes of a line");
        assert!(subjects.verify().await.unwrap().is_clean());
    }
}

#[tokio::test]
async fn an_altered_file_is_refused_with_its_line() {
    let (db, ledger) = (Db::sqlite(), Ledger::new());
    let with_file = || builder(db.store()).ledger_file(ledger.path());
    let subjects = with_file().start().await.unwrap();
    for user in 1..=3_i64 {
        subjects.erase(user, at(10)).await.unwrap();
    }
    let lines = ledger.lines();
    let altered = |line| FileReason::Altered { line };
    let attacks: [(Vec<String>, FileReason); 5] = [
        (
            vec![lines[0].clone(), lines[1].replace("\"erased_at\":10", "\"erased_at\":11"), lines[2].clone()],
            altered(2),
        ),
        (vec![lines[0].clone(), lines[2].clone()], altered(2)),
        (vec![lines[1].clone(), lines[2].clone()], altered(1)),
        (vec![lines[0].clone(), lines[0].clone(), lines[2].clone()], altered(2)),
        (vec![lines[0].clone(), "{}".to_owned()], FileReason::Malformed { line: 2 }),
    ];
    for (lines, reason) in attacks {
        std::fs::write(ledger.path(), lines.join("\n") + "\n").unwrap();
        let refused = with_file().start().await.unwrap_err();
        assert_eq!(refused, SubjectsError::File { path: ledger.path(), reason: reason.clone() });
        assert_eq!(with_file().replay().await.unwrap_err(), refused);
        assert_eq!(with_file().verify().await.unwrap().findings, [Finding::File(reason)]);
    }
    // A tail that was cut off: the database has it, and it comes back.
    std::fs::write(ledger.path(), lines[..1].join("\n") + "\n").unwrap();
    with_file().start().await.unwrap();
    assert_eq!(ledger.lines(), lines);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_stops_the_erasure() {
    let (db, ledger) = (Db::sqlite(), Ledger::new());
    let missing = ledger.path().join("no/such/directory.jsonl");
    let refused = builder(db.store()).ledger_file(&missing).start().await.unwrap_err();
    assert!(
        matches!(&refused, SubjectsError::File { path, reason: FileReason::Io { .. } } if *path == missing),
        "{refused}"
    );

    let subjects = builder(db.store()).ledger_file(ledger.path()).start().await.unwrap();
    db.with_profiles(&subjects, 1).await;
    std::fs::remove_file(ledger.path()).unwrap();
    std::fs::create_dir(ledger.path()).unwrap();
    assert!(matches!(subjects.erase(1_i64, at(1)).await.unwrap_err(), SubjectsError::File { .. }));
    assert!(matches!(subjects.status(1_i64).await.unwrap(), Status::Present { .. }));
    std::fs::remove_dir(ledger.path()).unwrap();
    subjects.erase(1_i64, at(1)).await.unwrap();
    assert_eq!(ledger.lines().len(), 1);
}

/// With the tools that are used for it.
#[tokio::test]
async fn a_dump_of_pg_dump_that_is_restored_elsewhere_is_closed_too() {
    let (db, elsewhere, ledger) = (Db::postgres(), harness::pg(), Ledger::new());
    let subjects = builder(db.store()).ledger_file(ledger.path()).start().await.unwrap();
    db.with_profiles(&subjects, 2).await;
    let archive = ledger.path().with_file_name("dump");
    let run = |tool: &str, arguments: &[&str]| {
        let output = Command::new(pg_tool(tool)).args(arguments).output().unwrap();
        assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run("pg_dump", &["--format=custom", "--file", archive.to_str().unwrap(), "--dbname", &db.url()]);
    subjects.erase(2_i64, at(5)).await.unwrap();

    elsewhere.connect().batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
    run("pg_restore", &["--no-owner", "--dbname", &elsewhere.url(), archive.to_str().unwrap()]);
    let elsewhere = Db::Postgres(elsewhere);
    let with_file = || builder(elsewhere.store()).ledger_file(ledger.path());
    let refused = with_file().start().await.unwrap_err();
    assert_eq!(refused, SubjectsError::Ledger(LedgerReason::Behind { missing: 1 }));
    assert_eq!(with_file().replay().await.unwrap().erased, 1);
    let opened = elsewhere.opened(&with_file().start().await.unwrap()).await;
    assert_eq!(opened, [Ok(profile(1, 1)), Err(OpenReason::Erased)]);
}

/// Of the newest Postgres there is, which is the one that the tests start.
fn pg_tool(name: &str) -> PathBuf {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten() {
        let major = entry.file_name().to_string_lossy().parse().unwrap_or(0);
        found.push((major, entry.path().join("bin").join(name)));
    }
    found.sort();
    found.pop().map_or_else(|| name.into(), |(_, path)| path)
}
