// @generated automatically by Diesel CLI.

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    customers (id) {
        id -> Uuid,
        name -> Text,
        email -> EncText,
        email_bidx -> Bytea,
        phone -> Nullable<EncTextText>,
        balance -> EncNumeric,
        profile -> Nullable<EncJsonbText>,
        hint -> EncTextUnbound,
        since -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    sealed_as_bytes (id) {
        id -> Int8,
        enc_text -> EncText,
        enc_binary -> EncBinary,
        enc_bool -> EncBool,
        enc_smallint -> EncSmallint,
        enc_integer -> EncInteger,
        enc_bigint -> EncBigint,
        enc_float -> EncFloat,
        enc_double -> EncDouble,
        enc_numeric -> EncNumeric,
        enc_date -> EncDate,
        enc_time -> EncTime,
        enc_timestamp -> EncTimestamp,
        enc_timestamptz -> EncTimestamptz,
        enc_uuid -> EncUuid,
        enc_json -> EncJson,
        enc_jsonb -> EncJsonb,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    sealed_as_bytes_unbound (id) {
        id -> Int8,
        enc_text_unbound -> EncTextUnbound,
        enc_binary_unbound -> EncBinaryUnbound,
        enc_bool_unbound -> EncBoolUnbound,
        enc_smallint_unbound -> EncSmallintUnbound,
        enc_integer_unbound -> EncIntegerUnbound,
        enc_bigint_unbound -> EncBigintUnbound,
        enc_float_unbound -> EncFloatUnbound,
        enc_double_unbound -> EncDoubleUnbound,
        enc_numeric_unbound -> EncNumericUnbound,
        enc_date_unbound -> EncDateUnbound,
        enc_time_unbound -> EncTimeUnbound,
        enc_timestamp_unbound -> EncTimestampUnbound,
        enc_timestamptz_unbound -> EncTimestamptzUnbound,
        enc_uuid_unbound -> EncUuidUnbound,
        enc_json_unbound -> EncJsonUnbound,
        enc_jsonb_unbound -> EncJsonbUnbound,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    sealed_as_text (id) {
        id -> Int8,
        enc_text_text -> EncTextText,
        enc_binary_text -> EncBinaryText,
        enc_bool_text -> EncBoolText,
        enc_smallint_text -> EncSmallintText,
        enc_integer_text -> EncIntegerText,
        enc_bigint_text -> EncBigintText,
        enc_float_text -> EncFloatText,
        enc_double_text -> EncDoubleText,
        enc_numeric_text -> EncNumericText,
        enc_date_text -> EncDateText,
        enc_time_text -> EncTimeText,
        enc_timestamp_text -> EncTimestampText,
        enc_timestamptz_text -> EncTimestamptzText,
        enc_uuid_text -> EncUuidText,
        enc_json_text -> EncJsonText,
        enc_jsonb_text -> EncJsonbText,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::domains::*;

    sealed_as_text_unbound (id) {
        id -> Int8,
        enc_text_text_unbound -> EncTextTextUnbound,
        enc_binary_text_unbound -> EncBinaryTextUnbound,
        enc_bool_text_unbound -> EncBoolTextUnbound,
        enc_smallint_text_unbound -> EncSmallintTextUnbound,
        enc_integer_text_unbound -> EncIntegerTextUnbound,
        enc_bigint_text_unbound -> EncBigintTextUnbound,
        enc_float_text_unbound -> EncFloatTextUnbound,
        enc_double_text_unbound -> EncDoubleTextUnbound,
        enc_numeric_text_unbound -> EncNumericTextUnbound,
        enc_date_text_unbound -> EncDateTextUnbound,
        enc_time_text_unbound -> EncTimeTextUnbound,
        enc_timestamp_text_unbound -> EncTimestampTextUnbound,
        enc_timestamptz_text_unbound -> EncTimestamptzTextUnbound,
        enc_uuid_text_unbound -> EncUuidTextUnbound,
        enc_json_text_unbound -> EncJsonTextUnbound,
        enc_jsonb_text_unbound -> EncJsonbTextUnbound,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    customers,
    sealed_as_bytes,
    sealed_as_bytes_unbound,
    sealed_as_text,
    sealed_as_text_unbound,
);
