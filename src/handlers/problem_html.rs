//! The look of `/problems`.

use std::fmt::Write;

use super::html::{document, escape};
use super::problem::lang::Lang;
use super::problem_pages::ProblemType;

/// Words of the page itself.
struct Words {
    all: &'static str,
    lead: &'static str,
    other: Lang,
    values: &'static str,
}

const fn words(lang: Lang) -> Words {
    match lang {
        Lang::De => Words {
            all: "Alle Fehlercodes",
            lead: "Jede Fehlerantwort nennt einen dieser Codes. Programme lesen den Code, Menschen den Text.",
            other: Lang::En,
            values: "Was in geschweiften Klammern steht, ersetzt die Antwort durch den Wert; er steht dort auch unter seinem Namen.",
        },
        Lang::En => Words {
            all: "All problem codes",
            lead: "Every error answer names one of these codes. Programs read the code, people read the text.",
            other: Lang::De,
            values: "The answer replaces what stands in braces by the value, and carries it under its name too.",
        },
    }
}

/// The meaning of a status, in the words of RFC 9110.
const fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}

pub fn show(item: &ProblemType, lang: Lang) -> String {
    let words = words(lang);
    let (title, detail) = (escape(item.title.pick(lang)), with_values(item.detail.pick(lang)));
    let other = words.other;
    let note =
        if item.detail.en.contains('{') { format!("<p class=\"note\">{}</p>", words.values) } else { String::new() };
    let body = format!(
        "<p class=\"crumb\"><a href=\"/problems\">{all}</a></p>\n\
         <p class=\"status\"><b>{status}</b> {reason}</p>\n\
         <h1>{title}</h1>\n<p class=\"lead\">{detail}</p>\n\
         <p class=\"code\"><code>{code}</code></p>\n\
         <section lang=\"{tag}\">\n<h2>{other_title}</h2>\n<p>{other_detail}</p>\n</section>\n{note}",
        all = words.all,
        status = item.status,
        reason = reason(item.status),
        code = item.code,
        tag = other.tag(),
        other_title = escape(item.title.pick(other)),
        other_detail = with_values(item.detail.pick(other)),
    );
    document(&title, lang, &body)
}

/// All codes, sorted by status already.
pub fn list(items: &[ProblemType], lang: Lang) -> String {
    let words = words(lang);
    let mut body = format!("<h1>{}</h1>\n<p class=\"lead\">{}</p>\n", words.all, words.lead);
    for group in items.chunk_by(|one, next| one.status == next.status) {
        let Some(status) = group.first().map(|item| item.status) else { continue };
        write!(body, "<h2 class=\"group\"><b>{status}</b> {}</h2>\n<dl>\n", reason(status)).ok();
        for item in group {
            let (code, title) = (item.code, escape(item.title.pick(lang)));
            writeln!(body, "<dt><a href=\"/problems/{code}\"><code>{code}</code></a></dt><dd>{title}</dd>").ok();
        }
        body.push_str("</dl>\n");
    }
    document(words.all, lang, &body)
}

/// Escapes a text and marks the values it speaks of.
fn with_values(text: &str) -> String {
    escape(text).replace('{', "<var>{").replace('}', "}</var>")
}

#[cfg(test)]
mod tests {
    use crate::error::Code;
    use crate::handlers::problem::status_of;

    #[test]
    fn every_status_of_a_problem_is_called_something() {
        for code in Code::ALL.iter().copied() {
            assert!(!super::reason(status_of(code).as_u16()).is_empty(), "{code}");
        }
    }
}
