//! The raw work on PostgreSQL: pgbench with a script of its own, prepared statements, as many clients as heller has.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use sqlx::postgres::{PgPool, PgPoolOptions};
use uuid::Uuid;

use crate::Failure;
use crate::dialect::Dialect;
use crate::http::{Measured, Pool};
use crate::raw::{self, Merchant, Numbers, Work};

pub const URL_VARIABLE: &str = "HELLER_TEST_POSTGRES_URL";
/// More numbers than a round can use: the next round begins behind them.
const NUMBERS_PER_ROUND: u64 = 10_000_000;

pub fn server_url() -> Option<String> {
    env::var(URL_VARIABLE).ok().filter(|url| !url.is_empty())
}

/// A database of our own on the server, dropped when the run ends well; a throw-away cluster drops it anyway.
pub struct Postgres {
    admin: PgPool,
    pool: PgPool,
    name: String,
    url: String,
    /// The server's first process, when it runs on this machine.
    pub postmaster: Option<u32>,
}

impl Postgres {
    pub async fn create() -> Result<Self, Failure> {
        let server = server_url().ok_or_else(|| Failure::new(format!("{URL_VARIABLE} names no server")))?;
        let connect = |url: String| async move {
            let pool = PgPoolOptions::new().max_connections(2).connect(&url).await;
            pool.map_err(Failure::at("connecting to PostgreSQL"))
        };
        let admin = connect(server.clone()).await?;
        let name = format!("heller_bench_{}", std::process::id());
        run(
            &admin,
            format!(
                "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
            ),
        )
        .await?;
        let url = with_database(&server, &name);
        let pool = connect(url.clone()).await?;
        let data: Result<String, sqlx::Error> = sqlx::query_scalar("SHOW data_directory").fetch_one(&admin).await;
        let postmaster = data.ok().and_then(|folder| first_process(Path::new(&folder)));
        Ok(Self { admin, pool, name, url, postmaster })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn seed(&self, statements: Vec<String>) -> Result<(), Failure> {
        // A trigram index takes many times longer to fill row by row than at once.
        let gin =
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '% USING gin %'";
        let indexes: Result<Vec<(String, String)>, sqlx::Error> = sqlx::query_as(gin).fetch_all(&self.pool).await;
        let indexes = indexes.map_err(Failure::at("looking for indexes"))?;
        for (name, _) in &indexes {
            run(&self.pool, format!("DROP INDEX {name}")).await?;
        }
        for statement in statements {
            run(&self.pool, statement).await?;
        }
        for (_, definition) in indexes {
            run(&self.pool, definition).await?;
        }
        // What autovacuum would have done by the time anybody measures.
        run(&self.pool, "VACUUM ANALYZE".to_owned()).await
    }

    /// Loads copies of an account's movements into another: COPY, in one transaction.
    pub async fn copy_movements(&self, from: Uuid, to: Uuid) -> Result<Duration, Failure> {
        let mut connection = self.pool.acquire().await.map_err(Failure::at("connecting"))?;
        // The first digits of an id are its time, which keeps neighbours together; the last are chance.
        for statement in [
            format!("CREATE TABLE held AS SELECT * FROM account_movement WHERE account_id = '{from}'"),
            format!(
                "UPDATE held SET account_id = '{to}', \
                 id = (left(id::text, 19) || right(gen_random_uuid()::text, 17))::uuid"
            ),
        ] {
            run(&self.pool, statement).await?;
        }
        let mut held = Vec::new();
        {
            let rows = connection.copy_out_raw("COPY held TO STDOUT").await;
            let mut rows = rows.map_err(Failure::at("copying out"))?;
            while let Some(part) = rows.next().await {
                held.extend_from_slice(&part.map_err(Failure::at("copying out"))?);
            }
        }
        run(&self.pool, "DROP TABLE held".to_owned()).await?;
        run(&self.pool, "VACUUM ANALYZE account_movement".to_owned()).await?;
        let begun = Instant::now();
        let copy = connection.copy_in_raw("COPY account_movement FROM STDIN").await;
        let mut copy = copy.map_err(Failure::at("copying in"))?;
        copy.send(held).await.map_err(Failure::at("copying in"))?;
        copy.finish().await.map_err(Failure::at("copying in"))?;
        Ok(begun.elapsed())
    }

    pub async fn drop(self) -> Result<(), Failure> {
        self.pool.close().await;
        run(&self.admin, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await
    }

    /// Runs a round of the raw work.
    pub fn run(
        &self,
        (work, merchant): (Work, &Merchant),
        (pool, clients): (&Pool, u32),
        (length, folder): (Duration, &Path),
    ) -> Result<Measured, Failure> {
        let script = folder.join("raw.sql");
        fs::write(&script, script_of(work, merchant)).map_err(Failure::at("writing a script"))?;
        let base = pool.next.fetch_add(NUMBERS_PER_ROUND, Ordering::Relaxed);
        let log = folder.join("pgbench");
        let mut command = Command::new("pgbench");
        command.args(["-n", "-M", "prepared", "-j", "2", "-c", &clients.to_string()]);
        command.args(["-T", &length.as_secs().to_string(), "-l", "--log-prefix"]).arg(&log).arg("-f").arg(&script);
        for (name, value) in
            [("n", 0), ("clients", clients.into()), ("base", base), ("first", pool.first), ("count", pool.count)]
        {
            command.args(["-D", &format!("{name}={value}")]);
        }
        let output = command.arg(&self.url).output().map_err(Failure::at("starting pgbench"))?;
        let (told, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let latencies_us = latencies(folder)?;
        let rate = number_after(&told, "tps = ").filter(|_| output.status.success());
        let rate = rate.ok_or_else(|| Failure::new(format!("pgbench: {}\n{told}{said}", output.status)))?;
        let done = u32::try_from(latencies_us.len()).map_err(Failure::at("counting"))?;
        Ok(Measured { done, failed: 0, complaint: None, seconds: f64::from(done) / rate, latencies_us })
    }
}

async fn run(pool: &PgPool, statement: String) -> Result<(), Failure> {
    let sql = sqlx::AssertSqlSafe(statement.clone());
    sqlx::raw_sql(sql).execute(pool).await.map(drop).map_err(Failure::at(&statement))
}

/// Each client counts for itself; together they use every number once.
fn script_of(work: Work, merchant: &Merchant) -> String {
    let numbers = Numbers { new: "CAST(:i AS bigint)", item: "CAST(:m AS bigint)" };
    let statements = raw::statements(Dialect::Postgres, work, merchant, numbers);
    let body = statements.join(";\n");
    let counting = "\\set n :n + 1\n\\set i :base + :n * :clients + :client_id\n\\set m :first + :i % :count\n";
    match work {
        Work::Assign | Work::Refund => format!("{counting}BEGIN;\n{body};\nCOMMIT;\n"),
        Work::List | Work::Find(_) => format!("{counting}{body};\n"),
    }
}

/// Reads and removes the logs of the threads: the third word of a line is how long a transaction took.
fn latencies(folder: &Path) -> Result<Vec<u32>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::at("reading pgbench's log"))?.flatten() {
        if !entry.file_name().to_string_lossy().starts_with("pgbench.") {
            continue;
        }
        let text = fs::read_to_string(entry.path()).map_err(Failure::at("reading pgbench's log"))?;
        found.extend(text.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u32>().ok()));
        fs::remove_file(entry.path()).map_err(Failure::at("removing pgbench's log"))?;
    }
    Ok(found)
}

fn number_after(text: &str, words: &str) -> Option<f64> {
    text.split_once(words)?.1.split_whitespace().next()?.parse().ok()
}

fn first_process(data: &Path) -> Option<u32> {
    let file: PathBuf = data.join("postmaster.pid");
    fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()
}

/// The same server and parameters, another database.
fn with_database(server: &str, name: &str) -> String {
    let (address, parameters) = server.split_once('?').map_or((server, None), |(head, tail)| (head, Some(tail)));
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address.get(host..).and_then(|rest| rest.find('/')).map_or(address.len(), |at| host + at);
    let head = address.get(..end).unwrap_or(address);
    parameters.map_or_else(|| format!("{head}/{name}"), |parameters| format!("{head}/{name}?{parameters}"))
}

#[test]
fn only_the_database_of_an_address_changes() {
    assert_eq!(with_database("postgres://u@h:1/postgres", "b"), "postgres://u@h:1/b");
    assert_eq!(with_database("postgres://u@h?sslmode=disable", "b"), "postgres://u@h/b?sslmode=disable");
}
