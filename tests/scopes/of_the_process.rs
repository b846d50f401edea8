//! The default keyring, which belongs to the whole process: each test is a process of its own.

use super::*;
use diesel::insert_into;
use encrypted_fields::{current_keyring, set_default_keyring};
use std::process::Command;

const CHILD: &str = "ENCRYPTED_FIELDS_TEST_CHILD";

/// Runs this test once more, alone in a process, and tells whether this is that process.
fn in_a_process_of_its_own(name: &str) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("scopes::of_the_process::{name}"), "--test-threads=1", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}{errors}");
    false
}

#[test]
fn without_any_keyring_the_error_says_what_to_call() {
    if !in_a_process_of_its_own("without_any_keyring_the_error_says_what_to_call") {
        return;
    }
    let database = harness::sqlite();
    let conn = &mut database.connect();
    conn.batch_execute(SQLITE).unwrap();
    let error = insert_into(notes::table).values(&note(1)).execute(conn).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot seal notes.body [id=1]: no keyring: call encrypted_fields::set_default_keyring at start-up, or run \
         inside scope::with / scope::task"
    );
    assert_eq!(no_keyring(error), NoKeyring::Unset);
    assert_eq!(notes::table.count().get_result(conn), Ok(0));
    let row = "INSERT INTO notes VALUES (1, x'01')";
    conn.batch_execute(row).unwrap();
    assert_eq!(no_keyring(notes::table.load::<Note>(conn).unwrap_err()), NoKeyring::Unset);
}

#[test]
fn the_default_serves_every_thread_and_can_be_replaced() {
    if !in_a_process_of_its_own("the_default_serves_every_thread_and_can_be_replaced") {
        return;
    }
    let database = harness::sqlite();
    let conn = &mut database.connect();
    conn.batch_execute(SQLITE).unwrap();
    let before = testing::keyring();
    set_default_keyring(before.clone());
    insert_into(notes::table).values(&note(1)).execute(conn).unwrap();
    let in_a_thread = std::thread::scope(|scope| scope.spawn(|| notes::table.load::<Note>(conn)).join().unwrap());
    assert_eq!(in_a_thread.unwrap(), [note(1)]);

    let key = encrypted_fields::DataKey::generate(encrypted_fields::Algorithm::Aes256Gcm).unwrap();
    let after = before.to_builder().rotate_to(key).build().unwrap();
    set_default_keyring(after.clone());
    insert_into(notes::table).values(&note(2)).execute(conn).unwrap();
    assert_eq!(notes::table.order(notes::id).load::<Note>(conn).unwrap(), [note(1), note(2)]);
    assert_eq!(current_keyring().unwrap().primary_id(), after.primary_id());
    let ids: Vec<SealedNote> = notes::table.order(notes::id).load(conn).unwrap();
    assert_eq!(ids[0].body.stored().unwrap()[1..5], before.primary_id().to_be_bytes());
    assert_eq!(ids[1].body.stored().unwrap()[1..5], after.primary_id().to_be_bytes());
}

#[test]
fn the_first_scope_turns_the_default_off() {
    if !in_a_process_of_its_own("the_first_scope_turns_the_default_off") {
        return;
    }
    let (default, tenant) = (testing::keyring(), testing::keyring());
    set_default_keyring(default.clone());
    assert_eq!(current_keyring().unwrap().primary_id(), default.primary_id());
    scope::with(&tenant, || assert_eq!(current_keyring().unwrap().primary_id(), tenant.primary_id()));
    assert_eq!(current_keyring().unwrap_err(), NoKeyring::ScopeLost);
    let elsewhere = std::thread::spawn(current_keyring).join().unwrap();
    assert_eq!(elsewhere.unwrap_err(), NoKeyring::ScopeLost);
    set_default_keyring(default);
    assert_eq!(current_keyring().unwrap_err(), NoKeyring::ScopeLost, "setting it again does not turn it on");
}
