-- The tables of people_postgres where there are no domains: a sealed value is a BLOB, and nothing here stops a plaintext
-- but the types of the program.

CREATE TABLE users (
    id                  BIGINT NOT NULL PRIMARY KEY,
    created_on          DATE NOT NULL,
    email               BLOB NOT NULL,
    email_bidx          BLOB NOT NULL UNIQUE,
    phone               BLOB,
    phone_bidx          BLOB,
    tax_id              BLOB NOT NULL,
    tax_id_bidx         BLOB NOT NULL UNIQUE,  -- one account a taxpayer
    full_name           BLOB NOT NULL,
    street              BLOB NOT NULL,      -- the address
    postal_code         BLOB NOT NULL,
    city                BLOB NOT NULL,
    country             TEXT NOT NULL
);
CREATE INDEX users_phone_bidx ON users (phone_bidx);

-- bind(id, user_id): a question cannot be made somebody else's.
CREATE TABLE query_logs (
    id                  BIGINT NOT NULL PRIMARY KEY,
    user_id             BIGINT NOT NULL REFERENCES users (id),
    asked_on            DATE NOT NULL,
    question            BLOB NOT NULL,
    answer              BLOB
);
CREATE INDEX query_logs_user_id ON query_logs (user_id);

CREATE TABLE subscriptions (
    id                  BIGINT NOT NULL PRIMARY KEY,
    user_id             BIGINT NOT NULL REFERENCES users (id),
    plan                TEXT NOT NULL,
    state               TEXT NOT NULL,
    price               BLOB NOT NULL,
    price_version       BIGINT NOT NULL,
    iban                BLOB,
    card                BLOB,
    card_bidx           BLOB,                  -- finds what is paid with a card that was stolen
    renews_on           BLOB NOT NULL
);
CREATE INDEX subscriptions_user_id ON subscriptions (user_id);
CREATE INDEX subscriptions_card_bidx ON subscriptions (card_bidx);

CREATE TABLE invoices (
    id                  BIGINT NOT NULL PRIMARY KEY,
    user_id             BIGINT NOT NULL REFERENCES users (id),
    number              TEXT NOT NULL UNIQUE,
    issued_on           DATE NOT NULL,
    net                 BLOB NOT NULL,
    vat                 BLOB NOT NULL,
    total               BLOB NOT NULL,
    billed_to           BLOB NOT NULL
);
CREATE INDEX invoices_user_id ON invoices (user_id);
