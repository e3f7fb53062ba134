//! A small model of what cert-manager's approver-policy admits, as its evaluators decide.
//!
//! In come dice with a seed; out come upstream policies, as values and as YAML, and whether upstream would admit a request.
//! What the converted policy admits and the model does not is a hole.

use std::fmt::Write as _;

use crate::conversion::patterns::wildcard;
use crate::request::Request;
use crate::timestamp::Lifetime;

/// `SplitMix64`: the same numbers in every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }

    pub(super) fn some<T: Copy>(&mut self, from: &[T], most: usize) -> Vec<T> {
        (0..self.roll(most + 1)).map(|_| self.pick(from)).collect()
    }
}

/// What upstream allows in one field.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed {
    values: Option<Vec<&'static str>>,
    required: bool,
    shortest: Option<usize>,
}

impl Allowed {
    pub(super) fn draw(dice: &mut Dice, patterns: &[&'static str], most: usize) -> Option<Self> {
        let mut values = dice.some(patterns, most);
        if dice.roll(2) == 0 {
            values.insert(0, "*");
        }
        (dice.roll(8) > 0).then(|| Self {
            values: (dice.roll(8) > 0).then_some(values),
            required: dice.roll(8) == 0,
            shortest: (dice.roll(6) == 0).then(|| dice.roll(7)),
        })
    }

    pub(super) fn admits(rule: Option<&Self>, asked: &[String]) -> bool {
        let Some(rule) = rule else {
            return asked.is_empty();
        };
        if asked.is_empty() {
            return !rule.required;
        }
        let fits = |value: &String| match &rule.values {
            Some(values) => values.iter().any(|pattern| wildcard(pattern, value)),
            None => rule.shortest.is_some(),
        };
        let long = |value: &String| rule.shortest.is_none_or(|least| value.len() >= least);
        asked.iter().all(|value| fits(value) && long(value))
    }

    fn write(&self, name: &str, single: bool, indent: &str, out: &mut String) {
        let _ = writeln!(out, "{indent}{name}:");
        let quoted = |text: &&str| format!("{text:?}");
        match &self.values {
            Some(values) if single => {
                let value = values.first().copied().unwrap_or_default();
                let _ = writeln!(out, "{indent}  value: {value:?}");
            }
            Some(values) => {
                let values: Vec<String> = values.iter().map(quoted).collect();
                let _ = writeln!(out, "{indent}  values: [{}]", values.join(", "));
            }
            None => {}
        }
        if let Some(least) = self.shortest {
            let _ = writeln!(
                out,
                "{indent}  validations: [{{rule: \"self.size() >= {least}\", message: too short}}]"
            );
        }
        let _ = writeln!(out, "{indent}  required: {}", self.required);
    }
}

#[derive(Debug, Default)]
pub(super) struct Model {
    common_name: Option<Allowed>,
    organizations: Option<Allowed>,
    dns_names: Option<Allowed>,
    ip_addresses: Option<Allowed>,
    uris: Option<Allowed>,
    emails: Option<Allowed>,
    usages: Vec<&'static str>,
    min: Option<(&'static str, u64)>,
    max: Option<(&'static str, u64)>,
    key: Option<(Option<&'static str>, Option<i64>, Option<i64>)>,
    issuer: [Option<&'static str>; 3],
    namespaces: Vec<&'static str>,
}

impl Model {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let mut model = Self {
            common_name: Allowed::draw(
                dice,
                &["*", "w*", "web", "*.example.com", "W*", "w{{*", "", "sys*"],
                1,
            ),
            organizations: Allowed::draw(dice, &["dev", "dev:*", "*", "s*", "système", "**v"], 2),
            dns_names: Allowed::draw(
                dice,
                &[
                    "*.example.com",
                    "web.example.com",
                    "*",
                    "w*b.example.com",
                    "WEB.example.com",
                    "web.*",
                    "*.*.com",
                    "a_b.*",
                    "**.example.com",
                ],
                3,
            ),
            ip_addresses: Allowed::draw(
                dice,
                &[
                    "10.0.0.*",
                    "10.0.0.1",
                    "*",
                    "fd00:20:*",
                    "10.0.0.1*",
                    "FD00::1",
                ],
                2,
            ),
            uris: Allowed::draw(
                dice,
                &["spiffe://a.org/ns/*", "https://a.org/x", "*", "https://*"],
                2,
            ),
            emails: Allowed::draw(
                dice,
                &[
                    "*@example.com",
                    "a@example.com",
                    "*",
                    "*@EXAMPLE.com",
                    "A@*",
                ],
                2,
            ),
            usages: dice.some(
                &[
                    "client auth",
                    "server auth",
                    "digital signature",
                    "cert sign",
                ],
                4,
            ),
            min: dice.pick(&[
                None,
                None,
                Some(("15m", 900)),
                Some(("0s", 0)),
                Some(("999999ms", 1000)),
            ]),
            max: dice.pick(&[
                None,
                None,
                Some(("1h", 3600)),
                Some(("1.5h", 5400)),
                Some(("10m0s", 600)),
            ]),
            issuer: [
                dice.pick(&[None, Some("*"), Some("ca"), Some("c*"), Some("*a")]),
                dice.pick(&[
                    None,
                    None,
                    Some("Issuer"),
                    Some("ClusterIssuer"),
                    Some("*Issuer"),
                ]),
                dice.pick(&[
                    None,
                    Some("cert-manager.io"),
                    Some("*"),
                    Some("example.com"),
                ]),
            ],
            namespaces: dice.some(&["team", "t*", "*", "*", "other"], 1),
            ..Self::default()
        };
        let algorithm = dice.pick(&[None, Some("RSA"), Some("ECDSA"), Some("Ed25519")]);
        let sizes = [None, Some(256), Some(300), Some(384)];
        model.key = (dice.roll(5) == 0).then(|| (algorithm, dice.pick(&sizes), dice.pick(&sizes)));
        model
    }

    pub(super) fn yaml(&self) -> String {
        let mut text =
            "apiVersion: policy.cert-manager.io/v1alpha1\nkind: CertificateRequestPolicy\n\
                        metadata: {name: team}\nspec:\n  allowed:\n"
                .to_owned();
        for (name, rule, single) in [
            ("commonName", &self.common_name, true),
            ("dnsNames", &self.dns_names, false),
            ("ipAddresses", &self.ip_addresses, false),
            ("uris", &self.uris, false),
            ("emailAddresses", &self.emails, false),
        ] {
            if let Some(rule) = rule {
                rule.write(name, single, "    ", &mut text);
            }
        }
        let _ = writeln!(text, "    usages: {:?}", self.usages);
        if let Some(rule) = &self.organizations {
            text.push_str("    subject:\n");
            rule.write("organizations", false, "      ", &mut text);
        }
        text.push_str("  constraints:\n    minDuration:");
        text.push_str(
            &self
                .min
                .map_or("\n".to_owned(), |(min, _)| format!(" {min}\n")),
        );
        if let Some((max, _)) = self.max {
            let _ = writeln!(text, "    maxDuration: {max}");
        }
        if let Some((algorithm, min, max)) = self.key {
            text.push_str("    privateKey:\n      minSize:");
            text.push_str(&min.map_or("\n".to_owned(), |min| format!(" {min}\n")));
            for (key, value) in [
                ("algorithm", algorithm.map(str::to_owned)),
                ("maxSize", max.map(|max| max.to_string())),
            ] {
                if let Some(value) = value {
                    let _ = writeln!(text, "      {key}: {value}");
                }
            }
        }
        text.push_str("  selector:\n    issuerRef:\n      name:");
        let [name, kind, group] = self.issuer;
        let _ = writeln!(
            text,
            " {}",
            name.map_or(String::new(), |name| format!("{name:?}"))
        );
        for (key, value) in [("kind", kind), ("group", group)] {
            if let Some(value) = value {
                let _ = writeln!(text, "      {key}: {value:?}");
            }
        }
        if !self.namespaces.is_empty() {
            let _ = writeln!(text, "    namespace: {{matchNames: {:?}}}", self.namespaces);
        }
        text
    }

    /// What upstream says of a request to the issuer behind its signer name.
    pub(super) fn admits(&self, request: &Request) -> bool {
        let (csr, sans) = (&request.csr, &request.csr.sans);
        let common_name: Vec<String> = csr
            .subject
            .common_name()
            .map(str::to_owned)
            .into_iter()
            .collect();
        let single = |rule: &Option<Allowed>| {
            rule.clone().map(|rule| Allowed {
                values: rule
                    .values
                    .map(|values| vec![values.first().copied().unwrap_or_default()]),
                ..rule
            })
        };
        let organizations: Vec<String> = csr
            .subject
            .organizations()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let addresses: Vec<String> = sans.ip_addresses.iter().map(ToString::to_string).collect();
        Allowed::admits(single(&self.common_name).as_ref(), &common_name)
            && Allowed::admits(self.organizations.as_ref(), &organizations)
            && Allowed::admits(self.dns_names.as_ref(), &sans.dns_names)
            && Allowed::admits(self.ip_addresses.as_ref(), &addresses)
            && Allowed::admits(self.uris.as_ref(), &sans.uris)
            && Allowed::admits(self.emails.as_ref(), &sans.email_addresses)
            && request
                .usages
                .iter()
                .all(|usage| self.usages.contains(&usage.as_str()))
            && self.admits_lifetime(request)
            && self.admits_key(request)
            && self.selects(request.signer_name.as_str())
    }

    fn admits_lifetime(&self, request: &Request) -> bool {
        let asked = request.expiration.map(Lifetime::seconds);
        let min = self
            .min
            .is_none_or(|(_, min)| asked.is_some_and(|asked| asked >= min));
        let max = self
            .max
            .is_none_or(|(_, max)| asked.is_some_and(|asked| asked <= max));
        min && max
    }

    fn admits_key(&self, request: &Request) -> bool {
        let kind = request.csr.key.kind();
        let (algorithm, size) = match kind.bits() {
            _ if kind.to_string() == "Ed25519" => ("Ed25519", -1),
            Some(bits) => ("ECDSA", i64::from(bits)),
            None => (
                "ECDSA",
                if kind.to_string().contains("384") {
                    384
                } else {
                    256
                },
            ),
        };
        self.key.is_none_or(|(its, min, max)| {
            its.is_none_or(|its| its == algorithm)
                && min.is_none_or(|min| size >= min)
                && max.is_none_or(|max| size <= max)
        })
    }

    fn selects(&self, signer_name: &str) -> bool {
        let fits = |pattern: Option<&str>, text: &str| pattern.is_none_or(|p| wildcard(p, text));
        let [name, kind, group] = self.issuer;
        let of = |its_kind: &str, namespace: Option<&str>, its_name: &str| {
            let in_namespace = |pattern: &&str| namespace.is_some_and(|its| wildcard(pattern, its));
            // Somebody's ClusterIssuer could be asked from any namespace, which the name doesn't tell.
            let anywhere = self.namespaces.is_empty() || self.namespaces.contains(&"*");
            fits(name, its_name)
                && fits(kind, its_kind)
                && fits(group, "cert-manager.io")
                && (anywhere || self.namespaces.iter().any(in_namespace))
        };
        match signer_name.split_once('/').unwrap() {
            ("issuers.cert-manager.io", path) => {
                let (namespace, name) = path.split_once('.').unwrap();
                of("Issuer", Some(namespace), name)
            }
            ("clusterissuers.cert-manager.io", name) => of("ClusterIssuer", None, name),
            _ => false,
        }
    }
}
