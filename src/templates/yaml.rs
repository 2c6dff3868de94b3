//! Values of YAML, on one line.

use super::{Quoted, YamlString};
use serde::{Serialize, Serializer};
use std::fmt;

/// A value of YAML, written in flow style: `{name: "PGHOST", value: "pg"}`. Every text is quoted (see [`YamlString`]), so only
/// what is a number or a boolean here is one to a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Yaml {
    /// A text.
    Text(String),
    /// A whole number.
    Number(u64),
    /// A boolean.
    Flag(bool),
    /// A list.
    List(Vec<Yaml>),
    /// Values by keys, in the order in which they are written.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// A mapping.
    pub fn map<const N: usize>(entries: [(&str, Yaml); N]) -> Yaml {
        Yaml::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// A list.
    pub fn list<T: Into<Yaml>>(items: impl IntoIterator<Item = T>) -> Yaml {
        Yaml::List(items.into_iter().map(Into::into).collect())
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Yaml {
        Yaml::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Yaml {
        Yaml::Text(text)
    }
}

impl From<u32> for Yaml {
    fn from(number: u32) -> Yaml {
        Yaml::Number(number.into())
    }
}

impl From<u16> for Yaml {
    fn from(number: u16) -> Yaml {
        Yaml::Number(number.into())
    }
}

impl fmt::Display for Yaml {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Yaml::Text(text) => out.write_str(YamlString::new(text).as_str()),
            Yaml::Number(number) => write!(out, "{number}"),
            Yaml::Flag(flag) => write!(out, "{flag}"),
            Yaml::List(items) => {
                out.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    out.write_str(if index > 0 { ", " } else { "" })?;
                    write!(out, "{item}")?;
                }
                out.write_str("]")
            }
            Yaml::Map(entries) => {
                out.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    out.write_str(if index > 0 { ", " } else { "" })?;
                    match is_plain(key) {
                        true => out.write_str(key)?,
                        false => out.write_str(YamlString::new(key).as_str())?,
                    }
                    write!(out, ": {value}")?;
                }
                out.write_str("}")
            }
        }
    }
}

impl Serialize for Yaml {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Quoted::already(self.to_string()).serialize(serializer)
    }
}

/// Whether a key means the same without quotes: a word of letters that no version of YAML takes for a boolean or null.
fn is_plain(key: &str) -> bool {
    let reserved = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !reserved.contains(&key.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::Yaml;

    #[test]
    fn a_value_comes_back_as_it_is() {
        let hostile = ["no", "~", "1e3", "0x10", "a: b}", "{{ x }}", "${y}", "", "x\ny", "], [", "\"", "#"];
        let entries = hostile.map(|text| (text.to_owned(), Yaml::from(text)));
        let value = Yaml::map([
            ("name", Yaml::from("a")),
            ("kubernetes.io/x", Yaml::Map(entries.into())),
            ("list", Yaml::list(hostile)),
            ("number", Yaml::from(7_u32)),
            ("flag", Yaml::Flag(true)),
            ("on", Yaml::List(Vec::new())),
        ]);
        let text = value.to_string();
        assert!(text.starts_with(r#"{name: "a", "kubernetes.io/x": {"no": "no", "~": "~", "#), "{text}");
        assert!(text.ends_with(r#"number: 7, flag: true, "on": []}"#), "{text}");
        let read: serde_norway::Value = serde_norway::from_str(&text).expect("it is YAML");
        let of = |text: &str| serde_norway::Value::String(text.to_owned());
        for text in hostile {
            assert_eq!(read["kubernetes.io/x"][text], of(text), "{text:?}");
        }
        assert_eq!(read["list"], serde_norway::Value::Sequence(hostile.map(of).into()));
        assert_eq!((read["number"].as_u64(), read["flag"].as_bool()), (Some(7), Some(true)));
    }
}
