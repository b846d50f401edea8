//! Updates: the whole model, `save_changes`, single fields through the row handle, the sealed form.

use super::*;
use diesel::{insert_into, update};
use encrypted_fields::SealedOf;

on_every! {
    fn the_whole_model(conn) {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let changed = User { balance: Decimal::ZERO, name: "changed".to_owned(), email: "new@x.y".to_owned(), ..user(1) };
        assert_eq!(update(&changed).set(&changed).execute(conn), Ok(1));
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), [changed.clone(), user(2)]);
        assert_eq!(User::query().filter(User::email_eq("NEW@x.y")).first(conn).unwrap(), changed);
        assert_eq!(users::table.filter(User::email_eq("user1@example.com")).count().get_result(conn), Ok(0));
        assert_eq!(update(users::table.find(2)).set(user(2)).execute(conn), Ok(1));
    }

    fn save_changes(conn) {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let mut one = user(1);
        one.balance = "12345678.90".parse().unwrap();
        one.profile = Some(Json(Profile { city: "Milano".to_owned() }));
        assert_eq!(one.save_changes::<User>(conn).unwrap(), one);
        assert_eq!(users::table.find(2).first::<User>(conn).unwrap(), user(2));
    }

    fn saving_a_row_that_is_gone(conn) {
        assert_eq!(user(1).save_changes::<User>(conn), Err(diesel::NotFound));
        assert_eq!(update(users::table.find(1)).set(&user(1)).execute(conn), Ok(0));
    }

    fn none_leaves_a_column_as_it_is(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let none = User { phone: None, profile: None, nick: None, ..user(1) };
        update(&none).set(&none).execute(conn).unwrap();
        assert_eq!(users::table.first::<User>(conn).unwrap(), user(1));
    }

    fn two_setters_and_a_plain_column_combine(conn) {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let row = user(1).row();
        let set = (users::name.eq("n"), row.set_balance(&Decimal::TEN), row.set_phone(None), row.set_email("e@f.g"));
        assert_eq!(update(users::table.find(1)).set(set).execute(conn), Ok(1));
        let expected =
            User { name: "n".to_owned(), balance: Decimal::TEN, phone: None, email: "e@f.g".to_owned(), ..user(1) };
        assert_eq!(User::query().filter(User::email_eq("E@F.G")).first(conn).unwrap(), expected);
        assert_eq!(users::table.find(2).first::<User>(conn).unwrap(), user(2));
    }

    fn a_setter_alone(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let row = UserRow { id: 1 };
        update(users::table.find(1)).set(row.set_balance(&Decimal::TEN)).execute(conn).unwrap();
        update(users::table.find(1)).set(row.set_email("alone@x")).execute(conn).unwrap();
        let profile = Json(Profile { city: "Torino".to_owned() });
        update(users::table.find(1)).set(row.set_profile(Some(&profile))).execute(conn).unwrap();
        let expected =
            User { balance: Decimal::TEN, email: "alone@x".to_owned(), profile: Some(profile), ..user(1) };
        assert_eq!(users::table.first::<User>(conn).unwrap(), expected);
    }

    fn setters_in_nested_tuples(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let row = user(1).row();
        let set = ((row.set_balance(&Decimal::TEN), users::nick.eq("x")), (row.set_phone(Some("1")), users::name.eq("y")));
        update(users::table.find(1)).set(set).execute(conn).unwrap();
        let back: User = users::table.first(conn).unwrap();
        assert_eq!((back.balance, back.phone.as_deref(), back.name.as_str()), (Decimal::TEN, Some("1"), "y"));
    }

    fn a_setter_that_may_be_absent(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let row = user(1).row();
        let set = |balance: Option<Decimal>| (balance.map(|it| row.set_balance(&it)), users::nick.eq("x"));
        update(users::table.find(1)).set(set(None)).execute(conn).unwrap();
        assert_eq!(users::table.first::<User>(conn).unwrap().balance, user(1).balance);
        update(users::table.find(1)).set(set(Some(Decimal::TEN))).execute(conn).unwrap();
        assert_eq!(users::table.first::<User>(conn).unwrap().balance, Decimal::TEN);
    }

    fn the_sealed_form_is_written_back_as_it_is(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let bytes = |conn: &mut _| users::table.select(users::balance).first::<SealedOf<users::balance>>(conn).unwrap();
        let before = bytes(conn);
        let mut sealed: SealedUser = SealedUser::query().first(conn).unwrap();
        sealed.name = "renamed".to_owned();
        update(&sealed).set(&sealed).execute(conn).unwrap();
        assert_eq!(bytes(conn), before);
        assert_eq!(users::table.first::<User>(conn).unwrap(), User { name: "renamed".to_owned(), ..user(1) });
    }

    fn plain_columns_without_the_model(conn) {
        insert_into(users::table).values(&given(3)).execute(conn).unwrap();
        assert_eq!(update(users::table.filter(User::email_eq_any(["user1@example.com", "user2@example.com"])))
            .set(users::nick.eq("found")).execute(conn), Ok(2));
        assert_eq!(update(users::table).set(users::phone.eq(None::<encrypted_fields::Sealed<_>>)).execute(conn), Ok(3));
        assert_eq!(users::table.filter(users::phone.is_null()).count().get_result(conn), Ok(3));
    }
}

on_both! {
    fn with_returning(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let changed = User { balance: Decimal::ONE, ..user(1) };
        let back: User = update(users::table.find(1)).set(&changed).returning(User::as_returning()).get_result(conn).unwrap();
        assert_eq!(back, changed);
        let back: Vec<User> = update(users::table).set(users::nick.eq("all")).get_results(conn).unwrap();
        assert_eq!(back, [User { nick: Some("all".to_owned()), ..changed }]);
    }
}
