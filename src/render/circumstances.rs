//! What the files of a certificate say besides the certificate itself.
//!
//! In come borrowed parts of the plan; templates and the provenance read them. There is no parent commit among them:
//! the same circumstances give the same files wherever they land.

use crate::control::ControlZone;
use crate::provenance::Provenance;
use crate::report::Requester;
use crate::snapshot::{Blob, Introduction};
use crate::timestamp::Timestamp;

/// What the files say besides the certificate.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The rules; clusters are taken from it.
    pub zone: &'a ControlZone,
    /// The manifest, copied as it is.
    pub manifest: &'a Blob,
    /// The commit that brought the request.
    pub introduction: &'a Introduction,
    /// Who asked.
    pub requester: &'a Requester,
    /// The certificate that it replaces for the same bytes.
    pub renews: Option<&'a Provenance>,
    /// The clock of the run.
    pub now: Timestamp,
}
