//! The audit trail: append-only, in the transaction of what it tells about. There is no update and no delete.

use sea_orm::DatabaseTransaction;
use serde_json::Value;
use uuid::Uuid;

use crate::access::ctx::Ctx;
use crate::db;
use crate::domain::id::*;
use crate::entities::audit_event;
use crate::error::Error;

/// What an audit event or a journal entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    User(UserId),
    Licence(Uuid),
    Settings(Uuid),
    Account(AccountId),
    Run(RunId),
    AssignmentRun(AssignmentRunId),
    Movement(MovementId),
    Assignment(AssignmentId),
    Customer(CustomerId),
    Order(OrderId),
    Invoice(InvoiceId),
    Correction(CorrectionId),
    Cancellation(CancellationId),
    Payment(PaymentId),
    Refund(RefundId),
    Job(JobId),
    StatementProfile(StatementProfileId),
}

impl Subject {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Licence(_) => "licence",
            Self::Settings(_) => "settings",
            Self::Account(_) => "payment_account",
            Self::Run(_) => "reconciliation_run",
            Self::AssignmentRun(_) => "assignment_run",
            Self::Movement(_) => "account_movement",
            Self::Assignment(_) => "assignment",
            Self::Customer(_) => "customer",
            Self::Order(_) => "order",
            Self::Invoice(_) => "invoice",
            Self::Correction(_) => "invoice_correction",
            Self::Cancellation(_) => "cancellation",
            Self::Payment(_) => "payment",
            Self::Refund(_) => "refund",
            Self::Job(_) => "job",
            Self::StatementProfile(_) => "statement_profile",
        }
    }

    pub const fn uuid(&self) -> Uuid {
        match self {
            Self::User(id) => id.0,
            Self::Licence(id) | Self::Settings(id) => *id,
            Self::Account(id) => id.0,
            Self::Run(id) => id.0,
            Self::AssignmentRun(id) => id.0,
            Self::Movement(id) => id.0,
            Self::Assignment(id) => id.0,
            Self::Customer(id) => id.0,
            Self::Order(id) => id.0,
            Self::Invoice(id) => id.0,
            Self::Correction(id) => id.0,
            Self::Cancellation(id) => id.0,
            Self::Payment(id) => id.0,
            Self::Refund(id) => id.0,
            Self::Job(id) => id.0,
            Self::StatementProfile(id) => id.0,
        }
    }
}

/// Writes down who did what to which thing. `details` holds amounts and states, never names, IBANs or secrets.
pub async fn record(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    action: &'static str,
    subject: Subject,
    details: Value,
) -> Result<(), Error> {
    Ok(db::insert(txn, event(ctx, action, subject, &details)).await?)
}

/// The same, of many things at once and without details.
pub async fn record_all(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    action: &'static str,
    subjects: impl Iterator<Item = Subject>,
) -> Result<(), Error> {
    let details = Value::Object(serde_json::Map::new());
    let events = subjects.map(|subject| event(ctx, action, subject, &details)).collect();
    Ok(db::insert_all(txn, events).await?)
}

fn event(ctx: &Ctx, action: &'static str, subject: Subject, details: &Value) -> audit_event::Model {
    audit_event::Model {
        id: ctx.id(),
        action: action.to_owned(),
        subject_type: subject.kind().to_owned(),
        subject_id: subject.uuid(),
        actor_id: ctx.user_id(),
        request_id: ctx.request_id.clone(),
        details: details.to_string(),
        created_at: ctx.now,
    }
}
