//! A run that begins at what the last one left gives the answers of one that looks at everything.
//!
//! Histories come from seeds; after each step the mainline is judged both ways, and so is a change to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Parser as _;
use gitca::cli::{Cli, Command};
use gitca::commands::{check, plan, run};
use gitca::git::Repository;
use gitca::names::RequestName;
use gitca::report::{Report, Verdict};
use gitca::survey::{self, Extent};
use gitca::world::World;
use gitca::x509::certification_request;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

use crate::house::House;
use crate::support::{NOW, seeded_key, seeded_octets};

const SEEDS: [&str; 5] = ["a", "b", "c", "d", "e"];
const STEPS: usize = 24;
const FOLDERS: [&str; 4] = ["", "ops/", "dev/", "dev/east/"];

/// Octets from a seed.
type Octets = Box<dyn FnMut(&mut [u8])>;

struct Story {
    house: House,
    octets: Octets,
    requests: usize,
    /// States that were judged from what a run left.
    short: usize,
    /// What was done, for whoever looks into a failure.
    told: String,
}

fn pem(name: &str, group: &str) -> String {
    let mut subject = Subject::default();
    subject.push(Attribute::CommonName, name.to_owned());
    subject.push(Attribute::Organization, group.to_owned());
    let sans = SubjectAltNames::default();
    let pem = certification_request::build(&subject, &sans, &seeded_key(name));
    String::from_utf8(pem.expect("a request").into()).expect("PEM is text")
}

fn manifest(name: &str, group: &str) -> String {
    use base64::Engine as _;
    let request = base64::engine::general_purpose::STANDARD.encode(pem(name, group));
    format!(
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: {name}}}\nspec:\n  \
         signerName: kubernetes.io/kube-apiserver-client\n  usages: [client auth]\n  request: {request}\n"
    )
}

impl Story {
    fn new(seed: &'static str) -> Self {
        Self {
            house: House::new("none", "signature"),
            octets: Box::new(seeded_octets(seed)),
            requests: 0,
            short: 0,
            told: format!("seed {seed}:"),
        }
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        let mut octets = [0; 4];
        (self.octets)(&mut octets);
        usize::try_from(u32::from_be_bytes(octets)).expect("it fits") % end
    }

    fn sh(&self, script: &str) {
        self.house.scratch.sh(&format!("cd repo; {script}"));
    }

    fn world(&self) -> World {
        World {
            directory: self.house.scratch.path("repo"),
            branch: None,
            anchor: None,
            variable: |_| None,
            now: NOW.parse().expect("a time"),
            random: Box::new(seeded_octets("serials")),
            talk: Box::new(|_| ()),
        }
    }

    /// The path of some manifest, without `.yaml`.
    fn some(&mut self) -> Option<String> {
        let listed = self
            .house
            .scratch
            .sh("cd repo; git ls-files 'requests/*.yaml'");
        let files: Vec<String> = listed.stdout.lines().map(str::to_owned).collect();
        let place = self.below(files.len().max(1));
        let file = files.get(place)?.strip_suffix(".yaml")?;
        Some(file.to_owned())
    }

    fn ask(&mut self, group: &str) {
        let folder = FOLDERS[self.below(FOLDERS.len())];
        self.requests += 1;
        let name = format!("n{}", self.requests);
        let file = format!("repo/requests/{folder}{name}.yaml");
        self.house.scratch.write(&file, manifest(&name, group));
    }

    /// One change to the work tree.
    fn change(&mut self) {
        let what = self.below(24);
        write!(self.told, " {what}").expect("a string takes everything");
        let some = self.some();
        let some = some.as_deref();
        let request = some.map(|file| file.trim_start_matches("requests/").to_owned());
        match (what, some.zip(request.as_deref())) {
            (6, _) => self.ask("nobody"),
            (7, Some((file, _))) => self.sh(&format!("echo '# edited' >> {file}.yaml")),
            (8, Some((file, _))) => self.sh(&format!("git rm -q {file}.yaml")),
            (9, Some((_, request))) => {
                self.house.state(request, "deny", "bob");
            }
            (10, Some((_, request))) => {
                self.house.state(request, "request", "jane");
            }
            (11, Some((file, _))) => {
                self.sh(&format!("mkdir -p {file} && cp {file}.yaml {file}/inner.yaml"));
            }
            (12, Some((file, _))) => self.sh(&format!("cp {file}.yaml requests/copy.yaml")),
            (13..=15, _) => {
                self.sh("mkdir -p src; date +%N >> src/inert; echo hello > requests/README.md");
            }
            (16, _) => self.sh("echo stray > requests/stray.txt"),
            (17, _) => {
                let key = seeded_key("n1").serialize_pem();
                self.house.scratch.write("repo/src/key.pem", key);
            }
            (18, _) => self.sh(
                "mkdir -p requests/dev; echo '*.yaml -diff' > requests/dev/.gitattributes",
            ),
            (19..=23, _) => self.sh(
                "rm -f requests/stray.txt requests/copy.yaml src/key.pem requests/dev/.gitattributes
                 find requests -name inner.yaml -delete",
            ),
            _ => self.ask("dev"),
        }
    }

    fn commit(&mut self) {
        self.sh("git add -A; git commit -q --allow-empty -m step");
    }

    fn run(&mut self) {
        self.told += " run";
        let key = self
            .house
            .scratch
            .path("home/.config/gitca/keys/cluster-ca.pem");
        let key = format!("cluster-ca=file:{}", key.display());
        let cli = Cli::try_parse_from(["gitca", "run", "--key", &key]).expect("arguments");
        let Command::Run(args) = cli.command else {
            panic!("it is a run")
        };
        let done = run::run(&args, &mut self.world(), &mut Report::new("run"));
        done.unwrap_or_else(|error| panic!("{}: {error:#}", self.told));
    }

    fn judge(&self, args: &[&str]) -> Report {
        let cli = Cli::try_parse_from([&["gitca"], args].concat()).expect("arguments");
        let mut report = Report::new("judge");
        let world = self.world();
        let done = match cli.command {
            Command::Plan(args) => plan::plan(&args, &world, &mut report),
            Command::Check(args) => check::check(&args, &world, &mut report),
            _ => panic!("it only judges"),
        };
        if let Err(error) = done {
            report.plan_digest = Some(format!("{error:#}"));
        }
        report
            .results
            .retain(|result| result.verdict != Verdict::Unchanged);
        report
    }

    #[track_caller]
    fn compare(&mut self) {
        self.same(&["plan"]);
        let world = self.world();
        let known =
            survey::mainline_at(&world, Extent::Open, Repository::branch_tip).expect("a mainline");
        let whole = survey::mainline(&world).expect("a mainline");
        self.short += usize::from(known.survey.snapshot.untouched > 0);
        let number = |survey: &survey::Survey| survey.snapshot.number();
        assert_eq!(
            number(&known.survey),
            number(&whole.survey),
            "{}",
            self.told
        );
        let names: Vec<&RequestName> = known.survey.introductions.keys().collect();
        let brought = |survey: &survey::Survey| {
            let introductions = survey.introductions.values();
            introductions
                .map(|found| {
                    (
                        found.commit,
                        found.touches_control,
                        found.contributors.clone(),
                    )
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names,
            whole.survey.introductions.keys().collect::<Vec<_>>(),
            "{}",
            self.told
        );
        assert_eq!(
            brought(&known.survey),
            brought(&whole.survey),
            "{}",
            self.told
        );
        assert_eq!(known.survey.owners, whole.survey.owners, "{}", self.told);
        assert_eq!(
            known.survey.snapshot.statements, whole.survey.snapshot.statements,
            "{}",
            self.told
        );
        assert_eq!(
            known.survey.open_after(&BTreeMap::new()),
            whole.survey.open_after(&BTreeMap::new()),
            "{}",
            self.told
        );
    }

    #[track_caller]
    fn same(&self, args: &[&str]) {
        let short = self.judge(args);
        let whole = self.judge(&[args, &["--all"]].concat());
        let json = |report: &Report| serde_json::to_value(report).expect("JSON");
        assert_eq!(json(&short), json(&whole), "{} {args:?}", self.told);
    }

    /// A change on a branch that was cut some commits ago.
    fn propose(&mut self) {
        let back = self.below(3);
        let script =
            format!("git switch -q -c side HEAD~{back} 2>/dev/null || git switch -q -c side");
        self.sh(&script);
        self.told += " side(";
        self.change();
        self.told += ")";
        self.commit();
        self.sh("git switch -q main");
        self.same(&["check", "--base", "main", "--head", "side"]);
        if self.below(2) == 0 {
            self.told += " merged";
            self.sh("git merge -q --no-ff -m merge side || git merge --abort");
        }
        self.sh("git branch -q -D side");
    }
}

#[test]
fn what_the_last_run_left_need_not_be_looked_at_again() {
    let mut short = 0;
    for seed in SEEDS {
        let mut story = Story::new(seed);
        for _ in 0..STEPS {
            match story.below(5) {
                0 | 1 => story.run(),
                2 => story.propose(),
                _ => {
                    story.change();
                    story.commit();
                }
            }
            story.compare();
        }
        short += story.short;
    }
    // Otherwise nothing was compared.
    assert!(short > SEEDS.len() * STEPS / 6, "only {short} were short");
}
