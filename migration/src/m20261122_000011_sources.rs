//! Where a movement comes from: the piece of the file it was read from, the bank's own references; and what the bank's
//! statements say about the account from day to day.

crate::step! {
    up: "
-- As the file has it, line by line; `purpose` is rejoined.
ALTER TABLE account_movement ADD COLUMN purpose_raw text
;;
ALTER TABLE account_movement ADD COLUMN bank_reference text
;;
ALTER TABLE account_movement ADD COLUMN transaction_code text
;;
ALTER TABLE account_movement ADD COLUMN file_id {uuid} REFERENCES statement_file (id)
;;
-- The file inside an archive.
ALTER TABLE account_movement ADD COLUMN file_part text
;;
-- Bytes of the file's text as UTF-8.
ALTER TABLE account_movement ADD COLUMN file_offset bigint
;;
ALTER TABLE account_movement ADD COLUMN file_length bigint
;;
-- Which version of the reader read it.
ALTER TABLE account_movement ADD COLUMN reader_version integer
;;
-- Whether it was told by files alone that name no end-to-end ids, so that it may yet turn out to have one.
ALTER TABLE account_movement ADD COLUMN end_to_end_open boolean NOT NULL DEFAULT false
;;
-- Id of the announced line that the booking has taken the place of (feature 27).
ALTER TABLE account_movement ADD COLUMN prenoted_id text
;;
CREATE UNIQUE INDEX account_movement_prenoted_key ON account_movement (account_id, prenoted_id) WHERE prenoted_id IS NOT NULL
;;
CREATE INDEX account_movement_file_idx ON account_movement (file_id, file_offset) WHERE file_id IS NOT NULL
;;
ALTER TABLE log_row ADD COLUMN file text
;;
CREATE TABLE statement (
    id {uuid} NOT NULL PRIMARY KEY,
    account_id {uuid} NOT NULL REFERENCES payment_account (id),
    run_id {uuid} NOT NULL REFERENCES reconciliation_run (id),
    file_id {uuid} NOT NULL REFERENCES statement_file (id),
    file_part text,
    -- Place in its file, from 1.
    ordinal bigint NOT NULL,
    source_line bigint NOT NULL,
    -- The bank's name for it; banks use it again.
    bank_number text,
    currency text NOT NULL CHECK (length(currency) = 3),
    first_date {date} NOT NULL,
    last_date {date} NOT NULL,
    opening_minor {money},
    closing_minor {money},
    -- Of the booked lines.
    sum_minor {money} NOT NULL,
    lines bigint NOT NULL,
    created_at {instant} NOT NULL,
    CONSTRAINT statement_dates CHECK (first_date <= last_date)
)
;;
CREATE UNIQUE INDEX statement_place_key ON statement (file_id, COALESCE(file_part, ''), ordinal)
;;
-- GET /v1/statements, of one account and of all
CREATE INDEX statement_account_idx ON statement (account_id, last_date, id)
;;
CREATE INDEX statement_last_date_idx ON statement (last_date, id)",
    down: "
DROP TABLE statement
;;
ALTER TABLE log_row DROP COLUMN file
;;
DROP INDEX account_movement_file_idx
;;
DROP INDEX account_movement_prenoted_key
;;
ALTER TABLE account_movement DROP COLUMN prenoted_id
;;
ALTER TABLE account_movement DROP COLUMN end_to_end_open
;;
ALTER TABLE account_movement DROP COLUMN reader_version
;;
ALTER TABLE account_movement DROP COLUMN file_length
;;
ALTER TABLE account_movement DROP COLUMN file_offset
;;
ALTER TABLE account_movement DROP COLUMN file_part
;;
ALTER TABLE account_movement DROP COLUMN file_id
;;
ALTER TABLE account_movement DROP COLUMN transaction_code
;;
ALTER TABLE account_movement DROP COLUMN bank_reference
;;
ALTER TABLE account_movement DROP COLUMN purpose_raw"
}
