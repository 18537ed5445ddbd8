//! Row of `account_movement`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AccountId, FileId, MovementId, RunId};
use crate::domain::money::Currency;
use crate::domain::movement;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "account_movement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MovementId,
    pub account_id: AccountId,
    pub transaction_id: String,
    pub booking_date: Date,
    pub value_date: Option<Date>,
    pub amount_minor: i64,
    pub free_minor: i64,
    pub currency: Currency,
    pub booking_type: movement::BookingType,
    pub status: movement::MovementStatus,
    pub status_text: Option<String>,
    pub counterparty_name: Option<String>,
    pub counterparty_iban: Option<String>,
    pub counterparty_bic: Option<String>,
    pub purpose: Option<String>,
    pub reference: Option<String>,
    pub end_to_end_id: Option<String>,
    pub mandate_id: Option<String>,
    pub related_transaction_id: Option<String>,
    pub parent_movement_id: Option<MovementId>,
    pub internal_comment: Option<String>,
    pub hidden: bool,
    pub import_channel: movement::ImportChannel,
    pub returnable: bool,
    pub counterparty_fold: String,
    pub purpose_fold: String,
    pub run_id: Option<RunId>,
    pub source_line: Option<i64>,
    pub purpose_raw: Option<String>,
    pub bank_reference: Option<String>,
    pub transaction_code: Option<String>,
    pub file_id: Option<FileId>,
    pub file_part: Option<String>,
    pub file_offset: Option<i64>,
    pub file_length: Option<i64>,
    pub reader_version: Option<i32>,
    pub end_to_end_open: bool,
    pub prenoted_id: Option<String>,
    pub possible_duplicate: bool,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
