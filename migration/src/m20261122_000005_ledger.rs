//! Double entry: accounts, entries, postings. A posting has one amount, a debit and a credit side, so that an entry
//! balances by construction; entries and postings are append-only, by trigger.

crate::step! {
    up: "
CREATE TABLE ledger_account (
    code text NOT NULL PRIMARY KEY,
    role text UNIQUE,
    account_type text NOT NULL CHECK (account_type IN ('asset','liability','income','expense')),
    name_de text NOT NULL,
    name_en text NOT NULL
)
;;
INSERT INTO ledger_account (code, role, account_type, name_de, name_en) VALUES
    ('1000', 'cash', 'asset', 'Kasse', 'Cash'),
    ('1200', 'bank', 'asset', 'Bank und Zahlungsanbieter', 'Bank and payment providers'),
    ('1360', 'money_in_transit', 'asset', 'Geldtransit', 'Money in transit'),
    ('1400', 'customer', 'asset', 'Forderungen an Kunden', 'Customers'),
    ('1590', 'unassigned_receipts', 'liability', 'Nicht zugewiesene Zahlungen', 'Unassigned receipts'),
    ('1700', 'refunds_payable', 'liability', 'Auszuzahlende Erstattungen', 'Refunds payable'),
    ('1770', 'vat', 'liability', 'Umsatzsteuer', 'VAT'),
    ('4970', 'bank_fees', 'expense', 'Nebenkosten des Geldverkehrs', 'Bank and provider fees'),
    ('8400', 'revenue', 'income', 'Erlöse', 'Revenue')
;;
CREATE TABLE journal_entry (
    id {uuid} NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    entry_date {date} NOT NULL,
    subject_type text NOT NULL,
    subject_id {uuid} NOT NULL,
    customer_id {uuid} REFERENCES customer (id),
    reverses_id {uuid} REFERENCES journal_entry (id),
    created_by {uuid},
    created_at {instant} NOT NULL
)
;;
CREATE INDEX journal_entry_subject_idx ON journal_entry (subject_type, subject_id)
;;
CREATE INDEX journal_entry_date_idx ON journal_entry (entry_date, id)
;;
CREATE INDEX journal_entry_kind_idx ON journal_entry (kind, entry_date, id)
;;
CREATE TABLE journal_posting (
    entry_id {uuid} NOT NULL REFERENCES journal_entry (id),
    position integer NOT NULL,
    debit_account text NOT NULL REFERENCES ledger_account (code),
    credit_account text NOT NULL REFERENCES ledger_account (code),
    amount_minor {money} NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL CHECK (length(currency) = 3),
    PRIMARY KEY (entry_id, position),
    CHECK (debit_account <> credit_account)
)",
    sqlite: "
CREATE TRIGGER journal_entry_append_only BEFORE UPDATE ON journal_entry BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
;;
CREATE TRIGGER journal_entry_no_delete BEFORE DELETE ON journal_entry BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
;;
CREATE TRIGGER journal_posting_append_only BEFORE UPDATE ON journal_posting BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
;;
CREATE TRIGGER journal_posting_no_delete BEFORE DELETE ON journal_posting BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    postgres: "
CREATE FUNCTION heller_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
;;
CREATE TRIGGER journal_entry_append_only BEFORE UPDATE OR DELETE ON journal_entry FOR EACH STATEMENT EXECUTE FUNCTION heller_append_only()
;;
CREATE TRIGGER journal_posting_append_only BEFORE UPDATE OR DELETE ON journal_posting FOR EACH STATEMENT EXECUTE FUNCTION heller_append_only()",
    down_sql: "DROP FUNCTION heller_append_only()",
    drop: ["journal_posting", "journal_entry", "ledger_account"]
}
