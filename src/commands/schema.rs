//! `gitca schema`: the JSON Schema of a kind, for editors and other programs.
//!
//! In comes the name of a kind, or none for the list of them; out comes JSON, as this version reads files. Nothing is
//! read for it, so that it works anywhere.

use crate::cli::SchemaArgs;
use crate::finding::{Code, Reason, Stop};
use crate::schema;
use crate::yaml::suggest;

/// The schema, or the kinds there are.
///
/// # Errors
/// `ConfigInvalid` when there is no such kind.
pub fn schema(args: &SchemaArgs) -> anyhow::Result<String> {
    let kinds = schema::kinds();
    match &args.kind {
        Some(kind) => text(kind),
        None => Ok(kinds.join("\n") + "\n"),
    }
}

/// The schema of a kind as a file.
///
/// # Errors
/// `ConfigInvalid` when there is no such kind.
pub(super) fn text(kind: &str) -> anyhow::Result<String> {
    let kinds = schema::kinds();
    let found = schema::of(kind).ok_or_else(|| {
        let message = format!("there is no kind `{kind}`");
        Stop::because(Reason::new(Code::ConfigInvalid, message).help(suggest(kind, &kinds)))
    })?;
    Ok(serde_json::to_string_pretty(&found)? + "\n")
}
