//! The schema: every step runs up, down and up again and ends where it began, on both databases.

use std::collections::BTreeMap;
use std::time::Duration;

use heller::db::{Db, Durability};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use crate::support::db::TestDb;

/// Every table, column, constraint, index, trigger and function by name, with its definition.
type Schema = BTreeMap<String, String>;

const SQLITE: &str = "SELECT type || ' ' || name AS name, coalesce(sql, '') AS definition FROM sqlite_master \
    WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

const POSTGRES: &str = "
    SELECT 'column ' || table_name || '.' || column_name AS name, concat_ws(' ', ordinal_position, data_type, \
        character_maximum_length, is_nullable, column_default, is_identity, generation_expression) AS definition \
        FROM information_schema.columns WHERE table_schema = 'public' \
    UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) \
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
    UNION ALL SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' \
    UNION ALL SELECT 'trigger ' || tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) \
        FROM pg_trigger WHERE NOT tgisinternal \
    UNION ALL SELECT 'function ' || proname, pg_get_functiondef(oid) \
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace";

async fn schema(connection: &DatabaseConnection) -> Schema {
    let sql = if connection.get_database_backend() == DbBackend::Sqlite { SQLITE } else { POSTGRES };
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    let read = |row: sea_orm::QueryResult| (row.try_get("", "name").unwrap(), row.try_get("", "definition").unwrap());
    rows.into_iter().map(read).collect()
}

/// The names that are only here or there, or mean something else.
fn difference(one: &Schema, other: &Schema) -> Vec<String> {
    let names = one.keys().chain(other.keys()).filter(|name| one.get(*name) != other.get(*name));
    names.map(|name| format!("{name}: {:?} / {:?}", one.get(name), other.get(name))).collect()
}

#[tokio::test]
async fn after_up_down_and_up_the_schema_is_what_it_was() {
    let db = TestDb::fresh().await;
    let connection = db.connect().await;
    let before = schema(&connection).await;
    assert!(before.len() > Migrator::migrations().len());
    Migrator::down(&connection, None).await.unwrap();
    let left: Vec<String> = schema(&connection).await.into_keys().collect();
    assert!(left.iter().all(|name| name.contains("seaql_migrations")), "left behind: {left:?}");
    Migrator::up(&connection, None).await.unwrap();
    assert_eq!(difference(&before, &schema(&connection).await), Vec::<String>::new());
}

#[tokio::test]
async fn every_single_step_can_be_taken_back_and_again() {
    let db = TestDb::fresh().await;
    let connection = db.connect().await;
    let mut schemas = vec![schema(&connection).await];
    for _ in Migrator::migrations() {
        Migrator::down(&connection, Some(1)).await.unwrap();
        schemas.push(schema(&connection).await);
    }
    schemas.pop();
    for expected in schemas.iter().rev() {
        Migrator::up(&connection, Some(1)).await.unwrap();
        assert_eq!(difference(expected, &schema(&connection).await), Vec::<String>::new());
    }
}

#[tokio::test]
async fn several_servers_may_bring_an_empty_database_up_to_date_at_once() {
    let db = TestDb::fresh().await;
    let connection = db.connect().await;
    let before = schema(&connection).await;
    Migrator::down(&connection, None).await.unwrap();
    connection.execute_unprepared("DROP TABLE seaql_migrations").await.unwrap();
    let start = async || {
        let db = Db::connect(db.url(), 2, Durability::Normal).await.unwrap();
        db.migrate().await.unwrap();
        assert_eq!(db.pending_migrations().await.unwrap(), Vec::<String>::new());
        db.close().await.unwrap();
    };
    // On SQLite the lock on the data folder lets only one process come this far.
    if connection.get_database_backend() == DbBackend::Sqlite {
        start().await;
    } else {
        tokio::join!(start(), start(), start());
    }
    assert_eq!(difference(&before, &schema(&connection).await), Vec::<String>::new());
}

/// The one test that waits by the real clock: how long PostgreSQL lets a session wait is nothing that could be moved.
#[tokio::test]
async fn a_second_start_waits_for_a_migration_that_takes_longer_than_a_request_may() {
    let db = TestDb::fresh().await;
    let connection = db.connect().await;
    if connection.get_database_backend() == DbBackend::Sqlite {
        return;
    }
    connection.execute_unprepared("SELECT pg_advisory_lock(864297531)").await.unwrap();
    let second = Db::connect(db.url(), 2, Durability::Normal).await.unwrap();
    let first_ends = async {
        tokio::time::sleep(Duration::from_millis(5_500)).await;
        connection.execute_unprepared("SELECT pg_advisory_unlock(864297531)").await.unwrap();
    };
    let (migrated, ()) = tokio::join!(second.migrate(), first_ends);
    migrated.unwrap();
    second.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_named() {
    let db = TestDb::fresh().await;
    let connection = db.connect().await;
    let step = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_future', 0)";
    connection.execute_unprepared(step).await.unwrap();
    let refused = Db::connect(db.url(), 2, Durability::Normal).await.unwrap().migrate().await.unwrap_err();
    assert!(refused.to_string().contains("m20991231_000001_future"), "{refused}");
}
