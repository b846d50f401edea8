//! The subject root is renewed: survivors are wrapped anew, and the old root opens nothing any more.

use encrypted_fields_keys::subjects::Status;

use super::*;

const KEYS: &str = "encrypted_fields_subject_keys";

fn with_roots(db: &Db, roots: &[u8]) -> SubjectsBuilder {
    Subjects::builder(db.store(), "shop", root(1)).roots(roots.iter().map(|seed| root(*seed)))
}

on_both! {
    async fn survivors_are_wrapped_anew_and_the_old_root_can_be_destroyed(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 25).await;
        db.execute(&format!("CREATE TABLE old_keys AS SELECT * FROM {KEYS}"));
        subjects.erase(3_i64, at(1)).await.unwrap();

        subjects.set_roots(vec![root(3), root(2)]);
        subjects.keyring_for(&base(), [26_i64]).await.unwrap();
        let Status::Present { root_id, .. } = subjects.status(26_i64).await.unwrap() else { panic!() };
        assert_eq!(root_id, root(3).id(), "new keys are under the new root at once");
        assert!(db.opened(&with_roots(db, &[3, 2]).start().await.unwrap()).await[0].is_ok());

        let progress = subjects.rewrap(10).await.unwrap();
        assert_eq!((progress.rewrapped, progress.changed, progress.unusable), (24, 0, 0));
        assert_eq!(progress.left, []);
        assert_eq!(subjects.rewrap(10).await.unwrap().rewrapped, 0);

        // Without the old root everything opens, under the keys of before; and what the old dump holds does not.
        let renewed = with_roots(db, &[3]).start().await.unwrap();
        let opened = db.opened(&renewed).await;
        assert_eq!(opened.iter().filter(|row| row.is_ok()).count(), 24);
        assert_eq!(opened[2], Err(OpenReason::Erased));
        assert!(renewed.verify().await.unwrap().is_clean());
        for table in ["erasures", "erasure_heads"] {
            db.execute(&format!("DELETE FROM encrypted_fields_{table}"));
        }
        db.execute(&format!("DELETE FROM {KEYS}; INSERT INTO {KEYS} SELECT * FROM old_keys"));
        let dumped = with_roots(db, &[3]).start().await.unwrap();
        for row in db.opened(&dumped).await {
            let Err(OpenReason::ScopeKey(reason)) = row else { panic!("{row:?}") };
            assert!(reason.contains("subject root that this process does not hold"), "{reason}");
        }
    }

    async fn what_cannot_be_unwrapped_is_left_and_counted(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 4).await;
        db.execute(&format!("UPDATE {KEYS} SET key_id = key_id + 1 WHERE subject = (SELECT subject FROM {KEYS} ORDER BY subject LIMIT 1)"));
        subjects.set_roots(vec![root(3), root(2)]);
        let progress = subjects.rewrap(2).await.unwrap();
        assert_eq!((progress.rewrapped, progress.unusable), (3, 1));
        assert_eq!(progress.left, [(root(2).id(), 1)], "so the old root must stay");
    }

    async fn erasures_and_renewals_at_once_leave_nobody_half_erased(db) {
        let subjects = with_roots(db, &[3, 2]).start().await.unwrap();
        subjects.set_roots(vec![root(2)]);
        db.with_profiles(&subjects, 60).await;
        subjects.set_roots(vec![root(3), root(2)]);
        let (one, two, eraser) = (subjects.clone(), subjects.clone(), subjects.clone());
        let erasing = tokio::spawn(async move {
            for user in (1..=60_i64).step_by(3) {
                eraser.erase(user, at(1)).await.unwrap();
            }
        });
        let rewraps = [tokio::spawn(async move { one.rewrap(7).await }), tokio::spawn(async move { two.rewrap(7).await })];
        erasing.await.unwrap();
        for rewrap in rewraps {
            rewrap.await.unwrap().unwrap();
        }
        assert_eq!(subjects.rewrap(7).await.unwrap().left, []);
        let renewed = with_roots(db, &[3]).start().await.unwrap();
        let findings = renewed.verify().await.unwrap();
        assert!(findings.is_clean(), "{findings:?}");
        assert_eq!((findings.keys, findings.tombstones), (40, 20));
        assert_eq!(db.opened(&renewed).await.iter().filter(|row| row.is_ok()).count(), 40);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_program_follows_the_subject_roots_of_the_key_store() {
    use encrypted_fields_keys::{KeyService, Purpose};

    use crate::support::{AnyStore, kek, manager, primary, until};

    let store = AnyStore::sqlite();
    let operator = manager(&store, [kek("one")]);
    primary(&operator, Purpose::Data, Algorithm::Aes256Gcm).await;
    let old = primary(&operator, Purpose::SubjectRoot, Algorithm::Aes256Gcm).await;
    let keys =
        KeyService::builder(manager(&store, [kek("one")])).refresh_every(Duration::from_millis(20)).start().await;
    let keys = keys.unwrap();
    let database = harness::sqlite();
    database.connect().run_pending_migrations(SUBJECTS_SQLITE).unwrap();
    let subjects = || Subjects::of(&keys, Arc::new(SqliteSubjectStore::connect(database.url()).unwrap()));
    let serving = subjects().start().await.unwrap();
    let root_of = async |subject: i64| match serving.status(subject).await.unwrap() {
        Status::Present { root_id, .. } => root_id,
        other => panic!("{other:?}"),
    };
    serving.keyring_for(&keys.keyring(), [1_i64]).await.unwrap();
    assert_eq!(root_of(1).await, old);

    let new = primary(&operator, Purpose::SubjectRoot, Algorithm::Aes256Gcm).await;
    until("the new root", async || keys.subject_roots().first().is_some_and(|root| root.id() == new)).await;
    serving.keyring_for(&keys.keyring(), [2_i64]).await.unwrap();
    assert_eq!((root_of(1).await, root_of(2).await), (old, new));
    assert_eq!(serving.rewrap(10).await.unwrap().left, []);
    operator.retire(Purpose::SubjectRoot, old).await.unwrap();
    operator.destroy(Purpose::SubjectRoot, old).await.unwrap();
    until("the old root gone", async || keys.subject_roots().len() == 1).await;
    assert_eq!(root_of(1).await, new, "a survivor is under the new root, and readable");
    let again = subjects().start().await.unwrap();
    again.prefetch([1_i64, 2]).await.unwrap();
    assert_eq!(again.cached(), 2);
}
