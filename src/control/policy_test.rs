//! Policy tests: requests and the decisions that they must get.
//!
//! In comes the spec of a PolicyTest; out comes a [`PolicyTest`]. It decides nothing, yet it lies in the control zone and is
//! read as strictly as what it tests, since a test that is skipped proves nothing. What a case asks for may be illegal on
//! purpose; what can't be asked for at all is an error here.

mod expectation;
mod wish;

use std::collections::BTreeSet;

use crate::control::document::Document;
use crate::control::identity::Identity;
use crate::control::principal::written;
use crate::control::reading::elements;
use crate::control::surroundings::Surroundings;
use crate::finding::Place;
use crate::names::{ObjectName, RepoPath, RequestName};
use crate::timestamp::Timestamp;
use crate::yaml::{Field, Object, Problems};

pub use crate::control::policy_test::expectation::{Expectation, Lack};
pub use crate::control::policy_test::wish::Wish;

const CASE: [&str; 7] = [
    "name",
    "request",
    "file",
    "requester",
    "approvals",
    "denials",
    "expect",
];
const REQUESTER: [&str; 4] = ["name", "email", "groups", "verified"];

/// A file of expected decisions.
#[derive(Clone, Debug)]
pub struct PolicyTest {
    /// The name of the object.
    pub name: ObjectName,
    /// The file it was read from.
    pub file: RepoPath,
    /// The clock; `None` for that of whoever runs it.
    pub now: Option<Timestamp>,
    /// The requests and what must become of them.
    pub cases: Vec<TestCase>,
}

/// One request and the decision that it must get.
#[derive(Clone, Debug)]
pub struct TestCase {
    /// What reports call it.
    pub name: String,
    /// Where it stands in the file.
    pub place: Place,
    /// What is asked for.
    pub asks: Asks,
    /// Who asks, the groups being those that are written.
    pub requester: Identity,
    /// Who has approved.
    pub approvals: Vec<ObjectName>,
    /// Who has denied.
    pub denials: Vec<ObjectName>,
    /// What must come.
    pub expect: Expectation,
}

/// What a case asks for.
#[derive(Clone, Debug)]
pub enum Asks {
    /// A request that is made for the case.
    Wish(Box<Wish>),
    /// A manifest of the repository.
    File {
        /// The file, outside of the control zone.
        manifest: RepoPath,
        /// Where its path stands in the test.
        place: Place,
        /// The request that it is judged as.
        request: RequestName,
    },
}

impl PolicyTest {
    /// Reads the spec of a PolicyTest file.
    pub fn read(
        document: &Document<'_>,
        around: &Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let spec = document
            .spec
            .object(&["now", "requester", "cases"], problems)?;
        let now = spec.get("now").and_then(|field| field.parse(problems));
        let requester = spec
            .get("requester")
            .map(|field| read_requester(&field, problems).unwrap_or_default());
        let cases = spec.require("cases", problems)?;
        let mut read: Vec<TestCase> = Vec::new();
        let mut names = BTreeSet::new();
        for element in elements(&cases, problems) {
            let Some(case) = TestCase::read(&element, requester.as_ref(), around, problems) else {
                continue;
            };
            if !names.insert(case.name.clone()) {
                problems.report(&element, format!("`{}` is there twice", case.name));
            }
            read.push(case);
        }
        Some(Self {
            name: document.name.clone(),
            file: document.file.clone(),
            now,
            cases: read,
        })
    }
}

impl TestCase {
    fn read(
        field: &Field<'_>,
        requester: Option<&Identity>,
        around: &Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let object = field.object(&CASE, problems)?;
        let name = object.require("name", problems);
        let name = name.and_then(|field| read_name(&field, problems));
        let asks = Asks::read(field, &object, problems);
        let own = object
            .get("requester")
            .map(|field| read_requester(&field, problems).unwrap_or_default());
        let expect = object.require("expect", problems);
        let expect = expect.and_then(|field| Expectation::read(&field, problems));
        let mut people = |key| {
            written(&object, key)
                .map(|field| around.principals(&field, problems))
                .unwrap_or_default()
        };
        Some(Self {
            place: field.place,
            requester: own.or(requester.cloned()).unwrap_or_default(),
            approvals: people("approvals"),
            denials: people("denials"),
            name: name?,
            asks: asks?,
            expect: expect?,
        })
    }
}

impl Asks {
    fn read(field: &Field<'_>, object: &Object<'_>, problems: &mut Problems) -> Option<Self> {
        match (object.get("request"), object.get("file")) {
            (Some(request), None) => {
                let wish = Wish::read(&request, problems)?;
                Some(Self::Wish(Box::new(wish)))
            }
            (None, Some(file)) => Self::read_file(&file, problems),
            _ => {
                problems.report_with_help(
                    field,
                    "must hold either `request` or `file`",
                    "`request` makes one, `file: {manifest: tests/jane.yaml, path: dev/jane}` takes one",
                );
                None
            }
        }
    }

    fn read_file(field: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let object = field.object(&["manifest", "path"], problems)?;
        let manifest = object.require("manifest", problems);
        let path: Option<RepoPath> = manifest.as_ref().and_then(|field| field.parse(problems));
        let request = object.require("path", problems);
        let request = request.and_then(|field| field.parse(problems));
        let (manifest, path) = (manifest?, path?);
        if path.as_str().starts_with("policies/") {
            let message = "a manifest lies outside of the control zone";
            problems.report_with_help(&manifest, message, "put it below `tests/`, for example");
            return None;
        }
        Some(Self::File {
            manifest: path,
            place: manifest.place,
            request: request?,
        })
    }
}

fn read_name(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    let text = field.text(problems)?;
    if text.is_empty() || text.contains(char::is_control) {
        problems.report(field, "must be a name in one line");
        return None;
    }
    Some(text.to_owned())
}

/// Somebody with the groups that are written; nothing written is nobody.
fn read_requester(field: &Field<'_>, problems: &mut Problems) -> Option<Identity> {
    let object = field.object(&REQUESTER, problems)?;
    let mut written = REQUESTER.iter().filter_map(|key| object.get(key));
    written.next()?;
    let name = object.require("name", problems);
    let name = name.and_then(|field| field.parse(problems));
    let email = object.get("email").and_then(|field| field.text(problems));
    let groups = object.get("groups");
    let verified = object.get("verified");
    Some(Identity {
        principal: name,
        email: email.unwrap_or_default().to_owned(),
        groups: groups
            .map(|field| field.parse_list(problems).into_iter().collect())
            .unwrap_or_default(),
        verified: verified.and_then(|field| field.boolean(problems)) == Some(true),
    })
}
