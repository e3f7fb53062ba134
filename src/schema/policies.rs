//! The schemas of the kinds below `policies/`.
//!
//! Out comes one JSON Schema for each kind, made of the parts that all share; whatever the readers in `control` take,
//! it takes.

use serde_json::{Value, json};

use crate::schema::parts::{
    any_list, approvals, boolean, by_attribute, cidr, entries, file, integer, ip_rule, keys, kind,
    lifetime, list, name, object, requirement, rule, selector, signer_name, text, usage, words,
};
use crate::x509::subject::Attribute;

pub(super) fn settings() -> Value {
    let limits = json!({"maxIssuePerRun": integer("A plan for more signs nothing.", 1, None)});
    let bot = json!({"name": text("Its name."), "email": text("Its e-mail address.")});
    let uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
    kind(
        "Settings",
        "What holds for the whole repository.",
        json!({
            "repository": {"type": "string", "pattern": uuid, "description": "The UUID that `init` made; never change it."},
            "branch": text("The mainline, the only branch that is signed from."),
            "requesterIdentity": words(&["signature", "author"], "What proves who asked."),
            "bot": object("The author of the commits with certificates.", bot, &["name", "email"]),
            "limits": object("Limits of a run.", limits, &[]),
        }),
        &["repository", "branch", "bot"],
    )
}

pub(super) fn signer() -> Value {
    let profiles = [
        "kubernetes.io/kube-apiserver-client",
        "kubernetes.io/kube-apiserver-client-kubelet",
        "kubernetes.io/kubelet-serving",
        "kubernetes.io/legacy-unknown",
    ];
    let duration = json!({
        "default": lifetime("When a request asks for none."),
        "max": lifetime("What is asked for beyond it is cut."),
        "beyondCA": words(&["refuse", "truncate"], "When a lifetime passes the CA's end."),
    });
    let limits = json!({
        "sans": integer("Subject alternative names in a request.", 0, Some(1000)),
        "nameLength": integer("Characters of each subject value.", 1, Some(255)),
    });
    let crl = json!({
        "publish": boolean("Keep `issued/_crl/<signer>.pem` current."),
        "validity": lifetime("From thisUpdate to nextUpdate."),
        "distributionPoints": any_list(text("An http, https or ldap URL."), "Where certificates say that the CRL is."),
    });
    kind(
        "Signer",
        "A CA, the name that it answers to, and the ceiling over every policy.",
        json!({
            "signerName": signer_name("What `spec.signerName` of a request must equal."),
            "caCertificate": file("The signing CA first, then intermediates; a file below `policies/`."),
            "key": name("The name of the key; the operator says where it is."),
            "profile": words(&profiles, "The Kubernetes signer whose rules hold."),
            "duration": object("How long certificates are valid.", duration, &[]),
            "usages": list(usage(), "What certificates may be good for at all."),
            "keys": keys("The keys that are certified at all."),
            "subjectKeyIdentifier": words(&["none", "sha1", "sha256"], "How certificates identify their key."),
            "certificatePolicies": any_list(text("An object identifier."), "Policies that certificates name."),
            "limits": object("Limits of a request.", limits, &[]),
            "templates": list(text("A file below `templates/`."), "Rendered for each certificate."),
            "clusters": list(name("A Cluster."), "What the templates see."),
            "crl": object("The revocation list.", crl, &[]),
        }),
        &["signerName", "caCertificate", "key"],
    )
}

fn mode() -> Value {
    words(
        &["enforce", "audit"],
        "`audit` reports and decides nothing.",
    )
}

fn subject_rule(attribute: Attribute) -> Value {
    let crossing = ("crossing", boolean("`*` also crosses separators."));
    let in_sans = (
        "inSANs",
        boolean("Must be among the subject alternative names."),
    );
    match attribute {
        Attribute::CommonName => rule("The common name.", &[crossing, in_sans]),
        _ => rule("Values of this attribute.", &[crossing]),
    }
}

pub(super) fn approval_policy() -> Value {
    let choice = |what: &str| words(&["deny", "allow"], what);
    let allowed = json!({
        "subject": by_attribute(subject_rule),
        "dnsNames": rule("DNS names.", &[
            ("wildcardCertificates", choice("Whether `*.example.com` may be asked for.")),
            ("underscores", choice("Whether a name may hold `_`.")),
        ]),
        "ipAddresses": ip_rule(),
        "uris": rule("URIs.", &[]),
        "emailAddresses": rule("E-mail addresses.", &[]),
        "usages": list(usage(), "Every usage of the request must be one of these."),
    });
    let mut schema = kind(
        "ApprovalPolicy",
        "Which requests may be signed; one policy must admit the whole request.",
        json!({
            "description": text("What it is for."),
            "selector": selector("The requests that it is about; all parts that are given must hold."),
            "allowed": object("What may be asked for; what is absent may not.", allowed, &[]),
            "constraints": constraints(),
            "validations": list(validation(), "All must be true."),
            "approvals": approvals(),
            "renewal": renewal(),
            "mode": mode(),
        }),
        &["selector", "approvals"],
    );
    schema["definitions"] = requirement();
    schema
}

fn constraints() -> Value {
    let duration = json!({
        "min": lifetime("The shortest that is granted."),
        "max": lifetime("The longest that is granted."),
        "required": boolean("The request must ask for one."),
    });
    let constraints = json!({
        "duration": object("The lifetime.", duration, &[]),
        "keys": keys("The keys that are admitted."),
        "keyReuse": words(&["deny", "sameRequester", "allow"], "Whether a key may be certified at another path."),
    });
    object("What certificates must be like.", constraints, &[])
}

fn renewal() -> Value {
    let renewal = json!({
        "before": lifetime("When less than this is left."),
        "until": lifetime("Until this long after the first certificate."),
    });
    let description = "When certificates are made anew; not in this release.";
    object(description, renewal, &["before"])
}

fn validation() -> Value {
    let validation = json!({
        "name": name("What reports call it."),
        "rule": text("A CEL expression that must be true."),
        "message": text("What the requester is told."),
    });
    object("A rule.", validation, &["name", "rule"])
}

pub(super) fn deny_policy() -> Value {
    let digest = json!({"type": "string", "pattern": "^[0-9a-f]{64}$"});
    let blocked = json!({
        "lists": list(file("A file below `policies/`."), "Lists of keys."),
        "spkiSHA256": list(digest, "SHA-256 of the SubjectPublicKeyInfo."),
        "types": keys("Kinds of key."),
    });
    let entry = json!({
        "name": name("What reports call it."),
        "subject": by_attribute(|_| entries("Patterns; `*` crosses separators.")),
        "dnsNames": entries("Patterns, also tried on what a wildcard covers."),
        "uris": entries("Patterns."),
        "emailAddresses": entries("Patterns."),
        "ipAddresses": list(cidr(), "Blocks."),
        "usages": list(usage(), "Any of these."),
        "keys": object("Keys that are never certified.", blocked, &[]),
        "rule": text("A CEL expression; true is a hit, and so is an error."),
        "unless": selector("Requests that the entry does not hold for."),
        "message": text("What the requester is told."),
    });
    kind(
        "DenyPolicy",
        "What is never signed; one hit is final.",
        json!({
            "description": text("What it is for."),
            "selector": selector("The requests that are looked at; all, without it."),
            "deny": list(object("One reason.", entry, &["name"]), "One hit of one entry is enough."),
            "mode": mode(),
        }),
        &["deny"],
    )
}

pub(super) fn cluster() -> Value {
    kind(
        "Cluster",
        "An API server, for kubeconfigs.",
        json!({
            "server": {"type": "string", "pattern": "^https://.+$", "description": "Its URL."},
            "certificateAuthority": file("The server's CA bundle below `policies/`."),
            "tlsServerName": text("The name in the server's certificate."),
            "proxyURL": text("The proxy on the way there."),
            "namespace": text("The namespace of the context."),
        }),
        &["server"],
    )
}
