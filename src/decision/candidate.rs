//! The validity that a request would get, as kube-controller-manager computes it.
//!
//! In come the request, its signer and now; out come notBefore, notAfter and the lifetime granted, with a notice for
//! each thing that was cut. Kubernetes: the lifetime asked for, at most the signer's maximum, backdated by 5 minutes.

use crate::control::signer::{BeyondCa, Signer};
use crate::finding::{Code, Reason};
use crate::request::Request;
use crate::timestamp::{Lifetime, Timestamp};

/// How long before it is signed a certificate begins, as from kube-controller-manager: clocks of clients may be behind.
pub const BACKDATING: Lifetime = Lifetime::from_seconds(5 * 60);
// Lifetimes below this are not shortened by the backdating.
const SHORT: Lifetime = Lifetime::from_seconds(8 * 60 * 60);

/// When a certificate for the request would be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The first second.
    pub not_before: Timestamp,
    /// The last second.
    pub not_after: Timestamp,
    /// The lifetime granted, which policies bound.
    pub lifetime: Lifetime,
    /// Whether that lifetime passes the end of the CA, or of all time, and is not to be cut there.
    pub is_beyond_ca: bool,
}

impl Candidate {
    /// The validity at `now`; what was capped or truncated is noted.
    #[must_use]
    pub fn of(
        request: &Request,
        signer: &Signer,
        now: Timestamp,
        notices: &mut Vec<Reason>,
    ) -> Self {
        let lifetime = granted(request, signer, notices);
        let not_before = now.minus(BACKDATING);
        let end = if lifetime < SHORT {
            now.plus(lifetime)
        } else {
            not_before.plus(lifetime)
        };
        let ca_end = signer.authority.not_after();
        // No CA outlives the year 9999, so what would pass that year passes its CA as well.
        let is_beyond_ca = end > ca_end || !not_before.reaches(lifetime);
        if is_beyond_ca && signer.beyond_ca == BeyondCa::Truncate {
            let message = format!(
                "the certificate ends with its CA at {ca_end}, before the lifetime asked for"
            );
            notices.push(Reason::new(Code::TruncatedToCa, message).field("spec.expirationSeconds"));
            return Self {
                not_before,
                not_after: ca_end,
                lifetime,
                is_beyond_ca: false,
            };
        }
        Self {
            not_before,
            not_after: end,
            lifetime,
            is_beyond_ca,
        }
    }
}

fn granted(request: &Request, signer: &Signer, notices: &mut Vec<Reason>) -> Lifetime {
    let Some(asked) = request.expiration else {
        return signer.duration_default;
    };
    if asked <= signer.duration_max {
        return asked;
    }
    let message = format!(
        "asked for {asked}, and signer `{}` gives at most {}",
        signer.name, signer.duration_max
    );
    let notice = Reason::new(Code::LifetimeCapped, message).field("spec.expirationSeconds");
    notices.push(notice.value(asked.seconds().to_string()));
    signer.duration_max
}
