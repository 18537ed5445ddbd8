//! `heller verify`: every balance, number and remainder proven, or the offenders named.

use std::path::Path;

use clap::Args;
use heller::services::verify::{self, Report};
use heller::views::ledger::ProofView;

use super::failure::Failure;
use super::{database, out};

#[derive(Args)]
pub struct VerifyArgs {
    /// Print the report as JSON, as `GET /v1/ledger/proof` answers it
    #[arg(long)]
    json: bool,
}

pub fn run(file: Option<&Path>, arguments: &VerifyArgs) -> Result<(), Failure> {
    let config = database::settings(file)?;
    let report = super::block_on(async { Ok(verify::verify(database::open(&config).await?.reader()).await?) })?;
    let ok = report.is_ok();
    if arguments.json {
        let json = serde_json::to_string_pretty(&ProofView::from(report)).map_err(Failure::internal)?;
        out::line(json);
    } else {
        print(&report);
    }
    if ok { Ok(()) } else { Err(Failure::Findings) }
}

fn print(report: &Report) {
    let rows: Vec<Vec<String>> = report
        .checks
        .iter()
        .map(|check| {
            let state = if check.offenders.is_empty() { "ok" } else { "WRONG" };
            vec![state.to_owned(), check.checked.to_string(), check.name.to_owned(), check.rule.to_owned()]
        })
        .collect();
    out::table(&rows);
    for check in report.checks.iter().filter(|check| !check.offenders.is_empty()) {
        out::line(format!("{} ({}): {}", check.name, check.rule, check.offenders.join(", ")));
    }
}
