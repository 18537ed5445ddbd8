//! Account movements. What folders and filters find in all is in `summary`.

mod summary;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::summary::{AppliedFilters, FolderSum, FolderView, Folders, MovementSummary};
use super::assignments::AssignmentView;
use super::money::MoneyView;
use super::runs::FileStub;
use crate::domain::duplicate::DuplicateReason;
use crate::domain::id::{AccountId, MovementId, OrderId};
use crate::domain::movement::{
    AssignmentState, BookingType, CancelledOrders, Colour, Direction, ImportChannel, MovementAction, MovementStatus,
    UnassignedReturns,
};
use crate::entities::{account_movement, statement_file};
use crate::error::Code;
use crate::services::movements::listed::Listed;

/// A payment account, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccountStub {
    pub id: AccountId,
    #[schema(example = "Sandbox")]
    pub name: String,
}

crate::codes! {
    pub enum CounterpartyRole {
        Sender = "sender",
        Recipient = "recipient",
    }
    /// What would help with a movement.
    pub enum Hint {
        ContactCustomer = "contact_customer",
        None = "none",
    }
}

/// The other side: the sender of incoming money, the recipient of outgoing money.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Counterparty)]
pub struct CounterpartyView {
    pub role: CounterpartyRole,
    #[schema(example = "Erika Muster")]
    pub name: Option<String>,
    pub iban: Option<String>,
    pub bic: Option<String>,
}

/// One booking that bank or provider reported.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AccountMovement)]
pub struct MovementView {
    pub id: MovementId,
    pub account: AccountStub,
    pub booking_date: NaiveDate,
    pub value_date: Option<NaiveDate>,
    /// Signed: negative left the account.
    pub amount: MoneyView,
    /// Not assigned yet; exactly 0.00 when fully assigned.
    pub unassigned_amount: MoneyView,
    pub direction: Direction,
    pub booking_type: BookingType,
    pub status: MovementStatus,
    /// The provider's words, for example why a payment failed.
    pub status_text: Option<String>,
    pub assignment_state: AssignmentState,
    pub colour: Colour,
    pub counterparty: CounterpartyView,
    #[schema(example = "RE-2026-00001 vielen Dank")]
    pub purpose: Option<String>,
    pub reference: Option<String>,
    pub end_to_end_id: Option<String>,
    pub mandate_id: Option<String>,
    /// Unique per account; the provider's, or made from the content of the line.
    pub transaction_id: String,
    pub related_transaction_id: Option<String>,
    pub parent_movement_id: Option<MovementId>,
    pub internal_comment: Option<String>,
    pub hidden: bool,
    pub import_channel: ImportChannel,
    /// Whether a line of another file may be the same payment; nothing is assigned to such a movement by itself.
    pub possible_duplicate: bool,
    /// Whether money can go back by the way it came; never for files.
    pub returnable: bool,
    pub hint: Hint,
    pub version: i64,
    pub created_at: DateTime<Utc>,
}

impl MovementView {
    pub fn of(row: Listed, account: AccountStub) -> Self {
        let facts = row.facts();
        let role = match facts.direction() {
            Direction::In => CounterpartyRole::Sender,
            Direction::Out => CounterpartyRole::Recipient,
        };
        let failed = matches!(row.status, MovementStatus::Failed | MovementStatus::Aborted);
        Self {
            id: row.id,
            account,
            booking_date: row.booking_date,
            value_date: row.value_date,
            amount: row.amount.into(),
            unassigned_amount: row.free.into(),
            direction: facts.direction(),
            booking_type: row.booking_type,
            status: row.status,
            status_text: row.status_text,
            assignment_state: facts.assignment_state(),
            colour: facts.colour(),
            counterparty: CounterpartyView {
                role,
                name: row.counterparty_name,
                iban: row.counterparty_iban,
                bic: row.counterparty_bic,
            },
            purpose: row.purpose,
            reference: row.reference,
            end_to_end_id: row.end_to_end_id,
            mandate_id: row.mandate_id,
            transaction_id: row.transaction_id,
            related_transaction_id: row.related_transaction_id,
            parent_movement_id: row.parent_movement_id,
            internal_comment: row.internal_comment,
            hidden: row.hidden,
            import_channel: row.import_channel,
            possible_duplicate: row.possible_duplicate,
            returnable: row.returnable,
            hint: if failed { Hint::ContactCustomer } else { Hint::None },
            version: row.version,
            created_at: row.created_at,
        }
    }
}

/// Something to do with a movement, and the code that forbids it now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AllowedAction {
    pub action: MovementAction,
    pub allowed: bool,
    /// The code the action would be refused with; for `hide`, `unhide` and `keep`, which are harmless twice, why there is nothing to do. `null` when
    /// allowed.
    #[schema(value_type = Option<String>, example = "not_partially_assigned")]
    pub reason: Option<Code>,
    /// The orders concerned: cancelled ones whose money of this movement can go back.
    pub orders: Vec<OrderStub>,
}

/// An order, in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderStub {
    pub id: OrderId,
    #[schema(example = "AU-2026-00001")]
    pub number: String,
}

/// What is left to pay back on cancelled orders, and on which.
#[derive(Debug, Clone)]
pub struct CancelledPaid {
    pub left: CancelledOrders,
    pub orders: Vec<OrderStub>,
}

/// A movement with its assignments and what may be done with it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AccountMovementDetails)]
pub struct MovementDetails {
    #[serde(flatten)]
    pub movement: MovementView,
    pub assignments: Vec<AssignmentView>,
    pub allowed_actions: Vec<AllowedAction>,
    /// What the bank said of it beside what the list shows.
    pub source: MovementSource,
    /// Lines of other files that may be the same payment, until somebody keeps both or hides one; the 50 found first.
    pub possible_duplicates: Vec<PossibleDuplicate>,
}

/// The text a movement was read from, as its file has it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AccountMovementText)]
pub struct MovementText {
    pub source: MovementSource,
    /// The piece of the file: XML, SWIFT fields, or a row, in UTF-8 with a line feed after each line; at most 64 KiB. Null for
    /// movements of providers, and when the file cannot be read without a statement profile that is gone.
    #[schema(example = "20.11.26;20.11.26;Jürgen Groß;Gutschrift;RE-2026-0001;119,00;EUR")]
    pub text: Option<String>,
    /// Which version of the reader read it; null for movements of providers.
    #[schema(example = 1)]
    pub reader_version: Option<i32>,
}

/// A line of another file that may be the same payment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PossibleDuplicate {
    pub movement: MovementView,
    pub reason: DuplicateReason,
    pub found_at: DateTime<Utc>,
}

/// Where a movement comes from, in the bank's words. Members are null for what the bank, or the provider, did not say.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AccountMovementSource)]
pub struct MovementSource {
    /// The statement file; null for movements of providers.
    pub file: Option<FileStub>,
    /// Name of the file inside an archive.
    #[schema(example = "2026-11-24.xml")]
    pub part: Option<String>,
    /// Line in the file, from 1.
    #[schema(example = 77)]
    pub line: Option<i64>,
    /// The purpose line by line, where `purpose` has them rejoined.
    #[schema(example = "Rechnung RE-2026-0042\nvielen Dank")]
    pub purpose_raw: Option<String>,
    /// The bank's name for the booking; banks use it again.
    #[schema(example = "2026112400003")]
    pub bank_reference: Option<String>,
    /// The kind of booking in the words of the file's format.
    #[schema(example = "PMNT-RCDT-ESCT")]
    pub transaction_code: Option<String>,
}

impl MovementSource {
    pub fn of(row: &account_movement::Model, file: Option<&statement_file::Model>) -> Self {
        Self {
            file: file.map(FileStub::from),
            part: row.file_part.clone(),
            line: row.source_line,
            purpose_raw: row.purpose_raw.clone(),
            bank_reference: row.bank_reference.clone(),
            transaction_code: row.transaction_code.clone(),
        }
    }
}

impl MovementDetails {
    pub fn actions(
        row: &account_movement::Model,
        setting: UnassignedReturns,
        cancelled: &CancelledPaid,
    ) -> Vec<AllowedAction> {
        let orders = |action: MovementAction| match action {
            MovementAction::ReturnCancelledOrder => cancelled.orders.clone(),
            MovementAction::Assign
            | MovementAction::ReturnRemainingAmount
            | MovementAction::Hide
            | MovementAction::Unhide
            | MovementAction::Comment
            | MovementAction::Keep => Vec::new(),
        };
        let actions = row.facts().actions((setting, cancelled.left)).into_iter();
        let view = |(action, reason): (MovementAction, Option<Code>)| {
            let allowed = reason.is_none();
            AllowedAction { action, allowed, reason, orders: if allowed { orders(action) } else { Vec::new() } }
        };
        actions.map(view).collect()
    }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Movements {
    pub items: Vec<MovementView>,
}

/// Movements by id.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MovementIds {
    #[schema(value_type = Vec<MovementId>, example = json!(["mov_01kapd3hzcf3sbvpdj0k4v8m2e"]))]
    pub ids: Vec<String>,
}

/// JSON merge patch: absent keeps, null clears.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MovementPatch {
    #[serde(default, deserialize_with = "crate::views::present")]
    #[schema(value_type = Option<String>, example = "Customer called, refund agreed")]
    pub internal_comment: Option<Option<String>>,
}
