//! Approval statements: what a person signs to approve or deny a request, or to say that it is theirs.
//!
//! In come the bytes of `requests/<path>.approvals/<principal>-<digest>.json`, an in-toto Statement v1; out comes a
//! [`Statement`] that is well formed, or why it is not. The bytes are what is signed, so no canonical form is asked
//! for, but nothing in them may be read two ways: no duplicate or unknown key, no null, no second value. Whether it
//! counts (whose key, which repository, which bytes, until when) is judged elsewhere.

mod json;

use std::fmt;

use serde_json::json;

use crate::finding::{Code, Reason};
use crate::names::{ObjectId, ObjectName, RepoPath, RequestName, Sha256Digest, hex};
use crate::statement::json::{Json, Object};
use crate::timestamp::Timestamp;

/// The namespace that approvals are signed for, so that no other signature can serve as one.
pub const NAMESPACE: &str = "approval@gitca.dev";
/// in-toto Statement v1.
const TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://gitca.dev/approval/v1";
// The size limit of the file.
const OCTETS: usize = 16 * 1024;
const REASON_CHARACTERS: usize = 1000;
const NONCE_OCTETS: usize = 16;

/// What a statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The request that it is about.
    pub request: RequestName,
    /// The git object of the manifest.
    pub git_blob: ObjectId,
    /// The SHA-256 of the manifest.
    pub sha256: Sha256Digest,
    /// What is decided.
    pub decision: StatementDecision,
    /// Who says so.
    pub principal: ObjectName,
    /// The id of the repository that it is for.
    pub repository: String,
    /// The short name of the branch that it is for.
    pub branch: String,
    /// When it says that it was made; proves nothing.
    pub created: Timestamp,
    /// From when on it does not count.
    pub expires: Option<Timestamp>,
    /// Random, so that no two statements are alike.
    pub nonce: [u8; NONCE_OCTETS],
    /// Why, in words.
    pub reason: Option<String>,
}

/// What a statement decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatementDecision {
    /// The request should be signed.
    Approve,
    /// The request must not be signed.
    Deny,
    /// The request is the signer's own.
    Request,
}

impl StatementDecision {
    const ALL: [Self; 3] = [Self::Approve, Self::Deny, Self::Request];

    /// The word in the statement.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Request => "request",
        }
    }
}

impl fmt::Display for StatementDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Statement {
    /// Reads the bytes that were signed.
    ///
    /// # Errors
    /// `ApprovalMalformed` when they are not one statement, `ApprovalPath` when what it names is no request.
    pub fn read(bytes: &[u8]) -> Result<Self, Reason> {
        if bytes.len() > OCTETS {
            return Err(malformed(format!("has more than {OCTETS} octets")));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("is not UTF-8"))?;
        let json = Json::read(text).map_err(malformed)?;
        let root = json.object(
            "the statement",
            &["_type", "subject", "predicateType", "predicate"],
        );
        let root = root.map_err(malformed)?;
        root.constant("_type", TYPE).map_err(malformed)?;
        root.constant("predicateType", PREDICATE_TYPE)
            .map_err(malformed)?;
        let (request, git_blob, sha256) = subject(&root)?;
        let fields = [
            "decision",
            "principal",
            "repository",
            "branch",
            "created",
            "expires",
            "nonce",
            "reason",
        ];
        let predicate = root
            .get("predicate")
            .and_then(|json| json.object("predicate", &fields));
        let predicate = predicate.map_err(malformed)?;
        let statement = Self {
            request,
            git_blob,
            sha256,
            decision: decision(&predicate)?,
            principal: predicate.parse("principal").map_err(malformed)?,
            repository: predicate.text("repository").map_err(malformed)?.to_owned(),
            branch: predicate.text("branch").map_err(malformed)?.to_owned(),
            created: time(&predicate, "created")?
                .ok_or_else(|| malformed("`created` is required"))?,
            expires: time(&predicate, "expires")?,
            nonce: nonce(&predicate)?,
            reason: reason(&predicate)?,
        };
        if statement.decision == StatementDecision::Approve && statement.expires.is_none() {
            return Err(malformed("`expires` is required to approve"));
        }
        Ok(statement)
    }

    /// The bytes to sign, as `gitca approve` writes them.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let text = |text: &str| json!(text).to_string();
        let mut predicate = vec![
            ("decision", text(self.decision.as_str())),
            ("principal", text(self.principal.as_str())),
            ("repository", text(&self.repository)),
            ("branch", text(&self.branch)),
            ("created", text(&self.created.to_string())),
        ];
        predicate.extend(
            self.expires
                .map(|time| ("expires", text(&time.to_string()))),
        );
        predicate.push(("nonce", text(&hex(&self.nonce))));
        predicate.extend(self.reason.as_ref().map(|reason| ("reason", text(reason))));
        let line = |(key, value): &(&str, String)| format!("    \"{key}\": {value}");
        let predicate: Vec<String> = predicate.iter().map(line).collect();
        let statement = [
            "{".to_owned(),
            format!("  \"_type\": \"{TYPE}\","),
            format!(
                "  \"subject\": [{{\"name\": {},",
                text(self.request.manifest().as_str())
            ),
            format!(
                "               \"digest\": {{\"gitBlob\": \"{}\", \"sha256\": \"{}\"}}}}],",
                self.git_blob, self.sha256
            ),
            format!("  \"predicateType\": \"{PREDICATE_TYPE}\","),
            "  \"predicate\": {".to_owned(),
            predicate.join(",\n"),
            "  }".to_owned(),
            "}\n".to_owned(),
        ];
        statement.join("\n").into_bytes()
    }
}

/// The name of the file that holds a statement: who signs, and the first digits of its digest.
#[must_use]
pub fn file_name(principal: &ObjectName, bytes: &[u8]) -> String {
    format!(
        "{principal}-{}.json",
        &Sha256Digest::of(bytes).to_string()[..8]
    )
}

fn subject(root: &Object<'_>) -> Result<(RequestName, ObjectId, Sha256Digest), Reason> {
    let read = || {
        let [subject] = root.get("subject")?.list("subject")? else {
            return Err("`subject` must have exactly one element".to_owned());
        };
        let subject = subject.object("subject[0]", &["name", "digest"])?;
        let digest = subject
            .get("digest")?
            .object("digest", &["gitBlob", "sha256"])?;
        let digests = (digest.parse("gitBlob")?, digest.parse("sha256")?);
        Ok((subject.text("name")?.to_owned(), digests))
    };
    let (path, (git_blob, sha256)) = read().map_err(malformed)?;
    let request = request(&path).ok_or_else(|| {
        let message = format!("is about `{}`, which is no request", path.escape_debug());
        Reason::new(Code::ApprovalPath, message)
    })?;
    Ok((request, git_blob, sha256))
}

fn request(path: &str) -> Option<RequestName> {
    let path: RepoPath = path.parse().ok()?;
    let name = path
        .as_str()
        .strip_prefix("requests/")?
        .strip_suffix(".yaml")?;
    name.parse().ok()
}

fn decision(predicate: &Object<'_>) -> Result<StatementDecision, Reason> {
    let word = predicate.text("decision").map_err(malformed)?;
    let decision = StatementDecision::ALL
        .into_iter()
        .find(|decision| decision.as_str() == word);
    decision.ok_or_else(|| malformed("`decision` must be `approve`, `deny` or `request`"))
}

fn time(predicate: &Object<'_>, key: &str) -> Result<Option<Timestamp>, Reason> {
    let Some(text) = predicate.optional_text(key).map_err(malformed)? else {
        return Ok(None);
    };
    let time = text.parse().ok().filter(|_| text.ends_with('Z'));
    let time = time.ok_or_else(|| {
        malformed(format!(
            "`{key}` must be a time in UTC such as `2030-01-01T00:00:00Z`"
        ))
    })?;
    Ok(Some(time))
}

fn nonce(predicate: &Object<'_>) -> Result<[u8; NONCE_OCTETS], Reason> {
    let text = predicate.text("nonce").map_err(malformed)?;
    let mut nonce = [0; NONCE_OCTETS];
    let lower = text.len() == 2 * NONCE_OCTETS
        && text
            .bytes()
            .all(|digit| b"0123456789abcdef".contains(&digit));
    for (octet, place) in nonce
        .iter_mut()
        .zip((0..text.len()).step_by(2))
        .filter(|_| lower)
    {
        *octet = u8::from_str_radix(&text[place..place + 2], 16).unwrap_or_default();
    }
    lower
        .then_some(nonce)
        .ok_or_else(|| malformed("`nonce` must be 32 hexadecimal digits in lower case"))
}

fn reason(predicate: &Object<'_>) -> Result<Option<String>, Reason> {
    let Some(text) = predicate.optional_text("reason").map_err(malformed)? else {
        return Ok(None);
    };
    check_reason(text).map_err(malformed)?;
    Ok(Some(text.to_owned()))
}

/// Whether a text may be the reason in a statement.
///
/// # Errors
/// What is wrong with it.
pub fn check_reason(text: &str) -> Result<(), String> {
    if text.chars().count() > REASON_CHARACTERS {
        return Err(format!(
            "`reason` must have at most {REASON_CHARACTERS} characters"
        ));
    }
    if text.contains(char::is_control) {
        return Err("`reason` must not have control characters".to_owned());
    }
    Ok(())
}

fn malformed(message: impl Into<String>) -> Reason {
    Reason::new(Code::ApprovalMalformed, message)
}

#[cfg(test)]
mod tests;
