//! The gate itself: the one extractor through which every protected handler is reached.
//!
//! In this order: a valid token of a live session (401), a role with the permission (403), and, for the gated
//! families, a licence (403). Roles and licence are read from the database in one query, never from the token. What a
//! handler needs stands in its signature, and a test walks all operations against one table.

use std::cell::Cell;
use std::future::{Future, Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::HttpMessage;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, HeaderName};
use actix_web::{FromRequest, HttpRequest, web};
use tokio::sync::Notify;

use super::ctx::{Actor, Ctx};
use super::keys::Bearer;
use super::known_paths::KnownPaths;
use super::permission::Permission;
use crate::domain::licence::{Access, LicenceFacts};
use crate::error::{Code, Error};
use crate::services::auth;
use crate::state::AppState;

/// What a family of endpoints asks for.
pub trait Requirement: 'static {
    /// `None`: any logged-in user.
    const PERMISSION: Option<Permission>;
    /// A second permission that is as good as the first.
    const ALSO: Option<Permission> = None;
    /// Whether the family belongs to the payment module.
    const LICENSED: bool;
}

macro_rules! requirements {
    ($($(#[$doc:meta])* $name:ident: $permission:expr, $licensed:expr;)+) => {$(
        $(#[$doc])*
        pub struct $name;

        impl Requirement for $name {
            const PERMISSION: Option<Permission> = $permission;
            const LICENSED: bool = $licensed;
        }
    )+};
}

requirements! {
    LoggedIn: None, false;
    ReadAccounts: Some(Permission::MovementsRead), true;
    ManageAccounts: Some(Permission::AccountsManage), true;
    RunReconciliation: Some(Permission::ReconciliationRun), true;
    ReadMovements: Some(Permission::MovementsRead), true;
    AssignMovements: Some(Permission::MovementsAssign), true;
    HideMovements: Some(Permission::MovementsHide), true;
    ReadOrders: Some(Permission::OrdersRead), false;
    WriteOrders: Some(Permission::OrdersWrite), false;
    CancelOrders: Some(Permission::OrdersCancel), false;
    ReadCorrections: Some(Permission::CorrectionsRead), false;
    WriteCorrections: Some(Permission::CorrectionsWrite), false;
    FormaliseCorrections: Some(Permission::CorrectionsFormalise), false;
    ReadRefunds: Some(Permission::RefundsRead), true;
    GenerateRefunds: Some(Permission::RefundsGenerate), true;
    ApproveRefunds: Some(Permission::RefundsApprove), true;
    SendRefunds: Some(Permission::RefundsSend), true;
    ReadLedger: Some(Permission::LedgerRead), false;
    ReadSettings: Some(Permission::SettingsRead), false;
    ManageSettings: Some(Permission::SettingsManage), false;
    ManageLicence: Some(Permission::LicenceManage), false;
}

/// Steering the sandbox: for those who set accounts up and for those who reconcile them.
pub struct ManageSandbox;

impl Requirement for ManageSandbox {
    const PERMISSION: Option<Permission> = Some(Permission::AccountsManage);
    const ALSO: Option<Permission> = Some(Permission::ReconciliationRun);
    const LICENSED: bool = true;
}

/// Following what is under way: runs for those who read movements, refunds for those who read refunds.
pub struct FollowProgress;

impl Requirement for FollowProgress {
    const PERMISSION: Option<Permission> = Some(Permission::MovementsRead);
    const ALSO: Option<Permission> = Some(Permission::RefundsRead);
    const LICENSED: bool = true;
}

/// Proof that the caller may do `P`; dereferences to the [`Ctx`] of the call.
pub struct Require<P> {
    pub ctx: Ctx,
    bearer: Bearer,
    access: Access,
    licence: Result<(), Code>,
    family: PhantomData<P>,
}

impl<P> Deref for Require<P> {
    type Target = Ctx;

    fn deref(&self) -> &Ctx {
        &self.ctx
    }
}

impl<P> Require<P> {
    /// For a family that is gated only in part, such as a cancellation with a refund.
    ///
    /// # Errors
    /// The licence codes.
    pub fn require_licence(&self) -> Result<(), Error> {
        self.licence.map_err(Error::new)
    }
}

impl<P: Requirement> Require<P> {
    /// What the database says about a caller now: session, role, licence.
    async fn look(state: &AppState, (bearer, access): (Bearer, Access), request_id: String) -> Result<Self, Error> {
        let now = state.clock.now();
        let caller = auth::caller(state.db.reader(), bearer.user, bearer.session, now).await?;
        let actor = Actor::User { id: bearer.user, session: bearer.session, roles: caller.roles };
        let ctx = Ctx::new(actor, request_id, &state.clock);
        if let Some(permission) = P::PERMISSION
            && !P::ALSO.is_some_and(|also| ctx.may(also))
        {
            ctx.require(permission)?;
        }
        let claims = caller.licence_token.as_deref().and_then(|token| state.licences.claims(token));
        let facts = LicenceFacts { claims, trial_started_at: caller.trial_started_at };
        let licence = facts.standing(caller.installation, now).check(access);
        let licence = licence.map_err(|error| error.code());
        if P::LICENSED {
            licence.map_err(Error::new)?;
        }
        Ok(Self { ctx, bearer, access, licence, family: PhantomData })
    }

    /// The same again, for an answer that goes on for longer than one look is good.
    ///
    /// # Errors
    /// Those of the gate.
    pub async fn again(&self, state: &AppState) -> Result<Self, Error> {
        if self.is_expired(state) {
            return Err(Error::new(Code::TokenExpired));
        }
        Self::look(state, (self.bearer, self.access), self.ctx.request_id.clone()).await
    }

    /// Whether the access token is no longer good.
    pub fn is_expired(&self, state: &AppState) -> bool {
        state.clock.now().timestamp() > self.bearer.good_until_s
    }
}

/// Whether the gate of a request has opened. actix asks all extractors of a handler at once and answers the first error;
/// the others therefore wait here, or a stranger would learn from a 422 or 404 what only 401 and 403 may say.
#[derive(Clone, Default)]
pub struct Opening(Rc<(Cell<bool>, Notify)>);

impl Opening {
    fn open(&self) {
        self.0.0.set(true);
        self.0.1.notify_waiters();
    }

    /// Waits until the gate of this request has opened; at once when the operation has none. Never ends when it stays
    /// closed: the gate's own error is the answer then.
    pub async fn wait(request: &HttpRequest) {
        let opening = request.extensions().get::<Self>().cloned();
        if let Some(opening) = opening.filter(|opening| !opening.0.0.get()) {
            opening.0.1.notified().await;
        }
    }
}

impl<P: Requirement> FromRequest for Require<P> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        let opening = Opening::default();
        request.extensions_mut().insert(opening.clone());
        Box::pin(async move {
            let state = request.app_data::<web::Data<AppState>>().cloned();
            let state = state.ok_or_else(|| Error::internal("the application has no state"))?;
            let bearer = state.tokens.check(bearer(&request)?, state.clock.now())?;
            let access = if request.method() == Method::GET { Access::Read } else { Access::Write };
            let proof = Self::look(&state, (bearer, access), crate::access::request_id::of(&request)).await?;
            opening.open();
            check_head(&request)?;
            Ok(proof)
        })
    }
}

/// An operation that everybody may call. It has no gate; its query is checked all the same.
pub struct Public;

impl FromRequest for Public {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(check_head(request).map(|()| Self))
    }
}

/// What every operation has in common: no unknown parameter, an answer that the client takes, a body as it is.
fn check_head(request: &HttpRequest) -> Result<(), Error> {
    let Some(known) = request.app_data::<web::Data<KnownPaths>>() else { return Ok(()) };
    let (method, path) = (request.method().as_str(), request.path());
    // What takes query parameters checks them itself; nothing else takes any.
    known.check_query(method, path, request.query_string())?;
    known.check_accept(method, path, &header(request, &ACCEPT))?;
    let encoding = header(request, &CONTENT_ENCODING);
    let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
    // Nothing is unpacked: a small body could be an endless one.
    if has_body && !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Err(Error::new(Code::UnsupportedMediaType).with("expected", "Content-Encoding: identity"));
    }
    Ok(())
}

/// All values of a header in one.
fn header(request: &HttpRequest, name: &HeaderName) -> String {
    let values = request.headers().get_all(name).filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(", ")
}

fn bearer(request: &HttpRequest) -> Result<&str, Error> {
    let value = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = value.and_then(|value| value.split_once(' ')).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(token.trim())
    } else {
        Err(Error::new(Code::Unauthenticated))
    }
}
