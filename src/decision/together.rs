//! Rule 2: a change that touches the control zone is judged by the control zone before it as well.
//!
//! In come two decisions on one request, by the rules after the change and by those before it; out comes the stricter
//! one. So a change can't widen the rules that it is judged by.

use crate::decision::refusal::Refusal;
use crate::finding::{Code, Reason};
use crate::report::Verdict;

/// What came along with a change of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The bytes of the request.
    Request,
    /// An approval that is counted.
    Approval,
}

/// The decision that counts, given the refusal by the rules before the change, if they refuse.
///
/// # Errors
/// The stricter refusal; when it is that of the rules before, `ControlChangedTogether` stands before its reasons.
pub fn stricter<A>(
    after: Result<A, Refusal>,
    before: Option<(Cause, Refusal)>,
) -> Result<A, Refusal> {
    let Some((cause, before)) = before else {
        return after;
    };
    let before = of_before(cause, before);
    match after {
        Err(after) if strictness(after.verdict) >= strictness(before.verdict) => Err(after),
        _ => Err(before),
    }
}

/// A refusal by the rules before, as it is told: `ControlChangedTogether` stands before its reasons.
#[must_use]
pub fn of_before(cause: Cause, before: Refusal) -> Refusal {
    Refusal {
        // Nobody's request becomes somebody's by a rule that came with it.
        verdict: match before.verdict {
            Verdict::Ignored => Verdict::Denied,
            verdict => verdict,
        },
        reasons: std::iter::once(changed_together(cause))
            .chain(before.reasons)
            .collect(),
        missing: before.missing,
    }
}

/// Whether one refusal counts before another.
#[must_use]
pub fn is_stricter(one: &Refusal, other: &Refusal) -> bool {
    strictness(one.verdict) > strictness(other.verdict)
}

/// The refusal where the rules before the change can't be read.
#[must_use]
pub fn unreadable() -> Refusal {
    let message = "the control zone before the change can't be loaded";
    Refusal::new(
        Verdict::Denied,
        vec![Reason::new(Code::ConfigInvalid, message)],
    )
}

/// How strict a verdict is, from mild to strict; the stricter counts.
#[must_use]
pub fn strictness(verdict: Verdict) -> Option<usize> {
    use Verdict::{Approved, Denied, Failed, Ignored, Invalid, Pending};
    [Approved, Pending, Ignored, Failed, Denied, Invalid]
        .iter()
        .position(|other| *other == verdict)
}

fn changed_together(cause: Cause) -> Reason {
    let (what, help) = match cause {
        Cause::Request => (
            "this request",
            "land the policy first; then change the request file (a comment is enough) and have it approved again",
        ),
        Cause::Approval => (
            "an approval of this request",
            "land the policy first; then approve the request again",
        ),
    };
    let message = format!(
        "the change that brings {what} also changes the control zone, and the rules before it do not allow the request"
    );
    Reason::new(Code::ControlChangedTogether, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_decision_counts() {
        use Verdict::{Approved, Denied, Failed, Ignored, Invalid, Pending};
        let refusal = |verdict| {
            let reason = Reason::new(Code::NoPolicyAdmits, "no");
            (verdict != Approved).then(|| Refusal::new(verdict, vec![reason]))
        };
        let caused = |refusal| (Cause::Request, refusal);
        for (after, before, verdict, is_together) in [
            (Approved, Approved, Approved, false),
            (Approved, Denied, Denied, true),
            (Approved, Ignored, Denied, true),
            (Approved, Pending, Pending, true),
            (Pending, Failed, Failed, true),
            (Ignored, Ignored, Denied, true),
            (Failed, Denied, Denied, true),
            (Denied, Pending, Denied, false),
            (Denied, Denied, Denied, false),
            (Invalid, Denied, Invalid, false),
        ] {
            let decided = stricter(
                refusal(after).map_or(Ok(()), Err),
                refusal(before).map(caused),
            );
            let found = decided
                .as_ref()
                .map_or_else(|refusal| refusal.verdict, |()| Approved);
            assert_eq!(found, verdict, "{after}, before {before}");
            let code = decided.err().map(|refusal| refusal.reasons[0].code);
            assert_eq!(
                code == Some(Code::ControlChangedTogether),
                is_together,
                "{after}, before {before}"
            );
        }
    }
}
