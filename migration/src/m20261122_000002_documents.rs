//! Sales documents: customers, orders, invoices, corrections, cancellations, number series.
//!
//! `paid_minor` and `corrected_minor` of order and invoice, and what a line and a correction can still give, are stored
//! remainders: changed only in the transaction of the booking that changes them, proven by `heller verify`.

crate::step! {
    up: "
CREATE TABLE number_series (
    series text NOT NULL,
    year integer NOT NULL,
    last_number bigint NOT NULL CHECK (last_number >= 0),
    PRIMARY KEY (series, year)
)
;;
CREATE TABLE customer (
    id {uuid} NOT NULL PRIMARY KEY,
    number text NOT NULL UNIQUE,
    external_number text UNIQUE,
    name text NOT NULL,
    name_fold text NOT NULL,
    email text,
    address text,
    iban text,
    version bigint NOT NULL,
    created_at {instant} NOT NULL
)
;;
CREATE TABLE sales_order (
    id {uuid} NOT NULL PRIMARY KEY,
    number text NOT NULL UNIQUE,
    external_number text UNIQUE,
    customer_id {uuid} NOT NULL REFERENCES customer (id),
    status text NOT NULL CHECK (status IN ('open','invoiced','cancelled')),
    currency text NOT NULL CHECK (length(currency) = 3),
    price_basis text NOT NULL CHECK (price_basis IN ('net','gross')),
    order_date {date} NOT NULL,
    net_minor {money} NOT NULL,
    tax_minor {money} NOT NULL,
    gross_minor {money} NOT NULL CHECK (gross_minor >= 0),
    corrected_minor {money} NOT NULL CHECK (corrected_minor >= 0),
    paid_minor {money} NOT NULL,
    version bigint NOT NULL,
    created_at {instant} NOT NULL,
    CHECK (net_minor + tax_minor = gross_minor),
    CHECK (corrected_minor <= gross_minor)
)
;;
-- GET /v1/orders: newest first, alone, by customer, by status, by what is open.
CREATE INDEX sales_order_date_idx ON sales_order (order_date, id)
;;
CREATE INDEX sales_order_customer_idx ON sales_order (customer_id, order_date, id)
;;
CREATE INDEX sales_order_status_idx ON sales_order (status, order_date, id)
;;
CREATE INDEX sales_order_unpaid_idx ON sales_order (order_date, id) WHERE status <> 'cancelled' AND gross_minor - corrected_minor - paid_minor > 0
;;
CREATE INDEX sales_order_overpaid_idx ON sales_order (order_date, id) WHERE gross_minor - corrected_minor - paid_minor < 0 OR (status = 'cancelled' AND paid_minor > 0)
;;
CREATE TABLE sales_order_line (
    id {uuid} NOT NULL PRIMARY KEY,
    order_id {uuid} NOT NULL REFERENCES sales_order (id),
    position integer NOT NULL,
    sku text,
    description text NOT NULL,
    quantity_micros bigint NOT NULL CHECK (quantity_micros > 0),
    unit_price_minor {money} NOT NULL CHECK (unit_price_minor >= 0),
    tax_rate_ppm bigint NOT NULL CHECK (tax_rate_ppm BETWEEN 0 AND 1000000),
    net_minor {money} NOT NULL,
    tax_minor {money} NOT NULL,
    gross_minor {money} NOT NULL,
    UNIQUE (order_id, position)
)
;;
CREATE TABLE invoice (
    id {uuid} NOT NULL PRIMARY KEY,
    number text NOT NULL UNIQUE,
    order_id {uuid} NOT NULL REFERENCES sales_order (id),
    customer_id {uuid} NOT NULL REFERENCES customer (id),
    currency text NOT NULL CHECK (length(currency) = 3),
    price_basis text NOT NULL CHECK (price_basis IN ('net','gross')),
    invoice_date {date} NOT NULL,
    net_minor {money} NOT NULL,
    tax_minor {money} NOT NULL,
    gross_minor {money} NOT NULL CHECK (gross_minor >= 0),
    corrected_minor {money} NOT NULL CHECK (corrected_minor >= 0),
    paid_minor {money} NOT NULL,
    cancelled_at {instant},
    version bigint NOT NULL,
    created_at {instant} NOT NULL,
    CHECK (net_minor + tax_minor = gross_minor),
    CHECK (corrected_minor <= gross_minor)
)
;;
-- One live invoice per order: a second one is refused by the database too.
CREATE UNIQUE INDEX invoice_live_order_key ON invoice (order_id) WHERE cancelled_at IS NULL
;;
-- GET /v1/invoices and its folders.
CREATE INDEX invoice_date_idx ON invoice (invoice_date, id)
;;
CREATE INDEX invoice_customer_idx ON invoice (customer_id, invoice_date, id)
;;
CREATE INDEX invoice_order_idx ON invoice (order_id, invoice_date, id)
;;
CREATE INDEX invoice_open_idx ON invoice (invoice_date, id) WHERE cancelled_at IS NULL AND corrected_minor < gross_minor AND gross_minor - corrected_minor - paid_minor > 0
;;
CREATE INDEX invoice_paid_idx ON invoice (invoice_date, id) WHERE cancelled_at IS NULL AND corrected_minor < gross_minor AND gross_minor - corrected_minor - paid_minor <= 0
;;
CREATE INDEX invoice_credited_idx ON invoice (invoice_date, id) WHERE cancelled_at IS NULL AND corrected_minor > 0 AND corrected_minor >= gross_minor
;;
CREATE INDEX invoice_cancelled_idx ON invoice (invoice_date, id) WHERE cancelled_at IS NOT NULL
;;
CREATE TABLE invoice_line (
    id {uuid} NOT NULL PRIMARY KEY,
    invoice_id {uuid} NOT NULL REFERENCES invoice (id),
    order_line_id {uuid} NOT NULL REFERENCES sales_order_line (id),
    position integer NOT NULL,
    sku text,
    description text NOT NULL,
    quantity_micros bigint NOT NULL CHECK (quantity_micros > 0),
    unit_price_minor {money} NOT NULL,
    tax_rate_ppm bigint NOT NULL,
    net_minor {money} NOT NULL,
    tax_minor {money} NOT NULL,
    gross_minor {money} NOT NULL,
    correctable_micros bigint NOT NULL CHECK (correctable_micros >= 0),
    correctable_net_minor {money} NOT NULL CHECK (correctable_net_minor >= 0),
    correctable_tax_minor {money} NOT NULL CHECK (correctable_tax_minor >= 0),
    CHECK (correctable_micros <= quantity_micros),
    UNIQUE (invoice_id, position)
)
;;
CREATE TABLE invoice_correction (
    id {uuid} NOT NULL PRIMARY KEY,
    number text UNIQUE,
    invoice_id {uuid} NOT NULL REFERENCES invoice (id),
    order_id {uuid} NOT NULL REFERENCES sales_order (id),
    customer_id {uuid} NOT NULL REFERENCES customer (id),
    status text NOT NULL CHECK (status IN ('draft','formalised','cancelled')),
    currency text NOT NULL CHECK (length(currency) = 3),
    correction_date {date} NOT NULL,
    note text,
    net_minor {money} NOT NULL,
    tax_minor {money} NOT NULL,
    gross_minor {money} NOT NULL CHECK (gross_minor >= 0),
    refundable_minor {money} NOT NULL CHECK (refundable_minor >= 0),
    sent_minor {money} NOT NULL CHECK (sent_minor >= 0),
    payment_disposition text,
    acknowledged_by {uuid} REFERENCES app_user (id),
    acknowledged_at {instant},
    created_by {uuid} NOT NULL REFERENCES app_user (id),
    version bigint NOT NULL,
    created_at {instant} NOT NULL,
    formalised_at {instant},
    CHECK ((status = 'draft') = (number IS NULL)),
    CHECK (refundable_minor <= gross_minor),
    CONSTRAINT correction_sent_range CHECK (sent_minor <= gross_minor - refundable_minor)
)
;;
CREATE INDEX invoice_correction_date_idx ON invoice_correction (correction_date, id)
;;
CREATE INDEX invoice_correction_invoice_idx ON invoice_correction (invoice_id, id)
;;
CREATE INDEX invoice_correction_status_idx ON invoice_correction (status, correction_date, id)
;;
CREATE TABLE invoice_correction_line (
    id {uuid} NOT NULL PRIMARY KEY,
    correction_id {uuid} NOT NULL REFERENCES invoice_correction (id),
    invoice_line_id {uuid} NOT NULL REFERENCES invoice_line (id),
    position integer NOT NULL,
    description text NOT NULL,
    quantity_micros bigint NOT NULL CHECK (quantity_micros > 0),
    unit_price_minor {money} NOT NULL,
    tax_rate_ppm bigint NOT NULL,
    net_minor {money} NOT NULL,
    tax_minor {money} NOT NULL,
    gross_minor {money} NOT NULL,
    UNIQUE (correction_id, invoice_line_id)
)
;;
CREATE TABLE cancellation_reason (
    code text NOT NULL PRIMARY KEY,
    label_de text NOT NULL,
    label_en text NOT NULL,
    comment_required boolean NOT NULL,
    position integer NOT NULL
)
;;
INSERT INTO cancellation_reason (code, label_de, label_en, comment_required, position) VALUES
    ('customer_request', 'Kundenwunsch', 'Customer request', FALSE, 1),
    ('out_of_stock', 'Nicht lieferbar', 'Out of stock', FALSE, 2),
    ('not_paid', 'Nicht bezahlt', 'Not paid', FALSE, 3),
    ('duplicate_order', 'Doppelte Bestellung', 'Duplicate order', FALSE, 4),
    ('other', 'Sonstiges', 'Other', TRUE, 5)
;;
CREATE TABLE cancellation (
    id {uuid} NOT NULL PRIMARY KEY,
    order_id {uuid} NOT NULL REFERENCES sales_order (id),
    reason text NOT NULL REFERENCES cancellation_reason (code),
    comment text,
    with_refund boolean NOT NULL,
    created_by {uuid} NOT NULL REFERENCES app_user (id),
    version bigint NOT NULL,
    created_at {instant} NOT NULL
)
;;
CREATE UNIQUE INDEX cancellation_order_key ON cancellation (order_id)
;;
CREATE INDEX cancellation_created_idx ON cancellation (created_at, id)",
    sqlite: "
CREATE TRIGGER invoice_correction_final BEFORE UPDATE ON invoice_correction
WHEN OLD.status <> 'draft' AND (NEW.number IS NOT OLD.number OR NEW.gross_minor <> OLD.gross_minor
    OR NEW.net_minor <> OLD.net_minor OR NEW.tax_minor <> OLD.tax_minor OR NEW.correction_date <> OLD.correction_date
    OR NEW.invoice_id <> OLD.invoice_id OR NEW.note IS NOT OLD.note OR NEW.status = 'draft')
BEGIN SELECT RAISE(ABORT, 'a formalised correction never changes'); END
;;
CREATE TRIGGER invoice_correction_final_delete BEFORE DELETE ON invoice_correction WHEN OLD.status <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a formalised correction never changes'); END
;;
CREATE TRIGGER invoice_correction_line_final BEFORE UPDATE ON invoice_correction_line
WHEN EXISTS (SELECT 1 FROM invoice_correction
    WHERE id IN (OLD.correction_id, NEW.correction_id) AND status <> 'draft')
BEGIN SELECT RAISE(ABORT, 'a formalised correction never changes'); END
;;
CREATE TRIGGER invoice_correction_line_final_insert BEFORE INSERT ON invoice_correction_line
WHEN (SELECT status FROM invoice_correction WHERE id = NEW.correction_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a formalised correction never changes'); END
;;
CREATE TRIGGER invoice_correction_line_final_delete BEFORE DELETE ON invoice_correction_line
WHEN (SELECT status FROM invoice_correction WHERE id = OLD.correction_id) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a formalised correction never changes'); END",
    postgres: "
CREATE FUNCTION heller_correction_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN RAISE EXCEPTION 'a formalised correction never changes'; END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> 'draft' AND (NEW.number IS DISTINCT FROM OLD.number OR NEW.gross_minor <> OLD.gross_minor
        OR NEW.net_minor <> OLD.net_minor OR NEW.tax_minor <> OLD.tax_minor OR NEW.correction_date <> OLD.correction_date
        OR NEW.invoice_id <> OLD.invoice_id OR NEW.note IS DISTINCT FROM OLD.note OR NEW.status = 'draft') THEN
        RAISE EXCEPTION 'a formalised correction never changes';
    END IF;
    RETURN NEW;
END $$
;;
CREATE TRIGGER invoice_correction_final BEFORE UPDATE OR DELETE ON invoice_correction
FOR EACH ROW EXECUTE FUNCTION heller_correction_final()
;;
CREATE FUNCTION heller_correction_line_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM invoice_correction
        WHERE id IN (OLD.correction_id, NEW.correction_id) AND status <> 'draft') THEN
        RAISE EXCEPTION 'a formalised correction never changes';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$
;;
CREATE TRIGGER invoice_correction_line_final BEFORE INSERT OR UPDATE OR DELETE ON invoice_correction_line
FOR EACH ROW EXECUTE FUNCTION heller_correction_line_final()",
    down_sql: "
DROP FUNCTION heller_correction_final()
;;
DROP FUNCTION heller_correction_line_final()",
    drop: [
        "cancellation", "cancellation_reason", "invoice_correction_line", "invoice_correction", "invoice_line",
        "invoice", "sales_order_line", "sales_order", "customer", "number_series",
    ]
}
