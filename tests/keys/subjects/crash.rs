//! A process that is killed at any step leaves nothing lost, nobody half erased, and nobody back.

use std::process::Command;

use encrypted_fields_keys::subjects::{LedgerReason, Status};

use super::*;

const MINT: [&str; 4] = ["mint: wrapped", "mint: permitted", "mint: inserted", "mint: committed"];
const ERASE: [&str; 6] =
    ["erase: begun", "erase: in the file", "erase: planned", "erase: appended", "erase: buried", "erase: committed"];
const REWRAP: [&str; 2] = ["rewrap: page wrapped", "rewrap: page committed"];

/// Runs `what` in a process that aborts at the step.
fn crash(db: &Db, ledger: &Ledger, what: &str, step: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "subjects::crash::works_until_it_is_killed", "--ignored", "--nocapture"])
        .env("SUBJECTS_URL", db.url())
        .env("SUBJECTS_LEDGER", ledger.path())
        .env("SUBJECTS_WHAT", what)
        .env("SUBJECTS_STEP", step)
        .output()
        .unwrap();
    use std::os::unix::process::ExitStatusExt as _;
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(libc_sigabrt()), "{what} at {step}: {text}");
}

/// POSIX; the same on every Unix that these tests run on.
fn libc_sigabrt() -> i32 {
    6
}

#[tokio::test]
#[ignore = "a child process of the tests below"]
async fn works_until_it_is_killed() {
    let of = |name: &str| std::env::var(name).unwrap();
    let (url, what, step) = (of("SUBJECTS_URL"), of("SUBJECTS_WHAT"), of("SUBJECTS_STEP"));
    let store: Arc<dyn SubjectStore> = if url.starts_with("postgres") {
        Arc::new(PgSubjectStore::connect(url).unwrap())
    } else {
        Arc::new(SqliteSubjectStore::connect(url).unwrap())
    };
    let kill = move |at: &'static str| {
        if at == step {
            std::process::abort();
        }
    };
    let subjects = builder(store).ledger_file(of("SUBJECTS_LEDGER")).on_step(Arc::new(kill)).start().await.unwrap();
    match what.as_str() {
        "mint" => drop(subjects.keyring_for(&base(), 1..=5_i64).await.unwrap()),
        "erase" => drop(subjects.erase(2_i64, at(5)).await.unwrap()),
        _ => {
            subjects.set_roots(vec![root(3), root(2)]);
            subjects.rewrap(2).await.unwrap();
        }
    }
}

on_both! {
    async fn while_it_makes_keys(db) {
        let ledger = Ledger::new();
        for step in MINT {
            crash(db, &ledger, "mint", step);
            let made = db.count("encrypted_fields_subject_keys");
            assert_eq!(made, if step == "mint: committed" { 5 } else { 0 }, "{step}");
        }
        let subjects = start(db).await;
        db.with_profiles(&subjects, 6).await;
        assert_eq!(db.count("encrypted_fields_subject_keys"), 6);
        assert!(db.opened(&start(db).await).await.iter().all(Result::is_ok));
        assert!(subjects.verify().await.unwrap().is_clean());
    }

    async fn while_it_erases(db) {
        for step in ERASE {
            for table in ["subject_keys", "erasures", "erasure_heads"] {
                db.execute(&format!("DELETE FROM encrypted_fields_{table}"));
            }
            db.execute("DELETE FROM profiles");
            let ledger = Ledger::new();
            let with_file = || builder(db.store()).ledger_file(ledger.path());
            db.with_profiles(&with_file().start().await.unwrap(), 3).await;

            crash(db, &ledger, "erase", step);
            let half = db.count("encrypted_fields_subject_keys WHERE wrapped IS NULL");
            assert_eq!(db.count("encrypted_fields_erasures"), half, "{step}: both or neither");
            let begun = step == "erase: begun";
            assert_eq!(ledger.lines().len(), usize::from(!begun), "{step}");
            // Once it is in the file, it is carried out before anything is served.
            let subjects = match with_file().start().await {
                Ok(subjects) => subjects,
                Err(refused) => {
                    assert_eq!(refused, SubjectsError::Ledger(LedgerReason::Behind { missing: 1 }), "{step}");
                    assert!(!begun && half == 0, "{step}");
                    assert_eq!(with_file().replay().await.unwrap().erased, 1);
                    with_file().start().await.unwrap()
                }
            };
            let erasure = subjects.erase(2_i64, at(9)).await.unwrap();
            assert_eq!((erasure.again, erasure.at), (!begun, if begun { 9 } else { 5 }), "{step}");
            assert_eq!(ledger.lines().len(), 1, "{step}");
            assert_eq!(db.opened(&subjects).await, [Ok(profile(1, 1)), Err(OpenReason::Erased), Ok(profile(3, 3))]);
            assert!(subjects.verify().await.unwrap().is_clean(), "{step}");
        }
    }

    async fn while_it_wraps_anew(db) {
        let ledger = Ledger::new();
        db.with_profiles(&start(db).await, 5).await;
        for step in REWRAP {
            crash(db, &ledger, "rewrap", step);
            let both = Subjects::builder(db.store(), "shop", root(1)).roots([root(3), root(2)]).start().await.unwrap();
            assert!(db.opened(&both).await.iter().all(Result::is_ok), "{step}");
            let left = db.count(&format!("encrypted_fields_subject_keys WHERE root_id = {}", root(2).id()));
            assert_eq!(left, if step == "rewrap: page committed" { 3 } else { 5 }, "{step}");
        }
        let subjects = Subjects::builder(db.store(), "shop", root(1)).roots([root(3), root(2)]).start().await.unwrap();
        let progress = subjects.rewrap(2).await.unwrap();
        assert_eq!((progress.rewrapped, progress.left.len()), (3, 0), "it goes on where it was");
        let renewed = Subjects::builder(db.store(), "shop", root(1)).root(root(3)).start().await.unwrap();
        assert!(db.opened(&renewed).await.iter().all(Result::is_ok));
        let Status::Present { root_id, .. } = renewed.status(1_i64).await.unwrap() else { panic!() };
        assert_eq!(root_id, root(3).id());
    }

    async fn an_erasure_whose_commit_failed_is_carried_out_by_the_next_attempt(db) {
        let ledger = Ledger::new();
        let subjects = builder(db.store()).ledger_file(ledger.path()).start().await.unwrap();
        db.with_profiles(&subjects, 2).await;
        db.execute("ALTER TABLE encrypted_fields_erasures RENAME TO away");
        // Nothing is written to the file before the ledger was read.
        assert!(matches!(subjects.erase(1_i64, at(5)).await.unwrap_err(), SubjectsError::Database { .. }));
        assert_eq!(ledger.lines().len(), 0);
        db.execute("ALTER TABLE away RENAME TO encrypted_fields_erasures");
        match db {
            Db::Postgres(_) => db.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'; \
                 CREATE TRIGGER refuse BEFORE UPDATE ON encrypted_fields_subject_keys EXECUTE FUNCTION refuse()",
            ),
            Db::Sqlite(_) => db.execute(
                "CREATE TRIGGER refuse BEFORE UPDATE ON encrypted_fields_subject_keys BEGIN SELECT RAISE(ABORT, 'no'); END",
            ),
        }
        assert!(matches!(subjects.erase(1_i64, at(5)).await.unwrap_err(), SubjectsError::Database { .. }));
        assert_eq!((ledger.lines().len(), db.count("encrypted_fields_erasures")), (1, 0));
        match db {
            Db::Postgres(_) => db.execute("DROP TRIGGER refuse ON encrypted_fields_subject_keys"),
            Db::Sqlite(_) => db.execute("DROP TRIGGER refuse"),
        }
        let erasure = subjects.erase(1_i64, at(9)).await.unwrap();
        assert_eq!((erasure.at, erasure.again), (5, false), "the date that the file names");
        assert_eq!(ledger.lines().len(), 1);
        assert!(subjects.verify().await.unwrap().is_clean());
    }
}
