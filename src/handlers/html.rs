//! What the pages of this server have in common: one frame with the style sheet inside, and the headers that forbid it
//! to load anything from anywhere.

use actix_web::HttpResponse;

use super::problem::lang::Lang;

const STYLE: &str = include_str!("html.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// A whole page; title and body are HTML already.
pub fn document(title: &str, lang: Lang, body: &str) -> String {
    let guides = match lang {
        Lang::De => "Anleitungen (englisch)",
        Lang::En => "Guides",
    };
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Heller</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         <footer>Heller {} · <a href=\"/docs/\">API</a> · <a href=\"/docs/guides/\">{guides}</a></footer>\n\
         </body>\n</html>\n",
        lang.tag(),
        env!("CARGO_PKG_VERSION"),
    )
}

/// The answer that carries a page; `vary` names the headers that another page would have been sent for.
pub fn respond(html: String, lang: Lang, vary: Option<&'static str>) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.insert_header(("Content-Security-Policy", POLICY)).insert_header(("Content-Language", lang.tag()));
    if let Some(vary) = vary {
        answer.insert_header(("Vary", vary));
    }
    answer.content_type("text/html; charset=utf-8").body(html)
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
