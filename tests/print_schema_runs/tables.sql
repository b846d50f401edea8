-- What a project's own migration would hold.
CREATE TABLE customers (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    email enc_text NOT NULL,
    email_bidx BYTEA NOT NULL,
    phone enc_text_text,
    balance enc_numeric NOT NULL,
    profile enc_jsonb_text,
    hint enc_text_unbound NOT NULL,
    since TIMESTAMPTZ NOT NULL
);

-- A column of every domain, named as its domain is.
CREATE TABLE sealed_as_bytes (
    id BIGINT PRIMARY KEY,
    enc_text enc_text NOT NULL,
    enc_binary enc_binary NOT NULL,
    enc_bool enc_bool NOT NULL,
    enc_smallint enc_smallint NOT NULL,
    enc_integer enc_integer NOT NULL,
    enc_bigint enc_bigint NOT NULL,
    enc_float enc_float NOT NULL,
    enc_double enc_double NOT NULL,
    enc_numeric enc_numeric NOT NULL,
    enc_date enc_date NOT NULL,
    enc_time enc_time NOT NULL,
    enc_timestamp enc_timestamp NOT NULL,
    enc_timestamptz enc_timestamptz NOT NULL,
    enc_uuid enc_uuid NOT NULL,
    enc_json enc_json NOT NULL,
    enc_jsonb enc_jsonb NOT NULL
);
CREATE TABLE sealed_as_bytes_unbound (
    id BIGINT PRIMARY KEY,
    enc_text_unbound enc_text_unbound NOT NULL,
    enc_binary_unbound enc_binary_unbound NOT NULL,
    enc_bool_unbound enc_bool_unbound NOT NULL,
    enc_smallint_unbound enc_smallint_unbound NOT NULL,
    enc_integer_unbound enc_integer_unbound NOT NULL,
    enc_bigint_unbound enc_bigint_unbound NOT NULL,
    enc_float_unbound enc_float_unbound NOT NULL,
    enc_double_unbound enc_double_unbound NOT NULL,
    enc_numeric_unbound enc_numeric_unbound NOT NULL,
    enc_date_unbound enc_date_unbound NOT NULL,
    enc_time_unbound enc_time_unbound NOT NULL,
    enc_timestamp_unbound enc_timestamp_unbound NOT NULL,
    enc_timestamptz_unbound enc_timestamptz_unbound NOT NULL,
    enc_uuid_unbound enc_uuid_unbound NOT NULL,
    enc_json_unbound enc_json_unbound NOT NULL,
    enc_jsonb_unbound enc_jsonb_unbound NOT NULL
);
CREATE TABLE sealed_as_text (
    id BIGINT PRIMARY KEY,
    enc_text_text enc_text_text NOT NULL,
    enc_binary_text enc_binary_text NOT NULL,
    enc_bool_text enc_bool_text NOT NULL,
    enc_smallint_text enc_smallint_text NOT NULL,
    enc_integer_text enc_integer_text NOT NULL,
    enc_bigint_text enc_bigint_text NOT NULL,
    enc_float_text enc_float_text NOT NULL,
    enc_double_text enc_double_text NOT NULL,
    enc_numeric_text enc_numeric_text NOT NULL,
    enc_date_text enc_date_text NOT NULL,
    enc_time_text enc_time_text NOT NULL,
    enc_timestamp_text enc_timestamp_text NOT NULL,
    enc_timestamptz_text enc_timestamptz_text NOT NULL,
    enc_uuid_text enc_uuid_text NOT NULL,
    enc_json_text enc_json_text NOT NULL,
    enc_jsonb_text enc_jsonb_text NOT NULL
);
CREATE TABLE sealed_as_text_unbound (
    id BIGINT PRIMARY KEY,
    enc_text_text_unbound enc_text_text_unbound NOT NULL,
    enc_binary_text_unbound enc_binary_text_unbound NOT NULL,
    enc_bool_text_unbound enc_bool_text_unbound NOT NULL,
    enc_smallint_text_unbound enc_smallint_text_unbound NOT NULL,
    enc_integer_text_unbound enc_integer_text_unbound NOT NULL,
    enc_bigint_text_unbound enc_bigint_text_unbound NOT NULL,
    enc_float_text_unbound enc_float_text_unbound NOT NULL,
    enc_double_text_unbound enc_double_text_unbound NOT NULL,
    enc_numeric_text_unbound enc_numeric_text_unbound NOT NULL,
    enc_date_text_unbound enc_date_text_unbound NOT NULL,
    enc_time_text_unbound enc_time_text_unbound NOT NULL,
    enc_timestamp_text_unbound enc_timestamp_text_unbound NOT NULL,
    enc_timestamptz_text_unbound enc_timestamptz_text_unbound NOT NULL,
    enc_uuid_text_unbound enc_uuid_text_unbound NOT NULL,
    enc_json_text_unbound enc_json_text_unbound NOT NULL,
    enc_jsonb_text_unbound enc_jsonb_text_unbound NOT NULL
);
