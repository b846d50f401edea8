-- One table with sealed columns. A value is bound to its row by the primary key, so the client makes the id before the
-- INSERT: no sequence.
CREATE TABLE users (
    id          BIGINT PRIMARY KEY,
    name        TEXT NOT NULL,
    email       enc_text NOT NULL,
    email_bidx  BYTEA NOT NULL UNIQUE,   -- finds a user by e-mail, and keeps e-mails unique
    phone       enc_text,
    balance     enc_numeric NOT NULL,
    version     BIGINT NOT NULL          -- an older balance does not open beside it
);
