//! Row of `job`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::JobId;
use crate::domain::job;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    pub kind: job::JobKind,
    pub payload: String,
    pub state: job::JobState,
    pub run_at: DateTimeUtc,
    pub attempts: i32,
    pub attempts_max: i32,
    pub interrupted: i32,
    pub lease_owner: Option<Uuid>,
    pub lease_until: Option<DateTimeUtc>,
    pub last_error: Option<String>,
    pub created_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
