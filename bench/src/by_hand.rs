//! The list by hand: an actix server that knows nothing but its SELECTs and answers heller's JSON. No token, no roles, no
//! licence, no filters to read: what is left when everything else is taken away.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use actix_web::{App, HttpResponse, HttpServer, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, PgPool, Row, SqlitePool};
use uuid::Uuid;

use crate::Failure;
use crate::dialect::Dialect;
use crate::find::Find;
use crate::install::text_id;
use crate::raw::Merchant;

/// As heller's own default.
const CONNECTIONS: u32 = 10;
const COLUMNS: &str = "id, account_id, booking_date, value_date, amount_minor, free_minor, currency, booking_type, status, \
    status_text, counterparty_name, counterparty_iban, counterparty_bic, purpose, reference, end_to_end_id, mandate_id, \
    transaction_id, related_transaction_id, parent_movement_id, internal_comment, hidden, import_channel, returnable, \
    possible_duplicate, version, created_at";

#[derive(Clone)]
enum Database {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

/// Where it listens. It ends with the process.
pub struct ByHand {
    pub base: String,
}

/// The SELECT of a question about the list, with the number as a parameter; none for what is no list.
fn select(find: Find, dialect: Dialect, merchant: &Merchant) -> Option<String> {
    let number = match dialect {
        Dialect::Sqlite => "?1",
        Dialect::Postgres => "CAST($1 AS text)",
    };
    let statement = find.statements(dialect, merchant, number).into_iter().next()?;
    let rest = statement.strip_prefix("SELECT * FROM account_movement ")?;
    Some(format!("SELECT {COLUMNS} FROM account_movement {rest}"))
}

impl ByHand {
    /// Starts on a thread of its own.
    pub async fn start(dialect: Dialect, url: &str, merchant: &Merchant) -> Result<Self, Failure> {
        let connecting = "connecting the server by hand";
        let database = match dialect {
            Dialect::Postgres => Database::Postgres(
                PgPoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .test_before_acquire(false)
                    .connect(url)
                    .await
                    .map_err(Failure::at(connecting))?,
            ),
            Dialect::Sqlite => Database::Sqlite(
                SqlitePoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .test_before_acquire(false)
                    .connect(url)
                    .await
                    .map_err(Failure::at(connecting))?,
            ),
        };
        let statements: HashMap<usize, &'static str> = Find::ALL
            .into_iter()
            .enumerate()
            .filter_map(|(number, find)| {
                let statement: &'static str = select(find, dialect, merchant)?.leak();
                Some((number, statement))
            })
            .collect();
        let listener = TcpListener::bind("127.0.0.1:0").map_err(Failure::at("listening"))?;
        let base = format!("http://{}", listener.local_addr().map_err(Failure::at("listening"))?);
        let (told, started) = mpsc::channel();
        let state = web::Data::new((database, statements));
        thread::spawn(move || {
            let serving = actix_web::rt::System::new().block_on(async move {
                let app = move || App::new().app_data(state.clone()).route("/{find}/{item}", web::get().to(list));
                let server = HttpServer::new(app).workers(2).disable_signals().listen(listener)?.run();
                let _told = told.send(());
                server.await
            });
            if let Err(error) = serving {
                eprintln!("bench: the server by hand: {error}");
            }
        });
        started.recv().map_err(Failure::at("starting the server by hand"))?;
        Ok(Self { base })
    }
}

/// The request; none for what is no list.
pub fn path(find: Find, item: u64) -> Option<String> {
    if matches!(find, Find::Number | Find::Folders | Find::MonthSummary) {
        return None;
    }
    let number = Find::ALL.iter().position(|one| *one == find)?;
    Some(format!("/{number}/{item}"))
}

#[derive(Serialize)]
struct Account {
    id: String,
    name: String,
}

#[derive(Serialize)]
struct Amount {
    amount: String,
    currency: String,
}

#[derive(Serialize)]
struct Counterparty {
    role: &'static str,
    name: Option<String>,
    iban: Option<String>,
    bic: Option<String>,
}

#[derive(Serialize)]
struct Movement {
    id: String,
    account: Account,
    booking_date: NaiveDate,
    value_date: Option<NaiveDate>,
    amount: Amount,
    unassigned_amount: Amount,
    direction: &'static str,
    booking_type: String,
    status: String,
    status_text: Option<String>,
    assignment_state: &'static str,
    colour: &'static str,
    counterparty: Counterparty,
    purpose: Option<String>,
    reference: Option<String>,
    end_to_end_id: Option<String>,
    mandate_id: Option<String>,
    transaction_id: String,
    related_transaction_id: Option<String>,
    parent_movement_id: Option<String>,
    internal_comment: Option<String>,
    hidden: bool,
    import_channel: String,
    possible_duplicate: bool,
    returnable: bool,
    hint: &'static str,
    version: i64,
    created_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct List {
    items: Vec<Movement>,
    next_cursor: Option<String>,
    has_more: bool,
}

fn money(minor: i64, currency: &str) -> Amount {
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, cents) = (minor.unsigned_abs() / 100, minor.unsigned_abs() % 100);
    Amount { amount: format!("{sign}{whole}.{cents:02}"), currency: currency.to_owned() }
}

fn colour(status: &str, kind: &str, (free, amount): (i64, i64)) -> (&'static str, &'static str) {
    match (status, kind) {
        (other, _) if other != "completed" => ("none", "none"),
        (_, "fee") => ("none", "none"),
        _ if free == 0 => ("fully_assigned", "green"),
        _ if free.unsigned_abs() == amount.unsigned_abs() => ("unassigned", "red"),
        _ => ("partially_assigned", "yellow"),
    }
}

macro_rules! movement {
    ($row:expr, $names:expr) => {{
        let row = $row;
        let account: Uuid = row.try_get(1)?;
        let (amount, free, currency): (i64, i64, String) = (row.try_get(4)?, row.try_get(5)?, row.try_get(6)?);
        let (booking_type, status): (String, String) = (row.try_get(7)?, row.try_get(8)?);
        let (assignment_state, colour) = colour(&status, &booking_type, (free, amount));
        let failed = status == "failed" || status == "aborted";
        let parent: Option<Uuid> = row.try_get(19)?;
        let name: Option<&String> = $names.get(&account);
        Movement {
            id: text_id("mov", row.try_get::<Uuid, _>(0)?.as_u128()),
            account: Account { id: text_id("acc", account.as_u128()), name: name.cloned().unwrap_or_default() },
            booking_date: row.try_get(2)?,
            value_date: row.try_get(3)?,
            amount: money(amount, &currency),
            unassigned_amount: money(free, &currency),
            direction: if amount < 0 { "out" } else { "in" },
            booking_type,
            status,
            status_text: row.try_get(9)?,
            assignment_state,
            colour,
            counterparty: Counterparty {
                role: if amount < 0 { "recipient" } else { "sender" },
                name: row.try_get(10)?,
                iban: row.try_get(11)?,
                bic: row.try_get(12)?,
            },
            purpose: row.try_get(13)?,
            reference: row.try_get(14)?,
            end_to_end_id: row.try_get(15)?,
            mandate_id: row.try_get(16)?,
            transaction_id: row.try_get(17)?,
            related_transaction_id: row.try_get(18)?,
            parent_movement_id: parent.map(|id| text_id("mov", id.as_u128())),
            internal_comment: row.try_get(20)?,
            hidden: row.try_get(21)?,
            import_channel: row.try_get(22)?,
            returnable: row.try_get(23)?,
            possible_duplicate: row.try_get(24)?,
            hint: if failed { "contact_customer" } else { "none" },
            version: row.try_get(25)?,
            created_at: row.try_get(26)?,
        }
    }};
}

/// Reads one page: its rows, and the accounts they are of.
macro_rules! page {
    ($pool:expr, ($statement:expr, $numbered:expr), $item:expr, $accounts:expr) => {{
        let query = sqlx::query(AssertSqlSafe($statement));
        let query = if $numbered { query.bind($item) } else { query };
        let rows = query.fetch_all($pool).await?;
        let names = sqlx::query($accounts).fetch_all($pool).await?;
        let name = |row: &_| Ok::<_, sqlx::Error>((Row::try_get(row, 0)?, Row::try_get(row, 1)?));
        let names: HashMap<Uuid, String> = names.iter().map(name).collect::<Result<_, _>>()?;
        rows.iter().map(|row| Ok(movement!(row, names))).collect::<Result<Vec<_>, sqlx::Error>>()?
    }};
}

async fn read(database: &Database, statement: &'static str, item: String) -> Result<Vec<Movement>, sqlx::Error> {
    const ACCOUNTS: &str = "SELECT id, name FROM payment_account";
    let numbered = statement.contains("?1") || statement.contains("$1");
    Ok(match database {
        Database::Postgres(pool) => page!(pool, (statement, numbered), item, ACCOUNTS),
        Database::Sqlite(pool) => page!(pool, (statement, numbered), item, ACCOUNTS),
    })
}

async fn list(
    state: web::Data<(Database, HashMap<usize, &'static str>)>,
    path: web::Path<(usize, String)>,
) -> HttpResponse {
    let (find, item) = path.into_inner();
    let (database, statements) = &**state;
    let Some(statement) = statements.get(&find) else { return HttpResponse::NotFound().finish() };
    match read(database, statement, item).await {
        Ok(mut items) => {
            let has_more = items.len() > 50;
            items.truncate(50);
            let next_cursor =
                items.last().filter(|_| has_more).map(|last| format!("{}|{}", last.booking_date, last.id));
            HttpResponse::Ok().json(List { items, next_cursor, has_more })
        }
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}
