//! One open request and its decision, with what is said of it.
//!
//! In come the evidence and one case; out comes an [`Entry`], in detail where somebody reads it.

use crate::decision::candidate::Candidate;
use crate::decision::trace::{Step, Taken, Trace};
use crate::decision::{Approved, Case, Judgement, Refusal, decide, explain, together};
use crate::finding::{Code, Finding, Reason};
use crate::names::RequestName;
use crate::plan::details;
use crate::plan::evidence::Evidence;
use crate::plan::left::Left;
use crate::report::{Details, RequestResult, Requester, Verdict};
use crate::request::Request;
use crate::snapshot::Introduction;

const READ: &str = "a proper request, which proves that it has its key";

/// One open request and its decision.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The request.
    pub name: RequestName,
    /// What it says, if it could be read.
    pub request: Option<&'a Request>,
    /// Approved or not.
    pub decision: Result<Approved<'a>, Refusal>,
    /// The validity that it would get.
    pub candidate: Option<Candidate>,
    /// What changes no verdict.
    pub notices: Vec<Reason>,
    /// How the decision fell; empty unless it is to be told in detail.
    pub trace: Trace,
    /// Who asked.
    pub requester: Option<Requester>,
    /// Whether the signature of a commit alone proves it.
    pub is_by_commit: bool,
    /// Another request that has the same key.
    pub key_owner: Option<RequestName>,
    /// What a reviewer must know of it.
    details: Option<Details>,
}

/// The request and its decision; nothing when it stays as it is.
pub(super) fn of<'a>(
    evidence: &Evidence<'a>,
    case: &Case<'a, '_>,
    left: &mut Left<'_, 'a>,
) -> Option<Entry<'a>> {
    let (request, testimony) = (case.request, case.testimony);
    let in_detail = left.is_told(request);
    let (judgement, mut trace) = decided(case, in_detail);
    if evidence.is_settled(case, &judgement.decision) {
        return None;
    }
    let (before, work) = evidence.refusal_before(case, &judgement.decision);
    if in_detail {
        let refusal = before.clone();
        let refusal = refusal.map(|(cause, refusal)| together::of_before(cause, refusal));
        let step = rules_before(evidence, request, &judgement.decision, refusal.as_ref());
        trace.steps.insert(0, taken(Step::Read, &[], READ));
        trace.steps.push(step);
    }
    let notices = request
        .notices
        .iter()
        .cloned()
        .chain(judgement.notices)
        .chain(testimony.notices.iter().cloned());
    let notices = notices.map(|notice| locate(request, notice)).collect();
    let decision =
        together::stricter(judgement.decision, before).map_err(|refusal| place(request, refusal));
    left.bear(request, judgement.work + work, decision.as_ref().err());
    let details = Details {
        trace: details::opinions(&trace.policies),
        assents: judgement.assents,
        ..details::of(case, judgement.candidate.as_ref(), &decision, in_detail)
    };
    Some(Entry {
        name: request.name.clone(),
        request: Some(request),
        notices,
        decision,
        candidate: judgement.candidate,
        trace,
        requester: testimony.requester.clone(),
        is_by_commit: testimony.is_by_commit,
        key_owner: case.key_owner.map(|owner| owner.request.clone()),
        details: Some(details),
    })
}

fn decided<'a>(case: &Case<'a, '_>, in_detail: bool) -> (Judgement<'a>, Trace) {
    if in_detail {
        explain(case)
    } else {
        (decide(case), Trace::default())
    }
}

/// A request that is denied since those before it have used up what may be done.
pub(super) fn undecided<'a>(case: &Case<'a, '_>) -> Entry<'a> {
    let message = "the policies took as much work for requests before it as they may take in one change for those that \
                   are denied or that came along with rules, so it was not decided";
    let help = "mend those that are told first, and change rules and ask for certificates in changes of their own";
    let reason = Reason::new(Code::RuleError, message).help(help);
    let refusal = Refusal::new(Verdict::Denied, vec![reason]);
    let requester = case.testimony.requester.clone();
    Entry {
        request: Some(case.request),
        is_by_commit: case.testimony.is_by_commit,
        ..undetailed(&case.request.name, refusal, requester)
    }
}

/// A file that is no request.
pub(super) fn unreadable<'a>(
    name: &RequestName,
    reasons: &[Reason],
    introduction: Option<&Introduction>,
) -> Entry<'a> {
    let refusal = Refusal::new(Verdict::Invalid, reasons.to_vec());
    let trace = Trace {
        steps: vec![taken(Step::Read, reasons, READ)],
        policies: Vec::new(),
    };
    Entry {
        trace,
        ..undetailed(name, refusal, introduction.map(requester))
    }
}

/// A refusal of which nothing more is known.
fn undetailed<'a>(name: &RequestName, refusal: Refusal, requester: Option<Requester>) -> Entry<'a> {
    Entry {
        name: name.clone(),
        request: None,
        decision: Err(refusal),
        candidate: None,
        notices: Vec::new(),
        trace: Trace::default(),
        requester,
        is_by_commit: false,
        key_owner: None,
        details: None,
    }
}

/// The last step, which looks at the rules before a change that touched them.
fn rules_before(
    evidence: &Evidence<'_>,
    request: &Request,
    decision: &Result<Approved<'_>, Refusal>,
    refusal: Option<&Refusal>,
) -> Taken {
    let is_known = evidence.introductions.contains_key(&request.name);
    let came_along = evidence.rules_came_along(request, decision);
    let remark = match (is_known, came_along.is_empty()) {
        (false, _) => "a work tree has no history; `gitca check --base` looks at the rules before",
        (true, true) => "no rule changed along with it",
        (true, false) => "rules changed along with it, and those before allow it, too",
    };
    let reasons = refusal.map(|refusal| &refusal.reasons[..]);
    taken(Step::RulesBefore, reasons.unwrap_or_default(), remark)
}

fn taken(step: Step, reasons: &[Reason], remark: &str) -> Taken {
    Taken {
        step,
        reasons: reasons.to_vec(),
        remark: remark.to_owned(),
    }
}

/// What git says of who made a file that is no request.
fn requester(introduction: &Introduction) -> Requester {
    let author = introduction
        .maker
        .as_ref()
        .and_then(|maker| maker.author.as_ref());
    Requester {
        principal: None,
        name: author.map(|author| author.name.clone()),
        email: author.map(|author| author.email.clone()),
        method: None,
        verified: false,
    }
}

fn place(request: &Request, refusal: Refusal) -> Refusal {
    let reasons = refusal
        .reasons
        .into_iter()
        .map(|reason| locate(request, reason))
        .collect();
    Refusal { reasons, ..refusal }
}

/// Adds the line and column of the field that the reason is about.
fn locate(request: &Request, reason: Reason) -> Reason {
    if reason.line.is_some() {
        return reason;
    }
    match reason
        .field
        .as_deref()
        .and_then(|field| request.locate(field))
    {
        Some(place) => reason.at(place),
        None => reason,
    }
}

impl Entry<'_> {
    /// The verdict of a run that signs nothing.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.decision
            .as_ref()
            .map_or_else(|refusal| refusal.verdict, |_| Verdict::Approved)
    }

    /// The entry as every output shows it.
    #[must_use]
    pub fn to_result(&self) -> RequestResult {
        let policy = self.decision.as_ref().ok().map(Approved::policy);
        RequestResult {
            request: Some(self.name.clone()),
            file: self.name.manifest(),
            signer_name: self.request.map(|request| request.signer_name.clone()),
            verdict: self.verdict(),
            policy: policy.map(|policy| policy.name.to_string()),
            requester: self.requester.clone(),
            serial_number: None,
            not_after: self
                .decision
                .as_ref()
                .ok()
                .map(|approved| approved.candidate().not_after),
            reasons: self
                .decision
                .as_ref()
                .err()
                .map(|refusal| refusal.reasons.clone())
                .unwrap_or_default(),
            details: self.details.clone(),
        }
    }

    pub(super) fn into_result(mut self) -> RequestResult {
        let (requester, details) = (self.requester.take(), self.details.take());
        let reasons = match &mut self.decision {
            Ok(_) => Vec::new(),
            Err(refusal) => std::mem::take(&mut refusal.reasons),
        };
        RequestResult {
            requester,
            reasons,
            details,
            ..self.to_result()
        }
    }

    /// Its notices, each with the request that it is about.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        self.notices
            .iter()
            .map(|notice| Finding::in_request(&self.name, notice.clone()))
    }
}
