// @generated automatically by Diesel CLI.

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    customer_wallets (id) {
        id -> Int4,
        owner_id -> Int4,
        balance -> EncNumeric,
        balance_version -> Int8,
        currency -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    customers (id) {
        id -> Int4,
        name -> Text,
        email -> EncText,
        email_bidx -> Bytea,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    items (id) {
        id -> Int4,
        name -> Text,
        price -> EncNumeric,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    order_items (id) {
        id -> Int4,
        order_id -> Int4,
        item_id -> Int4,
        unit_price -> EncNumeric,
        quantity -> EncInteger,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    orders (id) {
        id -> Int4,
        customer_id -> Int4,
        total -> EncNumeric,
        billing_address -> EncJson,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    payments (id) {
        id -> Int4,
        order_id -> Int4,
        amount -> EncNumeric,
        paid_at -> EncTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    shop_balances (id) {
        id -> Int4,
        customer_id -> Int4,
        balance -> EncNumeric,
        balance_version -> Int8,
    }
}

diesel::joinable!(customer_wallets -> customers (owner_id));
diesel::joinable!(order_items -> items (item_id));
diesel::joinable!(order_items -> orders (order_id));
diesel::joinable!(orders -> customers (customer_id));
diesel::joinable!(payments -> orders (order_id));
diesel::joinable!(shop_balances -> customers (customer_id));

diesel::allow_tables_to_appear_in_same_query!(
    customer_wallets,
    customers,
    items,
    order_items,
    orders,
    payments,
    shop_balances,
);
