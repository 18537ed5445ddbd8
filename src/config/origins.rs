//! Which web pages of other origins may call this API from a browser: a list of origins, never `*`.
//!
//! An origin is scheme, host and port, written as browsers write it. What is no origin is refused when the settings
//! are read, because a browser would compare it letter by letter and never find it.

use serde::{Deserialize, Deserializer};

/// The variable of the setting, for what reads no file.
pub const VARIABLE: &str = "HELLER_CORS_ORIGINS";

/// Allowed origins; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    named: Vec<String>,
    own_machine: bool,
}

impl Origins {
    /// # Errors
    /// A sentence that names what is no origin.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, String> {
        let texts = texts.iter().map(|text| text.as_ref().trim()).filter(|text| !text.is_empty());
        let named = texts.map(origin).collect::<Result<_, _>>()?;
        Ok(Self { named, own_machine: false })
    }

    /// From the variable alone, commas between the origins.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn from_environment() -> Result<Self, String> {
        let text = std::env::var(VARIABLE).unwrap_or_default();
        Self::parse(&text.split(',').collect::<Vec<_>>())
    }

    /// Whatever a developer serves on this machine, on any port, as well. For the demo, which holds no real data.
    #[must_use]
    pub fn and_own_machine(self) -> Self {
        Self { own_machine: true, ..self }
    }

    pub fn allows(&self, origin: &str) -> bool {
        self.named.iter().any(|allowed| allowed == origin) || (self.own_machine && is_own_machine(origin))
    }

    /// Those that are named.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(String::as_str)
    }
}

fn is_own_machine(origin: &str) -> bool {
    let host = origin.strip_prefix("http://").unwrap_or_default();
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    ["localhost", "127.0.0.1", "[::1]"].contains(&name) && port.parse::<u16>().is_ok()
}

/// One origin as browsers write it: lower case, without the port that the scheme stands for.
fn origin(text: &str) -> Result<String, String> {
    let lower = text.to_ascii_lowercase();
    let lower = lower.strip_suffix('/').unwrap_or(&lower);
    let known = [("https://", ":443"), ("http://", ":80")];
    let found = known.iter().find_map(|(scheme, port)| Some((scheme, port, lower.strip_prefix(scheme)?)));
    let strange = |letter: char| !letter.is_ascii_alphanumeric() && !"-._:[]".contains(letter);
    match found {
        Some((scheme, port, host)) if !host.is_empty() && !host.contains(strange) => {
            Ok(format!("{scheme}{}", host.strip_suffix(port).unwrap_or(host)))
        }
        _ => Err(format!(
            "cors_origins: '{text}' is no origin; each one is written with scheme, host and port only, such as \
             https://app.example.com or http://localhost:5173"
        )),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Text(String),
    List(Vec<String>),
}

impl<'de> Deserialize<'de> for Origins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parsed = match Given::deserialize(deserializer)? {
            Given::Text(text) => Self::parse(&text.split(',').collect::<Vec<_>>()),
            Given::List(list) => Self::parse(&list),
        };
        parsed.map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_kept_as_browsers_write_them() {
        let origins = Origins::parse(&["https://App.Example.com:443/", " http://localhost:5173", ""]).unwrap();
        assert_eq!(origins.iter().collect::<Vec<_>>(), ["https://app.example.com", "http://localhost:5173"]);
        assert!(origins.allows("https://app.example.com") && !origins.allows("http://app.example.com"));
    }

    #[test]
    fn a_demo_also_allows_what_runs_on_the_same_machine_and_nothing_that_looks_like_it() {
        let demo = Origins::default().and_own_machine();
        for own in ["http://localhost:5173", "http://127.0.0.1:3000", "http://[::1]:8080", "http://localhost"] {
            assert!(demo.allows(own) && !Origins::default().allows(own), "{own}");
        }
        for other in ["http://localhost.example:80", "http://127.0.0.1.example", "https://localhost:x", "null", ""] {
            assert!(!demo.allows(other), "{other}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_by_name() {
        for wrong in ["*", "null", "app.example.com", "https://", "https://*.example.com", "https://a.example/app"] {
            assert!(Origins::parse(&[wrong]).unwrap_err().contains(&format!("'{wrong}'")), "{wrong}");
        }
    }
}
