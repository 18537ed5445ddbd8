//! Row of `audit_event`. Columns only: no queries, no rules.

use sea_orm::entity::prelude::*;

use crate::domain::id::{AuditEventId, UserId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEventId,
    pub action: String,
    pub subject_type: String,
    pub subject_id: Uuid,
    pub actor_id: Option<UserId>,
    pub request_id: String,
    pub details: String,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
