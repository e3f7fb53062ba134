//! What was issued for a request, as far as this clone knows, and what of that is revoked already.
//!
//! In come the mainline, as it is here and as remotes are known to have it, HEAD and the work tree; out come certificates.
//! Whether a run brought each of them is for `check` and `run` to tell: here they only help people to name them.

use std::collections::BTreeSet;
use std::path::Path;

use crate::commands::signer;
use crate::control::ControlZone;
use crate::finding::{Code, Finding, Reason, Stop};
use crate::git::Repository;
use crate::names::{ObjectId, RequestName, SerialNumber, artifact};
use crate::revocation::Which;
use crate::timestamp::Timestamp;
use crate::trust::revocations::Revocations;
use crate::worktree;
use crate::world::World;
use crate::x509::leaf::Leaf;

// Of more, only the newest are named where one is not found.
const NAMED: usize = 3;

/// A certificate that was issued for the request.
pub(super) struct Certificate {
    pub(super) serial: SerialNumber,
    pub(super) not_after: Timestamp,
    /// `certificate.pem`.
    pub(super) pem: Vec<u8>,
    pub(super) is_revoked: bool,
}

/// What there is to know before certificates are taken back.
pub(super) struct Past {
    pub(super) name: RequestName,
    /// The newest first.
    pub(super) certificates: Vec<Certificate>,
    /// The revocation as the mainline has it.
    pub(super) merged: BTreeSet<ObjectId>,
    /// The policies of the work tree; taking back does not wait until they are valid.
    pub(super) zone: Option<ControlZone>,
}

impl Past {
    pub(super) fn find(name: &RequestName, root: &Path, world: &World) -> anyhow::Result<Self> {
        let mut past = Self {
            name: name.clone(),
            certificates: Vec::new(),
            merged: BTreeSet::new(),
            zone: signer::rules(root).ok(),
        };
        if let Some(repository) = Repository::discover(root)? {
            repository.require_full_history()?;
            let mainline = past.mainline(&repository, world)?;
            for tip in &mainline {
                let merged = repository.file(*tip, &name.revocation())?;
                past.merged.extend(merged.map(|merged| merged.id));
                past.learn(&repository, *tip, true)?;
            }
            let head = repository.head_commit()?;
            if let Some(head) = head.filter(|head| !mainline.contains(head)) {
                past.learn(&repository, head, false)?;
            }
        }
        if let Some(newest) = worktree::file(root, &name.issued(artifact::CERTIFICATE))? {
            past.certificates.extend(certificate(newest.bytes));
        }
        let mut seen = BTreeSet::new();
        past.certificates
            .retain(|certificate| seen.insert(certificate.serial.clone()));
        Ok(past)
    }

    /// The commits that are the tip of the mainline here or for a remote.
    fn mainline(
        &self,
        repository: &Repository,
        world: &World,
    ) -> anyhow::Result<BTreeSet<ObjectId>> {
        let settings = self.zone.as_ref().map(|zone| zone.settings.branch.as_str());
        let Some(branch) = world.branch.as_deref().or(settings) else {
            return Ok(BTreeSet::new());
        };
        let tips = repository.branch_tip(branch)?.into_iter();
        Ok(tips
            .chain(repository.tracked(branch)?.into_values())
            .collect())
    }

    /// Adds what the history of this commit holds.
    fn learn(
        &mut self,
        repository: &Repository,
        tip: ObjectId,
        is_mainline: bool,
    ) -> anyhow::Result<()> {
        let names = BTreeSet::from([self.name.clone()]);
        let histories = repository.revocations(tip, &names)?;
        // What is on a branch of one's own revokes nothing.
        let revocations = if is_mainline {
            Revocations::of(&histories)
        } else {
            Revocations::default()
        };
        let revoked: BTreeSet<&str> = revocations
            .request(&self.name)
            .map(|revoked| revoked.leaf.serial_number.as_str())
            .collect();
        let outputs = histories.into_values().flat_map(|history| history.outputs);
        for mut found in outputs.filter_map(|output| certificate(output.certificate)) {
            found.is_revoked = revoked.contains(found.serial.to_string().as_str());
            self.certificates.push(found);
        }
        Ok(())
    }

    /// The certificates that a person means by these serial numbers; all, where there are none.
    ///
    /// # Errors
    /// `SerialUnknown` for one that no certificate of the request has had.
    pub(super) fn which(&self, serials: &[String]) -> Result<Which, Stop> {
        if serials.is_empty() {
            return Ok(Which::All);
        }
        let mut unknown = Vec::new();
        let mut named = BTreeSet::new();
        for text in serials {
            let serial = serial(text);
            let serial = serial.filter(|serial| {
                self.certificates
                    .iter()
                    .any(|there| there.serial == *serial)
            });
            match serial {
                Some(serial) => {
                    named.insert(serial);
                }
                None => unknown.push(text),
            }
        }
        if unknown.is_empty() {
            return Ok(Which::Serials(named));
        }
        let unknown = unknown.into_iter().map(|text| self.unknown(text));
        Err(Stop(unknown.map(Finding::anywhere).collect()))
    }

    fn unknown(&self, text: &str) -> Reason {
        let message = format!(
            "no certificate of request `{}` has this serial number",
            self.name
        );
        let newest = self.certificates.iter().take(NAMED);
        let newest: Vec<String> = newest.map(|there| format!("`{}`", there.serial)).collect();
        let help = format!(
            "its newest: {}; older ones are in `git log issued/{}`",
            newest.join(", "),
            self.name
        );
        Reason::new(Code::SerialUnknown, message)
            .value(text)
            .help(help)
    }

    /// Those of these certificates that are not revoked yet.
    pub(super) fn open(&self, which: &Which) -> BTreeSet<SerialNumber> {
        let open = self.reached(which).filter(|there| !there.is_revoked);
        open.map(|there| there.serial.clone()).collect()
    }

    /// Those that a revocation of these reaches.
    pub(super) fn reached<'p>(&'p self, which: &'p Which) -> impl Iterator<Item = &'p Certificate> {
        self.certificates.iter().filter(move |there| match which {
            Which::All => true,
            Which::Serials(serials) => serials.contains(&there.serial),
        })
    }
}

fn certificate(pem: Vec<u8>) -> Option<Certificate> {
    let leaf = Leaf::read(&pem)?;
    Some(Certificate {
        serial: leaf.serial_number.parse().ok()?,
        not_after: leaf.not_after,
        pem,
        is_revoked: false,
    })
}

/// A serial number as tools print it: openssl in upper case, or in pairs with colons and a leading zero.
fn serial(text: &str) -> Option<SerialNumber> {
    let text = text
        .strip_prefix("0x")
        .unwrap_or(text)
        .replace(':', "")
        .to_lowercase();
    let text = text.trim_start_matches("00");
    text.parse().ok()
}
