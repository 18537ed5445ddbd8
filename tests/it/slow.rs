//! Slow statements in the log: named, measured, and without their values.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use heller::db::{Db, Durability};
use heller::services::users;

use crate::support::db::TestDb;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged while somebody is looked for, with this limit.
async fn logged(limit: Duration) -> String {
    let db = TestDb::fresh().await;
    let open = Db::connect(db.url(), 2, Durability::Normal).await.unwrap().noting_slow(limit);
    let log = Log::default();
    let sink = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || sink.clone()).with_ansi(false).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    assert!(users::find_by_email(open.reader(), "erika.muster@example.com").await.unwrap().is_none());
    drop(guard);
    open.close().await.unwrap();
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_slow_statement_is_logged_without_its_values() {
    let said = logged(Duration::ZERO).await;
    for part in ["a statement was slow", "duration_ms=", "FROM \\\"app_user\\\""] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("erika"), "{said}");
    assert_eq!(logged(Duration::from_hours(1)).await, "");
}
