//! The documentation page: all that it loads comes from this server, so it works where there is no internet.

use std::collections::BTreeSet;

use reqwest::Url;

use crate::support::app::TestApp;

/// What would load from the address that follows it.
const LOADING: [&str; 10] = [
    "url(",
    "@import ",
    "src=",
    "src:",
    "fetch(",
    "import(",
    "importScripts(",
    "Worker(",
    "EventSource(",
    "XMLHttpRequest(",
];

/// Texts in quotes that follow each of these words.
fn quoted_after(text: &str, words: &[&str]) -> Vec<String> {
    let quoted = |rest: &str| {
        let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        rest[1..].split_once(quote).map(|(found, _)| found.to_owned())
    };
    let after = |word: &&str| text.split(word).skip(1).filter_map(|rest| quoted(rest.trim_start())).collect::<Vec<_>>();
    words.iter().flat_map(after).collect()
}

/// What a page, a style or the script that starts the page refers to.
fn references(path: &str, media: &str, text: &str) -> Vec<String> {
    match media {
        "text/html" => quoted_after(text, &["src=", "href="]),
        "text/css" => {
            let urls = text.split("url(").skip(1).filter_map(|rest| rest.split_once(')'));
            let urls = urls.map(|(url, _)| url.trim_matches(['"', '\'']).to_owned());
            urls.filter(|url| !url.starts_with("data:")).collect()
        }
        _ if path.ends_with("swagger-initializer.js") => quoted_after(text, &["\"url\":", "url:", "fetch("]),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn every_part_of_the_documentation_comes_from_this_server() {
    let app = TestApp::start().await;
    let stranger = app.anonymous();
    let moved = stranger.get("/docs").await;
    assert_eq!((moved.status / 100, moved.header("Location")), (3, Some("/docs/")), "{moved:?}");
    let here = Url::parse("http://here.example/docs/").unwrap();
    let (mut waiting, mut seen) = (vec![here.clone()], BTreeSet::from([here.clone()]));
    while let Some(url) = waiting.pop() {
        let answer = stranger.get(url.path()).await.expect(200);
        let text = String::from_utf8_lossy(&answer.bytes);
        for word in LOADING {
            let far = ["", "\"", "'", "`"]
                .into_iter()
                .flat_map(|quote| ["http:", "https:", "//"].map(|scheme| format!("{word}{quote}{scheme}")));
            for far in far {
                assert!(!text.contains(&far), "{url} loads {far}…");
            }
        }
        for reference in references(url.path(), answer.media().unwrap_or_default(), &text) {
            let target = url.join(&reference).unwrap();
            assert_eq!(target.origin(), here.origin(), "{url} loads {reference}");
            if seen.insert(target.clone()) {
                waiting.push(target);
            }
        }
    }
    let seen: Vec<&str> = seen.iter().map(Url::path).collect();
    for part in ["/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/docs/swagger-initializer.js", "/openapi.json"]
    {
        assert!(seen.contains(&part), "{part}: {seen:?}");
    }
}

#[tokio::test]
async fn the_page_asks_nobody_to_validate_the_document() {
    let app = TestApp::start().await;
    let start = app.anonymous().get("/docs/swagger-initializer.js").await.expect(200);
    let start = String::from_utf8(start.bytes.clone()).unwrap();
    // Absent means a server in the internet, and its badge on the page.
    assert_eq!(quoted_after(&start, &["\"validatorUrl\":"]), ["none"], "{start}");
    assert!(!start.contains("://"), "{start}");
}

#[tokio::test]
async fn outside_of_a_demo_no_page_is_logged_in() {
    let app = TestApp::start().await;
    let stranger = app.anonymous();
    stranger.get("/demo/token").await.problem(404, "not_found");
    let start = stranger.get("/docs/swagger-initializer.js").await.expect(200);
    assert!(!String::from_utf8_lossy(&start.bytes).contains("token"), "{start:?}");
}
