//! What each code means, in one sentence, for outputs that explain their rules.
//!
//! The sentences are the lines of `meanings.txt`, in the order of the codes: what is wrong in general, while the message of
//! a reason says what is wrong here. A rule must read the same in every report, so nothing of a request goes in.

use crate::finding::code::Code;

const MEANINGS: &str = include_str!("meanings.txt");

impl Code {
    /// What is wrong wherever this code appears: lower case, no full stop.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        let name = self.as_str();
        let mut rows = MEANINGS.lines().filter_map(|line| line.split_once(": "));
        rows.find(|(code, _)| *code == name)
            .map_or("see the message", |(_, meaning)| meaning)
    }

    /// The code that is spelt so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        serde_json::from_value(name.into()).ok()
    }

    /// The spelling of every code.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        let rows = MEANINGS.lines().filter_map(|line| line.split_once(": "));
        rows.map(|(code, _)| code).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_meaning_in_the_order_of_the_codes() {
        let source = include_str!("code.rs");
        let (_, list) = source.split_once("pub enum Code {").expect("the codes");
        let (list, _) = list.split_once("\n}").expect("their end");
        let variants: Vec<String> = list
            .lines()
            .filter_map(|line| line.trim().strip_suffix(','))
            .filter(|word| word.chars().all(char::is_alphanumeric))
            .map(str::to_lowercase)
            .collect();
        assert!(variants.len() > 150, "only {} codes", variants.len());
        let named: Vec<String> = Code::names()
            .iter()
            .map(|name| name.to_lowercase())
            .collect();
        assert_eq!(named, variants);
        for name in Code::names() {
            assert!(Code::named(name).is_some(), "{name} is spelt otherwise");
        }
    }
}
