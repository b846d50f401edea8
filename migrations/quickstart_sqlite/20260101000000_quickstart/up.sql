-- The table of quickstart_postgres where there are no domains: a sealed value is a BLOB.
CREATE TABLE users (
    id          BIGINT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    email       BLOB NOT NULL,
    email_bidx  BLOB NOT NULL UNIQUE,   -- finds a user by e-mail, and keeps e-mails unique
    phone       BLOB,
    balance     BLOB NOT NULL,
    version     BIGINT NOT NULL          -- an older balance does not open beside it
);
