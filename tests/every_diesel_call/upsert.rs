//! Upserts: on the primary key, and on another unique column.

use super::*;
use diesel::insert_into;
use diesel::upsert::excluded;

on_every! {
    fn on_the_primary_key(conn) {
        let upsert = |conn: &mut _, user: &User| {
            insert_into(users::table).values(user).on_conflict(target(users::id)).do_update().set(user).execute(conn)
        };
        assert_eq!(upsert(conn, &user(1)), Ok(1));
        let changed = User { balance: Decimal::TEN, email: "other@x.y".to_owned(), ..user(1) };
        assert_eq!(upsert(conn, &changed), Ok(UPSERTED));
        assert_eq!(users::table.load::<User>(conn).unwrap(), [changed]);
    }

    fn on_another_unique_column_of_the_same_row(conn) {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let changed = User { balance: Decimal::TEN, ..user(1) };
        insert_into(users::table).values(&changed).on_conflict(target(users::email_bidx)).do_update().set(&changed)
            .execute(conn).unwrap();
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), [changed, user(2)]);
    }

    fn through_the_row_handle(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        insert_into(users::table).values(&user(1)).on_conflict(target(users::id)).do_update()
            .set((user(1).row().set_balance(&Decimal::TEN), users::name.eq("upserted"))).execute(conn).unwrap();
        let expected = User { balance: Decimal::TEN, name: "upserted".to_owned(), ..user(1) };
        assert_eq!(users::table.first::<User>(conn).unwrap(), expected);
    }
}

on_both! {
    fn with_returning(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let changed = User { balance: Decimal::TEN, ..user(1) };
        let back: User = insert_into(users::table).values(&changed).on_conflict(target(users::id)).do_update().set(&changed)
            .returning(User::as_returning()).get_result(conn).unwrap();
        assert_eq!(back, changed);
    }

    fn excluded_takes_the_value_that_was_not_inserted(conn) {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let changed = User { balance: Decimal::TEN, name: "changed".to_owned(), ..user(1) };
        insert_into(users::table).values(&changed).on_conflict(target(users::id)).do_update()
            .set((users::balance.eq(excluded(users::balance)), users::name.eq(excluded(users::name))))
            .execute(conn).unwrap();
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), [changed, user(2)]);
    }
}

/// Diesel has no `excluded` on MySQL; `VALUES(column)` is the same, and typed as the column it cannot be another's.
#[test]
fn a_batch_upsert_on_mysql_takes_each_rows_own_values() {
    on_mysql(|conn| {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let changed: Vec<User> = given(3).into_iter().map(|user| User { balance: Decimal::TEN, ..user }).collect();
        let own = diesel::dsl::sql::<diesel::dsl::SqlTypeOf<users::balance>>("VALUES(balance)");
        let upsert = insert_into(users::table).values(&changed).on_conflict(diesel::dsl::DuplicatedKeys).do_update();
        upsert.set(users::balance.eq(own)).execute(conn).unwrap();
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), changed);
    });
}

/// `REPLACE`, which deletes the row and inserts another, and `INSERT IGNORE`.
#[test]
fn replace_into_and_insert_or_ignore_on_mysql() {
    on_mysql(|conn| {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let changed = User { balance: Decimal::TEN, ..user(1) };
        diesel::replace_into(users::table).values(&changed).execute(conn).unwrap();
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), [changed.clone(), user(2)]);
        assert_eq!(diesel::insert_or_ignore_into(users::table).values(&user(1)).execute(conn), Ok(0));
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), [changed, user(2)]);
    });
}

#[test]
fn a_batch_upsert_on_postgres_takes_each_rows_own_values() {
    on_postgres(|conn| {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let changed: Vec<User> = given(3).into_iter().map(|user| User { balance: Decimal::TEN, ..user }).collect();
        insert_into(users::table)
            .values(&changed)
            .on_conflict(users::id)
            .do_update()
            .set(users::balance.eq(excluded(users::balance)))
            .execute(conn)
            .unwrap();
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), changed);
    });
}
