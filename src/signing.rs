//! The keys that people sign with: a file, the agent, or a token behind `ssh-keygen`.
//!
//! In come a file, git's `user.signingKey`, or nothing but the agent; out comes a [`SigningKey`] that signs for a
//! namespace. A plain key file is used in process; what wants a passphrase, a touch or the agent goes to the system's
//! `ssh-keygen -Y sign`, which knows how to ask. Whatever made it, a signature is verified before it is handed out. No
//! private key is ever printed, copied or written.
#![expect(
    clippy::disallowed_methods,
    reason = "this edge reads key files and runs ssh-keygen and ssh-add"
)]

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::files::{self, Access};
use crate::finding::{Code, Reason};
use crate::names::Sha256Digest;
use crate::ssh::key::{KeyError, PublicKey};
use crate::ssh::secret::{SecretError, SecretKey, public_half};
use crate::ssh::signature::Signature;

// An encrypted RSA key of 8192 bits has some 6.5 kB.
const LARGEST_KEY_FILE: u64 = 64 * 1024;
// git-config(1), user.signingKey: a public key itself, not a file.
const LITERAL: &str = "key::";

/// A key that signs, and shows nothing but its public half.
pub struct SigningKey {
    public: PublicKey,
    holder: Holder,
}

/// Who has the private half.
enum Holder {
    Ourselves(Box<SecretKey>),
    /// `ssh-keygen`, from this file, which may be that of the public key.
    File(PathBuf),
    Agent,
}

impl SigningKey {
    /// The key in a file: private, or public with the private half beside it or in the agent.
    ///
    /// # Errors
    /// When it can't be read, may be read by others, or is no key that counts.
    pub fn from_file(path: &Path) -> Result<Self, Reason> {
        let text = read(path)?;
        if let Ok(public) = text.trim_end().parse() {
            let holder = Holder::File(path.to_owned());
            return Ok(Self { public, holder });
        }
        let failed = |error: &dyn fmt::Display| unusable(format!("`{}` {error}", path.display()));
        match SecretKey::read(&text, None) {
            Ok(secret) => {
                check_permissions(path)?;
                Ok(Self {
                    public: secret.public().clone(),
                    holder: Holder::Ourselves(Box::new(secret)),
                })
            }
            Err(SecretError::Encrypted | SecretError::InToken | SecretError::Cipher) => {
                let public = public_half(&text).map_err(|error| failed(&error))?;
                let holder = Holder::File(path.to_owned());
                Ok(Self { public, holder })
            }
            // ssh-keygen reads more forms than we; its `.pub` file says which key it is.
            Err(error @ SecretError::NotOpenSsh) => {
                let public = beside(path).ok_or_else(|| failed(&error))?;
                let holder = Holder::File(path.to_owned());
                Ok(Self { public, holder })
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// The key that git's `user.signingKey` names: a file, where `~/` is the home directory, or a public key whose
    /// private half the agent has.
    ///
    /// # Errors
    /// As [`SigningKey::from_file`].
    pub fn configured(setting: &str, directory: &Path) -> Result<Self, Reason> {
        let literal = setting.strip_prefix(LITERAL);
        if let Some(line) = literal.or_else(|| setting.starts_with("ssh-").then_some(setting)) {
            let public = line
                .parse()
                .map_err(|error: KeyError| unusable(format!("git's `user.signingKey` {error}")))?;
            let holder = Holder::Agent;
            return Ok(Self { public, holder });
        }
        let home = setting.strip_prefix("~/").zip(std::env::var_os("HOME"));
        let path = home.map_or_else(
            || directory.join(setting),
            |(below, home)| Path::new(&home).join(below),
        );
        Self::from_file(&path)
    }

    /// The keys that the agent has, in its order; none where there is no agent.
    #[must_use]
    pub fn in_agent() -> Vec<Self> {
        let listed = Command::new("ssh-add")
            .arg("-L")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output();
        let text = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let keys = text.unwrap_or_default();
        let keys = keys.lines().filter_map(|line| line.parse().ok());
        let in_agent = |public| Self {
            public,
            holder: Holder::Agent,
        };
        keys.map(in_agent).collect()
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a message for this namespace; out comes the armored signature.
    ///
    /// # Errors
    /// When whoever has the key does not sign, or with another one.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, Reason> {
        let armored = match &self.holder {
            Holder::Ourselves(secret) => secret
                .sign(namespace, message)
                .map_err(|_| unusable("the system has no randomness to sign with"))?,
            Holder::File(path) => ssh_keygen(&[], path, namespace, message)?,
            Holder::Agent => self.with_agent(namespace, message)?,
        };
        let signature = Signature::parse_for(namespace, &armored);
        let holds = signature.and_then(|signature| {
            signature.verify(namespace, message)?;
            Ok(*signature.key() == self.public)
        });
        match holds {
            Ok(true) => Ok(armored),
            Ok(false) => Err(unusable(format!(
                "`ssh-keygen` signed with another key than {}",
                self.public
            ))),
            Err(error) => Err(unusable(format!("the signature that was made {error}"))),
        }
    }

    /// ssh-keygen wants the public key in a file, to know which of the agent's keys is meant.
    fn with_agent(&self, namespace: &str, message: &[u8]) -> Result<String, Reason> {
        let digest = Sha256Digest::of(self.public.blob()).to_string();
        let name = format!("gitca-{}-{}.pub", std::process::id(), &digest[..16]);
        let file = files::temporary_directory(&name);
        let line = format!("{}\n", self.public.to_openssh());
        files::create(&file, line.as_bytes(), Access::Private)
            .map_err(|error| unusable(format!("{error:#}")))?;
        let signed = ssh_keygen(&["-U"], &file, namespace, message);
        fs::remove_file(&file)
            .map_err(|error| unusable(format!("removing `{}`: {error}", file.display())))?;
        signed
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { public, holder: _ } = self;
        write!(f, "SigningKey({public})")
    }
}

/// Lets `ssh-keygen` sign; it talks to the person on the terminal and on stderr.
fn ssh_keygen(
    options: &[&str],
    key: &Path,
    namespace: &str,
    message: &[u8],
) -> Result<String, Reason> {
    let failed =
        |error: &dyn fmt::Display| unusable(format!("running `ssh-keygen -Y sign`: {error}"));
    let mut child = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", namespace])
        .args(options)
        .arg("-f")
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    let written = child
        .stdin
        .take()
        .map_or(Ok(()), |mut stdin| stdin.write_all(message));
    let output = child.wait_with_output().map_err(|error| failed(&error))?;
    if !output.status.success() {
        let reason = unusable(format!(
            "`ssh-keygen` did not sign with `{}`",
            key.display()
        ));
        return Err(
            reason.help("it says why above; for a key in the agent, `ssh-add -L` must list it")
        );
    }
    written.map_err(|error| failed(&error))?;
    String::from_utf8(output.stdout).map_err(|error| failed(&error))
}

fn read(path: &Path) -> Result<Zeroizing<String>, Reason> {
    let failed = |error: &dyn fmt::Display| {
        unusable(format!(
            "reading the signing key `{}`: {error}",
            path.display()
        ))
    };
    let metadata = fs::metadata(path).map_err(|error| failed(&error))?;
    if !metadata.is_file() || metadata.len() > LARGEST_KEY_FILE {
        return Err(failed(&"that is no key file"));
    }
    fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| failed(&error))
}

/// The public key in the `.pub` file that `ssh-keygen` writes beside a private key.
fn beside(path: &Path) -> Option<PublicKey> {
    let mut name = path.file_name()?.to_owned();
    name.push(".pub");
    let text = read(&path.with_file_name(name)).ok()?;
    text.trim_end().parse().ok()
}

fn check_permissions(path: &Path) -> Result<(), Reason> {
    let shown = path.display();
    let metadata =
        fs::metadata(path).map_err(|error| unusable(format!("reading `{shown}`: {error}")))?;
    let Some(mode) = files::open_to_others(&metadata) else {
        return Ok(());
    };
    let reason = unusable(format!(
        "the signing key `{shown}` may be read by others: it has mode {mode:o}"
    ));
    Err(reason.help(format!("chmod 600 {shown}")))
}

fn unusable(message: impl Into<String>) -> Reason {
    Reason::new(Code::OperationFailed, message)
}
