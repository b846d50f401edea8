// @generated automatically by Diesel CLI.

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    users (id) {
        id -> Int8,
        name -> Text,
        email -> EncText,
        email_bidx -> Bytea,
        phone -> Nullable<EncText>,
        balance -> EncNumeric,
        version -> Int8,
    }
}
