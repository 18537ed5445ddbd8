//! What became of an import, for people and for scripts.

use chrono::{DateTime, Utc};
use heller::app::Lang;
use heller::db::Db;
use heller::domain::run::{LogLevel, RunStatus};
use heller::services::page::PageRequest;
use heller::services::reconciliation::log::{self, LogFilter};
use heller::services::reconciliation::runs;
use heller::views::runs::{LogRowView, RunView};
use serde_json::{Value, json};

use super::super::failure::Failure;

/// Most rows of the logbook that are shown.
const SHOWN_MAX: u64 = 10;

pub struct Outcome {
    run: RunView,
    /// When the same bytes came first, if this was not the first time.
    first_received_at: Option<DateTime<Utc>>,
    new: i64,
    known: i64,
    failed: i64,
    discarded: i64,
    assigned: u64,
    errors: Vec<LogRowView>,
}

impl Outcome {
    pub async fn of(db: &Db, run: RunView, known: bool) -> Result<Self, Failure> {
        let item = run.items.first().ok_or_else(|| Failure::internal("a run without an account"))?;
        let counts = &item.counts;
        let filter = LogFilter { run_id: Some(run.id), account_id: None, level: Some(LogLevel::Error) };
        let errors = log::page(db.reader(), &filter, &PageRequest::first(SHOWN_MAX)).await?;
        let assigned = runs::assigned(db.reader(), run.id).await?;
        let seen_before = if known { counts.created } else { 0 };
        let known_lines = [counts.updated, counts.unchanged, counts.hidden, seen_before];
        Ok(Self {
            first_received_at: item.file.as_ref().filter(|_| known).map(|file| file.received_at),
            new: counts.created.saturating_sub(seen_before),
            known: known_lines.iter().fold(0, |sum, count| sum.saturating_add(*count)),
            failed: counts.failed,
            discarded: counts.discarded,
            assigned,
            errors: errors.items,
            run,
        })
    }

    /// `38 new, 4 known, 31 assigned`, and what else is worth a word.
    pub fn sentence(&self, lang: Lang) -> String {
        let Self { new, known, assigned, failed, discarded, .. } = self;
        let mut said = lang.pick((
            format!("{new} new, {known} known, {assigned} assigned"),
            format!("{new} neu, {known} bekannt, {assigned} zugewiesen"),
        ));
        for (count, words) in [(failed, ("left out", "ausgelassen")), (discarded, ("discarded", "verworfen"))] {
            if *count > 0 {
                said.push_str(&format!(", {count} {}", lang.pick(words)));
            }
        }
        if self.dry_run() {
            said.push_str(lang.pick((" (rehearsal, nothing stored)", " (Probe, nichts gespeichert)")));
        }
        if let Some(first) = self.first_received_at {
            let (run, day) = (self.run.id, first.format("%Y-%m-%d %H:%M UTC"));
            said.push_str(&lang.pick((
                format!("; this file was received first on {day} ({run})"),
                format!("; diese Datei kam zuerst am {day} ({run})"),
            )));
        }
        said
    }

    fn dry_run(&self) -> bool {
        self.run.items.iter().any(|item| item.dry_run)
    }

    pub fn json(&self) -> Value {
        json!({
            "run_id": self.run.id,
            "status": self.run.status,
            "new": self.new,
            "known": self.known,
            "assigned": self.assigned,
            "failed": self.failed,
            "discarded": self.discarded,
            "dry_run": self.dry_run(),
            "first_received_at": self.first_received_at,
        })
    }

    /// Why a file or lines of it were left out.
    pub fn complaints(&self, lang: Lang) -> Vec<String> {
        let row = |row: &LogRowView| {
            let text = lang.pick((row.message.clone(), row.message_de.clone()));
            let line = row.line.map(|line| lang.pick((format!("line {line}: "), format!("Zeile {line}: "))));
            format!("{}{text}", line.unwrap_or_default())
        };
        self.errors.iter().map(row).collect()
    }

    /// How the command ends.
    pub fn verdict(&self) -> Result<(), Failure> {
        match self.run.status {
            RunStatus::Finished => Ok(()),
            RunStatus::FinishedWithErrors => Err(Failure::Partly),
            RunStatus::Failed | RunStatus::Cancelled | RunStatus::Running | RunStatus::Waiting => {
                Err(Failure::Findings)
            }
        }
    }
}
