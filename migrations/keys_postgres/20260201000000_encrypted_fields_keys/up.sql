-- The key store of encrypted-fields-keys: wrapped keys, authenticated as a whole by `mac`. Dates are Unix seconds.

CREATE TABLE encrypted_fields_keysets (
    application TEXT NOT NULL CHECK (application <> ''),
    tenant TEXT NOT NULL,
    generation BIGINT NOT NULL CHECK (generation > 0),
    mac BYTEA NOT NULL,
    PRIMARY KEY (application, tenant)
);

CREATE TABLE encrypted_fields_keys (
    application TEXT NOT NULL,
    tenant TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('store-root', 'data', 'index', 'subject-root')),
    id BIGINT NOT NULL CHECK (id BETWEEN 1 AND 4294967295),
    algorithm TEXT NOT NULL,
    imported BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'primary', 'decrypt-only', 'disabled', 'destroyed')),
    created_at BIGINT NOT NULL,
    activated_at BIGINT,
    retired_at BIGINT,
    destroyed_at BIGINT,
    check_value BYTEA,
    PRIMARY KEY (application, tenant, purpose, id),
    FOREIGN KEY (application, tenant) REFERENCES encrypted_fields_keysets
);

-- At most one primary key a purpose, whatever a program does.
CREATE UNIQUE INDEX encrypted_fields_keys_primary ON encrypted_fields_keys (application, tenant, purpose)
WHERE state = 'primary';

CREATE TABLE encrypted_fields_key_slots (
    application TEXT NOT NULL,
    tenant TEXT NOT NULL,
    purpose TEXT NOT NULL,
    key_id BIGINT NOT NULL,
    kek TEXT NOT NULL,
    position INTEGER NOT NULL,
    wrapped BYTEA NOT NULL,
    PRIMARY KEY (application, tenant, purpose, key_id, kek),
    FOREIGN KEY (application, tenant, purpose, key_id) REFERENCES encrypted_fields_keys
);

-- How many seals all processes have leased under a data key: a row of its own, because it changes often.
CREATE TABLE encrypted_fields_key_counters (
    application TEXT NOT NULL,
    tenant TEXT NOT NULL,
    key_id BIGINT NOT NULL,
    seals BIGINT NOT NULL CHECK (seals >= 0),
    mac BYTEA NOT NULL,
    PRIMARY KEY (application, tenant, key_id),
    FOREIGN KEY (application, tenant) REFERENCES encrypted_fields_keysets
);
