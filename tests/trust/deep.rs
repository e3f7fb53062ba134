//! Directories that lie thousands of levels deep, in every zone and beside them: words, and never a crash.

use crate::house::House;

/// A branch `pr` with a directory so deep at this path, beside what `main` has.
const DEEP: &str = r#"
cd repo
python3 - "$PATH_IN" "$LEVELS" > ../deep <<'END'
import hashlib, os, sys, zlib
def put(kind, octets):
    whole = b"%s %d\0" % (kind, len(octets)) + octets
    name = hashlib.sha1(whole).hexdigest()
    folder = ".git/objects/" + name[:2]
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(folder + "/" + name[2:]):
        open(folder + "/" + name[2:], "wb").write(zlib.compress(whole, 1))
    return bytes.fromhex(name)
tree = put(b"tree", b"100644 f\0" + put(b"blob", b"x\n"))
for _ in range(int(sys.argv[2])):
    tree = put(b"tree", b"40000 d\0" + tree)
print(tree.hex())
END
zone=${PATH_IN%%/*}
inner=$( (git ls-tree "main:$zone" 2>/dev/null || :; printf '040000 tree %s\tdeep\n' "$(cat ../deep)") | git mktree)
top=$( (git ls-tree main | awk -F'\t' -v zone="$zone" '$2 != zone'; printf '040000 tree %s\t%s\n' "$inner" "$zone") | git mktree)
git update-ref refs/heads/pr "$(git commit-tree -p "$FROM" -m deep "$top")"
"#;

fn deepen(house: &House, zone: &str, levels: usize, from: &str) {
    house.scratch.sh(&format!(
        "export PATH_IN={zone} LEVELS={levels} FROM={from}; {DEEP}"
    ));
}

/// It has a report with a finding, or one that says why it could not work.
#[track_caller]
fn answers(house: &House, args: &[&str], codes: &[i32]) {
    let answer = house.scratch.in_repo(args);
    assert!(
        answer.code.is_some_and(|code| codes.contains(&code)),
        "{args:?}: {:?} {}",
        answer.code,
        answer.stderr
    );
}

#[test]
fn a_deep_directory_is_refused_with_words() {
    let house = House::with_request("none");
    house.run();
    let old = crate::output::head(&house);
    house.scratch.write("repo/NOTES", "meanwhile");
    house.scratch.commit("meanwhile");
    for levels in [6_000, 12_000] {
        for zone in ["requests", "issued", "policies", "templates", "src"] {
            for from in ["main", &old] {
                deepen(&house, zone, levels, from);
                answers(
                    &house,
                    &["check", "--base", "main", "--head", "pr"],
                    &[0, 1, 2],
                );
                answers(&house, &["policy", "diff", "main", "pr"], &[0, 1, 2]);
            }
            for command in [
                &["plan"][..],
                &["run"],
                &["get"],
                &["describe", "jane"],
                &["policy", "explain", "jane"],
            ] {
                let args = [&["--branch", "pr"], command].concat();
                answers(&house, &args, &[0, 1, 2]);
            }
        }
    }
    deepen(&house, "requests", 12_000, "main");
    let report = house
        .scratch
        .in_repo(&["check", "--base", "main", "--head", "pr", "-o", "json"])
        .code(1)
        .json();
    assert!(report.to_string().contains("PathNotAllowed"), "{report:#}");
}

#[test]
fn a_deep_directory_beside_a_conflict_is_refused_with_words() {
    let house = House::with_request("none");
    let old = crate::output::head(&house);
    house.scratch.write("repo/NOTES", "here");
    house.scratch.commit("here");
    deepen(&house, "src", 12_000, &old);
    // Both sides have made the file, each with other text.
    house.scratch.write("repo/NOTES", "there");
    house.scratch.sh(
        "cd repo; blob=$(git hash-object -w NOTES)
         top=$( (git ls-tree pr | awk -F'\t' '$2 != \"NOTES\"'; printf '100644 blob %s\tNOTES\n' $blob) | git mktree)
         git update-ref refs/heads/pr $(git commit-tree -p pr^ -m other $top); git checkout -q NOTES",
    );
    let answer = house
        .scratch
        .in_repo(&["check", "--base", "main", "--head", "pr"])
        .code(2);
    assert!(answer.stderr.contains("levels deep"), "{}", answer.stderr);
}
