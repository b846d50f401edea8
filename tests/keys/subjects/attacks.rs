//! Whoever can write the database gets no key, brings nobody back, and is found.

use encrypted_fields_keys::subjects::{Finding, LedgerReason, Status};

use super::*;

const KEYS: &str = "encrypted_fields_subject_keys";

/// Erases user 2 of 1, 2, 3, with his record of before in `old_keys`.
async fn erased(db: &Db) -> Subjects {
    let subjects = start(db).await;
    db.with_profiles(&subjects, 3).await;
    db.execute(&format!("CREATE TABLE old_keys AS SELECT * FROM {KEYS}"));
    subjects.erase(2_i64, at(5)).await.unwrap();
    subjects
}

/// User 2's key: his record is the one that is erased.
const TWO: &str =
    "subject IN (SELECT subject FROM old_keys WHERE key_id IN (SELECT key_id FROM encrypted_fields_erasures))";

async fn is_erased(db: &Db, subjects: &Subjects) {
    let refused = subjects.keyring_for(&base(), [2_i64]).await.unwrap_err();
    assert_eq!(refused, SubjectsError::Erased { erased: 1, asked: 1, first: 0 });
    assert_eq!(db.opened(subjects).await[1], Err(OpenReason::Erased));
    assert_eq!(subjects.status(2_i64).await.unwrap(), Status::Erased { at: 5 });
}

/// Whether something like it is among the findings.
async fn finds(subjects: &SubjectsBuilder, like: impl Fn(&Finding) -> bool) {
    let findings = subjects.verify().await.unwrap();
    assert!(findings.findings.iter().any(like), "{findings:?}");
}

on_both! {
    async fn a_deleted_tombstone_brings_nobody_back(db) {
        erased(db).await;
        db.execute(&format!("DELETE FROM {KEYS} WHERE erased_at IS NOT NULL"));
        let subjects = start(db).await;
        is_erased(db, &subjects).await;
        finds(&builder(db.store()), |finding| matches!(finding, Finding::TombstoneMissing { seq: 1, .. })).await;
        assert!(subjects.erase(2_i64, at(9)).await.unwrap().again);
        assert!(subjects.verify().await.unwrap().is_clean(), "erasing again mends it");
    }

    // With a record from an old dump in hand, and every trace of the erasure removed. A page looks at its own subjects only, so it
    // is not what notices; whatever looks at the ledger does, and so does the file.
    async fn an_erasure_removed_without_a_trace_is_noticed_by_whatever_looks_at_the_ledger(db) {
        let subjects = erased(db).await;
        db.execute(&format!("DELETE FROM {KEYS} WHERE erased_at IS NOT NULL"));
        db.execute(&format!("INSERT INTO {KEYS} SELECT * FROM old_keys WHERE {TWO}"));
        db.execute("DELETE FROM encrypted_fields_erasures");
        let refused = builder(db.store()).start().await.unwrap_err();
        assert!(matches!(refused, SubjectsError::Ledger(LedgerReason::Count { head: 1, found: 0 })), "{refused}");
        for refused in [
            subjects.keyring_for(&base(), [9_i64]).await.map(drop).unwrap_err(),
            subjects.erase(3_i64, at(9)).await.map(drop).unwrap_err(),
        ] {
            assert!(matches!(refused, SubjectsError::Ledger(LedgerReason::Count { .. })), "{refused}");
        }
        assert!(!subjects.verify().await.unwrap().is_clean());
    }

    async fn a_tombstone_made_a_key_again_brings_nobody_back(db) {
        let subjects = erased(db).await;
        db.execute(&format!("DELETE FROM {KEYS} WHERE erased_at IS NOT NULL"));
        db.execute(&format!("INSERT INTO {KEYS} SELECT * FROM old_keys WHERE {TWO}"));
        assert_eq!(db.count(&format!("{KEYS} WHERE wrapped IS NOT NULL")), 3);
        // In the process that erased him, and in a new one.
        for subjects in [subjects, start(db).await] {
            subjects.evict(2_i64);
            is_erased(db, &subjects).await;
            finds(&builder(db.store()), |finding| matches!(finding, Finding::Resurrected { seq: 1, .. })).await;
        }
        let subjects = start(db).await;
        assert_eq!(subjects.erase(2_i64, at(9)).await.unwrap().at, 5);
        assert!(subjects.verify().await.unwrap().is_clean());
    }

    async fn with_the_ledgers_row_deleted_too_no_key_is_made_and_no_process_starts(db) {
        let subjects = erased(db).await;
        db.execute(&format!("DELETE FROM {KEYS} WHERE erased_at IS NOT NULL; DELETE FROM encrypted_fields_erasures"));
        let count = LedgerReason::Count { head: 1, found: 0 };
        assert_eq!(builder(db.store()).start().await.unwrap_err(), SubjectsError::Ledger(count.clone()));
        subjects.evict(2_i64);
        for refused in [
            subjects.keyring_for(&base(), [2_i64]).await.unwrap_err(),
            subjects.keyring_for(&base(), [99_i64]).await.unwrap_err(),
            subjects.erase(1_i64, at(1)).await.unwrap_err(),
        ] {
            assert_eq!(refused, SubjectsError::Ledger(count.clone()));
        }
        finds(&builder(db.store()), |finding| *finding == Finding::Ledger(count.clone())).await;
    }

    async fn a_cut_tail_is_noticed_whatever_is_done_to_the_head(db) {
        let subjects = erased(db).await;
        db.execute("CREATE TABLE old_heads AS SELECT * FROM encrypted_fields_erasure_heads");
        subjects.erase(3_i64, at(6)).await.unwrap();
        db.execute("CREATE TABLE new_heads AS SELECT * FROM encrypted_fields_erasure_heads");
        db.execute("DELETE FROM encrypted_fields_erasures WHERE seq = 2");
        let refused = builder(db.store()).start().await.unwrap_err();
        assert_eq!(refused, SubjectsError::Ledger(LedgerReason::Count { head: 2, found: 1 }));

        // The number set back, without the root to make its MAC.
        db.execute("UPDATE encrypted_fields_erasure_heads SET seq = 1");
        let refused = builder(db.store()).start().await.unwrap_err();
        assert_eq!(refused, SubjectsError::Ledger(LedgerReason::HeadAltered));

        // The head deleted, with the tombstones as witnesses.
        db.execute("DELETE FROM encrypted_fields_erasure_heads; DELETE FROM encrypted_fields_erasures");
        let refused = builder(db.store()).start().await.unwrap_err();
        assert_eq!(refused, SubjectsError::Ledger(LedgerReason::HeadMissing));

        // A head of before: a process that has seen more does not go back.
        db.execute("INSERT INTO encrypted_fields_erasure_heads SELECT * FROM old_heads");
        let refused = subjects.keyring_for(&base(), [99_i64]).await.unwrap_err();
        assert_eq!(refused, SubjectsError::Ledger(LedgerReason::WentBack { seen: 2, found: 1 }));
    }

    async fn an_altered_entry_or_another_order_is_noticed(db) {
        let subjects = erased(db).await;
        subjects.erase(3_i64, at(6)).await.unwrap();
        db.execute("CREATE TABLE good AS SELECT * FROM encrypted_fields_erasures");
        for attack in [
            "UPDATE encrypted_fields_erasures SET erased_at = 7 WHERE seq = 1",
            "UPDATE encrypted_fields_erasures SET key_id = 7 WHERE seq = 1",
            "UPDATE encrypted_fields_erasures SET subject = subject || subject WHERE seq = 1",
            "UPDATE encrypted_fields_erasures SET chain = mac WHERE seq = 1",
            "UPDATE encrypted_fields_erasures SET seq = seq + 10; UPDATE encrypted_fields_erasures SET seq = 13 - seq",
        ] {
            db.execute(attack);
            let refused = builder(db.store()).start().await.unwrap_err();
            let noticed = matches!(refused, SubjectsError::Ledger(LedgerReason::Entry { .. } | LedgerReason::Count { .. }));
            assert!(noticed, "{attack}: {refused}");
            finds(&builder(db.store()), |finding| matches!(finding, Finding::Ledger(_))).await;
            db.execute("DELETE FROM encrypted_fields_erasures; INSERT INTO encrypted_fields_erasures SELECT * FROM good");
        }
        start(db).await;
    }

    async fn an_entry_that_an_attacker_adds_erases_nobody(db) {
        let subjects = erased(db).await;
        db.execute(
            "INSERT INTO encrypted_fields_erasures SELECT e.application, e.tenant, 2, k.subject, k.key_id, 9, e.mac, e.chain \
             FROM encrypted_fields_erasures e, encrypted_fields_subject_keys k WHERE k.erased_at IS NULL \
             AND k.subject = (SELECT subject FROM encrypted_fields_subject_keys ORDER BY subject LIMIT 1)",
        );
        subjects.evict(1_i64);
        let opened = db.opened(&subjects).await;
        let Err(OpenReason::ScopeKey(reason)) = &opened[0] else { panic!("{opened:?}") };
        assert!(reason.contains("does not verify"), "{reason}");
        assert_eq!(opened[2], Ok(profile(3, 3)), "the others open");
        let refused = subjects.keyring_for(&base(), [99_i64]).await.unwrap_err();
        assert_eq!(refused, SubjectsError::Ledger(LedgerReason::Count { head: 1, found: 2 }));
    }

    async fn a_tombstone_that_is_not_genuine_is_neither_a_key_nor_an_erasure(db) {
        let subjects = erased(db).await;
        db.execute(&format!(
            "UPDATE {KEYS} SET wrapped = NULL, root_id = NULL, erased_at = 5, mac = wrapped WHERE wrapped IS NOT NULL"
        ));
        let fresh = start(db).await;
        let opened = db.opened(&fresh).await;
        for row in [0, 2] {
            let Err(OpenReason::ScopeKey(reason)) = &opened[row] else { panic!("{opened:?}") };
            assert!(reason.contains("tombstone was altered"), "{reason}");
        }
        assert!(matches!(fresh.keyring_for(&base(), [3_i64]).await.unwrap_err(), SubjectsError::Unusable { index: 0, .. }));
        finds(&builder(db.store()), |finding| matches!(finding, Finding::Unusable { .. })).await;
        // Asked to erase, it does.
        assert!(!subjects.erase(3_i64, at(8)).await.unwrap().again);
        assert_eq!(start(db).await.status(3_i64).await.unwrap(), Status::Erased { at: 8 });
    }

    async fn swapped_keys_of_two_users_do_not_unwrap(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 3).await;
        db.execute(&format!("CREATE TABLE old_keys AS SELECT * FROM {KEYS}"));
        for columns in [&["wrapped"][..], &["wrapped", "key_id"], &["key_id"]] {
            for column in columns {
                db.execute(&format!(
                    "UPDATE {KEYS} SET {column} = (SELECT {column} FROM old_keys ORDER BY subject LIMIT 1 OFFSET 1) \
                     WHERE subject = (SELECT subject FROM old_keys ORDER BY subject LIMIT 1 OFFSET 2)"
                ));
            }
            let opened = db.opened(&start(db).await).await;
            assert_eq!(opened[..2], [Ok(profile(1, 1)), Ok(profile(2, 2))]);
            let Err(OpenReason::ScopeKey(reason)) = &opened[2] else { panic!("{columns:?} {opened:?}") };
            assert!(reason.contains("its record was altered"), "{reason}");
            let refused = start(db).await.keyring_for(&base(), [1_i64, 3]).await.unwrap_err();
            assert!(matches!(refused, SubjectsError::Unusable { index: 1, .. }), "{refused}");
            db.execute(&format!("DELETE FROM {KEYS}; INSERT INTO {KEYS} SELECT * FROM old_keys"));
        }
    }

    async fn an_altered_record_does_not_unwrap(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 1).await;
        db.execute(&format!("CREATE TABLE old_keys AS SELECT * FROM {KEYS}"));
        for attack in [
            "key_id = key_id + 1",
            "key_id = 0",
            "key_id = -1",
            "key_id = key_id + 4294967296",
            "algorithm = 'XAES-256-GCM'",
            "algorithm = 'none'",
            "wrapped = subject",
        ] {
            db.execute(&format!("UPDATE {KEYS} SET {attack}"));
            let opened = db.opened(&start(db).await).await;
            let refused = matches!(opened[0], Err(OpenReason::ScopeKey(_)));
            assert!(refused, "{attack}: {opened:?}");
            finds(&builder(db.store()), |finding| matches!(finding, Finding::Unusable { .. })).await;
            db.execute(&format!("DELETE FROM {KEYS}; INSERT INTO {KEYS} SELECT * FROM old_keys"));
        }
        assert_eq!(db.opened(&start(db).await).await, [Ok(profile(1, 1))]);
    }

    async fn a_record_that_names_another_root_than_its_key_is_found(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 1).await;
        db.execute(&format!("UPDATE {KEYS} SET root_id = root_id + 1"));
        finds(&builder(db.store()), |finding| matches!(finding, Finding::Unusable { .. })).await;
    }

    async fn another_tenants_record_is_no_key_here(db) {
        let north = builder(db.store()).tenant("north").start().await.unwrap();
        db.with_profiles(&north, 1).await;
        builder(db.store()).tenant("south").start().await.unwrap();
        db.execute(&format!("UPDATE {KEYS} SET tenant = 'south'"));
        let south = builder(db.store()).tenant("south").start().await.unwrap();
        let opened = db.opened(&south).await;
        assert!(matches!(opened[0], Err(OpenReason::ScopeKey(_))), "{opened:?}");

        // His erasures are no erasures here either.
        db.execute(&format!("UPDATE {KEYS} SET tenant = 'north'"));
        north.erase(1_i64, at(1)).await.unwrap();
        south.keyring_for(&base(), [1_i64]).await.unwrap();
        db.execute("DELETE FROM encrypted_fields_erasure_heads WHERE tenant = 'south'");
        for table in ["encrypted_fields_erasures", "encrypted_fields_erasure_heads"] {
            db.execute(&format!("UPDATE {table} SET tenant = 'south'"));
        }
        let refused = builder(db.store()).tenant("south").start().await.unwrap_err();
        assert_eq!(refused, SubjectsError::Ledger(LedgerReason::HeadAltered));
    }

    async fn a_key_of_the_attackers_own_is_no_key(db) {
        // Wrapped under a root that he has, in the right context.
        let mallory = Subjects::builder(db.store(), "shop", root(7)).root(root(8)).start().await.unwrap();
        db.with_profiles(&mallory, 1).await;
        db.execute("DELETE FROM encrypted_fields_erasure_heads");
        let subjects = start(db).await;
        let opened = db.opened(&subjects).await;
        assert!(matches!(opened[0], Err(OpenReason::ScopeKey(_))), "{opened:?}");
        assert!(matches!(subjects.keyring_for(&base(), [1_i64]).await.unwrap_err(), SubjectsError::Unusable { .. }));
    }

    async fn another_store_root_is_noticed_at_the_start(db) {
        erased(db).await;
        let refused = Subjects::builder(db.store(), "shop", root(9)).root(root(2)).start().await.unwrap_err();
        assert_eq!(refused, SubjectsError::Ledger(LedgerReason::HeadAltered));
        assert!(refused.to_string().contains("another store root"), "{refused}");
    }
}
