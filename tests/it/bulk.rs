//! Many rows go into the database another way than one; what is there must be the same.

use heller::clock::Clock;
use heller::db::{self, Db, Durability};
use heller::domain::id::{LogRowId, UserId};
use heller::domain::run::LogLevel;
use heller::entities::log_row;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryOrder, Statement};

use crate::support::app::beginning;
use crate::support::db::TestDb;

/// Texts that a format made of texts could trip over.
const TEXTS: [&str; 10] = [
    "",
    "NULL",
    "null",
    "a,b",
    "{\"x\":[1]}",
    "back\\slash \"quoted\" 'single'",
    "line\nbreak\ttab",
    "Größe €",
    "'; --",
    "\u{1f600}",
];

fn row(clock: &Clock, number: usize) -> log_row::Model {
    let id = clock.ids().make(clock.now());
    let odd = number % 2 == 1;
    log_row::Model {
        id: LogRowId(id),
        run_id: None,
        account_id: None,
        level: LogLevel::Warning,
        code: format!("c{number}"),
        message_de: TEXTS[number % TEXTS.len()].to_owned(),
        message_en: TEXTS[(number + 1) % TEXTS.len()].to_owned(),
        line: odd.then_some(i64::MAX - 1),
        field: odd.then(|| TEXTS[number % TEXTS.len()].to_owned()),
        file: None,
        actor_id: odd.then_some(UserId(id)),
        created_at: clock.now() + chrono::Duration::microseconds(i64::from(odd)),
    }
}

#[tokio::test]
async fn many_rows_are_stored_as_one_is() {
    let (test_db, clock) = (TestDb::fresh().await, Clock::manual(beginning()));
    let db = Db::connect(test_db.url(), 2, Durability::Normal).await.unwrap();
    let rows: Vec<log_row::Model> = (0..200).map(|number| row(&clock, number)).collect();
    let again: Vec<log_row::Model> =
        rows.iter().map(|row| log_row::Model { id: LogRowId(clock.ids().make(clock.now())), ..row.clone() }).collect();
    let insert = async |txn: &sea_orm::DatabaseTransaction| {
        db::insert_all(txn, rows.clone()).await?;
        for row in again.clone() {
            db::insert(txn, row).await?;
        }
        Ok(())
    };
    db.write(insert).await.unwrap();
    let stored = log_row::Entity::find().order_by_asc(log_row::Column::Id).all(db.reader()).await.unwrap();
    assert_eq!(stored, rows.iter().chain(&again).cloned().collect::<Vec<_>>());
    if db.reader().get_database_backend() == DbBackend::Sqlite {
        // SQLite keeps what it is given, so the same value could lie there in two forms.
        let forms = "SELECT COUNT(*) AS number FROM (SELECT DISTINCT code, typeof(id) || length(id), quote(message_de), \
            quote(message_en), quote(line), quote(field), quote(file), quote(actor_id), quote(created_at) FROM log_row)";
        let found = db.reader().query_one_raw(Statement::from_string(DbBackend::Sqlite, forms)).await.unwrap().unwrap();
        assert_eq!(found.try_get::<i64>("", "number").unwrap(), 200);
    }
}
