//! Accounts whose unattended import the system has locked, and why (feature 15).

crate::step! {
    up: "
-- Locked while there is a reason.
ALTER TABLE payment_account ADD COLUMN auto_import_locked_reason text
    CHECK (auto_import_locked_reason IN ('confirmation_required','credentials_invalid'))",
    down: "
ALTER TABLE payment_account DROP COLUMN auto_import_locked_reason"
}
