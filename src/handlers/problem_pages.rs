//! `/problems` and `/problems/{code}`: what a problem's `type` leads to. A page for people, JSON for programs, both
//! from the catalogue that the answers themselves are made from.

use std::cmp::Reverse;

use actix_web::http::header::ACCEPT;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer::Answered;
use super::html;
use super::problem::catalogue;
use super::problem::lang::{Lang, thousandths};
use super::problem_html;
use crate::access::require::Public;
use crate::error::{Code, Error, Kind};

pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(show);
}

/// A text in both languages.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bilingual {
    #[schema(example = "More than is open")]
    pub en: &'static str,
    #[schema(example = "Mehr als offen ist")]
    pub de: &'static str,
}

/// A code, its one status and its texts. `{name}` stands for a value of the problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemType {
    #[serde(rename = "type")]
    #[schema(example = "/problems/amount_exceeds_open_amount")]
    pub kind: String,
    pub code: Code,
    #[schema(example = 422)]
    pub status: u16,
    pub title: Bilingual,
    pub detail: Bilingual,
}

/// Every problem this API knows, by status.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemTypes {
    pub items: Vec<ProblemType>,
}

impl From<Code> for ProblemType {
    fn from(code: Code) -> Self {
        let entry = catalogue::entry_of(code);
        Self {
            kind: format!("/problems/{code}"),
            code,
            status: entry.status,
            title: Bilingual { en: entry.en.0, de: entry.de.0 },
            detail: Bilingual { en: entry.en.1, de: entry.de.1 },
        }
    }
}

impl Bilingual {
    pub const fn pick(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::De => self.de,
            Lang::En => self.en,
        }
    }
}

/// List every problem
///
/// HTML for a browser, JSON otherwise.
#[utoipa::path(get, path = "/problems", tag = "Operations", operation_id = "problem_list",
    responses((status = 200, content((ProblemTypes = "application/json"), (String = "text/html")))))]
#[get("/problems")]
pub async fn list(request: HttpRequest, _everybody: Public) -> HttpResponse {
    let mut items: Vec<ProblemType> = Code::ALL.iter().copied().map(ProblemType::from).collect();
    items.sort_by_key(|item| (item.status, item.code.as_str()));
    if wants_html(&request) {
        return page(problem_html::list(&items, Lang::of(&request)), &request);
    }
    HttpResponse::Ok().insert_header(("Vary", "Accept")).json(ProblemTypes { items })
}

/// Explain a problem
///
/// HTML for a browser, JSON otherwise.
#[utoipa::path(get, path = "/problems/{code}", tag = "Operations", operation_id = "problem_show",
    params(("code" = Code, Path, example = "amount_exceeds_open_amount")),
    responses((status = 200, content((ProblemType = "application/json"), (String = "text/html"))),
        (status = 404, description = "`not_found`")))]
#[get("/problems/{code}")]
pub async fn show(request: HttpRequest, _everybody: Public, code: web::Path<String>) -> Answered {
    let code = Code::parse(&code).ok_or_else(|| Error::not_found(Kind::Problem))?;
    let item = ProblemType::from(code);
    if wants_html(&request) {
        return Ok(page(problem_html::show(&item, Lang::of(&request)), &request));
    }
    Ok(HttpResponse::Ok().insert_header(("Vary", "Accept")).json(item))
}

fn page(html: String, request: &HttpRequest) -> HttpResponse {
    html::respond(html, Lang::of(request), Some("Accept, Accept-Language"))
}

/// Browsers want `text/html` most; programs want JSON or anything. What is wanted as much and named first wins.
fn wants_html(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wanted = |name: &str| {
        let mut parts = accept.split(',').enumerate().map(|(at, part)| (at, part.trim()));
        let (at, part) = parts.find(|(_, part)| part.split(';').next().is_some_and(|media| media.trim() == name))?;
        let quality = part.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
        Some((quality.map_or(1000, thousandths), Reverse(at)))
    };
    wanted("text/html").is_some_and(|html| html.0 > 0 && wanted("application/json").is_none_or(|json| html > json))
}
