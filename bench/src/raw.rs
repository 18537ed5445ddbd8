//! The raw work: the statements a careful person would write by hand for the same effect, one round trip each.
//!
//! They are what heller is measured against, so they do what heller does: the key, the locks, the conditional updates,
//! the journal, the audit trail, the stored answer. What heller does besides (token, session, role, licence, views) is
//! not here.

use uuid::Uuid;

use crate::dialect::{Dialect, Kind};
use crate::find::Find;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Assign,
    Refund,
    List,
    Find(Find),
}

impl Work {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Assign => "POST /v1/assignments",
            Self::Refund => "POST /v1/refunds",
            Self::List => "GET /v1/account-movements (50)",
            Self::Find(find) => find.title(),
        }
    }
}

/// Rows everybody works with.
#[derive(Debug, Clone)]
pub struct Merchant {
    pub account: Uuid,
    pub user: Uuid,
}

/// Expressions for the number of a transaction, which is new, and of the movement and order it works on.
#[derive(Debug, Clone, Copy)]
pub struct Numbers<'a> {
    pub new: &'a str,
    pub item: &'a str,
}

/// Bytes of a typical stored answer.
const ANSWER_BYTES: usize = 600;

/// The statements of one piece of work, without BEGIN and COMMIT.
pub fn statements(dialect: Dialect, work: Work, merchant: &Merchant, numbers: Numbers<'_>) -> Vec<String> {
    let raw = Raw { d: dialect, merchant, numbers };
    match work {
        Work::Assign => raw.assign(),
        Work::Refund => raw.refund(),
        Work::List => raw.list(),
        Work::Find(find) => find.statements(dialect, merchant, numbers.item),
    }
}

/// Words that only the raw work needs.
impl Dialect {
    /// A known id as a literal; 32 hex digits.
    pub fn literal_id(self, hex: &str) -> String {
        match self {
            Self::Sqlite => format!("x'{hex}'"),
            Self::Postgres => format!("CAST('{hex}' AS uuid)"),
        }
    }

    const fn today(self) -> &'static str {
        match self {
            Self::Sqlite => "date('now')",
            Self::Postgres => "CURRENT_DATE",
        }
    }

    /// Some text of that length, as a stored answer has it.
    fn filler(self, length: usize) -> String {
        match self {
            Self::Sqlite => format!("printf('%{length}s', '')"),
            Self::Postgres => format!("repeat(' ', {length})"),
        }
    }

    /// Locks a row that is read, where rows have locks.
    const fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }
}

struct Raw<'a> {
    d: Dialect,
    merchant: &'a Merchant,
    numbers: Numbers<'a>,
}

impl Raw<'_> {
    /// The shape of twelve round trips, COMMIT included.
    fn assign(&self) -> Vec<String> {
        let (user, now, today) = (self.user(), self.d.now(), self.d.today());
        let (order, assignment) = (self.item(Kind::Order), self.fresh(Kind::RawAssignment));
        let (payment, movement) = (self.fresh(Kind::RawPayment), self.item(Kind::Movement));
        vec![
            self.reserve(),
            format!("SELECT * FROM sales_order WHERE id = {order}{}", self.d.for_update()),
            self.lock_movement(),
            self.take_free(),
            format!(
                "INSERT INTO assignment (id, movement_id, target_type, order_id, amount_minor, currency, origin, \
                 created_by, version, created_at) VALUES ({assignment}, {movement}, 'order', {order}, 100, 'EUR', \
                 'manual', {user}, 1, {now})"
            ),
            format!(
                "INSERT INTO payment (id, order_id, customer_id, amount_minor, refundable_minor, currency, method, \
                 movement_id, assignment_id, payment_date, created_by, version, created_at) VALUES ({payment}, {order}, \
                 (SELECT customer_id FROM sales_order WHERE id = {order}), 100, 100, 'EUR', 'account_movement', \
                 {movement}, {assignment}, {today}, {user}, 1, {now})"
            ),
            format!("UPDATE sales_order SET paid_minor = paid_minor + 100, version = version + 1 WHERE id = {order}"),
            self.entry("assigned", ("assignment", &assignment)),
            self.posting("1590", "1400"),
            self.audit("assignment.created", ("assignment", &assignment)),
            self.answer(),
        ]
    }

    fn refund(&self) -> Vec<String> {
        let (user, now, account) = (self.user(), self.d.now(), self.account());
        let (refund, movement) = (self.fresh(Kind::RawRefund), self.item(Kind::Movement));
        let assignment = self.fresh(Kind::RawAssignment);
        // The number is taken as late as the refund's row allows: its counter is held until the commit.
        vec![
            self.reserve(),
            self.lock_movement(),
            format!("SELECT * FROM payment_account WHERE id = {account}"),
            self.take_free(),
            self.entry("refund_generated", ("refund", &refund)),
            self.posting("1590", "1700"),
            self.audit("refund.generated", ("refund", &refund)),
            "INSERT INTO number_series (series, year, last_number) VALUES ('RAW', 2026, 1) ON CONFLICT (series, year) \
             DO UPDATE SET last_number = number_series.last_number + 1 RETURNING last_number"
                .to_owned(),
            format!(
                "INSERT INTO refund (id, number, origin, movement_id, account_id, method, amount_minor, currency, \
                 status, recipient_name, four_eyes, approval_state, created_by, final_refusals, outcome_unknown, \
                 version, created_at) VALUES ({refund}, 'RAW-' || {}, 'remaining_amount', {movement}, {account}, \
                 'original', 100, 'EUR', 'not_sent', 'Kunde', 'off', 'not_required', {user}, 0, FALSE, 1, {now})",
                self.numbers.new
            ),
            format!(
                "INSERT INTO assignment (id, movement_id, target_type, refund_id, amount_minor, currency, origin, \
                 created_by, version, created_at) VALUES ({assignment}, {movement}, 'refund', {refund}, 100, 'EUR', \
                 'manual', {user}, 1, {now})"
            ),
            self.answer(),
        ]
    }

    fn list(&self) -> Vec<String> {
        vec![
            "SELECT * FROM account_movement WHERE NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' \
             AND free_minor > 0 AND account_id NOT IN (SELECT id FROM payment_account WHERE hidden) ORDER BY booking_date DESC, id DESC LIMIT 51"
                .to_owned(),
            format!("SELECT * FROM payment_account WHERE id IN ({})", self.account()),
        ]
    }

    fn fresh(&self, kind: Kind) -> String {
        self.d.id(kind, self.numbers.new)
    }

    fn item(&self, kind: Kind) -> String {
        self.d.id(kind, self.numbers.item)
    }

    fn user(&self) -> String {
        self.d.literal_id(&self.merchant.user.simple().to_string())
    }

    fn account(&self) -> String {
        self.d.literal_id(&self.merchant.account.simple().to_string())
    }

    fn reserve(&self) -> String {
        format!(
            "INSERT INTO idempotency_key (scope, idempotency_key, request_hash, created_at) VALUES ('raw', 'raw-' || {}, \
             '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', {}) \
             ON CONFLICT (scope, idempotency_key) DO NOTHING",
            self.numbers.new,
            self.d.now()
        )
    }

    fn answer(&self) -> String {
        format!(
            "UPDATE idempotency_key SET status = 201, body = {}, location = '/v1/raw', etag = '\"1\"' \
             WHERE scope = 'raw' AND idempotency_key = 'raw-' || {}",
            self.d.filler(ANSWER_BYTES),
            self.numbers.new
        )
    }

    fn lock_movement(&self) -> String {
        let movement = self.item(Kind::Movement);
        format!("SELECT * FROM account_movement WHERE id = {movement}{}", self.d.for_update())
    }

    fn take_free(&self) -> String {
        format!(
            "UPDATE account_movement SET free_minor = free_minor - 100, version = version + 1 WHERE id = {} \
             AND free_minor >= 100 AND status = 'completed' AND NOT hidden",
            self.item(Kind::Movement)
        )
    }

    fn entry(&self, kind: &str, (subject, id): (&str, &str)) -> String {
        format!(
            "INSERT INTO journal_entry (id, kind, entry_date, subject_type, subject_id, created_by, created_at) \
             VALUES ({}, '{kind}', {}, '{subject}', {id}, {}, {})",
            self.fresh(Kind::RawEntry),
            self.d.today(),
            self.user(),
            self.d.now()
        )
    }

    fn posting(&self, debit: &str, credit: &str) -> String {
        format!(
            "INSERT INTO journal_posting (entry_id, position, debit_account, credit_account, amount_minor, currency) \
             VALUES ({}, 1, '{debit}', '{credit}', 100, 'EUR')",
            self.fresh(Kind::RawEntry)
        )
    }

    fn audit(&self, action: &str, (subject, id): (&str, &str)) -> String {
        format!(
            "INSERT INTO audit_event (id, action, subject_type, subject_id, actor_id, request_id, details, created_at) \
             VALUES ({}, '{action}', '{subject}', {id}, {}, 'raw', '{{\"amount\":\"1.00 EUR\"}}', {})",
            self.fresh(Kind::RawAudit),
            self.user(),
            self.d.now()
        )
    }
}
