//! No list reads a whole table: the databases' own plans for the very statements that the services send.
//!
//! The services take any connection. This one asks for the plan of each statement before it runs it, with the values
//! that were bound, so nothing is written down twice and a new filter is looked at as soon as it is called here. The
//! tables are filled by the seed of the benchmark. Filters that mean "contains" have an index for
//! movements only; for customers they may read everything and are left out.

#[path = "../../../bench/src/dialect.rs"]
mod dialect;
mod explaining;
mod movements;
mod progress;
mod search;
#[path = "../../../bench/src/seed/mod.rs"]
mod seed;

use std::sync::Mutex;

use heller::domain::account::ProviderKind;
use heller::domain::assignment::AssignmentOrigin;
use heller::domain::balance::{InvoiceFolder, OrderStatus, PaymentStatus};
use heller::domain::correction::CorrectionStatus;
use heller::domain::id::*;
use heller::domain::job::JobState;
use heller::domain::ledger::EntryKind;
use heller::domain::refund::{RefundFolder, RefundStatus};
use heller::domain::run::LogLevel;
use heller::entities::refund_attempt;
use heller::error::Error;
use heller::services::page::{Direction, Page, PageRequest};
use heller::services::reconciliation::{log, runs};
use heller::services::{
    accounts, assignments, cancellations, corrections, customers, invoices, jobs, ledger, matching, orders, payments,
    refunds,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, QueryFilter, Statement};
use uuid::Uuid;

use crate::support::shop::Shop;
use dialect::{Dialect, Kind};
use explaining::Explaining;

/// Enough that reading everything would be dearer than an index, in every table that grows.
const SIZE: seed::Size = seed::Size { free: 6_000, special: 24_000 };
/// A table that stays below this may be read as a whole.
const SMALL: i64 = 1_000;

/// Small pages: to look fifty rows up one by one in a table of a few thousand is dearer than to read it, and PostgreSQL
/// knows that.
const PAGE: u64 = 10;

#[tokio::test]
async fn no_list_without_a_contain_filter_reads_a_whole_table() {
    let shop = Shop::open().await;
    let inner = filled(&shop).await;
    let large = large_tables(&inner).await;
    let (about, scans, last) = (Mutex::default(), Mutex::default(), Mutex::default());
    let conn = Explaining { inner, large, about, scans, last };
    assert!(conn.large.len() >= 15, "the seed is too small: {:?}", conn.large);
    movements::lists(&conn).await;
    order_lists(&conn).await;
    invoice_lists(&conn).await;
    money_lists(&conn).await;
    around(&conn).await;
    lookups(&conn).await;
    search::numbers(&conn).await;
    progress::looks(&conn).await;
    batches(&conn).await;
    let scans = conn.scans.into_inner().unwrap();
    let shown: Vec<&str> = scans.iter().map(String::as_str).collect();
    assert!(scans.is_empty(), "{} statements read a whole table:\n{}", scans.len(), shown.join("\n"));
    shop.app.finish().await;
}

async fn filled(shop: &Shop) -> DatabaseConnection {
    let conn = shop.app.db().connect().await;
    let dialect = dialect_of(&conn);
    for statement in seed::statements(dialect, SIZE) {
        conn.execute_unprepared(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    if dialect == Dialect::Postgres {
        // What autovacuum does in production; SQLite plans without statistics there too.
        conn.execute_unprepared("VACUUM ANALYZE").await.unwrap();
    }
    conn
}

/// Movements alone, in SQL, for tests that want many; their books do not prove.
pub fn many_movements(conn: &DatabaseConnection, count: u64) -> Vec<String> {
    let special = count / 4;
    let mut statements = seed::statements(dialect_of(conn), seed::Size { free: count - special, special });
    statements.retain(|statement| statement.contains("INSERT INTO account_movement "));
    statements
}

fn dialect_of(conn: &DatabaseConnection) -> Dialect {
    match conn.get_database_backend() {
        DbBackend::Sqlite => Dialect::Sqlite,
        _ => Dialect::Postgres,
    }
}

async fn large_tables(conn: &DatabaseConnection) -> Vec<String> {
    let names = match conn.get_database_backend() {
        DbBackend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        _ => "SELECT CAST(tablename AS text) AS name FROM pg_tables WHERE schemaname = 'public'",
    };
    let query = |sql: String| Statement::from_string(conn.get_database_backend(), sql);
    let mut large = Vec::new();
    for row in conn.query_all_raw(query(names.to_owned())).await.unwrap() {
        let name: String = row.try_get("", "name").unwrap();
        let count = conn.query_one_raw(query(format!("SELECT COUNT(*) FROM \"{name}\""))).await.unwrap().unwrap();
        if count.try_get_by_index::<i64>(0).unwrap() > SMALL {
            large.push(name);
        }
    }
    large
}

fn id<T: From<Uuid>>(kind: Kind, number: u64) -> T {
    T::from(Uuid::from_u128(dialect::id_bits(kind, number)))
}

fn request(cursor: Option<String>) -> PageRequest {
    PageRequest { limit: PAGE, cursor, fingerprint: "plans".to_owned() }
}

/// Reads the first page and, when there is one, the second, which begins behind a cursor.
async fn two_pages<T>(read: impl AsyncFn(PageRequest) -> Result<Page<T>, Error>) {
    let first = read(request(None)).await.unwrap();
    if first.next_cursor.is_some() {
        read(request(first.next_cursor)).await.unwrap();
    }
}

/// Two pages of a list with each of some filters, and each of some sorts.
macro_rules! lists {
    ($conn:ident, $name:literal, [$($filter:expr),+ $(,)?], |$given:ident, $page:ident| $read:expr) => {
        for $given in [$($filter),+] {
            $conn.about(format!("{}: {:?}", $name, $given));
            two_pages(async |$page| $read.await).await;
        }
    };
}

async fn order_lists(conn: &Explaining) {
    use customers::CustomerFilter;
    use orders::OrderFilter;
    let all = OrderFilter::default;
    let descending = Direction::Descending;
    lists!(
        conn,
        "orders",
        [
            all(),
            OrderFilter { customer_id: Some(id(Kind::Customer, 1)), ..all() },
            OrderFilter { status: Some(OrderStatus::Open), ..all() },
            OrderFilter { status: Some(OrderStatus::Cancelled), ..all() },
            OrderFilter { payment_status: Some(PaymentStatus::Unpaid), ..all() },
            OrderFilter { payment_status: Some(PaymentStatus::PartiallyPaid), ..all() },
            OrderFilter { payment_status: Some(PaymentStatus::Paid), ..all() },
            OrderFilter { is_overpaid: Some(true), ..all() },
            OrderFilter { is_overpaid: Some(false), ..all() },
            OrderFilter { number: Some("AU-SEED-7".to_owned()), ..all() },
            OrderFilter { external_number: Some("X".to_owned()), ..all() },
        ],
        |filter, page| orders::page(conn, &filter, descending, &page)
    );
    lists!(
        conn,
        "customers",
        [
            CustomerFilter::default(),
            CustomerFilter { external_number: Some("X".to_owned()), ..CustomerFilter::default() },
        ],
        |filter, page| customers::page(conn, &filter, &page)
    );
    lists!(conn, "cancellations", [None, Some(id::<OrderId>(Kind::Order, 4_002))], |order, page| cancellations::page(
        conn, order, &page
    ));
}

async fn invoice_lists(conn: &Explaining) {
    use corrections::CorrectionFilter;
    use invoices::InvoiceFilter;
    let descending = Direction::Descending;
    for folder in InvoiceFolder::ALL.iter().copied() {
        lists!(
            conn,
            "invoices",
            [InvoiceFilter { folder: Some(folder), ..InvoiceFilter::default() }],
            |filter, page| invoices::page(conn, &filter, descending, &page)
        );
    }
    lists!(
        conn,
        "invoices",
        [
            InvoiceFilter::default(),
            InvoiceFilter { customer_id: Some(id(Kind::Customer, 1)), ..InvoiceFilter::default() },
            InvoiceFilter { order_id: Some(id(Kind::Order, 4_003)), ..InvoiceFilter::default() },
            InvoiceFilter { number: Some("RE-2025-00007".to_owned()), ..InvoiceFilter::default() },
        ],
        |filter, page| invoices::page(conn, &filter, descending, &page)
    );
    lists!(
        conn,
        "invoice corrections",
        [
            CorrectionFilter::default(),
            CorrectionFilter { status: Some(CorrectionStatus::Draft), ..CorrectionFilter::default() },
            CorrectionFilter { status: Some(CorrectionStatus::Formalised), ..CorrectionFilter::default() },
            CorrectionFilter { invoice_id: Some(id(Kind::Invoice, 4_004)), ..CorrectionFilter::default() },
        ],
        |filter, page| corrections::page(conn, &filter, &page)
    );
}

async fn money_lists(conn: &Explaining) {
    use assignments::AssignmentFilter;
    use payments::PaymentFilter;
    use refunds::RefundFilter;
    let all = RefundFilter::default;
    for folder in RefundFolder::ALL.iter().copied() {
        lists!(conn, "refunds", [RefundFilter { folder: Some(folder), ..all() }], |filter, page| refunds::page(
            conn, &filter, &page
        ));
    }
    for status in RefundStatus::ALL.iter().copied() {
        lists!(conn, "refunds", [RefundFilter { status: Some(status), ..all() }], |filter, page| refunds::page(
            conn, &filter, &page
        ));
    }
    lists!(
        conn,
        "refunds",
        [
            all(),
            RefundFilter { movement_id: Some(id(Kind::Movement, 4_007)), ..all() },
            RefundFilter { order_id: Some(id(Kind::Order, 4_007)), ..all() },
        ],
        |filter, page| refunds::page(conn, &filter, &page)
    );
    let all = AssignmentFilter::default;
    lists!(
        conn,
        "assignments",
        [
            all(),
            AssignmentFilter { movement_id: Some(id(Kind::Movement, 4_008)), ..all() },
            AssignmentFilter { order_id: Some(id(Kind::Order, 4_008)), ..all() },
            AssignmentFilter { invoice_id: Some(id(Kind::Invoice, 4_003)), ..all() },
            AssignmentFilter { origin: Some(AssignmentOrigin::Manual), ..all() },
            AssignmentFilter { origin: Some(AssignmentOrigin::Automatic), ..all() },
        ],
        |filter, page| assignments::page(conn, &filter, &page)
    );
    lists!(
        conn,
        "payments",
        [
            PaymentFilter::default(),
            PaymentFilter { order_id: Some(id(Kind::Order, 4_008)), ..PaymentFilter::default() },
            PaymentFilter { invoice_id: Some(id(Kind::Invoice, 4_003)), ..PaymentFilter::default() },
        ],
        |filter, page| payments::page(conn, &filter, &page)
    );
}

async fn around(conn: &Explaining) {
    use accounts::AccountFilter;
    use ledger::EntryFilter;
    use log::LogFilter;
    lists!(
        conn,
        "payment accounts",
        [AccountFilter::default(), AccountFilter { provider: Some(ProviderKind::Sandbox), hidden: Some(false) },],
        |filter, page| accounts::page(conn, &filter, &page)
    );
    lists!(conn, "reconciliation runs", [()], |_all, page| runs::page(conn, &page));
    lists!(conn, "assignment runs", [()], |_all, page| matching::page(conn, &page));
    let all = LogFilter::default;
    lists!(
        conn,
        "logbook",
        [
            all(),
            LogFilter { run_id: Some(id(Kind::Run, 4_008)), ..all() },
            LogFilter { account_id: Some(id(Kind::Run, 1)), ..all() },
            LogFilter { level: Some(LogLevel::Error), ..all() },
        ],
        |filter, page| log::page(conn, &filter, &page)
    );
    for state in JobState::ALL.iter().copied() {
        lists!(conn, "jobs", [Some(state)], |state, page| jobs::page(conn, state, &page));
    }
    lists!(conn, "jobs", [None], |state, page| jobs::page(conn, state, &page));
    let all = EntryFilter::default;
    let subject = format!("rfd_{}", heller::domain::id::encode(id(Kind::Refund, 4_007)));
    lists!(
        conn,
        "journal entries",
        [
            all(),
            EntryFilter { kind: Some(EntryKind::RefundSent), ..all() },
            EntryFilter { subject_id: Some(subject.clone()), ..all() },
            EntryFilter { date_from: Some("2026-02-01".parse().unwrap()), ..all() },
        ],
        |filter, page| ledger::entries(conn, &filter, &page, |names| &names.english)
    );
}

/// What is asked for every movement that is imported, in words that a transaction keeps to itself.
async fn lookups(conn: &Explaining) {
    conn.about("the refund whose key a payout carries");
    let key = refund_attempt::Column::ProviderKey.eq("0123456789abcdef0123456789abcdef");
    refund_attempt::Entity::find().filter(key).one(conn).await.unwrap();
}

/// An assignment run goes through what is not assigned in the order of the folder's index, and sorts nothing.
async fn batches(conn: &Explaining) {
    conn.about("batches of an assignment run");
    let first = matching::next_batch(conn, None, None).await.unwrap();
    let end = first.last().map(|movement| (movement.booking_date, movement.id)).unwrap();
    for after in [None, Some(end)] {
        let batch = matching::next_batch(conn, None, after).await.unwrap();
        assert_eq!(batch.len(), first.len());
        let plan = conn.last.lock().unwrap().join("\n");
        // PostgreSQL, by its statistics, may prefer the index by status, which has the same order.
        assert!(plan.contains("account_movement_not_assigned_idx") || !conn.is_sqlite(), "{plan}");
        assert!(after.is_none() || plan.contains("booking_date"), "it does not go on where it was: {plan}");
        assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE FOR ORDER BY"), "{plan}");
    }
}
