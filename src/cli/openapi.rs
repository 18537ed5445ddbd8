//! `heller openapi`: the document of this program; needs neither settings nor a database.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::failure::Failure;
use super::out;

#[derive(Args)]
pub struct OpenapiArgs {
    /// Write it to a file instead of standard output
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    write: Option<PathBuf>,
    /// Compare it with a file and name the first difference
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "openapi/heller.json")]
    check: Option<PathBuf>,
}

pub fn run(arguments: &OpenapiArgs) -> Result<(), Failure> {
    let text = heller::openapi::text();
    match (&arguments.write, &arguments.check) {
        (Some(path), _) => write(path, &text),
        (_, Some(path)) => check(path, &text),
        _ => {
            out::text(&text);
            Ok(())
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| Failure::settings(format!("cannot write {}: {error}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)?;
    out::line(format!("wrote {}", path.display()));
    Ok(())
}

fn check(path: &Path, ours: &str) -> Result<(), Failure> {
    let stale = |what: &str| {
        out::complaint(format!("{}: {what}; `heller openapi --write {0}` brings it up to date", path.display()));
        Err(Failure::Findings)
    };
    let Ok(theirs) = std::fs::read_to_string(path) else { return stale("cannot be read") };
    if theirs == ours {
        out::line(format!("{} is up to date", path.display()));
        return Ok(());
    }
    let Ok(theirs) = serde_json::from_str::<Value>(&theirs) else { return stale("is no JSON") };
    let ours = serde_json::from_str(ours).map_err(Failure::internal)?;
    match first_difference(&theirs, &ours, String::new()) {
        Some(difference) => stale(&difference),
        None => stale("differs in layout or order only"),
    }
}

/// Where two documents differ first, as an RFC 6901 pointer.
fn first_difference(theirs: &Value, ours: &Value, pointer: String) -> Option<String> {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            let below = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
            let gone = theirs.keys().find(|key| !ours.contains_key(*key));
            let new = ours.keys().find(|key| !theirs.contains_key(*key));
            let changed =
                ours.iter().filter_map(|(key, ours)| first_difference(theirs.get(key)?, ours, below(key))).next();
            new.map(|key| format!("misses {}", below(key)))
                .or_else(|| gone.map(|key| format!("still has {}", below(key))))
                .or(changed)
        }
        (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => theirs
            .iter()
            .zip(ours)
            .enumerate()
            .find_map(|(index, (theirs, ours))| first_difference(theirs, ours, format!("{pointer}/{index}"))),
        (theirs, ours) if theirs == ours => None,
        _ => Some(format!("differs at {pointer}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_is_named_by_its_pointer() {
        let ours = json!({ "paths": { "/v1/a": { "get": { "summary": "A" } } } });
        let difference = |theirs: Value| first_difference(&theirs, &ours, String::new());
        assert_eq!(difference(ours.clone()), None);
        assert_eq!(difference(json!({ "paths": {} })).unwrap(), "misses /paths/~1v1~1a");
        let other = json!({ "paths": { "/v1/a": { "get": { "summary": "B" } } } });
        assert_eq!(difference(other).unwrap(), "differs at /paths/~1v1~1a/get/summary");
        let more = json!({ "paths": { "/v1/a": { "get": { "summary": "A" } } }, "x": 1 });
        assert_eq!(difference(more).unwrap(), "still has /x");
    }
}
