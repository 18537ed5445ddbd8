//! A run on one database: install, seed, then pairs of rounds, heller's and the raw work's by turns, and the report.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use crate::by_hand::ByHand;
use crate::cpu;
use crate::dialect::Dialect;
use crate::http::{Load, Measured, Pool};
use crate::import;
use crate::imports;
use crate::install::{self, Heller};
use crate::postgres::Postgres;
use crate::raw::{Merchant, Work};
use crate::report::{self, Round, WorkReport};
use crate::seed;
use crate::sqlite::Sqlite;
use crate::{Failure, Options, Suite};

/// Before what counts: caches, prepared statements, connections.
const WARM_UP: Duration = Duration::from_secs(1);

pub enum Database {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Everything a round needs.
struct Scene<'a> {
    options: &'a Options,
    heller: &'a Heller,
    database: &'a Database,
    merchant: Merchant,
    token: String,
    folder: &'a Path,
    by_hand: Option<ByHand>,
}

/// Measures on one database and prints the report.
pub async fn on(options: &Options, dialect: Dialect) -> Result<(), Failure> {
    let folder = install::folder(match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgres",
    })?;
    let begun = Instant::now();
    let (mut heller, database) = match dialect {
        Dialect::Sqlite => {
            let url = format!("sqlite://{}?mode=rwc", folder.join("heller.sqlite").display());
            let heller = Heller::install(folder.clone(), url).await?;
            (heller, Database::Sqlite(Sqlite::open(&folder).await?))
        }
        Dialect::Postgres => {
            let postgres = Postgres::create().await?;
            (Heller::install(folder.clone(), postgres.url().to_owned()).await?, Database::Postgres(postgres))
        }
    };
    let (merchant, token) = heller.set_up().await?;
    if options.suite == Suite::Imports {
        report::headline(dialect, options, begun.elapsed());
        imports::measure(options, (&mut heller, &database), &folder).await?;
        return end(heller, database).await;
    }
    let mut statements = seed::statements(dialect, options.size());
    if options.suite == Suite::Lists {
        // Lists read nothing else; without their assignments the books do not prove.
        statements.retain(|statement| statement.contains("INSERT INTO account_movement "));
    }
    match &database {
        Database::Sqlite(sqlite) => sqlite.seed(statements).await?,
        Database::Postgres(postgres) => postgres.seed(statements).await?,
    }
    report::headline(dialect, options, begun.elapsed());
    let by_hand = match options.suite {
        Suite::Lists => Some(ByHand::start(dialect, heller.database_url(), &merchant).await?),
        Suite::All | Suite::Imports => None,
    };
    let scene = Scene { options, heller: &heller, database: &database, merchant, token, folder: &folder, by_hand };
    let mut reports = Vec::new();
    for work in options.suite.works() {
        reports.push(scene.measure(work).await?);
    }
    report::table(&reports);
    if options.suite == Suite::Lists {
        return end(heller, database).await;
    }
    let loaded_kib = heller.pid().and_then(|pid| cpu::memory_kib(pid, "VmHWM"));
    let idle = heller.idle().await?;
    report::process(&idle, loaded_kib);
    if let Database::Sqlite(_) = &database {
        for imported in import::measure(&mut heller, &folder).await? {
            report::import(&imported);
        }
    }
    println!("{}", report::proven(&heller.run(&["verify"], "")?));
    end(heller, database).await
}

async fn end(heller: Heller, database: Database) -> Result<(), Failure> {
    drop(heller);
    match database {
        Database::Postgres(postgres) => postgres.drop().await,
        Database::Sqlite(_) => Ok(()),
    }
}

impl Scene<'_> {
    /// Pairs of rounds of one work.
    async fn measure(&self, work: Work) -> Result<WorkReport, Failure> {
        let load = Load::new(self.heller, (&self.merchant, &self.token), work)?;
        let [ours, theirs] = self.pools(work);
        let by_hand = self.by_hand.as_ref().and_then(|server| load.by_hand(server));
        if let Some(by_hand) = &by_hand {
            // A number of three digits, as the shortest text that an index of pieces finds.
            let item = self.options.movements() / 2;
            same_json(work, &load.once(item).await?, &by_hand.once(item).await?)?;
            by_hand.run(&theirs, self.options.clients, WARM_UP).await;
        }
        self.heller_round(&load, &ours, WARM_UP).await;
        self.raw_round(work, &theirs, WARM_UP).await?;
        let length = Duration::from_secs(self.options.seconds);
        let (mut pairs, mut hand) = (Vec::new(), Vec::new());
        for _ in 0..self.options.pairs {
            let heller = self.heller_round(&load, &ours, length).await;
            if let Some(by_hand) = &by_hand {
                let before = self.cpu();
                let measured = by_hand.run(&theirs, self.options.clients, length).await;
                hand.push(Round::new(measured, before, self.cpu()));
            }
            pairs.push((heller, self.raw_round(work, &theirs, length).await?));
        }
        Ok(WorkReport { work, pairs, by_hand: hand })
    }

    /// Four parts of the untouched movements: each side of each writing work has its own.
    fn pools(&self, work: Work) -> [Arc<Pool>; 2] {
        let count = self.options.size().free / 4;
        // New rows of different works must not meet either.
        let (part, start) = match work {
            Work::Assign | Work::List | Work::Find(_) => (0, 0),
            Work::Refund => (2, 100_000_000_000),
        };
        [part, part + 1].map(|part| Arc::new(Pool { first: 1 + part * count, count, next: AtomicU64::new(start) }))
    }

    async fn heller_round(&self, load: &Load, pool: &Arc<Pool>, length: Duration) -> Round {
        let before = self.cpu();
        let measured = load.run(pool, self.options.clients, length).await;
        let after = self.cpu();
        Round::new(measured, before, after)
    }

    async fn raw_round(&self, work: Work, pool: &Pool, length: Duration) -> Result<Round, Failure> {
        let before = self.cpu();
        let (what, whom) = ((work, &self.merchant), (pool, self.options.clients));
        let measured: Measured = match self.database {
            Database::Sqlite(sqlite) => sqlite.run(what, whom, length).await?,
            Database::Postgres(postgres) => postgres.run(what, whom, (length, self.folder))?,
        };
        Ok(Round::new(measured, before, self.cpu()))
    }

    fn cpu(&self) -> report::Cpu {
        let ours = cpu::of_ourselves();
        let postmaster = match self.database {
            Database::Sqlite(_) => None,
            Database::Postgres(postgres) => postgres.postmaster,
        };
        report::Cpu {
            server: self.heller.pid().and_then(cpu::of_process),
            database: postmaster.and_then(cpu::of_family),
            client: ours.map(|(own, children)| own + children),
        }
    }
}

/// Who is compared has to do the same work.
fn same_json(work: Work, heller: &serde_json::Value, by_hand: &serde_json::Value) -> Result<(), Failure> {
    let parts = |answer: &serde_json::Value| (answer["items"].clone(), answer["has_more"].clone());
    if parts(heller) == parts(by_hand) {
        return Ok(());
    }
    let first = |answer: &serde_json::Value| answer["items"][0].to_string();
    Err(Failure::new(format!(
        "{}: by hand it is\n{}\nand heller says\n{}",
        work.title(),
        first(by_hand),
        first(heller)
    )))
}
