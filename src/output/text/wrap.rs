//! Texts in lines of at most 80 columns, broken where that does no harm.
//!
//! In comes a text and what its lines begin with; out come the lines. Words that are longer stay whole, and so does what stands
//! between backticks if it is short or a command: they are there to be copied.

const COLUMNS: usize = 80;
const SHORT: usize = 32;
// How commands begin that a text may name.
const COMMANDS: [&str; 5] = ["gitca ", "git ", "openssl ", "chmod ", "kubectl "];

/// The text in lines; the first begins with `first`, the others with `next`.
pub(super) fn wrap(text: &str, first: &str, next: &str) -> String {
    let mut lines = String::from(first);
    let mut column = first.chars().count();
    let mut fresh = true;
    for word in words(text) {
        let length = word.chars().count();
        if !fresh && column + 1 + length > COLUMNS {
            lines.push('\n');
            lines.push_str(next);
            column = next.chars().count();
            fresh = true;
        }
        if !fresh {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
        fresh = false;
    }
    lines
}

/// The pieces between spaces, but what stands between backticks as one if it is short or a command.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let from = whole(text).unwrap_or_default();
        let end = text[from..].find(' ').map(|at| from + at);
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// Where the backticks close that the text begins with, if nothing between them may be broken.
fn whole(text: &str) -> Option<usize> {
    let quoted = text.strip_prefix('`')?;
    let (inside, _) = quoted.split_once('`')?;
    let is_command = COMMANDS.iter().any(|command| inside.starts_with(command));
    (is_command || inside.len() <= SHORT).then_some(inside.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_wrapped_between_words() {
        let text = wrap(&"word ".repeat(30), "  help: ", "        ");
        assert!(
            text.lines().all(|line| line.chars().count() <= COLUMNS),
            "{text}"
        );
    }

    #[test]
    fn a_command_stays_in_one_line() {
        for (text, expected) in [
            ("a `gitca check b`, c", vec!["a", "`gitca check b`,", "c"]),
            ("`git add x", vec!["`git", "add", "x"]),
            ("`a b` `gitca c`", vec!["`a b`", "`gitca c`"]),
            (
                "`words that are no command at all, but many`",
                vec![
                    "`words", "that", "are", "no", "command", "at", "all,", "but", "many`",
                ],
            ),
            ("", vec![""]),
        ] {
            assert_eq!(words(text).collect::<Vec<_>>(), expected);
        }
    }
}
