//! How many objects are read of a repository of n requests and of one of 2n: the system is asked, not the program.
//!
//! Every object is a file of its own here, so whoever reads one opens that file, and `strace` tells. So what is counted is all
//! that anybody reads, by whatever way, and nothing is added to the program for it.

use std::sync::OnceLock;

use crate::stream::{BEGIN, Stream};
use crate::support::{Scratch, has_strace, say};

/// So many requests, and then twice as many.
const N: usize = 128;
/// Requests that land between two runs.
const BETWEEN_RUNS: usize = 64;

const PERSON: &str = "Jane <jane@example.com>";
const BOT: &str = "gitca <gitca@example.com>";

/// What a repository looks like.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// Sixteen directories, or one.
    is_fan: bool,
    /// Each request comes by a merge, or by a commit on the mainline.
    has_merges: bool,
    /// When each commit says that it was made, by its number.
    date: fn(usize) -> usize,
}

/// A minute after the one before.
const RISING: fn(usize) -> usize = |number| BEGIN + 60 * number;

/// What clocks that tell little make of the same history: all at once, and long ago. Where they run backwards a landing reads
/// all that is behind it.
const DATES: [fn(usize) -> usize; 2] = [|_| BEGIN, |number| number / 16];

const SHAPES: [Shape; 4] = [
    Shape {
        is_fan: true,
        has_merges: false,
        date: RISING,
    },
    Shape {
        is_fan: true,
        has_merges: true,
        date: RISING,
    },
    Shape {
        is_fan: false,
        has_merges: false,
        date: RISING,
    },
    Shape {
        is_fan: false,
        has_merges: true,
        date: RISING,
    },
];

impl Shape {
    fn told(self) -> String {
        let folders = if self.is_fan {
            "in directories"
        } else {
            "in one directory"
        };
        let landed = if self.has_merges {
            "by merges"
        } else {
            "one by one"
        };
        format!("{folders}, {landed}")
    }

    fn path(self, number: usize) -> String {
        let folder = format!("d{:02}/", number % 16);
        format!("{}n{number:05}", if self.is_fan { &folder } else { "" })
    }

    /// A repository of so many requests, each brought by one mainline commit; with `is_issued` runs have done them all. On
    /// `side` one more is asked for.
    fn repository(self, requests: usize, is_issued: bool) -> Scratch {
        let scratch = beginning();
        let manifest = scratch.read("repo/requests/template.yaml");
        let ask = |number: usize| {
            let name = format!("name: n{number:05}");
            let path = format!("requests/{}.yaml", self.path(number));
            (path, manifest.replace("name: template", &name))
        };
        assert!(ask(1).1.contains("name: n00001"));
        let tip = "refs/heads/main^0";
        let mut stream = Stream::dated(self.date);
        for first in (0..requests).step_by(BETWEEN_RUNS) {
            let numbers = first..first + BETWEEN_RUNS;
            let land = |tip: String, number| self.land(&mut stream, &tip, [ask(number)]);
            numbers.clone().fold(tip.to_owned(), land);
            stream.import(&scratch, "repo");
            if is_issued {
                let files =
                    numbers.flat_map(|number| issued(&self.path(number), number, &ask(number).1));
                let base = scratch.git(&["rev-parse", "main"]).stdout;
                let message = trailers(base.trim(), first + BETWEEN_RUNS);
                stream.commit(BOT, &message, &[tip], files);
                stream.import(&scratch, "repo");
            }
        }
        // The bot has no key, so only the clone that made a run believes what it says.
        let note = scratch.git(&["rev-parse", "main"]).stdout;
        scratch.write("repo/.git/gitca/run", note);
        scratch.git(&["branch", "before"]);
        self.land(&mut stream, tip, [ask(99_999)]);
        stream.import(&scratch, "repo");
        scratch.git(&["branch", "-m", "main", "side"]);
        scratch.git(&["branch", "-m", "before", "main"]);
        scratch.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
        scratch
    }

    fn land(self, stream: &mut Stream, tip: &str, files: [(String, String); 1]) -> String {
        let mark = |mark: usize| format!(":{mark}");
        if !self.has_merges {
            return mark(stream.commit(PERSON, "ask", &[tip], files));
        }
        let side = mark(stream.commit(PERSON, "ask", &[tip], files.clone()));
        mark(stream.commit("Bob <bob@example.com>", "merge", &[tip, &side], files))
    }
}

/// Where all of them begin, with one manifest whose key and name are those of all.
fn beginning() -> Scratch {
    static FIRST: OnceLock<Scratch> = OnceLock::new();
    let first = FIRST.get_or_init(|| {
        let scratch = Scratch::with_repository();
        let one = "commonName: {values: [\"{{ request.name }}\"], required: true}";
        for (from, to) in [
            (one, "commonName: {any: true}"),
            ("keyReuse: deny", "keyReuse: allow"),
        ] {
            scratch.replace("repo/policies/developers.yaml", from, to);
        }
        scratch.commit("one for all");
        let new = ["new", "template", "--group", "dev"];
        scratch.in_repo(&new).success();
        scratch
    });
    let scratch = Scratch::new();
    scratch.sh(&format!("cp -a {}/. .", first.path("").display()));
    scratch
}

/// What a run leaves of one request; of these files none but `request.yaml` and the key is looked at without a reason.
fn issued(path: &str, number: usize, manifest: &str) -> Vec<(String, String)> {
    let mut files = vec![
        (format!("issued/{path}/request.yaml"), manifest.to_owned()),
        (
            format!("issued/_keys/{:02x}/{number:062x}", number % BETWEEN_RUNS),
            format!("{path}\n"),
        ),
    ];
    for name in [
        "certificate.pem",
        "csr.yaml",
        "kubeconfig.yaml",
        "provenance.json",
    ] {
        files.push((format!("issued/{path}/{name}"), format!("{path} {name}\n")));
    }
    files
}

fn trailers(base: &str, requests: usize) -> String {
    format!(
        "issue: {BETWEEN_RUNS} certificates\n\nGitca-Version: {version}\nGitca-Base: {base}\nGitca-Issued: {BETWEEN_RUNS}\n\
         Gitca-Issued-At: 2030-01-01T00:00:00Z\nGitca-Open: 0\nGitca-Requests: {requests}\nGitca-Due: 9999-12-31T23:59:59Z\n",
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// How many times an object is read by a command.
#[track_caller]
fn reads(scratch: &Scratch, args: &[&str]) -> usize {
    let gitca = [env!("CARGO_BIN_EXE_gitca"), "-C", "repo"];
    let strace = [
        "-f",
        "-qq",
        "-e",
        "trace=open,openat",
        "-e",
        "status=successful",
        "-o",
        "opened",
    ];
    let args = [&strace[..], &gitca, args].concat();
    let answer = scratch.run("strace", &args);
    answer.success();
    let is_object = |line: &&str| {
        let path = line.split('"').nth(1).unwrap_or_default();
        let name = path.split("/objects/").nth(1).unwrap_or_default();
        let digits = name.replace('/', "");
        name.len() == 41 && digits.bytes().all(|octet| octet.is_ascii_hexdigit())
    };
    scratch.read("opened").lines().filter(is_object).count()
}

const CHECK: [&str; 5] = ["check", "--base", "main", "--head", "side"];

/// What both answers are, for whoever reads the output of the tests.
fn tell(shape: Shape, args: &[&str], counts: [usize; 2]) {
    let [few, many] = counts;
    let shape = shape.told();
    say(&format!(
        "objects read by `{}` of {N} and {} requests, {shape}: {few}, {many}",
        args.join(" "),
        2 * N
    ));
}

#[test]
fn what_has_nothing_to_do_reads_as_many_objects_of_twice_the_requests() {
    if !has_strace() {
        return;
    }
    for shape in SHAPES {
        let both = [N, 2 * N].map(|requests| shape.repository(requests, true));
        for args in [&["plan"][..], &["run"], &CHECK] {
            let counts = both.each_ref().map(|scratch| reads(scratch, args));
            tell(shape, args, counts);
            assert_eq!(counts[0], counts[1], "{args:?}, {shape:?}");
        }
        looks_at_everything(shape, &both, &["plan", "--all"]);
    }
}

/// What a change asks for is judged without the history before the last run, whoever made it.
#[test]
fn a_check_where_no_run_is_proven_reads_no_more_than_what_is_there() {
    if !has_strace() {
        return;
    }
    for shape in SHAPES {
        let both = [N, 2 * N].map(|requests| shape.repository(requests, true));
        let all = reads(&both[0], &["plan", "--all"]);
        for scratch in &both {
            scratch.sh("rm repo/.git/gitca/run");
        }
        looks_at_everything(shape, &both, &CHECK);
        let checked = reads(&both[0], &CHECK);
        assert!(checked < 2 * all, "{shape:?}: {checked}, {all}");
    }
}

#[test]
fn what_has_everything_to_do_reads_twice_the_objects_of_twice_the_requests() {
    if !has_strace() {
        return;
    }
    for shape in SHAPES {
        let both = [N, 2 * N].map(|requests| shape.repository(requests, false));
        looks_at_everything(shape, &both, &["plan"]);
    }
}

#[test]
fn dates_that_tell_nothing_make_nobody_read_more() {
    if !has_strace() {
        return;
    }
    for date in DATES {
        let shape = Shape {
            is_fan: true,
            has_merges: true,
            date,
        };
        let both = |is_issued| [N, 2 * N].map(|requests| shape.repository(requests, is_issued));
        looks_at_everything(shape, &both(false), &["plan"]);
        let counts = both(true).each_ref().map(|scratch| reads(scratch, &CHECK));
        tell(shape, &CHECK, counts);
        assert_eq!(counts[0], counts[1], "{shape:?}");
    }
}

/// Reads each request once at the least, and of twice as many no more than twice the objects.
#[track_caller]
fn looks_at_everything(shape: Shape, both: &[Scratch; 2], args: &[&str]) {
    let counts = both.each_ref().map(|scratch| reads(scratch, args));
    tell(shape, args, counts);
    assert!(counts[0] > N, "{args:?}, {shape:?}: {counts:?}");
    assert!(
        counts[1] <= 2 * counts[0],
        "{args:?}, {shape:?}: {counts:?}"
    );
}
