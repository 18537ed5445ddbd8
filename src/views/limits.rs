//! How large texts, lists and numbers of requests may be.
//!
//! Said once: services check against these constants, and the OpenAPI document states them through `STATED`. A text
//! that is optional is absent, null, or has at least one character; empty is refused wherever texts are taken.

use serde_json::{Value, json};

pub const ACCOUNT_NAME: usize = 100;
pub const ADDRESS: usize = 1_000;
pub const CANCELLATION_COMMENT: usize = 1_000;
pub const CANCELLATION_REASON: usize = 40;
pub const EMAIL: usize = 200;
pub const EXTERNAL_NUMBER: usize = 100;
/// The longest IBAN, with a blank behind every four letters.
pub const IBAN: usize = 42;
/// The shortest there is.
pub const IBAN_LEAST: usize = 15;
/// Of an `Idempotency-Key`.
pub const KEY: usize = 255;
pub const INTERNAL_COMMENT: usize = 2_000;
pub const LICENCE: usize = 8_000;
pub const LINE_DESCRIPTION: usize = 500;
pub const NAME: usize = 200;
pub const NOTE: usize = 2_000;
/// More would only be work for an attacker to give us.
pub const PASSWORD: usize = 200;
pub const PASSWORD_LEAST: usize = 12;
pub const PAYMENT_NOTE: usize = 500;
pub const REASON: usize = 500;
pub const REFRESH_TOKEN: usize = 200;
/// What banks carry.
pub const REFUND_PURPOSE: usize = 140;
pub const REFUSAL_CODE: usize = 100;
pub const SANDBOX_PURPOSE: usize = 500;
pub const SKU: usize = 100;

pub const ACKNOWLEDGEMENTS: usize = 10;
pub const ACCOUNTS: usize = 100;
pub const LINES: usize = 500;
pub const MOVEMENTS_HIDDEN: usize = 200;
pub const MOVEMENTS_ASSIGNED: usize = 1_000;

pub const ASSIGN_AGE_DAYS: i64 = 3_650;
pub const SANDBOX_DELAY_MS: i64 = 60_000;
pub const SANDBOX_TIMES: i64 = 1_000_000;

/// What a member of a body takes.
#[derive(Debug, Clone, Copy)]
enum Limit {
    /// A text of so many characters.
    Text(usize, usize),
    /// A list of so many entries.
    List(usize, usize),
    /// A list of so many entries, each once.
    Set(usize, usize),
    /// A whole number of this range.
    Number(i64, i64),
}

use Limit::{List, Number, Set, Text};

/// Which shapes have which limits: schema, member, limit.
const STATED: [(&str, &str, Limit); 43] = [
    ("AccountPatch", "iban", Text(IBAN_LEAST, IBAN)),
    ("AccountPatch", "name", Text(1, ACCOUNT_NAME)),
    ("ChangePassword", "current_password", Text(1, PASSWORD)),
    ("ChangePassword", "new_password", Text(PASSWORD_LEAST, PASSWORD)),
    ("CorrectionPatch", "note", Text(1, NOTE)),
    ("CreateAccount", "iban", Text(IBAN_LEAST, IBAN)),
    ("CreateAccount", "name", Text(1, ACCOUNT_NAME)),
    ("CreateAssignmentRun", "movement_ids", Set(1, MOVEMENTS_ASSIGNED)),
    ("CreateCancellation", "comment", Text(1, CANCELLATION_COMMENT)),
    ("CreateCancellation", "reason", Text(1, CANCELLATION_REASON)),
    ("CreateCorrection", "lines", List(1, LINES)),
    ("CreateCorrection", "note", Text(1, NOTE)),
    ("CreateCustomer", "address", Text(1, ADDRESS)),
    ("CreateCustomer", "email", Text(1, EMAIL)),
    ("CreateCustomer", "external_number", Text(1, EXTERNAL_NUMBER)),
    ("CreateCustomer", "iban", Text(IBAN_LEAST, IBAN)),
    ("CreateCustomer", "name", Text(1, NAME)),
    ("CreateOrder", "external_number", Text(1, EXTERNAL_NUMBER)),
    ("CreateOrder", "lines", List(1, LINES)),
    ("CreateOrderLine", "description", Text(1, LINE_DESCRIPTION)),
    ("CreateOrderLine", "sku", Text(1, SKU)),
    ("CreatePayment", "note", Text(1, PAYMENT_NOTE)),
    ("CreateRefund", "internal_comment", Text(1, INTERNAL_COMMENT)),
    ("CreateRefund", "purpose", Text(1, REFUND_PURPOSE)),
    ("CreateSandboxPayment", "purpose", Text(1, SANDBOX_PURPOSE)),
    ("Formalise", "acknowledged", List(0, ACKNOWLEDGEMENTS)),
    ("InstallLicence", "token", Text(1, LICENCE)),
    ("Login", "email", Text(1, EMAIL)),
    ("Login", "password", Text(1, PASSWORD)),
    ("MovementIds", "ids", Set(1, MOVEMENTS_HIDDEN)),
    ("MovementPatch", "internal_comment", Text(1, INTERNAL_COMMENT)),
    ("PutSettings", "auto_assign_max_age_days", Number(1, ASSIGN_AGE_DAYS)),
    ("Refresh", "refresh_token", Text(1, REFRESH_TOKEN)),
    ("RefundPatch", "internal_comment", Text(1, INTERNAL_COMMENT)),
    ("RefundPatch", "purpose", Text(1, REFUND_PURPOSE)),
    ("RejectRefund", "reason", Text(1, REASON)),
    ("SandboxCounterparty", "iban", Text(IBAN_LEAST, IBAN)),
    ("SandboxCounterparty", "name", Text(1, NAME)),
    ("SetBehaviour", "code", Text(1, REFUSAL_CODE)),
    ("SetBehaviour", "delay_ms", Number(0, SANDBOX_DELAY_MS)),
    ("SetBehaviour", "times", Number(1, SANDBOX_TIMES)),
    ("Settings", "auto_assign_max_age_days", Number(1, ASSIGN_AGE_DAYS)),
    ("StartRun", "account_ids", List(0, ACCOUNTS)),
];

/// Writes the limits into the schemas of the document.
pub fn state(schemas: &mut Value) {
    for (schema, member, limit) in STATED {
        let Some(member) = schemas[schema]["properties"].get_mut(member) else { continue };
        let bounds = match limit {
            Text(least, most) => vec![("minLength", json!(least)), ("maxLength", json!(most))],
            List(0, most) => vec![("maxItems", json!(most))],
            List(least, most) => vec![("minItems", json!(least)), ("maxItems", json!(most))],
            Set(least, most) => {
                vec![("minItems", json!(least)), ("maxItems", json!(most)), ("uniqueItems", json!(true))]
            }
            Number(least, most) => vec![("minimum", json!(least)), ("maximum", json!(most))],
        };
        for (name, bound) in bounds {
            member[name] = bound;
        }
    }
}

/// Schema and member of every limit.
#[cfg(test)]
pub fn stated() -> impl Iterator<Item = (&'static str, &'static str)> {
    STATED.iter().map(|(schema, member, _)| (*schema, *member))
}
