//! What has changed, what is under way, and how it is shown. A look is one statement over all kinds, and showing costs the
//! same number of statements however many things are shown.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement};
use serde::Serialize;
use uuid::Uuid;

use crate::domain::id::{AssignmentRunId, RefundId, RunId};
use crate::domain::progress::{StreamEvent, Subject};
use crate::entities::{assignment_run, reconciliation_run, refund};
use crate::error::Error;
use crate::services::reconciliation::runs;
use crate::services::{matching, refunds};

/// A thing as a look finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub subject: Subject,
    pub version: i64,
    pub changed_at: DateTime<Utc>,
}

/// A thing as it is told: the JSON that its own address answers.
#[derive(Debug, Clone)]
pub struct Told {
    pub change: Change,
    pub under_way: bool,
    pub data: String,
}

#[derive(Debug, FromQueryResult)]
struct Row {
    kind: StreamEvent,
    id: Uuid,
    version: i64,
    changed_at: DateTime<Utc>,
}

impl Row {
    fn change(self) -> Option<Change> {
        let subject = match self.kind {
            StreamEvent::ReconciliationRun => Subject::Run(RunId(self.id)),
            StreamEvent::AssignmentRun => Subject::AssignmentRun(AssignmentRunId(self.id)),
            StreamEvent::Refund => Subject::Refund(RefundId(self.id)),
            StreamEvent::End => return None,
        };
        Some(Change { subject, version: self.version, changed_at: self.changed_at })
    }
}

/// One select for each table, which is named as its event, with its condition in the words of its index, all of them one
/// statement.
fn over_all(conditions: [(StreamEvent, &str); 3], order: &str, limit: &str) -> String {
    let part = |(kind, condition): (StreamEvent, &str)| {
        format!(
            "SELECT * FROM (SELECT '{kind}' AS kind, id, version, changed_at FROM {kind} WHERE {condition} \
             ORDER BY {order} LIMIT {limit}) AS {kind}_part"
        )
    };
    conditions.map(part).join(" UNION ALL ")
}

async fn read(conn: &impl ConnectionTrait, (sql, values): (&str, Vec<sea_orm::Value>)) -> Result<Vec<Change>, Error> {
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, values);
    let rows = Row::find_by_statement(statement).all(conn).await?;
    Ok(rows.into_iter().filter_map(Row::change).collect())
}

/// What changed behind a moment and an id, oldest first, `limit` at most.
pub async fn changed(
    conn: &impl ConnectionTrait,
    (moment, id): (DateTime<Utc>, Uuid),
    limit: usize,
) -> Result<Vec<Change>, Error> {
    const BEHIND: &str = "(changed_at, id) > ($1, $2)";
    const REFUNDS: &str = "deleted_at IS NULL AND (changed_at, id) > ($1, $2)";
    let conditions = [
        (StreamEvent::ReconciliationRun, BEHIND),
        (StreamEvent::AssignmentRun, BEHIND),
        (StreamEvent::Refund, REFUNDS),
    ];
    let sql = over_all(conditions, "changed_at, id", "$3");
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = read(conn, (&sql, vec![moment.into(), id.into(), most.into()])).await?;
    found.sort_by_key(|change| (change.changed_at, change.subject.uuid()));
    found.truncate(limit);
    Ok(found)
}

/// What is under way, by id, `limit` at most.
pub async fn under_way(conn: &impl ConnectionTrait, after: Uuid, limit: usize) -> Result<Vec<Change>, Error> {
    const RUNS: &str = "status = 'running' AND id > $1";
    const REFUNDS: &str = "deleted_at IS NULL AND status = 'sending' AND id > $1";
    let conditions =
        [(StreamEvent::ReconciliationRun, RUNS), (StreamEvent::AssignmentRun, RUNS), (StreamEvent::Refund, REFUNDS)];
    let sql = over_all(conditions, "id", "$2");
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = read(conn, (&sql, vec![after.into(), most.into()])).await?;
    found.sort_by_key(|change| change.subject.uuid());
    found.truncate(limit);
    Ok(found)
}

fn told(change: Change, under_way: bool, view: &impl Serialize) -> Result<Told, Error> {
    Ok(Told { change, under_way, data: serde_json::to_string(view).map_err(Error::internal)? })
}

/// Things as they are now, in the order of their names. What is not there, or not any more, is left out.
pub async fn tell(conn: &impl ConnectionTrait, subjects: &[Subject]) -> Result<Vec<Told>, Error> {
    let mut found: HashMap<Subject, Told> = HashMap::new();
    for one in tell_runs(conn, subjects).await? {
        found.insert(one.change.subject, one);
    }
    for one in tell_assignment_runs(conn, subjects).await? {
        found.insert(one.change.subject, one);
    }
    for one in tell_refunds(conn, subjects).await? {
        found.insert(one.change.subject, one);
    }
    Ok(subjects.iter().filter_map(|subject| found.remove(subject)).collect())
}

/// The first of these that is not there, or not any more.
pub async fn unknown(conn: &impl ConnectionTrait, subjects: &[Subject]) -> Result<Option<Subject>, Error> {
    let found = tell(conn, subjects).await?;
    Ok(subjects.iter().copied().find(|subject| found.iter().all(|one| one.change.subject != *subject)))
}

async fn tell_runs(conn: &impl ConnectionTrait, subjects: &[Subject]) -> Result<Vec<Told>, Error> {
    let ids: Vec<RunId> =
        subjects.iter().filter_map(|one| if let Subject::Run(id) = one { Some(*id) } else { None }).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = reconciliation_run::Entity::find().filter(reconciliation_run::Column::Id.is_in(ids)).all(conn).await?;
    let moments: Vec<_> = rows.iter().map(|row| row.changed_at).collect();
    let views = runs::views(conn, rows).await?;
    let tell = |(view, changed_at): (&crate::views::runs::RunView, DateTime<Utc>)| {
        let change = Change { subject: Subject::Run(view.id), version: view.version, changed_at };
        told(change, view.status.is_under_way(), view)
    };
    views.iter().zip(moments).map(tell).collect()
}

async fn tell_assignment_runs(conn: &impl ConnectionTrait, subjects: &[Subject]) -> Result<Vec<Told>, Error> {
    let ids: Vec<AssignmentRunId> =
        subjects.iter().filter_map(|one| if let Subject::AssignmentRun(id) = one { Some(*id) } else { None }).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = assignment_run::Entity::find().filter(assignment_run::Column::Id.is_in(ids)).all(conn).await?;
    let moments: Vec<_> = rows.iter().map(|row| row.changed_at).collect();
    let views = matching::views(conn, rows).await?;
    let tell = |(view, changed_at): (&crate::views::assignments::AssignmentRunView, DateTime<Utc>)| {
        let change = Change { subject: Subject::AssignmentRun(view.run.id), version: view.run.version, changed_at };
        told(change, view.run.status.is_under_way(), view)
    };
    views.iter().zip(moments).map(tell).collect()
}

async fn tell_refunds(conn: &impl ConnectionTrait, subjects: &[Subject]) -> Result<Vec<Told>, Error> {
    let ids: Vec<RefundId> =
        subjects.iter().filter_map(|one| if let Subject::Refund(id) = one { Some(*id) } else { None }).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = refund::Entity::find().filter(refund::Column::Id.is_in(ids));
    let rows = found.filter(refund::Column::DeletedAt.is_null()).all(conn).await?;
    let moments: Vec<_> = rows.iter().map(|row| row.changed_at).collect();
    let views = refunds::views(conn, rows).await?;
    let tell = |(view, changed_at): (&crate::views::refunds::RefundView, DateTime<Utc>)| {
        let change = Change { subject: Subject::Refund(view.id), version: view.version, changed_at };
        told(change, view.status.is_under_way(), view)
    };
    views.iter().zip(moments).map(tell).collect()
}
