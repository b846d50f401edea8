//! The same over diesel-async.

use super::*;
use diesel::{insert_into, update};
use diesel_async::{RunQueryDsl, SaveChangesDsl};

#[tokio::test]
async fn every_path() {
    let database = harness::pg();
    database.connect().batch_execute(POSTGRES).unwrap();
    let conn = &mut database.async_connect().await;
    let test = async {
        let stale = wallet(1);
        insert_into(wallets::table).values(&vec![stale.clone(), wallet(2)]).execute(conn).await.unwrap();
        let first = Wallet { balance: Decimal::TEN, ..stale.clone() };
        let now = SaveChangesDsl::save_changes::<Wallet>(&first, conn).await.unwrap();
        assert_eq!(now.balance_version, stale.balance_version.next());

        let late = Wallet { balance: Decimal::ONE_HUNDRED, ..stale.clone() };
        let mut lost = Vec::new();
        lost.push(SaveChangesDsl::save_changes::<Wallet>(&late, conn).await.map(drop));
        lost.push(update(wallets::table.find(1)).set(&late).execute(conn).await.map(drop));
        lost.push(update(&late).set(late.row().set_balance(&Decimal::ONE)).execute(conn).await.map(drop));
        let upsert = insert_into(wallets::table).values(&late).on_conflict(wallets::id).do_update();
        lost.push(upsert.set(&late).execute(conn).await.map(drop));
        for result in lost {
            let error = result.unwrap_err();
            assert!(encrypted_fields::write_conflict(&error), "{error:?}");
        }
        let returned = update(&now).set(&now).returning(Wallet::as_returning()).get_result(conn).await.unwrap();
        assert_eq!(returned.balance_version, now.balance_version.next());
        let all: Vec<Wallet> = wallets::table.order(wallets::id).load(conn).await.unwrap();
        assert_eq!(all[0], returned);
    };
    scope::task(testing::keyring(), test).await;
}
