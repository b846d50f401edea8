//! Patch structs, `only(AsChangeset)`: `Option` is "leave it", `Option<Option>` also "clear it".

use super::*;
use diesel::{insert_into, update};

on_every! {
    fn only_what_is_some_is_written(conn) {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let patch = Patch { balance: Some(Decimal::TEN), ..Patch::of(1) };
        assert_eq!(update(&patch).set(&patch).execute(conn), Ok(1));
        let expected = User { balance: Decimal::TEN, ..user(1) };
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), [expected, user(2)]);
    }

    fn the_inner_none_clears(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        update(users::table.find(1)).set(&Patch { phone: Some(None), ..Patch::of(1) }).execute(conn).unwrap();
        assert_eq!(users::table.first::<User>(conn).unwrap(), User { phone: None, ..user(1) });
        let filled = Patch { phone: Some(Some("5".to_owned())), name: Some("n".to_owned()), ..Patch::of(1) };
        update(users::table.find(1)).set(filled).execute(conn).unwrap();
        let expected = User { phone: Some("5".to_owned()), name: "n".to_owned(), ..user(1) };
        assert_eq!(users::table.first::<User>(conn).unwrap(), expected);
    }

    fn the_blind_index_moves_with_its_value(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let patch = Patch { email: Some("Patched@x.y".to_owned()), ..Patch::of(1) };
        assert_eq!(patch.save_changes::<User>(conn).unwrap().email, "Patched@x.y");
        assert_eq!(users::table.filter(User::email_eq("patched@x.y")).count().get_result(conn), Ok(1));
    }

    fn a_patch_of_nothing_is_diesels_error(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let nothing = Patch::of(1);
        let error = update(users::table.find(1)).set(&nothing).execute(conn).unwrap_err();
        assert!(matches!(error, diesel::result::Error::QueryBuilderError(_)), "{error:?}");
    }

    fn a_patch_beside_other_changes(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let patch = Patch { balance: Some(Decimal::TEN), ..Patch::of(1) };
        update(users::table.find(1)).set((&patch, users::nick.eq("beside"))).execute(conn).unwrap();
        let expected = User { balance: Decimal::TEN, nick: Some("beside".to_owned()), ..user(1) };
        assert_eq!(users::table.first::<User>(conn).unwrap(), expected);
    }

    fn none_is_null_where_the_struct_says_so(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        update(users::table.find(1)).set(&NullPatch { id: 1, phone: None, nick: None }).execute(conn).unwrap();
        assert_eq!(users::table.first::<User>(conn).unwrap(), User { phone: None, nick: None, ..user(1) });
        let filled = NullPatch { id: 1, phone: Some("7".to_owned()), nick: Some("n".to_owned()) };
        update(users::table.find(1)).set(filled).execute(conn).unwrap();
        let expected = User { phone: Some("7".to_owned()), nick: Some("n".to_owned()), ..user(1) };
        assert_eq!(users::table.first::<User>(conn).unwrap(), expected);
    }

    fn none_is_null_where_the_field_says_so(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        update(users::table.find(1)).set(&NullPhone { id: 1, phone: None, nick: None, name: "n" }).execute(conn).unwrap();
        let expected = User { phone: None, name: "n".to_owned(), ..user(1) };
        assert_eq!(users::table.first::<User>(conn).unwrap(), expected);
    }
}

#[derive(Identifiable, EncryptedModel)]
#[diesel(table_name = users)]
#[encrypted(only(AsChangeset))]
struct Patch {
    id: i64,
    name: Option<String>,
    #[encrypted(index(email_bidx, normalize = lower))]
    email: Option<String>,
    #[encrypted]
    phone: Option<Option<String>>,
    #[encrypted]
    balance: Option<Decimal>,
}

impl Patch {
    fn of(id: i64) -> Self {
        Self { id, name: None, email: None, phone: None, balance: None }
    }
}

#[derive(EncryptedModel)]
#[diesel(table_name = users, treat_none_as_null = true)]
#[encrypted(only(AsChangeset))]
struct NullPatch {
    id: i64,
    #[encrypted]
    phone: Option<String>,
    nick: Option<String>,
}

/// Borrowed, too.
#[derive(EncryptedModel)]
#[diesel(table_name = users)]
#[encrypted(only(AsChangeset))]
struct NullPhone<'a> {
    id: i64,
    #[encrypted]
    #[diesel(treat_none_as_null = true)]
    phone: Option<&'a str>,
    nick: Option<&'a str>,
    name: &'a str,
}
