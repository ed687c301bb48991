-- The first schema. Written once for SQLite and PostgreSQL: TEXT, BIGINT and BYTEA only. (SQLite
-- gives a BYTEA column numeric affinity, which leaves blobs as they are.) Truth values are BIGINT
-- 0 and 1, times are Unix seconds, lists are JSON text.

-- One row. Every transaction that changes meta, apps, secrets or keys raises `revision` here, so
-- a server learns by one cheap read whether to reload; `changed_at_revision` says what to reload.
CREATE TABLE meta (
    one                 BIGINT PRIMARY KEY CHECK (one = 1),
    installation_id     TEXT   NOT NULL,
    iss                 TEXT   NOT NULL,
    environment         TEXT   NOT NULL,
    pins                TEXT   NOT NULL,
    kek_fingerprint     TEXT   NOT NULL,
    created_at          BIGINT NOT NULL,
    revision            BIGINT NOT NULL,
    last_audit          BIGINT NOT NULL,
    changed_at_revision BIGINT NOT NULL
);

-- A deleted app stays as a tombstone: a polling server must learn of it, and `rev` and
-- `last_generation` must go on where they stopped if its number is used again.
CREATE TABLE apps (
    id                  BIGINT PRIMARY KEY,
    name                TEXT   NOT NULL,
    environment         TEXT   NOT NULL,
    status              TEXT   NOT NULL,
    service_enabled     BIGINT NOT NULL,
    features            TEXT   NOT NULL,
    entitlement_from    BIGINT,
    entitlement_until   BIGINT,
    lifetime            BIGINT NOT NULL,
    rate_per_second     BIGINT NOT NULL,
    replay_mode         TEXT   NOT NULL,
    nonce_profile       TEXT   NOT NULL,
    on_expiry           TEXT   NOT NULL,
    bind                TEXT   NOT NULL,
    allowed_networks    TEXT   NOT NULL,
    note                TEXT   NOT NULL,
    rev                 BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    deleted_at          BIGINT,
    last_generation     BIGINT NOT NULL,
    changed_at_revision BIGINT NOT NULL
);
CREATE INDEX apps_changed ON apps (changed_at_revision);

-- A secret keeps its slot for life, because it is sealed under (app, slot, generation). The
-- unique keyed hash is what makes "no two apps share a secret" true (docs/PROTOCOL.md §4).
CREATE TABLE secrets (
    app_id       BIGINT NOT NULL REFERENCES apps (id),
    slot         BIGINT NOT NULL CHECK (slot IN (0, 1)),
    generation   BIGINT NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('active', 'retiring', 'revoked')),
    retires_at   BIGINT,
    sealed       BYTEA  NOT NULL,
    keyed_hash   BYTEA  NOT NULL UNIQUE,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    PRIMARY KEY (app_id, slot)
);

-- One row per certificate, staged ones included; the same key may be certified again.
CREATE TABLE issuing_keys (
    serial              BIGINT PRIMARY KEY,
    kid                 TEXT   NOT NULL,
    certificate         TEXT   NOT NULL,
    sealed_seed         BYTEA  NOT NULL,
    sign_from           BIGINT NOT NULL,
    exp                 BIGINT NOT NULL,
    added_at            BIGINT NOT NULL,
    changed_at_revision BIGINT NOT NULL
);

-- Roots kept on the server (auto-root). Empty where roots live offline.
CREATE TABLE root_keys (
    kid                 TEXT   PRIMARY KEY,
    sealed_seed         BYTEA  NOT NULL,
    added_at            BIGINT NOT NULL,
    changed_at_revision BIGINT NOT NULL
);

CREATE TABLE audit (
    seq     BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    detail  TEXT   NOT NULL
);
