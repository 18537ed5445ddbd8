//! What a list of movements is asked for, as SQL. A folder's SQL is written in the words of its partial index, literally,
//! so that both databases can prove that the index fits.

use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, Func, LikeExpr};
use sea_orm::{Condition, ExprTrait, Iden, IntoSimpleExpr, Value};

use super::OF_VISIBLE_ACCOUNTS;
use crate::db::contains_pattern;
use crate::domain::id::{AccountId, CustomerId};
use crate::domain::money::Currency;
use crate::domain::movement::{BookingType, Direction, Folder, MovementStatus};
use crate::domain::text::fold;
use crate::entities::account_movement::Column;
use crate::services::contains;

/// Filter of the list; all that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct MovementFilter {
    pub folder: Option<Folder>,
    pub counterparty: Option<String>,
    pub purpose: Option<String>,
    pub transaction_id: Option<String>,
    /// In counterparty, purpose or transaction id.
    pub q: Option<String>,
    /// Signed, inclusive, in minor units per currency: amounts of other currencies never match.
    pub amount_from: Option<AmountBound>,
    pub amount_to: Option<AmountBound>,
    pub amount_abs_from: Option<AmountBound>,
    pub amount_abs_to: Option<AmountBound>,
    pub currency: Option<Currency>,
    pub account_id: Option<AccountId>,
    /// Whose order, invoice or refund it is assigned to.
    pub customer_id: Option<CustomerId>,
    pub booking_type: Option<BookingType>,
    pub status: Option<MovementStatus>,
    pub direction: Option<Direction>,
    /// Of those in doubt, or of those that are not.
    pub possible_duplicate: Option<bool>,
    pub date_from: Option<NaiveDate>,
    pub date_to: Option<NaiveDate>,
}

/// An amount bound in minor units of the filter's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub struct AmountBound(pub i64);

/// A member of the filter that has an index in the order of the booking date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    Folder,
    Account,
    BookingType,
    Status,
    Currency,
    /// The amount has an index too, in its own order.
    Amount,
}

/// A folder as SQL: the WHERE of its partial index, where it is said why "completed" is a negation. `None` is the root folder with everything that is visible.
pub const fn folder_sql(folder: Option<Folder>) -> &'static str {
    match folder {
        None => "NOT hidden",
        Some(Folder::Hidden) => "hidden",
        Some(Folder::NotAssigned) => {
            "NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor > 0"
        }
        Some(Folder::PartiallyAssigned) => {
            "NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor > 0 AND free_minor < ABS(amount_minor)"
        }
        Some(Folder::FullyAssigned) => {
            "NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor = 0"
        }
        Some(Folder::Pending) => "NOT hidden AND status = 'in_progress'",
        Some(Folder::Failed) => "NOT hidden AND status IN ('failed','aborted')",
    }
}

impl MovementFilter {
    /// As SQL. With `leads`, only their columns may be looked up in an index: SQLite, which knows nothing of how often a
    /// value occurs, takes a unary plus for that. Without, the database decides. Days are literals: as parameters they
    /// would be planned for anew each time.
    pub fn condition(&self, leads: Option<&[Lead]>) -> Condition {
        let column = |column: Column, lead: Lead| match leads {
            Some(leads) if !leads.contains(&lead) => Expr::cust(format!("+{}", column.to_string())),
            _ => column.into_simple_expr(),
        };
        let folder = Expr::cust(folder_sql(self.folder));
        let mut all = Condition::all().add(folder).add(Expr::cust(OF_VISIBLE_ACCOUNTS));
        let equal = |name: Column, lead: Lead, value: Option<Value>| Some(column(name, lead).eq(value?));
        all = all
            .add_option(equal(Column::AccountId, Lead::Account, self.account_id.map(Value::from)))
            .add_option(equal(Column::BookingType, Lead::BookingType, self.booking_type.map(Value::from)))
            .add_option(equal(Column::Status, Lead::Status, self.status.map(Value::from)))
            .add_option(equal(Column::Currency, Lead::Currency, self.currency.map(Value::from)))
            .add_option(
                self.possible_duplicate
                    .map(|wanted| Expr::cust(if wanted { "possible_duplicate" } else { "NOT possible_duplicate" })),
            )
            .add_option(self.customer_id.map(|customer| of_customer(customer, leads.is_some())))
            .add_option(self.date_from.map(|date| Expr::cust(format!("booking_date >= '{date}'"))))
            .add_option(self.date_to.map(|date| Expr::cust(format!("booking_date <= '{date}'"))));
        for text in self.texts() {
            all = all.add(text.condition(leads.is_some()));
        }
        self.amounts(&|| column(Column::AmountMinor, Lead::Amount)).into_iter().fold(all, Condition::add)
    }

    /// Bounds of the amount, direction included. A bound whatever the sign is one of two ranges, which an index can answer.
    pub fn amounts(&self, amount: &dyn Fn() -> Expr) -> Vec<Expr> {
        let mut found = Vec::new();
        found.extend(self.amount_from.map(|bound| amount().gte(bound.0)));
        found.extend(self.amount_to.map(|bound| amount().lte(bound.0)));
        found.extend(self.direction.map(|direction| match direction {
            Direction::In => amount().gt(0),
            Direction::Out => amount().lt(0),
        }));
        let (from, to) = (self.amount_abs_from.map(|bound| bound.0), self.amount_abs_to.map(|bound| bound.0));
        let negative = |bound: i64| bound.saturating_neg();
        found.extend(match (from, to) {
            (None, None) => None,
            (Some(from), None) => Some(amount().gte(from).or(amount().lte(negative(from)))),
            (None, Some(to)) => Some(amount().lte(to).and(amount().gte(negative(to)))),
            (Some(from), Some(to)) => {
                let positive = amount().gte(from).and(amount().lte(to));
                Some(positive.or(amount().lte(negative(from)).and(amount().gte(negative(to)))))
            }
        });
        found
    }

    /// The filters that mean "contains".
    pub fn texts(&self) -> Vec<Contained> {
        let folded = |text: &String| Some(fold(text));
        let as_given = |text: &String| Some(text.clone());
        let of = |columns: &'static [Column], folded, id| Contained { columns, folded, id };
        let mut texts = Vec::new();
        texts.extend(self.counterparty.as_ref().map(|text| of(&[Column::CounterpartyFold], folded(text), None)));
        texts.extend(self.purpose.as_ref().map(|text| of(&[Column::PurposeFold], folded(text), None)));
        texts.extend(self.transaction_id.as_ref().map(|text| of(&[], None, as_given(text))));
        let names: &[Column] = &[Column::CounterpartyFold, Column::PurposeFold];
        texts.extend(self.q.as_ref().map(|text| of(names, folded(text), as_given(text))));
        texts
    }

    /// Whether the counts of the tally say all about it.
    pub fn is_counted(&self) -> bool {
        let bounds = [self.amount_from, self.amount_to, self.amount_abs_from, self.amount_abs_to];
        let dated = self.date_from.or(self.date_to).is_some();
        let told = self.possible_duplicate.is_none() && self.customer_id.is_none();
        self.texts().is_empty() && !dated && told && bounds.iter().all(Option::is_none)
    }
}

/// Movements with an assignment to something of a customer's that nobody has undone.
pub fn of_customer(customer: CustomerId, sqlite: bool) -> Expr {
    // Of an id's sixteen bytes no text can break out, and as a literal it is the same on both databases.
    let hex = customer.0.simple();
    let id = if sqlite { format!("x'{hex}'") } else { format!("'{hex}'") };
    let of_target = |target: &str, table: &str| {
        format!(
            "SELECT a.movement_id FROM {table} t JOIN assignment a ON a.{target} = t.id \
             WHERE t.customer_id = {id} AND a.undone_at IS NULL"
        )
    };
    let targets = [("order_id", "sales_order"), ("invoice_id", "invoice"), ("refund_id", "refund")];
    let all = targets.map(|(target, table)| of_target(target, table)).join(" UNION ");
    Expr::cust(format!("id IN ({all})"))
}

/// One filter that means "contains": in any of these columns, or in the transaction id.
#[derive(Debug, Clone)]
pub struct Contained {
    columns: &'static [Column],
    /// As the folded columns hold it.
    pub folded: Option<String>,
    /// To be found in the transaction id.
    id: Option<String>,
}

impl Contained {
    /// What an index of SQLite is asked for. Its `lower` knows ASCII only.
    pub fn alternatives(&self) -> Vec<String> {
        self.folded.iter().cloned().chain(self.id.as_ref().map(|id| id.to_ascii_lowercase())).collect()
    }

    fn condition(&self, sqlite: bool) -> Condition {
        let folded = self.folded.as_deref().unwrap_or_default();
        let names = self.columns.iter().fold(Condition::any(), |any, column| any.add(contains(*column, folded)));
        names.add_option(self.id.as_deref().map(|text| {
            let text = if sqlite { text.to_ascii_lowercase() } else { text.to_lowercase() };
            let id = Expr::expr(Func::lower(Column::TransactionId.into_simple_expr()));
            id.like(LikeExpr::new(contains_pattern(&text)).escape('\\'))
        }))
    }
}
