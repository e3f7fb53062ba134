//! Samples of a policy as text for people: each entry with its line, `+` for what fits and `-` for what does not.
//!
//! In come samples; out come lines in which whatever a terminal would obey is shown as its escape.

use std::fmt::Write as _;

use crate::harmless::harmless;
use crate::output::text::wrap::wrap;
use crate::sampling::{Sample, Samples};

/// The text.
#[must_use]
pub fn samples(samples: &Samples) -> String {
    let head = format!(
        "{}: for request `{}` of requester `{}`, `+` fits the entry and `-` does not",
        samples.policy, samples.request, samples.requester
    );
    let mut text = wrap(&harmless(&head), "", "  ") + "\n";
    if samples.entries.is_empty() {
        text.push_str("  no entry lists values, names or blocks\n");
    }
    text.extend(samples.entries.iter().map(sample));
    text
}

fn sample(sample: &Sample) -> String {
    let mut text = format!("\n{}\n", harmless(&sample.entry));
    let place = sample.rule.place().unwrap_or_default();
    let place = format!("{place} {}", sample.rule.field);
    let _ = writeln!(text, "{}", wrap(&harmless(&place), "  ", "  "));
    for (mark, values) in [('+', &sample.inside), ('-', &sample.outside)] {
        for value in values {
            let _ = writeln!(text, "  {mark} {}", harmless(value));
        }
    }
    if sample.inside.is_empty() {
        text.push_str("  no sample was found that fits\n");
    }
    text
}
