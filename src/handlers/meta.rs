//! What front ends need to know about the API itself: every code with its words and colour.

use std::sync::LazyLock;

use actix_web::{HttpResponse, get};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::Answered;
use super::extract::Call;
use super::labels::{self, EnumLabels};
use crate::access::require::Public;
use crate::error::Error;

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(enums);
}

/// Every list of codes of the contract.
#[derive(Debug, Serialize, ToSchema)]
pub struct Enums {
    /// By name.
    pub items: Vec<EnumLabels>,
}

/// The answer and its ETag: both are the same as long as the program is.
static ENUMS: LazyLock<Option<(String, String)>> = LazyLock::new(|| {
    let text = serde_json::to_string(&Enums { items: labels::all() }).ok()?;
    let hash: String = hex::encode(Sha256::digest(&text)).chars().take(16).collect();
    Some((text, format!("\"{hash}\"")))
});

/// Every code with its labels
///
/// German and English, with the colour that lists show it in, so that a front end keeps no list of its own. A description
/// is given where the label does not say it all. Texts of problem codes and reasons hold `{names}` of values.
#[utoipa::path(get, path = "/v1/meta/enums", tag = "Operations", operation_id = "meta_enums",
    params(("If-None-Match" = Option<String>, Header, description = "ETags that are known: 304 when one of them is the current one.")),
    responses((status = 200, body = Enums, headers(("ETag" = String, description = "Changes with the codes and their words."))),
        (status = 304, description = "`If-None-Match` names the current one.", headers(("ETag" = String, description = "The current one.")))))]
#[get("/v1/meta/enums")]
pub async fn enums(_everybody: Public, call: Call) -> Answered {
    let (text, etag) = ENUMS.as_ref().ok_or_else(|| Error::internal("the labels are no JSON"))?;
    let mut answer = if call.has(etag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header(("ETag", etag.as_str())).insert_header(("Cache-Control", "public, max-age=300"));
    if call.has(etag) {
        return Ok(answer.finish());
    }
    Ok(answer.content_type("application/json").body(text.as_str()))
}
