//! Statement files in: as a form, or as the bare bytes. Both are streamed, and both answer the run that imports them.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpRequest, post, web};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::{self, Answered};
use super::extract::{Call, Query};
use super::reconciliation::{location, seen};
use super::{reading, waiting};
use crate::access::ctx::Ctx;
use crate::access::require::{Require, RunReconciliation};
use crate::domain::id::{AccountId, RunId};
use crate::domain::text::filename;
use crate::error::{Code, Error, FieldError, Kind, Place, Reason};
use crate::services::reconciliation::upload::{self, ImportOrder, Received, Submitted, Upload};
use crate::services::{accounts, idempotency};
use crate::state::AppState;
use crate::views::runs::{RawStatement, RunView, StatementUpload};

/// Longest text field of the form, in bytes.
const FIELD_MAX: usize = 1_000;
/// What a form has around its file, in bytes.
const FORM_MAX: u64 = 64 * 1024;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(import_raw).service(import);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// One wrong entry, or a statement that contradicts itself (balances, days), refuses the whole file. Otherwise it is
    /// reported and does not stop the others.
    pub strict: Option<bool>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RawImportQuery {
    /// Id of an account with provider `bank_file`.
    #[param(inline)]
    pub account_id: AccountId,
    /// For people; the format is told by the content.
    pub filename: Option<String>,
    /// Reads and counts, stores no movement.
    pub dry_run: Option<bool>,
    /// One wrong entry, or a statement that contradicts itself (balances, days), refuses the whole file.
    pub strict: Option<bool>,
}

/// Import a statement file
///
/// CAMT.052, CAMT.053 and CAMT.054 (versions 01 to 13), MT940, MT942, or CSV by statement profile
/// (`/v1/statement-profiles`); format and profile are detected. The answer is a run with one item. The same bytes twice: 200 with the run that imported them
/// first. One bad entry is reported with line and field in the logbook and does not stop the others unless
/// `strict=true`; a file that cannot be read as a whole makes a failed run and stores nothing.
/// A ZIP archive of statements, in whatever of these formats, is one import: its files are read in the order of their
/// names, and the logbook names them. What is no statement in it is left out and named; an archive, or a
/// statement in one, that cannot be read as a whole makes a failed run and stores nothing.
/// Other formats and other archives are 422 `file_format_invalid` at once, files with a document type `unsafe_file`.
#[utoipa::path(
    post, path = "/v1/statement-imports", tag = "Reconciliation", operation_id = "statement_import_create",
    request_body(content = StatementUpload, content_type = "multipart/form-data"),
    params(ImportQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless."),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: answer when the import has ended, at most N (30) seconds later.")),
    responses((status = 202, body = RunView, description = "The import has begun; look at `Location`"),
        (status = 200, body = RunView, description = "The same bytes are known, or settled within `Prefer: wait`"),
        (status = 409, description = "`account_hidden`, `account_takes_no_files`, `account_not_connected`, `reconciliation_in_progress`, `concurrent_change`, `idempotency_key_in_flight`"),
        (status = 413, description = "`too_large`"),
        (status = 422, description = "`file_format_invalid`, `unsafe_file`, `reference_not_found`, `missing_field`, `unknown_field`, `invalid_value`, `idempotency_key_reused`")),
    security(("bearer" = ["reconciliation.run"]))
)]
#[post("/v1/statement-imports")]
pub async fn import(
    state: web::Data<AppState>,
    caller: Require<RunReconciliation>,
    (call, query): (Call, Query<ImportQuery>),
    (request, payload): (HttpRequest, web::Payload),
) -> Answered {
    check_announced(&request, state.config.import_max_bytes.saturating_add(FORM_MAX))?;
    let form = Multipart::new(request.headers(), payload);
    let mut read = Form::default();
    if let Err(error) = read.fill(&state, &caller, form).await {
        read.discard(&state).await;
        return Err(error);
    }
    let (account, received) = match read.finish() {
        Ok(whole) => whole,
        Err(error) => {
            read.discard(&state).await;
            return Err(error);
        }
    };
    let strict = query.strict.unwrap_or(false);
    let order = ImportOrder { account, received, filename: read.filename, dry_run: read.dry_run, strict };
    submit(&state, (&caller, &call), &order, Place::Body).await
}

/// Import a statement file sent as it is
///
/// As `POST /v1/statement-imports`, with the file or ZIP archive as the body and everything else in the query.
#[utoipa::path(
    post, path = "/v1/statement-imports/raw", tag = "Reconciliation", operation_id = "statement_import_create_raw",
    request_body(content = inline(RawStatement), content_type = "application/octet-stream", description = "The file as the bank made it."),
    params(RawImportQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless."),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: answer when the import has ended, at most N (30) seconds later.")),
    responses((status = 202, body = RunView, description = "The import has begun; look at `Location`"),
        (status = 200, body = RunView, description = "The same bytes are known, or settled within `Prefer: wait`"),
        (status = 409, description = "`account_hidden`, `account_takes_no_files`, `account_not_connected`, `reconciliation_in_progress`, `concurrent_change`, `idempotency_key_in_flight`"),
        (status = 413, description = "`too_large`"),
        (status = 422, description = "`file_format_invalid`, `unsafe_file`, `reference_not_found`, `invalid_value`, `idempotency_key_reused`")),
    security(("bearer" = ["reconciliation.run"]))
)]
#[post("/v1/statement-imports/raw")]
pub async fn import_raw(
    state: web::Data<AppState>,
    caller: Require<RunReconciliation>,
    (call, query): (Call, Query<RawImportQuery>),
    (request, payload): (HttpRequest, web::Payload),
) -> Answered {
    check_announced(&request, state.config.import_max_bytes)?;
    let account = query.account_id;
    let early = accounts::load(state.db.reader(), account).await.map_err(|error| match error.code() {
        Code::NotFound => Error::unknown_reference(Kind::PaymentAccount).at_place(Place::Query, "account_id"),
        _ => error,
    })?;
    upload::check_account(&early)?;
    let received = receive(&state, &caller, payload).await?;
    let order = ImportOrder {
        account,
        received,
        filename: query.filename.as_deref().and_then(filename),
        dry_run: query.dry_run.unwrap_or(false),
        strict: query.strict.unwrap_or(false),
    };
    submit(&state, (&caller, &call), &order, Place::Query).await
}

/// A body that says it is too large is refused before it is sent.
pub(super) fn check_announced(request: &HttpRequest, limit: u64) -> Result<(), Error> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit) {
        return Err(Error::new(Code::TooLarge).with("limit", limit));
    }
    Ok(())
}

/// Stores the bytes of a stream as a file, or nothing.
pub(super) async fn receive<E>(
    state: &AppState,
    ctx: &Ctx,
    mut bytes: impl Stream<Item = Result<web::Bytes, E>> + Unpin,
) -> Result<Received, Error>
where
    Error: FromStream<E>,
{
    let mut upload = Upload::begin(&state.db, ctx, state.config.import_max_bytes);
    let file = upload.file();
    let work = async {
        while let Some(part) = bytes.next().await {
            upload.push(&part.map_err(Error::from_stream)?).await?;
        }
        upload.end().await
    };
    let received = work.await;
    if received.is_err() {
        discard(state, file).await;
    }
    received
}

/// Leftovers are no reason to fail: the prune job finds what stays.
pub(super) async fn discard(state: &AppState, file: crate::domain::id::FileId) {
    if let Err(error) = upload::discard(&state.db, file).await {
        tracing::warn!(file.id = %file, cause = error.cause(), "a received file could not be discarded");
    }
}

async fn submit(
    state: &AppState,
    (caller, call): (&Require<RunReconciliation>, &Call),
    order: &ImportOrder,
    place: Place,
) -> Answered {
    let (id, key): (RunId, _) = (caller.id(), call.optional_key(caller, &order.hash()));
    let begin = async |txn: &sea_orm::DatabaseTransaction| match upload::submit(txn, &caller.later(), id, order).await?
    {
        Submitted::Begun(run) => answer::accepted(location(id), &run),
        Submitted::Known(run) => Ok(idempotency::Answer { location: Some(location(run.id)), ..answer::ok(&run)? }),
    };
    let outcome = idempotency::run(&state.db, &state.flights, caller, key.as_ref(), begin).await;
    discard(state, order.received.file).await;
    let outcome = outcome.map_err(|error| match error.code() {
        Code::ReferenceNotFound if place == Place::Body => error.at("/account_id"),
        Code::ReferenceNotFound => error.at_place(place, "account_id"),
        _ => error,
    })?;
    let look = async |location: &str| seen(state, waiting::id_in(location)?).await;
    waiting::settle(state, (call, key.as_ref()), outcome, look).await
}

/// The form, field by field in any order.
#[derive(Default)]
struct Form {
    account: Option<String>,
    dry_run: bool,
    filename: Option<String>,
    received: Option<Received>,
}

impl Form {
    async fn fill(&mut self, state: &AppState, ctx: &Ctx, mut form: Multipart) -> Result<(), Error> {
        while let Some(field) = form.next().await {
            let field = field.map_err(Error::from_stream)?;
            match field.name().unwrap_or_default() {
                "file" if self.received.is_some() => return Err(Error::wrong(Reason::OneFileOnly).at("/file")),
                "file" => {
                    let given = field.content_disposition().and_then(|given| given.get_filename());
                    self.filename = given.and_then(filename);
                    self.received = Some(receive(state, ctx, field).await?);
                }
                "account_id" => self.account = Some(text(field).await?),
                "dry_run" => {
                    self.dry_run = match text(field).await?.as_str() {
                        "true" => true,
                        "false" => false,
                        _ => return Err(Error::wrong(Reason::NeedsTrueOrFalse).at("/dry_run")),
                    };
                }
                other => {
                    let unknown = Error::new(Code::UnknownField).with("field", other);
                    return Err(unknown.with("known", "file, account_id, dry_run").at(format!("/{other}")));
                }
            }
        }
        Ok(())
    }

    /// What a whole form holds.
    fn finish(&self) -> Result<(AccountId, Received), Error> {
        let missing = |name: &'static str| FieldError {
            place: Place::Body,
            pointer: format!("/{name}"),
            code: Code::MissingField,
            params: vec![("field", name.to_owned())],
        };
        let (Some(account), Some(received)) = (&self.account, &self.received) else {
            let given = [("account_id", self.account.is_some()), ("file", self.received.is_some())];
            return Err(Error::invalid(
                given.iter().filter(|(_, given)| !given).map(|(name, _)| missing(name)).collect(),
            ));
        };
        let unknown = |_| Error::unknown_reference(Kind::PaymentAccount).at("/account_id");
        Ok((account.parse().map_err(unknown)?, received.clone()))
    }

    async fn discard(&self, state: &AppState) {
        if let Some(received) = &self.received {
            discard(state, received.file).await;
        }
    }
}

async fn text(mut field: Field) -> Result<String, Error> {
    let mut bytes = Vec::new();
    while let Some(part) = field.next().await {
        bytes.extend_from_slice(&part.map_err(Error::from_stream)?);
        if bytes.len() > FIELD_MAX {
            return Err(Error::new(Code::TooLarge).with("limit", FIELD_MAX));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// What a broken stream means.
pub(super) trait FromStream<E> {
    fn from_stream(error: E) -> Self;
}

impl FromStream<PayloadError> for Error {
    fn from_stream(error: PayloadError) -> Self {
        reading::broken_off(error)
    }
}

impl FromStream<MultipartError> for Error {
    fn from_stream(error: MultipartError) -> Self {
        match error {
            MultipartError::ContentTypeMissing
            | MultipartError::ContentTypeParse
            | MultipartError::ContentTypeIncompatible
            | MultipartError::BoundaryMissing => {
                Error::new(Code::UnsupportedMediaType).with("expected", "multipart/form-data")
            }
            MultipartError::Payload(cause) => reading::broken_off(cause),
            broken => Error::new(Code::MalformedBody).with("reason", Reason::BrokenForm).because(broken),
        }
    }
}
