//! A change that takes away what made requests of others invalid lets them in, and shows them.

use crate::repository::{Hostile, manifest};

/// What keeps requests of the mainline from being judged, and which they are.
const OBSTACLES: [(&str, &str, &str); 3] = [
    ("bad/jane.yaml", "bad/jane/x.yaml", "x"),
    ("bad/jane.yaml", "bad/Jane.yaml", "x"),
    ("bad/jane.yaml", "bad/.gitattributes", "* filter=x\n"),
];

#[test]
fn what_a_change_takes_out_of_the_way_of_others_is_shown() {
    let hostile = Hostile::new();
    for (request, obstacle, text) in OBSTACLES {
        let manifest = manifest("jane");
        let files = [(request, manifest.as_str()), (obstacle, text)];
        let files = files.map(|(path, text)| (format!("requests/{path}"), text.as_bytes()));
        hostile.commit(&files.each_ref().map(|(path, text)| (path.as_str(), *text)));
        let before = hostile.plan();
        assert_ne!(before.verdict("bad/jane"), Some("approved"), "{obstacle}");
        hostile.scratch.git(&["tag", "-f", "blocked"]);
        hostile.take_back(&format!("requests/{obstacle}"));
        let check = hostile.checked("blocked", "main");
        assert_eq!(
            check.verdict("bad/jane"),
            Some("approved"),
            "{obstacle}: {check:?}"
        );
        assert_eq!(check.notices(), ["DecisionsChange"], "{obstacle}");
        assert_eq!(check.verdict("good"), None, "{obstacle}");
        assert_eq!(
            hostile.plan().verdict("bad/jane"),
            Some("approved"),
            "{obstacle}"
        );
        hostile.reset();
    }
}
