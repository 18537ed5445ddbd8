//! The one error type of domain, services and providers. It knows codes, not HTTP.
//!
//! An [`Error`] is a [`Code`] with the values its text needs, the fields it is about, and an internal cause that no
//! client ever sees. Status numbers and the German and English texts live in `handlers/problem`, nowhere else.
//! Clients read codes, people read texts.

use std::fmt;

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::domain::money::MoneyError;

mod field;
mod words;

pub use field::{FieldError, Params, Place};
pub use words::{Kind, Reason};

crate::codes! {
    /// Every code a client can meet. Each has exactly one status.
    pub enum Code {
        // Requests
        MalformedBody = "malformed_body",
        UnknownParameter = "unknown_parameter",
        InvalidCursor = "invalid_cursor",
        CursorMismatch = "cursor_mismatch",
        IdempotencyKeyMissing = "idempotency_key_missing",
        IdempotencyKeyInvalid = "idempotency_key_invalid",
        Unauthenticated = "unauthenticated",
        InvalidCredentials = "invalid_credentials",
        TokenExpired = "token_expired",
        RefreshTokenInvalid = "refresh_token_invalid",
        RefreshTokenReused = "refresh_token_reused",
        MissingPermission = "missing_permission",
        EditionExcludesPaymentModule = "edition_excludes_payment_module",
        PaymentModuleNotLicensed = "payment_module_not_licensed",
        LicenceExpired = "licence_expired",
        SelfApproval = "self_approval",
        CrossOriginRefused = "cross_origin_refused",
        NotFound = "not_found",
        WrongIdType = "wrong_id_type",
        MethodNotAllowed = "method_not_allowed",
        NotAcceptable = "not_acceptable",
        TooLarge = "too_large",
        UnsupportedMediaType = "unsupported_media_type",
        PreconditionRequired = "precondition_required",
        VersionMismatch = "version_mismatch",
        RateLimited = "rate_limited",
        Internal = "internal",
        Unavailable = "unavailable",
        // Values
        UnknownField = "unknown_field",
        MissingField = "missing_field",
        InvalidValue = "invalid_value",
        TooManyDecimals = "too_many_decimals",
        UnknownCurrency = "unknown_currency",
        CurrencyMismatch = "currency_mismatch",
        AmountNotPositive = "amount_not_positive",
        ReferenceNotFound = "reference_not_found",
        IdempotencyKeyReused = "idempotency_key_reused",
        IbanInvalid = "iban_invalid",
        LicenceInvalid = "licence_invalid",
        FileFormatInvalid = "file_format_invalid",
        UnsafeFile = "unsafe_file",
        AmountExceedsOpenAmount = "amount_exceeds_open_amount",
        AmountExceedsRefundableAmount = "amount_exceeds_refundable_amount",
        AmountExceedsRemaining = "amount_exceeds_remaining",
        QuantityExceedsRemaining = "quantity_exceeds_remaining",
        LinesEmpty = "lines_empty",
        LineNotOnInvoice = "line_not_on_invoice",
        CancellationCommentRequired = "cancellation_comment_required",
        WrongPassword = "wrong_password",
        CredentialsRequired = "credentials_required",
        // States
        IdempotencyKeyInFlight = "idempotency_key_in_flight",
        InvalidTransition = "invalid_transition",
        ConcurrentChange = "concurrent_change",
        DuplicateExternalNumber = "duplicate_external_number",
        DuplicateEmail = "duplicate_email",
        AccountHidden = "account_hidden",
        AccountLocked = "account_locked",
        AccountCannotSend = "account_cannot_send",
        AccountNotSandbox = "account_not_sandbox",
        AccountNotConnected = "account_not_connected",
        AccountTakesNoFiles = "account_takes_no_files",
        ProfileBuiltIn = "profile_built_in",
        ReconciliationInProgress = "reconciliation_in_progress",
        RunEnded = "run_ended",
        MovementHidden = "movement_hidden",
        MovementNotCompleted = "movement_not_completed",
        MovementIsFee = "movement_is_fee",
        MovementNotReturnable = "movement_not_returnable",
        NotIncoming = "not_incoming",
        NotPartiallyAssigned = "not_partially_assigned",
        NoOpenAmount = "no_open_amount",
        AssignmentUndone = "assignment_undone",
        BookedByRefund = "booked_by_refund",
        AmountAlreadyRefunded = "amount_already_refunded",
        RefundableAmountChanged = "refundable_amount_changed",
        OrderHasInvoice = "order_has_invoice",
        OrderAlreadyCancelled = "order_already_cancelled",
        OrderNotCancelled = "order_not_cancelled",
        OrderHasNoAssignedPayment = "order_has_no_assigned_payment",
        NotAssignedToOrder = "not_assigned_to_order",
        OutgoingPaymentAlreadyGenerated = "outgoing_payment_already_generated",
        OutgoingPaymentAlreadySent = "outgoing_payment_already_sent",
        CorrectionRequired = "correction_required",
        CorrectionNotFormalised = "correction_not_formalised",
        CorrectionFormalised = "correction_formalised",
        NothingToCorrect = "nothing_to_correct",
        ConfirmationRequired = "confirmation_required",
        ApprovalRequired = "approval_required",
        TrialAlreadyUsed = "trial_already_used",
        JobNotDead = "job_not_dead",
    }
}

/// What went wrong. Boxed inside, so that results stay small.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: Code,
    params: Params,
    fields: Vec<FieldError>,
    retry_after_s: Option<u32>,
    retryable: bool,
    cause: Option<String>,
}

impl Error {
    pub fn new(code: Code) -> Self {
        Self(Box::new(Inner {
            code,
            params: Vec::new(),
            fields: Vec::new(),
            retry_after_s: None,
            retryable: false,
            cause: None,
        }))
    }

    /// A value for the text of the code; also shown in the answer under this name.
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.params.push((name, value.to_string()));
        self
    }

    /// The internal cause: logged once, never sent.
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// The body field this is about, as an RFC 6901 pointer.
    pub fn at(self, pointer: impl Into<String>) -> Self {
        self.at_place(Place::Body, pointer)
    }

    pub fn at_place(mut self, place: Place, pointer: impl Into<String>) -> Self {
        let (code, params) = (self.0.code, self.0.params.clone());
        self.0.fields.push(FieldError { place, pointer: pointer.into(), code, params });
        self
    }

    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    pub fn not_found(kind: Kind) -> Self {
        Self::new(Code::NotFound).with("kind", kind)
    }

    /// What a body, a query or a form names does not exist.
    pub fn unknown_reference(kind: Kind) -> Self {
        Self::new(Code::ReferenceNotFound).with("kind", kind)
    }

    /// `invalid_value` and why; numbers and names of the reason's text are added with [`Self::with`].
    pub fn wrong(reason: Reason) -> Self {
        Self::new(Code::InvalidValue).with("reason", reason)
    }

    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(Code::Internal).because(cause)
    }

    /// A stored row makes no sense: names table, column and id.
    pub fn inconsistent(table: &str, column: &str, id: impl fmt::Display) -> Self {
        Self::internal(format!("inconsistent row: {table}.{column} of {id}"))
    }

    /// Several wrong values at once. An unknown name decides the code, because the rest may follow from it (a misspelt
    /// field is missing under its right name); else the code that all of them have, otherwise `invalid_value`.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let unknown = |field: &&FieldError| matches!(field.code, Code::UnknownField | Code::UnknownParameter);
        let alike = |first: &&FieldError| fields.iter().all(|field| field.code == first.code);
        let mut error = match fields.iter().find(unknown).or_else(|| fields.first().filter(alike)) {
            Some(leading) => {
                let mut error = Self::new(leading.code);
                error.0.params.clone_from(&leading.params);
                error
            }
            None => Self::wrong(Reason::SeveralValues).with("count", fields.len()),
        };
        error.0.fields = fields;
        error
    }

    pub fn code(&self) -> Code {
        self.0.code
    }

    pub fn params(&self) -> &Params {
        &self.0.params
    }

    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    pub fn retry_after_s(&self) -> Option<u32> {
        self.0.retry_after_s
    }

    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// Whether the same transaction, begun again, may well succeed (lock, deadlock, serialisation).
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.as_str())?;
        for (name, value) in &self.0.params {
            write!(f, " {name}={value}")?;
        }
        match &self.0.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<MoneyError> for Error {
    fn from(error: MoneyError) -> Self {
        match &error {
            MoneyError::UnknownCurrency(code) => Self::new(Code::UnknownCurrency).with("currency", code),
            MoneyError::NotAnAmount(_) => Self::wrong(Reason::NotAnAmount),
            MoneyError::Overflow => Self::wrong(Reason::AmountTooLarge),
            MoneyError::TooManyDecimals { currency, digits } => {
                Self::new(Code::TooManyDecimals).with("currency", currency).with("digits", digits)
            }
            MoneyError::CurrencyMismatch(expected, given) => {
                Self::new(Code::CurrencyMismatch).with("expected", expected).with("given", given)
            }
        }
    }
}

/// SQLite `BUSY`, `LOCKED` and `BUSY_SNAPSHOT`; PostgreSQL serialisation failure, deadlock and lock time-out.
const RETRYABLE: [&str; 7] = ["5", "6", "261", "517", "40001", "40P01", "55P03"];

/// PostgreSQL ends a session: by an administrator, a crash, at its own end or start, after idling in a transaction.
const SESSION_ENDED: [&str; 5] = ["57P01", "57P02", "57P03", "57P05", "25P03"];

fn driver_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// The database's own code of an error, if it has one.
pub fn database_code(error: &DbErr) -> Option<String> {
    Some(driver_error(error)?.as_database_error()?.code()?.into_owned())
}

/// Whether the connection is gone, and not the statement at fault: another connection may do.
pub fn is_connection_lost(error: &DbErr) -> bool {
    let ended = |code: &str| SESSION_ENDED.contains(&code) || code.starts_with("08");
    match driver_error(error) {
        Some(SqlxError::Io(_) | SqlxError::WorkerCrashed) => true,
        Some(SqlxError::Database(told)) => told.code().is_some_and(|code| ended(&code)),
        _ => false,
    }
}

/// Whether a CHECK refused a row: SQLite extended code 275, PostgreSQL 23514.
pub fn is_check_violation(error: &DbErr) -> bool {
    matches!(database_code(error).as_deref(), Some("275" | "23514"))
}

/// Whether a unique index refused a row.
pub fn is_duplicate(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let code = database_code(&error);
        if code.as_deref().is_some_and(|code| RETRYABLE.contains(&code)) {
            let mut busy = Self::new(Code::Unavailable).retry_after(1).because(&error);
            busy.0.retryable = true;
            return busy;
        }
        if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) || is_connection_lost(&error) {
            return Self::new(Code::Unavailable).retry_after(1).because(&error);
        }
        Self::internal(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_wrong_fields_of_one_kind_keep_their_code() {
        let field =
            |pointer: &str, code| FieldError { place: Place::Body, pointer: pointer.into(), code, params: vec![] };
        let same = Error::invalid(vec![field("/a", Code::MissingField), field("/b", Code::MissingField)]);
        assert_eq!(same.code(), Code::MissingField);
        let mixed = Error::invalid(vec![field("/a", Code::MissingField), field("/b", Code::TooManyDecimals)]);
        assert_eq!((mixed.code(), mixed.fields().len()), (Code::InvalidValue, 2));
        assert!(mixed.params().contains(&("count", "2".to_owned())));
        let misspelt = Error::invalid(vec![field("/b", Code::MissingField), field("/a", Code::UnknownField)]);
        assert_eq!((misspelt.code(), misspelt.fields().len()), (Code::UnknownField, 2));
    }

    #[test]
    fn the_cause_is_for_the_log_and_not_among_the_values_of_the_answer() {
        let error = Error::internal("connection string");
        assert!(error.params().is_empty());
        assert_eq!(error.cause(), Some("connection string"));
    }
}
