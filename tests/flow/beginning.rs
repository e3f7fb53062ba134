//! The commands before the first run: `init`, `new` and `demo`.
//!
//! None of them writes over anything, and a private key never gets into the repository.

use std::fs;

use crate::support::Scratch;

#[test]
fn init_adds_only_what_is_missing_and_writes_over_nothing() {
    let scratch = Scratch::with_repository();
    assert_eq!(
        scratch.gitca(&["init", "repo"]).success().stdout,
        "Nothing is missing here.\n"
    );
    fs::remove_file(scratch.path("repo/templates/kubeconfig.yaml.j2")).expect("init wrote it");
    scratch.write(
        "repo/policies/developers.yaml",
        scratch
            .read("repo/policies/developers.yaml")
            .replace("30d", "10d"),
    );
    scratch.gitca(&["init", "repo"]).success();
    assert!(scratch.path("repo/templates/kubeconfig.yaml.j2").exists());
    assert!(
        scratch
            .read("repo/policies/developers.yaml")
            .contains("10d")
    );
    let second = scratch.gitca(&["init", "second"]).success();
    assert!(
        second.stdout.contains("cluster-ca-"),
        "another CA's key gets a name of its own: {}",
        second.stdout
    );
    let ids = scratch
        .sh("cat repo/policies/settings.yaml second/policies/settings.yaml | grep repository:")
        .stdout;
    let ids: Vec<&str> = ids.lines().collect();
    assert_ne!(ids[0], ids[1]);
    assert!(
        !ids[0].contains("7f0c2a94"),
        "the example's own id is never written"
    );
}

#[test]
fn a_private_key_is_made_for_its_owner_alone_and_never_in_the_repository() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::with_repository();
    scratch
        .in_repo(&["new", "jane", "--key-out", "jane.key"])
        .code(2);
    assert!(!scratch.path("repo/jane.key").exists());
    assert!(!scratch.path("repo/requests/jane.yaml").exists());
    scratch.in_repo(&["new", "jane"]).success();
    for file in ["requests/jane.key", "keys/cluster-ca.pem"] {
        let path = scratch.path(&format!("home/.config/gitca/{file}"));
        let mode = fs::metadata(&path)
            .expect("the key is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn every_kind_of_key_that_new_makes_is_admitted_by_the_starter_policy() {
    let scratch = Scratch::with_repository();
    let kinds = [
        "ecdsa-p256",
        "ecdsa-p384",
        "ecdsa-p521",
        "ed25519",
        "rsa-2048",
        "rsa-3072",
        "rsa-4096",
    ];
    for kind in kinds {
        scratch
            .in_repo(&["new", kind, "--group", "ops", "--key-type", kind])
            .success();
    }
    let report = scratch.in_repo(&["check", "-o", "json"]).success().json();
    assert_eq!(report["summary"]["approved"], kinds.len());
}

#[test]
fn the_demo_needs_no_identity_and_shows_all_three_verdicts() {
    let scratch = Scratch::new();
    let mut command = scratch.command(env!("CARGO_BIN_EXE_gitca"));
    for variable in [
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
    ] {
        command.env_remove(variable);
    }
    let output = command
        .args(["demo", "show"])
        .output()
        .expect("gitca can be run");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (planned, run) = text.split_once("$ gitca run").expect("a run");
    assert!(planned.contains("jane: pending"), "{text}");
    assert!(
        planned.contains("Approved jane as bob with ssh-ed25519"),
        "{text}"
    );
    assert!(run.contains("jane: issued"), "{text}");
    for expected in [
        "jane: issued",
        "mallory: denied",
        "ReservedIdentity",
        "damaged: invalid",
        "ProofOfPossession",
        "kind: Config",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains("PRIVATE KEY"), "{text}");
    assert!(
        !scratch.path("home/.config").exists(),
        "the user's configuration is left alone"
    );
    scratch.sh("git -C show/repository fsck --strict");
    scratch.gitca(&["demo", "show"]).code(2);
}
