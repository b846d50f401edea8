//! Each store gives back what was put in, and tells the second of two who write at once.

use std::sync::Arc;

use encrypted_fields::{Algorithm, KeyMaterial};
use encrypted_fields_keys::{KeyManager, KeysError, Purpose, StoreError, StoredState};

use crate::support::{self, AnyStore, kek, manager, on_every_store};

on_every_store! {
    async fn what_was_stored_comes_back(store) {
        let keys = manager(&store, [kek("one"), kek("two")]);
        let data = keys.generate(Purpose::Data, Algorithm::Xaes256Gcm).await.unwrap();
        let root = keys.generate(Purpose::SubjectRoot, Algorithm::Aes256Gcm).await.unwrap();
        keys.promote(Purpose::Data, data.id).await.unwrap();
        let keyset = keys.keyset().await.unwrap();
        assert_eq!(keyset.keys.len(), 4, "a store root and an index key come with the first key");
        assert_eq!(keyset, store.store().load("shop", "").await.unwrap().unwrap());
        let data = keyset.key(Purpose::Data, data.id).unwrap();
        assert_eq!(data.state, StoredState::Primary);
        assert!(data.activated.is_some() && data.check.is_some() && !data.imported);
        assert_eq!(data.slots.iter().map(|slot| slot.kek.as_str()).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(keyset.key(Purpose::SubjectRoot, root.id).unwrap().state, StoredState::Pending);
        assert_eq!(store.store().tenants("shop").await.unwrap(), [""]);
        assert_eq!(store.store().load("shop", "other").await.unwrap(), None);
    }

    async fn of_two_who_write_at_once_one_is_told(store) {
        let keys = manager(&store, [kek("one")]);
        keys.generate(Purpose::Data, Algorithm::Aes256Gcm).await.unwrap();
        let keyset = keys.keyset().await.unwrap();
        let mut next = keyset.clone();
        next.generation += 1;
        store.store().replace(Some(keyset.generation), &next).await.unwrap();
        assert_eq!(store.store().replace(Some(keyset.generation), &next).await, Err(StoreError::Conflict));
        assert_eq!(store.store().replace(None, &next).await, Err(StoreError::Conflict));
    }

    async fn keys_made_at_once_are_all_there(store) {
        let shared: Vec<_> = (0..4).map(|_| manager(&store, [kek("one")])).collect();
        let made = futures_util::future::join_all(shared.iter().map(|keys| keys.generate(Purpose::Data, Algorithm::Aes256Gcm)));
        let made: Vec<_> = made.await.into_iter().map(|key| key.unwrap().id).collect();
        let keyset = shared[0].keyset().await.unwrap();
        assert!(made.iter().all(|id| keyset.key(Purpose::Data, *id).is_some()));
        assert_eq!(keyset.of(Purpose::StoreRoot).count(), 1);
        assert_eq!(keyset.of(Purpose::Index).count(), 1);
    }

    async fn of_two_promotions_at_once_one_wins_and_the_other_hears_of_it(store) {
        let operators = [manager(&store, [kek("one")]), manager(&store, [kek("one")])];
        let first = operators[0].generate(Purpose::Data, Algorithm::Aes256Gcm).await.unwrap();
        operators[0].promote(Purpose::Data, first.id).await.unwrap();
        for _ in 0..5 {
            let mut ids = Vec::new();
            for keys in &operators {
                ids.push(keys.generate(Purpose::Data, Algorithm::Aes256Gcm).await.unwrap().id);
            }
            // Both are past their look at the primary before either writes.
            let barrier = Arc::new(std::sync::Barrier::new(2));
            let promotions = operators.iter().zip(&ids).map(|(keys, id)| {
                let (barrier, id) = (barrier.clone(), *id);
                let keys = support::again(keys, &store).on_step(Arc::new(move |step| {
                    if step == "promote: counting" {
                        barrier.wait();
                    }
                }));
                // On a thread of its own: the barrier blocks it.
                std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(keys.promote(Purpose::Data, id))
                })
            });
            let promotions: Vec<_> = promotions.collect();
            let outcomes: Vec<_> = promotions.into_iter().map(|it| it.join().unwrap()).collect();
            let keyset = operators[0].keyset().await.unwrap();
            let primaries: Vec<_> = keyset.of(Purpose::Data).filter(|key| key.state == StoredState::Primary).collect();
            assert_eq!(primaries.len(), 1);
            let won = outcomes.iter().filter(|it| it.is_ok()).count();
            assert_eq!(won, 1, "{outcomes:?}");
            let lost = outcomes.iter().find_map(|it| it.as_ref().err()).unwrap();
            assert!(matches!(lost, KeysError::PrimaryChanged { now, .. } if *now == primaries[0].id), "{lost}");
        }
    }

    async fn a_store_without_its_tables_says_which_migration(store) {
        if let Some(empty) = AnyStore::without_tables(&store) {
            let keys: KeyManager = manager(&empty, [kek("one")]);
            let error = keys.keyset().await.unwrap_err();
            assert!(matches!(error, KeysError::Store(StoreError::NoTables { .. })), "{error}");
            assert!(error.to_string().contains("keys_postgres"), "{error}");
        }
        let _ = KeyMaterial::generate().unwrap();
    }
}
