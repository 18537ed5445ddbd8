//! What those who follow runs and refunds ask four times a second.

use heller::domain::progress::Subject;
use heller::entities::{reconciliation_run, refund};
use heller::services::progress::looking;
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::explaining::Explaining;

pub async fn looks(conn: &Explaining) {
    conn.about("what changed since a moment");
    let moment = "2026-11-22T12:00:00Z".parse().unwrap();
    looking::changed(conn, (moment, Uuid::nil()), 500).await.unwrap();
    conn.about("what is under way");
    looking::under_way(conn, Uuid::nil(), 50).await.unwrap();
    conn.about("things that are followed");
    let refund = refund::Entity::find().one(&conn.inner).await.unwrap().unwrap();
    let run = reconciliation_run::Entity::find().one(&conn.inner).await.unwrap().unwrap();
    let subjects = [Subject::Run(run.id), Subject::Refund(refund.id)];
    assert_eq!(looking::tell(conn, &subjects).await.unwrap().len(), 2);
}
