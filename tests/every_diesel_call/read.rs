//! Loading: the whole row, some columns, by name, found, counted, paged.

use super::*;
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{count_star, exists, select, sql_query};
use diesel::insert_into;
use encrypted_fields::SealedOf;

on_every! {
    fn every_way_to_load_a_row(conn) {
        insert_into(users::table).values(&given(3)).execute(conn).unwrap();
        assert_eq!(users::table.order(users::id).load::<User>(conn).unwrap(), given(3));
        assert_eq!(users::table.order(users::id).get_results::<User>(conn).unwrap(), given(3));
        assert_eq!(users::table.order(users::id).first::<User>(conn).unwrap(), user(1));
        assert_eq!(users::table.filter(users::id.eq(2)).get_result::<User>(conn).unwrap(), user(2));
        assert_eq!(users::table.find(3).first::<User>(conn).unwrap(), user(3));
        assert_eq!(users::table.find(3).select(User::as_select()).first(conn).unwrap(), user(3));
        assert_eq!(User::query().order(users::id).load(conn).unwrap(), given(3));
        assert_eq!(User::query().find(2).first(conn).unwrap(), user(2));
        assert_eq!(User::query().find(9).first(conn).optional().unwrap(), None);
        assert_eq!(users::table.find(9).first::<User>(conn), Err(diesel::NotFound));
    }

    fn row_by_row(conn) {
        insert_into(users::table).values(&given(3)).execute(conn).unwrap();
        let rows = users::table.order(users::id).load_iter::<User, DefaultLoadingMode>(conn).unwrap();
        assert_eq!(rows.collect::<QueryResult<Vec<_>>>().unwrap(), given(3));
    }

    fn some_columns_opened_through_the_row(conn) {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let rows: Vec<(i64, SealedOf<users::balance>, SealedOf<users::phone>, SealedOf<users::profile>)> = users::table
            .select((users::id, users::balance, users::phone, users::profile))
            .order(users::id)
            .load(conn)
            .unwrap();
        for ((id, balance, phone, profile), expected) in rows.iter().zip(given(2)) {
            let row = UserRow { id: *id };
            assert_eq!(row.open_balance(balance).unwrap(), expected.balance);
            assert_eq!(row.open_phone(phone).unwrap(), expected.phone);
            assert_eq!(row.open_profile(profile).unwrap(), expected.profile);
        }
        let (_, second, ..) = &rows[1];
        UserRow { id: 1 }.open_balance(second).unwrap_err();
    }

    fn a_model_beside_other_columns(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let (one, name): (User, String) = users::table.select((User::as_select(), users::name)).first(conn).unwrap();
        assert_eq!((one.id, name), (1, "user 1".to_owned()));
    }

    fn a_struct_of_fewer_columns(conn) {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let balances: Vec<Balance> = Balance::query().filter(users::id.gt(1)).load(conn).unwrap();
        assert_eq!(balances, [Balance { balance: Decimal::new(250, 2), id: 2 }]);
    }

    fn the_sealed_form(conn) {
        insert_into(users::table).values(&user(1)).execute(conn).unwrap();
        let sealed: SealedUser = SealedUser::query().first(conn).unwrap();
        assert_eq!(sealed, users::table.first::<SealedUser>(conn).unwrap());
        assert_eq!(sealed.name, "user 1");
        assert!(format!("{sealed:?}").contains("balance: Sealed("), "{sealed:?}");
        assert_eq!(sealed.open(&encrypted_fields::current_keyring().unwrap()).unwrap(), user(1));
    }

    fn by_column_name(conn) {
        insert_into(users::table).values(&given(2)).execute(conn).unwrap();
        let reordered = "SELECT nick, profile, balance, phone, email_bidx, email, name, id FROM users ORDER BY id";
        assert_eq!(sql_query(reordered).load::<User>(conn).unwrap(), given(2));
        let sealed: SealedUser = sql_query(reordered).get_result(conn).unwrap();
        assert_eq!(sealed.row().open_balance(&sealed.balance).unwrap(), user(1).balance);
    }

    fn found_by_blind_index(conn) {
        insert_into(users::table).values(&given(4)).execute(conn).unwrap();
        let of = |found: Vec<User>| found.into_iter().map(|user| user.id).collect::<Vec<_>>();
        let by = |condition| User::query().filter(condition).order(users::id);
        assert_eq!(of(by(User::email_eq("user2@EXAMPLE.com")).load(conn).unwrap()), [2]);
        assert_eq!(of(by(User::email_eq("nobody")).load(conn).unwrap()), [0; 0]);
        assert_eq!(of(by(User::email_eq_any([])).load(conn).unwrap()), [0; 0]);
        assert_eq!(of(by(User::email_eq_any(["user1@example.com"])).load(conn).unwrap()), [1]);
        let several = vec!["user1@example.com".to_owned(), "USER3@example.com".to_owned(), "x".to_owned()];
        assert_eq!(of(by(User::email_eq_any(several.iter().map(String::as_str))).load(conn).unwrap()), [1, 3]);
    }

    fn blind_index_conditions_combine(conn) {
        insert_into(users::table).values(&given(4)).execute(conn).unwrap();
        let one = || User::email_eq("user1@example.com");
        let two = || User::email_eq_any(["user2@example.com", "user3@example.com"]);
        let count = |conn: &mut _, query: users::BoxedQuery<'_, Db>| query.count().get_result::<i64>(conn).unwrap();
        assert_eq!(count(conn, users::table.filter(one().or(two())).into_boxed()), 3);
        assert_eq!(count(conn, users::table.filter(one().and(two())).into_boxed()), 0);
        assert_eq!(count(conn, users::table.filter(two().and(users::name.eq("user 3"))).into_boxed()), 1);
        assert_eq!(count(conn, users::table.filter(users::id.eq(4).or(one())).into_boxed()), 2);
        assert_eq!(count(conn, users::table.filter(one()).or_filter(users::id.eq(4)).into_boxed()), 2);
        assert_eq!(count(conn, users::table.filter(diesel::dsl::not(two())).into_boxed()), 2);
        assert_eq!(count(conn, users::table.filter(diesel::dsl::not(User::email_eq_any([]))).into_boxed()), 4);
    }

    fn boxed(conn) {
        insert_into(users::table).values(&given(3)).execute(conn).unwrap();
        let mut query = User::query().into_boxed::<Db>();
        query = query.filter(User::email_eq_any(["user1@example.com", "user2@example.com"]));
        query = query.filter(users::id.gt(1)).order(users::id.desc());
        assert_eq!(query.load(conn).unwrap(), [user(2)]);
    }

    fn counted_and_grouped_by_plain_columns(conn) {
        let same_nick = |id| User { nick: Some("same".to_owned()), ..user(id) };
        insert_into(users::table).values(&vec![same_nick(1), same_nick(2), user(3)]).execute(conn).unwrap();
        assert_eq!(users::table.count().get_result(conn), Ok(3));
        let groups: Vec<(Option<String>, i64)> = users::table
            .group_by(users::nick)
            .select((users::nick, count_star()))
            .order(count_star().desc())
            .load(conn)
            .unwrap();
        assert_eq!(groups, [(Some("same".to_owned()), 2), (Some("nick 3".to_owned()), 1)]);
        assert_eq!(users::table.filter(users::phone.is_not_null()).count().get_result(conn), Ok(3));
        assert_eq!(select(exists(users::table.filter(User::email_eq("user3@example.com")))).get_result(conn), Ok(true));
        assert_eq!(select(exists(users::table.filter(User::email_eq("user4@example.com")))).get_result(conn), Ok(false));
    }

    fn in_pages(conn) {
        insert_into(users::table).values(&given(5)).execute(conn).unwrap();
        let by_offset = User::query().order(users::id).limit(2).offset(2).load(conn).unwrap();
        assert_eq!(by_offset, [user(3), user(4)]);
        let by_key = User::query().filter(users::id.gt(by_offset[1].id)).order(users::id).limit(2).load(conn).unwrap();
        assert_eq!(by_key, [user(5)]);
    }

    fn distinct_plain_columns(conn) {
        insert_into(users::table).values(&vec![user(1), User { nick: user(1).nick, ..user(2) }]).execute(conn).unwrap();
        assert_eq!(users::table.select(users::nick).distinct().load::<Option<String>>(conn).unwrap().len(), 1);
    }
}

#[derive(Debug, PartialEq, EncryptedModel)]
#[diesel(table_name = users)]
#[encrypted(only(HasQuery))]
struct Balance {
    #[encrypted]
    balance: Decimal,
    id: i64,
}
