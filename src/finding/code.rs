//! The stable codes of reasons, notices and errors.
//!
//! Users write scripts against them: a code is never renamed and never gets another meaning. A new one goes to the end
//! of its group.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The stable codes of reasons, notices and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each code is explained where it is made, and in the README's table"
)]
pub enum Code {
    // Reading a request: invalid.
    MalformedFile,
    MalformedSpec,
    FieldValueRequired,
    FieldValueInvalid,
    FieldValueNotSupported,
    FieldValueDuplicate,
    FieldValueForbidden,
    FieldValueTooLong,
    NameMismatch,
    MalformedBase64,
    #[serde(rename = "MalformedPEM")]
    MalformedPem,
    #[serde(rename = "MalformedDER")]
    MalformedDer,
    MalformedVersion,
    MalformedAttribute,
    DuplicateExtension,
    MalformedExtension,
    #[serde(rename = "MalformedSAN")]
    MalformedSan,
    #[serde(rename = "DuplicateSAN")]
    DuplicateSan,
    #[serde(rename = "MalformedDNSName")]
    MalformedDnsName,
    #[serde(rename = "MalformedIP")]
    MalformedIp,
    MalformedEmail,
    #[serde(rename = "MalformedURI")]
    MalformedUri,
    #[serde(rename = "MalformedSPIFFE")]
    MalformedSpiffe,
    MalformedSubject,
    #[serde(rename = "MultiValuedRDN")]
    MultiValuedRdn,
    MalformedSubjectString,
    NoIdentity,
    LimitExceeded,
    ProofOfPossession,
    WeakSignature,
    MalformedKey,
    KeyTooSmall,
    KeyTooLarge,
    KeyWeakExponent,
    KeyWeakSmallPrime,
    KeyWeakFermat,
    #[serde(rename = "KeyWeakROCA")]
    KeyWeakRoca,
    KeyWeakPoint,
    #[serde(rename = "KeyIsCA")]
    KeyIsCa,
    SecretInRequest,
    // Judging a request: ignored or denied.
    NoSigner,
    #[serde(rename = "SANKindNotSupported")]
    SanKindNotSupported,
    SubjectAttributeNotSupported,
    ExtensionNotAllowed,
    #[serde(rename = "CANotAllowed")]
    CaNotAllowed,
    UsageMismatch,
    SignerValidationFailure,
    UsageNotAllowed,
    KeyTypeNotAllowed,
    ReservedIdentity,
    #[serde(rename = "CommonNameNotInSAN")]
    CommonNameNotInSan,
    DeniedBy,
    NoApplicablePolicy,
    SelectorSigner,
    SelectorPath,
    SelectorLabel,
    NoPolicyAdmits,
    FieldNotAllowed,
    ValueNotAllowed,
    RequiredMissing,
    TooManyValues,
    TooFewValues,
    WildcardCertificate,
    TemplateValueUnsafe,
    LifetimeTooLong,
    LifetimeTooShort,
    RuleFailed,
    RuleError,
    KeyReused,
    ControlChangedTogether,
    KeyBlocked,
    #[serde(rename = "BeyondCA")]
    BeyondCa,
    #[serde(rename = "UsageBeyondCA")]
    UsageBeyondCa,
    NameConstraint,
    RequesterUnknown,
    SelectorRequester,
    ContentRevoked,
    KeyWeakDebian,
    // Approvals: pending or denied, and why a statement that is there does not count.
    ApprovalMissing,
    Rejected,
    ApprovalMalformed,
    ApprovalPath,
    ApprovalStale,
    ApprovalPrincipal,
    ApprovalRepository,
    ApprovalBranch,
    ApprovalExpired,
    ApprovalFileName,
    ApprovalUnsigned,
    ApprovalSignature,
    ApprovalNamespace,
    ApprovalKeyUnknown,
    ApprovalNotPerson,
    ApprovalSamePerson,
    ApproverIsRequester,
    ApproverNotEligible,
    ApprovalSpent,
    // Signing: failed.
    SignerExpired,
    SignerNotYetValid,
    SignerUnavailable,
    SignerKeyMismatch,
    LintFailed,
    SigningFailed,
    SelfCheckFailed,
    RenderFailed,
    // Trees and repositories.
    TreeEntryName,
    TreeOrder,
    TreeDuplicate,
    FileMode,
    SymlinkInZone,
    SubmoduleInZone,
    FileTooLarge,
    TooManyFiles,
    UnexpectedFile,
    SerialUnknown,
    PathNotAllowed,
    AttributeInZone,
    ForeignOutput,
    ShallowClone,
    PartialClone,
    GraftedHistory,
    UnsupportedObjectFormat,
    UnsupportedRefFormat,
    RepositoryOwner,
    ReplaceRefs,
    NoMainline,
    BranchMismatch,
    AnchorNotOnMainline,
    RaceLost,
    ClockWentBack,
    TooManyToIssue,
    MergeConflict,
    PrivateKeyInRepository,
    ConfigInvalid,
    NotImplemented,
    OperationFailed,
    AnchorImplicit,
    MainlineSwapped,
    MainlineRewritten,
    CommitKeyRequired,
    BotKeyUnknown,
    PushRefused,
    PushFailed,
    PushNotVisible,
    FetchFailed,
    PullRequestContext,
    MalformedCommit,
    CommitKeyUnavailable,
    NotConvertible,
    // Notices.
    IdentityFieldsIgnored,
    StatusIgnored,
    ServerFieldsIgnored,
    AnnotationIgnored,
    Base64Whitespace,
    OldApiVersion,
    LegacySigner,
    CaseFolded,
    LifetimeCapped,
    #[serde(rename = "TruncatedToCA")]
    TruncatedToCa,
    AuditAdmits,
    AuditDenies,
    CertificateExpired,
    WorkTreeNotUpdated,
    LargeDirectory,
    SameName,
    CertificateReplaced,
    RequesterUnverified,
    RequesterAmbiguous,
    RequesterAssumed,
    LandingTooLarge,
    SignatureLostBySquash,
    CertificateRevoked,
    RevocationListDue,
    RevocationListMade,
    SignedNotPublished,
    PendingNotAdopted,
    CompatDiffers,
    DecisionsChange,
    RenewalsBegin,
    // Lint of the control zone: warnings and notes that change no verdict.
    TooBroad,
    ExceedsSigner,
    ExceedsNameConstraints,
    Shadowed,
    DeadEntry,
    NeverAdmits,
    NeverComplete,
    SoleApprover,
    LabelsGrant,
    RequesterChosenName,
    ApprovalsNone,
    UnusedPrincipal,
    UnprovenRequester,
    #[serde(rename = "CAExpiresSoon")]
    CaExpiresSoon,
    NoTests,
    ListsDiffer,
    NoBotKey,
    NotCompared,
}

impl Code {
    /// The code as every output spells it.
    #[must_use]
    pub fn as_str(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(text)) => text,
            _ => format!("{self:?}"),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str())
    }
}
