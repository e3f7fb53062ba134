//! Made-up requests, and how they are judged.
//!
//! In come dice; out comes a request with who asks for it and who has its key already, and what a control zone decides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gitca::control::ControlZone;
use gitca::control::identity::Identity;
use gitca::decision::{Case, decide};
use gitca::names::RequestName;
use gitca::report::Verdict;
use gitca::request::Request;
use gitca::snapshot::KeyOwner;
use gitca::trust::Testimony;
use gitca::trust::revocations::Revocations;
use gitca::x509::certification_request;
use gitca::x509::san::SubjectAltNames;
use gitca::x509::subject::{Attribute, Subject};

use crate::dice::Dice;
use crate::seeds::seeded_key;
use crate::wide;
use crate::{SIGNERS, USAGES};

const ASKED: [&str; 4] = [wide::SIGNER, wide::SIGNER, wide::SIGNER, SIGNERS[1]];

/// A request, who asks for it, and who has its key already.
pub(crate) struct Asked {
    pub(crate) request: Request,
    pub(crate) testimony: Testimony,
    pub(crate) owner: Option<KeyOwner>,
}

impl Asked {
    pub(crate) fn of(dice: &mut Dice) -> Self {
        let path = *dice.one(&["jane", "dev/jane", "web/a", "web/b/c"]);
        let name: RequestName = path.parse().expect("a path");
        let mut subject = Subject::default();
        if !dice.once_in(4) {
            let names = ["jane", "a", "a.example.com", "system:x", "bob"];
            subject.push(Attribute::CommonName, (*dice.one(&names)).to_owned());
        }
        let groups = dice.some(&["dev", "dev:a", "ops", "system:web"], 0);
        for group in groups.into_iter().take(1) {
            subject.push(Attribute::Organization, group.to_owned());
        }
        let mut sans = SubjectAltNames::default();
        let hosts = [
            "a.example.com",
            "b.example.com",
            "*.example.com",
            "x.a.example.com",
            "jane.example.com",
        ];
        if dice.once_in(3) {
            let hosts = dice.some(&hosts, 0).into_iter();
            sans.dns_names = hosts.take(1).map(str::to_owned).collect();
        }
        if dice.once_in(6) {
            let addresses = ["10.0.0.1", "10.1.2.3", "fd00::1"].map(|it| it.parse().expect("it"));
            sans.ip_addresses = dice.some(&addresses, 1);
        }
        if dice.once_in(8) {
            sans.uris = vec![(*dice.one(&["spiffe://td/ns/a/sa/x", "spiffe://td/x"])).to_owned()];
        }
        if dice.once_in(8) {
            let mail = ["jane@example.com", "jane@a.example.com"];
            sans.email_addresses = vec![(*dice.one(&mail)).to_owned()];
        }
        if subject == Subject::default() && sans == SubjectAltNames::default() {
            subject.push(Attribute::CommonName, "jane".to_owned());
        }
        let key = seeded_key(&format!("key {}", dice.below(4)));
        let pem = certification_request::build(&subject, &sans, &key).expect("a request");
        let lifetime = dice.one(&[
            "",
            "  expirationSeconds: 3600\n",
            "  expirationSeconds: 8640000\n",
        ]);
        let label = dice.one(&["", ", labels: {team: web}"]);
        let manifest = format!(
            "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: {}{label}}}\n\
             spec:\n  signerName: {}\n{lifetime}  usages: [{}]\n  request: {}\n",
            name.name(),
            dice.one(&ASKED),
            dice.some(&USAGES, 1)[..1].join(", "),
            STANDARD.encode(pem)
        );
        let request = Request::read(&name, &wide::blob(manifest.as_bytes()))
            .unwrap_or_else(|reasons| panic!("{reasons:#?}\n{manifest}"));
        let asker = *dice.one(&[None, Some("alice"), Some("bob")]);
        let identity = Identity {
            principal: asker.map(|name| name.parse().expect("a name")),
            groups: asker
                .iter()
                .map(|_| "team".parse().expect("a name"))
                .collect(),
            ..Identity::default()
        };
        let owner = dice
            .once_in(3)
            .then(|| KeyOwner::certified("other/x".parse().expect("a name"), None));
        Self {
            request,
            testimony: Testimony {
                identity,
                ..Testimony::default()
            },
            owner,
        }
    }

    /// Verdict, policy, and what was found, in an order of its own.
    pub(crate) fn judged(&self, zone: &ControlZone) -> Judged {
        let judgement = decide(&Case {
            request: &self.request,
            zone,
            testimony: &self.testimony,
            key_owner: self.owner.as_ref(),
            revocations: Revocations::NONE,
            now: wide::now(),
        });
        let (verdict, policy, reasons) = match judgement.decision {
            Ok(approved) => {
                let policy = approved.policy().name.to_string();
                (Verdict::Approved, Some(policy), judgement.notices)
            }
            Err(refusal) => (refusal.verdict, None, refusal.reasons),
        };
        let mut found: Vec<String> = reasons
            .iter()
            .map(|it| format!("{} {:?} {:?} {:?}", it.code, it.policy, it.field, it.value))
            .collect();
        found.sort();
        Judged {
            verdict,
            policy,
            found,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) policy: Option<String>,
    pub(crate) found: Vec<String>,
}

impl Judged {
    pub(crate) fn has(&self, code: &str) -> bool {
        self.found.iter().any(|found| found.starts_with(code))
    }
}
