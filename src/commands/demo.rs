//! `gitca demo`: the whole flow on a scratch repository, with the commands that a person would type.
//!
//! In comes a place, or none; out comes the story, each step as a command and what it answered. Its steps are carried
//! out by the commands that it names. Nothing is touched but a new directory.

mod people;

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::KeyPair;

use crate::cli::{DemoArgs, Format, KeyArg, KeyType, NewArgs, PlanArgs, ReportArgs, RunArgs};
use crate::commands::{approve, new, plan, run};
use crate::files::{self, Access};
use crate::git::Repository;
use crate::keystore;
use crate::names::{RepoPath, Serial, hex};
use crate::output::text::{self, Style};
use crate::report::Report;
use crate::snapshot::Author;
use crate::starter;
use crate::world::World;

// A CSR whose last octets were changed on the way: its signature does not verify.
const DAMAGED: &str = "damaged";
// Where the keys lie, as seen from the repository.
const KEYS: &str = "../keys";
// So much of a long value is enough to recognise it.
const SHOWN_COLUMNS: usize = 76;

/// Runs the demo and tells it as a story of commands.
///
/// # Errors
/// When the directory is not empty, or git or the disk fail.
pub fn demo(args: &DemoArgs, world: &mut World, style: Style) -> anyhow::Result<String> {
    let place = match &args.directory {
        Some(directory) => world.directory.join(directory),
        None => files::temporary_directory(&format!("gitca-demo-{}", hex(&draw(world)[..4]))),
    };
    anyhow::ensure!(
        !files::holds_files(&place),
        "`{}` is not empty: choose another directory",
        place.display()
    );
    let stage = Stage::set(place, world)?;
    let mut story = stage.opening();
    stage.requests(world)?;
    story.push_str(&Stage::asking());
    story.push_str(&text::report(&stage.plan(world)?, &style));
    story.push_str(&Stage::approving());
    story.push_str(&stage.approve(world)?);
    story.push_str(&Stage::running());
    let report = stage.run(world)?;
    story.push_str(&text::report(&report, &style));
    story.push_str(&stage.closing()?);
    Ok(story)
}

/// The scratch repository, and the keys beside it.
struct Stage {
    place: PathBuf,
    root: PathBuf,
    repository: Repository,
    author: Author,
}

impl Stage {
    /// A repository with the starter kit and a CA of its own; the user's configuration is neither read nor written.
    fn set(place: PathBuf, world: &mut World) -> anyhow::Result<Self> {
        let root = place.join("repository");
        let repository = Repository::open_or_init(&root, "main")?;
        let author = Author {
            name: "Demo".into(),
            email: "demo@example.com".into(),
        };
        let pair =
            KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).context("making the CA's key")?;
        let serial = Serial::from_random(draw(world)).context("drawing a serial number")?;
        let pem = starter::ca_certificate("gitca demo CA", &pair, serial, world.now)
            .context("making the CA")?;
        keystore::save(&place.join("keys/cluster-ca.pem"), &pair)?;
        let mut files = starter::templates();
        files.extend(starter::policies(
            &starter::uuid(draw(world)),
            "main",
            starter::KEY_NAME,
            &pem,
        ));
        people::introduce(&mut files, &place.join("keys"), world)?;
        for (path, bytes) in &files {
            files::create(&root.join(path.as_str()), bytes, Access::Shared)?;
        }
        let stage = Self {
            place,
            root,
            repository,
            author,
        };
        stage.commit(
            &files.into_keys().collect::<Vec<_>>(),
            world,
            "Set up gitca\n",
        )?;
        Ok(stage)
    }

    fn commit(&self, files: &[RepoPath], world: &World, message: &str) -> anyhow::Result<()> {
        self.repository
            .commit_files("main", files, &self.author, world.now, message)
            .map(|_| ())
    }

    /// Three requests: one that is issued, one that is denied, one that is invalid.
    fn requests(&self, world: &mut World) -> anyhow::Result<()> {
        self.request("jane", "jane", &["dev", "ops"], world)?;
        self.request("mallory", "mallory", &["system:masters"], world)?;
        self.request("jane", DAMAGED, &["dev"], world)?;
        let file = self.root.join(format!("requests/{DAMAGED}.yaml"));
        let damaged = damage(&files::read_text(&file)?)?;
        files::replace(&file, damaged.as_bytes())?;
        self.commit_requests(world, "Request certificates\n")
    }

    /// Commits whatever lies in `requests/`.
    fn commit_requests(&self, world: &World, message: &str) -> anyhow::Result<()> {
        let files = files::below(&self.root, "requests")?;
        self.commit(&files, world, message)
    }

    fn request(
        &self,
        who: &str,
        name: &str,
        groups: &[&str],
        world: &mut World,
    ) -> anyhow::Result<()> {
        let args = NewArgs {
            name: Some(name.parse()?),
            group: groups.iter().map(|group| (*group).to_owned()).collect(),
            usage: Vec::new(),
            signer: "kubernetes.io/kube-apiserver-client".parse()?,
            duration: None,
            dns: Vec::new(),
            ip: Vec::new(),
            key_type: KeyType::EcdsaP256,
            key_out: Some(self.place.join(format!("keys/{name}.key"))),
            csr: None,
            from: None,
            signing_key: Some(people::file(&self.place.join("keys"), who)),
        };
        self.inside(world, |world| new::new(&args, world))
            .map(|_| ())
    }

    fn plan(&self, world: &mut World) -> anyhow::Result<Report> {
        let args = PlanArgs {
            fail_on: Vec::new(),
            report: report_args(),
        };
        let mut report = Report::new("plan");
        self.inside(world, |world| plan::plan(&args, world, &mut report))?;
        Ok(report)
    }

    /// A second person approves what the first one asked for.
    fn approve(&self, world: &mut World) -> anyhow::Result<String> {
        const PLAIN: Style = Style { color: false };
        let args = people::approval("jane", &self.place.join("keys"));
        let told = self.inside(world, |world| approve::approve(&args, world, PLAIN))?;
        self.commit_requests(world, "Approve the request of jane\n")?;
        let told = told.text.split("Next:").next().unwrap_or_default();
        Ok(told.to_owned())
    }

    fn run(&self, world: &mut World) -> anyhow::Result<Report> {
        let key = KeyArg {
            name: starter::KEY_NAME.parse()?,
            source: format!("file:{}", self.place.join("keys/cluster-ca.pem").display()),
        };
        let args = RunArgs {
            key: vec![key],
            dry_run: false,
            allow_bulk: None,
            fail_on: Vec::new(),
            push: None,
            shard: None,
            commit_key: None,
            verbose: false,
            report: report_args(),
        };
        let mut report = Report::new("run");
        self.inside(world, |world| run::run(&args, world, &mut report))?;
        Ok(report)
    }

    /// Does something as if started in the repository, whatever branch and anchor the user has set.
    fn inside<T>(
        &self,
        world: &mut World,
        act: impl FnOnce(&mut World) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let outside = (
            std::mem::replace(&mut world.directory, self.root.clone()),
            world.branch.take(),
            world.anchor.take(),
        );
        let result = act(world);
        (world.directory, world.branch, world.anchor) = outside;
        result
    }

    fn opening(&self) -> String {
        let (root, keys) = (self.root.display(), self.place.join("keys"));
        let approver = people::file(&keys, people::APPROVER);
        let people = people::REQUESTERS.map(|name| format!(" policies/principals/{name}.yaml"));
        format!(
            "# Bob makes a repository with starter policies and a CA, whose key lies outside of it. He is the first who may\n\
             # approve. Others are made known by files with their SSH keys.\n\
             $ gitca init {root} --require-approval --signing-key {}\n$ cd {root}\n\
             $ $EDITOR{} && git add policies && git commit -m \"Introduce people\"\n\n",
            approver.display(),
            people.concat(),
        )
    }

    fn asking() -> String {
        format!(
            "# They ask for certificates: a key for themselves, a request for the repository, signed as theirs.\n\
             $ gitca new jane --group dev --group ops --key-out {KEYS}/jane.key --signing-key {KEYS}/jane.ssh\n\
             $ gitca new mallory --group system:masters --key-out {KEYS}/mallory.key --signing-key {KEYS}/mallory.ssh\n\
             $ gitca new {DAMAGED} --group dev --key-out {KEYS}/{DAMAGED}.key --signing-key {KEYS}/jane.ssh    # a bit flips on the way\n\
             $ git add requests && git commit -m \"Request certificates\"\n\n\
             # They are merged, but nobody has approved anything yet.\n$ gitca plan\n",
        )
    }

    fn approving() -> String {
        format!(
            "\n# Bob looks at what jane asks for, and signs it. She could not do that herself.\n\
             $ gitca approve jane --signing-key {KEYS}/bob.ssh\n"
        )
    }

    fn running() -> String {
        format!(
            "$ git add requests && git commit -m \"Approve the request of jane\"\n\n\
             # The batch signs what the policies admit and people approved.\n\
             $ gitca run --key {}=file:{KEYS}/cluster-ca.pem\n",
            starter::KEY_NAME,
        )
    }

    fn closing(&self) -> anyhow::Result<String> {
        let kubeconfig = files::read_text(&self.root.join("issued/jane/kubeconfig.yaml"))?;
        let certificate = files::read_text(&self.root.join("issued/jane/certificate.pem"))?;
        let mut story = String::from(
            "\n# The certificate and the kubeconfig are committed; the key never left jane's machine.\n",
        );
        let _ = write!(
            story,
            "$ cat issued/jane/certificate.pem\n{certificate}$ cat issued/jane/kubeconfig.yaml\n"
        );
        for line in kubeconfig.lines() {
            let cut: String = line.chars().take(SHOWN_COLUMNS).collect();
            let more = if cut.len() < line.len() { "..." } else { "" };
            let _ = writeln!(story, "{cut}{more}");
        }
        let root = self.root.display();
        let _ = write!(
            story,
            "\n# Look for yourself:\n$ cd {root} && git log --stat\n$ openssl verify -CAfile policies/ca/cluster.pem \
             issued/jane/certificate.pem\n$ openssl x509 -in issued/jane/certificate.pem -noout -text\n\
             $ cp {KEYS}/jane.key issued/jane/\n$ kubectl --kubeconfig issued/jane/kubeconfig.yaml config view\n",
        );
        Ok(story)
    }
}

fn report_args() -> ReportArgs {
    ReportArgs {
        output: Format::Text,
        all: false,
    }
}

/// Changes the CSR inside a manifest so that its proof of possession fails.
fn damage(manifest: &str) -> anyhow::Result<String> {
    let (head, request) = manifest
        .rsplit_once("request: ")
        .context("the manifest has a request")?;
    let pem = String::from_utf8(STANDARD.decode(request.trim())?)?;
    let (label, mut der) =
        der::pem::decode_vec(pem.as_bytes()).map_err(|error| anyhow::anyhow!("{error}"))?;
    let last = der.last_mut().context("the request is not empty")?;
    *last ^= 1;
    let pem = der::pem::encode_string(label, der::pem::LineEnding::LF, &der)
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(format!("{head}request: {}\n", STANDARD.encode(pem)))
}

fn draw(world: &mut World) -> [u8; 16] {
    let mut octets = [0; 16];
    (world.random)(&mut octets);
    octets
}
