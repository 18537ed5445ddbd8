//! Money in: payment accounts, reconciliation runs, stored statement files, account movements.
//!
//! `free_minor` is what of a movement is not assigned. It is taken by one conditional update and guarded by CHECK, so no
//! race can give a cent away twice.

crate::step! {
    up: "
CREATE TABLE payment_account (
    id {uuid} NOT NULL PRIMARY KEY,
    name text NOT NULL,
    provider text NOT NULL CHECK (provider IN ('bank_file','fints','paypal','mollie','amazon_pay','sandbox','cash')),
    iban text,
    currency text NOT NULL CHECK (length(currency) = 3),
    can_receive boolean NOT NULL,
    can_send boolean NOT NULL,
    cutoff_date {date},
    hidden boolean NOT NULL,
    feed_cursor bigint NOT NULL,
    version bigint NOT NULL,
    created_at {instant} NOT NULL
)
;;
-- While a file is being received it is not complete: it has no account and no hash yet, and nobody sees it.
CREATE TABLE statement_file (
    id {uuid} NOT NULL PRIMARY KEY,
    account_id {uuid} REFERENCES payment_account (id),
    sha256 text NOT NULL,
    filename text,
    size_bytes bigint NOT NULL,
    complete boolean NOT NULL,
    created_by {uuid} NOT NULL REFERENCES app_user (id),
    created_at {instant} NOT NULL,
    CONSTRAINT statement_file_complete_known CHECK (NOT complete OR (account_id IS NOT NULL AND sha256 <> ''))
)
;;
-- The same bytes for the same account are one file.
CREATE UNIQUE INDEX statement_file_sha256_key ON statement_file (account_id, sha256) WHERE complete
;;
-- Leftovers of broken uploads, for the prune job.
CREATE INDEX statement_file_incomplete_idx ON statement_file (created_at) WHERE NOT complete
;;
-- The original bytes, in pieces, so that any node can read them and none needs the whole file in memory.
CREATE TABLE statement_file_chunk (
    file_id {uuid} NOT NULL REFERENCES statement_file (id),
    position integer NOT NULL,
    bytes {bytes} NOT NULL,
    PRIMARY KEY (file_id, position)
)
;;
CREATE TABLE reconciliation_run (
    id {uuid} NOT NULL PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('waiting','running','finished','finished_with_errors','failed','cancelled')),
    created_by {uuid} NOT NULL REFERENCES app_user (id),
    version bigint NOT NULL,
    created_at {instant} NOT NULL,
    finished_at {instant}
)
;;
CREATE INDEX reconciliation_run_created_idx ON reconciliation_run (created_at, id)
;;
CREATE TABLE reconciliation_item (
    run_id {uuid} NOT NULL REFERENCES reconciliation_run (id),
    account_id {uuid} NOT NULL REFERENCES payment_account (id),
    file_id {uuid} REFERENCES statement_file (id),
    status text NOT NULL CHECK (status IN ('needs_file','needs_credentials','running','done','failed')),
    dry_run boolean NOT NULL,
    strict boolean NOT NULL,
    phase text NOT NULL CHECK (phase IN ('queued','checking','importing','fetching','assigning','done')),
    progress_done bigint NOT NULL,
    progress_total bigint,
    read_count bigint NOT NULL,
    created_count bigint NOT NULL,
    updated_count bigint NOT NULL,
    unchanged_count bigint NOT NULL,
    discarded_count bigint NOT NULL,
    hidden_count bigint NOT NULL,
    failed_count bigint NOT NULL,
    PRIMARY KEY (run_id, account_id)
)
;;
-- One running item per account (feature 29).
CREATE UNIQUE INDEX reconciliation_item_running_key ON reconciliation_item (account_id) WHERE status = 'running'
;;
CREATE INDEX reconciliation_item_file_idx ON reconciliation_item (file_id)
;;
CREATE TABLE log_row (
    id {uuid} NOT NULL PRIMARY KEY,
    run_id {uuid} REFERENCES reconciliation_run (id),
    account_id {uuid} REFERENCES payment_account (id),
    level text NOT NULL CHECK (level IN ('info','warning','error')),
    code text NOT NULL,
    message_de text NOT NULL,
    message_en text NOT NULL,
    line bigint,
    field text,
    actor_id {uuid},
    created_at {instant} NOT NULL
)
;;
CREATE INDEX log_row_run_idx ON log_row (run_id, id)
;;
CREATE INDEX log_row_account_idx ON log_row (account_id, id)
;;
CREATE INDEX log_row_level_idx ON log_row (level, id)
;;
CREATE TABLE account_movement (
    id {uuid} NOT NULL PRIMARY KEY,
    account_id {uuid} NOT NULL REFERENCES payment_account (id),
    transaction_id text NOT NULL,
    booking_date {date} NOT NULL,
    value_date {date},
    amount_minor {money} NOT NULL CHECK (amount_minor <> 0),
    free_minor {money} NOT NULL,
    currency text NOT NULL CHECK (length(currency) = 3),
    booking_type text NOT NULL CHECK (booking_type IN ('incoming','sepa_prenoted','sepa_direct_debit','outgoing','refund','bank_chargeback','fee')),
    status text NOT NULL CHECK (status IN ('completed','in_progress','aborted','failed')),
    status_text text,
    counterparty_name text,
    counterparty_iban text,
    counterparty_bic text,
    purpose text,
    reference text,
    end_to_end_id text,
    mandate_id text,
    related_transaction_id text,
    parent_movement_id {uuid} REFERENCES account_movement (id),
    internal_comment text,
    hidden boolean NOT NULL,
    import_channel text NOT NULL CHECK (import_channel IN ('provider','camt','mt940','csv')),
    returnable boolean NOT NULL,
    counterparty_fold text NOT NULL,
    purpose_fold text NOT NULL,
    run_id {uuid} REFERENCES reconciliation_run (id),
    source_line bigint,
    version bigint NOT NULL,
    created_at {instant} NOT NULL,
    CONSTRAINT movement_free_range CHECK (free_minor >= 0 AND free_minor <= ABS(amount_minor)),
    CONSTRAINT movement_file_not_returnable CHECK (NOT returnable OR import_channel = 'provider')
)
;;
-- A movement is imported once (features 23 and 24).
CREATE UNIQUE INDEX account_movement_transaction_key ON account_movement (account_id, transaction_id)
;;
-- GET /v1/account-movements: root folder, then one index per folder, per account, per amount, and by related id.
-- What is completed is written as a negation: SQLite, which knows nothing of how often a value occurs, would take the index
-- by status for an equality and read everything that is completed.
CREATE INDEX account_movement_visible_idx ON account_movement (booking_date, id) WHERE NOT hidden
;;
CREATE INDEX account_movement_not_assigned_idx ON account_movement (booking_date, id) WHERE NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor > 0
;;
CREATE INDEX account_movement_partially_assigned_idx ON account_movement (booking_date, id) WHERE NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor > 0 AND free_minor < ABS(amount_minor)
;;
CREATE INDEX account_movement_fully_assigned_idx ON account_movement (booking_date, id) WHERE NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor = 0
;;
CREATE INDEX account_movement_pending_idx ON account_movement (booking_date, id) WHERE NOT hidden AND status = 'in_progress'
;;
CREATE INDEX account_movement_failed_idx ON account_movement (booking_date, id) WHERE NOT hidden AND status IN ('failed','aborted')
;;
CREATE INDEX account_movement_hidden_idx ON account_movement (booking_date, id) WHERE hidden
;;
CREATE INDEX account_movement_account_idx ON account_movement (account_id, booking_date, id)
;;
CREATE INDEX account_movement_type_idx ON account_movement (booking_type, booking_date, id)
;;
CREATE INDEX account_movement_status_idx ON account_movement (status, booking_date, id)
;;
CREATE INDEX account_movement_amount_idx ON account_movement (amount_minor, id)
;;
CREATE INDEX account_movement_related_idx ON account_movement (related_transaction_id) WHERE related_transaction_id IS NOT NULL
;;
CREATE INDEX account_movement_transaction_idx ON account_movement (transaction_id)
;;
CREATE INDEX account_movement_end_to_end_idx ON account_movement (end_to_end_id) WHERE end_to_end_id IS NOT NULL
;;
CREATE INDEX account_movement_parent_idx ON account_movement (parent_movement_id) WHERE parent_movement_id IS NOT NULL
;;
CREATE TABLE assignment_run (
    id {uuid} NOT NULL PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('waiting','running','finished','finished_with_errors','failed','cancelled')),
    dry_run boolean NOT NULL,
    movement_ids text,
    progress_done bigint NOT NULL,
    progress_total bigint,
    assigned_count bigint NOT NULL,
    ambiguous_count bigint NOT NULL,
    no_match_count bigint NOT NULL,
    created_by {uuid} NOT NULL REFERENCES app_user (id),
    version bigint NOT NULL,
    created_at {instant} NOT NULL,
    finished_at {instant}
)
;;
CREATE INDEX assignment_run_created_idx ON assignment_run (created_at, id)
;;
CREATE TABLE assignment_run_result (
    run_id {uuid} NOT NULL REFERENCES assignment_run (id),
    movement_id {uuid} NOT NULL REFERENCES account_movement (id),
    outcome text NOT NULL CHECK (outcome IN ('assigned','ambiguous','no_match')),
    reason text NOT NULL,
    assignment_id {uuid},
    PRIMARY KEY (run_id, movement_id)
)",
    drop: [
        "assignment_run_result", "assignment_run", "account_movement", "log_row", "reconciliation_item",
        "reconciliation_run", "statement_file_chunk", "statement_file", "payment_account",
    ]
}
