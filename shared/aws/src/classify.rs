//! The one place that sorts AWS's errors.

use std::error::Error;

use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use peerwright_core::ids::Place;
use peerwright_engine::failure::{AwsMessage, Class, Failure};

/// Codes with a meaning of their own. Compared without case: EC2 spells `…ID.NotFound` and `…Id.NotFound` for one error.
/// Sources: "Error codes for the Amazon EC2 API", "Common errors" of DynamoDB, Organizations, Service Quotas, SQS and STS; of
/// `InvalidParameterException` and the two spellings of an unknown group the errors that terraform-provider-aws tries again.
const CODES: &[(&str, Class)] = &[
    ("EC2ThrottledException", Class::Throttled),
    ("ProvisionedThroughputExceededException", Class::Throttled),
    ("RequestLimitExceeded", Class::Throttled),
    ("RequestThrottled", Class::Throttled),
    ("Throttling", Class::Throttled),
    ("ThrottlingException", Class::Throttled),
    ("TooManyRequestsException", Class::Throttled),
    ("ConcurrentTagAccess", Class::Transient),
    ("InternalError", Class::Transient),
    ("InternalServerError", Class::Transient),
    ("RequestExpired", Class::Transient),
    ("ResourceInUse", Class::Transient),
    ("ServiceUnavailable", Class::Transient),
    ("Unavailable", Class::Transient),
    ("ConditionalCheckFailedException", Class::Stale),
    ("InvalidGroup.NotFound", Class::Stale),
    // Another change of the same route table was under way.
    ("InvalidParameterException", Class::Stale),
    ("InvalidPermission.Duplicate", Class::Stale),
    ("InvalidPermission.NotFound", Class::Stale),
    ("InvalidRoute.NotFound", Class::Stale),
    ("InvalidRouteTableID.NotFound", Class::Stale),
    ("InvalidSecurityGroupID.NotFound", Class::Stale),
    ("InvalidSecurityGroupRuleId.NotFound", Class::Stale),
    ("InvalidStateTransition", Class::Stale),
    ("InvalidVpcID.NotFound", Class::Stale),
    ("InvalidVpcPeeringConnectionID.NotFound", Class::Stale),
    ("RouteAlreadyExists", Class::Stale),
    ("VpcPeeringConnectionAlreadyExists", Class::Stale),
    // A table of DynamoDB.
    ("ResourceNotFoundException", Class::Gone),
    ("AccessDenied", Class::Denied),
    ("AccessDeniedException", Class::Denied),
    ("AuthFailure", Class::Denied),
    ("Blocked", Class::Denied),
    ("OptInRequired", Class::Denied),
    ("PendingVerification", Class::Denied),
    ("UnauthorizedOperation", Class::Denied),
    ("ActiveVpcPeeringConnectionPerVpcLimitExceeded", Class::Quota),
    ("OutstandingVpcPeeringConnectionLimitExceeded", Class::Quota),
    ("PendingVpcPeeringConnectionLimitExceeded", Class::Quota),
    ("ResourceCountLimitExceeded", Class::Quota),
    ("RouteLimitExceeded", Class::Quota),
    ("RulesPerSecurityGroupLimitExceeded", Class::Quota),
    ("VpcPeeringConnectionsPerVpcLimitExceeded", Class::Quota),
];

/// Refusals of which only the words tell that EC2 does not show everywhere yet what a moment ago became active.
const LAGS: &[(&str, &str)] = &[("OperationNotPermitted", "not active"), ("InvalidParameterValue", "belong to different networks")];

/// Turns an SDK error into a failure that says what to do.
pub(crate) fn failure<E>(what: impl Into<String>, place: Option<&Place>, error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let class = classify(&error);
    let source = match (words_of_aws(&error), &error) {
        (Some(words), _) => AwsMessage(words).into(),
        (None, SdkError::TimeoutError(_)) => "AWS gave no answer in time: a firewall, a proxy, or an endpoint that is silent".into(),
        (None, _) => Unreached(error).into(),
    };
    Failure { what: what.into(), place: place.cloned(), class, source }
}

/// An answer of AWS that lacks something or can't be read.
pub(crate) fn unreadable(what: impl Into<String>, place: Option<&Place>, error: impl Into<Box<dyn Error + Send + Sync>>) -> Failure {
    Failure { what: what.into(), place: place.cloned(), class: Class::Unexpected, source: error.into() }
}

/// True when the error says that a peering connection does not exist, in either spelling.
pub(crate) fn is_unknown_connection<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.code().is_some_and(|code| code.eq_ignore_ascii_case("InvalidVpcPeeringConnectionID.NotFound"))
}

/// True when the error says that a VPC does not exist.
pub(crate) fn is_unknown_vpc<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.code().is_some_and(|code| code.eq_ignore_ascii_case("InvalidVpcID.NotFound"))
}

fn classify<E>(error: &SdkError<E, HttpResponse>) -> Class
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    // A refused AssumeRole looks like a broken network from outside: the truth is four sources down.
    if let Some(refusal) = assume_role_error(error) {
        return match refusal.code().map(by_code) {
            Some(Some(Class::Denied)) => Class::NoRole,
            Some(Some(class)) => class,
            // STS is switched off in the Region, as the Region is.
            _ if refusal.code() == Some("RegionDisabledException") => Class::NoRole,
            _ => Class::Transient,
        };
    }
    if let Some(class) = error.code().and_then(by_code) {
        return class;
    }
    if is_lag(error.code().unwrap_or_default(), error.message().unwrap_or_default()) {
        return Class::Stale;
    }
    match error {
        SdkError::ServiceError(service) if service.raw().status().is_server_error() => Class::Transient,
        SdkError::ServiceError(_) => Class::Refused,
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => Class::Transient,
        _ => Class::Unexpected,
    }
}

fn by_code(code: &str) -> Option<Class> {
    CODES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, class)| *class)
}

fn is_lag(code: &str, message: &str) -> bool {
    LAGS.iter().any(|(known, words)| known.eq_ignore_ascii_case(code) && message.contains(words))
}

fn assume_role_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e AssumeRoleError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<AssumeRoleError>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// AWS's code and message: `SdkError` alone prints no more than "service error".
fn words_of_aws<E>(error: &SdkError<E, HttpResponse>) -> Option<String>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let words = |code: &str, message: Option<&str>| {
        message.map_or_else(|| code.to_owned(), |message| format!("{code} ({})", without_encoded_part(message)))
    };
    if let Some((refusal, code)) = assume_role_error(error).and_then(|refusal| Some((refusal, refusal.code()?))) {
        return Some(format!("the member role can't be assumed: {}", words(code, refusal.message())));
    }
    Some(words(error.code()?, error.message()))
}

/// EC2 ends a refusal with a long text that only STS can decode, and that is another one each time (`DecodeAuthorizationMessage`, STS API
/// reference).
fn without_encoded_part(message: &str) -> &str {
    message.split_once("Encoded authorization failure message").map_or(message, |(words, _)| words.trim_end())
}

/// No answer came, or none with a code: the error beneath says more.
#[derive(Debug, thiserror::Error)]
#[error("AWS could not be reached")]
struct Unreached<S: Error + 'static>(#[source] S);

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    /// The steps that are refused with a code, in the scripts by which the local AWS and the engine's fake are held against each other.
    fn refused_steps() -> Vec<Value> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/scripts");
        let files = fs::read_dir(folder).expect("the folder is there").map(|file| file.expect("it can be read").path());
        let files = files.filter(|file| file.extension().is_some_and(|ending| ending == "json"));
        let texts = files.map(|file| fs::read_to_string(file).expect("it can be read"));
        let scripts = texts.flat_map(|text| serde_json::from_str::<Vec<Value>>(&text).expect("it is JSON"));
        let steps = scripts.flat_map(|script| script["steps"].as_array().expect("a script has steps").clone());
        steps.filter(|step| step["refused"]["code"].is_string()).collect()
    }

    #[test]
    fn the_scripts_of_the_emulators_name_the_class_of_each_code() {
        let steps = refused_steps();
        assert!(!steps.is_empty(), "there are no scripts");
        for step in steps {
            let code = step["refused"]["code"].as_str().unwrap_or_default();
            let words = step["refused"]["words"].as_str().unwrap_or_default();
            let by_words = if is_lag(code, words) { Class::Stale } else { Class::Refused };
            // To whoever asks for a connection the VPC is what it is about (`connection::create`).
            let is_asked_for = step["do"] == "request" && code == "InvalidVpcID.NotFound";
            let class = if is_asked_for { Class::Gone } else { by_code(code).unwrap_or(by_words) };
            assert_eq!(step["refused"]["class"], class.label(), "{step}");
        }
    }

    #[test]
    fn what_is_not_active_everywhere_yet_is_lag_by_its_words() {
        assert!(is_lag("OperationNotPermitted", "Peering pcx-1a2b3c4d is not active"));
        assert!(is_lag("InvalidParameterValue", "Route table rtb-1 and peering pcx-1 belong to different networks"));
        assert!(!is_lag("OperationNotPermitted", "The VPC has no DNS hostnames"));
        assert!(!is_lag("InvalidParameterValue", "10.0.0.0/33 is no block"));
    }

    #[test]
    fn the_encoded_part_of_a_refusal_is_left_out() {
        let message =
            "You are not authorized to perform this operation. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm-abcdefg";
        assert_eq!(without_encoded_part(message), "You are not authorized to perform this operation.");
        assert_eq!(without_encoded_part("The route does not exist"), "The route does not exist");
    }
}
