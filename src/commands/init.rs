//! `gitca init`: a repository with starter policies, templates and a CA, whose key goes elsewhere.
//!
//! In come a place and, if there is one, a CA; out come the files that were missing, in one commit, and what to do
//! next. What is there is never written over, and no private key is ever put into the repository.

mod approver;
mod ci;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rcgen::KeyPair;

use crate::cli::{CiForge, InitArgs};
use crate::commands;
use crate::commands::init::ci::Pipeline;
use crate::files;
use crate::finding::{Code, Reason, Stop};
use crate::git::Repository;
use crate::keystore;
use crate::names::{ObjectName, RepoPath, Serial};
use crate::schema;
use crate::snapshot::Author;
use crate::starter;
use crate::starter::ci::Forge;
use crate::world::World;
use crate::x509::ca::Authority;

const IGNORED: &str = "*.key\n";
// No zone: gitca itself never reads it.
const SCHEMAS: &str = ".gitca/schema/";
const REQUESTS_README: &str = "# Requests\n\nOne Kubernetes CertificateSigningRequest a file, named as its \
     `metadata.name`.\n`gitca new NAME` writes one, `gitca check` judges it before it is committed.\n";

/// Makes what is missing and says what comes next.
///
/// # Errors
/// A [`Stop`] when git knows no author, or a key or CA can't be used; any other error when git or the disk fail.
pub fn init(args: &InitArgs, world: &mut World) -> anyhow::Result<String> {
    let forge = forge(args);
    let root = world.directory.join(&args.directory);
    let ca = args.ca_cert.as_ref().zip(args.ca_key.as_ref());
    let ca = ca.map(|(cert, key)| (world.directory.join(cert), world.directory.join(key)));
    let branch = world.branch.clone().unwrap_or_else(|| "main".to_owned());
    if !files::holds_files(&root.join("policies")) {
        refuse_keys_inside(&root)?;
    }
    let repository = Repository::open_or_init(&root, &branch)?;
    let author = (!args.no_commit).then(|| identity(&repository));
    let author = author.transpose()?;
    let branch = repository.head_branch()?.unwrap_or(branch);
    let approver = args
        .require_approval
        .then(|| approver::find(args, &root, &repository, world));
    let approver = approver.transpose()?;
    let mut made = make(&root, &branch, ca.as_ref(), forge, world)?;
    if let Some(approver) = &approver {
        starter::approval::require(&mut made.files, approver);
    }
    let files = write(&root, &made.files)?;
    if files.is_empty() {
        return Ok("Nothing is missing here.\n".to_owned());
    }
    let mut text = described(&files, made.key_file.as_deref());
    if let Some(author) = author {
        let commit =
            repository.commit_files(&branch, &files, &author, world.now, "Set up gitca\n")?;
        text.push_str(&committed(&commit.to_string()));
    }
    text.push_str(&next_steps(&files));
    text.extend(approver.map(|person| approver::next_steps(&person)));
    text.extend(made.pipeline.map(|ci| ci.next_steps(&files)));
    Ok(text)
}

/// Writes what is missing, and has git ignore what a key may be left in; nothing where nothing is missing.
fn write(root: &Path, missing: &BTreeMap<RepoPath, Vec<u8>>) -> anyhow::Result<Vec<RepoPath>> {
    for path in missing.keys().chain([&".gitignore".parse()?]) {
        files::refuse_links(root, path)?;
    }
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let ignoring = files::append_line(root, ".gitignore", IGNORED)?;
    for (path, bytes) in missing {
        let written = files::write_inside(root, path, bytes)?;
        anyhow::ensure!(written, "writing `{path}`: it is already there");
    }
    let mut written: Vec<RepoPath> = missing.keys().cloned().collect();
    written.extend(ignoring);
    Ok(written)
}

fn forge(args: &InitArgs) -> Option<Forge> {
    match args.ci {
        CiForge::GitHub => Some(Forge::GitHub),
        CiForge::GitLab => Some(Forge::GitLab),
        CiForge::None => None,
    }
}

/// What is new.
struct Made {
    files: BTreeMap<RepoPath, Vec<u8>>,
    key_file: Option<PathBuf>,
    pipeline: Option<Pipeline>,
}

fn make(
    root: &Path,
    branch: &str,
    ca: Option<&(PathBuf, PathBuf)>,
    forge: Option<Forge>,
    world: &mut World,
) -> anyhow::Result<Made> {
    let mut files = starter::templates();
    files.insert("requests/README.md".parse()?, REQUESTS_README.into());
    let mut key_file = None;
    // Policies are a whole: where there are some, whoever wrote them decided what they say.
    let is_new = !files::holds_files(&root.join("policies"));
    let mut pipeline = match forge {
        Some(forge) if is_new => Some(Pipeline::of_new(forge, branch)?),
        Some(forge) => Some(Pipeline::of_existing(forge, root)?),
        None => None,
    };
    if is_new {
        let repository_id = starter::uuid(draw(world));
        let (ca_pem, key_name, file) = ca_of(ca, root, &repository_id, world)?;
        files.extend(starter::policies(
            &repository_id,
            branch,
            key_name.as_str(),
            &ca_pem,
        ));
        files.extend(schemas()?);
        key_file = Some(file);
        pipeline = pipeline.map(|pipeline| pipeline.with_key(&key_name));
    }
    if let Some(pipeline) = &pipeline {
        files.extend(pipeline.files(root));
    }
    files.retain(|path, _| !root.join(path.as_str()).exists());
    Ok(Made {
        files,
        key_file,
        pipeline,
    })
}

/// What the first line of each policy file names, so that editors complete and check it.
fn schemas() -> anyhow::Result<BTreeMap<RepoPath, Vec<u8>>> {
    let file = |kind: &str| {
        let path = format!("{SCHEMAS}{}", schema::file_name(kind)).parse()?;
        Ok((path, commands::schema::text(kind)?.into_bytes()))
    };
    schema::kinds().into_iter().map(file).collect()
}

/// The CA certificate, the name of its key, and where the key now is.
fn ca_of(
    ca: Option<&(PathBuf, PathBuf)>,
    root: &Path,
    repository_id: &str,
    world: &mut World,
) -> anyhow::Result<(String, ObjectName, PathBuf)> {
    let (name, file) = free_key_file(repository_id)?;
    let Some((cert, key)) = ca else {
        let pair =
            KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).context("making the CA's key")?;
        let serial = Serial::from_random(draw(world)).context("drawing a serial number")?;
        let title = root
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("gitca");
        let pem = starter::ca_certificate(&format!("{title} CA"), &pair, serial, world.now)
            .context("making the CA")?;
        keystore::save(&file, &pair)?;
        return Ok((pem, name, file));
    };
    let pem = files::read_text(cert)?;
    let authority = Authority::read(pem.as_bytes()).map_err(|problems| {
        let message = format!("`{}`: {}", cert.display(), problems.join("; "));
        Stop::because(Reason::new(Code::ConfigInvalid, message))
    })?;
    keystore::import(key, &file, authority.signing_ca().key.spki()).map_err(Stop::because)?;
    Ok((pem, name, file))
}

/// Refuses, before anything is made, a place for the CA's key that lies in the repository.
fn refuse_keys_inside(root: &Path) -> Result<(), Stop> {
    let keys = keystore::config_dir().map(|directory| directory.join("gitca/keys"));
    let Some(keys) = keys.filter(|keys| files::is_inside(keys, root)) else {
        return Ok(());
    };
    let message = format!(
        "the CA's key would lie in the repository, below `{}`",
        keys.display()
    );
    let reason = Reason::new(Code::OperationFailed, message);
    Err(Stop::because(
        reason.help("set XDG_CONFIG_HOME to a place outside of it"),
    ))
}

/// A name for the CA's key that no other key of this user has.
fn free_key_file(repository_id: &str) -> anyhow::Result<(ObjectName, PathBuf)> {
    let directory = keystore::config_dir().ok_or_else(|| {
        let reason = Reason::new(
            Code::OperationFailed,
            "there is no configuration directory for the CA's key",
        );
        Stop::because(reason.help("set HOME or XDG_CONFIG_HOME"))
    })?;
    let short = repository_id.split('-').next().unwrap_or_default();
    let names = [
        starter::KEY_NAME.to_owned(),
        format!("{}-{short}", starter::KEY_NAME),
    ];
    for name in names {
        let file = directory.join(format!("gitca/keys/{name}.pem"));
        if !file.exists() {
            return Ok((name.parse()?, file));
        }
    }
    anyhow::bail!(
        "every name for the CA's key is taken in `{}`",
        directory.display()
    )
}

fn draw(world: &mut World) -> [u8; 16] {
    let mut octets = [0; 16];
    (world.random)(&mut octets);
    octets
}

fn identity(repository: &Repository) -> anyhow::Result<Author> {
    let unknown = || {
        let reason = Reason::new(
            Code::OperationFailed,
            "git does not know who you are, so nothing can be committed",
        );
        let help = "git config --global user.name NAME; git config --global user.email ADDRESS; or use --no-commit";
        Stop::because(reason.help(help))
    };
    Ok(repository.identity().ok_or_else(unknown)?)
}

fn described(files: &[RepoPath], key_file: Option<&Path>) -> String {
    let (schemas, others): (Vec<_>, Vec<_>) = files
        .iter()
        .partition(|file| file.as_str().starts_with(SCHEMAS));
    let mut list: Vec<String> = others.iter().map(|file| format!("  {file}\n")).collect();
    if !schemas.is_empty() {
        list.push(format!(
            "  {SCHEMAS}, {} schemas for editors\n",
            schemas.len()
        ));
    }
    let key = key_file
        .map(|file| {
            format!(
                "and, outside of the repository, the CA's private key; keep it safe:
  {}
",
                file.display()
            )
        })
        .unwrap_or_default();
    format!("Wrote\n{}{key}", list.concat())
}

fn committed(commit: &str) -> String {
    format!(
        "Committed as {commit}.\nPin the beginning of its history where robots run:\n  GITCA_ANCHOR={commit}\n"
    )
}

fn next_steps(files: &[RepoPath]) -> String {
    let cluster = files
        .iter()
        .any(|file| file.as_str() == "policies/cluster.yaml");
    let cluster = if cluster {
        "  $EDITOR policies/cluster.yaml    # the address of your API server\n"
    } else {
        ""
    };
    format!(
        "Next:\n{cluster}  gitca new jane --group dev       # a key and a request\n  \
         git add requests && git commit -m \"request a certificate for jane\"\n  \
         gitca run                        # signs what is on the mainline\n"
    )
}
