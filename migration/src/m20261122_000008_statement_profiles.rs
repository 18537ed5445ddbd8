//! How statement files of rows and columns are read, where the built-in profiles do not fit.

crate::step! {
    up: "
CREATE TABLE statement_profile (
    id {uuid} NOT NULL PRIMARY KEY,
    account_id {uuid} REFERENCES payment_account (id),
    name text NOT NULL,
    -- As JSON: columns, formats and words. It is read and written whole, and no query looks into it.
    rules text NOT NULL,
    version bigint NOT NULL,
    created_by {uuid} NOT NULL REFERENCES app_user (id),
    created_at {instant} NOT NULL
)
;;
-- Those that an import of an account may use.
CREATE INDEX statement_profile_account_idx ON statement_profile (account_id, id)
",
    drop: ["statement_profile"]
}
