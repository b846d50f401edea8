//! An erased person is erased for good, in every process.

use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use encrypted_fields_keys::subjects::{Finding, LedgerReason, Status};

use super::*;

on_both! {
    async fn the_rows_of_an_erased_user_fail_for_ever_and_the_others_open(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 3).await;
        let Status::Present { key_id, .. } = subjects.status(2_i64).await.unwrap() else { panic!() };
        let erasure = subjects.erase(2_i64, at(1_000)).await.unwrap();
        assert_eq!((erasure.at, erasure.key_id, erasure.again), (1_000, Some(key_id), false));

        let expected = [Ok(profile(1, 1)), Err(OpenReason::Erased), Ok(profile(3, 3))];
        assert_eq!(db.opened(&subjects).await, expected);
        let later = start(db).await;
        assert_eq!(db.opened(&later).await, expected);
        assert_eq!(later.status(2_i64).await.unwrap(), Status::Erased { at: 1_000 });
        assert_eq!(db.count("encrypted_fields_subject_keys WHERE wrapped IS NULL"), 1);
        assert!(later.verify().await.unwrap().is_clean());
    }

    async fn an_erased_user_is_never_given_a_key_again(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 2).await;
        subjects.erase(2_i64, at(1)).await.unwrap();
        for subjects in [subjects, start(db).await] {
            for _ in 0..2 {
                let refused = subjects.keyring_for(&base(), [5_i64, 2, 1, 2]).await.unwrap_err();
                assert_eq!(refused, SubjectsError::Erased { erased: 2, asked: 4, first: 1 });
            }
        }
        assert_eq!(db.count("encrypted_fields_subject_keys"), 2, "and nothing is made for those beside him");
    }

    async fn erasing_again_gives_the_first_date(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 1).await;
        let first = subjects.erase(1_i64, at(10)).await.unwrap();
        for subjects in [subjects, start(db).await] {
            let again = subjects.erase(1_i64, at(99)).await.unwrap();
            assert_eq!((again.at, again.key_id, again.again), (10, first.key_id, true));
        }
        assert_eq!(db.count("encrypted_fields_erasures"), 1);
    }

    async fn a_user_without_a_key_is_erased_as_well(db) {
        let subjects = start(db).await;
        let erasure = subjects.erase(7_i64, at(10)).await.unwrap();
        assert_eq!((erasure.at, erasure.key_id, erasure.again), (10, None, false));
        let refused = subjects.keyring_for(&base(), [7_i64]).await.unwrap_err();
        assert_eq!(refused, SubjectsError::Erased { erased: 1, asked: 1, first: 0 });
        assert!(start(db).await.verify().await.unwrap().is_clean());
    }

    async fn a_process_that_is_not_told_opens_for_as_long_as_its_cache_at_most(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 1).await;
        let other = builder(db.store()).cache(100, Duration::from_millis(300)).start().await.unwrap();
        assert_eq!(db.opened(&other).await, [Ok(profile(1, 1))]);
        subjects.erase(1_i64, at(1)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(350)).await;
        assert_eq!(db.opened(&other).await, [Err(OpenReason::Erased)]);
    }

    async fn an_erasure_that_races_with_first_seals_wins(db) {
        // Users 1 to 30: each is met by three processes for the first time while he is erased.
        let processes = [start(db).await, start(db).await, start(db).await];
        let mut tasks = Vec::new();
        for user in 1..=30_i64 {
            for subjects in &processes {
                let subjects = subjects.clone();
                tasks.push(tokio::spawn(async move {
                    match subjects.keyring_for(&base(), [user]).await {
                        Ok(_) | Err(SubjectsError::Erased { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }));
            }
            let subjects = processes[0].clone();
            tasks.push(tokio::spawn(async move {
                subjects.erase(user, at(7)).await.unwrap();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(db.count("encrypted_fields_subject_keys WHERE wrapped IS NOT NULL"), 0);
        // In the process that erased, nothing is left in memory either.
        for user in 1..=30_i64 {
            let refused = processes[0].keyring_for(&base(), [user]).await.unwrap_err();
            assert_eq!(refused, SubjectsError::Erased { erased: 1, asked: 1, first: 0 });
        }
        let findings = start(db).await.verify().await.unwrap();
        assert!(findings.is_clean() && findings.entries == 30 && findings.tombstones == 30, "{findings:?}");
    }

    async fn many_erasures_at_once_make_one_chain(db) {
        let ledger = Ledger::new();
        let file = || builder(db.store()).ledger_file(ledger.path());
        let processes = [file().start().await.unwrap(), file().start().await.unwrap()];
        db.with_profiles(&processes[0], 40).await;
        let mut tasks = Vec::new();
        for user in 1..=40_i64 {
            // Two at a time, of the same user.
            for subjects in &processes {
                let subjects = subjects.clone();
                tasks.push(tokio::spawn(async move { subjects.erase(user, at(7)).await.unwrap().again }));
            }
        }
        let mut firsts = 0;
        for task in tasks {
            firsts += usize::from(!task.await.unwrap());
        }
        assert_eq!(firsts, 40);
        assert_eq!(ledger.lines().len(), 40);
        let findings = file().start().await.unwrap().verify().await.unwrap();
        assert!(findings.is_clean() && findings.entries == 40, "{findings:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_tells_other_processes_of_an_erasure() {
    let db = Db::postgres();
    let subjects = start(&db).await;
    db.with_profiles(&subjects, 3).await;
    let other = builder(db.store()).cache(100, Duration::from_secs(3600)).start().await.unwrap();
    let tenant = builder(db.store()).tenant("north").start().await.unwrap();
    tenant.keyring_for(&base(), [1_i64]).await.unwrap();
    let mut listening = Vec::new();
    for subjects in [&other, &tenant] {
        let (subjects, conn) = (subjects.clone(), AsyncPgConnection::establish(&db.url()).await.unwrap());
        listening.push(tokio::spawn(async move { subjects.listen(conn).await }));
    }
    // It begins with an empty memory: that is when it listens.
    patiently(|| tenant.cached() == 0).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    tenant.keyring_for(&base(), [1_i64]).await.unwrap();
    assert_eq!(db.opened(&other).await.iter().filter(|row| row.is_ok()).count(), 3);
    assert_eq!(other.cached(), 3);

    subjects.erase(1_i64, at(1)).await.unwrap();
    patiently(|| other.cached() == 2).await;
    assert_eq!(db.opened(&other).await[0], Err(OpenReason::Erased));
    assert_eq!(tenant.cached(), 1, "his namesake of another tenant stays");

    // What is not understood empties memory.
    db.execute("NOTIFY encrypted_fields_subjects, '?'");
    patiently(|| other.cached() == 0 && tenant.cached() == 0).await;
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid() \
         AND datname = current_database()",
    );
    for listening in listening {
        let ended = tokio::time::timeout(Duration::from_secs(10), listening).await.unwrap().unwrap().unwrap_err();
        assert!(ended.to_string().contains("listen for erasures"), "{ended}");
    }
}

async fn patiently(condition: impl Fn() -> bool) {
    for _ in 0..500 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen within 5 seconds");
}

#[tokio::test]
async fn the_wrapped_keys_can_live_apart_so_that_a_dump_of_the_data_holds_none() {
    let (data, keys) = (Db::postgres(), Db::postgres());
    let subjects = start(&keys).await;
    let rows = vec![profile(1, 1), profile(2, 2)];
    data.insert(&rows, &subjects.keyring_for(&base(), [1_i64, 2]).await.unwrap());
    assert_eq!(data.count("encrypted_fields_subject_keys"), 0);
    assert!(data.opened(&subjects).await.iter().all(Result::is_ok));

    // The data is dumped, the user erased, the data restored: what comes back is sealed under a key that is gone.
    data.execute("CREATE TABLE dump AS SELECT * FROM profiles");
    subjects.erase(1_i64, at(1)).await.unwrap();
    data.execute("DELETE FROM profiles; INSERT INTO profiles SELECT * FROM dump");
    assert_eq!(data.opened(&start(&keys).await).await, [Err(OpenReason::Erased), Ok(profile(2, 2))]);
}

#[tokio::test]
async fn a_running_process_refuses_a_ledger_that_goes_back() {
    let db = Db::sqlite();
    let subjects = start(&db).await;
    db.with_profiles(&subjects, 2).await;
    for table in ["subject_keys", "erasures", "erasure_heads"] {
        db.execute(&format!("CREATE TABLE old_{table} AS SELECT * FROM encrypted_fields_{table}"));
    }
    subjects.erase(1_i64, at(1)).await.unwrap();
    for table in ["subject_keys", "erasures", "erasure_heads"] {
        db.execute(&format!("DELETE FROM encrypted_fields_{table}"));
        db.execute(&format!("INSERT INTO encrypted_fields_{table} SELECT * FROM old_{table}"));
    }
    let back = LedgerReason::WentBack { seen: 1, found: 0 };
    for refused in
        [subjects.keyring_for(&base(), [9_i64]).await.unwrap_err(), subjects.erase(2_i64, at(2)).await.unwrap_err()]
    {
        assert_eq!(refused, SubjectsError::Ledger(back.clone()));
    }
    assert!(subjects.verify().await.unwrap().findings.contains(&Finding::Ledger(back)));
}
