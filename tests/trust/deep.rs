//! Directories that lie thousands of levels deep, in every zone and beside them: words, and never a crash.

use crate::house::House;

// What crashed was deeper than the first of these, and what is refused by its depth is deeper than the second.
const LEVELS: [usize; 2] = [6_000, 12_000];

/// A pack with a directory that is as deep as that, and how its trees are called, from the innermost on.
const CHAIN: &str = r#"
cd repo
python3 - "$LEVELS" > ../chain <<'END'
import hashlib, sys, zlib
def name(kind, octets):
    return hashlib.sha1(b"%s %d\0" % (kind, len(octets)) + octets).digest()
def entry(kind, octets):
    low, rest = kind << 4 | len(octets) & 15, len(octets) >> 4
    head = bytearray([low | (128 if rest else 0)])
    while rest:
        head.append(rest & 127 | (128 if rest > 127 else 0))
        rest >>= 7
    return bytes(head) + zlib.compress(octets, 1)
blob = b"x\n"
objects = [entry(3, blob)]
tree = b"100644 f\0" + name(b"blob", blob)
for _ in range(int(sys.argv[1]) + 1):
    objects.append(entry(2, tree))
    print(name(b"tree", tree).hex())
    tree = b"40000 d\0" + name(b"tree", tree)
pack = b"PACK" + (2).to_bytes(4, "big") + len(objects).to_bytes(4, "big") + b"".join(objects)
open("../chain.pack", "wb").write(pack + hashlib.sha1(pack).digest())
END
git index-pack --stdin < ../chain.pack > /dev/null
"#;

/// A branch `pr` with such a directory at this path, beside what `main` has.
const DEEP: &str = r#"
cd repo
inner=$( (git ls-tree "main:$ZONE" 2>/dev/null || :; printf '040000 tree %s\tdeep\n' "$(sed -n "$((LEVELS + 1))p" ../chain)") | git mktree)
top=$( (git ls-tree main | awk -F'\t' -v zone="$ZONE" '$2 != zone'; printf '040000 tree %s\t%s\n' "$inner" "$ZONE") | git mktree)
git update-ref refs/heads/pr "$(git commit-tree -p "$FROM" -m deep "$top")"
"#;

fn deepen(house: &House, zone: &str, levels: usize, from: &str) {
    if !house.scratch.path("chain").exists() {
        let [.., most] = LEVELS;
        house.scratch.sh(&format!("export LEVELS={most}; {CHAIN}"));
    }
    house.scratch.sh(&format!(
        "export ZONE={zone} LEVELS={levels} FROM={from}; {DEEP}"
    ));
}

/// Moves the mainline on; out comes where it was.
fn moved_from(house: &House) -> String {
    let old = crate::output::head(house);
    house.scratch.write("repo/NOTES", "meanwhile");
    house.scratch.commit("meanwhile");
    old
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
    let old = moved_from(&house);
    for levels in LEVELS {
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
fn a_deep_directory_beside_a_conflict_is_merged_as_it_is() {
    let house = House::with_request("none");
    let old = crate::output::head(&house);
    house.scratch.write("repo/NOTES", "here");
    house.scratch.commit("here");
    deepen(&house, "src", 12_000, &old);
    // What nobody reads is no conflict, however it looks.
    // Both sides have made the file, each with other text.
    house.scratch.write("repo/NOTES", "there");
    house.scratch.sh(
        "cd repo; blob=$(git hash-object -w NOTES)
         top=$( (git ls-tree pr | awk -F'\t' '$2 != \"NOTES\"'; printf '100644 blob %s\tNOTES\n' $blob) | git mktree)
         git update-ref refs/heads/pr $(git commit-tree -p pr^ -m other $top); git checkout -q NOTES",
    );
    let check = ["check", "--base", "main", "--head", "pr", "-o", "json"];
    let report = house.scratch.in_repo(&check).code(2).json();
    // Nobody could check it out, and that is all.
    let errors = report["errors"].as_array().expect("a list");
    let codes: Vec<_> = errors.iter().map(|error| &error["code"]).collect();
    assert_eq!(codes, ["TreeEntryName"], "{report:#}");
}

/// A branch `pr` with a few small trees at this path that name each other so often that nobody could look at all paths.
const MANY: &str = r#"
cd repo
tree=$(printf '100644 blob %s\tx.yaml\n' "$(echo x | git hash-object -w --stdin)" | git mktree)
for level in 1 2 3 4 5 6 7 8 9 10; do
  tree=$(for entry in $(seq 10 69); do printf '040000 tree %s\td%s\n' "$tree" "$entry"; done | git mktree)
done
inner=$( (git ls-tree "$FROM:$ZONE" 2>/dev/null || :; printf '040000 tree %s\tmany\n' "$tree") | git mktree)
top=$( (git ls-tree "$FROM" | awk -F'\t' -v zone="$ZONE" '$2 != zone'; printf '040000 tree %s\t%s\n' "$inner" "$ZONE") | git mktree)
git update-ref refs/heads/pr "$(git commit-tree -p "$FROM" -m many "$top")"
"#;

#[test]
fn a_few_trees_that_are_very_many_paths_are_refused_with_words() {
    let house = House::with_request("none");
    house.run();
    let old = moved_from(&house);
    let main = crate::output::head(&house);
    for (zone, code, word) in [
        ("requests", 2, "TooManyFiles"),
        ("issued", 2, "TooManyFiles"),
        ("policies", 2, "TooManyFiles"),
        ("templates", 2, "TooManyFiles"),
        // No checkout could write them.
        ("src", 2, "TooManyFiles"),
    ] {
        for from in ["main", &old] {
            let script = format!("export ZONE={zone} FROM={from}; {MANY}");
            house.scratch.sh(&script);
            let check = ["check", "--base", "main", "--head", "pr", "-o", "json"];
            let answer = house.scratch.in_repo(&check);
            assert_eq!(answer.code, Some(code), "{zone}: {}", answer.stderr);
            assert!(answer.stdout.contains(word), "{zone}: {}", answer.stdout);
        }
        // Merged all the same, it is what a run meets.
        house.scratch.git(&["update-ref", "refs/heads/main", "pr"]);
        let answer = house.scratch.in_repo(&["plan", "-o", "json"]);
        // Whatever lies there that no run has written is said before it is counted.
        let word = match zone {
            "issued" => "ForeignOutput",
            // Each of them was searched.
            "src" => "\"notices\": []",
            _ => word,
        };
        assert!(answer.stdout.contains(word), "{zone}: {}", answer.stderr);
        house.scratch.git(&["update-ref", "refs/heads/main", &main]);
    }
}
