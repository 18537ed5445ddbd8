//! Invoices and corrections are numbered without gaps: as many documents in a year as its counter says, and the
//! highest number is the counter. A tax office asks for this, and a gap would mean that a document disappeared.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, QueryResult};

use super::{Check, OFFENDERS_MAX, statement};
use crate::error::Error;
use crate::services::numbers::Series;

/// Documents and counters in one statement, so that both are of the same moment. Grouped by length, because the text
/// `RE-2026-100000` sorts before `RE-2026-99999`.
const ALL: &str = "\
SELECT 'RE' AS series, substr(number, 1, 8) AS stem, COUNT(*) AS documents, MAX(number) AS highest, \
CAST(0 AS BIGINT) AS counter FROM invoice GROUP BY substr(number, 1, 8), length(number) \
UNION ALL SELECT 'RK', substr(number, 1, 8), COUNT(*), MAX(number), 0 FROM invoice_correction \
WHERE number IS NOT NULL GROUP BY substr(number, 1, 8), length(number) \
UNION ALL SELECT series, series || '-' || CAST(year AS TEXT) || '-', 0, NULL, last_number FROM number_series \
WHERE series IN ('RE', 'RK')";

/// One year of one series.
#[derive(Debug, Default)]
struct Year {
    documents: i64,
    highest: i64,
    counter: i64,
    /// A number that does not end in digits.
    strange: Option<String>,
}

/// By series and stem, such as `RE` and `RE-2026-`.
type Years = BTreeMap<(String, String), Year>;

pub async fn check(conn: &impl ConnectionTrait) -> Result<Vec<Check>, Error> {
    let mut years = Years::new();
    for row in conn.query_all_raw(statement(conn, ALL)).await? {
        note(&mut years, &row)?;
    }
    let series = [(Series::Invoice, "invoice_numbers"), (Series::Correction, "correction_numbers")];
    Ok(series.map(|(series, name)| judge(series, name, &years)).into())
}

fn note(years: &mut Years, row: &QueryResult) -> Result<(), Error> {
    let stem: String = row.try_get("", "stem")?;
    let (documents, counter): (i64, i64) = (row.try_get("", "documents")?, row.try_get("", "counter")?);
    let number: Option<String> = row.try_get("", "highest")?;
    let year = years.entry((row.try_get("", "series")?, stem.clone())).or_default();
    year.documents = year.documents.saturating_add(documents);
    year.counter = year.counter.saturating_add(counter);
    let Some(number) = number else { return Ok(()) };
    match number.strip_prefix(&stem).and_then(|last| last.parse().ok()) {
        Some(last) => year.highest = year.highest.max(last),
        None => year.strange = Some(number),
    }
    Ok(())
}

fn judge(series: Series, name: &'static str, years: &Years) -> Check {
    let ours = || years.iter().filter(|((prefix, _), _)| prefix == series.prefix());
    let offenders = ours().filter_map(|((_, stem), year)| year.complaint(stem)).take(OFFENDERS_MAX).collect();
    let checked = ours().fold(0_i64, |sum, (_, year)| sum.saturating_add(year.documents));
    Check { name, rule: "gapless numbers", checked, offenders }
}

impl Year {
    fn complaint(&self, stem: &str) -> Option<String> {
        let Self { documents, highest, counter, strange } = self;
        if let Some(number) = strange {
            return Some(format!("{number} is no number of the series"));
        }
        let gapless = documents == counter && highest == counter;
        (!gapless).then(|| format!("{stem}*: {documents} documents, highest {highest}, counter {counter}"))
    }
}
