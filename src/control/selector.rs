//! Selectors: which requests a policy, or an exception from it, is about.
//!
//! In comes a `selector` or `unless` of a policy file; out comes a [`Selector`] whose given parts must all hold. In an
//! approval policy and in `unless` an empty one is an error, since it would hold for everything. Labels are what the
//! requester wrote; who the requester is comes from elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::control::glob::error::PatternError;
use crate::control::glob::placeholder::{Context, Given};
use crate::control::glob::{Run, Token, fits, pieces, scan, stars};
use crate::control::reading::{elements, only_true};
use crate::control::surroundings::Surroundings;
use crate::names::{ObjectName, SignerName};
use crate::yaml::{Field, Object, Problems, Value};

const FIELDS: [&str; 5] = ["signerNames", "paths", "requesters", "labels", "everything"];

/// What an empty selector means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// Every request.
    Everything,
    /// A mistake; `everything: true` says it on purpose.
    Forbidden,
    /// A mistake, and so is `everything: true`.
    Never,
}

/// The parts that must all hold; an empty part holds always.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// Where it stands in its file, such as `spec.selector`.
    pub at: String,
    /// Signer names, of which one must fit.
    pub signer_names: Vec<NamePattern>,
    /// Patterns of request paths, of which one must fit.
    pub paths: Vec<NamePattern>,
    /// Who must have asked; `None` is anybody.
    pub requesters: Option<Requesters>,
    /// Labels that must all be there.
    pub labels: BTreeMap<String, String>,
}

/// The people whose requests are meant: one of these groups or principals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requesters {
    /// Groups of which the requester may be a member.
    pub groups: Vec<ObjectName>,
    /// Principals who the requester may be.
    pub principals: Vec<ObjectName>,
}

impl Requesters {
    /// Whether this principal, with these groups, is meant.
    #[must_use]
    pub fn mean(&self, principal: &ObjectName, groups: &BTreeSet<ObjectName>) -> bool {
        let mut meant = self.groups.iter();
        self.principals.contains(principal) || meant.any(|group| groups.contains(group))
    }
}

/// A pattern of signer names or of request paths, with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    text: String,
    tokens: Vec<Token>,
}

impl NamePattern {
    /// Whether the whole name fits.
    #[must_use]
    pub fn fits(&self, name: &str, given: Given<'_>) -> bool {
        fits(&self.tokens, name, given)
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Selector {
    /// Whether no part is given, so that it holds always.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.signer_names.is_empty()
            && self.paths.is_empty()
            && self.requesters.is_none()
            && self.labels.is_empty()
    }

    /// Reads a selector.
    pub fn read(
        field: &Field<'_>,
        empty: Empty,
        around: &Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let object = field.object(&FIELDS, problems)?;
        let given = object
            .keys()
            .filter(|key| object.get(key).is_some())
            .count();
        if given == 0 {
            report_empty(field, empty, problems);
        }
        if let Some(everything) = object.get("everything") {
            read_everything(&everything, given, empty, problems);
        }
        Some(Self {
            at: field.path.clone(),
            signer_names: patterns(&object, "signerNames", signer_name, problems),
            paths: patterns(&object, "paths", path, problems),
            requesters: object
                .get("requesters")
                .and_then(|field| read_requesters(&field, around, problems)),
            labels: object
                .get("labels")
                .map(|labels| read_labels(&labels, problems))
                .unwrap_or_default(),
        })
    }
}

fn report_empty(field: &Field<'_>, empty: Empty, problems: &mut Problems) {
    match empty {
        Empty::Everything => {}
        Empty::Forbidden => problems.report_with_help(
            field,
            "an empty selector says nothing",
            "if it is meant for every request write `everything: true`",
        ),
        Empty::Never => problems.report_with_help(
            field,
            "an empty exception would switch the entry off",
            "name signers, paths, requesters or labels",
        ),
    }
}

fn read_everything(field: &Field<'_>, given: usize, empty: Empty, problems: &mut Problems) {
    let everything = only_true(field, problems);
    if everything && empty == Empty::Never {
        problems.report(
            field,
            "an exception for everything would switch the entry off",
        );
    } else if everything && given > 1 {
        problems.report(
            field,
            "`everything` stands alone: leave out it or the other parts",
        );
    }
}

type ReadPattern = fn(&Field<'_>, &mut Problems) -> Option<NamePattern>;

fn patterns(
    object: &Object<'_>,
    key: &str,
    read: ReadPattern,
    problems: &mut Problems,
) -> Vec<NamePattern> {
    let Some(field) = object.get(key) else {
        return Vec::new();
    };
    elements(&field, problems)
        .filter_map(|element| read(&element, problems))
        .collect()
}

fn signer_name(field: &Field<'_>, problems: &mut Problems) -> Option<NamePattern> {
    if !matches!(field.node.value, Value::Map(_)) {
        let name: SignerName = field.parse(problems)?;
        let text = name.as_str().to_owned();
        let tokens = vec![Token::Literal(text.clone())];
        return Some(NamePattern { text, tokens });
    }
    let object = field.object(&["glob"], problems)?;
    let glob = object.require("glob", problems)?;
    let text = glob.text(problems)?;
    // With a star as short as it can be in either half, it must be a signer name.
    if let Err(error) = text.replace('*', "x.x").parse::<SignerName>() {
        problems.report(&glob, error.to_string());
        return None;
    }
    let literal = vec![Token::Literal(text.to_owned())];
    Some(NamePattern {
        text: text.to_owned(),
        tokens: stars(literal, Run::PART),
    })
}

fn path(field: &Field<'_>, problems: &mut Problems) -> Option<NamePattern> {
    let text = field.text(problems)?;
    match path_tokens(text) {
        Ok(tokens) => Some(NamePattern {
            text: text.to_owned(),
            tokens,
        }),
        Err(error) => {
            problems.push(error.into_reason(field).value(text));
            None
        }
    }
}

fn path_tokens(text: &str) -> Result<Vec<Token>, PatternError> {
    let wrong = |message: &str| {
        Err(PatternError::new(
            message,
            "write the path below `requests/` without `.yaml`, such as `team-a/**`",
        ))
    };
    if text.is_empty() || text.starts_with('/') {
        return wrong("a path begins with a name");
    }
    if text.starts_with("requests/") || text.strip_suffix(".yaml").is_some() {
        return wrong("a path is written without `requests/` and `.yaml`");
    }
    let legal =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-./*".contains(&byte);
    if text.split('/').any(|piece| matches!(piece, "." | "..")) || !text.bytes().all(legal) {
        return wrong("no request can have such a path");
    }
    pieces(scan(text, Context::Text)?, true)
}

fn read_requesters(
    field: &Field<'_>,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<Requesters> {
    let object = field.object(&["groups", "principals"], problems)?;
    let (groups, principals) = (object.get("groups"), object.get("principals"));
    if groups.is_none() && principals.is_none() {
        problems.report_with_help(
            field,
            "names nobody",
            "name `groups`, `principals` or both; without `requesters` anybody may ask",
        );
        return None;
    }
    Some(Requesters {
        groups: groups.map_or_else(Vec::new, |field| around.groups(&field, problems)),
        principals: principals.map_or_else(Vec::new, |field| around.principals(&field, problems)),
    })
}

fn read_labels(field: &Field<'_>, problems: &mut Problems) -> BTreeMap<String, String> {
    let labels = field
        .object(&["matchLabels"], problems)
        .and_then(|object| object.require("matchLabels", problems));
    let Some(labels) = labels else {
        return BTreeMap::new();
    };
    let entries = labels.entries(problems);
    if entries.is_empty() {
        problems.report(&labels, "must name at least one label");
    }
    let mut wanted = BTreeMap::new();
    for (key, value) in entries {
        if let Some(value) = value.text(problems) {
            wanted.insert(key.to_owned(), value.to_owned());
        }
    }
    wanted
}
