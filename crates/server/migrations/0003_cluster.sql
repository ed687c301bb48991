-- Several servers on one database. As in 0001: TEXT, BIGINT and BYTEA, times are Unix seconds.

-- Programs that know at least this schema may work on the database as it stands: a migration that only
-- adds leaves it as it was, so that servers of the release before go on beside the new ones.
ALTER TABLE meta ADD COLUMN compatible_schema BIGINT NOT NULL DEFAULT 3;

-- New apps begin above this rev: a restore forgets apps, and what they had must not come again.
ALTER TABLE meta ADD COLUMN rev_floor BIGINT NOT NULL DEFAULT 0;

-- One row per server that ever used the database; `id` lies in its data directory. `usage_batch`: the
-- last batch of usage that was taken from it, so that none counts twice. `revision`: what its directory
-- has. `state`: JSON, what it says of itself.
CREATE TABLE nodes (
    id          TEXT   PRIMARY KEY,
    name        TEXT   NOT NULL,
    release     TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    revision    BIGINT NOT NULL,
    usage_batch BIGINT NOT NULL,
    state       TEXT   NOT NULL
);

-- Where the key lives: NULL, sealed in `sealed_seed`; otherwise in a hardware token, and this is its label
-- (then `sealed_seed` is empty).
ALTER TABLE issuing_keys ADD COLUMN token_label TEXT;

-- Which server is sending the message, and until when the others leave it alone.
ALTER TABLE deliveries ADD COLUMN leased_by TEXT;
ALTER TABLE deliveries ADD COLUMN leased_until BIGINT;

-- When the revision was last raised, milliseconds by the database's clock (0: before this was kept): how
-- long a change took to be in force.
ALTER TABLE meta ADD COLUMN raised_at BIGINT NOT NULL DEFAULT 0;

-- What one server has taken upon itself, so that the others need not: until then.
CREATE TABLE claims (
    what    TEXT   PRIMARY KEY,
    node    TEXT   NOT NULL,
    ends_at BIGINT NOT NULL
);

-- How many messages of a webhook are under way.
CREATE INDEX deliveries_leased ON deliveries (webhook_id) WHERE leased_until IS NOT NULL;
