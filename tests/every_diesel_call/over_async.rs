//! diesel-async: on Postgres the same calls, pipelined, streamed, pooled, in transactions; on MySQL what it has of them.

use super::*;
use diesel::upsert::excluded;
use diesel::{delete, insert_into, sql_query, update};
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl, SaveChangesDsl};
use encrypted_fields::SealedOf;
use encrypted_fields::prove::Proof;
use futures_util::TryStreamExt as _;
use std::future::Future;

/// A database with the tables, and a task scope around the test.
async fn with<F: Future<Output = ()>>(test: impl FnOnce(AsyncPgConnection, String) -> F) {
    let database = harness::pg();
    database.connect().batch_execute(POSTGRES).unwrap();
    let conn = database.async_connect().await;
    scope::task(testing::keyring(), async { test(conn, database.url()).await }).await;
}

#[tokio::test]
async fn insert_load_find_and_look_up() {
    with(|mut conn, _| async move {
        let conn = &mut conn;
        insert_into(users::table).values(&user(1)).execute(conn).await.unwrap();
        let two: User =
            insert_into(users::table).values(user(2)).returning(User::as_returning()).get_result(conn).await.unwrap();
        assert_eq!(two, user(2));
        insert_into(users::table).values(&vec![user(3), user(4)]).execute(conn).await.unwrap();
        assert_eq!(users::table.order(users::id).load::<User>(conn).await.unwrap(), given(4));
        assert_eq!(User::query().order(users::id).load(conn).await.unwrap(), given(4));
        assert_eq!(users::table.find(3).first::<User>(conn).await.unwrap(), user(3));
        assert_eq!(User::query().filter(User::email_eq("user4@example.com")).first(conn).await.unwrap(), user(4));
        let two = User::email_eq_any(["user1@example.com", "user2@example.com"]);
        assert_eq!(User::query().filter(two).order(users::id).load(conn).await.unwrap(), given(2));
        assert_eq!(sql_query("SELECT * FROM users ORDER BY id").load::<User>(conn).await.unwrap(), given(4));
        let (id, balance): (i64, SealedOf<users::balance>) =
            users::table.select((users::id, users::balance)).order(users::id).first(conn).await.unwrap();
        assert_eq!(UserRow { id }.open_balance(&balance).unwrap(), user(1).balance);
    })
    .await;
}

#[tokio::test]
async fn update_save_upsert_and_delete() {
    with(|mut conn, _| async move {
        let conn = &mut conn;
        insert_into(users::table).values(&given(2)).execute(conn).await.unwrap();
        let mut one = User { balance: Decimal::TEN, ..user(1) };
        update(&one).set(&one).execute(conn).await.unwrap();
        one.name = "saved".to_owned();
        assert_eq!(SaveChangesDsl::save_changes::<User>(&one, conn).await.unwrap(), one);
        let row = one.row();
        let set = (users::name.eq("set"), row.set_balance(&Decimal::ONE), row.set_phone(None));
        update(users::table.find(1)).set(set).execute(conn).await.unwrap();
        let expected = User { name: "set".to_owned(), balance: Decimal::ONE, phone: None, ..user(1) };
        assert_eq!(users::table.find(1).first::<User>(conn).await.unwrap(), expected);
        insert_into(users::table)
            .values(&one)
            .on_conflict(users::id)
            .do_update()
            .set(&one)
            .execute(conn)
            .await
            .unwrap();
        let zero = User { balance: Decimal::ZERO, ..one.clone() };
        let conflict = insert_into(users::table).values(&zero).on_conflict(users::id).do_update();
        conflict.set(users::balance.eq(excluded(users::balance))).execute(conn).await.unwrap();
        assert_eq!(users::table.find(1).first::<User>(conn).await.unwrap(), zero);
        assert_eq!(delete(&zero).execute(conn).await, Ok(1));
        let aimed_at_two = update(users::table.find(2)).set(row.set_balance(&Decimal::ONE)).execute(conn).await;
        assert!(encrypted_fields::write_conflict(&aimed_at_two.unwrap_err()));
        assert_eq!(users::table.load::<User>(conn).await.unwrap(), [user(2)]);
    })
    .await;
}

#[tokio::test]
async fn joins_and_associations() {
    with(|mut conn, _| async move {
        let conn = &mut conn;
        insert_into(users::table).values(&given(2)).execute(conn).await.unwrap();
        insert_into(cards::table).values(&vec![card(1, 1), card(2, 1)]).execute(conn).await.unwrap();
        let joined: Vec<(User, Option<Card>)> = users::table
            .left_join(cards::table)
            .select((User::as_select(), Option::<Card>::as_select()))
            .order((users::id, cards::id))
            .load(conn)
            .await
            .unwrap();
        let expected = [(user(1), Some(card(1, 1))), (user(1), Some(card(2, 1))), (user(2), None)];
        assert_eq!(joined, expected);
        assert_eq!(Card::belonging_to(&user(1)).load::<Card>(conn).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn pipelined() {
    with(|mut conn, _| async move {
        insert_into(users::table).values(&given(2)).execute(&mut conn).await.unwrap();
        let conn = &conn;
        let (mut a, mut b, mut c) = (conn, conn, conn);
        let one = users::table.find(1).first::<User>(&mut a);
        let two = User::query().filter(User::email_eq("user2@example.com")).first(&mut b);
        let three = insert_into(users::table).values(&user(3)).returning(User::as_returning()).get_result(&mut c);
        assert_eq!(tokio::try_join!(one, two, three).unwrap(), (user(1), user(2), user(3)));
    })
    .await;
}

#[tokio::test]
async fn streamed() {
    with(|mut conn, _| async move {
        insert_into(users::table).values(&given(5)).execute(&mut conn).await.unwrap();
        let stream = users::table.order(users::id).load_stream::<User>(&mut conn).await.unwrap();
        assert_eq!(stream.try_collect::<Vec<_>>().await.unwrap(), given(5));
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_rolls_back() {
    with(|mut conn, _| async move {
        let rolled_back: QueryResult<()> = conn
            .transaction(async |conn| {
                insert_into(users::table).values(&user(1)).execute(conn).await?;
                assert_eq!(users::table.first::<User>(conn).await?, user(1));
                Err(diesel::result::Error::RollbackTransaction)
            })
            .await;
        rolled_back.unwrap_err();
        assert_eq!(users::table.count().get_result(&mut conn).await, Ok(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_serves_tasks() {
    with(|_, url| async move {
        let pool =
            Pool::builder(AsyncDieselConnectionManager::<AsyncPgConnection>::new(url)).max_size(4).build().unwrap();
        let keyring = encrypted_fields::current_keyring().unwrap();
        let tasks: Vec<_> = (1..=8)
            .map(|id| {
                let pool = pool.clone();
                let request = async move {
                    let conn = &mut pool.get().await.unwrap();
                    insert_into(users::table).values(&user(id)).execute(conn).await.unwrap();
                    users::table.find(id).first::<User>(conn).await.unwrap()
                };
                tokio::spawn(scope::task(keyring.clone(), request))
            })
            .collect();
        for (task, id) in tasks.into_iter().zip(1..) {
            assert_eq!(task.await.unwrap(), user(id));
        }
    })
    .await;
}

#[tokio::test]
async fn on_mysql() {
    let database = harness::mysql();
    database.connect().batch_execute(&ddl_for_mysql(POSTGRES)).unwrap();
    let conn = &mut database.async_connect().await;
    scope::task(testing::keyring(), async {
        insert_into(users::table).values(&user(1)).execute(conn).await.unwrap();
        insert_into(users::table).values(&vec![user(2), user(3)]).execute(conn).await.unwrap();
        assert_eq!(users::table.order(users::id).load::<User>(conn).await.unwrap(), given(3));
        assert_eq!(User::query().filter(User::email_eq("user3@example.com")).first(conn).await.unwrap(), user(3));
        let stream = users::table.order(users::id).load_stream::<User>(conn).await.unwrap();
        assert_eq!(stream.try_collect::<Vec<_>>().await.unwrap(), given(3));

        let mut one = User { balance: Decimal::TEN, ..user(1) };
        update(&one).set(&one).execute(conn).await.unwrap();
        one.name = "saved".to_owned();
        assert_eq!(SaveChangesDsl::save_changes::<User>(&one, conn).await.unwrap(), one);
        let set = (users::name.eq("set"), one.row().set_balance(&Decimal::ONE), one.row().set_phone(None));
        update(users::table.find(1)).set(set).execute(conn).await.unwrap();
        let expected = User { name: "set".to_owned(), balance: Decimal::ONE, phone: None, ..user(1) };
        assert_eq!(users::table.find(1).first::<User>(conn).await.unwrap(), expected);
        let upsert = insert_into(users::table).values(&one).on_conflict(diesel::dsl::DuplicatedKeys).do_update();
        upsert.set(&one).execute(conn).await.unwrap();
        assert_eq!(
            users::table.find(1).first::<User>(conn).await.unwrap(),
            User { phone: one.phone.clone(), ..one.clone() }
        );

        let rolled_back: QueryResult<()> = conn
            .transaction(async |conn| {
                delete(users::table).execute(conn).await?;
                Err(diesel::result::Error::RollbackTransaction)
            })
            .await;
        rolled_back.unwrap_err();
        assert_eq!(users::table.count().get_result(conn).await, Ok(3));
        let found = encrypted_fields::current_keyring().unwrap().prove_async(conn, &[User::model()]).await.unwrap();
        assert!(found.iter().all(|(_, proof)| *proof == Proof::Opened), "{found:?}");
        assert_eq!(delete(&user(2)).execute(conn).await, Ok(1));
    })
    .await;
}
