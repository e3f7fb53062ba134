//! What a Signer does for those who have to know what was revoked: the list that it keeps, and where certificates say it is.
//!
//! In comes the field `crl`; out comes a [`Crl`], or problems at the fields. RFC 5280 section 5 and 4.2.1.13.

use crate::control::document::Document;
use crate::control::signer::additions::read_distribution_points;
use crate::timestamp::Lifetime;
use crate::x509::ca::Authority;
use crate::yaml::{Field, Object, Problems};

const DEFAULT_VALIDITY: Lifetime = Lifetime::from_seconds(7 * 24 * 60 * 60);
// A list is made anew in the first half of its life; runs that come less often than that leave gaps.
const LEAST_VALIDITY: Lifetime = Lifetime::from_seconds(60 * 60);
// Whoever has an old list does not see what was revoked since.
const MOST_VALIDITY: Lifetime = Lifetime::from_seconds(366 * 24 * 60 * 60);

/// The revocation list of a Signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crl {
    /// Whether a list is kept in `issued/_crl/`.
    pub publish: bool,
    /// From thisUpdate to nextUpdate.
    pub validity: Lifetime,
    /// Where certificates say that the list is.
    pub distribution_points: Vec<String>,
}

impl Default for Crl {
    fn default() -> Self {
        Self {
            publish: false,
            validity: DEFAULT_VALIDITY,
            distribution_points: Vec::new(),
        }
    }
}

impl Crl {
    /// Reads the field.
    pub(super) fn read(
        field: &Field<'_>,
        document: &Document<'_>,
        problems: &mut Problems,
    ) -> Self {
        let mut crl = Self::default();
        let known = ["publish", "validity", "distributionPoints"];
        let Some(object) = field.object(&known, problems) else {
            return crl;
        };
        if let Some(publish) = object.get("publish") {
            crl.publish = publish.boolean(problems).unwrap_or_default();
        }
        if crl.publish {
            document.refuse_long_name(problems);
        }
        if let Some(field) = object.get("validity")
            && let Some(validity) = field.parse(problems)
        {
            crl.validity = validity;
            if !(LEAST_VALIDITY..=MOST_VALIDITY).contains(&validity) {
                let message = format!("must be from {LEAST_VALIDITY} to {MOST_VALIDITY}");
                problems.report(&field, message);
            }
        }
        crl.distribution_points = read_distribution_points(&object, problems);
        crl
    }

    /// A CA that may not sign lists publishes none.
    pub(super) fn refuse_beyond_ca(
        &self,
        spec: &Object<'_>,
        authority: &Authority,
        problems: &mut Problems,
    ) {
        let ca = authority.signing_ca();
        let field = spec.get("crl").filter(|_| self.publish && !ca.signs_crls);
        if let Some(field) = field {
            let name = &ca.display_name;
            let message = format!(
                "the CA `{name}` may not sign revocation lists: its keyUsage lacks cRLSign"
            );
            let help =
                "leave `publish` out, or make a CA certificate with cRLSign for the same key";
            problems.report_with_help(&field, message, help);
        }
    }
}
