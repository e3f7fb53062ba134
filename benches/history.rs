//! What a long history costs: the first run, a run with nothing to do, and the check of one change.
//!
//! `cargo bench --bench history` makes two repositories with `git fast-import`, of as many mainline commits as
//! `GITCA_BENCH_COMMITS` says (100,000 without it), each of which brings one request: in one nothing is issued, in the other
//! everything is, by the commit of a run after each hundred. Both are packed as a server does it. It prints the time of the
//! processor, memory, and ratios to what `git` itself needs for the nearest question. `GITCA_BENCH_DIR` keeps the
//! repositories for the next time.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, runs git and writes files"
)]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const GITCA: &str = env!("CARGO_BIN_EXE_gitca");
const NOW: &str = "2030-01-01T00:00:00Z";
// The first commit is made so early that one a minute fits in before now.
const BEGIN: &str = "2028-01-01T00:00:00Z";
const BEGIN_UNIX: usize = 1_830_297_600;
// What one directory holds stays below the thousand from which on gitca advises to split it.
const DIRECTORIES: usize = 256;
// So many requests land between two runs.
const BETWEEN_RUNS: usize = 100;
const ROUNDS: usize = 5;

/// Where the repositories lie, with a home of its own.
struct Place(PathBuf);

impl Place {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.0)
            .env("HOME", &self.0)
            .env("XDG_CONFIG_HOME", self.0.join("config"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GITCA_NOW", NOW)
            .stdin(Stdio::null());
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Test")
                .env(format!("GIT_{who}_EMAIL"), "test@example.com")
                .env(format!("GIT_{who}_DATE"), "1893456000 +0000");
        }
        command
    }

    fn run(&self, program: &str, args: &[&str]) -> String {
        let output = self.command(program).args(args).output();
        let output = output.unwrap_or_else(|error| panic!("`{program}` can't be run: {error}"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {args:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The median of some rounds in seconds of the processor, which others on the machine disturb least.
    fn time(&self, program: &str, args: &[&str], rounds: usize) -> f64 {
        let script = "TIMEFORMAT='%U %S'; time \"$@\" > /dev/null 2> errors";
        let args = [&["-euc", script, "-", program], args].concat();
        let mut seconds: Vec<f64> = (0..rounds)
            .map(|_| {
                let output = self.command("bash").args(&args).output();
                let output = output.expect("bash can be run");
                let told = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.status.success(), "{args:?}: {told}");
                let parts = told.split_whitespace().map(str::parse::<f64>);
                parts.sum::<Result<f64, _>>().expect("two numbers")
            })
            .collect();
        seconds.sort_by(f64::total_cmp);
        seconds[rounds / 2]
    }

    /// The most memory that a program had of its own, in mebibytes, where the system tells.
    fn memory(&self, program: &str, args: &[&str]) -> f64 {
        let mut command = self.command(program);
        command.args(args).stdout(Stdio::null());
        let mut child = command.spawn().expect("the program runs");
        let status = format!("/proc/{}/status", child.id());
        let mut kib = 0.0_f64;
        while child.try_wait().expect("the program is watched").is_none() {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
            let number = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
            kib = kib.max(number.unwrap_or(0.0));
            std::thread::sleep(Duration::from_millis(1));
        }
        kib / 1024.0
    }
}

/// A stream of `git fast-import`, which answers what a commit is called.
struct Stream {
    input: BufWriter<std::process::ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Stream {
    fn data(&mut self, text: &str) {
        write!(self.input, "data {}\n{text}\n", text.len()).expect("git reads");
    }

    fn begin(&mut self, mark: usize, who: &str, message: &str, from: &str) {
        // Git looks no further back than it must only where dates go forward.
        let date = BEGIN_UNIX + 60 * mark;
        write!(
            self.input,
            "commit refs/heads/main\nmark :{mark}\nauthor {who} {date} +0000\ncommitter {who} {date} +0000\n"
        )
        .expect("git reads");
        self.data(message);
        writeln!(self.input, "from {from}").expect("git reads");
    }

    fn file(&mut self, path: &str, text: &str) {
        writeln!(self.input, "M 100644 inline {path}").expect("git reads");
        self.data(text);
    }

    fn id(&mut self, mark: usize) -> String {
        writeln!(self.input, "get-mark :{mark}").expect("git reads");
        self.input.flush().expect("git reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("git answers");
        line.trim().to_owned()
    }
}

fn name(number: usize) -> String {
    format!("d{:03}/n{number:06}", number % DIRECTORIES)
}

/// One commit for each request, and after some of them, if anything is issued, the commit of a run.
fn fill(place: &Place, repository: &str, manifest: &str, number: usize, is_issued: bool) {
    let mut command = place.command("git");
    command
        .args(["-C", repository, "fast-import", "--quiet", "--force"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("git runs");
    let mut stream = Stream {
        input: BufWriter::new(child.stdin.take().expect("a pipe")),
        answers: BufReader::new(child.stdout.take().expect("a pipe")),
    };
    let mut from = place.run("git", &["-C", repository, "rev-parse", "main"]);
    from.truncate(40);
    for request in 0..number {
        let mark = 2 * request + 1;
        let path = name(request);
        let text = manifest.replace("name: template", &format!("name: n{request:06}"));
        stream.begin(
            mark,
            "Jane <jane@example.com>",
            &format!("ask for {path}"),
            &from,
        );
        stream.file(&format!("requests/{path}.yaml"), &text);
        from = format!(":{mark}");
        if is_issued && ((request + 1) % BETWEEN_RUNS == 0 || request + 1 == number) {
            issue(&mut stream, manifest, request, mark);
            from = format!(":{}", mark + 1);
        }
    }
    drop(stream.input);
    assert!(child.wait().expect("git ends").success());
}

/// What a run commits for the last requests; only `request.yaml` is ever looked at again.
fn issue(stream: &mut Stream, manifest: &str, last: usize, mark: usize) {
    let first = last / BETWEEN_RUNS * BETWEEN_RUNS;
    let base = stream.id(mark);
    let message = format!(
        "issue: {count} certificates\n\nGitca-Version: {version}\nGitca-Base: {base}\nGitca-Issued: {count}\n\
         Gitca-Issued-At: {NOW}\nGitca-Open: 0\nGitca-Requests: {requests}\nGitca-Due: 9999-12-31T23:59:59Z\n",
        count = last + 1 - first,
        requests = last + 1,
        version = env!("CARGO_PKG_VERSION"),
    );
    stream.begin(
        mark + 1,
        "gitca <gitca@example.com>",
        &message,
        &format!(":{mark}"),
    );
    for request in first..=last {
        let path = name(request);
        let text = manifest.replace("name: template", &format!("name: n{request:06}"));
        stream.file(&format!("issued/{path}/request.yaml"), &text);
        for file in [
            "certificate.pem",
            "csr.yaml",
            "kubeconfig.yaml",
            "provenance.json",
        ] {
            stream.file(
                &format!("issued/{path}/{file}"),
                &format!("{path} {file}\n"),
            );
        }
        let key = format!("{:02x}/{request:062x}", request % 256);
        stream.file(&format!("issued/_keys/{key}"), &format!("{path}\n"));
    }
}

/// A manifest that this repository's policies admit, which is not left there.
fn manifest(place: &Place, repository: &str, request: &str) -> String {
    let key = format!("{repository}-{}.key", request.replace('/', "-"));
    let key = place.0.join(key).display().to_string();
    let new = [
        "-C",
        repository,
        "new",
        request,
        "--group",
        "dev",
        "--key-out",
        &key,
    ];
    place.run(GITCA, &new);
    let file = place.0.join(repository);
    let file = file.join(format!("requests/{request}.yaml"));
    let text = fs::read_to_string(&file).expect("a manifest");
    fs::remove_file(file).expect("the manifest can be removed");
    text
}

/// A repository with so many mainline commits.
fn repository(place: &Place, name: &str, number: usize, is_issued: bool) {
    if place.0.join(name).exists() {
        return;
    }
    place.run(GITCA, &["--now", BEGIN, "init", name]);
    fill(
        place,
        name,
        &manifest(place, name, "template"),
        number,
        is_issued,
    );
    if is_issued {
        // The bot has no key, so only the clone that made a run believes what it says.
        let tip = place.run("git", &["-C", name, "rev-parse", "main"]);
        let folder = place.0.join(name).join(".git/gitca");
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join("run"), tip))
            .expect("the note can be written");
    }
    // What `git fast-import` writes is a long way to go for each tree.
    place.run("git", &["-C", name, "repack", "-adfq"]);
    let one = manifest(place, name, "d000/zoe");
    propose(place, name, "side", "main", &one);
    // On a mainline that has moved since the branch was cut.
    let older = format!("main~{}", BETWEEN_RUNS.min(number / 2));
    propose(place, name, "cut", &older, &one);
}

/// A branch that brings one request, without a work tree.
fn propose(place: &Place, repository: &str, branch: &str, from: &str, manifest: &str) {
    let script = "blob=$(git hash-object -w --stdin); export GIT_INDEX_FILE=.git/bench.index; git read-tree $2
         git update-index --add --cacheinfo 100644,$blob,requests/d000/zoe.yaml
         git update-ref refs/heads/$1 $(git commit-tree $(git write-tree) -p $2 -m 'ask for zoe')";
    let mut command = place.command("bash");
    command
        .current_dir(place.0.join(repository))
        .args(["-euc", script, "-", branch, from])
        .stdin(Stdio::piped());
    let mut child = command.spawn().expect("bash runs");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(manifest.as_bytes()).expect("bash reads");
    drop(input);
    assert!(child.wait().expect("bash ends").success());
}

fn main() {
    let number = std::env::var("GITCA_BENCH_COMMITS").map_or(100_000, |number| {
        number.parse().expect("GITCA_BENCH_COMMITS is a number")
    });
    let scratch = tempfile::TempDir::new().expect("a temporary directory");
    let kept = std::env::var_os("GITCA_BENCH_DIR").map(PathBuf::from);
    let place = Place(kept.unwrap_or_else(|| scratch.path().to_owned()));
    fs::create_dir_all(&place.0).expect("a directory");
    for (name, is_issued) in [("open", false), ("issued", true)] {
        let start = Instant::now();
        repository(&place, name, number, is_issued);
        println!("made `{name}` in {:.1} s", start.elapsed().as_secs_f64());
    }
    measure(&place);
}

/// One row: what gitca needs, and what git needs for the nearest question.
fn row(place: &Place, what: &str, args: &[&str], floor: f64, rounds: usize) {
    let seconds = place.time(GITCA, args, rounds);
    let memory = place.memory(GITCA, args);
    println!(
        "{what:44} {:9.1} ms {:7.2} of the floor {memory:7.0} MiB",
        seconds * 1e3,
        seconds / floor
    );
}

fn measure(place: &Place) {
    let walk = |name| {
        let args = ["-C", name, "rev-list", "--first-parent", "--count", "main"];
        place.time("git", &args, ROUNDS)
    };
    let log = [
        "-C",
        "open",
        "log",
        "--first-parent",
        "--diff-filter=A",
        "--no-renames",
        "--name-only",
        "--format=%H",
        "main",
        "--",
        "requests",
    ];
    let names = [
        "-C",
        "issued",
        "ls-tree",
        "-r",
        "--name-only",
        "main",
        "requests",
    ];
    let (rev_list, log) = (walk("open"), place.time("git", &log, 1));
    let (idle, names) = (walk("issued"), place.time("git", &names, ROUNDS));
    for (what, seconds) in [
        ("floor: git rev-list --first-parent, open", rev_list),
        ("floor: git log, what added each request", log),
        ("floor: git rev-list --first-parent, issued", idle),
        ("floor: git ls-tree -r requests, issued", names),
    ] {
        println!("{what:44} {:9.1} ms", seconds * 1e3);
    }
    row(
        place,
        "plan, everything open, of git log",
        &["-C", "open", "plan", "-o", "json"],
        log,
        1,
    );
    row(
        place,
        "plan, nothing to do, of git ls-tree",
        &["-C", "issued", "--branch", "main", "plan"],
        names,
        ROUNDS,
    );
    row(
        place,
        "run, nothing to do, of git ls-tree",
        &["-C", "issued", "--branch", "main", "run"],
        names,
        ROUNDS,
    );
    let anchor = place.run(
        "git",
        &["-C", "issued", "rev-list", "--max-parents=0", "main"],
    );
    let anchored = [
        "-C",
        "issued",
        "--branch",
        "main",
        "--anchor",
        anchor.trim(),
        "run",
    ];
    row(
        place,
        "run, nothing to do, anchored, of git rev-list",
        &anchored,
        idle,
        ROUNDS,
    );
    for head in ["side", "cut"] {
        let check = ["-C", "issued", "check", "--base", "main", "--head", head];
        row(
            place,
            &format!("check of one change, {head}, of git ls-tree"),
            &check,
            names,
            ROUNDS,
        );
    }
}
