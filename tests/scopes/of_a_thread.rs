//! `scope::with`: a closure on this thread.

use super::*;
use diesel::insert_into;
use std::panic::{self, AssertUnwindSafe};

#[test]
fn outside_nothing_is_written_or_opened() {
    let database = harness::sqlite();
    let conn = &mut database.connect();
    conn.batch_execute(SQLITE).unwrap();
    let keyring = testing::keyring();
    scope::with(&keyring, || insert_into(notes::table).values(&note(1)).execute(conn)).unwrap();

    assert_eq!(no_keyring(insert_into(notes::table).values(&note(2)).execute(conn).unwrap_err()), NoKeyring::ScopeLost);
    let error = notes::table.load::<Note>(conn).unwrap_err();
    assert!(error.to_string().starts_with("cannot open notes.body [id=1]: no keyring in scope"), "{error}");
    assert_eq!(no_keyring(error), NoKeyring::ScopeLost);

    let sealed: SealedNote = notes::table.first(conn).expect("the sealed form needs no keyring");
    assert_eq!(sealed.open(&keyring).unwrap(), note(1));
    assert_eq!(notes::table.count().get_result(conn), Ok(1));
}

#[test]
fn a_statement_is_sealed_where_it_is_built() {
    let database = harness::sqlite();
    let conn = &mut database.connect();
    conn.batch_execute(SQLITE).unwrap();
    let keyring = testing::keyring();
    let one = note(1);
    let built = scope::with(&keyring, || insert_into(notes::table).values(&one));
    built.execute(conn).unwrap();
    assert_eq!(scope::with(&keyring, || notes::table.first::<Note>(conn)).unwrap(), one);
}

#[test]
fn the_outer_scope_is_back_after_the_inner_one_and_after_a_panic() {
    let database = harness::sqlite();
    let conn = &mut database.connect();
    conn.batch_execute(SQLITE).unwrap();
    let (outer, inner) = (testing::keyring(), testing::keyring());
    scope::with(&outer, || {
        scope::with(&inner, || insert_into(notes::table).values(&note(1)).execute(conn)).unwrap();
        let panicked = panic::catch_unwind(AssertUnwindSafe(|| {
            scope::with(&inner, || panic::resume_unwind(Box::new("on purpose")))
        }));
        panicked.unwrap_err();
        insert_into(notes::table).values(&note(2)).execute(conn).unwrap();
        assert_eq!(notes::table.find(2).first::<Note>(conn).unwrap(), note(2));
        notes::table.find(1).first::<Note>(conn).unwrap_err();
    });
}

#[test]
fn another_thread_does_not_inherit_it() {
    scope::with(&testing::keyring(), || {
        let inside = std::thread::spawn(encrypted_fields::current_keyring).join().unwrap();
        assert_eq!(inside.unwrap_err(), NoKeyring::ScopeLost);
    });
}
