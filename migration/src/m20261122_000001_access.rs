//! Who may do what: installation, users, sessions, refresh tokens, throttling, licence and settings.

crate::step! {
    up: "
CREATE TABLE installation (
    id {uuid} NOT NULL PRIMARY KEY,
    singleton integer NOT NULL UNIQUE CHECK (singleton = 1),
    purpose text NOT NULL CHECK (purpose IN ('production','demo')),
    created_at {instant} NOT NULL,
    licence_token text,
    licence_installed_at {instant},
    trial_started_at {instant}
)
;;
CREATE TABLE setting (
    name text NOT NULL PRIMARY KEY,
    value text NOT NULL,
    updated_at {instant} NOT NULL,
    updated_by {uuid},
    version bigint NOT NULL
)
;;
CREATE TABLE app_user (
    id {uuid} NOT NULL PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    active boolean NOT NULL,
    version bigint NOT NULL,
    created_at {instant} NOT NULL
)
;;
-- Logins find a user by this; e-mail is stored in lower case.
CREATE UNIQUE INDEX app_user_email_key ON app_user (email)
;;
CREATE TABLE user_role (
    user_id {uuid} NOT NULL REFERENCES app_user (id),
    role text NOT NULL CHECK (role IN ('accountant','refund_clerk','sales_clerk','cashier','auditor','admin')),
    PRIMARY KEY (user_id, role)
)
;;
CREATE TABLE session (
    id {uuid} NOT NULL PRIMARY KEY,
    user_id {uuid} NOT NULL REFERENCES app_user (id),
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    revoked_at {instant}
)
;;
CREATE INDEX session_user_idx ON session (user_id)
;;
CREATE TABLE refresh_token (
    token_hash text NOT NULL PRIMARY KEY,
    session_id {uuid} NOT NULL REFERENCES session (id),
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    used_at {instant}
)
;;
CREATE INDEX refresh_token_session_idx ON refresh_token (session_id)
;;
CREATE TABLE login_throttle (
    subject text NOT NULL PRIMARY KEY,
    failures integer NOT NULL CHECK (failures >= 0),
    blocked_until {instant},
    updated_at {instant} NOT NULL
)",
    drop: ["login_throttle", "refresh_token", "session", "user_role", "app_user", "setting", "installation"]
}
