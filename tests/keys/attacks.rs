//! The store is not trusted: whoever writes to it gets no key of his own in, and no old one back.

use encrypted_fields::Algorithm;
use encrypted_fields_keys::{Distrust, KeysError, Purpose, StoredState};

use crate::support::{AnyStore, again, kek, manager, primary};

/// Two data keys, the second primary; the database's own guards are off, as for whoever owns it.
async fn shop(store: &AnyStore) -> (u32, u32) {
    let keys = manager(store, [kek("one"), kek("two")]);
    let old = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
    let new = primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
    store.tamper("DROP INDEX encrypted_fields_keys_primary");
    (old, new)
}

async fn distrusted(store: &AnyStore, sql: &str) {
    // A process that has just started, and one that has seen the store as it was.
    let running = manager(store, [kek("one"), kek("two")]);
    running.keyset().await.unwrap();
    store.tamper(sql);
    for keys in [&running, &again(&running, store)] {
        match keys.keyset().await.unwrap_err() {
            KeysError::Distrust(_) | KeysError::Locked { .. } | KeysError::WrongBytes { .. } => {}
            other => panic!("{sql}\n{other}"),
        }
        assert!(keys.promote(Purpose::Data, 1).await.is_err());
    }
}

macro_rules! on_both {
    ($(async fn $name:ident($store:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn run($store: AnyStore) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn in_sqlite() {
                run(AnyStore::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn in_postgres() {
                run(AnyStore::postgres()).await;
            }
        }
    )*};
}

on_both! {
    async fn a_key_that_was_inserted(store) {
        shop(&store).await;
        // A key of his own, wrapped under a KEK he does not have, is no key; so he copies a wrapped one.
        distrusted(&store, "INSERT INTO encrypted_fields_keys
            SELECT application, tenant, purpose, 77, algorithm, imported, 'primary', created_at, activated_at, retired_at,
                destroyed_at, check_value FROM encrypted_fields_keys WHERE purpose = 'data' AND state = 'primary';
            INSERT INTO encrypted_fields_key_slots
            SELECT application, tenant, purpose, 77, kek, position, wrapped FROM encrypted_fields_key_slots
            WHERE purpose = 'data' AND kek = 'one' LIMIT 1").await;
    }

    async fn a_state_that_was_flipped(store) {
        let (old, new) = shop(&store).await;
        distrusted(&store, &format!("UPDATE encrypted_fields_keys SET state = 'primary' WHERE id = {old};
            UPDATE encrypted_fields_keys SET state = 'decrypt-only' WHERE id = {new}")).await;
    }

    async fn a_date_an_algorithm_or_a_purpose_that_was_changed(store) {
        let (old, _) = shop(&store).await;
        distrusted(&store, &format!("UPDATE encrypted_fields_keys SET created_at = created_at + 1 WHERE id = {old}")).await;
        store.tamper(&format!("UPDATE encrypted_fields_keys SET created_at = created_at - 1 WHERE id = {old}"));
        manager(&store, [kek("one")]).keyset().await.expect("put back, it is as it was");
        distrusted(&store, &format!("UPDATE encrypted_fields_keys SET algorithm = 'XAES-256-GCM' WHERE id = {old}")).await;
    }

    async fn slots_that_were_swapped(store) {
        let (old, new) = shop(&store).await;
        distrusted(&store, &format!("UPDATE encrypted_fields_key_slots SET wrapped = (SELECT b.wrapped FROM encrypted_fields_key_slots b
                WHERE b.key_id = {old} AND b.kek = 'one') WHERE key_id = {new} AND kek = 'one'")).await;
    }

    async fn a_slot_that_was_added_or_taken_away(store) {
        let (_, new) = shop(&store).await;
        distrusted(&store, &format!("DELETE FROM encrypted_fields_key_slots WHERE key_id = {new} AND kek = 'two'")).await;
    }

    async fn a_key_that_was_taken_away(store) {
        let (old, _) = shop(&store).await;
        distrusted(&store, &format!("DELETE FROM encrypted_fields_key_slots WHERE key_id = {old};
            DELETE FROM encrypted_fields_keys WHERE id = {old}")).await;
    }

    async fn a_tombstone_that_was_cleared(store) {
        let (old, _) = shop(&store).await;
        let keys = manager(&store, [kek("one"), kek("two")]);
        keys.disable(Purpose::Data, old).await.unwrap();
        keys.destroy(Purpose::Data, old).await.unwrap();
        let keyset = keys.keyset().await.unwrap();
        let destroyed = keyset.key(Purpose::Data, old).unwrap();
        assert!(destroyed.state == StoredState::Destroyed && destroyed.slots.is_empty() && destroyed.destroyed.is_some());
        let error = keys.promote(Purpose::Data, old).await.unwrap_err();
        assert!(matches!(error, KeysError::State { .. }), "{error}");
        distrusted(&store, &format!("UPDATE encrypted_fields_keys SET state = 'disabled', destroyed_at = NULL WHERE id = {old}")).await;
    }

    async fn a_root_of_another_keyset(store) {
        shop(&store).await;
        let other = manager(&store, [kek("one"), kek("two")]).for_tenant("other");
        primary(&other, Purpose::Data, Algorithm::Aes256Gcm).await;
        // The whole keyset of the other tenant in the place of this one's, MAC and all.
        distrusted(&store, "DELETE FROM encrypted_fields_key_counters;
            DELETE FROM encrypted_fields_key_slots WHERE tenant = '';
            DELETE FROM encrypted_fields_keys WHERE tenant = '';
            DELETE FROM encrypted_fields_keysets WHERE tenant = '';
            INSERT INTO encrypted_fields_keysets SELECT application, '', generation + 100, mac FROM encrypted_fields_keysets
                WHERE tenant = 'other';
            INSERT INTO encrypted_fields_keys SELECT application, '', purpose, id, algorithm, imported, state, created_at,
                activated_at, retired_at, destroyed_at, check_value FROM encrypted_fields_keys WHERE tenant = 'other';
            INSERT INTO encrypted_fields_key_slots SELECT application, '', purpose, key_id, kek, position, wrapped
                FROM encrypted_fields_key_slots WHERE tenant = 'other'").await;
    }

    async fn a_counter_that_was_lowered_moved_or_taken_away(store) {
        use encrypted_fields_keys::KeyService;
        let (old, new) = shop(&store).await;
        let start = async || KeyService::builder(manager(&store, [kek("one"), kek("two")])).start().await;
        start().await.expect("as it was");
        let set = |value: &str| format!("UPDATE encrypted_fields_key_counters SET {value} WHERE key_id = {new}");
        for (sql, what) in [
            (set("seals = seals - 1"), "not what was written"),
            (set(&format!("(seals, mac) = (SELECT seals, mac FROM encrypted_fields_key_counters WHERE key_id = {old})")),
                "not what was written"),
            (format!("DELETE FROM encrypted_fields_key_counters WHERE key_id = {new}"), "gone"),
        ] {
            store.tamper(&sql);
            let error = start().await.unwrap_err();
            assert!(matches!(&error, KeysError::Counter { key_id, what: found } if *key_id == new && *found == what), "{error}");
        }
        let keys = manager(&store, [kek("one"), kek("two")]);
        primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
        start().await.expect("a new primary key is the way out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_store_is_refused_by_whoever_has_seen_a_newer_one() {
    let store = AnyStore::file();
    let running = manager(&store, [kek("one")]);
    primary(&running, Purpose::Data, Algorithm::Aes256Gcm).await;
    let older = store.copy();
    let seen = primary(&running, Purpose::Data, Algorithm::Aes256Gcm).await;
    let generation = running.keyset().await.unwrap().generation;
    let newer = store.copy();
    let put = |from: &AnyStore| {
        let (AnyStore::File(from), AnyStore::File(to)) = (from, &store) else { unreachable!() };
        std::fs::copy(from.path().join("keys.json"), to.path().join("keys.json")).unwrap();
    };
    put(&older);
    let error = running.keyset().await.unwrap_err();
    let rolled_back = |error: &KeysError| matches!(error, KeysError::Distrust(Distrust::RolledBack { .. }));
    assert!(rolled_back(&error), "{error}");
    let pinned = again(&running, &store).least_generation(generation);
    let error = pinned.keyset().await.unwrap_err();
    assert!(rolled_back(&error), "{error}");
    // Without a pin a process that has just started cannot know, and SECURITY.md says so.
    let fresh = again(&running, &store);
    assert!(fresh.keyset().await.unwrap().key(Purpose::Data, seen).is_none());
    // It goes on from there: two histories, of which a process that has seen one refuses the other.
    while fresh.keyset().await.unwrap().generation < generation {
        fresh.generate(Purpose::Data, Algorithm::Aes256Gcm).await.unwrap();
    }
    let error = running.keyset().await.unwrap_err();
    assert!(matches!(error, KeysError::Distrust(Distrust::Forked { .. })), "{error}");
    put(&newer);
    running.keyset().await.expect("the newer one, put back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_or_edited_is_no_keyset() {
    let store = AnyStore::file();
    let keys = manager(&store, [kek("one")]);
    primary(&keys, Purpose::Data, Algorithm::Aes256Gcm).await;
    let AnyStore::File(directory) = &store else { unreachable!() };
    let path = directory.path().join("keys.json");
    let whole = std::fs::read_to_string(&path).unwrap();
    for (at, _) in whole.match_indices(['"', '{', ',']).step_by(7) {
        std::fs::write(&path, &whole[..at]).unwrap();
        let error = again(&keys, &store).keyset().await.unwrap_err();
        assert!(matches!(error, KeysError::Store(_)), "{error}");
    }
    for (from, to) in [("\"primary\"", "\"disabled\""), ("\"one\"", "\"two\""), ("\"created\": 1", "\"created\": 2")] {
        std::fs::write(&path, whole.replacen(from, to, 1)).unwrap();
        let keys = manager(&store, [kek("one"), kek("two")]);
        let error = keys.keyset().await.unwrap_err();
        assert!(!matches!(error, KeysError::NoKeyset { .. } | KeysError::Store(_)), "{from}: {error}");
    }
}
