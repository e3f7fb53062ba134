//! What a CA certificate may do: certify, and sign revocation lists.
//!
//! In comes a parsed certificate; out comes each right that it lacks, by RFC 5280 4.2.1.3 and 4.2.1.9. A critical
//! extension that nobody here knows is a reason to refuse it, as it may take a right away.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;

/// What Kubernetes does not ask of a CA, and gitca does.
pub(super) fn check_rights(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    // RFC 5280 4.2.1.9: without CA:TRUE the key must not verify certificates.
    match certificate.basic_constraints() {
        Ok(Some(constraints)) if constraints.value.ca => {}
        Ok(_) => problems.push("is no CA: basicConstraints does not say CA:TRUE".into()),
        Err(error) => problems.push(format!("has broken basicConstraints: {error}")),
    }
    // RFC 5280 4.2.1.3: keyCertSign.
    match certificate.key_usage() {
        Ok(Some(usage)) if usage.value.key_cert_sign() => {}
        Ok(_) => problems.push("may not sign certificates: keyUsage lacks keyCertSign".into()),
        Err(error) => problems.push(format!("has broken keyUsage: {error}")),
    }
    for extension in certificate
        .extensions()
        .iter()
        .filter(|extension| extension.critical)
    {
        if !is_known(extension.parsed_extension()) {
            problems.push(format!(
                "has the critical extension {} that gitca does not know",
                extension.oid
            ));
        }
    }
    problems
}

fn is_known(extension: &ParsedExtension<'_>) -> bool {
    matches!(
        extension,
        ParsedExtension::BasicConstraints(_)
            | ParsedExtension::KeyUsage(_)
            | ParsedExtension::ExtendedKeyUsage(_)
            | ParsedExtension::NameConstraints(_)
            | ParsedExtension::SubjectKeyIdentifier(_)
            | ParsedExtension::AuthorityKeyIdentifier(_)
    )
}

/// RFC 5280 4.2.1.3: cRLSign.
pub(super) fn signs_crls(certificate: &X509Certificate<'_>) -> bool {
    let usage = certificate.key_usage().ok().flatten();
    usage.is_some_and(|usage| usage.value.crl_sign())
}
