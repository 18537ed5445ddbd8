//! How fast statement files become movements that lists and searches find, beside the database loading the same rows.
//!
//! Each format has an account of its own and a file of the same transfers; heller takes the file over HTTP and is through
//! when its run has ended. The raw work loads copies of those movements for another account in one transaction, COPY on
//! PostgreSQL and INSERT … SELECT on SQLite, into the same table with the same indexes, triggers and foreign keys. It
//! parses nothing, decides nothing and books nothing.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cpu;
use crate::import::{self, Imported};
use crate::install::{Heller, id_of};
use crate::report;
use crate::rounds::Database;
use crate::statements::{self, Format};
use crate::{Failure, Options};

/// Accounts of three banks that do not exist, one for each format.
const IBANS: [&str; 3] = ["DE89370400440532013000", "DE02120300000000202051", "DE02500105170137075030"];

/// One format: heller's import, and the raw load of the same rows.
pub struct Loaded {
    pub format: Format,
    pub lines: u64,
    pub import: Imported,
    /// Of the server before the file came.
    pub idle_kib: Option<u64>,
    pub raw: Duration,
}

pub async fn measure(
    options: &Options,
    (heller, database): (&mut Heller, &Database),
    folder: &Path,
) -> Result<(), Failure> {
    let mut imported = Vec::new();
    for (format, iban) in Format::ALL.into_iter().zip(IBANS) {
        let account = account(heller, format.title(), Some(iban)).await?;
        let file = statements::write(folder, format, (iban, options.movements()))?;
        heller.restart().await?;
        let idle_kib = heller.pid().and_then(|pid| cpu::memory_kib(pid, "VmRSS"));
        let id = import::text(&account, "/id")?;
        let import = import::send_and_wait(heller, &id, (file, format.title().to_owned())).await?;
        imported.push((format, id_of(&account["id"])?, import, idle_kib));
    }
    println!("{}", report::proven(&heller.run(&["verify"], "")?));
    let mut loaded = Vec::new();
    for (format, from, import, idle_kib) in imported {
        let to = account(heller, "Raw", None).await?;
        let to = id_of(&to["id"])?;
        let raw = match database {
            Database::Sqlite(sqlite) => sqlite.copy_movements(from, to).await?,
            Database::Postgres(postgres) => postgres.copy_movements(from, to).await?,
        };
        loaded.push(Loaded { format, lines: options.movements(), import, idle_kib, raw });
    }
    report::imports(&loaded);
    Ok(())
}

async fn account(heller: &Heller, name: &str, iban: Option<&str>) -> Result<Value, Failure> {
    let admin = heller.login("admin").await?;
    let new = json!({ "name": name, "provider": "bank_file", "currency": "EUR", "iban": iban });
    heller.ask(heller.post("/v1/payment-accounts", &admin), new).await
}
