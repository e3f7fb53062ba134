//! The files in the folder of a certificate, `issued/<request>/`, besides those that templates make.
//!
//! A run writes all four in one commit; whoever looks for one asks for it by these names, and for its path with
//! [`RequestName::issued`](crate::names::RequestName::issued).

/// The very bytes that were signed.
pub const REQUEST: &str = "request.yaml";

/// The leaf, then the intermediates, as PEM.
pub const CERTIFICATE: &str = "certificate.pem";

/// The CertificateSigningRequest with its status, as `kubectl get csr -o yaml` would show it.
pub const CSR: &str = "csr.yaml";

/// How the certificate came to be, as an in-toto Statement.
pub const PROVENANCE: &str = "provenance.json";
