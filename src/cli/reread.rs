//! `heller reread`: stored statement files read again by the readers of this version.

use std::path::Path;

use heller::services::reconciliation::reread;

use super::failure::Failure;
use super::{database, out};

pub fn run(file: Option<&Path>) -> Result<(), Failure> {
    let config = database::settings(file)?;
    let done = super::block_on(async {
        let db = database::open(&config).await?;
        let done = reread::all(&db).await?;
        db.close().await?;
        Ok(done)
    })?;
    let row = |name: &str, count: u64| vec![count.to_string(), name.to_owned()];
    out::table(&[
        row("files were read by an earlier version", done.files),
        row("of them are refused now; their movements stay as they are", done.refused),
        row("movements were read again", done.movements),
        row("of them say more now", done.changed),
        row("read as other money now, and stay as they are", done.differing),
    ]);
    Ok(())
}
