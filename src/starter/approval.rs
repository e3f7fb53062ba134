//! Starter policies that ask for an approval: one person of a group, and the first one in it.
//!
//! In come the files that `init` is about to write; the policy that admits asks for an approval afterwards, its test gives one,
//! and there are a Group and a Principal more. Nothing else changes, so that what is explained there still holds.

use std::collections::BTreeMap;

use crate::names::{ObjectName, RepoPath};
use crate::ssh::key::PublicKey;

const POLICY: &str = "policies/developers.yaml";
const MERGE: &str = "  # The merge is the approval: whoever may merge to the mainline decides. So protect that branch, and demand a review.
  approvals: none
";
const APPROVAL: &str =
    "  # One person of this group signs each request with `gitca approve NAME`; never the one who asked.
  approvals: {anyOf: [{groups: [approvers], count: 1}]}
";
const TEST: &str = "policies/tests/developers.yaml";
const ADMITTED: &str = "      expect: {verdict: approved, policy: developers}\n";
const GROUP: &str = "# yaml-language-server: $schema=../../.gitca/schema/group.json
# Who may approve and deny. Requests of your own need somebody else: add the others, each with a file in ../principals.
apiVersion: gitca.dev/v1alpha1
kind: Group
metadata:
  name: approvers
spec:
  description: may approve certificates
";

/// The first who may approve.
#[derive(Clone, Debug)]
pub struct Approver {
    /// The name of the Principal.
    pub name: ObjectName,
    /// What git calls the person; may be empty.
    pub display_name: String,
    /// The address that git has; may be empty.
    pub email: String,
    /// What the person signs with.
    pub key: PublicKey,
}

/// Makes the starter policies ask for one approval by the group of this person.
pub fn require(files: &mut BTreeMap<RepoPath, Vec<u8>>, approver: &Approver) {
    let policy = files.get_mut(&repo_path(POLICY));
    let policy = policy.expect("the starter kit has this policy");
    let text = String::from_utf8_lossy(policy).replace(MERGE, APPROVAL);
    *policy = text.into_bytes();
    let cases = files.get_mut(&repo_path(TEST));
    let cases = cases.expect("the starter kit has this test");
    let name = scalar(approver.name.as_str());
    let with_approval = format!("      approvals: [{name}]\n{ADMITTED}");
    let text = String::from_utf8_lossy(cases).replace(ADMITTED, &with_approval);
    *cases = text.into_bytes();
    let group = format!("{GROUP}  members: [{}]\n", scalar(approver.name.as_str()));
    files.insert(
        repo_path("policies/groups/approvers.yaml"),
        group.into_bytes(),
    );
    let path = format!("policies/principals/{}.yaml", approver.name);
    files.insert(repo_path(&path), principal(approver).into_bytes());
}

fn principal(approver: &Approver) -> String {
    let name = scalar(approver.name.as_str());
    let head = format!(
        "# yaml-language-server: $schema=../../.gitca/schema/principal.json\n\
         # One person, found by the keys that commits and approvals are signed with.\n\
         apiVersion: gitca.dev/v1alpha1\nkind: Principal\nmetadata:\n  name: {name}\nspec:\n  kind: person\n"
    );
    let display_name = Some(&approver.display_name).filter(|text| !text.is_empty());
    let display_name = display_name.map(|text| format!("  displayName: {}\n", scalar(text)));
    let email = Some(&approver.email).filter(|text| !text.is_empty());
    let email = email.map(|text| format!("  emails: [{}]\n", scalar(text)));
    let keys = format!("  sshKeys:\n    - {}\n", approver.key.to_openssh());
    [
        head,
        display_name.unwrap_or_default(),
        email.unwrap_or_default(),
        keys,
    ]
    .concat()
}

/// A text as JSON, which is YAML that no reader takes for something else.
fn scalar(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn repo_path(path: &str) -> RepoPath {
    path.parse().expect("the paths above are valid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::starter;

    #[test]
    fn what_is_changed_is_in_the_kit() {
        let policies = starter::policies("7f0c2a94-6a3e-4d0b-9a51-0c8d5a1f2b77", "main", "k", "");
        for (path, part) in [(POLICY, MERGE), (TEST, ADMITTED)] {
            let text = String::from_utf8(policies[&repo_path(path)].clone()).unwrap();
            assert_eq!(text.matches(part).count(), 1, "{path}");
        }
    }
}
