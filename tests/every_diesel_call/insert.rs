//! `insert_into`: one row, many, with `returning`, with defaults.

use super::*;
use diesel::insert_into;

on_every! {
    fn one_by_reference_and_by_value(conn) {
        assert_eq!(insert_into(users::table).values(&user(1)).execute(conn), Ok(1));
        assert_eq!(insert_into(users::table).values(user(2)).execute(conn), Ok(1));
        assert_eq!(user(3).insert_into(users::table).execute(conn), Ok(1));
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), given(3));
    }

    fn batches(conn) {
        assert_eq!(insert_into(users::table).values(&vec![user(1), user(2)]).execute(conn), Ok(2));
        assert_eq!(insert_into(users::table).values(vec![user(3), user(4)]).execute(conn), Ok(2));
        assert_eq!(insert_into(users::table).values(&[user(5), user(6)]).execute(conn), Ok(2));
        assert_eq!(insert_into(users::table).values([user(7), user(8)]).execute(conn), Ok(2));
        let slice: &[User] = &[user(9), user(10)];
        assert_eq!(insert_into(users::table).values(slice).execute(conn), Ok(2));
        let (one, two) = (user(11), user(12));
        assert_eq!(insert_into(users::table).values(vec![&one, &two]).execute(conn), Ok(2));
        assert_eq!(insert_into(users::table).values(&Vec::<User>::new()).execute(conn), Ok(0));
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), given(12));
    }

    fn a_model_beside_plain_columns(conn) {
        let partial = Partial { id: 1, email: "a@b.c".to_owned(), balance: Decimal::TEN };
        insert_into(users::table).values((&partial, users::nick.eq("from the tuple"))).execute(conn).unwrap();
        let back: User = users::table.first(conn).unwrap();
        assert_eq!((back.email.as_str(), back.nick.as_deref()), ("a@b.c", Some("from the tuple")));
        assert_eq!(back.name, "nobody");
    }

    fn on_conflict_do_nothing(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let again = User { name: "another".to_owned(), ..user(1) };
        assert_eq!(insert_into(users::table).values(&again).on_conflict_do_nothing().execute(conn), Ok(LEFT));
        assert_eq!(insert_into(users::table).values(&again).on_conflict(target(users::id)).do_nothing().execute(conn), Ok(LEFT));
        assert_eq!(users::table.first::<User>(conn).unwrap(), user(1));
    }

    fn none_is_null_in_an_encrypted_column(conn) {
        let bare = User { phone: None, profile: None, ..user(1) };
        insert_into(users::table).values(&bare).execute(conn).unwrap();
        assert_eq!(users::table.filter(users::phone.is_null()).first::<User>(conn).unwrap(), User { nick: bare.nick.clone(), ..bare });
    }

    fn none_takes_the_columns_default_unless_told_otherwise(conn) {
        insert_into(users::table).values(&User { nick: None, ..user(1) }).execute(conn).unwrap();
        let null = NullNick { id: 2, name: String::new(), email: "b".to_owned(), balance: Decimal::ONE, phone: None, nick: None };
        insert_into(users::table).values(&null).execute(conn).unwrap();
        insert_into(users::table).values(&vec![NullNick { id: 3, email: "c".to_owned(), ..null }]).execute(conn).unwrap();
        let nicks: Vec<Option<String>> = users::table.order(users::id).select(users::nick).load(conn).unwrap();
        assert_eq!(nicks, [Some("none".to_owned()), None, None]);
    }

    fn a_mixed_batch_of_some_and_none(conn) {
        let batch = vec![User { phone: None, ..user(1) }, user(2), User { profile: None, ..user(3) }];
        insert_into(users::table).values(&batch).execute(conn).unwrap();
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), batch);
    }
}

on_both! {
    fn with_returning(conn) {
        let (mut one, mut two, mut three) = (user(1), user(2), user(3));
        one = insert_into(users::table).values(&one).returning(User::as_returning()).get_result(conn).unwrap();
        two = insert_into(users::table).values(&two).get_result(conn).unwrap();
        let sealed: SealedUser =
            insert_into(users::table).values(&three).returning(SealedUser::as_returning()).get_result(conn).unwrap();
        three.balance = sealed.row().open_balance(&sealed.balance).unwrap();
        assert_eq!(vec![one, two, three], given(3));
        let id: i64 = insert_into(users::table).values(&user(4)).returning(users::id).get_result(conn).unwrap();
        assert_eq!(id, 4);
    }

    fn a_batch_with_returning(conn) {
        let returned: Vec<User> =
            insert_into(users::table).values(vec![user(1), user(2)]).returning(User::as_returning()).get_results(conn).unwrap();
        assert_eq!(returned, given(2));
    }
}

#[derive(EncryptedModel)]
#[diesel(table_name = users)]
#[encrypted(only(Insertable))]
struct Partial {
    id: i64,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: String,
    #[encrypted]
    balance: Decimal,
}

#[derive(EncryptedModel)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
#[encrypted(only(Insertable))]
struct NullNick {
    id: i64,
    name: String,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: String,
    #[encrypted]
    balance: Decimal,
    #[encrypted]
    phone: Option<String>,
    nick: Option<String>,
}
