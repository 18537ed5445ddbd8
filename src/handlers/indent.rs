//! JSON for people: `Accept: application/json; indent=2` asks for line breaks and two blanks a level. Answers are compact
//! otherwise, because most readers are programs. Only blanks are added: no value, order or number is touched.

/// Deepest indent that is given.
const WIDTH_MAX: usize = 8;

/// How many blanks a level an `Accept` asks for; none when it does not.
pub fn asked(accept: &str) -> Option<usize> {
    let range = accept.split(',').find(|range| range.trim_start().to_ascii_lowercase().starts_with("application/"))?;
    let width = range.split(';').skip(1).find_map(|part| part.trim().strip_prefix("indent="))?;
    width.trim().parse().ok().filter(|width| (1..=WIDTH_MAX).contains(width))
}

/// Compact JSON with line breaks and indents.
pub fn indented(compact: &[u8], width: usize) -> Vec<u8> {
    let mut writer = Writer { out: Vec::with_capacity(compact.len().saturating_mul(2)), width, depth: 0 };
    let (mut quoted, mut escaped, mut opened) = (false, false, false);
    for &byte in compact {
        if quoted {
            writer.out.push(byte);
            (quoted, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            continue;
        }
        let closes = matches!(byte, b'}' | b']');
        // An empty list or object stays on its line.
        if opened && !closes {
            writer.line(1);
        }
        match byte {
            b'}' | b']' if opened => writer.out.push(byte),
            b'}' | b']' => {
                writer.line(-1);
                writer.out.push(byte);
            }
            b',' => {
                writer.out.push(byte);
                writer.line(0);
            }
            b':' => writer.out.extend_from_slice(b": "),
            _ => writer.out.push(byte),
        }
        opened = matches!(byte, b'{' | b'[');
        quoted = byte == b'"';
    }
    writer.out.push(b'\n');
    writer.out
}

struct Writer {
    out: Vec<u8>,
    width: usize,
    depth: usize,
}

impl Writer {
    /// Begins a line, so much deeper than the last one.
    fn line(&mut self, deeper: isize) {
        self.depth = self.depth.saturating_add_signed(deeper);
        self.out.push(b'\n');
        self.out.resize(self.out.len().saturating_add(self.depth.saturating_mul(self.width)), b' ');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_width_is_a_parameter_of_the_json_type() {
        assert_eq!(asked("application/json; indent=2"), Some(2));
        assert_eq!(asked("text/html, application/json;q=0.9;indent=4"), Some(4));
        for none in ["", "*/*", "application/json", "application/json; indent=0", "application/json; indent=99"] {
            assert_eq!(asked(none), None, "{none}");
        }
    }

    #[test]
    fn it_looks_as_people_write_it() {
        let text = indented(br#"{"a":[],"b":{"c":"x,\"{}\\"},"d":[1,2]}"#, 2);
        let expected =
            "{\n  \"a\": [],\n  \"b\": {\n    \"c\": \"x,\\\"{}\\\\\"\n  },\n  \"d\": [\n    1,\n    2\n  ]\n}\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), any::<i64>().prop_map(|n| json!(n)), ".*".prop_map(|s| json!(s))];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                proptest::collection::vec((".*", inner), 0..5)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_value_stays_what_it_was(value in values()) {
            let compact = serde_json::to_vec(&value).unwrap();
            let pretty = indented(&compact, 2);
            prop_assert_eq!(serde_json::from_slice::<Value>(&pretty).unwrap(), value);
            let other = String::from_utf8(pretty).unwrap();
            prop_assert_eq!(other.trim_end(), serde_json::to_string_pretty(&serde_json::from_str::<Value>(&other).unwrap()).unwrap());
        }
    }
}
