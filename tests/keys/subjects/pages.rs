//! Rows sealed and opened under the keys of their users, page by page.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use diesel::connection::InstrumentationEvent;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use encrypted_fields::error::SealReason;
use encrypted_fields::page::SealedRow as _;
use encrypted_fields::{Algorithm, DataKey, ScopeId, seal_all};
use encrypted_fields_keys::subjects::Status;
use futures_util::FutureExt as _;

use super::*;

on_both! {
    async fn a_row_is_sealed_under_its_users_key(db) {
        let subjects = start(db).await;
        let rows = vec![profile(1, 7), profile(2, 7), profile(3, 8)];
        let keyring = subjects.keyring_for(&base(), [7_i64, 7, 8]).await.unwrap();
        db.insert(&rows, &keyring);

        let sealed = db.sealed();
        let key_of = |row: &SealedProfile| row.email.stored().unwrap()[1..5].to_vec();
        assert_eq!(key_of(&sealed[0]), key_of(&sealed[1]));
        assert_ne!(key_of(&sealed[0]), key_of(&sealed[2]));
        for (row, user) in [(0, 7_i64), (2, 8)] {
            let Status::Present { key_id, root_id, .. } = subjects.status(user).await.unwrap() else { panic!() };
            assert_eq!((key_of(&sealed[row]), root_id), (key_id.to_be_bytes().to_vec(), root(2).id()));
        }
        // In this process, and in another one that has nothing in memory.
        for subjects in [subjects, start(db).await] {
            let opened: Vec<Profile> = db.opened(&subjects).await.into_iter().map(Result::unwrap).collect();
            assert_eq!(opened, rows);
        }
    }

    async fn a_sealed_row_tells_its_scope(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 1).await;
        let scope = Profile::scope_of(&db.sealed()[0]).unwrap();
        assert_eq!(scope, Some(ScopeId::from(1_i64)));
    }

    async fn the_default_keyring_opens_what_is_in_memory_and_asks_nobody(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 3).await;
        subjects.erase(3_i64, at(100)).await.unwrap();
        let cold = start(db).await;
        let keyring = base().to_builder().scoped_elsewhere(Arc::new(cold.clone())).build().unwrap();
        let open = || -> Vec<_> {
            let opened = db.sealed().into_iter().map(|row| row.open(&keyring));
            opened.map(|row| row.map(|row| row.id).map_err(|error| error.reason().clone())).collect()
        };
        assert_eq!(open(), vec![Err(OpenReason::NotLoaded); 3]);
        cold.prefetch([1_i64, 3]).await.unwrap();
        assert_eq!(open(), [Ok(1), Err(OpenReason::NotLoaded), Err(OpenReason::Erased)]);
        cold.evict(1_i64);
        assert_eq!(open(), [Err(OpenReason::NotLoaded), Err(OpenReason::NotLoaded), Err(OpenReason::Erased)]);

        // Sealing likewise.
        let seal = |user| profile(9, user).seal(&keyring).map(drop).map_err(|error| error.reason().clone());
        assert_eq!(seal(2), Err(SealReason::NotLoaded));
        assert_eq!(seal(3), Err(SealReason::Erased));
        cold.prefetch([2_i64]).await.unwrap();
        assert_eq!(seal(2), Ok(()));
    }

    async fn a_row_whose_user_never_had_a_key_says_so_and_the_others_open(db) {
        let subjects = start(db).await;
        db.with_profiles(&subjects, 2).await;
        db.execute("UPDATE profiles SET user_id = 99 WHERE id = 1");
        assert_eq!(db.opened(&subjects).await, [Err(OpenReason::UnknownScope), Ok(profile(2, 2))]);
        assert_eq!(subjects.status(99_i64).await.unwrap(), Status::Absent, "opening makes no key");
    }

    async fn a_look_up_takes_the_users_index_key(db) {
        let subjects = start(db).await;
        let keyring = subjects.keyring_for(&base(), [1_i64, 2]).await.unwrap();
        let same = |id, user_id| Profile { email: "same@example.com".into(), ..profile(id, user_id) };
        db.insert(&[same(1, 1), same(2, 2), profile(3, 1)], &keyring);
        let tokens: Vec<_> = db.sealed().into_iter().map(|row| row.email_bidx).collect();
        assert_ne!(tokens[0], tokens[1], "one value, two users");

        // Over the keyring of another process, which has read the keys and not made them.
        let cold = start(db).await;
        let keyring = cold.keyring_for(&base(), [1_i64, 2]).await.unwrap();
        let found: Vec<i64> = scope::with(&keyring, || {
            let query = Profile::query().filter(Profile::email_eq(&1, "same@example.com"));
            let rows = match db {
                Db::Postgres(database) => query.load(&mut database.connect()),
                Db::Sqlite(database) => {
                    Profile::query().filter(Profile::email_eq(&1, "same@example.com")).load(&mut database.connect())
                }
            };
            rows.unwrap().into_iter().map(|row: Profile| row.id).collect()
        });
        assert_eq!(found, [1]);
    }

    async fn the_algorithm_travels_with_each_key(db) {
        let old = builder(db.store()).algorithm(Algorithm::Xaes256Gcm).start().await.unwrap();
        db.with_profiles(&old, 1).await;
        let new = start(db).await;
        let keyring = new.keyring_for(&base(), [1_i64, 2]).await.unwrap();
        db.insert(&[profile(2, 1), profile(3, 2)], &keyring);
        // Longer nonces, by 12 bytes: the same address under both.
        let length = |row: &SealedProfile| row.email.stored().unwrap().len();
        let sealed = db.sealed();
        assert_eq!(length(&sealed[0]), length(&sealed[1]));
        assert_eq!(length(&sealed[0]), length(&sealed[2]) + 12);
        assert!(db.opened(&start(db).await).await.iter().all(Result::is_ok));
    }

    async fn many_who_meet_a_new_user_at_once_get_one_key(db) {
        let processes = [start(db).await, start(db).await, start(db).await];
        let mut tasks = Vec::new();
        for (at, subjects) in processes.iter().cycle().take(24).enumerate() {
            let subjects = subjects.clone();
            tasks.push(tokio::spawn(async move {
                // In different orders, which must not wait for each other in a circle.
                let mut users: Vec<i64> = (1..=20).collect();
                users.rotate_left(at % 20);
                let keyring = subjects.keyring_for(&base(), users).await.unwrap();
                (1..=20).map(|user| profile(user, user).seal(&keyring).unwrap().email.stored().unwrap()[1..5].to_vec()).collect::<Vec<_>>()
            }));
        }
        let mut ids = Vec::new();
        for task in tasks {
            ids.push(task.await.unwrap());
        }
        assert!(ids.iter().all(|other| *other == ids[0]));
        assert_eq!(db.count("encrypted_fields_subject_keys"), 20);
    }

    async fn a_subject_of_another_tenant_or_application_is_another(db) {
        let of = |application: &str, tenant: &str| {
            let builder = Subjects::builder(db.store(), application, root(1)).root(root(2)).tenant(tenant);
            async move { builder.start().await.unwrap() }
        };
        let spaces = [of("shop", "").await, of("shop", "north").await, of("shop", "south").await, of("mail", "north").await];
        for subjects in &spaces {
            subjects.keyring_for(&base(), [1_i64]).await.unwrap();
        }
        spaces[1].erase(1_i64, at(5)).await.unwrap();
        let mut ids = Vec::new();
        for (at, subjects) in spaces.iter().enumerate() {
            match subjects.status(1_i64).await.unwrap() {
                Status::Present { key_id, .. } => ids.push(key_id),
                other => assert_eq!((at, other), (1, Status::Erased { at: 5 })),
            }
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 3);
    }

    async fn without_a_subject_root_no_key_is_made(db) {
        let subjects = Subjects::builder(db.store(), "shop", root(1)).start().await.unwrap();
        assert_eq!(subjects.keyring_for(&base(), [1_i64]).await.unwrap_err(), SubjectsError::NoRoot);
        assert_eq!(db.count("encrypted_fields_subject_keys"), 0);
    }

    async fn under_another_subject_root_nothing_opens_and_each_row_says_why(db) {
        db.with_profiles(&start(db).await, 2).await;
        let wrong = Subjects::builder(db.store(), "shop", root(1)).root(root(9)).start().await.unwrap();
        for row in db.opened(&wrong).await {
            let Err(OpenReason::ScopeKey(reason)) = row else { panic!("{row:?}") };
            assert!(reason.contains("subject root that this process does not hold"), "{reason}");
        }
        let refused = wrong.keyring_for(&base(), [5_i64, 2]).await.unwrap_err();
        assert!(matches!(refused, SubjectsError::Unusable { index: 1, .. }), "{refused}");
        assert_eq!(db.count("encrypted_fields_subject_keys"), 2, "nothing was made beside them");
    }
}

/// A pool whose connections count every statement that they send.
fn counted(url: String) -> (PgSubjectStore, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let mut config = ManagerConfig::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |url| {
        let counter = Arc::clone(&counter);
        async move {
            let mut conn = AsyncPgConnection::establish(url).await?;
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
    (PgSubjectStore::new(Pool::builder(manager).max_size(2).build().unwrap()), count)
}

#[tokio::test]
async fn a_page_of_a_thousand_users_takes_one_query() {
    let db = Db::postgres();
    db.with_profiles(&start(&db).await, 1000).await;
    let (store, count) = counted(db.url());
    let cold = builder(Arc::new(store)).start().await.unwrap();
    let (before, sealed) = (count.load(SeqCst), db.sealed());
    let rows = cold.open_all::<Profile>(&base(), sealed.clone(), Cores::One).await.unwrap();
    assert_eq!(count.load(SeqCst) - before, 1);
    assert_eq!((rows.len(), rows.iter().filter(|row| row.is_ok()).count()), (1000, 1000));
    // And none when they are in memory.
    cold.open_all::<Profile>(&base(), sealed, Cores::One).await.unwrap();
    assert_eq!(count.load(SeqCst) - before, 1);
}

#[tokio::test]
async fn a_page_of_a_model_without_a_key_column_asks_nobody() {
    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        notes (id) {
            id -> BigInt,
            body -> Encrypted<Text>,
        }
    }
    #[derive(EncryptedModel)]
    struct Note {
        id: i64,
        #[encrypted]
        body: String,
    }
    let db = Db::postgres();
    let (store, count) = counted(db.url());
    let subjects = builder(Arc::new(store)).start().await.unwrap();
    let before = count.load(SeqCst);
    let rows = (0..10).map(|id| Note { id, body: format!("note {id}") }).collect();
    let keyring = base();
    let sealed = seal_all(rows, &keyring, Cores::One).into_iter().map(Result::unwrap).collect();
    let opened = subjects.open_all::<Note>(&keyring, sealed, Cores::One).await.unwrap();
    assert!(opened.into_iter().enumerate().all(|(at, note)| note.unwrap().body == format!("note {at}")));
    assert_eq!(count.load(SeqCst), before);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_named_with_what_was_being_done() {
    let store = PgSubjectStore::connect("postgres://nobody:secret@127.0.0.1:1/keys").unwrap();
    let error = builder(Arc::new(store)).start().await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("failed to read the ledger of erasures") && shown.contains("can be reached"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");

    let database = harness::sqlite();
    database.connect();
    let error = builder(Arc::new(SqliteSubjectStore::connect(database.url()).unwrap())).start().await.unwrap_err();
    assert!(error.to_string().contains("no such table") && error.to_string().contains("SUBJECTS_SQLITE"), "{error}");
}

#[tokio::test]
async fn nothing_of_a_key_or_a_subject_is_shown() {
    let db = Db::sqlite();
    let subjects = start(&db).await;
    let keyring = subjects.keyring_for(&base(), ["mario.rossi@example.com"]).await.unwrap();
    subjects.erase("mario.rossi@example.com", at(1)).await.unwrap();
    db.execute("UPDATE encrypted_fields_subject_keys SET mac = x'00'");
    let refused = subjects.keyring_for(&base(), ["mario.rossi@example.com"]).await.unwrap_err();
    let findings = subjects.verify().await.unwrap();
    let shown = format!("{subjects:?} {keyring:?} {refused} {refused:?} {findings:?} {}", findings.findings[0]);
    assert!(!shown.contains("mario") && !shown.contains("109, 97, 114"), "{shown}");
    assert!(!shown.contains("0101") && !shown.contains("0202"), "{shown}");
    let key = DataKey::generate(Algorithm::Aes256Gcm).unwrap();
    assert!(format!("{key:?}").len() < 80);
}

const SUBJECTS: i64 = 10_000;
const HELD: usize = 1_000;

#[test]
fn ten_thousand_users_take_no_more_memory_than_a_thousand() {
    // In processes of their own, so that no other test's memory counts.
    let grown = |capacity: usize| -> i64 {
        let db = Db::sqlite();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "subjects::pages::seals_and_opens_ten_thousand", "--ignored", "--nocapture"])
            .env("SUBJECTS_URL", db.url())
            .env("SUBJECTS_CAPACITY", capacity.to_string())
            .env("MALLOC_ARENA_MAX", "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
        text.lines().find_map(|line| line.strip_prefix("grown KiB ")).unwrap().parse().unwrap()
    };
    let (bounded, unbounded) = (grown(HELD), grown(2 * SUBJECTS as usize));
    println!("grown by {bounded} KiB with {HELD} held, by {unbounded} KiB with all of them");
    assert!(bounded < BOUND, "{bounded} KiB");
    assert!(unbounded > BOUND, "{unbounded} KiB: this measures nothing");
}

/// KiB. A key takes some 2, so 9,000 more take 18,000.
const BOUND: i64 = 6_000;

#[tokio::test]
#[ignore = "a child process of the test above"]
async fn seals_and_opens_ten_thousand() {
    let url = std::env::var("SUBJECTS_URL").unwrap();
    let capacity: usize = std::env::var("SUBJECTS_CAPACITY").unwrap().parse().unwrap();
    let store = Arc::new(SqliteSubjectStore::connect(url).unwrap());
    let subjects = builder(store).cache(capacity, Duration::from_secs(600)).start().await.unwrap();
    let mut sealed: Vec<SealedProfile> = Vec::new();
    let (mut base_line, mut opened) = (0, 0);
    for first in (1..=SUBJECTS).step_by(500) {
        let users: Vec<i64> = (first..first + 500).collect();
        let keyring = subjects.keyring_for(&base(), users.iter().copied()).await.unwrap();
        sealed = seal_all(users.into_iter().map(|id| profile(id, id)).collect(), &keyring, Cores::One)
            .into_iter()
            .map(Result::unwrap)
            .collect();
        drop(keyring);
        let rows = subjects.open_all::<Profile>(&base(), sealed.clone(), Cores::One).await.unwrap();
        opened += rows.iter().filter(|row| row.is_ok()).count() as i64;
        assert!(subjects.cached() <= capacity, "{}", subjects.cached());
        if first == 1501 {
            base_line = resident();
        }
    }
    assert_eq!(opened, SUBJECTS);
    assert_eq!(subjects.cached() > capacity / 2, capacity == HELD);
    drop(sealed);
    println!("\ngrown KiB {}", resident() - base_line);
}

/// KiB (Linux, proc(5): the second field of statm, in pages of 4 KiB on the machines that these tests are run on).
fn resident() -> i64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<i64>().unwrap() * 4
}
