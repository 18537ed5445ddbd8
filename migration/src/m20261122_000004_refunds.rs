//! Payments on documents, refunds and their attempts, and the assignments that link movements to both.
//!
//! Guards in the database: an approver is neither the requester nor an editor, a refund has at most one attempt whose outcome is open,
//! a provider reference is used once per account, what a payment can still give back never falls below zero.

crate::step! {
    up: "
CREATE TABLE refund (
    id {uuid} NOT NULL PRIMARY KEY,
    number text NOT NULL UNIQUE,
    origin text NOT NULL CHECK (origin IN ('invoice_correction','order_cancellation','cancelled_order','remaining_amount')),
    correction_id {uuid} REFERENCES invoice_correction (id),
    order_id {uuid} REFERENCES sales_order (id),
    movement_id {uuid} NOT NULL REFERENCES account_movement (id),
    payment_id {uuid},
    customer_id {uuid} REFERENCES customer (id),
    account_id {uuid} NOT NULL REFERENCES payment_account (id),
    method text NOT NULL CHECK (method IN ('original')),
    amount_minor {money} NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL CHECK (length(currency) = 3),
    status text NOT NULL CHECK (status IN ('not_sent','awaiting_approval','sending','sent','confirmed','failed')),
    recipient_name text,
    recipient_iban text,
    purpose text,
    internal_comment text,
    four_eyes text NOT NULL,
    approval_state text NOT NULL CHECK (approval_state IN ('not_required','pending','approved','rejected')),
    approval_reason text,
    approval_by {uuid} REFERENCES app_user (id),
    approval_at {instant},
    created_by {uuid} NOT NULL REFERENCES app_user (id),
    final_refusals integer NOT NULL CHECK (final_refusals >= 0),
    outcome_unknown boolean NOT NULL,
    provider_reference text,
    last_error_code text,
    last_error_detail text,
    last_error_provider_code text,
    confirming_movement_id {uuid} REFERENCES account_movement (id),
    deleted_at {instant},
    version bigint NOT NULL,
    created_at {instant} NOT NULL,
    sent_at {instant},
    confirmed_at {instant},
    CONSTRAINT refund_second_person CHECK (approval_by IS NULL OR approval_by <> created_by),
    CONSTRAINT refund_sends_only_approved CHECK (status NOT IN ('sending','sent','confirmed') OR approval_state IN ('not_required','approved')),
    CONSTRAINT refund_sent_has_reference CHECK (status NOT IN ('sent','confirmed') OR provider_reference IS NOT NULL),
    CONSTRAINT refund_deleted_unsent CHECK (deleted_at IS NULL OR status IN ('not_sent','awaiting_approval','failed')),
    CONSTRAINT refund_origin_shape CHECK (
        (origin = 'invoice_correction' AND correction_id IS NOT NULL AND payment_id IS NOT NULL)
        OR (origin IN ('order_cancellation','cancelled_order') AND order_id IS NOT NULL AND payment_id IS NOT NULL)
        OR (origin = 'remaining_amount' AND payment_id IS NULL))
)
;;
-- GET /v1/refunds and its folders; deleted rows keep key and audit but are never listed.
CREATE INDEX refund_created_idx ON refund (id) WHERE deleted_at IS NULL
;;
CREATE INDEX refund_not_sent_idx ON refund (id) WHERE deleted_at IS NULL AND status IN ('not_sent','awaiting_approval','sending')
;;
CREATE INDEX refund_sent_idx ON refund (id) WHERE deleted_at IS NULL AND status IN ('sent','confirmed')
;;
CREATE INDEX refund_status_idx ON refund (status, id) WHERE deleted_at IS NULL
;;
CREATE INDEX refund_movement_idx ON refund (movement_id)
;;
CREATE INDEX refund_correction_idx ON refund (correction_id) WHERE correction_id IS NOT NULL
;;
CREATE INDEX refund_order_idx ON refund (order_id) WHERE order_id IS NOT NULL
;;
CREATE INDEX refund_payment_idx ON refund (payment_id) WHERE payment_id IS NOT NULL
;;
CREATE UNIQUE INDEX refund_provider_reference_key ON refund (account_id, provider_reference) WHERE provider_reference IS NOT NULL
;;
-- A movement confirms one refund, and only once (I18).
CREATE UNIQUE INDEX refund_confirming_movement_key ON refund (confirming_movement_id) WHERE confirming_movement_id IS NOT NULL
;;
-- Whoever changed a refund since it was requested; none of them decides on it (a trigger says so).
CREATE TABLE refund_editor (
    refund_id {uuid} NOT NULL REFERENCES refund (id),
    user_id {uuid} NOT NULL REFERENCES app_user (id),
    PRIMARY KEY (refund_id, user_id)
)
;;
CREATE TABLE refund_attempt (
    id {uuid} NOT NULL PRIMARY KEY,
    refund_id {uuid} NOT NULL REFERENCES refund (id),
    number integer NOT NULL CHECK (number > 0),
    provider_key text NOT NULL UNIQUE CHECK (length(provider_key) = 32),
    state text NOT NULL CHECK (state IN ('open','unknown','accepted','refused')),
    amount_minor {money} NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL CHECK (length(currency) = 3),
    submissions integer NOT NULL CHECK (submissions >= 0),
    provider_reference text,
    error_code text,
    error_detail text,
    error_provider_code text,
    created_by {uuid} NOT NULL REFERENCES app_user (id),
    created_at {instant} NOT NULL,
    first_submitted_at {instant},
    finished_at {instant},
    UNIQUE (refund_id, number)
)
;;
-- One live attempt per refund, ever (I17).
CREATE UNIQUE INDEX refund_attempt_live_key ON refund_attempt (refund_id) WHERE state IN ('open','unknown','accepted')
;;
CREATE TABLE assignment (
    id {uuid} NOT NULL PRIMARY KEY,
    movement_id {uuid} NOT NULL REFERENCES account_movement (id),
    target_type text NOT NULL CHECK (target_type IN ('order','invoice','refund')),
    order_id {uuid} REFERENCES sales_order (id),
    invoice_id {uuid} REFERENCES invoice (id),
    refund_id {uuid} REFERENCES refund (id),
    amount_minor {money} NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL CHECK (length(currency) = 3),
    origin text NOT NULL CHECK (origin IN ('manual','automatic')),
    created_by {uuid} REFERENCES app_user (id),
    version bigint NOT NULL,
    created_at {instant} NOT NULL,
    undone_at {instant},
    undone_by {uuid} REFERENCES app_user (id),
    CONSTRAINT assignment_target_shape CHECK (
        (target_type = 'order' AND order_id IS NOT NULL AND refund_id IS NULL)
        OR (target_type = 'invoice' AND invoice_id IS NOT NULL AND order_id IS NOT NULL AND refund_id IS NULL)
        OR (target_type = 'refund' AND refund_id IS NOT NULL AND order_id IS NULL AND invoice_id IS NULL))
)
;;
CREATE INDEX assignment_movement_idx ON assignment (movement_id, id)
;;
CREATE INDEX assignment_order_idx ON assignment (order_id, id) WHERE order_id IS NOT NULL
;;
CREATE INDEX assignment_invoice_idx ON assignment (invoice_id, id) WHERE invoice_id IS NOT NULL
;;
CREATE UNIQUE INDEX assignment_refund_key ON assignment (refund_id, movement_id) WHERE refund_id IS NOT NULL AND undone_at IS NULL
;;
CREATE INDEX assignment_live_idx ON assignment (id) WHERE undone_at IS NULL
;;
CREATE TABLE payment (
    id {uuid} NOT NULL PRIMARY KEY,
    order_id {uuid} NOT NULL REFERENCES sales_order (id),
    invoice_id {uuid} REFERENCES invoice (id),
    correction_id {uuid} REFERENCES invoice_correction (id),
    customer_id {uuid} NOT NULL REFERENCES customer (id),
    amount_minor {money} NOT NULL CHECK (amount_minor <> 0),
    refundable_minor {money} NOT NULL,
    currency text NOT NULL CHECK (length(currency) = 3),
    method text NOT NULL CHECK (method IN ('account_movement','cash','ec','bank_transfer','other','refund')),
    movement_id {uuid} REFERENCES account_movement (id),
    assignment_id {uuid} REFERENCES assignment (id),
    refund_id {uuid} REFERENCES refund (id),
    payment_date {date} NOT NULL,
    note text,
    created_by {uuid} REFERENCES app_user (id),
    version bigint NOT NULL,
    created_at {instant} NOT NULL,
    reversed_at {instant},
    CONSTRAINT payment_refundable_range CHECK (refundable_minor >= 0 AND (amount_minor < 0 OR refundable_minor <= amount_minor) AND (amount_minor > 0 OR refundable_minor = 0)),
    CONSTRAINT payment_source_shape CHECK (
        (method = 'account_movement' AND assignment_id IS NOT NULL AND movement_id IS NOT NULL)
        OR (method = 'refund' AND refund_id IS NOT NULL AND amount_minor < 0)
        OR (method NOT IN ('account_movement','refund') AND assignment_id IS NULL AND refund_id IS NULL))
)
;;
CREATE INDEX payment_order_idx ON payment (order_id, id)
;;
CREATE INDEX payment_invoice_idx ON payment (invoice_id, id) WHERE invoice_id IS NOT NULL
;;
CREATE UNIQUE INDEX payment_assignment_key ON payment (assignment_id) WHERE assignment_id IS NOT NULL
;;
-- A refund books one payout.
CREATE UNIQUE INDEX payment_refund_key ON payment (refund_id) WHERE refund_id IS NOT NULL
;;
CREATE INDEX payment_movement_idx ON payment (movement_id) WHERE movement_id IS NOT NULL",
    sqlite: "
CREATE TRIGGER refund_second_person BEFORE UPDATE ON refund
WHEN NEW.approval_by IS NOT NULL
    AND EXISTS (SELECT 1 FROM refund_editor WHERE refund_id = NEW.id AND user_id = NEW.approval_by)
BEGIN SELECT RAISE(ABORT, 'who changed a refund does not decide on it'); END",
    postgres: "
CREATE FUNCTION heller_second_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM refund_editor WHERE refund_id = NEW.id AND user_id = NEW.approval_by) THEN
        RAISE EXCEPTION 'who changed a refund does not decide on it';
    END IF;
    RETURN NEW;
END $$
;;
CREATE TRIGGER refund_second_person BEFORE UPDATE ON refund FOR EACH ROW WHEN (NEW.approval_by IS NOT NULL)
EXECUTE FUNCTION heller_second_person()",
    down_sql: "
DROP FUNCTION heller_second_person()",
    drop: ["payment", "assignment", "refund_attempt", "refund_editor", "refund"]
}
