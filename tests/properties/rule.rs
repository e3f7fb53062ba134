//! Lists and rules of made-up policies.
//!
//! In come dice and words to choose from; out comes the YAML of a rule, which may be written in another order and made wider.

use crate::dice::Dice;

/// A list in a policy, which may be written in any order.
#[derive(Clone)]
pub(crate) struct List(pub(crate) Vec<String>);

impl List {
    pub(crate) fn of(dice: &mut Dice, words: &[&str]) -> Self {
        let words = dice.some(words, 1).into_iter();
        Self(words.map(str::to_owned).collect())
    }

    pub(crate) fn text(&self) -> String {
        format!("[{}]", self.0.join(", "))
    }
}

/// A rule of an approval policy.
#[derive(Clone)]
pub(crate) enum Rule {
    Absent,
    Values {
        list: List,
        most: Option<usize>,
        flag: bool,
    },
    Any,
}

impl Rule {
    pub(crate) fn of(dice: &mut Dice, words: &[&str]) -> Self {
        match dice.below(6) {
            0 => Self::Absent,
            1 | 2 => Self::Any,
            _ => Self::Values {
                list: List::of(dice, words),
                most: dice.once_in(3).then(|| 1 + dice.below(2)),
                flag: dice.once_in(2),
            },
        }
    }

    /// The same or more.
    pub(crate) fn widen(&mut self, dice: &mut Dice, words: &[&str]) {
        match self {
            Self::Absent => {
                *self = Self::Values {
                    list: List::of(dice, words),
                    most: None,
                    flag: false,
                }
            }
            Self::Any => {}
            Self::Values { list, most, flag } => match dice.below(4) {
                // A reserved name is only admitted where it is spelt out.
                0 if !list.text().contains("system:") => *self = Self::Any,
                0 => {}
                1 => *most = most.map(|most| most + 1),
                2 => *flag = true,
                _ => list.0.push((*dice.one(words)).to_owned()),
            },
        }
    }

    pub(crate) fn text(&self, key: &str, words: &str, flag: &str) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Any if key == "ipAddresses" => format!("{key}: {{any: true}}, "),
            Self::Any => format!(
                "{key}: {{any: true{}}}, ",
                flag.replace(": deny", ": allow")
            ),
            Self::Values {
                list,
                most,
                flag: is_on,
            } => {
                let most = most.map(|most| format!(", maxItems: {most}"));
                let flag = if *is_on { flag } else { "" };
                format!(
                    "{key}: {{{words}: {}{flag}{}}}, ",
                    list.text(),
                    most.unwrap_or_default()
                )
            }
        }
    }
}
