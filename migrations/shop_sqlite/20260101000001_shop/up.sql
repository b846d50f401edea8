-- The tables of shop_postgres where there are no domains: a sealed value is a BLOB, and nothing here stops a plaintext
-- but the types of the program.

CREATE TABLE items (
    id          INTEGER NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    price       BLOB NOT NULL
);

CREATE TABLE customers (
    id          INTEGER NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    email       BLOB NOT NULL,
    email_bidx  BLOB NOT NULL UNIQUE   -- finds a customer by e-mail, and keeps e-mails unique
);

CREATE TABLE shop_balances (
    id          INTEGER NOT NULL PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    balance     BLOB NOT NULL,
    balance_version BIGINT NOT NULL
);

-- bind(id, owner_id): bound to its id alone, a wallet could be handed to another owner by an UPDATE of owner_id.
CREATE TABLE customer_wallets (
    id          INTEGER NOT NULL PRIMARY KEY,
    owner_id    INTEGER NOT NULL REFERENCES customers (id),
    balance     BLOB NOT NULL,
    balance_version BIGINT NOT NULL,       -- an older balance does not open beside it
    currency    TEXT NOT NULL,
    UNIQUE (owner_id, currency)
);

CREATE TABLE orders (
    id              INTEGER NOT NULL PRIMARY KEY,
    customer_id     INTEGER NOT NULL REFERENCES customers (id),
    total           BLOB NOT NULL,
    billing_address BLOB NOT NULL
);

CREATE TABLE order_items (
    id          INTEGER NOT NULL PRIMARY KEY,
    order_id    INTEGER NOT NULL REFERENCES orders (id),
    item_id     INTEGER NOT NULL REFERENCES items (id),
    unit_price  BLOB NOT NULL,
    quantity    BLOB NOT NULL
);
CREATE INDEX order_items_order_id ON order_items (order_id);

CREATE TABLE payments (
    id          INTEGER NOT NULL PRIMARY KEY,
    order_id    INTEGER NOT NULL REFERENCES orders (id),
    amount      BLOB NOT NULL,
    paid_at     BLOB NOT NULL
);
CREATE INDEX payments_order_id ON payments (order_id);
