//! What a revocation will do, in words, and what is to be done with it.
//!
//! In come the certificates that it reaches and the rules; out comes a text for whoever revokes: what is taken back,
//! who learns of it, and the commands that bring it to the mainline.

use std::fmt::Write as _;

use crate::cli::RevokeArgs;
use crate::commands::revoke::past::{Certificate, Past};
use crate::control::signer::Signer;
use crate::plan::lists;
use crate::revocation::Which;
use crate::world::World;
use crate::x509::crl::ReasonCode;
use crate::x509::leaf::Leaf;

// Whose certificates an API server takes.
const API_SERVER: &str = "kubernetes.io/kube-apiserver-client";

/// What was done, whom it reaches, and what comes next.
pub(super) fn told(
    verb: &str,
    which: &Which,
    args: &RevokeArgs,
    past: &Past,
    world: &World,
) -> String {
    let file = past.name.revocation();
    let reached: Vec<&Certificate> = past.reached(which).collect();
    let (revoked, open): (Vec<_>, Vec<_>) = reached.into_iter().partition(|there| there.is_revoked);
    let is_good = |there: &&Certificate| there.not_after >= world.now;
    let (good, ended): (Vec<_>, Vec<_>) = open.into_iter().partition(is_good);
    let mut text = format!("{verb} {file}.\nIt takes back, as {}:\n", args.reason);
    for there in &good {
        let _ = writeln!(text, "  {}, good until {}", there.serial, there.not_after);
    }
    if *which == Which::All {
        text.push_str("  what is issued for the same request before the merge\n");
    }
    for (count, what) in [(ended.len(), "ended"), (revoked.len(), "are revoked")] {
        if count > 0 {
            let _ = writeln!(text, "  and {count} that {what} already");
        }
    }
    if args.reason == ReasonCode::KeyCompromise {
        text.push_str("No certificate is issued for its key any more.\n");
    }
    text.push_str(&audience(&good, past));
    text.push_str(&next_steps(past));
    text
}

/// Who will know.
fn audience(good: &[&Certificate], past: &Past) -> String {
    let Some(zone) = past.zone.as_ref().filter(|_| !good.is_empty()) else {
        return String::new();
    };
    let has_signed = |signer: &&Signer| {
        let ca = signer.authority.signing_ca();
        let mut good = good.iter();
        good.any(|there| Leaf::proven(&there.pem, [ca]).is_some())
    };
    let signers: Vec<&Signer> = zone.signers.iter().filter(has_signed).collect();
    let publishing = signers.iter().filter(|signer| signer.crl.publish);
    let lists: Vec<String> = publishing
        .map(|signer| lists::file(&signer.name).to_string())
        .collect();
    let mut text = match signers.first() {
        _ if !lists.is_empty() => {
            format!(
                "After the merge `gitca run` puts it on {}.\n",
                lists.join(", ")
            )
        }
        Some(signer) => format!(
            "No Signer of its CA publishes a revocation list, so nobody else learns of it: `crl: {{publish: true}}` in {}.\n",
            signer.file
        ),
        None => String::new(),
    };
    let is_client = |signer: &&Signer| signer.signer_name.as_str().starts_with(API_SERVER);
    if signers.iter().any(is_client) {
        text.push_str(
            "A Kubernetes API server reads no revocation list: take away what the user may do there, too.\n",
        );
    }
    text
}

fn next_steps(past: &Past) -> String {
    let (file, stem) = (past.name.revocation(), past.name.name());
    format!(
        "Next:\n  gitca check\n  git switch -c revoke-{stem}\n  git add {file}\n  \
         git commit -m \"revoke certificates of {}\"\n  git push -u origin revoke-{stem}    # and open a pull request\n",
        past.name
    )
}
