//! The gate: who may call what. Permissions, roles and the licence are plain data; only `require` knows actix.
//! Whether *this* refund may be approved by *this* person is a rule and lives in `domain`.

pub mod ctx;
pub mod keys;
pub mod known_paths;
pub mod permission;
pub mod request_id;
pub mod require;
pub mod role;
