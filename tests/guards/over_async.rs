//! The guards hold over diesel-async.

use super::*;
use diesel::{insert_into, update};
use diesel_async::RunQueryDsl;
use diesel_async::SaveChangesDsl;
use rust_decimal::Decimal;

wallets!([wallets][bind(id, owner_id),][RowBound]);

macro_rules! every_path {
    ($backend:ident, $database:expr, $sql:expr, $dialect:ident) => {
        #[tokio::test]
        async fn $backend() {
            use crate::models::dialect::$dialect::*;
            let database = $database;
            database.connect().batch_execute($sql).unwrap();
            let conn = &mut database.async_connect().await;
            let test = async {
                insert_into(wallets::table).values(&vec![wallet(1), wallet(2)]).execute(conn).await.unwrap();
                let rows = || wallets::table.order(wallets::id);
                let before: Vec<SealedWallet> = rows().load(conn).await.unwrap();

                let mut refused = Vec::new();
                refused.push(update(wallets::table.find(2)).set(&changed(1)).execute(conn).await);
                refused.push(update(wallets::table.find(2)).set(patch(1)).execute(conn).await);
                let set = wallet(1).row().set_balance(&Decimal::ONE);
                refused.push(update(wallets::table.find(2)).set(set).execute(conn).await);
                let stale = Wallet { owner_id: 8, ..changed(1) };
                refused.push(SaveChangesDsl::save_changes::<Wallet>(&stale, conn).await.map(|_| 1));
                let meets_two = Wallet { slug: wallet(2).slug, ..changed(4) };
                let upsert =
                    insert_into(wallets::table).values(&meets_two).on_conflict(target(wallets::slug)).do_update();
                refused.push(upsert.set(&meets_two).execute(conn).await);
                for result in refused {
                    let error = result.unwrap_err();
                    assert!(encrypted_fields::write_conflict(&error), "{error:?}");
                }
                assert_eq!(rows().load::<SealedWallet>(conn).await.unwrap(), before);

                let one = changed(1);
                assert_eq!(SaveChangesDsl::save_changes::<Wallet>(&one, conn).await.unwrap(), one);
                assert_eq!(rows().load::<Wallet>(conn).await.unwrap(), [changed(1), wallet(2)]);
            };
            scope::task(keyring(), test).await;
        }
    };
}
every_path!(on_postgres, harness::pg(), POSTGRES, sql_standard);
every_path!(on_mysql, harness::mysql(), MYSQL, mysql);
