-- A shop whose amounts the database never sees. A sealed value is bound to its row by the primary key, so every id is
-- made by the client before the INSERT: here they are Chinook's own numbers, hence INTEGER without a sequence.

CREATE TABLE items (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    price       enc_numeric NOT NULL
);

CREATE TABLE customers (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    email       enc_text NOT NULL,
    email_bidx  BYTEA NOT NULL UNIQUE   -- finds a customer by e-mail, and keeps e-mails unique
);

CREATE TABLE shop_balances (
    id          INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    balance     enc_numeric NOT NULL,
    balance_version BIGINT NOT NULL
);

-- bind(id, owner_id): bound to its id alone, a wallet could be handed to another owner by an UPDATE of owner_id.
CREATE TABLE customer_wallets (
    id          INTEGER PRIMARY KEY,
    owner_id    INTEGER NOT NULL REFERENCES customers (id),
    balance     enc_numeric NOT NULL,
    balance_version BIGINT NOT NULL,       -- an older balance does not open beside it
    currency    TEXT NOT NULL,
    UNIQUE (owner_id, currency)
);

CREATE TABLE orders (
    id              INTEGER PRIMARY KEY,
    customer_id     INTEGER NOT NULL REFERENCES customers (id),
    total           enc_numeric NOT NULL,
    billing_address enc_json NOT NULL
);

CREATE TABLE order_items (
    id          INTEGER PRIMARY KEY,
    order_id    INTEGER NOT NULL REFERENCES orders (id),
    item_id     INTEGER NOT NULL REFERENCES items (id),
    unit_price  enc_numeric NOT NULL,
    quantity    enc_integer NOT NULL
);
CREATE INDEX order_items_order_id ON order_items (order_id);

CREATE TABLE payments (
    id          INTEGER PRIMARY KEY,
    order_id    INTEGER NOT NULL REFERENCES orders (id),
    amount      enc_numeric NOT NULL,
    paid_at     enc_timestamp NOT NULL
);
CREATE INDEX payments_order_id ON payments (order_id);
