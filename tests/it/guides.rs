//! The guides beside the reference: every page is there, every link leads somewhere, and every code, address and line of
//! a program that they show exists.

use std::collections::BTreeSet;

use heller::error::Code;
use reqwest::{Method, Url};
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::app::TestApp;
use crate::support::guides::{self, repository};

/// Names with an underscore that are neither codes nor in the document: values of problems, settings, variables.
const OTHER_NAMES: [&str; 4] = ["did_you_mean", "current_version", "cors_origins", "base_url"];

fn html(page: &Answer) -> String {
    String::from_utf8(page.bytes.clone()).unwrap()
}

fn quoted_after<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    text.split(word).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn every_guide_has_a_page_and_every_link_of_the_pages_leads_somewhere() {
    let app = TestApp::start().await;
    let stranger = app.anonymous();
    let start = Url::parse("http://here.example/docs/guides/").unwrap();
    let (mut waiting, mut seen) = (vec![start.clone()], BTreeSet::from([start.path().to_owned()]));
    while let Some(url) = waiting.pop() {
        let page = stranger.get(url.path()).header("Accept", "text/html, */*;q=0.1").await.expect(200);
        if !url.path().starts_with("/docs/guides/") {
            continue;
        }
        let text = html(&page);
        assert_eq!(page.header("Content-Security-Policy"), Some("default-src 'none'; style-src 'unsafe-inline'"));
        assert_eq!((page.media(), page.header("Content-Language")), (Some("text/html"), Some("en")));
        assert!(!text.contains("src=") && !text.contains("<script"), "{url} loads something");
        assert!(text.contains("href=\"/docs/\""), "{url} leads back to the reference");
        for link in quoted_after(&text, "href=\"") {
            let target = url.join(link).unwrap();
            assert_eq!(target.origin(), start.origin(), "{url} leads to {link}");
            if let Some(part) = target.fragment() {
                let other = html(&stranger.get(target.path()).await.expect(200));
                assert!(other.contains(&format!(" id=\"{part}\"")), "{url} leads to {link}");
            }
            if seen.insert(target.path().to_owned()) {
                waiting.push(target);
            }
        }
    }
    for (name, _) in guides::all() {
        assert!(seen.contains(&format!("/docs/guides/{name}")), "{name} has no page: src/handlers/guides.rs");
    }
    assert!(seen.contains("/problems/idempotency_key_reused") && seen.contains("/postman.json"), "{seen:?}");
}

#[tokio::test]
async fn the_pages_are_public_and_answer_as_other_addresses_do() {
    let app = TestApp::start().await;
    let stranger = app.anonymous();
    let moved = stranger.get("/docs/guides").await;
    assert_eq!((moved.status, moved.header("Location")), (307, Some("/docs/guides/")));
    for path in ["/docs/guides/", "/docs/guides/errors"] {
        let head = stranger.request(Method::HEAD, path, None).await.expect(200);
        assert!(head.bytes.is_empty());
        let refused = stranger.post(path, json!({})).await;
        refused.problem(405, "method_not_allowed");
        assert_eq!(refused.header("Allow"), Some("GET, HEAD"));
    }
    for path in ["/docs/guides/nothing", "/docs/guides/errors.md", "/docs/guides/errors/more"] {
        stranger.get(path).await.problem(404, "not_found");
    }
    let document = stranger.get("/openapi.json").await.expect(200);
    // The page of the reference shows the description, and so the way to every guide.
    for (name, _) in guides::all() {
        assert!(document.text("/info/description").contains(&format!("](/docs/guides/{name})")), "{name}");
    }
}

#[test]
fn every_name_in_backticks_is_a_code_or_in_the_document() {
    let document = heller::openapi::document();
    let (text, paths) = (document.to_string(), document["paths"].as_object().unwrap());
    for (guide, content) in guides::all() {
        for word in guides::words(&content) {
            let name = word.find('_').is_some_and(|at| at > 0)
                && word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
            let known = Code::parse(&word).is_some() || text.contains(&format!("\"{word}\""));
            assert!(!name || known || OTHER_NAMES.contains(&word.as_str()), "{guide}: what is `{word}`?");
            let Some((method, path)) = word.split_once(' ').filter(|(_, path)| path.starts_with('/')) else { continue };
            let path = path.split('?').next().unwrap();
            let operation = &paths.get(path).unwrap_or_else(|| panic!("{guide}: {word}"))[method.to_lowercase()];
            assert!(!operation.is_null(), "{guide}: {word}");
        }
    }
}

#[test]
fn every_code_in_the_tables_of_codes_exists() {
    let (_, errors) = guides::all().into_iter().find(|(name, _)| name == "errors").unwrap();
    let (_, tables) = errors.split_once("## Codes you will meet").unwrap();
    let rows = tables.lines().filter(|line| line.starts_with("| `"));
    let cells: Vec<&str> = rows.map(|row| row.split('|').nth(1).unwrap()).collect();
    let codes: Vec<String> = cells.iter().flat_map(|cell| guides::words(cell)).collect();
    assert!(codes.len() > 30, "{codes:?}");
    for code in codes {
        assert!(Code::parse(&code).is_some(), "there is no code {code}");
    }
}

/// The clients of the examples are built and run by `tools/contract/run`; what the quick start shows of them is theirs.
#[test]
fn what_the_quick_start_shows_of_the_clients_stands_in_their_examples() {
    let (_, text) = guides::all().into_iter().find(|(name, _)| name == "quick-start").unwrap();
    let sources = [
        ("ts", "## TypeScript", "typescript/source/story.ts"),
        ("python", "## Python", "python/story.py"),
        ("rust", "## Rust", "rust/src/main.rs"),
    ];
    for (language, heading, source) in sources {
        let section = text.split_once(heading).unwrap().1.split("\n## ").next().unwrap();
        let read = |path: &str| std::fs::read_to_string(repository().join("examples").join(path)).unwrap();
        let readme = read(&format!("{}/README.md", source.split('/').next().unwrap()));
        let (source, blocks) = (read(source), guides::blocks(section));
        let kinds: Vec<&str> = blocks.iter().map(|block| block.language.as_str()).collect();
        assert_eq!(kinds, ["console", language]);
        for (block, original) in blocks.iter().zip([&readme, &source]) {
            for line in block.text.lines() {
                let known = original.lines().any(|other| other.trim() == line.trim());
                assert!(known, "{heading}: this is not in the example: {line}");
            }
        }
    }
}
