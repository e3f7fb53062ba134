use super::*;

fn tree(entries: &[(u32, &str)]) -> Vec<u8> {
    let mut octets = Vec::new();
    for (mode, name) in entries {
        octets.extend_from_slice(format!("{mode:o} {name}\0").as_bytes());
        octets.extend_from_slice(&[7; OBJECT_OCTETS]);
    }
    octets
}

#[test]
fn a_tree_is_well_formed_sorted_and_unique() {
    for (entries, code) in [
        (&[][..], None),
        (&[(FILE, "a.b"), (DIRECTORY, "a")], None),
        (&[(DIRECTORY, "a"), (FILE, "a.b")], Some(Code::TreeOrder)),
        (&[(FILE, "b"), (FILE, "a")], Some(Code::TreeOrder)),
        (&[(FILE, "a"), (FILE, "a")], Some(Code::TreeDuplicate)),
        (
            &[(FILE, "a"), (FILE, "a.b"), (DIRECTORY, "a")],
            Some(Code::TreeDuplicate),
        ),
    ] {
        let octets = tree(entries);
        assert_eq!(
            Tree::read(octets).entries().err().map(|reason| reason.code),
            code,
            "{entries:?}"
        );
    }
}

#[test]
fn octets_that_are_no_tree_are_refused() {
    let whole = tree(&[(FILE, "a")]);
    for cut in 1..whole.len() {
        assert!(
            Tree::read(whole[..cut].to_vec()).entries().is_err(),
            "cut at {cut}"
        );
    }
    for text in ["040000 a\0", "100648 a\0", " a\0", "1006440 a\0"] {
        let octets = [text.as_bytes(), &[0; OBJECT_OCTETS]].concat();
        assert!(Tree::read(octets).entries().is_err(), "{text:?}");
    }
}

#[test]
fn an_entry_is_one_plain_file_or_directory() {
    for (mode, name, scope, code) in [
        (FILE, "a.yaml", Scope::Zone, None),
        (0o100_755, "a.yaml", Scope::Zone, Some(Code::FileMode)),
        (0o100_664, "a.yaml", Scope::Zone, Some(Code::FileMode)),
        (SYMLINK, "a.yaml", Scope::Zone, Some(Code::SymlinkInZone)),
        (
            SUBMODULE,
            "requests",
            Scope::Root,
            Some(Code::SubmoduleInZone),
        ),
        (SYMLINK, "src", Scope::Root, None),
        (DIRECTORY, "..", Scope::Root, Some(Code::TreeEntryName)),
        (FILE, "", Scope::Zone, Some(Code::TreeEntryName)),
        (FILE, "x/y.yaml", Scope::Zone, Some(Code::TreeEntryName)),
        (FILE, "x\\y.yaml", Scope::Zone, Some(Code::TreeEntryName)),
        (FILE, "a\u{1b}[m", Scope::Zone, Some(Code::TreeEntryName)),
        (FILE, "ä.yaml", Scope::Zone, Some(Code::TreeEntryName)),
        (FILE, "ä", Scope::Root, None),
        (FILE, ".GIT", Scope::Root, Some(Code::TreeEntryName)),
        (FILE, ".git. ", Scope::Root, Some(Code::TreeEntryName)),
        (FILE, "git~1", Scope::Root, Some(Code::TreeEntryName)),
        (FILE, ".g\u{200c}it", Scope::Root, Some(Code::TreeEntryName)),
        (
            FILE,
            ".git::$INDEX_ALLOCATION",
            Scope::Root,
            Some(Code::TreeEntryName),
        ),
        (FILE, ".gitignore", Scope::Root, None),
    ] {
        let entry = Entry {
            mode,
            name: name.as_bytes(),
            id: ObjectId([0; 20]),
        };
        let found = fault(&entry, scope).map(|reason| reason.code);
        assert_eq!(found, code, "{mode:o} {name:?}");
        let is_sound = is_sound(name, mode, scope);
        assert_eq!(is_sound, code.is_none(), "{mode:o} {name:?}");
    }
}

#[test]
fn a_tree_is_written_as_it_was_read() {
    let octets = tree(&[(FILE, "a-b"), (FILE, "a.b"), (DIRECTORY, "a"), (FILE, "ab")]);
    let tree = Tree::read(octets.clone());
    let mut entries: Vec<Entry<'_>> = tree.entries().expect("a tree").collect();
    entries.reverse();
    assert_eq!(serialize(&mut entries), octets);
    assert!(tree.entry("a", DIRECTORY).is_some());
    assert!(tree.entry("a", FILE).is_none());
    assert!(tree.entry("a.b", FILE).is_some());
}
