//! What must stop a program at its start: a wrong key, a wrong application, the old keys left out.

use diesel::prelude::*;
use encrypted_fields::error::OpenReason;
use encrypted_fields::prove::{Proof, ProveError};
use encrypted_fields::{Algorithm, DataKey, EncryptedModel as _, Keyring, scope, testing};

use crate::models::on_every_backend;
use crate::models::wallets::TABLES;
use crate::models::wallets::old_wallets::OldWallet;
use crate::models::wallets::wallets::{Wallet, wallets};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn of(application: &str) -> Keyring {
    let key = DataKey::parse(KEY, Algorithm::Aes256Gcm).unwrap();
    Keyring::builder(application).primary(key).build().unwrap()
}

#[track_caller]
fn reason(error: ProveError) -> OpenReason {
    let printed = error.to_string();
    assert!(printed.contains("wallets.balance [id=1 owner_id=7]"), "{printed}");
    assert!(!printed.contains("314") && !format!("{error:?}").contains("31415"), "{printed}");
    match error {
        ProveError::Open(error) => error.reason().clone(),
        other => panic!("{other}"),
    }
}

on_every_backend! {
    fn before_anything_is_written(conn, _keyring, TABLES) {
        let keyring = of("shop");
        let models = [Wallet::model(), OldWallet::model()];
        let empty = keyring.prove(conn, &models).unwrap();
        assert_eq!(empty.len(), 12);
        assert!(empty.iter().all(|(_, proof)| *proof == Proof::Empty), "{empty:?}");

        scope::with(&keyring, || diesel::insert_into(wallets::table).values(&Wallet::sample(1, 7)).execute(conn)).unwrap();
        let found = keyring.prove(conn, &models).unwrap();
        let opened: Vec<_> = found.iter().filter(|(_, proof)| *proof == Proof::Opened).map(|(column, _)| column.as_str()).collect();
        assert_eq!(opened, ["wallets.balance", "wallets.credit", "wallets.iban", "wallets.note", "wallets.hint", "wallets.other_hint"]);

        let id = keyring.primary_id();
        let error = testing::keyring().prove(conn, &models).unwrap_err();
        assert_eq!(reason(error), OpenReason::UnknownKey { key_id: id }, "a wrong key");
        let error = of("billing").prove(conn, &models).unwrap_err();
        assert_eq!(reason(error), OpenReason::Authentication { key_id: id }, "a wrong application");

        let next = DataKey::generate(Algorithm::Xaes256Gcm).unwrap();
        let rotated = keyring.to_builder().rotate_to(next.clone()).build().unwrap();
        assert_eq!(rotated.prove(conn, &models).unwrap(), found, "the old key opens after a rotation");
        let forgotten = Keyring::builder("shop").primary(next.clone()).build().unwrap();
        assert_eq!(reason(forgotten.prove(conn, &models).unwrap_err()), OpenReason::UnknownKey { key_id: id });
        let disabled = DataKey::parse(KEY, Algorithm::Aes256Gcm).unwrap();
        let disabled = Keyring::builder("shop").primary(next).disabled(disabled).build().unwrap();
        assert_eq!(reason(disabled.prove(conn, &models).unwrap_err()), OpenReason::DisabledKey { key_id: id });
    }

    /// A model that is not the database's: an error, not a proof.
    fn a_table_that_is_not_there(conn, keyring, "CREATE TABLE other (id BIGINT)") {
        assert!(matches!(keyring.prove(conn, &[Wallet::model()]), Err(ProveError::Database(_))));
    }
}
