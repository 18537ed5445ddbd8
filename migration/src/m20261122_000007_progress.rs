//! When runs and refunds last changed, for those who follow them (`GET /v1/events/stream`).
//!
//! What is there already counts as changed long ago: a default costs no rewriting of the table.

crate::step! {
    up: "
ALTER TABLE reconciliation_run ADD COLUMN changed_at {instant} NOT NULL DEFAULT '1970-01-01T00:00:00+00:00'
;;
ALTER TABLE assignment_run ADD COLUMN changed_at {instant} NOT NULL DEFAULT '1970-01-01T00:00:00+00:00'
;;
ALTER TABLE refund ADD COLUMN changed_at {instant} NOT NULL DEFAULT '1970-01-01T00:00:00+00:00'
;;
-- What changed since a moment, oldest first.
CREATE INDEX reconciliation_run_changed_idx ON reconciliation_run (changed_at, id)
;;
CREATE INDEX assignment_run_changed_idx ON assignment_run (changed_at, id)
;;
CREATE INDEX refund_changed_idx ON refund (changed_at, id) WHERE deleted_at IS NULL
;;
-- What is under way; of refunds `refund_status_idx` tells it.
CREATE INDEX reconciliation_run_running_idx ON reconciliation_run (id) WHERE status = 'running'
;;
CREATE INDEX assignment_run_running_idx ON assignment_run (id) WHERE status = 'running'",
    down: "
DROP INDEX assignment_run_running_idx
;;
DROP INDEX reconciliation_run_running_idx
;;
DROP INDEX refund_changed_idx
;;
DROP INDEX assignment_run_changed_idx
;;
DROP INDEX reconciliation_run_changed_idx
;;
ALTER TABLE refund DROP COLUMN changed_at
;;
ALTER TABLE assignment_run DROP COLUMN changed_at
;;
ALTER TABLE reconciliation_run DROP COLUMN changed_at"
}
