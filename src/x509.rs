//! X.509 and PKCS#10 as values: what a request asks for, what a certificate holds, and the DER of both.
//!
//! In come PEM and DER; out come models whose fields are text, numbers and enums. Only the public key keeps its bytes
//! (the SubjectPublicKeyInfo). No policy is known here: structure that no policy may relax is refused, and what is
//! legal but never issued is kept in the model for judgement to refuse.

pub mod additions;
pub mod ca;
pub mod certificate;
pub mod certification_request;
pub mod constraints;
pub mod crl;
pub mod csr;
pub mod key;
pub mod leaf;
mod names;
pub mod pem;
pub mod san;
pub mod signature;
pub mod specimen;
pub mod subject;
pub mod uri;
pub mod usage;
pub mod weak;

#[cfg(test)]
mod testing;
