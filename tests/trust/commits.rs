//! Commits that git itself never makes and servers take all the same, and histories with a hole.

use crate::house::{House, judged};

const CHECK: [&str; 5] = ["check", "--base", "main", "--head", "odd"];

/// good asks, and on the branch `odd` jane does.
fn house() -> House {
    let house = House::new("{anyOf: [{groups: [platform], count: 2}]}", "author");
    house.ask("good", "bob");
    house.write_request("jane");
    house.scratch.sh("mv repo/requests/jane.yaml .");
    house
}

/// Makes the branch `odd`: one commit on `main` with these lines and the request of jane.
fn branch(house: &House, lines: &str) {
    house.scratch.sh(&format!(
        "cd repo && git switch -q -C odd main && cp ../jane.yaml requests
         git add -A && t=$(git write-tree) && p=$(git rev-parse main) && blob=$(git rev-parse main:requests/good.yaml)
         printf \"tree $t\nparent $p\n{lines}\n\nmake it odd\n\" > ../odd
         git reset -q --hard && git switch -q main
         git update-ref refs/heads/odd $(git hash-object -t commit -w --stdin --literally < ../odd)"
    ));
}

fn in_words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_commit_that_does_not_say_who_made_it_is_refused_and_once_merged_stops_nobody() {
    let house = house();
    for (lines, asker) in [
        ("author A <jane@example.com> 1 +0000", Some("jane")),
        ("committer A <jane@example.com> 1 +0000", None),
        (
            "author A <jane@example.com> 99999999999999999999 +0000\ncommitter A <a> 1 +0000",
            None,
        ),
        (
            "author A <jane@example.com> 1 +0000\ncommitter A <a> 99999999999999999999 +0000",
            Some("jane"),
        ),
        (
            "author A <jane@example.com> <bob@example.com> 1 +0000\ncommitter A <a> 1 +0000",
            None,
        ),
    ] {
        branch(&house, lines);
        let odd = house.scratch.sh("git -C repo rev-parse odd").stdout;
        let checked = house.scratch.in_repo(&CHECK).code(2);
        let said = format!(
            "error[MalformedCommit]: commit {} does not say who made it",
            odd.trim()
        );
        let stderr = in_words(&checked.stderr);
        assert!(stderr.contains(&said), "{lines}: {stderr}");
        // On the mainline itself, and behind a merge.
        for landing in ["reset -q --hard odd", "merge -q --no-ff -m m odd"] {
            house.scratch.sh("git -C repo branch -f before main");
            house.scratch.sh(&format!("git -C repo {landing}"));
            let planned = house.scratch.in_repo(&["plan", "-o", "json"]);
            let report = planned.success().json();
            assert_eq!(judged(&report, "good").0, "pending", "{lines}");
            let (verdict, codes) = judged(&report, "jane");
            assert_eq!(verdict, "pending", "{lines}");
            let is_told = codes.iter().any(|code| code == "MalformedCommit");
            assert_eq!(is_told, asker.is_none(), "{lines}: {codes:?}");
            let results = report["results"].as_array().expect("results");
            let jane = results.iter().find(|result| result["request"] == "jane");
            let requester = &jane.expect("jane is there")["requester"];
            assert_eq!(requester["principal"].as_str(), asker, "{lines}");
            house.scratch.sh("git -C repo reset -q --hard before");
        }
    }
}

#[test]
fn a_run_signs_on_top_of_a_commit_that_does_not_say_who_made_it() {
    let house = House::new("none", "author");
    house.ask("good", "bob");
    house.write_request("jane");
    house.scratch.sh("mv repo/requests/jane.yaml .");
    branch(&house, "author A <jane@example.com> 1 +0000");
    house.scratch.sh("git -C repo reset -q --hard odd");
    let report = house.run().json();
    assert_eq!(judged(&report, "good").0, "issued");
    let report = house.run().json();
    assert_eq!(report["issueCommit"].as_str(), None, "{report:#}");
}

#[test]
fn a_history_with_a_hole_is_told_with_the_commit_that_names_what_is_missing() {
    let house = house();
    for (parent, what) in [
        (
            "1111111111111111111111111111111111111111",
            "is not in this repository",
        ),
        ("$blob", "is a blob, and no commit"),
    ] {
        let lines = format!(
            "parent {parent}\nauthor A <jane@example.com> 1 +0000\ncommitter A <a> 1 +0000"
        );
        branch(&house, &lines);
        let odd = house.scratch.sh("git -C repo rev-parse odd").stdout;
        let said = format!("commit {} names", odd.trim());
        house.scratch.sh("cd repo && git branch -f before main
             git reset -q --hard $(git commit-tree -p main -p odd -m merged odd^{tree})");
        for command in [&CHECK[..], &["plan"], &["run"]] {
            // The first one is asked of the branch as it was.
            let mut command = command.to_vec();
            command
                .iter_mut()
                .filter(|word| **word == "main")
                .for_each(|word| *word = "before");
            let answer = house.scratch.in_repo(&command).code(2);
            let stderr = in_words(&answer.stderr);
            assert!(
                stderr.contains(&said) && stderr.contains(what),
                "{command:?}: {stderr}"
            );
            assert!(!stderr.contains("class="), "{stderr}");
        }
        house.scratch.sh("git -C repo reset -q --hard before");
    }
}

#[test]
fn a_tag_with_the_name_of_the_base_does_not_take_its_place() {
    let house = house();
    branch(
        &house,
        "author A <jane@example.com> 1 +0000\\ncommitter A <a> 1 +0000",
    );
    let check = |base: &str| {
        house
            .scratch
            .in_repo(&["check", "--base", base, "--head", "odd"])
    };
    let judged = check("main").success();
    house.scratch.git(&["tag", "main", "odd"]);
    for base in ["main", "main~0"] {
        let refused = in_words(&check(base).code(2).stderr);
        let said = "`main` is ambiguous: it is `refs/tags/main` and also `refs/heads/main`";
        assert!(refused.contains(said), "{base}: {refused}");
    }
    assert_eq!(check("refs/heads/main").success().stdout, judged.stdout);
    house
        .scratch
        .git(&["tag", "--force", "main", "refs/heads/main"]);
    assert_eq!(check("main").success().stdout, judged.stdout);
}
