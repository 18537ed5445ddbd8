//! The events of the stream.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::progress::{StreamEnd, StreamEvent};

/// One event, as a client has read it. More kinds of events may come: pass over what you do not know.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProgressEvent {
    /// The position behind this event, for `Last-Event-ID`.
    #[schema(example = "AAZEDZ_hAAA")]
    pub id: String,
    pub event: StreamEvent,
    /// JSON. Of a run or a refund exactly what its own address answers; of `end` why.
    #[schema(content_media_type = "application/json", example = "{\"reason\":\"settled\"}")]
    pub data: String,
    /// Milliseconds to wait before connecting again; told once.
    #[schema(nullable = false, minimum = 0, example = 1000)]
    pub retry: Option<u32>,
}

/// What `end` says.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StreamEnded {
    pub reason: StreamEnd,
}
