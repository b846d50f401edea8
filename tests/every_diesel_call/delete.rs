//! Deletes, of a model, by key, by blind index, with what they return.

use super::*;
use diesel::{delete, insert_into};

on_every! {
    fn a_model_a_row_a_look_up(conn) {
        insert_into(users::table).values(&given(5)).execute(conn).unwrap();
        assert_eq!(delete(&user(1)).execute(conn), Ok(1));
        assert_eq!(delete(users::table.find(2)).execute(conn), Ok(1));
        assert_eq!(delete(users::table.filter(User::email_eq("user3@example.com"))).execute(conn), Ok(1));
        assert_eq!(delete(users::table).filter(User::email_eq_any(["user4@example.com"])).execute(conn), Ok(1));
        assert_eq!(users::table.load::<User>(conn).unwrap(), [user(5)]);
    }

    fn nothing_is_deleted_by_an_empty_look_up(conn) {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        assert_eq!(delete(users::table.filter(User::email_eq_any([]))).execute(conn), Ok(0));
    }
}

on_both! {
    fn with_returning(conn) {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let gone: User = delete(users::table.find(2)).returning(User::as_returning()).get_result(conn).unwrap();
        assert_eq!(gone, user(2));
        let sealed: SealedUser = SealedUser::query().first(conn).unwrap();
        assert_eq!(delete(&sealed).execute(conn), Ok(1));
    }
}
