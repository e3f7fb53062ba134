//! Streams: where the documents of a text begin and end.
//!
//! In comes a text; out comes each document in it that holds anything, with the number of lines before it. Marks are
//! those of YAML 1.2.2 that stand on a line of their own; JSON texts may follow each other without any. What a document
//! says is for the strict reader.

use serde::de::IgnoredAny;

/// The documents of a stream that hold anything, each with the number of lines before it (YAML 1.2.2, 9.2).
pub(super) fn documents(text: &str) -> Vec<(u32, String)> {
    let mut documents = vec![(0, String::new())];
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if is_mark(line) {
            documents.push((number, String::new()));
        } else if let Some((_, document)) = documents.last_mut() {
            document.push_str(line);
        }
    }
    documents.retain(|(_, document)| {
        let says_something = |line: &str| !line.trim().is_empty() && !line.trim().starts_with('#');
        document.lines().any(says_something)
    });
    documents.into_iter().flat_map(json_texts).collect()
}

/// Whether a document begins or ends with this line, which may hold a comment but nothing of the document.
fn is_mark(line: &str) -> bool {
    let rest = line.strip_prefix("---").or(line.strip_prefix("..."));
    rest.is_some_and(|rest| {
        let spaced = rest.starts_with([' ', '\t']);
        rest.trim().is_empty() || spaced && rest.trim_start().starts_with('#')
    })
}

/// JSON texts one after the other, as `jq '.items[]'` prints them, as one document each.
fn json_texts((line, document): (u32, String)) -> Vec<(u32, String)> {
    let mut texts = Vec::new();
    let mut before = line;
    let mut stream = serde_json::Deserializer::from_str(&document).into_iter::<IgnoredAny>();
    let mut start = 0;
    while let Some(Ok(_)) = stream.next() {
        let end = stream.byte_offset();
        let text = &document[start..end];
        texts.push((before, text.to_owned()));
        let lines = u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX);
        before = before.saturating_add(lines);
        start = end;
    }
    // Whatever is not JSON to its end is for the reader of YAML, which says what is wrong with it.
    if document[start..].trim().is_empty() {
        texts
    } else {
        vec![(line, document)]
    }
}
