//! The keys of a run: where the operator says they are, opened once and held against their CA certificates.
//!
//! In come the arguments and a plan; out comes a key for each Signer that has something to sign, or why it can't. A key
//! that is missing makes the requests of its own Signer fail and no others.

use std::collections::BTreeMap;

use crate::batch::Keys;
use crate::cli::RunArgs;
use crate::control::ControlZone;
use crate::control::signer::Signer;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::keystore::{self, CaKey, Keystore};
use crate::names::ObjectName;
use crate::plan::Plan;
use crate::plan::lists::DueList;
use crate::survey::Mainline;

/// The key of each Signer by its name, or why it can't be used.
pub(super) type Opened = BTreeMap<ObjectName, Result<CaKey, Reason>>;

/// The keys as the operator gave them; a name that no Signer uses is a mistake, not a key to ignore.
pub(super) fn keystore_of(args: &RunArgs, mainline: &Mainline) -> Result<Keystore, Stop> {
    let zone = &mainline.survey.zone;
    let known: Vec<&str> = zone
        .signers
        .iter()
        .map(|signer| signer.key.as_str())
        .collect();
    for key in &args.key {
        if !known.contains(&key.name.as_str()) {
            let reason = Reason::new(
                Code::ConfigInvalid,
                format!("no Signer has a key `{}`", key.name),
            );
            return Err(Stop::because(
                reason.help(crate::yaml::suggest(key.name.as_str(), &known)),
            ));
        }
    }
    check_variables(zone)?;
    let given = args
        .key
        .iter()
        .map(|key| (key.name.clone(), key.source.clone()))
        .collect();
    Ok(Keystore::new(given, mainline.repository.workdir()))
}

/// Two names that become the same variable could be mixed up.
fn check_variables(zone: &ControlZone) -> Result<(), Stop> {
    let mut names: BTreeMap<String, &ObjectName> = BTreeMap::new();
    for signer in &zone.signers {
        let variable = keystore::variable("GITCA_KEY_", &signer.key);
        let other = names
            .insert(variable.clone(), &signer.key)
            .filter(|other| **other != signer.key);
        if let Some(other) = other {
            let message = format!(
                "the keys `{other}` and `{}` are both `{variable}` in the environment",
                signer.key
            );
            let reason = Reason::new(Code::ConfigInvalid, message)
                .field("spec.key")
                .help("rename one of them");
            return Err(Stop(vec![Finding::in_file(signer.file.clone(), reason)]));
        }
    }
    Ok(())
}

/// The key of each Signer that has something to sign; each is opened once and held against its CA certificate.
pub(super) fn open_keys(plan: &Plan<'_>, lists: &[DueList<'_>], keystore: &Keystore) -> Opened {
    let mut keys = BTreeMap::new();
    for approved in plan.approved() {
        open_key(&mut keys, approved.signer(), keystore);
    }
    for signer in lists.iter().flat_map(|list| &list.signers) {
        open_key(&mut keys, signer, keystore);
    }
    keys
}

/// Opens the key of a Signer, unless that was tried already.
pub(super) fn open_key(keys: &mut Opened, signer: &Signer, keystore: &Keystore) {
    keys.entry(signer.name.clone()).or_insert_with(|| {
        let key = keystore.open(&signer.key)?;
        if key.spki() == signer.authority.signing_ca().key.spki() {
            return Ok(key);
        }
        let message = format!(
            "key `{}` is not the key of the CA certificate `{}`",
            signer.key, signer.ca_file
        );
        Err(Reason::new(Code::SignerKeyMismatch, message)
            .help("give the key that belongs to this certificate"))
    });
}

pub(super) fn signing_keys(opened: &Opened) -> Keys<'_> {
    let mut keys = Keys::new();
    for (name, key) in opened {
        keys.insert(
            name.clone(),
            key.as_ref().map(CaKey::signing_key).map_err(Clone::clone),
        );
    }
    keys
}
