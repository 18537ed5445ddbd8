//! Finding account movements among a million: what contains a text, what mentions a document's number, and the counts of
//! the folders.
//!
//! - PostgreSQL: `account_movement_contains_idx`, a trigram index over the folded texts, and, from step 14 on,
//!   `account_movement_words_idx`, the words of the purpose. The extension `pg_trgm` comes with PostgreSQL and may be created by the owner of a database.
//!   Where it is missing, the step goes on without the index: contain-filters are right, and read every row.
//! - SQLite: `account_movement_trigrams` and `account_movement_words`, FTS5 tables without content and positions (a third of
//!   the size, half the time); whoever asks them looks at the text again. Their row numbers are kept in a table of our own,
//!   because VACUUM may change those of a table whose key is no integer.
//! - Both: `movement_tally` says how many movements there are of each kind and what they sum up to, so that nobody counts a
//!   million rows to draw six folders. Triggers keep it, in the transaction of the change. On PostgreSQL they only add rows,
//!   because a counter that everybody updates makes writers wait for each other; the daily job adds them up.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect::{drop_tables, run, run_on};

/// Where a movement lies, of which folders are made; `row` is a prefix such as `NEW.`.
fn place(row: &str) -> String {
    format!(
        "CASE WHEN {row}hidden THEN 'hidden' WHEN {row}status = 'in_progress' THEN 'pending' \
         WHEN {row}status <> 'completed' THEN 'failed' WHEN {row}booking_type = 'fee' THEN 'fee' \
         WHEN {row}free_minor = 0 THEN 'fully_assigned' \
         WHEN {row}free_minor < ABS({row}amount_minor) THEN 'partially_assigned' ELSE 'unassigned' END"
    )
}

const KEY: &str = "account_id, currency, booking_type, status, outgoing, place";

const TABLE: &str = "
CREATE TABLE movement_tally (
    account_id {uuid} NOT NULL REFERENCES payment_account (id),
    currency text NOT NULL,
    booking_type text NOT NULL,
    status text NOT NULL,
    outgoing boolean NOT NULL,
    place text NOT NULL CHECK (place IN ('hidden','pending','failed','fee','unassigned','partially_assigned','fully_assigned')),
    number bigint NOT NULL,
    amount_minor {money} NOT NULL,
    free_minor {money} NOT NULL
)
;;
-- GET /v1/account-movements?currency=
CREATE INDEX account_movement_currency_idx ON account_movement (currency, booking_date, id)";

const EXTENSION: &str = "
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    -- counterparty=, purpose=, transaction_id=, q=
    CREATE INDEX account_movement_contains_idx ON account_movement
        USING gin (counterparty_fold gin_trgm_ops, purpose_fold gin_trgm_ops, lower(transaction_id) gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
    RAISE WARNING 'pg_trgm is not to be had: %', SQLERRM;
END
$$";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLE).await?;
        run(manager, &counted()).await?;
        run_on(manager, DbBackend::Sqlite, &sqlite_tally()).await?;
        run_on(manager, DbBackend::Sqlite, SQLITE_TEXTS).await?;
        run_on(manager, DbBackend::Postgres, &postgres_tally()).await?;
        run_on(manager, DbBackend::Postgres, EXTENSION).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_on(manager, DbBackend::Sqlite, SQLITE_DOWN).await?;
        run_on(manager, DbBackend::Postgres, POSTGRES_DOWN).await?;
        run(manager, "DROP INDEX account_movement_currency_idx").await?;
        drop_tables(manager, &["movement_tally"]).await
    }
}

/// What is there when the step is taken.
fn counted() -> String {
    format!(
        "INSERT INTO movement_tally ({KEY}, number, amount_minor, free_minor) \
         SELECT account_id, currency, booking_type, status, amount_minor < 0, {}, COUNT(*), SUM(amount_minor), SUM(free_minor) \
         FROM account_movement GROUP BY 1, 2, 3, 4, 5, 6",
        place("")
    )
}

/// One statement, one addition, whatever the number of rows it changed.
fn postgres_tally() -> String {
    let rows = |table: &str, sign: &str| {
        format!(
            "SELECT account_id, currency, booking_type, status, amount_minor < 0 AS outgoing, {} AS place, \
             {sign}1 AS number, {sign}amount_minor AS amount_minor, {sign}free_minor AS free_minor FROM {table}",
            place("")
        )
    };
    let add = |from: &str| {
        format!(
            "INSERT INTO movement_tally ({KEY}, number, amount_minor, free_minor) \
             SELECT {KEY}, SUM(number), SUM(amount_minor), SUM(free_minor) FROM ({from}) AS changed GROUP BY {KEY} \
             HAVING SUM(number) <> 0 OR SUM(amount_minor) <> 0 OR SUM(free_minor) <> 0"
        )
    };
    let (added, removed) = (rows("added", "+"), rows("removed", "-"));
    format!(
        "
CREATE FUNCTION movement_tally_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN {};
    ELSIF TG_OP = 'DELETE' THEN {};
    ELSE {};
    END IF;
    RETURN NULL;
END
$$
;;
CREATE TRIGGER account_movement_tally_insert AFTER INSERT ON account_movement REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION movement_tally_add()
;;
CREATE TRIGGER account_movement_tally_delete AFTER DELETE ON account_movement REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION movement_tally_add()
;;
CREATE TRIGGER account_movement_tally_update AFTER UPDATE ON account_movement REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION movement_tally_add()",
        add(&added),
        add(&removed),
        add(&format!("{added} UNION ALL {removed}")),
    )
}

const POSTGRES_DOWN: &str = "
DROP INDEX IF EXISTS account_movement_words_idx
;;
DROP INDEX IF EXISTS account_movement_contains_idx
;;
DO $$
BEGIN
    DROP EXTENSION IF EXISTS pg_trgm;
EXCEPTION WHEN insufficient_privilege OR dependent_objects_still_exist THEN
    RAISE NOTICE 'pg_trgm stays: %', SQLERRM;
END
$$
;;
DROP TRIGGER account_movement_tally_update ON account_movement
;;
DROP TRIGGER account_movement_tally_delete ON account_movement
;;
DROP TRIGGER account_movement_tally_insert ON account_movement
;;
DROP FUNCTION movement_tally_add()";

/// There is one writer, so there is one row of a kind.
fn sqlite_tally() -> String {
    let add = |row: &str, sign: &str| {
        let place = place(&format!("{row}."));
        format!(
            "INSERT INTO movement_tally ({KEY}, number, amount_minor, free_minor) \
             VALUES ({row}.account_id, {row}.currency, {row}.booking_type, {row}.status, {row}.amount_minor < 0, {place}, \
             {sign}1, {sign}{row}.amount_minor, {sign}{row}.free_minor) \
             ON CONFLICT ({KEY}) DO UPDATE SET number = number + excluded.number, \
             amount_minor = amount_minor + excluded.amount_minor, free_minor = free_minor + excluded.free_minor;"
        )
    };
    let (new, old) = (add("NEW", "+"), add("OLD", "-"));
    format!(
        "
CREATE UNIQUE INDEX movement_tally_key ON movement_tally ({KEY})
;;
CREATE TRIGGER account_movement_tally_insert AFTER INSERT ON account_movement BEGIN {new} END
;;
CREATE TRIGGER account_movement_tally_delete AFTER DELETE ON account_movement BEGIN {old} END
;;
CREATE TRIGGER account_movement_tally_update AFTER UPDATE OF account_id, currency, booking_type, status, amount_minor, free_minor, hidden ON account_movement BEGIN {old} {new} END"
    )
}

const SQLITE_TEXTS: &str = "
CREATE TABLE account_movement_text (
    seq integer NOT NULL PRIMARY KEY,
    movement_id {uuid} NOT NULL UNIQUE
)
;;
-- counterparty=, purpose=, transaction_id=, q=
CREATE VIRTUAL TABLE account_movement_trigrams USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'trigram', detail = none)
;;
-- GET /v1/search: whole words of the purpose, as document numbers are.
CREATE VIRTUAL TABLE account_movement_words USING fts5 (text, content = '', contentless_delete = 1, tokenize = \"unicode61 remove_diacritics 0 tokenchars '-'\", detail = none)
;;
INSERT INTO account_movement_text (movement_id) SELECT id FROM account_movement
;;
INSERT INTO account_movement_trigrams (rowid, text) SELECT t.seq, m.counterparty_fold || char(10) || m.purpose_fold || char(10) || m.transaction_id FROM account_movement m JOIN account_movement_text t ON t.movement_id = m.id
;;
INSERT INTO account_movement_words (rowid, text) SELECT t.seq, m.purpose_fold FROM account_movement m JOIN account_movement_text t ON t.movement_id = m.id
;;
CREATE TRIGGER account_movement_text_insert AFTER INSERT ON account_movement BEGIN
    INSERT INTO account_movement_text (movement_id) VALUES (NEW.id);
    INSERT INTO account_movement_trigrams (rowid, text) SELECT seq, NEW.counterparty_fold || char(10) || NEW.purpose_fold || char(10) || NEW.transaction_id FROM account_movement_text WHERE movement_id = NEW.id;
    INSERT INTO account_movement_words (rowid, text) SELECT seq, NEW.purpose_fold FROM account_movement_text WHERE movement_id = NEW.id;
END
;;
CREATE TRIGGER account_movement_text_delete AFTER DELETE ON account_movement BEGIN
    DELETE FROM account_movement_trigrams WHERE rowid = (SELECT seq FROM account_movement_text WHERE movement_id = OLD.id);
    DELETE FROM account_movement_words WHERE rowid = (SELECT seq FROM account_movement_text WHERE movement_id = OLD.id);
    DELETE FROM account_movement_text WHERE movement_id = OLD.id;
END
;;
CREATE TRIGGER account_movement_text_update AFTER UPDATE OF counterparty_fold, purpose_fold, transaction_id ON account_movement
WHEN OLD.counterparty_fold <> NEW.counterparty_fold OR OLD.purpose_fold <> NEW.purpose_fold OR OLD.transaction_id <> NEW.transaction_id BEGIN
    UPDATE account_movement_trigrams SET text = NEW.counterparty_fold || char(10) || NEW.purpose_fold || char(10) || NEW.transaction_id WHERE rowid = (SELECT seq FROM account_movement_text WHERE movement_id = NEW.id);
    UPDATE account_movement_words SET text = NEW.purpose_fold WHERE rowid = (SELECT seq FROM account_movement_text WHERE movement_id = NEW.id);
END";

const SQLITE_DOWN: &str = "
DROP TRIGGER account_movement_text_insert
;;
DROP TRIGGER account_movement_text_delete
;;
DROP TRIGGER account_movement_text_update
;;
DROP TRIGGER account_movement_tally_insert
;;
DROP TRIGGER account_movement_tally_delete
;;
DROP TRIGGER account_movement_tally_update
;;
DROP TABLE account_movement_trigrams
;;
DROP TABLE account_movement_words
;;
DROP TABLE account_movement_text";
