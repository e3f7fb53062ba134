//! Words of strangers in Markdown, where neither markup, HTML nor a mention works.
//!
//! In comes any text; out comes a code span (GFM 6.3) that it can't end, on one line, and cut where nobody reads on.

use crate::output::text::harmless;

// Nobody reads more of one value.
const SPAN: usize = 1_000;

/// A code span, GFM 6.3: its fence is longer than any run of backticks in it.
pub(super) fn span(text: &str) -> String {
    let text = shortened(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    if fence.len() == 1 && !text.is_empty() {
        format!("`{text}`")
    } else {
        format!("{fence} {text} {fence}")
    }
}

/// Harmless, and not so long that it pushes everything else out.
pub(super) fn shortened(text: &str) -> String {
    let mut text = harmless(text);
    if let Some((end, _)) = text.char_indices().nth(SPAN) {
        text.truncate(end);
        text.push('…');
    }
    text
}

pub(super) fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`').map(str::len);
    runs.max().unwrap_or_default()
}
