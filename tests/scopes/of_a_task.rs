//! `scope::task`: a future, wherever it is polled; not what it spawns, and not a stream that leaves it.

use super::*;
use diesel::insert_into;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use encrypted_fields::{Keyring, current_keyring};
use futures_util::TryStreamExt as _;
use tokio::task::yield_now;

fn database() -> harness::TestDb {
    let database = harness::pg();
    database.connect().batch_execute(POSTGRES).unwrap();
    database
}

#[tokio::test]
async fn a_spawned_task_starts_without_it() {
    let database = database();
    let mut conn = database.async_connect().await;
    let request = async {
        insert_into(notes::table).values(&note(1)).execute(&mut conn).await.unwrap();
        let spawned = tokio::spawn(async move {
            let written = insert_into(notes::table).values(&note(2)).execute(&mut conn).await.unwrap_err();
            let read = notes::table.load::<Note>(&mut conn).await.unwrap_err();
            (no_keyring(written), no_keyring(read))
        });
        assert_eq!(spawned.await.unwrap(), (NoKeyring::ScopeLost, NoKeyring::ScopeLost));
    };
    scope::task(testing::keyring(), request).await;
}

/// Two tenants' requests share a table, a pool and two worker threads, and wait between their statements.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_holds_across_every_await_of_interleaved_tasks() {
    let database = database();
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(database.url());
    let pool = Pool::builder(manager).max_size(6).build().unwrap();
    let tenants = [testing::keyring_named("one"), testing::keyring_named("two")];

    async fn request(pool: Pool<AsyncPgConnection>, id: i64, keyring: Keyring) {
        for round in 0..5 {
            assert_eq!(current_keyring().unwrap().primary_id(), keyring.primary_id());
            let conn = &mut pool.get().await.unwrap();
            let written = Note { id: id * 10 + round, body: format!("{id} {round}") };
            insert_into(notes::table).values(&written).execute(conn).await.unwrap();
            yield_now().await;
            assert_eq!(notes::table.find(written.id).first::<Note>(conn).await.unwrap(), written);
            yield_now().await;
        }
    }
    let tasks: Vec<_> = (0..40)
        .zip(tenants.iter().cycle())
        .map(|(id, keyring)| tokio::spawn(scope::task(keyring.clone(), request(pool.clone(), id, keyring.clone()))))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }

    let sealed: Vec<SealedNote> = notes::table.load(&mut pool.get().await.unwrap()).await.unwrap();
    assert_eq!(sealed.len(), 200);
    for note in sealed {
        let of = usize::try_from(note.id / 10 % 2).unwrap();
        note.open(&tenants[of]).unwrap();
    }
}

#[tokio::test]
async fn a_stream_that_leaves_it_does_not_open() {
    let database = database();
    let mut conn = database.async_connect().await;
    let keyring = testing::keyring();
    let stream = scope::task(keyring.clone(), async {
        insert_into(notes::table).values(&vec![note(1), note(2)]).execute(&mut conn).await.unwrap();
        notes::table.order(notes::id).load_stream::<Note>(&mut conn).await.unwrap()
    })
    .await;
    let read: QueryResult<Vec<Note>> = stream.try_collect().await;
    assert_eq!(no_keyring(read.unwrap_err()), NoKeyring::ScopeLost);

    let stream = notes::table.order(notes::id).load_stream::<Note>(&mut conn).await.unwrap();
    let read: Vec<Note> = scope::task(keyring, stream.try_collect()).await.unwrap();
    assert_eq!(read, [note(1), note(2)], "what counts is where the rows are polled");
}

#[tokio::test]
async fn a_thread_scope_that_disagrees_is_an_error() {
    let (task, thread) = (testing::keyring(), testing::keyring());
    scope::task(task.clone(), async {
        let why = scope::with(&thread, || current_keyring().unwrap_err());
        assert_eq!(why, NoKeyring::Disagree);
        let database = harness::sqlite();
        let conn = &mut database.connect();
        conn.batch_execute(SQLITE).unwrap();
        let insert =
            scope::with(&thread, || diesel::RunQueryDsl::execute(insert_into(notes::table).values(&note(1)), conn));
        assert_eq!(no_keyring(insert.unwrap_err()), NoKeyring::Disagree);
        assert_eq!(scope::with(&task, || current_keyring().unwrap().primary_id()), task.primary_id());
        assert_eq!(current_keyring().unwrap().primary_id(), task.primary_id());
    })
    .await;
}

#[tokio::test]
async fn the_inner_task_wins_and_the_outer_is_back_afterwards() {
    let (outer, inner) = (testing::keyring(), testing::keyring());
    scope::task(outer.clone(), async {
        let seen = scope::task(inner.clone(), async {
            yield_now().await;
            current_keyring().unwrap().primary_id()
        });
        assert_eq!(seen.await, inner.primary_id());
        assert_eq!(current_keyring().unwrap().primary_id(), outer.primary_id());
    })
    .await;
}
