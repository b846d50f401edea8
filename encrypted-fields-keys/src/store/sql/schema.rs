//! The tables of `migrations/keys_postgres` and `migrations/keys_sqlite`. Dates are Unix seconds.

diesel::table! {
    encrypted_fields_keysets (application, tenant) {
        application -> Text,
        tenant -> Text,
        generation -> BigInt,
        mac -> Binary,
    }
}

diesel::table! {
    encrypted_fields_keys (application, tenant, purpose, id) {
        application -> Text,
        tenant -> Text,
        purpose -> Text,
        id -> BigInt,
        algorithm -> Text,
        imported -> Bool,
        state -> Text,
        created_at -> BigInt,
        activated_at -> Nullable<BigInt>,
        retired_at -> Nullable<BigInt>,
        destroyed_at -> Nullable<BigInt>,
        check_value -> Nullable<Binary>,
    }
}

diesel::table! {
    encrypted_fields_key_slots (application, tenant, purpose, key_id, kek) {
        application -> Text,
        tenant -> Text,
        purpose -> Text,
        key_id -> BigInt,
        kek -> Text,
        position -> Integer,
        wrapped -> Binary,
    }
}

diesel::table! {
    encrypted_fields_key_counters (application, tenant, key_id) {
        application -> Text,
        tenant -> Text,
        key_id -> BigInt,
        seals -> BigInt,
        mac -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    encrypted_fields_keysets,
    encrypted_fields_keys,
    encrypted_fields_key_slots
);
