//! Joins and associations: each model opens its own part of the row.

use super::*;
use diesel::insert_into;

macro_rules! given {
    ($conn:ident) => {
        insert_into(users::table).values(&given(3)).execute($conn).unwrap();
        insert_into(cards::table).values(&vec![card(1, 1), card(2, 1), card(3, 2)]).execute($conn).unwrap();
    };
}

on_every! {
    fn inner_join(conn) {
        given!(conn);
        let joined: Vec<(User, Card)> = users::table
            .inner_join(cards::table)
            .select((User::as_select(), Card::as_select()))
            .order(cards::id)
            .load(conn)
            .unwrap();
        assert_eq!(joined, [(user(1), card(1, 1)), (user(1), card(2, 1)), (user(2), card(3, 2))]);
        let joined: Vec<(Card, User)> = cards::table.inner_join(users::table).order(cards::id).load(conn).unwrap();
        assert_eq!(joined[2], (card(3, 2), user(2)));
    }

    fn left_join(conn) {
        given!(conn);
        let joined: Vec<(User, Option<Card>)> = users::table
            .left_join(cards::table)
            .select((User::as_select(), Option::<Card>::as_select()))
            .order((users::id, cards::id))
            .load(conn)
            .unwrap();
        assert_eq!(joined[0], (user(1), Some(card(1, 1))));
        assert_eq!(joined[3], (user(3), None));
        let positional: Vec<(User, Option<Card>)> =
            users::table.left_join(cards::table).order((users::id, cards::id)).load(conn).unwrap();
        assert_eq!(positional, joined);
    }

    fn a_model_beside_columns_of_the_other_table(conn) {
        given!(conn);
        let joined: Vec<(Card, String)> = cards::table
            .inner_join(users::table)
            .filter(User::email_eq("user2@example.com"))
            .select((Card::as_select(), users::name))
            .load(conn)
            .unwrap();
        assert_eq!(joined, [(card(3, 2), "user 2".to_owned())]);
    }

    fn belonging_to(conn) {
        given!(conn);
        let one = users::table.find(1).first::<User>(conn).unwrap();
        assert_eq!(Card::belonging_to(&one).order(cards::id).load::<Card>(conn).unwrap(), [card(1, 1), card(2, 1)]);
        let all = users::table.order(users::id).load::<User>(conn).unwrap();
        let cards = Card::belonging_to(&all).select(Card::as_select()).order(cards::id).load(conn).unwrap();
        let grouped: Vec<Vec<Card>> = cards.grouped_by(&all);
        assert_eq!(grouped, [vec![card(1, 1), card(2, 1)], vec![card(3, 2)], vec![]]);
    }

    fn a_subquery_by_blind_index(conn) {
        given!(conn);
        let of_user_two = users::table.filter(User::email_eq("user2@example.com")).select(users::id);
        let found = cards::table.filter(cards::user_id.eq_any(of_user_two)).load::<Card>(conn).unwrap();
        assert_eq!(found, [card(3, 2)]);
    }

    fn an_aliased_table(conn) {
        given!(conn);
        let other = diesel::alias!(users as other_users);
        let found: Vec<(i64, encrypted_fields::SealedOf<users::balance>)> =
            other.filter(other.field(users::id).eq(2)).select(other.fields((users::id, users::balance))).load(conn).unwrap();
        assert_eq!(UserRow { id: 2 }.open_balance(&found[0].1).unwrap(), user(2).balance);
    }
}
