-- The Postgres domains of encrypted-fields: one for each SQL type, storage and policy.
--
--   enc_<type>                 BYTEA: 0x01 | key id (4 bytes) | nonce | ciphertext | tag (16 bytes)
--   enc_<type>_text            TEXT: the same bytes in base64url without padding
--   enc_<type>[_text]_unbound  sealed for the column only, not for its row: the policy opt-out, visible in the schema
--
-- They do two things. `diesel print-schema` writes a column of such a type as the SQL type that the crate exports under
-- the same name, so a generated schema needs no patching. And the database itself refuses a plaintext: a value must
-- start with the version byte 0x01 and be no shorter than the least sealed value of its type, which is 33 bytes around
-- the type tag and the fixed width of the plaintext, e.g. 33 + 1 + 18 for a numeric. It cannot tell more: only the key
-- can. A NULL passes, as in any domain; NOT NULL belongs to the column.
--
-- substr() rather than get_byte(): on an empty value the latter raises an error of its own.

-- BYTEA, bound to the row.
CREATE DOMAIN enc_text        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 34 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_binary      AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 34 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_bool        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 35 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_smallint    AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 42 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_integer     AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 42 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_bigint      AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 42 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_float       AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 38 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_double      AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 42 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_numeric     AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 52 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_date        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 38 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_time        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 42 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_timestamp   AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_timestamptz AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_uuid        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 50 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_json        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 34 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_jsonb       AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 34 AND substr(VALUE, 1, 1) = '\x01');

-- BYTEA, unbound.
CREATE DOMAIN enc_text_unbound        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 34 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_binary_unbound      AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 34 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_bool_unbound        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 35 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_smallint_unbound    AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 42 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_integer_unbound     AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 42 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_bigint_unbound      AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 42 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_float_unbound       AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 38 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_double_unbound      AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 42 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_numeric_unbound     AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 52 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_date_unbound        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 38 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_time_unbound        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 42 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_timestamp_unbound   AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_timestamptz_unbound AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_uuid_unbound        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 50 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_json_unbound        AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 34 AND substr(VALUE, 1, 1) = '\x01');
CREATE DOMAIN enc_jsonb_unbound       AS bytea CONSTRAINT sealed CHECK (octet_length(VALUE) >= 34 AND substr(VALUE, 1, 1) = '\x01');

-- In base64url the byte 0x01 and the first four bits of the key id are `A` and one of `Q`..`Z`, `a`..`f`; n bytes take
-- ceil(4n/3) characters, never one more than a multiple of four.

-- TEXT, bound to the row.
CREATE DOMAIN enc_text_text        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_binary_text      AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_bool_text        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 47 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_smallint_text    AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 56 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_integer_text     AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 56 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_bigint_text      AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 56 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_float_text       AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 51 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_double_text      AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 56 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_numeric_text     AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 70 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_date_text        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 51 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_time_text        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 56 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_timestamp_text   AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 62 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_timestamptz_text AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 62 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_uuid_text        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 67 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_json_text        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_jsonb_text       AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');

-- TEXT, unbound.
CREATE DOMAIN enc_text_text_unbound        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_binary_text_unbound      AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_bool_text_unbound        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 47 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_smallint_text_unbound    AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 56 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_integer_text_unbound     AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 56 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_bigint_text_unbound      AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 56 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_float_text_unbound       AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 51 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_double_text_unbound      AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 56 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_numeric_text_unbound     AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 70 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_date_text_unbound        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 51 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_time_text_unbound        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 56 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_timestamp_text_unbound   AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 62 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_timestamptz_text_unbound AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 62 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_uuid_text_unbound        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 67 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_json_text_unbound        AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
CREATE DOMAIN enc_jsonb_text_unbound       AS text CONSTRAINT sealed CHECK (octet_length(VALUE) >= 46 AND octet_length(VALUE) % 4 <> 1 AND VALUE ~ '^A[QRSTUVWXYZabcdef][A-Za-z0-9_-]+$');
