//! One wrong value: where it stood, and what its text needs.

use super::Code;

/// Where in the request a value stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Body,
    Query,
    Header,
    Path,
}

impl Place {
    pub const fn as_str(self) -> &'static str {
        match self {
            Place::Body => "body",
            Place::Query => "query",
            Place::Header => "header",
            Place::Path => "path",
        }
    }
}

/// Values for the text of a code: `{name}` in the text is replaced by the value.
pub type Params = Vec<(&'static str, String)>;

/// One wrong value of a request; `pointer` is an RFC 6901 pointer for bodies, a name elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub place: Place,
    pub pointer: String,
    pub code: Code,
    pub params: Params,
}
