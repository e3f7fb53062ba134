//! What a commit and a work tree say about their zones.

use gitca::finding::{Code, Finding};
use gitca::names::{ObjectId, RequestName, Sha256Digest};
use gitca::snapshot::{KeyOwner, Snapshot};
use gitca::worktree;

use crate::repository::Repo;

fn name(text: &str) -> RequestName {
    text.parse().expect("a name")
}

fn told(findings: &[Finding]) -> Vec<(Code, Option<&str>)> {
    let file = |finding: &Finding| {
        finding
            .file
            .as_ref()
            .map(gitca::names::RepoPath::as_str)
            .map(str::len)
    };
    assert!(findings.iter().all(|finding| file(finding) != Some(0)));
    findings
        .iter()
        .map(|finding| {
            (
                finding.reason.code,
                finding.file.as_ref().map(gitca::names::RepoPath::as_str),
            )
        })
        .collect()
}

fn read(repo: &Repo, commit: ObjectId) -> Snapshot {
    repo.open().snapshot(commit).expect("a snapshot")
}

#[test]
fn a_commit_and_its_work_tree_say_the_same() {
    let repo = Repo::with_request();
    repo.write("requests/joe.yaml", "joe 1\n");
    repo.write("requests/README.md", "welcome\n");
    repo.write("issued/joe/request.yaml", "joe 1\n");
    repo.write("issued/joe/certificate.pem", "certificate\n");
    repo.write("issued/dev/jane/request.yaml", "jane 0\n");
    repo.write("issued/_crl/users.pem", "crl\n");
    repo.write("templates/kubeconfig.yaml.j2", "{}\n");
    repo.write("src/main.rs", "inert\n");
    let commit = repo.commit("more");
    let snapshot = read(&repo, commit);
    let files = worktree::snapshot(repo.path()).expect("a snapshot");

    assert_eq!((snapshot.commit, files.commit), (Some(commit), None));
    for snapshot in [&snapshot, &files] {
        assert_eq!(told(&snapshot.errors), []);
        assert_eq!(told(&snapshot.findings), []);
        let control: Vec<_> = snapshot.control.keys().map(ToString::to_string).collect();
        assert_eq!(
            control,
            ["policies/settings.yaml", "templates/kubeconfig.yaml.j2"]
        );
        assert!(snapshot.is_unchanged(&name("joe")));
        assert_eq!(snapshot.open[&name("dev/jane")].bytes, b"jane 1\n");
        assert_eq!(snapshot.open.len(), 1);
    }
    assert_eq!(snapshot.requests, files.requests);
    assert_eq!(snapshot.issued, files.issued);
    assert_eq!(snapshot.control, files.control);
}

#[test]
fn what_is_wrong_in_the_data_zone_stays_with_its_path() {
    let repo = Repo::with_request();
    repo.write("requests/Joe.yaml", "x");
    repo.write("requests/dev.yaml", "collides with dev/");
    repo.write("requests/large.yaml", &"x".repeat(65_537));
    repo.write("requests/notes.txt", "x");
    repo.write("requests/sam.approvals/ann.yaml", "{}");
    repo.write("requests/sam.approvals/large.json.sig", &"x".repeat(8193));
    repo.write("requests/sam.yaml", "sam");
    repo.write("requests/tom.revocation.yaml", "x");
    repo.write("requests/quiet/.gitattributes", "* -diff\n");
    repo.write("requests/quiet/x.yaml", "x");
    let commit = repo.commit("more");
    for snapshot in [
        read(&repo, commit),
        worktree::snapshot(repo.path()).expect("a snapshot"),
    ] {
        assert_eq!(told(&snapshot.errors), []);
        let mut findings = told(&snapshot.findings);
        findings.sort_by_key(|(_, file)| *file);
        assert_eq!(
            findings,
            [
                (Code::PathNotAllowed, Some("requests/Joe.yaml")),
                (Code::PathNotAllowed, Some("requests/dev.yaml")),
                (Code::FileTooLarge, Some("requests/large.yaml")),
                (Code::UnexpectedFile, Some("requests/notes.txt")),
                (Code::AttributeInZone, Some("requests/quiet/.gitattributes")),
                (Code::AttributeInZone, Some("requests/quiet/x.yaml")),
                (
                    Code::UnexpectedFile,
                    Some("requests/sam.approvals/ann.yaml")
                ),
                (
                    Code::FileTooLarge,
                    Some("requests/sam.approvals/large.json.sig")
                ),
            ]
        );
        let revoked: Vec<_> = snapshot.revocations.keys().collect();
        assert_eq!(revoked, [&name("tom")]);
        let open: Vec<_> = snapshot.open.keys().map(RequestName::as_str).collect();
        assert_eq!(open, ["dev/jane", "sam"]);
        assert_eq!(snapshot.requests.len(), 2);
        assert!(snapshot.statements.is_empty());
    }
}

#[test]
fn the_statements_about_open_requests_are_read() {
    let repo = Repo::with_request();
    for (request, file) in [
        ("dev/jane", "bob-00000001.json"),
        ("dev/jane", "bob-00000001.json.sig"),
        ("dev/jane", "README.md"),
        ("joe", "bob-00000002.json"),
        ("nobody", "bob-00000003.json"),
    ] {
        repo.write(&format!("requests/{request}.approvals/{file}"), file);
    }
    repo.write("requests/joe.yaml", "joe\n");
    repo.write("issued/joe/request.yaml", "joe\n");
    let commit = repo.commit("statements");
    for snapshot in [
        read(&repo, commit),
        worktree::snapshot(repo.path()).expect("a snapshot"),
    ] {
        assert_eq!(told(&snapshot.findings), []);
        let read: Vec<_> = snapshot
            .statements
            .iter()
            .flat_map(|(request, files)| files.iter().map(move |file| (request.as_str(), file)))
            .map(|(request, (file, blob))| (request, file.as_str(), blob.bytes.as_slice()))
            .collect();
        assert_eq!(
            read,
            [
                ("dev/jane", "bob-00000001.json", &b"bob-00000001.json"[..]),
                (
                    "dev/jane",
                    "bob-00000001.json.sig",
                    b"bob-00000001.json.sig"
                ),
            ]
        );
    }
}

#[test]
fn a_request_waits_while_its_statements_can_not_all_be_read() {
    let repo = Repo::with_request();
    let file = repo.blob(b"x");
    let names: Vec<String> = (0..65).map(|number| format!("b{number:02}.json")).collect();
    let many: Vec<_> = names
        .iter()
        .map(|name| ("100644", name.as_str(), file))
        .collect();
    for (entries, codes, waits) in [
        (&many[..64], &[][..], false),
        (&many[..], &[Code::TooManyFiles], true),
        (
            &[("120000", "bob.json", file)],
            &[Code::SymlinkInZone, Code::UnexpectedFile],
            true,
        ),
        (
            &[("100644", "BOB.json", file), ("100644", "bob.json", file)],
            &[
                Code::TreeDuplicate,
                Code::TreeDuplicate,
                Code::UnexpectedFile,
            ],
            true,
        ),
        (
            &[("100644", "b.json", file), ("100644", "a.json", file)],
            &[Code::TreeOrder, Code::UnexpectedFile],
            true,
        ),
        (
            &[("100644", ".gitattributes", repo.blob(b"* -diff"))],
            &[Code::AttributeInZone, Code::AttributeInZone],
            true,
        ),
        (
            &[("40000", "x.json", repo.tree(&[]))],
            &[Code::UnexpectedFile],
            false,
        ),
    ] {
        let requests = repo.tree(&[
            ("40000", "jane.approvals", repo.tree(entries)),
            ("100644", "jane.yaml", file),
            ("100644", "joe.yaml", file),
        ]);
        let snapshot = read(&repo, repo.hostile(&[("40000", "requests", requests)]));
        let found: Vec<_> = told(&snapshot.findings)
            .into_iter()
            .map(|(code, _)| code)
            .collect();
        assert_eq!(found, codes, "{entries:?}");
        assert_eq!(
            snapshot.open.contains_key(&name("jane")),
            !waits,
            "{entries:?}"
        );
        assert!(snapshot.open.contains_key(&name("joe")), "{entries:?}");
    }
}

#[test]
fn what_is_wrong_in_the_other_zones_stops_everything() {
    for (path, code) in [
        ("policies/deny.yml", Code::UnexpectedFile),
        ("policies/ca/key.der", Code::UnexpectedFile),
        ("templates/run.sh", Code::UnexpectedFile),
        ("issued/note.txt", Code::ForeignOutput),
        ("issued/Dev/x", Code::ForeignOutput),
    ] {
        let repo = Repo::with_request();
        repo.write(path, "x");
        let commit = repo.commit("more");
        for snapshot in [
            read(&repo, commit),
            worktree::snapshot(repo.path()).expect("a snapshot"),
        ] {
            assert_eq!(snapshot.errors.len(), 1, "{path}");
            assert_eq!(snapshot.errors[0].reason.code, code, "{path}");
        }
    }
}

#[test]
fn an_output_may_not_lie_in_the_directory_of_another() {
    let repo = Repo::with_request();
    repo.write("requests/dev/jane/phone.yaml", "x");
    repo.write("issued/dev/jane/request.yaml", "jane 1\n");
    repo.write("requests/ops.yaml", "x");
    repo.write("issued/ops/sam/request.yaml", "x");
    let commit = repo.commit("more");
    let snapshot = read(&repo, commit);
    let mut files: Vec<_> = told(&snapshot.findings)
        .into_iter()
        .map(|(_, file)| file)
        .collect();
    files.sort_unstable();
    let expected = [
        "requests/dev/jane.yaml",
        "requests/dev/jane/phone.yaml",
        "requests/ops.yaml",
    ];
    assert_eq!(files, expected.map(Some));
    assert!(snapshot.open.is_empty());
}

#[test]
fn a_hostile_tree_is_told_by_its_code() {
    let repo = Repo::with_request();
    let file = repo.blob(b"x");
    let gitlink = repo.head();
    let sub = repo.tree(&[("100644", "x.yaml", file)]);
    for (entries, code) in [
        (&[("100644", "..", file)][..], Code::TreeEntryName),
        (&[("100644", "x/y.yaml", file)], Code::TreeEntryName),
        (&[("40000", ".git", sub)], Code::TreeEntryName),
        (&[("120000", "x.yaml", file)], Code::SymlinkInZone),
        (&[("160000", "x", gitlink)], Code::SubmoduleInZone),
        (&[("100755", "x.yaml", file)], Code::FileMode),
        (&[("100644", "x.yaml", sub)], Code::FileMode),
        (&[("40000", "x", file)], Code::FileMode),
        (
            &[("100644", "b.yaml", file), ("100644", "a.yaml", file)],
            Code::TreeOrder,
        ),
        (
            &[("100644", "a.yaml", file), ("100644", "a.yaml", file)],
            Code::TreeDuplicate,
        ),
        (&[("040000", "x", sub)], Code::TreeEntryName),
    ] {
        let hostile = repo.tree(entries);
        let snapshot = read(&repo, repo.hostile(&[("40000", "requests", hostile)]));
        assert_eq!(told(&snapshot.errors), [], "{entries:?}");
        assert_eq!(snapshot.findings[0].reason.code, code, "{entries:?}");
        assert!(snapshot.open.is_empty(), "{entries:?}");

        let snapshot = read(&repo, repo.hostile(&[("40000", "policies", hostile)]));
        assert_eq!(snapshot.errors[0].reason.code, code, "{entries:?}");
        assert!(snapshot.control.is_empty(), "{entries:?}");
    }
}

#[test]
fn a_hostile_top_stops_everything() {
    let repo = Repo::with_request();
    let file = repo.blob(b"x");
    let sub = repo.tree(&[("100644", "x.yaml", file)]);
    for (entries, code) in [
        (&[("120000", "requests", file)][..], Code::SymlinkInZone),
        (
            &[("160000", "requests", repo.head())],
            Code::SubmoduleInZone,
        ),
        (&[("100644", "requests", file)], Code::UnexpectedFile),
        (
            &[("40000", "Policies", sub), ("40000", "policies", sub)],
            Code::TreeDuplicate,
        ),
        (
            &[("40000", "policies", sub), ("40000", "issued", sub)],
            Code::TreeOrder,
        ),
        (
            &[("100644", ".gitattributes", repo.blob(b"* filter=x"))],
            Code::AttributeInZone,
        ),
    ] {
        let snapshot = read(&repo, repo.hostile(entries));
        assert_eq!(snapshot.errors[0].reason.code, code, "{entries:?}");
    }
    let inert = [("120000", "link", file), ("100755", "run", file)];
    assert_eq!(told(&read(&repo, repo.hostile(&inert)).errors), []);
}

#[test]
fn links_in_a_work_tree_are_not_followed() {
    let repo = Repo::with_request();
    std::os::unix::fs::symlink("/etc", repo.path().join("requests/etc")).expect("a link");
    std::os::unix::fs::symlink("dev/jane.yaml", repo.path().join("requests/joe.yaml"))
        .expect("a link");
    let snapshot = worktree::snapshot(repo.path()).expect("a snapshot");
    assert_eq!(
        told(&snapshot.findings),
        [
            (Code::SymlinkInZone, Some("requests/etc")),
            (Code::SymlinkInZone, Some("requests/joe.yaml")),
        ]
    );
}

#[test]
fn a_large_directory_is_a_notice() {
    let repo = Repo::new();
    for number in 0..1_000 {
        repo.write(&format!("requests/r{number}.yaml"), "x");
    }
    let snapshot = worktree::snapshot(repo.path()).expect("a snapshot");
    assert_eq!(
        told(&snapshot.notices),
        [(Code::LargeDirectory, Some("requests"))]
    );
}

#[test]
fn a_key_leads_to_the_request_that_had_it_first() {
    let repo = Repo::with_request();
    let (known, unknown) = (Sha256Digest::of(b"known"), Sha256Digest::of(b"unknown"));
    let hex = known.to_string();
    repo.write(
        &format!("issued/_keys/{}/{}", &hex[..2], &hex[2..]),
        "dev/jane\n",
    );
    let commit = repo.commit("more");
    let owners = repo
        .open()
        .key_owners(commit, &[known, unknown])
        .expect("owners");
    assert_eq!(
        owners.into_iter().collect::<Vec<_>>(),
        [(
            known,
            KeyOwner::certified("dev/jane".parse().expect("a name"), None)
        )]
    );
}
