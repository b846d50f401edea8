//! A look-up under `key = column` names the tenant, whose index key makes the token.

use super::*;

fn keyring() -> Keyring {
    testing::keyring().with_scoped(1_i64, testing::keyring()).with_scoped(2_i64, testing::keyring())
}

on_both! {
    fn takes_the_tenant(conn) {
        scope::with(&keyring(), || {
            let same = |id, tenant_id| Customer { email: "Same@example.com".to_owned(), ..customer(id, tenant_id) };
            insert_into(customers::table).values(&vec![same(1, 1), same(2, 2), customer(3, 1)]).execute(conn).unwrap();
            let mut ids = |condition| {
                let found = Customer::query().filter(condition).order(customers::id).load(conn).unwrap();
                found.into_iter().map(|customer| customer.id).collect::<Vec<_>>()
            };
            assert_eq!(ids(Customer::email_eq(&1, "same@example.com")), [1]);
            assert_eq!(ids(Customer::email_eq(&2, "same@example.com")), [2]);
            assert_eq!(ids(Customer::email_eq_any(&1, ["same@example.com", "c3@example.com"])), [1, 3]);
            assert_eq!(ids(Customer::email_eq_any(&2, ["c3@example.com"])), [0; 0]);
            assert_eq!(ids(Customer::email_eq_any(&2, [])), [0; 0]);
        });
    }

    fn of_an_unknown_tenant_fails_rather_than_finding_nothing(conn) {
        scope::with(&keyring(), || {
            insert_into(customers::table).values(&customer(1, 1)).execute(conn).unwrap();
            let found = Customer::query().filter(Customer::email_eq(&9, "c1@example.com")).load(conn);
            assert_eq!(seal_reason(found.unwrap_err()), SealReason::UnknownScope);
            let found = Customer::query().filter(Customer::email_eq_any(&9, ["c1@example.com"])).load(conn);
            assert_eq!(seal_reason(found.unwrap_err()), SealReason::UnknownScope);
        });
    }

    fn tokens_of_one_value_differ_between_tenants_that_share_a_key(conn) {
        let shared = testing::keyring();
        let keyring = testing::keyring().with_scoped(1_i64, shared.clone()).with_scoped(2_i64, shared);
        scope::with(&keyring, || {
            let same = |id, tenant_id| Customer { email: "same".to_owned(), ..customer(id, tenant_id) };
            insert_into(customers::table).values(&vec![same(1, 1), same(2, 2), same(3, 1)]).execute(conn).unwrap();
            let tokens: Vec<Vec<u8>> = customers::table.order(customers::id).select(customers::email_bidx).load(conn).unwrap();
            assert_eq!(tokens[0], tokens[2]);
            assert_ne!(tokens[0], tokens[1]);
        });
    }

    fn a_token_of_another_row_is_noticed_on_load(conn) {
        scope::with(&keyring(), || {
            insert_into(customers::table).values(&vec![customer(1, 1), customer(2, 1)]).execute(conn).unwrap();
            let token: Vec<u8> = customers::table.find(2).select(customers::email_bidx).first(conn).unwrap();
            update(customers::table.find(1)).set(customers::email_bidx.eq(token)).execute(conn).unwrap();
            let found = Customer::query().filter(Customer::email_eq(&1, "c2@example.com")).order(customers::id).load(conn);
            assert_eq!(open_reason(found.unwrap_err()), OpenReason::Index { column: "email_bidx" });
        });
    }
}
