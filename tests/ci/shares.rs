//! A batch that the jobs of a forge or of a cluster share, as the README tells it.

use serde_json::Value;

use crate::gitlab;
use crate::runner::{hosted, yaml};
use crate::support::{Answer, Scratch};

const SHARES: usize = 4;

/// The two blocks of the README's section, for GitLab and for a cluster.
fn told() -> [Value; 2] {
    let readme = include_str!("../../README.md");
    let (_, section) = readme
        .split_once("### On several machines\n")
        .expect("the section");
    let mut blocks = section.split("```yaml\n").skip(1).map(|block| {
        let (block, _) = block.split_once("```").expect("a block has an end");
        yaml(block)
    });
    [(); 2].map(|()| blocks.next().expect("two blocks"))
}

/// A forge where eight requests were merged.
fn merged(forge: &str) -> Scratch {
    let scratch = hosted(forge);
    for number in 0..8 {
        let name = format!("n{number}");
        scratch.in_repo(&["new", &name, "--group", "dev"]).success();
    }
    scratch.commit("requests");
    scratch.sh("git -C repo push -q origin main");
    scratch
}

fn ca_key(scratch: &Scratch) -> String {
    scratch.read("home/.config/gitca/keys/cluster-ca.pem")
}

/// Every request has its one certificate.
fn all_issued(scratch: &Scratch) {
    let brought = "git -C remote.git log --format= --name-only --diff-filter=AM main -- 'issued/*/certificate.pem' | grep .";
    let brought = scratch.sh(brought).stdout;
    assert_eq!(brought.lines().count(), 8, "{brought}");
    let commits = "git -C remote.git log --format=%s main | grep -c '^issue: '";
    let commits = scratch.sh(commits).stdout;
    assert!((2..=SHARES).contains(&commits.trim().parse().expect("a number")));
}

#[test]
fn the_parallel_jobs_of_gitlab_do_the_batch() {
    let [told, _] = told();
    let job = &told["gitca-run"];
    assert_eq!(job["parallel"], SHARES);
    let share = job["variables"]["GITCA_SHARD"].as_str().expect("a share");
    let scratch = merged("gitlab");
    let key = ca_key(&scratch);
    let anchor = scratch
        .sh("git -C repo rev-list --max-parents=0 main")
        .stdout;
    for index in 1..=SHARES {
        scratch.sh("rm -rf work; git clone -q remote.git work");
        let url = scratch.path("remote");
        let (index, total) = (index.to_string(), SHARES.to_string());
        let environment = [
            ("CI_NODE_INDEX", index.as_str()),
            ("CI_NODE_TOTAL", &total),
            ("CI_PROJECT_URL", url.to_str().expect("a path")),
            ("GITCA_SHARD", share),
            ("GITCA_ANCHOR", anchor.trim()),
            ("GITCA_CA_CLUSTER_CA", &key),
        ];
        let (code, log) = gitlab::run(&scratch, "gitca-run", &environment);
        assert_eq!(code, Some(0), "{log}");
    }
    all_issued(&scratch);
}

#[test]
fn the_pods_of_an_indexed_job_do_the_batch() {
    let [_, job] = told();
    let spec = &job["spec"];
    assert_eq!(spec["completionMode"], "Indexed");
    assert_eq!(spec["completions"], SHARES);
    let container = &spec["template"]["spec"]["containers"][0];
    let command = container["command"].as_array().expect("a command");
    let script = command[2].as_str().expect("a script");
    assert_eq!(command[..2], ["sh", "-c"]);
    assert!(script.ends_with(&format!("--shard job/{SHARES}")));
    let scratch = merged("none");
    let key = ca_key(&scratch);
    let anchor = scratch
        .sh("git -C repo rev-list --max-parents=0 main")
        .stdout;
    for index in 0..SHARES {
        let script = script.replace("/tmp/ca", &format!("pod{index}"));
        let script = script.replace("gitca -C", &format!("{} -C", env!("CARGO_BIN_EXE_gitca")));
        let mut pod = scratch.command("sh");
        for variable in container["env"].as_array().expect("variables") {
            let text = |field: &str| variable[field].as_str().expect("a text");
            pod.env(text("name"), text("value"));
        }
        pod.env("URL", scratch.path("remote.git"))
            .env("GITCA_ANCHOR", anchor.trim())
            .env("GITCA_CA_CLUSTER_CA", &key)
            .env("JOB_COMPLETION_INDEX", index.to_string());
        let output = pod.args(["-c", &script]).output().expect("sh can be run");
        Answer::of(&output).success();
    }
    all_issued(&scratch);
}
