// @generated automatically by Diesel CLI.

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    invoices (id) {
        id -> Int8,
        user_id -> Int8,
        number -> Text,
        issued_on -> Date,
        net -> EncNumeric,
        vat -> EncNumeric,
        total -> EncNumeric,
        billed_to -> EncJson,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    query_logs (id) {
        id -> Int8,
        user_id -> Int8,
        asked_on -> Date,
        question -> EncText,
        answer -> Nullable<EncText>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    subscriptions (id) {
        id -> Int8,
        user_id -> Int8,
        plan -> Text,
        state -> Text,
        price -> EncNumeric,
        price_version -> Int8,
        iban -> Nullable<EncText>,
        card -> Nullable<EncText>,
        card_bidx -> Nullable<Bytea>,
        renews_on -> EncDate,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    users (id) {
        id -> Int8,
        created_on -> Date,
        email -> EncText,
        email_bidx -> Bytea,
        phone -> Nullable<EncText>,
        phone_bidx -> Nullable<Bytea>,
        tax_id -> EncText,
        tax_id_bidx -> Bytea,
        full_name -> EncText,
        street -> EncText,
        postal_code -> EncText,
        city -> EncText,
        country -> Text,
    }
}

diesel::joinable!(invoices -> users (user_id));
diesel::joinable!(query_logs -> users (user_id));
diesel::joinable!(subscriptions -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(invoices, query_logs, subscriptions, users,);
