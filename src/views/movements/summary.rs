//! What folders and filters find in all.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::id::{AccountId, CustomerId};
use crate::domain::movement::{BookingType, Direction, Folder, MovementStatus};
use crate::services::movements::list::Summary;
use crate::views::day::Day;
use crate::views::money::MoneyView;

/// A folder of the movement list. Folders overlap, so their counts do not add up.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FolderView {
    pub folder: Folder,
    pub count: i64,
    /// Per currency: signed sum of the amounts, and sum of what is not assigned.
    pub sums: Vec<FolderSum>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FolderSum {
    pub amount: MoneyView,
    pub unassigned_amount: MoneyView,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Folders {
    pub items: Vec<FolderView>,
}

/// The filters of a list as they were given; null where one was not.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AppliedFilters {
    #[schema(value_type = Option<String>)]
    pub folder: Option<Folder>,
    pub counterparty: Option<String>,
    pub purpose: Option<String>,
    pub transaction_id: Option<String>,
    pub q: Option<String>,
    pub amount_from: Option<String>,
    pub amount_to: Option<String>,
    pub amount_abs_from: Option<String>,
    pub amount_abs_to: Option<String>,
    pub currency: Option<String>,
    #[schema(value_type = Option<String>)]
    pub account_id: Option<AccountId>,
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    #[schema(value_type = Option<String>)]
    pub booking_type: Option<BookingType>,
    #[schema(value_type = Option<String>)]
    pub status: Option<MovementStatus>,
    #[schema(value_type = Option<String>)]
    pub direction: Option<Direction>,
    pub possible_duplicate: Option<bool>,
    #[schema(value_type = Option<String>)]
    pub date_from: Option<Day>,
    #[schema(value_type = Option<String>)]
    pub date_to: Option<Day>,
    pub year: Option<String>,
    pub month: Option<String>,
    #[schema(value_type = Option<String>)]
    pub day: Option<Day>,
}

/// How many movements a filter finds, and what they sum up to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AccountMovementSummary)]
pub struct MovementSummary {
    pub count: i64,
    /// Per currency: signed sum of the amounts, and sum of what is not assigned.
    pub sums: Vec<FolderSum>,
    pub applied_filters: AppliedFilters,
    /// What the list without folder and filters holds.
    pub total_without_filters: i64,
}

impl MovementSummary {
    pub fn of(summary: Summary, applied_filters: AppliedFilters) -> Self {
        let Summary { found, total_without_filters } = summary;
        Self { count: found.count, sums: found.sums, applied_filters, total_without_filters }
    }
}
