//! Slow statements are told to the operator: the statement with its placeholders, never its values.

use std::time::Duration;

use sea_orm::DatabaseConnection;
use sea_orm::metric::Info;

/// Longest part of a statement that is logged.
const SHOWN_MAX: usize = 300;

/// Logs what takes at least `limit`.
pub fn note(pool: &mut DatabaseConnection, limit: Duration) {
    pool.set_metric_callback(move |info: &Info<'_>| {
        if info.elapsed >= limit {
            let duration_ms = u64::try_from(info.elapsed.as_millis()).unwrap_or(u64::MAX);
            let failed = info.failed;
            tracing::warn!(duration_ms, failed, statement = shown(&info.statement.sql), "a statement was slow");
        }
    });
}

/// In one line, and not longer than a person reads.
fn shown(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_shown_in_one_short_line() {
        assert_eq!(shown("SELECT *\n  FROM job\n WHERE id = $1"), "SELECT * FROM job WHERE id = $1");
        assert_eq!(shown(&"x".repeat(1000)).len(), SHOWN_MAX);
    }
}
