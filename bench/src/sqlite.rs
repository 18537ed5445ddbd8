//! The raw work on SQLite: one writer that commits every command, or as many readers as heller has connections.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use uuid::Uuid;

use crate::Failure;
use crate::dialect::Dialect;
use crate::http::{Measured, Pool};
use crate::raw::{self, Merchant, Numbers, Work};

/// heller's default for `database_connections`.
const READERS: u32 = 8;

/// The database file, opened as heller opens it.
pub struct Sqlite {
    pool: SqlitePool,
}

impl Sqlite {
    pub async fn open(folder: &Path) -> Result<Self, Failure> {
        let options = SqliteConnectOptions::new()
            .filename(folder.join("heller.sqlite"))
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new().max_connections(READERS).connect_with(options).await;
        Ok(Self { pool: pool.map_err(Failure::at("opening the database"))? })
    }

    /// Runs statements in one transaction.
    pub async fn seed(&self, statements: Vec<String>) -> Result<(), Failure> {
        let mut transaction = self.pool.begin().await.map_err(Failure::at("seeding"))?;
        for statement in statements {
            let sql = sqlx::AssertSqlSafe(statement.clone());
            sqlx::query(sql).execute(&mut *transaction).await.map_err(Failure::at(&statement))?;
        }
        transaction.commit().await.map_err(Failure::at("seeding"))
    }

    /// Loads copies of an account's movements into another: INSERT … SELECT, in one transaction.
    pub async fn copy_movements(&self, from: Uuid, to: Uuid) -> Result<Duration, Failure> {
        let (from, to) = (from.simple(), to.simple());
        for statement in [
            format!("CREATE TABLE held AS SELECT * FROM account_movement WHERE account_id = x'{from}'"),
            // The first bytes of an id are its time, which keeps neighbours together; the last are chance.
            format!("UPDATE held SET id = CAST(substr(id, 1, 8) || randomblob(8) AS blob), account_id = x'{to}'"),
        ] {
            self.seed(vec![statement]).await?;
        }
        let begun = Instant::now();
        self.seed(vec!["INSERT INTO account_movement SELECT * FROM held".to_owned()]).await?;
        let took = begun.elapsed();
        self.seed(vec!["DROP TABLE held".to_owned()]).await?;
        Ok(took)
    }

    /// Runs a round of the raw work.
    pub async fn run(
        &self,
        (work, merchant): (Work, &Merchant),
        (pool, clients): (&Pool, u32),
        length: Duration,
    ) -> Result<Measured, Failure> {
        let numbers = Numbers { new: "?1", item: "?2" };
        // Leaked once per round: a statement is found in the connection's cache by its text, which must live as long.
        let statements: Vec<&'static str> = raw::statements(Dialect::Sqlite, work, merchant, numbers)
            .into_iter()
            .map(|statement| &*statement.leak())
            .collect();
        let begun = Instant::now();
        let mut measured = match work {
            Work::Assign | Work::Refund => self.write(&statements, pool, begun + length).await?,
            Work::List | Work::Find(_) => self.read(&statements, (pool, clients), begun + length).await,
        };
        measured.seconds = begun.elapsed().as_secs_f64();
        Ok(measured)
    }

    async fn write(&self, statements: &[&'static str], pool: &Pool, end: Instant) -> Result<Measured, Failure> {
        let mut connection = self.pool.acquire().await.map_err(Failure::at("connecting"))?;
        let mut measured = Measured::default();
        while Instant::now() < end {
            let number = pool.next.fetch_add(1, Ordering::Relaxed);
            let (new, item) = (number, pool.first + number % pool.count);
            let begun = Instant::now();
            let outcome = transaction(&mut connection, statements, (signed(new), signed(item))).await;
            measured.add(begun, outcome.map_err(|error| error.to_string()));
        }
        Ok(measured)
    }

    async fn read(&self, statements: &[&'static str], (pool, clients): (&Pool, u32), end: Instant) -> Measured {
        let reader = |database: SqlitePool, statements: Vec<&'static str>, pool: Arc<Pool>| async move {
            let mut measured = Measured::default();
            while Instant::now() < end {
                let begun = Instant::now();
                let item = signed(pool.item());
                let mut outcome = Ok(());
                for statement in &statements {
                    let rows = sqlx::query(*statement).bind(item).bind(item).fetch_all(&database).await;
                    outcome = outcome.and(rows.map(drop).map_err(|error| error.to_string()));
                }
                measured.add(begun, outcome);
            }
            measured
        };
        let pool = Arc::new(pool.again());
        let tasks =
            (0..clients).map(|_| tokio::spawn(reader(self.pool.clone(), statements.to_vec(), Arc::clone(&pool))));

        let mut sum = Measured::default();
        for task in tasks.collect::<Vec<_>>() {
            if let Ok(measured) = task.await {
                sum.merge(measured);
            }
        }
        sum
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

async fn transaction(
    connection: &mut SqliteConnection,
    statements: &[&'static str],
    (new, item): (i64, i64),
) -> Result<(), sqlx::Error> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    for statement in statements {
        let query = sqlx::query(*statement).bind(new).bind(item);
        if let Err(error) = query.fetch_all(&mut *connection).await {
            sqlx::query("ROLLBACK").execute(&mut *connection).await?;
            return Err(error);
        }
    }
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    Ok(())
}
