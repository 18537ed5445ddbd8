//! What a reader of statements says of them is kept as it says it, and words that are too long for an index are left out.
//!
//! - `statement.gap_minor` is null where a reader cannot tell whether a statement adds up (an interim report, lines in
//!   several currencies), and `sum_is_told` is false where there is no sum. Until now both were worked out from what was there.
//! - PostgreSQL: an entry of a GIN index has room for some 2,700 bytes, and a purpose may be one word of 64 KiB. Numbers of
//!   documents are short: words of more than 64 letters and digits are not in the index.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::dialect::{run, run_on};

const UP: &str = "
ALTER TABLE statement ADD COLUMN gap_minor {money}
;;
ALTER TABLE statement ADD COLUMN sum_is_told boolean NOT NULL DEFAULT true
;;
UPDATE statement SET gap_minor = closing_minor - opening_minor - sum_minor
;;
-- GET /v1/account-movements?customer_id=
CREATE INDEX refund_customer_idx ON refund (customer_id, id) WHERE customer_id IS NOT NULL";

const DOWN: &str = "
DROP INDEX refund_customer_idx
;;
ALTER TABLE statement DROP COLUMN sum_is_told
;;
ALTER TABLE statement DROP COLUMN gap_minor";

/// GET /v1/search: whole words of the purpose, as document numbers are. `services::movements::finding` asks in the same words.
const WORDS: &str = "
DROP INDEX IF EXISTS account_movement_words_idx
;;
CREATE INDEX account_movement_words_idx ON account_movement
    USING gin (regexp_split_to_array(regexp_replace(purpose_fold, '[[:alnum:]-]{65,}', ' ', 'g'), '[^[:alnum:]-]+'))";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await?;
        run_on(manager, DbBackend::Postgres, WORDS).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_on(manager, DbBackend::Postgres, "DROP INDEX account_movement_words_idx").await?;
        run(manager, DOWN).await
    }
}
