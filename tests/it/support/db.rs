//! A fresh, migrated database for every test: a file on SQLite, a database of its own on PostgreSQL.
//!
//! `HELLER_TEST_DB` chooses, `sqlite` when it says nothing. The schema is made once for each process and then copied.
//! A test database is never shared, and never kept.

use std::path::Path;

use heller::db::sqlite_url;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::postgres::ClonedDatabase;

/// The database of one test, gone when the test ends.
pub struct TestDb {
    url: String,
    // Dropped before the folder: a server that still holds connections must not outlive the test.
    _clone: Option<ClonedDatabase>,
    folder: TempDir,
}

impl TestDb {
    pub async fn fresh() -> Self {
        let folder = tempfile::tempdir().unwrap();
        match std::env::var("HELLER_TEST_DB").as_deref() {
            Ok("postgres") => {
                let clone = ClonedDatabase::create().await;
                Self { url: clone.url().to_owned(), _clone: Some(clone), folder }
            }
            Ok("sqlite") | Err(_) => {
                std::fs::write(folder.path().join("heller.sqlite"), sqlite_template().await).unwrap();
                Self { url: sqlite_url(folder.path()), _clone: None, folder }
            }
            Ok(other) => panic!("HELLER_TEST_DB is '{other}'; it may be 'sqlite' or 'postgres'"),
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// For everything the process under test keeps in files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A connection beside the one of the server.
    pub async fn connect(&self) -> DatabaseConnection {
        connect(&self.url).await
    }
}

pub async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

/// The bytes of a migrated, empty SQLite file.
async fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    let make = async || {
        let folder = tempfile::tempdir().unwrap();
        let connection = connect(&sqlite_url(folder.path())).await;
        Migrator::up(&connection, None).await.unwrap();
        connection.close().await.unwrap();
        std::fs::read(folder.path().join("heller.sqlite")).unwrap()
    };
    TEMPLATE.get_or_init(make).await
}
