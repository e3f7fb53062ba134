//! gitca: a certificate authority that is run by pull request.
//!
//! People put Kubernetes `CertificateSigningRequest` manifests into a git repository; policies kept as files say what may
//! be signed; a batch run signs what was merged and admitted, and commits the certificates and kubeconfigs back. Data
//! flows one way, and each arrow is one function:
//!
//! ```text
//! commit --git::snapshot--> Snapshot --plan::read--> Requests --decision::decide--> Approved
//!    Approved --issuance::prepare--> Prepared --sign(key)--> Issued
//!    Issued --render::add--> Changeset --git::commit--> commit
//! ```
//!
//! [`Approved`](decision::Approved) is made by the decision alone, [`Prepared`](issuance::Prepared) by a lint that passed,
//! [`Issued`](issuance::Issued) by consuming a `Prepared`: what was not approved is never signed, nor what was not linted.
//!
//! # Words
//!
//! | word | means |
//! |---|---|
//! | request | the `CertificateSigningRequest` manifest with its PKCS#10, named by its path |
//! | CSR | the PKCS#10 alone |
//! | signer | one CA identity, by its Kubernetes `signerName` |
//! | policy | a file in `policies/` that admits or denies |
//! | profile | the rules that Kubernetes has for one of its own signers |
//! | decision | approved or not, by policy; never an error |
//! | finding | something wrong in the user's repository, with code and place |
//! | lint | what is checked on the octets before they are signed |
//! | control zone | `policies/` and `templates/`: all that decides |
//! | mainline | the first-parent chain of the one branch that is signed from |
//!
//! # Floors
//!
//! A file imports only from floors below its own; `tests/floors.rs` holds the table and fails where one doesn't.

// Ground: names and times, text for people, and what work is counted in.
pub mod effort;
pub mod harmless;
pub mod names;
pub mod timestamp;

// Formats: what is read and written.
pub mod finding;
pub mod pattern;
pub mod provenance;
pub mod report;
pub mod schema;
pub mod secrets;
pub mod snapshot;
pub mod ssh;
pub mod x509;
pub mod yaml;
pub mod zones;

// Records: what the files of a repository mean.
pub mod control;
pub mod request;
pub mod revocation;
pub mod statement;

// Judgement.
pub mod decision;
pub mod lint;
pub mod trust;

// Authority.
pub mod inventory;
pub mod issuance;
pub mod kubernetes;

// Flows.
pub mod batch;
pub mod conversion;
pub mod explanation;
pub mod inspection;
pub mod message;
pub mod plan;
pub mod render;
pub mod replay;
pub mod sampling;
pub mod starter;
pub mod trial;

// Edges.
pub mod expression;
pub mod files;
pub mod git;
pub mod keystore;
pub mod output;
pub mod signing;
pub mod worktree;

// Surface.
pub mod cli;
pub mod survey;
pub mod world;

// Commands.
pub mod commands;
