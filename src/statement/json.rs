//! JSON that can be read one way only: a tree without duplicate keys, nulls, or more depth than a statement has.
//!
//! In comes a text; out comes a [`Json`] whose pieces are asked for by name. serde's derived readers would take a list
//! for an object and a null for nothing, which is too much licence for what people sign.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

// A statement has four levels; the format lets extensions have eight.
const DEPTH: usize = 8;

/// One value.
pub(super) enum Json {
    Object(BTreeMap<String, Json>),
    List(Vec<Json>),
    Text(String),
    /// A number, a boolean or null, which no field of a statement is.
    Other,
}

/// An object whose keys are known.
pub(super) struct Object<'a>(&'a BTreeMap<String, Json>);

impl Json {
    /// Reads a text that is one value.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let json: Self = serde_json::from_str(text)
            .map_err(|error| format!("is not one JSON value: {error}"))?;
        if json.depth() > DEPTH {
            return Err(format!("is nested deeper than {DEPTH} levels"));
        }
        Ok(json)
    }

    fn depth(&self) -> usize {
        let below = match self {
            Self::Object(fields) => fields.values().map(Self::depth).max(),
            Self::List(items) => items.iter().map(Self::depth).max(),
            Self::Text(_) | Self::Other => return 0,
        };
        1 + below.unwrap_or_default()
    }

    pub(super) fn object(&self, name: &str, known: &[&str]) -> Result<Object<'_>, String> {
        let Self::Object(fields) = self else {
            return Err(format!("`{name}` must be an object"));
        };
        match fields.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(format!(
                "`{}` is not a field of `{name}`",
                key.escape_debug()
            )),
            None => Ok(Object(fields)),
        }
    }

    pub(super) fn list(&self, name: &str) -> Result<&[Self], String> {
        match self {
            Self::List(items) => Ok(items),
            _ => Err(format!("`{name}` must be a list")),
        }
    }
}

impl<'a> Object<'a> {
    pub(super) fn get(&self, key: &str) -> Result<&'a Json, String> {
        self.0
            .get(key)
            .ok_or_else(|| format!("`{key}` is required"))
    }

    pub(super) fn text(&self, key: &str) -> Result<&'a str, String> {
        match self.get(key)? {
            Json::Text(text) => Ok(text),
            _ => Err(format!("`{key}` must be a string")),
        }
    }

    pub(super) fn optional_text(&self, key: &str) -> Result<Option<&'a str>, String> {
        if self.0.contains_key(key) {
            self.text(key).map(Some)
        } else {
            Ok(None)
        }
    }

    pub(super) fn parse<T: FromStr>(&self, key: &str) -> Result<T, String>
    where
        T::Err: fmt::Display,
    {
        let text = self.text(key)?;
        text.parse().map_err(|error| format!("`{key}` {error}"))
    }

    pub(super) fn constant(&self, key: &str, value: &str) -> Result<(), String> {
        if self.text(key)? == value {
            Ok(())
        } else {
            Err(format!("`{key}` must be `{value}`"))
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry::<String, Json>()? {
            if fields.contains_key(&key) {
                let key = key.escape_debug();
                return Err(de::Error::custom(format_args!(
                    "the key `{key}` is there twice"
                )));
            }
            fields.insert(key, value);
        }
        Ok(Json::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = elements.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }
}
