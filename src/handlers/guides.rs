//! `/docs/guides/`: the guides of `docs/guides` as pages, rendered once from the Markdown inside the program.
//!
//! Links between the files work in the repository, so here they become links between the pages; codes of problems and
//! addresses of this server become links too. The guides are English, as the rest of the documentation.

use std::fmt::Write;
use std::sync::LazyLock;

use actix_web::{HttpResponse, Responder, web};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::answer::Answered;
use super::html;
use super::problem::lang::Lang;
use crate::error::{Code, Error, Kind};

/// Name in the address, and the text; in reading order.
const GUIDES: [(&str, &str); 6] = [
    ("quick-start", include_str!("../../docs/guides/quick-start.md")),
    ("errors", include_str!("../../docs/guides/errors.md")),
    ("idempotency", include_str!("../../docs/guides/idempotency.md")),
    ("money", include_str!("../../docs/guides/money.md")),
    ("lists", include_str!("../../docs/guides/lists.md")),
    ("changes", include_str!("../../docs/guides/changes.md")),
];

/// Addresses of this server that a text may name in backticks.
const ADDRESSES: [&str; 5] = ["/docs/", "/openapi.json", "/postman.json", "/problems", "/v1/meta/enums"];

/// Outside of the OpenAPI document, as `/docs` itself.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::redirect("/docs/guides", "/docs/guides/"))
        .service(web::resource("/docs/guides/").get(list).default_service(web::to(only_get)))
        .service(web::resource("/docs/guides/{name:.+}").get(show).default_service(web::to(only_get)));
}

async fn list() -> impl Responder {
    html::respond(INDEX.clone(), Lang::En, None)
}

async fn show(name: web::Path<String>) -> Answered {
    let page = PAGES.iter().find(|page| page.name == name.as_str());
    let page = page.ok_or_else(|| Error::not_found(Kind::Address))?;
    Ok(html::respond(page.html.clone(), Lang::En, None))
}

async fn only_get() -> Result<HttpResponse, Error> {
    Err(Error::new(Code::MethodNotAllowed).with("allow", "GET, HEAD"))
}

struct Page {
    name: &'static str,
    /// As HTML.
    title: String,
    /// The first paragraph, as HTML.
    lead: String,
    html: String,
}

static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| GUIDES.iter().map(|(name, text)| page(name, text)).collect());

static INDEX: LazyLock<String> = LazyLock::new(|| {
    let mut body = String::from(
        "<p class=\"crumb\"><a href=\"/docs/\">API reference</a></p>\n<h1>Guides</h1>\n\
         <p class=\"lead\">What the reference cannot say operation by operation.</p>\n<ul class=\"guides\">\n",
    );
    for Page { name, title, lead, .. } in PAGES.iter() {
        writeln!(body, "<li><a href=\"/docs/guides/{name}\">{title}</a>\n{lead}</li>").ok();
    }
    body.push_str("</ul>\n");
    html::document("Guides", Lang::En, &body)
});

fn page(name: &'static str, text: &'static str) -> Page {
    let mut events: Vec<Event<'static>> = Parser::new_ext(text, Options::ENABLE_TABLES).map(rewritten).collect();
    let parts = name_headings(&mut events);
    let title_end = events.iter().position(|event| *event == Event::End(TagEnd::Heading(HeadingLevel::H1)));
    let lead_end = events.iter().position(|event| *event == Event::End(TagEnd::Paragraph));
    let after_title = title_end.map_or(0, |at| at.saturating_add(1));
    let after_lead = lead_end.map_or(after_title, |at| at.saturating_add(1));
    let rendered = |range: &[Event<'static>]| {
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, range.iter().cloned());
        html
    };
    let head = events.get(..after_title).unwrap_or_default();
    let title: String = rendered(head.get(1..head.len().saturating_sub(1)).unwrap_or_default());
    let lead = rendered(events.get(after_title..after_lead).unwrap_or_default());
    let rest = rendered(events.get(after_lead..).unwrap_or_default());
    let rest = rest.replace("<table>", "<div class=\"wide\"><table>").replace("</table>", "</table></div>");
    let mut body = String::from(
        "<p class=\"crumb\"><a href=\"/docs/\">API reference</a> · <a href=\"/docs/guides/\">All guides</a></p>\n",
    );
    write!(body, "<article>\n<h1>{title}</h1>\n<div class=\"lead\">{lead}</div>\n<ul class=\"parts\">\n").ok();
    for (id, part) in parts {
        writeln!(body, "<li><a href=\"#{id}\">{}</a></li>", html::escape(&part)).ok();
    }
    write!(body, "</ul>\n{rest}</article>\n").ok();
    let html = html::document(&title, Lang::En, &body);
    Page { name, title, lead, html }
}

/// Links to other files become links to their pages; what is named in backticks and has a page becomes a link.
fn rewritten(event: Event<'static>) -> Event<'static> {
    match event {
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: target(&dest_url), title, id })
        }
        Event::Code(text) => match address(&text) {
            Some(address) => {
                let shown = html::escape(&text);
                Event::InlineHtml(format!("<a class=\"named\" href=\"{address}\"><code>{shown}</code></a>").into())
            }
            None => Event::Code(text),
        },
        other => other,
    }
}

/// `errors.md#codes` as `/docs/guides/errors#codes`.
fn target(link: &str) -> CowStr<'static> {
    let (file, part) = link.split_once('#').map_or((link, None), |(file, part)| (file, Some(part)));
    match (file.strip_suffix(".md"), part) {
        (Some(name), Some(part)) => format!("/docs/guides/{name}#{part}").into(),
        (Some(name), None) => format!("/docs/guides/{name}").into(),
        (None, _) => link.to_owned().into(),
    }
}

fn address(text: &str) -> Option<String> {
    let problem = Code::parse(text).map(|code| format!("/problems/{code}"));
    problem.or_else(|| ADDRESSES.contains(&text).then(|| text.to_owned()))
}

/// Gives each heading the id that repositories give it too; answers those of the second level with their text.
fn name_headings(events: &mut [Event<'static>]) -> Vec<(String, String)> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut open: Option<&mut Option<CowStr<'static>>> = None;
    for event in events.iter_mut() {
        match event {
            Event::Start(Tag::Heading { id, .. }) => {
                text.clear();
                open = Some(id);
            }
            Event::Text(part) | Event::Code(part) if open.is_some() => text.push_str(part),
            Event::End(TagEnd::Heading(level)) => {
                let id = slug(&text);
                if *level == HeadingLevel::H2 {
                    parts.push((id.clone(), text.clone()));
                }
                if let Some(place) = open.take() {
                    *place = Some(id.into());
                }
            }
            _ => {}
        }
    }
    parts
}

/// Letters and digits in lower case, spaces as dashes, everything else left out.
fn slug(text: &str) -> String {
    let kept = text.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}
