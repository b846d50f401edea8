-- The keys of data subjects, each wrapped under a subject root, and the ledger of erasures. They may live in a database of their
-- own, so that backups of the data do not hold them. Times are Unix seconds. A subject is the canonical form of its id.

-- A record is present (wrapped), or erased: a tombstone, which is never made a key again.
CREATE TABLE encrypted_fields_subject_keys (
    application  TEXT NOT NULL,
    tenant       TEXT NOT NULL,             -- '' where there is one tenant
    subject      BYTEA NOT NULL,
    key_id       BIGINT NOT NULL,           -- u32, as values carry it; 0: erased before there was a key
    algorithm    TEXT NOT NULL,
    root_id      BIGINT,                    -- u32: the subject root that wraps it
    wrapped      BYTEA,
    created_at   BIGINT NOT NULL,
    erased_at    BIGINT,
    mac          BYTEA,                     -- of a tombstone; a present record is authenticated by what wraps it
    PRIMARY KEY (subject, tenant, application), -- what differs first: it halves the time of a page's look-up
    CHECK (
        (wrapped IS NOT NULL AND root_id IS NOT NULL AND erased_at IS NULL AND mac IS NULL)
        OR (wrapped IS NULL AND root_id IS NULL AND erased_at IS NOT NULL AND mac IS NOT NULL)
    )
);

-- Append-only: each entry is authenticated, and chained to those before it.
CREATE TABLE encrypted_fields_erasures (
    application  TEXT NOT NULL,
    tenant       TEXT NOT NULL,
    seq          BIGINT NOT NULL,           -- from 1
    subject      BYTEA NOT NULL,
    key_id       BIGINT NOT NULL,
    erased_at    BIGINT NOT NULL,
    mac          BYTEA NOT NULL,
    chain        BYTEA NOT NULL,
    PRIMARY KEY (application, tenant, seq),
    UNIQUE (subject, tenant, application)
);

-- Where the ledger ends, authenticated: a tail that was cut off is noticed.
CREATE TABLE encrypted_fields_erasure_heads (
    application  TEXT NOT NULL,
    tenant       TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    chain        BYTEA NOT NULL,
    mac          BYTEA NOT NULL,
    PRIMARY KEY (application, tenant)
);
