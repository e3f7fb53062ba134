//! Where the keys of signers live: outside the repository, under a name that only the operator maps to a place.
//!
//! In come a key's name and the operator's flags and environment; out comes a [`CaKey`] that signs and shows nothing
//! but its public half, or the reason why the signer can't work. This is the only file that reads a CA's private key.
//! It never prints, logs or returns one, and overwrites its own copies when they go. Formats: PKCS#8 (RFC 5958),
//! PKCS#1 (RFC 8017 A.1.2), SEC 1 (RFC 5915), as PEM (RFC 7468).
#![expect(
    clippy::disallowed_methods,
    reason = "this edge reads key files and the variables that name them"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use pkcs8::der::pem::LineEnding;
use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument};
use rcgen::{KeyPair, PublicKeyData as _, SigningKey};
use zeroize::{Zeroize as _, Zeroizing};

use crate::files::{self, Access};
use crate::finding::{Code, Reason};
use crate::harmless::has_private_key;
use crate::names::ObjectName;

// A PEM key of RSA 8192 has some 6.4 kB.
const LARGEST_KEY_FILE: u64 = 64 * 1024;
// `init` knows no name yet for the key that it takes.
const IMPORT_PASSPHRASE: &str = "GITCA_PASSPHRASE";

/// The private key of a CA; prints as nothing but its name.
pub struct CaKey {
    name: ObjectName,
    pair: KeyPair,
}

impl CaKey {
    /// The DER of its SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> Vec<u8> {
        self.pair.subject_public_key_info()
    }

    /// The seam that signing goes through, whatever holds the key.
    #[must_use]
    pub fn signing_key(&self) -> &(dyn SigningKey + Sync) {
        &self.pair
    }
}

impl fmt::Debug for CaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, pair: _ } = self;
        write!(f, "CaKey({name})")
    }
}

impl Drop for CaKey {
    fn drop(&mut self) {
        self.pair.zeroize();
    }
}

/// What the operator said about where keys are.
#[derive(Clone, Debug, Default)]
pub struct Keystore {
    given: BTreeMap<ObjectName, String>,
    config_dir: Option<PathBuf>,
    repository: Option<PathBuf>,
}

impl Keystore {
    /// A keystore with the `NAME=SOURCE` pairs of the command line, for the repository at this directory.
    #[must_use]
    pub fn new(given: BTreeMap<ObjectName, String>, repository: Option<&Path>) -> Self {
        let repository = repository.and_then(|path| path.canonicalize().ok());
        Self {
            given,
            config_dir: config_dir(),
            repository,
        }
    }

    /// The names that were given on the command line.
    pub fn given(&self) -> impl Iterator<Item = &ObjectName> {
        self.given.keys()
    }

    /// Opens the key of this name; the first source that exists counts.
    ///
    /// # Errors
    /// `SignerUnavailable` when there is no source, or it can't be read, or it is too open.
    pub fn open(&self, name: &ObjectName) -> Result<CaKey, Reason> {
        let unavailable = |problem: String| {
            Reason::new(Code::SignerUnavailable, format!("key `{name}` {problem}"))
        };
        let pem = self.read(name).map_err(unavailable)?;
        let block = private_key_block(&pem, &variable("GITCA_PASSPHRASE_", name));
        let block = block.map_err(unavailable)?;
        let pair = KeyPair::from_pem(&block).map_err(|error| {
            unavailable(format!(
                "is no RSA, ECDSA or Ed25519 private key that can sign here ({error})"
            ))
        })?;
        Ok(CaKey {
            name: name.clone(),
            pair,
        })
    }

    fn read(&self, name: &ObjectName) -> Result<Zeroizing<String>, String> {
        let variable = variable("GITCA_KEY_", name);
        if let Some(source) = self.given.get(name) {
            return self.read_source(source);
        }
        if let Some(source) = std::env::var_os(&variable) {
            return self.read_source(&into_text(source, &variable)?);
        }
        let Some(file) = self
            .config_dir
            .as_ref()
            .map(|dir| dir.join(format!("gitca/keys/{name}.pem")))
        else {
            return Err(format!(
                "has no source: use `--key {name}=file:PATH` or `{variable}`"
            ));
        };
        if !file.exists() {
            return Err(format!(
                "has no source: use `--key {name}=file:PATH` or `{variable}`, or put it at `{}`",
                file.display()
            ));
        }
        self.read_file(&file)
    }

    fn read_source(&self, source: &str) -> Result<Zeroizing<String>, String> {
        if has_private_key(source) {
            let problem = "has a private key for its source: write it to a file and say `file:PATH`, or say `env:VARIABLE` with the \
                           variable that it is in";
            return Err(problem.into());
        }
        if let Some(path) = source.strip_prefix("file:") {
            return self.read_file(Path::new(path));
        }
        if let Some(variable) = source.strip_prefix("env:") {
            let value = std::env::var_os(variable)
                .ok_or_else(|| format!("is not in the variable `{variable}`"))?;
            return into_text(value, variable).map(Zeroizing::new);
        }
        if source.starts_with("pkcs11:") {
            return Err("is in a PKCS#11 token, which this release does not support yet".into());
        }
        Err("has a source that is neither `file:PATH` nor `env:VARIABLE`".into())
    }

    fn read_file(&self, path: &Path) -> Result<Zeroizing<String>, String> {
        let shown = path.display();
        let unreadable = |error: &std::io::Error| format!("can't be read from `{shown}`: {error}");
        let real = path.canonicalize().map_err(|error| unreadable(&error))?;
        if self
            .repository
            .as_ref()
            .is_some_and(|repository| real.starts_with(repository))
        {
            return Err(format!(
                "lies inside the repository at `{shown}`: move it out and treat it as leaked"
            ));
        }
        let metadata = fs::metadata(&real).map_err(|error| unreadable(&error))?;
        if !metadata.is_file() || metadata.len() > LARGEST_KEY_FILE {
            return Err(format!("can't be read from `{shown}`: that is no key file"));
        }
        if let Some(mode) = files::open_to_others(&metadata) {
            return Err(format!(
                "may be read by others: `{shown}` has mode {mode:o}; run `chmod 600 {shown}`"
            ));
        }
        fs::read_to_string(&real)
            .map(Zeroizing::new)
            .map_err(|error| unreadable(&error))
    }
}

/// Writes a new private key as PKCS#8, readable by its owner alone, never over another file.
///
/// # Errors
/// When the file is there already or can't be written.
pub fn save(file: &Path, pair: &KeyPair) -> anyhow::Result<()> {
    let pem = Zeroizing::new(pair.serialize_pem());
    files::create(file, pem.as_bytes(), Access::Private)
}

/// A private key that `save` wrote, or somebody else; nothing where no file is.
///
/// # Errors
/// `OperationFailed` when there is a file that is no private key of its owner alone.
pub fn existing(file: &Path) -> Result<Option<KeyPair>, Reason> {
    if fs::symlink_metadata(file).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let unusable = |problem: String| {
        let shown = file.display();
        let message = format!("there is a file at `{shown}` already, and the key in it {problem}");
        Reason::new(Code::OperationFailed, message).help(format!(
            "move it away, and run it again: `mv {shown} {shown}.old`"
        ))
    };
    let pem = Keystore::default().read_file(file).map_err(unusable)?;
    let block = private_key_block(&pem, IMPORT_PASSPHRASE).map_err(unusable)?;
    let pair = KeyPair::from_pem(&block)
        .map_err(|error| unusable(format!("is no RSA, ECDSA or Ed25519 private key ({error})")))?;
    Ok(Some(pair))
}

/// Copies an existing CA key to its place as it is, encrypted or not, if it belongs to this public key.
///
/// # Errors
/// `SignerUnavailable` when it can't be read or written, `SignerKeyMismatch` when it belongs to another certificate.
pub fn import(from: &Path, to: &Path, spki: &[u8]) -> Result<(), Reason> {
    let unavailable =
        |problem: String| Reason::new(Code::SignerUnavailable, format!("the CA's key {problem}"));
    let pem = Keystore::default().read_file(from).map_err(unavailable)?;
    let block = private_key_block(&pem, IMPORT_PASSPHRASE).map_err(unavailable)?;
    let mut pair = KeyPair::from_pem(&block).map_err(|error| {
        unavailable(format!("is no RSA, ECDSA or Ed25519 private key ({error})"))
    })?;
    let matches = pair.subject_public_key_info() == spki;
    pair.zeroize();
    if !matches {
        let message = format!("`{}` is not the key of that CA certificate", from.display());
        return Err(Reason::new(Code::SignerKeyMismatch, message));
    }
    files::create(to, pem.as_bytes(), Access::Private)
        .map_err(|error| unavailable(format!("can't be written: {error:#}")))
}

/// Where the files of this user's gitca lie: `$XDG_CONFIG_HOME`, else `~/.config`.
#[must_use]
pub fn config_dir() -> Option<PathBuf> {
    let set = |name| {
        std::env::var_os(name)
            .filter(|value: &OsString| !value.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))
}

/// The variable for this name: upper case, `-` and `.` become `_`.
#[must_use]
pub fn variable(prefix: &str, name: &ObjectName) -> String {
    format!(
        "{prefix}{}",
        name.as_str().to_ascii_uppercase().replace(['-', '.'], "_")
    )
}

fn into_text(value: OsString, variable: &str) -> Result<String, String> {
    value
        .into_string()
        .map_err(|_| format!("is not text in the variable `{variable}`"))
}

/// The first block that is a private key: OpenSSL writes EC PARAMETERS, and others certificates, before it. One that is
/// encrypted (PKCS#8, RFC 5958 3) is opened with the passphrase in this variable.
fn private_key_block(pem: &str, passphrase: &str) -> Result<Zeroizing<String>, String> {
    if pem.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(
            "is encrypted in OpenSSL's old way; convert it with `openssl pkcs8 -topk8`".into(),
        );
    }
    let plain = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];
    if let Some(block) = plain.iter().find_map(|label| block(pem, label)) {
        return Ok(block);
    }
    if let Some(block) = block(pem, "ENCRYPTED PRIVATE KEY") {
        return decrypt(&block, passphrase);
    }
    if pem.contains("BEGIN OPENSSH PRIVATE KEY") {
        return Err("is an OpenSSH key; a CA key is PKCS#8, PKCS#1 or SEC 1".into());
    }
    Err("is no PEM private key (PKCS#8, PKCS#1 or SEC 1)".into())
}

/// The block of this label, with a line end.
fn block(pem: &str, label: &str) -> Option<Zeroizing<String>> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let start = pem.find(&begin)?;
    let length = pem[start..].find(&end)? + end.len();
    Some(Zeroizing::new(format!("{}\n", &pem[start..start + length])))
}

fn decrypt(block: &str, variable: &str) -> Result<Zeroizing<String>, String> {
    let passphrase = std::env::var_os(variable).ok_or_else(|| {
        format!("is encrypted: put its passphrase into the variable `{variable}`")
    })?;
    let passphrase = Zeroizing::new(into_text(passphrase, variable)?);
    let (_, der) =
        SecretDocument::from_pem(block).map_err(|_| "is no PEM private key".to_owned())?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(der.as_bytes())
        .map_err(|_| "is encrypted in a way other than PBES2 with AES".to_owned())?;
    let opened = encrypted.decrypt(passphrase.as_bytes()).map_err(|_| {
        format!(
            "can't be opened: the passphrase in `{variable}` is wrong, or it is not PBES2 with AES"
        )
    })?;
    let pem = opened.to_pem("PRIVATE KEY", LineEnding::LF);
    pem.map_err(|_| "can't be opened: it holds no private key".to_owned())
}
