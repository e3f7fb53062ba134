//! Limits of names, sizes and numbers, each at its edge: what just fits passes, and one more is refused alone.

use std::collections::BTreeSet;

use gitca::x509::subject::Attribute;

use crate::house::House;
use crate::repository::{Hostile, Report, manifest, manifest_of};
use crate::trees::{Fixture, fixture, good_is_approved};

const KIB: usize = 1024;

/// Names that some file system can't hold.
pub(crate) fn names() -> Vec<Fixture> {
    vec![
        fixture("hostile-tree-device", devices),
        fixture("hostile-tree-long", long_names),
    ]
}

/// Every device of DOS, as a request, before a dot, and as a directory; and names that only look like one.
fn devices(hostile: &Hostile) {
    let numbered = ["com", "lpt"].into_iter();
    let numbered =
        numbered.flat_map(|device| (1..=9).map(move |number| format!("{device}{number}")));
    let few = ["con", "prn", "aux", "nul"].map(str::to_owned);
    let devices: Vec<String> = few.into_iter().chain(numbered).collect();
    assert_eq!(devices.len(), 22);
    let places = |device: &String| {
        let directory = format!("requests/bad/in-{device}/{device}");
        [
            (format!("requests/bad/{device}.yaml"), None),
            (format!("requests/bad/{device}.x.yaml"), None),
            (format!("{directory}/x.yaml"), Some(directory)),
        ]
    };
    let fine = ["com", "com0", "com10", "lpt0", "x.con", "console", "nul-1"];
    for (path, _) in devices.iter().flat_map(places) {
        hostile.scratch.write(&format!("repo/{path}"), "x");
    }
    for name in fine {
        let path = format!("repo/requests/fine/{name}.yaml");
        hostile.scratch.write(&path, manifest(name));
    }
    hostile.scratch.commit("devices");
    let plan = hostile.plan();
    good_is_approved(&plan);
    for device in &devices {
        for (file, directory) in places(device) {
            let place = directory.unwrap_or(file);
            assert_eq!(plan.reasons(&place), ["PathNotAllowed"], "{place}");
            let told = plan.told(&place);
            let words = format!("`{device}`, which some systems take for a device");
            assert!(told.contains(&words), "{place}: {told}");
        }
    }
    for name in fine {
        let request = format!("fine/{name}");
        let verdict = plan.verdict(&request);
        assert_eq!(verdict, Some("approved"), "{name}: {plan:?}");
    }
}

/// 239 octets are a name, so that the name of its revocation has the 255 of a file system.
fn long_names(hostile: &Hostile) {
    let name = |octets: usize| "x".repeat(octets);
    let (fits, long) = (name(239), name(240));
    for (number, piece) in [&fits, &long].into_iter().enumerate() {
        let seed = format!("long-{number}");
        let request = manifest_of(piece, &[(Attribute::CommonName, "x")], &seed);
        let path = format!("repo/requests/{piece}.yaml");
        hostile.scratch.write(&path, request);
        let path = format!("repo/requests/dirs/{piece}/x{number}.yaml");
        hostile
            .scratch
            .write(&path, manifest(&format!("x{number}")));
    }
    hostile.scratch.commit("long names");
    let plan = hostile.plan();
    good_is_approved(&plan);
    // It is judged, and refused for what it asks for.
    assert_eq!(plan.verdict(&fits), Some("denied"), "{plan:?}");
    let inside = format!("dirs/{fits}/x0");
    assert_eq!(plan.verdict(&inside), Some("approved"), "{plan:?}");
    for place in [
        format!("requests/{long}.yaml"),
        format!("requests/dirs/{long}"),
    ] {
        assert_eq!(plan.reasons(&place), ["PathNotAllowed"], "{plan:?}");
        let told = plan.told(&place);
        assert!(told.contains("at most 239 characters"), "{told}");
    }
    // What revokes it has a name of 255 octets, and is read.
    let revocation = format!(
        "apiVersion: gitca.dev/v1alpha1\nkind: Revocation\nmetadata: {{name: {fits}}}\nspec: {{all: true}}\n"
    );
    let path = format!("requests/{fits}.revocation.yaml");
    let plan = hostile.commit(&[(&path, revocation.as_bytes())]).plan();
    good_is_approved(&plan);
    assert_eq!(plan.verdict(&path), None, "{plan:?}");
}

#[test]
fn a_directory_of_a_thousand_is_told_and_one_less_is_not() {
    let hostile = Hostile::new();
    for (entries, notices) in [(999, &[][..]), (1000, &["LargeDirectory"])] {
        let names = (0..entries).map(|n| format!("f{n:04}.yaml"));
        let plan = hostile.commit_files(names).plan();
        good_is_approved(&plan);
        assert_eq!(plan.notices(), notices, "{entries} entries");
        hostile.reset();
    }
}

/// What a change brings or takes away is counted, and nothing of it is read when it is too much; on the mainline it is
/// judged, however much it is.
#[test]
fn a_change_touches_at_most_11_000_files_and_directories() {
    let hostile = Hostile::new();
    let names = |number: usize| (0..number).map(|n| format!("#{n:05}"));
    // The directory counts, and so does a README that goes.
    let fits = hostile.commit_files(names(10_998)).proposed();
    assert_eq!((fits.code, fits.errors()), (Some(1), vec![]), "{fits:?}");
    assert!(fits.all_reasons().contains(&"UnexpectedFile"), "{fits:?}");
    hostile.scratch.git(&["branch", "fits"]);
    hostile.commit_files(names(10_999));
    good_is_approved(&hostile.plan());
    let told = refused_change(&hostile, "base", "main");
    let words = "the change touches more than 11000 files and directories of the zones";
    assert!(told.contains(words), "{told}");
    assert!(told.contains("requests/bad"), "{told}");
    assert!(told.contains("split it"), "{told}");
    // Only what differs counts.
    let check = ["check", "--base", "fits", "--head", "main"];
    hostile.scratch.in_repo(&check).code(1);
    hostile.commit_tree("base^{tree}");
    refused_change(&hostile, "main~1", "main");
}

/// A push may bring what runs have made, however much that is; a branch may bring none of it.
#[test]
fn what_runs_have_made_is_not_counted_in_a_push() {
    let hostile = Hostile::new();
    let blob = hostile.object("blob", b"x");
    let names: Vec<String> = (0..11_001).map(|n| format!("x{n:05}")).collect();
    let entry = |name| ("100644", str::as_bytes(name), blob.clone());
    let names = names.iter().map(String::as_str);
    let issued = hostile.tree(&names.map(entry).collect::<Vec<_>>());
    hostile.commit_top("issued", &issued);
    refused_change(&hostile, "base", "main");
    let pushed = hostile.scratch.gitca_with(
        "repo",
        &["check", "--base", "base", "--head", "main", "-o", "json"],
        &[("GIT_QUARANTINE_PATH", "objects/incoming")],
    );
    let codes: BTreeSet<String> = Report::of(&pushed)
        .errors()
        .into_iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(codes, BTreeSet::from(["ForeignOutput".to_owned()]));
}

/// What the change is refused for, which is nothing but its size.
#[track_caller]
fn refused_change(hostile: &Hostile, base: &str, head: &str) -> String {
    let check = hostile.checked(base, head);
    let found = (check.code, check.errors());
    assert_eq!(found, (Some(2), vec!["TooManyFiles"]), "{check:?}");
    check.error()
}

/// Small as they are in a pack, files of nothing but zeros are read as slowly as others, and so are copies of one file.
#[test]
fn a_change_brings_at_most_8_mebibytes_of_requests() {
    let hostile = Hostile::new();
    let text = |number: usize| {
        let mut text = format!("#{number}\n").into_bytes();
        text.resize(64 * KIB, 0);
        text
    };
    for (number, is_same) in [(128, true), (128, false), (129, true), (129, false)] {
        for n in 0..number {
            let path = format!("repo/requests/bad/x{n}.txt");
            hostile
                .scratch
                .write(&path, text(if is_same { 0 } else { n }));
        }
        hostile.scratch.commit("many octets");
        if number == 128 {
            let check = hostile.proposed();
            assert_eq!((check.code, check.errors()), (Some(1), vec![]), "{is_same}");
        } else {
            let told = refused_change(&hostile, "base", "main");
            let words = "the files that the change brings have more than 8388608 octets in all";
            assert!(told.contains(words), "{told}");
        }
        hostile.reset();
    }
}

/// What decides has a size in all, and nothing is signed when it is more; digests in lists of keys have their own.
#[test]
fn files_that_decide_have_a_size_in_all() {
    let hostile = Hostile::new();
    let list = digests(7 * KIB * KIB);
    let words = format!("# spki-sha256\n#{}\n", "x".repeat(300 * KIB)).into_bytes();
    let template = padded("", 255 * KIB);
    for (files, text, codes) in [
        ("templates/a.j2", &template, &[][..]),
        (
            "templates/a.j2 templates/b.j2",
            &template,
            &["TooManyFiles"],
        ),
        ("policies/keys/a.txt policies/keys/b.txt", &list, &[]),
        (
            "policies/keys/a.txt policies/keys/b.txt policies/keys/c.txt",
            &list,
            &["TooManyFiles"],
        ),
        ("policies/keys/a.txt", &words, &[]),
        (
            "policies/keys/a.txt policies/keys/b.txt",
            &words,
            &["TooManyFiles"],
        ),
    ] {
        let paths: Vec<&str> = files.split(' ').collect();
        for path in &paths {
            let mut text = text.clone();
            text.extend(format!("#{path}\n").bytes());
            hostile.scratch.write(&format!("repo/{path}"), text);
        }
        hostile.scratch.commit("large files");
        let plan = hostile.plan();
        assert_eq!(plan.errors(), codes, "{paths:?}");
        if let Some(last) = paths.last().filter(|_| !codes.is_empty()) {
            let told = plan.error();
            assert!(told.contains(last), "{told}");
        }
        hostile.reset();
    }
}

/// A list of keys of about so many octets.
fn digests(octets: usize) -> Vec<u8> {
    let mut list = b"# spki-sha256\r\n".to_vec();
    for number in 0..octets / 66 {
        list.extend(format!("{number:064x}\r\n").bytes());
    }
    list
}

/// A text of so many octets that begins with this one and goes on as a comment.
fn padded(text: &str, octets: usize) -> Vec<u8> {
    let line = format!("#{}\n", "a".repeat(62));
    let mut padded = text.as_bytes().to_vec();
    while padded.len() + line.len() <= octets {
        padded.extend(line.as_bytes());
    }
    padded.resize(octets, b'\n');
    padded
}

/// A file of the data zone has its size, and is refused for one octet more.
#[test]
fn a_file_of_a_stranger_is_as_large_as_its_place_allows() {
    let hostile = Hostile::new();
    let revocation = "apiVersion: gitca.dev/v1alpha1\nkind: Revocation\nmetadata: {name: good}\nspec: {all: true}\n";
    let statement = "requests/good.approvals/bob-00000000.json";
    for (path, text, limit) in [
        ("requests/x.yaml", manifest("x"), 64 * KIB),
        ("requests/.gitattributes", String::new(), 64 * KIB),
        (
            "requests/good.revocation.yaml",
            revocation.to_owned(),
            16 * KIB,
        ),
        (statement, String::new(), 16 * KIB),
        (&format!("{statement}.sig"), String::new(), 8 * KIB),
    ] {
        for (octets, is_refused) in [(limit, false), (limit + 1, true)] {
            let plan = hostile.commit(&[(path, &padded(&text, octets))]).plan();
            assert_eq!((plan.code, plan.errors()), (Some(0), vec![]), "{path}");
            let refused = plan.all_reasons().contains(&"FileTooLarge");
            assert_eq!(refused, is_refused, "{path}, {octets} octets: {plan:?}");
            if is_refused {
                let told = plan.told(path);
                let words = format!(
                    "the file has {octets} octets, more than the {limit} that its place allows"
                );
                assert!(told.contains(&words), "{path}: {told}");
                assert!(told.contains("\"help\":\""), "{path}: {told}");
            }
            hostile.reset();
        }
    }
}

/// A file that decides has its size, and nothing is signed for one octet more.
#[test]
fn a_file_that_decides_is_as_large_as_its_place_allows() {
    let hostile = Hostile::new();
    let deny = "apiVersion: gitca.dev/v1alpha1\nkind: DenyPolicy\nmetadata: {name: large}\nspec:\n  deny: [{name: a, dnsNames: [a.example.com]}]\n";
    for (path, text, limit) in [
        ("policies/large.yaml", deny, 256 * KIB),
        ("policies/keys/large.txt", "# spki-sha256\n", 16 * KIB * KIB),
        ("policies/.gitattributes", "", 64 * KIB),
        (".gitattributes", "", 64 * KIB),
    ] {
        for (octets, codes) in [(limit, &[][..]), (limit + 1, &["FileTooLarge"])] {
            let plan = hostile.commit(&[(path, &padded(text, octets))]).plan();
            assert_eq!(plan.errors(), codes, "{path}, {octets} octets");
            if codes.is_empty() {
                good_is_approved(&plan);
            } else {
                assert_eq!(plan.code, Some(2), "{path}");
                let told = plan.error();
                let words = format!(
                    "the file has {octets} octets, more than the {limit} that its place allows"
                );
                assert!(told.contains(&words), "{told}");
                assert!(told.contains(path), "{told}");
            }
            hostile.reset();
        }
    }
    let large = |octets| {
        let template = padded("", octets);
        hostile.commit(&[("templates/large.j2", &template)]).plan()
    };
    good_is_approved(&large(256 * KIB));
    hostile.reset();
    assert_eq!(large(256 * KIB + 1).errors(), ["FileTooLarge"]);
}

/// 64 files of statements are read, and the approval among them counts; of 65 none is.
#[test]
fn a_request_has_at_most_64_files_of_statements() {
    let house = House::with_request("{anyOf: [{groups: [platform]}]}");
    house.state("jane", "approve", "bob");
    for number in 0..62 {
        let path = format!("repo/requests/jane.approvals/carol-{number:08}.json");
        house.scratch.write(&path, "x");
    }
    house.scratch.commit("64 files");
    let (verdict, codes) = house.judged("jane");
    assert_eq!(verdict, "approved", "{codes:?}");
    house
        .scratch
        .write("repo/requests/jane.approvals/carol-00000062.json", "x");
    house.scratch.commit("65 files");
    // It is judged as a whole, so nobody asks who asked.
    let answer = house.scratch.in_repo(&["plan", "-o", "json"]);
    let report = answer.success().json();
    let told = report["results"].to_string();
    assert!(told.contains("TooManyFiles"), "{told}");
    let words = "a request has at most 64 files of statements";
    assert!(told.contains(words), "{told}");
    assert!(!told.contains("\"approved\""), "{told}");
}

/// What a commit says is compressed as well, and read again at every question.
#[test]
fn the_commits_of_a_change_have_at_most_8_mebibytes() {
    let hostile = Hostile::new();
    let message = |octets: usize| hostile.scratch.write("message", "x".repeat(octets));
    message(512 * KIB);
    let commit = "git -C repo commit -q --allow-empty --cleanup=verbatim -F ../message";
    hostile
        .scratch
        .sh(&format!("for n in $(seq 15); do {commit}; done"));
    let check = hostile.proposed();
    assert_eq!((check.code, check.errors()), (Some(0), vec![]), "{check:?}");
    hostile.scratch.sh(commit);
    let told = refused_change(&hostile, "base", "main");
    assert!(
        told.contains("have more than 8388608 octets in all"),
        "{told}"
    );
    hostile.reset();
    message(1024 * KIB);
    hostile.scratch.sh(commit);
    let check = hostile.proposed();
    assert_eq!(
        (check.code, check.errors()),
        (Some(2), vec!["OperationFailed"])
    );
    for told in [
        "has more than 1048576 octets",
        "a message that people read",
        "--anchor",
    ] {
        assert!(check.error().contains(told), "{}", check.error());
    }
}
