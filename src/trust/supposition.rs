//! What would follow if these people had asked, approved and denied: for policy tests, and for decisions of long ago.
//!
//! In come names that are taken as given and a control zone; out comes a [`Testimony`], counted by the same rules as the
//! evidence in git: whoever has a hand in the request never approves it, bots never do, and a requester whom no signature
//! proves is somebody only where the Settings believe authors.

use std::collections::BTreeMap;

use crate::control::ControlZone;
use crate::control::identity::Identity;
use crate::control::principal::PrincipalKind;
use crate::control::settings::RequesterIdentity;
use crate::finding::{Code, Reason};
use crate::names::ObjectName;
use crate::request::Request;
use crate::snapshot::StatementHistory;
use crate::statement::StatementDecision;
use crate::trust::approvals::{self, Heard, Valid};
use crate::trust::requester;
use crate::trust::testimony::{Records, Testimony};

/// Who is taken to have asked and to have said something.
#[derive(Clone, Copy, Debug)]
pub struct Supposition<'a> {
    /// Who asked.
    pub requester: &'a Identity,
    /// Who approved.
    pub approvals: &'a [ObjectName],
    /// Who denied.
    pub denials: &'a [ObjectName],
}

impl Supposition<'_> {
    /// What it comes to for a request under a control zone.
    #[must_use]
    pub fn testimony(&self, request: &Request, zone: &ControlZone) -> Testimony {
        let mut heard = Heard::default();
        self.say(request, zone, &mut heard);
        let records = Records {
            request,
            introduction: None,
            statements: &BTreeMap::new(),
            history: &StatementHistory::default(),
            committer: None,
            renews: None,
        };
        let believed = self.requester.verified
            || zone.settings.requester_identity == RequesterIdentity::Author;
        let identity = if believed {
            self.requester.clone()
        } else {
            Identity::default()
        };
        let mut involved = requester::involved(&records, &heard, zone);
        // Whoever says that he asked has a hand in it, believed or not.
        involved.names.extend(self.requester.principal.clone());
        let mut testimony = Testimony {
            identity,
            involved,
            objections: heard.objections.clone(),
            ..Testimony::default()
        };
        approvals::count(&mut testimony, &heard);
        testimony
    }

    fn say(&self, request: &Request, zone: &ControlZone, heard: &mut Heard) {
        for (people, decision) in [
            (self.approvals, StatementDecision::Approve),
            (self.denials, StatementDecision::Deny),
        ] {
            for person in people {
                let principal = zone.principals.get(person);
                if principal.is_some_and(|principal| principal.kind == PrincipalKind::Bot) {
                    let message = format!("`{person}` is a bot, and only persons approve");
                    let reason = Reason::new(Code::ApprovalNotPerson, message);
                    heard.objections.push(reason.value(person.as_str()));
                } else {
                    let said = Valid::supposed(&request.name, person, decision);
                    heard.valid.push(said);
                }
            }
        }
    }
}
