//! What would a profile make of a file? Reads a sample and stores nothing.

use std::ops::ControlFlow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sea_orm::ConnectionTrait;

use super::{built_in, load, profile};
use crate::domain::id::StatementProfileId;
use crate::domain::money::Currency;
use crate::domain::run::LogLevel;
use crate::error::{Error, Reason};
use crate::importers::csv::{self, Detected, Reader};
use crate::importers::{LineStatus, StatementEvent, StatementLine};
use crate::services::reconciliation::issues;
use crate::services::reconciliation::log::LogEntry;
use crate::views::limits;
use crate::views::money::Checks;
use crate::views::statement_profiles::{DetectedFile, ProfileSample, ProfileTest, SampleIssue, SampleLine};

/// Lines and issues that an answer shows.
const SHOWN_MAX: usize = 100;

/// # Errors
/// `not_found`, `invalid_value`, `unknown_currency`.
pub async fn test(
    conn: &impl ConnectionTrait,
    id: StatementProfileId,
    sample: &ProfileSample,
) -> Result<ProfileTest, Error> {
    let profile = match built_in(id) {
        Some(profile) => profile.clone(),
        None => profile(&load(conn, id).await?)?,
    };
    let mut checks = Checks::default();
    let currency = sample.currency.as_ref().and_then(|code| checks.currency("/currency", code));
    let bytes = match (&sample.text, &sample.base64) {
        (Some(text), None) => Some(text.clone().into_bytes()),
        (None, Some(text)) => {
            let read = STANDARD.decode(text).map_err(|_| Error::wrong(Reason::ProfileSample));
            checks.note("/base64", read)
        }
        _ => checks.note("/text", Err(Error::wrong(Reason::ProfileSample))),
    };
    for (pointer, text) in [("/text", &sample.text), ("/base64", &sample.base64)] {
        let given = text.as_ref().map_or(0, |text| text.chars().count());
        let max = limits::PROFILE_SAMPLE;
        if given > max || text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            let long = Error::wrong(Reason::TextLength).with("max", max).with("given", given);
            checks.note::<()>(pointer, Err(long));
        }
    }
    checks.finish()?;
    let reader = Reader { profiles: vec![profile], currency: currency.unwrap_or(Currency::EUR) };
    Ok(read(&bytes.unwrap_or_default(), &reader))
}

fn read(bytes: &[u8], reader: &Reader) -> ProfileTest {
    let mut detected = None;
    let (mut lines, mut issues) = (Vec::new(), Vec::new());
    let (mut line_count, mut error_count) = (0_u64, 0_u64);
    let read = csv::read_detecting(bytes, reader, &mut |found| detected = Some(found), &mut |event| {
        match event {
            StatementEvent::Line(line) => {
                line_count = line_count.saturating_add(1);
                lines.push(shown(&line));
            }
            StatementEvent::Issue(issue) => {
                let entry = issues::of_issue(&issue);
                error_count = error_count.saturating_add(u64::from(entry.level == LogLevel::Error));
                issues.push(told(entry));
            }
            StatementEvent::Part(_) | StatementEvent::Statement(_) | StatementEvent::StatementEnd(_) => {}
        }
        lines.truncate(SHOWN_MAX);
        issues.truncate(SHOWN_MAX);
        ControlFlow::Continue(())
    });
    if let Err(refusal) = read {
        error_count = error_count.saturating_add(1);
        issues.push(told(issues::of_refusal(&refusal)));
    }
    ProfileTest { detected: detected.map(found), line_count, error_count, lines, issues }
}

fn found(detected: Detected) -> DetectedFile {
    let word = |value: serde_json::Result<serde_json::Value>| {
        value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    DetectedFile {
        encoding: detected.encoding.map(|encoding| encoding.name().to_owned()),
        delimiter: detected.delimiter.to_string(),
        header_line: detected.line,
        header: detected.header,
        dates: word(serde_json::to_value(detected.dates)),
        numbers: word(serde_json::to_value(detected.numbers)),
    }
}

fn shown(line: &StatementLine) -> SampleLine {
    let line = line.clone();
    SampleLine {
        line: line.source_line,
        account: line.account_iban.or(line.account_other),
        booking_date: line.booking_date,
        value_date: line.value_date,
        amount: line.amount.into(),
        pending: line.status == LineStatus::Pending,
        is_fee: line.fee_of.is_some(),
        counterparty_name: line.counterparty_name,
        counterparty_iban: line.counterparty_iban,
        counterparty_bic: line.counterparty_bic,
        purpose: line.purpose,
        transaction_code: line.transaction_code,
        reference: line.reference,
        bank_reference: line.bank_reference,
        end_to_end_id: line.end_to_end_id,
        mandate_id: line.mandate_id,
        return_reason: line.return_reason,
    }
}

fn told(entry: LogEntry) -> SampleIssue {
    SampleIssue {
        is_error: entry.level == LogLevel::Error,
        line: entry.line,
        field: entry.field,
        code: entry.code,
        message_en: entry.message_en,
        message_de: entry.message_de,
    }
}
