//! Around the money: jobs (the outbox), idempotency keys, the append-only audit trail, the worker's heartbeat.

crate::step! {
    up: "
CREATE TABLE job (
    id {uuid} NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    payload text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued','running','done','dead')),
    run_at {instant} NOT NULL,
    attempts integer NOT NULL CHECK (attempts >= 0),
    attempts_max integer NOT NULL CHECK (attempts_max > 0),
    interrupted integer NOT NULL CHECK (interrupted >= 0),
    lease_owner {uuid},
    lease_until {instant},
    last_error text,
    created_at {instant} NOT NULL,
    finished_at {instant}
)
;;
-- The worker claims the oldest due job, or one whose lease has run out.
CREATE INDEX job_due_idx ON job (run_at, id) WHERE state = 'queued'
;;
CREATE INDEX job_lease_idx ON job (lease_until) WHERE state = 'running'
;;
CREATE INDEX job_state_idx ON job (state, id)
;;
CREATE TABLE idempotency_key (
    scope text NOT NULL,
    idempotency_key text NOT NULL,
    request_hash text NOT NULL,
    status integer,
    body text,
    location text,
    etag text,
    created_at {instant} NOT NULL,
    PRIMARY KEY (scope, idempotency_key)
)
;;
CREATE INDEX idempotency_key_created_idx ON idempotency_key (created_at)
;;
CREATE TABLE audit_event (
    id {uuid} NOT NULL PRIMARY KEY,
    action text NOT NULL,
    subject_type text NOT NULL,
    subject_id {uuid} NOT NULL,
    actor_id {uuid},
    request_id text NOT NULL,
    details text NOT NULL,
    created_at {instant} NOT NULL
)
;;
CREATE INDEX audit_event_subject_idx ON audit_event (subject_type, subject_id, id)
;;
CREATE TABLE worker_heartbeat (
    worker_id {uuid} NOT NULL PRIMARY KEY,
    seen_at {instant} NOT NULL
)",
    sqlite: "
CREATE TRIGGER audit_event_append_only BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
;;
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
    postgres: "
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION heller_append_only()",
    drop: ["worker_heartbeat", "audit_event", "idempotency_key", "job"]
}
