//! What a service knows about the call: who, when, under which request id. The time is read once, here, so that one
//! call has one `now`. Work that outlasts a call, a job's, asks for the time again with [`Ctx::later`].

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::permission::Permission;
use super::role::Role;
use crate::domain::id::{SessionId, UserId};
use crate::error::{Code, Error};

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    User {
        id: UserId,
        session: SessionId,
        roles: Vec<Role>,
    },
    /// The worker, on behalf of nobody: an automatic assignment, a confirmation by an imported movement.
    System,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Ctx {
    pub actor: Actor,
    pub request_id: String,
    pub now: DateTime<Utc>,
    clock: crate::clock::Clock,
}

impl Ctx {
    pub fn new(actor: Actor, request_id: String, clock: &crate::clock::Clock) -> Self {
        Self { actor, request_id, now: clock.now(), clock: clock.clone() }
    }

    pub fn system(request_id: impl Into<String>, clock: &crate::clock::Clock) -> Self {
        Self::new(Actor::System, request_id.into(), clock)
    }

    /// The same work at the time it has become: for each transaction of a job that may run for minutes.
    pub fn later(&self) -> Self {
        Self { now: self.clock.now(), ..self.clone() }
    }

    /// A new id of any kind, sorting by this call's time.
    pub fn id<T: From<Uuid>>(&self) -> T {
        T::from(self.clock.ids().make(self.now))
    }

    pub fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }

    pub fn user_id(&self) -> Option<UserId> {
        match &self.actor {
            Actor::User { id, .. } => Some(*id),
            Actor::System => None,
        }
    }

    /// The person who acts; the system is nobody.
    ///
    /// # Errors
    /// `unauthenticated` when there is no person.
    pub fn person(&self) -> Result<UserId, Error> {
        self.user_id().ok_or_else(|| Error::new(Code::Unauthenticated))
    }

    pub fn may(&self, permission: Permission) -> bool {
        match &self.actor {
            Actor::User { roles, .. } => roles.iter().any(|role| role.permissions().contains(&permission)),
            Actor::System => false,
        }
    }

    /// # Errors
    /// `missing_permission`, naming it.
    pub fn require(&self, permission: Permission) -> Result<(), Error> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(Error::new(Code::MissingPermission).with("permission", permission))
        }
    }
}
