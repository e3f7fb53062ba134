//! A repository with people in it: Principals with keys made at test time, a request, and statements signed by the
//! system's own ssh-keygen. Nothing here uses gitca's writers of statements, so both sides are independent.
#![expect(clippy::disallowed_methods, reason = "tests write files and run tools")]

use std::fs;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{Answer, NOW, Scratch};

/// What approvals are signed for.
pub(crate) const NAMESPACE: &str = "approval@gitca.dev";
/// The starter policy's word for it.
const NONE: &str = "approvals: none";

/// The repository and the people around it.
pub(crate) struct House {
    pub(crate) scratch: Scratch,
}

/// A statement and its signature as files.
pub(crate) struct Signed {
    pub(crate) statement: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl House {
    /// bob and carol are `platform`, dave is `security`, mallory is nobody's; robot is a bot. The policy asks for
    /// `approvals`, and the requester is proven as `identity` says.
    pub(crate) fn new(approvals: &str, identity: &str) -> Self {
        let house = Self {
            scratch: Scratch::with_repository(),
        };
        for (name, kind, groups) in [
            ("bob", "person", "[platform]"),
            ("carol", "person", "[platform]"),
            ("dave", "person", "[security]"),
            ("jane", "person", "[developers]"),
            ("mallory", "person", "[]"),
            ("robot", "bot", "[platform]"),
        ] {
            let key = house.key(name, "ed25519");
            house.principal(name, kind, groups, &[format!("\"{key}\"")]);
        }
        for group in ["platform", "security", "developers"] {
            house.object(&format!("groups/{group}"), "Group", group, "{}");
        }
        house.replace("developers.yaml", NONE, &format!("approvals: {approvals}"));
        let branch = "branch: main";
        let proven = format!("{branch}\n  requesterIdentity: {identity}");
        house.replace("settings.yaml", branch, &proven);
        house.scratch.commit("who may");
        house
    }

    /// The same with a request of jane, made and signed by her, on the mainline.
    pub(crate) fn with_request(approvals: &str) -> Self {
        let house = Self::new(approvals, "signature");
        house.ask("jane", "jane");
        house
    }

    /// Makes a key pair `keys/NAME`, and gives its public line.
    pub(crate) fn key(&self, name: &str, kind: &str) -> String {
        let script =
            format!("mkdir -p keys; ssh-keygen -q -t {kind} -N '' -C {name} -f keys/{name}");
        self.scratch.sh(&script);
        self.scratch
            .read(&format!("keys/{name}.pub"))
            .trim_end()
            .to_owned()
    }

    /// Writes a Principal; `keys` are YAML.
    pub(crate) fn principal(&self, name: &str, kind: &str, groups: &str, keys: &[String]) {
        let keys: Vec<String> = keys.iter().map(|key| format!("\n    - {key}")).collect();
        let spec = format!(
            "\n  kind: {kind}\n  emails: [{name}@example.com]\n  groups: {groups}\n  sshKeys:{}",
            keys.concat()
        );
        self.object(&format!("people/{name}"), "Principal", name, &spec);
    }

    /// Writes an object of the control zone.
    pub(crate) fn object(&self, path: &str, kind: &str, name: &str, spec: &str) {
        let text = format!(
            "apiVersion: gitca.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
        );
        self.scratch
            .write(&format!("repo/policies/{path}.yaml"), text);
    }

    /// Changes a file of the control zone.
    #[track_caller]
    pub(crate) fn replace(&self, file: &str, from: &str, to: &str) {
        self.scratch
            .replace(&format!("repo/policies/{file}"), from, to);
    }

    /// Writes the request `name`.
    pub(crate) fn write_request(&self, name: &str) {
        self.scratch
            .in_repo(&["new", name, "--group", "dev"])
            .success();
    }

    /// Lands a request that this person made in a signed commit.
    pub(crate) fn ask(&self, name: &str, person: &str) {
        self.write_request(name);
        self.commit_as(person, true, &format!("ask for {name}"));
    }

    /// Commits everything as this person.
    pub(crate) fn commit_as(&self, person: &str, signs: bool, message: &str) {
        self.scratch.git(&["add", "-A"]);
        let key = self.scratch.path(&format!("keys/{person}"));
        let signing_key = format!("user.signingKey={}", key.display());
        let author = format!("--author={person} <{person}@example.com>");
        let mut args = vec!["-c", "gpg.format=ssh", "-c", &signing_key, "commit", "-q"];
        args.extend(["-m", message, &author]);
        args.extend(signs.then_some("-S"));
        self.scratch.git(&args);
    }

    /// An honest statement about the request's bytes in the work tree.
    pub(crate) fn statement(&self, request: &str, decision: &str, person: &str) -> Value {
        let path = format!("requests/{request}.yaml");
        let bytes = fs::read(self.scratch.path(&format!("repo/{path}"))).expect("a manifest");
        let blob = self
            .scratch
            .git(&["hash-object", "--no-filters", &path])
            .stdout;
        let settings = self.scratch.read("repo/policies/settings.yaml");
        let repository = settings
            .lines()
            .find_map(|line| line.trim().strip_prefix("repository: "))
            .expect("Settings name the repository");
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": path, "digest": {"gitBlob": blob.trim(), "sha256": sha256(&bytes)}}],
            "predicateType": "https://gitca.dev/approval/v1",
            "predicate": {
                "decision": decision,
                "principal": person,
                "repository": repository,
                "branch": "main",
                "created": NOW,
                "expires": "2030-01-15T00:00:00Z",
                "nonce": "00112233445566778899aabbccddeeff",
            },
        })
    }

    /// Signs a statement with the key `keys/KEY` and stock ssh-keygen.
    pub(crate) fn sign(&self, statement: &Value, key: &str, namespace: &str) -> Signed {
        self.scratch
            .write("statement.json", format!("{statement:#}\n"));
        let script = format!(
            "rm -f statement.json.sig; ssh-keygen -q -Y sign -n {namespace} -f keys/{key} statement.json"
        );
        self.scratch.sh(&script);
        let read = |name| fs::read(self.scratch.path(name)).expect("the file is there");
        Signed {
            statement: read("statement.json"),
            signature: read("statement.json.sig"),
        }
    }

    /// Puts a statement where it belongs, and gives its path without the ending.
    pub(crate) fn put(&self, request: &str, person: &str, signed: &Signed) -> String {
        let digest = sha256(&signed.statement);
        let path = format!(
            "repo/requests/{request}.approvals/{person}-{}.json",
            &digest[..8]
        );
        self.scratch.write(&path, &signed.statement);
        self.scratch
            .write(&format!("{path}.sig"), &signed.signature);
        path
    }

    /// Writes an honest statement of this person.
    pub(crate) fn state(&self, request: &str, decision: &str, person: &str) -> String {
        let statement = self.statement(request, decision, person);
        let signed = self.sign(&statement, person, NAMESPACE);
        self.put(request, person, &signed)
    }

    /// What the next run would do, as JSON. Where it rests on the signature of a commit, stock git has the same word.
    #[track_caller]
    pub(crate) fn plan(&self) -> Value {
        let answer = self.scratch.in_repo(&["plan", "-o", "json"]);
        let report = answer.success().json();
        for result in report["results"].as_array().expect("a list") {
            self.stock_git_agrees(result);
        }
        report
    }

    /// Whether `git verify-commit`, with the keys that gitca prints for it, finds the same signer of a request.
    #[track_caller]
    fn stock_git_agrees(&self, result: &Value) {
        let Some(request) = result["request"].as_str() else {
            return;
        };
        let stated = format!(
            "grep -ls '\"decision\": \"request\"' repo/requests/{request}.approvals/*.json || :"
        );
        if !self.scratch.sh(&stated).stdout.is_empty() {
            return;
        }
        let script = format!(
            "{gitca} -C repo policy allowed-signers > signers
             commit=$(git -C repo log -1 --format=%H main -- requests/{request}.yaml)
             git -C repo -c gpg.ssh.allowedSignersFile=$PWD/signers verify-commit $commit 2>&1 || :",
            gitca = env!("CARGO_BIN_EXE_gitca"),
        );
        let said = self.scratch.sh(&script).stdout;
        let signer = said
            .lines()
            .find_map(|line| line.strip_prefix("Good \"git\" signature for "))
            .and_then(|line| line.split(' ').next());
        let requester = &result["requester"];
        let ours = requester["principal"].as_str();
        let ours = ours.filter(|_| requester["method"] == "signature");
        assert_eq!(
            signer, ours,
            "{request}: git says `{said}`, gitca {requester:#}"
        );
    }

    /// The verdict on one request, and the codes of its reasons and notices.
    #[track_caller]
    pub(crate) fn judged(&self, request: &str) -> (String, Vec<String>) {
        judged(&self.plan(), request)
    }

    /// Signs what is approved.
    #[track_caller]
    pub(crate) fn run(&self) -> Answer {
        let key = self.scratch.path("home/.config/gitca/keys/cluster-ca.pem");
        let source = format!("cluster-ca=file:{}", key.display());
        self.scratch
            .in_repo(&["run", "--key", &source, "-o", "json"])
            .success()
    }
}

/// What a command says at another time.
#[track_caller]
pub(crate) fn at(house: &House, now: &str, command: &str) -> Value {
    let args = ["--now", now, command, "-o", "json"];
    house.scratch.in_repo(&args).success().json()
}

/// The codes of the notices or errors of a report.
#[track_caller]
pub(crate) fn told(report: &Value, list: &str) -> Vec<String> {
    let found = report[list].as_array().expect("a list");
    let code = |finding: &Value| finding["code"].as_str().expect("a code").to_owned();
    found.iter().map(code).collect()
}

/// The verdict on one request in a report, and the codes of its reasons and notices.
#[track_caller]
pub(crate) fn judged(report: &Value, request: &str) -> (String, Vec<String>) {
    let list = |value: &Value| value.as_array().cloned().expect("a list");
    let result = list(&report["results"])
        .into_iter()
        .find(|result| result["request"] == request)
        .unwrap_or_else(|| panic!("{request} is not in the report: {report:#}"));
    let code = |reason: &Value| reason["code"].as_str().expect("a code").to_owned();
    let mut codes: Vec<String> = list(&result["reasons"]).iter().map(code).collect();
    let notices = list(&report["notices"]);
    codes.extend(
        notices
            .iter()
            .filter(|notice| notice["request"] == request)
            .map(code),
    );
    (
        result["verdict"].as_str().expect("a verdict").to_owned(),
        codes,
    )
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    gitca::names::hex(&Sha256::digest(bytes))
}
