-- People and what they look at: sign-in, API tokens, usage, requests, webhooks, and an audit log that
-- proves itself. As in 0001: TEXT, BIGINT and BYTEA, times are Unix seconds, lists are JSON text. What
-- only SQLite says (PostgreSQL clusters nothing by itself): WITHOUT ROWID, INTEGER PRIMARY KEY.

ALTER TABLE apps ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
-- What apps are listed by; each is walked, never sorted.
CREATE INDEX apps_by_name ON apps (name, id);
CREATE INDEX apps_by_created ON apps (created_at, id);
CREATE INDEX apps_by_updated ON apps (updated_at, id);
-- What apps are filtered by: read from end to end, without a look at the table (store/app_search.rs).
CREATE INDEX apps_for_search ON apps
    (id, name, status, environment, tags, features, created_at, updated_at, deleted_at);

-- SHA-256 over the entry before and this one (store/audit_chain.rs). NULL only in a database of the
-- first schema, until it is opened for the first time.
ALTER TABLE audit ADD COLUMN hash BYTEA;
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_action ON audit (action, seq);
CREATE INDEX audit_by_subject ON audit (subject, seq);

-- The key that signs checkpoints of the audit log.
CREATE TABLE audit_key (
    one         BIGINT PRIMARY KEY CHECK (one = 1),
    sealed_seed BYTEA  NOT NULL,
    public_key  TEXT   NOT NULL
);

-- `app_ids`: NULL is every app. `totp`: sealed; `totp_last_step`: no step counts twice.
CREATE TABLE users (
    id             TEXT   PRIMARY KEY,
    name           TEXT   NOT NULL UNIQUE,
    role           TEXT   NOT NULL CHECK (role IN ('viewer', 'operator', 'owner')),
    app_ids        TEXT,
    status         TEXT   NOT NULL CHECK (status IN ('invited', 'active', 'disabled')),
    password_hash  TEXT,
    totp           BYTEA,
    totp_last_step BIGINT NOT NULL DEFAULT 0,
    rev            BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    signed_in_at   BIGINT
);

-- Whoever holds the token chooses a password and a second factor. `user_id` NULL: the first owner's.
-- `password_hash` and `totp` are there between the two steps of an enrolment.
CREATE TABLE invitations (
    token_hash    BYTEA  PRIMARY KEY,
    user_id       TEXT   UNIQUE REFERENCES users (id),
    name          TEXT,
    password_hash TEXT,
    totp          BYTEA,
    failures      BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_hash    BYTEA  PRIMARY KEY,
    id            TEXT   NOT NULL UNIQUE,
    user_id       TEXT   NOT NULL REFERENCES users (id),
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    stepped_up_at BIGINT NOT NULL,
    network       TEXT   NOT NULL,
    client        TEXT   NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE api_tokens (
    id           TEXT   PRIMARY KEY,
    name         TEXT   NOT NULL,
    token_hash   BYTEA  NOT NULL UNIQUE,
    role         TEXT   NOT NULL CHECK (role IN ('viewer', 'operator', 'owner')),
    app_ids      TEXT,
    privileged   BIGINT NOT NULL,
    created_by   TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at   BIGINT
);

-- What a creation answered, for a client that asks again: sealed, since some answers hold a secret.
CREATE TABLE idempotency (
    caller        TEXT   NOT NULL,
    key           TEXT   NOT NULL,
    request_hash  BYTEA  NOT NULL,
    status        BIGINT NOT NULL,
    sealed_answer BYTEA  NOT NULL,
    at            BIGINT NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_by_time ON idempotency (at);

-- Answers of the licence API, counted. `resolution`: seconds, 60, 3600 or 86400; `at`: where the
-- period begins; `app_id` 0: every request, those of unknown apps included.
CREATE TABLE usage (
    app_id     BIGINT NOT NULL,
    resolution BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    code       BIGINT NOT NULL,
    count      BIGINT NOT NULL,
    PRIMARY KEY (app_id, resolution, at, code)
) WITHOUT ROWID;
CREATE INDEX usage_of_days ON usage (at, app_id, code, count) WHERE resolution = 86400;

-- Single answers, for as long as they are worth a look. `id`: the RequestId's 64 bits.
CREATE TABLE requests (
    seq         INTEGER PRIMARY KEY,
    id          BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    app_id      BIGINT NOT NULL,
    code        BIGINT NOT NULL,
    reason      TEXT   NOT NULL,
    network     TEXT   NOT NULL,
    duration_us BIGINT NOT NULL
);
CREATE INDEX requests_by_id ON requests (id);
CREATE INDEX requests_by_app ON requests (app_id, seq);
CREATE INDEX requests_by_code ON requests (code, seq);

-- Which licences there were: equal (hour, rev, serial) give equal bytes, so hours are enough.
CREATE TABLE issued (
    app_id     BIGINT NOT NULL,
    rev        BIGINT NOT NULL,
    serial     BIGINT NOT NULL,
    first_hour BIGINT NOT NULL,
    last_hour  BIGINT NOT NULL,
    licenses   BIGINT NOT NULL,
    PRIMARY KEY (app_id, rev, serial)
) WITHOUT ROWID;

CREATE TABLE webhooks (
    id            TEXT   PRIMARY KEY,
    url           TEXT   NOT NULL,
    events        TEXT   NOT NULL,
    enabled       BIGINT NOT NULL,
    note          TEXT   NOT NULL,
    sealed_secret BYTEA  NOT NULL,
    rev           BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);

-- One message to one webhook, until it is taken or given up, and for a while after.
CREATE TABLE deliveries (
    seq          INTEGER PRIMARY KEY,
    id           TEXT   NOT NULL UNIQUE,
    webhook_id   TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    body         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    next_try_at  BIGINT,
    tries        BIGINT NOT NULL DEFAULT 0,
    delivered_at BIGINT,
    gave_up_at   BIGINT,
    last_status  BIGINT,
    last_error   TEXT
);
-- By webhook: one whose messages pile up costs the others nothing.
CREATE INDEX deliveries_due ON deliveries (webhook_id, next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, seq);
