//! The twelve commonest filters of the movement list, a document's number looked for everywhere, and the counts: as a
//! request, and as the SELECTs that a careful person would write by hand.

use crate::dialect::Dialect;
use crate::install::text_id;
use crate::raw::Merchant;

/// A question about account movements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Find {
    All,
    NotAssigned,
    FullyAssigned,
    PartiallyAssigned,
    Failed,
    Account,
    MonthNotAssigned,
    Outgoing,
    Amount,
    RareName,
    UsualWord,
    NumberInText,
    Number,
    Folders,
    MonthSummary,
}

const EVERY: &str = "NOT hidden";
const OPEN: &str = "NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor > 0";
const DONE: &str = "NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor = 0";
const PARTLY: &str = "NOT hidden AND NOT (status <> 'completed') AND booking_type <> 'fee' AND free_minor > 0 \
    AND free_minor < ABS(amount_minor)";
const BROKEN: &str = "NOT hidden AND status IN ('failed','aborted')";
const VISIBLE: &str = "account_id NOT IN (SELECT id FROM payment_account WHERE hidden)";
const MARCH: &str = "booking_date >= '2026-03-01' AND booking_date <= '2026-03-31'";

impl Find {
    pub const ALL: [Self; 15] = [
        Self::All,
        Self::NotAssigned,
        Self::FullyAssigned,
        Self::PartiallyAssigned,
        Self::Failed,
        Self::Account,
        Self::MonthNotAssigned,
        Self::Outgoing,
        Self::Amount,
        Self::RareName,
        Self::UsualWord,
        Self::NumberInText,
        Self::Number,
        Self::Folders,
        Self::MonthSummary,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::NotAssigned => "folder=not_assigned",
            Self::FullyAssigned => "folder=fully_assigned",
            Self::PartiallyAssigned => "folder=partially_assigned",
            Self::Failed => "folder=failed",
            Self::Account => "account_id",
            Self::MonthNotAssigned => "not_assigned, month",
            Self::Outgoing => "booking_type=outgoing",
            Self::Amount => "amount_abs_from, _to",
            Self::RareName => "counterparty, rare",
            Self::UsualWord => "purpose, usual",
            Self::NumberInText => "q, a number",
            Self::Number => "search for a number",
            Self::Folders => "folders",
            Self::MonthSummary => "summary of a month",
        }
    }

    /// The request; `item` is the number of a movement.
    pub fn path(self, merchant: &Merchant, item: u64) -> String {
        let query = match self {
            Self::All => String::new(),
            Self::NotAssigned => "folder=not_assigned".to_owned(),
            Self::FullyAssigned => "folder=fully_assigned".to_owned(),
            Self::PartiallyAssigned => "folder=partially_assigned".to_owned(),
            Self::Failed => "folder=failed".to_owned(),
            Self::Account => format!("account_id={}", text_id("acc", merchant.account.as_u128())),
            Self::MonthNotAssigned => "folder=not_assigned&month=2026-03".to_owned(),
            Self::Outgoing => "booking_type=outgoing".to_owned(),
            Self::Amount => "amount_abs_from=50.00&amount_abs_to=50.00".to_owned(),
            Self::RareName => format!("counterparty=KUNDE%20Nr.%20{item}"),
            Self::UsualWord => "purpose=Bestellung".to_owned(),
            Self::NumberInText => format!("q=au-seed-{item}"),
            Self::Number => return format!("/v1/search?type=account_movement&q=AU-SEED-{item}"),
            Self::Folders => return "/v1/account-movements/folders".to_owned(),
            Self::MonthSummary => return "/v1/account-movements/summary?month=2026-03".to_owned(),
        };
        format!("/v1/account-movements?{query}")
    }

    /// The SELECTs by hand. On PostgreSQL a number is looked for by the trigram index, which is what the words are measured
    /// against; on SQLite by its trigram table.
    pub fn statements(self, dialect: Dialect, merchant: &Merchant, item: &str) -> Vec<String> {
        let account = dialect.literal_id(&merchant.account.simple().to_string());
        let open_month = format!("{OPEN} AND {MARCH}");
        let of_account = format!("{EVERY} AND account_id = {account}");
        let outgoing = format!("{EVERY} AND booking_type = 'outgoing'");
        let amount = format!(
            "{EVERY} AND {} = 'EUR' AND (amount_minor = 5000 OR amount_minor = -5000)",
            dialect.quiet("currency")
        );
        let usual = format!("{EVERY} AND purpose_fold LIKE '%bestellung%'");
        let name = dialect.containing("counterparty_fold", "kunde nr. ", item);
        let number = dialect.containing("purpose_fold", "au-seed-", item);
        let condition: &str = match self {
            Self::All => EVERY,
            Self::NotAssigned => OPEN,
            Self::FullyAssigned => DONE,
            Self::PartiallyAssigned => PARTLY,
            Self::Failed => BROKEN,
            Self::Account => &of_account,
            Self::MonthNotAssigned => &open_month,
            Self::Outgoing => &outgoing,
            Self::Amount => &amount,
            Self::RareName => &name,
            Self::UsualWord => &usual,
            Self::NumberInText | Self::Number => &number,
            Self::Folders => {
                return [OPEN, DONE, PARTLY, BROKEN, "NOT hidden AND status = 'in_progress'", "hidden"]
                    .map(added_up)
                    .to_vec();
            }
            Self::MonthSummary => return vec![added_up(&format!("{EVERY} AND {MARCH}"))],
        };
        vec![
            format!(
                "SELECT * FROM account_movement WHERE {condition} AND {VISIBLE} ORDER BY booking_date DESC, id DESC LIMIT 51"
            ),
            format!("SELECT * FROM payment_account WHERE id IN ({account})"),
        ]
    }
}

fn added_up(condition: &str) -> String {
    format!(
        "SELECT currency, COUNT(*), SUM(amount_minor), SUM(free_minor) FROM account_movement WHERE {condition} \
         AND {VISIBLE} GROUP BY currency"
    )
}

impl Dialect {
    /// A column that SQLite is not to look up in an index.
    fn quiet(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("+{column}"),
            Self::Postgres => column.to_owned(),
        }
    }

    /// What contains a word with a number behind it.
    fn containing(self, column: &str, word: &str, number: &str) -> String {
        match self {
            Self::Sqlite => format!(
                "{EVERY} AND {column} LIKE '%{word}' || {number} || '%' AND id IN (SELECT t.movement_id \
                 FROM account_movement_trigrams i JOIN account_movement_text t ON t.seq = i.rowid \
                 WHERE account_movement_trigrams MATCH (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                 WHERE i < length({number}) - 2) SELECT group_concat('\"' || substr({number}, i, 3) || '\"', ' AND ') FROM n))"
            ),
            Self::Postgres => format!("{EVERY} AND {column} LIKE '%{word}' || {number} || '%'"),
        }
    }
}
