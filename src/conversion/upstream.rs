//! A `CertificateRequestPolicy` as it is written, read strictly: a key that is not known might be a restriction.
//!
//! In comes the tree of a file; out comes an [`Upstream`]. Nothing is judged here; parts that have no counterpart are only
//! remembered, each with its place.

use crate::conversion::duration::nanoseconds;
use crate::finding::{Code, Place, Reason};
use crate::names::ObjectName;
use crate::x509::subject::Attribute;
use crate::yaml::{Field, Node, Object, Problems, Value};

const VERSION: &str = "policy.cert-manager.io/v1alpha1";
const KIND: &str = "CertificateRequestPolicy";
const SECOND: u128 = 1_000_000_000;
/// What `expirationSeconds` can hold.
pub(super) const LONGEST: u64 = 2_147_483_647;
const SUBJECT: [(&str, Attribute); 7] = [
    ("organizations", Attribute::Organization),
    ("organizationalUnits", Attribute::OrganizationalUnit),
    ("countries", Attribute::Country),
    ("localities", Attribute::Locality),
    ("provinces", Attribute::Province),
    ("streetAddresses", Attribute::StreetAddress),
    ("postalCodes", Attribute::PostalCode),
];

/// The policy.
pub(super) struct Upstream {
    pub(super) name: ObjectName,
    pub(super) issuer: Reference,
    /// The namespaces it is for; `None` is every one.
    pub(super) namespaces: Option<Vec<String>>,
    pub(super) subject: Vec<(Attribute, Values)>,
    pub(super) dns_names: Option<Values>,
    pub(super) ip_addresses: Option<Values>,
    pub(super) uris: Option<Values>,
    pub(super) email_addresses: Option<Values>,
    pub(super) usages: Vec<(String, Place)>,
    pub(super) is_ca: bool,
    pub(super) other_attributes: bool,
    pub(super) constraints: Bounds,
    /// What makes the whole policy impossible here.
    pub(super) unusable: Vec<(String, Place)>,
}

/// Which issuers, each part with wildcards.
#[derive(Default)]
pub(super) struct Reference {
    pub(super) name: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) group: Option<String>,
}

/// What the values of one field may be.
pub(super) struct Values {
    pub(super) field: String,
    /// `None` when only the rules decide.
    pub(super) patterns: Option<Vec<(String, Place)>>,
    pub(super) required: bool,
    pub(super) rules: Vec<UpstreamRule>,
}

/// A rule about one value.
pub(super) struct UpstreamRule {
    pub(super) source: String,
    pub(super) message: Option<String>,
    pub(super) place: Place,
}

/// Bounds, in seconds.
#[derive(Default)]
pub(super) struct Bounds {
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
    pub(super) private_key: Option<PrivateKey>,
}

/// Which keys.
#[derive(Default)]
pub(super) struct PrivateKey {
    pub(super) algorithm: Option<String>,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
}

impl Upstream {
    /// Reads a policy.
    ///
    /// # Errors
    /// Every reason why it is none.
    pub(super) fn read(node: &Node) -> Result<Self, Vec<Reason>> {
        let mut problems = Problems::new(Code::ConfigInvalid);
        let policy = read(&Field::root(node), &mut problems);
        match policy {
            Some(policy) if problems.is_empty() => Ok(policy),
            _ => Err(problems.into_reasons()),
        }
    }
}

fn read(root: &Field<'_>, problems: &mut Problems) -> Option<Upstream> {
    let object = root.object(
        &["apiVersion", "kind", "metadata", "spec", "status"],
        problems,
    )?;
    for (key, expected) in [("apiVersion", VERSION), ("kind", KIND)] {
        let field = object.require(key, problems)?;
        if field.text(problems)? != expected {
            problems.report(&field, format!("must be `{expected}`"));
            return None;
        }
    }
    let metadata = object.require("metadata", problems)?.mapping(problems)?;
    let name = metadata.require("name", problems)?.parse(problems);
    let known = ["allowed", "constraints", "selector", "plugins"];
    let spec = object.require("spec", problems)?.object(&known, problems)?;
    let mut policy = Upstream {
        name: name?,
        issuer: Reference::default(),
        namespaces: None,
        subject: Vec::new(),
        dns_names: None,
        ip_addresses: None,
        uris: None,
        email_addresses: None,
        usages: Vec::new(),
        is_ca: false,
        other_attributes: false,
        constraints: Bounds::default(),
        unusable: Vec::new(),
    };
    if let Some(plugins) = spec.get("plugins").filter(is_filled) {
        policy.unusable.push((plugins.path, plugins.place));
    }
    if let Some(selector) = spec.require("selector", problems) {
        read_selector(&selector, &mut policy, problems);
    }
    if let Some(allowed) = spec.get("allowed") {
        read_allowed(&allowed, &mut policy, problems);
    }
    if let Some(constraints) = spec.get("constraints") {
        policy.constraints = read_constraints(&constraints, problems).unwrap_or_default();
    }
    Some(policy)
}

fn is_filled(field: &Field<'_>) -> bool {
    !field.children().is_empty()
}

fn owned(object: &Object<'_>, key: &str, problems: &mut Problems) -> Option<String> {
    object.get(key)?.text(problems).map(str::to_owned)
}

fn read_selector(field: &Field<'_>, policy: &mut Upstream, problems: &mut Problems) {
    let Some(selector) = field.object(&["issuerRef", "namespace"], problems) else {
        return;
    };
    let reference = selector.get("issuerRef");
    let reference = reference.and_then(|field| field.object(&["name", "kind", "group"], problems));
    if let Some(reference) = reference {
        policy.issuer = Reference {
            name: owned(&reference, "name", problems),
            kind: owned(&reference, "kind", problems),
            group: owned(&reference, "group", problems),
        };
    }
    let namespace = selector.get("namespace");
    let namespace =
        namespace.and_then(|field| field.object(&["matchNames", "matchLabels"], problems));
    let Some(namespace) = namespace else { return };
    if let Some(names) = namespace.get("matchNames") {
        let names = names.list(problems);
        let names = names.iter().filter_map(|name| name.text(problems));
        let names: Vec<String> = names.map(str::to_owned).collect();
        policy.namespaces = Some(names).filter(|names| !names.is_empty());
    }
    if let Some(labels) = namespace.get("matchLabels").filter(is_filled) {
        policy.unusable.push((labels.path, labels.place));
    }
}

fn read_allowed(field: &Field<'_>, policy: &mut Upstream, problems: &mut Problems) {
    let known = [
        "commonName",
        "dnsNames",
        "ipAddresses",
        "uris",
        "emailAddresses",
        "otherNames",
        "isCA",
        "usages",
        "subject",
    ];
    let Some(allowed) = field.object(&known, problems) else {
        return;
    };
    if let Some(field) = allowed.get("commonName") {
        let values = read_values(&field, "value", problems);
        let values = values.map(|values| (Attribute::CommonName, values));
        policy.subject.extend(values);
    }
    if let Some(subject) = allowed.get("subject") {
        read_subject(&subject, policy, problems);
    }
    let mut names = |key| {
        let field = allowed.get(key)?;
        read_values(&field, "values", problems)
    };
    policy.dns_names = names("dnsNames");
    policy.ip_addresses = names("ipAddresses");
    policy.uris = names("uris");
    policy.email_addresses = names("emailAddresses");
    policy.other_attributes |= allowed
        .get("otherNames")
        .is_some_and(|names| is_filled(&names));
    let is_ca = allowed.get("isCA");
    policy.is_ca = is_ca.and_then(|field| field.boolean(problems)) == Some(true);
    if let Some(usages) = allowed.get("usages") {
        for usage in usages.list(problems) {
            let text = usage.text(problems).map(str::to_owned);
            policy.usages.extend(text.map(|text| (text, usage.place)));
        }
    }
}

fn read_subject(field: &Field<'_>, policy: &mut Upstream, problems: &mut Problems) {
    let mut known = SUBJECT.map(|(key, _)| key).to_vec();
    known.extend(["serialNumber", "otherAttributes"]);
    let Some(subject) = field.object(&known, problems) else {
        return;
    };
    for (key, attribute) in SUBJECT {
        let values = subject
            .get(key)
            .and_then(|field| read_values(&field, "values", problems));
        policy
            .subject
            .extend(values.map(|values| (attribute, values)));
    }
    let serial = subject
        .get("serialNumber")
        .and_then(|field| read_values(&field, "value", problems));
    let serial = serial.map(|values| (Attribute::SerialNumber, values));
    policy.subject.extend(serial);
    let others = subject.get("otherAttributes").filter(is_filled);
    policy.other_attributes |= others.is_some();
    // A required attribute that no request here can have.
    for entry in others.iter().flat_map(Field::children) {
        let required = entry
            .mapping(problems)
            .and_then(|entry| entry.get("required"))
            .and_then(|required| required.boolean(problems));
        if required == Some(true) {
            policy.unusable.push((entry.path, entry.place));
        }
    }
}

fn read_values(field: &Field<'_>, key: &str, problems: &mut Problems) -> Option<Values> {
    let object = field.object(&[key, "required", "validations"], problems)?;
    let texts = object.get(key).map(|field| match key {
        "value" => vec![field],
        _ => field.list(problems),
    });
    let mut text = |field: &Field<'_>| {
        let text = field.text(problems)?;
        Some((text.to_owned(), field.place))
    };
    let patterns = texts.map(|fields| fields.iter().filter_map(&mut text).collect());
    let required = object.get("required");
    let required = required.and_then(|field| field.boolean(problems));
    let rules = object.get("validations");
    let rules = rules.map_or_else(Vec::new, |field| field.list(problems));
    let rules = rules.iter().filter_map(|field| read_rule(field, problems));
    Some(Values {
        field: field.path.clone(),
        patterns,
        required: required == Some(true),
        rules: rules.collect(),
    })
}

fn read_rule(field: &Field<'_>, problems: &mut Problems) -> Option<UpstreamRule> {
    let object = field.object(&["rule", "message"], problems)?;
    let rule = object.require("rule", problems)?;
    Some(UpstreamRule {
        source: rule.text(problems)?.to_owned(),
        message: owned(&object, "message", problems),
        place: rule.place,
    })
}

fn read_constraints(field: &Field<'_>, problems: &mut Problems) -> Option<Bounds> {
    let known = ["minDuration", "maxDuration", "privateKey"];
    let object = field.object(&known, problems)?;
    let mut duration = |key| {
        let field = object.get(key)?;
        let nanoseconds = nanoseconds(field.text(problems)?);
        if nanoseconds.is_none() {
            problems.report(&field, "must be a duration such as `1h30m`");
        }
        nanoseconds
    };
    let (min, max) = (duration("minDuration"), duration("maxDuration"));
    let private_key = object.get("privateKey");
    let private_key = private_key.and_then(|field| read_private_key(&field, problems));
    let seconds = |nanoseconds: u128| u64::try_from(nanoseconds).unwrap_or(u64::MAX);
    Some(Bounds {
        // Certificates live whole seconds, and never longer than meant.
        min: min.map(|min| seconds(min.div_ceil(SECOND))),
        max: max.map(|max| seconds(max / SECOND).min(LONGEST)),
        private_key,
    })
}

fn read_private_key(field: &Field<'_>, problems: &mut Problems) -> Option<PrivateKey> {
    let object = field.object(&["algorithm", "minSize", "maxSize"], problems)?;
    let mut size = |key| object.get(key).and_then(|field| field.integer(problems));
    let (min, max) = (size("minSize"), size("maxSize"));
    let algorithm = object.get("algorithm");
    let known = ["RSA", "ECDSA", "Ed25519"];
    let algorithm = algorithm.and_then(|field| match &field.node.value {
        Value::Plain(text) | Value::Text(text) if known.contains(&text.as_str()) => {
            Some(text.clone())
        }
        _ => {
            problems.report(&field, format!("must be one of {}", known.join(", ")));
            None
        }
    });
    Some(PrivateKey {
        algorithm,
        min,
        max,
    })
}
