//! The file that a revocation becomes: its text, and whether another one says the same.
//!
//! In come what was typed and which certificates are meant; out comes YAML that the reader of revocations has read
//! back. What can't be written so that it means the same is refused.

use std::fmt::Write as _;
use std::path::Path;

use crate::cli::RevokeArgs;
use crate::commands::new::scalar;
use crate::control::document::API_VERSION;
use crate::finding::{Code, Reason, Stop};
use crate::names::{ObjectId, RepoPath, RequestName};
use crate::revocation::{KIND, Revocation, Which};
use crate::schema;
use crate::snapshot::Blob;
use crate::worktree;

/// What a person wants to be written.
pub(super) struct Draft<'a> {
    pub(super) name: &'a RequestName,
    args: &'a RevokeArgs,
    has_schema: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        name: &'a RequestName,
        args: &'a RevokeArgs,
        root: &Path,
    ) -> anyhow::Result<Self> {
        let schema: RepoPath = schema_file().parse()?;
        Ok(Self {
            name,
            args,
            has_schema: worktree::file(root, &schema)?.is_some(),
        })
    }

    /// The octets of the file.
    ///
    /// # Errors
    /// When they would be no revocation.
    pub(super) fn text(&self, which: &Which) -> Result<Vec<u8>, Stop> {
        let mut text = String::new();
        if self.has_schema {
            // From `requests/`, and one more for each folder in it.
            let up = "../".repeat(self.name.manifest().as_str().matches('/').count());
            let _ = writeln!(
                text,
                "# yaml-language-server: $schema={up}{}",
                schema_file()
            );
        }
        let _ = write!(
            text,
            "apiVersion: {API_VERSION}\nkind: {KIND}\nmetadata:\n  name: {}\nspec:\n",
            scalar(self.name.name())
        );
        match which {
            Which::All => text.push_str("  all: true\n"),
            Which::Serials(serials) => {
                text.push_str("  serialNumbers:\n");
                for serial in serials {
                    let _ = writeln!(text, "  - \"{serial}\"");
                }
            }
        }
        let _ = writeln!(text, "  reason: {}", self.args.reason);
        let display = [
            ("revokedBy", &self.args.by),
            ("comment", &self.args.comment),
        ];
        for (key, value) in display {
            if let Some(value) = value {
                let _ = writeln!(text, "  {key}: {}", quoted(value));
            }
        }
        let bytes = text.into_bytes();
        read(self.name, &bytes).map_err(|reasons| unwritable(&reasons))?;
        Ok(bytes)
    }

    /// Whether this file says the same of these certificates.
    pub(super) fn is_said_by(&self, there: &Blob, which: &Which) -> bool {
        let there = Revocation::read(self.name, there);
        there.is_ok_and(|there| {
            there.which == *which
                && there.reason == self.args.reason
                && there.revoked_by == self.args.by
                && there.comment == self.args.comment
        })
    }
}

fn read(name: &RequestName, bytes: &[u8]) -> Result<Revocation, Vec<Reason>> {
    let blob = Blob {
        id: ObjectId([0; 20]),
        bytes: bytes.to_vec(),
    };
    Revocation::read(name, &blob)
}

/// Only what was typed as text can be wrong in it.
fn unwritable(reasons: &[Reason]) -> Stop {
    let why: Vec<String> = reasons
        .iter()
        .map(|reason| reason.message.clone())
        .collect();
    let message = format!(
        "`--comment` or `--by` can't stand in a file: {}",
        why.join("; ")
    );
    let reason = Reason::new(Code::MalformedSpec, message);
    Stop::because(reason.help("write it on one line, in plain characters"))
}

fn schema_file() -> String {
    format!(".gitca/schema/{}", schema::file_name(KIND))
}

/// A text as JSON, which is YAML that no reader takes for something else.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
