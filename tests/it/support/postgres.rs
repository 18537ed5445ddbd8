//! Databases on the server named by `HELLER_TEST_POSTGRES_URL`: a migrated template, and a copy of it for each test.
//!
//! The template is named by a hash of the migration files, so that it is made once and then found again. It gets its
//! name when it is finished: a crash leaves nothing half done, and several test processes may start at once.

use std::fmt::Write;

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::db::connect;

const URL_VARIABLE: &str = "HELLER_TEST_POSTGRES_URL";
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migration/src");
/// Test processes that make the template at the same time wait for each other under this number.
const LOCK: u32 = 864_297_532;

/// A copy of the template, dropped with this value.
pub struct ClonedDatabase {
    server: String,
    name: String,
    url: String,
}

impl ClonedDatabase {
    pub async fn create() -> Self {
        let server = std::env::var(URL_VARIABLE).unwrap_or_else(|_| {
            panic!("{URL_VARIABLE} names no server; `cargo xtask test --postgres-only` starts one")
        });
        let template = template(&server).await;
        let name = format!("t_{}", Uuid::new_v4().simple());
        let admin = connect(&server).await;
        execute(&admin, &format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")).await;
        admin.close().await.unwrap();
        Self { url: with_database(&server, &name), server, name }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for ClonedDatabase {
    /// On a thread with a runtime of its own, because `drop` cannot wait. When it fails, the end of the throw-away
    /// cluster is the end of the database too.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let drop_database = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let admin = connect(&server).await;
                admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.ok();
                admin.close().await.ok();
            });
            Ok::<(), std::io::Error>(())
        };
        std::thread::spawn(drop_database).join().ok();
    }
}

/// The name of the migrated template, which exists when this returns.
async fn template(server: &str) -> &'static str {
    static NAME: OnceCell<String> = OnceCell::const_new();
    NAME.get_or_init(async || {
        let name = format!("heller_template_{}", hash_of_migrations());
        let admin = connect(server).await;
        execute(&admin, &format!("SELECT pg_advisory_lock({LOCK})")).await;
        if !exists(&admin, &name).await {
            make_template(&admin, server, &name).await;
        }
        // Closing the session gives the lock back.
        admin.close().await.unwrap();
        name
    })
    .await
}

async fn make_template(admin: &DatabaseConnection, server: &str, name: &str) {
    let unfinished = format!("{name}_unfinished");
    execute(admin, &format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await;
    let order = "ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'";
    execute(admin, &format!("CREATE DATABASE {unfinished} TEMPLATE template0 {order}")).await;
    let connection = connect(&with_database(server, &unfinished)).await;
    Migrator::up(&connection, None).await.unwrap();
    connection.close().await.unwrap();
    execute(admin, &format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await;
}

async fn exists(admin: &DatabaseConnection, name: &str) -> bool {
    let sql = "SELECT 1 FROM pg_database WHERE datname = $1";
    let statement = Statement::from_sql_and_values(admin.get_database_backend(), sql, [name.into()]);
    admin.query_one_raw(statement).await.unwrap().is_some()
}

async fn execute(connection: &DatabaseConnection, sql: &str) {
    connection.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Names and contents: a step that is still being written makes a new template.
fn hash_of_migrations() -> String {
    let mut files: Vec<_> = std::fs::read_dir(MIGRATIONS).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.file_name().unwrap().as_encoded_bytes());
        hash.update(std::fs::read(&file).unwrap());
    }
    hash.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The same server and parameters, another database.
fn with_database(server: &str, name: &str) -> String {
    let (address, parameters) = match server.split_once('?') {
        Some((address, parameters)) => (address, format!("?{parameters}")),
        None => (server, String::new()),
    };
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find('/').map_or(address.len(), |at| host + at);
    format!("{}/{name}{parameters}", &address[..end])
}

#[test]
fn only_the_name_of_the_database_is_replaced_in_an_address() {
    for (server, expected) in [
        ("postgres://u:p@h:5432/postgres", "postgres://u:p@h:5432/t"),
        ("postgres://u@h:5432", "postgres://u@h:5432/t"),
        ("postgres://u@h/postgres?sslmode=disable", "postgres://u@h/t?sslmode=disable"),
    ] {
        assert_eq!(with_database(server, "t"), expected);
    }
}
