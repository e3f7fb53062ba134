//! The private key of a request: found where it was left, or made, and never written over or into the repository.
//!
//! In come the name of the request and what was asked for; out come the PKCS#10 that the key has signed, and where the
//! key lies. Here it is wiped from memory when it has done its work.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rcgen::{KeyPair, PublicKeyData as _, RsaKeySize};
use zeroize::Zeroize as _;

use crate::cli::{KeyType, NewArgs};
use crate::files;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::keystore;
use crate::names::RequestName;
use crate::world::World;
use crate::x509::certification_request;
use crate::x509::csr::Csr;
use crate::x509::key::{Curve, KeyKind, PublicKey};
use crate::x509::san::SubjectAltNames;
use crate::x509::subject::{Attribute, Subject};

/// A key and where it lies.
pub(super) struct Key {
    pair: KeyPair,
    file: PathBuf,
    is_new: bool,
}

impl Drop for Key {
    fn drop(&mut self) {
        self.pair.zeroize();
    }
}

impl Key {
    /// The key that an earlier call left, else a new one. A request without its key gets no other one.
    pub(super) fn find_or_make(
        name: &RequestName,
        args: &NewArgs,
        world: &World,
        root: &Path,
        is_asked: bool,
    ) -> anyhow::Result<Self> {
        let file = match &args.key_out {
            Some(file) => world.directory.join(file),
            None => default_file(name)?,
        };
        refuse_inside(&file, root, name)?;
        if let Some(pair) = keystore::existing(&file).map_err(Stop::because)? {
            refuse_other_kind(&pair, args.key_type, &file)?;
            return Ok(Self {
                pair,
                file,
                is_new: false,
            });
        }
        if is_asked {
            return Err(keyless(name, &file).into());
        }
        let pair = generate(args.key_type).context("making the private key")?;
        let key = Self {
            pair,
            file,
            is_new: true,
        };
        // Before anything lies anywhere: what is asked must be possible.
        key.request(name, args)?;
        keystore::save(&key.file, &key.pair)?;
        Ok(key)
    }

    /// The PKCS#10 request for it, as PEM.
    pub(super) fn request(&self, name: &RequestName, args: &NewArgs) -> Result<String, Stop> {
        let mut subject = Subject::default();
        subject.push(Attribute::CommonName, name.name().to_owned());
        for group in &args.group {
            subject.push(Attribute::Organization, group.clone());
        }
        let sans = SubjectAltNames {
            dns_names: args.dns.clone(),
            ip_addresses: args.ip.clone(),
            ..SubjectAltNames::default()
        };
        let pem = certification_request::build(&subject, &sans, &self.pair);
        let pem = pem.map_err(Stop::because)?;
        read_back(name, &pem)?;
        Ok(pem)
    }

    /// Where it is, for its owner.
    pub(super) fn told(&self) -> String {
        let file = self.file.display();
        if self.is_new {
            format!("Wrote the private key, which never leaves this machine, to\n  {file}\n")
        } else {
            format!(
                "It is for the private key that was there already; for a new one move it away first:\n  {file}\n"
            )
        }
    }
}

/// Refuses what `check` would not read.
pub(super) fn read_back(name: &RequestName, pem: &str) -> Result<(), Stop> {
    let in_manifest = |reasons: Vec<Reason>| {
        let findings = reasons.into_iter();
        let findings = findings.map(|reason| Finding::in_request(name, reason));
        Stop(findings.collect())
    };
    Csr::read(pem.as_bytes()).map(|_| ()).map_err(in_manifest)
}

fn default_file(name: &RequestName) -> Result<PathBuf, Stop> {
    let directory = keystore::config_dir().ok_or_else(|| {
        let reason = Reason::new(
            Code::OperationFailed,
            "there is no configuration directory for the key",
        );
        Stop::because(reason.help(format!(
            "say where the key goes, or set HOME: `gitca new {name} --key-out FILE`"
        )))
    })?;
    Ok(directory.join(format!("gitca/requests/{name}.key")))
}

fn refuse_inside(file: &Path, root: &Path, name: &RequestName) -> Result<(), Stop> {
    if !files::is_inside(file, root) {
        return Ok(());
    }
    let reason = Reason::new(
        Code::SecretInRequest,
        "a private key must not lie inside the repository",
    );
    let stem = name.name();
    Err(Stop::because(reason.help(format!(
        "give it a place outside: `gitca new {name} --key-out ~/{stem}.key`"
    ))))
}

/// A kind that was asked for is not another one.
fn refuse_other_kind(pair: &KeyPair, wanted: KeyType, file: &Path) -> Result<(), Stop> {
    let key = PublicKey::read(&pair.subject_public_key_info()).map_err(Stop::because)?;
    let (kind, wanted_kind) = (key.kind(), kind_of(wanted));
    // What is the default was not asked for.
    if wanted == KeyType::EcdsaP256 || kind == wanted_kind {
        return Ok(());
    }
    let shown = file.display();
    let message = format!("the key that is already at `{shown}` is {kind}, not {wanted_kind}");
    let help = format!("move it away, and run it again: `mv {shown} {shown}.old`");
    Err(Stop::because(
        Reason::new(Code::OperationFailed, message).help(help),
    ))
}

/// A request is there and its key is not: another key would make another request.
fn keyless(name: &RequestName, file: &Path) -> Stop {
    let manifest = name.manifest();
    let message = format!(
        "`{manifest}` is already there, but its private key is not at `{}`",
        file.display()
    );
    let help = format!(
        "say where the key is: `gitca new {name} --key-out FILE`; if it is lost: `git rm -f {manifest}`"
    );
    let reason = Reason::new(Code::PathNotAllowed, message).help(help);
    Stop(vec![Finding::in_file(manifest, reason)])
}

fn kind_of(wanted: KeyType) -> KeyKind {
    match wanted {
        KeyType::EcdsaP256 => KeyKind::Ecdsa(Curve::P256),
        KeyType::EcdsaP384 => KeyKind::Ecdsa(Curve::P384),
        KeyType::EcdsaP521 => KeyKind::Ecdsa(Curve::P521),
        KeyType::Ed25519 => KeyKind::Ed25519,
        KeyType::Rsa2048 => KeyKind::Rsa { bits: 2048 },
        KeyType::Rsa3072 => KeyKind::Rsa { bits: 3072 },
        KeyType::Rsa4096 => KeyKind::Rsa { bits: 4096 },
    }
}

fn generate(kind: KeyType) -> Result<KeyPair, rcgen::Error> {
    match kind {
        KeyType::EcdsaP256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
        KeyType::EcdsaP384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
        KeyType::EcdsaP521 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512),
        KeyType::Ed25519 => KeyPair::generate_for(&rcgen::PKCS_ED25519),
        KeyType::Rsa2048 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
        KeyType::Rsa3072 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072),
        KeyType::Rsa4096 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_4096),
    }
}
