//! Lines of different files that may be the same payment: pairs, and a mark on both for lists (lessons R59, R60).

crate::step! {
    up: "
ALTER TABLE account_movement ADD COLUMN possible_duplicate boolean NOT NULL DEFAULT false
;;
-- GET /v1/account-movements?possible_duplicate=true
CREATE INDEX account_movement_possible_duplicate_idx ON account_movement (booking_date, id) WHERE possible_duplicate
;;
CREATE TABLE possible_duplicate (
    -- The one that came later.
    movement_id {uuid} NOT NULL REFERENCES account_movement (id),
    other_id {uuid} NOT NULL REFERENCES account_movement (id),
    account_id {uuid} NOT NULL REFERENCES payment_account (id),
    run_id {uuid} NOT NULL REFERENCES reconciliation_run (id),
    reason text NOT NULL,
    found_at {instant} NOT NULL,
    -- What a person made of it: both are kept, or one was hidden.
    decision text CHECK (decision IN ('kept', 'hidden')),
    decided_at {instant},
    PRIMARY KEY (movement_id, other_id),
    CONSTRAINT possible_duplicate_of_another CHECK (movement_id <> other_id),
    CONSTRAINT possible_duplicate_decided CHECK ((decision IS NULL) = (decided_at IS NULL))
)
;;
CREATE INDEX possible_duplicate_other_idx ON possible_duplicate (other_id)
;;
CREATE INDEX possible_duplicate_open_idx ON possible_duplicate (account_id) WHERE decision IS NULL",
    down: "
DROP TABLE possible_duplicate
;;
DROP INDEX account_movement_possible_duplicate_idx
;;
ALTER TABLE account_movement DROP COLUMN possible_duplicate"
}
