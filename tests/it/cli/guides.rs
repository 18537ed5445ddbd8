//! The guides, as a newcomer follows them: every `sh` block pasted into one shell beside a demo, and every answer that is
//! printed below a block compared with the one that came.

use serde_json::Value;

use super::demo::{self, Demo};
use crate::support::guides::{self, Block};

/// Between the outputs of two blocks.
const MARK: &str = "==== block ====";

/// A value as a guide prints it: shortened, with `…` for what is different every time.
fn fits(printed: &Value, answered: &Value) -> bool {
    match (printed, answered) {
        (Value::Object(printed), Value::Object(_)) => {
            printed.iter().all(|(name, value)| answered.get(name).is_some_and(|answer| fits(value, answer)))
        }
        (Value::Array(printed), Value::Array(answered)) => {
            printed.len() <= answered.len() && printed.iter().zip(answered).all(|(one, other)| fits(one, other))
        }
        (Value::String(printed), Value::String(answered)) => match printed.split_once('…') {
            Some((start, end)) => answered.starts_with(start) && answered.ends_with(end),
            None => printed == answered,
        },
        _ => printed == answered,
    }
}

/// What a guide prints below a block against what the block has printed.
fn compare(guide: &str, block: &Block, expected: Option<&Block>, printed: &str) {
    let context = format!("{guide}:\n{}printed\n{printed}", block.text);
    let last = printed.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    match expected.map(|block| (block.language.as_str(), &block.text)) {
        Some(("json", text)) => {
            let expected: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
            let answer: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("no answer. {context}"));
            assert!(fits(&expected, &answer), "{context}expected\n{text}");
        }
        Some(("text", text)) => {
            let found = |line: &str| printed.lines().any(|printed| printed.trim_end() == line);
            assert!(text.lines().all(found), "{context}expected\n{text}");
        }
        _ => assert!(!printed.contains("/problems/"), "{context}"),
    }
}

#[tokio::test]
async fn every_command_of_the_guides_does_what_the_guide_says() {
    let demo = Demo::new().await;
    let (running, line) = demo.start_for_a_script(&[]);
    let user = line["users"].as_array().unwrap().iter().find(|user| user["role"] == "accountant").unwrap();
    let value = |value: &Value| value.as_str().unwrap().to_owned();
    let exports = format!(
        "set -u\nexport HELLER_URL={} HELLER_EMAIL={} HELLER_PASSWORD={}",
        value(&line["url"]),
        value(&user["email"]),
        value(&user["password"])
    );
    let guides: Vec<(String, Vec<Block>)> =
        guides::all().into_iter().map(|(name, text)| (name, guides::blocks(&text))).collect();
    let steps = guides.iter().flat_map(|(name, blocks)| {
        let next = blocks.iter().skip(1).map(Some).chain([None]);
        let shell = |(block, _): &(&Block, Option<&Block>)| block.language == "sh";
        blocks.iter().zip(next).filter(shell).map(move |(block, next)| (name, block, next))
    });
    // The first block says where the server is and who one is: here that is known already.
    let steps: Vec<_> = steps.filter(|(_, block, _)| !block.text.starts_with("export HELLER_")).collect();
    let commands: Vec<String> = [exports]
        .into_iter()
        .chain(steps.iter().map(|(_, block, _)| format!("echo '{MARK}'\n{}", block.text)))
        .collect();
    let Some(printed) = demo::paste(&commands) else { return };
    let printed: Vec<&str> = printed.split(MARK).skip(1).collect();
    assert_eq!(printed.len(), steps.len(), "{printed:?}");
    assert!(steps.len() > 20, "{}", steps.len());
    for ((guide, block, expected), printed) in steps.iter().zip(printed) {
        let answer = expected.filter(|next| next.language != "sh");
        compare(guide, block, answer, printed);
    }
    running.stop().expect(0);
}
