//! Imports go down only: a file may use files of floors below its own, and nothing beside or above it.
//!
//! A file that became a folder stays one room: its files may use each other, as long as they do so without a cycle.
#![expect(clippy::disallowed_methods, reason = "this test reads the sources")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The house, from the ground up. Within a floor the rooms of one line don't know each other; a later line may use an
/// earlier one.
const FLOORS: &[&[&str]] = &[
    &["effort", "harmless", "names", "timestamp"],
    &["finding", "pattern", "provenance", "ssh"],
    &["report", "secrets", "snapshot", "yaml"],
    &["expression", "x509", "zones"],
    &["kubernetes", "request", "statement"],
    &["control"],
    &["revocation"],
    &["trust"],
    &["decision", "lint"],
    &["issuance"],
    &[
        "conversion",
        "message",
        "plan",
        "render",
        "sampling",
        "schema",
        "starter",
        "trial",
    ],
    &["batch", "explanation", "inspection", "inventory", "replay"],
    &["files"],
    &["git", "keystore", "output", "signing", "worktree"],
    &["cli", "world"],
    &["survey"],
    &["commands"],
    &["main"],
];

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// `src/x509/key.rs` is the module `x509::key`.
fn module(file: &Path) -> Vec<String> {
    let relative = file
        .strip_prefix("src")
        .expect("sources lie in src")
        .with_extension("");
    relative
        .iter()
        .map(|piece| piece.to_string_lossy().into_owned())
        .collect()
}

/// The text without comments and without its unit tests.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("the file can be read");
    without_tests(&text)
        .into_iter()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The lines that no `#[cfg(test)]` is about: such a module goes, and what comes after it stays.
fn without_tests(text: &str) -> Vec<&str> {
    let mut lines = text.lines();
    let mut kept = Vec::new();
    while let Some(line) = lines.next() {
        if line.trim_start() != "#[cfg(test)]" {
            kept.push(line);
            continue;
        }
        let item = lines.find(|line| !line.trim_start().starts_with("#["));
        if item.is_some_and(|item| item.ends_with('{')) {
            let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
            lines.find(|line| *line == end);
        }
    }
    kept
}

#[test]
fn only_what_is_for_tests_is_left_out() {
    let text =
        "use a;\n#[cfg(test)]\nmod b;\n#[cfg(test)]\n#[cfg(unix)]\nmod tests {\n    }\n}\nuse c;";
    assert_eq!(without_tests(text), ["use a;", "use c;"]);
}

/// Every `crate::…` path of a file, and every path that begins with a module of its own, as far as it names modules.
fn imports(file: &Path, modules: &BTreeSet<Vec<String>>) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let own = module(file);
    for child in modules
        .iter()
        .filter(|child| child.len() == own.len() + 1 && child.starts_with(&own))
    {
        let name = child.last().expect("a module has a name");
        let is_used = |(start, _): (usize, &str)| {
            !code(file)[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
        };
        if code(file).match_indices(&format!("{name}::")).any(is_used) {
            found.insert(child.clone());
        }
    }
    let parent = own[..own.len() - 1].to_vec();
    if code(file).contains("super::") && !parent.is_empty() {
        found.insert(parent);
    }
    for (start, _) in code(file).match_indices("crate::") {
        let text = &code(file)[start + "crate::".len()..];
        for path in expand(text) {
            let deepest = (1..=path.len())
                .rev()
                .map(|length| path[..length].to_vec())
                .find(|path| modules.contains(path));
            found.extend(deepest);
        }
    }
    found
}

/// The paths that begin here: `control::{ControlZone, signer::Signer}` names two.
fn expand(text: &str) -> Vec<Vec<String>> {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .unwrap_or(text.len());
    let head: Vec<String> = text[..end]
        .split("::")
        .filter(|piece| !piece.is_empty())
        .map(str::to_owned)
        .collect();
    if !text[end..].starts_with('{') {
        return vec![head];
    }
    let inner = text[end + 1..].split('}').next().unwrap_or_default();
    let item = |item: &str| {
        let tail = item
            .trim()
            .split("::")
            .map(|piece| piece.split(' ').next().unwrap_or_default().to_owned());
        head.iter().cloned().chain(tail).collect::<Vec<String>>()
    };
    inner
        .split(',')
        .filter(|text| !text.trim().is_empty())
        .map(item)
        .collect()
}

fn floor(module: &[String]) -> usize {
    let room = &module[0];
    let floor = FLOORS
        .iter()
        .position(|floor| floor.contains(&room.as_str()));
    floor.unwrap_or_else(|| panic!("`{room}` has no floor: draw it in tests/floors.rs"))
}

fn graph() -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let files: Vec<PathBuf> = sources(Path::new("src"))
        .into_iter()
        .filter(|file| !file.ends_with("lib.rs"))
        .collect();
    let files: Vec<PathBuf> = files
        .into_iter()
        .filter(|file| !file.ends_with("tests.rs"))
        .collect();
    let modules: BTreeSet<Vec<String>> = files.iter().map(|file| module(file)).collect();
    files
        .iter()
        .map(|file| (module(file), imports(file, &modules)))
        .collect()
}

/// A paragraph of modules is a floor.
#[test]
fn the_first_page_of_the_code_has_the_floors_in_their_order() {
    let text = fs::read_to_string("src/lib.rs").expect("the file can be read");
    let rooms = |floor: &str| -> Vec<String> {
        let names = floor
            .lines()
            .filter_map(|line| line.strip_prefix("pub mod "));
        names.map(|name| name.replace(';', "")).collect()
    };
    let mut floors: Vec<Vec<String>> = text.split("\n\n").map(rooms).collect();
    floors.retain(|rooms| !rooms.is_empty());
    floors.push(vec!["main".to_owned()]);
    assert_eq!(floors, FLOORS);
}

#[test]
fn imports_go_down_only() {
    let mut wrong = Vec::new();
    for (module, imports) in graph() {
        for import in imports.iter().filter(|import| import[0] != module[0]) {
            if floor(import) >= floor(&module) {
                wrong.push(format!("{} uses {}", module.join("::"), import.join("::")));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports that go sideways or up:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_files_of_a_folder_import_each_other_without_cycles() {
    let graph = graph();
    let mut finished = BTreeSet::new();
    for module in graph.keys() {
        visit(module, &graph, &mut Vec::new(), &mut finished);
    }
}

fn visit(
    module: &[String],
    graph: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
    path: &mut Vec<Vec<String>>,
    finished: &mut BTreeSet<Vec<String>>,
) {
    if finished.contains(module) {
        return;
    }
    assert!(
        !path.iter().any(|seen| seen == module),
        "a cycle through {}: {path:?}",
        module.join("::")
    );
    path.push(module.to_vec());
    for import in graph
        .get(module)
        .into_iter()
        .flatten()
        .filter(|import| *import != module)
    {
        visit(import, graph, path, finished);
    }
    path.pop();
    finished.insert(module.to_vec());
}

#[test]
fn no_file_outgrows_its_room() {
    let tests = sources(Path::new("tests"));
    for file in sources(Path::new("src")).into_iter().chain(tests) {
        let lines = lines(&file);
        assert!(
            lines <= 400,
            "{} has {lines} lines: is there a second noun in it?",
            file.display()
        );
    }
}

fn lines(file: &Path) -> usize {
    let text = fs::read_to_string(file).expect("the file can be read");
    text.lines().count()
}

#[test]
fn no_function_outgrows_a_page() {
    for file in sources(Path::new("src")) {
        if file.components().any(|piece| piece.as_os_str() == "tests") || file.ends_with("tests.rs")
        {
            continue;
        }
        let text = fs::read_to_string(&file).expect("the file can be read");
        for (name, lines) in functions(&without_tests(&text)) {
            assert!(
                lines <= 50,
                "`{name}` in {} has {lines} lines: which are its steps?",
                file.display()
            );
        }
    }
}

/// Each function by its name, with the number of its lines: it ends where a brace stands as far left as it begins.
fn functions<'t>(lines: &[&'t str]) -> Vec<(&'t str, usize)> {
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let Some((before, after)) = code.split_once("fn ") else {
            continue;
        };
        let is_function = before.split_whitespace().all(|word| {
            word.starts_with("pub")
                || ["in", "const", "async", "unsafe"].contains(&word)
                || word.ends_with(')')
        });
        if !is_function || code.ends_with(['}', ';']) {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - code.len()]);
        let length = lines[start..].iter().position(|line| *line == end);
        let name = after.split(['(', '<']).next().unwrap_or_default();
        found.extend(length.map(|length| (name, length + 1)));
    }
    found
}

#[test]
fn the_length_of_a_function_is_that_of_its_own_lines() {
    let text = "fn a() {\n    if b {\n    }\n}\n\nimpl C {\n    pub(in crate::d) fn e<F>(f: F)\n    where\n        F: G,\n    {\n    }\n    fn h() {}\n}";
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(functions(&lines), [("a", 4), ("e", 5)]);
}
