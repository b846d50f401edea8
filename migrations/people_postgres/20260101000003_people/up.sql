-- The people of a tax assistant. What identifies or describes a person is sealed; plain are ids, and what the service
-- selects by: plans, states, days.

CREATE TABLE users (
    id                  BIGINT PRIMARY KEY,
    created_on          DATE NOT NULL,
    email               enc_text NOT NULL,
    email_bidx          BYTEA NOT NULL UNIQUE,
    phone               enc_text,
    phone_bidx          BYTEA,
    tax_id              enc_text NOT NULL,
    tax_id_bidx         BYTEA NOT NULL UNIQUE,  -- one account a taxpayer
    full_name           enc_text NOT NULL,
    street              enc_text NOT NULL,      -- the address
    postal_code         enc_text NOT NULL,
    city                enc_text NOT NULL,
    country             TEXT NOT NULL
);
CREATE INDEX users_phone_bidx ON users (phone_bidx);

-- bind(id, user_id): a question cannot be made somebody else's.
CREATE TABLE query_logs (
    id                  BIGINT PRIMARY KEY,
    user_id             BIGINT NOT NULL REFERENCES users (id),
    asked_on            DATE NOT NULL,
    question            enc_text NOT NULL,
    answer              enc_text
);
CREATE INDEX query_logs_user_id ON query_logs (user_id);

CREATE TABLE subscriptions (
    id                  BIGINT PRIMARY KEY,
    user_id             BIGINT NOT NULL REFERENCES users (id),
    plan                TEXT NOT NULL,
    state               TEXT NOT NULL,
    price               enc_numeric NOT NULL,
    price_version       BIGINT NOT NULL,
    iban                enc_text,
    card                enc_text,
    card_bidx           BYTEA,                  -- finds what is paid with a card that was stolen
    renews_on           enc_date NOT NULL
);
CREATE INDEX subscriptions_user_id ON subscriptions (user_id);
CREATE INDEX subscriptions_card_bidx ON subscriptions (card_bidx);

CREATE TABLE invoices (
    id                  BIGINT PRIMARY KEY,
    user_id             BIGINT NOT NULL REFERENCES users (id),
    number              TEXT NOT NULL UNIQUE,
    issued_on           DATE NOT NULL,
    net                 enc_numeric NOT NULL,
    vat                 enc_numeric NOT NULL,
    total               enc_numeric NOT NULL,
    billed_to           enc_json NOT NULL
);
CREATE INDEX invoices_user_id ON invoices (user_id);
